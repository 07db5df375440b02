// RUN: rondo run %s --interpret | FileCheck %s
module @M attributes {rondo.phase = "rondo"} {
  // Two query heads read one key head. Query 0 sees key 0 alone, query 1 nothing, query 2 both keys, each with
  // its index times log 3 for a logit.
  // CHECK{LITERAL}: 0: f64[1, 2, 3, 1] = [[[[1.0000], [0.0000], [13.0000]], [[1.0000], [0.0000], [13.0000]]]]
  // CHECK{LITERAL}: 1: f64[1, 2, 3, 2] = [[[[1.0000, 0.0000],
  // CHECK-NEXT: [0.0000, 0.0000],
  // CHECK-NEXT: [0.2500, 0.7500]],
  func.func @forward() -> (tensor<1x2x3x1xf32>, tensor<1x2x3x2xf32>)
      attributes {rondo.entry, rondo.shapes = @forward.shapes} {
    %scale = arith.constant 1.0 : f32
    %q = arith.constant dense<1.0> : tensor<1x2x3x2xf32>
    %k = arith.constant dense<1.0> : tensor<1x1x2x2xf32>
    %v = arith.constant dense<[[[[1.0], [17.0]]]]> : tensor<1x1x2x1xf32>
    %sees = arith.constant dense<[[true, false], [false, false], [true, true]]> : tensor<3x2xi1>
    %o = tensor.empty() : tensor<1x2x3x1xf32>
    %w = tensor.empty() : tensor<1x2x3x2xf32>
    %0:2 = rondo.attention %scale ins(%q, %k, %v : tensor<1x2x3x2xf32>, tensor<1x1x2x2xf32>, tensor<1x1x2x1xf32>)
        captures(%sees : tensor<3x2xi1>)
        outs(%o : tensor<1x2x3x1xf32>) weights(%w : tensor<1x2x3x2xf32>) : f32
      score {
      ^bb0(%s: f32, %b: i64, %h: i64, %i: i64, %j: i64, %unused: tensor<3x2xi1>):
        %key = arith.sitofp %j : i64 to f32
        %log3 = arith.constant 1.09861228867 : f32
        %logit = arith.mulf %key, %log3 : f32
        rondo.attention.yield %logit : f32
      } mask {
      ^bb0(%b: i64, %h: i64, %i: i64, %j: i64, %table: tensor<3x2xi1>):
        %row = arith.index_cast %i : i64 to index
        %column = arith.index_cast %j : i64 to index
        %seen = tensor.extract %table[%row, %column] : tensor<3x2xi1>
        rondo.attention.yield %seen : i1
      } -> tensor<1x2x3x1xf32>, tensor<1x2x3x2xf32>
    return %0#0, %0#1 : tensor<1x2x3x1xf32>, tensor<1x2x3x2xf32>
  }
  func.func private @forward.shapes() -> (index, index, index, index, index, index, index, index) {
    %1 = arith.constant 1 : index
    %2 = arith.constant 2 : index
    %3 = arith.constant 3 : index
    return %1, %2, %3, %1, %1, %2, %3, %2 : index, index, index, index, index, index, index, index
  }
}
