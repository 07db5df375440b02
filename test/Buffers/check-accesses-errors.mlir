// RUN: rondo-opt %s -rondo-check-accesses -split-input-file -verify-diagnostics

func.func @gather(%x: memref<8xf32>, %at: vector<4xindex>, %m: vector<4xi1>, %v: vector<4xf32>) {
  %c0 = arith.constant 0 : index
  // expected-error @+1 {{accesses memory in a way that `--sanitize` does not check}}
  %g = vector.gather %x[%c0] [%at], %m, %v
      : memref<8xf32>, vector<4xindex>, vector<4xi1>, vector<4xf32> into vector<4xf32>
  return
}

// -----

func.func @cast(%x: memref<8xf32>) {
  // expected-error @+1 {{accesses memory in a way that `--sanitize` does not check}}
  %y = memref.reinterpret_cast %x to offset: [4], sizes: [8], strides: [1]
      : memref<8xf32> to memref<8xf32, strided<[1], offset: 4>>
  return
}

// -----

func.func @pointer(%x: !llvm.ptr) {
  // expected-error @+1 {{accesses memory in a way that `--sanitize` does not check}}
  %v = llvm.load %x : !llvm.ptr -> f32
  return
}

// -----

func.func @masked(%x: memref<8xf32>, %m: vector<4xi1>, %v: vector<4xf32>) {
  %c6 = arith.constant 6 : index
  // expected-error @+1 {{accesses memory in a way that `--sanitize` does not check}}
  vector.transfer_write %v, %x[%c6], %m : vector<4xf32>, memref<8xf32>
  return
}

// -----

func.func private @layer(%y: memref<8xf32> {rondo.result = 0 : i64}) attributes {rondo.layer} {
  return
}
func.func @calls(%y: memref<8xf32> {rondo.result = 0 : i64}) attributes {rondo.entry} {
  // expected-error @+1 {{calls a layer in a function without a status word}}
  func.call @layer(%y) : (memref<8xf32>) -> ()
  return
}
