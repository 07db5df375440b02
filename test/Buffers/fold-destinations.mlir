// RUN: rondo-opt %s -rondo-fold-destinations | FileCheck %s

// Idle behind a loop over tiles that starts at the destination.
// CHECK-LABEL: func @loop
// CHECK: %[[R:.*]] = scf.for
// CHECK-NOT: materialize_in_destination
// CHECK: return %[[R]]
func.func @loop(%d: tensor<16xf32>, %v: vector<8xf32>) -> tensor<16xf32> {
  %c0 = arith.constant 0 : index
  %c8 = arith.constant 8 : index
  %c16 = arith.constant 16 : index
  %r = scf.for %i = %c0 to %c16 step %c8 iter_args(%a = %d) -> tensor<16xf32> {
    %w = vector.transfer_write %v, %a[%i] {in_bounds = [true]} : vector<8xf32>, tensor<16xf32>
    scf.yield %w : tensor<16xf32>
  }
  %m = bufferization.materialize_in_destination %r in %d : (tensor<16xf32>, tensor<16xf32>) -> tensor<16xf32>
  return %m : tensor<16xf32>
}

// Idle, too, where the loop writes two axes of it as one.
// CHECK-LABEL: func @merged
// CHECK: %[[R:.*]] = scf.for
// CHECK: %[[E:.*]] = tensor.expand_shape %[[R]]
// CHECK-NOT: materialize_in_destination
// CHECK: return %[[E]]
func.func @merged(%d: tensor<2x8xf32>, %v: vector<8xf32>) -> tensor<2x8xf32> {
  %c0 = arith.constant 0 : index
  %c8 = arith.constant 8 : index
  %c16 = arith.constant 16 : index
  %rows = tensor.collapse_shape %d [[0, 1]] : tensor<2x8xf32> into tensor<16xf32>
  %r = scf.for %i = %c0 to %c16 step %c8 iter_args(%a = %rows) -> tensor<16xf32> {
    %w = vector.transfer_write %v, %a[%i] {in_bounds = [true]} : vector<8xf32>, tensor<16xf32>
    scf.yield %w : tensor<16xf32>
  }
  %e = tensor.expand_shape %r [[0, 1]] output_shape [2, 8] : tensor<16xf32> into tensor<2x8xf32>
  %m = bufferization.materialize_in_destination %e in %d : (tensor<2x8xf32>, tensor<2x8xf32>) -> tensor<2x8xf32>
  return %m : tensor<2x8xf32>
}

// Not where the rows are those of another tensor.
// CHECK-LABEL: func @rows_of_another
// CHECK: materialize_in_destination
func.func @rows_of_another(%s: tensor<2x8xf32>, %d: tensor<4x4xf32>) -> tensor<4x4xf32> {
  %rows = tensor.collapse_shape %s [[0, 1]] : tensor<2x8xf32> into tensor<16xf32>
  %y = linalg.tanh ins(%rows : tensor<16xf32>) outs(%rows : tensor<16xf32>) -> tensor<16xf32>
  %e = tensor.expand_shape %y [[0, 1]] output_shape [4, 4] : tensor<16xf32> into tensor<4x4xf32>
  %m = bufferization.materialize_in_destination %e in %d : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
  return %m : tensor<4x4xf32>
}

