// RUN: rondo-opt %s -pass-pipeline='builtin.module(func.func(rondo-views-to-casts))' | FileCheck %s

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

// Of its axes of size 1 the slice keeps the second and drops the fourth.
// CHECK-LABEL: func.func @drop_one_of_two
// CHECK: %[[BASE:.*]], %[[OFFSET:.*]], %{{.*}}:5, %[[STRIDES:.*]]:5 = memref.extract_strided_metadata %arg0
// CHECK: memref.reinterpret_cast %[[BASE]] to offset: [%{{.*}}], sizes: [4, 1, %arg1, %arg2], strides: [%[[STRIDES]]#0, %[[STRIDES]]#1, %[[STRIDES]]#2, 1]
// CHECK-NOT: memref.subview
func.func @drop_one_of_two(%x: memref<4x1x?x3x?xf32>, %n: index, %m: index, %at: index) -> memref<4x1x?x?xf32, strided<[?, ?, ?, 1], offset: ?>> {
  %0 = memref.subview %x[0, 0, 0, %at, 0] [4, 1, %n, 1, %m] [1, 1, 1, 1, 1] : memref<4x1x?x3x?xf32> to memref<4x1x?x?xf32, strided<[?, ?, ?, 1], offset: ?>>
  return %0 : memref<4x1x?x?xf32, strided<[?, ?, ?, 1], offset: ?>>
}

// What is not in doubt is left to expand-strided-metadata.
// CHECK-LABEL: func.func @drop_the_only_one
// CHECK: memref.subview
func.func @drop_the_only_one(%x: memref<4x?x3xf32>, %n: index) -> memref<4x?xf32, strided<[?, 3], offset: 2>> {
  %0 = memref.subview %x[0, 0, 2] [4, %n, 1] [1, 1, 1] : memref<4x?x3xf32> to memref<4x?xf32, strided<[?, 3], offset: 2>>
  return %0 : memref<4x?xf32, strided<[?, 3], offset: 2>>
}
