// The checked call.
#include "FakeModel.h"
#include "TestFile.h"

using namespace rondo_test;

namespace {

/// Tensors for `forward` of the fake model with B = 2, T = 3, which a test spoils one by one.
class Call : public testing::Test {
protected:
  void SetUp() override {
    rondo_error error;
    ASSERT_EQ(rondo_draw_weights(&fake_model, 1, prepared, &error), RONDO_OK);
    for (int i = 0; i < 6; ++i)
      indices[i] = i % 4;
    x = tensor(indices, RONDO_I64, xShape, 2);
    y = tensor(logits, RONDO_F32, yShape, 3);
    next = tensor(nexts, RONDO_I64, nextShape, 2);
  }

  static DLTensor tensor(void *data, uint32_t dtype, int64_t *shape, int rank) {
    DLTensor view = {};
    view.data = data;
    view.device.device_type = kDLCPU;
    view.ndim = rank;
    view.dtype = rondo_dtype_dlpack(dtype);
    view.shape = shape;
    return view;
  }

  std::string call() {
    const DLTensor *args[] = {&x};
    DLTensor *results[] = {&y, &next};
    status = rondo_call(&fake_model, &fake_model.entries[0], nullptr, args, results, nullptr, blob, scratch,
                        scratchBytes, &error);
    return message(status, error);
  }

