// RUN: rondo-opt %s -rondo-entry-destinations | FileCheck %s

// Returned twice, and an argument: each result has a place of its own.
// CHECK-LABEL: func.func @forward
// CHECK-SAME: %[[X:[^:]*]]: tensor<?xf32> {rondo.name = "x"}
// CHECK-SAME: %[[R0:[^:]*]]: tensor<?xf32> {rondo.result = 0 : i64}
// CHECK-SAME: %[[R1:[^:]*]]: tensor<?xf32> {rondo.result = 1 : i64}
// CHECK-SAME: %[[R2:[^:]*]]: tensor<?xf32> {rondo.result = 2 : i64}
// CHECK: %[[Y:.*]] = math.tanh %[[X]]
// CHECK: %[[A:.*]] = bufferization.materialize_in_destination %[[Y]] in %[[R0]]
// CHECK: %[[B:.*]] = bufferization.materialize_in_destination %[[Y]] in %[[R1]]
// CHECK: %[[C:.*]] = bufferization.materialize_in_destination %[[X]] in %[[R2]]
// CHECK: return %[[A]], %[[B]], %[[C]]
func.func @forward(%x: tensor<?xf32> {rondo.name = "x"}) -> (tensor<?xf32>, tensor<?xf32>, tensor<?xf32>)
    attributes {rondo.entry} {
  %y = math.tanh %x : tensor<?xf32>
  return %y, %y, %x : tensor<?xf32>, tensor<?xf32>, tensor<?xf32>
}

// CHECK-LABEL: func.func @prepare
// CHECK-SAME: tensor<4xf32> {rondo.result = 0 : i64}
// CHECK: bufferization.materialize_in_destination
func.func @prepare(%w: tensor<4xf32> {rondo.param = "w"}) -> tensor<4xf32> attributes {rondo.prepare} {
  return %w : tensor<4xf32>
}

// CHECK-LABEL: func.func private @helper
// CHECK-NOT: materialize
func.func private @helper(%x: tensor<?xf32>) -> tensor<?xf32> {
  return %x : tensor<?xf32>
}

// Sizes that are known late (`rondo.size` numbers them among all sizes): a whole stack comes to memory of its size,
// what is made of it to the beginning, with other late axes than axis 0 to flat memory.
// CHECK-LABEL: func.func @late
// CHECK-SAME: %[[R0:[^:]*]]: tensor<?x4xf32> {rondo.result = 0 : i64}
// CHECK-SAME: %[[R1:[^:]*]]: tensor<?x4xf32> {rondo.result = 1 : i64}
// CHECK-SAME: %[[R2:[^:]*]]: tensor<?xf32> {rondo.rank = 2 : i64, rondo.result = 2 : i64}
// CHECK-SAME: %[[R3:[^:]*]]: tensor<i64> {rondo.result = 3 : i64, rondo.size = 1 : i64}
// CHECK: %[[S:.*]]:2 = rondo.scan until
// CHECK: %[[TWICE:.*]] = arith.addf
// CHECK: %[[TURNED:.*]] = linalg.transpose
// CHECK: %[[A:.*]] = bufferization.materialize_in_destination %[[S]]#0 in %[[R0]]
// CHECK: %[[PART:.*]] = tensor.extract_slice %[[R1]][0, 0]
// CHECK: %[[THERE:.*]] = bufferization.materialize_in_destination %[[TWICE]] in %[[PART]]
// CHECK: %[[B:.*]] = tensor.insert_slice %[[THERE]] into %[[R1]][0, 0]
// CHECK: %[[FLAT:.*]] = tensor.collapse_shape %{{.*}} {{\[\[}}0, 1]] : tensor<4x?xf32> into tensor<?xf32>
// CHECK: %[[PART:.*]] = tensor.extract_slice %[[R2]][0]
// CHECK: %[[THERE:.*]] = bufferization.materialize_in_destination %[[FLAT]] in %[[PART]]
// CHECK: %[[C:.*]] = tensor.insert_slice %[[THERE]] into %[[R2]][0]
// CHECK: return %[[A]], %[[B]], %[[C]]
func.func @late(%T: index {rondo.dim = "T"}, %x: tensor<?xf32> {rondo.name = "x"}, %ends: i1)
    -> (tensor<?x4xf32>, tensor<?x4xf32>, tensor<4x?xf32>, tensor<i64> {rondo.size = 1 : i64},
        tensor<i64> {rondo.size = 3 : i64}, tensor<i64> {rondo.size = 6 : i64}) attributes {rondo.entry} {
  %zero = arith.constant dense<0.0> : tensor<4xf32>
  %ys, %count = rondo.scan until %T {
  ^bb0(%t: index):
    rondo.yield %zero, %ends : tensor<4xf32>, i1
  } -> tensor<?x4xf32>, tensor<i64>
  %n = tensor.extract %count[] : tensor<i64>
  %index = arith.index_cast %n : i64 to index
  %late = arith.minui %index, %T : index
  %cut = tensor.extract_slice %ys[0, 0] [%late, 4] [1, 1] : tensor<?x4xf32> to tensor<?x4xf32>
  %twice = arith.addf %cut, %cut : tensor<?x4xf32>
  %e = tensor.empty(%late) : tensor<4x?xf32>
  %turned = linalg.transpose ins(%cut : tensor<?x4xf32>) outs(%e : tensor<4x?xf32>) permutation = [1, 0]
  return %cut, %twice, %turned, %count, %count, %count
      : tensor<?x4xf32>, tensor<?x4xf32>, tensor<4x?xf32>, tensor<i64>, tensor<i64>, tensor<i64>
}

