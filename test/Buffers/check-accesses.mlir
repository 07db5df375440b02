// RUN: rondo-opt %s -rondo-check-accesses -canonicalize | FileCheck %s

// Upstream's checks are told in one line; those of vectors are all along the last axes.
// CHECK-LABEL: func.func @f
// CHECK-SAME: %[[I:.*]]: index {{.*}}, %[[X:.*]]: memref<?x8xf32> {{.*}}, %[[Y:[^:]*]]: memref<?xf32>
func.func @f(%i: index {rondo.dim = "I"}, %x: memref<?x8xf32> {rondo.name = "x"}, %y: memref<?xf32> {rondo.result = 0 : i64},
             %s: memref<?xi8> {rondo.scratch}) attributes {rondo.entry} {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  // CHECK: %[[D:.*]] = memref.dim %[[X]], %c0
  // CHECK: %[[LEAST:.*]] = arith.cmpi sge, %[[I]], %c0
  // CHECK: %[[MOST:.*]] = arith.cmpi slt, %[[I]], %[[D]]
  // CHECK: %[[IN:.*]] = arith.andi %[[LEAST]], %[[MOST]]
  // CHECK: cf.assert %[[IN]], "`memref.load`: out-of-bounds access"
  // CHECK-NEXT: memref.load %[[X]][%[[I]], %c0]
  %v = memref.load %x[%i, %c0] : memref<?x8xf32>
  // CHECK: %[[Y_SIZE:.*]] = memref.dim %[[Y]], %c0
  // CHECK: %[[LAST:.*]] = arith.subi %[[Y_SIZE]], %c4
  // CHECK: %[[FITS:.*]] = arith.cmpi sge, %[[LAST]], %c0
  // CHECK: cf.assert %[[FITS]], "`vector.store`: out-of-bounds access"
  // CHECK-NEXT: vector.store
  %w = vector.broadcast %v : f32 to vector<4xf32>
  vector.store %w, %y[%c0] : memref<?xf32>, vector<4xf32>
  // What is known to lie inside needs no check: all eight of a row. So is the padding of a transfer no excuse.
  // CHECK: cf.assert %{{.*}}, "`vector.transfer_read`: out-of-bounds access"
  // CHECK-NEXT: vector.transfer_read %[[X]]
  %r = vector.transfer_read %x[%i, %c0], %zero : memref<?x8xf32>, vector<8xf32>
  %q = vector.extract_strided_slice %r {offsets = [0], sizes = [4], strides = [1]} : vector<8xf32> to vector<4xf32>
  // CHECK: cf.assert %{{.*}}, "`vector.store`: out-of-bounds access"
  // CHECK-NEXT: vector.store
  vector.store %q, %y[%i] : memref<?xf32>, vector<4xf32>
  return
}

// Of masked ones the lanes that are there.
// CHECK-LABEL: func.func @masked
// CHECK-SAME: %[[I:[^:]*]]: index, %[[Y:[^:]*]]: memref<?xf32>, %[[M:[^:]*]]: vector<4xi1>
func.func @masked(%i: index, %y: memref<?xf32>, %m: vector<4xi1>, %v: vector<4xf32>) {
  // CHECK-DAG: %[[STEPS:.*]] = arith.constant dense<[0, 1, 2, 3]> : vector<4xindex>
  // CHECK-DAG: %[[ALL:.*]] = arith.constant dense<true> : vector<4xi1>
  // CHECK: %[[FIRST:.*]] = vector.broadcast %[[I]] : index to vector<4xindex>
  // CHECK: %[[PLACES:.*]] = arith.addi %[[FIRST]], %[[STEPS]]
  // CHECK: %[[SIZES:.*]] = vector.broadcast %{{.*}} : index to vector<4xindex>
  // CHECK: %[[IN:.*]] = arith.cmpi ult, %[[PLACES]], %[[SIZES]]
  // CHECK: %[[HIDDEN:.*]] = arith.xori %[[M]], %[[ALL]]
  // CHECK: %[[EACH:.*]] = arith.ori %[[IN]], %[[HIDDEN]]
  // CHECK: %[[HOLDS:.*]] = vector.reduction <and>, %[[EACH]]
  // CHECK: cf.assert %[[HOLDS]], "`vector.maskedstore`: out-of-bounds access"
  vector.maskedstore %y[%i], %m, %v : memref<?xf32>, vector<4xi1>, vector<4xf32>
  return
}

