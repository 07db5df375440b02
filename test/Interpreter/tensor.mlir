// RUN: rondo run %s --interpret --entry slices | FileCheck %s --check-prefix=SLICES
// RUN: rondo run %s --interpret --entry shapes | FileCheck %s --check-prefix=SHAPES
// RUN: rondo run %s --interpret --entry empty --dim N=0 --seed 1 | FileCheck %s --check-prefix=EMPTY
module @M attributes {rondo.phase = "rondo"} {
  // Backwards, with a stride, and what is inserted leaves the operand as it was.
  // SLICES: 0: i32[3] = [5, 3, 1]
  // SLICES: 1: i32[2] = [1, 3]
  // SLICES{LITERAL}: 2: i32[2, 3] = [[0, 8, 2], [3, 9, 5]]
  // SLICES{LITERAL}: 3: i32[2, 3] = [[0, 1, 2], [3, 7, 5]]
  // SLICES{LITERAL}: 4: i32[2, 3] = [[0, 1, 2], [3, 4, 5]]
  // SLICES{LITERAL}: 5: i32[3, 3] = [[7, 7, 7], [7, 0, 1], [7, 3, 4]]
  func.func @slices() -> (tensor<3xi32>, tensor<2xi32>, tensor<2x3xi32>, tensor<2x3xi32>, tensor<2x3xi32>,
                          tensor<3x3xi32>)
      attributes {rondo.entry, rondo.shapes = @slices.shapes} {
    %row = arith.constant dense<[1, 2, 3, 4, 5]> : tensor<5xi32>
    %back = tensor.extract_slice %row[4] [3] [-2] : tensor<5xi32> to tensor<3xi32>
    %x = arith.constant dense<[[0, 1, 2], [3, 4, 5]]> : tensor<2x3xi32>
    %flat = tensor.collapse_shape %x [[0, 1]] : tensor<2x3xi32> into tensor<6xi32>
    %two = tensor.extract_slice %flat[1] [2] [2] : tensor<6xi32> to tensor<2xi32>
    %column = arith.constant dense<[8, 9]> : tensor<2xi32>
    %inserted = tensor.insert_slice %column into %x[0, 1] [2, 1] [1, 1] : tensor<2xi32> into tensor<2x3xi32>
    %c1 = arith.constant 1 : index
    %seven = arith.constant 7 : i32
    %one = tensor.insert %seven into %x[%c1, %c1] : tensor<2x3xi32>
    %cut = tensor.extract_slice %x[0, 0] [2, 2] [1, 1] : tensor<2x3xi32> to tensor<2x2xi32>
    %padded = tensor.pad %cut low[1, 1] high[0, 0] {
    ^bb0(%i: index, %j: index):
      tensor.yield %seven : i32
    } : tensor<2x2xi32> to tensor<3x3xi32>
    return %back, %two, %inserted, %one, %x, %padded
        : tensor<3xi32>, tensor<2xi32>, tensor<2x3xi32>, tensor<2x3xi32>, tensor<2x3xi32>, tensor<3x3xi32>
  }
  func.func private @slices.shapes() -> (index, index, index, index, index, index, index, index, index, index) {
    %2 = arith.constant 2 : index
    %3 = arith.constant 3 : index
    return %3, %2, %2, %3, %2, %3, %2, %3, %3, %3
        : index, index, index, index, index, index, index, index, index, index
  }

  // SHAPES{LITERAL}: 0: i32[3, 2] = [[0, 1], [2, 3], [4, 5]]
  // SHAPES{LITERAL}: 1: i32[2, 4] = [[0, 1, 2, 6], [3, 4, 5, 7]]
  // SHAPES{LITERAL}: 2: i64[2, 2] = [[0, 1], [10, 11]]
  // SHAPES: 3: i64[2] = [2, 3]
  func.func @shapes() -> (tensor<3x2xi32>, tensor<2x4xi32>, tensor<2x2xi64>, tensor<2xi64>)
      attributes {rondo.entry, rondo.shapes = @shapes.shapes} {
    %x = arith.constant dense<[[0, 1, 2], [3, 4, 5]]> : tensor<2x3xi32>
    %flat = tensor.collapse_shape %x [[0, 1]] : tensor<2x3xi32> into tensor<6xi32>
    %other = tensor.expand_shape %flat [[0, 1]] output_shape [3, 2] : tensor<6xi32> into tensor<3x2xi32>
    %column = arith.constant dense<[[6], [7]]> : tensor<2x1xi32>
    %joined = tensor.concat dim(1) %x, %column : (tensor<2x3xi32>, tensor<2x1xi32>) -> tensor<2x4xi32>
    %made = tensor.generate {
    ^bb0(%i: index, %j: index):
      %c10 = arith.constant 10 : index
      %tens = arith.muli %i, %c10 : index
      %sum = arith.addi %tens, %j : index
      %n = arith.index_cast %sum : index to i64
      tensor.yield %n : i64
    } : tensor<2x2xi64>
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %cast = tensor.cast %x : tensor<2x3xi32> to tensor<?x?xi32>
    %rows = tensor.dim %cast, %c0 : tensor<?x?xi32>
    %columns = tensor.dim %cast, %c1 : tensor<?x?xi32>
    %a = arith.index_cast %rows : index to i64
    %b = arith.index_cast %columns : index to i64
    %sizes = tensor.from_elements %a, %b : tensor<2xi64>
    return %other, %joined, %made, %sizes : tensor<3x2xi32>, tensor<2x4xi32>, tensor<2x2xi64>, tensor<2xi64>
  }
  func.func private @shapes.shapes() -> (index, index, index, index, index, index, index) {
    %2 = arith.constant 2 : index
    %3 = arith.constant 3 : index
    %4 = arith.constant 4 : index
    return %3, %2, %2, %4, %2, %2, %2 : index, index, index, index, index, index, index
  }

  // EMPTY: 0: f64[2, 0] = []
  // EMPTY{LITERAL}: 1: f64[1, 2] = [[3., 3.]]
  func.func @empty(%n: index {rondo.dim = "N"}, %x: tensor<?x2xf32> {rondo.name = "x"})
      -> (tensor<2x?xf32>, tensor<?x2xf32>) attributes {rondo.entry, rondo.shapes = @empty.shapes} {
    %0 = tensor.empty(%n) : tensor<2x?xf32>
    %turned = linalg.transpose ins(%x : tensor<?x2xf32>) outs(%0 : tensor<2x?xf32>) permutation = [1, 0]
    %three = arith.constant 3.0 : f32
    %row = tensor.splat %three : tensor<1x2xf32>
    %joined = tensor.concat dim(0) %x, %row : (tensor<?x2xf32>, tensor<1x2xf32>) -> tensor<?x2xf32>
    return %turned, %joined : tensor<2x?xf32>, tensor<?x2xf32>
  }
  func.func private @empty.shapes(%n: index) -> (index, index, index, index, index, index) {
    %1 = arith.constant 1 : index
    %2 = arith.constant 2 : index
    %more = arith.addi %n, %1 : index
    return %n, %2, %2, %n, %more, %2 : index, index, index, index, index, index
  }
}
