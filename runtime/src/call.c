/* The checked call: compiled code itself trusts its caller. */
#include "call.h"
#include "array.h"
#include "dtype.h"
#include "error.h"
#include "model.h"

#include <inttypes.h>
#include <string.h>

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

/* An argument that takes its default. */
static bool is_left_out(const rondo_value_info *info, const DLTensor *tensor) {
  return !tensor && info->default_value;
}

rondo_status rondo_bind(const rondo_entry *entry, const DLTensor *const *args, int64_t *dims,
                        rondo_error *error) {
  for (uint32_t i = 0; i < entry->num_args; ++i) {
    rondo_status status =
        is_left_out(&entry->args[i], args[i]) ? RONDO_OK : check_rank(entry, &entry->args[i], args[i], error);
    if (status)
      return status;
  }
  for (uint32_t i = 0; i < entry->num_dims; ++i)
    if (entry->dims[i].arg >= 0)
      dims[i] = args[entry->dims[i].arg]->shape[entry->dims[i].axis];
  return RONDO_OK;
}

/* State i of an entry point as a value, whose sizes begin at *first_size, which moves behind them. */
static rondo_value_info state_value(const rondo_model *model, const rondo_entry *entry, uint32_t i,
                                    uint32_t *first_size) {
  const rondo_state_info *state = &model->states[entry->states[i]];
  rondo_value_info value = {state->key, state->dtype, state->rank, *first_size, 0, NULL};
  *first_size += state->rank;
  return value;
}

