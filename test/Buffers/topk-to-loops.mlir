// RUN: rondo-opt %s -rondo-topk-to-loops | FileCheck %s
// RUN: rondo-opt %s -rondo-topk-to-loops | not grep -E "memref.alloc|rondo.topk"

// One row: the first k, their heap, the others, the order.
// CHECK-LABEL: func @row
// CHECK-SAME: %[[X:.*]]: memref<?xf32>, %[[V:.*]]: memref<?xf32>, %[[I:.*]]: memref<?xi64>
// CHECK-DAG: %[[N:.*]] = memref.dim %[[X]]
// CHECK-DAG: %[[K:.*]] = memref.dim %[[V]]
// CHECK: scf.for %{{.*}} = %{{.*}} to %[[K]]
// CHECK: scf.for
// CHECK: scf.while
// CHECK: scf.for %{{.*}} = %[[K]] to %[[N]]
// CHECK: arith.cmpf ugt
// CHECK: scf.while
// CHECK: scf.for
// CHECK: scf.while
func.func @row(%x: memref<?xf32>, %v: memref<?xf32>, %i: memref<?xi64>) {
  rondo.topk largest ins(%x : memref<?xf32>) outs(%v, %i : memref<?xf32>, memref<?xi64>) dim 0
  return
}

// Rows along an inner dimension; ascending integers.
// CHECK-LABEL: func @rows
// CHECK-SAME: %[[X:.*]]: memref<2x5x3xi32>
// CHECK: scf.for %[[A:.*]] = %{{.*}} to %c2
// CHECK: scf.for %[[B:.*]] = %{{.*}} to %c3
// CHECK: scf.for %[[E:.*]] =
// CHECK: memref.load %[[X]][%[[A]], %[[E]], %[[B]]]
// CHECK: arith.cmpi slt
func.func @rows(%x: memref<2x5x3xi32>, %v: memref<2x4x3xi32>, %i: memref<2x4x3xi64>) {
  rondo.topk ins(%x : memref<2x5x3xi32>) outs(%v, %i : memref<2x4x3xi32>, memref<2x4x3xi64>) dim 1
  return
}
