// Every operation and attribute prints as it is written, and is read again.
// RUN: rondo-opt %s | rondo-opt | FileCheck %s
// RUN: rondo-opt %s --mlir-print-op-generic | rondo-opt | FileCheck %s

// CHECK: module @M attributes {rondo.phase = "rondo"}
module @M attributes {rondo.phase = "rondo"} {

// CHECK-LABEL: func.func @forward
// CHECK-SAME: %[[B:.*]]: index {rondo.dim = "B"}
// CHECK-SAME: tensor<?x4xf32> {rondo.name = "x"}
// CHECK-SAME: rondo.entry, rondo.shapes = @forward.shapes
func.func @forward(%B: index {rondo.dim = "B"}, %x: tensor<?x4xf32> {rondo.name = "x"}) -> tensor<?x8xf32>
    attributes {rondo.entry, rondo.shapes = @forward.shapes} {
  // CHECK: rondo.param "w" init <normal, 0.000000e+00 : f64, 1.000000e+00 : f64> : tensor<8x4xf32>
  %w = rondo.param "w" init <normal, 0.0, 1.0> : tensor<8x4xf32>
  // CHECK: rondo.param "t" init <normal, 0.000000e+00 : f64, 1.000000e+00 : f64, zero_row = 7> : tensor<8x4xf32>
  %t = rondo.param "t" init <normal, 0.0, 1.0, zero_row = 7> : tensor<8x4xf32>
  // CHECK: rondo.contract "bk,nk->bn" %{{.*}}, %{{.*}} : tensor<?x4xf32>, tensor<8x4xf32> -> tensor<?x8xf32>
  %y = rondo.contract "bk,nk->bn" %x, %w : tensor<?x4xf32>, tensor<8x4xf32> -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}
// CHECK-LABEL: func.func private @forward.shapes
func.func private @forward.shapes(%B: index) -> (index, index, index, index) {
  %c4 = arith.constant 4 : index
  %c8 = arith.constant 8 : index
  return %B, %c4, %B, %c8 : index, index, index, index
}

// CHECK-LABEL: func.func @prepare
// CHECK-SAME: {rondo.init = #rondo.init<uniform, -1.000000e+00 : f64, 1.000000e+00 : f64>, rondo.param = "v"}
// CHECK-SAME: {rondo.result = 0 : i64}
// CHECK-SAME: rondo.prepare
func.func @prepare(%v: tensor<4xf32> {rondo.init = #rondo.init<uniform, -1.0, 1.0>, rondo.param = "v"},
                   %to: tensor<4xf32> {rondo.result = 0 : i64}) -> tensor<4xf32> attributes {rondo.prepare} {
  return %v : tensor<4xf32>
}

// CHECK-LABEL: func.func @step
// CHECK-SAME: tensor<4xf32> {rondo.prepared = 0 : i64}
func.func @step(%v: tensor<4xf32> {rondo.prepared = 0 : i64}) attributes {rondo.entry} {
  return
}

// CHECK-LABEL: func.func private @neural
func.func private @neural(%x: tensor<?x?x8xf32>, %i: tensor<?x2xi64>, %p: tensor<?xi1>) {
  // CHECK: rondo.reduce sum %{{.*}} dims [0, 2] : tensor<?x?x8xf32> -> tensor<?xf32>
  %0 = rondo.reduce sum %x dims [0, 2] : tensor<?x?x8xf32> -> tensor<?xf32>
  // CHECK: rondo.reduce argmax %{{.*}} dims [1] : tensor<?x?x8xf32> -> tensor<?x8xi64>
  %1 = rondo.reduce argmax %x dims [1] : tensor<?x?x8xf32> -> tensor<?x8xi64>
  // CHECK: rondo.reduce all %{{.*}} dims [0] : tensor<?xi1> -> tensor<i1>
  %2 = rondo.reduce all %p dims [0] : tensor<?xi1> -> tensor<i1>
  // CHECK: rondo.softmax %{{.*}} dim 1 : tensor<?x?x8xf32>
  %3 = rondo.softmax %x dim 1 : tensor<?x?x8xf32>
  // CHECK: rondo.softmax log %{{.*}} dim 2 : tensor<?x?x8xf32>
  %4 = rondo.softmax log %x dim 2 : tensor<?x?x8xf32>
  // CHECK: rondo.normalize layer %{{.*}} rank 2 eps 1.000000e-05 : tensor<?x?x8xf32>
  %5 = rondo.normalize layer %x rank 2 eps 1.0e-5 : tensor<?x?x8xf32>
  // CHECK: rondo.gather %{{.*}}[%{{.*}}] dim 1 : tensor<?x?x8xf32>, tensor<?x2xi64> -> tensor<?x?x2x8xf32>
  %6 = rondo.gather %x[%i] dim 1 : tensor<?x?x8xf32>, tensor<?x2xi64> -> tensor<?x?x2x8xf32>
  // CHECK: rondo.check %{{.*}}, "no \22truth\22" : tensor<?xi1>
  rondo.check %p, "no \"truth\"" : tensor<?xi1>
  return
}

// CHECK-LABEL: func.func private @scan
func.func private @scan(%T: index, %xs: tensor<?x4xf32>, %h0: tensor<8xf32>) -> (tensor<?x8xf32>, tensor<8xf32>) {
  // CHECK: rondo.scan reverse %{{.*}} ins(%{{.*}} : tensor<?x4xf32>) carries(%{{.*}} : tensor<8xf32>)
  // CHECK-NEXT: ^bb0(%{{.*}}: index, %{{.*}}: tensor<4xf32>, %{{.*}}: tensor<8xf32>):
  // CHECK-NEXT: rondo.yield %{{.*}}, %{{.*}} : tensor<8xf32>, tensor<8xf32>
  // CHECK-NEXT: } -> tensor<?x8xf32>, tensor<8xf32>
  %ys, %h = rondo.scan reverse %T ins(%xs : tensor<?x4xf32>) carries(%h0 : tensor<8xf32>) attributes {mark} {
  ^bb0(%t: index, %x: tensor<4xf32>, %old: tensor<8xf32>):
    rondo.yield %old, %old : tensor<8xf32>, tensor<8xf32>
  } -> tensor<?x8xf32>, tensor<8xf32>
  return %ys, %h : tensor<?x8xf32>, tensor<8xf32>
}

// CHECK-LABEL: func.func private @counter
func.func private @counter(%T: index) {
  // CHECK: rondo.scan %{{.*}} {
  rondo.scan %T {
  ^bb0(%t: index):
  }
  return
}
}

// CHECK-LABEL: func.func private @until
func.func private @until(%T: index, %xs: tensor<?x4xf32>, %s: tensor<4xf32>, %limit: f32) -> (tensor<?x4xf32>, tensor<4xf32>, tensor<i64>) {
  // CHECK: rondo.scan until %{{.*}} ins(%{{.*}} : tensor<?x4xf32>) carries(%{{.*}} : tensor<4xf32>) {
  // CHECK: rondo.yield %{{.*}}, %{{.*}}, %{{.*}} : tensor<4xf32>, tensor<4xf32>, i1
  // CHECK-NEXT: } -> tensor<?x4xf32>, tensor<4xf32>, tensor<i64>
  %ys, %h, %n = rondo.scan until %T ins(%xs : tensor<?x4xf32>) carries(%s : tensor<4xf32>) {
  ^bb0(%t: index, %x: tensor<4xf32>, %old: tensor<4xf32>):
    %c0 = arith.constant 0 : index
    %new = arith.addf %old, %x : tensor<4xf32>
    %first = tensor.extract %new[%c0] : tensor<4xf32>
    %ends = arith.cmpf ogt, %first, %limit : f32
    rondo.yield %new, %new, %ends : tensor<4xf32>, tensor<4xf32>, i1
  } -> tensor<?x4xf32>, tensor<4xf32>, tensor<i64>
  return %ys, %h, %n : tensor<?x4xf32>, tensor<4xf32>, tensor<i64>
}
