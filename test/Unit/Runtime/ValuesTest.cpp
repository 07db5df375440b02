// Element types, their conversions, and the random numbers that weights are drawn from.
#include "TestFile.h"

extern "C" {
#include "array.h"
#include "dtype.h"
#include "error.h"
#include "philox.h"
#include "suggest.h"
#include "utf8.h"
}

#include <cmath>
#include <cstring>
#include <vector>

namespace {

uint16_t store16(uint32_t dtype, double value) {
  uint16_t bits = 0;
  rondo_store_float(dtype, &bits, 0, value);
  return bits;
}

double load16(uint32_t dtype, uint16_t bits) { return rondo_load_float(dtype, &bits, 0); }

TEST(Dtype, HalfRoundsToNearestEven) {
  EXPECT_EQ(store16(RONDO_F16, 1.0), 0x3c00);
  EXPECT_EQ(store16(RONDO_F16, -2.5), 0xc100);
  EXPECT_EQ(store16(RONDO_F16, 65504.0), 0x7bff);
  EXPECT_EQ(store16(RONDO_F16, 65519.9), 0x7bff);
  EXPECT_EQ(store16(RONDO_F16, 65520.0), 0x7c00);
  EXPECT_EQ(store16(RONDO_F16, 2049.0), 0x6800); // a tie: 2048, whose fraction is even
  EXPECT_EQ(store16(RONDO_F16, 2051.0), 0x6802);
  EXPECT_EQ(store16(RONDO_F16, 0x1p-24), 0x0001);
  EXPECT_EQ(store16(RONDO_F16, 0x1p-25), 0x0000);
  EXPECT_EQ(store16(RONDO_F16, 0x1.8p-25), 0x0001);
  EXPECT_EQ(store16(RONDO_F16, 0x1.ffcp-15), 0x0400); // a tie that rounds up to the least normal
  EXPECT_EQ(store16(RONDO_F16, -0.0), 0x8000);
  EXPECT_EQ(store16(RONDO_F16, 1e-300), 0x0000);
  EXPECT_EQ(store16(RONDO_F16, -INFINITY), 0xfc00);
  EXPECT_TRUE(std::isnan(load16(RONDO_F16, store16(RONDO_F16, NAN))));
}

TEST(Dtype, BrainFloat) {
  EXPECT_EQ(store16(RONDO_BF16, 1.0), 0x3f80);
  EXPECT_EQ(store16(RONDO_BF16, 1.00390625), 0x3f80); // a tie
  EXPECT_EQ(store16(RONDO_BF16, 3.3895313892515355e38), 0x7f7f);
  EXPECT_EQ(store16(RONDO_BF16, 3.4e38), 0x7f80);
  EXPECT_EQ(load16(RONDO_BF16, 0xc049), -3.140625);
}

TEST(Dtype, EveryHalfSurvivesTheWayThroughDouble) {
  for (uint32_t dtype : {RONDO_F16, RONDO_BF16})
    for (unsigned bits = 0; bits < 0x10000; ++bits) {
      double value = load16(dtype, static_cast<uint16_t>(bits));
      if (!std::isnan(value))
        ASSERT_EQ(store16(dtype, value), bits);
    }
}

TEST(Dtype, ConvertsUnalignedMemory) {
  const float values[] = {1.5f, -2.0f, INFINITY};
  char from[16], to[32];
  std::memcpy(from + 1, values, sizeof values);
  rondo_convert_floats(to + 3, RONDO_F64, from + 1, RONDO_F32, 3);
  double wide[3];
  std::memcpy(wide, to + 3, sizeof wide);
  EXPECT_EQ(wide[0], 1.5);
  EXPECT_EQ(wide[2], INFINITY);
  const uint16_t brain[] = {0x3f80, 0xc049};
  float back[2];
  rondo_convert_floats(back, RONDO_F32, brain, RONDO_BF16, 2);
  EXPECT_EQ(back[1], -3.140625f);
}

TEST(Dtype, DLPackAgrees) {
  EXPECT_EQ(rondo_dtype_dlpack(RONDO_BF16).code, kDLBfloat);
  EXPECT_EQ(rondo_dtype_dlpack(RONDO_BOOL).bits, 8);
  EXPECT_EQ(rondo_dtype_dlpack(RONDO_I64).code, kDLInt);
  EXPECT_EQ(rondo_dtype_dlpack(9).lanes, 0);
  EXPECT_STREQ(rondo_dtype_name(100), "?");
  EXPECT_EQ(rondo_dtype_bytes(100), 0u);
}

TEST(Array, SizesDoNotOverflow) {
  uint64_t elements, bytes;
  const int64_t large[] = {int64_t(1) << 40, int64_t(1) << 40},
                empty[] = {int64_t(1) << 40, int64_t(1) << 40, 0};
  EXPECT_FALSE(rondo_count(RONDO_F32, 2, large, &elements, &bytes));
  EXPECT_TRUE(rondo_count(RONDO_F32, 3, empty, &elements, &bytes));
  EXPECT_EQ(bytes, 0u);
  rondo_array array;
  rondo_error error;
  EXPECT_EQ(rondo_array_make(&array, RONDO_F32, 2, large, &error), RONDO_ERROR_MEMORY);
  const int64_t negative[] = {3, -1};
  EXPECT_EQ(rondo_array_make(&array, RONDO_F32, 2, negative, &error), RONDO_ERROR_ARGUMENT);
  EXPECT_EQ(rondo_allocate(UINT64_MAX), nullptr);
}

// Known answers of the authors' library.
TEST(Philox, KnownAnswers) {
  const uint32_t cases[][10] = {
      {0, 0, 0, 0, 0, 0, 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8},
      {~0u, ~0u, ~0u, ~0u, ~0u, ~0u, 0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd},
      {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0, 0xd16cfe09, 0x94fdcceb,
       0x5001e420, 0x24126ea1}};
  for (const auto &known : cases) {
    uint32_t words[4];
    rondo_philox(known, known + 4, words);
    for (int i = 0; i < 4; ++i)
      EXPECT_EQ(words[i], known[6 + i]);
  }
}

TEST(Philox, DistributionsHaveTheirMoments) {
  std::vector<float> values(100001);
  auto moments = [&](double &mean, double &deviation) {
    double sum = 0, squares = 0;
    for (float v : values)
      sum += v, squares += double(v) * v;
    mean = sum / values.size();
    deviation = std::sqrt(squares / values.size() - mean * mean);
  };
  double mean, deviation;
  rondo_draw(7, rondo_stream("w"), RONDO_INIT_NORMAL, 3.0, 2.0, RONDO_F32, values.data(), values.size());
  moments(mean, deviation);
  EXPECT_NEAR(mean, 3.0, 0.03);
  EXPECT_NEAR(deviation, 2.0, 0.03);
  rondo_draw(7, rondo_stream("w"), RONDO_INIT_UNIFORM, -1.0, 1.0, RONDO_F32, values.data(), values.size());
  moments(mean, deviation);
  EXPECT_NEAR(mean, 0.0, 0.01);
  EXPECT_NEAR(deviation, 1.0 / std::sqrt(3.0), 0.01);
  for (float v : values)
    ASSERT_TRUE(v >= -1.0f && v < 1.0f);
  rondo_draw(7, rondo_stream("w"), RONDO_INIT_UNIFORM, 16777216.0, 16777218.0, RONDO_F32, values.data(),
             1000);
  for (int i = 0; i < 1000; ++i)
    ASSERT_LT(values[i], 16777218.0f);
  rondo_draw(7, rondo_stream("w"), RONDO_INIT_CONSTANT, 0.5, 0.0, RONDO_F32, values.data(), 3);
  EXPECT_EQ(values[2], 0.5f);
}

TEST(Philox, SeedsAndNamesGiveOtherNumbers) {
  float a[5], b[5], c[5];
  rondo_draw(1, rondo_stream("w"), RONDO_INIT_NORMAL, 0, 1, RONDO_F32, a, 5);
  rondo_draw(2, rondo_stream("w"), RONDO_INIT_NORMAL, 0, 1, RONDO_F32, b, 5);
  rondo_draw(1, rondo_stream("v"), RONDO_INIT_NORMAL, 0, 1, RONDO_F32, c, 5);
  EXPECT_NE(a[0], b[0]);
  EXPECT_NE(a[0], c[0]);
  rondo_draw(1, rondo_stream("w"), RONDO_INIT_NORMAL, 0, 1, RONDO_F32, b, 3);
  EXPECT_EQ(a[2], b[2]); // an element depends on its place alone
}

TEST(Text, NearestNames) {
  rondo_nearest nearest = {};
  nearest.wanted = "rnn.weight_ih_l0";
  for (const char *name :
       {"emb.weight", "rnn.weight_hh_l0", "rnn.weight_ih_l1", "RNN.weight_ih_l0", "rnn.weight_ih0"})
    rondo_nearest_offer(&nearest, name);
  RONDO_TEXT(text, 200);
  rondo_append_nearest(&text, &nearest);
  EXPECT_STREQ(text.data, " (did you mean `rnn.weight_hh_l0`, `rnn.weight_ih_l1` or `rnn.weight_ih0`?)");
}

TEST(Text, Utf8IsStrict) {
  auto length = [](const char *text) {
    auto *begin = reinterpret_cast<const unsigned char *>(text);
    return rondo_utf8_length(begin, begin + std::strlen(text));
  };
  EXPECT_EQ(length("a"), 1u);
  EXPECT_EQ(length("\xc3\xa9"), 2u);
  EXPECT_EQ(length("\xe2\x82\xac"), 3u);
  EXPECT_EQ(length("\xf0\x9f\x98\x80"), 4u);
  for (const char *wrong : {"\x80", "\xc3", "\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80", "\xf0\x80\x80\x80",
                            "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80", "\xe2\x82 "})
    EXPECT_EQ(length(wrong), 0u);
}

TEST(Text, MessagesAreOneCleanLine) {
  rondo_error error;
  rondo_fail(&error, RONDO_ERROR_FILE, "a\n\x1b[31mb %s", "\xe2\x82\xac");
  EXPECT_STREQ(error.message, "a??[31mb \xe2\x82\xac");
  rondo_fail(&error, RONDO_ERROR_FILE, "\xff \xc2\x9b\x7f \xe2\x82 \xc3\xa9"); // no UTF-8, and C1's CSI
  EXPECT_STREQ(error.message, "? ??? ?? \xc3\xa9");
  std::string longer(998, 'x');
  rondo_fail(&error, RONDO_ERROR_FILE, "%s\xe2\x82\xac", longer.c_str());
  EXPECT_EQ(error.message, longer);
  EXPECT_EQ(rondo_fail(nullptr, RONDO_ERROR_FILE, "nobody listens"), RONDO_ERROR_FILE);
}

} // namespace
