// RUN: rondo-opt %s -rondo-fold-sizes -verify-diagnostics -split-input-file

func.func private @length(%x: tensor<?xf32>) -> tensor<?xf32>

func.func @result(%B: index {rondo.dim = "B"}, %x: tensor<?xf32> {rondo.name = "x"}) -> index
    attributes {rondo.entry, rondo.shapes = @result.shapes} {
  %c0 = arith.constant 0 : index
  // expected-note@+1 {{the tensor is defined here}}
  %y = func.call @length(%x) : (tensor<?xf32>) -> tensor<?xf32>
  // expected-error@+1 {{the size of axis 0 of a tensor is not made of the sizes that 'result.shapes' knows}}
  %n = tensor.dim %y, %c0 : tensor<?xf32>
  return %n : index
}
func.func private @result.shapes(%B: index) -> index {
  return %B : index
}

// -----
// expected-note@+1 {{the tensor is defined here}}
func.func @unnamed(%x: tensor<?xf32>) -> index attributes {rondo.entry} {
  %c0 = arith.constant 0 : index
  // expected-error@+1 {{the size of axis 0 of a tensor is not made of the sizes that the companion of an entry point knows}}
  %n = tensor.dim %x, %c0 : tensor<?xf32>
  return %n : index
}
