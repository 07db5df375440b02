/* Two calls of a model, in which nothing happens but the calls: call MODEL.so NAME ENTRY WEIGHTS INPUT.npy...
 * Inputs are in the order of the arguments; weights `-` are drawn. Writes the bytes of all results, one after
 * the other, to stdout. */
#include "quiet.h"
#include "rondo/files.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void check(rondo_status status, const rondo_error *error) {
  if (!status)
    return;
  fprintf(stderr, "%s\n", error->message);
  exit(1);
}

static const rondo_model *open_model(const char *path, const char *name) {
  char symbol[256];
  snprintf(symbol, sizeof symbol, "%s_model", name);
  void *library = dlopen(path, RTLD_NOW);
  const rondo_model *model = library ? dlsym(library, symbol) : NULL;
  if (!model) {
    fprintf(stderr, "%s\n", dlerror());
    exit(1);
  }
  return model;
}

int main(int argc, char **argv) {
  if (argc < 5)
    return 2;
  rondo_error error;
  const rondo_model *model = open_model(argv[1], argv[2]);
  const rondo_entry *entry = rondo_find_entry(model, argv[3]);
  if (!entry || entry->num_args != (uint32_t)(argc - 5))
    return 2;
  void *prepared = rondo_allocate(model->prepared_bytes);
  if (!strcmp(argv[4], "-"))
    check(rondo_draw_weights(model, 1, prepared, &error), &error);
  else
    check(rondo_load_weights(model, argv[4], prepared, NULL, &error), &error);

  static rondo_array arrays[2 * RONDO_MAX_VALUES];
  DLTensor tensors[2 * RONDO_MAX_VALUES], *args[RONDO_MAX_VALUES], *results[RONDO_MAX_VALUES];
  for (uint32_t i = 0; i < entry->num_args; ++i) {
    check(rondo_read_npy(argv[5 + i], &arrays[i], &error), &error);
    tensors[i] = rondo_array_view(&arrays[i]);
    args[i] = &tensors[i];
  }
  int64_t dims[RONDO_MAX_DIMS], sizes[RONDO_MAX_SIZES];
  check(rondo_bind(entry, (const DLTensor *const *)args, dims, &error), &error);
  check(rondo_sizes(model, entry, dims, sizes, &error), &error);
  for (uint32_t i = 0; i < entry->num_results; ++i) {
    const rondo_value_info *info = &entry->results[i];
    rondo_array *array = &arrays[entry->num_args + i];
    check(rondo_array_make(array, info->dtype, info->rank, sizes + info->first_size, &error), &error);
    tensors[entry->num_args + i] = rondo_array_view(array);
    results[i] = &tensors[entry->num_args + i];
  }
  void *states[RONDO_MAX_VALUES];
  uint64_t bytes[RONDO_MAX_VALUES], scratch_bytes = entry->scratch(dims);
  void *scratch = rondo_allocate(scratch_bytes);
  check(rondo_state_bytes(model, entry, dims, bytes, &error), &error);
  for (uint32_t i = 0; i < entry->num_states; ++i)
    states[i] = rondo_allocate(bytes[i]);

  quiet_begin();
  /* Sizes that are known late are those of the first call then. */
  for (int run = 0; run < 2; ++run) {
    for (uint32_t i = 0; i < entry->num_results; ++i) {
      const rondo_value_info *info = &entry->results[i];
      memcpy(results[i]->shape, sizes + info->first_size, info->rank * sizeof(int64_t));
    }
    rondo_status status = RONDO_OK;
    if (entry->reset)
      status = rondo_reset(model, entry, dims, states, prepared, scratch, scratch_bytes, &error);
    if (!status)
      status = rondo_call(model, entry, NULL, (const DLTensor *const *)args, results, states, prepared,
                          scratch, scratch_bytes, &error);
    if (status)
      return 3; /* which is no quiet end */
  }
  static char all[1 << 20];
  size_t count = 0;
  for (uint32_t i = 0; i < entry->num_results; ++i) {
    const rondo_array *array = &arrays[entry->num_args + i];
    uint64_t elements = 1;
    for (uint32_t axis = 0; axis < array->rank; ++axis)
      elements *= (uint64_t)results[i]->shape[axis];
    uint64_t size = elements * rondo_dtype_bytes(array->dtype);
    if (size > sizeof all - count)
      return 3;
    memcpy(all + count, array->data, size);
    count += size;
  }
  quiet_finish(all, count);
}
