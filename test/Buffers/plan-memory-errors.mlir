// RUN: rondo-opt %s -rondo-plan-memory -split-input-file -verify-diagnostics

func.func @loop(%T: index {rondo.dim = "T"}) attributes {rondo.entry} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  // expected-note @+1 {{in this loop}}
  scf.for %t = %c0 to %T step %c1 {
    // expected-error @+1 {{memory is allocated in a loop}}
    %a = memref.alloc() : memref<4xf32>
  }
  return
}

// -----

func.func @size(%x: memref<1xindex> {rondo.name = "x"}) attributes {rondo.entry} {
  %c0 = arith.constant 0 : index
  %n = memref.load %x[%c0] : memref<1xindex>
  // expected-error @+1 {{the size of a buffer does not come from the sizes of size's arguments}}
  %a = memref.alloc(%n) : memref<?xf32>
  return
}

// -----

func.func private @called() {
  // expected-error @+1 {{memory is allocated in a function that is called}}
  %a = memref.alloc() : memref<4xf32>
  return
}

// -----

func.func private @made() -> memref<4xf32>
func.func @call() attributes {rondo.entry} {
  // expected-error @+1 {{a call returns a buffer}}
  %a = func.call @made() : () -> memref<4xf32>
  return
}
