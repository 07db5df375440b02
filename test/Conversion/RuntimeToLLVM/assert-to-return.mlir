// RUN: rondo-opt %s -pass-pipeline='builtin.module(func.func(rondo-assert-to-return))' -split-input-file -verify-diagnostics | FileCheck %s

// CHECK-LABEL: func.func @entry
// CHECK-SAME: %[[P:.*]]: !llvm.ptr, %[[A:.*]]: i1, %[[B:.*]]: i1, %[[F:.*]]: f32
// CHECK: cf.cond_br %[[A]], ^[[FIRST:.*]], ^[[END:.*]]
// CHECK: ^[[FIRST]]:
// CHECK: llvm.store %[[F]], %[[P]]
// CHECK: cf.cond_br %[[B]], ^[[SECOND:.*]], ^[[END]]
// CHECK: ^[[SECOND]]:
// CHECK: llvm.store
// CHECK: cf.br ^[[END]]
// CHECK: ^[[END]]:
// CHECK-NEXT: %[[STATUS:.*]] = llvm.load %[[P]]
// CHECK-NEXT: return %[[STATUS]]
func.func @entry(%p: !llvm.ptr, %a: i1, %b: i1, %f: f32) -> i32 {
  cf.assert %a, "first"
  llvm.store %f, %p : f32, !llvm.ptr
  cf.assert %b, "second"
  llvm.store %f, %p : f32, !llvm.ptr
  %status = llvm.load %p : !llvm.ptr -> i32
  return %status : i32
}

// In a loop, and nothing to return.
// CHECK-LABEL: func.func @layer
// CHECK: ^[[HEAD:bb[0-9]+]]:
// CHECK: cf.cond_br %{{.*}}, ^[[NEXT:.*]], ^[[END:.*]]
// CHECK: ^[[NEXT]]:
// CHECK: cf.cond_br %{{.*}}, ^[[HEAD]], ^[[REST:.*]]
// CHECK: ^[[REST]]:
// CHECK: cf.br ^[[END]]
// CHECK: ^[[END]]:
// CHECK-NEXT: return
func.func @layer(%a: i1, %b: i1) {
  cf.br ^head
^head:
  cf.assert %a, ""
  cf.cond_br %b, ^head, ^rest
^rest:
  return
}

// CHECK-LABEL: func.func @without
// CHECK-NEXT: return
func.func @without(%a: i1) -> i1 {
  return %a : i1
}

// -----

// expected-error @+1 {{asserts, but does not return a status}}
func.func @number(%a: i1, %n: i32) -> i32 {
  cf.assert %a, "what"
  return %n : i32
}
