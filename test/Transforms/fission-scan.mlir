// RUN: rondo-opt %s -rondo-fission-scan -canonicalize -cse | FileCheck %s

// The product with its bias leaves the loop; so does what feeds it, with its check.
// CHECK-LABEL: func @before
// CHECK-SAME: (%[[B:.*]]: index, %[[T:.*]]: index, %[[X:.*]]: tensor<?x?xi64>, %[[EMB:.*]]: tensor<7x4xf32>, %[[W:.*]]: tensor<8x4xf32>, %[[BIAS:.*]]: tensor<8xf32>
// CHECK: %[[N:.*]] = tensor.splat %{{.*}}[%[[T]], %[[B]]] : tensor<?x?xi64>
// CHECK: %[[OK:.*]] = arith.cmpi ult, %[[X]], %[[N]] : tensor<?x?xi64>
// CHECK: rondo.check %[[OK]], "index out of range" : tensor<?x?xi1>
// CHECK: %[[E:.*]] = rondo.gather %[[EMB]][%[[X]]] dim 0 {{.*}} -> tensor<?x?x4xf32>
// CHECK: %[[P:.*]] = rondo.contract "tbk,nk->tbn" %[[E]], %[[W]] {{.*}} -> tensor<?x?x8xf32>
// CHECK: %[[I:.*]] = tensor.empty(%[[T]], %[[B]]) : tensor<?x?x8xf32>
// CHECK: %[[BB:.*]] = linalg.broadcast ins(%[[BIAS]] : tensor<8xf32>) outs(%[[I]] : tensor<?x?x8xf32>) dimensions = [0, 1]
// CHECK: %[[S:.*]] = arith.addf %[[P]], %[[BB]]
// CHECK: rondo.scan %[[T]] ins(%[[S]] : tensor<?x?x8xf32>)
// CHECK-NEXT: ^bb0(%{{.*}}: index, %[[SL:.*]]: tensor<?x8xf32>, %[[H:.*]]: tensor<?x8xf32>):
// CHECK-NEXT: %[[A:.*]] = arith.addf %[[SL]], %[[H]]
// CHECK-NEXT: rondo.yield %[[A]], %[[A]]
func.func @before(%B: index, %T: index, %xs: tensor<?x?xi64>, %emb: tensor<7x4xf32>, %w: tensor<8x4xf32>, %bias: tensor<8xf32>,
                  %h0: tensor<?x8xf32>) -> (tensor<?x?x8xf32>, tensor<?x8xf32>) {
  %c7 = arith.constant 7 : i64
  %ys, %h = rondo.scan %T ins(%xs : tensor<?x?xi64>) carries(%h0 : tensor<?x8xf32>) {
  ^bb0(%t: index, %x: tensor<?xi64>, %old: tensor<?x8xf32>):
    %n = tensor.splat %c7[%B] : tensor<?xi64>
    %ok = arith.cmpi ult, %x, %n : tensor<?xi64>
    rondo.check %ok, "index out of range" : tensor<?xi1>
    %e = rondo.gather %emb[%x] dim 0 : tensor<7x4xf32>, tensor<?xi64> -> tensor<?x4xf32>
    %p = rondo.contract "bk,nk->bn" %e, %w : tensor<?x4xf32>, tensor<8x4xf32> -> tensor<?x8xf32>
    %i = tensor.empty(%B) : tensor<?x8xf32>
    %bb = linalg.broadcast ins(%bias : tensor<8xf32>) outs(%i : tensor<?x8xf32>) dimensions = [0]
    %s = arith.addf %p, %bb : tensor<?x8xf32>
    %new = arith.addf %s, %old : tensor<?x8xf32>
    rondo.yield %new, %new : tensor<?x8xf32>, tensor<?x8xf32>
  } -> tensor<?x?x8xf32>, tensor<?x8xf32>
  return %ys, %h : tensor<?x?x8xf32>, tensor<?x8xf32>
}

// The product of the carry that is only stacked runs behind the loop, on the stack of the carry; backwards too.
// CHECK-LABEL: func @after
// CHECK: %[[R:.*]]:2 = rondo.scan reverse %{{.*}} ins(
// CHECK: %[[NEW:.*]] = arith.addf
// CHECK-NEXT: rondo.yield %[[NEW]], %[[NEW]]
// CHECK: %[[A:.*]] = math.tanh %[[R]]#0 : tensor<6x5x8xf32>
// CHECK: %[[P:.*]] = rondo.contract "tbk,nk->tbn" %[[A]], %{{.*}} : tensor<6x5x8xf32>, tensor<4x8xf32> -> tensor<6x5x4xf32>
// CHECK: return %[[P]], %[[R]]#1
func.func @after(%xs: tensor<6x5x8xf32>, %w: tensor<4x8xf32>, %h0: tensor<5x8xf32>) -> (tensor<6x5x4xf32>, tensor<5x8xf32>) {
  %T = arith.constant 6 : index
  %ys, %h = rondo.scan reverse %T ins(%xs : tensor<6x5x8xf32>) carries(%h0 : tensor<5x8xf32>) {
  ^bb0(%t: index, %x: tensor<5x8xf32>, %old: tensor<5x8xf32>):
    %new = arith.addf %x, %old : tensor<5x8xf32>
    %a = math.tanh %new : tensor<5x8xf32>
    %y = rondo.contract "bk,nk->bn" %a, %w : tensor<5x8xf32>, tensor<4x8xf32> -> tensor<5x4xf32>
    rondo.yield %y, %new : tensor<5x4xf32>, tensor<5x8xf32>
  } -> tensor<6x5x4xf32>, tensor<5x8xf32>
  return %ys, %h : tensor<6x5x4xf32>, tensor<5x8xf32>
}

