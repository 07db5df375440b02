// RUN: rondo-opt %s -rondo-copy-to-memcpy -canonicalize -cse | FileCheck %s

// CHECK-LABEL: func @copy
// CHECK-SAME: %[[A:.*]]: memref<?x4xf16>, %[[B:.*]]: memref<?x4xf16>
// CHECK-DAG: %[[C8:.*]] = arith.constant 8 : index
// CHECK-DAG: %[[N:.*]] = memref.dim %[[A]]
// CHECK-DAG: %[[BYTES:.*]] = arith.muli %[[N]], %[[C8]]
// CHECK-DAG: %[[FROM:.*]] = memref.extract_aligned_pointer_as_index %[[A]]
// CHECK-DAG: %[[TO:.*]] = memref.extract_aligned_pointer_as_index %[[B]]
// CHECK: "llvm.intr.memcpy"
// CHECK-NOT: memref.copy
func.func @copy(%a: memref<?x4xf16>, %b: memref<?x4xf16>) {
  memref.copy %a, %b : memref<?x4xf16> to memref<?x4xf16>
  return
}

// A row of a matrix begins somewhere in its memory; a bool is a byte.
// CHECK-LABEL: func @row
// CHECK-SAME: %{{.*}}, %{{.*}}: memref<6xi1>
// CHECK: memref.extract_strided_metadata
// CHECK: arith.addi
// CHECK: "llvm.intr.memcpy"(%{{.*}}, %{{.*}}, %[[BYTES:[a-z0-9_]+]])
func.func @row(%a: memref<6xi1, strided<[1], offset: ?>>, %b: memref<6xi1>) {
  memref.copy %a, %b : memref<6xi1, strided<[1], offset: ?>> to memref<6xi1>
  return
}
