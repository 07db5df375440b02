// RUN: rondo-opt %s -rondo-hoist-prepare -verify-diagnostics

module {
  func.func @first(%x: tensor<2xf32> {rondo.name = "x"}) -> tensor<2xf32> attributes {rondo.entry} {
    // expected-note@+1 {{the other is here}}
    %w = rondo.param "w" init <normal, 0.0, 1.0> : tensor<2xf32>
    %y = arith.addf %x, %w : tensor<2xf32>
    return %y : tensor<2xf32>
  }
  func.func @second(%x: tensor<3xf32> {rondo.name = "x"}) -> tensor<3xf32> attributes {rondo.entry} {
    // expected-error@+1 {{weight 'w' is read as two different ones}}
    %w = rondo.param "w" init <normal, 0.0, 1.0> : tensor<3xf32>
    %y = arith.addf %x, %w : tensor<3xf32>
    return %y : tensor<3xf32>
  }
}
