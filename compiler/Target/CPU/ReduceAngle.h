// Angles from 2^20 on, for sin and cos.
#pragma once

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace rondo::cpu {

/// The function (x: f64) -> (n: i64, high: f64, low: f64) of this module, made when it is first asked for:
/// with x = n pi/2 + r, r in [-pi/4, pi/4], it gives n modulo 4 and r as high + low. For |x| from 2^20 on;
/// infinities and NaN give anything. Private, internal to the object, with a constant table beside it.
mlir::func::FuncOp getReduceAngle(mlir::ModuleOp module);

} // namespace rondo::cpu
