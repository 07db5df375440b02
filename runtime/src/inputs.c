#include "inputs.h"
#include "array.h"
#include "dtype.h"
#include "error.h"
#include "philox.h"
#include "suggest.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

size_t rondo_name_length(const char *assignment) {
  const char *equals = strchr(assignment, '=');
  return equals ? (size_t)(equals - assignment) : 0;
}

bool rondo_parse_count(const char *text, uint64_t greatest, uint64_t *value) {
  *value = 0;
  if (!*text)
    return false;
  for (; *text; ++text) {
    uint64_t digit = (uint64_t)(*text - '0');
    if (*text < '0' || *text > '9' || *value > greatest / 10 || *value * 10 > greatest - digit)
      return false;
    *value = *value * 10 + digit;
  }
  return true;
}

static bool is_name(const char *assignment, size_t length, const char *name) {
  return strlen(name) == length && !memcmp(assignment, name, length);
}

/* The value that `name` is given among assignments, NULL if none. */
static const char *find_value(const char *const *assignments, uint32_t count, const char *name) {
  for (uint32_t i = 0; i < count; ++i) {
    size_t length = rondo_name_length(assignments[i]);
    if (is_name(assignments[i], length, name))
      return assignments[i] + length + 1;
  }
  return NULL;
}

//===--------------------------------------------------------------------===//
// Names
//===--------------------------------------------------------------------===//

/* `int` arguments are dims that no argument binds; they may be given by --dim too. */
static rondo_status check_names(const rondo_entry *entry, const char *const *assignments, uint32_t count,
                                bool inputs, rondo_error *error) {
  for (uint32_t i = 0; i < count; ++i) {
    size_t length = rondo_name_length(assignments[i]);
    char name[200];
    if (length >= sizeof name)
      return rondo_fail(error, RONDO_ERROR_ARGUMENT, "the name in `%s` is too long", assignments[i]);
    memcpy(name, assignments[i], length);
    name[length] = 0;
    rondo_nearest nearest = {.wanted = name};
    RONDO_TEXT(known, 600);
    bool found = false;
    for (uint32_t k = 0; k < entry->num_dims; ++k) {
      if (inputs && entry->dims[k].arg >= 0)
        continue;
      found |= !strcmp(entry->dims[k].name, name);
      rondo_nearest_offer(&nearest, entry->dims[k].name);
      rondo_append(&known, "%s%s", known.length ? ", " : "", entry->dims[k].name);
    }
    for (uint32_t k = 0; k < entry->num_args && inputs; ++k) {
      found |= !strcmp(entry->args[k].name, name);
      rondo_nearest_offer(&nearest, entry->args[k].name);
      rondo_append(&known, "%s%s", known.length ? ", " : "", entry->args[k].name);
    }
    if (found)
      continue;
    RONDO_TEXT(hint, 300);
    rondo_append_nearest(&hint, &nearest);
    if (known.length)
      return rondo_fail(error, RONDO_ERROR_ARGUMENT, "entry point `%s` has no %s `%s`%s; it has %s",
                        entry->name, inputs ? "argument" : "dimension", name, hint.data, known.data);
    return rondo_fail(error, RONDO_ERROR_ARGUMENT, "entry point `%s` has no %s `%s`: it has none",
                      entry->name, inputs ? "argument" : "dynamic dimension", name);
  }
  return RONDO_OK;
}

//===--------------------------------------------------------------------===//
// Numbers and files
//===--------------------------------------------------------------------===//

/* Writes the one element of a rank-0 array. False if the text is no number of that dtype. */
static bool parse_scalar(const char *text, uint32_t dtype, void *element) {
  char *end;
  if (*text == 0 || *text == ' ')
    return false;
  errno = 0;
  if (rondo_dtype_is_float(dtype)) {
    double value = strtod(text, &end);
    bool overflow = errno == ERANGE && (value > 1.0 || value < -1.0);
    rondo_store_float(dtype, element, 0, value);
    return *end == 0 && !overflow;
  }
  if (dtype == RONDO_BOOL && (!strcmp(text, "true") || !strcmp(text, "false"))) {
    rondo_store_integer(dtype, element, 0, *text == 't');
    return true;
  }
  long long value = strtoll(text, &end, 10);
  if (*end != 0 || errno == ERANGE || value < rondo_dtype_least(dtype) || value > rondo_dtype_greatest(dtype))
    return false;
  rondo_store_integer(dtype, element, 0, value);
  return true;
}

static bool looks_like_number(const char *text) {
  char *end;
  strtod(text, &end);
  return end != text && *end == 0;
}

/* npy has no bf16: such an argument comes as f32. */
static rondo_status to_bf16(rondo_array *array, rondo_error *error) {
  rondo_array converted;
  rondo_status status = rondo_array_make(&converted, RONDO_BF16, array->rank, array->shape, error);
  if (status)
    return status;
  rondo_convert_floats(converted.data, RONDO_BF16, array->data, RONDO_F32, rondo_array_elements(&converted));
  rondo_array_free(array);
  *array = converted;
  return RONDO_OK;
}

