// RUN: rondo-opt %s -pass-pipeline='builtin.module(func.func(rondo-expand-to-cast))' | FileCheck %s

// CHECK-LABEL: func @dynamic
// CHECK-SAME: %[[T:.*]]: index, %[[B:.*]]: index
// CHECK: %[[BASE:.*]], %{{.*}}, %{{.*}}:2, %{{.*}}:2 = memref.extract_strided_metadata
// CHECK: %[[S:.*]] = affine.apply {{.*}}[%[[B]]]
// CHECK: memref.reinterpret_cast %[[BASE]] to offset: [0], sizes: [%[[T]], %[[B]], 8], strides: [%[[S]], 8, 1]
func.func @dynamic(%t: index, %b: index, %a: memref<?x8xf32>) -> memref<?x?x8xf32> {
  %e = memref.expand_shape %a [[0, 1], [2]] output_shape [%t, %b, 8] : memref<?x8xf32> into memref<?x?x8xf32>
  return %e : memref<?x?x8xf32>
}

// A row of something larger keeps its offset.
// CHECK-LABEL: func @row
// CHECK: %[[BASE:.*]], %[[O:.*]], %{{.*}}, %{{.*}} = memref.extract_strided_metadata
// CHECK: memref.reinterpret_cast %[[BASE]] to offset: [%[[O]]], sizes: [4, 2], strides: [2, 1]
func.func @row(%a: memref<8xf32, strided<[1], offset: ?>>) -> memref<4x2xf32, strided<[2, 1], offset: ?>> {
  %e = memref.expand_shape %a [[0, 1]] output_shape [4, 2]
    : memref<8xf32, strided<[1], offset: ?>> into memref<4x2xf32, strided<[2, 1], offset: ?>>
  return %e : memref<4x2xf32, strided<[2, 1], offset: ?>>
}

// A scalar's only axis has a stride too.
// CHECK-LABEL: func @scalar
// CHECK: memref.reinterpret_cast %{{.*}} to offset: [0], sizes: [1], strides: [1]
func.func @scalar(%a: memref<i32>) -> memref<1xi32> {
  %e = memref.expand_shape %a [] output_shape [1] : memref<i32> into memref<1xi32>
  return %e : memref<1xi32>
}
