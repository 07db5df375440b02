// RUN: rondo-opt %s -rondo-bufferize -canonicalize -cse -canonicalize | FileCheck %s

// Results lie in their destinations and are returned no more; inputs are copied before they are written.
// CHECK-LABEL: func @entry(
// CHECK-SAME: %[[T:.*]]: index {rondo.dim = "T"}, %[[X:.*]]: memref<?xf32> {rondo.name = "x"}, %[[D:.*]]: memref<?xf32> {rondo.result = 0 : i64}) attributes
// CHECK: %[[A:.*]] = memref.alloc(
// CHECK: linalg.tanh ins(%[[X]] : memref<?xf32>) outs(%[[A]] : memref<?xf32>)
// CHECK: memref.copy %[[A]], %[[D]]
// CHECK: return{{$}}
func.func @entry(%T: index {rondo.dim = "T"}, %x: tensor<?xf32> {rondo.name = "x"}, %d: tensor<?xf32> {rondo.result = 0 : i64}) -> tensor<?xf32> attributes {rondo.entry} {
  %y = linalg.tanh ins(%x : tensor<?xf32>) outs(%x : tensor<?xf32>) -> tensor<?xf32>
  return %y : tensor<?xf32>
}

// A result that is an input.
// CHECK-LABEL: func @prepare(
// CHECK-SAME: %[[W:.*]]: memref<4xf32> {{.*}}, %[[D:.*]]: memref<4xf32> {rondo.result = 0 : i64}) attributes
// CHECK: memref.copy %[[W]], %[[D]]
func.func @prepare(%w: tensor<4xf32> {rondo.param = "w", rondo.init = #rondo.init<constant, 0.0, 0.0>}, %d: tensor<4xf32> {rondo.result = 0 : i64}) -> tensor<4xf32> attributes {rondo.prepare} {
  return %w : tensor<4xf32>
}

// Private functions take rows with an offset and do not return their arguments; sizes they do.
// CHECK-LABEL: func private @inner(
// CHECK-SAME: memref<?x4xf32, strided<[4, 1], offset: ?>>) {
// CHECK-LABEL: func private @outer(
// CHECK-SAME: %[[A:.*]]: index, %[[D:.*]]: memref<?x4xf32, strided<[4, 1], offset: ?>>) -> index
// CHECK: call @inner(%[[D]]) : (memref<?x4xf32, strided<[4, 1], offset: ?>>) -> ()
// CHECK: return %[[A]] : index
func.func private @inner(%d: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %y = linalg.tanh ins(%d : tensor<?x4xf32>) outs(%d : tensor<?x4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}
func.func private @outer(%n: index, %d: tensor<?x4xf32>) -> (index, tensor<?x4xf32>) {
  %y = func.call @inner(%d) : (tensor<?x4xf32>) -> tensor<?x4xf32>
  return %n, %y : index, tensor<?x4xf32>
}

// A scan keeps its form: no results, moved carries yielded; a carry that lives in a stack with gaps
// has the strides of its slots, one that does not is dense.
// CHECK-LABEL: func @scan(
// CHECK-SAME: %{{.*}}: index {{.*}}, %[[S:.*]]: memref<2x4xf32> {{.*}}, %[[D0:.*]]: memref<?x2x8xf32> {rondo.result = 0 : i64}, %[[D1:.*]]: memref<2x4xf32> {rondo.result = 1 : i64})
// CHECK: %[[HALF:.*]] = memref.subview %[[D0]]
// CHECK: rondo.scan_into {{.*}} nexts(%{{.*}}, %[[D1]] : {{.*}}) stacks(%[[HALF]] :
// CHECK-NEXT: ^bb0({{.*}}: index, %[[H:.*]]: memref<2x4xf32, strided<[?, 1], offset: ?>>, %[[C:.*]]: memref<2x4xf32>, %{{.*}}: memref<2x4xf32, strided<[?, 1], offset: ?>>, %[[CN:.*]]: memref<2x4xf32>, %[[SLOT:.*]]: memref<2x4xf32, strided<[8, 1], offset: ?>>)
// CHECK: linalg.tanh ins(%[[H]] : {{.*}}) outs(%[[SLOT]] :
// CHECK: linalg.tanh ins(%[[C]] : {{.*}}) outs(%[[CN]] :
// CHECK: rondo.yield %[[SLOT]], %[[CN]]
// CHECK-NOT: memref.copy
// CHECK: return{{$}}
func.func @scan(%T: index {rondo.dim = "T"}, %s: tensor<2x4xf32> {rondo.name = "s"}, %d0: tensor<?x2x8xf32> {rondo.result = 0 : i64},
    %d1: tensor<2x4xf32> {rondo.result = 1 : i64}) -> (tensor<?x2x8xf32>, tensor<2x4xf32>) attributes {rondo.entry} {
  %e = bufferization.alloc_tensor() : tensor<2x4xf32>
  %half = tensor.extract_slice %d0[0, 0, 0] [%T, 2, 4] [1, 1, 1] : tensor<?x2x8xf32> to tensor<?x2x4xf32>
  %r:3 = rondo.scan_into %T starts(%s, %s : tensor<2x4xf32>, tensor<2x4xf32>) nexts(%e, %d1 : tensor<2x4xf32>, tensor<2x4xf32>) stacks(%half : tensor<?x2x4xf32>) {
  ^bb0(%t: index, %h: tensor<2x4xf32>, %c: tensor<2x4xf32>, %hn: tensor<2x4xf32>, %cn: tensor<2x4xf32>, %slot: tensor<2x4xf32>):
    %y = linalg.tanh ins(%h : tensor<2x4xf32>) outs(%slot : tensor<2x4xf32>) -> tensor<2x4xf32>
    %z = linalg.tanh ins(%c : tensor<2x4xf32>) outs(%cn : tensor<2x4xf32>) -> tensor<2x4xf32>
    rondo.yield %y, %z, %y : tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>
  } -> tensor<2x4xf32>, tensor<2x4xf32>, tensor<?x2x4xf32>
  %o = tensor.insert_slice %r#2 into %d0[0, 0, 0] [%T, 2, 4] [1, 1, 1] : tensor<?x2x4xf32> into tensor<?x2x8xf32>
  return %o, %r#1 : tensor<?x2x8xf32>, tensor<2x4xf32>
}

// A layer takes dense buffers, as an entry point does; what a call gives lies in the destination that it was given.
// CHECK-LABEL: func private @layer(
// CHECK-SAME: %[[X:.*]]: memref<?x4xf32> {rondo.name = "x"}, %[[D:.*]]: memref<?x4xf32> {rondo.result = 0 : i64}) attributes
// CHECK-NOT: memref.copy
// CHECK: return{{$}}
// CHECK-LABEL: func @layered(
// CHECK-SAME: %[[T:.*]]: index {{.*}}, %[[X:.*]]: memref<?x4xf32> {rondo.name = "x"}, %[[D:.*]]: memref<?x4xf32> {rondo.result = 0 : i64})
// CHECK: %[[A:.*]] = memref.alloc(
// CHECK: call @layer(%[[T]], %[[X]], %[[A]]) : (index, memref<?x4xf32>, memref<?x4xf32>) -> ()
// CHECK: call @layer(%[[T]], %[[A]], %[[D]]) : (index, memref<?x4xf32>, memref<?x4xf32>) -> ()
// CHECK-NOT: memref.copy
// CHECK: return{{$}}
func.func private @layer(%T: index {rondo.dim = "T"}, %x: tensor<?x4xf32> {rondo.name = "x"}, %d: tensor<?x4xf32> {rondo.result = 0 : i64}) -> tensor<?x4xf32> attributes {rondo.layer} {
  %y = linalg.tanh ins(%x : tensor<?x4xf32>) outs(%d : tensor<?x4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}
func.func @layered(%T: index {rondo.dim = "T"}, %x: tensor<?x4xf32> {rondo.name = "x"}, %d: tensor<?x4xf32> {rondo.result = 0 : i64}) -> tensor<?x4xf32> attributes {rondo.entry} {
  %e = bufferization.alloc_tensor(%T) : tensor<?x4xf32>
  %y = func.call @layer(%T, %x, %e) {rondo.into} : (index, tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %z = func.call @layer(%T, %y, %d) {rondo.into} : (index, tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  return %z : tensor<?x4xf32>
}

// What is reshaped in a scan and copied there has a size that is known outside.
// CHECK-LABEL: func @reshaped(
// CHECK-SAME: %[[T:.*]]: index {{.*}}, %[[S:.*]]: memref<?x4xf32> {rondo.name = "s"},
// CHECK-DAG: %[[C4:.*]] = arith.constant 4 : index
// CHECK-DAG: %[[B:.*]] = memref.dim %[[S]], %{{.*}}
// CHECK: rondo.scan_into
// CHECK: %[[N:.*]] = arith.muli %[[B]], %[[C4]]
// CHECK: memref.alloc(%[[N]])
func.func @reshaped(%T: index {rondo.dim = "T"}, %s: tensor<?x4xf32> {rondo.name = "s"}, %v: tensor<2xf32> {rondo.name = "v"},
    %d0: tensor<?x4xf32> {rondo.result = 0 : i64}, %d1: tensor<?x?xf32> {rondo.result = 1 : i64}) -> (tensor<?x4xf32>, tensor<?x?xf32>) attributes {rondo.entry} {
  %r:2 = rondo.scan_into %T starts(%s : tensor<?x4xf32>) nexts(%d0 : tensor<?x4xf32>) stacks(%d1 : tensor<?x?xf32>) {
  ^bb0(%t: index, %h: tensor<?x4xf32>, %hn: tensor<?x4xf32>, %slot: tensor<?xf32>):
    %flat = tensor.collapse_shape %h [[0, 1]] : tensor<?x4xf32> into tensor<?xf32>
    %part = tensor.insert_slice %v into %flat[0] [2] [1] : tensor<2xf32> into tensor<?xf32>
    %w = bufferization.materialize_in_destination %part in %slot : (tensor<?xf32>, tensor<?xf32>) -> tensor<?xf32>
    %y = linalg.tanh ins(%h : tensor<?x4xf32>) outs(%hn : tensor<?x4xf32>) -> tensor<?x4xf32>
    rondo.yield %y, %w : tensor<?x4xf32>, tensor<?xf32>
  } -> tensor<?x4xf32>, tensor<?x?xf32>
  return %r#0, %r#1 : tensor<?x4xf32>, tensor<?x?xf32>
}

// What is computed in rows of a destination lies there.
// CHECK-LABEL: func @merged(
// CHECK-SAME: %[[D:[a-z0-9]+]]: memref<?x8xf32> {rondo.result = 0 : i64})
// CHECK: %[[ROWS:.*]] = memref.collapse_shape %[[D]]
// CHECK: vector.transfer_write %{{.*}}, %[[ROWS]]
// CHECK-NOT: memref.copy
// CHECK: return{{$}}
func.func @merged(%B: index {rondo.dim = "B"}, %v: vector<8xf32>, %d: tensor<?x8xf32> {rondo.result = 0 : i64}) -> tensor<?x8xf32> attributes {rondo.entry} {
  %c0 = arith.constant 0 : index
  %c8 = arith.constant 8 : index
  %n = arith.muli %B, %c8 : index
  %rows = tensor.collapse_shape %d [[0, 1]] : tensor<?x8xf32> into tensor<?xf32>
  %r = scf.for %i = %c0 to %n step %c8 iter_args(%a = %rows) -> tensor<?xf32> {
    %w = vector.transfer_write %v, %a[%i] {in_bounds = [true]} : vector<8xf32>, tensor<?xf32>
    scf.yield %w : tensor<?xf32>
  }
  %e = tensor.expand_shape %r [[0, 1]] output_shape [%B, 8] : tensor<?xf32> into tensor<?x8xf32>
  return %e : tensor<?x8xf32>
}
