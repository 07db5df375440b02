// Sizes: canonical forms, printing, division, facts.
#include "compiler/Frontend/SizeFacts.h"
#include "gtest/gtest.h"

using namespace rondo;

namespace {

struct SizeTest : testing::Test {
  SizeContext context;
  Size T = context.makeBase(SizeAtom::Dim, "T");
  Size B = context.makeBase(SizeAtom::Dim, "B");
  Size n = context.makeBase(SizeAtom::Int, "n");
  Size one = 1;
};

TEST_F(SizeTest, EqualPolynomialsAreEqual) {
  EXPECT_EQ((T + one) * (T - one), T * T - one);
  EXPECT_EQ(B * T, T * B);
  EXPECT_NE(T, B);
  EXPECT_TRUE((T + B - T - B).isConstant(0));
}

TEST_F(SizeTest, PrintsAsWritten) {
  EXPECT_EQ(T.str(), "T");
  EXPECT_EQ((T + one).str(), "T + 1");
  EXPECT_EQ((Size(4) - T).str(), "4 - T");
  EXPECT_EQ((Size(-1) * T).str(), "-T");
  EXPECT_EQ((Size(2) * T * B + T).str(), "2 * T * B + T");
  EXPECT_EQ(context.floorDiv(T + one, 2).str(), "(T + 1) // 2");
  EXPECT_EQ((context.floorDiv(T, 2) * Size(2)).str(), "2 * (T // 2)");
  EXPECT_EQ(context.mod(T, n).str(), "T % n");
  EXPECT_EQ(context.max(T - one, 0).str(), "max(0, T - 1)");
  EXPECT_EQ(shapeString({B, T + one, 4}), "[B, T + 1, 4]");
}

TEST_F(SizeTest, EqualAtomsAreOne) {
  EXPECT_EQ(context.floorDiv(T, 2), context.floorDiv(T, 2));
  EXPECT_NE(context.floorDiv(T, 2), context.floorDiv(T, 3));
  EXPECT_EQ(context.min(T, B), context.min(B, T));
}

TEST_F(SizeTest, DivisionTakesOutWhatIsExact) {
  EXPECT_EQ(context.floorDiv(Size(2) * T, 2), T);
  EXPECT_EQ(context.floorDiv(Size(4) * T + B, 4), T + context.floorDiv(B, 4));
  EXPECT_EQ(context.floorDiv(T + Size(3), 2), context.floorDiv(T + one, 2) + one);
  EXPECT_EQ(context.floorDiv(context.floorDiv(T, 2), 3), context.floorDiv(T, 6));
  EXPECT_EQ(context.floorDiv(Size(4) * T, 6), context.floorDiv(Size(2) * T, 3));
  EXPECT_EQ(context.floorDiv(Size(4) * T + Size(3), -6).str(), "(4 * T + 3) // (-6)");
  EXPECT_TRUE(context.mod(Size(6) * T, 3).isConstant(0));
}

TEST_F(SizeTest, CommonFactorsDivideAllTerms) {
  EXPECT_EQ(commonFactor(Size(4) * T * B + Size(2) * B * n, Size(6) * B * B), Size(2) * B);
  EXPECT_EQ(commonFactor(Size(4) * T * T, Size(6) * T * T * B), Size(2) * T * T);
  EXPECT_EQ(commonFactor(T, one), one);
  EXPECT_EQ(commonFactor(0, Size(-3) * T), Size(3) * T);
  EXPECT_EQ(commonFactor(Size(INT64_MIN) * T, INT64_MIN), one);
  EXPECT_EQ(commonFactor(Size::tooLarge(), T), one);
}

TEST_F(SizeTest, ConstantsRoundDownAndDivideByZero) {
  EXPECT_TRUE(context.floorDiv(-7, 2).isConstant(-4));
  EXPECT_TRUE(context.mod(-7, 2).isConstant(1));
  EXPECT_TRUE(context.mod(7, -2).isConstant(-1));
  EXPECT_TRUE(context.floorDiv(7, 0).isConstant(0));
  EXPECT_TRUE(context.mod(7, 0).isConstant(0));
}

TEST_F(SizeTest, OverflowIsTooLargeAndStaysIt) {
  Size huge = int64_t(1) << 62;
  EXPECT_TRUE((huge * Size(4)).isTooLarge());
  EXPECT_TRUE((huge * T * Size(4) + one).isTooLarge());
  EXPECT_TRUE(context.floorDiv(INT64_MIN, -1).isTooLarge());
}

TEST_F(SizeTest, ManyTermsAreTooLarge) {
  Size sum = 1;
  for (int i = 0; i < 12; ++i)
    sum = sum * (Size(context.makeBase(SizeAtom::Dim, "D")) + one);
  EXPECT_TRUE(sum.isTooLarge());
}

TEST_F(SizeTest, ExactDivision) {
  EXPECT_EQ((T * B * Size(6)).dividedExactly(B * Size(2)), T * Size(3));
  EXPECT_FALSE((T * B + T).dividedExactly(B));
  EXPECT_FALSE((T * Size(3)).dividedExactly(2));
}

TEST_F(SizeTest, SubstitutionReachesIntoAtoms) {
  Size size = context.floorDiv(T, 2) * B;
  Size other = context.substitute(size, [&](const SizeAtom *atom) -> std::optional<Size> {
    if (atom == T.bareAtom())
      return Size(8);
    return std::nullopt;
  });
  EXPECT_EQ(other, B * Size(4));
}

TEST_F(SizeTest, WhatCannotBeNegative) {
  EXPECT_TRUE(isNonNegative(T * B + one));
  EXPECT_TRUE(isNonNegative(context.floorDiv(T, 2)));
  EXPECT_TRUE(isNonNegative(context.max(T - one, 0)));
  EXPECT_FALSE(isNonNegative(T - one));
}

TEST_F(SizeTest, RequiredEquality) {
  SizeFacts facts(context);
  facts.addEqual(B, T + one);
  EXPECT_TRUE(facts.equal(B * Size(2), T + T + Size(2)));
  EXPECT_TRUE(facts.equal(context.floorDiv(B, 2), context.floorDiv(T + one, 2)));
  EXPECT_FALSE(facts.equal(B, T));
}

TEST_F(SizeTest, FactsOfProductsAndOfSizesThatAreNotNegative) {
  SizeFacts facts(context);
  EXPECT_FALSE(facts.equal(T * B, Size(8)));
  facts.addEqual(T * B, Size(8));
  EXPECT_TRUE(facts.equal(T * B, Size(8)));
  EXPECT_TRUE(facts.equal(Size(16), T * B * Size(2)));
  EXPECT_FALSE(facts.equal(T, Size(8)));

  SizeFacts halves(context);
  halves.addEqual(T * Size(2), Size(6));
  EXPECT_TRUE(halves.equal(T, Size(3)));

  // The size of an axis is not negative; more than that has to be known.
  Size less = T - Size(1), most = context.max(less, Size(0));
  SizeFacts known(context);
  EXPECT_TRUE(known.equal(most, less));
  EXPECT_FALSE(known.equal(most + Size(1), T));
  known.addNonNegative(less);
  EXPECT_TRUE(known.equal(most + Size(1), T));
}

TEST_F(SizeTest, RequiredDivisibility) {
  SizeFacts facts(context);
  facts.addDivisible(T, 4);
  EXPECT_TRUE(facts.equal(context.floorDiv(T, 4) * Size(4), T));
  EXPECT_TRUE(facts.equal(context.floorDiv(T, 2) * Size(2), T));
  EXPECT_TRUE(facts.equal(context.mod(T, 4), 0));
  EXPECT_FALSE(facts.equal(context.floorDiv(T, 8) * Size(8), T));
}

TEST_F(SizeTest, DivisibilityByASizeAndOfAProduct) {
  SizeFacts facts(context);
  facts.addDivisible(T, n);
  EXPECT_TRUE(facts.equal(context.floorDiv(T, n) * n, T));
  facts.addDivisible(T * B, 10);
  EXPECT_TRUE(facts.equal(context.floorDiv(facts.normalize(T * B), 10) * Size(10), T * B));
}

// 4 n is not n; n and another one may be equal.
TEST_F(SizeTest, HyperParametersWithoutValues) {
  Size h = context.makeBase(SizeAtom::Hyper, "hidden"), e = context.makeBase(SizeAtom::Hyper, "embed");
  SizeFacts facts(context);
  EXPECT_FALSE(facts.equal(h * Size(4), h));
  EXPECT_FALSE(facts.equal(h + one, h));
  EXPECT_TRUE(facts.equal(h, e));
  EXPECT_TRUE(facts.equal(h, 8));
}

TEST_F(SizeTest, KnowsTheMostThatLateSizesCanBe) {
  Size two = 2, n = context.makeLate("n", T), m = context.makeLate("m", n + one);
  EXPECT_TRUE((n * T).hasLate());
  EXPECT_FALSE(T.hasLate());
  EXPECT_NE(n, T);
  EXPECT_EQ(context.most(m * two), (T + one) * two);
  EXPECT_EQ(context.most(T - n), T);
  EXPECT_EQ(context.least(n - T), Size(0) - T);
  EXPECT_EQ(context.most(context.floorDiv(n + one, two)), context.floorDiv(T + one, two));
  EXPECT_EQ(context.most(context.mod(n, two)), one);
  EXPECT_EQ(context.most(context.floorDiv(T, n)), std::nullopt);
  EXPECT_TRUE(isNonNegative(n));
}

} // namespace
