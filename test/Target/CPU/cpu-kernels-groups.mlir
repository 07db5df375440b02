// RUN: rondo-opt %s -rondo-cpu-kernels -canonicalize -cse -split-input-file | FileCheck %s

#bn = affine_map<(b, n) -> (b, n)>
#b = affine_map<(b, n) -> (b)>

// x - sum(x): the sum needs all of the row, so the first product may not join the
// group of the difference through it. Three nests, in order.
// CHECK-LABEL: func.func @through_an_outsider
// CHECK: scf.for
// CHECK:   arith.mulf {{.*}} : vector<16xf32>
// CHECK:   vector.transfer_write
// CHECK: scf.for
// CHECK:   scf.for {{.*}} -> (vector<16xf32>)
// CHECK:   tensor.insert
// CHECK: scf.for
// CHECK:   arith.subf {{.*}} : vector<16xf32>
// CHECK:   vector.transfer_write
func.func @through_an_outsider(%x: tensor<4x32xf32> {rondo.name = "x"}, %out: tensor<4x32xf32> {rondo.result = 0 : i64}) -> tensor<4x32xf32>
    attributes {rondo.entry} {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<4x32xf32>
  %q = linalg.generic {indexing_maps = [#bn, #bn], iterator_types = ["parallel", "parallel"]}
      ins(%x : tensor<4x32xf32>) outs(%e : tensor<4x32xf32>) {
  ^bb0(%a: f32, %c: f32):
    %m = arith.mulf %a, %a : f32
    linalg.yield %m : f32
  } -> tensor<4x32xf32>
  %e1 = tensor.empty() : tensor<4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e1 : tensor<4xf32>) -> tensor<4xf32>
  %s = linalg.generic {indexing_maps = [#bn, #b], iterator_types = ["parallel", "reduction"]}
      ins(%q : tensor<4x32xf32>) outs(%f : tensor<4xf32>) {
  ^bb0(%a: f32, %c: f32):
    %m = arith.addf %c, %a : f32
    linalg.yield %m : f32
  } -> tensor<4xf32>
  %d = linalg.generic {indexing_maps = [#bn, #b, #bn], iterator_types = ["parallel", "parallel"]}
      ins(%q, %s : tensor<4x32xf32>, tensor<4xf32>) outs(%out : tensor<4x32xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %m = arith.subf %a, %b : f32
    linalg.yield %m : f32
  } -> tensor<4x32xf32>
  return %d : tensor<4x32xf32>
}

// -----

// Booleans are bytes in memory and bits in a vector: stored one by one.
// CHECK-LABEL: func.func @booleans
// CHECK: arith.cmpf ogt, {{.*}} : vector<8xf32>
// CHECK-NOT: vector.transfer_write
// CHECK: tensor.insert {{.*}} : tensor<8xi1>
func.func @booleans(%x: tensor<8xf32> {rondo.name = "x"}, %out: tensor<8xi1> {rondo.result = 0 : i64}) -> tensor<8xi1>
    attributes {rondo.entry} {
  %t = linalg.generic {indexing_maps = [affine_map<(n) -> (n)>, affine_map<(n) -> (n)>], iterator_types = ["parallel"]}
      ins(%x : tensor<8xf32>) outs(%out : tensor<8xi1>) {
  ^bb0(%a: f32, %c: i1):
    %zero = arith.constant 0.0 : f32
    %m = arith.cmpf ogt, %a, %zero : f32
    linalg.yield %m : i1
  } -> tensor<8xi1>
  return %t : tensor<8xi1>
}

// -----

// A gather whose rows lie side by side reads vectors.
// CHECK-LABEL: func.func @rows_of_a_table
// CHECK-SAME: %[[IDS:.*]]: tensor<6xi64> {{.*}}, %[[TABLE:.*]]: tensor<9x16xf32>
// CHECK: %[[ID:.*]] = tensor.extract %[[IDS]]
// CHECK: %[[ROW:.*]] = arith.index_cast %[[ID]]
// CHECK: vector.transfer_read %[[TABLE]][%[[ROW]], %c0]
func.func @rows_of_a_table(%ids: tensor<6xi64> {rondo.name = "ids"}, %table: tensor<9x16xf32> {rondo.prepared = 0 : i64},
                           %out: tensor<6x16xf32> {rondo.result = 0 : i64}) -> tensor<6x16xf32> attributes {rondo.entry} {
  %t = linalg.generic {indexing_maps = [affine_map<(i, n) -> (i)>, affine_map<(i, n) -> (i, n)>], iterator_types = ["parallel", "parallel"]}
      ins(%ids : tensor<6xi64>) outs(%out : tensor<6x16xf32>) {
  ^bb0(%a: i64, %c: f32):
    %row = arith.index_cast %a : i64 to index
    %n = linalg.index 1 : index
    %v = tensor.extract %table[%row, %n] : tensor<9x16xf32>
    linalg.yield %v : f32
  } -> tensor<6x16xf32>
  return %t : tensor<6x16xf32>
}

// -----

#bn = affine_map<(b, n) -> (b, n)>
#b = affine_map<(b, n) -> (b)>
#b1 = affine_map<(b) -> (b)>

// Two groups must not need each other. The mask could be computed with the sums
// that it selects from, but the rows that it selects too are needed for the sums.
// CHECK-LABEL: func.func @no_cycle
// CHECK: math.tanh
// CHECK: math.exp
// CHECK: return
func.func @no_cycle(%x: tensor<4x8xf32> {rondo.name = "x"}, %n: tensor<4xi64> {rondo.name = "n"},
                    %out: tensor<4x8xf32> {rondo.result = 0 : i64}, %sums: tensor<4xf32> {rondo.result = 1 : i64})
    -> (tensor<4x8xf32>, tensor<4xf32>) attributes {rondo.entry} {
  %zero = arith.constant 0.0 : f32
  %em = tensor.empty() : tensor<4xi1>
  %m = linalg.generic {indexing_maps = [affine_map<(b) -> (b)>, affine_map<(b) -> (b)>], iterator_types = ["parallel"]}
      ins(%n : tensor<4xi64>) outs(%em : tensor<4xi1>) {
  ^bb0(%a: i64, %c: i1):
    %one = arith.constant 1 : i64
    %lt = arith.cmpi slt, %a, %one : i64
    linalg.yield %lt : i1
  } -> tensor<4xi1>
  %e = tensor.empty() : tensor<4x8xf32>
  %t = linalg.generic {indexing_maps = [#bn, #bn], iterator_types = ["parallel", "parallel"]}
      ins(%x : tensor<4x8xf32>) outs(%e : tensor<4x8xf32>) {
  ^bb0(%a: f32, %c: f32):
    %v = math.tanh %a : f32
    linalg.yield %v : f32
  } -> tensor<4x8xf32>
  %e1 = tensor.empty() : tensor<4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e1 : tensor<4xf32>) -> tensor<4xf32>
  %s = linalg.generic {indexing_maps = [#bn, #b], iterator_types = ["parallel", "reduction"]}
      ins(%t : tensor<4x8xf32>) outs(%f : tensor<4xf32>) {
  ^bb0(%a: f32, %c: f32):
    %v = math.exp %a : f32
    %w = arith.addf %c, %v : f32
    linalg.yield %w : f32
  } -> tensor<4xf32>
  %q = linalg.generic {indexing_maps = [#b1, #b1, #b1], iterator_types = ["parallel"]}
      ins(%m, %s : tensor<4xi1>, tensor<4xf32>) outs(%sums : tensor<4xf32>) {
  ^bb0(%a: i1, %b: f32, %c: f32):
    %z = arith.constant 0.0 : f32
    %v = arith.select %a, %b, %z : f32
    linalg.yield %v : f32
  } -> tensor<4xf32>
  %r = linalg.generic {indexing_maps = [#b, #bn, #bn, #bn], iterator_types = ["parallel", "parallel"]}
      ins(%m, %t, %x : tensor<4xi1>, tensor<4x8xf32>, tensor<4x8xf32>) outs(%out : tensor<4x8xf32>) {
  ^bb0(%a: i1, %b: f32, %c: f32, %d: f32):
    %v = arith.select %a, %b, %c : f32
    linalg.yield %v : f32
  } -> tensor<4x8xf32>
  return %r, %q : tensor<4x8xf32>, tensor<4xf32>
}

// -----

#b = affine_map<(b) -> (b)>

// A body that reads any place of a value needs all of it before, though it reads the same place as well.
// CHECK-LABEL: func.func @read_in_a_body
// CHECK: %[[ROOTS:.*]] = scf.for
// CHECK: math.sqrt
// CHECK: scf.for
// CHECK-NOT: math.sqrt
// CHECK: tensor.extract %[[ROOTS]]
// CHECK: return
func.func @read_in_a_body(%x: tensor<40xf32> {rondo.name = "x"}, %out: tensor<40xf32> {rondo.result = 0 : i64})
    -> tensor<40xf32> attributes {rondo.entry} {
  %last = arith.constant 39 : index
  %e = tensor.empty() : tensor<40xf32>
  %root = linalg.generic {indexing_maps = [#b, #b], iterator_types = ["parallel"]}
      ins(%x : tensor<40xf32>) outs(%e : tensor<40xf32>) {
  ^bb0(%a: f32, %c: f32):
    %v = math.sqrt %a : f32
    linalg.yield %v : f32
  } -> tensor<40xf32>
  %sum = linalg.generic {indexing_maps = [#b, #b], iterator_types = ["parallel"]}
      ins(%root : tensor<40xf32>) outs(%out : tensor<40xf32>) {
  ^bb0(%a: f32, %c: f32):
    %i = linalg.index 0 : index
    %j = arith.subi %last, %i : index
    %other = tensor.extract %root[%j] : tensor<40xf32>
    %v = arith.addf %a, %other : f32
    linalg.yield %v : f32
  } -> tensor<40xf32>
  return %sum : tensor<40xf32>
}

// -----

#x = affine_map<(b, n, k) -> (b, k)>
#w = affine_map<(b, n, k) -> (n, k)>
#y = affine_map<(b, n, k) -> (b, n)>
#bn = affine_map<(b, n) -> (b, n)>

// Of a product of 24 columns six are read, in two panels of four that overlap: so are its weights packed.
// CHECK-LABEL: func.func @cut_product
// CHECK: tensor.empty() : tensor<2x5x4xf32>
// CHECK-NOT: tensor<6x5x4xf32>
// CHECK: vector.transfer_read {{.*}} : tensor<2x5x4xf32>, vector<4xf32>
func.func @cut_product(%x: tensor<2x5xf32> {rondo.name = "x"}, %w: tensor<24x5xf32> {rondo.prepared = 0 : i64},
    %out: tensor<2x6xf32> {rondo.result = 0 : i64}) -> tensor<2x6xf32> attributes {rondo.entry} {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<2x24xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<2x24xf32>) -> tensor<2x24xf32>
  %p = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<2x5xf32>, tensor<24x5xf32>) outs(%f : tensor<2x24xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.addf %c, %m : f32
    linalg.yield %s : f32
  } -> tensor<2x24xf32>
  %cut = tensor.extract_slice %p[0, 0] [2, 6] [1, 1] : tensor<2x24xf32> to tensor<2x6xf32>
  %t = linalg.generic {indexing_maps = [#bn, #bn], iterator_types = ["parallel", "parallel"]}
      ins(%cut : tensor<2x6xf32>) outs(%out : tensor<2x6xf32>) {
  ^bb0(%a: f32, %c: f32):
    %m = arith.negf %a : f32
    linalg.yield %m : f32
  } -> tensor<2x6xf32>
  return %t : tensor<2x6xf32>
}
