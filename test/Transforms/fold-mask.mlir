// RUN: rondo-opt %s -rondo-fold-mask -canonicalize -cse | FileCheck %s
// That bounds are right is tested by brute force, in test/EndToEnd/masks.py.

// The last row sees keys up to its own place, the first row those that all see.
// CHECK-LABEL: func.func @causal
// CHECK: rondo.attention %arg0
// CHECK: bounds {
// CHECK-NEXT: ^bb0(%{{.*}}: i64, %{{.*}}: i64, %[[FIRST:.*]]: i64, %[[LAST:.*]]: i64):
// CHECK-DAG: %[[NONE:.*]] = arith.constant -{{[0-9]*}} : i64
// CHECK-DAG: %[[HI:.*]] = arith.addi %[[LAST]], %c1_i64
// CHECK-DAG: %[[TO:.*]] = arith.addi %[[FIRST]], %c1_i64
// CHECK: rondo.attention.yield %[[NONE]], %[[HI]], %[[NONE]], %[[TO]]
func.func @causal(%scale: f32, %x: tensor<1x1x?x4xf32>) -> tensor<1x1x?x4xf32> {
  %r = rondo.attention %scale ins(%x, %x, %x : tensor<1x1x?x4xf32>, tensor<1x1x?x4xf32>, tensor<1x1x?x4xf32>)
      outs(%x : tensor<1x1x?x4xf32>) : f32 mask {
    ^bb0(%b: i64, %h: i64, %i: i64, %j: i64):
      %sees = arith.cmpi sle, %j, %i : i64
      rondo.attention.yield %sees : i1
    } -> tensor<1x1x?x4xf32>
  return %r : tensor<1x1x?x4xf32>
}

// j < lengths[b]: the same bound for all rows of a batch.
// CHECK-LABEL: func.func @lengths
// CHECK-NOT: opaque
// CHECK: bounds {
// CHECK-NEXT: ^bb0(%[[B:.*]]: i64, %{{.*}}: i64, %{{.*}}: i64, %{{.*}}: i64, %[[LENGTHS:.*]]: tensor<?xi64>):
// CHECK: %[[ROW:.*]] = arith.index_cast %[[B]]
// CHECK: %[[N:.*]] = tensor.extract %[[LENGTHS]][%[[ROW]]]
// CHECK: rondo.attention.yield %{{.*}}, %[[HI:.*]], %{{.*}}, %[[HI]] :
func.func @lengths(%scale: f32, %x: tensor<?x1x?x4xf32>, %n: tensor<?xi64>) -> tensor<?x1x?x4xf32> {
  %r = rondo.attention %scale ins(%x, %x, %x : tensor<?x1x?x4xf32>, tensor<?x1x?x4xf32>, tensor<?x1x?x4xf32>)
      captures(%n : tensor<?xi64>) outs(%x : tensor<?x1x?x4xf32>) : f32 mask {
    ^bb0(%b: i64, %h: i64, %i: i64, %j: i64, %lengths: tensor<?xi64>):
      %row = arith.index_cast %b : i64 to index
      %length = tensor.extract %lengths[%row] : tensor<?xi64>
      %sees = arith.cmpi slt, %j, %length : i64
      rondo.attention.yield %sees : i1
    } -> tensor<?x1x?x4xf32>
  return %r : tensor<?x1x?x4xf32>
}

// i + offset may wrap around, for which values nothing is certain.
// CHECK-LABEL: func.func @offset
// CHECK-NOT: opaque
// CHECK: bounds {
// CHECK-NEXT: ^bb0(%{{.*}}: i64, %{{.*}}: i64, %{{.*}}: i64, %{{.*}}: i64, %[[OFFSET:.*]]: i64):
// CHECK: arith.cmpi sge, %[[OFFSET]]
// CHECK: arith.cmpi sle, %[[OFFSET]]
// CHECK: %[[EXACT:.*]] = arith.andi
// CHECK: %[[HI:.*]] = arith.select %[[EXACT]]
// CHECK: rondo.attention.yield %{{.*}}, %[[HI]], %{{.*}}, %{{.*}} :
func.func @offset(%scale: f32, %x: tensor<1x1x?x4xf32>, %offset: i64) -> tensor<1x1x?x4xf32> {
  %r = rondo.attention %scale ins(%x, %x, %x : tensor<1x1x?x4xf32>, tensor<1x1x?x4xf32>, tensor<1x1x?x4xf32>)
      captures(%offset : i64) outs(%x : tensor<1x1x?x4xf32>) : f32 mask {
    ^bb0(%b: i64, %h: i64, %i: i64, %j: i64, %start: i64):
      %place = arith.addi %i, %start : i64
      %sees = arith.cmpi sle, %j, %place : i64
      rondo.attention.yield %sees : i1
    } -> tensor<1x1x?x4xf32>
  return %r : tensor<1x1x?x4xf32>
}

// Documents: the causal part is a bound, the rest is looked up.
// CHECK-LABEL: func.func @documents
// CHECK: rondo.attention opaque %arg0
// CHECK: bounds {
// CHECK-NEXT: ^bb0(%{{.*}}: i64, %{{.*}}: i64, %{{.*}}: i64, %[[LAST:.*]]: i64, %{{.*}}: tensor<?xi64>):
// CHECK-NOT: tensor.extract
// CHECK: %[[HI:.*]] = arith.addi %[[LAST]], %c1_i64
// CHECK: rondo.attention.yield %{{.*}}, %[[HI]],
func.func @documents(%scale: f32, %x: tensor<1x1x?x4xf32>, %of: tensor<?xi64>) -> tensor<1x1x?x4xf32> {
  %r = rondo.attention %scale ins(%x, %x, %x : tensor<1x1x?x4xf32>, tensor<1x1x?x4xf32>, tensor<1x1x?x4xf32>)
      captures(%of : tensor<?xi64>) outs(%x : tensor<1x1x?x4xf32>) : f32 mask {
    ^bb0(%b: i64, %h: i64, %i: i64, %j: i64, %documents: tensor<?xi64>):
      %row = arith.index_cast %i : i64 to index
      %key = arith.index_cast %j : i64 to index
      %one = tensor.extract %documents[%row] : tensor<?xi64>
      %other = tensor.extract %documents[%key] : tensor<?xi64>
      %same = arith.cmpi eq, %one, %other : i64
      %causal = arith.cmpi sle, %j, %i : i64
      %sees = arith.andi %same, %causal : i1
      rondo.attention.yield %sees : i1
    } -> tensor<1x1x?x4xf32>
  return %r : tensor<1x1x?x4xf32>
}

// CHECK-LABEL: func.func @no_mask
// CHECK-NOT: bounds
func.func @no_mask(%scale: f32, %x: tensor<1x1x?x4xf32>) -> tensor<1x1x?x4xf32> {
  %r = rondo.attention %scale ins(%x, %x, %x : tensor<1x1x?x4xf32>, tensor<1x1x?x4xf32>, tensor<1x1x?x4xf32>)
      outs(%x : tensor<1x1x?x4xf32>) : f32 -> tensor<1x1x?x4xf32>
  return %r : tensor<1x1x?x4xf32>
}
