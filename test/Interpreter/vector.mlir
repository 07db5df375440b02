// RUN: rondo run %s --interpret | FileCheck %s
module @M attributes {rondo.phase = "kernels"} {
  // Beyond the tensor there is the padding, and nothing is written.
  // CHECK: 0: f64[4] = [4., 5., -1., -1.]
  // CHECK: 1: f64[6] = [0., 1., 2., 3., 4., 4.]
  // CHECK: 2: f64[4] = [5., 4., 4., 5.]
  // CHECK: 3: f64[2] = [7., -400.]
  // CHECK: 4: i64[4] = [0, 1, 9, 9]
  // CHECK{LITERAL}: 5: f64[2, 2] = [[1., 1.], [4., 7.]]
  func.func @forward() -> (tensor<4xf32>, tensor<6xf32>, tensor<4xf32>, tensor<2xf32>, tensor<4xi64>,
                           tensor<2x2xf32>)
      attributes {rondo.entry, rondo.shapes = @forward.shapes} {
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %c4 = arith.constant 4 : index
    %c5 = arith.constant 5 : index
    %padding = arith.constant -1.0 : f32
    %seven = arith.constant 7.0 : f32
    %x = arith.constant dense<[0.0, 1.0, 2.0, 3.0, 4.0, 5.0]> : tensor<6xf32>
    %read = vector.transfer_read %x[%c4], %padding : tensor<6xf32>, vector<4xf32>
    %e = tensor.empty() : tensor<4xf32>
    %0 = vector.transfer_write %read, %e[%c0] {in_bounds = [true]} : vector<4xf32>, tensor<4xf32>
    %1 = vector.transfer_write %read, %x[%c5] : vector<4xf32>, tensor<6xf32>
    %shuffled = vector.shuffle %read, %read [1, 0, 4, 5] : vector<4xf32>, vector<4xf32>
    %2 = vector.transfer_write %shuffled, %e[%c0] {in_bounds = [true]} : vector<4xf32>, tensor<4xf32>
    %sum = vector.reduction <add>, %read : vector<4xf32> into f32
    %product = vector.reduction <mul>, %shuffled, %padding : vector<4xf32> into f32
    %3 = tensor.from_elements %sum, %product : tensor<2xf32>
    %steps = vector.step : vector<4xindex>
    %numbers = arith.index_cast %steps : vector<4xindex> to vector<4xi64>
    %nines = arith.constant dense<9> : vector<4xi64>
    %c2 = arith.constant 2 : index
    %mask = vector.create_mask %c2 : vector<4xi1>
    %chosen = arith.select %mask, %numbers, %nines : vector<4xi1>, vector<4xi64>
    %whole = tensor.empty() : tensor<4xi64>
    %4 = vector.transfer_write %chosen, %whole[%c0] {in_bounds = [true]} : vector<4xi64>, tensor<4xi64>
    %ones = arith.constant dense<1.0> : vector<2x2xf32>
    %pair = vector.extract_strided_slice %read {offsets = [0], sizes = [1], strides = [1]}
        : vector<4xf32> to vector<1xf32>
    %inserted = vector.insert_strided_slice %pair, %ones {offsets = [1, 0], strides = [1]}
        : vector<1xf32> into vector<2x2xf32>
    %both = vector.insert %seven, %inserted[1, 1] : f32 into vector<2x2xf32>
    %square = tensor.empty() : tensor<2x2xf32>
    %5 = vector.transfer_write %both, %square[%c0, %c0] {in_bounds = [true, true]}
        : vector<2x2xf32>, tensor<2x2xf32>
    return %0, %1, %2, %3, %4, %5
        : tensor<4xf32>, tensor<6xf32>, tensor<4xf32>, tensor<2xf32>, tensor<4xi64>, tensor<2x2xf32>
  }
  func.func private @forward.shapes() -> (index, index, index, index, index, index, index) {
    %2 = arith.constant 2 : index
    %4 = arith.constant 4 : index
    %6 = arith.constant 6 : index
    return %4, %6, %4, %2, %4, %2, %2 : index, index, index, index, index, index, index
  }
}
