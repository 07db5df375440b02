// exp, expm1, tanh, erf. Polynomials named "minimax" are those of
// scripts/minimax.py.
#include "compiler/Target/CPU/MathFunctions.h"

using namespace mlir;
using namespace rondo::cpu;

// (exp r - 1 - r) / r^2 on |r| <= ln 2 / 2: minimax.
static constexpr double expRest32[] = {1.99075849e-4, 1.3933655e-3,  8.33328601e-3,
                                       4.16664649e-2, 1.66666668e-1, 5.00000001e-1};
static constexpr double expRest64[] = {2.0921598936937316e-9,
                                       2.5105218397316546e-8,
                                       2.7557252878672071e-7,
                                       2.7557255396442855e-6,
                                       2.4801587347383711e-5,
                                       1.9841269874824013e-4,
                                       1.3888888888874373e-3,
                                       8.333333333326134e-3,
                                       4.1666666666666684e-2,
                                       1.6666666666666671e-1,
                                       0.5};

namespace {
/// x = n ln 2 + r, |r| <= ln 2 / 2, and exp r - 1 = rest r^2 + r.
struct ExpParts {
  Value n, r, rest;
};
} // namespace

/// ln 2 in two parts, of which the first times n is exact (Cody and Waite, 1980; the parts are fdlibm's).
static ExpParts reduceExp(const FloatBuilder &m, Value x) {
  Rounded n = roundProduct(m, x, 1.4426950408889634);
  Value r = m.fma(n.number, m.c(-6.9314575195e-1, -6.93147180369123816490e-1), x);
  r = m.fma(n.number, m.c(-1.4286067653e-6, -1.90821492927058770002e-10), r);
  return {n.integer, r, m.poly(r, m.pick(ArrayRef(expRest32), ArrayRef(expRest64)))};
}

Value rondo::cpu::makeExp(const FloatBuilder &m, Value x) {
  x = m.atMost(m.atLeast(x, m.pick(-104.0, -746.0)), m.pick(89.0, 710.0));
  ExpParts e = reduceExp(m, x);
  return m.scale(m.fma(e.rest, m.mul(e.r, e.r), m.add(e.r, m.c(1.0))), e.n);
}

Value rondo::cpu::makeExpOfNegative(const FloatBuilder &m, Value x) {
  ExpParts e = reduceExp(m, x);
  Value power = m.mul(m.fma(e.rest, m.mul(e.r, e.r), m.add(e.r, m.c(1.0))), m.power2(e.n));
  return m.select(m.lt(x, m.c(-87.33, -708.39)), m.c(0.0), power);
}

/// 2^n (exp r - 1 + (1 - 2^-n)): exact for n = 0, and the sum in brackets loses little for others.
static Value expM1(const FloatBuilder &m, Value x) {
  x = m.atMost(m.atLeast(x, m.pick(-20.0, -40.0)), m.pick(89.0, 710.0));
  ExpParts e = reduceExp(m, x);
  Value p = m.fma(e.rest, m.mul(e.r, e.r), e.r);
  Value far = arith::MinSIOp::create(m.b, e.n, m.i(100)); // where 2^-n does not count
  Value offset = m.sub(m.c(1.0), m.power2(m.subI(m.i(0), far)));
  return m.scale(m.add(p, offset), e.n);
}

/// 1 + (r + (rest r^2 + (rLow + r rLow)))
Value rondo::cpu::makeExpReduced(const FloatBuilder &m, Value r, Value rLow) {
  Value rest = m.poly(r, m.pick(ArrayRef(expRest32), ArrayRef(expRest64)));
  return m.add(m.add(m.fma(rest, m.mul(r, r), m.fma(r, rLow, rLow)), r), m.c(1.0));
}

Value rondo::cpu::makeExpM1(const FloatBuilder &m, Value x) {
  return m.select(m.eq(x, m.c(0.0)), x, expM1(m, x)); // keeps the sign of zero
}

