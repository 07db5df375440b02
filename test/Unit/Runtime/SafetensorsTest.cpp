// The reader and the writer of safetensors files.
#include "TestFile.h"
#include "rondo/files.h"

#include <cstring>

using namespace rondo_test;

namespace {

std::string file(const std::string &header, const std::string &data) {
  return littleEndian(header.size(), 8) + header + data;
}

/// What opening these bytes says.
std::string openError(const std::string &bytes) {
  TestFile stored(bytes);
  rondo_safetensors opened;
  rondo_error error;
  rondo_status status = rondo_safetensors_open(stored.name(), &opened, &error);
  if (status == RONDO_OK)
    rondo_safetensors_close(&opened);
  return message(status, error);
}

std::string tensor(const char *dtype, const char *shape, int begin, int end) {
  return std::string("{\"dtype\":\"") + dtype + "\",\"shape\":" + shape + ",\"data_offsets\":[" +
         std::to_string(begin) + "," + std::to_string(end) + "]}";
}

const std::string good = "{\"b\":" + tensor("F32", "[2]", 2, 10) +
                         ",\"__metadata__\":{\"k\":\"v\"}, \"a\\u00e9\":" + tensor("U8", "[1,2]", 0, 2) +
                         ",\"e\":" + tensor("I64", "[0]", 2, 2) + ",\"s\":" + tensor("BF16", "[]", 10, 12) +
                         "}   ";
const std::string data("\1\2\0\0\x80\x3f\0\0\0\x40\x80\x3f", 12);

TEST(Safetensors, Reads) {
  TestFile stored(file(good, data));
  rondo_safetensors opened;
  rondo_error error;
  ASSERT_EQ(rondo_safetensors_open(stored.name(), &opened, &error), RONDO_OK) << error.message;
  ASSERT_EQ(opened.num_tensors, 4u);
  EXPECT_STREQ(opened.tensors[0].name, "a\xc3\xa9");
  const rondo_stored_tensor *b = rondo_safetensors_find(&opened, "b");
  ASSERT_NE(b, nullptr);
  EXPECT_EQ(b->dtype, RONDO_F32);
  ASSERT_EQ(b->rank, 1u);
  EXPECT_EQ(b->shape[0], 2);
  float values[2];
  std::memcpy(values, b->data, b->bytes);
  EXPECT_EQ(values[1], 2.0f);
  EXPECT_EQ(rondo_safetensors_find(&opened, "s")->rank, 0u);
  EXPECT_EQ(rondo_safetensors_find(&opened, "e")->bytes, 0u);
  EXPECT_EQ(rondo_safetensors_find(&opened, "c"), nullptr);
  rondo_safetensors_close(&opened);
}

TEST(Safetensors, ReadsAnEmptyFileAndForeignTypes) {
  EXPECT_EQ(openError(file("{}", "")), "no error");
  EXPECT_EQ(openError(file("{ \"__metadata__\" : { } }", "")), "no error");
  for (const char *type : {"F8_E4M3", "F8_E5M2", "F8_E8M0", "F8_E4M3FNUZ", "F8_E5M2FNUZ"})
    EXPECT_EQ(openError(file(std::string("{\"x\":") + tensor(type, "[2]", 0, 2) + "}", "ab")), "no error");
  EXPECT_EQ(openError(file("{\"x\":" + tensor("F4", "[2, 2]", 0, 2) + "}", "ab")), "no error");
  EXPECT_EQ(openError(file("{\"x\":" + tensor("F6_E2M3", "[4]", 0, 3) + "}", "abc")), "no error");
  EXPECT_CONTAINS(openError(file("{\"x\":" + tensor("F4", "[3]", 0, 2) + "}", "ab")), "ends amid a byte");
}

TEST(Safetensors, RefusesEveryTruncationAndAddition) {
  const std::string whole = file(good, data);
  for (size_t n = 0; n < whole.size(); ++n)
    EXPECT_NE(openError(whole.substr(0, n)), "no error") << n;
  EXPECT_CONTAINS(openError(whole + "x"), "bytes follow the last tensor");
  for (size_t n = 0; n < good.find_last_of('}') + 1; ++n) // the header itself cut short
    EXPECT_NE(openError(file(good.substr(0, n), data)), "no error") << n;
}

TEST(Safetensors, SurvivesEveryChangedByteOfTheHeader) {
  const std::string whole = file(good, data);
  for (size_t i = 0; i < whole.size() - data.size(); ++i)
    for (int value = 0; value < 256; value += i < 8 ? 1 : 5) {
      std::string changed = whole;
      changed[i] = char(value);
      openError(changed);
    }
}

TEST(Safetensors, RefusesWrongLayouts) {
  auto two = [](const std::string &a, const std::string &b, const std::string &bytes) {
    return openError(file("{\"a\":" + a + ",\"b\":" + b + "}", bytes));
  };
  EXPECT_CONTAINS(two(tensor("U8", "[2]", 0, 2), tensor("U8", "[2]", 1, 3), "abc"), "overlaps");
  EXPECT_CONTAINS(two(tensor("U8", "[2]", 0, 2), tensor("U8", "[2]", 0, 2), "ab"), "overlaps");
  EXPECT_CONTAINS(two(tensor("U8", "[2]", 0, 2), tensor("U8", "[2]", 3, 5), "abcde"), "hole");
  EXPECT_CONTAINS(two(tensor("U8", "[2]", 1, 3), tensor("U8", "[2]", 3, 5), "abcde"), "hole");
  EXPECT_CONTAINS(two(tensor("U8", "[2]", 0, 2), tensor("U8", "[2]", 2, 4), "abc"), "beyond");
  EXPECT_CONTAINS(two(tensor("U8", "[2]", 0, 2), tensor("U8", "[3]", 2, 4), "abcd"), "do not fit the shape");
  EXPECT_CONTAINS(two(tensor("U8", "[2]", 0, 2), tensor("F32", "[1]", 2, 4), "abcd"), "do not fit the shape");
  EXPECT_CONTAINS(two(tensor("U8", "[2]", 0, 2), tensor("U8", "[2]", 4, 2), "abcd"), "do not fit the shape");
  EXPECT_CONTAINS(two(tensor("F32", "[4294967296,4294967296]", 0, 0), tensor("U8", "[0]", 0, 0), ""),
                  "larger than");
  EXPECT_CONTAINS(two(tensor("F64", "[1152921504606846976]", 0, 0), tensor("U8", "[0]", 0, 0), ""),
                  "larger than");
}

TEST(Safetensors, RefusesWrongHeaders) {
  auto head = [](const std::string &text) { return openError(file(text, "ab")); };
  const std::string x = tensor("U8", "[2]", 0, 2), none = tensor("U8", "[0]", 0, 0);
  EXPECT_CONTAINS(head("{\"x\":" + x + ",\"x\":" + none + "}"), "`x` stands twice");
  EXPECT_CONTAINS(head("{\"x\":" + x + ",\"\\u0078\":" + none + "}"), "`x` stands twice");
  EXPECT_CONTAINS(head("{\"__metadata__\":{},\"__metadata__\":{}}"), "stands twice");
  EXPECT_CONTAINS(head("{\"__metadata__\":{\"a\":\"b\",\"a\":\"c\"}}"), "stands twice");
  EXPECT_CONTAINS(head("{\"__metadata__\":{\"a\":1}}"), "expected a string");
  EXPECT_CONTAINS(head("{\"x\":{\"dtype\":\"U8\",\"dtype\":\"U8\"}}"), "stands twice");
  EXPECT_CONTAINS(head("{\"x\":{\"dtype\":\"U8\",\"shape\":[2]}}"), "lacks");
  EXPECT_CONTAINS(head("{\"x\":{\"dtype\":\"U8\",\"strides\":[2]}}"), "unknown key");
  EXPECT_CONTAINS(head("{\"x\":" + tensor("U9", "[2]", 0, 2) + "}"), "unknown dtype");
  EXPECT_CONTAINS(head("{\"x\":" + tensor("U8", "[-2]", 0, 2) + "}"), "non-negative");
  EXPECT_CONTAINS(head("{\"x\":" + tensor("U8", "[2.0]", 0, 2) + "}"), "expected `]`");
  EXPECT_CONTAINS(head("{\"x\":" + tensor("U8", "[02]", 0, 2) + "}"), "begins with 0");
  EXPECT_CONTAINS(head("{\"x\":" + tensor("U8", "[99999999999999999999]", 0, 2) + "}"), "too large");
  EXPECT_CONTAINS(head("{\"x\":" + tensor("U8", "[[[[[[2]]]]]]", 0, 2) + "}"), "non-negative");
  EXPECT_CONTAINS(head("{\"x\":" + x + ",}"), "expected a string");
  EXPECT_CONTAINS(head("{\"x\":" + x + "} {}"), "header's end");
  EXPECT_CONTAINS(head("{\"\\ud800\":" + x + "}"), "malformed escape");
  EXPECT_CONTAINS(head("{\"\\u0000\":" + x + "}"), "null character");
  EXPECT_CONTAINS(head("{\"\xff\":" + x + "}"), "invalid UTF-8");
  EXPECT_CONTAINS(head("{\"a\nb\":" + x + "}"), "control character");
  EXPECT_CONTAINS(head(std::string(100000, '[')), "expected `{`");
  EXPECT_CONTAINS(head(""), "expected `{`");
  EXPECT_CONTAINS(openError(std::string(8, '\xff') + "{}"), "header would be too long");
  EXPECT_EQ(head("{\"\\ud83d\\ude00\":" + x + "}"), "no error");
}

TEST(Safetensors, WritesWhatItReads) {
  rondo_array arrays[2];
  rondo_error error;
  const int64_t shape[] = {2, 3};
  ASSERT_EQ(rondo_array_make(&arrays[0], RONDO_F16, 2, shape, &error), RONDO_OK);
  ASSERT_EQ(rondo_array_make(&arrays[1], RONDO_BOOL, 0, nullptr, &error), RONDO_OK);
  static_cast<uint8_t *>(arrays[1].data)[0] = 1;
  const char *names[] = {"a\"\\\n\xc3\xa9", "b"};
  TestFile stored;
  ASSERT_EQ(rondo_safetensors_write(stored.name(), 2, names, arrays, &error), RONDO_OK) << error.message;
  rondo_safetensors opened;
  ASSERT_EQ(rondo_safetensors_open(stored.name(), &opened, &error), RONDO_OK) << error.message;
  const rondo_stored_tensor *a = rondo_safetensors_find(&opened, names[0]);
  ASSERT_NE(a, nullptr);
  EXPECT_EQ(a->dtype, RONDO_F16);
  EXPECT_EQ(a->shape[1], 3);
  EXPECT_EQ(*static_cast<const uint8_t *>(rondo_safetensors_find(&opened, "b")->data), 1);
  rondo_safetensors_close(&opened);
  ASSERT_EQ(rondo_safetensors_write(stored.name(), 0, nullptr, nullptr, &error), RONDO_OK);
  ASSERT_EQ(rondo_safetensors_open(stored.name(), &opened, &error), RONDO_OK) << error.message;
  EXPECT_EQ(opened.num_tensors, 0u);
  rondo_safetensors_close(&opened);
  for (rondo_array &array : arrays)
    rondo_array_free(&array);
}

} // namespace
