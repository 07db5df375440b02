// Scans get destinations of the sizes that their results have.
// RUN: rondo-opt %s -rondo-to-linalg -canonicalize -cse | FileCheck %s

// CHECK-LABEL: func.func @rnn
// CHECK-SAME: %[[B:[^:]*]]: index, %[[T:[^:]*]]: index, %[[XS:[^:]*]]: tensor<?x?x4xf32>, %[[H0:[^:]*]]: tensor<?x8xf32>
// CHECK-DAG: %[[N:.*]] = tensor.dim %[[H0]]
// CHECK-DAG: %[[NEXT:.*]] = tensor.empty(%[[N]]) : tensor<?x8xf32>
// CHECK-DAG: %[[STACK:.*]] = tensor.empty(%[[T]], %{{.*}}) : tensor<?x?x8xf32>
// CHECK: %[[S:.*]]:2 = rondo.scan_into reverse %[[T]] ins(%[[XS]] : tensor<?x?x4xf32>) starts(%[[H0]] : tensor<?x8xf32>)
// CHECK-SAME: nexts(%[[NEXT]] : tensor<?x8xf32>) stacks(%[[STACK]] : tensor<?x?x8xf32>)
// CHECK-NEXT: ^bb0(%{{.*}}: index, %[[X:.*]]: tensor<?x4xf32>, %[[OLD:.*]]: tensor<?x8xf32>, %{{.*}}: tensor<?x8xf32>, %{{.*}}: tensor<?x8xf32>):
// CHECK: linalg.generic {{.*}} ins(%[[X]],
// CHECK: arith.mulf
// CHECK: %[[NEW:.*]] = linalg.generic {{.*}} ins(%{{.*}}, %[[OLD]]
// CHECK: %[[Y:.*]] = linalg.generic {{.*}} ins(%[[NEW]]
// CHECK: math.tanh
// CHECK: rondo.yield %[[NEW]], %[[Y]]
// CHECK: return %[[S]]#1, %[[S]]#0
func.func @rnn(%B: index, %T: index, %xs: tensor<?x?x4xf32>, %h0: tensor<?x8xf32>, %w: tensor<8x4xf32>)
    -> (tensor<?x?x8xf32>, tensor<?x8xf32>) {
  %ys, %h = rondo.scan reverse %T ins(%xs : tensor<?x?x4xf32>) carries(%h0 : tensor<?x8xf32>) {
  ^bb0(%t: index, %x: tensor<?x4xf32>, %old: tensor<?x8xf32>):
    %p = rondo.contract "bk,nk->bn" %x, %w : tensor<?x4xf32>, tensor<8x4xf32> -> tensor<?x8xf32>
    %n = arith.addf %p, %old : tensor<?x8xf32>
    %y = math.tanh %n : tensor<?x8xf32>
    rondo.yield %y, %n : tensor<?x8xf32>, tensor<?x8xf32>
  } -> tensor<?x?x8xf32>, tensor<?x8xf32>
  return %ys, %h : tensor<?x?x8xf32>, tensor<?x8xf32>
}

// A scan in a scan: the inner one's results have destinations in the body.
// CHECK-LABEL: func.func @nested
// CHECK-SAME: %[[T:[^:]*]]: index, %[[U:[^:]*]]: index, %[[XS:[^:]*]]: tensor<?x?x?xf32>
// CHECK-DAG: %[[N:.*]] = tensor.dim %[[XS]], %c2
// CHECK-DAG: %[[OUTER:.*]] = tensor.empty(%[[T]], %[[U]], %[[N]]) : tensor<?x?x?xf32>
// CHECK: rondo.scan_into %[[T]] {{.*}} stacks(%[[OUTER]]
// CHECK: %[[INNER:.*]] = rondo.scan_into %[[U]]
// CHECK: rondo.yield %[[INNER]]
func.func @nested(%T: index, %U: index, %xs: tensor<?x?x?xf32>) -> tensor<?x?x?xf32> {
  %ys = rondo.scan %T ins(%xs : tensor<?x?x?xf32>) {
  ^bb0(%t: index, %x: tensor<?x?xf32>):
    %zs = rondo.scan %U ins(%x : tensor<?x?xf32>) {
    ^bb1(%u: index, %z: tensor<?xf32>):
      %e = math.exp %z : tensor<?xf32>
      rondo.yield %e : tensor<?xf32>
    } -> tensor<?x?xf32>
    rondo.yield %zs : tensor<?x?xf32>
  } -> tensor<?x?x?xf32>
  return %ys : tensor<?x?x?xf32>
}

// With `until` the number of steps done has a destination too, the last.
// CHECK-LABEL: func.func @until
// CHECK: %[[COUNT:.*]] = tensor.empty() : tensor<i64>
// CHECK: %[[S:.*]]:3 = rondo.scan_into until %{{.*}} starts(%{{.*}}) nexts(%{{.*}}) stacks(%{{.*}}) count(%[[COUNT]] : tensor<i64>) {
// CHECK: rondo.yield %{{.*}}, %{{.*}}, %{{.*}} : tensor<4xf32>, tensor<4xf32>, i1
// CHECK: } -> tensor<4xf32>, tensor<?x4xf32>, tensor<i64>
// CHECK: return %[[S]]#1, %[[S]]#0, %[[S]]#2
func.func @until(%T: index, %h0: tensor<4xf32>, %limit: f32) -> (tensor<?x4xf32>, tensor<4xf32>, tensor<i64>) {
  %ys, %h, %n = rondo.scan until %T carries(%h0 : tensor<4xf32>) {
  ^bb0(%t: index, %old: tensor<4xf32>):
    %c0 = arith.constant 0 : index
    %new = arith.addf %old, %old : tensor<4xf32>
    %first = tensor.extract %new[%c0] : tensor<4xf32>
    %ends = arith.cmpf ogt, %first, %limit : f32
    rondo.yield %new, %new, %ends : tensor<4xf32>, tensor<4xf32>, i1
  } -> tensor<?x4xf32>, tensor<4xf32>, tensor<i64>
  return %ys, %h, %n : tensor<?x4xf32>, tensor<4xf32>, tensor<i64>
}
