// RUN: rondo-opt %s -verify-diagnostics -split-input-file

func.func @dimension(%x: memref<3xf32>, %v: memref<3xf32>, %i: memref<3xi64>) {
  // expected-error@+1 {{dimension 1 is outside of rank 1}}
  rondo.topk ins(%x : memref<3xf32>) outs(%v, %i : memref<3xf32>, memref<3xi64>) dim 1
  return
}

// -----
func.func @truth(%x: memref<3xi1>, %v: memref<3xi1>, %i: memref<3xi64>) {
  // expected-error@+1 {{cannot order elements of type 'i1'}}
  rondo.topk ins(%x : memref<3xi1>) outs(%v, %i : memref<3xi1>, memref<3xi64>) dim 0
  return
}

// -----
func.func @elements(%x: memref<3xf32>, %v: memref<3xf16>, %i: memref<3xi64>) {
  // expected-error@+1 {{element types differ: 'f32' -> 'f16'}}
  rondo.topk ins(%x : memref<3xf32>) outs(%v, %i : memref<3xf16>, memref<3xi64>) dim 0
  return
}

// -----
func.func @indices(%x: memref<3xf32>, %v: memref<3xf32>, %i: memref<3xi32>) {
  // expected-error@+1 {{has indices of type i64, not 'i32'}}
  rondo.topk ins(%x : memref<3xf32>) outs(%v, %i : memref<3xf32>, memref<3xi32>) dim 0
  return
}

// -----
func.func @more(%x: memref<2x3xf32>, %v: memref<2x4xf32>, %i: memref<2x4xi64>) {
  // expected-error@+1 {{destination 'memref<2x4xf32>' is not the shape of 'memref<2x3xf32>' with at most as many along dimension 1}}
  rondo.topk ins(%x : memref<2x3xf32>) outs(%v, %i : memref<2x4xf32>, memref<2x4xi64>) dim 1
  return
}

// -----
func.func @counts(%x: memref<3xf32>, %v: memref<2xf32>, %i: memref<1xi64>) {
  // expected-error@+1 {{has 2 values but 1 indices a row}}
  rondo.topk ins(%x : memref<3xf32>) outs(%v, %i : memref<2xf32>, memref<1xi64>) dim 0
  return
}

// -----
func.func @mixed(%x: tensor<3xf32>, %v: memref<3xf32>, %i: memref<3xi64>) {
  // expected-error@+1 {{needs tensors only or memrefs only}}
  rondo.topk ins(%x : tensor<3xf32>) outs(%v, %i : memref<3xf32>, memref<3xi64>) dim 0
  return
}

// -----
func.func @results(%x: tensor<3xf32>, %v: tensor<3xf32>, %i: tensor<3xi64>) {
  // expected-error@+1 {{has one result for each destination, of its type}}
  rondo.topk ins(%x : tensor<3xf32>) outs(%v, %i : tensor<3xf32>, tensor<3xi64>) dim 0
  return
}

// -----
func.func @scalar(%p: tensor<f32>, %k: tensor<i64>) {
  // expected-error@+1 {{needs probabilities with at least one dimension}}
  %i = rondo.categorical %p key %k : tensor<f32>, tensor<i64> -> tensor<i64>
  return
}

// -----
func.func @rows(%p: tensor<2x3xf32>, %k: tensor<i64>) {
  // expected-error@+1 {{result 'tensor<3xi64>' is not the operand's shape without the last dimension}}
  %i = rondo.categorical %p key %k : tensor<2x3xf32>, tensor<i64> -> tensor<3xi64>
  return
}
