// RUN: rondo-opt %s -rondo-plan-memory -canonicalize -cse | FileCheck %s

// Buffers of fixed size: those whose lives are apart share bytes, the status word's line stays free.
// CHECK-LABEL: func private @fixed.scratch() -> index
// CHECK: %[[ALL:.*]] = arith.constant 704 : index
// CHECK: return %[[ALL]]
// CHECK-LABEL: func @fixed(
// CHECK-SAME: %[[S:[a-z0-9]+]]: memref<?xi8> {rondo.scratch}) attributes {rondo.entry, rondo.scratch_size = @fixed.scratch}
// CHECK-DAG: %[[C64:.*]] = arith.constant 64 : index
// CHECK-DAG: %[[C576:.*]] = arith.constant 576 : index
// CHECK: memref.view %[[S]][%[[C64]]][] : memref<?xi8> to memref<128xf32>
// CHECK: memref.view %[[S]][%[[C576]]][] : memref<?xi8> to memref<20xf32>
// CHECK: memref.view %[[S]][%[[C64]]][] : memref<?xi8> to memref<30xf32>
// CHECK-NOT: memref.alloc
func.func @fixed(%x: memref<4xf32> {rondo.name = "x"}) attributes {rondo.entry} {
  %a = memref.alloc() : memref<128xf32>
  %f = arith.constant 1.0 : f32
  %b = memref.alloc() : memref<20xf32>
  %c = memref.alloc() : memref<30xf32>
  linalg.fill ins(%f : f32) outs(%a : memref<128xf32>)
  %s = memref.subview %a[0] [20] [1] : memref<128xf32> to memref<20xf32, strided<[1]>>
  linalg.tanh ins(%s : memref<20xf32, strided<[1]>>) outs(%b : memref<20xf32>)
  linalg.fill ins(%f : f32) outs(%c : memref<30xf32>)
  linalg.tanh ins(%c : memref<30xf32>) outs(%c : memref<30xf32>)
  linalg.tanh ins(%b : memref<20xf32>) outs(%b : memref<20xf32>)
  memref.dealloc %a : memref<128xf32>
  return
}

// Of a size that comes with the call: one slot for two, as large as the larger; sizes of arguments by `rondo.shapes`.
// CHECK-LABEL: func private @sized.scratch(
// CHECK-SAME: %[[N:.*]]: index) -> index
// CHECK-DAG: %[[BEYOND:.*]] = arith.constant 4611686018427387904 : index
// CHECK-DAG: %[[A:.*]] = arith.muli %[[N]], %{{.*}}
// CHECK-DAG: %[[AA:.*]] = arith.andi
// CHECK-DAG: %[[BB:.*]] = arith.andi
// CHECK: %[[MAX:.*]] = arith.maxui
// CHECK: %[[ALL:.*]] = arith.addi %[[MAX]], %{{.*}}
// More than memory can be where a size overflows, be it one that needs no room, as n + 5 of `shapes`.
// CHECK: arith.xori
// CHECK: %[[FITS:.*]] = arith.andi %{{.*}}, %{{.*}} : i1
// CHECK: %[[BYTES:.*]] = arith.select %{{.*}}, %[[ALL]], %[[BEYOND]] : index
// CHECK: return %[[BYTES]]
// CHECK-LABEL: func @sized(
// CHECK-SAME: %[[N:.*]]: index {{.*}}, %[[X:.*]]: memref<?xf32> {{.*}}, %[[S:[a-z0-9]+]]: memref<?xi8> {rondo.scratch})
// CHECK-DAG: %[[C64:.*]] = arith.constant 64 : index
// CHECK-NOT: memref.dim
// CHECK: memref.view %[[S]][%[[C64]]][%[[N]]] : memref<?xi8> to memref<?x3xf32>
// CHECK: memref.view %[[S]][%[[C64]]][%{{.*}}] : memref<?xi8> to memref<?xf32>
func.func private @sized.shapes(%n: index) -> index {
  %c5 = arith.constant 5 : index
  %m = arith.addi %n, %c5 : index
  return %m : index
}
func.func @sized(%n: index {rondo.dim = "n"}, %x: memref<?xf32> {rondo.name = "x"}) attributes {rondo.entry, rondo.shapes = @sized.shapes} {
  %c0 = arith.constant 0 : index
  %f = arith.constant 1.0 : f32
  %m = memref.dim %x, %c0 : memref<?xf32>
  %a = memref.alloc(%n) : memref<?x3xf32>
  linalg.fill ins(%f : f32) outs(%a : memref<?x3xf32>)
  %b = memref.alloc(%m) : memref<?xf32>
  linalg.tanh ins(%x : memref<?xf32>) outs(%b : memref<?xf32>)
  return
}

