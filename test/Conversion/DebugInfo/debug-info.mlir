// RUN: rondo-opt %s -rondo-debug-info="directory=/src" -mlir-print-debuginfo -mlir-print-local-scope | FileCheck %s
// RUN: rondo-opt %s -rondo-debug-info="directory=/src every-variable" -mlir-print-debuginfo -mlir-print-local-scope | FileCheck %s --check-prefix=EVERY

// A method that was inlined, a place in the library, and a carry.
module @M {
  // CHECK: func.func private @M.forward({{.*}}) {
  func.func private @M.forward(%n: index loc(#n), %p: !llvm.ptr loc(#def)) attributes {rondo.source} {
    %c0 = arith.constant 0 : index loc(#head)
    %c1 = arith.constant 1 : index loc(#head)
    %one = arith.constant 1.0 : f32 loc(#head)
    %d = llvm.mlir.poison : !llvm.struct<(ptr, ptr, i64, array<1 x i64>, array<1 x i64>)> loc(#head)
    %x = builtin.unrealized_conversion_cast %d : !llvm.struct<(ptr, ptr, i64, array<1 x i64>, array<1 x i64>)> to memref<4xf32> loc(#x)
    // CHECK: llvm.intr.dbg.value #llvm.di_local_variable<{{.*}}name = "n"{{.*}}arg = 1
    // CHECK: llvm.intr.dbg.value #llvm.di_local_variable<{{.*}}name = "x"{{.*}}tag = DW_TAG_array_type
    // EVERY-DAG: llvm.intr.dbg.declare #llvm.di_local_variable<{{.*}}name = "x"
    // EVERY-DAG: llvm.intr.dbg.declare #llvm.di_local_variable<{{.*}}name = "z"
    // EVERY-DAG: llvm.intr.dbg.declare #llvm.di_local_variable<{{.*}}name = "h"
    // The custom form of a loop does not say locations of its arguments.
    %r = "scf.for"(%c0, %n, %c1, %x) ({
    ^bb0(%t: index loc(#scan), %h: memref<4xf32> loc(#h)):
      // CHECK: scf.for
      // CHECK: llvm.intr.dbg.value #llvm.di_local_variable<{{.*}}name = "h"
      // CHECK: linalg.fill {{.*}} loc(callsite(fused<#llvm.di_lexical_block<scope = #llvm.di_subprogram<{{.*}}name = "M.step"{{.*}}>>["m.rondo":3:5] at fused<{{.*}}name = "M.forward"{{.*}}["m.rondo":9:7]))
      linalg.fill ins(%one : f32) outs(%h : memref<4xf32>) loc(#step)
      // CHECK: memref.store {{.*}} loc(fused<#llvm.di_lexical_block<scope = #llvm.di_lexical_block<scope = #llvm.di_subprogram<{{.*}}name = "M.forward"{{.*}}["m.rondo":10:7])
      memref.store %one, %h[%c0] : memref<4xf32> loc(#library)
      scf.yield %h : memref<4xf32> loc(#scan)
    }) {rondo.time} : (index, index, index, memref<4xf32>) -> memref<4xf32> loc(#scan)
    return loc(#def)
  } loc(#def)

  // A function without lines.
  // CHECK: func.func private @M.scratch
  // CHECK: return loc(fused<#llvm.di_subprogram<{{.*}}name = "M.scratch"{{.*}}>>["m.rondo":0:0])
  func.func private @M.scratch() {
    return loc(#def)
  } loc(#def)
} loc(#module)

#module = loc("m.rondo":1:1)
#def = loc("m.rondo":7:7)
#head = loc("m.rondo":8:5)
#n = loc(fused<#rondo.variable<"n", 0, tensor<index>, loc("m.rondo":7:9)>>["m.rondo":7:9])
#x = loc(fused<#rondo.variable<"x", 0, tensor<4xf32>, loc("m.rondo":7:11)>>["m.rondo":7:11])
#scan = loc("m.rondo":8:3)
#h = loc(fused<#rondo.variable<"h", 0, tensor<4xf32>, #scan>>[#scan])
#in_step = loc(fused<#rondo.def<"M.step", 2>>["m.rondo":3:5])
#in_forward = loc(fused<#rondo.def<"M.forward", 7>>["m.rondo":9:7])
#named = loc(fused<#rondo.variable<"z", 0, tensor<4xf32>, #in_step>>[#in_step])
#step = loc(callsite(#named at #in_forward))
#library = loc(callsite("<library>/nn.rondo":14:12 at "m.rondo":10:7))
