// RUN: rondo run %s --interpret | FileCheck %s
module @M attributes {rondo.phase = "rondo"} {
  // CHECK: 0: f64[4] = [1., nan, inf, 0.]
  // CHECK: 1: f64[4] = [0., nan, inf, -inf]
  // CHECK: 2: f64[4] = [-2., 2., 2., -0.]
  // CHECK: 3: f64[4] = [-3., 3., 2., -1.]
  // CHECK: 4: f64[4] = [-1., nan, 1., 0.]
  // CHECK: 5: f64[2] = [8., nan]
  // CHECK: 6: i64[3] = [5, -9223372036854775808, 0]
  // CHECK: 7: i32[3] = [31, 0, 32]
  func.func @forward() -> (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<2xf32>,
                           tensor<3xi64>, tensor<3xi32>)
      attributes {rondo.entry, rondo.shapes = @forward.shapes} {
    %x = arith.constant dense<[0.0, 0x7FC00000, 0x7F800000, 0xFF800000]> : tensor<4xf32>
    %exp = math.exp %x : tensor<4xf32>
    %y = arith.constant dense<[1.0, -1.0, 0x7F800000, 0.0]> : tensor<4xf32>
    %log = math.log %y : tensor<4xf32>
    // Ties: to even, and away from zero.
    %z = arith.constant dense<[-2.5, 2.5, 1.5, -0.5]> : tensor<4xf32>
    %even = math.roundeven %z : tensor<4xf32>
    %away = math.round %z : tensor<4xf32>
    %w = arith.constant dense<[0xFF800000, 0x7FC00000, 0x7F800000, 0.0]> : tensor<4xf32>
    %tanh = math.tanh %w : tensor<4xf32>
    %base = arith.constant dense<[2.0, -2.0]> : tensor<2xf32>
    %exponent = arith.constant dense<[3.0, 0.5]> : tensor<2xf32>
    %power = math.powf %base, %exponent : tensor<2xf32>
    %n = arith.constant dense<[-5, -9223372036854775808, 0]> : tensor<3xi64>
    %magnitude = math.absi %n : tensor<3xi64>
    %bits = arith.constant dense<[1, -1, 0]> : tensor<3xi32>
    %zeros = math.ctlz %bits : tensor<3xi32>
    return %exp, %log, %even, %away, %tanh, %power, %magnitude, %zeros
        : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<2xf32>, tensor<3xi64>,
          tensor<3xi32>
  }
  func.func private @forward.shapes() -> (index, index, index, index, index, index, index, index) {
    %2 = arith.constant 2 : index
    %3 = arith.constant 3 : index
    %4 = arith.constant 4 : index
    return %4, %4, %4, %4, %4, %2, %3, %3 : index, index, index, index, index, index, index, index
  }
}
