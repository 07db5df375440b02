// RUN: rondo-opt %s -rondo-runtime-to-llvm | FileCheck %s
// RUN: rondo-opt %s -rondo-runtime-to-llvm -convert-to-llvm -reconcile-unrealized-casts | FileCheck %s --check-prefix=LLVM

module @Net attributes {rondo.phase = "buffers"} {
  func.func @prepare(%w: memref<3x4xf32> {rondo.param = "fc.weight", rondo.init = #rondo.init<uniform, -0.5, 0.5>},
                     %b: memref<f32> {rondo.param = "fc.scale", rondo.init = #rondo.init<constant, 1.0, 0.0>},
                     %p: memref<3x4xf32> {rondo.result = 0 : i64}, %q: memref<f32> {rondo.result = 1 : i64},
                     %s: memref<?xi8> {rondo.scratch})
      attributes {rondo.prepare, rondo.scratch_size = @prepare.scratch} {
    memref.copy %w, %p : memref<3x4xf32> to memref<3x4xf32>
    memref.copy %b, %q : memref<f32> to memref<f32>
    return
  }
  func.func private @prepare.scratch() -> index {
    %a = arith.constant 64 : index
    %b = arith.addi %a, %a : index
    return %b : index
  }

  func.func @forward(%T: index {rondo.dim = "T"}, %n: index {rondo.dim = "n"},
                     %x: memref<?x4xf32> {rondo.name = "x"},
                     %w: memref<3x4xf32> {rondo.prepared = 0 : i64}, %q: memref<f32> {rondo.prepared = 1 : i64},
                     %y: memref<?x4xf32> {rondo.result = 0 : i64}, %s: memref<?xi8> {rondo.scratch})
      attributes {rondo.entry, rondo.shapes = @forward.shapes, rondo.scratch_size = @forward.scratch} {
    %c0 = arith.constant 0 : index
    %ok = arith.cmpi sgt, %n, %c0 : index
    rondo.check %ok, "n must be positive" : i1 loc("net.rondo":7:11)
    %1 = memref.load %q[] : memref<f32>
    memref.store %1, %y[%c0, %c0] : memref<?x4xf32>
    rondo.check %ok, "n must be positive" : i1 loc("net.rondo":7:11)
    return
  }
  func.func private @forward.shapes(%T: index, %n: index) -> (index, index, index, index) {
    %c1 = arith.constant 1 : index
    %c4 = arith.constant 4 : index
    %U = arith.addi %T, %c1 : index
    return %T, %c4, %U, %c4 : index, index, index, index
  }
  func.func private @forward.scratch(%T: index, %n: index) -> index {
    %c64 = arith.constant 64 : index
    return %c64 : index
  }
}

// What a header says of it.
// CHECK: module @Net attributes
// CHECK-SAME: rondo.interface = {checks = ["net.rondo:7:11: n must be positive"], entries = [{args = [{dtype = "f32", name = "x", shape = ["T", "4"]}], dims = ["T", "n"], name = "forward", numbers = ["n"], results = [{dtype = "f32", name = "0", shape = ["T + 1", "4"]}]}], name = "Net", params = 2 : i64, prepare_scratch_bytes = 128 : i64, prepared_bytes = 128 : i64}

// CHECK-LABEL: func.func private @Net.prepare(
// CHECK-SAME: -> i32 attributes {llvm.linkage = #llvm.linkage<internal>}

// CHECK-LABEL: func.func private @Net.forward(
// CHECK-SAME: %[[T:.*]]: index, %{{.*}}: index, %{{.*}}: !llvm.ptr {llvm.align = 64 : i64, llvm.noalias}, %{{.*}}: !llvm.ptr {{.*}}, %[[P:.*]]: !llvm.ptr {{.*}}, %[[S:.*]]: !llvm.ptr {{.*}}) -> i32
// CHECK: llvm.store %{{.*}}, %[[S]] : i32, !llvm.ptr
// CHECK: %[[SIZES:.*]]:4 = call @Net.forward.shapes(%[[T]],
// The second piece of the blob begins at the next multiple of 64.
// CHECK: %[[OFF:.*]] = llvm.mlir.constant(64 : i64)
// CHECK: llvm.getelementptr %[[P]][%[[OFF]]]
// A check keeps the first failure, without a branch; the same check has the same number.
// CHECK: %[[OK:.*]] = arith.cmpi sgt
// CHECK: %[[OLD:.*]] = llvm.load %[[S]]
// CHECK: arith.cmpi eq, %[[OLD]]
// CHECK: arith.xori %[[OK]]
// CHECK: %[[ONE:.*]] = arith.constant 1 : i32
// CHECK: arith.select %{{.*}}, %[[ONE]], %[[OLD]]
// CHECK: llvm.store
// CHECK: %[[ONE:.*]] = arith.constant 1 : i32
// CHECK: arith.select %{{.*}}, %[[ONE]]
// CHECK: %[[R:.*]] = llvm.load %[[S]]
// CHECK: return %[[R]] : i32

// CHECK-LABEL: llvm.func internal @Net.forward.call(
// CHECK: call @Net.forward(
// CHECK-LABEL: llvm.func internal @Net.forward.sizes(
// CHECK-LABEL: llvm.func internal @Net.forward.scratch_bytes(
// CHECK-LABEL: llvm.func internal @Net.prepare.call(

// n is read from no argument.
// CHECK-LABEL: llvm.mlir.global private constant @Net.forward.dims() {{.*}} : !llvm.array<2 x struct<"rondo_dim_info"
// CHECK: llvm.mlir.constant(-1 : i32)
// Both checks say the same.
// CHECK-LABEL: llvm.mlir.global private constant @Net.checks() {{.*}} : !llvm.array<1 x struct<"rondo_check_info"
// CHECK-LABEL: llvm.mlir.global external constant @Net_model()

// All of it is the LLVM dialect after the usual conversions.
// LLVM-NOT: func.func
// LLVM-NOT: unrealized_conversion_cast
