// RUN: rondo-opt %s -rondo-to-linalg -cse | FileCheck %s

// CHECK-DAG: #[[LHS:.*]] = affine_map<(d0, d1, d2, d3) -> (d0, d3)>
// CHECK-DAG: #[[RHS:.*]] = affine_map<(d0, d1, d2, d3) -> (d1, d2, d3)>
// CHECK-DAG: #[[OUT:.*]] = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>
// CHECK-DAG: #[[ID:.*]] = affine_map<(d0, d1) -> (d0, d1)>
// CHECK-DAG: #[[ROW:.*]] = affine_map<(d0, d1) -> (d1)>
// CHECK-DAG: #[[SWAPPED:.*]] = affine_map<(d0, d1) -> (d1, d0)>
// CHECK-DAG: #[[FIRST:.*]] = affine_map<(d0, d1) -> (d0)>
// CHECK-DAG: #[[ELEMENT:.*]] = affine_map<(d0, d1) -> ()>

// CHECK-LABEL: func.func @contract
// CHECK-SAME: %[[H:[^:]*]]: tensor<?x8xf32>, %[[U:[^:]*]]: tensor<4x8x8xf32>
// CHECK: %[[B:.*]] = tensor.dim %[[H]]
// CHECK: %[[E:.*]] = tensor.empty(%[[B]]) : tensor<?x4x8xf32>
// CHECK: %[[Z:.*]] = linalg.fill ins(%{{.*}} : f32) outs(%[[E]]
// CHECK: linalg.generic {indexing_maps = [#[[LHS]], #[[RHS]], #[[OUT]]]
// CHECK-SAME: ["parallel", "parallel", "parallel", "reduction"]
// CHECK-SAME: ins(%[[H]], %[[U]]
// CHECK-SAME: outs(%[[Z]]
// CHECK: ^bb0(%[[X:.*]]: f32, %[[Y:.*]]: f32, %[[S:.*]]: f32)
// CHECK-NEXT: %[[P:.*]] = arith.mulf %[[X]], %[[Y]] : f32
// CHECK-NEXT: arith.addf %[[S]], %[[P]] : f32
func.func @contract(%h: tensor<?x8xf32>, %u: tensor<4x8x8xf32>) -> tensor<?x4x8xf32> {
  %g = rondo.contract "bk,gnk->bgn" %h, %u : tensor<?x8xf32>, tensor<4x8x8xf32> -> tensor<?x4x8xf32>
  return %g : tensor<?x4x8xf32>
}

// The sum of short floats is one of f32, rounded once.
// CHECK-LABEL: func.func @short
// CHECK: linalg.fill {{.*}} -> tensor<2x2xf32>
// CHECK: linalg.generic
// CHECK-COUNT-2: arith.extf %{{.*}} : bf16 to f32
// CHECK: arith.mulf {{.*}} : f32
// CHECK: linalg.generic
// CHECK-NEXT: ^bb0
// CHECK-NEXT: arith.truncf %{{.*}} : f32 to bf16
func.func @short(%a: tensor<2x8xbf16>) -> tensor<2x2xbf16> {
  %0 = rondo.contract "ak,bk->ab" %a, %a : tensor<2x8xbf16>, tensor<2x8xbf16> -> tensor<2x2xbf16>
  return %0 : tensor<2x2xbf16>
}

// CHECK-LABEL: func.func @outer
// CHECK-NOT: linalg.fill
// CHECK: arith.muli %{{.*}} : i64
// CHECK-NEXT: linalg.yield
func.func @outer(%a: tensor<2xi64>, %b: tensor<3xi64>) -> tensor<2x3xi64> {
  %0 = rondo.contract "a,b->ab" %a, %b : tensor<2xi64>, tensor<3xi64> -> tensor<2x3xi64>
  return %0 : tensor<2x3xi64>
}

