// RUN: rondo-opt %s -rondo-cpu-half-bits | FileCheck %s
// RUN: rondo-opt %s -rondo-cpu-half-bits=f16=true | FileCheck %s --check-prefix=F16
// RUN: rondo-opt %s -rondo-cpu-half-bits='f16=true bf16=true' | FileCheck %s --check-prefix=BOTH

// The interface still tells the program's types.
// CHECK: module attributes {test.interface = [f16, bf16]}
module attributes {test.interface = [f16, bf16]} {
// Constants keep their bits: 1.0 and 2.0.
// CHECK: llvm.mlir.global private constant @table(dense<[15360, 16384]> : tensor<2xi16>) {{.*}} : !llvm.array<2 x i16>
// F16: @table(dense<[1.000000e+00, 2.000000e+00]> : tensor<2xf16>)
llvm.mlir.global private constant @table(dense<[1.0, 2.0]> : tensor<2xf16>) : !llvm.array<2 x f16>

// CHECK-LABEL: llvm.func @move(
// CHECK-SAME: %[[P:.*]]: !llvm.ptr, %[[I:.*]]: i64) -> i16
// CHECK: %[[AT:.*]] = llvm.getelementptr %[[P]][%[[I]]] : (!llvm.ptr, i64) -> !llvm.ptr, i16
// CHECK: %[[X:.*]] = llvm.load %[[AT]] : !llvm.ptr -> i16
// CHECK: %[[ONE:.*]] = llvm.mlir.constant(16256 : i16) : i16
// CHECK-NOT: llvm.bitcast
// CHECK: llvm.icmp "eq" %[[X]], %[[ONE]] : i16
// CHECK: llvm.return %[[X]] : i16
// F16-LABEL: llvm.func @move
// F16: llvm.load %{{.*}} -> i16
// BOTH-LABEL: llvm.func @move
// BOTH: llvm.load %{{.*}} -> bf16
// BOTH: llvm.bitcast %{{.*}} : bf16 to i16
llvm.func @move(%p: !llvm.ptr, %i: i64) -> bf16 {
  %at = llvm.getelementptr %p[%i] : (!llvm.ptr, i64) -> !llvm.ptr, bf16
  %x = llvm.load %at : !llvm.ptr -> bf16
  %one = llvm.mlir.constant(1.0 : bf16) : bf16
  %a = llvm.bitcast %x : bf16 to i16
  %b = llvm.bitcast %one : bf16 to i16
  %same = llvm.icmp "eq" %a, %b : i16
  llvm.cond_br %same, ^then, ^then
^then:
  llvm.return %x : bf16
}
}
