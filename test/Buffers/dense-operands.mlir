// RUN: rondo-opt %s -rondo-dense-operands | FileCheck %s
// RUN: rondo-opt %s -rondo-dense-operands -empty-tensor-to-alloc-tensor -rondo-bufferize | FileCheck %s --check-prefix=BUFFERS

func.func private @layer(%x: tensor<?x?xf32> {rondo.name = "x"}, %d: tensor<?x?xf32> {rondo.result = 0 : i64}) -> tensor<?x?xf32> attributes {rondo.layer} {
  %y = linalg.tanh ins(%x : tensor<?x?xf32>) outs(%d : tensor<?x?xf32>) -> tensor<?x?xf32>
  return %y : tensor<?x?xf32>
}

// Whole tensors, reshaped or not, stay.
// CHECK-LABEL: func @whole
// CHECK-NOT: linalg.copy
// CHECK: return
func.func @whole(%m: index {rondo.dim = "m"}, %n: index {rondo.dim = "n"}, %x: tensor<?xf32> {rondo.name = "x"}, %d: tensor<?x?xf32> {rondo.result = 0 : i64}) -> tensor<?x?xf32> attributes {rondo.entry} {
  %e = tensor.empty(%m, %n) : tensor<?x?xf32>
  %v = tensor.expand_shape %x [[0, 1]] output_shape [%m, %n] : tensor<?xf32> into tensor<?x?xf32>
  %y = func.call @layer(%v, %e) {rondo.into} : (tensor<?x?xf32>, tensor<?x?xf32>) -> tensor<?x?xf32>
  %z = func.call @layer(%y, %d) {rondo.into} : (tensor<?x?xf32>, tensor<?x?xf32>) -> tensor<?x?xf32>
  return %z : tensor<?x?xf32>
}

// A part of an argument, a value computed in a part of another, a destination that is one: their rows lie apart.
// Nothing is passed as if they did not.
// CHECK-LABEL: func @parts
// CHECK-SAME: %[[X:[a-z0-9]+]]: tensor<?x8xf32> {rondo.name
// CHECK: %[[P:.*]] = tensor.extract_slice %[[X]]
// CHECK: %[[C:.*]] = linalg.copy ins(%[[P]]
// CHECK: %[[E:.*]] = tensor.empty
// CHECK: %[[Y:.*]] = call @layer(%[[C]], %[[E]])
// CHECK: tensor.insert_slice %[[Y]]
// CHECK: %[[T:.*]] = linalg.tanh
// CHECK: %[[C2:.*]] = linalg.copy ins(%[[T]]
// CHECK: call @layer(%[[C2]],
// BUFFERS-LABEL: func @parts
// BUFFERS-NOT: memref.cast
// BUFFERS: return
func.func @parts(%m: index {rondo.dim = "m"}, %n: index {rondo.dim = "n"}, %x: tensor<?x8xf32> {rondo.name = "x"}, %d: tensor<?x8xf32> {rondo.result = 0 : i64}, %o: tensor<?x?xf32> {rondo.result = 1 : i64}) -> (tensor<?x8xf32>, tensor<?x?xf32>) attributes {rondo.entry} {
  %p = tensor.extract_slice %x[0, 2] [%m, %n] [1, 1] : tensor<?x8xf32> to tensor<?x?xf32>
  %left = tensor.extract_slice %d[0, 0] [%m, %n] [1, 1] : tensor<?x8xf32> to tensor<?x?xf32>
  %y = func.call @layer(%p, %left) {rondo.into} : (tensor<?x?xf32>, tensor<?x?xf32>) -> tensor<?x?xf32>
  %whole = tensor.insert_slice %y into %d[0, 0] [%m, %n] [1, 1] : tensor<?x?xf32> into tensor<?x8xf32>
  %right = tensor.extract_slice %whole[0, 4] [%m, %n] [1, 1] : tensor<?x8xf32> to tensor<?x?xf32>
  %t = linalg.tanh ins(%y : tensor<?x?xf32>) outs(%right : tensor<?x?xf32>) -> tensor<?x?xf32>
  %all = tensor.insert_slice %t into %whole[0, 4] [%m, %n] [1, 1] : tensor<?x?xf32> into tensor<?x8xf32>
  %z = func.call @layer(%t, %o) {rondo.into} : (tensor<?x?xf32>, tensor<?x?xf32>) -> tensor<?x?xf32>
  return %all, %z : tensor<?x8xf32>, tensor<?x?xf32>
}

