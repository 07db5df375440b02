// RUN: rondo-opt %s -verify-diagnostics -split-input-file

// expected-error@+1 {{attribute 'rondo.phase' must be a string, on a module}}
module attributes {rondo.phase = 3 : i64} {}

// -----
// expected-error@+1 {{attribute 'rondo.phase' must be a string, on a module}}
func.func private @f() attributes {rondo.phase = "rondo"}

// -----
// expected-error@+1 {{attribute 'rondo.entry' must be without value, on a function}}
func.func private @f() attributes {rondo.entry = "f"}

// -----
// expected-error@+1 {{attribute 'rondo.shapes' must be the name of a function, on an entry point or a layer}}
func.func private @f() attributes {rondo.shapes = @f}

// -----
module attributes {rondo.phase = "rondo"} {
// expected-error@+1 {{names @g, which is no function, as what computes its sizes}}
func.func private @f() attributes {rondo.entry, rondo.shapes = @g}
}

// -----
module attributes {rondo.phase = "rondo"} {
func.func private @f.shapes(index) -> index
// expected-error@+1 {{needs @f.shapes to take 1 and to give 3 values of type index}}
func.func private @f(index {rondo.dim = "B"}, tensor<?x4xf32> {rondo.name = "x"}) -> tensor<?xf32>
  attributes {rondo.entry, rondo.shapes = @f.shapes}
}

// -----
module attributes {rondo.phase = "graph"} {
func.func private @p() attributes {rondo.prepare}
// expected-error@+1 {{is a second function 'rondo.prepare'}}
func.func private @q() attributes {rondo.prepare}
}

// -----
module attributes {rondo.phase = "graph"} {
// expected-error@+1 {{argument 0 is a result of prepare, which the module has not}}
func.func private @f(tensor<4xf32> {rondo.prepared = 0 : i64}) attributes {rondo.entry}
}

// -----
module attributes {rondo.phase = "graph"} {
func.func private @prepare() -> tensor<4xf32> attributes {rondo.prepare}
// expected-error@+1 {{argument 0 is result 1 of prepare, which has 1}}
func.func private @f(tensor<4xf32> {rondo.prepared = 1 : i64}) attributes {rondo.entry}
}

// -----
module attributes {rondo.phase = "graph"} {
func.func private @prepare() -> tensor<4xf32> attributes {rondo.prepare}
// expected-error@+1 {{argument 0 is of type 'tensor<5xf32>', but result 0 of prepare is 'tensor<4xf32>'}}
func.func private @f(tensor<5xf32> {rondo.prepared = 0 : i64}) attributes {rondo.entry}
}

// -----
// expected-error@+1 {{argument 0: attribute 'rondo.dim' must be a string, on an argument of type index}}
func.func private @f(tensor<4xf32> {rondo.dim = "B"})

// -----
// expected-error@+1 {{attribute 'rondo.name' must be a string, on a tensor}}
func.func private @f(index {rondo.name = "B"})

// -----
// expected-error@+1 {{attribute 'rondo.result' must be a number of type i64, on a tensor of an entry point, of a layer or of prepare}}
func.func private @f(tensor<4xf32> {rondo.result = 0 : i64})

// -----
// expected-error@+1 {{destination 0 says that it is that of result 1}}
func.func private @f(tensor<4xf32> {rondo.result = 1 : i64}) attributes {rondo.entry}

// -----
// expected-error@+1 {{argument 1 is out of order: sizes come first, then tensors, states, weights, destinations of results, scratch}}
func.func private @f(tensor<4xf32> {rondo.name = "x"}, index {rondo.dim = "B"}) attributes {rondo.entry}

// -----
// expected-error@+1 {{attribute 'rondo.prepared' must be a number of type i64, on a tensor of an entry point or of a layer}}
func.func private @f(tensor<4xf32> {rondo.prepared = -1 : i64}) attributes {rondo.entry}