// A view lies in the arena.
// CHECK-LABEL: func.func @view
// CHECK-SAME: %[[N:[^:]*]]: index, %[[S:[^:]*]]: memref<?xi8>
func.func @view(%n: index, %s: memref<?xi8>) {
  %c64 = arith.constant 64 : index
  // CHECK-DAG: %[[BYTES:.*]] = arith.muli %[[N]], %c16
  // CHECK-DAG: %[[SIZE:.*]] = memref.dim %[[S]], %c0
  // CHECK-DAG: %[[ROOM:.*]] = arith.subi %[[SIZE]], %c64
  // CHECK: arith.cmpi sle, %[[BYTES]], %[[ROOM]]
  // CHECK: cf.assert %{{.*}}, "`memref.view`: out-of-bounds access"
  %v = memref.view %s[%c64][%n] : memref<?xi8> to memref<?x4xf32>
  return
}

// Operands of linalg have sizes that fit, and what its body reads is checked in the body.
// CHECK-LABEL: func.func @shapes
func.func @shapes(%i: index, %x: memref<?xf32>, %y: memref<?xf32>) {
  // CHECK: cf.assert %{{.*}}, "`linalg.generic`: dimension #0 of input/output operand #1 is incompatible with inferred dimension size"
  // CHECK: linalg.generic
  // CHECK: cf.assert %{{.*}}, "`memref.load`: out-of-bounds access"
  // CHECK-NEXT: memref.load
  linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]}
      ins(%x : memref<?xf32>) outs(%y : memref<?xf32>) {
  ^bb0(%a: f32, %b: f32):
    %c = memref.load %x[%i] : memref<?xf32>
    linalg.yield %c : f32
  }
  return
}

// Layers get a status word, before their arena; it is asked for behind each call. Their buffers have the sizes that
// they compute.
func.func private @layer.shapes(%n: index) -> index {
  return %n : index
}
func.func private @layer.scratch(%n: index) -> index {
  return %n : index
}
// CHECK-LABEL: func.func private @layer(
// CHECK-SAME: memref<?xf32> {rondo.result = 0 : i64}, %{{.*}}: memref<i32> {rondo.status}, %{{.*}}: memref<?xi8> {rondo.scratch})
func.func private @layer(%n: index {rondo.dim = "0"}, %y: memref<?xf32> {rondo.result = 0 : i64}, %s: memref<?xi8> {rondo.scratch})
    attributes {rondo.layer, rondo.shapes = @layer.shapes, rondo.scratch_size = @layer.scratch} {
  return
}
// CHECK-LABEL: func.func @calls
// CHECK-SAME: %[[N:[^:]*]]: index {{.*}}, %[[Y:[^:]*]]: memref<?xf32> {{.*}}, %[[S:[^:]*]]: memref<?xi8>
// CHECK: %[[STATUS:.*]] = memref.view %[[S]][%c0][] : memref<?xi8> to memref<i32>
// CHECK: %[[SIZE:.*]] = call @layer.shapes(%[[N]])
// CHECK: %[[Y_SIZE:.*]] = memref.dim %[[Y]], %c0
// CHECK: arith.cmpi eq, %[[Y_SIZE]], %[[SIZE]]
// CHECK: %[[BYTES:.*]] = call @layer.scratch(%[[N]])
// CHECK: arith.cmpi sle, %[[BYTES]], %{{.*}}
// CHECK: cf.assert %{{.*}}, "`func.call`: a buffer has not the size that the layer takes it for"
// CHECK: call @layer(%[[N]], %[[Y]], %[[STATUS]], %[[S]])
// CHECK: %[[SAID:.*]] = memref.load %[[STATUS]][]
// CHECK: %[[OK:.*]] = arith.cmpi eq, %[[SAID]], %c0_i32
// CHECK: cf.assert %[[OK]], ""
func.func @calls(%n: index {rondo.dim = "N"}, %y: memref<?xf32> {rondo.result = 0 : i64}, %s: memref<?xi8> {rondo.scratch})
    attributes {rondo.entry} {
  func.call @layer(%n, %y, %s) : (index, memref<?xf32>, memref<?xi8>) -> ()
  return
}
