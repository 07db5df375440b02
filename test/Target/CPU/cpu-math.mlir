// RUN: rondo-opt %s -rondo-cpu-math -split-input-file | FileCheck %s
// RUN: rondo-opt %s -rondo-cpu-math=rounds=false -split-input-file | FileCheck %s --check-prefix=NONE

// What a target has as an instruction stays, unless it has not.
// CHECK-LABEL: func.func @instructions
// CHECK: math.sqrt
// CHECK: math.absf
// CHECK: math.floor
// CHECK: math.roundeven
// NONE-LABEL: func.func @instructions
// NONE: math.sqrt
// NONE: math.absf
// NONE-NOT: math.{{floor|roundeven}}
// NONE: return
func.func @instructions(%x: f64) -> f64 {
  %0 = math.sqrt %x : f64
  %1 = math.absf %0 : f64
  %2 = math.floor %1 : f64
  %3 = math.roundeven %2 : f64
  return %3 : f64
}

// -----

// All else becomes arithmetic. math.fma would be a call where there is no such instruction.
// CHECK-LABEL: func.func @vectors
// CHECK-NOT: math.{{exp|log|tanh|erf|fma}}
// CHECK: return %{{.*}} : vector<8xf32>
func.func @vectors(%x: vector<8xf32>) -> vector<8xf32> {
  %0 = math.exp %x : vector<8xf32>
  %1 = math.expm1 %0 : vector<8xf32>
  %2 = math.tanh %1 : vector<8xf32>
  %3 = math.log %2 : vector<8xf32>
  %4 = math.log1p %3 : vector<8xf32>
  %5 = math.erf %4 : vector<8xf32>
  return %5 : vector<8xf32>
}

// CHECK-LABEL: func.func @scalars
// CHECK-NOT: math.{{exp|log|tanh|erf|pow|fma}}
// CHECK: return %{{.*}} : f64
func.func @scalars(%x: f64) -> f64 {
  %0 = math.exp %x : f64
  %1 = math.log %0 : f64
  %2 = math.tanh %1 : f64
  %3 = math.erf %2 : f64
  %4 = math.powf %3, %x : f64
  return %4 : f64
}

// A power of f32 is computed in f64, whose logarithm is exact enough for it.
// CHECK-LABEL: func.func @power
// CHECK: arith.extf %{{.*}} : vector<8xf32> to vector<8xf64>
// CHECK-NOT: math.powf
// CHECK: arith.truncf %{{.*}} : vector<8xf64> to vector<8xf32>
func.func @power(%x: vector<8xf32>, %y: vector<8xf32>) -> vector<8xf32> {
  %0 = math.powf %x, %y : vector<8xf32>
  return %0 : vector<8xf32>
}

// A remainder is a long division, two loops that end with the last lane.
// CHECK-LABEL: func.func @remainder
// CHECK-NOT: arith.remf
// CHECK-COUNT-2: vector.reduction <or>, %{{.*}} : vector<4xi1>
// CHECK: return
func.func @remainder(%x: vector<4xf64>, %y: vector<4xf64>) -> vector<4xf64> {
  %0 = arith.remf %x, %y : vector<4xf64>
  return %0 : vector<4xf64>
}

// -----

// Large angles, if there are any, are reduced one by one by a function that all share.
// CHECK-LABEL: module @model
module @model {
// CHECK: memref.global "private" constant @model.two_over_pi
// CHECK-NOT: memref.global
// CHECK: func.func private @model.reduce_angle(%{{.*}}: f64) -> (i64, f64, f64)
// CHECK-SAME: llvm.linkage = #llvm.linkage<internal>
// CHECK: memref.load
// CHECK-NOT: func.func private

// CHECK: func.func @angles
// CHECK: %[[ANY:.*]] = vector.reduction <or>
// CHECK: scf.if %[[ANY]]
// CHECK: scf.for
// CHECK: func.call @model.reduce_angle
// CHECK-NOT: math.{{sin|cos}}
// CHECK: return
func.func @angles(%x: vector<4xf32>, %y: f64) -> (vector<4xf32>, f64) {
  %0 = math.sin %x : vector<4xf32>
  %1 = math.cos %y : f64
  return %0, %1 : vector<4xf32>, f64
}
}
