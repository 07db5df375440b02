// RUN: rondo-opt %s -rondo-runtime-to-llvm | FileCheck %s
// Layers take bare pointers, one for all of their prepared weights, and record what they check in the status word of
// the entry point. Their prepares write all that they make behind one pointer.

// CHECK-LABEL: func.func private @Net.prepare(
// CHECK-SAME: %[[A:[a-z0-9]+]]: !llvm.ptr {{{[^}]*}}}, %[[B:[a-z0-9]+]]: !llvm.ptr {{{[^}]*}}}, %[[BLOB:[a-z0-9]+]]: !llvm.ptr {{{[^}]*}}}, %{{.*}}: !llvm.ptr
// CHECK: %[[C128:.*]] = llvm.mlir.constant(128 : i64)
// CHECK: llvm.getelementptr %[[BLOB]][%[[C128]]]
// CHECK: call @Net.layer.prepare(%{{.*}}, %{{.*}}) : (!llvm.ptr, !llvm.ptr) -> ()
// CHECK: call @Net.layer.prepare(%{{.*}}, %{{.*}}) : (!llvm.ptr, !llvm.ptr) -> ()
// CHECK-LABEL: func.func private @Net.layer.prepare(
// CHECK-SAME: !llvm.ptr {llvm.noalias}, %{{.*}}: !llvm.ptr {llvm.align = 64 : i64, llvm.noalias})
// CHECK-SAME: passthrough = ["noinline"]
// CHECK-LABEL: func.func private @Net.layer(
// CHECK-SAME: %[[T:.*]]: index, %[[X:.*]]: !llvm.ptr {llvm.noalias}, %[[P:.*]]: !llvm.ptr {llvm.align = 64 : i64, llvm.noalias}, %[[D:.*]]: !llvm.ptr {llvm.noalias}, %[[STATUS:.*]]: !llvm.ptr {llvm.noalias}, %[[S:.*]]: !llvm.ptr {llvm.align = 64 : i64, llvm.noalias}) attributes
// CHECK-SAME: rondo.source
// CHECK: call @Net.run.shapes(%[[T]])
// CHECK: %[[C64:.*]] = llvm.mlir.constant(64 : i64)
// CHECK: llvm.getelementptr %[[P]][%[[C64]]]
// CHECK: llvm.load %[[STATUS]]
// CHECK: llvm.store %{{.*}}, %[[STATUS]]
module @Net attributes {rondo.phase = "buffers"} {
  func.func @run(%T: index {rondo.dim = "T"}, %x: memref<?xf32> {rondo.name = "x"}, %a0: memref<4xf32> {rondo.prepared = 0 : i64},
                 %b0: memref<4xf32> {rondo.prepared = 1 : i64}, %a1: memref<4xf32> {rondo.prepared = 2 : i64}, %b1: memref<4xf32> {rondo.prepared = 3 : i64},
                 %y: memref<?xf32> {rondo.result = 0 : i64}, %s: memref<?xi8> {rondo.scratch})
      attributes {rondo.entry, rondo.shapes = @run.shapes, rondo.scratch_size = @run.scratch} {
    %c0 = arith.constant 0 : index
    %c64 = arith.constant 64 : index
    %bytes = func.call @layer.scratch(%T) : (index) -> index
    %status = memref.view %s[%c0][] : memref<?xi8> to memref<i32>
    %arena = memref.view %s[%c64][%bytes] : memref<?xi8> to memref<?xi8>
    func.call @layer(%T, %x, %a0, %b0, %y, %status, %arena) : (index, memref<?xf32>, memref<4xf32>, memref<4xf32>, memref<?xf32>, memref<i32>, memref<?xi8>) -> ()
    func.call @layer(%T, %x, %a1, %b1, %y, %status, %arena) : (index, memref<?xf32>, memref<4xf32>, memref<4xf32>, memref<?xf32>, memref<i32>, memref<?xi8>) -> ()
    return
  }
  func.func private @run.shapes(%T: index) -> (index, index) {
    return %T, %T : index, index
  }
  func.func private @run.scratch(%T: index) -> index {
    %c64 = arith.constant 64 : index
    %bytes = func.call @layer.scratch(%T) : (index) -> index
    %all = arith.addi %c64, %bytes : index
    return %all : index
  }
  func.func @prepare(%a: memref<4xf32> {rondo.init = #rondo.init<constant, 0.0, 0.0>, rondo.param = "a"}, %b: memref<4xf32> {rondo.init = #rondo.init<constant, 0.0, 0.0>, rondo.param = "b"},
                     %0: memref<4xf32> {rondo.result = 0 : i64}, %1: memref<4xf32> {rondo.result = 1 : i64}, %2: memref<4xf32> {rondo.result = 2 : i64},
                     %3: memref<4xf32> {rondo.result = 3 : i64}, %s: memref<?xi8> {rondo.scratch}) attributes {rondo.prepare, rondo.scratch_size = @prepare.scratch} {
    func.call @layer.prepare(%a, %0, %1) : (memref<4xf32>, memref<4xf32>, memref<4xf32>) -> ()
    func.call @layer.prepare(%b, %2, %3) : (memref<4xf32>, memref<4xf32>, memref<4xf32>) -> ()
    return
  }
  func.func private @prepare.scratch() -> index {
    %c64 = arith.constant 64 : index
    return %c64 : index
  }
  func.func private @layer.prepare(%w: memref<4xf32>, %0: memref<4xf32> {rondo.result = 0 : i64}, %1: memref<4xf32> {rondo.result = 1 : i64}) attributes {rondo.prepare} {
    memref.copy %w, %0 : memref<4xf32> to memref<4xf32>
    memref.copy %w, %1 : memref<4xf32> to memref<4xf32>
    return
  }
  func.func private @layer(%T: index {rondo.dim = "T"}, %x: memref<?xf32> {rondo.name = "x"}, %a: memref<4xf32> {rondo.prepared = 0 : i64}, %b: memref<4xf32> {rondo.prepared = 1 : i64},
                           %y: memref<?xf32> {rondo.result = 0 : i64}, %status: memref<i32> {rondo.status}, %s: memref<?xi8> {rondo.scratch})
      attributes {rondo.layer, rondo.prepared_by = @layer.prepare, rondo.shapes = @run.shapes, rondo.scratch_size = @layer.scratch} {
    %true = arith.constant true
    rondo.check %true, "holds" : i1
    memref.copy %x, %y : memref<?xf32> to memref<?xf32>
    return
  }
  func.func private @layer.scratch(%T: index) -> index {
    return %T : index
  }
}
