// What must stay in the loop.
// RUN: rondo-opt %s -rondo-fission-scan -canonicalize -cse | FileCheck %s

// Elementwise work alone is not worth a stack in memory.
// CHECK-LABEL: func @elementwise
// CHECK-NEXT: rondo.scan
// CHECK: math.tanh
// CHECK: rondo.yield
func.func @elementwise(%T: index, %xs: tensor<?x?x8xf32>, %h0: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %h = rondo.scan %T ins(%xs : tensor<?x?x8xf32>) carries(%h0 : tensor<?x8xf32>) {
  ^bb0(%t: index, %x: tensor<?x8xf32>, %old: tensor<?x8xf32>):
    %a = math.tanh %x : tensor<?x8xf32>
    %new = arith.mulf %a, %old : tensor<?x8xf32>
    rondo.yield %new : tensor<?x8xf32>
  } -> tensor<?x8xf32>
  return %h : tensor<?x8xf32>
}

// The last operations stay if the inputs would be larger without them: here the outer product of two small ones.
// CHECK-LABEL: func @outer_product
// CHECK: %[[K:.*]] = rondo.contract "tbk,nk->tbn"
// CHECK: %[[V:.*]] = rondo.contract "tbk,nk->tbn"
// CHECK: rondo.scan %{{.*}} ins(%[[K]], %[[V]] : tensor<?x?x16xf32>, tensor<?x?x16xf32>)
// CHECK: rondo.contract "bn,bm->bnm"
// CHECK: rondo.yield
func.func @outer_product(%T: index, %xs: tensor<?x?x8xf32>, %wk: tensor<16x8xf32>, %wv: tensor<16x8xf32>, %s0: tensor<?x16x16xf32>)
    -> tensor<?x16x16xf32> {
  %s = rondo.scan %T ins(%xs : tensor<?x?x8xf32>) carries(%s0 : tensor<?x16x16xf32>) {
  ^bb0(%t: index, %x: tensor<?x8xf32>, %old: tensor<?x16x16xf32>):
    %k = rondo.contract "bk,nk->bn" %x, %wk : tensor<?x8xf32>, tensor<16x8xf32> -> tensor<?x16xf32>
    %v = rondo.contract "bk,nk->bn" %x, %wv : tensor<?x8xf32>, tensor<16x8xf32> -> tensor<?x16xf32>
    %kv = rondo.contract "bn,bm->bnm" %k, %v : tensor<?x16xf32>, tensor<?x16xf32> -> tensor<?x16x16xf32>
    %new = arith.addf %old, %kv : tensor<?x16x16xf32>
    rondo.yield %new : tensor<?x16x16xf32>
  } -> tensor<?x16x16xf32>
  return %s : tensor<?x16x16xf32>
}

// A product of two values that change with time gains nothing from many steps, and would keep all states.
// CHECK-LABEL: func @read_state
// CHECK: rondo.scan
// CHECK: rondo.contract "bk,bkv->bv"
// CHECK: rondo.yield
// CHECK-NOT: rondo.contract
func.func @read_state(%T: index, %qs: tensor<?x?x16xf32>, %s0: tensor<?x16x16xf32>) -> tensor<?x?x16xf32> {
  %ys, %s = rondo.scan %T ins(%qs : tensor<?x?x16xf32>) carries(%s0 : tensor<?x16x16xf32>) {
  ^bb0(%t: index, %q: tensor<?x16xf32>, %old: tensor<?x16x16xf32>):
    %new = arith.addf %old, %old : tensor<?x16x16xf32>
    %y = rondo.contract "bk,bkv->bv" %q, %new : tensor<?x16xf32>, tensor<?x16x16xf32> -> tensor<?x16xf32>
    rondo.yield %y, %new : tensor<?x16xf32>, tensor<?x16x16xf32>
  } -> tensor<?x?x16xf32>, tensor<?x16x16xf32>
  return %ys : tensor<?x?x16xf32>
}

