// RUN: rondo-opt %s -rondo-keep-layers=products=2 -split-input-file | FileCheck %s

// Two products in three places: one function. What it calls is counted, and goes into it.
// CHECK-LABEL: func.func @calls
// CHECK-LABEL: func.func private @layer
// CHECK-SAME: no_inline
// CHECK-LABEL: func.func private @product
// CHECK-NOT: no_inline
func.func @calls(%x: tensor<4x8xf32> {rondo.name = "x"}) -> tensor<4x8xf32> attributes {rondo.entry} {
  %a = rondo.param "a" init <constant, 0.0, 0.0> : tensor<8x8xf32>
  %y = call @layer(%a, %x) : (tensor<8x8xf32>, tensor<4x8xf32>) -> tensor<4x8xf32>
  %z = call @layer(%a, %y) : (tensor<8x8xf32>, tensor<4x8xf32>) -> tensor<4x8xf32>
  %v = call @layer(%a, %z) : (tensor<8x8xf32>, tensor<4x8xf32>) -> tensor<4x8xf32>
  return %v : tensor<4x8xf32>
}
func.func private @layer(%a: tensor<8x8xf32>, %x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %y = call @product(%a, %x) : (tensor<8x8xf32>, tensor<4x8xf32>) -> tensor<4x8xf32>
  %z = call @product(%a, %y) : (tensor<8x8xf32>, tensor<4x8xf32>) -> tensor<4x8xf32>
  return %z : tensor<4x8xf32>
}
func.func private @product(%a: tensor<8x8xf32>, %x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %y = rondo.contract "bk,nk->bn" %x, %a : tensor<4x8xf32>, tensor<8x8xf32> -> tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}

// -----

// One product is too little, and what stands in one place needs no copies.
// CHECK-NOT: no_inline
func.func @calls(%x: tensor<4x8xf32> {rondo.name = "x"}) -> tensor<4x8xf32> attributes {rondo.entry} {
  %y = call @outer(%x) : (tensor<4x8xf32>) -> tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}
func.func private @outer(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %y = call @inner(%x) : (tensor<4x8xf32>) -> tensor<4x8xf32>
  %z = call @inner(%y) : (tensor<4x8xf32>) -> tensor<4x8xf32>
  return %z : tensor<4x8xf32>
}
func.func private @inner(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %c = arith.constant dense<1.0> : tensor<8x8xf32>
  %y = rondo.contract "bk,nk->bn" %x, %c : tensor<4x8xf32>, tensor<8x8xf32> -> tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}

// -----

// What holds a scan is not kept; what is called in one is, from three calls on.
// CHECK-LABEL: func.func @scans
// CHECK-NOT: no_inline
// CHECK: func.func private @inside
// CHECK-SAME: no_inline
// CHECK-NOT: no_inline
// CHECK: func.func private @twice
// CHECK-NOT: no_inline
func.func @scans(%n: index {rondo.dim = "n"}, %x: tensor<4x4xf32> {rondo.name = "x"}) -> tensor<4x4xf32> attributes {rondo.entry} {
  %a = call @has(%n, %x) : (index, tensor<4x4xf32>) -> tensor<4x4xf32>
  %b = call @has(%n, %a) : (index, tensor<4x4xf32>) -> tensor<4x4xf32>
  %c = call @has(%n, %b) : (index, tensor<4x4xf32>) -> tensor<4x4xf32>
  return %c : tensor<4x4xf32>
}
func.func private @has(%n: index, %x: tensor<4x4xf32>) -> tensor<4x4xf32> {
  %r = rondo.scan %n carries(%x : tensor<4x4xf32>) {
  ^bb0(%t: index, %h: tensor<4x4xf32>):
    %a = func.call @inside(%h) : (tensor<4x4xf32>) -> tensor<4x4xf32>
    %b = func.call @inside(%a) : (tensor<4x4xf32>) -> tensor<4x4xf32>
    %c = func.call @inside(%b) : (tensor<4x4xf32>) -> tensor<4x4xf32>
    rondo.yield %c : tensor<4x4xf32>
  } -> tensor<4x4xf32>
  return %r : tensor<4x4xf32>
}
func.func @ends(%n: index {rondo.dim = "n"}, %x: tensor<4x4xf32> {rondo.name = "x"}) -> tensor<4x4xf32> attributes {rondo.entry} {
  %r = rondo.scan %n carries(%x : tensor<4x4xf32>) {
  ^bb0(%t: index, %h: tensor<4x4xf32>):
    %a = func.call @twice(%h) : (tensor<4x4xf32>) -> tensor<4x4xf32>
    %b = func.call @twice(%a) : (tensor<4x4xf32>) -> tensor<4x4xf32>
    rondo.yield %b : tensor<4x4xf32>
  } -> tensor<4x4xf32>
  return %r : tensor<4x4xf32>
}
func.func private @inside(%x: tensor<4x4xf32>) -> tensor<4x4xf32> {
  %y = rondo.contract "bk,ck->bc" %x, %x : tensor<4x4xf32>, tensor<4x4xf32> -> tensor<4x4xf32>
  %z = rondo.contract "bk,kn->bn" %y, %x : tensor<4x4xf32>, tensor<4x4xf32> -> tensor<4x4xf32>
  return %z : tensor<4x4xf32>
}
func.func private @twice(%x: tensor<4x4xf32>) -> tensor<4x4xf32> {
  %y = rondo.contract "bk,ck->bc" %x, %x : tensor<4x4xf32>, tensor<4x4xf32> -> tensor<4x4xf32>
  %z = rondo.contract "bk,kn->bn" %y, %x : tensor<4x4xf32>, tensor<4x4xf32> -> tensor<4x4xf32>
  return %z : tensor<4x4xf32>
}

