// sin and cos. The angle is reduced to [-pi/4, pi/4]: below 2^20 by subtracting
// a multiple of pi/2 in parts (Cody and Waite), beyond by multiplying with as
// many bits of 2/pi as matter (Payne and Hanek, 1983), in a function of its own,
// one lane at a time, since it is long and hardly ever runs.
#include "compiler/Target/CPU/MathFunctions.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace rondo::cpu;

static constexpr double cody = 0x1p20; // below: Cody and Waite's way

namespace {
/// A sum and what was lost by rounding it.
struct Sum {
  Value high, low;
};

/// x = n pi/2 + high + low, in f64.
struct Angle {
  Value n, high, low;
};
} // namespace

/// Knuth, 1969: exact.
static Sum twoSum(const FloatBuilder &m, Value x, Value y) {
  Value sum = m.add(x, y), z = m.sub(sum, x);
  return {sum, m.add(m.sub(x, m.sub(sum, z)), m.sub(y, z))};
}

/// pi/2 in parts of 33 bits (fdlibm's), so that their products with n < 2^20 are exact; the last has 53.
static Angle reduceSmall(const FloatBuilder &m, Value x, bool precise) {
  Rounded n = roundProduct(m, x, 0.63661977236758134);
  auto times = [&](double part) { return m.mul(n.number, m.c(-part)); };
  Value first = m.add(x, times(1.57079632673412561417e+00));
  if (!precise) // f32: a result of 24 bits
    return {n.integer, m.add(first, times(6.07710050650619224932e-11)), m.c(0.0)};
  Sum second = twoSum(m, first, times(6.07710050630396597660e-11));
  Sum third = twoSum(m, second.high, times(2.02226624871116645580e-21));
  Value low = m.add(m.add(second.low, third.low), times(8.47842766036889956997e-32));
  Value high = m.add(third.high, low);
  return {n.integer, high, m.add(m.sub(third.high, high), low)};
}

/// sin and cos of high + low in [-pi/4, pi/4]: fdlibm's k_sin.c and k_cos.c, and Cephes' polynomials for f32.
static Value sinReduced(const FloatBuilder &m, Value x, Value low) {
  Value z = m.mul(x, x), cube = m.mul(z, x);
  if (!m.isDouble())
    return m.fma(m.poly(z, {-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1}), cube, x);
  Value rest = m.poly(z, {1.58969099521155010221e-10, -2.50507602534068634195e-08, 2.75573137070700676789e-06,
                          -1.98412698298579493134e-04, 8.33333333332248946124e-03});
  Value tail = m.sub(m.mul(z, m.sub(m.mul(low, m.c(0.5)), m.mul(cube, rest))), low);
  return m.sub(x, m.sub(tail, m.mul(cube, m.c(-1.66666666666666324348e-01))));
}

static Value cosReduced(const FloatBuilder &m, Value x, Value low) {
  Value z = m.mul(x, x), one = m.c(1.0), half = m.mul(z, m.c(0.5));
  if (!m.isDouble()) {
    Value rest = m.poly(z, {2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2});
    return m.sub(m.fma(m.mul(z, z), rest, one), half);
  }
  Value rest = m.mul(
      z, m.poly(z, {-1.13596475577881948265e-11, 2.08757232129817482790e-09, -2.75573143513906633035e-07,
                    2.48015872894767294178e-05, -1.38888888888741095749e-03, 4.16666666666666019037e-02}));
  Value main = m.sub(one, half);
  return m.add(main, m.add(m.sub(m.sub(one, main), half), m.sub(m.mul(z, rest), m.mul(x, low))));
}