  alignas(64) int64_t indices[16] = {};
  alignas(64) float logits[32] = {};
  alignas(64) int64_t nexts[16] = {};
  alignas(64) float prepared[32] = {};
  alignas(64) char scratchMemory[128] = {};
  int64_t xShape[2] = {2, 3}, yShape[3] = {2, 3, 3}, nextShape[2] = {2, 3};
  DLTensor x, y, next;
  const void *blob = prepared;
  void *scratch = scratchMemory;
  uint64_t scratchBytes = 64;
  rondo_status status;
  rondo_error error;
};

TEST_F(Call, Runs) {
  EXPECT_EQ(call(), "no error");
  EXPECT_EQ(nexts[3], 0);
  EXPECT_EQ(logits[0], 2 * prepared[0] + prepared[12]);
}

TEST_F(Call, ReportsAFailedCheckWithItsPlace) {
  indices[4] = 4;
  EXPECT_EQ(call(), "index out of range");
  EXPECT_EQ(status, RONDO_ERROR_CHECK);
  EXPECT_STREQ(error.file, "fake.rondo");
  EXPECT_EQ(error.line, 7u);
  EXPECT_EQ(error.column, 12u);
}

TEST_F(Call, ChecksTypeRankAndSizes) {
  x.dtype = rondo_dtype_dlpack(RONDO_I32);
  EXPECT_CONTAINS(call(), "x has another element type than i64");
  x.dtype = rondo_dtype_dlpack(RONDO_I64);
  x.ndim = 1;
  EXPECT_CONTAINS(call(), "x has rank 1");
  x.ndim = 2;
  yShape[1] = 4;
  EXPECT_EQ(
      call(),
      "result 0 is f32[2, 4, 3], the entry point wants f32[2, 3, 3] (B = 2 is axis 0 of x, T = 3 is axis "
      "1 of x)");
  yShape[1] = 3;
  xShape[0] = -2;
  EXPECT_CONTAINS(call(), "B is -2");
  xShape[0] = int64_t(1) << 62;
  EXPECT_CONTAINS(call(), "larger than memory can be");
  xShape[0] = 2;
  x.shape = nullptr;
  EXPECT_CONTAINS(call(), "x has rank 2");
  x.shape = xShape;
  x.device.device_type = kDLCUDA;
  EXPECT_CONTAINS(call(), "not in host memory");
}

TEST_F(Call, RefusesEveryWrongTensor) {
  using Spoil = void (*)(DLTensor &);
  const std::pair<const char *, Spoil> wrong[] = {
      {"element type", [](DLTensor &t) { t.dtype.code = kDLComplex; }},
      {"element type", [](DLTensor &t) { t.dtype.bits = 16; }},
      {"element type", [](DLTensor &t) { t.dtype.bits = 0; }},
      {"element type", [](DLTensor &t) { t.dtype.lanes = 4; }},
      {"element type", [](DLTensor &t) { t.dtype.lanes = 0; }},
      {"has rank 0", [](DLTensor &t) { t.ndim = 0; }},
      {"has rank -1", [](DLTensor &t) { t.ndim = -1; }},
      {"has rank 2147483647", [](DLTensor &t) { t.ndim = INT32_MAX; }},
      {"rank", [](DLTensor &t) { t.shape = nullptr; }},
      {"not in host memory", [](DLTensor &t) { t.device.device_type = kDLCUDA; }},
      {"not in host memory", [](DLTensor &t) { t.device.device_type = static_cast<DLDeviceType>(77); }},
      {"NULL", [](DLTensor &t) { t.data = nullptr; }},
      {"aligned", [](DLTensor &t) { t.byte_offset = 1; }},
      {"aligned", [](DLTensor &t) { t.byte_offset = UINT64_MAX; }},
      {"dense",
       [](DLTensor &t) {
         static int64_t zeros[3] = {};
         t.strides = zeros;
       }},
      {"dense",
       [](DLTensor &t) {
         static int64_t backwards[3] = {-9, -3, -1};
         t.strides = backwards;
       }},
      {"dense",
       [](DLTensor &t) {
         static int64_t huge[3] = {INT64_MAX, INT64_MAX, INT64_MAX};
         t.strides = huge;
       }},
  };
  for (DLTensor *tensor : {&x, &y, &next})
    for (auto [text, spoil] : wrong) {
      const DLTensor before = *tensor;
      spoil(*tensor);
      EXPECT_CONTAINS(call(), text);
      EXPECT_EQ(status, RONDO_ERROR_ARGUMENT);
      *tensor = before;
    }
  EXPECT_EQ(call(), "no error");
  const DLTensor *args[] = {nullptr};
  DLTensor *results[] = {&y, nullptr};
  EXPECT_EQ(rondo_call(&fake_model, &fake_model.entries[0], nullptr, args, results, nullptr, blob, scratch,
                       64, &error),
            RONDO_ERROR_ARGUMENT);
  EXPECT_STREQ(error.message, "x is NULL");
  args[0] = &x;
  EXPECT_EQ(rondo_call(&fake_model, &fake_model.entries[0], nullptr, args, results, nullptr, blob, scratch,
                       64, &error),
            RONDO_ERROR_ARGUMENT);
  EXPECT_STREQ(error.message, "result 1 is NULL");
}

TEST_F(Call, ChecksLayout) {
  int64_t strides[] = {1, 2};
  x.strides = strides;
  EXPECT_CONTAINS(call(), "x is not dense");
  strides[0] = 3;
  strides[1] = 1;
  EXPECT_EQ(call(), "no error");
  x.strides = nullptr;
  x.byte_offset = 8;
  EXPECT_CONTAINS(call(), "x is not aligned to 64 bytes");
  x.byte_offset = 64;
  EXPECT_EQ(call(), "no error");
  x.data = nullptr;
  EXPECT_CONTAINS(call(), "the data of x is NULL");
}

TEST_F(Call, ChecksMemory) {
  scratchBytes = 63;
  EXPECT_EQ(call(), "scratch has 63 bytes, this call needs 64");
  scratchBytes = 64;
  scratch = scratchMemory + 8;
  EXPECT_EQ(call(), "scratch is not aligned");
  scratch = nullptr;
  EXPECT_EQ(call(), "scratch is NULL");
  scratch = scratchMemory;
  blob = nullptr;
  EXPECT_CONTAINS(call(), "prepared weights is NULL");
}

TEST_F(Call, ChecksOverlap) {
  next.data = indices;
  EXPECT_CONTAINS(call(), "result 1 overlaps");
  next.data = logits;
  EXPECT_CONTAINS(call(), "result 1 overlaps");
  next.data = scratchMemory;
  EXPECT_CONTAINS(call(), "result 1 overlaps");
  next.data = prepared;
  EXPECT_CONTAINS(call(), "result 1 overlaps");
  next.data = nexts;
  scratch = indices;
  EXPECT_CONTAINS(call(), "scratch overlaps");
  scratch = prepared;
  EXPECT_CONTAINS(call(), "scratch overlaps");
}

TEST_F(Call, TakesEmptyTensorsAnywhere) {
  xShape[1] = yShape[1] = nextShape[1] = 0;
  x.data = y.data = next.data = nullptr;
  EXPECT_EQ(call(), "no error");
}

TEST_F(Call, ChecksTheModelsVersion) {
  rondo_model other = fake_model;
  other.abi_version = 99;
  EXPECT_EQ(
      rondo_call(&other, &other.entries[0], nullptr, nullptr, nullptr, nullptr, nullptr, nullptr, 0, &error),
      RONDO_ERROR_VERSION);
  EXPECT_CONTAINS(error.message, "version 99");
  EXPECT_EQ(rondo_check_model(nullptr, nullptr), RONDO_ERROR_ARGUMENT);
  EXPECT_EQ(rondo_call(&fake_model, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr, 0, &error),
            RONDO_ERROR_ARGUMENT);
}

TEST_F(Call, RefusesNegativeSizesOfResults) {
  const rondo_entry *window = rondo_find_entry(&fake_model, "window");
  const int64_t dims[] = {2};
  int64_t sizes[2];
  EXPECT_EQ(rondo_sizes(&fake_model, window, dims, sizes, &error), RONDO_ERROR_ARGUMENT);
  EXPECT_EQ(std::string(error.message), "result 0 would have the size -1 on axis 0 (T = 2 is axis 0 of x)");
}

TEST_F(Call, TellsACheckOfSizesBeforeAnythingElse) {
  const rondo_entry *stop = rondo_find_entry(&fake_model, "stop");
  const int64_t dims[] = {5, 4};
  int64_t sizes[3];
  EXPECT_EQ(rondo_sizes(&fake_model, stop, dims, sizes, &error), RONDO_ERROR_CHECK);
  EXPECT_STREQ(error.message, "n must be odd");
  EXPECT_EQ(error.line, 9u);
}

/// Calls of `stop` with T = 5, whose result has a length that only the call finds out, defaults and a state.
class Stop : public testing::Test {
protected:
  Stop() {
    for (int i = 0; i < 2; ++i)
      results[i] = &views[i];
    x = view(elements, RONDO_F32, xShape, 1);
    views[0] = view(some, RONDO_F32, someShape, 1);
    views[1] = view(&calls, RONDO_I64, nullptr, 0);
  }

