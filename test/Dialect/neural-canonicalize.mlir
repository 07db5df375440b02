// RUN: rondo-opt %s -canonicalize | FileCheck %s

// CHECK-LABEL: func.func @transposedOperands
// CHECK-SAME: %[[X:[^:]*]]: tensor<?x4xf32>, %[[W:[^:]*]]: tensor<8x4xf32>
// CHECK-NEXT: %[[Y:.*]] = rondo.contract "bk,nk->bn" %[[X]], %[[W]]
// CHECK-NEXT: return %[[Y]]
func.func @transposedOperands(%x: tensor<?x4xf32>, %w: tensor<8x4xf32>) -> tensor<?x8xf32> {
  %e = tensor.empty() : tensor<4x8xf32>
  %t = linalg.transpose ins(%w : tensor<8x4xf32>) outs(%e : tensor<4x8xf32>) permutation = [1, 0]
  %y = rondo.contract "bk,kn->bn" %x, %t : tensor<?x4xf32>, tensor<4x8xf32> -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}

// A permutation that is not its own inverse: axis i of the transposed is axis permutation[i] of the operand.
// CHECK-LABEL: func.func @threeAxes
// CHECK: rondo.contract "abc,c->ab"
func.func @threeAxes(%x: tensor<2x3x4xf32>, %v: tensor<4xf32>) -> tensor<2x3xf32> {
  %e = tensor.empty() : tensor<3x4x2xf32>
  %t = linalg.transpose ins(%x : tensor<2x3x4xf32>) outs(%e : tensor<3x4x2xf32>) permutation = [1, 2, 0]
  %y = rondo.contract "bca,c->ab" %t, %v : tensor<3x4x2xf32>, tensor<4xf32> -> tensor<2x3xf32>
  return %y : tensor<2x3xf32>
}

// CHECK-LABEL: func.func @transposedResult
// CHECK-NEXT: %[[Y:.*]] = rondo.contract "bk,nk->nb" %{{.*}} : tensor<2x4xf32>, tensor<8x4xf32> -> tensor<8x2xf32>
// CHECK-NEXT: return %[[Y]]
func.func @transposedResult(%x: tensor<2x4xf32>, %w: tensor<8x4xf32>) -> tensor<8x2xf32> {
  %y = rondo.contract "bk,nk->bn" %x, %w : tensor<2x4xf32>, tensor<8x4xf32> -> tensor<2x8xf32>
  %e = tensor.empty() : tensor<8x2xf32>
  %t = linalg.transpose ins(%y : tensor<2x8xf32>) outs(%e : tensor<8x2xf32>) permutation = [1, 0]
  return %t : tensor<8x2xf32>
}

// CHECK-LABEL: func.func @broadcastOperand
// CHECK-NEXT: rondo.contract "k,bk->bk"
func.func @broadcastOperand(%v: tensor<4xf32>, %x: tensor<2x4xf32>) -> tensor<2x4xf32> {
  %e = tensor.empty() : tensor<2x4xf32>
  %b = linalg.broadcast ins(%v : tensor<4xf32>) outs(%e : tensor<2x4xf32>) dimensions = [0]
  %y = rondo.contract "bk,bk->bk" %b, %x : tensor<2x4xf32>, tensor<2x4xf32> -> tensor<2x4xf32>
  return %y : tensor<2x4xf32>
}

// The sum needs the broadcast: without it the letter would stand in one operand only.
// CHECK-LABEL: func.func @broadcastSummed
// CHECK: linalg.broadcast
// CHECK: rondo.contract "bk,bk->k"
func.func @broadcastSummed(%v: tensor<4xf32>, %x: tensor<2x4xf32>) -> tensor<4xf32> {
  %e = tensor.empty() : tensor<2x4xf32>
  %b = linalg.broadcast ins(%v : tensor<4xf32>) outs(%e : tensor<2x4xf32>) dimensions = [0]
  %y = rondo.contract "bk,bk->k" %b, %x : tensor<2x4xf32>, tensor<2x4xf32> -> tensor<4xf32>
  return %y : tensor<4xf32>
}

// CHECK-LABEL: func.func @noDims
// CHECK-SAME: %[[X:[^:]*]]:
// CHECK-NEXT: return %[[X]]
func.func @noDims(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %y = rondo.reduce sum %x dims [] : tensor<?x4xf32> -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// CHECK-LABEL: func.func @checks
// CHECK-SAME: %{{.*}}: tensor<0x4xi1>, %[[UNKNOWN:.*]]: i1
// CHECK: rondo.check %[[UNKNOWN]], "may fail"
// CHECK: rondo.check %{{.*}}, "fails"
// CHECK-NEXT: return
func.func @checks(%none: tensor<0x4xi1>, %unknown: i1) {
  %true = arith.constant true
  %all = arith.constant dense<true> : tensor<2xi1>
  %some = arith.constant dense<[true, false]> : tensor<2xi1>
  rondo.check %true, "holds" : i1
  rondo.check %all, "holds" : tensor<2xi1>
  rondo.check %none, "holds" : tensor<0x4xi1>
  rondo.check %unknown, "may fail" : i1
  rondo.check %some, "fails" : tensor<2xi1>
  return
}
