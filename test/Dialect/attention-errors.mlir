// RUN: rondo-opt %s -split-input-file -verify-diagnostics

func.func private @f(%scale: f32, %q: tensor<4x?x16xf32>, %k: tensor<2x2x?x16xf32>, %v: tensor<2x2x?x8xf32>, %o: tensor<2x4x?x8xf32>, %n: tensor<?xi64>, %w: tensor<2x4x?x3xf32>) {
  // expected-error @below {{query has rank 3, needs 4}}
  rondo.attention %scale ins(%q, %k, %v : tensor<4x?x16xf32>, tensor<2x2x?x16xf32>, tensor<2x2x?x8xf32>) outs(%o : tensor<2x4x?x8xf32>) : f32 -> tensor<2x4x?x8xf32>
  return
}

// -----

func.func private @f(%scale: f32, %q: tensor<2x4x?x16xf32>, %k: tensor<2x2x?x16xf64>, %v: tensor<2x2x?x8xf32>, %o: tensor<2x4x?x8xf32>, %n: tensor<?xi64>, %w: tensor<2x4x?x3xf32>) {
  // expected-error @below {{key has elements of type 'f64', the scale is 'f32'}}
  rondo.attention %scale ins(%q, %k, %v : tensor<2x4x?x16xf32>, tensor<2x2x?x16xf64>, tensor<2x2x?x8xf32>) outs(%o : tensor<2x4x?x8xf32>) : f32 -> tensor<2x4x?x8xf32>
  return
}

// -----

func.func private @f(%scale: f32, %q: tensor<2x4x?x16xf32>, %k: tensor<2x2x?x12xf32>, %v: tensor<2x2x?x8xf32>, %o: tensor<2x4x?x8xf32>, %n: tensor<?xi64>, %w: tensor<2x4x?x3xf32>) {
  // expected-error @below {{axis 3 of the query has size 16, axis 3 of the key size 12}}
  rondo.attention %scale ins(%q, %k, %v : tensor<2x4x?x16xf32>, tensor<2x2x?x12xf32>, tensor<2x2x?x8xf32>) outs(%o : tensor<2x4x?x8xf32>) : f32 -> tensor<2x4x?x8xf32>
  return
}

// -----

func.func private @f(%scale: f32, %q: tensor<2x4x?x16xf32>, %k: tensor<2x2x5x16xf32>, %v: tensor<2x2x6x8xf32>, %o: tensor<2x4x?x8xf32>, %n: tensor<?xi64>, %w: tensor<2x4x?x3xf32>) {
  // expected-error @below {{axis 2 of the key has size 5, axis 2 of the value size 6}}
  rondo.attention %scale ins(%q, %k, %v : tensor<2x4x?x16xf32>, tensor<2x2x5x16xf32>, tensor<2x2x6x8xf32>) outs(%o : tensor<2x4x?x8xf32>) : f32 -> tensor<2x4x?x8xf32>
  return
}

// -----

func.func private @f(%scale: f32, %q: tensor<2x4x?x16xf32>, %k: tensor<2x2x?x16xf32>, %v: tensor<2x2x?x8xf32>, %o: tensor<2x4x?x9xf32>, %n: tensor<?xi64>, %w: tensor<2x4x?x3xf32>) {
  // expected-error @below {{axis 3 of the value has size 8, axis 3 of the output size 9}}
  rondo.attention %scale ins(%q, %k, %v : tensor<2x4x?x16xf32>, tensor<2x2x?x16xf32>, tensor<2x2x?x8xf32>) outs(%o : tensor<2x4x?x9xf32>) : f32 -> tensor<2x4x?x9xf32>
  return
}

// -----

