// RUN: rondo-opt %s -verify-diagnostics -split-input-file

func.func @results(%T: index, %h0: tensor<8xf32>) {
  // expected-error@+1 {{has 1 carries but only 0 results}}
  rondo.scan %T carries(%h0 : tensor<8xf32>) {
  ^bb0(%t: index, %h: tensor<8xf32>):
    rondo.yield %h : tensor<8xf32>
  }
  return
}

// -----
func.func @arguments(%T: index, %h0: tensor<8xf32>) {
  // expected-error@+1 {{body needs 2 arguments: the step, a slice of each input, each carry}}
  %h = rondo.scan %T carries(%h0 : tensor<8xf32>) {
  ^bb0(%t: index):
    rondo.yield %h0 : tensor<8xf32>
  } -> tensor<8xf32>
  return
}

// -----
func.func @step(%T: index) {
  // expected-error@+1 {{first argument of the body must be the step, of type index}}
  rondo.scan %T {
  ^bb0(%t: i64):
  }
  return
}

// -----
func.func @yields(%T: index, %h0: tensor<8xf32>) {
  %h = rondo.scan %T carries(%h0 : tensor<8xf32>) {
  ^bb0(%t: index, %old: tensor<8xf32>):
    // expected-error@+1 {{needs 1 values, stacks before carries, but has 2}}
    rondo.yield %old, %old : tensor<8xf32>, tensor<8xf32>
  } -> tensor<8xf32>
  return
}

// -----
func.func @negative() {
  %T = arith.constant -1 : index
  // expected-error@+1 {{has -1 steps}}
  rondo.scan %T {
  ^bb0(%t: index):
  }
  return
}

// -----
func.func @rank(%T: index, %xs: tensor<f32>) {
  // expected-error@+1 {{input 0 has no axis to slice}}
  rondo.scan %T ins(%xs : tensor<f32>) {
  ^bb0(%t: index, %x: tensor<f32>):
  }
  return
}

// -----
func.func @slices(%xs: tensor<5x4xf32>) {
  %T = arith.constant 6 : index
  // expected-error@+1 {{input 0 has 5 slices for 6 steps}}
  rondo.scan %T ins(%xs : tensor<5x4xf32>) {
  ^bb0(%t: index, %x: tensor<4xf32>):
  }
  return
}

// -----
func.func @lengths(%T: index, %xs: tensor<5x4xf32>, %ms: tensor<6xf32>) {
  // expected-error@+1 {{input 1 has 6 slices for 5 steps}}
  rondo.scan %T ins(%xs, %ms : tensor<5x4xf32>, tensor<6xf32>) {
  ^bb0(%t: index, %x: tensor<4xf32>, %m: tensor<f32>):
  }
  return
}

// -----
func.func @slice(%T: index, %xs: tensor<?x4xf32>) {
  // expected-error@+1 {{slice 0 has type 'tensor<?xf32>' but is a slice of 'tensor<?x4xf32>'}}
  rondo.scan %T ins(%xs : tensor<?x4xf32>) {
  ^bb0(%t: index, %x: tensor<?xf32>):
  }
  return
}

// -----
func.func @carry(%T: index, %h0: tensor<8xf32>, %other: tensor<?xf32>) {
  // expected-error@+1 {{carry 0 starts as 'tensor<8xf32>', is 'tensor<8xf32>' in the body, 'tensor<?xf32>' when yielded and 'tensor<8xf32>' as result}}
  %h = rondo.scan %T carries(%h0 : tensor<8xf32>) {
  ^bb0(%t: index, %old: tensor<8xf32>):
    rondo.yield %other : tensor<?xf32>
  } -> tensor<8xf32>
  return
}

// -----
func.func @stack(%T: index, %y: tensor<8xf32>) {
  // expected-error@+1 {{stack 0 is 'tensor<?x9xf32>' but 'tensor<8xf32>' is yielded}}
  %ys = rondo.scan %T {
  ^bb0(%t: index):
    rondo.yield %y : tensor<8xf32>
  } -> tensor<?x9xf32>
  return
}

// -----
func.func @slots(%T: index, %xs: tensor<5x4xf32>) {
  // expected-error@+1 {{stack 0 has 4 slots for 5 steps}}
  %ys = rondo.scan %T ins(%xs : tensor<5x4xf32>) {
  ^bb0(%t: index, %x: tensor<4xf32>):
    rondo.yield %x : tensor<4xf32>
  } -> tensor<4x4xf32>
  return
}

// -----

func.func private @without_yield(%T: index, %xs: tensor<?x4xf32>) {
  // expected-error @below {{body must end in rondo.yield}}
  "rondo.scan"(%T, %xs) <{operandSegmentSizes = array<i32: 1, 1, 0>}> ({
  ^bb0(%t: index, %x: tensor<4xf32>):
    %c = arith.constant 1 : index
  }) : (index, tensor<?x4xf32>) -> ()
  return
}

// -----

func.func @until_reverse(%T: index, %c: i1) {
  // expected-error@+1 {{cannot be both `until` and `reverse`}}
  %n = rondo.scan reverse until %T {
  ^bb0(%t: index):
    rondo.yield %c : i1
  } -> tensor<i64>
  return
}

// -----

func.func @until_condition(%T: index, %c: tensor<i1>) {
  %n = rondo.scan until %T {
  ^bb0(%t: index):
    // expected-error@+1 {{needs a condition of type i1 as its last value, not 'tensor<i1>'}}
    rondo.yield %c : tensor<i1>
  } -> tensor<i64>
  return
}

// -----

func.func @until_count(%T: index, %c: i1) {
  // expected-error@+1 {{has the number of steps done as its last result, a tensor<i64>, not 'tensor<i32>'}}
  %n = rondo.scan until %T {
  ^bb0(%t: index):
    rondo.yield %c : i1
  } -> tensor<i32>
  return
}

// -----

func.func @until_result(%T: index, %c: i1) {
  // expected-error@+1 {{has 0 carries but only 0 results}}
  rondo.scan until %T {
  ^bb0(%t: index):
    rondo.yield %c : i1
  }
  return
}
