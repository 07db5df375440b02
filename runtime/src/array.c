#include "array.h"
#include "error.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

bool rondo_multiply(uint64_t a, uint64_t b, uint64_t *product) {
  if (b != 0 && a > (uint64_t)PTRDIFF_MAX / b)
    return false;
  *product = a * b;
  return true;
}

bool rondo_count(uint32_t dtype, uint32_t rank, const int64_t *shape, uint64_t *elements, uint64_t *bytes) {
  /* An axis of size 0 makes every other size harmless: nothing is stored. */
  *elements = 1;
  for (uint32_t i = 0; i < rank; ++i)
    if (shape[i] == 0)
      *elements = 0;
  for (uint32_t i = 0; i < rank && *elements != 0; ++i)
    if (shape[i] < 0 || !rondo_multiply(*elements, (uint64_t)shape[i], elements))
      return false;
  return rondo_multiply(*elements, rondo_dtype_bytes(dtype), bytes);
}

uint64_t rondo_array_elements(const rondo_array *array) {
  return array->bytes / rondo_dtype_bytes(array->dtype);
}

void *rondo_allocate(uint64_t bytes) {
  void *memory = NULL;
  if (bytes > PTRDIFF_MAX - RONDO_ALIGNMENT)
    return NULL;
  if (posix_memalign(&memory, RONDO_ALIGNMENT, bytes ? (size_t)bytes : RONDO_ALIGNMENT) != 0)
    return NULL;
  return memory;
}

void rondo_free(void *memory) { free(memory); }

rondo_status rondo_array_make(rondo_array *array, uint32_t dtype, uint32_t rank, const int64_t *shape,
                              rondo_error *error) {
  uint64_t elements, bytes;
  if (rank > RONDO_MAX_RANK)
    return rondo_fail(error, RONDO_ERROR_ARGUMENT, "rank %u is more than %d", rank, RONDO_MAX_RANK);
  for (uint32_t i = 0; i < rank; ++i)
    if (shape[i] < 0)
      return rondo_fail(error, RONDO_ERROR_ARGUMENT, "axis %u has a negative size", i);
  if (!rondo_count(dtype, rank, shape, &elements, &bytes)) {
    RONDO_TEXT(type, 400);
    rondo_append_type(&type, dtype, rank, shape);
    return rondo_fail(error, RONDO_ERROR_MEMORY, "%s is larger than memory can be", type.data);
  }
  void *data = rondo_allocate(bytes);
  if (!data)
    return rondo_fail_memory(error, bytes);
  memset(data, 0, (size_t)bytes);
  memset(array, 0, sizeof *array);
  array->dtype = dtype;
  array->rank = rank;
  if (rank)
    memcpy(array->shape, shape, rank * sizeof *shape);
  array->data = data;
  array->bytes = bytes;
  return RONDO_OK;
}

void rondo_array_free(rondo_array *array) {
  if (array->mapping)
    munmap(array->mapping, array->mapping_bytes);
  else
    rondo_free(array->data);
  array->mapping = array->data = NULL;
}

DLTensor rondo_array_view(const rondo_array *array) {
  DLTensor view;
  memset(&view, 0, sizeof view);
  view.data = array->data;
  view.device.device_type = kDLCPU;
  view.ndim = (int32_t)array->rank;
  view.dtype = rondo_dtype_dlpack(array->dtype);
  view.shape = (int64_t *)array->shape;
  return view;
}
