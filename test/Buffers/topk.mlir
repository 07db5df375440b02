// A sort in a scan bufferises in place: into the destinations that the scan has, without an allocation in it.
// RUN: rondo-opt %s -pass-pipeline='builtin.module(func.func(rondo-place-carries),canonicalize,cse,eliminate-empty-tensors,func.func(rondo-fold-destinations),empty-tensor-to-alloc-tensor,rondo-bufferize,canonicalize,cse,canonicalize,func.func(loop-invariant-code-motion,buffer-loop-hoisting,rondo-check-time-loops))' | FileCheck %s

// CHECK-LABEL: func.func @sorted
// CHECK: %[[PLACES:.*]] = memref.alloc() {{.*}}: memref<9xi64>
// CHECK: rondo.scan_into
// CHECK: ^bb0(%{{.*}}: index, %[[X:.*]]: memref<9xf32, {{.*}}>, %[[SLOT:.*]]: memref<9xf32, {{.*}}>):
// CHECK-NOT: memref.copy
// CHECK: rondo.topk largest ins(%[[X]] : {{.*}}) outs(%[[SLOT]], %[[PLACES]] :
// CHECK-NEXT: }
func.func @sorted(%T: index, %xs: tensor<?x9xf32>, %to: tensor<?x9xf32> {rondo.result = 0 : i64})
    -> tensor<?x9xf32> attributes {rondo.entry} {
  %ys = rondo.scan_into %T ins(%xs : tensor<?x9xf32>) stacks(%to : tensor<?x9xf32>) {
  ^bb0(%t: index, %x: tensor<9xf32>, %slot: tensor<9xf32>):
    %v = tensor.empty() : tensor<9xf32>
    %i = tensor.empty() : tensor<9xi64>
    %sorted, %places = rondo.topk largest ins(%x : tensor<9xf32>) outs(%v, %i : tensor<9xf32>, tensor<9xi64>) dim 0
        -> tensor<9xf32>, tensor<9xi64>
    rondo.yield %sorted : tensor<9xf32>
  } -> tensor<?x9xf32>
  return %ys : tensor<?x9xf32>
}
