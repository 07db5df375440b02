// RUN: rondo-opt %s -rondo-attention-to-tiles -canonicalize -cse | FileCheck %s
// RUN: rondo-opt %s -rondo-attention-to-tiles="vector-bits=128 registers=14" -canonicalize -cse \
// RUN: | FileCheck %s --check-prefix=SSE

// Scratch: the packed keys of one head, logits and outputs of a block, two numbers a row. Nothing has an element for
// each pair. Few queries have a path of their own.
// CHECK-LABEL: func.func @plain
// CHECK-SAME: %[[Q:[^:]*]]: memref<1x2x?x64xf32>, %[[K:[^:]*]]: memref<1x2x?x64xf32>
// CHECK-DAG: %[[TQ:.*]] = memref.dim %[[Q]], %c2
// CHECK-DAG: memref.alloc(%{{.*}}) {{.*}} : memref<?x64x32xf32>
// CHECK-DAG: memref.alloc() {{.*}} : memref<16x1040xf32>
// CHECK-DAG: memref.alloc() {{.*}} : memref<16x64xf32>
// CHECK-NOT: memref.alloc({{.*}}) {{.*}} : memref<?x?
// CHECK: %[[FEW:.*]] = arith.cmpi slt, %[[TQ]], %c8
// CHECK: scf.if %[[FEW]]
// Keys are packed by transpositions of registers.
// CHECK: else
// CHECK: vector.shuffle
// A micro-tile: eight rows of two vectors.
// CHECK: scf.for {{.*}} iter_args({{(%[a-z0-9_]+ = [^,]+, ){15}%[a-z0-9_]+ = [^,]+}}) ->
// CHECK-NOT: rondo.attention
// SSE-LABEL: func.func @plain
// SSE: arith.cmpi slt, %{{.*}}, %c4
// SSE: vector<4xf32>
// SSE-NOT: vector<16xf32>
func.func @plain(%q: memref<1x2x?x64xf32>, %k: memref<1x2x?x64xf32>, %v: memref<1x2x?x64xf32>, %o: memref<1x2x?x64xf32>) {
  %scale = arith.constant 0.125 : f32
  rondo.attention %scale ins(%q, %k, %v : memref<1x2x?x64xf32>, memref<1x2x?x64xf32>, memref<1x2x?x64xf32>)
      outs(%o : memref<1x2x?x64xf32>) : f32
  return
}

// A check of all pairs that are visible is one for each row of a tile. What depends on the query alone stays scalar.
// CHECK-LABEL: func.func @regions
// CHECK: %[[ROW:.*]] = memref.load %{{.*}} : memref<?xf32>
// CHECK: vector.broadcast %[[ROW]]
// CHECK: vector.load %{{.*}} : memref<?xf32>, vector<16xf32>
// CHECK: vector.reduction <and>
// CHECK: rondo.check %{{.*}}, "a place" : i1
// CHECK-NOT: rondo.attention
func.func @regions(%x: memref<1x2x?x64xf32>, %o: memref<1x2x?x64xf32>, %rows: memref<?xf32>, %columns: memref<?xf32>) {
  %scale = arith.constant 0.125 : f32
  rondo.attention %scale ins(%x, %x, %x : memref<1x2x?x64xf32>, memref<1x2x?x64xf32>, memref<1x2x?x64xf32>)
      captures(%rows, %columns : memref<?xf32>, memref<?xf32>) outs(%o : memref<1x2x?x64xf32>) : f32 score {
    ^bb0(%s: f32, %b: i64, %h: i64, %i: i64, %j: i64, %r: memref<?xf32>, %c: memref<?xf32>):
      %row = arith.index_cast %i : i64 to index
      %column = arith.index_cast %j : i64 to index
      %x1 = memref.load %r[%row] : memref<?xf32>
      %x2 = memref.load %c[%column] : memref<?xf32>
      %x3 = arith.addf %s, %x1 : f32
      %x4 = arith.addf %x3, %x2 : f32
      %last = arith.constant 99 : i64
      %ok = arith.cmpi sle, %j, %last : i64
      rondo.check %ok, "a place" : i1
      rondo.attention.yield %x4 : f32
    }
  return
}

