// Tensors to tensors: the operations that the front end emits, one function
// each. Operands must fit (the callers have checked and told the user); shapes
// are exact. Integer division, casts to integers and indices are guarded here:
// no operation has undefined behaviour for any operand.
#pragma once

#include "compiler/Frontend/FunctionEmitter.h"

namespace rondo::sema {

//===----------------------------------------------------------------------===//
// Structure (TensorOps.cpp)
//===----------------------------------------------------------------------===//

/// A number everywhere. `number` is an int, float or bool; floats become integers as in a cast.
Tensor filled(FunctionEmitter &f, const Value &number, DType dtype, llvm::ArrayRef<Size> shape);
/// A rank-0 i64.
Tensor sizeTensor(FunctionEmitter &f, const Size &size);
/// A size everywhere, as i64.
Tensor sizeFilled(FunctionEmitter &f, const Size &size, llvm::ArrayRef<Size> shape);
/// Letters for the batch axes of a product, which leave k, m and n for the others.
inline constexpr llvm::StringLiteral batchLetters = "abcdefghijlopqrstuvwxyz";
/// The same sizes, perhaps written or known otherwise; takes over `shape`.
Tensor conform(FunctionEmitter &f, const Tensor &x, llvm::ArrayRef<Size> shape);
/// NumPy's broadcasting to a shape that x broadcasts to.
Tensor broadcast(FunctionEmitter &f, const Tensor &x, llvm::ArrayRef<Size> shape);
/// x with new axes: axis i of x is axis axes[i] of the result (ascending), all others repeat it.
Tensor broadcastAlong(FunctionEmitter &f, const Tensor &x, llvm::ArrayRef<Size> shape,
                      llvm::ArrayRef<int64_t> axes);
/// The same elements in row-major order; equal numbers of elements.
Tensor reshape(FunctionEmitter &f, const Tensor &x, llvm::ArrayRef<Size> shape);
/// A new axis of size 1, which is axis `axis` of the result.
Tensor unsqueeze(FunctionEmitter &f, const Tensor &x, int64_t axis);
/// Axis i of the result is axis permutation[i] of x.
Tensor transpose(FunctionEmitter &f, const Tensor &x, llvm::ArrayRef<int64_t> permutation);
/// result[i...] = x[offset + step * i ...], steps positive. Dropped axes are of size 1.
Tensor slice(FunctionEmitter &f, const Tensor &x, llvm::ArrayRef<Size> offsets, llvm::ArrayRef<Size> sizes,
             llvm::ArrayRef<Size> steps, llvm::ArrayRef<int64_t> dropped = {});
/// x[offset : offset + length] on one axis.
Tensor narrow(FunctionEmitter &f, const Tensor &x, int64_t axis, const Size &offset, const Size &length);
/// Along one axis; the other axes have x's sizes.
Tensor concat(FunctionEmitter &f, llvm::ArrayRef<Tensor> parts, int64_t axis);
/// start, start + step, ...: n numbers, i64. `start` and `step` are sizes.
Tensor iota(FunctionEmitter &f, const Size &n, const Size &start, const Size &step);
/// rondo.check that all i64 indices lie in [0, n).
CheckOp checkIndices(FunctionEmitter &f, const Tensor &indices, const Size &n, llvm::StringRef message);
/// A rank-0 integer as an `index`, checked to lie in [0, most] and clamped there.
mlir::Value checkedOffset(FunctionEmitter &f, const Tensor &offset, const Size &most,
                          llvm::StringRef message);
/// rondo.gather, with the check that all indices lie in the axis. Indices of any integer type.
Tensor gather(FunctionEmitter &f, const Tensor &x, const Tensor &indices, int64_t axis, llvm::StringRef what);
/// rondo.check on a bool tensor.
CheckOp check(FunctionEmitter &f, const Tensor &ok, llvm::StringRef message);
/// rondo.reduce over sorted axes; `keep` leaves them with size 1.
Tensor reduce(FunctionEmitter &f, ReduceKind kind, const Tensor &x, llvm::ArrayRef<int64_t> axes,
              bool keep = false);
/// rondo.contract.
Tensor contract(FunctionEmitter &f, llvm::StringRef equation, const Tensor &lhs, const Tensor &rhs,
                llvm::ArrayRef<Size> shape);

//===----------------------------------------------------------------------===//
// Elements (ElementOps.cpp); operands of one type and shape
//===----------------------------------------------------------------------===//

enum class Arithmetic : uint8_t { Add, Sub, Mul, Div, FloorDiv, Mod, Min, Max, Pow };
/// Div of floats only; no Sub, Pow and no division of bools.
Tensor arithmetic(FunctionEmitter &f, Arithmetic op, const Tensor &a, const Tensor &b);
/// bool result; comparisons with NaN are false, `!=` true.
Tensor compare(FunctionEmitter &f, ast::CompareOp op, const Tensor &a, const Tensor &b);
/// condition ? a : b, the condition of the same shape.
Tensor choose(FunctionEmitter &f, const Tensor &condition, const Tensor &a, const Tensor &b);
/// Bits of bools (or integers).
Tensor logicalAnd(FunctionEmitter &f, const Tensor &a, const Tensor &b);
Tensor logicalOr(FunctionEmitter &f, const Tensor &a, const Tensor &b);
Tensor logicalNot(FunctionEmitter &f, const Tensor &a);
Tensor negate(FunctionEmitter &f, const Tensor &x);
Tensor absolute(FunctionEmitter &f, const Tensor &x);
/// Any type to any other: float to integer truncates and saturates, NaN gives 0; to bool is x != 0.
Tensor convert(FunctionEmitter &f, const Tensor &x, DType dtype);

/// One operation on floats; f16 and bf16 go by f32.
template <typename Op> Tensor floatUnary(FunctionEmitter &f, const Tensor &x) {
  if (isHalf(x.dtype))
    return convert(f, floatUnary<Op>(f, convert(f, x, DType::F32)), x.dtype);
  return {f.create<Op>(x.value), x.dtype, x.shape};
}
template <typename Op> Tensor floatBinary(FunctionEmitter &f, const Tensor &x, const Tensor &y) {
  if (isHalf(x.dtype))
    return convert(f, floatBinary<Op>(f, convert(f, x, DType::F32), convert(f, y, DType::F32)), x.dtype);
  return {f.create<Op>(x.value, y.value), x.dtype, x.shape};
}

/// A number with x's type and shape.
inline Tensor filledLike(FunctionEmitter &f, const Value &number, const Tensor &x) {
  return filled(f, number, x.dtype, x.shape);
}

/// Float arithmetic as it is written in equations.
struct Formula {
  FunctionEmitter &f;
  Tensor x;

