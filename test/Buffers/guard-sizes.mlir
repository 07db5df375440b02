// RUN: rondo-opt %s -rondo-guard-sizes | FileCheck %s

// Only the checks of sizes stand before the branch; a check of a value stays where
// it is.
// CHECK-LABEL: func.func @f
// CHECK-SAME: %[[T:.*]]: index {{.*}}, %[[X:.*]]: memref<?xf32>
// CHECK: %[[FITS:.*]] = arith.cmpi sge, %[[T]]
// CHECK: rondo.check %[[FITS]], "at least five"
// CHECK: %[[FEW:.*]] = arith.cmpi sle, %[[T]]
// CHECK: rondo.check %[[FEW]], "at most nine"
// CHECK: %[[ALL:.*]] = arith.andi %[[FITS]], %[[FEW]]
// CHECK: scf.if %[[ALL]] {
// CHECK:   %[[V:.*]] = memref.load %[[X]]
// CHECK:   %[[POSITIVE:.*]] = arith.cmpf ogt, %[[V]]
// CHECK:   rondo.check %[[POSITIVE]], "positive"
// CHECK:   memref.store
// CHECK: }
// CHECK-NEXT: return
func.func @f(%T: index {rondo.dim = "T"}, %x: memref<?xf32> {rondo.name = "x"}, %y: memref<1xf32> {rondo.result = 0 : i64})
    attributes {rondo.entry} {
  %c0 = arith.constant 0 : index
  %c5 = arith.constant 5 : index
  %c9 = arith.constant 9 : index
  %zero = arith.constant 0.0 : f32
  %v = memref.load %x[%c0] : memref<?xf32>
  %positive = arith.cmpf ogt, %v, %zero : f32
  %fits = arith.cmpi sge, %T, %c5 : index
  rondo.check %fits, "at least five" : i1
  rondo.check %positive, "positive" : i1
  %few = arith.cmpi sle, %T, %c9 : index
  rondo.check %few, "at most nine" : i1
  memref.store %v, %y[%c0] : memref<1xf32>
  return
}
