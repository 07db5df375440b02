// RUN: rondo run %s --interpret | FileCheck %s
#id = affine_map<(i, j) -> (i, j)>
#row = affine_map<(i, j) -> (i)>
#shifted = affine_map<(i, k) -> (i + k)>
#kernel = affine_map<(i, k) -> (k)>
module @M attributes {rondo.phase = "linalg"} {
  // CHECK{LITERAL}: 0: f64[2, 2] = [[11., 14.], [32., 44.]]
  // CHECK: 1: f64[2] = [3., 12.]
  // CHECK{LITERAL}: 2: i64[2, 3] = [[0, 1, 2], [10, 11, 12]]
  // CHECK: 3: f64[2] = [5., 12.]
  // CHECK: 4: f64[0] = []
  func.func @forward(%r0: tensor<2x2xf32> {rondo.result = 0 : i64}, %r1: tensor<2xf32> {rondo.result = 1 : i64},
                     %r2: tensor<2x3xi64> {rondo.result = 2 : i64}, %r3: tensor<2xf32> {rondo.result = 3 : i64},
                     %r4: tensor<0xf32> {rondo.result = 4 : i64})
      -> (tensor<2x2xf32>, tensor<2xf32>, tensor<2x3xi64>, tensor<2xf32>, tensor<0xf32>)
      attributes {rondo.entry, rondo.shapes = @forward.shapes} {
    %a = arith.constant dense<[[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]> : tensor<2x3xf32>
    %b = arith.constant dense<[[0.0, 1.0], [3.0, 4.0], [4.0, 5.0]]> : tensor<3x2xf32>
    %zero = arith.constant 0.0 : f32
    // What a destination holds is not read where it is filled.
    %clear = linalg.fill ins(%zero : f32) outs(%r0 : tensor<2x2xf32>) -> tensor<2x2xf32>
    %product = linalg.matmul ins(%a, %b : tensor<2x3xf32>, tensor<3x2xf32>) outs(%clear : tensor<2x2xf32>)
        -> tensor<2x2xf32>
    %clear1 = linalg.fill ins(%zero : f32) outs(%r1 : tensor<2xf32>) -> tensor<2xf32>
    %sums = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]}
        ins(%a : tensor<2x3xf32>) outs(%clear1 : tensor<2xf32>) {
    ^bb0(%x: f32, %sum: f32):
      %more = arith.addf %sum, %x : f32
      linalg.yield %more : f32
    } -> tensor<2xf32>
    %places = linalg.generic {indexing_maps = [#id], iterator_types = ["parallel", "parallel"]}
        outs(%r2 : tensor<2x3xi64>) {
    ^bb0(%old: i64):
      %i = linalg.index 0 : index
      %j = linalg.index 1 : index
      %c10 = arith.constant 10 : index
      %tens = arith.muli %i, %c10 : index
      %n = arith.addi %tens, %j : index
      %whole = arith.index_cast %n : index to i64
      linalg.yield %whole : i64
    } -> tensor<2x3xi64>
    // A map that is no projected permutation: a convolution.
    %line = arith.constant dense<[1.0, 2.0, 5.0]> : tensor<3xf32>
    %taps = arith.constant dense<[1.0, 2.0]> : tensor<2xf32>
    %clear3 = linalg.fill ins(%zero : f32) outs(%r3 : tensor<2xf32>) -> tensor<2xf32>
    %convolved = linalg.generic {indexing_maps = [#shifted, #kernel, #row],
                                 iterator_types = ["parallel", "reduction"]}
        ins(%line, %taps : tensor<3xf32>, tensor<2xf32>) outs(%clear3 : tensor<2xf32>) {
    ^bb0(%x: f32, %w: f32, %sum: f32):
      %term = arith.mulf %x, %w : f32
      %more = arith.addf %sum, %term : f32
      linalg.yield %more : f32
    } -> tensor<2xf32>
    %five = arith.constant 5.0 : f32
    %none = linalg.fill ins(%five : f32) outs(%r4 : tensor<0xf32>) -> tensor<0xf32>
    %copied = linalg.copy ins(%convolved : tensor<2xf32>) outs(%r3 : tensor<2xf32>) -> tensor<2xf32>
    %placed = bufferization.materialize_in_destination %copied in %r3
        : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
    return %product, %sums, %places, %placed, %none
        : tensor<2x2xf32>, tensor<2xf32>, tensor<2x3xi64>, tensor<2xf32>, tensor<0xf32>
  }
  func.func private @forward.shapes() -> (index, index, index, index, index, index, index) {
    %0 = arith.constant 0 : index
    %2 = arith.constant 2 : index
    %3 = arith.constant 3 : index
    return %2, %2, %2, %2, %3, %2, %0 : index, index, index, index, index, index, index
  }
}
