// RUN: rondo-opt %s -rondo-to-linalg -verify-diagnostics -split-input-file

func.func @step(%T: index) -> tensor<?x?xf32> {
  %zero = arith.constant 0.0 : f32
  // expected-error@+2 {{the size of result 0 is not known before the loop}}
  // expected-error@+1 {{is not lowered}}
  %ys = rondo.scan %T {
  ^bb0(%t: index):
    %s = tensor.splat %zero[%t] : tensor<?xf32>
    rondo.yield %s : tensor<?xf32>
  } -> tensor<?x?xf32>
  return %ys : tensor<?x?xf32>
}

// -----
func.func @param() -> tensor<4xf32> attributes {rondo.entry} {
  // expected-error@+1 {{is not lowered}}
  %w = rondo.param "w" init <constant, 0.0, 0.0> : tensor<4xf32>
  return %w : tensor<4xf32>
}
