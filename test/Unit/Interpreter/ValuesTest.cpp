// Numbers, rounding and memory of the interpreter.
#include "compiler/Interpreter/Values.h"
#include "llvm/ADT/APFloat.h"
#include <cmath>
#include <gtest/gtest.h>
#include <random>

using namespace rondo::interpreter;

namespace {

constexpr Element f16{Element::F16, 16}, bf16{Element::BF16, 16}, f32{Element::F32, 32},
    f64{Element::F64, 64}, i8{Element::Integer, 8}, i64{Element::Integer, 64};

double converted(double value, const llvm::fltSemantics &semantics) {
  llvm::APFloat number(value);
  bool lost;
  number.convert(semantics, llvm::APFloat::rmNearestTiesToEven, &lost);
  number.convert(llvm::APFloat::IEEEdouble(), llvm::APFloat::rmNearestTiesToEven, &lost);
  return number.convertToDouble();
}

bool same(double a, double b) {
  return std::isnan(a) ? std::isnan(b) : a == b && std::signbit(a) == std::signbit(b);
}

// Near every power of two that the types know, with few digits, so that there are ties.
TEST(Rounding, IsThatOfAPFloat) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 200000; ++i) {
    int exponent = int(random() % 320) - 160;
    int digits = int(random() % 30);
    double value = std::ldexp(1.0 + std::ldexp(double(random() >> 12), -52), exponent);
    value = std::ldexp(std::floor(std::ldexp(value, digits - exponent)), exponent - digits);
    value = random() % 2 ? value : -value;
    ASSERT_TRUE(same(roundTo(value, f16), converted(value, llvm::APFloat::IEEEhalf()))) << value;
    ASSERT_TRUE(same(roundTo(value, bf16), converted(value, llvm::APFloat::BFloat()))) << value;
    ASSERT_TRUE(same(roundTo(value, f32), converted(value, llvm::APFloat::IEEEsingle()))) << value;
    ASSERT_TRUE(same(roundTo(value, f64), value));
  }
}

TEST(Rounding, KeepsWhatIsNoNumber) {
  for (Element type : {f16, bf16, f32, f64}) {
    EXPECT_TRUE(std::isnan(roundTo(NAN, type)));
    EXPECT_EQ(roundTo(-INFINITY, type), -INFINITY);
    EXPECT_TRUE(same(roundTo(-0.0, type), -0.0));
  }
}

TEST(Numbers, HaveTheirWidth) {
  EXPECT_EQ(wrap(128, 8), -128);
  EXPECT_EQ(wrap(3, 1), 1);
  EXPECT_EQ(signedOf(1, 1), -1);
  EXPECT_EQ(unsignedOf(-1, 8), 255u);
  EXPECT_EQ(unsignedOf(-1, 64), ~uint64_t(0));
}

TEST(Numbers, AreTheirBits) {
  for (uint64_t bits = 0; bits < 0x10000; ++bits)
    for (Element type : {f16, bf16}) {
      Cell cell = cellOf(bits, type);
      if (!std::isnan(cell.real)) {
        ASSERT_EQ(bitsOf(cell, type), bits);
        ASSERT_TRUE(same(roundTo(cell.real, type), cell.real));
      }
    }
  EXPECT_EQ(bitsOf(realCell(1.0), f32), 0x3f800000u);
  EXPECT_EQ(cellOf(0xff, i8).whole, -1);
}

TEST(Shapes, AreCountedWithoutOverflow) {
  EXPECT_EQ(countOf({}), 1);
  EXPECT_EQ(countOf({2, 3}), 6);
  EXPECT_EQ(countOf({int64_t(1) << 40, int64_t(1) << 40, 0}), 0);
  EXPECT_EQ(countOf({int64_t(1) << 40, int64_t(1) << 40}), std::nullopt);
  EXPECT_EQ(countOf({-1, 0}), std::nullopt);
}

TEST(Memory, HoldsWhatLiesInside) {
  Memory memory(4, f32);
  EXPECT_TRUE(memory.holds(12, f32));
  EXPECT_FALSE(memory.holds(16, f32));
  EXPECT_FALSE(memory.holds(-4, f32));
  EXPECT_FALSE(memory.holds(2, f32));
  EXPECT_TRUE(std::isnan(memory.load(0, f32).real));
  memory.store(0, f32, realCell(2.5));
  EXPECT_EQ(memory.load(0, f32).real, 2.5);
}

TEST(Memory, ForgetsWhatIsOverwritten) {
  Memory arena(16, i8);
  arena.store(0, i64, wholeCell(7));
  EXPECT_EQ(arena.load(0, i64).whole, 7);
  arena.store(4, f32, realCell(1.5));
  EXPECT_EQ(arena.load(0, i64).whole, poisonOf(i64).whole);
  EXPECT_EQ(arena.load(4, f32).real, 1.5);
  arena.store(0, i64, wholeCell(8));
  EXPECT_EQ(arena.load(0, i64).whole, 8);
  EXPECT_TRUE(std::isnan(arena.load(4, f32).real));
  // A shorter element at the same place ends the longer one.
  arena.store(0, f32, realCell(3.0));
  EXPECT_EQ(arena.load(0, i64).whole, poisonOf(i64).whole);
  EXPECT_EQ(arena.load(0, f32).real, 3.0);
}

TEST(Values, AreCopiedOnlyIfShared) {
  Value a(ArrayPtr(new Array({2}, wholeCell(1))));
  const Array *first = &a.array();
  EXPECT_EQ(&a.own(), first);
  Value b = a;
  b.own().cells[0] = wholeCell(5);
  EXPECT_EQ(&a.array(), first);
  EXPECT_EQ(a.array().cells[0].whole, 1);
  EXPECT_EQ(b.array().cells[0].whole, 5);
}

} // namespace
