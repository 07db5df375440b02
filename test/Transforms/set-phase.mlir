// RUN: rondo-opt %s -rondo-set-phase=phase=graph | FileCheck %s

// CHECK: module @model attributes {rondo.phase = "graph"}
module @model attributes {rondo.phase = "rondo"} {
}
