// RUN: rondo-opt %s -canonicalize -split-input-file | FileCheck %s

// Two carries that only feed each other, a stack and an input that nothing reads.
// CHECK-LABEL: func.func @dead
// CHECK: rondo.scan %{{.*}} ins(%{{[^,]*}} : tensor<?x4xf32>) carries(%{{[^,]*}} : tensor<4xf32>)
// CHECK-NEXT: ^bb0(%{{.*}}: index, %[[X:.*]]: tensor<4xf32>, %[[H:.*]]: tensor<4xf32>):
// CHECK-NEXT: %[[N:.*]] = arith.addf %[[H]], %[[X]]
// CHECK-NEXT: rondo.yield %[[N]] : tensor<4xf32>
// CHECK-NEXT: } -> tensor<4xf32>
func.func @dead(%T: index, %xs: tensor<?x4xf32>, %zs: tensor<?x4xf32>, %h0: tensor<4xf32>) -> tensor<4xf32> {
  %ys, %a, %h, %b = rondo.scan %T ins(%zs, %xs : tensor<?x4xf32>, tensor<?x4xf32>)
      carries(%h0, %h0, %h0 : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) {
  ^bb0(%t: index, %z: tensor<4xf32>, %x: tensor<4xf32>, %a_: tensor<4xf32>, %h_: tensor<4xf32>, %b_: tensor<4xf32>):
    %n = arith.addf %h_, %x : tensor<4xf32>
    %an = arith.mulf %b_, %z : tensor<4xf32>
    %bn = arith.mulf %a_, %x : tensor<4xf32>
    rondo.yield %an, %an, %n, %bn : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
  } -> tensor<?x4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
  return %h : tensor<4xf32>
}

// -----
// A carry that a check reads stays, though its last value is not used.
// CHECK-LABEL: func.func @checked
// CHECK: rondo.scan %{{.*}} carries
// CHECK: rondo.check
func.func @checked(%T: index, %h0: tensor<4xi1>) {
  %true = arith.constant dense<true> : tensor<4xi1>
  %h = rondo.scan %T carries(%h0 : tensor<4xi1>) {
  ^bb0(%t: index, %old: tensor<4xi1>):
    rondo.check %old, "was false" : tensor<4xi1>
    %n = arith.xori %old, %true : tensor<4xi1>
    rondo.yield %n : tensor<4xi1>
  } -> tensor<4xi1>
  return
}

// -----
// CHECK-LABEL: func.func @unused
// CHECK-NEXT: return
func.func @unused(%T: index, %h0: tensor<4xf32>) {
  %h = rondo.scan %T carries(%h0 : tensor<4xf32>) {
  ^bb0(%t: index, %old: tensor<4xf32>):
    %n = arith.addf %old, %old : tensor<4xf32>
    rondo.yield %n : tensor<4xf32>
  } -> tensor<4xf32>
  return
}

// -----
// CHECK-LABEL: func.func @invariant
// CHECK-SAME: %[[K:[^:]*]]: tensor<4xf32>, %[[H0:.*]]: tensor<4xf32>
// CHECK: carries(%[[H0]] : tensor<4xf32>)
// CHECK: ^bb0(%{{.*}}: index, %[[H:.*]]: tensor<4xf32>):
// CHECK-NEXT: arith.addf %[[H]], %[[K]]
// CHECK: return %{{.*}}, %[[K]], %[[K]]
func.func @invariant(%T: index, %k0: tensor<4xf32>, %h0: tensor<4xf32>)
    -> (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) {
  %k, %h, %l = rondo.scan %T carries(%k0, %h0, %k0 : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) {
  ^bb0(%t: index, %k_: tensor<4xf32>, %h_: tensor<4xf32>, %l_: tensor<4xf32>):
    %n = arith.addf %h_, %k_ : tensor<4xf32>
    rondo.yield %k_, %n, %k0 : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
  } -> tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
  return %h, %k, %l : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
}

// -----
// CHECK-LABEL: func.func @duplicates
// CHECK: %[[S:.*]]:2 = rondo.scan %{{.*}} ins(%{{[^,]*}} : tensor<?x4xf32>) carries(%{{[^,]*}} : tensor<4xf32>)
// CHECK-NEXT: ^bb0(%{{.*}}: index, %[[X:.*]]: tensor<4xf32>, %[[H:.*]]: tensor<4xf32>):
// CHECK-NEXT: arith.addf %[[X]], %[[X]]
// CHECK: return %[[S]]#0, %[[S]]#0, %[[S]]#1, %[[S]]#1
func.func @duplicates(%T: index, %xs: tensor<?x4xf32>, %h0: tensor<4xf32>)
    -> (tensor<?x4xf32>, tensor<?x4xf32>, tensor<4xf32>, tensor<4xf32>) {
  %ys:4 = rondo.scan %T ins(%xs, %xs : tensor<?x4xf32>, tensor<?x4xf32>)
      carries(%h0, %h0 : tensor<4xf32>, tensor<4xf32>) {
  ^bb0(%t: index, %x: tensor<4xf32>, %z: tensor<4xf32>, %h: tensor<4xf32>, %g: tensor<4xf32>):
    %n = arith.addf %x, %z : tensor<4xf32>
    %m = arith.mulf %g, %h : tensor<4xf32>
    %p = arith.addf %n, %m : tensor<4xf32>
    rondo.yield %p, %p, %p, %p : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
  } -> tensor<?x4xf32>, tensor<?x4xf32>, tensor<4xf32>, tensor<4xf32>
  return %ys#0, %ys#1, %ys#2, %ys#3 : tensor<?x4xf32>, tensor<?x4xf32>, tensor<4xf32>, tensor<4xf32>
}

