// RUN: rondo-opt %s -rondo-check-time-loops -split-input-file -verify-diagnostics

func.func @allocation(%T: index, %n: memref<1xindex>) {
  %c0 = arith.constant 0 : index
  // expected-note @+1 {{of this scan}}
  rondo.scan_into %T {
  ^bb0(%t: index):
    %size = memref.load %n[%c0] : memref<1xindex>
    // expected-error @+1 {{memory is allocated in every step of a scan}}
    %a = memref.alloc(%size) : memref<?xf32>
    rondo.yield
  }
  return
}

// -----

func.func @copy(%T: index, %ys: memref<?x4xf32>) {
  %a = memref.alloc() : memref<2x4xf32>
  // expected-note @+1 {{of this scan}}
  rondo.scan_into %T stacks(%ys : memref<?x4xf32>) {
  ^bb0(%t: index, %slot: memref<4xf32, strided<[1], offset: ?>>):
    %row = memref.subview %a[1, 0] [1, 4] [1, 1] : memref<2x4xf32> to memref<4xf32, strided<[1], offset: 4>>
    // expected-error @+1 {{a temporary is copied in every step of a scan}}
    memref.copy %row, %slot : memref<4xf32, strided<[1], offset: 4>> to memref<4xf32, strided<[1], offset: ?>>
    rondo.yield
  }
  return
}
