// Sizes of what a scan gives are made of sizes of what it takes.
// RUN: rondo-opt %s -canonicalize -split-input-file | FileCheck %s
// RUN: rondo-opt %s -resolve-ranked-shaped-type-result-dims -canonicalize -cse -split-input-file \
// RUN:   | FileCheck %s --check-prefix=REIFY

// CHECK-LABEL: func.func @arguments
// CHECK-SAME: %{{.*}}: index, %[[XS:[^:]*]]: tensor<?x?xf32>, %[[H0:[^:]*]]: tensor<?xf32>
// CHECK-DAG: %[[X:.*]] = tensor.dim %[[XS]], %c1
// CHECK-DAG: %[[H:.*]] = tensor.dim %[[H0]], %c0
// CHECK: rondo.scan
// CHECK-NOT: tensor.dim
// CHECK: arith.addi %[[X]], %[[H]]
func.func @arguments(%T: index, %xs: tensor<?x?xf32>, %h0: tensor<?xf32>) -> tensor<?xf32> {
  %c0 = arith.constant 0 : index
  %h = rondo.scan %T ins(%xs : tensor<?x?xf32>) carries(%h0 : tensor<?xf32>) {
  ^bb0(%t: index, %x: tensor<?xf32>, %old: tensor<?xf32>):
    %a = tensor.dim %x, %c0 : tensor<?xf32>
    %b = tensor.dim %old, %c0 : tensor<?xf32>
    %c = arith.addi %a, %b : index
    %d = arith.index_cast %c : index to i32
    %e = arith.sitofp %d : i32 to f32
    %f = tensor.splat %e[%b] : tensor<?xf32>
    rondo.yield %f : tensor<?xf32>
  } -> tensor<?xf32>
  return %h : tensor<?xf32>
}

// -----
// CHECK-LABEL: func.func @results
// CHECK-SAME: %[[T:.*]]: index, %{{.*}}: tensor<?x?xf32>, %[[H0:.*]]: tensor<?xf32>
// CHECK: %[[H:.*]] = tensor.dim %[[H0]]
// CHECK: return %[[T]], %{{.*}}, %[[H]]
// REIFY-LABEL: func.func @results
// REIFY-SAME: %[[T:[^:]*]]: index, %[[XS:[^:]*]]: tensor<?x?xf32>, %[[H0:[^:]*]]: tensor<?xf32>
// REIFY-DAG: %[[X:.*]] = tensor.dim %[[XS]], %c1
// REIFY-DAG: %[[H:.*]] = tensor.dim %[[H0]], %c0
// REIFY: return %[[T]], %[[X]], %[[H]]
func.func @results(%T: index, %xs: tensor<?x?xf32>, %h0: tensor<?xf32>) -> (index, index, index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %ys, %h = rondo.scan %T ins(%xs : tensor<?x?xf32>) carries(%h0 : tensor<?xf32>) {
  ^bb0(%t: index, %x: tensor<?xf32>, %old: tensor<?xf32>):
    %y = math.tanh %x : tensor<?xf32>
    %n = arith.addf %old, %old : tensor<?xf32>
    rondo.yield %y, %n : tensor<?xf32>, tensor<?xf32>
  } -> tensor<?x?xf32>, tensor<?xf32>
  %0 = tensor.dim %ys, %c0 : tensor<?x?xf32>
  %1 = tensor.dim %ys, %c1 : tensor<?x?xf32>
  %2 = tensor.dim %h, %c0 : tensor<?xf32>
  return %0, %1, %2 : index, index, index
}

// -----
// Through a product, a scan in the scan, a filled tensor and a reshape, to values outside.
// REIFY-LABEL: func.func @nested
// REIFY-SAME: %[[T:[^:]*]]: index, %[[B:[^:]*]]: index, %[[XS:[^:]*]]: tensor<?x?x4xf32>
// REIFY-DAG: %[[X:.*]] = tensor.dim %[[XS]], %c1
// REIFY-DAG: %[[B2:.*]] = arith.addi %[[B]], %[[B]]
// REIFY: return %[[T]], %[[B2]], %[[X]]
func.func @nested(%T: index, %B: index, %xs: tensor<?x?x4xf32>, %w: tensor<6x4xf32>) -> (index, index, index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %zero = arith.constant 0.0 : f32
  %ys, %zs = rondo.scan %T ins(%xs : tensor<?x?x4xf32>) {
  ^bb0(%t: index, %x: tensor<?x4xf32>):
    %p = rondo.contract "bk,nk->bn" %x, %w : tensor<?x4xf32>, tensor<6x4xf32> -> tensor<?x6xf32>
    %n = arith.addi %B, %B : index
    %s = tensor.splat %zero[%n] : tensor<?xf32>
    %inner = rondo.scan %n ins(%s : tensor<?xf32>) {
    ^bb0(%u: index, %e: tensor<f32>):
      rondo.yield %p : tensor<?x6xf32>
    } -> tensor<?x?x6xf32>
    rondo.yield %inner, %p : tensor<?x?x6xf32>, tensor<?x6xf32>
  } -> tensor<?x?x?x6xf32>, tensor<?x?x6xf32>
  %0 = tensor.dim %ys, %c0 : tensor<?x?x?x6xf32>
  %1 = tensor.dim %ys, %c1 : tensor<?x?x?x6xf32>
  %2 = tensor.dim %ys, %c2 : tensor<?x?x?x6xf32>
  return %0, %1, %2 : index, index, index
}

// -----
// What depends on the step stays.
// REIFY-LABEL: func.func @step
// REIFY: rondo.scan
// REIFY: tensor.dim
func.func @step(%T: index) -> index {
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f32
  %ys = rondo.scan %T {
  ^bb0(%t: index):
    %s = tensor.splat %zero[%t] : tensor<?xf32>
    rondo.yield %s : tensor<?xf32>
  } -> tensor<?x?xf32>
  %0 = tensor.dim %ys, %c1 : tensor<?x?xf32>
  return %0 : index
}
