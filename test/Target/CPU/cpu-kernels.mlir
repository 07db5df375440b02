// RUN: rondo-opt %s -rondo-cpu-kernels -canonicalize -cse -split-input-file | FileCheck %s

#bk = affine_map<(b, g, n, k) -> (b, k)>
#gnk = affine_map<(b, g, n, k) -> (g, n, k)>
#bgn = affine_map<(b, g, n, k) -> (b, g, n)>
#bn = affine_map<(b, n) -> (b, n)>

// A product of gates and what follows it are one loop nest: the gates stay in
// vectors, only the result is stored. Weights are packed before the loops.
// CHECK-LABEL: func.func @gates
// CHECK-SAME: %[[H:[a-z0-9]+]]: tensor<12x64xf32> {{.*}}, %[[U:[a-z0-9]+]]: tensor<2x64x64xf32>
// CHECK: %[[PACKED:.*]] = linalg.generic
// CHECK:   tensor.extract %[[U]]
// CHECK:   linalg.yield
// CHECK-NOT: linalg.
// CHECK: scf.for {{.*}} -> (tensor<12x64xf32>)
// CHECK: scf.for {{.*}} -> (tensor<12x64xf32>)
// CHECK:   scf.for {{.*}} -> (vector<16xf32>
// CHECK:     tensor.extract %[[H]]
// CHECK:     vector.transfer_read %[[PACKED]]
// CHECK:     arith.mulf {{.*}} : vector<16xf32>
// CHECK:   math.tanh {{.*}} : vector<16xf32>
// CHECK:   vector.transfer_write
// CHECK-NOT: linalg.
func.func @gates(%h: tensor<12x64xf32> {rondo.name = "h"}, %u: tensor<2x64x64xf32> {rondo.prepared = 0 : i64},
                 %out: tensor<12x64xf32> {rondo.result = 0 : i64}) -> tensor<12x64xf32> attributes {rondo.entry} {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<12x2x64xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<12x2x64xf32>) -> tensor<12x2x64xf32>
  %g = linalg.generic {indexing_maps = [#bk, #gnk, #bgn], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%h, %u : tensor<12x64xf32>, tensor<2x64x64xf32>) outs(%f : tensor<12x2x64xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.addf %c, %m : f32
    linalg.yield %s : f32
  } -> tensor<12x2x64xf32>
  %g0 = tensor.extract_slice %g[0, 0, 0] [12, 1, 64] [1, 1, 1] : tensor<12x2x64xf32> to tensor<12x64xf32>
  %g1 = tensor.extract_slice %g[0, 1, 0] [12, 1, 64] [1, 1, 1] : tensor<12x2x64xf32> to tensor<12x64xf32>
  %t = linalg.generic {indexing_maps = [#bn, #bn, #bn], iterator_types = ["parallel", "parallel"]}
      ins(%g0, %g1 : tensor<12x64xf32>, tensor<12x64xf32>) outs(%out : tensor<12x64xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %x = math.tanh %a : f32
    %m = arith.mulf %x, %b : f32
    linalg.yield %m : f32
  } -> tensor<12x64xf32>
  return %t : tensor<12x64xf32>
}

// -----

// 40 lanes are panels of 16 that begin at 0, 16 and 24: the last overlaps.
// CHECK: #[[$START:.*]] = affine_map<(d0) -> (24, d0 * 16)>
// CHECK-LABEL: func.func @tail
// CHECK: %[[C3:.*]] = arith.constant 3 : index
// CHECK: scf.for %[[I:.*]] = %{{.*}} to %[[C3]]
// CHECK:   %[[AT:.*]] = affine.min #[[$START]](%[[I]])
// CHECK:   vector.transfer_read %{{.*}}[%[[AT]]]
// CHECK:   vector.transfer_write %{{.*}}[%[[AT]]]
func.func @tail(%x: tensor<40xf32> {rondo.name = "x"}, %out: tensor<40xf32> {rondo.result = 0 : i64}) -> tensor<40xf32>
    attributes {rondo.entry} {
  %t = linalg.generic {indexing_maps = [affine_map<(n) -> (n)>, affine_map<(n) -> (n)>], iterator_types = ["parallel"]}
      ins(%x : tensor<40xf32>) outs(%out : tensor<40xf32>) {
  ^bb0(%a: f32, %c: f32):
    %m = arith.addf %a, %a : f32
    linalg.yield %m : f32
  } -> tensor<40xf32>
  return %t : tensor<40xf32>
}

// -----

// A sum over the last axis: partial sums in a vector, halves combined, then the
// rest of the row one by one. The squares are computed on the way.
// CHECK-LABEL: func.func @squares
// CHECK: scf.for
// CHECK:   %[[PARTS:.*]] = scf.for {{.*}} -> (vector<16xf32>)
// CHECK:     arith.mulf {{.*}} : vector<16xf32>
// CHECK:     arith.addf {{.*}} : vector<16xf32>
// CHECK:   vector.extract_strided_slice %[[PARTS]] {{.*}} : vector<16xf32> to vector<8xf32>
// CHECK:   scf.for {{.*}} -> (f32)
// CHECK:   tensor.insert
func.func @squares(%x: tensor<3x37xf32> {rondo.name = "x"}, %out: tensor<3xf32> {rondo.result = 0 : i64}) -> tensor<3xf32>
    attributes {rondo.entry} {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<3x37xf32>
  %q = linalg.generic {indexing_maps = [affine_map<(b, n) -> (b, n)>, affine_map<(b, n) -> (b, n)>], iterator_types = ["parallel", "parallel"]}
      ins(%x : tensor<3x37xf32>) outs(%e : tensor<3x37xf32>) {
  ^bb0(%a: f32, %c: f32):
    %m = arith.mulf %a, %a : f32
    linalg.yield %m : f32
  } -> tensor<3x37xf32>
  %f = linalg.fill ins(%zero : f32) outs(%out : tensor<3xf32>) -> tensor<3xf32>
  %s = linalg.generic {indexing_maps = [affine_map<(b, n) -> (b, n)>, affine_map<(b, n) -> (b)>], iterator_types = ["parallel", "reduction"]}
      ins(%q : tensor<3x37xf32>) outs(%f : tensor<3xf32>) {
  ^bb0(%a: f32, %c: f32):
    %m = arith.addf %c, %a : f32
    linalg.yield %m : f32
  } -> tensor<3xf32>
  return %s : tensor<3xf32>
}

// -----

// The rows of a batch are unknown: loops for tiles of several rows, of two and of
// one, of which the size picks one.
// CHECK-LABEL: func.func @batch
// CHECK-SAME: %[[B:[a-z0-9]+]]: index
// CHECK: %[[SIZE:.*]] = tensor.dim
// CHECK: arith.cmpi sge, %[[SIZE]], %c8
// CHECK: arith.cmpi sge, %[[SIZE]], %c2
// CHECK: arith.cmpi slt, %[[SIZE]], %c8
// CHECK: arith.cmpi slt, %[[SIZE]], %c2
// CHECK: return
func.func @batch(%B: index {rondo.dim = "B"}, %x: tensor<?x8xf32> {rondo.name = "x"}, %w: tensor<48x8xf32> {rondo.prepared = 0 : i64},
                 %out: tensor<?x48xf32> {rondo.result = 0 : i64}) -> tensor<?x48xf32> attributes {rondo.entry} {
  %zero = arith.constant 0.0 : f32
  %f = linalg.fill ins(%zero : f32) outs(%out : tensor<?x48xf32>) -> tensor<?x48xf32>
  %g = linalg.generic {indexing_maps = [affine_map<(b, n, k) -> (b, k)>, affine_map<(b, n, k) -> (n, k)>, affine_map<(b, n, k) -> (b, n)>],
      iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<?x8xf32>, tensor<48x8xf32>) outs(%f : tensor<?x48xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.addf %c, %m : f32
    linalg.yield %s : f32
  } -> tensor<?x48xf32>
  return %g : tensor<?x48xf32>
}

// -----

// Two axes of batches become one: in what is read as it is, in the result, and in the packed operand.
// CHECK-LABEL: func.func @batches
// CHECK-SAME: %[[Q:[a-z0-9]+]]: tensor<2x3x24x8xf32> {{.*}}, %[[K:[a-z0-9]+]]: tensor<2x3x32x8xf32>
// CHECK: %[[PACKED:.*]] = linalg.generic
// CHECK:   tensor.extract %[[K]]
// CHECK-DAG: %[[ROWS:.*]] = tensor.collapse_shape %[[Q]] {{\[\[}}0, 1], [2], [3]]
// CHECK-DAG: %[[PANELS:.*]] = tensor.collapse_shape %[[PACKED]] {{\[\[}}0, 1], [2], [3], [4]]
// CHECK: scf.for %[[B:[a-z0-9]+]] = %{{.*}} to %c6
// CHECK:   tensor.extract %[[ROWS]][%[[B]],
// CHECK:   vector.transfer_read %[[PANELS]][%[[B]],
#q = affine_map<(b, h, m, n, k) -> (b, h, m, k)>
#k = affine_map<(b, h, m, n, k) -> (b, h, n, k)>
#o = affine_map<(b, h, m, n, k) -> (b, h, m, n)>
func.func @batches(%q: tensor<2x3x24x8xf32> {rondo.name = "q"}, %k: tensor<2x3x32x8xf32> {rondo.name = "k"},
                   %out: tensor<2x3x24x32xf32> {rondo.result = 0 : i64}) -> tensor<2x3x24x32xf32>
    attributes {rondo.entry} {
  %zero = arith.constant 0.0 : f32
  %f = linalg.fill ins(%zero : f32) outs(%out : tensor<2x3x24x32xf32>) -> tensor<2x3x24x32xf32>
  %p = linalg.generic {indexing_maps = [#q, #k, #o], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
      ins(%q, %k : tensor<2x3x24x8xf32>, tensor<2x3x32x8xf32>) outs(%f : tensor<2x3x24x32xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.addf %c, %m : f32
    linalg.yield %s : f32
  } -> tensor<2x3x24x32xf32>
  return %p : tensor<2x3x24x32xf32>
}

// -----

#nk = affine_map<(n, m, k) -> (n, k)>
#mk = affine_map<(n, m, k) -> (m, k)>
#nm = affine_map<(n, m, k) -> (n, m)>

// What is packed may be a view: the memory that it is packed to is made of sizes that are named.
// CHECK-LABEL: func.func @view
// CHECK-SAME: %[[N:[a-z0-9]+]]: index
// CHECK-NOT: tensor.dim
// CHECK: %[[PANELS:.*]] = affine.apply #{{.*}}()[%[[N]]]
// CHECK: tensor.empty(%[[PANELS]]) : tensor<?x2x16xf32>
func.func @view(%n: index {rondo.dim = "N"}, %x: tensor<?x1x2xf32> {rondo.name = "x"},
                %out: tensor<?x?xf32> {rondo.result = 0 : i64}) -> tensor<?x?xf32> attributes {rondo.entry} {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty(%n) : tensor<?x1x2xf32>
  %t = linalg.tanh ins(%x : tensor<?x1x2xf32>) outs(%e : tensor<?x1x2xf32>) -> tensor<?x1x2xf32>
  %y = tensor.collapse_shape %t [[0], [1, 2]] : tensor<?x1x2xf32> into tensor<?x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%out : tensor<?x?xf32>) -> tensor<?x?xf32>
  %p = linalg.generic {indexing_maps = [#nk, #mk, #nm], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%y, %y : tensor<?x2xf32>, tensor<?x2xf32>) outs(%f : tensor<?x?xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.addf %c, %m : f32
    linalg.yield %s : f32
  } -> tensor<?x?xf32>
  return %p : tensor<?x?xf32>
}

// -----

#ba = affine_map<(x, y, b, a) -> (a, b)>
#xy = affine_map<(x, y, b, a) -> (x, y)>
#all = affine_map<(x, y, b, a) -> (x, y, b, a)>

// Axes that one operand has side by side are not merged where another reads the same tensor along other axes.
// CHECK-LABEL: func.func @read_in_two_ways
// CHECK-NOT: collapse_shape
// CHECK: scf.for %[[Y:[a-z0-9]+]] =
// CHECK: scf.for %[[B:[a-z0-9]+]] =
// CHECK-DAG: tensor.extract %arg0[%{{.*}}, %[[B]]]
// CHECK-DAG: tensor.extract %arg0[%{{.*}}, %[[Y]]]
// CHECK: return
func.func @read_in_two_ways(%x: tensor<1x2xf32> {rondo.name = "x"}, %out: tensor<1x2x2x1xf32> {rondo.result = 0 : i64})
    -> tensor<1x2x2x1xf32> attributes {rondo.entry} {
  %0 = linalg.generic {indexing_maps = [#ba, #xy, #all], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%x, %x : tensor<1x2xf32>, tensor<1x2xf32>) outs(%out : tensor<1x2x2x1xf32>) {
  ^bb0(%p: f32, %q: f32, %o: f32):
    %m = arith.mulf %p, %q : f32
    linalg.yield %m : f32
  } -> tensor<1x2x2x1xf32>
  return %0 : tensor<1x2x2x1xf32>
}
