/* From weights in memory, wherever they come from, or from a seed, to the prepared blob. */
#include "weights.h"
#include "array.h"
#include "call.h"
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
  if (model->prepared_bytes) /* no byte between the pieces is left as it was: they may be saved */
    memset(prepared, 0, (size_t)model->prepared_bytes);
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
// From memory
//===--------------------------------------------------------------------===//

static int compare_names(const void *a, const void *b) {
  return strcmp(((const rondo_stored_tensor *)a)->name, ((const rondo_stored_tensor *)b)->name);
}

static const rondo_stored_tensor *find(const rondo_stored_weights *stored, const char *key) {
  rondo_stored_tensor wanted = {0};
  wanted.name = key;
  return stored->count ? bsearch(&wanted, stored->tensors, stored->count, sizeof wanted, compare_names)
                       : NULL;
}

/* used[i]: the model has a weight of the name of tensor i. The caller's to free; NULL if there is no memory.
 */
static bool *find_used(const rondo_model *model, const rondo_stored_weights *stored) {
  bool *used = calloc((size_t)stored->count + 1, sizeof *used);
  for (uint32_t i = 0; i < model->num_params && used; ++i) {
    const rondo_stored_tensor *tensor = find(stored, model->params[i].key);
    if (tensor)
      used[tensor - stored->tensors] = true;
  }
  return used;
}

static rondo_status fail_missing(const rondo_model *model, const rondo_stored_weights *stored,
                                 const bool *used, const char *key, rondo_error *error) {
  /* A name that serves another weight is not what was meant. */
  rondo_nearest nearest = {.wanted = key};
  uint32_t missing = 0;
  for (uint32_t i = 0; i < stored->count; ++i)
    if (!used[i])
      rondo_nearest_offer(&nearest, stored->tensors[i].name);
  for (uint32_t i = 0; i < model->num_params; ++i)
    missing += !find(stored, model->params[i].key);
  RONDO_TEXT(more, 700);
  rondo_append_nearest(&more, &nearest);
  if (missing > 1)
    rondo_append(&more, "; %u more %s missing", missing - 1, missing > 2 ? "are" : "is");
  return rondo_fail(error, RONDO_ERROR_WEIGHTS, "%sno weight `%s`, which the model needs%s", stored->where,
                    key, more.data);
}

/* Takes param i as it lies; copies it where it is of another type or lies unaligned. */
static rondo_status take(const rondo_param_info *param, const rondo_stored_tensor *tensor, const char *where,
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
    return rondo_fail(error, RONDO_ERROR_WEIGHTS, "%s`%s` is %s, the model wants %s", where, param->key,
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
    memcpy(w->owned[i], tensor->data, (size_t)tensor->bytes);
  unsigned char *truths = w->owned[i];
  for (uint64_t e = 0; param->dtype == RONDO_BOOL && e < elements; ++e)
    truths[e] = truths[e] != 0; /* compiled code counts on 0 and 1 */
  return RONDO_OK;
}

rondo_status rondo_prepare_stored(const rondo_model *model, const rondo_stored_weights *stored,
                                  void *prepared, const rondo_unused_weights *unused, rondo_error *error) {
  weights w = {0};
  rondo_status status = open_weights(model, &w, error);
  bool *used = status ? NULL : find_used(model, stored);
  if (!status && !used)
    status = rondo_fail_memory(error, (uint64_t)stored->count + 1);
  for (uint32_t i = 0; i < w.count && !status; ++i) {
    const rondo_param_info *param = &model->params[i];
    const rondo_stored_tensor *tensor = find(stored, param->key);
    status = tensor ? take(param, tensor, stored->where, &w, i, error)
                    : fail_missing(model, stored, used, param->key, error);
  }
  for (uint32_t i = 0; i < stored->count && !status && unused; ++i)
    if (!used[i])
      unused->tell(unused->context, stored->tensors[i].name);
  if (!status)
    status = prepare(model, &w, prepared, error);
  free(used);
  close_weights(&w);
  return status;
}

/* A weight as the caller has it, as if it were in a file. */
static rondo_status store(const char *key, const DLTensor *tensor, rondo_stored_tensor *stored,
                          rondo_error *error) {
  if (!key || !tensor)
    return rondo_fail(error, RONDO_ERROR_ARGUMENT, "the weight `%s` is NULL", key ? key : "?");
  if (tensor->ndim < 0 || tensor->ndim > RONDO_MAX_RANK || (tensor->ndim && !tensor->shape))
    return rondo_fail(error, RONDO_ERROR_ARGUMENT, "the weight `%s` has no shape", key);
  stored->name = key;
  stored->dtype_name = "of a type that no weight has";
  stored->dtype = rondo_dtype_of_dlpack(tensor->dtype);
  stored->rank = (uint32_t)tensor->ndim;
  stored->shape = tensor->shape;
  stored->data = rondo_tensor_data(tensor);
  uint64_t elements;
  uint32_t dtype = stored->dtype < 0 ? RONDO_I8 : (uint32_t)stored->dtype;
  if (!rondo_count(dtype, stored->rank, stored->shape, &elements, &stored->bytes))
    return rondo_fail(error, RONDO_ERROR_WEIGHTS, "the weight `%s` has a size that no memory has", key);
  if (tensor->device.device_type != kDLCPU && tensor->device.device_type != kDLCUDAHost)
    return rondo_fail(error, RONDO_ERROR_ARGUMENT, "the weight `%s` is not in host memory", key);
  if (elements && !stored->data)
    return rondo_fail(error, RONDO_ERROR_ARGUMENT, "the data of the weight `%s` is NULL", key);
  if (elements && !rondo_is_dense(tensor))
    return rondo_fail(error, RONDO_ERROR_ARGUMENT, "the weight `%s` is not dense and row-major", key);
  return RONDO_OK;
}

rondo_status rondo_prepare_weights(const rondo_model *model, uint32_t count, const char *const *keys,
                                   const DLTensor *const *tensors, void *prepared,
                                   const rondo_unused_weights *unused, rondo_error *error) {
  if (count && (!keys || !tensors))
    return rondo_fail(error, RONDO_ERROR_ARGUMENT, "the keys or the weights are NULL");
  rondo_stored_tensor *all = calloc((size_t)count + 1, sizeof *all);
  if (!all)
    return rondo_fail_memory(error, ((uint64_t)count + 1) * sizeof *all);
  rondo_status status = RONDO_OK;
  for (uint32_t i = 0; i < count && !status; ++i)
    status = store(keys[i], tensors[i], &all[i], error);
  if (!status && count)
    qsort(all, count, sizeof *all, compare_names);
  for (uint32_t i = 1; i < count && !status; ++i)
    if (compare_names(&all[i - 1], &all[i]) == 0)
      status = rondo_fail(error, RONDO_ERROR_WEIGHTS, "the weight `%s` is given twice", all[i].name);
  const rondo_stored_weights stored = {"", count, all};
  if (!status)
    status = rondo_prepare_stored(model, &stored, prepared, unused, error);
  free(all);
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
  memset((char *)data + (uint64_t)param->zero_row * bytes, 0, (size_t)bytes);
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
