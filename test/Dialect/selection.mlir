// Operations that choose print as they are written; the sizes of their results are those of their operands.
// RUN: rondo-opt %s | rondo-opt | FileCheck %s
// RUN: rondo-opt %s -resolve-ranked-shaped-type-result-dims | FileCheck %s --check-prefix=SIZES

// CHECK-LABEL: func.func @topk
// SIZES-LABEL: func.func @topk
// SIZES-SAME: tensor<?x50xf32>, %[[K:[a-z0-9]*]]: index, %[[M:[a-z0-9]*]]: index
func.func @topk(%x: tensor<?x50xf32>, %k: index, %m: index) -> index {
  %v = tensor.empty(%m, %k) : tensor<?x?xf32>
  %i = tensor.empty(%m, %k) : tensor<?x?xi64>
  // CHECK: rondo.topk largest ins(%{{.*}} : tensor<?x50xf32>) outs(%{{.*}}, %{{.*}} : tensor<?x?xf32>, tensor<?x?xi64>) dim 1 -> tensor<?x?xf32>, tensor<?x?xi64>
  %best, %places = rondo.topk largest ins(%x : tensor<?x50xf32>) outs(%v, %i : tensor<?x?xf32>, tensor<?x?xi64>) dim 1
      -> tensor<?x?xf32>, tensor<?x?xi64>
  %c1 = arith.constant 1 : index
  %size = tensor.dim %places, %c1 : tensor<?x?xi64>
  // SIZES: return %[[K]]
  return %size : index
}

// CHECK-LABEL: func.func @buffers
func.func @buffers(%x: memref<3xi8>, %v: memref<2xi8>, %i: memref<2xi64>) {
  // CHECK: rondo.topk ins(%{{.*}} : memref<3xi8>) outs(%{{.*}}, %{{.*}} : memref<2xi8>, memref<2xi64>) dim 0{{$}}
  rondo.topk ins(%x : memref<3xi8>) outs(%v, %i : memref<2xi8>, memref<2xi64>) dim 0
  return
}

// CHECK-LABEL: func.func @categorical
func.func @categorical(%p: tensor<3x?xf32>, %k: tensor<i64>) -> tensor<3xi64> {
  // CHECK: rondo.categorical %{{.*}} key %{{.*}} : tensor<3x?xf32>, tensor<i64> -> tensor<3xi64>
  %i = rondo.categorical %p key %k : tensor<3x?xf32>, tensor<i64> -> tensor<3xi64>
  return %i : tensor<3xi64>
}
