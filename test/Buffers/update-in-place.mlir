// RUN: rondo-opt %s -rondo-update-in-place | FileCheck %s

// CHECK-LABEL: @cache
// CHECK-SAME: %[[C:[a-z0-9]+]]: tensor<8x4xf32>, %{{[a-z0-9]+}}: tensor<8x4xf32>, %{{[a-z0-9]+}}: tensor<1x4xf32>
// CHECK: rondo.scan_into {{.*}} updates(%[[C]] : tensor<8x4xf32>) {
// CHECK: ^bb0(%{{.*}}: index, %[[U:.*]]: tensor<8x4xf32>):
// CHECK: %[[V:.*]] = tensor.insert_slice %{{.*}} into %[[U]]
// CHECK: rondo.yield %[[V]] : tensor<8x4xf32>
func.func @cache(%n: index, %c: tensor<8x4xf32>, %e: tensor<8x4xf32>, %v: tensor<1x4xf32>) -> tensor<8x4xf32> {
  %r = rondo.scan_into %n starts(%c : tensor<8x4xf32>) nexts(%e : tensor<8x4xf32>) {
  ^bb0(%t: index, %old: tensor<8x4xf32>, %next: tensor<8x4xf32>):
    %new = tensor.insert_slice %v into %old[%t, 0] [1, 4] [1, 1] : tensor<1x4xf32> into tensor<8x4xf32>
    %placed = bufferization.materialize_in_destination %new in %next : (tensor<8x4xf32>, tensor<8x4xf32>) -> tensor<8x4xf32>
    rondo.yield %placed : tensor<8x4xf32>
  } -> tensor<8x4xf32>
  return %r : tensor<8x4xf32>
}

// A row of the old value is what is written: it stays as it is.
// CHECK-LABEL: @overlaps
// CHECK: rondo.scan_into {{.*}} starts(
// CHECK-NOT: updates
func.func @overlaps(%n: index, %c: tensor<8x4xf32>, %e: tensor<8x4xf32>) -> tensor<8x4xf32> {
  %r = rondo.scan_into %n starts(%c : tensor<8x4xf32>) nexts(%e : tensor<8x4xf32>) {
  ^bb0(%t: index, %old: tensor<8x4xf32>, %next: tensor<8x4xf32>):
    %row = tensor.extract_slice %old[0, 0] [1, 4] [1, 1] : tensor<8x4xf32> to tensor<1x4xf32>
    %new = tensor.insert_slice %row into %old[%t, 0] [1, 4] [1, 1] : tensor<1x4xf32> into tensor<8x4xf32>
    %placed = bufferization.materialize_in_destination %new in %next : (tensor<8x4xf32>, tensor<8x4xf32>) -> tensor<8x4xf32>
    rondo.yield %placed : tensor<8x4xf32>
  } -> tensor<8x4xf32>
  return %r : tensor<8x4xf32>
}

// What is inserted is computed in its place, in two parts.
// CHECK-LABEL: @computed_in_place
// CHECK: rondo.scan_into {{.*}} updates(
func.func @computed_in_place(%n: index, %c: tensor<8x4xf32>, %e: tensor<8x4xf32>, %v: tensor<1x2xf32>) -> tensor<8x4xf32> {
  %r = rondo.scan_into %n starts(%c : tensor<8x4xf32>) nexts(%e : tensor<8x4xf32>) {
  ^bb0(%t: index, %old: tensor<8x4xf32>, %next: tensor<8x4xf32>):
    %row = tensor.extract_slice %old[%t, 0] [1, 4] [1, 1] : tensor<8x4xf32> to tensor<1x4xf32>
    %left = tensor.insert_slice %v into %row[0, 0] [1, 2] [1, 1] : tensor<1x2xf32> into tensor<1x4xf32>
    %right = tensor.extract_slice %left[0, 2] [1, 2] [1, 1] : tensor<1x4xf32> to tensor<1x2xf32>
    %exp = linalg.exp ins(%v : tensor<1x2xf32>) outs(%right : tensor<1x2xf32>) -> tensor<1x2xf32>
    %both = tensor.insert_slice %exp into %left[0, 2] [1, 2] [1, 1] : tensor<1x2xf32> into tensor<1x4xf32>
    %new = tensor.insert_slice %both into %old[%t, 0] [1, 4] [1, 1] : tensor<1x4xf32> into tensor<8x4xf32>
    %placed = bufferization.materialize_in_destination %new in %next : (tensor<8x4xf32>, tensor<8x4xf32>) -> tensor<8x4xf32>
    rondo.yield %placed : tensor<8x4xf32>
  } -> tensor<8x4xf32>
  return %r : tensor<8x4xf32>
}

