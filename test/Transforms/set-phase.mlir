// RUN: rondo-opt %s -rondo-set-phase=phase=graph | FileCheck %s
// RUN: rondo-opt %s -rondo-set-phase="phase=kernels target=aarch64" | FileCheck %s --check-prefix=TARGET

// CHECK: module @model attributes {rondo.phase = "graph"}
// TARGET: module @model attributes {rondo.phase = "kernels", rondo.target = "aarch64"}
module @model attributes {rondo.phase = "rondo"} {
}
