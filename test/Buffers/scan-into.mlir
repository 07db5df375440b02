// RUN: rondo-opt %s -canonicalize -cse | rondo-opt | FileCheck %s

// A size of a body argument or of a result is a size of an operand, on axis 1 for slices and slots.
// CHECK-LABEL: func @sizes
// CHECK-SAME: %[[T:.*]]: index, %[[XS:.*]]: tensor<?x?xf32>, %[[S:.*]]: tensor<?xf32>, %[[D:.*]]: tensor<?xf32>, %[[YS:.*]]: tensor<?x?xf32>
// CHECK-DAG: %[[X1:.*]] = tensor.dim %[[XS]], %c1
// CHECK-DAG: %[[S0:.*]] = tensor.dim %[[S]], %c0
// CHECK-DAG: %[[Y1:.*]] = tensor.dim %[[YS]], %c1
// CHECK-DAG: %[[Y0:.*]] = tensor.dim %[[YS]], %c0
// CHECK: rondo.scan_into reverse %[[T]]
// CHECK: tensor.splat %{{.*}}[%[[X1]], %[[S0]], %[[Y1]]]
// CHECK: return %{{.*}}, %[[Y0]]
func.func @sizes(%T: index, %xs: tensor<?x?xf32>, %s: tensor<?xf32>, %d: tensor<?xf32>, %ys: tensor<?x?xf32>, %f: f32) -> (tensor<?xf32>, index) {
  %c0 = arith.constant 0 : index
  %r:2 = rondo.scan_into reverse %T ins(%xs : tensor<?x?xf32>) starts(%s : tensor<?xf32>) nexts(%d : tensor<?xf32>) stacks(%ys : tensor<?x?xf32>) {
  ^bb0(%t: index, %x: tensor<?xf32>, %h: tensor<?xf32>, %hn: tensor<?xf32>, %slot: tensor<?xf32>):
    %nx = tensor.dim %x, %c0 : tensor<?xf32>
    %nh = tensor.dim %h, %c0 : tensor<?xf32>
    %ny = tensor.dim %slot, %c0 : tensor<?xf32>
    %all = tensor.splat %f[%nx, %nh, %ny] : tensor<?x?x?xf32>
    %at = tensor.extract %all[%t, %c0, %c0] : tensor<?x?x?xf32>
    %y = linalg.fill ins(%at : f32) outs(%slot : tensor<?xf32>) -> tensor<?xf32>
    rondo.yield %y, %y : tensor<?xf32>, tensor<?xf32>
  } -> tensor<?xf32>, tensor<?x?xf32>
  %n = tensor.dim %r#1, %c0 : tensor<?x?xf32>
  return %r#0, %n : tensor<?xf32>, index
}

// On memrefs: no results, moved carries yielded.
// CHECK-LABEL: func @memrefs
// CHECK: rondo.scan_into %{{.*}} starts(%{{.*}} : memref<4xf32>) nexts(%{{.*}} : memref<4xf32>) updates(%{{.*}} : memref<8xf32>) {
// CHECK: rondo.yield %{{.*}} : memref<4xf32>
// CHECK-NEXT: }
func.func @memrefs(%T: index, %s: memref<4xf32>, %d: memref<4xf32>, %u: memref<8xf32>) {
  rondo.scan_into %T starts(%s : memref<4xf32>) nexts(%d : memref<4xf32>) updates(%u : memref<8xf32>) {
  ^bb0(%t: index, %h: memref<4xf32>, %hn: memref<4xf32>, %up: memref<8xf32>):
    linalg.tanh ins(%h : memref<4xf32>) outs(%hn : memref<4xf32>)
    rondo.yield %hn : memref<4xf32>
  }
  return
}
