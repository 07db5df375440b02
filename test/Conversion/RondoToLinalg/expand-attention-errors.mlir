// RUN: rondo-opt %s -rondo-expand-attention -verify-diagnostics

func.func @tensors(%scale: f32, %q: tensor<1x1x4x4xf32>) -> tensor<1x1x4x4xf32> {
  %o = tensor.empty() : tensor<1x1x4x4xf32>
  // expected-error@+1 {{has a region on tensors of rank 0: rondo-scalar-regions brings it to scalars}}
  %r = rondo.attention %scale ins(%q, %q, %q : tensor<1x1x4x4xf32>, tensor<1x1x4x4xf32>, tensor<1x1x4x4xf32>)
      outs(%o : tensor<1x1x4x4xf32>) : f32
      mask {
      ^bb0(%b: tensor<i64>, %h: tensor<i64>, %i: tensor<i64>, %j: tensor<i64>):
        %sees = arith.cmpi sle, %j, %i : tensor<i64>
        rondo.attention.yield %sees : tensor<i1>
      } -> tensor<1x1x4x4xf32>
  return %r : tensor<1x1x4x4xf32>
}

// -----
func.func @buffers(%x: memref<1x2x3x4xf32>, %out: memref<1x2x3x4xf32>, %scale: f32) {
  // expected-error@+1 {{is on memrefs, which come later}}
  rondo.attention %scale ins(%x, %x, %x : memref<1x2x3x4xf32>, memref<1x2x3x4xf32>, memref<1x2x3x4xf32>)
      outs(%out : memref<1x2x3x4xf32>) : f32
  return
}
