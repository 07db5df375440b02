// RUN: rondo-opt %s -pass-pipeline='builtin.module(func.func(rondo-poison-memory))' | FileCheck %s

// Results, and the arena behind the status word; nothing else.
// CHECK-LABEL: func.func @f
// CHECK-SAME: %[[Y:[^:]*]]: memref<?xf32> {rondo.result = 0 : i64}, %[[Z:[^:]*]]: memref<3xi1> {rondo.result = 1 : i64}
// CHECK-SAME: %[[S:[^:]*]]: memref<?xi8> {rondo.scratch}
// CHECK: %[[NAN:.*]] = arith.constant 0xFFFFFFFF : f32
// CHECK: linalg.fill ins(%[[NAN]] : f32) outs(%[[Y]]
// CHECK: %[[TRUE:.*]] = arith.constant true
// CHECK: linalg.fill ins(%[[TRUE]] : i1) outs(%[[Z]]
// CHECK: %[[SIZE:.*]] = memref.dim %[[S]]
// CHECK: %[[REST:.*]] = arith.subi %[[SIZE]], %c64
// CHECK: %[[ARENA:.*]] = memref.subview %[[S]][64] [%[[REST]]] [1]
// CHECK: %[[ONES:.*]] = arith.constant -1 : i8
// CHECK: linalg.fill ins(%[[ONES]] : i8) outs(%[[ARENA]]
// CHECK-NOT: linalg.fill
// CHECK: return
func.func @f(%x: memref<?xf32> {rondo.name = "x"}, %h: memref<4xf32> {rondo.state = "h"},
             %y: memref<?xf32> {rondo.result = 0 : i64}, %z: memref<3xi1> {rondo.result = 1 : i64},
             %n: memref<i64> {rondo.size = 0 : i64}, %s: memref<?xi8> {rondo.scratch}) attributes {rondo.entry} {
  return
}

// What a layer writes is part of that.
// CHECK-LABEL: func.func private @layer
// CHECK-NEXT: return
func.func private @layer(%y: memref<?xf32> {rondo.result = 0 : i64}) attributes {rondo.layer} {
  return
}
