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
