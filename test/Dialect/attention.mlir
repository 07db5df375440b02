// RUN: rondo-opt %s | rondo-opt | FileCheck %s
// RUN: rondo-opt %s -canonicalize | FileCheck %s --check-prefix=CANON
// RUN: rondo-opt %s -rondo-bufferize | FileCheck %s --check-prefix=BUF

// CHECK-LABEL: func.func private @plain
// CHECK: rondo.attention %{{.*}} ins(%{{.*}}, %{{.*}}, %{{.*}} : tensor<?x4x?x16xf32>, tensor<?x2x?x16xf32>, tensor<?x2x?x8xf32>) outs(%{{.*}} : tensor<?x4x?x8xf32>) : f32 -> tensor<?x4x?x8xf32>
// BUF-LABEL: func.func private @plain
// BUF: rondo.attention %{{.*}} ins(%{{.*}} : memref<{{.*}}>, memref<{{.*}}>, memref<{{.*}}>) outs(%arg4 : memref<{{.*}}>) : f32{{$}}
// BUF-NOT: copy
func.func private @plain(%scale: f32, %q: tensor<?x4x?x16xf32>, %k: tensor<?x2x?x16xf32>, %v: tensor<?x2x?x8xf32>,
                         %o: tensor<?x4x?x8xf32>) -> tensor<?x4x?x8xf32> {
  %r = rondo.attention %scale ins(%q, %k, %v : tensor<?x4x?x16xf32>, tensor<?x2x?x16xf32>, tensor<?x2x?x8xf32>)
      outs(%o : tensor<?x4x?x8xf32>) : f32 -> tensor<?x4x?x8xf32>
  return %r : tensor<?x4x?x8xf32>
}

// Regions, captures and weights; the capture that is read by nobody goes, and so does the one that is there twice.
// CHECK-LABEL: func.func private @regions
// CHECK: captures(%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}} : tensor<4xf32>, tensor<?xi64>, tensor<?xi64>, index)
// CHECK-SAME: weights(
// CHECK: score {
// CHECK: mask {
// CANON-LABEL: func.func private @regions
// CANON: rondo.attention
// CANON-SAME: captures(%{{.*}}, %{{.*}} : tensor<4xf32>, tensor<?xi64>)
// CANON: ^bb0(%{{.*}}: f64, %{{.*}}: i64, %{{.*}}: i64, %{{.*}}: i64, %{{.*}}: i64, %{{.*}}: tensor<4xf32>, %{{.*}}: tensor<?xi64>):
// BUF-LABEL: func.func private @regions
// BUF: memref.load
// BUF: memref.load
// BUF-NOT: copy
func.func private @regions(%q: tensor<?x4x?x16xf64>, %k: tensor<?x4x?x16xf64>, %v: tensor<?x4x?x16xf64>,
                           %slope: tensor<4xf32>, %n: tensor<?xi64>, %size: index, %o: tensor<?x4x?x16xf64>,
                           %w: tensor<?x4x?x?xf64>) -> (tensor<?x4x?x16xf64>, tensor<?x4x?x?xf64>) {
  %scale = arith.constant 0.25 : f64
  %r, %p = rondo.attention %scale ins(%q, %k, %v : tensor<?x4x?x16xf64>, tensor<?x4x?x16xf64>, tensor<?x4x?x16xf64>)
      captures(%slope, %n, %n, %size : tensor<4xf32>, tensor<?xi64>, tensor<?xi64>, index)
      outs(%o : tensor<?x4x?x16xf64>) weights(%w : tensor<?x4x?x?xf64>) : f64
      score {
      ^bb0(%s: f64, %b: i64, %h: i64, %i: i64, %j: i64, %sl: tensor<4xf32>, %n0: tensor<?xi64>, %n1: tensor<?xi64>,
           %unused: index):
        %head = arith.index_cast %h : i64 to index
        %m = tensor.extract %sl[%head] : tensor<4xf32>
        %wide = arith.extf %m : f32 to f64
        %t = arith.addf %s, %wide : f64
        rondo.attention.yield %t : f64
      } mask {
      ^bb0(%b: i64, %h: i64, %i: i64, %j: i64, %sl: tensor<4xf32>, %n0: tensor<?xi64>, %n1: tensor<?xi64>,
           %unused: index):
        %row = arith.index_cast %b : i64 to index
        %length = tensor.extract %n1[%row] : tensor<?xi64>
        %sees = arith.cmpi slt, %j, %length : i64
        rondo.attention.yield %sees : i1
      } -> tensor<?x4x?x16xf64>, tensor<?x4x?x?xf64>
  return %r, %p : tensor<?x4x?x16xf64>, tensor<?x4x?x?xf64>
}

