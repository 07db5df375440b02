// RUN: rondo-opt %s -rondo-form-layers -split-input-file | FileCheck %s

// Weights come from prepare; `%m`, which all calls share, is an argument like `%x`. A size that no argument has
// becomes one, which both axes of that size have; the companion knows it.
// CHECK-LABEL: func.func @calls
// CHECK-SAME: %[[T:.*]]: index {rondo.dim = "T"}, %[[X:.*]]: tensor<?x4xf32>
// CHECK-DAG: %[[A:.*]] = rondo.param "a"
// CHECK-DAG: %[[B:.*]] = rondo.param "b"
// CHECK-DAG: %[[M:.*]] = rondo.param "m"
// CHECK: %[[PA:.*]] = call @layer.prepare(%[[A]])
// CHECK: %[[Y:.*]] = call @layer(%[[T]], %[[M]], %[[X]], %[[X]], %[[PA]])
// CHECK: %[[PB:.*]] = call @layer.prepare(%[[B]])
// CHECK: %[[Z:.*]] = call @layer(%[[T]], %[[M]], %[[Y]], %[[X]], %[[PB]])
// The same weights again.
// CHECK-NOT: call @layer.prepare
// CHECK: call @layer(%[[T]], %[[M]], %[[Z]], %[[X]], %[[PA]])
// CHECK-LABEL: func.func private @layer.prepare(
// CHECK-SAME: %[[W:.*]]: tensor<4x4xf32>) -> tensor<4x4xf32> attributes {no_inline, rondo.prepare}
// CHECK-NEXT: return %[[W]]
// CHECK-LABEL: func.func private @layer(
// CHECK-SAME: %{{.*}}: index {rondo.dim = "0"}, %{{.*}}: tensor<4xf32> {rondo.name = "1"}, %[[X:.*]]: tensor<?x4xf32> {rondo.name = "2"}, %{{.*}}: tensor<?x4xf32> {rondo.name = "3"}, %[[W:.*]]: tensor<4x4xf32> {rondo.prepared = 0 : i64})
// CHECK-SAME: rondo.layer, rondo.prepared_by = @layer.prepare, rondo.shapes = @layer.shapes
// CHECK: rondo.contract "bk,nk->bn" %[[X]], %[[W]]
// CHECK-LABEL: func.func private @layer.shapes(
// CHECK-SAME: %[[T:.*]]: index)
// CHECK-DAG: %[[C4:.*]] = arith.constant 4
// CHECK: return %{{.*}}, %[[T]], %{{.*}}, %[[T]], %{{.*}}, %[[T]], %{{.*}} :
func.func private @calls.shapes(%T: index) -> (index, index, index, index) {
  %c4 = arith.constant 4 : index
  return %T, %c4, %T, %c4 : index, index, index, index
}
func.func @calls(%T: index {rondo.dim = "T"}, %x: tensor<?x4xf32> {rondo.name = "x"}) -> tensor<?x4xf32> attributes {rondo.entry, rondo.shapes = @calls.shapes} {
  %a = rondo.param "a" init <constant, 0.0, 0.0> : tensor<4x4xf32>
  %b = rondo.param "b" init <constant, 0.0, 0.0> : tensor<4x4xf32>
  %m = rondo.param "m" init <constant, 0.0, 0.0> : tensor<4xf32>
  %y = call @layer(%a, %m, %x, %x) : (tensor<4x4xf32>, tensor<4xf32>, tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %z = call @layer(%b, %m, %y, %x) : (tensor<4x4xf32>, tensor<4xf32>, tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %v = call @layer(%a, %m, %z, %x) : (tensor<4x4xf32>, tensor<4xf32>, tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  return %v : tensor<?x4xf32>
}
func.func private @layer(%w: tensor<4x4xf32>, %m: tensor<4xf32>, %x: tensor<?x4xf32>, %r: tensor<?x4xf32>) -> tensor<?x4xf32> attributes {no_inline} {
  %y = rondo.contract "bk,nk->bn" %x, %w : tensor<?x4xf32>, tensor<4x4xf32> -> tensor<?x4xf32>
  %s = arith.addf %y, %r : tensor<?x4xf32>
  return %s : tensor<?x4xf32>
}

// -----

// A layer in a layer: the inner one's weights are the outer one's.
// CHECK-LABEL: func.func private @outer(
// CHECK-SAME: %[[X:.*]]: tensor<4x4xf32> {rondo.name = "0"}, %[[W:.*]]: tensor<4x4xf32> {rondo.prepared = 0 : i64}, %[[V:.*]]: tensor<4x4xf32> {rondo.prepared = 1 : i64}
// CHECK: %[[P:.*]] = call @inner.prepare(%[[W]])
// CHECK: call @inner(%[[X]], %[[P]])
// CHECK: call @inner.prepare(%[[V]])
func.func @calls(%x: tensor<4x4xf32> {rondo.name = "x"}) -> tensor<4x4xf32> attributes {rondo.entry} {
  %a = rondo.param "a" init <constant, 0.0, 0.0> : tensor<4x4xf32>
  %b = rondo.param "b" init <constant, 0.0, 0.0> : tensor<4x4xf32>
  %y = call @outer(%a, %b, %x) : (tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
  %z = call @outer(%b, %a, %y) : (tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
  return %z : tensor<4x4xf32>
}
func.func private @outer(%w: tensor<4x4xf32>, %v: tensor<4x4xf32>, %x: tensor<4x4xf32>) -> tensor<4x4xf32> attributes {no_inline} {
  %y = call @inner(%w, %x) : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
  %z = call @inner(%v, %y) : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
  return %z : tensor<4x4xf32>
}
func.func private @inner(%w: tensor<4x4xf32>, %x: tensor<4x4xf32>) -> tensor<4x4xf32> attributes {no_inline} {
  %y = rondo.contract "bk,nk->bn" %x, %w : tensor<4x4xf32>, tensor<4x4xf32> -> tensor<4x4xf32>
  return %y : tensor<4x4xf32>
}

// -----

// The size of the result is not made of sizes: it is left to the inliner.
// CHECK-LABEL: func.func private @layer(
// CHECK-NOT: rondo.layer
// CHECK-NOT: no_inline
func.func @calls(%n: tensor<i64> {rondo.name = "n"}) -> tensor<?xf32> attributes {rondo.entry} {
  %y = call @layer(%n) : (tensor<i64>) -> tensor<?xf32>
  return %y : tensor<?xf32>
}
func.func private @layer(%n: tensor<i64>) -> tensor<?xf32> attributes {no_inline} {
  %e = tensor.extract %n[] : tensor<i64>
  %late = arith.index_cast %e : i64 to index
  %c = arith.constant 1.0 : f32
  %y = tensor.splat %c[%late] : tensor<?xf32>
  return %y : tensor<?xf32>
}

// -----

// Two axes are equal at the first call, and not at the second: it is left to the inliner.
// CHECK-LABEL: func.func private @layer(
// CHECK-NOT: rondo.layer
// CHECK-NOT: no_inline
func.func @calls(%n: index {rondo.dim = "n"}, %m: index {rondo.dim = "m"}) -> (tensor<?xf32>, tensor<?xf32>) attributes {rondo.entry} {
  %c = arith.constant 1.0 : f32
  %x = tensor.splat %c[%n] : tensor<?xf32>
  %y = tensor.splat %c[%m] : tensor<?xf32>
  %a = call @layer(%x, %x) : (tensor<?xf32>, tensor<?xf32>) -> tensor<?xf32>
  %b = call @layer(%x, %y) : (tensor<?xf32>, tensor<?xf32>) -> tensor<?xf32>
  return %a, %b : tensor<?xf32>, tensor<?xf32>
}
func.func private @layer(%x: tensor<?xf32>, %y: tensor<?xf32>) -> tensor<?xf32> attributes {no_inline} {
  %t = math.tanh %x : tensor<?xf32>
  return %t : tensor<?xf32>
}

// -----

// A cache that a scan carries: the call updates it. The number of the step and the weight come as they are.
// CHECK-LABEL: func.func @calls
// CHECK: rondo.scan
// CHECK: ^bb0(%{{.*}}: index, %[[X:.*]]: tensor<1x4xf32>, %[[C:.*]]: tensor<8x4xf32>)
// CHECK: %[[T:.*]] = math.tanh %[[X]]
// CHECK: %[[P:.*]] = func.call @layer.prepare(
// CHECK: func.call @layer(%[[T]], %[[C]], %{{.*}}, %[[P]])
// CHECK-LABEL: func.func private @layer(
// CHECK-SAME: tensor<1x4xf32> {rondo.name = "0"}
// CHECK-SAME: tensor<8x4xf32> {rondo.name = "1", rondo.state = "1"}
// CHECK-SAME: tensor<i64> {rondo.name = "2"}
// CHECK-SAME: tensor<4x4xf32> {rondo.prepared = 0 : i64}
// CHECK-SAME: -> (tensor<1x4xf32>, tensor<8x4xf32> {rondo.state = "1"})
func.func @calls(%n: index {rondo.dim = "n"}, %x: tensor<1x4xf32> {rondo.name = "x"}, %c: tensor<8x4xf32> {rondo.name = "c"}) -> (tensor<1x4xf32>, tensor<8x4xf32>) attributes {rondo.entry} {
  %w = rondo.param "w" init <constant, 0.0, 0.0> : tensor<4x4xf32>
  %r:2 = rondo.scan %n carries(%x, %c : tensor<1x4xf32>, tensor<8x4xf32>) {
  ^bb0(%t: index, %h: tensor<1x4xf32>, %k: tensor<8x4xf32>):
    %i = arith.index_cast %t : index to i64
    %at = tensor.from_elements %i : tensor<i64>
    %g = math.tanh %h : tensor<1x4xf32>
    %y:2 = func.call @layer(%w, %g, %k, %at) : (tensor<4x4xf32>, tensor<1x4xf32>, tensor<8x4xf32>, tensor<i64>) -> (tensor<1x4xf32>, tensor<8x4xf32>)
    rondo.yield %y#0, %y#1 : tensor<1x4xf32>, tensor<8x4xf32>
  } -> tensor<1x4xf32>, tensor<8x4xf32>
  return %r#0, %r#1 : tensor<1x4xf32>, tensor<8x4xf32>
}
func.func private @layer(%w: tensor<4x4xf32>, %x: tensor<1x4xf32>, %k: tensor<8x4xf32>, %t: tensor<i64>) -> (tensor<1x4xf32>, tensor<8x4xf32>) attributes {no_inline} {
  %y = rondo.contract "bk,nk->bn" %x, %w : tensor<1x4xf32>, tensor<4x4xf32> -> tensor<1x4xf32>
  %i = tensor.extract %t[] : tensor<i64>
  %at = arith.index_cast %i : i64 to index
  %new = tensor.insert_slice %y into %k[%at, 0] [1, 4] [1, 1] : tensor<1x4xf32> into tensor<8x4xf32>
  return %y, %new : tensor<1x4xf32>, tensor<8x4xf32>
}

// -----

// A product of what is the same at every step leaves the loop; a carry that is not updated moves; what only a
// stack needs leaves the loop, too; what is updated but is none of the carries would be copied.
// CHECK-LABEL: func.func @calls
// CHECK-NOT: no_inline
// CHECK-NOT: rondo.layer
func.func @calls(%n: index {rondo.dim = "n"}, %x: tensor<4x4xf32> {rondo.name = "x"}, %m: tensor<4x4xf32> {rondo.name = "m"}) -> (tensor<?x4x4xf32>, tensor<4x4xf32>) attributes {rondo.entry} {
  %r:2 = rondo.scan %n carries(%x : tensor<4x4xf32>) {
  ^bb0(%t: index, %h: tensor<4x4xf32>):
    %a = math.tanh %h : tensor<4x4xf32>
    %b = func.call @same(%a, %m) : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
    %c = func.call @moves(%h) : (tensor<4x4xf32>) -> tensor<4x4xf32>
    %d = func.call @stacked(%a) : (tensor<4x4xf32>) -> tensor<4x4xf32>
    %e = func.call @writes(%a, %m) : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
    %f = arith.addf %b, %c : tensor<4x4xf32>
    %g = arith.addf %f, %e : tensor<4x4xf32>
    rondo.yield %d, %g : tensor<4x4xf32>, tensor<4x4xf32>
  } -> tensor<?x4x4xf32>, tensor<4x4xf32>
  return %r#0, %r#1 : tensor<?x4x4xf32>, tensor<4x4xf32>
}
func.func private @same(%x: tensor<4x4xf32>, %m: tensor<4x4xf32>) -> tensor<4x4xf32> attributes {no_inline} {
  %y = rondo.contract "bk,ck->bc" %m, %m : tensor<4x4xf32>, tensor<4x4xf32> -> tensor<4x4xf32>
  %z = arith.addf %x, %y : tensor<4x4xf32>
  return %z : tensor<4x4xf32>
}
func.func private @moves(%x: tensor<4x4xf32>) -> tensor<4x4xf32> attributes {no_inline} {
  %y = math.exp %x : tensor<4x4xf32>
  return %y : tensor<4x4xf32>
}
func.func private @stacked(%x: tensor<4x4xf32>) -> tensor<4x4xf32> attributes {no_inline} {
  %y = math.exp %x : tensor<4x4xf32>
  return %y : tensor<4x4xf32>
}
func.func private @writes(%x: tensor<4x4xf32>, %m: tensor<4x4xf32>) -> tensor<4x4xf32> attributes {no_inline} {
  %p = tensor.extract_slice %x[0, 0] [1, 4] [1, 1] : tensor<4x4xf32> to tensor<1x4xf32>
  %w = tensor.insert_slice %p into %m[2, 0] [1, 4] [1, 1] : tensor<1x4xf32> into tensor<4x4xf32>
  return %w : tensor<4x4xf32>
}

// -----

// A cache that does not go from the carry to its next value through one call after the other would be copied:
// one given twice, two that change places, one that is read again, one of which two are made, one that is
// stacked.
// CHECK-LABEL: func.func @caches
// CHECK-NOT: no_inline
// CHECK-NOT: rondo.layer
func.func @caches(%n: index {rondo.dim = "n"}, %x: tensor<1x4xf32> {rondo.name = "x"}, %c: tensor<8x4xf32> {rondo.name = "c"}) -> (tensor<?x8x4xf32>, tensor<1x4xf32>) attributes {rondo.entry} {
  %r:9 = rondo.scan %n carries(%x, %c, %c, %c, %c, %c, %c, %c : tensor<1x4xf32>, tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x4xf32>) {
  ^bb0(%t: index, %h: tensor<1x4xf32>, %k: tensor<8x4xf32>, %k2: tensor<8x4xf32>, %s: tensor<8x4xf32>, %u: tensor<8x4xf32>, %a: tensor<8x4xf32>, %v: tensor<8x4xf32>, %w: tensor<8x4xf32>):
    %x0 = math.tanh %h : tensor<1x4xf32>
    %x1, %ka, %kb = func.call @two(%x0, %k, %k) : (tensor<1x4xf32>, tensor<8x4xf32>, tensor<8x4xf32>) -> (tensor<1x4xf32>, tensor<8x4xf32>, tensor<8x4xf32>)
    %x2, %s2, %u2 = func.call @swap(%x1, %s, %u) : (tensor<1x4xf32>, tensor<8x4xf32>, tensor<8x4xf32>) -> (tensor<1x4xf32>, tensor<8x4xf32>, tensor<8x4xf32>)
    %x3, %a2 = func.call @again(%x2, %a) : (tensor<1x4xf32>, tensor<8x4xf32>) -> (tensor<1x4xf32>, tensor<8x4xf32>)
    %first = tensor.extract_slice %a[0, 0] [1, 4] [1, 1] : tensor<8x4xf32> to tensor<1x4xf32>
    %x4 = arith.addf %x3, %first : tensor<1x4xf32>
    %x5, %v2 = func.call @branch(%x4, %v) : (tensor<1x4xf32>, tensor<8x4xf32>) -> (tensor<1x4xf32>, tensor<8x4xf32>)
    %x6, %v3 = func.call @branch(%x5, %v) : (tensor<1x4xf32>, tensor<8x4xf32>) -> (tensor<1x4xf32>, tensor<8x4xf32>)
    %x7, %w2 = func.call @stacked(%x6, %w) : (tensor<1x4xf32>, tensor<8x4xf32>) -> (tensor<1x4xf32>, tensor<8x4xf32>)
    %some = tensor.extract_slice %v2[0, 0] [1, 4] [1, 1] : tensor<8x4xf32> to tensor<1x4xf32>
    %x8 = arith.addf %x7, %some : tensor<1x4xf32>
    rondo.yield %w2, %x8, %ka, %kb, %u2, %s2, %a2, %v3, %w2 : tensor<8x4xf32>, tensor<1x4xf32>, tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x4xf32>
  } -> tensor<?x8x4xf32>, tensor<1x4xf32>, tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x4xf32>
  return %r#0, %r#1 : tensor<?x8x4xf32>, tensor<1x4xf32>
}
func.func private @two(%x: tensor<1x4xf32>, %k: tensor<8x4xf32>, %v: tensor<8x4xf32>) -> (tensor<1x4xf32>, tensor<8x4xf32>, tensor<8x4xf32>) attributes {no_inline} {
  %y = math.exp %x : tensor<1x4xf32>
  %a = tensor.insert_slice %x into %k[2, 0] [1, 4] [1, 1] : tensor<1x4xf32> into tensor<8x4xf32>
  %b = tensor.insert_slice %y into %v[2, 0] [1, 4] [1, 1] : tensor<1x4xf32> into tensor<8x4xf32>
  return %y, %a, %b : tensor<1x4xf32>, tensor<8x4xf32>, tensor<8x4xf32>
}
func.func private @swap(%x: tensor<1x4xf32>, %k: tensor<8x4xf32>, %v: tensor<8x4xf32>) -> (tensor<1x4xf32>, tensor<8x4xf32>, tensor<8x4xf32>) attributes {no_inline} {
  %y = math.exp %x : tensor<1x4xf32>
  %a = tensor.insert_slice %x into %k[2, 0] [1, 4] [1, 1] : tensor<1x4xf32> into tensor<8x4xf32>
  %b = tensor.insert_slice %y into %v[2, 0] [1, 4] [1, 1] : tensor<1x4xf32> into tensor<8x4xf32>
  return %y, %a, %b : tensor<1x4xf32>, tensor<8x4xf32>, tensor<8x4xf32>
}
func.func private @again(%x: tensor<1x4xf32>, %k: tensor<8x4xf32>) -> (tensor<1x4xf32>, tensor<8x4xf32>) attributes {no_inline} {
  %a = tensor.insert_slice %x into %k[2, 0] [1, 4] [1, 1] : tensor<1x4xf32> into tensor<8x4xf32>
  return %x, %a : tensor<1x4xf32>, tensor<8x4xf32>
}
func.func private @branch(%x: tensor<1x4xf32>, %k: tensor<8x4xf32>) -> (tensor<1x4xf32>, tensor<8x4xf32>) attributes {no_inline} {
  %a = tensor.insert_slice %x into %k[2, 0] [1, 4] [1, 1] : tensor<1x4xf32> into tensor<8x4xf32>
  return %x, %a : tensor<1x4xf32>, tensor<8x4xf32>
}
func.func private @stacked(%x: tensor<1x4xf32>, %k: tensor<8x4xf32>) -> (tensor<1x4xf32>, tensor<8x4xf32>) attributes {no_inline} {
  %a = tensor.insert_slice %x into %k[2, 0] [1, 4] [1, 1] : tensor<1x4xf32> into tensor<8x4xf32>
  return %x, %a : tensor<1x4xf32>, tensor<8x4xf32>
}

// -----

// Through several calls, of a layer in a layer too, and read in between.
// CHECK-LABEL: func.func @chain
// CHECK: %[[A:.*]]:2 = func.call @outer({{.*}}, %[[K:.*]])
// CHECK: tensor.extract_slice %[[A]]#1
// CHECK: func.call @inner({{.*}}, %[[A]]#1)
// CHECK-LABEL: func.func private @outer(
// CHECK-SAME: tensor<8x4xf32> {rondo.name = "1", rondo.state = "1"}) -> (tensor<1x4xf32>, tensor<8x4xf32> {rondo.state = "1"})
// CHECK-LABEL: func.func private @inner(
// CHECK-SAME: tensor<8x4xf32> {rondo.name = "1", rondo.state = "1"}) -> (tensor<1x4xf32>, tensor<8x4xf32> {rondo.state = "1"})
func.func @chain(%n: index {rondo.dim = "n"}, %x: tensor<1x4xf32> {rondo.name = "x"}, %c: tensor<8x4xf32> {rondo.name = "c"}) -> (tensor<1x4xf32>, tensor<8x4xf32>) attributes {rondo.entry} {
  %r:2 = rondo.scan %n carries(%x, %c : tensor<1x4xf32>, tensor<8x4xf32>) {
  ^bb0(%t: index, %h: tensor<1x4xf32>, %k: tensor<8x4xf32>):
    %x0 = math.tanh %h : tensor<1x4xf32>
    %x1, %k1 = func.call @outer(%x0, %k) : (tensor<1x4xf32>, tensor<8x4xf32>) -> (tensor<1x4xf32>, tensor<8x4xf32>)
    %some = tensor.extract_slice %k1[0, 0] [1, 4] [1, 1] : tensor<8x4xf32> to tensor<1x4xf32>
    %x2 = arith.addf %x1, %some : tensor<1x4xf32>
    %x3, %k2 = func.call @inner(%x2, %k1) : (tensor<1x4xf32>, tensor<8x4xf32>) -> (tensor<1x4xf32>, tensor<8x4xf32>)
    rondo.yield %x3, %k2 : tensor<1x4xf32>, tensor<8x4xf32>
  } -> tensor<1x4xf32>, tensor<8x4xf32>
  return %r#0, %r#1 : tensor<1x4xf32>, tensor<8x4xf32>
}
func.func private @outer(%x: tensor<1x4xf32>, %k: tensor<8x4xf32>) -> (tensor<1x4xf32>, tensor<8x4xf32>) attributes {no_inline} {
  %y = math.exp %x : tensor<1x4xf32>
  %z, %a = func.call @inner(%y, %k) : (tensor<1x4xf32>, tensor<8x4xf32>) -> (tensor<1x4xf32>, tensor<8x4xf32>)
  return %z, %a : tensor<1x4xf32>, tensor<8x4xf32>
}
func.func private @inner(%x: tensor<1x4xf32>, %k: tensor<8x4xf32>) -> (tensor<1x4xf32>, tensor<8x4xf32>) attributes {no_inline} {
  %y = math.exp %x : tensor<1x4xf32>
  %a = tensor.insert_slice %y into %k[2, 0] [1, 4] [1, 1] : tensor<1x4xf32> into tensor<8x4xf32>
  return %y, %a : tensor<1x4xf32>, tensor<8x4xf32>
}

// -----

// With `until` nothing of a step's inputs leaves the loop, and what no carry needs does not either; what is the
// same at every step does.
// CHECK-LABEL: func.func @ends
// CHECK: func.call @input(
// CHECK: func.func private @input(
// CHECK-SAME: rondo.layer
// CHECK: func.func private @same(
// CHECK-NOT: no_inline
func.func @ends(%n: index {rondo.dim = "n"}, %xs: tensor<?x4x4xf32> {rondo.name = "xs"}, %h: tensor<4x4xf32> {rondo.name = "h"}, %m: tensor<4x4xf32> {rondo.name = "m"}) -> (tensor<?x4x4xf32>, tensor<4x4xf32>) attributes {rondo.entry} {
  %true = arith.constant true
  %r:3 = rondo.scan until %n ins(%xs : tensor<?x4x4xf32>) carries(%h : tensor<4x4xf32>) {
  ^bb0(%t: index, %x: tensor<4x4xf32>, %old: tensor<4x4xf32>):
    %a = math.tanh %x : tensor<4x4xf32>
    %b = func.call @input(%a) : (tensor<4x4xf32>) -> tensor<4x4xf32>
    %c = func.call @same(%m) : (tensor<4x4xf32>) -> tensor<4x4xf32>
    %d = arith.addf %old, %c : tensor<4x4xf32>
    rondo.yield %b, %d, %true : tensor<4x4xf32>, tensor<4x4xf32>, i1
  } -> tensor<?x4x4xf32>, tensor<4x4xf32>, tensor<i64>
  return %r#0, %r#1 : tensor<?x4x4xf32>, tensor<4x4xf32>
}
func.func private @input(%x: tensor<4x4xf32>) -> tensor<4x4xf32> attributes {no_inline} {
  %y = rondo.contract "bk,ck->bc" %x, %x : tensor<4x4xf32>, tensor<4x4xf32> -> tensor<4x4xf32>
  return %y : tensor<4x4xf32>
}
func.func private @same(%x: tensor<4x4xf32>) -> tensor<4x4xf32> attributes {no_inline} {
  %y = rondo.contract "bk,ck->bc" %x, %x : tensor<4x4xf32>, tensor<4x4xf32> -> tensor<4x4xf32>
  return %y : tensor<4x4xf32>
}

// -----

// Two axes are equal at the first call, and of no known size at the second.
// CHECK-LABEL: func.func private @layer(
// CHECK-NOT: rondo.layer
// CHECK-NOT: no_inline
func.func @unknown(%n: index {rondo.dim = "n"}, %y: tensor<?xf32> {rondo.name = "y"}, %z: tensor<?xf32> {rondo.name = "z"}) -> (tensor<?xf32>, tensor<?xf32>) attributes {rondo.entry} {
  %c = arith.constant 1.0 : f32
  %x = tensor.splat %c[%n] : tensor<?xf32>
  %a = call @layer(%x, %x) : (tensor<?xf32>, tensor<?xf32>) -> tensor<?xf32>
  %b = call @layer(%y, %z) : (tensor<?xf32>, tensor<?xf32>) -> tensor<?xf32>
  return %a, %b : tensor<?xf32>, tensor<?xf32>
}
func.func private @layer(%x: tensor<?xf32>, %y: tensor<?xf32>) -> tensor<?xf32> attributes {no_inline} {
  %t = math.tanh %x : tensor<?xf32>
  return %t : tensor<?xf32>
}
