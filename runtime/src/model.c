/* What a model says of itself: whether it can be trusted, and its sizes. */
#include "model.h"
#include "array.h"
#include "dtype.h"
#include "error.h"

#include <string.h>

const char *rondo_version(void) { return RONDO_VERSION; }

const rondo_entry *rondo_find_entry(const rondo_model *model, const char *name) {
  for (uint32_t i = 0; i < model->num_entries; ++i)
    if (!strcmp(model->entries[i].name, name))
      return &model->entries[i];
  return NULL;
}

//===--------------------------------------------------------------------===//
// Checks
//===--------------------------------------------------------------------===//

static rondo_status check_version(const rondo_model *model, rondo_error *error) {
  if (!model)
    return rondo_fail(error, RONDO_ERROR_ARGUMENT, "the model is NULL");
  if (model->abi_version != RONDO_ABI_VERSION)
    return rondo_fail(
        error, RONDO_ERROR_VERSION,
        "the model was compiled for version %u of rondo's ABI, this runtime has version %d: compile "
        "it again",
        model->abi_version, RONDO_ABI_VERSION);
  return RONDO_OK;
}

static rondo_status check_limits(const rondo_entry *entry, rondo_error *error) {
  if (entry->num_dims > RONDO_MAX_DIMS || entry->num_args > RONDO_MAX_VALUES ||
      entry->num_results > RONDO_MAX_VALUES || entry->num_states > RONDO_MAX_VALUES ||
      entry->num_sizes > RONDO_MAX_SIZES)
    return rondo_fail(error, RONDO_ERROR_VERSION, "entry point `%s` has more arguments than a call may have",
                      entry->name);
  return RONDO_OK;
}

rondo_status rondo_check_entry(const rondo_model *model, const rondo_entry *entry, rondo_error *error) {
  rondo_status status = check_version(model, error);
  if (!status && !entry)
    status = rondo_fail(error, RONDO_ERROR_ARGUMENT, "the entry point is NULL");
  return status ? status : check_limits(entry, error);
}

/* A table has rows, or no length. */
static bool is_table(const void *rows, uint32_t count) { return rows || count == 0; }

static bool is_tensor(uint32_t dtype, uint32_t rank) {
  return dtype < RONDO_NUM_DTYPES && rank <= RONDO_MAX_RANK;
}

static bool are_values(const rondo_entry *entry, const rondo_value_info *values, uint32_t count) {
  bool right = true;
  for (uint32_t i = 0; i < count; ++i)
    right &= values[i].name && is_tensor(values[i].dtype, values[i].rank) &&
             values[i].first_size <= entry->num_sizes &&
             values[i].rank <= entry->num_sizes - values[i].first_size;
  return right;
}

/* What a call would follow into the void. */
static bool is_whole_entry(const rondo_model *model, const rondo_entry *entry) {
  if (!entry->shapes || !entry->scratch || !entry->call || (entry->num_states && !entry->reset) ||
      !is_table(entry->dims, entry->num_dims) || !is_table(entry->args, entry->num_args) ||
      !is_table(entry->results, entry->num_results) || !is_table(entry->states, entry->num_states) ||
      !are_values(entry, entry->args, entry->num_args) ||
      !are_values(entry, entry->results, entry->num_results))
    return false;
  for (uint32_t i = 0; i < entry->num_dims; ++i) {
    const rondo_dim_info *dim = &entry->dims[i];
    if (!dim->name || (dim->arg >= 0 && ((uint32_t)dim->arg >= entry->num_args || dim->axis < 0 ||
                                         (uint32_t)dim->axis >= entry->args[dim->arg].rank)))
      return false;
  }
  uint32_t sizes = rondo_first_state_size(entry);
  for (uint32_t i = 0; i < entry->num_states; ++i) {
    if (entry->states[i] >= model->num_states)
      return false;
    sizes += model->states[entry->states[i]].rank;
  }
  return sizes == entry->num_sizes;
}

static bool is_whole_model(const rondo_model *model) {
  if (!model->name || !is_table(model->entries, model->num_entries) ||
      !is_table(model->params, model->num_params) || !is_table(model->states, model->num_states) ||
      !is_table(model->checks, model->num_checks) || (model->prepared_bytes && !model->prepare) ||
      (uintptr_t)model->embedded % RONDO_ALIGNMENT != 0)
    return false;
  for (uint32_t i = 0; i < model->num_params; ++i)
    if (!model->params[i].key || !is_tensor(model->params[i].dtype, model->params[i].rank) ||
        !is_table(model->params[i].shape, model->params[i].rank))
      return false;
  for (uint32_t i = 0; i < model->num_states; ++i)
    if (!model->states[i].key || !is_tensor(model->states[i].dtype, model->states[i].rank))
      return false;
  return true;
}

rondo_status rondo_check_model(const rondo_model *model, rondo_error *error) {
  rondo_status status = check_version(model, error);
  if (!status && !is_whole_model(model))
    status = rondo_fail(error, RONDO_ERROR_FORMAT, "the tables of the model are damaged");
  for (uint32_t i = 0; i < (status ? 0 : model->num_entries) && !status; ++i) {
    const rondo_entry *entry = &model->entries[i];
    status = entry->name ? check_limits(entry, error) : RONDO_OK;
    if (!status && (!entry->name || !is_whole_entry(model, entry)))
      status =
          rondo_fail(error, RONDO_ERROR_FORMAT, "the tables of entry point %u of the model are damaged", i);
  }
  return status;
}

//===--------------------------------------------------------------------===//
// Sizes
//===--------------------------------------------------------------------===//

uint32_t rondo_first_state_size(const rondo_entry *entry) {
  uint32_t first = 0;
  for (uint32_t i = 0; i < entry->num_args; ++i)
    first += entry->args[i].rank;
  for (uint32_t i = 0; i < entry->num_results; ++i)
    first += entry->results[i].rank;
  return first;
}

int64_t rondo_size(const rondo_model *model, const rondo_entry *entry, const int64_t *dims, uint32_t index) {
  int64_t sizes[RONDO_MAX_SIZES];
  if (rondo_sizes(model, entry, dims, sizes, NULL) || index >= entry->num_sizes)
    return -1;
  return sizes[index];
}

/* Of argument, result or state `value`. */
static uint32_t rank_of(const rondo_model *model, const rondo_entry *entry, uint32_t value) {
  if (value < entry->num_args)
    return entry->args[value].rank;
  value -= entry->num_args;
  if (value < entry->num_results)
    return entry->results[value].rank;
  return model->states[entry->states[value - entry->num_results]].rank;
}

int64_t rondo_elements(const rondo_model *model, const rondo_entry *entry, const int64_t *dims,
                       uint32_t value) {
  int64_t sizes[RONDO_MAX_SIZES];
  uint32_t first = 0;
  if (rondo_sizes(model, entry, dims, sizes, NULL) ||
      value >= entry->num_args + entry->num_results + entry->num_states)
    return -1;
  for (uint32_t i = 0; i < value; ++i)
    first += rank_of(model, entry, i);
  uint64_t elements, bytes;
  if (!rondo_count(RONDO_I8, rank_of(model, entry, value), sizes + first, &elements, &bytes))
    return -1;
  return (int64_t)elements;
}
