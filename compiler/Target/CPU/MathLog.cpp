// log, log1p and pow, after fdlibm (Sun Microsystems, 1993: e_log.c, s_log1p.c,
// e_pow.c; for f32 with the coefficients of FreeBSD's e_logf.c), without branches.
#include "compiler/Target/CPU/MathFunctions.h"

using namespace mlir;
using namespace rondo::cpu;

static constexpr double logRest32[] = {0.24279078841, 0.28498786688, 0.40000972152, 0.66666662693};
static constexpr double logRest64[] = {
    1.479819860511658591e-01, 1.531383769920937332e-01, 1.818357216161805012e-01, 2.222219843214978396e-01,
    2.857142874366239149e-01, 3.999999999940941908e-01, 6.666666666666735130e-01};

namespace {
/// A positive number as 2^k f, sqrt(1/2) <= f < sqrt(2).
struct Binary {
  Value k, f;
};
} // namespace

/// `lowest` is the least f. x is normal and finite.
static Binary split(const FloatBuilder &m, Value x, double lowest) {
  Value least = m.bits(m.c(lowest)), bits = m.subI(m.bits(x), least);
  Value fraction = m.andI(bits, m.i((int64_t(1) << m.mantissaBits()) - 1));
  return {m.shrSigned(bits, m.mantissaBits()), m.fromBits(m.addI(fraction, least))};
}

/// The same of any positive number: a denormal one is made normal first.
static Binary splitAny(const FloatBuilder &m, Value x, double lowest) {
  int64_t by = m.mantissaBits() + 2;
  Value small = m.lt(x, m.c(m.smallestNormal()));
  Binary parts = split(m, m.select(small, m.mul(x, m.c(std::ldexp(1.0, by))), x), lowest);
  return {m.select(small, m.subI(parts.k, m.i(by)), parts.k), parts.f};
}

/// k ln 2 + log(1 + f) + correction. With s = f / (2 + f): log(1 + f) = f - s (f - R(s^2)), f written as
/// f^2 / 2 and what is left.
static Value logOf(const FloatBuilder &m, Value k, Value f, Value correction) {
  Value number = m.toFloat(k);
  Value half = m.mul(m.mul(f, m.c(0.5)), f);
  Value s = m.div(f, m.add(f, m.c(2.0))), z = m.mul(s, s);
  Value rest = m.mul(z, m.poly(z, m.pick(ArrayRef(logRest32), ArrayRef(logRest64))));
  Value low = m.fma(number, m.c(9.0580006145e-06, 1.90821492927058770002e-10), correction);
  low = m.fma(s, m.add(half, rest), low);
  Value high = m.mul(number, m.c(6.9313812256e-01, 6.93147180369123816490e-01));
  return m.add(high, m.sub(f, m.sub(half, low)));
}

/// What a logarithm is where its argument, 1 + x or x, is no positive finite number.
static Value withSpecial(const FloatBuilder &m, Value x, double zero, Value result) {
  result = m.select(m.lt(x, m.infinity()), result, x);
  Value outside = m.select(m.eq(x, m.c(zero)), m.neg(m.infinity()), m.nan());
  return m.select(m.gt(x, m.c(zero)), result, outside);
}

Value rondo::cpu::makeLog(const FloatBuilder &m, Value x) {
  Binary parts = splitAny(m, x, 0.70710678118654752);
  return withSpecial(m, x, 0.0, logOf(m, parts.k, m.sub(parts.f, m.c(1.0)), m.c(0.0)));
}

/// u = 1 + x is rounded; what it lost is added again as correction.
Value rondo::cpu::makeLog1p(const FloatBuilder &m, Value x) {
  Value one = m.c(1.0), u = m.add(x, one);
  Binary parts = split(m, u, 0.70710678118654752);
  Value lost = m.select(m.gt(x, one), m.sub(one, m.sub(u, x)), m.sub(x, m.sub(u, one)));
  Value exact = arith::CmpIOp::create(m.b, arith::CmpIPredicate::eq, parts.k, m.i(0));
  Value f = m.select(exact, x, m.sub(parts.f, one));
  Value correction = m.select(exact, m.c(0.0), m.div(lost, u));
  Value result = withSpecial(m, x, -1.0, logOf(m, parts.k, f, correction));
  return m.select(m.lt(m.abs(x), m.c(0x1p-26, 0x1p-55)), x, result); // also keeps the sign of zero
}

//===----------------------------------------------------------------------===//
// pow
//===----------------------------------------------------------------------===//

namespace {
/// A number as the sum of two, of which the first has half the bits: products of such are exact.
struct Pair {
  Value high, low;
};
} // namespace

static Value upper(const FloatBuilder &m, Value x) {
  return m.fromBits(m.andI(m.bits(x), m.i(-(int64_t(1) << 32))));
}