/* Of sizes that rondo_sizes has checked. */
static void measure_states(const rondo_model *model, const rondo_entry *entry, const int64_t *sizes,
                           uint64_t *bytes) {
  uint64_t elements;
  uint32_t first_size = rondo_first_state_size(entry);
  for (uint32_t i = 0; i < entry->num_states; ++i) {
    rondo_value_info state = state_value(model, entry, i, &first_size);
    rondo_count(state.dtype, state.rank, sizes + state.first_size, &elements, &bytes[i]);
  }
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

rondo_status rondo_sizes(const rondo_model *model, const rondo_entry *entry, const int64_t *dims,
                         int64_t *sizes, rondo_error *error) {
  for (uint32_t i = 0; i < entry->num_dims; ++i)
    if (dims[i] < 0)
      return rondo_fail(error, RONDO_ERROR_ARGUMENT, "%s is %" PRId64 ", it must not be negative",
                        entry->dims[i].name, dims[i]);
  int32_t failed = entry->shapes(dims, sizes);
  if (failed)
    return rondo_fail_check(error, model, failed);
  rondo_status status = RONDO_OK;
  for (uint32_t i = 0; i < entry->num_args && !status; ++i)
    status = check_sizes(entry, &entry->args[i], dims, sizes, error);
  for (uint32_t i = 0; i < entry->num_results && !status; ++i)
    status = check_sizes(entry, &entry->results[i], dims, sizes, error);
  uint32_t first_size = rondo_first_state_size(entry);
  for (uint32_t i = 0; i < entry->num_states && !status; ++i) {
    rondo_value_info state = state_value(model, entry, i, &first_size);
    status = check_sizes(entry, &state, dims, sizes, error);
  }
  if (status || entry->scratch(dims) <= PTRDIFF_MAX / 2)
    return status;
  RONDO_TEXT(because, 400);
  append_dims(&because, entry, dims);
  return rondo_fail(error, RONDO_ERROR_MEMORY, "the sizes of this call are larger than memory can be%s",
                    because.data);
}

rondo_status rondo_state_bytes(const rondo_model *model, const rondo_entry *entry, const int64_t *dims,
                               uint64_t *bytes, rondo_error *error) {
  int64_t sizes[RONDO_MAX_SIZES];
  rondo_status status = rondo_sizes(model, entry, dims, sizes, error);
  if (!status)
    measure_states(model, entry, sizes, bytes);
  return status;
}

//===--------------------------------------------------------------------===//
// Tensors
//===--------------------------------------------------------------------===//

DLTensor rondo_tensor(uint32_t dtype, uint32_t rank, int64_t *shape, void *data) {
  DLTensor tensor;
  memset(&tensor, 0, sizeof tensor);
  tensor.data = data;
  tensor.device.device_type = kDLCPU;
  tensor.ndim = (int32_t)rank;
  tensor.dtype = rondo_dtype_dlpack(dtype);
  tensor.shape = shape;
  return tensor;
}

char *rondo_tensor_data(const DLTensor *tensor) {
  /* As numbers: a wrong offset may lead anywhere. */
  return tensor->data ? (char *)((uintptr_t)tensor->data + (uintptr_t)tensor->byte_offset) : NULL;
}

bool rondo_is_dense(const DLTensor *tensor) {
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
  if (!rondo_is_dense(tensor))
    return rondo_fail(error, RONDO_ERROR_ARGUMENT, "%s%s is not dense and row-major", what, name);
  if (!rondo_tensor_data(tensor))
    return rondo_fail(error, RONDO_ERROR_ARGUMENT, "the data of %s%s is NULL", what, name);
  if ((uintptr_t)rondo_tensor_data(tensor) % RONDO_ALIGNMENT != 0)
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
  *where = region_of(bytes ? rondo_tensor_data(tensor) : NULL, bytes);
  return RONDO_OK;
}

/* Whether one of `count` regions overlaps r. */
static bool overlaps_any(region r, const region *others, uint32_t count) {
  bool found = false;
  for (uint32_t i = 0; i < count; ++i)
    found |= overlap(r, others[i]);
  return found;
}

/* What a call writes overlaps nothing. With `args`, `written` are the regions of results, then of states;
 * without, of states alone. */
static rondo_status check_overlap(const rondo_model *model, const rondo_entry *entry, const region *args,
                                  const region *written, region prepared, region scratch,
                                  rondo_error *error) {
  uint32_t num_results = args ? entry->num_results : 0, num_args = args ? entry->num_args : 0;
  for (uint32_t i = 0; i < num_results + entry->num_states; ++i) {
    if (is_empty(written[i]) ||
        !(overlap(written[i], prepared) || overlap(written[i], scratch) ||
          overlaps_any(written[i], args, num_args) || overlaps_any(written[i], written, i)))
      continue;
    bool is_result = i < num_results;
    return rondo_fail(error, RONDO_ERROR_ARGUMENT, "%s %s overlaps other memory of the call",
                      is_result ? "result" : "state",
                      is_result ? entry->results[i].name : model->states[entry->states[i - num_results]].key);
  }
  if (overlap(scratch, prepared) || overlaps_any(scratch, args, num_args))
    return rondo_fail(error, RONDO_ERROR_ARGUMENT, "scratch overlaps other memory of the call");
  return RONDO_OK;
}

static rondo_status check_memory(const char *what, const void *memory, rondo_error *error) {
  if (!memory || (uintptr_t)memory % RONDO_ALIGNMENT != 0)
    return rondo_fail(error, RONDO_ERROR_ARGUMENT, "%s is %s", what, memory ? "not aligned" : "NULL");
  return RONDO_OK;
}

static rondo_status check_blocks(const rondo_model *model, const rondo_entry *entry, const int64_t *dims,
                                 const void *prepared, const void *scratch, uint64_t scratch_bytes,
                                 rondo_error *error) {
  uint64_t needed = entry->scratch(dims);
  rondo_status status = check_memory("scratch", scratch, error);
  if (!status && model->prepared_bytes)
    status = check_memory("the block of prepared weights", prepared, error);
  if (!status && scratch_bytes < needed)
    status = rondo_fail(error, RONDO_ERROR_ARGUMENT,
                        "scratch has %" PRIu64 " bytes, this call needs %" PRIu64, scratch_bytes, needed);
  return status;
}

/* Checks the states of sizes that rondo_sizes has checked and finds their memory. */
static rondo_status take_states(const rondo_model *model, const rondo_entry *entry, const int64_t *sizes,
                                void *const *states, region *regions, rondo_error *error) {
  uint64_t bytes[RONDO_MAX_VALUES];
  measure_states(model, entry, sizes, bytes);
  for (uint32_t i = 0; i < entry->num_states; ++i) {
    RONDO_TEXT(what, 300);
    rondo_append(&what, "the memory of the state `%s`", model->states[entry->states[i]].key);
    void *memory = states ? states[i] : NULL;
    rondo_status status = bytes[i] ? check_memory(what.data, memory, error) : RONDO_OK;
    if (status)
      return status;
    regions[i] = region_of(memory, bytes[i]);
  }
  return RONDO_OK;
}

/* The numbers of `int` arguments, and defaults where there are none. */
static rondo_status take_numbers(const rondo_entry *entry, const int64_t *numbers, int64_t *dims,
                                 rondo_error *error) {
  for (uint32_t i = 0; i < entry->num_dims; ++i) {
    const rondo_dim_info *dim = &entry->dims[i];
    if (dim->arg < 0 && !numbers && !dim->has_default)
      return rondo_fail(error, RONDO_ERROR_ARGUMENT, "no value is given for %s", dim->name);
    dims[i] = dim->arg >= 0 ? 0 : numbers ? numbers[i] : dim->default_value;
  }
  return RONDO_OK;
}

/* Late axes have their true sizes now. */
static void tell_sizes(const rondo_entry *entry, const int64_t *sizes, DLTensor *const *results) {
  for (uint32_t i = 0; i < entry->num_results; ++i)
    for (uint32_t axis = 0; axis < entry->results[i].rank; ++axis)
      if (entry->results[i].late_axes >> axis & 1)
        results[i]->shape[axis] = sizes[entry->results[i].first_size + axis];
}

rondo_status rondo_reset(const rondo_model *model, const rondo_entry *entry, const int64_t *dims,
                         void *const *states, const void *prepared, void *scratch, uint64_t scratch_bytes,
                         rondo_error *error) {
  int64_t sizes[RONDO_MAX_SIZES];
  void *memory[RONDO_MAX_VALUES];
  region regions[RONDO_MAX_VALUES];
  rondo_status status = rondo_check_entry(model, entry, error);
  if (status)
    return status;
  if (entry->num_dims && !dims)
    return rondo_fail(error, RONDO_ERROR_ARGUMENT, "the dims of the entry point are NULL");
  prepared = prepared ? prepared : model->embedded;
  if ((status = rondo_sizes(model, entry, dims, sizes, error)) ||
      (status = check_blocks(model, entry, dims, prepared, scratch, scratch_bytes, error)) ||
      (status = take_states(model, entry, sizes, states, regions, error)))
    return status;
  status = check_overlap(model, entry, NULL, regions, region_of(prepared, model->prepared_bytes),
                         region_of(scratch, scratch_bytes), error);
  if (status || !entry->reset)
    return status;
  for (uint32_t i = 0; i < entry->num_states; ++i)
    memory[i] = is_empty(regions[i]) ? scratch : states[i];
  int32_t failed = entry->reset(dims, memory, prepared, scratch);
  return failed ? rondo_fail_check(error, model, failed) : RONDO_OK;
}

rondo_status rondo_call(const rondo_model *model, const rondo_entry *entry, const int64_t *numbers,
                        const DLTensor *const *args, DLTensor *const *results, void *const *states,
                        const void *prepared, void *scratch, uint64_t scratch_bytes, rondo_error *error) {
  int64_t dims[RONDO_MAX_DIMS], sizes[RONDO_MAX_SIZES];
  const void *in[RONDO_MAX_VALUES];
  void *out[2 * RONDO_MAX_VALUES]; /* results, then states */
  region in_regions[RONDO_MAX_VALUES], out_regions[2 * RONDO_MAX_VALUES];
  rondo_status status = rondo_check_entry(model, entry, error);
  if (status)
    return status;
  if ((entry->num_args && !args) || (entry->num_results && !results))
    return rondo_fail(error, RONDO_ERROR_ARGUMENT, "the arguments or results are NULL");
  prepared = prepared ? prepared : model->embedded;
  if ((status = take_numbers(entry, numbers, dims, error)) ||
      (status = rondo_bind(entry, args, dims, error)) ||
      (status = rondo_sizes(model, entry, dims, sizes, error)))
    return status;

  for (uint32_t i = 0; i < entry->num_args; ++i)
    if (is_left_out(&entry->args[i], args[i]))
      in_regions[i] = region_of(entry->args[i].default_value, rondo_dtype_bytes(entry->args[i].dtype));
    else if ((status = take(entry, &entry->args[i], args[i], sizes, dims, &in_regions[i], error)))
      return status;
  for (uint32_t i = 0; i < entry->num_results; ++i)
    if ((status = take(entry, &entry->results[i], results[i], sizes, dims, &out_regions[i], error)))
      return status;
  region *state_regions = out_regions + entry->num_results;
  if ((status = check_blocks(model, entry, dims, prepared, scratch, scratch_bytes, error)) ||
      (status = take_states(model, entry, sizes, states, state_regions, error)) ||
      (status =
           check_overlap(model, entry, in_regions, out_regions, region_of(prepared, model->prepared_bytes),
                         region_of(scratch, scratch_bytes), error)))
    return status;

  /* Compiled code may count on the alignment of what has no elements too. */
  for (uint32_t i = 0; i < entry->num_args; ++i)
    in[i] = is_empty(in_regions[i]) ? scratch : (const void *)in_regions[i].begin;
  for (uint32_t i = 0; i < entry->num_results + entry->num_states; ++i)
    out[i] = is_empty(out_regions[i]) ? scratch : (void *)out_regions[i].begin;
  int32_t failed = entry->call(dims, sizes, in, out, out + entry->num_results, prepared, scratch);
  tell_sizes(entry, sizes, results);
  return failed ? rondo_fail_check(error, model, failed) : RONDO_OK;
}
