// rondo-cpu-halves: f16 and bf16 become f32 and back by integer arithmetic where
// the target has no instruction, and f64 becomes either rounded once, which no
// target here does in one step.
//
// Needs scalar or vector operations, after loops were made, with arithmetic on f16
// and bf16 already done in f32 (arith-emulate-unsupported-floats). Guarantees that
// arith.extf and arith.truncf of the types that the target does not convert are
// gone, bit casts in their place.
#include "compiler/Target/CPU/FloatBuilder.h"
#include "compiler/Target/CPU/Passes.h"

using namespace mlir;
using namespace rondo::cpu;

namespace rondo {
#define GEN_PASS_DEF_CPUHALVES
#include "compiler/Target/CPU/Passes.h.inc"
} // namespace rondo

static Value compareBits(const FloatBuilder &m, arith::CmpIPredicate p, Value x, int64_t y) {
  return arith::CmpIOp::create(m.b, p, x, m.i(y));
}

/// The f64 x as f32, rounded to odd: toward zero, and the last bit set if anything was lost. Rounded again to
/// less than 22 bits that is x rounded once (Boldo and Melquiond, 2005).
static Value roundToOdd(const FloatBuilder &m, Value x) {
  FloatBuilder wide(m.b, x.getType());
  Value nearest = arith::TruncFOp::create(m.b, m.type, x);
  Value again = arith::ExtFOp::create(m.b, wide.type, nearest);
  Value inexact = wide.compare(arith::CmpFPredicate::ONE, again, x); // not for NaN
  Value away = wide.gt(wide.abs(again), wide.abs(x)), bits = m.bits(nearest);
  Value inward = m.select(away, m.subI(bits, m.i(1)), bits);
  return m.fromBits(m.select(inexact, m.orI(inward, m.i(1)), bits));
}

static Value narrow(const FloatBuilder &m, Value bits, Type half) {
  return arith::BitcastOp::create(m.b, half, arith::TruncIOp::create(m.b, m.like(m.b.getI16Type()), bits));
}

static Value widen(const FloatBuilder &m, Value half) {
  Value bits = arith::BitcastOp::create(m.b, m.like(m.b.getI16Type()), half);
  return arith::ExtUIOp::create(m.b, m.intType(), bits);
}

/// f16 has 10 bits of a fraction where f32 has 23, and an exponent less by 112.
static Value makeF16(const FloatBuilder &m, Value x) {
  Value bits = m.bits(x), a = m.andI(bits, m.i(0x7FFFFFFF));
  Value sign = m.andI(m.shr(bits, 16), m.i(0x8000));
  // Half of the last place is added, less one bit if that would make a tie odd.
  Value even = m.andI(m.shr(a, 13), m.i(1));
  Value normal = m.shr(m.addI(a, m.addI(even, m.i(0xFFF - (int64_t(112) << 23)))), 13);
  // Below 2^-14 the last place is 2^-24, as it is of f32 numbers in [1/2, 1).
  Value denormal = m.subI(m.bits(m.add(m.fromBits(a), m.c(0.5))), m.bits(m.c(0.5)));
  Value result = m.select(compareBits(m, arith::CmpIPredicate::ult, a, 0x38800000), denormal, normal);
  result = m.select(compareBits(m, arith::CmpIPredicate::ult, a, 0x47800000), result, m.i(0x7C00));
  result = m.select(compareBits(m, arith::CmpIPredicate::ugt, a, 0x7F800000), m.i(0x7E00), result);
  return m.orI(result, sign);
}

static Value fromF16(const FloatBuilder &m, Value half) {
  Value bits = widen(m, half);
  Value a = m.shl(m.andI(bits, m.i(0x7FFF)), 13), sign = m.shl(m.andI(bits, m.i(0x8000)), 16);
  Value normal = m.addI(a, m.i(int64_t(112) << 23));
  // With the exponent of 2^-14 the fraction of a denormal number has its place, and 2^-14 too much.
  Value least = m.i(int64_t(113) << 23);
  Value denormal = m.bits(m.sub(m.fromBits(m.addI(a, least)), m.fromBits(least)));
  Value result = m.select(compareBits(m, arith::CmpIPredicate::ult, a, 1 << 23), denormal, normal);
  Value special = m.addI(normal, m.i(int64_t(112) << 23)); // infinity and NaN
  result = m.select(compareBits(m, arith::CmpIPredicate::uge, a, 31 << 23), special, result);
  return m.fromBits(m.orI(result, sign));
}

/// bf16 is the upper half of f32.
static Value makeBf16(const FloatBuilder &m, Value x) {
  Value bits = m.bits(x), even = m.andI(m.shr(bits, 16), m.i(1));
  Value rounded = m.shr(m.addI(bits, m.addI(even, m.i(0x7FFF))), 16);
  return m.select(m.unordered(x, x), m.orI(m.shr(bits, 16), m.i(0x40)), rounded);
}

static Value fromBf16(const FloatBuilder &m, Value half) { return m.fromBits(m.shl(widen(m, half), 16)); }

namespace {
struct CpuHalves : rondo::impl::CpuHalvesBase<CpuHalves> {
  using CpuHalvesBase::CpuHalvesBase;

  void runOnOperation() override {
    SmallVector<Operation *> found;
    getOperation().walk([&](Operation *op) {
      if (isa<arith::ExtFOp, arith::TruncFOp>(op))
        found.push_back(op);
    });
    for (Operation *op : found) {
      ImplicitLocOpBuilder b(op->getLoc(), op);
      Value x = op->getOperand(0);
      Type to = op->getResult(0).getType();
      Value result = isa<arith::ExtFOp>(op) ? extend(b, x, to) : truncate(b, x, to);
      if (!result)
        continue;
      op->getResult(0).replaceAllUsesWith(result);
      op->erase();
    }
  }

private:
  static bool isHalf(Type type) {
    return getElementTypeOrSelf(type).isF16() || getElementTypeOrSelf(type).isBF16();
  }
  bool converts(Type half) { return getElementTypeOrSelf(half).isF16() ? f16 : bf16; }

  /// Null: the operation stays.
  Value extend(ImplicitLocOpBuilder &b, Value x, Type to) {
    if (!isHalf(x.getType()) || converts(x.getType()))
      return {};
    FloatBuilder m(b, FloatBuilder(b, to).like(b.getF32Type()));
    Value single = getElementTypeOrSelf(x).isF16() ? fromF16(m, x) : fromBf16(m, x);
    return m.type == to ? single : Value(arith::ExtFOp::create(b, to, single));
  }

  Value truncate(ImplicitLocOpBuilder &b, Value x, Type to) {
    bool isDouble = getElementTypeOrSelf(x).isF64();
    if (!isHalf(to) || (converts(to) && !isDouble))
      return {};
    FloatBuilder m(b, FloatBuilder(b, to).like(b.getF32Type()));
    Value single = isDouble ? roundToOdd(m, x) : x;
    if (converts(to))
      return arith::TruncFOp::create(b, to, single);
    return narrow(m, getElementTypeOrSelf(to).isF16() ? makeF16(m, single) : makeBf16(m, single), to);
  }
};
} // namespace
