// y_t = h_t = tanh(W_ih x_t + W_hh h_(t-1) + b), as a method that the entry point calls.
module @Net attributes {rondo.phase = "rondo"} {
  func.func @forward(%B: index {rondo.dim = "B"}, %T: index {rondo.dim = "T"},
                     %x: tensor<?x?x4xf32> {rondo.name = "x"}, %h0: tensor<?x8xf32> {rondo.name = "h0"})
      -> (tensor<?x?x8xf32>, tensor<?x8xf32>) attributes {rondo.entry, rondo.shapes = @forward.shapes} {
    %w_ih = rondo.param "w_ih" init <uniform, -0.5, 0.5> : tensor<8x4xf32>
    %w_hh = rondo.param "w_hh" init <uniform, -0.5, 0.5> : tensor<8x8xf32>
    %b = rondo.param "b" init <uniform, -0.5, 0.5> : tensor<8xf32>
    %y, %h = func.call @RNN.forward(%B, %T, %w_ih, %w_hh, %b, %x, %h0)
      : (index, index, tensor<8x4xf32>, tensor<8x8xf32>, tensor<8xf32>, tensor<?x?x4xf32>, tensor<?x8xf32>)
      -> (tensor<?x?x8xf32>, tensor<?x8xf32>)
    return %y, %h : tensor<?x?x8xf32>, tensor<?x8xf32>
  }
  func.func private @forward.shapes(%B: index, %T: index)
      -> (index, index, index, index, index, index, index, index, index, index) {
    %c4 = arith.constant 4 : index
    %c8 = arith.constant 8 : index
    return %T, %B, %c4, %B, %c8, %T, %B, %c8, %B, %c8
      : index, index, index, index, index, index, index, index, index, index
  }
  func.func private @RNN.forward(%B: index, %T: index, %w_ih: tensor<8x4xf32>, %w_hh: tensor<8x8xf32>,
                                 %b: tensor<8xf32>, %xs: tensor<?x?x4xf32>, %h0: tensor<?x8xf32>)
      -> (tensor<?x?x8xf32>, tensor<?x8xf32>) {
    %ys, %h = rondo.scan %T ins(%xs : tensor<?x?x4xf32>) carries(%h0 : tensor<?x8xf32>) {
    ^bb0(%t: index, %x: tensor<?x4xf32>, %old: tensor<?x8xf32>):
      %a = rondo.contract "bk,nk->bn" %x, %w_ih : tensor<?x4xf32>, tensor<8x4xf32> -> tensor<?x8xf32>
      %c = rondo.contract "bk,nk->bn" %old, %w_hh : tensor<?x8xf32>, tensor<8x8xf32> -> tensor<?x8xf32>
      %s = arith.addf %a, %c : tensor<?x8xf32>
      %e = tensor.empty(%B) : tensor<?x8xf32>
      %bb = linalg.broadcast ins(%b : tensor<8xf32>) outs(%e : tensor<?x8xf32>) dimensions = [0]
      %z = arith.addf %s, %bb : tensor<?x8xf32>
      %new = math.tanh %z : tensor<?x8xf32>
      rondo.yield %new, %new : tensor<?x8xf32>, tensor<?x8xf32>
    } -> tensor<?x?x8xf32>, tensor<?x8xf32>
    return %ys, %h : tensor<?x?x8xf32>, tensor<?x8xf32>
  }
}
