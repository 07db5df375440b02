/* From a weights file, or from a seed, to the prepared blob. */
#include "array.h"
#include "dtype.h"
#include "error.h"
#include "philox.h"
#include "suggest.h"

#include <stdlib.h>
#include <string.h>

/* The weights on their way to `prepare`: owned[i] is params[i] where it had to be copied. */
typedef struct weights {
  const void **params;
  void **owned;
  uint32_t count;
} weights;

static rondo_status open_weights(const rondo_model *model, weights *w, rondo_error *error) {
  rondo_status status = rondo_check_model(model, error);
  w->count = model && !status ? model->num_params : 0;
  w->params = calloc(w->count + 1, sizeof *w->params);
  w->owned = calloc(w->count + 1, sizeof *w->owned);
  if (!status && (!w->params || !w->owned))
    status = rondo_fail_memory(error, (w->count + 1) * sizeof *w->params);
  return status;
}

static void close_weights(weights *w) {
  for (uint32_t i = 0; w->owned && i < w->count; ++i)
    rondo_free(w->owned[i]);
  free(w->owned);
  free(w->params);
}

static rondo_status prepare(const rondo_model *model, const weights *w, void *prepared, rondo_error *error) {
  if (!model->prepare)
    return RONDO_OK;
  if (model->prepared_bytes && (!prepared || (uintptr_t)prepared % RONDO_ALIGNMENT != 0))
    return rondo_fail(error, RONDO_ERROR_ARGUMENT,
                      "memory for prepared weights is NULL or not aligned to %d bytes", RONDO_ALIGNMENT);
  uint64_t bytes = model->prepare_scratch_bytes;
  if (bytes < RONDO_STATUS_BYTES)
    bytes = RONDO_STATUS_BYTES;
  void *scratch = rondo_allocate(bytes);
  if (!scratch)
    return rondo_fail_memory(error, bytes);
  int32_t failed = model->prepare(w->params, prepared, scratch);
  rondo_free(scratch);
  return failed ? rondo_fail_check(error, model, failed) : RONDO_OK;
}

/* Room of the weights' own for param i. */
static rondo_status own(const rondo_param_info *param, weights *w, uint32_t i, uint64_t *elements,
                        rondo_error *error) {
  uint64_t bytes;
  if (!rondo_count(param->dtype, param->rank, param->shape, elements, &bytes))
    return rondo_fail(error, RONDO_ERROR_MEMORY, "`%s` is larger than memory can be", param->key);
  w->params[i] = w->owned[i] = rondo_allocate(bytes);
  return w->owned[i] ? RONDO_OK : rondo_fail_memory(error, bytes);
}

//===--------------------------------------------------------------------===//
// From a file
//===--------------------------------------------------------------------===//

static bool wanted(const rondo_model *model, const char *key) {
  for (uint32_t i = 0; i < model->num_params; ++i)
    if (!strcmp(model->params[i].key, key))
      return true;
  return false;
}

static rondo_status fail_missing(const rondo_model *model, const rondo_safetensors *file, const char *path,
                                 const char *key, rondo_error *error) {
  /* A name that serves another weight is not what was meant. */
  rondo_nearest nearest = {.wanted = key};
  uint32_t missing = 0;
  for (uint32_t i = 0; i < file->num_tensors; ++i)
    if (!wanted(model, file->tensors[i].name))
      rondo_nearest_offer(&nearest, file->tensors[i].name);
  for (uint32_t i = 0; i < model->num_params; ++i)
    missing += !rondo_safetensors_find(file, model->params[i].key);
  RONDO_TEXT(more, 700);
  rondo_append_nearest(&more, &nearest);
  if (missing > 1)
    rondo_append(&more, "; %u more %s missing", missing - 1, missing > 2 ? "are" : "is");
  return rondo_fail(error, RONDO_ERROR_WEIGHTS, "%s: no weight `%s`, which the model needs%s", path, key,
                    more.data);
}

