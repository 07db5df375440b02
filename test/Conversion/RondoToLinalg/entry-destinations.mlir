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
