// The math dialect, computed in float64 by the C library.
#include "compiler/Interpreter/Machine.h"
#include "llvm/ADT/bit.h"
#include <cmath>

using namespace mlir;
using namespace rondo::interpreter;

// x to the power of a whole number; a negative power of an integer is rounded towards zero, 1 / 0 is 0.
static int64_t integerPower(int64_t base, int64_t exponent) {
  if (exponent < 0) {
    if (base == 1)
      return 1;
    return base == -1 ? (exponent % 2 ? -1 : 1) : 0;
  }
  uint64_t result = 1, factor = uint64_t(base);
  for (uint64_t rest = exponent; rest; rest >>= 1, factor *= factor)
    if (rest & 1)
      result *= factor;
  return int64_t(result);
}

void rondo::interpreter::addMathHandlers(Handlers &handlers) {
#define REAL(name, value)                                                                                    \
  handlers.addElementwise("math." name, [](const Step &step, const Cell *x, Cell &y) {                       \
    y.real = value;                                                                                          \
    return true;                                                                                             \
  })
  REAL("absf", std::fabs(x[0].real));
  REAL("acos", std::acos(x[0].real));
  REAL("acosh", std::acosh(x[0].real));
  REAL("asin", std::asin(x[0].real));
  REAL("asinh", std::asinh(x[0].real));
  REAL("atan", std::atan(x[0].real));
  REAL("atan2", std::atan2(x[0].real, x[1].real));
  REAL("atanh", std::atanh(x[0].real));
  REAL("cbrt", std::cbrt(x[0].real));
  REAL("ceil", std::ceil(x[0].real));
  REAL("clampf", std::fmin(std::fmax(x[0].real, x[1].real), x[2].real));
  REAL("copysign", std::copysign(x[0].real, x[1].real));
  REAL("cos", std::cos(x[0].real));
  REAL("cosh", std::cosh(x[0].real));
  REAL("erf", std::erf(x[0].real));
  REAL("erfc", std::erfc(x[0].real));
  REAL("exp", std::exp(x[0].real));
  REAL("exp2", std::exp2(x[0].real));
  REAL("expm1", std::expm1(x[0].real));
  REAL("floor", std::floor(x[0].real));
  REAL("fma", std::fma(x[0].real, x[1].real, x[2].real));
  REAL("fpowi", std::pow(x[0].real, double(x[1].whole)));
  REAL("log", std::log(x[0].real));
  REAL("log10", std::log10(x[0].real));
  REAL("log1p", std::log1p(x[0].real));
  REAL("log2", std::log2(x[0].real));
  REAL("powf", std::pow(x[0].real, x[1].real));
  REAL("round", std::round(x[0].real));
  REAL("roundeven", std::nearbyint(x[0].real));
  REAL("rsqrt", 1.0 / std::sqrt(x[0].real));
  REAL("sin", std::sin(x[0].real));
  REAL("sinh", std::sinh(x[0].real));
  REAL("sqrt", std::sqrt(x[0].real));
  REAL("tan", std::tan(x[0].real));
  REAL("tanh", std::tanh(x[0].real));
  REAL("trunc", std::trunc(x[0].real));
#undef REAL
#define INTEGER(name, value)                                                                                 \
  handlers.addElementwise("math." name, [](const Step &step, const Cell *x, Cell &y) {                       \
    y.whole = wrap(int64_t(value), step.out.bits);                                                           \
    return true;                                                                                             \
  })
  INTEGER("absi", x[0].whole < 0 ? -uint64_t(x[0].whole) : uint64_t(x[0].whole));
  INTEGER("ctlz", llvm::countl_zero(unsignedOf(x[0].whole, step.in.bits)) - (64 - step.in.bits));
  INTEGER("ctpop", llvm::popcount(unsignedOf(x[0].whole, step.in.bits)));
  INTEGER("cttz", std::min<int>(llvm::countr_zero(unsignedOf(x[0].whole, step.in.bits)), step.in.bits));
  INTEGER("ipowi", integerPower(x[0].whole, x[1].whole));
  INTEGER("isfinite", std::isfinite(x[0].real));
  INTEGER("isinf", std::isinf(x[0].real));
  INTEGER("isnan", std::isnan(x[0].real));
  INTEGER("isnormal", std::isnormal(x[0].real));
#undef INTEGER
}