  Formula with(Tensor y) const { return {f, std::move(y)}; }
  Formula number(double v) const { return with(filledLike(f, v, x)); }
  friend Formula operator+(const Formula &a, const Formula &b) { return a.apply(Arithmetic::Add, b); }
  friend Formula operator-(const Formula &a, const Formula &b) { return a.apply(Arithmetic::Sub, b); }
  friend Formula operator*(const Formula &a, const Formula &b) { return a.apply(Arithmetic::Mul, b); }
  friend Formula operator/(const Formula &a, const Formula &b) { return a.apply(Arithmetic::Div, b); }
  friend Formula operator+(const Formula &a, double b) { return a + a.number(b); }
  friend Formula operator-(const Formula &a, double b) { return a - a.number(b); }
  friend Formula operator*(const Formula &a, double b) { return a * a.number(b); }
  friend Formula operator/(const Formula &a, double b) { return a / a.number(b); }
  friend Formula operator+(double a, const Formula &b) { return b.number(a) + b; }
  friend Formula operator-(double a, const Formula &b) { return b.number(a) - b; }
  friend Formula operator*(double a, const Formula &b) { return b.number(a) * b; }
  friend Formula operator/(double a, const Formula &b) { return b.number(a) / b; }
  Formula operator-() const { return with(negate(f, x)); }
  Formula apply(Arithmetic op, const Formula &b) const { return with(arithmetic(f, op, x, b.x)); }
  template <typename Op> Formula unary() const { return with(floatUnary<Op>(f, x)); }
};

} // namespace rondo::sema
