#include "FakeModel.h"

#include <stddef.h>
#include <string.h>

static uint64_t scratch(const int64_t *dims) {
  (void)dims;
  return RONDO_STATUS_BYTES;
}

static void copy(void *to, const void *from, size_t bytes) {
  if (bytes)
    memcpy(to, from, bytes);
}

/* forward; dims B, T */
static void forward_shapes(const int64_t *dims, int64_t *sizes) {
  const int64_t all[] = {dims[0], dims[1], dims[0], dims[1], 3, dims[0], dims[1]};
  memcpy(sizes, all, sizeof all);
}

static int32_t forward(const int64_t *dims, const void *const *args, void *const *results,
                       const void *prepared, void *scratch_memory) {
  const int64_t *x = args[0];
  const float *weights = prepared; /* emb, bias, scale */
  float *y = results[0];
  int64_t *next = results[1];
  int32_t *status = scratch_memory;
  *status = 0;
  for (int64_t i = 0; i < dims[0] * dims[1]; ++i) {
    int64_t row = x[i];
    if (row < 0 || row > 3) {
      *status = 1;
      row = 0;
    }
    for (int64_t j = 0; j < 3; ++j)
      y[3 * i + j] = weights[15] * weights[3 * row + j] + weights[12 + j];
    next[i] = (row + 1) % 4;
  }
  return *status;
}

/* mix; dims n, T */
static void mix_shapes(const int64_t *dims, int64_t *sizes) {
  for (int i = 0; i < 14; ++i)
    sizes[i] = dims[1];
  sizes[14] = dims[0];
}

static int32_t mix(const int64_t *dims, const void *const *args, void *const *results, const void *prepared,
                   void *scratch_memory) {
  static const size_t bytes[] = {8, 2, 2, 4, 1, 1, 1};
  (void)prepared;
  (void)scratch_memory;
  for (int i = 0; i < 7; ++i)
    copy(results[i], args[i], bytes[i] * (size_t)dims[1]);
  for (int64_t i = 0; i < dims[0]; ++i)
    ((float *)results[7])[i] = *(const float *)args[7];
  return 0;
}

/* window; dim T */
static void window_shapes(const int64_t *dims, int64_t *sizes) {
  sizes[0] = dims[0];
  sizes[1] = dims[0] - 3;
}

static int32_t window(const int64_t *dims, const void *const *args, void *const *results,
                      const void *prepared, void *scratch_memory) {
  (void)prepared;
  (void)scratch_memory;
  copy(results[0], (const float *)args[0] + 3, sizeof(float) * (size_t)(dims[0] - 3));
  return 0;
}

/* pair; dims T, B */
static void pair_shapes(const int64_t *dims, int64_t *sizes) {
  const int64_t all[] = {dims[0], dims[1], dims[1], 2, dims[1], 2};
  memcpy(sizes, all, sizeof all);
}

static int32_t pair(const int64_t *dims, const void *const *args, void *const *results, const void *prepared,
                    void *scratch_memory) {
  (void)prepared;
  (void)scratch_memory;
  copy(results[0], args[1], sizeof(float) * 2 * (size_t)dims[1]);
  *(float *)results[1] = (float)(dims[0] * dims[1]);
  return 0;
}

static int32_t prepare(const void *const *params, void *prepared, void *scratch_memory) {
  float *to = prepared;
  (void)scratch_memory;
  memcpy(to, params[0], 12 * sizeof *to);
  memcpy(to + 12, params[1], 3 * sizeof *to);
  memcpy(to + 15, params[2], sizeof *to);
  return 0;
}

static const rondo_dim_info forward_dims[] = {{"B", 0, 0}, {"T", 0, 1}};
static const rondo_value_info forward_args[] = {{"x", RONDO_I64, 2, 0}};
static const rondo_value_info forward_results[] = {{"0", RONDO_F32, 3, 2}, {"1", RONDO_I64, 2, 5}};

static const rondo_dim_info mix_dims[] = {{"n", -1, 0}, {"T", 0, 0}};
static const rondo_value_info mix_args[] = {
    {"a", RONDO_F64, 1, 0}, {"h", RONDO_F16, 1, 1}, {"g", RONDO_BF16, 1, 2}, {"k", RONDO_I32, 1, 3},
    {"q", RONDO_I8, 1, 4},  {"u", RONDO_U8, 1, 5},  {"m", RONDO_BOOL, 1, 6}, {"temp", RONDO_F32, 0, 7}};
static const rondo_value_info mix_results[] = {
    {"0", RONDO_F64, 1, 7}, {"1", RONDO_F16, 1, 8}, {"2", RONDO_BF16, 1, 9},  {"3", RONDO_I32, 1, 10},
    {"4", RONDO_I8, 1, 11}, {"5", RONDO_U8, 1, 12}, {"6", RONDO_BOOL, 1, 13}, {"7", RONDO_F32, 1, 14}};

static const rondo_dim_info window_dims[] = {{"T", 0, 0}};
static const rondo_value_info window_args[] = {{"x", RONDO_F32, 1, 0}};
static const rondo_value_info window_results[] = {{"0", RONDO_F32, 1, 1}};

static const rondo_dim_info pair_dims[] = {{"T", 0, 0}, {"B", 0, 1}};
static const rondo_value_info pair_args[] = {{"x", RONDO_F32, 2, 0}, {"h", RONDO_F32, 2, 2}};
static const rondo_value_info pair_results[] = {{"0", RONDO_F32, 2, 4}, {"1", RONDO_F32, 0, 6}};

static const rondo_entry entries[] = {
    {"forward", 2, 1, 2, 7, forward_dims, forward_args, forward_results, forward_shapes, scratch, forward},
    {"mix", 2, 8, 8, 15, mix_dims, mix_args, mix_results, mix_shapes, scratch, mix},
    {"window", 1, 1, 1, 2, window_dims, window_args, window_results, window_shapes, scratch, window},
    {"pair", 2, 2, 2, 6, pair_dims, pair_args, pair_results, pair_shapes, scratch, pair},
};

static const int64_t emb_shape[] = {4, 3}, bias_shape[] = {3};
static const rondo_param_info params[] = {
    {"emb.weight", RONDO_F32, 2, emb_shape, RONDO_INIT_NORMAL, 0.0, 1.0},
    {"fc.bias", RONDO_F32, 1, bias_shape, RONDO_INIT_UNIFORM, -0.5, 0.5},
    {"scale", RONDO_F32, 0, NULL, RONDO_INIT_CONSTANT, 2.0, 0.0},
};
static const rondo_check_info checks[] = {{"fake.rondo", 7, 12, "index out of range"}};

const rondo_model fake_model = {
    RONDO_ABI_VERSION, 4, 3, 1, "Fake", entries, params, checks, 64, 64, 1, prepare};
const rondo_model fake_single_model = {
    RONDO_ABI_VERSION, 1, 0, 0, "Single", &entries[2], NULL, NULL, 0, 0, 1, NULL};
