// RUN: rondo-opt %s -rondo-split-gates -canonicalize -cse | FileCheck %s

// A cell as PyTorch computes it: one product a side, with biases, cut into four.
// CHECK-LABEL: func @lstm
// CHECK: rondo.scan
// CHECK: ^bb0(%{{.*}}: index, %[[X:.*]]: tensor<?x10xf32>, %[[H:.*]]: tensor<?x8xf32>, %{{.*}}: tensor<?x8xf32>)
// CHECK: %[[WI:.*]] = tensor.expand_shape %{{.*}} {{\[\[}}0, 1], [2]] output_shape [4, 8, 10] : tensor<32x10xf32>
// CHECK: %[[XI:.*]] = rondo.contract "bk,gnk->bgn" %[[X]], %[[WI]]
// CHECK: tensor.extract_slice %[[XI]][0, 3, 0] [%{{.*}}, 1, 8] [1, 1, 1] : tensor<?x4x8xf32> to tensor<?x8xf32>
// CHECK: %[[WH:.*]] = tensor.expand_shape %{{.*}} {{\[\[}}0, 1], [2]] output_shape [4, 8, 8] : tensor<32x8xf32>
// CHECK: %[[HH:.*]] = rondo.contract "bk,gnk->bgn" %[[H]], %[[WH]]
// Sums stand on single gates.
// CHECK: tensor.extract_slice %[[HH]][0, 3, 0] [%{{.*}}, 1, 8] [1, 1, 1] : tensor<?x4x8xf32> to tensor<?x8xf32>
// CHECK-NOT: tensor<?x32xf32>
// CHECK: rondo.yield
func.func @lstm(%B: index {rondo.dim = "B"}, %T: index {rondo.dim = "T"}, %x: tensor<?x?x10xf32> {rondo.name = "x"})
    -> tensor<?x?x8xf32> attributes {rondo.entry, rondo.shapes = @lstm.shapes} {
  %wi = rondo.param "weight_ih_l0" init <uniform, -0.35, 0.35> : tensor<32x10xf32>
  %wh = rondo.param "weight_hh_l0" init <uniform, -0.35, 0.35> : tensor<32x8xf32>
  %bi = rondo.param "bias_ih_l0" init <uniform, -0.35, 0.35> : tensor<32xf32>
  %bh = rondo.param "bias_hh_l0" init <uniform, -0.35, 0.35> : tensor<32xf32>
  %zero = arith.constant 0.0 : f32
  %one = arith.constant 1.0 : f32
  %start = tensor.splat %zero[%B] : tensor<?x8xf32>
  %ones = tensor.splat %one[%B] : tensor<?x8xf32>
  %ys, %hn, %cn = rondo.scan %T ins(%x : tensor<?x?x10xf32>) carries(%start, %start : tensor<?x8xf32>, tensor<?x8xf32>) {
  ^bb0(%t: index, %xt: tensor<?x10xf32>, %h: tensor<?x8xf32>, %c: tensor<?x8xf32>):
    %e = tensor.empty(%B) : tensor<?x32xf32>
    %px = rondo.contract "bk,nk->bn" %xt, %wi : tensor<?x10xf32>, tensor<32x10xf32> -> tensor<?x32xf32>
    %bib = linalg.broadcast ins(%bi : tensor<32xf32>) outs(%e : tensor<?x32xf32>) dimensions = [0]
    %gx = arith.addf %px, %bib : tensor<?x32xf32>
    %ph = rondo.contract "bk,nk->bn" %h, %wh : tensor<?x8xf32>, tensor<32x8xf32> -> tensor<?x32xf32>
    %bhb = linalg.broadcast ins(%bh : tensor<32xf32>) outs(%e : tensor<?x32xf32>) dimensions = [0]
    %gh = arith.addf %ph, %bhb : tensor<?x32xf32>
    %g = arith.addf %gx, %gh : tensor<?x32xf32>
    %i0 = tensor.extract_slice %g[0, 0] [%B, 8] [1, 1] : tensor<?x32xf32> to tensor<?x8xf32>
    %f0 = tensor.extract_slice %g[0, 8] [%B, 8] [1, 1] : tensor<?x32xf32> to tensor<?x8xf32>
    %n0 = tensor.extract_slice %g[0, 16] [%B, 8] [1, 1] : tensor<?x32xf32> to tensor<?x8xf32>
    %o0 = tensor.extract_slice %g[0, 24] [%B, 8] [1, 1] : tensor<?x32xf32> to tensor<?x8xf32>
    %i1 = math.exp %i0 : tensor<?x8xf32>
    %i = arith.divf %ones, %i1 : tensor<?x8xf32>
    %f1 = math.exp %f0 : tensor<?x8xf32>
    %f = arith.divf %ones, %f1 : tensor<?x8xf32>
    %n = math.tanh %n0 : tensor<?x8xf32>
    %o1 = math.exp %o0 : tensor<?x8xf32>
    %o = arith.divf %ones, %o1 : tensor<?x8xf32>
    %fc = arith.mulf %f, %c : tensor<?x8xf32>
    %in = arith.mulf %i, %n : tensor<?x8xf32>
    %c1 = arith.addf %fc, %in : tensor<?x8xf32>
    %th = math.tanh %c1 : tensor<?x8xf32>
    %h1 = arith.mulf %o, %th : tensor<?x8xf32>
    rondo.yield %h1, %h1, %c1 : tensor<?x8xf32>, tensor<?x8xf32>, tensor<?x8xf32>
  } -> tensor<?x?x8xf32>, tensor<?x8xf32>, tensor<?x8xf32>
  return %ys : tensor<?x?x8xf32>
}
func.func private @lstm.shapes(%B: index, %T: index) -> (index, index, index, index, index, index) {
  %i = arith.constant 10 : index
  %h = arith.constant 8 : index
  return %T, %B, %i, %T, %B, %h : index, index, index, index, index, index
}