// The source knows its size, the destination does not.
// CHECK-LABEL: func @known
// CHECK: %[[Y:.*]] = linalg.tanh
// CHECK: %[[C:.*]] = tensor.cast %[[Y]] : tensor<4xf32> to tensor<?xf32>
// CHECK: return %[[C]]
func.func @known(%x: tensor<4xf32>, %d: tensor<?xf32>) -> tensor<?xf32> {
  %e = tensor.cast %d : tensor<?xf32> to tensor<4xf32>
  %y = linalg.tanh ins(%x : tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %m = bufferization.materialize_in_destination %y in %d : (tensor<4xf32>, tensor<?xf32>) -> tensor<?xf32>
  return %m : tensor<?xf32>
}

// Computed elsewhere: it stays.
// CHECK-LABEL: func @elsewhere
// CHECK: materialize_in_destination
func.func @elsewhere(%s: tensor<4xf32>, %d: tensor<4xf32>) -> tensor<4xf32> {
  %e = tensor.empty() : tensor<4xf32>
  %0 = linalg.tanh ins(%s : tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %m = bufferization.materialize_in_destination %0 in %d : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return %m : tensor<4xf32>
}

// One empty tensor, two destinations: each use has its own.
// CHECK-LABEL: func @one_each
// CHECK-DAG: %[[A:.*]] = tensor.empty
// CHECK-DAG: %[[B:.*]] = tensor.empty
// CHECK-DAG: %[[C:.*]] = tensor.empty
// CHECK: linalg.fill ins(%{{.*}}) outs(%[[FILL:.*]] : tensor<4xf32>)
// CHECK: nexts(%[[N0:.*]], %[[N1:.*]] :
// CHECK-NOT: tensor.empty
func.func @one_each(%T: index, %x: f32) -> (tensor<4xf32>, tensor<4xf32>) {
  %e = tensor.empty() : tensor<4xf32>
  %f = linalg.fill ins(%x : f32) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %r:2 = rondo.scan_into %T starts(%f, %f : tensor<4xf32>, tensor<4xf32>) nexts(%e, %e : tensor<4xf32>, tensor<4xf32>) {
  ^bb0(%t: index, %a: tensor<4xf32>, %b: tensor<4xf32>, %an: tensor<4xf32>, %bn: tensor<4xf32>):
    rondo.yield %b, %a : tensor<4xf32>, tensor<4xf32>
  } -> tensor<4xf32>, tensor<4xf32>
  return %r#0, %r#1 : tensor<4xf32>, tensor<4xf32>
}

// Two concatenations of which cse made one empty tensor and one slice of it.
// CHECK-LABEL: func @two_chains
// CHECK-DAG: %[[SA:.*]] = tensor.extract_slice %[[EA:[0-9]+]][0] [4] [1]
// CHECK-DAG: %[[SB:.*]] = tensor.extract_slice %[[EB:[0-9]+]][0] [4] [1]
// CHECK: %[[A:.*]] = linalg.copy ins(%arg0 : tensor<4xf32>) outs(%[[SA]] : tensor<4xf32>)
// CHECK-NEXT: tensor.insert_slice %[[A]] into %[[EA]][0]
// CHECK: %[[B:.*]] = linalg.copy ins(%arg1 : tensor<4xf32>) outs(%[[SB]] : tensor<4xf32>)
// CHECK-NEXT: tensor.insert_slice %[[B]] into %[[EB]][0]
func.func @two_chains(%a: tensor<4xf32>, %b: tensor<4xf32>) -> (tensor<8xf32>, tensor<8xf32>) {
  %e = tensor.empty() : tensor<8xf32>
  %s = tensor.extract_slice %e[0] [4] [1] : tensor<8xf32> to tensor<4xf32>
  %0 = linalg.copy ins(%a : tensor<4xf32>) outs(%s : tensor<4xf32>) -> tensor<4xf32>
  %1 = tensor.insert_slice %0 into %e[0] [4] [1] : tensor<4xf32> into tensor<8xf32>
  %2 = linalg.copy ins(%b : tensor<4xf32>) outs(%s : tensor<4xf32>) -> tensor<4xf32>
  %3 = tensor.insert_slice %2 into %e[0] [4] [1] : tensor<4xf32> into tensor<8xf32>
  return %1, %3 : tensor<8xf32>, tensor<8xf32>
}

// A layer computes its result where the caller's shall lie.
// CHECK-LABEL: func @call
// CHECK-SAME: %[[X:.*]]: tensor<4xf32>, %[[D:.*]]: tensor<4xf32>
// CHECK: %[[E:.*]] = tensor.empty
// CHECK: %[[Y:.*]] = call @layer(%[[X]], %[[E]])
// CHECK: %[[Z:.*]] = call @layer(%[[Y]], %[[D]])
// CHECK-NOT: materialize_in_destination
// CHECK: return %[[Z]]
func.func private @layer(%x: tensor<4xf32>, %d: tensor<4xf32>) -> tensor<4xf32>
func.func @call(%x: tensor<4xf32>, %d: tensor<4xf32>) -> tensor<4xf32> {
  %e = tensor.empty() : tensor<4xf32>
  %y = func.call @layer(%x, %e) {rondo.into} : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %z = func.call @layer(%y, %e) {rondo.into} : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %m = bufferization.materialize_in_destination %z in %d : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return %m : tensor<4xf32>
}