// The value before the update is stacked if the product reads it.
// CHECK-LABEL: func @after_old
// CHECK: %[[R:.*]]:2 = rondo.scan
// CHECK: ^bb0(%{{.*}}: index, %{{.*}}: tensor<?x8xf32>, %[[OLD:.*]]: tensor<?x8xf32>):
// CHECK: rondo.yield %[[OLD]], %{{.*}}
// CHECK: rondo.contract "tbk,nk->tbn" %[[R]]#0
func.func @after_old(%T: index, %xs: tensor<?x?x8xf32>, %w: tensor<4x8xf32>, %h0: tensor<?x8xf32>) -> (tensor<?x?x4xf32>, tensor<?x8xf32>) {
  %ys, %h = rondo.scan %T ins(%xs : tensor<?x?x8xf32>) carries(%h0 : tensor<?x8xf32>) {
  ^bb0(%t: index, %x: tensor<?x8xf32>, %old: tensor<?x8xf32>):
    %y = rondo.contract "bk,nk->bn" %old, %w : tensor<?x8xf32>, tensor<4x8xf32> -> tensor<?x4xf32>
    %new = arith.addf %x, %old : tensor<?x8xf32>
    rondo.yield %y, %new : tensor<?x4xf32>, tensor<?x8xf32>
  } -> tensor<?x?x4xf32>, tensor<?x8xf32>
  return %ys, %h : tensor<?x?x4xf32>, tensor<?x8xf32>
}

// What leaves an inner loop leaves the outer one too, each time with an axis; the loop itself stays.
// CHECK-LABEL: func @nested
// CHECK: %[[P:.*]] = rondo.contract "atbk,nk->atbn" %{{.*}} -> tensor<?x?x?x8xf32>
// CHECK: rondo.scan %{{.*}} ins(%[[P]] : tensor<?x?x?x8xf32>)
// CHECK: ^bb0(%{{.*}}: index, %[[S:.*]]: tensor<?x?x8xf32>, %{{.*}}
// CHECK: rondo.scan %{{.*}} ins(%[[S]] : tensor<?x?x8xf32>)
// CHECK-NOT: rondo.contract
func.func @nested(%S: index, %T: index, %xs: tensor<?x?x?x4xf32>, %w: tensor<8x4xf32>, %h0: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %r = rondo.scan %S ins(%xs : tensor<?x?x?x4xf32>) carries(%h0 : tensor<?x8xf32>) {
  ^bb0(%s: index, %x: tensor<?x?x4xf32>, %h1: tensor<?x8xf32>):
    %q = rondo.scan %T ins(%x : tensor<?x?x4xf32>) carries(%h1 : tensor<?x8xf32>) {
    ^bb0(%t: index, %y: tensor<?x4xf32>, %h2: tensor<?x8xf32>):
      %p = rondo.contract "bk,nk->bn" %y, %w : tensor<?x4xf32>, tensor<8x4xf32> -> tensor<?x8xf32>
      %h3 = arith.addf %p, %h2 : tensor<?x8xf32>
      rondo.yield %h3 : tensor<?x8xf32>
    } -> tensor<?x8xf32>
    rondo.yield %q : tensor<?x8xf32>
  } -> tensor<?x8xf32>
  return %r : tensor<?x8xf32>
}

// What no carry reaches needs no loop at all.
// CHECK-LABEL: func @no_order
// CHECK-NOT: rondo.scan
// CHECK: %[[Y:.*]] = math.tanh %{{.*}} : tensor<?x?x8xf32>
// CHECK-NEXT: return %[[Y]]
func.func @no_order(%T: index, %xs: tensor<?x?x8xf32>) -> tensor<?x?x8xf32> {
  %ys = rondo.scan %T ins(%xs : tensor<?x?x8xf32>) {
  ^bb0(%t: index, %x: tensor<?x8xf32>):
    %y = math.tanh %x : tensor<?x8xf32>
    rondo.yield %y : tensor<?x8xf32>
  } -> tensor<?x?x8xf32>
  return %ys : tensor<?x?x8xf32>
}
