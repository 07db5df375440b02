// The reduction of Payne and Hanek, in integers. x = M 2^e with M < 2^53, and
// x / (2 pi) = M 2^e (2/pi) / 4. Of 2/pi those bits matter whose product with M 2^e
// is no multiple of 4: seven words of 32 bits from a place that e says. That leaves
// 138 bits behind the point, of which at most 62 are zeros before the first digit
// of the result (no f64 is nearer to a multiple of pi/2).
#include "compiler/Target/CPU/ReduceAngle.h"
#include "compiler/Target/CPU/FloatBuilder.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace rondo::cpu;

static constexpr int words = 7;

// 2/pi in words of 32 bits behind the point, two zeros before.
static constexpr int64_t twoOverPi[] = {
    0x00000000, 0x00000000, 0xA2F9836E, 0x4E441529, 0xFC2757D1, 0xF534DDC0, 0xDB629599, 0x3C439041,
    0xFE5163AB, 0xDEBBC561, 0xB7246E3A, 0x424DD2E0, 0x06492EEA, 0x09D1921C, 0xFE1DEB1C, 0xB129A73E,
    0xE88235F5, 0x2EBB4484, 0xE99C7026, 0xB45F7E41, 0x3991D639, 0x835339F4, 0x9C845F8B, 0xBDF9283B,
    0x1FF897FF, 0xDE05980F, 0xEF2F118B, 0x5A0A6D1F, 0x6D367ECF, 0x27CB09B7, 0x4F463F66, 0x9E5FEA2D,
    0x7527BAC7, 0xEBE5F17B, 0x3D0739F7, 0x8A5292EA, 0x6BFB5FB1, 0x1F8D5D08, 0x56033046};

/// The sum high + low with |low| at most half an ulp of high, |x| >= |y| (Dekker, 1971).
static std::pair<Value, Value> fastTwoSum(const FloatBuilder &m, Value x, Value y) {
  Value sum = m.add(x, y);
  return {sum, m.sub(y, m.sub(sum, x))};
}

/// (a + b)(c + d) in two parts, without b d. The halves' products are exact.
static std::pair<Value, Value> product(const FloatBuilder &m, Value a, Value b, double c, double d) {
  auto upper = [&](Value v) { return m.fromBits(m.andI(m.bits(v), m.i(~int64_t(0x7FFFFFF)))); };
  double cHigh = llvm::bit_cast<double>(llvm::bit_cast<uint64_t>(c) & ~uint64_t(0x7FFFFFF));
  Value aHigh = upper(a), aLow = m.sub(a, aHigh), whole = m.mul(a, m.c(c));
  Value rest = m.sub(m.mul(aHigh, m.c(cHigh)), whole);
  rest = m.add(rest, m.mul(aHigh, m.c(c - cHigh)));
  rest = m.add(rest, m.mul(aLow, m.c(cHigh)));
  rest = m.add(rest, m.mul(aLow, m.c(c - cHigh)));
  return fastTwoSum(m, whole, m.add(rest, m.add(m.mul(a, m.c(d)), m.mul(b, m.c(c)))));
}

