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
static int32_t forward_shapes(const int64_t *dims, int64_t *sizes) {
  const int64_t all[] = {dims[0], dims[1], dims[0], dims[1], 3, dims[0], dims[1]};
  memcpy(sizes, all, sizeof all);
  return 0;
}

static int32_t forward(const int64_t *dims, int64_t *sizes, const void *const *args, void *const *results,
                       void *const *states, const void *prepared, void *scratch_memory) {
  const int64_t *x = args[0];
  const float *weights = prepared; /* emb, bias, scale */
  float *y = results[0];
  int64_t *next = results[1];
  int32_t *status = scratch_memory;
  (void)sizes;
  (void)states;
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
static int32_t mix_shapes(const int64_t *dims, int64_t *sizes) {
  for (int i = 0; i < 14; ++i)
    sizes[i] = dims[1];
  sizes[14] = dims[0];
  return 0;
}

static int32_t mix(const int64_t *dims, int64_t *sizes, const void *const *args, void *const *results,
                   void *const *states, const void *prepared, void *scratch_memory) {
  static const size_t bytes[] = {8, 2, 2, 4, 1, 1, 1};
  (void)sizes;
  (void)states;
  (void)prepared;
  (void)scratch_memory;
  for (int i = 0; i < 7; ++i)
    copy(results[i], args[i], bytes[i] * (size_t)dims[1]);
  for (int64_t i = 0; i < dims[0]; ++i)
    ((float *)results[7])[i] = *(const float *)args[7];
  return 0;
}

/* window; dim T */
static int32_t window_shapes(const int64_t *dims, int64_t *sizes) {
  sizes[0] = dims[0];
  sizes[1] = dims[0] - 3;
  return 0;
}

static int32_t window(const int64_t *dims, int64_t *sizes, const void *const *args, void *const *results,
                      void *const *states, const void *prepared, void *scratch_memory) {
  (void)sizes;
  (void)states;
  (void)prepared;
  (void)scratch_memory;
  copy(results[0], (const float *)args[0] + 3, sizeof(float) * (size_t)(dims[0] - 3));
  return 0;
}

/* pair; dims T, B */
static int32_t pair_shapes(const int64_t *dims, int64_t *sizes) {
  const int64_t all[] = {dims[0], dims[1], dims[1], 2, dims[1], 2};
  memcpy(sizes, all, sizeof all);
  return 0;
}

static int32_t pair(const int64_t *dims, int64_t *sizes, const void *const *args, void *const *results,
                    void *const *states, const void *prepared, void *scratch_memory) {
  (void)sizes;
  (void)states;
  (void)prepared;
  (void)scratch_memory;
  copy(results[0], args[1], sizeof(float) * 2 * (size_t)dims[1]);
  *(float *)results[1] = (float)(dims[0] * dims[1]);
  return 0;
}

/* stop; dims T, n */
static int32_t stop_shapes(const int64_t *dims, int64_t *sizes) {
  const int64_t all[] = {dims[0], dims[0], dims[1]};
  memcpy(sizes, all, sizeof all);
  return dims[1] % 2 == 1 ? 0 : 2;
}

static int32_t stop(const int64_t *dims, int64_t *sizes, const void *const *args, void *const *results,
                    void *const *states, const void *prepared, void *scratch_memory) {
  const float *x = args[0], limit = *(const float *)args[1];
  int64_t *calls = states[0], done = 0;
  (void)prepared;
  (void)scratch_memory;
  for (int64_t more = 1; more && done < dims[0]; ++done) {
    ((float *)results[0])[done] = x[done];
    more = x[done] <= limit;
  }
  for (int64_t i = 0; i < sizes[2]; ++i)
    ++calls[i];
  *(int64_t *)results[1] = calls[0];
  sizes[1] = done;
  return 0;
}

static int32_t stop_reset(const int64_t *dims, void *const *states, const void *prepared,
                          void *scratch_memory) {
  (void)prepared;
  (void)scratch_memory;
  for (int64_t i = 0; i < dims[1]; ++i)
    ((int64_t *)states[0])[i] = 10;
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

static const rondo_dim_info forward_dims[] = {{"B", 0, 0, 0, 0}, {"T", 0, 1, 0, 0}};
static const rondo_value_info forward_args[] = {{"x", RONDO_I64, 2, 0, 0, NULL}};
static const rondo_value_info forward_results[] = {{"0", RONDO_F32, 3, 2, 0, NULL},
                                                   {"1", RONDO_I64, 2, 5, 0, NULL}};

static const rondo_dim_info mix_dims[] = {{"n", -1, 0, 0, 0}, {"T", 0, 0, 0, 0}};
static const rondo_value_info mix_args[] = {
    {"a", RONDO_F64, 1, 0, 0, NULL},  {"h", RONDO_F16, 1, 1, 0, NULL},   {"g", RONDO_BF16, 1, 2, 0, NULL},
    {"k", RONDO_I32, 1, 3, 0, NULL},  {"q", RONDO_I8, 1, 4, 0, NULL},    {"u", RONDO_U8, 1, 5, 0, NULL},
    {"m", RONDO_BOOL, 1, 6, 0, NULL}, {"temp", RONDO_F32, 0, 7, 0, NULL}};
static const rondo_value_info mix_results[] = {
    {"0", RONDO_F64, 1, 7, 0, NULL},   {"1", RONDO_F16, 1, 8, 0, NULL}, {"2", RONDO_BF16, 1, 9, 0, NULL},
    {"3", RONDO_I32, 1, 10, 0, NULL},  {"4", RONDO_I8, 1, 11, 0, NULL}, {"5", RONDO_U8, 1, 12, 0, NULL},
    {"6", RONDO_BOOL, 1, 13, 0, NULL}, {"7", RONDO_F32, 1, 14, 0, NULL}};

static const rondo_dim_info window_dims[] = {{"T", 0, 0, 0, 0}};
static const rondo_value_info window_args[] = {{"x", RONDO_F32, 1, 0, 0, NULL}};
static const rondo_value_info window_results[] = {{"0", RONDO_F32, 1, 1, 0, NULL}};

static const rondo_dim_info pair_dims[] = {{"T", 0, 0, 0, 0}, {"B", 0, 1, 0, 0}};
static const rondo_value_info pair_args[] = {{"x", RONDO_F32, 2, 0, 0, NULL},
                                             {"h", RONDO_F32, 2, 2, 0, NULL}};
static const rondo_value_info pair_results[] = {{"0", RONDO_F32, 2, 4, 0, NULL},
                                                {"1", RONDO_F32, 0, 6, 0, NULL}};

static _Alignas(RONDO_ALIGNMENT) const float stop_limit = 1.5f;
static const rondo_dim_info stop_dims[] = {{"T", 0, 0, 0, 0}, {"n", -1, 0, 1, 3}};
static const rondo_value_info stop_args[] = {{"x", RONDO_F32, 1, 0, 0, NULL},
                                             {"limit", RONDO_F32, 0, 1, 0, &stop_limit}};
static const rondo_value_info stop_results[] = {{"0", RONDO_F32, 1, 1, 1, NULL},
                                                {"1", RONDO_I64, 0, 2, 0, NULL}};
static const uint32_t stop_states[] = {1};

static const rondo_entry entries[] = {
    {"forward", 2, 1, 2, 0, 7, forward_dims, forward_args, forward_results, NULL, forward_shapes, scratch,
     forward, NULL},
    {"mix", 2, 8, 8, 0, 15, mix_dims, mix_args, mix_results, NULL, mix_shapes, scratch, mix, NULL},
    {"window", 1, 1, 1, 0, 2, window_dims, window_args, window_results, NULL, window_shapes, scratch, window,
     NULL},
    {"pair", 2, 2, 2, 0, 6, pair_dims, pair_args, pair_results, NULL, pair_shapes, scratch, pair, NULL},
    {"stop", 2, 2, 2, 1, 3, stop_dims, stop_args, stop_results, stop_states, stop_shapes, scratch, stop,
     stop_reset},
};

static const int64_t emb_shape[] = {4, 3}, bias_shape[] = {3};
static const rondo_param_info params[] = {
    {"emb.weight", RONDO_F32, 2, emb_shape, RONDO_INIT_NORMAL, 0.0, 1.0, 2},
    {"fc.bias", RONDO_F32, 1, bias_shape, RONDO_INIT_UNIFORM, -0.5, 0.5, -1},
    {"scale", RONDO_F32, 0, NULL, RONDO_INIT_CONSTANT, 2.0, 0.0, -1},
};
static const rondo_state_info states[] = {{"other", RONDO_F32, 2}, {"calls", RONDO_I64, 1}};
static const rondo_check_info checks[] = {{"fake.rondo", 7, 12, "index out of range"},
                                          {"fake.rondo", 9, 3, "n must be odd"}};

const rondo_model fake_model = {
    RONDO_ABI_VERSION, 5, 3, 2, 2, "Fake", entries, params, states, checks, 64, 64, 1, prepare, NULL};
const rondo_model fake_single_model = {
    RONDO_ABI_VERSION, 1, 0, 0, 0, "Single", &entries[2], NULL, NULL, NULL, 0, 0, 1, NULL, NULL};
