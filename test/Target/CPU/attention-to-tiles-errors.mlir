// RUN: rondo-opt %s -rondo-attention-to-tiles -verify-diagnostics

func.func @tensors(%scale: f32, %x: tensor<1x1x4x4xf32>) -> tensor<1x1x4x4xf32> {
  // expected-error@+1 {{is on tensors}}
  %r = rondo.attention %scale ins(%x, %x, %x : tensor<1x1x4x4xf32>, tensor<1x1x4x4xf32>, tensor<1x1x4x4xf32>)
      outs(%x : tensor<1x1x4x4xf32>) : f32 -> tensor<1x1x4x4xf32>
  return %r : tensor<1x1x4x4xf32>
}