// A layer has destinations too; a call gives it new tensors, of the sizes that the companion says.
// CHECK-LABEL: func.func @layered
// CHECK-SAME: %[[T:[^:]*]]: index
// CHECK: %[[N:.*]] = arith.addi %[[T]], %{{.*}}
// CHECK: %[[E:.*]] = tensor.empty(%[[N]]) : tensor<?xf32>
// CHECK: %[[Y:.*]] = call @layer(%[[T]], %{{.*}}, %[[E]]) {rondo.into}
// CHECK: materialize_in_destination %[[Y]]
// CHECK-LABEL: func.func private @layer
// CHECK-SAME: tensor<?xf32> {rondo.result = 0 : i64}
// CHECK: materialize_in_destination
func.func @layered(%T: index {rondo.dim = "T"}, %x: tensor<?xf32> {rondo.name = "x"}) -> tensor<?xf32> attributes {rondo.entry} {
  %y = func.call @layer(%T, %x) : (index, tensor<?xf32>) -> tensor<?xf32>
  return %y : tensor<?xf32>
}
func.func private @layer(%T: index {rondo.dim = "T"}, %x: tensor<?xf32> {rondo.name = "x"}) -> tensor<?xf32> attributes {rondo.layer, rondo.shapes = @layer.shapes} {
  %c1 = arith.constant 1 : index
  %n = arith.addi %T, %c1 : index
  %f = arith.constant 1.0 : f32
  %y = tensor.splat %f[%n] : tensor<?xf32>
  return %y : tensor<?xf32>
}
func.func private @layer.shapes(%T: index) -> (index, index) {
  %c1 = arith.constant 1 : index
  %n = arith.addi %T, %c1 : index
  return %T, %n : index, index
}

// What a layer updates is the destination itself.
// CHECK-LABEL: func.func @step
// CHECK-SAME: %[[C:[^:]*]]: tensor<4xf32> {rondo.state = "c"}
// CHECK: %[[E:.*]] = tensor.empty
// CHECK: call @updates(%[[C]], %[[E]]) {rondo.into, rondo.updates = array<i64: -1, 0>}
func.func @step(%c: tensor<4xf32> {rondo.state = "c"}) -> (tensor<4xf32>, tensor<4xf32> {rondo.state = "c"}) attributes {rondo.entry} {
  %r:2 = call @updates(%c) : (tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>)
  return %r#0, %r#1 : tensor<4xf32>, tensor<4xf32>
}
// CHECK-LABEL: func.func private @updates
// CHECK-SAME: %[[C:[^:]*]]: tensor<4xf32> {rondo.name = "0", rondo.state = "1"}
// CHECK-SAME: %{{.*}}: tensor<4xf32> {rondo.result = 0 : i64})
// CHECK: materialize_in_destination %{{.*}} in %[[C]]
func.func private @updates(%c: tensor<4xf32> {rondo.name = "0", rondo.state = "1"}) -> (tensor<4xf32>, tensor<4xf32> {rondo.state = "1"}) attributes {rondo.layer} {
  %f = arith.constant 1.0 : f32
  %i = arith.constant 2 : index
  %n = tensor.insert %f into %c[%i] : tensor<4xf32>
  %y = math.tanh %n : tensor<4xf32>
  return %y, %n : tensor<4xf32>, tensor<4xf32>
}
