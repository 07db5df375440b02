// The functions that rondo-cpu-math writes out: each from values of one type,
// f32 or f64, scalar or vector, to a value of it. NaN, infinities, zeros of both
// signs and denormal numbers are as C has them; README.md says how exact all
// others are. Every operation that they make has an instruction, or a few, on
// every target: no call but to the function that `ReduceAngle` makes.
#pragma once

#include "compiler/Target/CPU/FloatBuilder.h"

namespace rondo::cpu {

using mlir::Value;

Value makeExp(const FloatBuilder &m, Value x);
/// exp x for x that are negative, 0 or NaN; 0 where that is below the least normal number. Half the work.
Value makeExpOfNegative(const FloatBuilder &m, Value x);
Value makeExpM1(const FloatBuilder &m, Value x);
Value makeTanh(const FloatBuilder &m, Value x);
Value makeErf(const FloatBuilder &m, Value x);

/// exp(r + rLow), |r| <= ln 2 / 2, |rLow| at most an ulp of r.
Value makeExpReduced(const FloatBuilder &m, Value r, Value rLow);

Value makeLog(const FloatBuilder &m, Value x);
Value makeLog1p(const FloatBuilder &m, Value x);
Value makePow(const FloatBuilder &m, Value x, Value y);

/// Calls a function (f64) -> (i64, f64, f64): n and r with x = n pi/2 + r, n modulo 4, |r| <= pi/4, r in two
/// parts of which the second is small; for any x from 2^20 on. See makeReduceAngle.
using ReduceAngle = llvm::function_ref<mlir::ValueRange(mlir::ImplicitLocOpBuilder &, Value x)>;

Value makeSin(const FloatBuilder &m, Value x, ReduceAngle reduce);
Value makeCos(const FloatBuilder &m, Value x, ReduceAngle reduce);

Value makeFloor(const FloatBuilder &m, Value x);
Value makeCeil(const FloatBuilder &m, Value x);
Value makeRoundEven(const FloatBuilder &m, Value x);
/// C's fmod: exact, with the sign of x.
Value makeRemainder(const FloatBuilder &m, Value x, Value y);

} // namespace rondo::cpu
