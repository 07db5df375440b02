// RUN: rondo-opt %s -rondo-runtime-to-llvm | FileCheck %s
// Without dims the function itself is exported; the model's name is made a C identifier.

module @"my-net" attributes {rondo.phase = "buffers"} {
  func.func @run(%x: memref<2x4xf32> {rondo.name = "x"}, %y: memref<2x4xi1> {rondo.result = 0 : i64},
                 %s: memref<?xi8> {rondo.scratch})
      attributes {rondo.entry, rondo.shapes = @run.shapes, rondo.scratch_size = @run.scratch} {
    return
  }
  func.func private @run.shapes() -> (index, index, index, index) {
    %c2 = arith.constant 2 : index
    %c4 = arith.constant 4 : index
    return %c2, %c4, %c2, %c4 : index, index, index, index
  }
  func.func private @run.scratch() -> index {
    %c640 = arith.constant 640 : index
    return %c640 : index
  }
}

// CHECK: rondo.interface = {entries = [{args = [{dtype = "f32", name = "x", shape = ["2", "4"]}], dims = [], name = "run", numbers = [], results = [{dtype = "bool", name = "0", shape = ["2", "4"]}], scratch = 640 : i64, symbol = "my_net_run"}], name = "my_net",
// CHECK: func.func @my_net_run(%{{.*}}) -> i32 attributes {llvm.linkage = #llvm.linkage<external>
// CHECK: llvm.func internal @my_net.prepare.call
// CHECK: llvm.mlir.global external constant @my_net_model