// Slices pass a normalisation only up to it: it needs the whole axis. Scale and bias are cut.
// CHECK-LABEL: func @layer_norm
// CHECK: %[[P:.*]] = rondo.contract "bk,nk->bn"
// CHECK: %[[N:.*]] = rondo.normalize layer %[[P]] rank 1
// CHECK: tensor.extract_slice %[[N]][0, 0] [5, 8]
// CHECK: tensor.extract_slice %[[N]][0, 8] [5, 8]
func.func @layer_norm(%x: tensor<5x4xf32>, %w: tensor<16x4xf32>, %scale: tensor<16xf32>) -> (tensor<5x8xf32>, tensor<5x8xf32>) {
  %p = rondo.contract "bk,nk->bn" %x, %w : tensor<5x4xf32>, tensor<16x4xf32> -> tensor<5x16xf32>
  %n = rondo.normalize layer %p rank 1 eps 1.0e-5 : tensor<5x16xf32>
  %e = tensor.empty() : tensor<5x16xf32>
  %s = linalg.broadcast ins(%scale : tensor<16xf32>) outs(%e : tensor<5x16xf32>) dimensions = [0]
  %y = arith.mulf %n, %s : tensor<5x16xf32>
  %a = tensor.extract_slice %y[0, 0] [5, 8] [1, 1] : tensor<5x16xf32> to tensor<5x8xf32>
  %b = tensor.extract_slice %y[0, 8] [5, 8] [1, 1] : tensor<5x16xf32> to tensor<5x8xf32>
  return %a, %b : tensor<5x8xf32>, tensor<5x8xf32>
}