func.func private @f(%scale: f32, %q: tensor<2x4x?x16xf32>, %k: tensor<2x2x4x16xf32>, %v: tensor<2x2x?x8xf32>, %o: tensor<2x4x?x8xf32>, %n: tensor<?xi64>, %w: tensor<2x4x?x3xf32>) {
  // expected-error @below {{axis 2 of the key has size 4, axis 3 of the weights size 3}}
  rondo.attention %scale ins(%q, %k, %v : tensor<2x4x?x16xf32>, tensor<2x2x4x16xf32>, tensor<2x2x?x8xf32>) outs(%o : tensor<2x4x?x8xf32>) weights(%w : tensor<2x4x?x3xf32>) : f32 -> tensor<2x4x?x8xf32>, tensor<2x4x?x3xf32>
  return
}

// -----

func.func private @f(%scale: f32, %q: tensor<2x4x?x16xf32>, %k: tensor<2x3x?x16xf32>, %v: tensor<2x3x?x8xf32>, %o: tensor<2x4x?x8xf32>, %n: tensor<?xi64>, %w: tensor<2x4x?x3xf32>) {
  // expected-error @below {{4 query heads are no multiple of 3 key heads}}
  rondo.attention %scale ins(%q, %k, %v : tensor<2x4x?x16xf32>, tensor<2x3x?x16xf32>, tensor<2x3x?x8xf32>) outs(%o : tensor<2x4x?x8xf32>) : f32 -> tensor<2x4x?x8xf32>
  return
}

// -----

func.func private @f(%scale: f32, %q: tensor<2x4x?x16xf32>, %k: tensor<2x2x?x16xf32>, %v: tensor<2x2x?x8xf32>, %o: tensor<2x4x?x8xf32>, %n: tensor<?xi64>, %w: tensor<2x4x?x3xf32>) {
  // expected-error @below {{has one result for each destination, of its type}}
  rondo.attention %scale ins(%q, %k, %v : tensor<2x4x?x16xf32>, tensor<2x2x?x16xf32>, tensor<2x2x?x8xf32>) outs(%o : tensor<2x4x?x8xf32>) weights(%w : tensor<2x4x?x3xf32>) : f32 -> tensor<2x4x?x8xf32>
  return
}

// -----

func.func private @f(%scale: f32, %q: tensor<2x4x?x16xf32>, %k: tensor<2x2x?x16xf32>, %v: tensor<2x2x?x8xf32>, %o: tensor<2x4x?x8xf32>, %n: tensor<?xi64>, %w: tensor<2x4x?x3xf32>) {
  // expected-error @below {{mask has 4 arguments, needs 4 and 1 captures}}
  rondo.attention %scale ins(%q, %k, %v : tensor<2x4x?x16xf32>, tensor<2x2x?x16xf32>, tensor<2x2x?x8xf32>) captures(%n : tensor<?xi64>) outs(%o : tensor<2x4x?x8xf32>) : f32 mask {
  ^bb0(%b: i64, %h: i64, %i: i64, %j: i64):
    %yes = arith.constant true
    rondo.attention.yield %yes : i1
  } -> tensor<2x4x?x8xf32>
  return
}

// -----

func.func private @f(%scale: f32, %q: tensor<2x4x?x16xf32>, %k: tensor<2x2x?x16xf32>, %v: tensor<2x2x?x8xf32>, %o: tensor<2x4x?x8xf32>, %n: tensor<?xi64>, %w: tensor<2x4x?x3xf32>) {
  // expected-error @below {{score argument 0 has type 'f64', needs 'f32'}}
  rondo.attention %scale ins(%q, %k, %v : tensor<2x4x?x16xf32>, tensor<2x2x?x16xf32>, tensor<2x2x?x8xf32>) outs(%o : tensor<2x4x?x8xf32>) : f32 score {
  ^bb0(%s: f64, %b: i64, %h: i64, %i: i64, %j: i64):
    %t = arith.truncf %s : f64 to f32
    rondo.attention.yield %t : f32
  } -> tensor<2x4x?x8xf32>
  return
}

// -----

