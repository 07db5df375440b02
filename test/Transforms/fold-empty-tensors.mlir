// RUN: rondo-opt %s -rondo-fold-empty-tensors -split-input-file | FileCheck %s

// CHECK-LABEL: func.func private @no_batch
// CHECK-SAME: %[[T:.*]]: index
// CHECK-NEXT: %[[E:.*]] = tensor.empty(%[[T]]) : tensor<?x0x8xf32>
// CHECK: return %{{.*}} : tensor<?x0x8xf32>
// CHECK-NOT: rondo.scan
func.func private @no_batch(%T: index, %x: tensor<?x0x8xf32>, %h: tensor<0x8xf32>) -> tensor<?x0x8xf32> {
  %ys, %last = rondo.scan %T ins(%x : tensor<?x0x8xf32>) carries(%h : tensor<0x8xf32>) {
  ^bb0(%t: index, %v: tensor<0x8xf32>, %old: tensor<0x8xf32>):
    %s = arith.addf %v, %old : tensor<0x8xf32>
    rondo.yield %s, %s : tensor<0x8xf32>, tensor<0x8xf32>
  } -> tensor<?x0x8xf32>, tensor<0x8xf32>
  return %ys : tensor<?x0x8xf32>
}

// -----

// A stack alone: the carry is computed.
// CHECK-LABEL: func.func private @empty_stack
// CHECK-SAME: %[[T:.*]]: index
// CHECK: %[[E:.*]] = tensor.empty(%[[T]]) : tensor<?x0x8xf32>
// CHECK: %[[SCAN:.*]]:2 = rondo.scan
// CHECK: return %[[E]], %[[SCAN]]#1
func.func private @empty_stack(%T: index, %x: tensor<?x8xf32>, %h: tensor<8xf32>, %none: tensor<0x8xf32>)
    -> (tensor<?x0x8xf32>, tensor<8xf32>) {
  %ys, %last = rondo.scan %T ins(%x : tensor<?x8xf32>) carries(%h : tensor<8xf32>) {
  ^bb0(%t: index, %v: tensor<8xf32>, %old: tensor<8xf32>):
    %s = arith.addf %v, %old : tensor<8xf32>
    rondo.yield %none, %s : tensor<0x8xf32>, tensor<8xf32>
  } -> tensor<?x0x8xf32>, tensor<8xf32>
  return %ys, %last : tensor<?x0x8xf32>, tensor<8xf32>
}

// -----

// CHECK-LABEL: func.func private @parts
// CHECK: tensor.concat dim(1) %arg1, %arg2
func.func private @parts(%a: tensor<2x0xf32>, %b: tensor<2x3xf32>, %c: tensor<2x4xf32>) -> tensor<2x7xf32> {
  %0 = tensor.concat dim(1) %a, %b, %c : (tensor<2x0xf32>, tensor<2x3xf32>, tensor<2x4xf32>) -> tensor<2x7xf32>
  return %0 : tensor<2x7xf32>
}

// -----

// Elementwise operations tell no shape of their own; it is that of what they read.
// CHECK-LABEL: func.func private @elements
// CHECK: %[[E:.*]] = tensor.empty(%{{.*}}) : tensor<?x0xi8>
// CHECK: return %[[E]]
func.func private @elements(%N: index) -> tensor<?x0xi8> {
  %0 = tensor.empty(%N) : tensor<?x0xi32>
  %1 = arith.trunci %0 : tensor<?x0xi32> to tensor<?x0xi8>
  return %1 : tensor<?x0xi8>
}
