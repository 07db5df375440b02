// RUN: rondo-opt %s -rondo-copy-to-loops | FileCheck %s

// CHECK-LABEL: func @contiguous
// CHECK-COUNT-2: memref.copy
// CHECK-NOT: scf.for
func.func @contiguous(%a: memref<?x4xf32>, %b: memref<?x4xf32>, %c: memref<2x4xf32, strided<[4, 1], offset: ?>>, %d: memref<2x4xf32>) {
  memref.copy %a, %b : memref<?x4xf32> to memref<?x4xf32>
  memref.copy %c, %d : memref<2x4xf32, strided<[4, 1], offset: ?>> to memref<2x4xf32>
  return
}

// CHECK-LABEL: func @gaps
// CHECK-SAME: %[[A:.*]]: memref<?x4xf32, strided<[8, 1]>>, %[[B:.*]]: memref<?x4xf32>
// CHECK: scf.for %[[I:.*]] =
// CHECK: scf.for %[[J:.*]] =
// CHECK: %[[V:.*]] = memref.load %[[A]][%[[I]], %[[J]]]
// CHECK: memref.store %[[V]], %[[B]][%[[I]], %[[J]]]
// CHECK-NOT: memref.copy
func.func @gaps(%a: memref<?x4xf32, strided<[8, 1]>>, %b: memref<?x4xf32>) {
  memref.copy %a, %b : memref<?x4xf32, strided<[8, 1]>> to memref<?x4xf32>
  return
}

// CHECK-LABEL: func @nothing
// CHECK-NEXT: return
func.func @nothing(%a: memref<0x4xf32, strided<[8, 1]>>, %b: memref<0x4xf32>, %c: memref<4xf32>) {
  memref.copy %a, %b : memref<0x4xf32, strided<[8, 1]>> to memref<0x4xf32>
  memref.copy %c, %c : memref<4xf32> to memref<4xf32>
  return
}