// -----
// CHECK-LABEL: func.func @sameSlices
// CHECK-SAME: %[[V:[^:]*]]: tensor<4xf32>
// CHECK: %[[ONE:.*]] = arith.constant dense<1.0{{.*}}> : tensor<4xf32>
// CHECK: rondo.scan %{{.*}} carries
// CHECK: arith.addf %{{.*}}, %[[V]]
// CHECK: arith.addf %{{.*}}, %[[ONE]]
func.func @sameSlices(%v: tensor<4xf32>, %h0: tensor<4xf32>) -> tensor<4xf32> {
  %T = arith.constant 7 : index
  %e = tensor.empty() : tensor<7x4xf32>
  %vs = linalg.broadcast ins(%v : tensor<4xf32>) outs(%e : tensor<7x4xf32>) dimensions = [0]
  %ones = arith.constant dense<1.0> : tensor<7x4xf32>
  %h = rondo.scan %T ins(%vs, %ones : tensor<7x4xf32>, tensor<7x4xf32>) carries(%h0 : tensor<4xf32>) {
  ^bb0(%t: index, %x: tensor<4xf32>, %y: tensor<4xf32>, %old: tensor<4xf32>):
    %a = arith.addf %old, %x : tensor<4xf32>
    %b = arith.addf %a, %y : tensor<4xf32>
    rondo.yield %b : tensor<4xf32>
  } -> tensor<4xf32>
  return %h : tensor<4xf32>
}

// -----
// CHECK-LABEL: func.func @noSteps
// CHECK-SAME: %[[H0:.*]]: tensor<4xf32>
// CHECK-NOT: rondo.scan
// CHECK: %[[E:.*]] = tensor.empty() : tensor<0x4xf32>
// CHECK: return %[[E]], %[[H0]]
func.func @noSteps(%h0: tensor<4xf32>) -> (tensor<0x4xf32>, tensor<4xf32>) {
  %T = arith.constant 0 : index
  %ys, %h = rondo.scan %T carries(%h0 : tensor<4xf32>) {
  ^bb0(%t: index, %old: tensor<4xf32>):
    %n = arith.addf %old, %old : tensor<4xf32>
    rondo.yield %n, %n : tensor<4xf32>, tensor<4xf32>
  } -> tensor<0x4xf32>, tensor<4xf32>
  return %ys, %h : tensor<0x4xf32>, tensor<4xf32>
}

// -----
// What ends the loop lives, and what it needs; the steps done are counted though no stack is left.
// CHECK-LABEL: func.func @until
// CHECK: %[[R:.*]]:3 = rondo.scan until %{{.*}} carries(%{{[^,]*}}, %{{[^,]*}} : tensor<f32>, tensor<i1>)
// CHECK: ^bb0(%{{.*}}: index, %[[A:.*]]: tensor<f32>, %[[C:.*]]: tensor<i1>):
// CHECK: rondo.yield %{{.*}}, %{{.*}}, %{{.*}} : tensor<f32>, tensor<i1>, i1
// CHECK-NEXT: } -> tensor<f32>, tensor<i1>, tensor<i64>
// CHECK-LABEL: func.func @untilNone
// CHECK-SAME: %[[A0:.*]]: tensor<f32>
// CHECK: %[[NONE:.*]] = arith.constant dense<0> : tensor<i64>
// CHECK: return %[[A0]], %[[NONE]]
func.func @until(%T: index, %a0: tensor<f32>, %c0: tensor<i1>, %true: tensor<i1>) -> (tensor<f32>, tensor<i64>) {
  %ys, %a, %b, %c, %n = rondo.scan until %T carries(%a0, %a0, %c0 : tensor<f32>, tensor<f32>, tensor<i1>) {
  ^bb0(%t: index, %a_: tensor<f32>, %b_: tensor<f32>, %c_: tensor<i1>):
    %an = arith.addf %a_, %a_ : tensor<f32>
    %bn = arith.mulf %b_, %b_ : tensor<f32>
    %cn = arith.xori %c_, %true : tensor<i1>
    %ends = tensor.extract %c_[] : tensor<i1>
    rondo.yield %bn, %an, %bn, %cn, %ends : tensor<f32>, tensor<f32>, tensor<f32>, tensor<i1>, i1
  } -> tensor<?xf32>, tensor<f32>, tensor<f32>, tensor<i1>, tensor<i64>
  return %a, %n : tensor<f32>, tensor<i64>
}
func.func @untilNone(%a0: tensor<f32>, %ends: i1) -> (tensor<f32>, tensor<i64>) {
  %T = arith.constant 0 : index
  %a, %n = rondo.scan until %T carries(%a0 : tensor<f32>) {
  ^bb0(%t: index, %a_: tensor<f32>):
    %an = arith.addf %a_, %a_ : tensor<f32>
    rondo.yield %an, %ends : tensor<f32>, i1
  } -> tensor<f32>, tensor<i64>
  return %a, %n : tensor<f32>, tensor<i64>
}
