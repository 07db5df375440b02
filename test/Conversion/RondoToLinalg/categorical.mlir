// One loop draws for each row, one goes along it.
// RUN: rondo-opt %s -pass-pipeline='builtin.module(func.func(rondo-to-linalg))' | FileCheck %s

// CHECK-LABEL: func.func @draw
// CHECK-SAME: %[[P:.*]]: tensor<2x?x?xf32>, %[[KEY:.*]]: tensor<i64>
// The number of the row is that in row-major order.
// CHECK: %[[U:.*]] = linalg.generic {{.*}}iterator_types = ["parallel", "parallel"]} ins(%[[KEY]] : tensor<i64>)
// CHECK: linalg.index 0
// CHECK: arith.muli
// CHECK: linalg.index 1
// CHECK: arith.addi
// CHECK-COUNT-20: arith.muli %{{.*}} : i64
// CHECK-NOT: arith.muli
// CHECK: arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK: linalg.generic {{.*}}iterator_types = ["parallel", "parallel", "reduction"]} ins(%[[P]], %[[U]] :
// CHECK-DAG: arith.cmpf ole
// CHECK-DAG: arith.cmpf ogt
// CHECK: arith.select
// CHECK-NOT: rondo.categorical
func.func @draw(%p: tensor<2x?x?xf32>, %key: tensor<i64>) -> tensor<2x?xi64> {
  %i = rondo.categorical %p key %key : tensor<2x?x?xf32>, tensor<i64> -> tensor<2x?xi64>
  return %i : tensor<2x?xi64>
}
