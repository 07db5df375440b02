// RUN: rondo-opt %s -rondo-join-contractions -canonicalize -cse | FileCheck %s

// Products of one value by weights of one shape become one; the first stands where the others were.
// CHECK-LABEL: func @four
// CHECK-DAG: %[[A:.*]] = rondo.param "a"
// CHECK-DAG: %[[B:.*]] = rondo.param "b"
// CHECK-DAG: %[[A1:.*]] = tensor.expand_shape %[[A]] {{.*}} output_shape [1, 8, 4]
// CHECK-DAG: %[[B1:.*]] = tensor.expand_shape %[[B]] {{.*}} output_shape [1, 8, 4]
// CHECK-DAG: %[[W:.*]] = tensor.concat dim(0) %[[A1]], %[[B1]] : {{.*}} -> tensor<2x8x4xf32>
// CHECK: %[[P:.*]] = rondo.contract "bk,gnk->bgn" %arg0, %[[W]] : tensor<5x4xf32>, tensor<2x8x4xf32> -> tensor<5x2x8xf32>
// CHECK-NOT: rondo.contract
// CHECK: %[[PA:.*]] = tensor.extract_slice %[[P]][0, 0, 0] [5, 1, 8]
// CHECK: %[[PB:.*]] = tensor.extract_slice %[[P]][0, 1, 0] [5, 1, 8]
// CHECK: math.tanh %[[PA]]
// CHECK: arith.mulf %{{.*}}, %[[PB]]
func.func @four(%x: tensor<5x4xf32> {rondo.name = "x"}) -> tensor<5x8xf32> attributes {rondo.entry} {
  %a = rondo.param "a" init <normal, 0.0, 1.0> : tensor<8x4xf32>
  %pa = rondo.contract "bk,nk->bn" %x, %a : tensor<5x4xf32>, tensor<8x4xf32> -> tensor<5x8xf32>
  %t = math.tanh %pa : tensor<5x8xf32>
  %b = rondo.param "b" init <normal, 0.0, 1.0> : tensor<8x4xf32>
  // Other letters, the same product.
  %pb = rondo.contract "xi,oi->xo" %x, %b : tensor<5x4xf32>, tensor<8x4xf32> -> tensor<5x8xf32>
  %y = arith.mulf %t, %pb : tensor<5x8xf32>
  return %y : tensor<5x8xf32>
}

// One that has gates already joins with all of them; their slices are taken from the joined product.
// CHECK-LABEL: func @with_gates
// CHECK: %[[W:.*]] = tensor.concat dim(0) {{.*}} -> tensor<3x8x4xf32>
// CHECK: %[[P:.*]] = rondo.contract "bk,gnk->bgn" %arg1, %[[W]] {{.*}} -> tensor<?x3x8xf32>
// CHECK-NOT: rondo.contract
// CHECK: tensor.extract_slice %[[P]][0, 0, 0] [%arg0, 1, 8] [1, 1, 1] : tensor<?x3x8xf32> to tensor<?x8xf32>
// CHECK: tensor.extract_slice %[[P]][0, 1, 0] [%arg0, 1, 8] [1, 1, 1] : tensor<?x3x8xf32> to tensor<?x8xf32>
// CHECK: tensor.extract_slice %[[P]][0, 2, 0] [%arg0, 1, 8] [1, 1, 1] : tensor<?x3x8xf32> to tensor<?x8xf32>
func.func @with_gates(%B: index {rondo.dim = "B"}, %x: tensor<?x4xf32> {rondo.name = "x"})
    -> (tensor<?x8xf32>, tensor<?x8xf32>, tensor<?x8xf32>) attributes {rondo.entry, rondo.shapes = @with_gates.shapes} {
  %a = rondo.param "a" init <normal, 0.0, 1.0> : tensor<8x4xf32>
  %b = rondo.param "b" init <normal, 0.0, 1.0> : tensor<2x8x4xf32>
  %pa = rondo.contract "bk,nk->bn" %x, %a : tensor<?x4xf32>, tensor<8x4xf32> -> tensor<?x8xf32>
  %pb = rondo.contract "bk,gnk->bgn" %x, %b : tensor<?x4xf32>, tensor<2x8x4xf32> -> tensor<?x2x8xf32>
  %b0 = tensor.extract_slice %pb[0, 0, 0] [%B, 1, 8] [1, 1, 1] : tensor<?x2x8xf32> to tensor<?x8xf32>
  %b1 = tensor.extract_slice %pb[0, 1, 0] [%B, 1, 8] [1, 1, 1] : tensor<?x2x8xf32> to tensor<?x8xf32>
  return %pa, %b0, %b1 : tensor<?x8xf32>, tensor<?x8xf32>, tensor<?x8xf32>
}
func.func private @with_gates.shapes(%B: index) -> (index, index, index, index, index, index, index, index) {
  %c4 = arith.constant 4 : index
  %c8 = arith.constant 8 : index
  return %B, %c4, %B, %c8, %B, %c8, %B, %c8 : index, index, index, index, index, index, index, index
}

