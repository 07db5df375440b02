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
