// Layers as a whole: LSTM, both directions, one on another; run against plain loops by check.c.
#gate0 = affine_map<(b, h) -> (b, 0, h)>
#gate1 = affine_map<(b, h) -> (b, 1, h)>
#gate2 = affine_map<(b, h) -> (b, 2, h)>
#gate3 = affine_map<(b, h) -> (b, 3, h)>
#id2 = affine_map<(b, h) -> (b, h)>
#id3 = affine_map<(t, b, h) -> (t, b, h)>
module attributes {rondo.phase = "linalg"} {

// LSTM, gates i f g o in one product; h lives in the stack, c swaps. One value is both
// results of a carry and a stack; cse makes one tensor.empty of all.
func.func private @lstm.shapes(%T: index, %B: index, %H: index) -> (index, index, index, index, index, index, index, index, index, index, index, index, index, index, index, index, index, index) {
  %c4 = arith.constant 4 : index
  return %T, %B, %c4, %H, %H, %c4, %H, %B, %H, %B, %H, %B, %H, %B, %H, %T, %B, %H : index, index, index, index, index, index, index, index, index, index, index, index, index, index, index, index, index, index
}
func.func @lstm(%T: index {rondo.dim = "T"}, %B: index {rondo.dim = "B"}, %H: index {rondo.dim = "H"},
    %xg: tensor<?x?x4x?xf32> {rondo.name = "xg"}, %w: tensor<?x4x?xf32> {rondo.name = "w"},
    %h0: tensor<?x?xf32> {rondo.name = "h0"}, %c0: tensor<?x?xf32> {rondo.name = "c0"},
    %dh: tensor<?x?xf32> {rondo.result = 0 : i64}, %dc: tensor<?x?xf32> {rondo.result = 1 : i64},
    %ys: tensor<?x?x?xf32> {rondo.result = 2 : i64})
    -> (tensor<?x?xf32>, tensor<?x?xf32>, tensor<?x?x?xf32>) attributes {rondo.entry, rondo.shapes = @lstm.shapes} {
  %r:3 = rondo.scan_into %T ins(%xg : tensor<?x?x4x?xf32>) starts(%h0, %c0 : tensor<?x?xf32>, tensor<?x?xf32>)
      nexts(%dh, %dc : tensor<?x?xf32>, tensor<?x?xf32>) stacks(%ys : tensor<?x?x?xf32>) {
  ^bb0(%t: index, %x: tensor<?x4x?xf32>, %h: tensor<?x?xf32>, %c: tensor<?x?xf32>, %hn: tensor<?x?xf32>, %cn: tensor<?x?xf32>, %slot: tensor<?x?xf32>):
    %zero = arith.constant 0.0 : f32
    %one = arith.constant 1.0 : f32
    %e = tensor.empty(%B, %H) : tensor<?x4x?xf32>
    %f = linalg.fill ins(%zero : f32) outs(%e : tensor<?x4x?xf32>) -> tensor<?x4x?xf32>
    %g = linalg.generic {indexing_maps = [affine_map<(b, g, h, k) -> (b, k)>, affine_map<(b, g, h, k) -> (k, g, h)>, affine_map<(b, g, h, k) -> (b, g, h)>],
        iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%h, %w : tensor<?x?xf32>, tensor<?x4x?xf32>) outs(%f : tensor<?x4x?xf32>) {
      ^bb1(%a: f32, %b: f32, %o: f32):
        %m = arith.mulf %a, %b : f32
        %s = arith.addf %o, %m : f32
        linalg.yield %s : f32
    } -> tensor<?x4x?xf32>
    %eh = tensor.empty(%B, %H) : tensor<?x?xf32>
    %ec = tensor.empty(%B, %H) : tensor<?x?xf32>
    %n:2 = linalg.generic {indexing_maps = [#gate0, #gate1, #gate2, #gate3, #gate0, #gate1, #gate2, #gate3, #id2, #id2, #id2], iterator_types = ["parallel", "parallel"]}
        ins(%g, %g, %g, %g, %x, %x, %x, %x, %c : tensor<?x4x?xf32>, tensor<?x4x?xf32>, tensor<?x4x?xf32>, tensor<?x4x?xf32>,
            tensor<?x4x?xf32>, tensor<?x4x?xf32>, tensor<?x4x?xf32>, tensor<?x4x?xf32>, tensor<?x?xf32>)
        outs(%eh, %ec : tensor<?x?xf32>, tensor<?x?xf32>) {
      ^bb1(%g0: f32, %g1: f32, %g2: f32, %g3: f32, %x0: f32, %x1: f32, %x2: f32, %x3: f32, %co: f32, %o0: f32, %o1: f32):
        %a0 = arith.addf %g0, %x0 : f32
        %a1 = arith.addf %g1, %x1 : f32
        %a2 = arith.addf %g2, %x2 : f32
        %a3 = arith.addf %g3, %x3 : f32
        %n0 = arith.negf %a0 : f32
        %n1 = arith.negf %a1 : f32
        %n3 = arith.negf %a3 : f32
        %e0 = math.exp %n0 : f32
        %e1 = math.exp %n1 : f32
        %e3 = math.exp %n3 : f32
        %d0 = arith.addf %e0, %one : f32
        %d1 = arith.addf %e1, %one : f32
        %d3 = arith.addf %e3, %one : f32
        %gi = arith.divf %one, %d0 : f32
        %gf = arith.divf %one, %d1 : f32
        %go = arith.divf %one, %d3 : f32
        %gg = math.tanh %a2 : f32
        %fc = arith.mulf %gf, %co : f32
        %ig = arith.mulf %gi, %gg : f32
        %c1 = arith.addf %fc, %ig : f32
        %tc = math.tanh %c1 : f32
        %h1 = arith.mulf %go, %tc : f32
        linalg.yield %h1, %c1 : f32, f32
    } -> (tensor<?x?xf32>, tensor<?x?xf32>)
    rondo.yield %n#0, %n#1, %n#0 : tensor<?x?xf32>, tensor<?x?xf32>, tensor<?x?xf32>
  } -> tensor<?x?xf32>, tensor<?x?xf32>, tensor<?x?x?xf32>
  %o0 = bufferization.materialize_in_destination %r#0 in %dh : (tensor<?x?xf32>, tensor<?x?xf32>) -> tensor<?x?xf32>
  %o1 = bufferization.materialize_in_destination %r#1 in %dc : (tensor<?x?xf32>, tensor<?x?xf32>) -> tensor<?x?xf32>
  %o2 = bufferization.materialize_in_destination %r#2 in %ys : (tensor<?x?x?xf32>, tensor<?x?x?xf32>) -> tensor<?x?x?xf32>
  return %o0, %o1, %o2 : tensor<?x?xf32>, tensor<?x?xf32>, tensor<?x?x?xf32>
}

// h = tanh(x + h) and d = d / 2 + h from zeros in both directions, outputs side by side, last h
// one on the other, last d unwanted: every start is a fill, every destination empty.
func.func private @both.shapes(%T: index, %B: index, %H: index) -> (index, index, index, index, index, index, index, index, index) {
  %c2 = arith.constant 2 : index
  %H2 = arith.muli %H, %c2 : index
  return %T, %B, %H, %T, %B, %H2, %c2, %B, %H : index, index, index, index, index, index, index, index, index
}
func.func @both(%T: index {rondo.dim = "T"}, %B: index {rondo.dim = "B"}, %H: index {rondo.dim = "H"},
    %xs: tensor<?x?x?xf32> {rondo.name = "xs"}, %ys: tensor<?x?x?xf32> {rondo.result = 0 : i64},
    %hs: tensor<2x?x?xf32> {rondo.result = 1 : i64})
    -> (tensor<?x?x?xf32>, tensor<2x?x?xf32>) attributes {rondo.entry, rondo.shapes = @both.shapes} {
  %zero = arith.constant 0.0 : f32
  %half = arith.constant 0.5 : f32
  %c2 = arith.constant 2 : index
  %H2 = arith.muli %H, %c2 : index
  %e = tensor.empty(%B, %H) : tensor<?x?xf32>
  %h0 = linalg.fill ins(%zero : f32) outs(%e : tensor<?x?xf32>) -> tensor<?x?xf32>
  %es = tensor.empty(%T, %B, %H) : tensor<?x?x?xf32>
  %f:3 = rondo.scan_into %T ins(%xs : tensor<?x?x?xf32>) starts(%h0, %h0 : tensor<?x?xf32>, tensor<?x?xf32>) nexts(%e, %e : tensor<?x?xf32>, tensor<?x?xf32>) stacks(%es : tensor<?x?x?xf32>) {
  ^bb0(%t: index, %x: tensor<?x?xf32>, %h: tensor<?x?xf32>, %d: tensor<?x?xf32>, %hn: tensor<?x?xf32>, %dn: tensor<?x?xf32>, %slot: tensor<?x?xf32>):
    %e1 = tensor.empty(%B, %H) : tensor<?x?xf32>
    %s = linalg.add ins(%x, %h : tensor<?x?xf32>, tensor<?x?xf32>) outs(%e1 : tensor<?x?xf32>) -> tensor<?x?xf32>
    %u = linalg.tanh ins(%s : tensor<?x?xf32>) outs(%e1 : tensor<?x?xf32>) -> tensor<?x?xf32>
    %n:2 = linalg.generic {indexing_maps = [#id2, #id2, #id2, #id2], iterator_types = ["parallel", "parallel"]}
        ins(%d, %u : tensor<?x?xf32>, tensor<?x?xf32>) outs(%e1, %e1 : tensor<?x?xf32>, tensor<?x?xf32>) {
      ^bb1(%a: f32, %b: f32, %o: f32, %o1: f32):
        %m = arith.mulf %a, %half : f32
        %q = arith.addf %m, %b : f32
        linalg.yield %q, %b : f32, f32
    } -> (tensor<?x?xf32>, tensor<?x?xf32>)
    rondo.yield %n#1, %n#0, %n#0 : tensor<?x?xf32>, tensor<?x?xf32>, tensor<?x?xf32>
  } -> tensor<?x?xf32>, tensor<?x?xf32>, tensor<?x?x?xf32>
  %g:3 = rondo.scan_into reverse %T ins(%xs : tensor<?x?x?xf32>) starts(%h0, %h0 : tensor<?x?xf32>, tensor<?x?xf32>) nexts(%e, %e : tensor<?x?xf32>, tensor<?x?xf32>) stacks(%es : tensor<?x?x?xf32>) {
  ^bb0(%t: index, %x: tensor<?x?xf32>, %h: tensor<?x?xf32>, %d: tensor<?x?xf32>, %hn: tensor<?x?xf32>, %dn: tensor<?x?xf32>, %slot: tensor<?x?xf32>):
    %e1 = tensor.empty(%B, %H) : tensor<?x?xf32>
    %s = linalg.add ins(%x, %h : tensor<?x?xf32>, tensor<?x?xf32>) outs(%e1 : tensor<?x?xf32>) -> tensor<?x?xf32>
    %u = linalg.tanh ins(%s : tensor<?x?xf32>) outs(%e1 : tensor<?x?xf32>) -> tensor<?x?xf32>
    %n:2 = linalg.generic {indexing_maps = [#id2, #id2, #id2, #id2], iterator_types = ["parallel", "parallel"]}
        ins(%d, %u : tensor<?x?xf32>, tensor<?x?xf32>) outs(%e1, %e1 : tensor<?x?xf32>, tensor<?x?xf32>) {
      ^bb1(%a: f32, %b: f32, %o: f32, %o1: f32):
        %m = arith.mulf %a, %half : f32
        %q = arith.addf %m, %b : f32
        linalg.yield %q, %b : f32, f32
    } -> (tensor<?x?xf32>, tensor<?x?xf32>)
    rondo.yield %n#1, %n#0, %n#1 : tensor<?x?xf32>, tensor<?x?xf32>, tensor<?x?xf32>
  } -> tensor<?x?xf32>, tensor<?x?xf32>, tensor<?x?x?xf32>
  %ec = tensor.empty(%T, %B, %H2) : tensor<?x?x?xf32>
  %i0 = tensor.insert_slice %f#2 into %ec[0, 0, 0] [%T, %B, %H] [1, 1, 1] : tensor<?x?x?xf32> into tensor<?x?x?xf32>
  %i1 = tensor.insert_slice %g#2 into %i0[0, 0, %H] [%T, %B, %H] [1, 1, 1] : tensor<?x?x?xf32> into tensor<?x?x?xf32>
  %o = bufferization.materialize_in_destination %i1 in %ys : (tensor<?x?x?xf32>, tensor<?x?x?xf32>) -> tensor<?x?x?xf32>
  %eh = tensor.empty(%B, %H) : tensor<2x?x?xf32>
  %j0 = tensor.insert_slice %f#0 into %eh[0, 0, 0] [1, %B, %H] [1, 1, 1] : tensor<?x?xf32> into tensor<2x?x?xf32>
  %j1 = tensor.insert_slice %g#0 into %j0[1, 0, 0] [1, %B, %H] [1, 1, 1] : tensor<?x?xf32> into tensor<2x?x?xf32>
  %o1 = bufferization.materialize_in_destination %j1 in %hs : (tensor<2x?x?xf32>, tensor<2x?x?xf32>) -> tensor<2x?x?xf32>
  return %o, %o1 : tensor<?x?x?xf32>, tensor<2x?x?xf32>
}

// Two layers, x a row of a table by index, sizes fixed: stack, input product, stack.
func.func @two(%T: index {rondo.dim = "T"}, %ids: tensor<?x3xi64> {rondo.name = "ids"},
    %table: tensor<4x5xf32> {rondo.name = "table"}, %w: tensor<5x5xf32> {rondo.prepared = 0 : i64},
    %ys: tensor<?x3x5xf32> {rondo.result = 0 : i64}, %last: tensor<3x5xf32> {rondo.result = 1 : i64})
    -> (tensor<?x3x5xf32>, tensor<3x5xf32>) attributes {rondo.entry} {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<3x5xf32>
  %es = tensor.empty(%T) : tensor<?x3x5xf32>
  %h0 = linalg.fill ins(%zero : f32) outs(%e : tensor<3x5xf32>) -> tensor<3x5xf32>
  %f:2 = rondo.scan_into %T ins(%ids : tensor<?x3xi64>) starts(%h0 : tensor<3x5xf32>) nexts(%e : tensor<3x5xf32>) stacks(%es : tensor<?x3x5xf32>) {
  ^bb0(%t: index, %id: tensor<3xi64>, %h: tensor<3x5xf32>, %hn: tensor<3x5xf32>, %slot: tensor<3x5xf32>):
    %u = linalg.generic {indexing_maps = [affine_map<(b, h) -> (b)>, #id2, #id2], iterator_types = ["parallel", "parallel"]}
        ins(%id, %h : tensor<3xi64>, tensor<3x5xf32>) outs(%e : tensor<3x5xf32>) {
      ^bb1(%i: i64, %a: f32, %o: f32):
        %row = arith.index_cast %i : i64 to index
        %col = linalg.index 1 : index
        %v = tensor.extract %table[%row, %col] : tensor<4x5xf32>
        %s = arith.addf %v, %a : f32
        %th = math.tanh %s : f32
        linalg.yield %th : f32
    } -> tensor<3x5xf32>
    rondo.yield %u, %u : tensor<3x5xf32>, tensor<3x5xf32>
  } -> tensor<3x5xf32>, tensor<?x3x5xf32>
  %fill = linalg.fill ins(%zero : f32) outs(%es : tensor<?x3x5xf32>) -> tensor<?x3x5xf32>
  %p = linalg.generic {indexing_maps = [affine_map<(t, b, h, k) -> (t, b, k)>, affine_map<(t, b, h, k) -> (h, k)>, affine_map<(t, b, h, k) -> (t, b, h)>],
      iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%f#1, %w : tensor<?x3x5xf32>, tensor<5x5xf32>) outs(%fill : tensor<?x3x5xf32>) {
    ^bb1(%a: f32, %b: f32, %o: f32):
      %m = arith.mulf %a, %b : f32
      %s = arith.addf %o, %m : f32
      linalg.yield %s : f32
  } -> tensor<?x3x5xf32>
  %g:2 = rondo.scan_into %T ins(%p : tensor<?x3x5xf32>) starts(%f#0 : tensor<3x5xf32>) nexts(%e : tensor<3x5xf32>) stacks(%es : tensor<?x3x5xf32>) {
  ^bb0(%t: index, %x: tensor<3x5xf32>, %h: tensor<3x5xf32>, %hn: tensor<3x5xf32>, %slot: tensor<3x5xf32>):
    %s = linalg.add ins(%x, %h : tensor<3x5xf32>, tensor<3x5xf32>) outs(%e : tensor<3x5xf32>) -> tensor<3x5xf32>
    %u = linalg.tanh ins(%s : tensor<3x5xf32>) outs(%e : tensor<3x5xf32>) -> tensor<3x5xf32>
    rondo.yield %u, %u : tensor<3x5xf32>, tensor<3x5xf32>
  } -> tensor<3x5xf32>, tensor<?x3x5xf32>
  %o0 = bufferization.materialize_in_destination %g#1 in %ys : (tensor<?x3x5xf32>, tensor<?x3x5xf32>) -> tensor<?x3x5xf32>
  %o1 = bufferization.materialize_in_destination %g#0 in %last : (tensor<3x5xf32>, tensor<3x5xf32>) -> tensor<3x5xf32>
  return %o0, %o1 : tensor<?x3x5xf32>, tensor<3x5xf32>
}

// As kernels leave it: loops over tiles of vectors that start at the destination.
// h = x + h w (elementwise), 8 at a time; y = the sum of all h so far, after the loop over tiles.
func.func @tiles(%T: index {rondo.dim = "T"}, %xs: tensor<?x16xf32> {rondo.name = "xs"}, %w: tensor<16xf32> {rondo.name = "w"},
    %last: tensor<16xf32> {rondo.result = 0 : i64}) -> tensor<16xf32> attributes {rondo.entry} {
  %zero = arith.constant 0.0 : f32
  %c0 = arith.constant 0 : index
  %c8 = arith.constant 8 : index
  %c16 = arith.constant 16 : index
  %e = tensor.empty() : tensor<16xf32>
  %h0 = scf.for %i = %c0 to %c16 step %c8 iter_args(%a = %e) -> tensor<16xf32> {
    %v = vector.broadcast %zero : f32 to vector<8xf32>
    %a1 = vector.transfer_write %v, %a[%i] {in_bounds = [true]} : vector<8xf32>, tensor<16xf32>
    scf.yield %a1 : tensor<16xf32>
  }
  %r = rondo.scan_into %T ins(%xs : tensor<?x16xf32>) starts(%h0 : tensor<16xf32>) nexts(%last : tensor<16xf32>) {
  ^bb0(%t: index, %x: tensor<16xf32>, %h: tensor<16xf32>, %hn: tensor<16xf32>):
    %u = scf.for %i = %c0 to %c16 step %c8 iter_args(%a = %e) -> tensor<16xf32> {
      %vx = vector.transfer_read %x[%i], %zero {in_bounds = [true]} : tensor<16xf32>, vector<8xf32>
      %vh = vector.transfer_read %h[%i], %zero {in_bounds = [true]} : tensor<16xf32>, vector<8xf32>
      %vw = vector.transfer_read %w[%i], %zero {in_bounds = [true]} : tensor<16xf32>, vector<8xf32>
      %m = arith.mulf %vh, %vw : vector<8xf32>
      %s = arith.addf %vx, %m : vector<8xf32>
      %a1 = vector.transfer_write %s, %a[%i] {in_bounds = [true]} : vector<8xf32>, tensor<16xf32>
      scf.yield %a1 : tensor<16xf32>
    }
    rondo.yield %u : tensor<16xf32>
  } -> tensor<16xf32>
  %o = bufferization.materialize_in_destination %r in %last : (tensor<16xf32>, tensor<16xf32>) -> tensor<16xf32>
  return %o : tensor<16xf32>
}

// Work on weights: one made, one as it is.
func.func @prepare(%w: tensor<5x5xf32> {rondo.param = "w", rondo.init = #rondo.init<constant, 0.0, 0.0>},
    %d0: tensor<5x5xf32> {rondo.result = 0 : i64}, %d1: tensor<5x5xf32> {rondo.result = 1 : i64})
    -> (tensor<5x5xf32>, tensor<5x5xf32>) attributes {rondo.prepare} {
  %e = tensor.empty() : tensor<5x5xf32>
  %t = linalg.transpose ins(%w : tensor<5x5xf32>) outs(%e : tensor<5x5xf32>) permutation = [1, 0]
  %o0 = bufferization.materialize_in_destination %t in %d0 : (tensor<5x5xf32>, tensor<5x5xf32>) -> tensor<5x5xf32>
  return %o0, %w : tensor<5x5xf32>, tensor<5x5xf32>
}
}