// CHECK-LABEL: func.func @argmax
// CHECK: linalg.generic {indexing_maps = [#[[ID]], #[[FIRST]], #[[FIRST]]], iterator_types = ["parallel", "reduction"]}
// CHECK: ^bb0(%[[X:.*]]: f32, %[[BEST:.*]]: f32, %[[AT:.*]]: i64)
// CHECK: arith.cmpf ugt, %[[X]], %[[BEST]]
// CHECK: arith.cmpf ord, %[[BEST]], %[[BEST]]
// CHECK: linalg.index 1
func.func @argmax(%x: tensor<?x?xf32>) -> tensor<?xi64> {
  %0 = rondo.reduce argmax %x dims [1] : tensor<?x?xf32> -> tensor<?xi64>
  return %0 : tensor<?xi64>
}

// CHECK-LABEL: func.func @any
// CHECK: linalg.fill ins(%false
// CHECK: arith.ori
func.func @any(%x: tensor<?x?xi1>) -> tensor<?xi1> {
  %0 = rondo.reduce any %x dims [0] : tensor<?x?xi1> -> tensor<?xi1>
  return %0 : tensor<?xi1>
}

// A bias that is broadcast, a transposed operand, numbers: all in one op; the size comes from its name.
// CHECK-LABEL: func.func @elementwise
// CHECK-SAME: %[[B:[^:]*]]: index, %[[X:[^:]*]]: tensor<?x8xf32>, %[[V:[^:]*]]: tensor<8xf32>, %[[S:[^:]*]]: f32
// CHECK-NOT: linalg.broadcast
// CHECK: %[[E:.*]] = tensor.empty(%[[B]]) : tensor<?x8xf32>
// CHECK: %[[SUM:.*]] = linalg.generic {indexing_maps = [#[[ROW]], #[[ID]]]{{.*}} ins(%[[V]] : tensor<8xf32>) outs(%[[E]]
// CHECK: arith.addf %in, %[[S]]
// CHECK: linalg.generic {indexing_maps = [#[[ID]], #[[ROW]], #[[ID]]]{{.*}} ins(%[[SUM]], %[[V]]
// CHECK: arith.mulf
// CHECK: linalg.generic {indexing_maps = [#[[SWAPPED]], #[[ID]], #[[ELEMENT]], #[[ID]]]{{.*}} ins(%{{.*}}, %[[X]], %{{.*}} :
// CHECK: arith.select
func.func @elementwise(%B: index, %x: tensor<?x8xf32>, %v: tensor<8xf32>, %s: f32, %y: tensor<8x?xi1>,
                       %r: tensor<f32>) -> (tensor<?x8xf32>, tensor<?x8xf32>) {
  %e = tensor.empty(%B) : tensor<?x8xf32>
  %ei = tensor.empty(%B) : tensor<?x8xi1>
  %vb = linalg.broadcast ins(%v : tensor<8xf32>) outs(%e : tensor<?x8xf32>) dimensions = [0]
  %sb = tensor.splat %s[%B] : tensor<?x8xf32>
  %0 = arith.addf %vb, %sb : tensor<?x8xf32>
  %1 = arith.mulf %0, %vb : tensor<?x8xf32>
  %yt = linalg.transpose ins(%y : tensor<8x?xi1>) outs(%ei : tensor<?x8xi1>) permutation = [1, 0]
  %rb = linalg.broadcast ins(%r : tensor<f32>) outs(%e : tensor<?x8xf32>) dimensions = [0, 1]
  %2 = arith.select %yt, %x, %rb : tensor<?x8xi1>, tensor<?x8xf32>
  return %1, %2 : tensor<?x8xf32>, tensor<?x8xf32>
}

