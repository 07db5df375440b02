/* The layout that compiled code and the runtime share. A change of anything in
 * this file raises RONDO_ABI_VERSION, which is checked when a model is opened.
 * C11 and C++; no code, only layout. */
#ifndef RONDO_ABI_H
#define RONDO_ABI_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { RONDO_ABI_VERSION = 4 };

/* Bytes to which every buffer that compiled code touches is aligned: inputs,
 * results, prepared weights, scratch. */
enum { RONDO_ALIGNMENT = 64 };

/* The first bytes of scratch hold the status word of the call (int32_t). */
enum { RONDO_STATUS_BYTES = 64 };

/* Element types. Booleans are one byte, 0 or 1. */
enum {
  RONDO_F32 = 0,
  RONDO_F64 = 1,
  RONDO_F16 = 2,
  RONDO_BF16 = 3,
  RONDO_I64 = 4,
  RONDO_I32 = 5,
  RONDO_I8 = 6,
  RONDO_U8 = 7,
  RONDO_BOOL = 8
};

/* Distributions of a weight's first value, see rondo_param_info. */
enum { RONDO_INIT_CONSTANT = 0, RONDO_INIT_UNIFORM = 1, RONDO_INIT_NORMAL = 2 };

/* A dimension variable or an `int` argument of an entry point. */
typedef struct rondo_dim_info {
  const char *name;
  int32_t arg;          /* the argument that it is read from, -1: given by name */
  int32_t axis;         /* and its axis */
  uint32_t has_default; /* an `int` argument that may be left out, and what it is then */
  int64_t default_value;
} rondo_dim_info;

/* A tensor argument or result. */
typedef struct rondo_value_info {
  const char *name; /* results: "0", "1", ... */
  uint32_t dtype;
  uint32_t rank;
  uint32_t first_size;       /* index of its axis 0 among the sizes that `shapes` gives */
  uint32_t late_axes;        /* of a result: bit i says that the size of axis i is known only after a call */
  const void *default_value; /* of an argument of rank 0 that may be left out: its element; else NULL */
} rondo_value_info;

/* Memory that the caller keeps from one call to the next. Dense and row-major. */
typedef struct rondo_state_info {
  const char *key; /* its path from the root, as a weight's */
  uint32_t dtype;
  uint32_t rank;
} rondo_state_info;

/* An entry point. All tensors are dense and row-major. */
typedef struct rondo_entry {
  const char *name;
  uint32_t num_dims, num_args, num_results, num_states, num_sizes;
  const rondo_dim_info *dims;      /* [num_dims] */
  const rondo_value_info *args;    /* [num_args] */
  const rondo_value_info *results; /* [num_results] */
  const uint32_t *states;          /* [num_states], ascending: which of the model's states it uses */
  /* Writes all sizes of all arguments, then of all results, then of its states, axis by axis, to
   * sizes[num_sizes]; a size that is known only after a call is the most that it can be. Returns 0 or the
   * number (from 1) of the check of sizes that these dims fail. */
  int32_t (*shapes)(const int64_t *dims, int64_t *sizes);
  /* Bytes of scratch that a call with these dims needs, at least RONDO_STATUS_BYTES; 2^62 if anything that is
   * computed from them overflows: such a call must not be. */
  uint64_t (*scratch)(const int64_t *dims);
  /* Runs. `sizes` holds what `shapes` wrote, for dims that pass its checks; those of late axes become what
   * they are: the elements of such a result stand without gaps at the beginning of its memory. Returns 0 or
   * the number (from 1) of the failed check. Nothing may alias except arguments among each other; the caller
   * owns all memory. */
  int32_t (*call)(const int64_t *dims, int64_t *sizes, const void *const *args, void *const *results,
                  void *const *states, const void *prepared, void *scratch);
  /* Writes the first values of its states. NULL if it has none. */
  int32_t (*reset)(const int64_t *dims, void *const *states, const void *prepared, void *scratch);
} rondo_entry;

/* A weight. */
typedef struct rondo_param_info {
  const char *key; /* as in PyTorch's state_dict */
  uint32_t dtype;
  uint32_t rank;
  const int64_t *shape; /* [rank] */
  uint32_t init;        /* RONDO_INIT_*: constant a; uniform in [a, b); normal of mean a, std b */
  double a, b;
  int64_t zero_row; /* row of axis 0 that is 0 all the same, -1: none */
} rondo_param_info;

/* What a status says: the place of a check in the source and its message. */
typedef struct rondo_check_info {
  const char *file;
  uint32_t line, column; /* from 1 */
  const char *message;
} rondo_check_info;

/* A compiled model: the symbol `<model>_model` of its object. */
typedef struct rondo_model {
  uint32_t abi_version;
  uint32_t num_entries, num_params, num_states, num_checks;
  const char *name;
  const rondo_entry *entries;
  const rondo_param_info *params;
  const rondo_state_info *states;
  const rondo_check_info *checks; /* status s is checks[s - 1] */
  uint64_t prepared_bytes;        /* of the blob that `prepare` writes */
  uint64_t prepare_scratch_bytes;
  uint64_t layout; /* fingerprint of the blob's layout */
  /* Makes the blob from the weights (params[i] dense, row-major). Once, before any call. */
  int32_t (*prepare)(const void *const *params, void *prepared, void *scratch);
  const void *embedded; /* the blob, aligned, if it lies in the object; else NULL */
} rondo_model;

/* The head of a file of prepared weights, in the byte order of the machine that made them. The blob follows
 * at once, so it is aligned wherever the file is mapped. */
typedef struct rondo_prepared_head {
  char magic[8]; /* "RONDOPRE": no safetensors file begins like this */
  uint32_t abi_version;
  uint32_t head_bytes;
  uint64_t layout;         /* rondo_model's */
  uint64_t prepared_bytes; /* of the blob, which ends the file */
  char model[24];          /* its name, cut, filled up with 0; for messages */
  uint64_t checksum;       /* FNV-1a (64 bits) of all bytes before */
} rondo_prepared_head;

#ifdef __cplusplus
}
#endif
#endif
