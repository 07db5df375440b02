// RUN: rondo-opt %s -verify-diagnostics -split-input-file

func.func @form(%a: tensor<2x3xf32>) {
  // expected-error@+1 {{equation 'ab->ab' is not of the form 'lhs,rhs->result'}}
  %0 = rondo.contract "ab->ab" %a, %a : tensor<2x3xf32>, tensor<2x3xf32> -> tensor<2x3xf32>
  return
}

// -----
func.func @letter(%a: tensor<2x3xf32>) {
  // expected-error@+1 {{equation 'a.,ab->ab' has '.', which is no letter}}
  %0 = rondo.contract "a.,ab->ab" %a, %a : tensor<2x3xf32>, tensor<2x3xf32> -> tensor<2x3xf32>
  return
}

// -----
func.func @twice(%a: tensor<3x3xf32>) {
  // expected-error@+1 {{letter 'a' stands twice in the left operand}}
  %0 = rondo.contract "aa,ab->ab" %a, %a : tensor<3x3xf32>, tensor<3x3xf32> -> tensor<3x3xf32>
  return
}

// -----
func.func @rank(%a: tensor<2x3xf32>) {
  // expected-error@+1 {{the right operand has rank 2 but letters 'b'}}
  %0 = rondo.contract "ab,b->a" %a, %a : tensor<2x3xf32>, tensor<2x3xf32> -> tensor<2xf32>
  return
}

// -----
func.func @nowhere(%a: tensor<2x3xf32>) {
  // expected-error@+1 {{letter 'c' of the result stands in no operand}}
  %0 = rondo.contract "ab,ab->ac" %a, %a : tensor<2x3xf32>, tensor<2x3xf32> -> tensor<2x3xf32>
  return
}

// -----
func.func @size(%a: tensor<2x?xf32>, %b: tensor<3x4xf32>) {
  // expected-error@+1 {{letter 'b' has size 4 in the right operand but 5 in the result}}
  %0 = rondo.contract "ab,cb->acb" %a, %b : tensor<2x?xf32>, tensor<3x4xf32> -> tensor<2x3x5xf32>
  return
}

// -----
func.func @alone(%a: tensor<2x3xf32>, %b: tensor<2xf32>) {
  // expected-error@+1 {{letter 'b' stands in the left operand only; it is a rondo.reduce before the product}}
  %0 = rondo.contract "ab,a->a" %a, %b : tensor<2x3xf32>, tensor<2xf32> -> tensor<2xf32>
  return
}

// -----
func.func @elements(%a: tensor<2xf32>, %b: tensor<2xf16>) {
  // expected-error@+1 {{element types differ: 'f32', 'f16' -> 'f32'}}
  %0 = rondo.contract "a,a->" %a, %b : tensor<2xf32>, tensor<2xf16> -> tensor<f32>
  return
}

// -----
func.func @indices(%a: tensor<2xindex>) {
  // expected-error@+1 {{cannot multiply elements of type 'index'}}
  %0 = rondo.contract "a,a->" %a, %a : tensor<2xindex>, tensor<2xindex> -> tensor<index>
  return
}

// -----
func.func @truths(%a: tensor<2xi1>) {
  // expected-error@+1 {{cannot multiply elements of type 'i1'}}
  %0 = rondo.contract "a,a->" %a, %a : tensor<2xi1>, tensor<2xi1> -> tensor<i1>
  return
}
