// RUN: rondo-opt %s -rondo-cpu-halves | FileCheck %s
// RUN: rondo-opt %s -rondo-cpu-halves='f16=true bf16=true' | FileCheck %s --check-prefix=NATIVE

// Without an instruction, integer arithmetic.
// CHECK-LABEL: func.func @single
// CHECK-NOT: arith.{{extf|truncf}}
// CHECK: arith.bitcast %{{.*}} : vector<4xi16> to vector<4xf16>
// CHECK: return
// With one, it.
// NATIVE-LABEL: func.func @single
// NATIVE-NEXT: arith.extf %{{.*}} : vector<4xf16> to vector<4xf32>
// NATIVE-NEXT: arith.truncf %{{.*}} : vector<4xf32> to vector<4xbf16>
// NATIVE-NEXT: arith.extf
// NATIVE-NEXT: arith.truncf
// NATIVE-NEXT: return
func.func @single(%x: vector<4xf16>) -> vector<4xf16> {
  %0 = arith.extf %x : vector<4xf16> to vector<4xf32>
  %1 = arith.truncf %0 : vector<4xf32> to vector<4xbf16>
  %2 = arith.extf %1 : vector<4xbf16> to vector<4xf32>
  %3 = arith.truncf %2 : vector<4xf32> to vector<4xf16>
  return %3 : vector<4xf16>
}

// From f64 by way of f32, in which what was lost is kept as an odd last bit, so that it is rounded once.
// CHECK-LABEL: func.func @double
// CHECK: %[[F:.*]] = arith.truncf %{{.*}} : f64 to f32
// CHECK: %[[BACK:.*]] = arith.extf %[[F]] : f32 to f64
// CHECK: arith.cmpf one, %[[BACK]]
// CHECK-NOT: arith.truncf
// CHECK: return
// NATIVE-LABEL: func.func @double
// NATIVE: arith.cmpf one
// NATIVE: arith.ori
// NATIVE: arith.truncf %{{.*}} : f32 to f16
// NATIVE: return
func.func @double(%x: f64) -> f16 {
  %0 = arith.truncf %x : f64 to f16
  return %0 : f16
}

// The other way nothing is rounded.
// CHECK-LABEL: func.func @wide
// CHECK: arith.extf %{{.*}} : f32 to f64
// NATIVE-LABEL: func.func @wide
// NATIVE-NEXT: arith.extf %{{.*}} : bf16 to f64
func.func @wide(%x: bf16) -> f64 {
  %0 = arith.extf %x : bf16 to f64
  return %0 : f64
}

// Others are none of its business.
// CHECK-LABEL: func.func @others
// CHECK-NEXT: arith.truncf %{{.*}} : f64 to f32
func.func @others(%x: f64) -> f32 {
  %0 = arith.truncf %x : f64 to f32
  return %0 : f32
}