// What regions compute on tensors of rank 0 is the form of the phase `rondo`. Regions that say nothing go.
// CHECK-LABEL: func.func private @says_nothing
// CANON-LABEL: func.func private @says_nothing
// CANON: rondo.attention %{{.*}} ins({{.*}}) outs({{.*}}) : f32 -> tensor<1x1x?x4xf32>
func.func private @says_nothing(%scale: f32, %q: tensor<1x1x?x4xf32>, %o: tensor<1x1x?x4xf32>) -> tensor<1x1x?x4xf32> {
  %r = rondo.attention %scale ins(%q, %q, %q : tensor<1x1x?x4xf32>, tensor<1x1x?x4xf32>, tensor<1x1x?x4xf32>)
      outs(%o : tensor<1x1x?x4xf32>) : f32
      score {
      ^bb0(%s: tensor<f32>, %b: tensor<i64>, %h: tensor<i64>, %i: tensor<i64>, %j: tensor<i64>):
        rondo.attention.yield %s : tensor<f32>
      } mask {
      ^bb0(%b: tensor<i64>, %h: tensor<i64>, %i: tensor<i64>, %j: tensor<i64>):
        %yes = arith.constant dense<true> : tensor<i1>
        rondo.attention.yield %yes : tensor<i1>
      } -> tensor<1x1x?x4xf32>
  return %r : tensor<1x1x?x4xf32>
}

// Weights that nobody reads are not made.
// CANON-LABEL: func.func private @unread_weights
// CANON: rondo.attention %{{.*}} captures({{.*}}) outs({{.*}}) : f32 mask {
// CANON: } -> tensor<1x1x?x4xf32>
// CANON-NEXT: return
func.func private @unread_weights(%scale: f32, %q: tensor<1x1x?x4xf32>, %n: i64, %o: tensor<1x1x?x4xf32>,
                                  %w: tensor<1x1x?x?xf32>) -> tensor<1x1x?x4xf32> {
  %r, %p = rondo.attention %scale ins(%q, %q, %q : tensor<1x1x?x4xf32>, tensor<1x1x?x4xf32>, tensor<1x1x?x4xf32>)
      captures(%n : i64) outs(%o : tensor<1x1x?x4xf32>) weights(%w : tensor<1x1x?x?xf32>) : f32
      mask {
      ^bb0(%b: i64, %h: i64, %i: i64, %j: i64, %length: i64):
        %sees = arith.cmpi slt, %j, %length : i64
        rondo.attention.yield %sees : i1
      } -> tensor<1x1x?x4xf32>, tensor<1x1x?x?xf32>
  return %r : tensor<1x1x?x4xf32>
}

// Also with operations that are not read.
// CANON-LABEL: func.func private @computes_idly
// CANON-NOT: mask
// CANON: return
func.func private @computes_idly(%scale: f32, %q: tensor<1x1x?x4xf32>, %o: tensor<1x1x?x4xf32>, %n: i64) -> tensor<1x1x?x4xf32> {
  %r = rondo.attention %scale ins(%q, %q, %q : tensor<1x1x?x4xf32>, tensor<1x1x?x4xf32>, tensor<1x1x?x4xf32>)
      captures(%n : i64) outs(%o : tensor<1x1x?x4xf32>) : f32
      mask {
      ^bb0(%b: tensor<i64>, %h: tensor<i64>, %i: tensor<i64>, %j: tensor<i64>, %m: i64):
        %yes = arith.constant dense<true> : tensor<i1>
        %size = tensor.from_elements %m : tensor<i64>
        %0 = arith.cmpi sle, %j, %size : tensor<i64>
        rondo.attention.yield %yes : tensor<i1>
      } -> tensor<1x1x?x4xf32>
  return %r : tensor<1x1x?x4xf32>
}

// With the mask go its bounds, and what is said of both.
// CANON-LABEL: func.func private @folded_away
// CANON: rondo.attention %{{.*}} ins({{.*}}) outs({{.*}}) : f32 -> tensor<1x1x?x4xf32>
func.func private @folded_away(%scale: f32, %q: tensor<1x1x?x4xf32>, %o: tensor<1x1x?x4xf32>) -> tensor<1x1x?x4xf32> {
  %r = rondo.attention opaque %scale ins(%q, %q, %q : tensor<1x1x?x4xf32>, tensor<1x1x?x4xf32>, tensor<1x1x?x4xf32>)
      outs(%o : tensor<1x1x?x4xf32>) : f32
      mask {
      ^bb0(%b: i64, %h: i64, %i: i64, %j: i64):
        %yes = arith.constant true
        rondo.attention.yield %yes : i1
      } bounds {
      ^bb0(%b: i64, %h: i64, %first: i64, %last: i64):
        rondo.attention.yield %first, %last, %last, %last : i64, i64, i64, i64
      } -> tensor<1x1x?x4xf32>
  return %r : tensor<1x1x?x4xf32>
}
