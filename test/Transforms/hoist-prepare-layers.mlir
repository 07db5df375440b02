// Work on the weights of layers moves to their own prepares, which @prepare calls.
// RUN: rondo-opt %s -rondo-hoist-prepare | FileCheck %s
// RUN: rondo-opt %s -rondo-hoist-prepare -rondo-entry-destinations -rondo-hoist-prepare | FileCheck %s --check-prefix=AGAIN

// CHECK-LABEL: func.func @prepare
// CHECK-SAME: %[[A:.*]]: tensor<4x4xf32> {{{.*}}rondo.param = "a"}, %[[B:.*]]: tensor<4x4xf32> {{{.*}}rondo.param = "b"})
// CHECK: %[[PA:.*]] = call @layer.prepare(%[[A]])
// CHECK: %[[PB:.*]] = call @layer.prepare(%[[B]])
// CHECK: return %[[PA]], %[[PB]]
// CHECK-LABEL: func.func @calls
// CHECK-SAME: %[[X:.*]]: tensor<4x4xf32> {rondo.name = "x"}, %[[PA:.*]]: tensor<4x4xf32> {rondo.prepared = 0 : i64}, %[[PB:.*]]: tensor<4x4xf32> {rondo.prepared = 1 : i64})
// CHECK-NOT: .prepare
// CHECK: %[[Y:.*]] = call @layer(%[[X]], %[[PA]])
// CHECK: call @layer(%[[Y]], %[[PB]])
// CHECK-LABEL: func.func @again
// CHECK: call @layer(%{{.*}}, %{{.*}})
// CHECK-LABEL: func.func private @layer.prepare(
// CHECK-SAME: %[[W:.*]]: tensor<4x4xf32>) -> tensor<4x4xf32>
// CHECK: %[[T:.*]] = math.tanh %[[W]]
// CHECK: return %[[T]]
// CHECK-LABEL: func.func private @layer(
// CHECK-SAME: %[[W:[a-z0-9]+]]: tensor<4x4xf32> {rondo.prepared = 0 : i64})
// CHECK-NOT: math.tanh
// CHECK: rondo.contract "bk,nk->bn" %{{.*}}, %[[W]]

// In destination style nothing is left to move, and nothing changes.
// AGAIN-LABEL: func.func @prepare
// AGAIN: %[[E:.*]] = tensor.empty
// AGAIN: %[[P:.*]] = call @layer.prepare(%{{.*}}, %[[E]]) {rondo.into}
// AGAIN: bufferization.materialize_in_destination %[[P]] in
// AGAIN-LABEL: func.func private @layer.prepare(
// AGAIN-SAME: tensor<4x4xf32> {rondo.result = 0 : i64})
func.func @calls(%x: tensor<4x4xf32> {rondo.name = "x"}) -> tensor<4x4xf32> attributes {rondo.entry} {
  %a = rondo.param "a" init <constant, 0.0, 0.0> : tensor<4x4xf32>
  %b = rondo.param "b" init <constant, 0.0, 0.0> : tensor<4x4xf32>
  %pa:2 = call @layer.prepare(%a, %a) : (tensor<4x4xf32>, tensor<4x4xf32>) -> (tensor<4x4xf32>, tensor<4x4xf32>)
  %pb:2 = call @layer.prepare(%b, %b) : (tensor<4x4xf32>, tensor<4x4xf32>) -> (tensor<4x4xf32>, tensor<4x4xf32>)
  %y = call @layer(%x, %pa#0, %pa#1) : (tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
  %z = call @layer(%y, %pb#0, %pb#1) : (tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
  return %z : tensor<4x4xf32>
}
func.func @again(%x: tensor<4x4xf32> {rondo.name = "x"}) -> tensor<4x4xf32> attributes {rondo.entry} {
  %a = rondo.param "a" init <constant, 0.0, 0.0> : tensor<4x4xf32>
  %pa:2 = call @layer.prepare(%a, %a) : (tensor<4x4xf32>, tensor<4x4xf32>) -> (tensor<4x4xf32>, tensor<4x4xf32>)
  %y = call @layer(%x, %pa#0, %pa#1) : (tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
  return %y : tensor<4x4xf32>
}
func.func private @layer.prepare(%w: tensor<4x4xf32>, %unused: tensor<4x4xf32>) -> (tensor<4x4xf32>, tensor<4x4xf32>) attributes {rondo.prepare} {
  return %w, %unused : tensor<4x4xf32>, tensor<4x4xf32>
}
func.func private @layer(%x: tensor<4x4xf32> {rondo.name = "x"}, %w: tensor<4x4xf32> {rondo.prepared = 0 : i64}, %unused: tensor<4x4xf32> {rondo.prepared = 1 : i64})
    -> tensor<4x4xf32> attributes {rondo.layer, rondo.prepared_by = @layer.prepare, rondo.shapes = @layer.shapes} {
  %t = math.tanh %w : tensor<4x4xf32>
  %y = rondo.contract "bk,nk->bn" %x, %t : tensor<4x4xf32>, tensor<4x4xf32> -> tensor<4x4xf32>
  return %y : tensor<4x4xf32>
}
func.func private @layer.shapes() -> (index, index, index, index) {
  %c4 = arith.constant 4 : index
  return %c4, %c4, %c4, %c4 : index, index, index, index
}