// The right operand shared; the weights are not transposed.
// CHECK-LABEL: func @right
// CHECK: tensor.concat dim(1) {{.*}} -> tensor<4x2x8xf32>
// CHECK: rondo.contract "kgn,bk->bgn"
// CHECK-NOT: rondo.contract
func.func @right(%x: tensor<5x4xf32> {rondo.name = "x"}) -> (tensor<5x8xf32>, tensor<5x8xf32>) attributes {rondo.entry} {
  %a = rondo.param "a" init <normal, 0.0, 1.0> : tensor<4x8xf32>
  %b = rondo.param "b" init <normal, 0.0, 1.0> : tensor<4x8xf32>
  %pa = rondo.contract "kn,bk->bn" %a, %x : tensor<4x8xf32>, tensor<5x4xf32> -> tensor<5x8xf32>
  %pb = rondo.contract "kn,bk->bn" %b, %x : tensor<4x8xf32>, tensor<5x4xf32> -> tensor<5x8xf32>
  return %pa, %pb : tensor<5x8xf32>, tensor<5x8xf32>
}

// Weights of other sizes, other letters, and operands that are no weights stay apart; so do products in other blocks.
// CHECK-LABEL: func @apart
// CHECK-NOT: tensor.concat
// CHECK: return
func.func @apart(%T: index {rondo.dim = "T"}, %x: tensor<4x4xf32> {rondo.name = "x"}, %u: tensor<4x4xf32> {rondo.name = "u"},
                 %v: tensor<4x4xf32> {rondo.name = "v"})
    -> (tensor<4x4xf32>, tensor<4x8xf32>, tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>)
    attributes {rondo.entry} {
  %a = rondo.param "a" init <normal, 0.0, 1.0> : tensor<4x4xf32>
  %b = rondo.param "b" init <normal, 0.0, 1.0> : tensor<8x4xf32>
  %c = rondo.param "c" init <normal, 0.0, 1.0> : tensor<4x4xf32>
  %pa = rondo.contract "bk,nk->bn" %x, %a : tensor<4x4xf32>, tensor<4x4xf32> -> tensor<4x4xf32>
  %pb = rondo.contract "bk,nk->bn" %x, %b : tensor<4x4xf32>, tensor<8x4xf32> -> tensor<4x8xf32>
  %pc = rondo.contract "bk,kn->bn" %x, %c : tensor<4x4xf32>, tensor<4x4xf32> -> tensor<4x4xf32>
  %pu = rondo.contract "bk,nk->bn" %v, %u : tensor<4x4xf32>, tensor<4x4xf32> -> tensor<4x4xf32>
  %px = rondo.contract "bk,nk->bn" %v, %x : tensor<4x4xf32>, tensor<4x4xf32> -> tensor<4x4xf32>
  %r = rondo.scan %T carries(%v : tensor<4x4xf32>) {
  ^bb0(%t: index, %h: tensor<4x4xf32>):
    %p = rondo.contract "bk,nk->bn" %x, %c : tensor<4x4xf32>, tensor<4x4xf32> -> tensor<4x4xf32>
    %h1 = arith.addf %h, %p : tensor<4x4xf32>
    rondo.yield %h1 : tensor<4x4xf32>
  } -> tensor<4x4xf32>
  return %pa, %pb, %pc, %pu, %px, %r
    : tensor<4x4xf32>, tensor<4x8xf32>, tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>
}

// So do empty results, which cannot be sliced.
// CHECK-LABEL: func @empty
// CHECK-NOT: tensor.concat
// CHECK: return
func.func @empty(%x: tensor<0x4xf32> {rondo.name = "x"}) -> tensor<0x8xf32> attributes {rondo.entry} {
  %a = rondo.param "a" init <normal, 0.0, 1.0> : tensor<8x4xf32>
  %b = rondo.param "b" init <normal, 0.0, 1.0> : tensor<8x4xf32>
  %pa = rondo.contract "bk,nk->bn" %x, %a : tensor<0x4xf32>, tensor<8x4xf32> -> tensor<0x8xf32>
  %pb = rondo.contract "bk,nk->bn" %x, %b : tensor<0x4xf32>, tensor<8x4xf32> -> tensor<0x8xf32>
  %y = arith.mulf %pa, %pb : tensor<0x8xf32>
  return %y : tensor<0x8xf32>
}
