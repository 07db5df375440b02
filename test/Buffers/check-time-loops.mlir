// RUN: rondo-opt %s -rondo-check-time-loops | FileCheck %s

// The one store that the program asks for: from an input into a destination.
// CHECK-LABEL: func @store
// CHECK: memref.copy
func.func @store(%T: index, %xs: memref<?x4xf32>, %ys: memref<?x4xf32>) {
  rondo.scan_into %T ins(%xs : memref<?x4xf32>) stacks(%ys : memref<?x4xf32>) {
  ^bb0(%t: index, %x: memref<4xf32, strided<[1], offset: ?>>, %slot: memref<4xf32, strided<[1], offset: ?>>):
    memref.copy %x, %slot : memref<4xf32, strided<[1], offset: ?>> to memref<4xf32, strided<[1], offset: ?>>
    rondo.yield
  }
  return
}

// A size that the step finds out, but not how large it can be: one place for all steps.
// CHECK-LABEL: func @late
// CHECK: memref.alloc
func.func @late(%T: index, %n: memref<index>) {
  rondo.scan_into %T {
  ^bb0(%t: index):
    %size = memref.load %n[] : memref<index>
    %late = arith.minui %size, %T : index
    %a = memref.alloc(%late) : memref<?x4xf32>
    rondo.yield
  }
  return
}