// Between the computation in its place and the insertion, the old value is read.
// CHECK-LABEL: @read_between
// CHECK: rondo.scan_into {{.*}} starts(
// CHECK-NOT: updates
func.func @read_between(%n: index, %c: tensor<8x4xf32>, %e: tensor<8x4xf32>, %v: tensor<1x4xf32>) -> tensor<8x4xf32> {
  %r = rondo.scan_into %n starts(%c : tensor<8x4xf32>) nexts(%e : tensor<8x4xf32>) {
  ^bb0(%t: index, %old: tensor<8x4xf32>, %next: tensor<8x4xf32>):
    %place = tensor.extract_slice %old[%t, 0] [1, 4] [1, 1] : tensor<8x4xf32> to tensor<1x4xf32>
    %exp = linalg.exp ins(%v : tensor<1x4xf32>) outs(%place : tensor<1x4xf32>) -> tensor<1x4xf32>
    %first = tensor.extract_slice %old[0, 0] [1, 4] [1, 1] : tensor<8x4xf32> to tensor<1x4xf32>
    %made = tensor.empty() : tensor<1x4xf32>
    %read = linalg.exp ins(%first : tensor<1x4xf32>) outs(%made : tensor<1x4xf32>) -> tensor<1x4xf32>
    %new = tensor.insert_slice %exp into %old[%t, 0] [1, 4] [1, 1] : tensor<1x4xf32> into tensor<8x4xf32>
    %again = tensor.insert_slice %read into %new[1, 0] [1, 4] [1, 1] : tensor<1x4xf32> into tensor<8x4xf32>
    %placed = bufferization.materialize_in_destination %again in %next : (tensor<8x4xf32>, tensor<8x4xf32>) -> tensor<8x4xf32>
    rondo.yield %placed : tensor<8x4xf32>
  } -> tensor<8x4xf32>
  return %r : tensor<8x4xf32>
}

// What is computed there goes elsewhere.
// CHECK-LABEL: @another_place
// CHECK: rondo.scan_into {{.*}} starts(
// CHECK-NOT: updates
func.func @another_place(%n: index, %c: tensor<8x4xf32>, %e: tensor<8x4xf32>, %v: tensor<1x4xf32>) -> tensor<8x4xf32> {
  %r = rondo.scan_into %n starts(%c : tensor<8x4xf32>) nexts(%e : tensor<8x4xf32>) {
  ^bb0(%t: index, %old: tensor<8x4xf32>, %next: tensor<8x4xf32>):
    %place = tensor.extract_slice %old[0, 0] [1, 4] [1, 1] : tensor<8x4xf32> to tensor<1x4xf32>
    %exp = linalg.exp ins(%v : tensor<1x4xf32>) outs(%place : tensor<1x4xf32>) -> tensor<1x4xf32>
    %new = tensor.insert_slice %exp into %old[%t, 0] [1, 4] [1, 1] : tensor<1x4xf32> into tensor<8x4xf32>
    %placed = bufferization.materialize_in_destination %new in %next : (tensor<8x4xf32>, tensor<8x4xf32>) -> tensor<8x4xf32>
    rondo.yield %placed : tensor<8x4xf32>
  } -> tensor<8x4xf32>
  return %r : tensor<8x4xf32>
}

// A layer writes into a part of it.
// CHECK-LABEL: @layer_writes
// CHECK-SAME: %[[C:[a-z0-9]+]]: tensor<8x4xf32>
// CHECK: rondo.scan_into {{.*}} updates(%[[C]] : tensor<8x4xf32>) {
// CHECK: ^bb0(%{{.*}}: index, %[[U:.*]]: tensor<8x4xf32>):
// CHECK: %[[R:.*]]:2 = func.call @layer(%[[U]], %{{.*}}) {rondo.into, rondo.updates = array<i64: -1, 0>}
// CHECK: rondo.yield %[[R]]#1 : tensor<8x4xf32>
func.func private @layer(%c: tensor<8x4xf32>, %y: tensor<4xf32>) -> (tensor<4xf32>, tensor<8x4xf32>)
func.func @layer_writes(%T: index, %c: tensor<8x4xf32>, %e: tensor<8x4xf32>) -> tensor<8x4xf32> {
  %r = rondo.scan_into %T starts(%c : tensor<8x4xf32>) nexts(%e : tensor<8x4xf32>) {
  ^bb0(%t: index, %old: tensor<8x4xf32>, %next: tensor<8x4xf32>):
    %d = tensor.empty() : tensor<4xf32>
    %y:2 = func.call @layer(%old, %d) {rondo.into, rondo.updates = array<i64: -1, 0>} : (tensor<8x4xf32>, tensor<4xf32>) -> (tensor<4xf32>, tensor<8x4xf32>)
    %p = bufferization.materialize_in_destination %y#1 in %next : (tensor<8x4xf32>, tensor<8x4xf32>) -> tensor<8x4xf32>
    rondo.yield %p : tensor<8x4xf32>
  } -> tensor<8x4xf32>
  return %r : tensor<8x4xf32>
}

