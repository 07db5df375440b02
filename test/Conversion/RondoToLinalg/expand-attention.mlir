// RUN: rondo-opt %s -rondo-expand-attention -canonicalize -cse | FileCheck %s

// Every head has a key head: maps alone. Nothing is hidden, nothing is checked.
// CHECK-DAG: #[[Q:.*]] = affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d4)>
// CHECK-DAG: #[[K:.*]] = affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d3, d4)>
// CHECK-DAG: #[[P:.*]] = affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d3)>
// CHECK-DAG: #[[V:.*]] = affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d4, d3)>
// CHECK-LABEL: func.func @plain
// CHECK: linalg.generic {indexing_maps = [#[[Q]], #[[K]], #[[P]]], {{.*}}"parallel", "reduction"]} ins(%arg1, %arg2 :
// CHECK-NOT: tensor.extract
// CHECK: arith.mulf %{{.*}}, %arg0
// CHECK: arith.maximumf
// CHECK: math.exp
// CHECK: arith.addf
// CHECK: arith.divf
// Everything is visible, and counts as it is; the sum is made where the output shall lie.
// CHECK: linalg.fill {{.*}} outs(%arg4 :
// CHECK: linalg.generic {indexing_maps = [#[[Q]], #[[V]], #[[P]]]
// CHECK-NOT: arith.select
// CHECK-NOT: rondo.
func.func @plain(%scale: f32, %q: tensor<?x4x?x16xf32>, %k: tensor<?x4x?x16xf32>, %v: tensor<?x4x?x8xf32>,
                 %o: tensor<?x4x?x8xf32>) -> tensor<?x4x?x8xf32> {
  %r = rondo.attention %scale ins(%q, %k, %v : tensor<?x4x?x16xf32>, tensor<?x4x?x16xf32>, tensor<?x4x?x8xf32>)
      outs(%o : tensor<?x4x?x8xf32>) : f32 -> tensor<?x4x?x8xf32>
  return %r : tensor<?x4x?x8xf32>
}

// Two query heads share a key head. A check holds where the mask hides the pair, whose value does not count, NaN too.
// CHECK-LABEL: func.func @regions
// CHECK: %[[HEAD:.*]] = arith.divui %{{.*}}, %c2
// CHECK: tensor.extract %arg1[%{{.*}}, %[[HEAD]],
// CHECK: %[[S:.*]]:3 = linalg.generic
// CHECK: %[[SEES:.*]] = arith.cmpi slt
// CHECK: %[[BIAS:.*]] = tensor.extract %arg4
// CHECK: %[[LOGIT:.*]] = arith.addf %{{.*}}, %[[BIAS]]
// CHECK: %[[SEEN:.*]] = arith.select %[[SEES]], %[[LOGIT]], %{{.*}} : f64
// CHECK: %[[HIDDEN:.*]] = arith.cmpi sge
// CHECK: %[[OK:.*]] = arith.ori %{{.*}}, %[[HIDDEN]]
// CHECK: linalg.yield %[[SEEN]], %[[OK]], %[[SEES]]
// CHECK: rondo.check %[[S]]#1, "a place" : tensor<?x4x?x?xi1>
// CHECK: linalg.generic {{.*}} ins(%{{.*}}, %[[S]]#2 : tensor<?x4x?x?xf64>, tensor<?x4x?x?xi1>)
// CHECK-NEXT: ^bb0(%[[WEIGHT:.*]]: f64, %[[SHOWN:.*]]: i1, %{{.*}}: f64):
// CHECK: %[[PRODUCT:.*]] = arith.mulf %[[WEIGHT]],
// CHECK: arith.select %[[SHOWN]], %[[PRODUCT]],
// CHECK: return %{{.*}}, %{{.*}} : tensor<?x4x?x16xf64>, tensor<?x4x?x?xf64>
func.func @regions(%q: tensor<?x4x?x16xf64>, %k: tensor<?x2x?x16xf64>, %v: tensor<?x2x?x16xf64>, %n: tensor<?xi64>,
                   %bias: tensor<9xf64>, %o: tensor<?x4x?x16xf64>, %w: tensor<?x4x?x?xf64>)
    -> (tensor<?x4x?x16xf64>, tensor<?x4x?x?xf64>) {
  %scale = arith.constant 0.25 : f64
  %r, %p = rondo.attention %scale ins(%q, %k, %v : tensor<?x4x?x16xf64>, tensor<?x2x?x16xf64>, tensor<?x2x?x16xf64>)
      captures(%n, %bias : tensor<?xi64>, tensor<9xf64>)
      outs(%o : tensor<?x4x?x16xf64>) weights(%w : tensor<?x4x?x?xf64>) : f64
      score {
      ^bb0(%s: f64, %b: i64, %h: i64, %i: i64, %j: i64, %lengths: tensor<?xi64>, %table: tensor<9xf64>):
        %last = arith.constant 8 : i64
        %place = arith.minsi %j, %last : i64
        %inside = arith.cmpi eq, %place, %j : i64
        rondo.check %inside, "a place" : i1
        %at = arith.index_cast %place : i64 to index
        %more = tensor.extract %table[%at] : tensor<9xf64>
        %t = arith.addf %s, %more : f64
        rondo.attention.yield %t : f64
      } mask {
      ^bb0(%b: i64, %h: i64, %i: i64, %j: i64, %lengths: tensor<?xi64>, %table: tensor<9xf64>):
        %row = arith.index_cast %b : i64 to index
        %length = tensor.extract %lengths[%row] : tensor<?xi64>
        %sees = arith.cmpi slt, %j, %length : i64
        rondo.attention.yield %sees : i1
      } -> tensor<?x4x?x16xf64>, tensor<?x4x?x?xf64>
  return %r, %p : tensor<?x4x?x16xf64>, tensor<?x4x?x?xf64>
}