// -----

// A part of an argument is written, by a function that it calls, in a scan and outside.
// CHECK-LABEL: func.func @outside
// CHECK-NOT: no_inline
func.func @outside(%x: tensor<4x4xf32> {rondo.name = "x"}) -> tensor<4x4xf32> attributes {rondo.entry} {
  %a = call @writes(%x) : (tensor<4x4xf32>) -> tensor<4x4xf32>
  %b = call @writes(%a) : (tensor<4x4xf32>) -> tensor<4x4xf32>
  %c = call @writes(%b) : (tensor<4x4xf32>) -> tensor<4x4xf32>
  return %c : tensor<4x4xf32>
}
func.func private @writes(%x: tensor<4x4xf32>) -> tensor<4x4xf32> {
  %y = rondo.contract "bk,ck->bc" %x, %x : tensor<4x4xf32>, tensor<4x4xf32> -> tensor<4x4xf32>
  %z = rondo.contract "bk,kn->bn" %y, %x : tensor<4x4xf32>, tensor<4x4xf32> -> tensor<4x4xf32>
  %w = call @update(%x, %z) : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
  return %w : tensor<4x4xf32>
}
func.func private @update(%x: tensor<4x4xf32>, %z: tensor<4x4xf32>) -> tensor<4x4xf32> {
  %p = tensor.extract_slice %z[0, 0] [1, 4] [1, 1] : tensor<4x4xf32> to tensor<1x4xf32>
  %w = tensor.insert_slice %p into %x[2, 0] [1, 4] [1, 1] : tensor<1x4xf32> into tensor<4x4xf32>
  return %w : tensor<4x4xf32>
}

// -----

// A state, and a size that is known late.
// CHECK-NOT: no_inline
func.func @calls(%x: tensor<4x4xf32> {rondo.name = "x"}, %n: tensor<i64> {rondo.name = "n"}, %s: tensor<4x4xf32> {rondo.state = "s"}) -> tensor<4x4xf32> attributes {rondo.entry} {
  %e = tensor.extract %n[] : tensor<i64>
  %late = arith.index_cast %e : i64 to index
  %a = call @stateful(%s) : (tensor<4x4xf32>) -> tensor<4x4xf32>
  %b = call @stateful(%a) : (tensor<4x4xf32>) -> tensor<4x4xf32>
  %c = call @stateful(%b) : (tensor<4x4xf32>) -> tensor<4x4xf32>
  %d = call @sized(%late, %c) : (index, tensor<4x4xf32>) -> tensor<4x4xf32>
  %f = call @sized(%late, %d) : (index, tensor<4x4xf32>) -> tensor<4x4xf32>
  %g = call @sized(%late, %f) : (index, tensor<4x4xf32>) -> tensor<4x4xf32>
  return %g : tensor<4x4xf32>
}
func.func private @stateful(%x: tensor<4x4xf32>) -> tensor<4x4xf32> {
  %y = rondo.contract "bk,ck->bc" %x, %x : tensor<4x4xf32>, tensor<4x4xf32> -> tensor<4x4xf32>
  %z = rondo.contract "bk,kn->bn" %y, %x : tensor<4x4xf32>, tensor<4x4xf32> -> tensor<4x4xf32>
  return %z : tensor<4x4xf32>
}
func.func private @sized(%n: index, %x: tensor<4x4xf32>) -> tensor<4x4xf32> {
  %y = rondo.contract "bk,ck->bc" %x, %x : tensor<4x4xf32>, tensor<4x4xf32> -> tensor<4x4xf32>
  %z = rondo.contract "bk,kn->bn" %y, %x : tensor<4x4xf32>, tensor<4x4xf32> -> tensor<4x4xf32>
  return %z : tensor<4x4xf32>
}
