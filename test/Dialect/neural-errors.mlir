// RUN: rondo-opt %s -verify-diagnostics -split-input-file

func.func @outside(%a: tensor<2x3xf32>) {
  // expected-error@+1 {{dimension 2 is outside of rank 2}}
  %0 = rondo.reduce sum %a dims [2] : tensor<2x3xf32> -> tensor<2xf32>
  return
}

// -----
func.func @unsorted(%a: tensor<2x3xf32>) {
  // expected-error@+1 {{dimensions must be sorted, without repetition}}
  %0 = rondo.reduce sum %a dims [1, 0] : tensor<2x3xf32> -> tensor<f32>
  return
}

// -----
func.func @shape(%a: tensor<2x3xf32>) {
  // expected-error@+1 {{result 'tensor<3xf32>' is not the operand's shape without the reduced dimensions}}
  %0 = rondo.reduce sum %a dims [1] : tensor<2x3xf32> -> tensor<3xf32>
  return
}

// -----
func.func @two(%a: tensor<2x3xf32>) {
  // expected-error@+1 {{argmax reduces one dimension}}
  %0 = rondo.reduce argmax %a dims [0, 1] : tensor<2x3xf32> -> tensor<i64>
  return
}

// -----
func.func @index(%a: tensor<2x3xf32>) {
  // expected-error@+1 {{argmin gives i64}}
  %0 = rondo.reduce argmin %a dims [0] : tensor<2x3xf32> -> tensor<3xf32>
  return
}

// -----
func.func @truth(%a: tensor<2x3xf32>) {
  // expected-error@+1 {{any takes and gives i1}}
  %0 = rondo.reduce any %a dims [0] : tensor<2x3xf32> -> tensor<3xf32>
  return
}

// -----
func.func @booleans(%a: tensor<2x3xi1>) {
  // expected-error@+1 {{max of elements of type 'i1'}}
  %0 = rondo.reduce max %a dims [0] : tensor<2x3xi1> -> tensor<3xi1>
  return
}

// -----
func.func @wider(%a: tensor<2x3xi32>) {
  // expected-error@+1 {{element types differ: 'i32' -> 'i64'}}
  %0 = rondo.reduce sum %a dims [0] : tensor<2x3xi32> -> tensor<3xi64>
  return
}

// -----
func.func @softmaxDim(%a: tensor<2x3xf32>) {
  // expected-error@+1 {{dimension 2 is outside of rank 2}}
  %0 = rondo.softmax %a dim 2 : tensor<2x3xf32>
  return
}

// -----
func.func @softmaxOf(%a: tensor<2x3xi32>) {
  // expected-error@+1 {{needs floating-point elements, not 'i32'}}
  %0 = rondo.softmax %a dim 1 : tensor<2x3xi32>
  return
}

// -----
func.func @normalizeRank(%a: tensor<2x3xf32>) {
  // expected-error@+1 {{normalises the last 3 dimensions of rank 2}}
  %0 = rondo.normalize layer %a rank 3 eps 1.0e-5 : tensor<2x3xf32>
  return
}

// -----
func.func @normalizeEps(%a: tensor<2x3xf32>) {
  // expected-error@+1 {{eps must be finite and not negative}}
  %0 = rondo.normalize rms %a rank 1 eps -1.0 : tensor<2x3xf32>
  return
}

// -----
func.func @normalizeOf(%a: tensor<2x3xi32>) {
  // expected-error@+1 {{needs floating-point elements, not 'i32'}}
  %0 = rondo.normalize rms %a rank 1 eps 1.0 : tensor<2x3xi32>
  return
}

// -----
func.func @gatherDim(%a: tensor<2x3xf32>, %i: tensor<5xi64>) {
  // expected-error@+1 {{dimension 2 is outside of rank 2}}
  %0 = rondo.gather %a[%i] dim 2 : tensor<2x3xf32>, tensor<5xi64> -> tensor<2x5xf32>
  return
}

// -----
func.func @gatherOf(%a: tensor<2x3xf32>, %i: tensor<5xi64>) {
  // expected-error@+1 {{element types differ: 'f32' -> 'f64'}}
  %0 = rondo.gather %a[%i] dim 0 : tensor<2x3xf32>, tensor<5xi64> -> tensor<5x3xf64>
  return
}

// -----
func.func @gatherShape(%a: tensor<2x3xf32>, %i: tensor<5xi64>) {
  // expected-error@+1 {{result 'tensor<3x5xf32>' is not the source's shape with the indices' in place of dimension 0}}
  %0 = rondo.gather %a[%i] dim 0 : tensor<2x3xf32>, tensor<5xi64> -> tensor<3x5xf32>
  return
}