// A scan in a scan: what the inner one updates is the outer one's carry, and is brought to its place where that
// is read again.
// CHECK-LABEL: @inner
// CHECK: rondo.scan_into {{.*}} updates(%{{.*}} : tensor<8x4xf32>) {
// CHECK: ^bb0(%{{.*}}: index, %[[U:.*]]: tensor<8x4xf32>):
// CHECK: %[[R:.*]] = rondo.scan_into {{.*}} updates(%[[U]] : tensor<8x4xf32>)
// CHECK: rondo.yield %[[R]]
func.func @inner(%T: index, %c: tensor<8x4xf32>, %e: tensor<8x4xf32>, %v: tensor<1x4xf32>) -> tensor<8x4xf32> {
  %r = rondo.scan_into %T starts(%c : tensor<8x4xf32>) nexts(%e : tensor<8x4xf32>) {
  ^bb0(%t: index, %old: tensor<8x4xf32>, %next: tensor<8x4xf32>):
    %i = rondo.scan_into %T starts(%old : tensor<8x4xf32>) nexts(%next : tensor<8x4xf32>) {
    ^bb0(%n: index, %before: tensor<8x4xf32>, %behind: tensor<8x4xf32>):
      %new = tensor.insert_slice %v into %before[%n, 0] [1, 4] [1, 1] : tensor<1x4xf32> into tensor<8x4xf32>
      %p = bufferization.materialize_in_destination %new in %behind : (tensor<8x4xf32>, tensor<8x4xf32>) -> tensor<8x4xf32>
      rondo.yield %p : tensor<8x4xf32>
    } -> tensor<8x4xf32>
    rondo.yield %i : tensor<8x4xf32>
  } -> tensor<8x4xf32>
  return %r : tensor<8x4xf32>
}

// CHECK-LABEL: @inner_read_again
// CHECK: ^bb0(%{{.*}}: index, %[[OLD:.*]]: tensor<8x4xf32>, %{{.*}}: tensor<8x4xf32>, %[[NEXT:.*]]: tensor<8x4xf32>, %{{.*}}: tensor<8x4xf32>):
// CHECK: %[[R:.*]] = rondo.scan_into {{.*}} updates(%[[OLD]] : tensor<8x4xf32>)
// CHECK: %[[P:.*]] = bufferization.materialize_in_destination %[[R]] in %[[NEXT]]
// CHECK: rondo.yield %[[P]], %{{.*}}
func.func @inner_read_again(%T: index, %c: tensor<8x4xf32>, %e: tensor<8x4xf32>, %f: tensor<8x4xf32>, %v: tensor<1x4xf32>) -> tensor<8x4xf32> {
  %r:2 = rondo.scan_into %T starts(%c, %c : tensor<8x4xf32>, tensor<8x4xf32>) nexts(%e, %f : tensor<8x4xf32>, tensor<8x4xf32>) {
  ^bb0(%t: index, %old: tensor<8x4xf32>, %other: tensor<8x4xf32>, %next: tensor<8x4xf32>, %place: tensor<8x4xf32>):
    %i = rondo.scan_into %T starts(%old : tensor<8x4xf32>) nexts(%next : tensor<8x4xf32>) {
    ^bb0(%n: index, %before: tensor<8x4xf32>, %behind: tensor<8x4xf32>):
      %new = tensor.insert_slice %v into %before[%n, 0] [1, 4] [1, 1] : tensor<1x4xf32> into tensor<8x4xf32>
      %p = bufferization.materialize_in_destination %new in %behind : (tensor<8x4xf32>, tensor<8x4xf32>) -> tensor<8x4xf32>
      rondo.yield %p : tensor<8x4xf32>
    } -> tensor<8x4xf32>
    %s = linalg.add ins(%old, %other : tensor<8x4xf32>, tensor<8x4xf32>) outs(%place : tensor<8x4xf32>) -> tensor<8x4xf32>
    rondo.yield %i, %s : tensor<8x4xf32>, tensor<8x4xf32>
  } -> tensor<8x4xf32>, tensor<8x4xf32>
  return %r#0 : tensor<8x4xf32>
}