/* Finds param i in the file; copies it where it is of another type or lies unaligned. */
static rondo_status take(const rondo_param_info *param, const rondo_stored_tensor *tensor, const char *path,
                         weights *w, uint32_t i, rondo_error *error) {
  bool same = tensor->rank == param->rank;
  for (uint32_t d = 0; d < param->rank && same; ++d)
    same = tensor->shape[d] == param->shape[d];
  bool converts = tensor->dtype >= 0 && rondo_dtype_is_float((uint32_t)tensor->dtype) &&
                  rondo_dtype_is_float(param->dtype);
  if (!same || !(converts || tensor->dtype == (int32_t)param->dtype)) {
    RONDO_TEXT(has, 300);
    RONDO_TEXT(wants, 300);
    if (tensor->dtype >= 0)
      rondo_append_type(&has, (uint32_t)tensor->dtype, tensor->rank, tensor->shape);
    else
      rondo_append(&has, "%s", tensor->dtype_name);
    rondo_append_type(&wants, param->dtype, param->rank, param->shape);
    return rondo_fail(error, RONDO_ERROR_WEIGHTS, "%s: `%s` is %s, the model wants %s", path, param->key,
                      has.data, wants.data);
  }
  if (tensor->dtype == (int32_t)param->dtype && (uintptr_t)tensor->data % RONDO_ALIGNMENT == 0 &&
      param->dtype != RONDO_BOOL) {
    w->params[i] = tensor->data;
    return RONDO_OK;
  }
  uint64_t elements;
  rondo_status status = own(param, w, i, &elements, error);
  if (status)
    return status;
  if (converts)
    rondo_convert_floats(w->owned[i], param->dtype, tensor->data, (uint32_t)tensor->dtype, elements);
  else if (tensor->bytes)
    memcpy(w->owned[i], tensor->data, tensor->bytes);
  unsigned char *truths = w->owned[i];
  for (uint64_t e = 0; param->dtype == RONDO_BOOL && e < elements; ++e)
    truths[e] = truths[e] != 0; /* compiled code counts on 0 and 1 */
  return RONDO_OK;
}

rondo_status rondo_load_weights(const rondo_model *model, const char *path, void *prepared,
                                const rondo_unused_weights *unused, rondo_error *error) {
  weights w = {0};
  rondo_safetensors file;
  rondo_status status = open_weights(model, &w, error);
  if (!status)
    status = rondo_safetensors_open(path, &file, error);
  if (status) {
    close_weights(&w);
    return status;
  }
  for (uint32_t i = 0; i < w.count && !status; ++i) {
    const rondo_param_info *param = &model->params[i];
    const rondo_stored_tensor *tensor = rondo_safetensors_find(&file, param->key);
    status = tensor ? take(param, tensor, path, &w, i, error)
                    : fail_missing(model, &file, path, param->key, error);
  }
  for (uint32_t i = 0; i < file.num_tensors && !status && unused; ++i)
    if (!wanted(model, file.tensors[i].name))
      unused->tell(unused->context, file.tensors[i].name);
  if (!status)
    status = prepare(model, &w, prepared, error);
  rondo_safetensors_close(&file);
  close_weights(&w);
  return status;
}

//===--------------------------------------------------------------------===//
// From a seed
//===--------------------------------------------------------------------===//

/* PyTorch's `padding_idx`: that row is 0, the others are what they are without it. */
static void clear_row(const rondo_param_info *param, void *data, uint64_t elements) {
  if (param->zero_row < 0 || !param->rank || param->zero_row >= param->shape[0])
    return;
  uint64_t bytes = elements / (uint64_t)param->shape[0] * rondo_dtype_bytes(param->dtype);
  memset((char *)data + (uint64_t)param->zero_row * bytes, 0, bytes);
}

rondo_status rondo_draw_weights(const rondo_model *model, uint64_t seed, void *prepared, rondo_error *error) {
  weights w = {0};
  rondo_status status = open_weights(model, &w, error);
  for (uint32_t i = 0; i < w.count && !status; ++i) {
    const rondo_param_info *param = &model->params[i];
    uint64_t elements;
    status = own(param, &w, i, &elements, error);
    if (status)
      break;
    rondo_draw(seed, rondo_stream(param->key), param->init, param->a, param->b, param->dtype, w.owned[i],
               elements);
    clear_row(param, w.owned[i], elements);
  }
  if (!status)
    status = prepare(model, &w, prepared, error);
  close_weights(&w);
  return status;
}
