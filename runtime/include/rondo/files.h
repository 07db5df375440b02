/* Arrays in files: NumPy's .npy and safetensors, read and written. Readers trust
 * nothing in a file: every size and offset is checked before it is used. */
#ifndef RONDO_FILES_H
#define RONDO_FILES_H

#include "rondo/rondo.h"

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A dense row-major array in host byte order that owns its memory. */
typedef struct rondo_array {
  uint32_t dtype, rank;
  int64_t shape[RONDO_MAX_RANK];
  void *data; /* aligned to RONDO_ALIGNMENT; lies in the mapping if there is one. Not to be written then. */
  uint64_t bytes; /* of data */
  void *mapping;  /* the mapped file, or NULL: data is rondo_allocate's */
  size_t mapping_bytes;
} rondo_array;

/* An array of zero-filled elements. */
rondo_status rondo_array_make(rondo_array *array, uint32_t dtype, uint32_t rank, const int64_t *shape,
                              rondo_error *error);
void rondo_array_free(rondo_array *array);

/* The array as a DLPack tensor, which lives as long as the array does. */
DLTensor rondo_array_view(const rondo_array *array);

/* Reads a .npy file of version 1 to 3, in C or Fortran order and of either byte order. dtypes f4 f8 f2 i8 i4
 * i1 u1 b1. The file is mapped where its data can be used as it stands. Trailing bytes are an error. On
 * success *array is the caller's to free. */
rondo_status rondo_read_npy(const char *path, rondo_array *array, rondo_error *error);

/* Writes version 1.0, C order, little-endian, beside the target, then renames. NumPy has no bf16: such an
 * array is written as f32. */
rondo_status rondo_write_npy(const char *path, const rondo_array *array, rondo_error *error);

/* A tensor of a safetensors file. */
typedef struct rondo_stored_tensor {
  const char *name;       /* UTF-8 */
  const char *dtype_name; /* as the file says: "F32" */
  int32_t dtype;          /* RONDO_*, -1 if it is none of rondo's */
  uint32_t rank;
  const int64_t *shape;
  const void *data; /* little-endian, of any alignment */
  uint64_t bytes;
} rondo_stored_tensor;

/* An open safetensors file. */
typedef struct rondo_safetensors {
  uint32_t num_tensors;
  rondo_stored_tensor *tensors; /* sorted by name (bytes) */
  struct rondo_safetensors_memory *memory;
} rondo_safetensors;

/* Opens a safetensors file and checks all of its header: duplicate keys, overlaps, holes, wrong sizes and
 * trailing bytes are errors. On success *file is the caller's to close. */
rondo_status rondo_safetensors_open(const char *path, rondo_safetensors *file, rondo_error *error);
void rondo_safetensors_close(rondo_safetensors *file);

/* The tensor of that name. NULL if there is none. */
const rondo_stored_tensor *rondo_safetensors_find(const rondo_safetensors *file, const char *name);

/* Writes a safetensors file beside the target, then renames. Names must differ; arrays[i] has names[i]. */
rondo_status rondo_safetensors_write(const char *path, uint32_t count, const char *const *names,
                                     const rondo_array *arrays, rondo_error *error);

#ifdef __cplusplus
}
#endif
#endif
