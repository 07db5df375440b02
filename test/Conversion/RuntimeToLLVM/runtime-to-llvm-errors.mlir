// RUN: rondo-opt %s -rondo-runtime-to-llvm -allow-unregistered-dialect -split-input-file -verify-diagnostics

// expected-error @+1 {{still returns values: not in the phase `buffers`}}
func.func @f(%x: memref<4xf32> {rondo.name = "x"}) -> memref<4xf32>
    attributes {rondo.entry, rondo.shapes = @f.shapes} {
  return %x : memref<4xf32>
}
func.func private @f.shapes() -> (index, index) {
  %c4 = arith.constant 4 : index
  return %c4, %c4 : index, index
}

// -----

// expected-error @+1 {{argument 0 is no dense row-major memref}}
func.func @f(%x: memref<4x4xf32, strided<[8, 1]>> {rondo.name = "x"}) attributes {rondo.entry} {
  return
}

// -----

// expected-error @+1 {{argument 0 says neither what it is nor its name}}
func.func @f(%x: memref<4xf32>) attributes {rondo.entry} {
  return
}

// -----

// expected-error @+1 {{needs a companion `rondo.shapes` that gives 1 sizes}}
func.func @f(%x: memref<4xf32> {rondo.name = "x"}) attributes {rondo.entry} {
  return
}

// -----

// expected-error @+1 {{argument 0 is not what @prepare makes as result 0}}
func.func @f(%x: memref<4xf32> {rondo.prepared = 0 : i64}) attributes {rondo.entry, rondo.shapes = @f.shapes} {
  return
}
func.func private @f.shapes() {
  return
}

// -----

// expected-error @+1 {{needs scratch of a size that is not constant}}
func.func @prepare(%s: memref<?xi8> {rondo.scratch}) attributes {rondo.prepare, rondo.scratch_size = @scratch} {
  return
}
func.func private @scratch() -> index {
  %0 = "test.unknown"() : () -> index
  return %0 : index
}

// -----

func.func private @helper(%ok: i1) {
  // expected-error @+1 {{stands in a function that is not inlined into an entry point}}
  rondo.check %ok, "x" : i1
  return
}

// -----

func.func @f(%x: memref<i1> {rondo.name = "x"}) attributes {rondo.entry, rondo.shapes = @f.shapes} {
  %ok = bufferization.to_tensor %x : memref<i1> to tensor<i1>
  // expected-error @+1 {{is not reduced to one i1}}
  rondo.check %ok, "x" : tensor<i1>
  return
}
func.func private @f.shapes() {
  return
}

// -----

// expected-error @+1 {{argument 0 is the size of no result}}
func.func @f(%n: memref<i64> {rondo.size = 0 : i64}) attributes {rondo.entry, rondo.shapes = @f.shapes} {
  return
}
func.func private @f.shapes() {
  return
}

// -----

// expected-error @+1 {{argument 0 is a size, but no memref<i64>}}
func.func @f(%n: memref<1xi64> {rondo.size = 0 : i64}) attributes {rondo.entry} {
  return
}

// -----

// expected-error @+1 {{argument 0 has a default that does not fit its type}}
func.func @f(%x: memref<4xf32> {rondo.name = "x", rondo.default = 1.0 : f64}) attributes {rondo.entry} {
  return
}

// -----

// expected-error @+1 {{argument 0 has axes whose sizes are not told}}
func.func private @layer(%x: memref<?xf32> {rondo.name = "x"}) attributes {rondo.layer} {
  return
}
