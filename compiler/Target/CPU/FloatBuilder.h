// Floating-point and integer arithmetic on values of one type, for functions
// that are written once for f32 and f64, scalars and vectors.
#pragma once

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace rondo::cpu {

/// Makes operations on values of the type `type`: f32, f64 or a vector of these,
/// and on integers and bools of the same width and lanes. Products and sums are
/// separate operations, which LLVM fuses where the target can (math.fma would
/// become a call where it cannot): what must be exact has to be so either way.
class FloatBuilder {
public:
  using Value = mlir::Value;
  FloatBuilder(mlir::ImplicitLocOpBuilder &b, mlir::Type type) : b(b), type(type) {}

  mlir::ImplicitLocOpBuilder &b;
  mlir::Type type;

  bool isDouble() const { return mlir::getElementTypeOrSelf(type).isF64(); }
  /// One of two, by the type: bounds, constants, tables.
  template <typename T> T pick(T single, T twice) const { return isDouble() ? twice : single; }
  int64_t mantissaBits() const { return pick(23, 52); }
  int64_t bias() const { return pick(127, 1023); }
  int64_t infinityBits() const { return (2 * bias() + 1) << mantissaBits(); }
  /// 2^mantissaBits: from here on every number is whole.
  double whole() const { return pick(0x1p23, 0x1p52); }
  double smallestNormal() const { return pick(0x1p-126, 0x1p-1022); }

  mlir::Type like(mlir::Type element) const {
    auto v = llvm::dyn_cast<mlir::VectorType>(type);
    return v ? mlir::Type(v.clone(element)) : element;
  }
  mlir::Type intType() const { return like(b.getIntegerType(pick(32, 64))); }

  Value constant(mlir::Type t, mlir::TypedAttr scalar) const {
    if (auto v = llvm::dyn_cast<mlir::VectorType>(t))
      return mlir::arith::ConstantOp::create(b, mlir::DenseElementsAttr::get(v, mlir::Attribute(scalar)));
    return mlir::arith::ConstantOp::create(b, scalar);
  }
  Value c(double v) const { return constant(type, b.getFloatAttr(mlir::getElementTypeOrSelf(type), v)); }
  Value c(double single, double twice) const { return c(pick(single, twice)); }
  Value i(int64_t v) const {
    mlir::Type element = mlir::getElementTypeOrSelf(intType());
    return constant(intType(), b.getIntegerAttr(element, v));
  }
  Value infinity() const { return c(std::numeric_limits<double>::infinity()); }
  Value nan() const { return c(std::numeric_limits<double>::quiet_NaN()); }

  template <typename Op> Value make(Value x, Value y) const { return Op::create(b, x, y); }
  Value add(Value x, Value y) const { return make<mlir::arith::AddFOp>(x, y); }
  Value sub(Value x, Value y) const { return make<mlir::arith::SubFOp>(x, y); }
  Value mul(Value x, Value y) const { return make<mlir::arith::MulFOp>(x, y); }
  Value div(Value x, Value y) const { return make<mlir::arith::DivFOp>(x, y); }
  Value fma(Value x, Value y, Value z) const { return add(mul(x, y), z); }
  Value neg(Value x) const { return mlir::arith::NegFOp::create(b, x); }
  Value abs(Value x) const { return mlir::math::AbsFOp::create(b, x); }
  Value copySign(Value x, Value sign) const { return make<mlir::math::CopySignOp>(x, sign); }

  Value addI(Value x, Value y) const { return make<mlir::arith::AddIOp>(x, y); }
  Value subI(Value x, Value y) const { return make<mlir::arith::SubIOp>(x, y); }
  Value mulI(Value x, Value y) const { return make<mlir::arith::MulIOp>(x, y); }
  Value andI(Value x, Value y) const { return make<mlir::arith::AndIOp>(x, y); }
  Value orI(Value x, Value y) const { return make<mlir::arith::OrIOp>(x, y); }
  Value xorI(Value x, Value y) const { return make<mlir::arith::XOrIOp>(x, y); }
  Value shl(Value x, int64_t n) const { return make<mlir::arith::ShLIOp>(x, i(n)); }
  Value shr(Value x, int64_t n) const { return make<mlir::arith::ShRUIOp>(x, i(n)); }
  Value shrSigned(Value x, int64_t n) const { return make<mlir::arith::ShRSIOp>(x, i(n)); }

  // All are false for a NaN but `unordered`.
  Value compare(mlir::arith::CmpFPredicate p, Value x, Value y) const {
    return mlir::arith::CmpFOp::create(b, p, x, y);
  }
  Value lt(Value x, Value y) const { return compare(mlir::arith::CmpFPredicate::OLT, x, y); }
  Value le(Value x, Value y) const { return compare(mlir::arith::CmpFPredicate::OLE, x, y); }
  Value gt(Value x, Value y) const { return compare(mlir::arith::CmpFPredicate::OGT, x, y); }
  Value ge(Value x, Value y) const { return compare(mlir::arith::CmpFPredicate::OGE, x, y); }
  Value eq(Value x, Value y) const { return compare(mlir::arith::CmpFPredicate::OEQ, x, y); }
  Value unordered(Value x, Value y) const { return compare(mlir::arith::CmpFPredicate::UNO, x, y); }
  Value isNotZero(Value integer) const {
    return mlir::arith::CmpIOp::create(b, mlir::arith::CmpIPredicate::ne, integer, i(0));
  }
  Value select(Value condition, Value x, Value y) const {
    return mlir::arith::SelectOp::create(b, condition, x, y);
  }
  // Written so that a NaN in x passes, and that x86 needs one instruction.
  Value atLeast(Value x, double bound) const {
    Value l = c(bound);
    return select(gt(l, x), l, x);
  }
  Value atMost(Value x, double bound) const {
    Value l = c(bound);
    return select(lt(l, x), l, x);
  }

  Value bits(Value x) const { return mlir::arith::BitcastOp::create(b, intType(), x); }
  Value fromBits(Value x) const { return mlir::arith::BitcastOp::create(b, type, x); }
  /// The polynomial with these coefficients, highest first, by Horner's scheme.
  Value poly(Value x, llvm::ArrayRef<double> highestFirst) const {
    Value r = c(highestFirst[0]);
    for (double k : highestFirst.drop_front())
      r = fma(r, x, c(k));
    return r;
  }
  /// 2^n of an integer in [1 - bias, bias].
  Value power2(Value n) const { return fromBits(shl(addI(n, i(bias())), mantissaBits())); }
  /// x 2^n for |n| < 2 bias, in two factors: the result may be denormal or infinite, and is rounded once.
  Value scale(Value x, Value n) const {
    Value half = shrSigned(n, 1);
    return mul(mul(x, power2(half)), power2(subI(n, half)));
  }
  /// An integer as a float, |n| < 2^(mantissaBits - 1).
  Value toFloat(Value n) const {
    Value magic = c(1.5 * whole());
    return sub(fromBits(addI(n, bits(magic))), magic);
  }
};

/// x as the nearest whole number, both as a float and as an integer.
struct Rounded {
  mlir::Value number, integer;
};

/// x * factor rounded to whole, ties to even or nearly so; |x * factor| < 2^(mantissaBits - 2).
inline Rounded roundProduct(const FloatBuilder &m, mlir::Value x, double factor) {
  mlir::Value magic = m.c(1.5 * m.whole()); // the low bits of the sum are the integer
  mlir::Value shifted = m.fma(x, m.c(factor), magic);
  return {m.sub(shifted, magic), m.subI(m.bits(shifted), m.bits(magic))};
}

} // namespace rondo::cpu
