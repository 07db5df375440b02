// RUN: rondo run %s --interpret | FileCheck %s
// RUN: rondo run %s --interpret=rounded --entry short | FileCheck %s --check-prefix=SHORT
module @M attributes {rondo.phase = "rondo"} {
  // CHECK{LITERAL}: 0: f64[2, 2] = [[5., 14.], [14., 50.]]
  // CHECK: 1: f64[2, 0] = []
  // CHECK{LITERAL}: 2: f64[2, 2] = [[0., 0.], [0., 0.]]
  // CHECK: 3: i64[2] = [1, 0]
  // CHECK: 4: f64[2] = [nan, 5.]
  // CHECK{LITERAL}: 5: f64[2, 2] = [[0.2500, 0.7500], [nan, nan]]
  // CHECK{LITERAL}: 6: f64[1, 2] = [[-1., 1.]]
  // CHECK{LITERAL}: 7: f64[3, 3] = [[0., 1., 2.], [3., 4., 5.], [0., 1., 2.]]
  // CHECK: 8: bool[2] = [false, true]
  func.func @forward() -> (tensor<2x2xf32>, tensor<2x0xf32>, tensor<2x2xf32>, tensor<2xi64>, tensor<2xf32>,
                           tensor<2x2xf32>, tensor<1x2xf32>, tensor<3x3xf32>, tensor<2xi1>)
      attributes {rondo.entry, rondo.shapes = @forward.shapes} {
    %x = arith.constant dense<[[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]> : tensor<2x3xf32>
    %gram = rondo.contract "ik,jk->ij" %x, %x : tensor<2x3xf32>, tensor<2x3xf32> -> tensor<2x2xf32>
    // A sum over no elements is 0.
    %e = tensor.empty() : tensor<0x3xf32>
    %f = tensor.empty() : tensor<2x0xf32>
    %none = rondo.contract "ik,jk->ij" %x, %e : tensor<2x3xf32>, tensor<0x3xf32> -> tensor<2x0xf32>
    %zeros = rondo.contract "ik,jk->ij" %f, %f : tensor<2x0xf32>, tensor<2x0xf32> -> tensor<2x2xf32>
    // NaN first, else the first maximum.
    %y = arith.constant dense<[[1.0, 0x7FC00000, 2.0], [5.0, 4.0, 5.0]]> : tensor<2x3xf32>
    %places = rondo.reduce argmax %y dims [1] : tensor<2x3xf32> -> tensor<2xi64>
    %most = rondo.reduce max %y dims [1] : tensor<2x3xf32> -> tensor<2xf32>
    %logits = arith.constant dense<[[0.0, 1.09861228867], [0x7FC00000, 0.0]]> : tensor<2x2xf32>
    %soft = rondo.softmax %logits dim 1 : tensor<2x2xf32>
    %pair = arith.constant dense<[[1.0, 3.0]]> : tensor<1x2xf32>
    %normal = rondo.normalize layer %pair rank 1 eps 0.0 : tensor<1x2xf32>
    // An index outside is clamped.
    %indices = arith.constant dense<[0, 7, -1]> : tensor<3xi64>
    %rows = rondo.gather %x[%indices] dim 0 : tensor<2x3xf32>, tensor<3xi64> -> tensor<3x3xf32>
    %flags = arith.constant dense<[[true, false], [true, true]]> : tensor<2x2xi1>
    %all = rondo.reduce all %flags dims [1] : tensor<2x2xi1> -> tensor<2xi1>
    return %gram, %none, %zeros, %places, %most, %soft, %normal, %rows, %all
        : tensor<2x2xf32>, tensor<2x0xf32>, tensor<2x2xf32>, tensor<2xi64>, tensor<2xf32>, tensor<2x2xf32>,
          tensor<1x2xf32>, tensor<3x3xf32>, tensor<2xi1>
  }
  func.func private @forward.shapes() -> (index, index, index, index, index, index, index, index, index, index, index,
                                          index, index, index, index) {
    %0 = arith.constant 0 : index
    %1 = arith.constant 1 : index
    %2 = arith.constant 2 : index
    %3 = arith.constant 3 : index
    return %2, %2, %2, %0, %2, %2, %2, %2, %2, %2, %1, %2, %3, %3, %2
        : index, index, index, index, index, index, index, index, index, index, index, index, index, index, index
  }

  // Sums of f16 are not: 2048 and 2048 ones, of which f16 would drop each.
  // SHORT: 0: f32[] = 4096.
  func.func @short() -> tensor<f32> attributes {rondo.entry, rondo.shapes = @short.shapes} {
    %one = arith.constant 1.0 : f16
    %ones = tensor.splat %one : tensor<4096xf16>
    %sum = rondo.reduce sum %ones dims [0] : tensor<4096xf16> -> tensor<f16>
    %wide = arith.extf %sum : tensor<f16> to tensor<f32>
    return %wide : tensor<f32>
  }
  func.func private @short.shapes() {
    return
  }
}
