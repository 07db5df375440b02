// RUN: rondo-opt %s -rondo-scan-to-loop -canonicalize -cse | FileCheck %s
#row = strided<[1], offset: ?>

// Two buffers that swap, begun so that the last step writes the destination; no copy but for no step.
// CHECK-LABEL: func @own_destination
// CHECK-SAME: %[[T:.*]]: index, %[[XS:.*]]: memref<?x4xf32>, %[[S:.*]]: memref<4xf32>, %[[D:.*]]: memref<4xf32>
// CHECK: %[[ODD:.*]] = arith.trunci
// CHECK: %[[O:.*]] = memref.alloc()
// CHECK-DAG: %[[W0:.*]] = arith.select %[[ODD]], %[[D]], %[[O]]
// CHECK-DAG: %[[W1:.*]] = arith.select %[[ODD]], %[[O]], %[[D]]
// CHECK: scf.for %[[I:.*]] = %{{.*}} iter_args(%[[H:.*]] = %[[S]], %[[P:.*]] = %[[W0]], %[[Q:.*]] = %[[W1]])
// CHECK: %[[X:.*]] = memref.subview %[[XS]][%[[I]], 0] [1, 4] [1, 1]
// CHECK: linalg.add ins(%[[X]], %[[H]] : {{.*}}) outs(%[[P]]
// CHECK: scf.yield %[[P]], %[[Q]], %[[P]]
// CHECK: } {rondo.time}
// CHECK: %[[NONE:.*]] = arith.cmpi eq, %[[T]]
// CHECK: scf.if %[[NONE]] {
// CHECK-NEXT: memref.copy %[[S]], %[[D]]
// CHECK-NEXT: }
// CHECK-NEXT: return
func.func @own_destination(%T: index, %xs: memref<?x4xf32>, %s: memref<4xf32>, %d: memref<4xf32>) {
  rondo.scan_into %T ins(%xs : memref<?x4xf32>) starts(%s : memref<4xf32>) nexts(%d : memref<4xf32>) {
  ^bb0(%t: index, %x: memref<4xf32, #row>, %h: memref<4xf32>, %hn: memref<4xf32>):
    linalg.add ins(%x, %h : memref<4xf32, #row>, memref<4xf32>) outs(%hn : memref<4xf32>)
    rondo.yield %hn : memref<4xf32>
  }
  return
}

// Start and destination are one: the other buffer first, a copy if the number of steps is odd.
// CHECK-LABEL: func @in_place
// CHECK-SAME: %[[T:.*]]: index, %[[XS:.*]]: memref<?x4xf32>, %[[S:.*]]: memref<4xf32>
// CHECK: %[[ODD:.*]] = arith.trunci
// CHECK: %[[O:.*]] = memref.alloc()
// CHECK-NOT: arith.select
// CHECK: %[[L:.*]]:2 = scf.for {{.*}} iter_args(%[[H:.*]] = %[[S]], %[[P:.*]] = %[[O]])
// CHECK: scf.yield %[[P]], %[[H]]
// CHECK: scf.if %[[ODD]] {
// CHECK-NEXT: memref.copy %[[L]]#0, %[[S]]
func.func @in_place(%T: index, %xs: memref<?x4xf32>, %s: memref<4xf32>) {
  rondo.scan_into %T ins(%xs : memref<?x4xf32>) starts(%s : memref<4xf32>) nexts(%s : memref<4xf32>) {
  ^bb0(%t: index, %x: memref<4xf32, #row>, %h: memref<4xf32>, %hn: memref<4xf32>):
    linalg.add ins(%x, %h : memref<4xf32, #row>, memref<4xf32>) outs(%hn : memref<4xf32>)
    rondo.yield %hn : memref<4xf32>
  }
  return
}

// In the stack, backwards: no buffer. The last value is wanted once, and once not.
// CHECK-LABEL: func @in_stack
// CHECK-SAME: %[[T:.*]]: index, %[[S:.*]]: memref<4xf32, {{.*}}>, %[[D:.*]]: memref<4xf32, {{.*}}>, %[[YS:.*]]: memref<?x4xf32>
// CHECK-NOT: memref.alloc
// CHECK: %[[L:.*]] = scf.for %[[I:.*]] = {{.*}} iter_args(%[[H:.*]] = %[[S]])
// CHECK: %[[LAST:.*]] = arith.subi %[[T]], %{{.*}}
// CHECK: %[[STEP:.*]] = arith.subi %[[LAST]], %[[I]]
// CHECK: %[[SLOT:.*]] = memref.subview %[[YS]][%[[STEP]], 0]
// CHECK: linalg.tanh ins(%[[H]] : {{.*}}) outs(%[[SLOT]]
// CHECK: scf.yield %[[SLOT]]
// CHECK: memref.copy %[[L]], %[[D]]
// CHECK: scf.for
// CHECK-NOT: memref.copy
// CHECK: return
func.func @in_stack(%T: index, %s: memref<4xf32, #row>, %d: memref<4xf32, #row>, %ys: memref<?x4xf32>) {
  rondo.scan_into reverse %T starts(%s : memref<4xf32, #row>) nexts(%d : memref<4xf32, #row>) stacks(%ys : memref<?x4xf32>) {
  ^bb0(%t: index, %h: memref<4xf32, #row>, %hn: memref<4xf32, #row>, %slot: memref<4xf32, #row>):
    linalg.tanh ins(%h : memref<4xf32, #row>) outs(%slot : memref<4xf32, #row>)
    rondo.yield %slot : memref<4xf32, #row>
  }
  %a = memref.alloc() : memref<4xf32>
  %c = memref.cast %a : memref<4xf32> to memref<4xf32, #row>
  rondo.scan_into %T starts(%s : memref<4xf32, #row>) nexts(%c : memref<4xf32, #row>) stacks(%ys : memref<?x4xf32>) {
  ^bb0(%t: index, %h: memref<4xf32, #row>, %hn: memref<4xf32, #row>, %slot: memref<4xf32, #row>):
    linalg.tanh ins(%h : memref<4xf32, #row>) outs(%slot : memref<4xf32, #row>)
    rondo.yield %slot : memref<4xf32, #row>
  }
  return
}

// a, b = b, f(a): what b held is read for one step more, so three buffers go round.
// CHECK-LABEL: func @handed_on
// CHECK-SAME: %{{.*}}: index, %[[A0:.*]]: memref<?xf32>, %[[B0:.*]]: memref<?xf32>, %[[DA:.*]]: memref<?xf32>, %[[DB:.*]]: memref<?xf32>
// CHECK-COUNT-3: memref.alloc(
// CHECK: %[[L:.*]]:5 = scf.for {{.*}} iter_args(%[[A:.*]] = %[[A0]], %[[B:.*]] = %[[B0]], %[[P:.*]] = %{{.*}}, %[[Q:.*]] = %{{.*}}, %[[R:.*]] = %{{.*}})
// CHECK: linalg.tanh ins(%[[A]] : {{.*}}) outs(%[[P]]
// CHECK: scf.yield %[[B]], %[[P]], %[[Q]], %[[R]], %[[P]]
// CHECK: memref.copy %[[L]]#0, %[[DA]]
// CHECK: memref.copy %[[L]]#1, %[[DB]]
func.func @handed_on(%T: index, %a0: memref<?xf32>, %b0: memref<?xf32>, %da: memref<?xf32>, %db: memref<?xf32>) {
  rondo.scan_into %T starts(%a0, %b0 : memref<?xf32>, memref<?xf32>) nexts(%da, %db : memref<?xf32>, memref<?xf32>) {
  ^bb0(%t: index, %a: memref<?xf32>, %b: memref<?xf32>, %an: memref<?xf32>, %bn: memref<?xf32>):
    linalg.tanh ins(%a : memref<?xf32>) outs(%bn : memref<?xf32>)
    rondo.yield %b, %bn : memref<?xf32>, memref<?xf32>
  }
  return
}

// With `until` the last step is not known: the first one writes the destination, and with an even number of steps
// the last value is copied there.
// CHECK-LABEL: func @until
// CHECK-SAME: %[[T:.*]]: index, %[[XS:.*]]: memref<?x4xf32>, %[[S:.*]]: memref<4xf32>, %[[D:.*]]: memref<4xf32>, %[[YS:.*]]: memref<?x4xf32>, %[[N:.*]]: memref<i64>
// CHECK: %[[O:.*]] = memref.alloc()
// CHECK: %[[L:.*]]:4 = scf.while (%[[STOP:.*]] = %false, %[[I:.*]] = %c0, %[[H:.*]] = %[[S]], %[[P:.*]] = %[[D]], %[[Q:.*]] = %[[O]])
// CHECK: %[[MORE:.*]] = arith.cmpi ult, %[[I]], %[[T]]
// CHECK: %[[GO:.*]] = arith.cmpi eq, %[[STOP]], %false
// CHECK: %[[BOTH:.*]] = arith.andi %[[MORE]], %[[GO]]
// CHECK: scf.condition(%[[BOTH]]) %[[I]], %[[H]], %[[P]], %[[Q]]
// CHECK: ^bb0(%[[I:.*]]: index, %[[H:.*]]: memref<4xf32>, %[[P:.*]]: memref<4xf32>, %[[Q:.*]]: memref<4xf32>):
// CHECK-DAG: %[[X:.*]] = memref.subview %[[XS]][%[[I]], 0]
// CHECK-DAG: %[[SLOT:.*]] = memref.subview %[[YS]][%[[I]], 0]
// CHECK: linalg.add ins(%[[X]], %[[H]] : {{.*}}) outs(%[[P]]
// CHECK: %[[ENDS:.*]] = arith.cmpf
// CHECK: %[[NEXT:.*]] = arith.addi %[[I]], %c1
// CHECK: scf.yield %[[ENDS]], %[[NEXT]], %[[P]], %[[Q]], %[[P]]
// CHECK: } attributes {rondo.time}
// CHECK: %[[ODD:.*]] = arith.trunci
// CHECK: %[[EVEN:.*]] = arith.cmpi eq, %[[ODD]], %false
// CHECK: scf.if %[[EVEN]] {
// CHECK-NEXT: memref.copy %[[L]]#1, %[[D]]
// CHECK-NEXT: }
// CHECK: memref.store %{{.*}}, %[[N]][] : memref<i64>
func.func @until(%T: index, %xs: memref<?x4xf32>, %s: memref<4xf32>, %d: memref<4xf32>, %ys: memref<?x4xf32>, %n: memref<i64>, %limit: f32) {
  rondo.scan_into until %T ins(%xs : memref<?x4xf32>) starts(%s : memref<4xf32>) nexts(%d : memref<4xf32>) stacks(%ys : memref<?x4xf32>) count(%n : memref<i64>) {
  ^bb0(%t: index, %x: memref<4xf32, #row>, %h: memref<4xf32>, %hn: memref<4xf32>, %slot: memref<4xf32, #row>):
    %c0 = arith.constant 0 : index
    linalg.add ins(%x, %h : memref<4xf32, #row>, memref<4xf32>) outs(%hn : memref<4xf32>)
    linalg.tanh ins(%hn : memref<4xf32>) outs(%slot : memref<4xf32, #row>)
    %first = memref.load %hn[%c0] : memref<4xf32>
    %ends = arith.cmpf ogt, %first, %limit : f32
    rondo.yield %hn, %ends : memref<4xf32>, i1
  }
  return
}

// In place: the other buffer first, a copy if the number of steps is odd.
// CHECK-LABEL: func @until_in_place
// CHECK-SAME: %{{.*}}: index, %[[S:.*]]: memref<4xf32>
// CHECK: %[[O:.*]] = memref.alloc()
// CHECK: %[[L:.*]]:{{[0-9]}} = scf.while ({{.*}}, %{{.*}} = %[[S]], %{{.*}} = %[[O]])
// CHECK: %[[ODD:.*]] = arith.trunci
// CHECK: scf.if %[[ODD]] {
// CHECK-NEXT: memref.copy %[[L]]#1, %[[S]]
func.func @until_in_place(%T: index, %s: memref<4xf32>, %n: memref<i64>, %limit: f32) {
  rondo.scan_into until %T starts(%s : memref<4xf32>) nexts(%s : memref<4xf32>) count(%n : memref<i64>) {
  ^bb0(%t: index, %h: memref<4xf32>, %hn: memref<4xf32>):
    %c0 = arith.constant 0 : index
    linalg.tanh ins(%h : memref<4xf32>) outs(%hn : memref<4xf32>)
    %first = memref.load %hn[%c0] : memref<4xf32>
    %ends = arith.cmpf olt, %first, %limit : f32
    rondo.yield %hn, %ends : memref<4xf32>, i1
  }
  return
}

// Of axes of size 1, the first one goes.
// CHECK-LABEL: func @unit_axes
// CHECK: memref.subview %{{.*}}[%{{.*}}, 0, 0] [1, 1, 1] [1, 1, 1]
// CHECK-SAME: to memref<1x1xf32, strided<[3, 1], offset: ?>>
func.func @unit_axes(%T: index, %xs: memref<?x1x1xf32, strided<[3, 3, 1], offset: ?>>, %s: memref<1x1xf32>, %d: memref<1x1xf32>) {
  rondo.scan_into %T ins(%xs : memref<?x1x1xf32, strided<[3, 3, 1], offset: ?>>) starts(%s : memref<1x1xf32>) nexts(%d : memref<1x1xf32>) {
  ^bb0(%t: index, %x: memref<1x1xf32, strided<[3, 1], offset: ?>>, %h: memref<1x1xf32>, %hn: memref<1x1xf32>):
    linalg.add ins(%x, %h : memref<1x1xf32, strided<[3, 1], offset: ?>>, memref<1x1xf32>) outs(%hn : memref<1x1xf32>)
    rondo.yield %hn : memref<1x1xf32>
  }
  return
}
