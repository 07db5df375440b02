// Weights from a file and from a seed.
#include "FakeModel.h"
#include "TestFile.h"
#include "rondo/files.h"

#include <cmath>
#include <cstring>
#include <map>
#include <vector>

using namespace rondo_test;

namespace {

struct Weight {
  uint32_t dtype;
  std::vector<int64_t> shape;
};
using Weights = std::map<std::string, Weight>;

class LoadWeights : public testing::Test {
protected:
  Weights weights = {
      {"emb.weight", {RONDO_F32, {4, 3}}}, {"fc.bias", {RONDO_F32, {3}}}, {"scale", {RONDO_F32, {}}}};

  /// Writes the weights, each element 1.0 (or 1), loads them, and says what happened.
  std::string load() {
    std::vector<const char *> names;
    std::vector<rondo_array> arrays;
    rondo_error error;
    for (const auto &[name, weight] : weights) {
      rondo_array array;
      EXPECT_EQ(
          rondo_array_make(&array, weight.dtype, uint32_t(weight.shape.size()), weight.shape.data(), &error),
          RONDO_OK);
      const uint16_t half = 0x3c00, brain = 0x3f80;
      const float single = 1;
      const double twice = 1;
      const int64_t whole = 1;
      const void *one = weight.dtype == RONDO_F16    ? static_cast<const void *>(&half)
                        : weight.dtype == RONDO_BF16 ? static_cast<const void *>(&brain)
                        : weight.dtype == RONDO_F32  ? static_cast<const void *>(&single)
                        : weight.dtype == RONDO_F64  ? static_cast<const void *>(&twice)
                                                     : &whole;
      uint32_t bytes = rondo_dtype_bytes(weight.dtype);
      for (uint64_t at = 0; at < array.bytes; at += bytes)
        std::memcpy(static_cast<char *>(array.data) + at, one, bytes);
      names.push_back(name.c_str());
      arrays.push_back(array);
    }
    TestFile stored;
    EXPECT_EQ(
        rondo_safetensors_write(stored.name(), uint32_t(names.size()), names.data(), arrays.data(), &error),
        RONDO_OK);
    for (rondo_array &array : arrays)
      rondo_array_free(&array);
    const rondo_unused_weights listener = {
        [](void *context, const char *name) { *static_cast<std::string *>(context) += name; }, &unused};
    rondo_status status = rondo_load_weights(&fake_model, stored.name(), prepared, &listener, &error);
    return message(status, error);
  }

  alignas(64) float prepared[16];
  std::string unused;
};

TEST_F(LoadWeights, ConvertsFloatingPointTypes) {
  for (uint32_t dtype : {RONDO_F32, RONDO_F64, RONDO_F16, RONDO_BF16}) {
    weights["emb.weight"].dtype = dtype;
    weights["fc.bias"].dtype = RONDO_F16; // leaves what follows unaligned
    std::memset(prepared, 0, sizeof prepared);
    EXPECT_EQ(load(), "no error");
    for (float value : prepared)
      EXPECT_EQ(value, 1.0f);
  }
  EXPECT_EQ(unused, "");
}

TEST_F(LoadWeights, NamesTheNearestForAMissingKey) {
  weights["fc.biass"] = weights["fc.bias"];
  weights.erase("fc.bias");
  EXPECT_CONTAINS(load(), "no weight `fc.bias`, which the model needs (did you mean `fc.biass`?)");
  weights.erase("scale");
  EXPECT_CONTAINS(load(), "(did you mean `fc.biass`?); 1 more is missing");
}

TEST_F(LoadWeights, NamesBothShapesAndTypes) {
  weights["emb.weight"].shape = {3, 4};
  EXPECT_CONTAINS(load(), "`emb.weight` is f32[3, 4], the model wants f32[4, 3]");
  weights["emb.weight"] = {RONDO_I64, {4, 3}};
  EXPECT_CONTAINS(load(), "`emb.weight` is i64[4, 3], the model wants f32[4, 3]");
}

TEST_F(LoadWeights, TellsWhatIsNotUsed) {
  weights["more"] = {RONDO_I8, {2}};
  EXPECT_EQ(load(), "no error");
  EXPECT_EQ(unused, "more");
}

TEST(DrawWeights, FollowsTheDistributions) {
  alignas(64) float a[16], b[16];
  rondo_error error;
  ASSERT_EQ(rondo_draw_weights(&fake_model, 3, a, &error), RONDO_OK);
  ASSERT_EQ(rondo_draw_weights(&fake_model, 3, b, &error), RONDO_OK);
  EXPECT_EQ(0, std::memcmp(a, b, sizeof a));
  EXPECT_EQ(a[15], 2.0f);
  for (int i = 12; i < 15; ++i)
    EXPECT_LT(std::fabs(a[i]), 0.5f);
  EXPECT_NE(a[0], a[1]);
  for (int i = 0; i < 12; ++i) // row 2 is zeros
    EXPECT_EQ(a[i] == 0.0f, i / 3 == 2) << i;
  EXPECT_EQ(rondo_draw_weights(&fake_model, 3, a + 1, &error), RONDO_ERROR_ARGUMENT);
  EXPECT_CONTAINS(error.message, "not aligned");
}

} // namespace