// -----
// expected-error@+1 {{attribute 'rondo.param' must be a string, on a tensor of static shape of prepare}}
func.func private @f(tensor<?xf32> {rondo.param = "w"}) attributes {rondo.prepare}

// -----
// expected-error@+1 {{attribute 'rondo.init' must be an initialiser, beside 'rondo.param'}}
func.func private @f(tensor<4xf32> {rondo.init = #rondo.init<constant, 0.0, 0.0>}) attributes {rondo.prepare}

// -----
// expected-error@+1 {{attribute 'rondo.entry' must be on a module or function, not on an argument}}
func.func private @f(tensor<4xf32> {rondo.entry})

// -----
// expected-error@+1 {{attribute 'rondo.param' must be on an argument of a function}}
func.func private @f() attributes {rondo.param = "w"}

// -----
// expected-error@+1 {{bounds of a uniform initialiser are the wrong way round}}
#a = #rondo.init<uniform, 1.0, 0.0>

// -----
// expected-error@+1 {{standard deviation of a normal initialiser is negative}}
#a = #rondo.init<normal, 0.0, -1.0>

// -----
// expected-error@+1 {{numbers of an initialiser must be finite}}
#a = #rondo.init<constant, 0x7FF8000000000000 : f64, 0.0>

// -----
// expected-error@+1 {{row of zeros of an initialiser is negative}}
#a = #rondo.init<normal, 0.0, 1.0, zero_row = -2>

// -----
// expected-error@+1 {{argument 0: attribute 'rondo.init' must be an initialiser whose row of zeros the weight has}}
func.func private @f(tensor<4xf32> {rondo.init = #rondo.init<normal, 0.0, 1.0, zero_row = 4>, rondo.param = "w"}) attributes {rondo.prepare}

// -----
func.func @f() attributes {rondo.entry} {
  // expected-error@+1 {{has no row 4, which is to be zeros}}
  %w = rondo.param "w" init <normal, 0.0, 1.0, zero_row = 4> : tensor<4xf32>
  return
}

// -----
func.func @f() attributes {rondo.entry} {
  // expected-error@+1 {{needs a key}}
  %w = rondo.param "" init <constant, 0.0, 0.0> : tensor<4xf32>
  return
}

// -----
func.func @method() {
  // expected-error@+1 {{stands in an entry point only; a method takes weights as operands}}
  %w = rondo.param "w" init <constant, 0.0, 0.0> : tensor<4xf32>
  return
}

// -----
func.func @f() attributes {rondo.entry} {
  %w = rondo.param "w" init <constant, 0.0, 0.0> : tensor<4xf32>
  // expected-error@+1 {{has the key of another weight, 'w'}}
  %v = rondo.param "w" init <constant, 0.0, 0.0> : tensor<5xf32>
  return
}

// -----

// expected-error@+1 {{attribute 'rondo.layer' must be without value, on a private function}}
func.func @public() attributes {rondo.layer} {
  return
}

// -----

// expected-error@+1 {{attribute 'rondo.prepared_by' must be the name of a function, on a layer}}
func.func private @f() attributes {rondo.prepared_by = @p}

// -----

module attributes {rondo.phase = "graph"} {
  // expected-error@+1 {{names @p, which is no private prepare, as what prepares it}}
  func.func private @f() attributes {rondo.layer, rondo.prepared_by = @p}
  func.func private @p()
}

// -----

func.func private @f() -> tensor<4xf32>
func.func @g() -> tensor<4xf32> {
  // expected-error@+1 {{attribute 'rondo.into' must be on a call with an operand for each result}}
  %y = func.call @f() {rondo.into} : () -> tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----

func.func private @f(%x: tensor<4xf32>) -> tensor<4xf32>
func.func @g(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error@+1 {{attribute 'rondo.updates' must be an operand of its type, or -1, for each result of a call with `rondo.into`}}
  %y = func.call @f(%x) {rondo.into, rondo.updates = array<i64: 1>} : (tensor<4xf32>) -> tensor<4xf32>
  return %y : tensor<4xf32>
}
