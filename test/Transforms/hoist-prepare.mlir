// RUN: rondo-opt %s -split-input-file -rondo-hoist-prepare | FileCheck %s

// One prepare for all entry points: weights sorted by key, equal work once, results by number.
// CHECK-LABEL: module @two
// CHECK: func.func @prepare(%[[A:.*]]: tensor<8x4xf32> {rondo.init = #rondo.init<normal, {{.*}}>, rondo.param = "a"}, %[[B:.*]]: tensor<8x4xf32> {{{.*}}rondo.param = "b"}
// CHECK-SAME: -> (tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x4xf32>) attributes {rondo.prepare}
// CHECK: %[[S:.*]] = arith.addf %[[A]], %[[B]]
// CHECK-NOT: arith.addf
// CHECK: %[[E:.*]] = math.exp %[[S]]
// CHECK: return %[[S]], %[[A]], %[[E]]
// CHECK: func.func @first(%[[X:.*]]: tensor<8x4xf32> {rondo.name = "x"}, %[[S1:.*]]: tensor<8x4xf32> {rondo.prepared = 0 : i64}, %[[A1:.*]]: tensor<8x4xf32> {rondo.prepared = 1 : i64})
// CHECK-NEXT: %[[Y:.*]] = arith.mulf %[[X]], %[[S1]]
// CHECK-NEXT: return %[[Y]], %[[A1]]
// CHECK: func.func @second(%[[X:.*]]: tensor<8x4xf32> {rondo.name = "x"}, %[[S2:.*]]: tensor<8x4xf32> {rondo.prepared = 0 : i64}, %[[E2:.*]]: tensor<8x4xf32> {rondo.prepared = 2 : i64})
// CHECK-NEXT: arith.mulf %[[X]], %[[S2]]
// CHECK-NEXT: arith.mulf %{{.*}}, %[[E2]]
module @two {
  func.func @first(%x: tensor<8x4xf32> {rondo.name = "x"}) -> (tensor<8x4xf32>, tensor<8x4xf32>) attributes {rondo.entry} {
    %b = rondo.param "b" init <normal, 0.0, 1.0> : tensor<8x4xf32>
    %a = rondo.param "a" init <normal, 0.0, 1.0> : tensor<8x4xf32>
    %s = arith.addf %a, %b : tensor<8x4xf32>
    %y = arith.mulf %x, %s : tensor<8x4xf32>
    return %y, %a : tensor<8x4xf32>, tensor<8x4xf32>
  }
  func.func @second(%x: tensor<8x4xf32> {rondo.name = "x"}) -> tensor<8x4xf32> attributes {rondo.entry} {
    %a = rondo.param "a" init <normal, 0.0, 1.0> : tensor<8x4xf32>
    %b = rondo.param "b" init <normal, 0.0, 1.0> : tensor<8x4xf32>
    %unused = rondo.param "c" init <normal, 0.0, 1.0> : tensor<8x4xf32>
    %s = arith.addf %a, %b : tensor<8x4xf32>
    %e = math.exp %s : tensor<8x4xf32>
    %y = arith.mulf %x, %s : tensor<8x4xf32>
    %z = arith.mulf %y, %e : tensor<8x4xf32>
    return %z : tensor<8x4xf32>
  }
}

// -----

// Views, what only makes a tensor larger, and constants stay; work in a scan's body moves.
// CHECK-LABEL: module @stays
// CHECK: func.func @prepare(%[[W:.*]]: tensor<32x4xf32>
// CHECK-NEXT: %[[T:.*]] = math.tanh %[[W]]
// CHECK-NEXT: return %[[W]], %[[T]]
// CHECK: func.func @forward
// CHECK-SAME: %[[W0:[^ ]*]]: tensor<32x4xf32> {rondo.prepared = 0 : i64}, %[[T1:[^ ]*]]: tensor<32x4xf32> {rondo.prepared = 1 : i64}
// CHECK: tensor.expand_shape %[[W0]]
// CHECK: rondo.scan
// CHECK: tensor.extract_slice %[[T1]]
// CHECK-NEXT: linalg.broadcast
module @stays {
  func.func @forward(%T: index {rondo.dim = "T"}, %x: tensor<2x4x8x4xf32> {rondo.name = "x"}) -> (tensor<2x4x8x4xf32>, tensor<4x8x4xf32>)
      attributes {rondo.entry} {
    %w = rondo.param "w" init <normal, 0.0, 1.0> : tensor<32x4xf32>
    %v = tensor.expand_shape %w [[0, 1], [2]] output_shape [4, 8, 4] : tensor<32x4xf32> into tensor<4x8x4xf32>
    %e = tensor.empty() : tensor<2x4x8x4xf32>
    %b = linalg.broadcast ins(%v : tensor<4x8x4xf32>) outs(%e : tensor<2x4x8x4xf32>) dimensions = [0]
    %r = rondo.scan %T carries(%x : tensor<2x4x8x4xf32>) {
    ^bb0(%t: index, %h: tensor<2x4x8x4xf32>):
      %t0 = math.tanh %w : tensor<32x4xf32>
      %t1 = tensor.extract_slice %t0[0, 0] [8, 4] [1, 1] : tensor<32x4xf32> to tensor<8x4xf32>
      %t2 = linalg.broadcast ins(%t1 : tensor<8x4xf32>) outs(%e : tensor<2x4x8x4xf32>) dimensions = [0, 1]
      %m = arith.mulf %h, %b : tensor<2x4x8x4xf32>
      %n = arith.mulf %m, %t2 : tensor<2x4x8x4xf32>
      rondo.yield %n : tensor<2x4x8x4xf32>
    } -> tensor<2x4x8x4xf32>
    %c = arith.constant dense<1.0> : tensor<4x8x4xf32>
    return %r, %c : tensor<2x4x8x4xf32>, tensor<4x8x4xf32>
  }
}

// -----

// A model without weights has a prepare too, with nothing to do; an entry point may have its name.
// CHECK-LABEL: module @none
// CHECK: func.func @[[NAME:prepare_[0-9]*]]() attributes {rondo.prepare}
// CHECK-NEXT: return
// CHECK: func.func @prepare(
module @none {
  func.func @prepare(%x: tensor<2xf32> {rondo.name = "x"}) -> tensor<2xf32> attributes {rondo.entry} {
    return %x : tensor<2xf32>
  }
}

// -----

// A `prepare` that made what no weight is made of gets the weights in front.
// CHECK-LABEL: func.func @prepare(%{{.*}}: tensor<4xf32> {rondo.init = {{.*}}rondo.param = "w"})
func.func @prepare(%d: tensor<4xf32> {rondo.result = 0 : i64}) -> tensor<4xf32> attributes {rondo.prepare} {
  return %d : tensor<4xf32>
}
func.func @forward(%x: tensor<4xf32> {rondo.name = "x"}, %p: tensor<4xf32> {rondo.prepared = 0 : i64}) -> tensor<4xf32> attributes {rondo.entry} {
  %w = rondo.param "w" init <normal, 0.0, 1.0> : tensor<4xf32>
  %0 = arith.addf %x, %w : tensor<4xf32>
  return %0 : tensor<4xf32>
}
