// RUN: rondo-opt %s -rondo-form-layers -split-input-file | FileCheck %s

// Weights come from prepare; `%m`, which all calls share, is an argument like `%x`. A size that no argument has
// becomes one, which both axes of that size have; the companion knows it.
// CHECK-LABEL: func.func @calls
// CHECK-SAME: %[[T:.*]]: index {rondo.dim = "T"}, %[[X:.*]]: tensor<?x4xf32>
// CHECK-DAG: %[[A:.*]] = rondo.param "a"
// CHECK-DAG: %[[B:.*]] = rondo.param "b"
// CHECK-DAG: %[[M:.*]] = rondo.param "m"
// CHECK: %[[PA:.*]] = call @layer.prepare(%[[A]])
// CHECK: %[[Y:.*]] = call @layer(%[[T]], %[[M]], %[[X]], %[[X]], %[[PA]])
// CHECK: %[[PB:.*]] = call @layer.prepare(%[[B]])
// CHECK: %[[Z:.*]] = call @layer(%[[T]], %[[M]], %[[Y]], %[[X]], %[[PB]])
// The same weights again.
// CHECK-NOT: call @layer.prepare
// CHECK: call @layer(%[[T]], %[[M]], %[[Z]], %[[X]], %[[PA]])
// CHECK-LABEL: func.func private @layer.prepare(
// CHECK-SAME: %[[W:.*]]: tensor<4x4xf32>) -> tensor<4x4xf32> attributes {no_inline, rondo.prepare}
// CHECK-NEXT: return %[[W]]
// CHECK-LABEL: func.func private @layer(
// CHECK-SAME: %{{.*}}: index {rondo.dim = "0"}, %{{.*}}: tensor<4xf32> {rondo.name = "1"}, %[[X:.*]]: tensor<?x4xf32> {rondo.name = "2"}, %{{.*}}: tensor<?x4xf32> {rondo.name = "3"}, %[[W:.*]]: tensor<4x4xf32> {rondo.prepared = 0 : i64})
// CHECK-SAME: rondo.layer, rondo.prepared_by = @layer.prepare, rondo.shapes = @layer.shapes
// CHECK: rondo.contract "bk,nk->bn" %[[X]], %[[W]]
// CHECK-LABEL: func.func private @layer.shapes(
// CHECK-SAME: %[[T:.*]]: index)
// CHECK-DAG: %[[C4:.*]] = arith.constant 4
// CHECK: return %{{.*}}, %[[T]], %{{.*}}, %[[T]], %{{.*}}, %[[T]], %{{.*}} :
func.func private @calls.shapes(%T: index) -> (index, index, index, index) {
  %c4 = arith.constant 4 : index
  return %T, %c4, %T, %c4 : index, index, index, index
}
func.func @calls(%T: index {rondo.dim = "T"}, %x: tensor<?x4xf32> {rondo.name = "x"}) -> tensor<?x4xf32> attributes {rondo.entry, rondo.shapes = @calls.shapes} {
  %a = rondo.param "a" init <constant, 0.0, 0.0> : tensor<4x4xf32>
  %b = rondo.param "b" init <constant, 0.0, 0.0> : tensor<4x4xf32>
  %m = rondo.param "m" init <constant, 0.0, 0.0> : tensor<4xf32>
  %y = call @layer(%a, %m, %x, %x) : (tensor<4x4xf32>, tensor<4xf32>, tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %z = call @layer(%b, %m, %y, %x) : (tensor<4x4xf32>, tensor<4xf32>, tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %v = call @layer(%a, %m, %z, %x) : (tensor<4x4xf32>, tensor<4xf32>, tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  return %v : tensor<?x4xf32>
}
func.func private @layer(%w: tensor<4x4xf32>, %m: tensor<4xf32>, %x: tensor<?x4xf32>, %r: tensor<?x4xf32>) -> tensor<?x4xf32> attributes {no_inline} {
  %y = rondo.contract "bk,nk->bn" %x, %w : tensor<?x4xf32>, tensor<4x4xf32> -> tensor<?x4xf32>
  %s = arith.addf %y, %r : tensor<?x4xf32>
  return %s : tensor<?x4xf32>
}

// -----

// A layer in a layer: the inner one's weights are the outer one's.
// CHECK-LABEL: func.func private @outer(
// CHECK-SAME: %[[X:.*]]: tensor<4x4xf32> {rondo.name = "0"}, %[[W:.*]]: tensor<4x4xf32> {rondo.prepared = 0 : i64}, %[[V:.*]]: tensor<4x4xf32> {rondo.prepared = 1 : i64}
// CHECK: %[[P:.*]] = call @inner.prepare(%[[W]])
// CHECK: call @inner(%[[X]], %[[P]])
// CHECK: call @inner.prepare(%[[V]])
func.func @calls(%x: tensor<4x4xf32> {rondo.name = "x"}) -> tensor<4x4xf32> attributes {rondo.entry} {
  %a = rondo.param "a" init <constant, 0.0, 0.0> : tensor<4x4xf32>
  %b = rondo.param "b" init <constant, 0.0, 0.0> : tensor<4x4xf32>
  %y = call @outer(%a, %b, %x) : (tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
  %z = call @outer(%b, %a, %y) : (tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
  return %z : tensor<4x4xf32>
}
func.func private @outer(%w: tensor<4x4xf32>, %v: tensor<4x4xf32>, %x: tensor<4x4xf32>) -> tensor<4x4xf32> attributes {no_inline} {
  %y = call @inner(%w, %x) : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
  %z = call @inner(%v, %y) : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
  return %z : tensor<4x4xf32>
}
func.func private @inner(%w: tensor<4x4xf32>, %x: tensor<4x4xf32>) -> tensor<4x4xf32> attributes {no_inline} {
  %y = rondo.contract "bk,nk->bn" %x, %w : tensor<4x4xf32>, tensor<4x4xf32> -> tensor<4x4xf32>
  return %y : tensor<4x4xf32>
}

// -----

// The size of the result is not made of sizes: it is left to the inliner.
// CHECK-LABEL: func.func private @layer(
// CHECK-NOT: rondo.layer
// CHECK-NOT: no_inline
func.func @calls(%n: tensor<i64> {rondo.name = "n"}) -> tensor<?xf32> attributes {rondo.entry} {
  %y = call @layer(%n) : (tensor<i64>) -> tensor<?xf32>
  return %y : tensor<?xf32>
}
func.func private @layer(%n: tensor<i64>) -> tensor<?xf32> attributes {no_inline} {
  %e = tensor.extract %n[] : tensor<i64>
  %late = arith.index_cast %e : i64 to index
  %c = arith.constant 1.0 : f32
  %y = tensor.splat %c[%late] : tensor<?xf32>
  return %y : tensor<?xf32>
}

// -----

// Two axes are equal at the first call, and not at the second: it is left to the inliner.
// CHECK-LABEL: func.func private @layer(
// CHECK-NOT: rondo.layer
// CHECK-NOT: no_inline
func.func @calls(%n: index {rondo.dim = "n"}, %m: index {rondo.dim = "m"}) -> (tensor<?xf32>, tensor<?xf32>) attributes {rondo.entry} {
  %c = arith.constant 1.0 : f32
  %x = tensor.splat %c[%n] : tensor<?xf32>
  %y = tensor.splat %c[%m] : tensor<?xf32>
  %a = call @layer(%x, %x) : (tensor<?xf32>, tensor<?xf32>) -> tensor<?xf32>
  %b = call @layer(%x, %y) : (tensor<?xf32>, tensor<?xf32>) -> tensor<?xf32>
  return %a, %b : tensor<?xf32>, tensor<?xf32>
}
func.func private @layer(%x: tensor<?xf32>, %y: tensor<?xf32>) -> tensor<?xf32> attributes {no_inline} {
  %t = math.tanh %x : tensor<?xf32>
  return %t : tensor<?xf32>
}