// tanh(x) / x = p(x^2) / q(x^2), |x| <= 9: minimax of the relative error with p(0) = q(0) = 1, so that small
// numbers have no bias. A sum of terms of one sign loses nothing.
static constexpr double tanhOver[] = {1.34198169e-8, 2.06612573e-5, 3.49899569e-3, 0.133839799, 1};
static constexpr double tanhUnder[] = {7.80472682e-7, 3.29103779e-4, 2.58902038e-2, 0.467173014, 1};

/// f32: a rational function of degrees 9 and 8. From 9 on, where tanh rounds to 1, it is 1 but for rounding,
/// and bounded by 1 it is exact. f64: -t / (t + 2), t = expm1(-2 |x|) (fdlibm).
Value rondo::cpu::makeTanh(const FloatBuilder &m, Value x) {
  if (m.isDouble()) {
    Value t = expM1(m, m.mul(m.abs(x), m.c(-2.0)));
    return m.copySign(m.div(t, m.add(t, m.c(2.0))), x);
  }
  x = m.atMost(m.atLeast(x, -9.0), 9.0);
  Value x2 = m.mul(x, x);
  Value p = m.poly(x2, tanhOver), q = m.poly(x2, tanhUnder);
  // The quotient is about 1 for small x, where x * p would be denormal.
  return m.atMost(m.atLeast(m.mul(x, m.div(p, q)), -1.0), 1.0);
}

// erf(x) / x - 1 as a polynomial in x^2, |x| <= 1: minimax.
static constexpr double erfNear32[] = {7.88912308e-5, -8.02084238e-4, 5.18953547e-3, -2.68544447e-2,
                                       1.12836002e-1, -3.76126271e-1, 1.28379166e-1};
static constexpr double erfNear64[] = {5.9606814089170407e-11, -1.1374953382821626e-9, 1.4660328112231658e-8,
                                       -1.6350396133094886e-7, 1.6461008469591267e-6,  -1.4925595771698963e-5,
                                       1.2055331132937817e-4,  -8.5483269814251354e-4, 5.2239776248284258e-3,
                                       -2.6866170645077875e-2, 1.1283791670954884e-1,  -3.7612638903183748e-1,
                                       1.2837916709551257e-1};
// -log erfc x, 1 <= x <= 4 or 6, the error weighted with erfc x: minimax.
static constexpr double erfFar32[] = {-1.85573995e-4, 2.93960721e-3, -2.18053182e-2, 1.03037369e-1,
                                      6.38225677e-1,  1.12704004,    3.53719259e-4};
static constexpr double erfFar64[] = {
    -1.039096780493541e-12, 4.7519163449829339e-11, -1.017089937663272e-9,  1.3522759954144141e-8,
    -1.2483537979439867e-7, 8.4522092049626559e-7,  -4.3019102404170862e-6, 1.6421945996553228e-5,
    -4.4771201713418016e-5, 6.9753237663145018e-5,  4.5951115401752276e-5,  -6.4282702867308283e-4,
    1.7709180769496087e-3,  -2.8222224712051231e-4, -1.9076959685816983e-2, 1.0274664480815672e-1,
    6.3662870294937838e-1,  1.1283772825675888,     1.8436798688451822e-7};

/// Near zero an odd polynomial, elsewhere 1 - exp(-p(|x|)).
Value rondo::cpu::makeErf(const FloatBuilder &m, Value x) {
  Value a = m.atMost(m.abs(x), m.pick(4.0, 6.0)); // where it is 1
  Value rest = m.poly(m.mul(a, a), m.pick(ArrayRef(erfNear32), ArrayRef(erfNear64)));
  Value far = m.poly(a, m.pick(ArrayRef(erfFar32), ArrayRef(erfFar64)));
  Value large = m.sub(m.c(1.0), makeExp(m, m.neg(far)));
  return m.copySign(m.select(m.lt(a, m.c(1.0)), m.fma(rest, a, a), large), x);
}
