/* Weights in files: safetensors, which are prepared, and prepared ones, which are mapped. */
#include "error.h"
#include "file.h"
#include "weights.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

rondo_status rondo_load_weights(const rondo_model *model, const char *path, void *prepared,
                                const rondo_unused_weights *unused, rondo_error *error) {
  rondo_safetensors file;
  rondo_status status = rondo_check_model(model, error);
  if (status || (status = rondo_safetensors_open(path, &file, error)))
    return status;
  char *where = malloc(strlen(path) + 3);
  if (where) {
    sprintf(where, "%s: ", path);
    const rondo_stored_weights stored = {where, file.num_tensors, file.tensors};
    status = rondo_prepare_stored(model, &stored, prepared, unused, error);
  } else {
    status = rondo_fail_memory(error, strlen(path) + 3);
  }
  free(where);
  rondo_safetensors_close(&file);
  return status;
}

//===--------------------------------------------------------------------===//
// Prepared weights
//===--------------------------------------------------------------------===//

enum { MAGIC_BYTES = sizeof RONDO_PREPARED_MAGIC - 1 };

_Static_assert(sizeof(rondo_prepared_head) == RONDO_ALIGNMENT,
               "what follows is aligned, and nothing is padding");

static uint64_t checksum(const rondo_prepared_head *head) {
  uint64_t hash = UINT64_C(0xcbf29ce484222325);
  for (size_t i = 0; i < offsetof(rondo_prepared_head, checksum); ++i)
    hash = (hash ^ ((const unsigned char *)head)[i]) * UINT64_C(0x100000001b3);
  return hash;
}

rondo_status rondo_save_prepared(const rondo_model *model, const char *path, const void *prepared,
                                 rondo_error *error) {
  rondo_status status = rondo_check_model(model, error);
  if (status)
    return status;
  if (!prepared && !(prepared = model->embedded) && model->prepared_bytes)
    return rondo_fail(error, RONDO_ERROR_ARGUMENT, "the block of prepared weights is NULL");
  rondo_prepared_head head;
  memset(&head, 0, sizeof head);
  memcpy(head.magic, RONDO_PREPARED_MAGIC, MAGIC_BYTES);
  head.abi_version = RONDO_ABI_VERSION;
  head.head_bytes = sizeof head;
  head.layout = model->layout;
  head.prepared_bytes = model->prepared_bytes;
  size_t length = strlen(model->name);
  memcpy(head.model, model->name, length < sizeof head.model ? length : sizeof head.model - 1);
  head.checksum = checksum(&head);
  rondo_output output;
  if ((status = rondo_output_open(path, &output, error)) ||
      (status = rondo_output_write(&output, &head, sizeof head, error)) ||
      (status = rondo_output_write(&output, prepared, model->prepared_bytes, error)))
    return status;
  return rondo_output_finish(&output, error);
}

/* Whether the bytes of a file are prepared weights of this model. */
static rondo_status check(const rondo_model *model, const char *path, const rondo_file *file,
                          rondo_error *error) {
  rondo_prepared_head head;
  if (file->bytes < MAGIC_BYTES || memcmp(file->data, RONDO_PREPARED_MAGIC, MAGIC_BYTES) != 0)
    return rondo_fail(error, RONDO_ERROR_FORMAT, "%s: no file of prepared weights", path);
  if (file->bytes < sizeof head)
    return rondo_fail(error, RONDO_ERROR_FORMAT, "%s: the file ends amid its head", path);
  memcpy(&head, file->data, sizeof head);
  if (head.checksum != checksum(&head) || head.model[sizeof head.model - 1] != 0)
    return rondo_fail(error, RONDO_ERROR_FORMAT, "%s: the head of the prepared weights is damaged", path);
  if (head.abi_version != RONDO_ABI_VERSION || head.head_bytes != sizeof head)
    return rondo_fail(error, RONDO_ERROR_VERSION,
                      "%s: prepared for version %" PRIu32
                      " of rondo's ABI, this runtime has version %d: prepare "
                      "the weights again",
                      path, head.abi_version, RONDO_ABI_VERSION);
  if (head.layout != model->layout || head.prepared_bytes != model->prepared_bytes)
    return rondo_fail(error, RONDO_ERROR_WEIGHTS,
                      "%s: prepared for model %s, compiled in another way than this %s (layout %016" PRIx64
                      ", not %016" PRIx64 "): prepare the weights again",
                      path, head.model, model->name, head.layout, model->layout);
  if (file->bytes - sizeof head != head.prepared_bytes)
    return rondo_fail(error, RONDO_ERROR_FORMAT,
                      "%s: the file has %" PRIu64 " bytes of prepared weights, its head says %" PRIu64, path,
                      (uint64_t)(file->bytes - sizeof head), head.prepared_bytes);
  return RONDO_OK;
}

rondo_status rondo_map_prepared(const rondo_model *model, const char *path, rondo_weights *weights,
                                rondo_error *error) {
  rondo_file file;
  rondo_status status = rondo_check_model(model, error);
  if (status || (status = rondo_file_open(path, &file, error)))
    return status;
  if ((status = check(model, path, &file, error))) {
    rondo_file_close(&file);
    return status;
  }
  const unsigned char *prepared = file.data + sizeof(rondo_prepared_head);
  weights->mapped_bytes = 0;
  if ((uintptr_t)prepared % RONDO_ALIGNMENT == 0) {
    weights->prepared = prepared;
    weights->memory = (void *)file.data;
    weights->mapped_bytes = file.mapped ? file.bytes : 0;
    return RONDO_OK;
  }
  /* WebAssembly's mmap is a copy, and not on a page. */
  void *copy = rondo_allocate(model->prepared_bytes);
  if (copy)
    memcpy(copy, prepared, (size_t)model->prepared_bytes);
  else
    status = rondo_fail_memory(error, model->prepared_bytes);
  rondo_file_close(&file);
  weights->prepared = weights->memory = copy;
  return status;
}

/* A pipe cannot be read twice, so only a regular file is looked into. */
static bool is_prepared(const char *path) {
  char first[MAGIC_BYTES];
  struct stat info;
  if (stat(path, &info) != 0 || !S_ISREG(info.st_mode))
    return false;
  FILE *file = fopen(path, "rb");
  bool same = file && fread(first, MAGIC_BYTES, 1, file) == 1 &&
              memcmp(first, RONDO_PREPARED_MAGIC, MAGIC_BYTES) == 0;
  if (file)
    fclose(file);
  return same;
}

rondo_status rondo_open_weights(const rondo_model *model, const char *path, rondo_weights *weights,
                                const rondo_unused_weights *unused, rondo_error *error) {
  if (is_prepared(path))
    return rondo_map_prepared(model, path, weights, error);
  rondo_status status = rondo_check_model(model, error);
  if (status)
    return status;
  void *prepared = rondo_allocate(model->prepared_bytes);
  if (!prepared)
    return rondo_fail_memory(error, model->prepared_bytes);
  if ((status = rondo_load_weights(model, path, prepared, unused, error))) {
    rondo_free(prepared);
    return status;
  }
  weights->prepared = weights->memory = prepared;
  weights->mapped_bytes = 0;
  return RONDO_OK;
}

void rondo_close_weights(rondo_weights *weights) {
  if (weights->mapped_bytes)
    munmap(weights->memory, (size_t)weights->mapped_bytes);
  else
    rondo_free(weights->memory);
  memset(weights, 0, sizeof *weights);
}
