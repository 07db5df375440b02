// A cell that a user wrote, with a Linear for each gate and side: the passes of phase `graph` together.
// RUN: rondo-opt %s -inline -symbol-dce -canonicalize -cse -rondo-split-gates -rondo-join-contractions -rondo-join-gates \
// RUN:   -rondo-fission-scan -canonicalize -cse -rondo-hoist-prepare -canonicalize -cse | FileCheck %s

// Weights and biases are joined when they are loaded.
// CHECK: func.func @prepare(
// CHECK-SAME: -> (tensor<4x8x10xf32>, tensor<4x8xf32>, tensor<4x8x8xf32>) attributes {rondo.prepare}
// CHECK-COUNT-3: tensor.concat dim(0)

// CHECK: func.func @forward(
// CHECK-SAME: %[[W:[^ ]*]]: tensor<4x8x10xf32> {rondo.prepared = 0 : i64}, %[[B:[^ ]*]]: tensor<4x8xf32> {rondo.prepared = 1 : i64}, %[[U:[^ ]*]]: tensor<4x8x8xf32> {rondo.prepared = 2 : i64})
// The input's product stands before the loop, as one contraction over all steps, with its biases.
// CHECK: %[[P:.*]] = rondo.contract "tbk,gnk->tbgn" %{{.*}}, %[[W]] : tensor<?x?x10xf32>, tensor<4x8x10xf32> -> tensor<?x?x4x8xf32>
// CHECK: %[[BB:.*]] = linalg.broadcast ins(%[[B]] : tensor<4x8xf32>)
// CHECK: %[[S:.*]] = arith.addf %[[P]], %[[BB]] : tensor<?x?x4x8xf32>
// CHECK: rondo.scan %{{.*}} ins(%[[S]] : tensor<?x?x4x8xf32>)
// CHECK: ^bb0(%{{.*}}: index, %[[SL:.*]]: tensor<?x4x8xf32>, %[[H:.*]]: tensor<?x8xf32>, %{{.*}}: tensor<?x8xf32>):
// The gates are one contraction inside.
// CHECK: %[[G:.*]] = rondo.contract "bk,gnk->bgn" %[[H]], %[[U]] : tensor<?x8xf32>, tensor<4x8x8xf32> -> tensor<?x4x8xf32>
// CHECK: tensor.extract_slice %[[G]][0, 3, 0]
// CHECK-NOT: rondo.contract
// CHECK: rondo.yield
func.func @forward(%B: index {rondo.dim = "B"}, %T: index {rondo.dim = "T"}, %x: tensor<?x?x10xf32> {rondo.name = "x"})
    -> tensor<?x?x8xf32> attributes {rondo.entry, rondo.shapes = @forward.shapes} {
  %wi = rondo.param "wi.weight" init <uniform, -0.35, 0.35> : tensor<8x10xf32>
  %bi = rondo.param "wi.bias" init <uniform, -0.35, 0.35> : tensor<8xf32>
  %ui = rondo.param "ui.weight" init <uniform, -0.35, 0.35> : tensor<8x8xf32>
  %wf = rondo.param "wf.weight" init <uniform, -0.35, 0.35> : tensor<8x10xf32>
  %bf = rondo.param "wf.bias" init <uniform, -0.35, 0.35> : tensor<8xf32>
  %uf = rondo.param "uf.weight" init <uniform, -0.35, 0.35> : tensor<8x8xf32>
  %wc = rondo.param "wc.weight" init <uniform, -0.35, 0.35> : tensor<8x10xf32>
  %bc = rondo.param "wc.bias" init <uniform, -0.35, 0.35> : tensor<8xf32>
  %uc = rondo.param "uc.weight" init <uniform, -0.35, 0.35> : tensor<8x8xf32>
  %wo = rondo.param "wo.weight" init <uniform, -0.35, 0.35> : tensor<8x10xf32>
  %bo = rondo.param "wo.bias" init <uniform, -0.35, 0.35> : tensor<8xf32>
  %uo = rondo.param "uo.weight" init <uniform, -0.35, 0.35> : tensor<8x8xf32>
  %zero = arith.constant 0.0 : f32
  %start = tensor.splat %zero[%B] : tensor<?x8xf32>
  %ys, %hn, %cn = rondo.scan %T ins(%x : tensor<?x?x10xf32>) carries(%start, %start : tensor<?x8xf32>, tensor<?x8xf32>) {
  ^bb0(%t: index, %xt: tensor<?x10xf32>, %h: tensor<?x8xf32>, %c: tensor<?x8xf32>):
    %i = func.call @gate(%B, %wi, %bi, %ui, %xt, %h)
      : (index, tensor<8x10xf32>, tensor<8xf32>, tensor<8x8xf32>, tensor<?x10xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
    %f = func.call @gate(%B, %wf, %bf, %uf, %xt, %h)
      : (index, tensor<8x10xf32>, tensor<8xf32>, tensor<8x8xf32>, tensor<?x10xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
    %g = func.call @gate(%B, %wc, %bc, %uc, %xt, %h)
      : (index, tensor<8x10xf32>, tensor<8xf32>, tensor<8x8xf32>, tensor<?x10xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
    %fc = arith.mulf %f, %c : tensor<?x8xf32>
    %ig = arith.mulf %i, %g : tensor<?x8xf32>
    %c1 = arith.addf %fc, %ig : tensor<?x8xf32>
    %o = func.call @gate(%B, %wo, %bo, %uo, %xt, %h)
      : (index, tensor<8x10xf32>, tensor<8xf32>, tensor<8x8xf32>, tensor<?x10xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
    %h1 = arith.mulf %o, %c1 : tensor<?x8xf32>
    rondo.yield %h1, %h1, %c1 : tensor<?x8xf32>, tensor<?x8xf32>, tensor<?x8xf32>
  } -> tensor<?x?x8xf32>, tensor<?x8xf32>, tensor<?x8xf32>
  return %ys : tensor<?x?x8xf32>
}
func.func private @gate(%B: index, %w: tensor<8x10xf32>, %bias: tensor<8xf32>, %u: tensor<8x8xf32>, %x: tensor<?x10xf32>,
                        %h: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %p = rondo.contract "bk,nk->bn" %x, %w : tensor<?x10xf32>, tensor<8x10xf32> -> tensor<?x8xf32>
  %e = tensor.empty(%B) : tensor<?x8xf32>
  %bb = linalg.broadcast ins(%bias : tensor<8xf32>) outs(%e : tensor<?x8xf32>) dimensions = [0]
  %s = arith.addf %p, %bb : tensor<?x8xf32>
  %q = rondo.contract "bk,nk->bn" %h, %u : tensor<?x8xf32>, tensor<8x8xf32> -> tensor<?x8xf32>
  %z = arith.addf %s, %q : tensor<?x8xf32>
  %y = math.tanh %z : tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}
func.func private @forward.shapes(%B: index, %T: index) -> (index, index, index, index, index, index) {
  %c10 = arith.constant 10 : index
  %c8 = arith.constant 8 : index
  return %T, %B, %c10, %T, %B, %c8 : index, index, index, index, index, index
}
