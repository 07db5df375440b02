// RUN: rondo-opt %s -rondo-runtime-to-llvm | FileCheck %s
// Sizes that are known only after a call, defaults, and checks of sizes.

module @Late attributes {rondo.phase = "buffers"} {
  func.func @run(%n: index {rondo.dim = "n", rondo.default = 5 : i64},
                 %x: memref<?xf32> {rondo.name = "x"}, %h: memref<f16> {rondo.name = "h", rondo.default = 2 : i64},
                 %b: memref<i1> {rondo.name = "b", rondo.default = true},
                 %y: memref<?xf32> {rondo.result = 0 : i64, rondo.rank = 2 : i64},
                 %size: memref<i64> {rondo.result = 1 : i64, rondo.size = 2 : i64}, %s: memref<?xi8> {rondo.scratch})
      attributes {rondo.entry, rondo.shapes = @run.shapes} {
    %c7 = arith.constant 7 : index
    %fits = arith.cmpi slt, %n, %c7 : index
    rondo.check %fits, "n is too large" : i1
    scf.if %fits {
      %flag = memref.load %b[] : memref<i1>
      rondo.check %flag, "b must hold" : i1
      %k = arith.constant 3 : i64
      memref.store %k, %size[] : memref<i64>
    }
    return
  }
  func.func private @run.shapes(%n: index) -> (index, index, index) {
    %c4 = arith.constant 4 : index
    return %n, %c4, %n : index, index, index
  }
}

// CHECK: results = [{dtype = "f32", late = 2 : i64, name = "0", shape = ["4", "n"]}]
// The checks of sizes alone, for whoever asks for sizes.
// CHECK-LABEL: func.func private @Late.run.checks(
// CHECK-SAME: %[[N:.*]]: index) -> i32
// CHECK: %[[OK:.*]] = arith.cmpi slt, %[[N]]
// CHECK: arith.xori %[[OK]]
// CHECK-NOT: arith.xori
// CHECK: return

// The memory is flat, of as many elements as there can be; the size goes to a number of the runtime's, behind it.
// CHECK-LABEL: func.func private @Late.run(
// CHECK-SAME: %[[N:.*]]: index, %{{.*}}: !llvm.ptr {{.*}}, %{{.*}}: !llvm.ptr {{.*}}, %{{.*}}: !llvm.ptr {{.*}}, %{{.*}}: !llvm.ptr {llvm.align = 64 : i64, llvm.noalias}, %{{.*}}: !llvm.ptr {llvm.align = 8 : i64, llvm.noalias}
// CHECK: %[[S:.*]]:3 = call @Late.run.shapes(%[[N]])
// CHECK: %[[A:.*]] = arith.muli %{{.*}}, %[[S]]#1
// CHECK: arith.muli %[[A]], %[[S]]#2

// CHECK-LABEL: llvm.func internal @Late.run.call(
// CHECK-SAME: %{{.*}}: !llvm.ptr, %[[SIZES:.*]]: !llvm.ptr, %{{.*}}: !llvm.ptr, %{{.*}}: !llvm.ptr, %{{.*}}: !llvm.ptr, %{{.*}}: !llvm.ptr, %{{.*}}: !llvm.ptr) -> i32
// CHECK: llvm.getelementptr %[[SIZES]][2] : (!llvm.ptr) -> !llvm.ptr, i64
// CHECK-LABEL: llvm.func internal @Late.run.sizes(
// CHECK: %[[STATUS:.*]] = {{(func\.)?}}call @Late.run.checks(
// CHECK: llvm.return %[[STATUS]] : i32

// CHECK: llvm.mlir.global private constant @Late.run.args.default.1(2.000000e+00 : f16) {{.*}}alignment = 64
// CHECK: llvm.mlir.global private constant @Late.run.args.default.2(1 : i8) {{.*}}alignment = 64
