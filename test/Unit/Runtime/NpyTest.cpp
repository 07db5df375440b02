// The reader and the writer of NumPy's .npy files.
#include "TestFile.h"
#include "rondo/files.h"

#include <cstring>
#include <vector>

using namespace rondo_test;

namespace {

/// A file around a header, which is not padded: data of any alignment.
std::string npy(const std::string &header, const std::string &data, int version = 1) {
  return std::string("\x93NUMPY", 6) + char(version) + '\0' +
         littleEndian(header.size(), version == 1 ? 2 : 4) + header + data;
}

std::string header(const std::string &descr, const std::string &shape, const char *fortran = "False") {
  return "{'descr': '" + descr + "', 'fortran_order': " + fortran + ", 'shape': " + shape + ", }";
}

/// What reading these bytes says.
std::string readError(const std::string &bytes) {
  TestFile file(bytes);
  rondo_array array;
  rondo_error error;
  rondo_status status = rondo_read_npy(file.name(), &array, &error);
  if (status == RONDO_OK)
    rondo_array_free(&array);
  return message(status, error);
}

struct Array {
  explicit Array(const std::string &bytes) {
    TestFile file(bytes);
    rondo_error error;
    rondo_status status = rondo_read_npy(file.name(), &array, &error);
    EXPECT_EQ(message(status, error), "no error");
    EXPECT_EQ(reinterpret_cast<uintptr_t>(array.data) % RONDO_ALIGNMENT, 0u);
  }
  ~Array() { rondo_array_free(&array); }
  template <typename T> T at(int i) const { return static_cast<const T *>(array.data)[i]; }
  rondo_array array;
};

const std::string six("\1\0\0\0\2\0\0\0\3\0\0\0\4\0\0\0\5\0\0\0\6\0\0\0", 24);

TEST(Npy, ReadsAllVersions) {
  for (int version : {1, 2, 3}) {
    Array a(npy(header("<i4", "(2, 3)"), six, version));
    EXPECT_EQ(a.array.dtype, RONDO_I32);
    ASSERT_EQ(a.array.rank, 2u);
    EXPECT_EQ(a.array.shape[1], 3);
    EXPECT_EQ(a.at<int32_t>(5), 6);
  }
}

TEST(Npy, MapsAlignedDataAndCopiesOther) {
  std::string padded = header("<i4", "(2, 3)");
  padded.resize(128 - 10, ' ');
  EXPECT_NE(Array(npy(padded, six)).array.mapping, nullptr);
  EXPECT_EQ(Array(npy(padded + " ", six)).array.mapping, nullptr);
}

TEST(Npy, ReadsFortranOrderAndBigEndian) {
  Array fortran(npy(header("<i4", "(2, 3)", "True"), six));
  const int32_t expected[] = {1, 3, 5, 2, 4, 6};
  for (int i = 0; i < 6; ++i)
    EXPECT_EQ(fortran.at<int32_t>(i), expected[i]);
  Array big(npy(header(">i2", "(1,)").replace(13, 1, "4"), std::string("\0\0\1\2", 4)));
  EXPECT_EQ(big.at<int32_t>(0), 258);
  Array both(npy(header(">i8", "(1, 1, 2)", "True"), std::string("\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\2", 16)));
  EXPECT_EQ(both.at<int64_t>(1), 2);
}

TEST(Npy, ReadsEmptyAndRankZero) {
  Array scalar(npy(header("<f8", "()"), std::string("\0\0\0\0\0\0\xf8\x3f", 8)));
  EXPECT_EQ(scalar.array.rank, 0u);
  EXPECT_EQ(scalar.at<double>(0), 1.5);
  Array empty(npy(header("<f4", "(3, 0, 9223372036854775807)", "True"), ""));
  EXPECT_EQ(empty.array.bytes, 0u);
  EXPECT_NE(empty.array.data, nullptr);
}

TEST(Npy, NormalisesBooleans) {
  Array truths(npy(header("|b1", "(3,)"), std::string("\0\1\x7f", 3)));
  EXPECT_EQ(truths.at<uint8_t>(2), 1);
}

TEST(Npy, AcceptsWhatPythonAccepts) {
  Array a(npy("{ \"shape\" :(2,3,),'descr':\"=i4\" ,'fortran_order':False}  \n", six));
  EXPECT_EQ(a.at<int32_t>(1), 2);
  EXPECT_EQ(Array(npy(header("<i4", "(2L, 3L)"), six)).array.shape[1], 3); // Python 2's long
}

TEST(Npy, RefusesEveryTruncationAndAddition) {
  for (int version : {1, 2}) {
    const std::string whole = npy(header("<i4", "(2, 3)"), six, version);
    for (size_t n = 0; n < whole.size(); ++n)
      EXPECT_NE(readError(whole.substr(0, n)), "no error") << n;
    EXPECT_CONTAINS(readError(whole + "x"), "bytes follow the last element");
    EXPECT_EQ(readError(whole), "no error");
  }
}

TEST(Npy, SurvivesEveryChangedByteOfTheHeader) {
  const std::string whole = npy(header("<i4", "(2, 3)"), six);
  for (size_t i = 0; i < whole.size() - six.size(); ++i)
    for (int value = 0; value < 256; ++value) {
      std::string changed = whole;
      changed[i] = char(value);
      readError(changed); // must not crash; whether it is legal depends
    }
}

TEST(Npy, NamesWhatIsWrong) {
  EXPECT_CONTAINS(readError("not at all"), "not a .npy file");
  EXPECT_CONTAINS(readError(npy(header("<i4", "(2, 3)"), six, 4)), "version 4.0");
  EXPECT_CONTAINS(readError(npy(header("<u2", "(3,)"), six)), "uint16");
  EXPECT_CONTAINS(readError(npy(header("<U4", "(3,)"), six)), "'<U4' are not supported");
  EXPECT_CONTAINS(readError(npy(header("|f4", "(3,)"), six)), "'|f4' are not supported");
  EXPECT_CONTAINS(readError(npy("{'descr': [('a', '<i4')], 'fortran_order': False, 'shape': (6,), }", six)),
                  "structured");
  EXPECT_CONTAINS(readError(npy(header("<i4", "(7,)"), six)), "cut short");
  EXPECT_CONTAINS(readError(npy(header("<i4", "(4611686018427387904, 4)"), six)), "larger than memory");
  EXPECT_CONTAINS(readError(npy(header("<i4", "(99999999999999999999,)"), six)), "too long");
  EXPECT_CONTAINS(readError(npy(header("<i4", "(-2, -3)"), six)), "no size");
  EXPECT_CONTAINS(readError(npy(header("<i4", "(2 3)"), six)), "no tuple");
  EXPECT_CONTAINS(readError(npy(header("<i4", "(6)"), six)), "no tuple");
  EXPECT_CONTAINS(readError(npy(header("<i4", "(06,)"), six)), "no size");
  EXPECT_CONTAINS(readError(npy(header("<i4", "(6,)", "true"), six)), "neither True nor False");
  EXPECT_CONTAINS(readError(npy("{'descr': '<i4', 'shape': (6,), }", six)), "is missing");
  EXPECT_CONTAINS(readError(npy("{'descr': '<i4', 'descr': '<i4', }", six)), "stands twice");
  EXPECT_CONTAINS(readError(npy(header("<i4", "(6,)") + "x", six)), "more than a dictionary");
  std::string deep = "(";
  for (int i = 0; i < 40; ++i)
    deep += "1, ";
  EXPECT_CONTAINS(readError(npy(header("<i4", deep + ")"), six)), "too many axes");
}

TEST(Npy, RefusesWhatIsNoFile) {
  rondo_array array;
  rondo_error error;
  EXPECT_EQ(rondo_read_npy("/nonexistent/x.npy", &array, &error), RONDO_ERROR_FILE);
  EXPECT_EQ(rondo_read_npy(testing::TempDir().c_str(), &array, &error), RONDO_ERROR_FILE);
  EXPECT_CONTAINS(error.message, "directory");
  EXPECT_EQ(rondo_read_npy("/dev/null", &array, &error), RONDO_ERROR_FORMAT);
  EXPECT_EQ(rondo_read_npy("/dev/zero", &array, &error), RONDO_ERROR_FILE);
  EXPECT_CONTAINS(error.message, "not a regular file");
}

TEST(Npy, WritesWhatItReads) {
  const int64_t shape[] = {2, 3};
  for (uint32_t rank : {0u, 1u, 2u})
    for (uint32_t dtype = RONDO_F32; dtype <= RONDO_BOOL; ++dtype) {
      rondo_array array, back;
      rondo_error error;
      ASSERT_EQ(rondo_array_make(&array, dtype, rank, shape, &error), RONDO_OK);
      if (dtype != RONDO_BF16 && array.bytes)
        static_cast<char *>(array.data)[0] = 1;
      TestFile file;
      ASSERT_EQ(rondo_write_npy(file.name(), &array, &error), RONDO_OK) << error.message;
      ASSERT_EQ(rondo_read_npy(file.name(), &back, &error), RONDO_OK) << error.message;
      EXPECT_NE(back.mapping, nullptr);
      EXPECT_EQ(back.dtype, dtype == RONDO_BF16 ? RONDO_F32 : dtype);
      EXPECT_EQ(back.rank, rank);
      if (dtype != RONDO_BF16)
        EXPECT_EQ(0, std::memcmp(back.data, array.data, array.bytes));
      rondo_array_free(&array);
      rondo_array_free(&back);
    }
}

TEST(Npy, LeavesNothingBehindWhenItCannotWrite) {
  const int64_t shape[] = {3};
  rondo_array array;
  rondo_error error;
  ASSERT_EQ(rondo_array_make(&array, RONDO_F32, 1, shape, &error), RONDO_OK);
  EXPECT_EQ(rondo_write_npy("/nonexistent/x.npy", &array, &error), RONDO_ERROR_FILE);
  const std::string folder = testing::TempDir();
  EXPECT_EQ(rondo_write_npy((folder + "/.").c_str(), &array, &error), RONDO_ERROR_FILE);
  rondo_array_free(&array);
}

} // namespace
