// RUN: rondo-opt %s -rondo-bufferize -split-input-file -verify-diagnostics

// expected-error @+1 {{result 0 has no argument of its type with rondo.result = 0}}
func.func @no_destination(%x: tensor<4xf32> {rondo.name = "x"}) -> tensor<4xf32> attributes {rondo.entry} {
  return %x : tensor<4xf32>
}

// -----

func.func @swapped(%a: tensor<4xf32> {rondo.result = 0 : i64}, %b: tensor<4xf32> {rondo.result = 1 : i64}) -> (tensor<4xf32>, tensor<4xf32>) attributes {rondo.entry} {
  // expected-error @+1 {{a result lies in the destination of another, which is overwritten}}
  return %b, %a : tensor<4xf32>, tensor<4xf32>
}

// -----

func.func @check(%ok: tensor<4xi1> {rondo.name = "ok"}) attributes {rondo.entry} {
  // expected-error @+1 {{of a tensor must be reduced to one i1}}
  rondo.check %ok, "not ok" : tensor<4xi1>
  return
}

// -----

func.func @not_placed(%T: index, %s: tensor<4xf32>, %d: tensor<4xf32>) -> tensor<4xf32> {
  %r = rondo.scan_into %T starts(%s : tensor<4xf32>) nexts(%d : tensor<4xf32>) {
  ^bb0(%t: index, %h: tensor<4xf32>, %hn: tensor<4xf32>):
    %e = bufferization.alloc_tensor() : tensor<4xf32>
    %y = linalg.tanh ins(%h : tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
    // expected-error @+1 {{carry 0 is not written to its destination}}
    rondo.yield %y : tensor<4xf32>
  } -> tensor<4xf32>
  return %r : tensor<4xf32>
}

// -----

func.func @stack_not_placed(%T: index, %x: tensor<4xf32>, %d: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %r = rondo.scan_into %T stacks(%d : tensor<?x4xf32>) {
  ^bb0(%t: index, %slot: tensor<4xf32>):
    // expected-error @+1 {{stack 0 is not written to its slot}}
    rondo.yield %x : tensor<4xf32>
  } -> tensor<?x4xf32>
  return %r : tensor<?x4xf32>
}

// -----

func.func @one_destination(%T: index, %s: tensor<4xf32>, %d: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @+2 {{destination 0 is the destination of another value, too}}
  // expected-error @+1 {{failed to bufferize op}}
  %r:2 = rondo.scan_into %T starts(%s, %s : tensor<4xf32>, tensor<4xf32>) nexts(%d, %d : tensor<4xf32>, tensor<4xf32>) {
  ^bb0(%t: index, %a: tensor<4xf32>, %b: tensor<4xf32>, %an: tensor<4xf32>, %bn: tensor<4xf32>):
    %y = linalg.tanh ins(%a : tensor<4xf32>) outs(%an : tensor<4xf32>) -> tensor<4xf32>
    %z = linalg.exp ins(%b : tensor<4xf32>) outs(%bn : tensor<4xf32>) -> tensor<4xf32>
    rondo.yield %y, %z : tensor<4xf32>, tensor<4xf32>
  } -> tensor<4xf32>, tensor<4xf32>
  return %s : tensor<4xf32>
}

// -----

// Rows that lie apart: rondo-dense-operands copies such a part.
func.func private @layer(%x: tensor<?x?xf32> {rondo.name = "x"}, %d: tensor<?x?xf32> {rondo.result = 0 : i64}) -> tensor<?x?xf32> attributes {rondo.layer} {
  %y = linalg.tanh ins(%x : tensor<?x?xf32>) outs(%d : tensor<?x?xf32>) -> tensor<?x?xf32>
  return %y : tensor<?x?xf32>
}
func.func @gaps(%m: index {rondo.dim = "m"}, %n: index {rondo.dim = "n"}, %x: tensor<?x?xf32> {rondo.name = "x"}, %d: tensor<?x?xf32> {rondo.result = 0 : i64}) -> tensor<?x?xf32> attributes {rondo.entry} {
  %p = tensor.extract_slice %x[0, 0] [%m, %n] [1, 1] : tensor<?x?xf32> to tensor<?x?xf32>
  // expected-error @+1 {{takes a buffer with gaps, of type 'memref<?x?xf32, strided<[?, 1]>>'}}
  %y = func.call @layer(%p, %d) {rondo.into} : (tensor<?x?xf32>, tensor<?x?xf32>) -> tensor<?x?xf32>
  return %y : tensor<?x?xf32>
}
