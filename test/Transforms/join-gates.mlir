// RUN: rondo-opt %s -rondo-join-gates -canonicalize -cse | FileCheck %s

// Each gate of the input's product has a bias of its own: one sum with the biases joined. The carry's stay single.
// CHECK-LABEL: func @biases
// CHECK: rondo.scan
// CHECK: %[[P:.*]] = rondo.contract "bk,gnk->bgn"
// CHECK: %[[BIAS:.*]] = tensor.concat dim(0) {{.*}} -> tensor<2x8xf32>
// CHECK: %[[BB:.*]] = linalg.broadcast ins(%[[BIAS]] : tensor<2x8xf32>) outs({{.*}} : tensor<?x2x8xf32>) dimensions = [0]
// CHECK: %[[S:.*]] = arith.addf %[[P]], %[[BB]] : tensor<?x2x8xf32>
// CHECK-DAG: tensor.extract_slice %[[S]][0, 0, 0]
// CHECK-DAG: tensor.extract_slice %[[S]][0, 1, 0]
// CHECK: rondo.contract "bk,gnk->bgn"
// CHECK-NOT: tensor<?x2x8xf32>, tensor<?x2x8xf32>
// CHECK: arith.addf {{.*}} : tensor<?x8xf32>
// CHECK: arith.addf {{.*}} : tensor<?x8xf32>
func.func @biases(%B: index, %T: index, %w: tensor<2x8x4xf32>, %u: tensor<2x8x8xf32>, %b0: tensor<8xf32>,
                  %b1: tensor<8xf32>, %zero: f32) -> tensor<?x8xf32> {
  %xs = tensor.splat %zero[%T, %B] : tensor<?x?x4xf32>
  %h0 = tensor.splat %zero[%B] : tensor<?x8xf32>
  %h = rondo.scan %T ins(%xs : tensor<?x?x4xf32>) carries(%h0 : tensor<?x8xf32>) {
  ^bb0(%t: index, %x: tensor<?x4xf32>, %old: tensor<?x8xf32>):
    %e = tensor.empty(%B) : tensor<?x8xf32>
    %bb0 = linalg.broadcast ins(%b0 : tensor<8xf32>) outs(%e : tensor<?x8xf32>) dimensions = [0]
    %bb1 = linalg.broadcast ins(%b1 : tensor<8xf32>) outs(%e : tensor<?x8xf32>) dimensions = [0]
    %p = rondo.contract "bk,gnk->bgn" %x, %w : tensor<?x4xf32>, tensor<2x8x4xf32> -> tensor<?x2x8xf32>
    %p0 = tensor.extract_slice %p[0, 0, 0] [%B, 1, 8] [1, 1, 1] : tensor<?x2x8xf32> to tensor<?x8xf32>
    %p1 = tensor.extract_slice %p[0, 1, 0] [%B, 1, 8] [1, 1, 1] : tensor<?x2x8xf32> to tensor<?x8xf32>
    %s0 = arith.addf %p0, %bb0 : tensor<?x8xf32>
    %s1 = arith.addf %p1, %bb1 : tensor<?x8xf32>
    %q = rondo.contract "bk,gnk->bgn" %old, %u : tensor<?x8xf32>, tensor<2x8x8xf32> -> tensor<?x2x8xf32>
    %q0 = tensor.extract_slice %q[0, 0, 0] [%B, 1, 8] [1, 1, 1] : tensor<?x2x8xf32> to tensor<?x8xf32>
    %q1 = tensor.extract_slice %q[0, 1, 0] [%B, 1, 8] [1, 1, 1] : tensor<?x2x8xf32> to tensor<?x8xf32>
    %r0 = arith.addf %q0, %s0 : tensor<?x8xf32>
    %r1 = arith.addf %q1, %s1 : tensor<?x8xf32>
    %new = arith.mulf %r0, %r1 : tensor<?x8xf32>
    rondo.yield %new : tensor<?x8xf32>
  } -> tensor<?x8xf32>
  return %h : tensor<?x8xf32>
}