// What no elementwise op reads becomes ops of its own.
// CHECK-LABEL: func.func @movement
// CHECK: linalg.fill {{.*}} -> tensor<?x8xf32>
// CHECK: linalg.fill {{.*}} -> tensor<16x8xf32>
// CHECK: linalg.generic {indexing_maps = [#[[ROW]], #[[ID]]]
// CHECK: linalg.generic {indexing_maps = [#[[SWAPPED]], #[[ID]]]
func.func @movement(%B: index, %s: f32, %v: tensor<8xf32>, %y: tensor<8x?xf32>)
    -> (tensor<?x8xf32>, tensor<16x8xf32>, tensor<?x8xf32>, tensor<?x8xf32>) {
  %0 = tensor.splat %s[%B] : tensor<?x8xf32>
  %1 = arith.constant dense<1.0> : tensor<16x8xf32>
  %e = tensor.empty(%B) : tensor<?x8xf32>
  %2 = linalg.broadcast ins(%v : tensor<8xf32>) outs(%e : tensor<?x8xf32>) dimensions = [0]
  %3 = linalg.transpose ins(%y : tensor<8x?xf32>) outs(%e : tensor<?x8xf32>) permutation = [1, 0]
  return %0, %1, %2, %3 : tensor<?x8xf32>, tensor<16x8xf32>, tensor<?x8xf32>, tensor<?x8xf32>
}

// A part that is computed is inserted, one that is there already is copied.
// CHECK-LABEL: func.func @concat
// CHECK-SAME: %[[B:[^:]*]]: index, %[[X:[^:]*]]: tensor<?x8xf32>
// CHECK: %[[E:.*]] = linalg.generic
// CHECK: %[[COPY:.*]] = linalg.copy ins(%[[X]]
// CHECK: %[[ALL:.*]] = tensor.empty(%[[B]]) : tensor<?x16xf32>
// CHECK: %[[FIRST:.*]] = tensor.insert_slice %[[E]] into %[[ALL]][0, 0] [%[[B]], 8] [1, 1]
// CHECK: tensor.insert_slice %[[COPY]] into %[[FIRST]][0, 8] [%{{.*}}, 8] [1, 1]
func.func @concat(%B: index, %x: tensor<?x8xf32>, %v: tensor<8xf32>) -> tensor<?x16xf32> {
  %e = tensor.empty(%B) : tensor<?x8xf32>
  %0 = linalg.broadcast ins(%v : tensor<8xf32>) outs(%e : tensor<?x8xf32>) dimensions = [0]
  %1 = tensor.concat dim(1) %0, %x : (tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x16xf32>
  return %1 : tensor<?x16xf32>
}

// Of ten parts eight go to a slice of their own.
// CHECK-LABEL: func.func @concat_many
// CHECK: %[[ALL:.*]] = tensor.empty() : tensor<38xf32>
// CHECK: %[[SOME:.*]] = tensor.extract_slice %[[ALL]][0] [30] [1]
// CHECK: tensor.insert_slice %{{.*}} into %[[SOME]][0] [2] [1]
// CHECK-COUNT-6: tensor.insert_slice
// CHECK: %[[EIGHT:.*]] = tensor.insert_slice %{{.*}}[26] [4] [1]
// CHECK: %[[FILLED:.*]] = tensor.insert_slice %[[EIGHT]] into %[[ALL]][0] [30] [1]
// CHECK: %[[REST:.*]] = tensor.extract_slice %[[FILLED]][30] [8] [1]
// CHECK: tensor.insert_slice %{{.*}} into %[[REST]][0] [4] [1]
// CHECK: %[[TWO:.*]] = tensor.insert_slice %{{.*}}[4] [4] [1]
// CHECK: tensor.insert_slice %[[TWO]] into %[[FILLED]][30] [8] [1]
func.func @concat_many(%x: tensor<2xf32>, %y: tensor<4xf32>) -> tensor<38xf32> {
  %0 = tensor.concat dim(0) %x, %y, %y, %y, %y, %y, %y, %y, %y, %y
    : (tensor<2xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<38xf32>
  return %0 : tensor<38xf32>
}

// CHECK-LABEL: func.func @check
// CHECK: %[[ALL:.*]] = linalg.generic {{.*}} iterator_types = ["reduction", "reduction"]
// CHECK: arith.andi
// CHECK: %[[OK:.*]] = tensor.extract %[[ALL]][] : tensor<i1>
// CHECK: rondo.check %[[OK]], "in range" : i1
func.func @check(%ok: tensor<?x?xi1>) {
  rondo.check %ok, "in range" : tensor<?x?xi1>
  return
}
