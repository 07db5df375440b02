/* The checked call: compiled code itself trusts its caller. */
#include "call.h"
#include "array.h"
#include "dtype.h"
#include "error.h"

#include <inttypes.h>
#include <string.h>

const char *rondo_version(void) { return RONDO_VERSION; }

rondo_status rondo_check_model(const rondo_model *model, rondo_error *error) {
  if (!model)
    return rondo_fail(error, RONDO_ERROR_ARGUMENT, "the model is NULL");
  if (model->abi_version != RONDO_ABI_VERSION)
    return rondo_fail(
        error, RONDO_ERROR_VERSION,
        "the model was compiled for version %u of rondo's ABI, this runtime has version %d: compile "
        "it again",
        model->abi_version, RONDO_ABI_VERSION);
  for (uint32_t i = 0; i < model->num_entries; ++i) {
    const rondo_entry *entry = &model->entries[i];
    if (entry->num_dims > RONDO_MAX_DIMS || entry->num_args > RONDO_MAX_VALUES ||
        entry->num_results > RONDO_MAX_VALUES || entry->num_sizes > RONDO_MAX_SIZES)
      return rondo_fail(error, RONDO_ERROR_VERSION,
                        "entry point `%s` has more arguments than a call may have", entry->name);
  }
  return RONDO_OK;
}

const rondo_entry *rondo_find_entry(const rondo_model *model, const char *name) {
  for (uint32_t i = 0; i < model->num_entries; ++i)
    if (!strcmp(model->entries[i].name, name))
      return &model->entries[i];
  return NULL;
}

//===--------------------------------------------------------------------===//
// Messages
//===--------------------------------------------------------------------===//

static const char *kind(const rondo_entry *entry, const rondo_value_info *info) {
  return info >= entry->results && info < entry->results + entry->num_results ? "result " : "";
}

/* " (T = 5 is axis 0 of x, n = 3)" */
static void append_dims(rondo_text *text, const rondo_entry *entry, const int64_t *dims) {
  for (uint32_t i = 0; i < entry->num_dims; ++i) {
    const rondo_dim_info *dim = &entry->dims[i];
    rondo_append(text, "%s%s = %" PRId64, i ? ", " : " (", dim->name, dims[i]);
    if (dim->arg >= 0)
      rondo_append(text, " is axis %d of %s", dim->axis, entry->args[dim->arg].name);
  }
  if (entry->num_dims)
    rondo_append(text, ")");
}

static rondo_status fail_shape(const rondo_entry *entry, const rondo_value_info *info, const DLTensor *tensor,
                               const int64_t *sizes, const int64_t *dims, rondo_error *error) {
  RONDO_TEXT(has, 200);
  RONDO_TEXT(wants, 200);
  RONDO_TEXT(because, 400);
  rondo_append_type(&has, info->dtype, (uint32_t)tensor->ndim, tensor->shape);
  rondo_append_type(&wants, info->dtype, info->rank, sizes);
  append_dims(&because, entry, dims);
  return rondo_fail(error, RONDO_ERROR_ARGUMENT, "%s%s is %s, the entry point wants %s%s", kind(entry, info),
                    info->name, has.data, wants.data, because.data);
}

//===--------------------------------------------------------------------===//
// Sizes
//===--------------------------------------------------------------------===//

static rondo_status check_rank(const rondo_entry *entry, const rondo_value_info *info, const DLTensor *tensor,
                               rondo_error *error) {
  if (!tensor)
    return rondo_fail(error, RONDO_ERROR_ARGUMENT, "%s%s is NULL", kind(entry, info), info->name);
  if (tensor->ndim < 0 || (uint32_t)tensor->ndim != info->rank || (info->rank && !tensor->shape))
    return rondo_fail(error, RONDO_ERROR_ARGUMENT, "%s%s has rank %d, the entry point wants rank %u",
                      kind(entry, info), info->name, tensor->ndim, info->rank);
  return RONDO_OK;
}

rondo_status rondo_bind(const rondo_entry *entry, const DLTensor *const *args, int64_t *dims,
                        rondo_error *error) {
  for (uint32_t i = 0; i < entry->num_args; ++i) {
    rondo_status status = check_rank(entry, &entry->args[i], args[i], error);
    if (status)
      return status;
  }
  for (uint32_t i = 0; i < entry->num_dims; ++i)
    if (entry->dims[i].arg >= 0)
      dims[i] = args[entry->dims[i].arg]->shape[entry->dims[i].axis];
  return RONDO_OK;
}

