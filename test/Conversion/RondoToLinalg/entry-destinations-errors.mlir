// RUN: rondo-opt %s -rondo-entry-destinations -verify-diagnostics -split-input-file

func.func @forward(%x: tensor<4xf32>) -> tensor<4xf32> attributes {rondo.entry} {
  return %x : tensor<4xf32>
}

func.func @other(%x: tensor<4xf32>) -> tensor<4xf32> attributes {rondo.entry} {
  // expected-error@+1 {{calls the entry point forward, which should have been inlined}}
  %0 = func.call @forward(%x) : (tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----
// expected-error@+1 {{takes memrefs before there are any}}
func.func @buffers(%x: memref<4xf32> {rondo.name = "x"}) attributes {rondo.entry} {
  return
}
