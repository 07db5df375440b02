// RUN: rondo-opt %s -rondo-scalar-regions -verify-diagnostics

func.func @reduction(%scale: f32, %q: tensor<1x1x?x4xf32>, %o: tensor<1x1x?x4xf32>, %x: tensor<8xf32>) -> tensor<1x1x?x4xf32> {
  %r = rondo.attention %scale ins(%q, %q, %q : tensor<1x1x?x4xf32>, tensor<1x1x?x4xf32>, tensor<1x1x?x4xf32>)
      captures(%x : tensor<8xf32>) outs(%o : tensor<1x1x?x4xf32>) : f32
      score {
      ^bb0(%s: tensor<f32>, %b: tensor<i64>, %h: tensor<i64>, %i: tensor<i64>, %j: tensor<i64>, %y: tensor<8xf32>):
        // expected-error@+1 {{cannot be computed on scalars}}
        %sum = rondo.reduce sum %y dims [0] : tensor<8xf32> -> tensor<f32>
        %t = arith.addf %s, %sum : tensor<f32>
        rondo.attention.yield %t : tensor<f32>
      } -> tensor<1x1x?x4xf32>
  return %r : tensor<1x1x?x4xf32>
}
