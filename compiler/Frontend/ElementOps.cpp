// Emission of elementwise operations and casts. See TensorOps.h.
#include "compiler/Frontend/TensorOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include <cmath>

using namespace mlir;

namespace rondo::sema {

namespace {
Tensor like(const Tensor &x, mlir::Value value) { return {value, x.dtype, x.shape}; }
Tensor boolean(const Tensor &x, mlir::Value value) { return {value, DType::Bool, x.shape}; }

template <typename Op> Tensor emit(FunctionEmitter &f, const Tensor &a, const Tensor &b) {
  return like(a, f.create<Op>(a.value, b.value));
}

// The number that a tensor has everywhere, if it was made of one.
Attribute splatOf(const Tensor &x) {
  mlir::Value number = x.value;
  if (auto splat = number.getDefiningOp<tensor::SplatOp>())
    number = splat.getInput();
  auto constant = number.getDefiningOp<arith::ConstantOp>();
  if (!constant)
    return {};
  auto elements = dyn_cast<DenseElementsAttr>(constant.getValue());
  return elements ? elements.isSplat() ? elements.getSplatValue<Attribute>() : Attribute()
                  : constant.getValue();
}

std::optional<int64_t> integerSplat(const Tensor &x) {
  if (auto number = dyn_cast_or_null<IntegerAttr>(splatOf(x)))
    return number.getValue().getSExtValue();
  return std::nullopt;
}

std::optional<double> floatSplat(const Tensor &x) {
  if (auto number = dyn_cast_or_null<FloatAttr>(splatOf(x)))
    return number.getValueAsDouble();
  return std::nullopt;
}
} // namespace

//===----------------------------------------------------------------------===//
// Integer division
//===----------------------------------------------------------------------===//

// Rounding down, with the divisor's sign for the remainder. A divisor of zero
// gives 0; the least integer divided by -1 wraps.
static Tensor divideIntegers(FunctionEmitter &f, const Tensor &a, const Tensor &b, bool wantRemainder) {
  bool isUnsignedDivision = isUnsigned(a.dtype);
  std::optional<int64_t> known = integerSplat(b);
  bool mayBeZero = !known || *known == 0;
  bool mayBeMinusOne = !isUnsignedDivision && (!known || *known == -1);
  Tensor zero = filledLike(f, 0, a), one = filledLike(f, 1, a);
  Tensor isZero, isMinusOne, divisor = b;
  if (mayBeZero) {
    isZero = compare(f, ast::CompareOp::Eq, b, zero);
    divisor = choose(f, isZero, one, divisor);
  }
  if (mayBeMinusOne) {
    isMinusOne = compare(f, ast::CompareOp::Eq, b, filledLike(f, -1, a));
    divisor = choose(f, isMinusOne, one, divisor);
  }
  Tensor result;
  if (isUnsignedDivision)
    result = wantRemainder ? emit<arith::RemUIOp>(f, a, divisor) : emit<arith::DivUIOp>(f, a, divisor);
  else if (!wantRemainder)
    result = emit<arith::FloorDivSIOp>(f, a, divisor);
  else {
    // remainder of truncation, moved by one divisor where the signs differ
    Tensor rest = emit<arith::RemSIOp>(f, a, divisor);
    Tensor differ = compare(f, ast::CompareOp::Lt, emit<arith::XOrIOp>(f, rest, divisor), zero);
    Tensor moves = logicalAnd(f, differ, compare(f, ast::CompareOp::Ne, rest, zero));
    result = choose(f, moves, emit<arith::AddIOp>(f, rest, divisor), rest);
  }
  if (mayBeMinusOne)
    result = choose(f, isMinusOne, wantRemainder ? zero : negate(f, a), result);
  if (mayBeZero)
    result = choose(f, isZero, zero, result);
  return result;
}

// As Python and PyTorch: from fmod, so that a == a // b * b + a % b as nearly as can be.
static Tensor divideFloats(FunctionEmitter &f, const Tensor &a, const Tensor &b, bool wantRemainder) {
  Tensor zero = filledLike(f, 0.0, a);
  auto less = [&](const Tensor &x) { return compare(f, ast::CompareOp::Lt, x, zero); };
  Tensor rest = emit<arith::RemFOp>(f, a, b);
  Tensor inexact = compare(f, ast::CompareOp::Ne, rest, zero);
  Tensor differ = boolean(a, f.create<arith::XOrIOp>(less(rest).value, less(b).value));
  Tensor moves = logicalAnd(f, inexact, differ);
  if (wantRemainder)
    return choose(f, moves, emit<arith::AddFOp>(f, rest, b), rest);
  Formula whole{f, emit<arith::DivFOp>(f, emit<arith::SubFOp>(f, a, rest), b)};
  Formula quotient = whole.with(choose(f, moves, (whole - 1.0).x, whole.x));
  Formula floor = quotient.unary<math::FloorOp>();
  Tensor up = compare(f, ast::CompareOp::Gt, (quotient - floor).x, filledLike(f, 0.5, a));
  Tensor rounded = choose(f, up, (floor + 1.0).x, floor.x);
  Tensor byZero = compare(f, ast::CompareOp::Eq, b, zero);
  return choose(f, byZero, emit<arith::DivFOp>(f, a, b), rounded);
}

//===----------------------------------------------------------------------===//
// Arithmetic
//===----------------------------------------------------------------------===//

// Wraps as multiplication does; a negative exponent gives 1 / base^|exponent|, truncated.
static Tensor integerPower(FunctionEmitter &f, const Tensor &base, const Tensor &exponent) {
  std::optional<int64_t> known = integerSplat(exponent);
  Tensor zero = filledLike(f, 0, base), one = filledLike(f, 1, base);
  Tensor result = one, square = base;
  int64_t rest = known.value_or(0);
  for (unsigned bit = 0; bit < bitWidth(base.dtype); ++bit) {
    if (known) {
      if (rest <= 0)
        break;
      if (rest & 1)
        result = emit<arith::MulIOp>(f, result, square);
      rest >>= 1;
    } else {
      Tensor mask = filledLike(f, int64_t(uint64_t(1) << bit), base);
      Tensor isSet = compare(f, ast::CompareOp::Ne, emit<arith::AndIOp>(f, exponent, mask), zero);
      result = choose(f, isSet, emit<arith::MulIOp>(f, result, square), result);
    }
    square = emit<arith::MulIOp>(f, square, square);
  }
  if (isUnsigned(base.dtype) || (known && *known >= 0))
    return result;
  // 1 ** -n = 1, (-1) ** -n = 1 or -1, all others 0.
  Tensor negative = compare(f, ast::CompareOp::Lt, exponent, zero);
  Tensor isOne = compare(f, ast::CompareOp::Eq, base, one);
  Tensor isMinusOne = compare(f, ast::CompareOp::Eq, base, filledLike(f, -1, base));
  Tensor odd = compare(f, ast::CompareOp::Ne, emit<arith::AndIOp>(f, exponent, one), zero);
  Tensor sign = choose(f, odd, filledLike(f, -1, base), one);
  Tensor inverse = choose(f, isOne, one, choose(f, isMinusOne, sign, zero));
  return choose(f, negative, inverse, result);
}

static Tensor floatPower(FunctionEmitter &f, const Tensor &base, const Tensor &exponent) {
  if (std::optional<double> n = floatSplat(exponent)) {
    Formula x{f, base};
    if (*n == 2.0)
      return (x * x).x;
    if (*n == 3.0)
      return (x * x * x).x;
    if (*n == 1.0)
      return base;
    if (*n == -1.0)
      return (1.0 / x).x;
  }
  return floatBinary<math::PowFOp>(f, base, exponent);
}

Tensor arithmetic(FunctionEmitter &f, Arithmetic op, const Tensor &a, const Tensor &b) {
  bool real = isFloat(a.dtype), truth = a.dtype == DType::Bool;
  switch (op) {
  case Arithmetic::Add:
    return real ? emit<arith::AddFOp>(f, a, b) : truth ? logicalOr(f, a, b) : emit<arith::AddIOp>(f, a, b);
  case Arithmetic::Sub:
    return real ? emit<arith::SubFOp>(f, a, b) : emit<arith::SubIOp>(f, a, b);
  case Arithmetic::Mul:
    return real ? emit<arith::MulFOp>(f, a, b) : truth ? logicalAnd(f, a, b) : emit<arith::MulIOp>(f, a, b);
  case Arithmetic::Div:
    return emit<arith::DivFOp>(f, a, b);
  case Arithmetic::FloorDiv:
  case Arithmetic::Mod:
    if (isHalf(a.dtype))
      return convert(f, arithmetic(f, op, convert(f, a, DType::F32), convert(f, b, DType::F32)), a.dtype);
    return real ? divideFloats(f, a, b, op == Arithmetic::Mod)
                : divideIntegers(f, a, b, op == Arithmetic::Mod);
  case Arithmetic::Min:
    return real                  ? emit<arith::MinimumFOp>(f, a, b)
           : isUnsigned(a.dtype) ? emit<arith::MinUIOp>(f, a, b)
                                 : emit<arith::MinSIOp>(f, a, b);
  case Arithmetic::Max:
    return real                  ? emit<arith::MaximumFOp>(f, a, b)
           : isUnsigned(a.dtype) ? emit<arith::MaxUIOp>(f, a, b)
                                 : emit<arith::MaxSIOp>(f, a, b);
  case Arithmetic::Pow:
    return real ? floatPower(f, a, b) : integerPower(f, a, b);
  }
  llvm_unreachable("all operations are handled");
}

Tensor compare(FunctionEmitter &f, ast::CompareOp op, const Tensor &a, const Tensor &b) {
  if (isFloat(a.dtype)) {
    static constexpr arith::CmpFPredicate predicates[] = {
        arith::CmpFPredicate::OEQ, arith::CmpFPredicate::UNE, arith::CmpFPredicate::OLT,
        arith::CmpFPredicate::OLE, arith::CmpFPredicate::OGT, arith::CmpFPredicate::OGE};
    return boolean(a, f.create<arith::CmpFOp>(predicates[size_t(op)], a.value, b.value));
  }
  using P = arith::CmpIPredicate;
  static constexpr P signedOps[] = {P::eq, P::ne, P::slt, P::sle, P::sgt, P::sge};
  static constexpr P unsignedOps[] = {P::eq, P::ne, P::ult, P::ule, P::ugt, P::uge};
  P predicate = (isUnsigned(a.dtype) ? unsignedOps : signedOps)[size_t(op)];
  // Upstream folds a comparison of a value with itself to a constant, also where that has no fixed shape: the
  // operands must never turn out to be one value, as b | 0 and b + 0 may.
  bool isOpen = !cast<RankedTensorType>(a.value.getType()).hasStaticShape();
  Tensor other = isOpen ? emit<arith::MulIOp>(f, b, filledLike(f, 1, b)) : b;
  return boolean(a, f.create<arith::CmpIOp>(predicate, a.value, other.value));
}

Tensor choose(FunctionEmitter &f, const Tensor &condition, const Tensor &a, const Tensor &b) {
  return like(a, f.create<arith::SelectOp>(condition.value, a.value, b.value));
}

Tensor logicalAnd(FunctionEmitter &f, const Tensor &a, const Tensor &b) {
  return emit<arith::AndIOp>(f, a, b);
}
Tensor logicalOr(FunctionEmitter &f, const Tensor &a, const Tensor &b) { return emit<arith::OrIOp>(f, a, b); }
Tensor logicalNot(FunctionEmitter &f, const Tensor &a) {
  return emit<arith::XOrIOp>(f, a, filledLike(f, true, a));
}

Tensor negate(FunctionEmitter &f, const Tensor &x) {
  if (isFloat(x.dtype))
    return like(x, f.create<arith::NegFOp>(x.value));
  return emit<arith::SubIOp>(f, filledLike(f, 0, x), x);
}

Tensor absolute(FunctionEmitter &f, const Tensor &x) {
  if (isUnsigned(x.dtype))
    return x;
  if (isFloat(x.dtype))
    return like(x, f.create<math::AbsFOp>(x.value));
  Tensor negative = compare(f, ast::CompareOp::Lt, x, filledLike(f, 0, x));
  return choose(f, negative, negate(f, x), x);
}

//===----------------------------------------------------------------------===//
// Casts
//===----------------------------------------------------------------------===//

// Truncates; what lies outside becomes the nearest integer, NaN 0.
static Tensor floatToInteger(FunctionEmitter &f, const Tensor &x, DType dtype) {
  unsigned bits = bitWidth(dtype) - (isUnsigned(dtype) ? 0 : 1);
  double limit = std::ldexp(1.0, bits);
  Tensor isNan = boolean(x, f.create<arith::CmpFOp>(arith::CmpFPredicate::UNO, x.value, x.value));
  Tensor tooLarge = compare(f, ast::CompareOp::Ge, x, filledLike(f, limit, x));
  Tensor tooSmall = isUnsigned(dtype) ? compare(f, ast::CompareOp::Le, x, filledLike(f, -1.0, x))
                                      : compare(f, ast::CompareOp::Lt, x, filledLike(f, -limit, x));
  Tensor outside = logicalOr(f, isNan, logicalOr(f, tooLarge, tooSmall));
  Tensor inside = choose(f, outside, filledLike(f, 0.0, x), x);
  mlir::Type type = f.type(dtype, x.shape);
  Tensor whole{isUnsigned(dtype) ? f.create<arith::FPToUIOp>(type, inside.value).getResult()
                                 : f.create<arith::FPToSIOp>(type, inside.value).getResult(),
               dtype, x.shape};
  int64_t most = bits == 63 ? INT64_MAX : (int64_t(1) << bits) - 1;
  whole = choose(f, tooLarge, filledLike(f, most, whole), whole);
  return isUnsigned(dtype) ? whole : choose(f, tooSmall, filledLike(f, -most - 1, whole), whole);
}

Tensor convert(FunctionEmitter &f, const Tensor &x, DType dtype) {
  if (x.dtype == dtype)
    return x;
  if (dtype == DType::Bool)
    return compare(f, ast::CompareOp::Ne, x, filledLike(f, 0, x));
  mlir::Type type = f.type(dtype, x.shape);
  auto made = [&](mlir::Value value) { return Tensor{value, dtype, x.shape}; };
  unsigned from = bitWidth(x.dtype), to = bitWidth(dtype);
  if (isFloat(x.dtype) && isFloat(dtype)) {
    if (from == to) // f16 and bf16 have f32 between them
      return convert(f, convert(f, x, DType::F32), dtype);
    return made(from < to ? f.create<arith::ExtFOp>(type, x.value).getResult()
                          : f.create<arith::TruncFOp>(type, x.value).getResult());
  }
  if (isFloat(x.dtype))
    return floatToInteger(f, isHalf(x.dtype) ? convert(f, x, DType::F32) : x, dtype);
  if (isHalf(dtype)) // an integer may be larger than the type's range on the way
    return convert(f, convert(f, x, DType::F32), dtype);
  if (isFloat(dtype))
    return made(isUnsigned(x.dtype) ? f.create<arith::UIToFPOp>(type, x.value).getResult()
                                    : f.create<arith::SIToFPOp>(type, x.value).getResult());
  if (from == to)
    return made(x.value); // u8 and i8
  if (from > to)
    return made(f.create<arith::TruncIOp>(type, x.value));
  return made(isUnsigned(x.dtype) ? f.create<arith::ExtUIOp>(type, x.value).getResult()
                                  : f.create<arith::ExtSIOp>(type, x.value).getResult());
}

} // namespace rondo::sema
