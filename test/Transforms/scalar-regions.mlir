// RUN: rondo-opt %s -rondo-scalar-regions -canonicalize -cse | FileCheck %s

// Slices that lead to one element are its place; numbers are scalars.
// CHECK-LABEL: func @regions
// CHECK: score {
// CHECK: ^bb0(%[[S:.*]]: f32, %{{.*}}: i64, %[[H:.*]]: i64, %[[I:.*]]: i64, %[[J:.*]]: i64, %[[TABLE:.*]]: tensor<4x1x?xf32>, %[[N:.*]]: i64, %[[AT:.*]]: tensor<i64>):
// CHECK-DAG: %[[HEAD:.*]] = arith.index_cast %[[H]] : i64 to index
// CHECK-DAG: %[[KEY:.*]] = arith.index_cast %[[J]] : i64 to index
// CHECK-DAG: %[[PLACE:.*]] = arith.muli %[[KEY]], %{{.*}} : index
// CHECK-DAG: %[[X:.*]] = tensor.extract %[[TABLE]][%[[HEAD]], %{{.*}}, %[[PLACE]]] : tensor<4x1x?xf32>
// CHECK: %[[SUM:.*]] = arith.addf %[[S]], %[[X]] : f32
// CHECK: %[[T:.*]] = math.tanh %[[SUM]] : f32
// CHECK: %[[OK:.*]] = arith.cmpi ult, %[[J]], %[[N]] : i64
// CHECK: rondo.check %[[OK]], "message" : i1
// CHECK: rondo.attention.yield %[[T]] : f32
// CHECK: } mask {
// CHECK: ^bb0(%{{.*}}: i64, %{{.*}}: i64, %[[I:.*]]: i64, %[[J:.*]]: i64, %{{.*}}: tensor<4x1x?xf32>, %{{.*}}: i64, %[[AT:.*]]: tensor<i64>):
// CHECK: %[[START:.*]] = tensor.extract %[[AT]][] : tensor<i64>
// CHECK: %[[FROM:.*]] = arith.addi %[[I]], %[[START]] : i64
// CHECK: %[[SEES:.*]] = arith.cmpi sle, %[[J]], %[[FROM]] : i64
// CHECK: rondo.attention.yield %[[SEES]] : i1
func.func @regions(%scale: f32, %q: tensor<1x4x?x8xf32>, %o: tensor<1x4x?x8xf32>, %table: tensor<4x1x?xf32>, %n: i64,
                   %at: tensor<i64>) -> tensor<1x4x?x8xf32> {
  %r = rondo.attention %scale ins(%q, %q, %q : tensor<1x4x?x8xf32>, tensor<1x4x?x8xf32>, tensor<1x4x?x8xf32>)
      captures(%table, %n, %at : tensor<4x1x?xf32>, i64, tensor<i64>) outs(%o : tensor<1x4x?x8xf32>) : f32
      score {
      ^bb0(%s: tensor<f32>, %b: tensor<i64>, %h: tensor<i64>, %i: tensor<i64>, %j: tensor<i64>,
           %t: tensor<4x1x?xf32>, %m: i64, %a: tensor<i64>):
        %size = tensor.from_elements %m : tensor<i64>
        %three = arith.constant 3 : index
        %hi = tensor.extract %h[] : tensor<i64>
        %head = arith.index_cast %hi : i64 to index
        %ji = tensor.extract %j[] : tensor<i64>
        %key = arith.index_cast %ji : i64 to index
        %flat = tensor.collapse_shape %t [[0, 1], [2]] : tensor<4x1x?xf32> into tensor<4x?xf32>
        %open = tensor.cast %flat : tensor<4x?xf32> to tensor<?x?xf32>
        %row = tensor.extract_slice %open[%head, 0] [1, %three] [1, 2] : tensor<?x?xf32> to tensor<?xf32>
        %one = tensor.extract_slice %row[%key] [1] [1] : tensor<?xf32> to tensor<1xf32>
        %x = tensor.collapse_shape %one [] : tensor<1xf32> into tensor<f32>
        %sum = arith.addf %s, %x : tensor<f32>
        %capped = math.tanh %sum : tensor<f32>
        %ok = arith.cmpi ult, %j, %size : tensor<i64>
        rondo.check %ok, "message" : tensor<i1>
        rondo.attention.yield %capped : tensor<f32>
      } mask {
      ^bb0(%b: tensor<i64>, %h: tensor<i64>, %i: tensor<i64>, %j: tensor<i64>,
           %t: tensor<4x1x?xf32>, %m: i64, %a: tensor<i64>):
        %from = arith.addi %i, %a : tensor<i64>
        %sees = arith.cmpi sle, %j, %from : tensor<i64>
        rondo.attention.yield %sees : tensor<i1>
      } -> tensor<1x4x?x8xf32>
  return %r : tensor<1x4x?x8xf32>
}

// What is scalar stays.
// CHECK-LABEL: func @scalar
// CHECK: ^bb0(%{{.*}}: i64, %{{.*}}: i64, %[[I:.*]]: i64, %[[J:.*]]: i64):
// CHECK-NEXT: arith.cmpi sle, %[[J]], %[[I]] : i64
func.func @scalar(%scale: f32, %q: tensor<1x1x?x4xf32>, %o: tensor<1x1x?x4xf32>) -> tensor<1x1x?x4xf32> {
  %r = rondo.attention %scale ins(%q, %q, %q : tensor<1x1x?x4xf32>, tensor<1x1x?x4xf32>, tensor<1x1x?x4xf32>)
      outs(%o : tensor<1x1x?x4xf32>) : f32
      mask {
      ^bb0(%b: i64, %h: i64, %i: i64, %j: i64):
        %sees = arith.cmpi sle, %j, %i : i64
        rondo.attention.yield %sees : i1
      } -> tensor<1x1x?x4xf32>
  return %r : tensor<1x1x?x4xf32>
}