static rondo_status check_sizes(const rondo_entry *entry, const rondo_value_info *info, const int64_t *dims,
                                const int64_t *sizes, rondo_error *error) {
  const int64_t *shape = sizes + info->first_size;
  uint64_t elements, bytes;
  RONDO_TEXT(because, 400);
  for (uint32_t axis = 0; axis < info->rank; ++axis)
    if (shape[axis] < 0) {
      append_dims(&because, entry, dims);
      return rondo_fail(error, RONDO_ERROR_ARGUMENT, "%s%s would have the size %" PRId64 " on axis %u%s",
                        kind(entry, info), info->name, shape[axis], axis, because.data);
    }
  if (!rondo_count(info->dtype, info->rank, shape, &elements, &bytes)) {
    append_dims(&because, entry, dims);
    return rondo_fail(error, RONDO_ERROR_MEMORY, "%s%s would be larger than memory can be%s",
                      kind(entry, info), info->name, because.data);
  }
  return RONDO_OK;
}

rondo_status rondo_sizes(const rondo_entry *entry, const int64_t *dims, int64_t *sizes, rondo_error *error) {
  for (uint32_t i = 0; i < entry->num_dims; ++i)
    if (dims[i] < 0)
      return rondo_fail(error, RONDO_ERROR_ARGUMENT, "%s is %" PRId64 ", it must not be negative",
                        entry->dims[i].name, dims[i]);
  entry->shapes(dims, sizes);
  rondo_status status = RONDO_OK;
  for (uint32_t i = 0; i < entry->num_args && !status; ++i)
    status = check_sizes(entry, &entry->args[i], dims, sizes, error);
  for (uint32_t i = 0; i < entry->num_results && !status; ++i)
    status = check_sizes(entry, &entry->results[i], dims, sizes, error);
  return status;
}

//===--------------------------------------------------------------------===//
// Tensors
//===--------------------------------------------------------------------===//

static char *tensor_data(const DLTensor *tensor) {
  return tensor->data ? (char *)tensor->data + tensor->byte_offset : NULL;
}

/* Axes of size 1 may have any stride: nothing steps along them. */
static bool is_dense(const DLTensor *tensor) {
  int64_t stride = 1;
  for (int32_t i = tensor->ndim; tensor->strides && i-- > 0; stride *= tensor->shape[i])
    if (tensor->shape[i] != 1 && tensor->strides[i] != stride)
      return false;
  return true;
}

rondo_status rondo_check_tensor(const rondo_entry *entry, const rondo_value_info *info,
                                const DLTensor *tensor, const int64_t *sizes, const int64_t *dims,
                                rondo_error *error) {
  rondo_status status = check_rank(entry, info, tensor, error);
  if (status)
    return status;
  const char *what = kind(entry, info), *name = info->name;
  DLDataType wanted = rondo_dtype_dlpack(info->dtype);
  if (tensor->dtype.code != wanted.code || tensor->dtype.bits != wanted.bits || tensor->dtype.lanes != 1)
    return rondo_fail(error, RONDO_ERROR_ARGUMENT,
                      "%s%s has another element type than %s (DLPack code %u, %u bits, %u lanes)", what, name,
                      rondo_dtype_name(info->dtype), tensor->dtype.code, tensor->dtype.bits,
                      tensor->dtype.lanes);
  if (tensor->device.device_type != kDLCPU && tensor->device.device_type != kDLCUDAHost)
    return rondo_fail(error, RONDO_ERROR_ARGUMENT, "%s%s is not in host memory", what, name);
  uint64_t elements = 1;
  for (uint32_t axis = 0; axis < info->rank; ++axis) {
    if (tensor->shape[axis] != sizes[axis])
      return fail_shape(entry, info, tensor, sizes, dims, error);
    elements *= (uint64_t)sizes[axis];
  }
  if (elements == 0)
    return RONDO_OK;
  if (!is_dense(tensor))
    return rondo_fail(error, RONDO_ERROR_ARGUMENT, "%s%s is not dense and row-major", what, name);
  if (!tensor_data(tensor))
    return rondo_fail(error, RONDO_ERROR_ARGUMENT, "the data of %s%s is NULL", what, name);
  if ((uintptr_t)tensor_data(tensor) % RONDO_ALIGNMENT != 0)
    return rondo_fail(error, RONDO_ERROR_ARGUMENT, "the data of %s%s is not aligned to %d bytes", what, name,
                      RONDO_ALIGNMENT);
  return RONDO_OK;
}

/* A piece of memory, for the check that results overlap nothing. */
typedef struct region {
  const char *begin, *end;
} region;

static region region_of(const void *data, uint64_t bytes) {
  region r = {data, bytes ? (const char *)data + bytes : data};
  return r;
}

static bool is_empty(region r) { return r.begin == r.end; }

static bool overlap(region a, region b) {
  return (uintptr_t)a.begin < (uintptr_t)b.end && (uintptr_t)b.begin < (uintptr_t)a.end;
}

