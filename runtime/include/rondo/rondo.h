/* rondo's runtime: calling compiled models from C and C++.
 *
 *   rondo_error error;
 *   rondo_weights weights;
 *   rondo_open_weights(model, "w.safetensors", &weights, NULL, &error);
 *   const rondo_entry *entry = rondo_find_entry(model, "forward");
 *   rondo_call(model, entry, NULL, args, results, NULL, weights.prepared, scratch, scratch_bytes, &error);
 *
 * Functions return a status, 0 for success, and describe a failure in *error
 * (which may be NULL). They print nothing, keep nothing between calls and never
 * exit; the same model may be called by several threads at once, each with
 * results and scratch of its own. */
#ifndef RONDO_RONDO_H
#define RONDO_RONDO_H

#include "rondo/abi.h"
#include "rondo/dlpack.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum rondo_status {
  RONDO_OK = 0,
  RONDO_ERROR_CHECK = 1,    /* a check of the program failed; error->file says where */
  RONDO_ERROR_ARGUMENT = 2, /* an argument that does not fit: null, type, rank, size, layout, alignment */
  RONDO_ERROR_FILE = 3,     /* a file that cannot be opened, read or written */
  RONDO_ERROR_FORMAT = 4,   /* a file, or a model's tables, malformed or of an unsupported kind */
  RONDO_ERROR_WEIGHTS = 5,  /* weights that do not fit the model: missing, other shape or type */
  RONDO_ERROR_MEMORY = 6,   /* no memory, or a size that no memory can have */
  RONDO_ERROR_VERSION = 7,  /* the model, or a file of prepared weights, is for another version of abi.h */
} rondo_status;

/* What went wrong, filled by a call that fails and untouched by one that does not. */
typedef struct rondo_error {
  rondo_status status;
  const char *file;      /* of RONDO_ERROR_CHECK: the place in the program's source; else NULL */
  uint32_t line, column; /* from 1 */
  char message[1000];    /* one line of UTF-8 without control characters, cut where it is too long */
} rondo_error;

/* Limits of an entry point; the compiler refuses what is beyond. */
enum { RONDO_MAX_RANK = 32, RONDO_MAX_DIMS = 64, RONDO_MAX_VALUES = 256, RONDO_MAX_SIZES = 1024 };

/* Whether this runtime can call the model: its version, and that its tables are whole. Once, when a model is
 * opened; a call checks the version and the limits of its entry point again. */
rondo_status rondo_check_model(const rondo_model *model, rondo_error *error);

/* The entry point of that name. NULL if there is none. */
const rondo_entry *rondo_find_entry(const rondo_model *model, const char *name);

/* Reads the dimension variables from the arguments' shapes: dims[i] for every dim that has an argument. The
 * others (`int` arguments) are the caller's to set, before or after. args: [num_args]. Ranks are checked. */
rondo_status rondo_bind(const rondo_entry *entry, const DLTensor *const *args, int64_t *dims,
                        rondo_error *error);

/* Computes all sizes of arguments, results and states from dims: sizes[num_sizes], indexed by
 * rondo_value_info's first_size; those of late axes are the most that they can be. A failed check of sizes, a
 * negative dim or size, or a tensor larger than memory can be, is an error. */
rondo_status rondo_sizes(const rondo_model *model, const rondo_entry *entry, const int64_t *dims,
                         int64_t *sizes, rondo_error *error);

/* One of those sizes, and the number of elements of a tensor: value i is argument i, then come the results,
 * then the states. -1 where rondo_sizes fails. */
int64_t rondo_size(const rondo_model *model, const rondo_entry *entry, const int64_t *dims, uint32_t index);
int64_t rondo_elements(const rondo_model *model, const rondo_entry *entry, const int64_t *dims,
                       uint32_t value);

/* Bytes of each state of an entry point, in the order of entry->states: bytes[num_states]. */
rondo_status rondo_state_bytes(const rondo_model *model, const rondo_entry *entry, const int64_t *dims,
                               uint64_t *bytes, rondo_error *error);

/* Writes the first values of an entry point's states. `states` as in rondo_call; `scratch` too. */
rondo_status rondo_reset(const rondo_model *model, const rondo_entry *entry, const int64_t *dims,
                         void *const *states, const void *prepared, void *scratch, uint64_t scratch_bytes,
                         rondo_error *error);

