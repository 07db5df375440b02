// RUN: rondo-opt %s -rondo-plan-memory -canonicalize -cse | FileCheck %s

// The arena of a layer lies in that of its caller while it runs: both calls use the same bytes. A layer has no
// status word of its own; what it checks goes into the entry point's.
// CHECK-LABEL: func private @fixed.scratch() -> index
// CHECK: %[[ALL:.*]] = arith.constant 512 : index
// CHECK: return %[[ALL]]
// CHECK-LABEL: func @fixed(
// CHECK-SAME: %[[X:.*]]: memref<32xf32> {rondo.name = "x"}, %[[D:.*]]: memref<32xf32> {rondo.result = 0 : i64}, %[[S:.*]]: memref<?xi8> {rondo.scratch})
// CHECK-DAG: %[[C0:.*]] = arith.constant 0 : index
// CHECK-DAG: %[[C64:.*]] = arith.constant 64 : index
// CHECK-DAG: %[[STATUS:.*]] = memref.view %[[S]][%[[C0]]][] : memref<?xi8> to memref<i32>
// CHECK: %[[ARENA:.*]] = memref.cast %{{.*}} : memref<320xi8> to memref<?xi8>
// CHECK: call @small(%[[X]], %{{.*}}, %[[STATUS]], %[[ARENA]])
// CHECK: call @small(%{{.*}}, %[[D]], %[[STATUS]], %[[ARENA]])
// CHECK-LABEL: func private @small.scratch() -> index
// CHECK: arith.constant 320 : index
// CHECK-LABEL: func private @small(
// CHECK-SAME: %[[STATUS:.*]]: memref<i32> {rondo.status}, %[[S:.*]]: memref<?xi8> {rondo.scratch}) attributes {rondo.layer, rondo.scratch_size = @small.scratch}
// CHECK-DAG: %[[C0:.*]] = arith.constant 0 : index
// CHECK: memref.view %[[S]][%[[C0]]][] : memref<?xi8> to memref<80xf32>
func.func @fixed(%x: memref<32xf32> {rondo.name = "x"}, %d: memref<32xf32> {rondo.result = 0 : i64}) attributes {rondo.entry} {
  %a = memref.alloc() : memref<32xf32>
  func.call @small(%x, %a) : (memref<32xf32>, memref<32xf32>) -> ()
  func.call @small(%a, %d) : (memref<32xf32>, memref<32xf32>) -> ()
  return
}
func.func private @small(%x: memref<32xf32> {rondo.name = "x"}, %d: memref<32xf32> {rondo.result = 0 : i64}) attributes {rondo.layer} {
  %f = arith.constant 1.0 : f32
  %a = memref.alloc() : memref<80xf32>
  linalg.fill ins(%f : f32) outs(%a : memref<80xf32>)
  %s = memref.subview %a[0] [32] [1] : memref<80xf32> to memref<32xf32, strided<[1]>>
  linalg.add ins(%x, %s : memref<32xf32>, memref<32xf32, strided<[1]>>) outs(%d : memref<32xf32>)
  %true = arith.constant true
  rondo.check %true, "holds" : i1
  return
}

// Of sizes that come with the call: the layer's companion is asked with them. One that needs no memory has no arena.
// CHECK-LABEL: func private @sized.scratch(
// CHECK-SAME: %[[N:.*]]: index) -> index
// CHECK: call @grows.scratch(%[[N]])
// CHECK-LABEL: func @sized(
// CHECK-SAME: %[[N:.*]]: index {{.*}}, %[[X:.*]]: memref<?xf32> {rondo.name = "x"}, %[[D:.*]]: memref<?xf32> {rondo.result = 0 : i64}, %[[S:.*]]: memref<?xi8> {rondo.scratch})
// CHECK: call @grows.scratch(%[[N]])
// CHECK: %[[ARENA:.*]] = memref.view %[[S]][%{{.*}}][%{{.*}}] : memref<?xi8> to memref<?xi8>
// CHECK: call @grows(%[[N]], %[[X]], %[[D]], %[[ARENA]])
// CHECK: call @writes(%[[N]], %[[D]]) :
func.func private @sizes(%n: index) -> (index, index) {
  return %n, %n : index, index
}
func.func private @size(%n: index) -> index {
  return %n : index
}
func.func @sized(%n: index {rondo.dim = "n"}, %x: memref<?xf32> {rondo.name = "x"}, %d: memref<?xf32> {rondo.result = 0 : i64}) attributes {rondo.entry, rondo.shapes = @sizes} {
  func.call @grows(%n, %x, %d) : (index, memref<?xf32>, memref<?xf32>) -> ()
  func.call @writes(%n, %d) : (index, memref<?xf32>) -> ()
  return
}
func.func private @grows(%n: index {rondo.dim = "n"}, %x: memref<?xf32> {rondo.name = "x"}, %d: memref<?xf32> {rondo.result = 0 : i64}) attributes {rondo.layer, rondo.shapes = @sizes} {
  %a = memref.alloc(%n) : memref<?xf32>
  linalg.tanh ins(%x : memref<?xf32>) outs(%a : memref<?xf32>)
  linalg.tanh ins(%a : memref<?xf32>) outs(%d : memref<?xf32>)
  return
}
func.func private @writes(%n: index {rondo.dim = "n"}, %d: memref<?xf32> {rondo.result = 0 : i64}) attributes {rondo.layer, rondo.shapes = @size} {
  %f = arith.constant 1.0 : f32
  linalg.fill ins(%f : f32) outs(%d : memref<?xf32>)
  return
}

// A layer that is called in a loop has one arena for all steps.
// CHECK-LABEL: func @loops(
// CHECK: call @stepped.scratch(
// CHECK: %[[ARENA:.*]] = memref.view
// CHECK: scf.for
// CHECK-NEXT: func.call @stepped({{.*}}, %[[ARENA]])
func.func @loops(%m: index {rondo.dim = "m"}, %x: memref<?xf32> {rondo.name = "x"}, %d: memref<?xf32> {rondo.result = 0 : i64}) attributes {rondo.entry, rondo.shapes = @loops.shapes} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  scf.for %t = %c0 to %m step %c1 {
    func.call @stepped(%m, %x, %d) : (index, memref<?xf32>, memref<?xf32>) -> ()
  }
  return
}
func.func private @loops.shapes(%m: index) -> (index, index) {
  return %m, %m : index, index
}
func.func private @stepped(%m: index {rondo.dim = "m"}, %x: memref<?xf32> {rondo.name = "x"}, %d: memref<?xf32> {rondo.result = 0 : i64}) attributes {rondo.layer, rondo.shapes = @loops.shapes} {
  %a = memref.alloc(%m) : memref<?xf32>
  linalg.exp ins(%x : memref<?xf32>) outs(%a : memref<?xf32>)
  linalg.add ins(%x, %a : memref<?xf32>, memref<?xf32>) outs(%d : memref<?xf32>)
  return
}