// Any letters, any rank, a weight that is not transposed, slices in any order.
// CHECK-LABEL: func @letters
// CHECK: %[[W:.*]] = tensor.expand_shape %{{.*}} {{\[\[}}0], [1, 2]] output_shape [4, 3, 5] : tensor<4x15xf32>
// CHECK: %[[P:.*]] = rondo.contract "xgy,yan->xgan" %{{.*}}, %[[W]]
// CHECK: tensor.extract_slice %[[P]][0, 0, 2, 0] [2, 7, 1, 5]
func.func @letters(%x: tensor<2x7x4xf32>, %w: tensor<4x15xf32>) -> (tensor<2x7x5xf32>, tensor<2x7x5xf32>) {
  %p = rondo.contract "xgy,yn->xgn" %x, %w : tensor<2x7x4xf32>, tensor<4x15xf32> -> tensor<2x7x15xf32>
  %c = tensor.extract_slice %p[0, 0, 10] [2, 7, 5] [1, 1, 1] : tensor<2x7x15xf32> to tensor<2x7x5xf32>
  %a = tensor.extract_slice %p[0, 0, 0] [2, 7, 5] [1, 1, 1] : tensor<2x7x15xf32> to tensor<2x7x5xf32>
  %b = tensor.extract_slice %p[0, 0, 5] [2, 7, 5] [1, 1, 1] : tensor<2x7x15xf32> to tensor<2x7x5xf32>
  %m = arith.mulf %a, %b : tensor<2x7x5xf32>
  return %c, %m : tensor<2x7x5xf32>, tensor<2x7x5xf32>
}

// What is also used whole, cut unevenly, not used in full, or not known to be cut along one axis only, stays.
// CHECK-LABEL: func @stays
// CHECK-NOT: tensor.expand_shape
// CHECK: return
func.func @stays(%x: tensor<?x4xf32>, %w: tensor<6x4xf32>, %B: index)
    -> (tensor<?x6xf32>, tensor<?x3xf32>, tensor<?x3xf32>, tensor<?x2xf32>, tensor<?x4xf32>, tensor<?x3xf32>, tensor<?x3xf32>) {
  %whole = rondo.contract "bk,nk->bn" %x, %w : tensor<?x4xf32>, tensor<6x4xf32> -> tensor<?x6xf32>
  %a = tensor.extract_slice %whole[0, 0] [%B, 3] [1, 1] : tensor<?x6xf32> to tensor<?x3xf32>
  %x1 = math.exp %x : tensor<?x4xf32>
  %uneven = rondo.contract "bk,nk->bn" %x1, %w : tensor<?x4xf32>, tensor<6x4xf32> -> tensor<?x6xf32>
  %b = tensor.extract_slice %uneven[0, 0] [%B, 2] [1, 1] : tensor<?x6xf32> to tensor<?x2xf32>
  %c = tensor.extract_slice %uneven[0, 2] [%B, 4] [1, 1] : tensor<?x6xf32> to tensor<?x4xf32>
  %x2 = math.exp %x1 : tensor<?x4xf32>
  %part = rondo.contract "bk,nk->bn" %x2, %w : tensor<?x4xf32>, tensor<6x4xf32> -> tensor<?x6xf32>
  %d = tensor.extract_slice %part[0, 3] [%B, 3] [1, 1] : tensor<?x6xf32> to tensor<?x3xf32>
  // %B may be less than the size of %x.
  %x3 = math.exp %x2 : tensor<?x4xf32>
  %unknown = rondo.contract "bk,nk->bn" %x3, %w : tensor<?x4xf32>, tensor<6x4xf32> -> tensor<?x6xf32>
  %f = tensor.extract_slice %unknown[0, 0] [%B, 3] [1, 1] : tensor<?x6xf32> to tensor<?x3xf32>
  %g = tensor.extract_slice %unknown[0, 3] [%B, 3] [1, 1] : tensor<?x6xf32> to tensor<?x3xf32>
  %h = arith.addf %f, %g : tensor<?x3xf32>
  return %whole, %a, %h, %b, %c, %d, %h
    : tensor<?x6xf32>, tensor<?x3xf32>, tensor<?x3xf32>, tensor<?x2xf32>, tensor<?x4xf32>, tensor<?x3xf32>, tensor<?x3xf32>
}
