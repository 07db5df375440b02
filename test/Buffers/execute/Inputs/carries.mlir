// Bodies whose carries lie in every kind of place; run against plain loops by check.c.
#id1 = affine_map<(i) -> (i)>
#id2 = affine_map<(i, j) -> (i, j)>
module attributes {rondo.phase = "linalg"} {

// h = tanh(x + h W): one carry, its own destination.
func.func private @rnn.shapes(%T: index, %B: index, %H: index) -> (index, index, index, index, index, index, index, index, index) {
  return %T, %B, %H, %H, %H, %B, %H, %B, %H : index, index, index, index, index, index, index, index, index
}
func.func @rnn(%T: index {rondo.dim = "T"}, %B: index {rondo.dim = "B"}, %H: index {rondo.dim = "H"},
    %xs: tensor<?x?x?xf32> {rondo.name = "xs"}, %w: tensor<?x?xf32> {rondo.name = "w"},
    %h0: tensor<?x?xf32> {rondo.name = "h0"}, %d: tensor<?x?xf32> {rondo.result = 0 : i64})
    -> tensor<?x?xf32> attributes {rondo.entry, rondo.shapes = @rnn.shapes} {
  %r = rondo.scan_into %T ins(%xs : tensor<?x?x?xf32>) starts(%h0 : tensor<?x?xf32>) nexts(%d : tensor<?x?xf32>) {
  ^bb0(%t: index, %x: tensor<?x?xf32>, %h: tensor<?x?xf32>, %hn: tensor<?x?xf32>):
    %zero = arith.constant 0.0 : f32
    %e = tensor.empty(%B, %H) : tensor<?x?xf32>
    %f = linalg.fill ins(%zero : f32) outs(%e : tensor<?x?xf32>) -> tensor<?x?xf32>
    %m = linalg.matmul ins(%h, %w : tensor<?x?xf32>, tensor<?x?xf32>) outs(%f : tensor<?x?xf32>) -> tensor<?x?xf32>
    %e2 = tensor.empty(%B, %H) : tensor<?x?xf32>
    %s = linalg.add ins(%x, %m : tensor<?x?xf32>, tensor<?x?xf32>) outs(%e2 : tensor<?x?xf32>) -> tensor<?x?xf32>
    %e3 = tensor.empty(%B, %H) : tensor<?x?xf32>
    %y = linalg.tanh ins(%s : tensor<?x?xf32>) outs(%e3 : tensor<?x?xf32>) -> tensor<?x?xf32>
    rondo.yield %y : tensor<?x?xf32>
  } -> tensor<?x?xf32>
  %o = bufferization.materialize_in_destination %r in %d : (tensor<?x?xf32>, tensor<?x?xf32>) -> tensor<?x?xf32>
  return %o : tensor<?x?xf32>
}

// The same by a function, its state kept by the caller: start and destination are one buffer.
func.func private @cell(%x: tensor<?x?xf32>, %h: tensor<?x?xf32>, %w: tensor<?x?xf32>, %d: tensor<?x?xf32>) -> tensor<?x?xf32> {
  %zero = arith.constant 0.0 : f32
  %f = linalg.fill ins(%zero : f32) outs(%d : tensor<?x?xf32>) -> tensor<?x?xf32>
  %m = linalg.matmul ins(%h, %w : tensor<?x?xf32>, tensor<?x?xf32>) outs(%f : tensor<?x?xf32>) -> tensor<?x?xf32>
  %s = linalg.add ins(%x, %m : tensor<?x?xf32>, tensor<?x?xf32>) outs(%m : tensor<?x?xf32>) -> tensor<?x?xf32>
  %y = linalg.tanh ins(%s : tensor<?x?xf32>) outs(%s : tensor<?x?xf32>) -> tensor<?x?xf32>
  return %y : tensor<?x?xf32>
}
func.func private @state.shapes(%T: index, %B: index, %H: index) -> (index, index, index, index, index, index, index) {
  return %T, %B, %H, %H, %H, %B, %H : index, index, index, index, index, index, index
}
func.func @state(%T: index {rondo.dim = "T"}, %B: index {rondo.dim = "B"}, %H: index {rondo.dim = "H"},
    %xs: tensor<?x?x?xf32> {rondo.name = "xs"}, %w: tensor<?x?xf32> {rondo.name = "w"},
    %h0: tensor<?x?xf32> {rondo.result = 0 : i64}) -> tensor<?x?xf32> attributes {rondo.entry, rondo.shapes = @state.shapes} {
  %r = rondo.scan_into %T ins(%xs : tensor<?x?x?xf32>) starts(%h0 : tensor<?x?xf32>) nexts(%h0 : tensor<?x?xf32>) {
  ^bb0(%t: index, %x: tensor<?x?xf32>, %h: tensor<?x?xf32>, %hn: tensor<?x?xf32>):
    %y = func.call @cell(%x, %h, %w, %hn) : (tensor<?x?xf32>, tensor<?x?xf32>, tensor<?x?xf32>, tensor<?x?xf32>) -> tensor<?x?xf32>
    rondo.yield %y : tensor<?x?xf32>
  } -> tensor<?x?xf32>
  return %r : tensor<?x?xf32>
}

// a, b = b, a + x: pointers move.
func.func private @swap.shapes(%T: index, %H: index) -> (index, index, index, index, index, index) {
  return %T, %H, %H, %H, %H, %H : index, index, index, index, index, index
}
func.func @swap(%T: index {rondo.dim = "T"}, %H: index {rondo.dim = "H"}, %xs: tensor<?x?xf32> {rondo.name = "xs"},
    %a0: tensor<?xf32> {rondo.name = "a0"}, %b0: tensor<?xf32> {rondo.name = "b0"},
    %da: tensor<?xf32> {rondo.result = 0 : i64}, %db: tensor<?xf32> {rondo.result = 1 : i64})
    -> (tensor<?xf32>, tensor<?xf32>) attributes {rondo.entry, rondo.shapes = @swap.shapes} {
  %r:2 = rondo.scan_into %T ins(%xs : tensor<?x?xf32>) starts(%a0, %b0 : tensor<?xf32>, tensor<?xf32>) nexts(%da, %db : tensor<?xf32>, tensor<?xf32>) {
  ^bb0(%t: index, %x: tensor<?xf32>, %a: tensor<?xf32>, %b: tensor<?xf32>, %an: tensor<?xf32>, %bn: tensor<?xf32>):
    %e = tensor.empty(%H) : tensor<?xf32>
    %s = linalg.add ins(%a, %x : tensor<?xf32>, tensor<?xf32>) outs(%e : tensor<?xf32>) -> tensor<?xf32>
    rondo.yield %b, %s : tensor<?xf32>, tensor<?xf32>
  } -> tensor<?xf32>, tensor<?xf32>
  return %r#0, %r#1 : tensor<?xf32>, tensor<?xf32>
}

// The same with both states kept by the caller: the destinations cannot be used.
func.func private @swap_state.shapes(%T: index, %H: index) -> (index, index, index, index) {
  return %T, %H, %H, %H : index, index, index, index
}
func.func @swap_state(%T: index {rondo.dim = "T"}, %H: index {rondo.dim = "H"}, %xs: tensor<?x?xf32> {rondo.name = "xs"},
    %a0: tensor<?xf32> {rondo.result = 0 : i64}, %b0: tensor<?xf32> {rondo.result = 1 : i64})
    -> (tensor<?xf32>, tensor<?xf32>) attributes {rondo.entry, rondo.shapes = @swap_state.shapes} {
  %r:2 = rondo.scan_into %T ins(%xs : tensor<?x?xf32>) starts(%a0, %b0 : tensor<?xf32>, tensor<?xf32>) nexts(%a0, %b0 : tensor<?xf32>, tensor<?xf32>) {
  ^bb0(%t: index, %x: tensor<?xf32>, %a: tensor<?xf32>, %b: tensor<?xf32>, %an: tensor<?xf32>, %bn: tensor<?xf32>):
    %e = tensor.empty(%H) : tensor<?xf32>
    %s = linalg.add ins(%a, %x : tensor<?xf32>, tensor<?xf32>) outs(%e : tensor<?xf32>) -> tensor<?xf32>
    rondo.yield %b, %s : tensor<?xf32>, tensor<?xf32>
  } -> tensor<?xf32>, tensor<?xf32>
  return %r#0, %r#1 : tensor<?xf32>, tensor<?xf32>
}

// s = x + p - q - r; p, q, r = s, s, p, and s stacked or not; q is one more store.
func.func private @shared.shapes(%T: index, %H: index) -> (index, index, index, index, index, index, index, index) {
  return %T, %H, %H, %H, %H, %H, %H, %H : index, index, index, index, index, index, index, index
}
func.func @shared(%T: index {rondo.dim = "T"}, %H: index {rondo.dim = "H"}, %xs: tensor<?x?xf32> {rondo.name = "xs"},
    %p0: tensor<?xf32> {rondo.name = "p0"}, %q0: tensor<?xf32> {rondo.name = "q0"}, %r0: tensor<?xf32> {rondo.name = "r0"},
    %dp: tensor<?xf32> {rondo.result = 0 : i64}, %dq: tensor<?xf32> {rondo.result = 1 : i64}, %dr: tensor<?xf32> {rondo.result = 2 : i64})
    -> (tensor<?xf32>, tensor<?xf32>, tensor<?xf32>) attributes {rondo.entry, rondo.shapes = @shared.shapes} {
  %o:3 = rondo.scan_into %T ins(%xs : tensor<?x?xf32>) starts(%p0, %q0, %r0 : tensor<?xf32>, tensor<?xf32>, tensor<?xf32>) nexts(%dp, %dq, %dr : tensor<?xf32>, tensor<?xf32>, tensor<?xf32>) {
  ^bb0(%t: index, %x: tensor<?xf32>, %p: tensor<?xf32>, %q: tensor<?xf32>, %r: tensor<?xf32>, %pn: tensor<?xf32>, %qn: tensor<?xf32>, %rn: tensor<?xf32>):
    %e = tensor.empty(%H) : tensor<?xf32>
    %s = linalg.generic {indexing_maps = [#id1, #id1, #id1, #id1, #id1], iterator_types = ["parallel"]}
        ins(%x, %p, %q, %r : tensor<?xf32>, tensor<?xf32>, tensor<?xf32>, tensor<?xf32>) outs(%e : tensor<?xf32>) {
      ^bb1(%a: f32, %b: f32, %c: f32, %d: f32, %z: f32):
        %u = arith.addf %a, %b : f32
        %v = arith.subf %u, %c : f32
        %w = arith.subf %v, %d : f32
        linalg.yield %w : f32
    } -> tensor<?xf32>
    rondo.yield %s, %s, %p : tensor<?xf32>, tensor<?xf32>, tensor<?xf32>
  } -> tensor<?xf32>, tensor<?xf32>, tensor<?xf32>
  return %o#0, %o#1, %o#2 : tensor<?xf32>, tensor<?xf32>, tensor<?xf32>
}
func.func private @shared_stack.shapes(%T: index, %H: index) -> (index, index, index, index, index, index, index, index, index, index) {
  return %T, %H, %H, %H, %H, %H, %H, %H, %T, %H : index, index, index, index, index, index, index, index, index, index
}
func.func @shared_stack(%T: index {rondo.dim = "T"}, %H: index {rondo.dim = "H"}, %xs: tensor<?x?xf32> {rondo.name = "xs"},
    %p0: tensor<?xf32> {rondo.name = "p0"}, %q0: tensor<?xf32> {rondo.name = "q0"}, %r0: tensor<?xf32> {rondo.name = "r0"},
    %dp: tensor<?xf32> {rondo.result = 0 : i64}, %dq: tensor<?xf32> {rondo.result = 1 : i64}, %dr: tensor<?xf32> {rondo.result = 2 : i64},
    %ys: tensor<?x?xf32> {rondo.result = 3 : i64})
    -> (tensor<?xf32>, tensor<?xf32>, tensor<?xf32>, tensor<?x?xf32>) attributes {rondo.entry, rondo.shapes = @shared_stack.shapes} {
  %o:4 = rondo.scan_into %T ins(%xs : tensor<?x?xf32>) starts(%p0, %q0, %r0 : tensor<?xf32>, tensor<?xf32>, tensor<?xf32>) nexts(%dp, %dq, %dr : tensor<?xf32>, tensor<?xf32>, tensor<?xf32>) stacks(%ys : tensor<?x?xf32>) {
  ^bb0(%t: index, %x: tensor<?xf32>, %p: tensor<?xf32>, %q: tensor<?xf32>, %r: tensor<?xf32>, %pn: tensor<?xf32>, %qn: tensor<?xf32>, %rn: tensor<?xf32>, %slot: tensor<?xf32>):
    %e = tensor.empty(%H) : tensor<?xf32>
    %s = linalg.generic {indexing_maps = [#id1, #id1, #id1, #id1, #id1], iterator_types = ["parallel"]}
        ins(%x, %p, %q, %r : tensor<?xf32>, tensor<?xf32>, tensor<?xf32>, tensor<?xf32>) outs(%e : tensor<?xf32>) {
      ^bb1(%a: f32, %b: f32, %c: f32, %d: f32, %z: f32):
        %u = arith.addf %a, %b : f32
        %v = arith.subf %u, %c : f32
        %w = arith.subf %v, %d : f32
        linalg.yield %w : f32
    } -> tensor<?xf32>
    rondo.yield %s, %s, %p, %s : tensor<?xf32>, tensor<?xf32>, tensor<?xf32>, tensor<?xf32>
  } -> tensor<?xf32>, tensor<?xf32>, tensor<?xf32>, tensor<?x?xf32>
  return %o#0, %o#1, %o#2, %o#3 : tensor<?xf32>, tensor<?xf32>, tensor<?xf32>, tensor<?x?xf32>
}

// h = tanh(x + h), stacked, from the last step to the first: the carry lives in the stack.
func.func private @stack.shapes(%T: index, %H: index) -> (index, index, index, index, index, index) {
  return %T, %H, %H, %H, %T, %H : index, index, index, index, index, index
}
func.func @stack(%T: index {rondo.dim = "T"}, %H: index {rondo.dim = "H"}, %xs: tensor<?x?xf32> {rondo.name = "xs"},
    %h0: tensor<?xf32> {rondo.name = "h0"}, %d: tensor<?xf32> {rondo.result = 0 : i64}, %ys: tensor<?x?xf32> {rondo.result = 1 : i64})
    -> (tensor<?xf32>, tensor<?x?xf32>) attributes {rondo.entry, rondo.shapes = @stack.shapes} {
  %r:2 = rondo.scan_into reverse %T ins(%xs : tensor<?x?xf32>) starts(%h0 : tensor<?xf32>) nexts(%d : tensor<?xf32>) stacks(%ys : tensor<?x?xf32>) {
  ^bb0(%t: index, %x: tensor<?xf32>, %h: tensor<?xf32>, %hn: tensor<?xf32>, %slot: tensor<?xf32>):
    %e = tensor.empty(%H) : tensor<?xf32>
    %s = linalg.add ins(%x, %h : tensor<?xf32>, tensor<?xf32>) outs(%e : tensor<?xf32>) -> tensor<?xf32>
    %y = linalg.tanh ins(%s : tensor<?xf32>) outs(%e : tensor<?xf32>) -> tensor<?xf32>
    rondo.yield %y, %y : tensor<?xf32>, tensor<?xf32>
  } -> tensor<?xf32>, tensor<?x?xf32>
  return %r#0, %r#1 : tensor<?xf32>, tensor<?x?xf32>
}

// p = x: the carry is the last row of the input; y = x - p; the old p is stacked, too.
func.func private @shift.shapes(%T: index, %H: index) -> (index, index, index, index, index, index, index, index) {
  return %T, %H, %H, %H, %T, %H, %T, %H : index, index, index, index, index, index, index, index
}
func.func @shift(%T: index {rondo.dim = "T"}, %H: index {rondo.dim = "H"}, %xs: tensor<?x?xf32> {rondo.name = "xs"},
    %p0: tensor<?xf32> {rondo.name = "p0"}, %d: tensor<?xf32> {rondo.result = 0 : i64}, %ys: tensor<?x?xf32> {rondo.result = 1 : i64},
    %ps: tensor<?x?xf32> {rondo.result = 2 : i64}) -> (tensor<?xf32>, tensor<?x?xf32>, tensor<?x?xf32>) attributes {rondo.entry, rondo.shapes = @shift.shapes} {
  %r:3 = rondo.scan_into %T ins(%xs : tensor<?x?xf32>) starts(%p0 : tensor<?xf32>) nexts(%d : tensor<?xf32>) stacks(%ys, %ps : tensor<?x?xf32>, tensor<?x?xf32>) {
  ^bb0(%t: index, %x: tensor<?xf32>, %p: tensor<?xf32>, %pn: tensor<?xf32>, %slot: tensor<?xf32>, %slot2: tensor<?xf32>):
    %e = tensor.empty(%H) : tensor<?xf32>
    %y = linalg.sub ins(%x, %p : tensor<?xf32>, tensor<?xf32>) outs(%e : tensor<?xf32>) -> tensor<?xf32>
    rondo.yield %x, %y, %p : tensor<?xf32>, tensor<?xf32>, tensor<?xf32>
  } -> tensor<?xf32>, tensor<?x?xf32>, tensor<?x?xf32>
  return %r#0, %r#1, %r#2 : tensor<?xf32>, tensor<?x?xf32>, tensor<?x?xf32>
}

// A scan in a scan: each step runs h through layers, h = tanh(x + w_l + h); y = h + x.
func.func private @nested.shapes(%T: index, %L: index, %H: index) -> (index, index, index, index, index, index, index, index) {
  return %T, %H, %L, %H, %H, %H, %T, %H : index, index, index, index, index, index, index, index
}
func.func @nested(%T: index {rondo.dim = "T"}, %L: index {rondo.dim = "L"}, %H: index {rondo.dim = "H"},
    %xs: tensor<?x?xf32> {rondo.name = "xs"}, %ws: tensor<?x?xf32> {rondo.name = "ws"}, %h0: tensor<?xf32> {rondo.name = "h0"},
    %d: tensor<?xf32> {rondo.result = 0 : i64}, %ys: tensor<?x?xf32> {rondo.result = 1 : i64})
    -> (tensor<?xf32>, tensor<?x?xf32>) attributes {rondo.entry, rondo.shapes = @nested.shapes} {
  %r:2 = rondo.scan_into %T ins(%xs : tensor<?x?xf32>) starts(%h0 : tensor<?xf32>) nexts(%d : tensor<?xf32>) stacks(%ys : tensor<?x?xf32>) {
  ^bb0(%t: index, %x: tensor<?xf32>, %h: tensor<?xf32>, %hn: tensor<?xf32>, %slot: tensor<?xf32>):
    %c0 = arith.constant 0 : index
    %n = tensor.dim %h, %c0 : tensor<?xf32>
    %e = tensor.empty(%n) : tensor<?xf32>
    %in = rondo.scan_into %L ins(%ws : tensor<?x?xf32>) starts(%h : tensor<?xf32>) nexts(%e : tensor<?xf32>) {
    ^bb1(%l: index, %w: tensor<?xf32>, %g: tensor<?xf32>, %gn: tensor<?xf32>):
      %j0 = arith.constant 0 : index
      %m = tensor.dim %g, %j0 : tensor<?xf32>
      %e2 = tensor.empty(%m) : tensor<?xf32>
      %s1 = linalg.add ins(%x, %w : tensor<?xf32>, tensor<?xf32>) outs(%e2 : tensor<?xf32>) -> tensor<?xf32>
      %s2 = linalg.add ins(%s1, %g : tensor<?xf32>, tensor<?xf32>) outs(%e2 : tensor<?xf32>) -> tensor<?xf32>
      %y = linalg.tanh ins(%s2 : tensor<?xf32>) outs(%e2 : tensor<?xf32>) -> tensor<?xf32>
      rondo.yield %y : tensor<?xf32>
    } -> tensor<?xf32>
    %o = linalg.add ins(%in, %x : tensor<?xf32>, tensor<?xf32>) outs(%e : tensor<?xf32>) -> tensor<?xf32>
    rondo.yield %in, %o : tensor<?xf32>, tensor<?xf32>
  } -> tensor<?xf32>, tensor<?x?xf32>
  return %r#0, %r#1 : tensor<?xf32>, tensor<?x?xf32>
}

// A cache written at row t, in place, then read whole: s = C q, y = s C.
func.func private @cache.shapes(%T: index, %N: index, %H: index) -> (index, index, index, index, index, index, index, index) {
  return %T, %H, %T, %H, %N, %H, %T, %H : index, index, index, index, index, index, index, index
}
func.func @cache(%T: index {rondo.dim = "T"}, %N: index {rondo.dim = "N"}, %H: index {rondo.dim = "H"},
    %ks: tensor<?x?xf32> {rondo.name = "ks"}, %qs: tensor<?x?xf32> {rondo.name = "qs"},
    %cache: tensor<?x?xf32> {rondo.result = 0 : i64}, %ys: tensor<?x?xf32> {rondo.result = 1 : i64})
    -> (tensor<?x?xf32>, tensor<?x?xf32>) attributes {rondo.entry, rondo.shapes = @cache.shapes} {
  %r:2 = rondo.scan_into %T ins(%ks, %qs : tensor<?x?xf32>, tensor<?x?xf32>) updates(%cache : tensor<?x?xf32>) stacks(%ys : tensor<?x?xf32>) {
  ^bb0(%t: index, %k: tensor<?xf32>, %q: tensor<?xf32>, %c: tensor<?x?xf32>, %slot: tensor<?xf32>):
    %zero = arith.constant 0.0 : f32
    %c1 = tensor.insert_slice %k into %c[%t, 0] [1, %H] [1, 1] : tensor<?xf32> into tensor<?x?xf32>
    %e = tensor.empty(%N) : tensor<?xf32>
    %f = linalg.fill ins(%zero : f32) outs(%e : tensor<?xf32>) -> tensor<?xf32>
    %s = linalg.matvec ins(%c1, %q : tensor<?x?xf32>, tensor<?xf32>) outs(%f : tensor<?xf32>) -> tensor<?xf32>
    %e2 = tensor.empty(%H) : tensor<?xf32>
    %f2 = linalg.fill ins(%zero : f32) outs(%e2 : tensor<?xf32>) -> tensor<?xf32>
    %y = linalg.vecmat ins(%s, %c1 : tensor<?xf32>, tensor<?x?xf32>) outs(%f2 : tensor<?xf32>) -> tensor<?xf32>
    rondo.yield %c1, %y : tensor<?x?xf32>, tensor<?xf32>
  } -> tensor<?x?xf32>, tensor<?x?xf32>
  return %r#0, %r#1 : tensor<?x?xf32>, tensor<?x?xf32>
}
}