// A carry that is updated lies where its first value does, which is dense; one that moves may not.
// CHECK-LABEL: func @carries
// CHECK: rondo.scan_into
// CHECK: ^bb0(%{{.*}}: index, %[[OLD:.*]]: tensor<4xf32>, %{{.*}}: tensor<4xf32>, %[[U:.*]]: tensor<4xf32>):
// CHECK: %[[C:.*]] = linalg.copy ins(%[[OLD]]
// CHECK: call @writes(%[[C]], %[[U]])
func.func private @writes(%x: tensor<4xf32> {rondo.name = "x"}, %c: tensor<4xf32> {rondo.name = "c", rondo.state = "c"}) -> (tensor<4xf32> {rondo.state = "c"}) attributes {rondo.layer} {
  %y = linalg.add ins(%x, %c : tensor<4xf32>, tensor<4xf32>) outs(%c : tensor<4xf32>) -> tensor<4xf32>
  return %y : tensor<4xf32>
}
func.func @carries(%n: index {rondo.dim = "n"}, %x: tensor<4xf32> {rondo.name = "x"}, %d: tensor<4xf32> {rondo.result = 0 : i64}, %e: tensor<4xf32> {rondo.result = 1 : i64}) -> (tensor<4xf32>, tensor<4xf32>) attributes {rondo.entry} {
  %z = arith.constant 0.0 : f32
  %zeros = linalg.fill ins(%z : f32) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %r:2 = rondo.scan_into %n starts(%x : tensor<4xf32>) nexts(%d : tensor<4xf32>) updates(%zeros : tensor<4xf32>) {
  ^bb0(%t: index, %old: tensor<4xf32>, %next: tensor<4xf32>, %u: tensor<4xf32>):
    %a = linalg.tanh ins(%old : tensor<4xf32>) outs(%next : tensor<4xf32>) -> tensor<4xf32>
    %b = func.call @writes(%old, %u) {rondo.into, rondo.updates = array<i64: 1>} : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
    rondo.yield %a, %b : tensor<4xf32>, tensor<4xf32>
  } -> tensor<4xf32>, tensor<4xf32>
  return %r#0, %r#1 : tensor<4xf32>, tensor<4xf32>
}

// A result whose place is that of a carry's next value is copied there.
// CHECK-LABEL: func @carried
// CHECK: ^bb0(%{{.*}}: index, %{{.*}}: tensor<?x?xf32>, %[[NEXT:.*]]: tensor<?x?xf32>):
// CHECK: %[[Y:.*]] = func.call @layer(
// CHECK: %[[C:.*]] = linalg.copy ins(%[[Y]] : tensor<?x?xf32>) outs(%[[NEXT]] : tensor<?x?xf32>)
// CHECK: rondo.yield %[[C]]
func.func @carried(%m: index {rondo.dim = "m"}, %x: tensor<?x?xf32> {rondo.name = "x"}, %d: tensor<?x?xf32> {rondo.result = 0 : i64}) -> tensor<?x?xf32> attributes {rondo.entry} {
  %r = rondo.scan_into %m starts(%x : tensor<?x?xf32>) nexts(%d : tensor<?x?xf32>) {
  ^bb0(%t: index, %old: tensor<?x?xf32>, %next: tensor<?x?xf32>):
    %y = func.call @layer(%x, %next) {rondo.into} : (tensor<?x?xf32>, tensor<?x?xf32>) -> tensor<?x?xf32>
    rondo.yield %y : tensor<?x?xf32>
  } -> tensor<?x?xf32>
  return %r : tensor<?x?xf32>
}
