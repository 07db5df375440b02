// floor, ceil and round where the target has no instruction (x86 before SSE4.1),
// and the remainder of a division of floats, for which hardly any target has one.
#include "compiler/Target/CPU/MathFunctions.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace rondo::cpu;

/// Added to 2^mantissaBits, a number is rounded to whole.
Value rondo::cpu::makeRoundEven(const FloatBuilder &m, Value x) {
  Value magic = m.c(m.whole()), a = m.abs(x);
  Value rounded = m.copySign(m.sub(m.add(a, magic), magic), x);
  return m.select(m.lt(a, magic), rounded, x);
}

static Value moved(const FloatBuilder &m, Value x, Value rounded, arith::CmpFPredicate wrongSide, double by) {
  Value step = m.select(m.compare(wrongSide, rounded, x), m.c(by), m.c(0.0));
  return m.copySign(m.add(rounded, step), x); // -0 stays -0; the sign is x's in any case
}

Value rondo::cpu::makeFloor(const FloatBuilder &m, Value x) {
  return moved(m, x, makeRoundEven(m, x), arith::CmpFPredicate::OGT, -1.0);
}

Value rondo::cpu::makeCeil(const FloatBuilder &m, Value x) {
  return moved(m, x, makeRoundEven(m, x), arith::CmpFPredicate::OLT, 1.0);
}

static Value anyLane(const FloatBuilder &m, Value condition) {
  if (!isa<VectorType>(condition.getType()))
    return condition;
  return vector::ReductionOp::create(m.b, vector::CombiningKind::OR, condition);
}

/// Long division in base two. t = |y| 2^k grows while it is at most |x| / 2, and shrinks to |y| again; on the
/// way down each t that fits is subtracted, which is exact since it is at least half of what is left.
Value rondo::cpu::makeRemainder(const FloatBuilder &m, Value x, Value y) {
  Value ax = m.abs(x), ay = m.abs(y), zero = m.c(0.0), one = m.c(1.0);
  Value defined = m.make<arith::AndIOp>(m.lt(ax, m.infinity()), m.gt(ay, zero));
  // Elsewhere anything that ends at once.
  Value rest = m.select(defined, ax, zero);
  Value divisor = m.select(defined, ay, one);

  auto fits = [&](Value t) { return m.le(t, m.mul(rest, m.c(0.5))); };
  auto up = scf::WhileOp::create(
      m.b, m.type, divisor,
      [&](OpBuilder &, Location, ValueRange t) { scf::ConditionOp::create(m.b, anyLane(m, fits(t[0])), t); },
      [&](OpBuilder &, Location, ValueRange t) {
        scf::YieldOp::create(m.b, m.select(fits(t[0]), m.add(t[0], t[0]), t[0]));
      });
  auto down = scf::WhileOp::create(
      m.b, TypeRange{m.type, m.type}, ValueRange{rest, up.getResult(0)},
      [&](OpBuilder &, Location, ValueRange v) {
        Value left = m.select(m.ge(v[0], v[1]), m.sub(v[0], v[1]), v[0]);
        scf::ConditionOp::create(m.b, anyLane(m, m.gt(v[1], divisor)), ValueRange{left, v[1]});
      },
      [&](OpBuilder &, Location, ValueRange v) {
        Value next = m.select(m.gt(v[1], divisor), m.mul(v[1], m.c(0.5)), v[1]);
        scf::YieldOp::create(m.b, ValueRange{v[0], next});
      });
  return m.select(defined, m.copySign(down.getResult(0), x), m.nan());
}
