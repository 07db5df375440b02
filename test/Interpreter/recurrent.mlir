// RUN: rondo run %s --interpret --input n=3 | FileCheck %s --check-prefix=THREE
// RUN: rondo run %s --interpret --input n=0 | FileCheck %s --check-prefix=NONE
// RUN: rondo run %s --interpret --entry until | FileCheck %s --check-prefix=UNTIL
// RUN: rondo run %s --interpret --entry into | FileCheck %s --check-prefix=INTO
module @M attributes {rondo.phase = "rondo"} {
  // Stacks stay in input order when the loop runs backwards. Without a step they have the shape that a step
  // would yield.
  // THREE{LITERAL}: 0: i64[3, 2] = [[0, 1], [2, 3], [4, 5]]
  // THREE: 1: i64[2] = [6, 7]
  // THREE: 2: i64[3] = [3, 2, 0]
  // THREE: 3: i64[] = 3
  // NONE: 0: i64[0, 2] = []
  // NONE: 1: i64[2] = [0, 1]
  // NONE: 2: i64[0] = []
  // NONE: 3: i64[] = 0
  func.func @forward(%n: index {rondo.dim = "n"})
      -> (tensor<?x2xi64>, tensor<2xi64>, tensor<?xi64>, tensor<i64>)
      attributes {rondo.entry, rondo.shapes = @forward.shapes} {
    %start = arith.constant dense<[0, 1]> : tensor<2xi64>
    %two = arith.constant dense<2> : tensor<2xi64>
    %rows, %last = rondo.scan %n carries(%start : tensor<2xi64>) {
    ^bb0(%t: index, %old: tensor<2xi64>):
      %new = arith.addi %old, %two : tensor<2xi64>
      rondo.yield %old, %new : tensor<2xi64>, tensor<2xi64>
    } -> tensor<?x2xi64>, tensor<2xi64>
    %zero = arith.constant dense<0> : tensor<i64>
    %backwards, %sum = rondo.scan reverse %n carries(%zero : tensor<i64>) {
    ^bb0(%t: index, %old: tensor<i64>):
      %step = arith.index_cast %t : index to i64
      %tensor = tensor.from_elements %step : tensor<i64>
      %new = arith.addi %old, %tensor : tensor<i64>
      rondo.yield %old, %new : tensor<i64>, tensor<i64>
    } -> tensor<?xi64>, tensor<i64>
    return %rows, %last, %backwards, %sum : tensor<?x2xi64>, tensor<2xi64>, tensor<?xi64>, tensor<i64>
  }
  func.func private @forward.shapes(%n: index) -> (index, index, index, index) {
    %2 = arith.constant 2 : index
    return %n, %2, %2, %n : index, index, index, index
  }

  // Three of five steps: the size of the stack is known late.
  // UNTIL: 0: i64[3] = [0, 1, 2]
  // UNTIL: 1: i64[] = 3
  func.func @until() -> (tensor<?xi64>, tensor<i64>, tensor<i64> {rondo.size = 0 : i64})
      attributes {rondo.entry, rondo.shapes = @until.shapes} {
    %c5 = arith.constant 5 : index
    %zero = arith.constant dense<0> : tensor<i64>
    %one = arith.constant dense<1> : tensor<i64>
    %three = arith.constant 3 : i64
    %stack, %last, %done = rondo.scan until %c5 carries(%zero : tensor<i64>) {
    ^bb0(%t: index, %old: tensor<i64>):
      %new = arith.addi %old, %one : tensor<i64>
      %n = tensor.extract %new[] : tensor<i64>
      %ends = arith.cmpi eq, %n, %three : i64
      rondo.yield %old, %new, %ends : tensor<i64>, tensor<i64>, i1
    } -> tensor<5xi64>, tensor<i64>, tensor<i64>
    %number = tensor.extract %done[] : tensor<i64>
    %size = arith.index_cast %number : i64 to index
    %cut = tensor.extract_slice %stack[0] [%size] [1] : tensor<5xi64> to tensor<?xi64>
    return %cut, %last, %done : tensor<?xi64>, tensor<i64>, tensor<i64>
  }
  func.func private @until.shapes() -> index {
    %5 = arith.constant 5 : index
    return %5 : index
  }

  // A carry that is handed on to another, one in place, a stack.
  // INTO: 0: i64[] = 3
  // INTO: 1: i64[] = 2
  // INTO: 2: i64[4] = [9, 9, 9, 0]
  // INTO: 3: i64[3] = [1, 2, 3]
  func.func @into() -> (tensor<i64>, tensor<i64>, tensor<4xi64>, tensor<3xi64>)
      attributes {rondo.entry, rondo.shapes = @into.shapes} {
    %c3 = arith.constant 3 : index
    %zero = arith.constant dense<0> : tensor<i64>
    %one = arith.constant dense<1> : tensor<i64>
    %nine = arith.constant 9 : i64
    %row = arith.constant dense<0> : tensor<4xi64>
    %a = tensor.empty() : tensor<i64>
    %b = tensor.empty() : tensor<i64>
    %stack = tensor.empty() : tensor<3xi64>
    %0:4 = rondo.scan_into %c3 starts(%zero, %zero : tensor<i64>, tensor<i64>)
        nexts(%a, %b : tensor<i64>, tensor<i64>) updates(%row : tensor<4xi64>) stacks(%stack : tensor<3xi64>) {
    ^bb0(%t: index, %x: tensor<i64>, %y: tensor<i64>, %to_x: tensor<i64>, %to_y: tensor<i64>,
         %written: tensor<4xi64>, %slot: tensor<i64>):
      %sum = arith.addi %x, %one : tensor<i64>
      %next = tensor.insert %nine into %written[%t] : tensor<4xi64>
      rondo.yield %sum, %x, %next, %sum : tensor<i64>, tensor<i64>, tensor<4xi64>, tensor<i64>
    } -> tensor<i64>, tensor<i64>, tensor<4xi64>, tensor<3xi64>
    return %0#0, %0#1, %0#2, %0#3 : tensor<i64>, tensor<i64>, tensor<4xi64>, tensor<3xi64>
  }
  func.func private @into.shapes() -> (index, index) {
    %3 = arith.constant 3 : index
    %4 = arith.constant 4 : index
    return %4, %3 : index, index
  }
}