/// log2 x of a positive f64, to about 2^-65 of it. With b = 1 or 1.5, whichever is near f, and s = (f - b) /
/// (f + b): log2 f = log2 b + 2 / (3 ln 2) s (3 + s^2 + R(s^2)).
static Pair log2Pair(const FloatBuilder &m, Value x) {
  Binary parts = splitAny(m, x, 0.8660254037844386); // sqrt(3) / 2: f is within sqrt(3/2) of 1 or of 1.5
  Value f = parts.f;
  Value isUpper = m.gt(f, m.c(1.2247448713915890));
  Value base = m.select(isUpper, m.c(1.5), m.c(1.0));

  Value difference = m.sub(f, base), sum = m.add(f, base), inverse = m.div(m.c(1.0), sum);
  Value s = m.mul(difference, inverse), sHigh = upper(m, s);
  Value sumHigh = upper(m, sum), sumLow = m.sub(f, m.sub(sumHigh, base));
  Value sLow = m.mul(inverse, m.sub(m.sub(difference, m.mul(sHigh, sumHigh)), m.mul(sHigh, sumLow)));

  Value z = m.mul(s, s);
  Value rest =
      m.poly(z, {2.06975017800338417784e-01, 2.30660745775561754067e-01, 2.72728123808534006489e-01,
                 3.33333329818377432918e-01, 4.28571428578550184252e-01, 5.99999999999994648725e-01});
  rest = m.fma(m.mul(z, z), rest, m.mul(sLow, m.add(sHigh, s)));
  Value square = m.mul(sHigh, sHigh);
  Value bracket = upper(m, m.add(m.add(square, m.c(3.0)), rest));
  Value bracketLow = m.sub(rest, m.sub(m.sub(bracket, m.c(3.0)), square));

  Value high = m.mul(sHigh, bracket), low = m.fma(sLow, bracket, m.mul(bracketLow, s));
  Value product = upper(m, m.add(high, low)), productLow = m.sub(low, m.sub(product, high));
  // 2 / (3 ln 2) and log2 1.5 in two parts
  Value logHigh = m.mul(product, m.c(9.61796700954437255859e-01));
  Value logLow =
      m.fma(product, m.c(-7.02846165095275826516e-09), m.mul(productLow, m.c(9.61796693925975554329e-01)));
  logLow = m.add(logLow, m.select(isUpper, m.c(1.35003920212974897128e-08), m.c(0.0)));
  Value baseHigh = m.select(isUpper, m.c(5.84962487220764160156e-01), m.c(0.0));
  Value number = m.toFloat(parts.k);
  Value total = upper(m, m.add(m.add(m.add(logHigh, logLow), baseHigh), number));
  return {total, m.sub(logLow, m.sub(m.sub(m.sub(total, number), baseHigh), logHigh))};
}

/// 2^(p.high + p.low), rounded once.
static Value exp2Pair(const FloatBuilder &m, Pair p) {
  Value high = m.atMost(m.atLeast(p.high, -1100.0), 1100.0);
  Value low = m.select(m.eq(high, p.high), p.low, m.c(0.0));
  Rounded n = roundProduct(m, m.add(high, low), 1.0);
  high = m.sub(high, n.number);
  // times ln 2, in two parts
  Value t = upper(m, m.add(high, low));
  Value u = m.mul(t, m.c(6.93147182464599609375e-01));
  Value v = m.fma(m.sub(low, m.sub(t, high)), m.c(6.93147180559945286227e-01),
                  m.mul(t, m.c(-1.90465429995776804525e-09)));
  Value r = m.add(u, v), rLow = m.sub(v, m.sub(r, u));
  return m.scale(makeExpReduced(m, r, rLow), n.integer);
}

static Value powOfPositive(const FloatBuilder &m, Value x, Value y) {
  Pair log2 = log2Pair(m, x);
  Value high = upper(m, y);
  Value low = m.fma(m.sub(y, high), log2.high, m.mul(y, log2.low));
  return exp2Pair(m, {m.mul(high, log2.high), low});
}

static Value isWhole(const FloatBuilder &m, Value x) { return m.eq(makeRoundEven(m, x), x); }

/// In f64. For a result of `precise` the logarithm needs 65 bits, since |y log2 x| may be 1024; for one that
/// is rounded to f32 the 53 that it has will do.
static Value powOf(const FloatBuilder &m, Value x, Value y, bool precise) {
  Value zero = m.c(0.0), one = m.c(1.0), infinity = m.infinity(), ax = m.abs(x);
  // From 2^70 on every power of a number but 1 is 0 or infinite.
  Value bounded = m.atMost(m.atLeast(y, -0x1p70), 0x1p70);
  Value result = precise ? powOfPositive(m, ax, bounded) : makeExp(m, m.mul(bounded, makeLog(m, ax)));

  // Of 0 and infinity.
  Value isFar = m.make<arith::OrIOp>(m.eq(ax, zero), m.eq(ax, infinity));
  Value grows = m.make<arith::XOrIOp>(m.gt(ax, one), m.lt(y, zero));
  result = m.select(isFar, m.select(grows, infinity, zero), result);
  // Of a negative number: the sign of an odd power; others than whole ones have no value.
  Value whole = isWhole(m, y), halfWhole = isWhole(m, m.mul(y, m.c(0.5)));
  Value negated = m.select(halfWhole, result, m.copySign(result, x));
  Value noValue = m.make<arith::AndIOp>(m.lt(x, zero), m.lt(ax, infinity));
  result = m.select(whole, negated, m.select(noValue, m.nan(), result));
  result = m.select(m.unordered(x, y), m.nan(), result);
  return m.select(m.make<arith::OrIOp>(m.eq(y, zero), m.eq(x, one)), one, result);
}

Value rondo::cpu::makePow(const FloatBuilder &m, Value x, Value y) {
  if (m.isDouble())
    return powOf(m, x, y, /*precise=*/true);
  FloatBuilder wide(m.b, m.like(m.b.getF64Type()));
  auto widen = [&](Value v) { return arith::ExtFOp::create(m.b, wide.type, v); };
  return arith::TruncFOp::create(m.b, m.type, powOf(wide, widen(x), widen(y), /*precise=*/false));
}
