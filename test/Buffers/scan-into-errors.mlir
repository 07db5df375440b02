// RUN: rondo-opt %s -split-input-file -verify-diagnostics

func.func @starts(%T: index, %s: tensor<4xf32>) {
  // expected-error @+1 {{has 1 starts but 0 nexts}}
  rondo.scan_into %T starts(%s : tensor<4xf32>) {
  ^bb0(%t: index, %h: tensor<4xf32>):
    rondo.yield
  }
  return
}

// -----

func.func @next(%T: index, %s: tensor<4xf32>, %d: tensor<5xf32>) -> tensor<5xf32> {
  // expected-error @+1 {{starts with 'tensor<4xf32>' but has a destination of type 'tensor<5xf32>'}}
  %r = rondo.scan_into %T starts(%s : tensor<4xf32>) nexts(%d : tensor<5xf32>) {
  ^bb0(%t: index, %h: tensor<4xf32>, %hn: tensor<5xf32>):
    rondo.yield %hn : tensor<5xf32>
  } -> tensor<5xf32>
  return %r : tensor<5xf32>
}

// -----

func.func @arguments(%T: index, %xs: tensor<?x4xf32>) {
  // expected-error @+1 {{body has 1 arguments, needs 2}}
  rondo.scan_into %T ins(%xs : tensor<?x4xf32>) {
  ^bb0(%t: index):
    rondo.yield
  }
  return
}

// -----

func.func @step(%T: i64) {
  %n = arith.index_cast %T : i64 to index
  // expected-error @+1 {{first body argument must be the step, of type index}}
  rondo.scan_into %n {
  ^bb0(%t: i64):
    rondo.yield
  }
  return
}

// -----

func.func @slice(%T: index, %xs: tensor<?x4xf32>) {
  // expected-error @+1 {{body argument 1 has type 'tensor<5xf32>', its operand 'tensor<?x4xf32>'}}
  rondo.scan_into %T ins(%xs : tensor<?x4xf32>) {
  ^bb0(%t: index, %x: tensor<5xf32>):
    rondo.yield
  }
  return
}

// -----

func.func @mixed(%T: index, %xs: tensor<?x4xf32>, %ys: memref<?x4xf32>) {
  // expected-error @+1 {{needs tensors only or memrefs only}}
  rondo.scan_into %T ins(%xs : tensor<?x4xf32>) stacks(%ys : memref<?x4xf32>) {
  ^bb0(%t: index, %x: tensor<4xf32>, %slot: memref<4xf32>):
    rondo.yield
  }
  return
}

// -----

func.func @yields(%T: index, %ys: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %r = rondo.scan_into %T stacks(%ys : tensor<?x4xf32>) {
  ^bb0(%t: index, %slot: tensor<4xf32>):
    // expected-error @+1 {{has 0 values, its scan_into needs 1}}
    rondo.yield
  } -> tensor<?x4xf32>
  return %r : tensor<?x4xf32>
}

// -----

func.func @yield_type(%T: index, %ys: tensor<?x4xf32>, %x: tensor<5xf32>) -> tensor<?x4xf32> {
  %r = rondo.scan_into %T stacks(%ys : tensor<?x4xf32>) {
  ^bb0(%t: index, %slot: tensor<4xf32>):
    // expected-error @+1 {{value 0 has type 'tensor<5xf32>', needs 'tensor<4xf32>'}}
    rondo.yield %x : tensor<5xf32>
  } -> tensor<?x4xf32>
  return %r : tensor<?x4xf32>
}

// -----

func.func @results(%T: index, %ys: tensor<?x4xf32>) {
  // expected-error @+1 {{has 0 results for 1 destinations}}
  rondo.scan_into %T stacks(%ys : tensor<?x4xf32>) {
  ^bb0(%t: index, %slot: tensor<4xf32>):
    rondo.yield %slot : tensor<4xf32>
  }
  return
}

// -----

func.func @until_count(%T: index, %c: i1) {
  // expected-error @+1 {{needs a count with `until`, and none without}}
  rondo.scan_into until %T {
  ^bb0(%t: index):
    rondo.yield %c : i1
  }
  return
}

// -----

func.func @until_count_type(%T: index, %c: i1, %n: memref<1xi64>) {
  // expected-error @+1 {{counts its steps in an i64 of rank 0, not 'memref<1xi64>'}}
  rondo.scan_into until %T count(%n : memref<1xi64>) {
  ^bb0(%t: index):
    rondo.yield %c : i1
  }
  return
}

// -----

func.func @until_condition(%T: index, %n: tensor<i64>, %s: tensor<4xf32>) -> (tensor<4xf32>, tensor<i64>) {
  %r:2 = rondo.scan_into until %T starts(%s : tensor<4xf32>) nexts(%s : tensor<4xf32>) count(%n : tensor<i64>) {
  ^bb0(%t: index, %h: tensor<4xf32>, %hn: tensor<4xf32>):
    // expected-error @+1 {{needs a condition of type i1 as its last value, not 'tensor<4xf32>'}}
    rondo.yield %hn, %hn : tensor<4xf32>, tensor<4xf32>
  } -> tensor<4xf32>, tensor<i64>
  return %r#0, %r#1 : tensor<4xf32>, tensor<i64>
}