/// The `parts` of a vector x, those of `large` lanes replaced by what the function gives for the lane.
static ValueRange reduceLanes(const FloatBuilder &m, Value x, Value large, ValueRange parts,
                              ReduceAngle reduce) {
  auto index = [&](int64_t n) { return arith::ConstantIndexOp::create(m.b, n); };
  int64_t size = cast<VectorType>(m.type).getNumElements();
  auto lanes = scf::ForOp::create(m.b, index(0), index(size), index(1), parts);
  OpBuilder::InsertionGuard guard(m.b);
  m.b.setInsertionPointToStart(lanes.getBody());
  OpFoldResult lane = lanes.getInductionVar();
  Value isLarge = vector::ExtractOp::create(m.b, large, lane);
  auto branch = scf::IfOp::create(m.b, TypeRange(parts), isLarge, /*withElse=*/true);
  scf::YieldOp::create(m.b, branch.getResults());
  m.b.setInsertionPointToStart(branch.elseBlock());
  scf::YieldOp::create(m.b, lanes.getRegionIterArgs());
  m.b.setInsertionPointToStart(branch.thenBlock());
  SmallVector<Value> next;
  ValueRange reduced = reduce(m.b, vector::ExtractOp::create(m.b, x, lane));
  for (auto [part, all] : llvm::zip_equal(reduced, lanes.getRegionIterArgs()))
    next.push_back(vector::InsertOp::create(m.b, part, all, lane));
  scf::YieldOp::create(m.b, next);
  return lanes.getResults();
}

/// The parts of x, of which `small` are those of its lanes below 2^20.
static Angle reduceLarge(const FloatBuilder &m, Value x, Angle small, ReduceAngle reduce) {
  Value large = m.ge(m.abs(x), m.c(cody));
  bool isVector = isa<VectorType>(m.type);
  Value any = isVector ? vector::ReductionOp::create(m.b, vector::CombiningKind::OR, large) : large;
  SmallVector<Value> parts = {small.n, small.high, small.low};
  auto branch = scf::IfOp::create(m.b, TypeRange(ValueRange(parts)), any, /*withElse=*/true);
  OpBuilder::InsertionGuard guard(m.b);
  m.b.setInsertionPointToStart(branch.elseBlock());
  scf::YieldOp::create(m.b, parts);
  m.b.setInsertionPointToStart(branch.thenBlock());
  scf::YieldOp::create(m.b, isVector ? reduceLanes(m, x, large, parts, reduce) : reduce(m.b, x));
  return {branch.getResult(0), branch.getResult(1), branch.getResult(2)};
}

/// sin(x + turn pi/2)
static Value makeSine(const FloatBuilder &m, Value x, int64_t turn, ReduceAngle reduce) {
  FloatBuilder wide(m.b, m.like(m.b.getF64Type()));
  Value from = m.isDouble() ? x : Value(arith::ExtFOp::create(m.b, wide.type, x));
  Angle angle = reduceLarge(wide, from, reduceSmall(wide, from, m.isDouble()), reduce);
  Value quadrant = wide.addI(angle.n, wide.i(turn));
  if (!m.isDouble()) {
    angle.high = arith::TruncFOp::create(m.b, m.type, angle.high);
    quadrant = arith::TruncIOp::create(m.b, m.intType(), quadrant);
  }
  Value isOdd = m.isNotZero(m.andI(quadrant, m.i(1)));
  Value result = m.select(isOdd, cosReduced(m, angle.high, angle.low), sinReduced(m, angle.high, angle.low));
  // The second bit of the quadrant is the sign.
  Value sign = m.shl(m.andI(quadrant, m.i(2)), m.pick(30, 62));
  result = m.fromBits(m.xorI(m.bits(result), sign));
  return m.select(m.lt(m.abs(x), m.infinity()), result, m.nan());
}

Value rondo::cpu::makeSin(const FloatBuilder &m, Value x, ReduceAngle reduce) {
  // Of a small x it is x; this also keeps the sign of zero.
  return m.select(m.lt(m.abs(x), m.c(0x1p-13, 0x1p-27)), x, makeSine(m, x, 0, reduce));
}

Value rondo::cpu::makeCos(const FloatBuilder &m, Value x, ReduceAngle reduce) {
  return makeSine(m, x, 1, reduce);
}
