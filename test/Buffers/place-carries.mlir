// RUN: rondo-opt %s -rondo-place-carries | FileCheck %s

// A value that is stacked and carried lives in the slot, another one in its destination.
// CHECK-LABEL: func @stacked_and_carried
// CHECK: ^bb0(%{{.*}}: index, %[[X:.*]]: tensor<4xf32>, %{{.*}}, %{{.*}}, %{{.*}}, %[[CN:.*]]: tensor<4xf32>, %[[SLOT:.*]]: tensor<4xf32>):
// CHECK: %[[H:.*]] = linalg.tanh
// CHECK: %[[C:.*]] = linalg.add
// CHECK: %[[HS:.*]] = bufferization.materialize_in_destination %[[H]] in %[[SLOT]]
// CHECK: %[[CD:.*]] = bufferization.materialize_in_destination %[[C]] in %[[CN]]
// CHECK: rondo.yield %[[HS]], %[[CD]], %[[HS]]
func.func @stacked_and_carried(%T: index, %xs: tensor<?x4xf32>, %s: tensor<4xf32>, %d: tensor<4xf32>, %d1: tensor<4xf32>, %ys: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %e = tensor.empty() : tensor<4xf32>
  %r:3 = rondo.scan_into %T ins(%xs : tensor<?x4xf32>) starts(%s, %s : tensor<4xf32>, tensor<4xf32>)
      nexts(%d, %d1 : tensor<4xf32>, tensor<4xf32>) stacks(%ys : tensor<?x4xf32>) {
  ^bb0(%t: index, %x: tensor<4xf32>, %h: tensor<4xf32>, %c: tensor<4xf32>, %hn: tensor<4xf32>, %cn: tensor<4xf32>, %slot: tensor<4xf32>):
    %0 = linalg.tanh ins(%h : tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
    %1 = linalg.add ins(%x, %c : tensor<4xf32>, tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
    rondo.yield %0, %1, %0 : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
  } -> tensor<4xf32>, tensor<4xf32>, tensor<?x4xf32>
  return %r#2 : tensor<?x4xf32>
}

// Pointers move for old values and slices; an old value is stacked by a store; updates stay.
// CHECK-LABEL: func @handed_on
// CHECK: ^bb0(%{{.*}}: index, %[[X:.*]]: tensor<4xf32>, %[[A:.*]]: tensor<4xf32>, %{{.*}}, %{{.*}}, %{{.*}}, %[[U:.*]]: tensor<4xf32>, %[[SLOT:.*]]: tensor<4xf32>):
// CHECK: %[[S:.*]] = linalg.copy ins(%[[A]] : {{.*}}) outs(%[[SLOT]] : {{.*}})
// CHECK: rondo.yield %[[X]], %[[A]], %[[U]], %[[S]]
func.func @handed_on(%T: index, %xs: tensor<?x4xf32>, %s: tensor<4xf32>, %d: tensor<4xf32>, %d1: tensor<4xf32>, %u: tensor<4xf32>, %ys: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %r:4 = rondo.scan_into %T ins(%xs : tensor<?x4xf32>) starts(%s, %s : tensor<4xf32>, tensor<4xf32>)
      nexts(%d, %d1 : tensor<4xf32>, tensor<4xf32>) updates(%u : tensor<4xf32>) stacks(%ys : tensor<?x4xf32>) {
  ^bb0(%t: index, %x: tensor<4xf32>, %a: tensor<4xf32>, %b: tensor<4xf32>, %an: tensor<4xf32>, %bn: tensor<4xf32>, %up: tensor<4xf32>, %slot: tensor<4xf32>):
    rondo.yield %x, %a, %up, %a : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
  } -> tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<?x4xf32>
  return %r#3 : tensor<?x4xf32>
}

// What no op of the body can compute in place, a view or a captured value, is stored.
// CHECK-LABEL: func @views
// CHECK: %[[OUT:.*]] = linalg.tanh
// CHECK: ^bb0(%{{.*}}: index, %{{.*}}, %{{.*}}, %[[HN:.*]]: tensor<4xf32>, %[[SLOT:.*]]: tensor<4xf32>):
// CHECK: %[[V:.*]] = tensor.extract_slice
// CHECK: %[[S:.*]] = linalg.copy ins(%[[OUT]] : {{.*}}) outs(%[[SLOT]]
// CHECK: %[[D:.*]] = linalg.copy ins(%[[V]] : {{.*}}) outs(%[[HN]]
// CHECK: rondo.yield %[[D]], %[[S]]
func.func @views(%T: index, %xs: tensor<?x8xf32>, %s: tensor<4xf32>, %d: tensor<4xf32>, %ys: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %e = tensor.empty() : tensor<4xf32>
  %0 = linalg.tanh ins(%s : tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %r:2 = rondo.scan_into %T ins(%xs : tensor<?x8xf32>) starts(%s : tensor<4xf32>) nexts(%d : tensor<4xf32>) stacks(%ys : tensor<?x4xf32>) {
  ^bb0(%t: index, %x: tensor<8xf32>, %h: tensor<4xf32>, %hn: tensor<4xf32>, %slot: tensor<4xf32>):
    %v = tensor.extract_slice %x[2] [4] [1] : tensor<8xf32> to tensor<4xf32>
    rondo.yield %v, %0 : tensor<4xf32>, tensor<4xf32>
  } -> tensor<4xf32>, tensor<?x4xf32>
  return %r#1 : tensor<?x4xf32>
}

// A concatenation begins at its destination.
// CHECK-LABEL: func @concat
// CHECK-SAME: %[[A:.*]]: tensor<4xf32>, %[[D:.*]]: tensor<8xf32>
// CHECK: %[[I0:.*]] = tensor.insert_slice %[[A]] into %[[D]][0]
// CHECK: %[[I1:.*]] = tensor.insert_slice %[[A]] into %[[I0]][4]
// CHECK: return %[[I1]]
func.func @concat(%a: tensor<4xf32>, %d: tensor<8xf32>) -> tensor<8xf32> {
  %e = tensor.empty() : tensor<8xf32>
  %0 = tensor.insert_slice %a into %e[0] [4] [1] : tensor<4xf32> into tensor<8xf32>
  %1 = tensor.insert_slice %a into %0[4] [4] [1] : tensor<4xf32> into tensor<8xf32>
  %2 = bufferization.materialize_in_destination %1 in %d : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  return %2 : tensor<8xf32>
}

// What is written in part but read behind is copied first: only the copy can lie in the slot.
// CHECK-LABEL: func @read_again
// CHECK: ^bb0(%{{.*}}: index, %[[OLD:.*]]: tensor<4xf32>, %{{.*}}: tensor<4xf32>, %{{.*}}: tensor<4xf32>):
// CHECK: %[[WHOLE:.*]] = linalg.add
// CHECK: %[[COPY:.*]] = linalg.copy ins(%[[WHOLE]]
// CHECK: tensor.insert_slice %{{.*}} into %[[COPY]]
// CHECK: linalg.exp ins(%[[WHOLE]]
func.func @read_again(%n: index, %h: tensor<4xf32>, %next: tensor<4xf32>, %ys: tensor<?x4xf32>,
                      %part: tensor<2xf32>) -> (tensor<4xf32>, tensor<?x4xf32>) {
  %0:2 = rondo.scan_into %n starts(%h : tensor<4xf32>) nexts(%next : tensor<4xf32>) stacks(%ys : tensor<?x4xf32>) {
  ^bb0(%t: index, %old: tensor<4xf32>, %to: tensor<4xf32>, %slot: tensor<4xf32>):
    %e = tensor.empty() : tensor<4xf32>
    %whole = linalg.add ins(%old, %old : tensor<4xf32>, tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
    %cut = tensor.insert_slice %part into %whole[0] [2] [1] : tensor<2xf32> into tensor<4xf32>
    %e2 = tensor.empty() : tensor<4xf32>
    %new = linalg.exp ins(%whole : tensor<4xf32>) outs(%e2 : tensor<4xf32>) -> tensor<4xf32>
    rondo.yield %new, %cut : tensor<4xf32>, tensor<4xf32>
  } -> tensor<4xf32>, tensor<?x4xf32>
  return %0#0, %0#1 : tensor<4xf32>, tensor<?x4xf32>
}

// An empty tensor that two values begin with holds nothing that had to be copied.
// CHECK-LABEL: func @begin_empty
// CHECK-NOT: linalg.copy
// CHECK: tensor.insert_slice
// CHECK: tensor.insert_slice
// CHECK: return
func.func @begin_empty(%n: index, %h: tensor<4xf32>, %next: tensor<4xf32>, %next1: tensor<4xf32>,
                       %part: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %0:2 = rondo.scan_into %n starts(%h, %h : tensor<4xf32>, tensor<4xf32>) nexts(%next, %next1 : tensor<4xf32>, tensor<4xf32>) {
  ^bb0(%t: index, %a: tensor<4xf32>, %b: tensor<4xf32>, %to: tensor<4xf32>, %to1: tensor<4xf32>):
    %e = tensor.empty() : tensor<4xf32>
    %s = tensor.empty() : tensor<4xf32>
    %0 = linalg.exp ins(%a : tensor<4xf32>) outs(%s : tensor<4xf32>) -> tensor<4xf32>
    %1 = tensor.insert_slice %0 into %e[0] [4] [1] : tensor<4xf32> into tensor<4xf32>
    %2 = linalg.exp ins(%b : tensor<4xf32>) outs(%s : tensor<4xf32>) -> tensor<4xf32>
    %3 = tensor.insert_slice %2 into %e[0] [4] [1] : tensor<4xf32> into tensor<4xf32>
    rondo.yield %1, %3 : tensor<4xf32>, tensor<4xf32>
  } -> tensor<4xf32>, tensor<4xf32>
  return %0#0, %0#1 : tensor<4xf32>, tensor<4xf32>
}