func.func private @f(%scale: f32, %q: tensor<2x4x?x16xf32>, %k: tensor<2x2x?x16xf32>, %v: tensor<2x2x?x8xf32>, %o: tensor<2x4x?x8xf32>, %n: tensor<?xi64>, %w: tensor<2x4x?x3xf32>) {
  // expected-error @below {{mask argument 4 has type 'tensor<4xi64>', the capture 'tensor<?xi64>'}}
  rondo.attention %scale ins(%q, %k, %v : tensor<2x4x?x16xf32>, tensor<2x2x?x16xf32>, tensor<2x2x?x8xf32>) captures(%n : tensor<?xi64>) outs(%o : tensor<2x4x?x8xf32>) : f32 mask {
  ^bb0(%b: i64, %h: i64, %i: i64, %j: i64, %c: tensor<4xi64>):
    %yes = arith.constant true
    rondo.attention.yield %yes : i1
  } -> tensor<2x4x?x8xf32>
  return
}

// -----

func.func private @f(%scale: f32, %q: tensor<2x4x?x16xf32>, %k: tensor<2x2x?x16xf32>, %v: tensor<2x2x?x8xf32>, %o: tensor<2x4x?x8xf32>, %n: tensor<?xi64>, %w: tensor<2x4x?x3xf32>) {
  // expected-error @below {{has bounds of a mask that it has not}}
  rondo.attention %scale ins(%q, %k, %v : tensor<2x4x?x16xf32>, tensor<2x2x?x16xf32>, tensor<2x2x?x8xf32>) outs(%o : tensor<2x4x?x8xf32>) : f32 bounds {
  ^bb0(%b: i64, %h: i64, %first: i64, %last: i64):
    rondo.attention.yield %b, %h, %first, %last : i64, i64, i64, i64
  } -> tensor<2x4x?x8xf32>
  return
}

// -----

func.func private @f(%scale: f32, %q: tensor<1x1x?x4xf32>) {
  // expected-error @below {{is opaque without a mask}}
  rondo.attention opaque %scale ins(%q, %q, %q : tensor<1x1x?x4xf32>, tensor<1x1x?x4xf32>, tensor<1x1x?x4xf32>) outs(%q : tensor<1x1x?x4xf32>) : f32 -> tensor<1x1x?x4xf32>
  return
}

// -----

func.func private @f(%scale: f32, %q: tensor<1x1x?x4xf32>) {
  rondo.attention %scale ins(%q, %q, %q : tensor<1x1x?x4xf32>, tensor<1x1x?x4xf32>, tensor<1x1x?x4xf32>) outs(%q : tensor<1x1x?x4xf32>) : f32 mask {
  ^bb0(%b: i64, %h: i64, %i: i64, %j: i64):
    // expected-error @below {{of the mask yields 'i64', needs 'i1'}}
    rondo.attention.yield %j : i64
  } -> tensor<1x1x?x4xf32>
  return
}

// -----

func.func private @f(%scale: f32, %q: tensor<1x1x?x4xf32>, %n: tensor<?xf32>) {
  rondo.attention %scale ins(%q, %q, %q : tensor<1x1x?x4xf32>, tensor<1x1x?x4xf32>, tensor<1x1x?x4xf32>)
      captures(%n : tensor<?xf32>) outs(%q : tensor<1x1x?x4xf32>) : f32 score {
  ^bb0(%s: f32, %b: i64, %h: i64, %i: i64, %j: i64, %c: tensor<?xf32>):
    // expected-error @below {{cannot stand in the score of an attention}}
    %t = math.tanh %c : tensor<?xf32>
    rondo.attention.yield %s : f32
  } -> tensor<1x1x?x4xf32>
  return
}

// -----

func.func private @f(%scale: f32, %q: tensor<1x1x?x4xf32>) {
  // expected-note @below {{required by region isolation constraints}}
  rondo.attention %scale ins(%q, %q, %q : tensor<1x1x?x4xf32>, tensor<1x1x?x4xf32>, tensor<1x1x?x4xf32>) outs(%q : tensor<1x1x?x4xf32>) : f32 mask {
  ^bb0(%b: i64, %h: i64, %i: i64, %j: i64):
    // expected-error @below {{using value defined outside the region}}
    %t = arith.cmpf oeq, %scale, %scale : f32
    rondo.attention.yield %t : i1
  } -> tensor<1x1x?x4xf32>
  return
}
