// RUN: rondo run %s --interpret | FileCheck %s
module @M attributes {rondo.phase = "rondo"} {
  // NaN is the greatest, equal elements keep their order.
  // CHECK: 0: f64[3] = [nan, 2., 2.]
  // CHECK: 1: i64[3] = [3, 1, 4]
  // CHECK: 2: i64[5] = [0, 2, 1, 4, 3]
  // The cumulative sums are 0.5 and 1; rows 0 to 3 draw 0.9546, 0.4070, 0.0061 and 0.3902 with the key 7.
  // CHECK: 3: i64[4] = [1, 0, 0, 0]
  func.func @forward() -> (tensor<3xf32>, tensor<3xi64>, tensor<5xi64>, tensor<4xi64>)
      attributes {rondo.entry, rondo.shapes = @forward.shapes} {
    %x = arith.constant dense<[-1.0, 2.0, 1.0, 0x7FC00000, 2.0]> : tensor<5xf32>
    %v = tensor.empty() : tensor<3xf32>
    %i = tensor.empty() : tensor<3xi64>
    %best:2 = rondo.topk largest ins(%x : tensor<5xf32>) outs(%v, %i : tensor<3xf32>, tensor<3xi64>) dim 0
        -> tensor<3xf32>, tensor<3xi64>
    %all = tensor.empty() : tensor<5xf32>
    %places = tensor.empty() : tensor<5xi64>
    %sorted:2 = rondo.topk ins(%x : tensor<5xf32>) outs(%all, %places : tensor<5xf32>, tensor<5xi64>) dim 0
        -> tensor<5xf32>, tensor<5xi64>
    %p = arith.constant dense<0.5> : tensor<4x2xf32>
    %key = arith.constant dense<7> : tensor<i64>
    %drawn = rondo.categorical %p key %key : tensor<4x2xf32>, tensor<i64> -> tensor<4xi64>
    return %best#0, %best#1, %sorted#1, %drawn : tensor<3xf32>, tensor<3xi64>, tensor<5xi64>, tensor<4xi64>
  }
  func.func private @forward.shapes() -> (index, index, index, index) {
    %3 = arith.constant 3 : index
    %4 = arith.constant 4 : index
    %5 = arith.constant 5 : index
    return %3, %3, %5, %4 : index, index, index, index
  }
}
