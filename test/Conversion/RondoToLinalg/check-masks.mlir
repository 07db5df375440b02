// RUN: rondo-opt %s -rondo-check-masks -canonicalize | FileCheck %s

// Over the indices that it depends on; over none of them if there is no query or no key.
// CHECK-LABEL: func @lengths
// CHECK-SAME: %[[BATCH:.*]]: index, %[[T:.*]]: index
// CHECK-DAG: %[[ZERO:.*]] = arith.constant 0 : index
// CHECK: %[[NO_QUERY:.*]] = arith.cmpi eq, %[[T]], %[[ZERO]]
// CHECK: %[[NO_PAIR:.*]] = arith.ori %[[NO_QUERY]]
// CHECK: %[[COUNT:.*]] = arith.select %[[NO_PAIR]], %[[ZERO]], %[[BATCH]]
// CHECK: %[[E:.*]] = tensor.empty(%[[COUNT]]) : tensor<?xi1>
// CHECK: %[[TRUE:.*]] = linalg.fill ins(%true : i1) outs(%{{.*}} : tensor<i1>)
// CHECK: %[[ALL:.*]] = linalg.generic {{.*}} iterator_types = ["reduction"]} ins(%[[E]] : tensor<?xi1>) outs(%[[TRUE]] : tensor<i1>) {
// CHECK-NEXT: ^bb0(%{{.*}}: i1, %[[OUT:.*]]: i1):
// CHECK-NEXT: %[[I:.*]] = linalg.index 0 : index
// CHECK-NEXT: %[[B:.*]] = arith.index_cast %[[I]] : index to i64
// CHECK-NEXT: %[[OK:.*]] = arith.cmpi ult, %[[B]], %{{.*}} : i64
// CHECK-NEXT: %[[AND:.*]] = arith.andi %[[OUT]], %[[OK]] : i1
// CHECK-NEXT: linalg.yield %[[AND]]
// CHECK: %[[ONE:.*]] = tensor.extract %[[ALL]][]
// CHECK: rondo.check %[[ONE]], "message" : i1
// CHECK: rondo.attention
// CHECK: mask {
// CHECK-NOT: rondo.check
// CHECK: return
func.func @lengths(%B: index, %T: index, %q: tensor<?x1x?x4xf32>, %n: tensor<?xi64>, %rows: i64) -> tensor<?x1x?x4xf32> {
  %scale = arith.constant 1.0 : f32
  %o = tensor.empty(%B, %T) : tensor<?x1x?x4xf32>
  %r = rondo.attention %scale ins(%q, %q, %q : tensor<?x1x?x4xf32>, tensor<?x1x?x4xf32>, tensor<?x1x?x4xf32>)
      captures(%n, %rows : tensor<?xi64>, i64) outs(%o : tensor<?x1x?x4xf32>) : f32
      mask {
      ^bb0(%b: i64, %h: i64, %i: i64, %j: i64, %lengths: tensor<?xi64>, %m: i64):
        %ok = arith.cmpi ult, %b, %m : i64
        rondo.check %ok, "message" : i1
        %row = arith.index_cast %b : i64 to index
        %length = tensor.extract %lengths[%row] : tensor<?xi64>
        %sees = arith.cmpi slt, %j, %length : i64
        rondo.attention.yield %sees : i1
      } -> tensor<?x1x?x4xf32>
  return %r : tensor<?x1x?x4xf32>
}

// Those of the same indices share a loop, in which each is computed once.
// CHECK-LABEL: func @share
// CHECK: linalg.generic {{.*}} iterator_types = ["reduction", "reduction"]} {{.*}} outs(%{{.*}}, %{{.*}} : tensor<i1>, tensor<i1>)
// CHECK: rondo.check %{{.*}}, "first" : i1
// CHECK: rondo.check %{{.*}}, "second" : i1
// CHECK-NOT: linalg.generic
// CHECK: rondo.attention
func.func @share(%q: tensor<1x1x4x4xf32>, %n: i64) -> tensor<1x1x4x4xf32> {
  %scale = arith.constant 1.0 : f32
  %o = tensor.empty() : tensor<1x1x4x4xf32>
  %r = rondo.attention %scale ins(%q, %q, %q : tensor<1x1x4x4xf32>, tensor<1x1x4x4xf32>, tensor<1x1x4x4xf32>)
      captures(%n : i64) outs(%o : tensor<1x1x4x4xf32>) : f32
      mask {
      ^bb0(%b: i64, %h: i64, %i: i64, %j: i64, %m: i64):
        %sum = arith.addi %i, %j : i64
        %0 = arith.cmpi ult, %sum, %m : i64
        rondo.check %0, "first" : i1
        %1 = arith.cmpi ne, %sum, %m : i64
        rondo.check %1, "second" : i1
        rondo.attention.yield %1 : i1
      } -> tensor<1x1x4x4xf32>
  return %r : tensor<1x1x4x4xf32>
}

// What depends on no index is looked at once.
// CHECK-LABEL: func @invariant
// CHECK-NOT: linalg
// CHECK: rondo.check %{{.*}}, "message" : i1
// CHECK: rondo.attention
func.func @invariant(%q: tensor<1x1x4x4xf32>, %flag: i1) -> tensor<1x1x4x4xf32> {
  %scale = arith.constant 1.0 : f32
  %o = tensor.empty() : tensor<1x1x4x4xf32>
  %r = rondo.attention %scale ins(%q, %q, %q : tensor<1x1x4x4xf32>, tensor<1x1x4x4xf32>, tensor<1x1x4x4xf32>)
      captures(%flag : i1) outs(%o : tensor<1x1x4x4xf32>) : f32
      mask {
      ^bb0(%b: i64, %h: i64, %i: i64, %j: i64, %f: i1):
        rondo.check %f, "message" : i1
        %sees = arith.cmpi sle, %j, %i : i64
        rondo.attention.yield %sees : i1
      } -> tensor<1x1x4x4xf32>
  return %r : tensor<1x1x4x4xf32>
}