// The number of the step, and what a carry feeds.
// CHECK-LABEL: func @step
// CHECK: rondo.scan
// CHECK: rondo.contract "bk,nk->bn"
// CHECK: rondo.yield
// CHECK-NOT: rondo.contract
func.func @step(%T: index, %xs: tensor<?x?x8xf32>, %w: tensor<8x8xf32>, %h0: tensor<?x8xf32>, %B: index) -> tensor<?x8xf32> {
  %h = rondo.scan %T ins(%xs : tensor<?x?x8xf32>) carries(%h0 : tensor<?x8xf32>) {
  ^bb0(%t: index, %x: tensor<?x8xf32>, %old: tensor<?x8xf32>):
    %i = arith.index_cast %t : index to i32
    %f = arith.sitofp %i : i32 to f32
    %s = tensor.splat %f[%B] : tensor<?x8xf32>
    %a = arith.mulf %x, %s : tensor<?x8xf32>
    %p = rondo.contract "bk,nk->bn" %a, %w : tensor<?x8xf32>, tensor<8x8xf32> -> tensor<?x8xf32>
    %new = arith.mulf %p, %old : tensor<?x8xf32>
    rondo.yield %new : tensor<?x8xf32>
  } -> tensor<?x8xf32>
  return %h : tensor<?x8xf32>
}

// What does not change leaves the loop, but what only makes a tensor larger.
// CHECK-LABEL: func @invariant
// CHECK: %[[P:.*]] = rondo.contract "nk,k->n"
// CHECK: rondo.scan
// CHECK: linalg.broadcast ins(%[[P]]
// CHECK: rondo.yield
func.func @invariant(%T: index, %w: tensor<8x8xf32>, %v: tensor<8xf32>, %h0: tensor<?x8xf32>, %B: index) -> tensor<?x8xf32> {
  %h = rondo.scan %T carries(%h0 : tensor<?x8xf32>) {
  ^bb0(%t: index, %old: tensor<?x8xf32>):
    %p = rondo.contract "nk,k->n" %w, %v : tensor<8x8xf32>, tensor<8xf32> -> tensor<8xf32>
    %e = tensor.empty(%B) : tensor<?x8xf32>
    %b = linalg.broadcast ins(%p : tensor<8xf32>) outs(%e : tensor<?x8xf32>) dimensions = [0]
    %new = arith.mulf %b, %old : tensor<?x8xf32>
    rondo.yield %new : tensor<?x8xf32>
  } -> tensor<?x8xf32>
  return %h : tensor<?x8xf32>
}

// No step: slices of empty stacks would be refused.
// CHECK-LABEL: func @no_step
// CHECK: rondo.scan
// CHECK: tensor.extract_slice
// CHECK: rondo.yield
func.func @no_step(%xs: tensor<0x?x8xf32>, %w: tensor<8x8xf32>, %h0: tensor<?x4xf32>, %B: index) -> (tensor<0x?x4xf32>, tensor<?x4xf32>) {
  %T = arith.constant 0 : index
  %ys, %h = rondo.scan %T ins(%xs : tensor<0x?x8xf32>) carries(%h0 : tensor<?x4xf32>) {
  ^bb0(%t: index, %x: tensor<?x8xf32>, %old: tensor<?x4xf32>):
    %p = rondo.contract "bk,nk->bn" %x, %w : tensor<?x8xf32>, tensor<8x8xf32> -> tensor<?x8xf32>
    %s = tensor.extract_slice %p[0, 0] [%B, 4] [1, 1] : tensor<?x8xf32> to tensor<?x4xf32>
    %new = arith.mulf %s, %old : tensor<?x4xf32>
    rondo.yield %s, %new : tensor<?x4xf32>, tensor<?x4xf32>
  } -> tensor<0x?x4xf32>, tensor<?x4xf32>
  return %ys, %h : tensor<0x?x4xf32>, tensor<?x4xf32>
}

// What the steps behind the last one would do must not be done: with `until` only what is the same for all leaves.
// CHECK-LABEL: func @until
// CHECK: math.tanh
// CHECK: rondo.scan until
// CHECK: rondo.contract "bk,nk->bn"
// CHECK: rondo.yield
func.func @until(%T: index, %xs: tensor<?x?x8xf32>, %w: tensor<16x8xf32>, %v: tensor<i1>) -> (tensor<?x?x16xf32>, tensor<i64>) {
  %ys, %n = rondo.scan until %T ins(%xs : tensor<?x?x8xf32>) {
  ^bb0(%t: index, %x: tensor<?x8xf32>):
    %u = math.tanh %w : tensor<16x8xf32>
    %p = rondo.contract "bk,nk->bn" %x, %u : tensor<?x8xf32>, tensor<16x8xf32> -> tensor<?x16xf32>
    %ends = tensor.extract %v[] : tensor<i1>
    rondo.yield %p, %ends : tensor<?x16xf32>, i1
  } -> tensor<?x?x16xf32>, tensor<i64>
  return %ys, %n : tensor<?x?x16xf32>, tensor<i64>
}