static void emitBody(ImplicitLocOpBuilder &b, Value x, memref::GlobalOp table) {
  FloatBuilder m(b, b.getF64Type());
  Value bits = m.bits(x), mask = m.i(0xFFFFFFFF);
  Value exponent = m.andI(m.shr(bits, 52), m.i(0x7FF));
  Value mantissa = m.orI(m.andI(bits, m.i((int64_t(1) << 52) - 1)), m.i(int64_t(1) << 52));
  // The first word begins at the bit whose product with M 2^e is 2 or less, but for `shift` bits.
  Value place = m.addI(exponent, m.i(62 - 1075)); // at least 30; at most 1033, of a finite x
  place = m.make<arith::MinSIOp>(place, m.i(1033));
  Value first = arith::IndexCastOp::create(b, b.getIndexType(), m.shr(place, 5));
  Value shift = m.andI(place, m.i(31));
  Value memory = memref::GetGlobalOp::create(b, table.getType(), table.getSymName());
  SmallVector<Value> factor; // the words, highest first
  for (int k = 0; k < words; ++k) {
    Value index = arith::AddIOp::create(b, first, arith::ConstantIndexOp::create(b, k));
    factor.push_back(memref::LoadOp::create(b, memory, index));
  }

  // P = M factor modulo 2^(32 words), highest word first. `carry` is what the words behind have left over and
  // the product of M's upper word, one place on: below 2^54, since that word is below 2^21.
  Value low = m.andI(mantissa, mask), high = m.shr(mantissa, 32);
  SmallVector<Value> p(words);
  Value carry = m.i(0);
  for (int k = words - 1; k >= 0; --k) {
    Value sum = m.addI(m.mulI(low, factor[k]), m.andI(carry, mask));
    Value next = m.addI(m.shr(sum, 32), m.shr(carry, 32));
    p[k] = m.andI(sum, mask);
    carry = m.addI(next, m.mulI(high, factor[k]));
  }
  // What stands behind the point of x / (2 pi): P shifted, its words again below 2^32.
  SmallVector<Value> fraction;
  for (int k = 0; k + 1 < words; ++k) {
    Value both = m.orI(m.shl(p[k], 32), p[k + 1]);
    fraction.push_back(m.andI(m.shr(m.make<arith::ShLIOp>(both, shift), 32), mask));
  }

  // Its first two bits are the quadrant; rounded, the rest is in [-1/2, 1/2) of one.
  Value top = m.addI(fraction[0], m.i(int64_t(1) << 29));
  Value quadrant = m.andI(m.shr(top, 30), m.i(3));
  fraction[0] = m.subI(m.andI(top, m.i((int64_t(1) << 30) - 1)), m.i(int64_t(1) << 29));
  // The sum of its words in two parts, from the highest: where one vanishes the next is all there is.
  auto number = [&](int k) {
    return m.mul(arith::SIToFPOp::create(b, m.type, fraction[k]), m.c(std::ldexp(1.0, -30 - 32 * k)));
  };
  Value sum = number(0), rest = m.c(0.0);
  for (int k = 1; k < 5; ++k) {
    Value word = number(k), both = m.add(sum, word), z = m.sub(both, sum);
    rest = m.add(rest, m.add(m.sub(sum, m.sub(both, z)), m.sub(word, z)));
    sum = both;
  }
  auto [sumHigh, sumLow] = fastTwoSum(m, sum, rest);
  auto [r, rLow] = product(m, sumHigh, sumLow, 1.5707963267948966, 6.123233995736766e-17);
  Value negative = m.lt(x, m.c(0.0));
  auto signedAs = [&](Value v) { return m.select(negative, m.neg(v), v); };
  Value n = m.select(negative, m.subI(m.i(0), quadrant), quadrant);
  func::ReturnOp::create(b, ValueRange{n, signedAs(r), signedAs(rLow)});
}

func::FuncOp rondo::cpu::getReduceAngle(ModuleOp module) {
  std::string prefix = module.getName().value_or("model").str();
  std::string name = prefix + ".reduce_angle", tableName = prefix + ".two_over_pi";
  if (auto made = module.lookupSymbol<func::FuncOp>(name))
    return made;
  ImplicitLocOpBuilder b(module.getLoc(), module.getBodyRegion());
  auto words = RankedTensorType::get(std::size(twoOverPi), b.getI64Type());
  auto table = memref::GlobalOp::create(
      b, tableName, b.getStringAttr("private"), MemRefType::get(words.getShape(), words.getElementType()),
      DenseElementsAttr::get(words, ArrayRef(twoOverPi)), /*constant=*/true, /*alignment=*/IntegerAttr());
  Type f64 = b.getF64Type();
  auto function = func::FuncOp::create(b, name, b.getFunctionType(f64, {b.getI64Type(), f64, f64}));
  function.setPrivate();
  function->setAttr("llvm.linkage", LLVM::LinkageAttr::get(b.getContext(), LLVM::Linkage::Internal));
  b.setInsertionPointToStart(function.addEntryBlock());
  emitBody(b, function.getArgument(0), table);
  return function;
}