// Rows with gaps between their elements are copied.
// CHECK-LABEL: func.func @gaps
// CHECK-SAME: %[[V:[^:]*]]: memref<1x1x8x8xf32, strided<[128, 128, 16, 2]>>
// CHECK: %[[DENSE:.*]] = memref.alloc() {{.*}} : memref<1x1x8x8xf32>
// CHECK: memref.copy %[[V]], %[[DENSE]]
func.func @gaps(%x: memref<1x1x8x8xf32>, %v: memref<1x1x8x8xf32, strided<[128, 128, 16, 2]>>, %o: memref<1x1x8x8xf32>) {
  %scale = arith.constant 0.125 : f32
  rondo.attention %scale ins(%x, %x, %v : memref<1x1x8x8xf32>, memref<1x1x8x8xf32>,
                             memref<1x1x8x8xf32, strided<[128, 128, 16, 2]>>)
      outs(%o : memref<1x1x8x8xf32>) : f32
  return
}

// A place that was made safe to read is a vector where all keys are inside and it meets no bound, else a place for each
// lane. Bools are bytes in memory.
// CHECK-LABEL: func.func @tables
// CHECK: %[[WHOLE:.*]] = arith.cmpi sgt, %{{.*}}, %c15
// CHECK: scf.if %[[WHOLE]] -> (vector<16xi1>)
// CHECK: builtin.unrealized_conversion_cast %{{.*}} : memref<?xi1> to memref<?xi8>
// CHECK: vector.load %{{.*}} : memref<?xi8>, vector<16xi8>
// CHECK: else
// CHECK-COUNT-16: memref.load %{{.*}} : memref<?xi1>
// CHECK: %[[INSIDE:.*]] = arith.cmpi sgt, %{{.*}}, %c15
// CHECK: %[[LEAST:.*]] = arith.cmpi sge, %{{.*}}, %c0_i64
// CHECK: %[[BOTH:.*]] = arith.andi %[[INSIDE]], %[[LEAST]]
// CHECK: %[[MOST:.*]] = arith.cmpi sle, %{{.*}}, %c17_i64
// CHECK: %[[ROW:.*]] = arith.andi %[[BOTH]], %[[MOST]]
// CHECK: scf.if %[[ROW]] -> (vector<16xf32>)
// CHECK: vector.load %{{.*}} : memref<33xf32>, vector<16xf32>
// CHECK: else
// CHECK-COUNT-16: memref.load %{{.*}} : memref<33xf32>
// Without keys there is nothing to look at.
// CHECK: linalg.fill ins(%{{.*}} : f32) outs(%{{.*}} : memref<1x1x?x64xf32>)
func.func @tables(%x: memref<1x1x?x64xf32>, %o: memref<1x1x?x64xf32>, %shown: memref<?xi1>, %table: memref<33xf32>) {
  %scale = arith.constant 0.125 : f32
  rondo.attention %scale ins(%x, %x, %x : memref<1x1x?x64xf32>, memref<1x1x?x64xf32>, memref<1x1x?x64xf32>)
      captures(%shown, %table : memref<?xi1>, memref<33xf32>) outs(%o : memref<1x1x?x64xf32>) : f32 score {
    ^bb0(%s: f32, %b: i64, %h: i64, %i: i64, %j: i64, %shows: memref<?xi1>, %t: memref<33xf32>):
      %zero = arith.constant 0 : i64
      %last = arith.constant 32 : i64
      %distance = arith.subi %j, %i : i64
      %below = arith.minsi %distance, %last : i64
      %place = arith.maxsi %below, %zero : i64
      %at = arith.index_cast %place : i64 to index
      %more = memref.load %t[%at] : memref<33xf32>
      %sum = arith.addf %s, %more : f32
      rondo.attention.yield %sum : f32
    } mask {
    ^bb0(%b: i64, %h: i64, %i: i64, %j: i64, %shows: memref<?xi1>, %t: memref<33xf32>):
      %at = arith.index_cast %j : i64 to index
      %sees = memref.load %shows[%at] : memref<?xi1>
      rondo.attention.yield %sees : i1
    }
  return
}