  static DLTensor view(void *data, uint32_t dtype, int64_t *shape, int rank) {
    return {data, {kDLCPU, 0}, rank, rondo_dtype_dlpack(dtype), shape, nullptr, 0};
  }

  rondo_status reset() {
    const int64_t dims[] = {5, 3};
    return rondo_reset(&fake_model, entry, dims, states, prepared, scratch, sizeof scratch, &error);
  }
  rondo_status call(const int64_t *numbers, const DLTensor *limit) {
    someShape[0] = 5;
    const DLTensor *args[] = {&x, limit};
    return rondo_call(&fake_model, entry, numbers, args, results, states, prepared, scratch, sizeof scratch,
                      &error);
  }

  const rondo_entry *entry = rondo_find_entry(&fake_model, "stop");
  alignas(64) float elements[5] = {1, 1, 2, 3, 1};
  alignas(64) float some[5] = {};
  alignas(64) int64_t calls = 0;
  alignas(64) int64_t state[3] = {};
  alignas(64) char scratch[64] = {};
  alignas(64) char prepared[64] = {};
  int64_t xShape[1] = {5}, someShape[1] = {5};
  DLTensor x, views[2], *results[2];
  void *states[1] = {state};
  rondo_error error;
};

TEST_F(Stop, TellsTheLengthThatACallFindsOut) {
  ASSERT_EQ(reset(), RONDO_OK);
  ASSERT_EQ(call(nullptr, nullptr), RONDO_OK) << error.message;
  EXPECT_EQ(someShape[0], 3);
  alignas(64) float two = 2;
  DLTensor limit = view(&two, RONDO_F32, nullptr, 0);
  ASSERT_EQ(call(nullptr, &limit), RONDO_OK) << error.message;
  EXPECT_EQ(someShape[0], 4);
  // It has room for the most before each call.
  const DLTensor *args[] = {&x, nullptr};
  EXPECT_EQ(rondo_call(&fake_model, entry, nullptr, args, results, states, prepared, scratch, 64, &error),
            RONDO_ERROR_ARGUMENT);
  EXPECT_CONTAINS(error.message, "result 0 is f32[4], the entry point wants f32[5]");
}

TEST_F(Stop, KeepsStates) {
  uint64_t bytes;
  const int64_t dims[] = {5, 3}, numbers[] = {0, 1};
  ASSERT_EQ(rondo_state_bytes(&fake_model, entry, dims, &bytes, &error), RONDO_OK);
  EXPECT_EQ(bytes, sizeof state);
  ASSERT_EQ(reset(), RONDO_OK);
  ASSERT_EQ(call(nullptr, nullptr), RONDO_OK);
  ASSERT_EQ(call(numbers, nullptr), RONDO_OK);
  EXPECT_EQ(calls, 12);
  EXPECT_EQ(state[0], 12);
  EXPECT_EQ(state[1], 11);
}

TEST_F(Stop, ChecksStates) {
  states[0] = nullptr;
  EXPECT_EQ(reset(), RONDO_ERROR_ARGUMENT);
  EXPECT_CONTAINS(error.message, "the memory of the state `calls` is NULL");
  states[0] = reinterpret_cast<char *>(state) + 8;
  EXPECT_EQ(call(nullptr, nullptr), RONDO_ERROR_ARGUMENT);
  EXPECT_CONTAINS(error.message, "the memory of the state `calls` is not aligned");
  states[0] = some;
  EXPECT_EQ(call(nullptr, nullptr), RONDO_ERROR_ARGUMENT);
  EXPECT_CONTAINS(error.message, "state calls overlaps other memory of the call");
}

TEST_F(Call, WantsNumbersOfIntArguments) {
  const rondo_entry *mix = rondo_find_entry(&fake_model, "mix");
  const DLTensor *args[8];
  for (const DLTensor *&arg : args)
    arg = &x;
  DLTensor *results[8] = {};
  EXPECT_EQ(rondo_call(&fake_model, mix, nullptr, args, results, nullptr, blob, scratch, 64, &error),
            RONDO_ERROR_ARGUMENT);
  EXPECT_CONTAINS(error.message, "no value is given for n");
}

} // namespace
