/* Weights by their keys on their way to a model's `prepare`. */
#ifndef RONDO_SRC_WEIGHTS_H
#define RONDO_SRC_WEIGHTS_H

#include "rondo/files.h"

/* The first 8 bytes of a file of prepared weights. */
#define RONDO_PREPARED_MAGIC "RONDOPRE"

typedef struct rondo_stored_weights {
  const char *where; /* messages begin with it: "F.safetensors: ", or "" */
  uint32_t count;
  const rondo_stored_tensor *tensors; /* [count], sorted by name, each once */
} rondo_stored_weights;

/* Prepares them; see rondo_load_weights. */
rondo_status rondo_prepare_stored(const rondo_model *model, const rondo_stored_weights *stored,
                                  void *prepared, const rondo_unused_weights *unused, rondo_error *error);

#endif
