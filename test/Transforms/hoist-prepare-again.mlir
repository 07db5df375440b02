// The second time, in destination style: weights have been packed for the target.
// RUN: rondo-opt %s -rondo-hoist-prepare | FileCheck %s

// The packed weight takes the place of the one that nothing reads any more; destinations stay last.
// CHECK: func.func @prepare(%[[A:.*]]: tensor<4x4xf32> {{{.*}}rondo.param = "a"}, %[[W:.*]]: tensor<8x4xf32> {{{.*}}rondo.param = "w"}, %[[D0:.*]]: tensor<4x4xf32> {rondo.result = 0 : i64}, %[[D1:.*]]: tensor<2x4x4xf32> {rondo.result = 1 : i64})
// CHECK-SAME: -> (tensor<4x4xf32>, tensor<2x4x4xf32>)
// CHECK: %[[T:.*]] = math.tanh %[[W]]
// CHECK: %[[P:.*]] = linalg.generic
// CHECK: tensor.extract %[[T]]
// CHECK: %[[M0:.*]] = bufferization.materialize_in_destination %[[A]] in %[[D0]]
// CHECK: %[[M1:.*]] = bufferization.materialize_in_destination %[[P]] in %[[D1]]
// CHECK: return %[[M0]], %[[M1]]
func.func @prepare(%a: tensor<4x4xf32> {rondo.init = #rondo.init<normal, 0.0 : f64, 1.0 : f64>, rondo.param = "a"},
                   %w: tensor<8x4xf32> {rondo.init = #rondo.init<normal, 0.0 : f64, 1.0 : f64>, rondo.param = "w"},
                   %d0: tensor<8x4xf32> {rondo.result = 0 : i64}, %d1: tensor<4x4xf32> {rondo.result = 1 : i64})
    -> (tensor<8x4xf32>, tensor<4x4xf32>) attributes {rondo.prepare} {
  %t = math.tanh %w : tensor<8x4xf32>
  %m0 = bufferization.materialize_in_destination %t in %d0 : (tensor<8x4xf32>, tensor<8x4xf32>) -> tensor<8x4xf32>
  %m1 = bufferization.materialize_in_destination %a in %d1 : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
  return %m0, %m1 : tensor<8x4xf32>, tensor<4x4xf32>
}

// CHECK: func.func @forward(%[[X:.*]]: tensor<4x4xf32> {rondo.name = "x"}, %[[A:.*]]: tensor<4x4xf32> {rondo.prepared = 0 : i64}, %[[P:.*]]: tensor<2x4x4xf32> {rondo.prepared = 1 : i64}, %[[D:.*]]: tensor<4x4xf32> {rondo.result = 0 : i64})
// CHECK: %[[S:.*]] = arith.addf %[[X]], %[[A]]
// CHECK: linalg.generic {{.*}} ins(%[[P]], %[[S]]
func.func @forward(%x: tensor<4x4xf32> {rondo.name = "x"}, %w: tensor<8x4xf32> {rondo.prepared = 0 : i64},
                   %a: tensor<4x4xf32> {rondo.prepared = 1 : i64}, %d: tensor<4x4xf32> {rondo.result = 0 : i64})
    -> tensor<4x4xf32> attributes {rondo.entry} {
  %c4 = arith.constant 4 : index
  %e = tensor.empty() : tensor<2x4x4xf32>
  %p = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d1, d2)>], iterator_types = ["parallel", "parallel", "parallel"]}
      outs(%e : tensor<2x4x4xf32>) {
  ^bb0(%o: f32):
    %i = linalg.index 0 : index
    %k = linalg.index 1 : index
    %j = linalg.index 2 : index
    %i4 = arith.muli %i, %c4 : index
    %n = arith.addi %i4, %j : index
    %v = tensor.extract %w[%n, %k] : tensor<8x4xf32>
    linalg.yield %v : f32
  } -> tensor<2x4x4xf32>
  %s = arith.addf %x, %a : tensor<4x4xf32>
  %y = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d1, d2)>, affine_map<(d0, d1, d2) -> (d1, d2)>, affine_map<(d0, d1, d2) -> (d1, d2)>],
      iterator_types = ["reduction", "parallel", "parallel"]} ins(%p, %s : tensor<2x4x4xf32>, tensor<4x4xf32>) outs(%d : tensor<4x4xf32>) {
  ^bb0(%q: f32, %r: f32, %o: f32):
    %m = arith.mulf %q, %r : f32
    linalg.yield %m : f32
  } -> tensor<4x4xf32>
  %m = bufferization.materialize_in_destination %y in %d : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
  return %m : tensor<4x4xf32>
}