static rondo_status read_input(const rondo_value_info *info, const char *text, rondo_array *array,
                               rondo_error *error) {
  rondo_status status;
  if (info->rank == 0) {
    if ((status = rondo_array_make(array, info->dtype, 0, NULL, error)))
      return status;
    if (parse_scalar(text, info->dtype, array->data))
      return RONDO_OK;
    rondo_array_free(array);
  }
  const char *type = rondo_dtype_name(info->dtype);
  if (access(text, F_OK) != 0 && (info->rank == 0 || looks_like_number(text)))
    return info->rank == 0
               ? rondo_fail(error, RONDO_ERROR_ARGUMENT, "%s is one %s: `%s` is neither that nor a .npy file",
                            info->name, type, text)
               : rondo_fail(error, RONDO_ERROR_ARGUMENT,
                            "%s has rank %u: give --input %s=FILE.npy, not a number", info->name, info->rank,
                            info->name);
  if ((status = rondo_read_npy(text, array, error)))
    return status;
  uint32_t stored = info->dtype == RONDO_BF16 ? RONDO_F32 : info->dtype;
  if (array->dtype != stored)
    return rondo_fail(error, RONDO_ERROR_ARGUMENT,
                      "%s is %s, the entry point wants %s: save it as %s.astype('%s')", info->name,
                      rondo_dtype_numpy(array->dtype), type, info->name, rondo_dtype_numpy(info->dtype));
  if (array->rank != info->rank)
    return rondo_fail(error, RONDO_ERROR_ARGUMENT, "%s has rank %u in %s, the entry point wants rank %u",
                      info->name, array->rank, text, info->rank);
  return info->dtype == RONDO_BF16 ? to_bf16(array, error) : RONDO_OK;
}

static rondo_status take_default(const rondo_value_info *info, rondo_array *array, rondo_error *error) {
  rondo_status status = rondo_array_make(array, info->dtype, 0, NULL, error);
  if (!status)
    memcpy(array->data, info->default_value, rondo_dtype_bytes(info->dtype));
  return status;
}

//===--------------------------------------------------------------------===//
// Dims, and what is drawn
//===--------------------------------------------------------------------===//

/* From the argument that was read, else from --dim, else (an `int` argument) from --input. */
static rondo_status find_dim(const rondo_dim_info *dim, const rondo_entry *entry,
                             const rondo_run_options *options, const rondo_array *arrays, int64_t *value,
                             rondo_error *error) {
  const char *given = find_value(options->dims, options->num_dims, dim->name);
  const rondo_value_info *arg = dim->arg >= 0 ? &entry->args[dim->arg] : NULL;
  if (!given && !arg)
    given = find_value(options->inputs, options->num_inputs, dim->name);
  uint64_t number = 0;
  if (given && !rondo_parse_count(given, INT64_MAX, &number))
    return rondo_fail(error, RONDO_ERROR_ARGUMENT, "%s is a size: `%s` is no whole number from 0", dim->name,
                      given);
  if (arg && arrays[dim->arg].data) {
    *value = arrays[dim->arg].shape[dim->axis];
    if (given && *value != (int64_t)number)
      return rondo_fail(error, RONDO_ERROR_ARGUMENT,
                        "%s is given as %" PRIu64 ", but %s has %" PRId64 " on axis %d", dim->name, number,
                        arg->name, *value, dim->axis);
    return RONDO_OK;
  }
  *value = (int64_t)number;
  if (given)
    return RONDO_OK;
  if (!arg && dim->has_default) {
    *value = dim->default_value;
    return RONDO_OK;
  }
  if (!arg)
    return rondo_fail(error, RONDO_ERROR_ARGUMENT, "argument `%s` has no input: give --input %s=NUMBER",
                      dim->name, dim->name);
  return rondo_fail(error, RONDO_ERROR_ARGUMENT,
                    "the size %s is not known: give --dim %s=NUMBER, or --input %s=FILE.npy", dim->name,
                    dim->name, arg->name);
}

/* Floats are normal. Integers are 0 or 1, which serves as an index, a label and a mask nearly everywhere. */
static rondo_status draw_input(const rondo_value_info *info, uint64_t seed, const int64_t *shape,
                               rondo_array *array, rondo_error *error) {
  rondo_status status = rondo_array_make(array, info->dtype, info->rank, shape, error);
  if (status)
    return status;
  bool is_float = rondo_dtype_is_float(info->dtype);
  /* Not the stream of a weight that has the argument's name. */
  rondo_draw(seed, ~rondo_stream(info->name), is_float ? RONDO_INIT_NORMAL : RONDO_INIT_UNIFORM, 0.0,
             is_float ? 1.0 : 2.0, info->dtype, array->data, rondo_array_elements(array));
  return RONDO_OK;
}

rondo_status rondo_gather_inputs(const rondo_model *model, const rondo_entry *entry,
                                 const rondo_run_options *options, int64_t *dims, rondo_array *arrays,
                                 rondo_error *error) {
  rondo_status status;
  if ((status = check_names(entry, options->inputs, options->num_inputs, true, error)) ||
      (status = check_names(entry, options->dims, options->num_dims, false, error)))
    return status;
  for (uint32_t i = 0; i < entry->num_args; ++i) {
    const rondo_value_info *info = &entry->args[i];
    const char *text = find_value(options->inputs, options->num_inputs, info->name);
    if (!text && info->default_value) {
      if ((status = take_default(info, &arrays[i], error)))
        return status;
      continue;
    }
    if (!text && !options->has_seed)
      return rondo_fail(error, RONDO_ERROR_ARGUMENT,
                        "argument `%s` has no input: give --input %s=%s, or --seed N to draw it", info->name,
                        info->name, info->rank ? "FILE.npy" : "NUMBER");
    if (text && (status = read_input(info, text, &arrays[i], error)))
      return status;
  }
  for (uint32_t i = 0; i < entry->num_dims; ++i)
    if ((status = find_dim(&entry->dims[i], entry, options, arrays, &dims[i], error)))
      return status;
  int64_t sizes[RONDO_MAX_SIZES];
  if ((status = rondo_sizes(model, entry, dims, sizes, error)))
    return status;
  for (uint32_t i = 0; i < entry->num_args; ++i)
    if (!arrays[i].data && (status = draw_input(&entry->args[i], options->seed,
                                                sizes + entry->args[i].first_size, &arrays[i], error)))
      return status;
  return RONDO_OK;
}