// Chunks that were cut from one bias, and scaled by one number, join to what they were cut from.
// CHECK-LABEL: func @chunks
// CHECK-SAME: (%{{.*}}: index, %[[W:.*]]: tensor<16x4xf32>, %[[BIAS:.*]]: tensor<16xf32>
// CHECK: %[[N:.*]] = rondo.normalize
// CHECK: linalg.broadcast ins(%[[BIAS]] : tensor<16xf32>) outs({{.*}} : tensor<5x16xf32>)
// CHECK: arith.mulf %[[N]], %{{.*}} : tensor<5x16xf32>
// CHECK: %[[S:.*]] = arith.mulf {{.*}} : tensor<5x16xf32>
// CHECK: tensor.extract_slice %[[S]][0, 0] [5, 8]
// CHECK: tensor.extract_slice %[[S]][0, 8] [5, 8]
func.func @chunks(%T: index, %w: tensor<16x4xf32>, %bias: tensor<16xf32>, %xs: tensor<?x5x4xf32>, %h0: tensor<5x8xf32>) -> tensor<5x8xf32> {
  %h = rondo.scan %T ins(%xs : tensor<?x5x4xf32>) carries(%h0 : tensor<5x8xf32>) {
  ^bb0(%t: index, %x: tensor<5x4xf32>, %old: tensor<5x8xf32>):
    %half = arith.constant dense<0.5> : tensor<5x8xf32>
    %e = tensor.empty() : tensor<5x8xf32>
    %b0 = tensor.extract_slice %bias[0] [8] [1] : tensor<16xf32> to tensor<8xf32>
    %b1 = tensor.extract_slice %bias[8] [8] [1] : tensor<16xf32> to tensor<8xf32>
    %bb0 = linalg.broadcast ins(%b0 : tensor<8xf32>) outs(%e : tensor<5x8xf32>) dimensions = [0]
    %bb1 = linalg.broadcast ins(%b1 : tensor<8xf32>) outs(%e : tensor<5x8xf32>) dimensions = [0]
    %p = rondo.contract "bk,nk->bn" %x, %w : tensor<5x4xf32>, tensor<16x4xf32> -> tensor<5x16xf32>
    %n = rondo.normalize rms %p rank 1 eps 1.0e-5 : tensor<5x16xf32>
    %n0 = tensor.extract_slice %n[0, 0] [5, 8] [1, 1] : tensor<5x16xf32> to tensor<5x8xf32>
    %n1 = tensor.extract_slice %n[0, 8] [5, 8] [1, 1] : tensor<5x16xf32> to tensor<5x8xf32>
    %m0 = arith.mulf %n0, %bb0 : tensor<5x8xf32>
    %m1 = arith.mulf %n1, %bb1 : tensor<5x8xf32>
    %s0 = arith.mulf %m0, %half : tensor<5x8xf32>
    %s1 = arith.mulf %m1, %half : tensor<5x8xf32>
    %r0 = arith.mulf %s0, %old : tensor<5x8xf32>
    %new = arith.addf %r0, %s1 : tensor<5x8xf32>
    rondo.yield %new : tensor<5x8xf32>
  } -> tensor<5x8xf32>
  return %h : tensor<5x8xf32>
}

// Gates that go different ways stay single.
// CHECK-LABEL: func @different
// CHECK: arith.addf {{.*}} : tensor<5x8xf32>
// CHECK: arith.mulf {{.*}} : tensor<5x8xf32>
func.func @different(%T: index, %w: tensor<2x8x4xf32>, %b: tensor<5x8xf32>, %xs: tensor<?x5x4xf32>, %h0: tensor<5x8xf32>) -> tensor<5x8xf32> {
  %h = rondo.scan %T ins(%xs : tensor<?x5x4xf32>) carries(%h0 : tensor<5x8xf32>) {
  ^bb0(%t: index, %x: tensor<5x4xf32>, %old: tensor<5x8xf32>):
    %p = rondo.contract "bk,gnk->bgn" %x, %w : tensor<5x4xf32>, tensor<2x8x4xf32> -> tensor<5x2x8xf32>
    %p0 = tensor.extract_slice %p[0, 0, 0] [5, 1, 8] [1, 1, 1] : tensor<5x2x8xf32> to tensor<5x8xf32>
    %p1 = tensor.extract_slice %p[0, 1, 0] [5, 1, 8] [1, 1, 1] : tensor<5x2x8xf32> to tensor<5x8xf32>
    %s0 = arith.addf %p0, %b : tensor<5x8xf32>
    %s1 = arith.mulf %p1, %b : tensor<5x8xf32>
    %r = arith.mulf %s0, %old : tensor<5x8xf32>
    %new = arith.addf %r, %s1 : tensor<5x8xf32>
    rondo.yield %new : tensor<5x8xf32>
  } -> tensor<5x8xf32>
  return %h : tensor<5x8xf32>
}