/* Calls an entry point, with everything checked before it runs.
 *   numbers   [num_dims]: the values of `int` arguments at their places in entry->dims, the other places
 *             are not read. NULL where there are no such arguments, or all take their defaults.
 *   args      [num_args], results [num_results]: dense row-major tensors in host memory, of the dtype, rank
 *             and sizes that the entry point says, aligned to RONDO_ALIGNMENT (those without elements may be
 *             NULL and anywhere). An argument that has a default may be a NULL tensor. A bool holds 0 or 1.
 *             The data of results is written. Results overlap neither each other nor anything else. A result
 *             with late axes has the most that they can be when it comes, and their true sizes (in its shape)
 *             when it goes.
 *   states    [num_states]: rondo_state_bytes each, aligned, in the order of entry->states, written by
 *             rondo_reset or an earlier call. They overlap nothing. NULL where there are none.
 *   prepared  the prepared weights, aligned; they are only read, so that any number of instances (each with
 *             states of its own) and threads may share them. NULL: those that are embedded in the model, or
 *             if it has none.
 *   scratch   at least entry->scratch(dims) bytes, aligned. Its contents mean nothing between calls.
 * Allocates nothing, takes no lock and makes no system call. After RONDO_ERROR_CHECK the results are written
 * but worth nothing. */
rondo_status rondo_call(const rondo_model *model, const rondo_entry *entry, const int64_t *numbers,
                        const DLTensor *const *args, DLTensor *const *results, void *const *states,
                        const void *prepared, void *scratch, uint64_t scratch_bytes, rondo_error *error);

/* A tensor in host memory, dense and row-major. It owns nothing: shape ([rank]) and data are the caller's. */
DLTensor rondo_tensor(uint32_t dtype, uint32_t rank, int64_t *shape, void *data);

/* What of the given weights the model does not use; names are told one by one, sorted. */
typedef struct rondo_unused_weights {
  void (*tell)(void *context, const char *name);
  void *context;
} rondo_unused_weights;

/* Reads weights from a safetensors file and prepares them: prepared is model->prepared_bytes bytes, aligned
 * (rondo_allocate). Floating point types convert to the model's. Keys and shapes must match; what the
 * model does not use is told to *unused (which may be NULL). Allocates while it runs. */
rondo_status rondo_load_weights(const rondo_model *model, const char *path, void *prepared,
                                const rondo_unused_weights *unused, rondo_error *error);

/* The same for weights in memory: tensors[i] is the weight keys[i], in any order, dense, of any alignment. */
rondo_status rondo_prepare_weights(const rondo_model *model, uint32_t count, const char *const *keys,
                                   const DLTensor *const *tensors, void *prepared,
                                   const rondo_unused_weights *unused, rondo_error *error);

/* Draws weights from their first distributions by (seed, key) and prepares them. Allocates while it runs. */
rondo_status rondo_draw_weights(const rondo_model *model, uint64_t seed, void *prepared, rondo_error *error);

/* Writes prepared weights to a file (beside its place, then renamed) that rondo_map_prepared maps: nothing is
 * read, converted or copied then. The file is for this model as it was compiled: another target, another
 * level of optimisation or another program may lay its weights out in another way. `prepared` may be NULL for
 * those that are embedded. */
rondo_status rondo_save_prepared(const rondo_model *model, const char *path, const void *prepared,
                                 rondo_error *error);

/* Prepared weights, and whose memory they lie in. */
typedef struct rondo_weights {
  const void *prepared; /* [model->prepared_bytes], aligned, only to be read */
  void *memory;
  uint64_t mapped_bytes; /* 0: memory is rondo_allocate's */
} rondo_weights;

/* Maps a file that rondo_save_prepared wrote. Its head and size are checked: a file of another model, layout
 * or version is an error, and so is one that was cut. The weights themselves are taken as they are. While it
 * is mapped, the file may be replaced, but not shortened. On success *weights is the caller's to close. */
rondo_status rondo_map_prepared(const rondo_model *model, const char *path, rondo_weights *weights,
                                rondo_error *error);

/* Opens a file of weights of either kind: prepared ones (a regular file) are mapped, a safetensors file is
 * loaded into memory. */
rondo_status rondo_open_weights(const rondo_model *model, const char *path, rondo_weights *weights,
                                const rondo_unused_weights *unused, rondo_error *error);

/* Frees what was opened or mapped; *weights may be all zeros. */
void rondo_close_weights(rondo_weights *weights);

/* Memory aligned to RONDO_ALIGNMENT, uninitialised, never NULL for 0 bytes; NULL if there is none.
 * rondo_free takes NULL too. */
void *rondo_allocate(uint64_t bytes);
void rondo_free(void *memory);

/* Bytes of one element of a dtype, 0 if it is none; its name in the language ("f32"), "?" if it is none. */
uint32_t rondo_dtype_bytes(uint32_t dtype);
const char *rondo_dtype_name(uint32_t dtype);

/* A dtype as DLPack writes it. */
DLDataType rondo_dtype_dlpack(uint32_t dtype);

/* The runtime's version, "0.1.0". */
const char *rondo_version(void);

#ifdef __cplusplus
}
#endif
#endif