/* Checks a tensor and finds its memory. */
static rondo_status take(const rondo_entry *entry, const rondo_value_info *info, const DLTensor *tensor,
                         const int64_t *sizes, const int64_t *dims, region *where, rondo_error *error) {
  const int64_t *shape = sizes + info->first_size;
  rondo_status status = rondo_check_tensor(entry, info, tensor, shape, dims, error);
  if (status)
    return status;
  uint64_t elements, bytes;
  rondo_count(info->dtype, info->rank, shape, &elements, &bytes); /* rondo_sizes has checked it */
  *where = region_of(bytes ? tensor_data(tensor) : NULL, bytes);
  return RONDO_OK;
}

/* Whether result i overlaps an argument, another result, prepared or scratch. */
static bool overlaps_others(uint32_t i, const region *args, uint32_t num_args, const region *results,
                            region prepared, region scratch) {
  if (is_empty(results[i]))
    return false;
  bool found = overlap(results[i], prepared) || overlap(results[i], scratch);
  for (uint32_t k = 0; k < i; ++k)
    found |= overlap(results[i], results[k]);
  for (uint32_t k = 0; k < num_args; ++k)
    found |= overlap(results[i], args[k]);
  return found;
}

static rondo_status check_memory(const char *what, const void *memory, rondo_error *error) {
  if (!memory || (uintptr_t)memory % RONDO_ALIGNMENT != 0)
    return rondo_fail(error, RONDO_ERROR_ARGUMENT, "%s is %s", what, memory ? "not aligned" : "NULL");
  return RONDO_OK;
}

rondo_status rondo_call(const rondo_model *model, const rondo_entry *entry, const int64_t *numbers,
                        const DLTensor *const *args, DLTensor *const *results, const void *prepared,
                        void *scratch, uint64_t scratch_bytes, rondo_error *error) {
  int64_t dims[RONDO_MAX_DIMS], sizes[RONDO_MAX_SIZES];
  const void *in[RONDO_MAX_VALUES];
  void *out[RONDO_MAX_VALUES];
  region in_regions[RONDO_MAX_VALUES], out_regions[RONDO_MAX_VALUES];
  rondo_status status = rondo_check_model(model, error);
  if (status)
    return status;
  if (!entry || (entry->num_args && !args) || (entry->num_results && !results))
    return rondo_fail(error, RONDO_ERROR_ARGUMENT, "the entry point, its arguments or its results are NULL");
  for (uint32_t i = 0; i < entry->num_dims; ++i) {
    if (entry->dims[i].arg < 0 && !numbers)
      return rondo_fail(error, RONDO_ERROR_ARGUMENT, "no value is given for %s", entry->dims[i].name);
    dims[i] = entry->dims[i].arg < 0 ? numbers[i] : 0;
  }
  if ((status = rondo_bind(entry, args, dims, error)) || (status = rondo_sizes(entry, dims, sizes, error)))
    return status;

  for (uint32_t i = 0; i < entry->num_args; ++i)
    if ((status = take(entry, &entry->args[i], args[i], sizes, dims, &in_regions[i], error)))
      return status;
  for (uint32_t i = 0; i < entry->num_results; ++i)
    if ((status = take(entry, &entry->results[i], results[i], sizes, dims, &out_regions[i], error)))
      return status;
  uint64_t needed = entry->scratch(dims);
  if ((status = check_memory("scratch", scratch, error)) ||
      (model->prepared_bytes && (status = check_memory("the block of prepared weights", prepared, error))))
    return status;
  if (scratch_bytes < needed)
    return rondo_fail(error, RONDO_ERROR_ARGUMENT, "scratch has %" PRIu64 " bytes, this call needs %" PRIu64,
                      scratch_bytes, needed);
  for (uint32_t i = 0; i < entry->num_results; ++i)
    if (overlaps_others(i, in_regions, entry->num_args, out_regions,
                        region_of(prepared, model->prepared_bytes), region_of(scratch, scratch_bytes)))
      return rondo_fail(error, RONDO_ERROR_ARGUMENT, "result %s overlaps other memory of the call",
                        entry->results[i].name);

  /* Compiled code may count on the alignment of what has no elements too. */
  for (uint32_t i = 0; i < entry->num_args; ++i)
    in[i] = is_empty(in_regions[i]) ? scratch : (const void *)in_regions[i].begin;
  for (uint32_t i = 0; i < entry->num_results; ++i)
    out[i] = is_empty(out_regions[i]) ? scratch : (void *)out_regions[i].begin;
  int32_t failed = entry->call(dims, in, out, prepared, scratch);
  return failed ? rondo_fail_check(error, model, failed) : RONDO_OK;
}
