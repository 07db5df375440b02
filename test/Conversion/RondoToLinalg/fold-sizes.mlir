// RUN: rondo-opt %s -rondo-fold-sizes | FileCheck %s

// Only what is needed of the companion is copied, once. `y` has T + 1 rows and result 0 has 2 T.
// CHECK-LABEL: func.func @forward
// CHECK-SAME: %[[B:[^:]*]]: index {rondo.dim = "B"}, %[[T:[^:]*]]: index {rondo.dim = "T"}
// CHECK: %[[ONE:.*]] = arith.constant 1 : index
// CHECK-NEXT: %[[T1:.*]] = arith.addi %[[T]], %[[ONE]]
// CHECK-NOT: arith.muli
// CHECK-NOT: tensor.dim
// CHECK: tensor.empty(%[[T1]], %[[B]])
// CHECK: rondo.scan_into
// CHECK: tensor.empty(%[[B]]) : tensor<?xf32>
// CHECK: tensor.empty(%[[T1]], %[[B]])
// CHECK-NOT: tensor.dim
// CHECK: return
func.func @forward(%B: index {rondo.dim = "B"}, %T: index {rondo.dim = "T"}, %x: tensor<?xf32> {rondo.name = "x"},
                   %y: tensor<?x?xf32> {rondo.name = "y"}, %w: tensor<4xf32> {rondo.prepared = 0 : i64},
                   %to: tensor<?x?xf32> {rondo.result = 0 : i64})
    -> (tensor<?x?xf32>, tensor<?x?xf32>) attributes {rondo.entry, rondo.shapes = @forward.shapes} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %t1 = tensor.dim %y, %c0 : tensor<?x?xf32>
  %b = tensor.dim %y, %c1 : tensor<?x?xf32>
  %stack = tensor.empty(%t1, %b) : tensor<?x?xf32>
  %zs = rondo.scan_into %t1 ins(%y : tensor<?x?xf32>) stacks(%stack : tensor<?x?xf32>) {
  ^bb0(%t: index, %row: tensor<?xf32>, %slot: tensor<?xf32>):
    %n = tensor.dim %row, %c0 : tensor<?xf32>
    %e = tensor.empty(%n) : tensor<?xf32>
    %z = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>],
                         iterator_types = ["parallel"]} ins(%row : tensor<?xf32>) outs(%e : tensor<?xf32>) {
    ^bb1(%in: f32, %out: f32):
      %v = math.exp %in : f32
      linalg.yield %v : f32
    } -> tensor<?xf32>
    rondo.yield %z : tensor<?xf32>
  } -> tensor<?x?xf32>
  %n0 = tensor.dim %zs, %c0 : tensor<?x?xf32>
  %n1 = tensor.dim %zs, %c1 : tensor<?x?xf32>
  %o = tensor.empty(%n0, %n1) : tensor<?x?xf32>
  %sum = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>],
                         iterator_types = ["parallel", "parallel"]} ins(%zs : tensor<?x?xf32>) outs(%o : tensor<?x?xf32>) {
  ^bb0(%in: f32, %out: f32):
    %v = math.exp %in : f32
    linalg.yield %v : f32
  } -> tensor<?x?xf32>
  return %sum, %to : tensor<?x?xf32>, tensor<?x?xf32>
}
func.func private @forward.shapes(%B: index, %T: index) -> (index, index, index, index, index) {
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %t1 = arith.addi %T, %c1 : index
  %t2 = arith.muli %T, %c2 : index
  return %B, %t1, %B, %t2, %B : index, index, index, index, index
}

// Sizes of slices and reshapes follow.
// CHECK-LABEL: func.func @views
// CHECK-SAME: %[[B:[^:]*]]: index
// CHECK-NOT: tensor.dim
// CHECK: return
func.func @views(%B: index {rondo.dim = "B"}, %x: tensor<?x4x2xf32> {rondo.name = "x"}, %r: tensor<?xf32> {rondo.result = 0 : i64})
    -> tensor<?xf32> attributes {rondo.entry, rondo.shapes = @views.shapes} {
  %c0 = arith.constant 0 : index
  %s = tensor.extract_slice %x[0, 1, 0] [%B, 1, 2] [1, 1, 1] : tensor<?x4x2xf32> to tensor<?x2xf32>
  %f = tensor.collapse_shape %s [[0, 1]] : tensor<?x2xf32> into tensor<?xf32>
  %n = tensor.dim %f, %c0 : tensor<?xf32>
  %e = tensor.empty(%n) : tensor<?xf32>
  return %e : tensor<?xf32>
}
func.func private @views.shapes(%B: index) -> (index, index, index, index) {
  %c2 = arith.constant 2 : index
  %c4 = arith.constant 4 : index
  %n = arith.muli %B, %c2 : index
  return %B, %c4, %c2, %n : index, index, index, index
}

// Flat memory of a result has the product of its sizes; those of others follow.
// CHECK-LABEL: func.func @flat
// CHECK-SAME: %[[B:[^:]*]]: index
// CHECK-NOT: tensor.dim
// CHECK: %[[A:.*]] = arith.muli %[[B]], %{{.*}} : index
// CHECK: %[[N:.*]] = arith.muli %[[A]], %[[B]] : index
// CHECK: tensor.empty(%[[N]], %[[B]])
func.func @flat(%B: index {rondo.dim = "B"}, %r: tensor<?xf32> {rondo.result = 0 : i64, rondo.rank = 3 : i64},
                %q: tensor<?xf32> {rondo.result = 1 : i64}) -> (tensor<?xf32>, tensor<?xf32>, tensor<?x?xf32>)
    attributes {rondo.entry, rondo.shapes = @flat.shapes} {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %r, %c0 : tensor<?xf32>
  %m = tensor.dim %q, %c0 : tensor<?xf32>
  %e = tensor.empty(%n, %m) : tensor<?x?xf32>
  return %r, %q, %e : tensor<?xf32>, tensor<?xf32>, tensor<?x?xf32>
}
func.func private @flat.shapes(%B: index) -> (index, index, index, index) {
  %c2 = arith.constant 2 : index
  return %B, %c2, %B, %B : index, index, index, index
}