// Buffers that rotate live as long as the loop, and so does one that is chosen before it.
// CHECK-LABEL: func @rotating(
// CHECK-DAG: %[[C64:.*]] = arith.constant 64 : index
// CHECK-DAG: %[[C128:.*]] = arith.constant 128 : index
// CHECK-DAG: %[[C192:.*]] = arith.constant 192 : index
// CHECK: memref.view %{{.*}}[%[[C64]]]
// CHECK: memref.view %{{.*}}[%[[C128]]]
// CHECK: scf.for
// CHECK: memref.view %{{.*}}[%[[C192]]]
func.func @rotating(%T: index {rondo.dim = "T"}, %x: memref<4xf32> {rondo.name = "x"}) attributes {rondo.entry} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %odd = arith.cmpi eq, %T, %c1 : index
  %a = memref.alloc() : memref<4xf32>
  %b = memref.alloc() : memref<4xf32>
  %p = arith.select %odd, %a, %b : memref<4xf32>
  %q = arith.select %odd, %b, %a : memref<4xf32>
  %r:2 = scf.for %t = %c0 to %T step %c1 iter_args(%h = %p, %n = %q) -> (memref<4xf32>, memref<4xf32>) {
    linalg.tanh ins(%h : memref<4xf32>) outs(%n : memref<4xf32>)
    scf.yield %n, %h : memref<4xf32>, memref<4xf32>
  }
  %c = memref.alloc() : memref<4xf32>
  linalg.tanh ins(%x : memref<4xf32>) outs(%c : memref<4xf32>)
  linalg.add ins(%r#0, %c : memref<4xf32>, memref<4xf32>) outs(%c : memref<4xf32>)
  return
}

// A size that is known late: bytes for the most that it can be, a view of what it is; in a loop too.
// CHECK-LABEL: func private @late.scratch(
// CHECK-SAME: %[[N:.*]]: index) -> index
// CHECK-NOT: memref.load
// CHECK: return
// CHECK-LABEL: func @late(
// CHECK-SAME: %[[N:[a-z0-9]+]]: index {{.*}}, %[[M:[a-z0-9]+]]: memref<i64> {{.*}}, %[[S:[a-z0-9]+]]: memref<?xi8> {rondo.scratch})
// CHECK: scf.for
// CHECK: %[[LOAD:.*]] = memref.load %[[M]][]
// CHECK: %[[LATE:.*]] = arith.minui
// CHECK: memref.view %[[S]][%{{.*}}][%[[LATE]]] : memref<?xi8> to memref<?x3xf32>
// CHECK: %[[LESS:.*]] = arith.subi %[[N]], %[[LATE]]
// CHECK: memref.view %[[S]][%{{.*}}][%[[LESS]]] : memref<?xi8> to memref<?xf32>
func.func private @late.shapes(%n: index) -> () {
  return
}
func.func @late(%n: index {rondo.dim = "n"}, %m: memref<i64> {rondo.name = "m"}) attributes {rondo.entry, rondo.shapes = @late.shapes} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %f = arith.constant 1.0 : f32
  scf.for %t = %c0 to %n step %c1 {
    %count = memref.load %m[] : memref<i64>
    %index = arith.index_cast %count : i64 to index
    %late = arith.minui %index, %n : index
    %a = memref.alloc(%late) : memref<?x3xf32>
    linalg.fill ins(%f : f32) outs(%a : memref<?x3xf32>)
    %less = arith.subi %n, %late : index
    %b = memref.alloc(%less) : memref<?xf32>
    linalg.fill ins(%f : f32) outs(%b : memref<?xf32>)
    linalg.fill ins(%f : f32) outs(%a : memref<?x3xf32>)
  }
  return
}
