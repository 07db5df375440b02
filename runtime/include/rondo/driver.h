/* The command line of a compiled model: `main` of every executable that rondo
 * makes, and the second half of `rondo run`. Results go to stdout or to files,
 * everything else to stderr. */
#ifndef RONDO_DRIVER_H
#define RONDO_DRIVER_H

#include "rondo/abi.h"

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How long one call takes, in microseconds. */
typedef struct rondo_times {
  double median, least, p95; /* 95% of the calls take p95 or less */
} rondo_times;

/* Everything but `program` may be NULL or 0. Nothing is owned. */
typedef struct rondo_run_options {
  const char *program; /* as messages call it */
  const char *entry;   /* NULL: "forward", or the only one */
  const char *weights; /* a safetensors file, or one of prepared weights; NULL: those that are embedded */
  const char *save_prepared; /* write the prepared weights to this file, and call nothing */
  bool has_seed;             /* draw weights, unless `weights` is given, and inputs that are not given */
  uint64_t seed;
  const char *const *inputs; /* [num_inputs] "x=file.npy", "n=5" */
  uint32_t num_inputs;
  const char *const *dims; /* [num_dims] "T=128": sizes of inputs that are drawn */
  uint32_t num_dims;
  const char *output; /* a folder for 0.npy, 1.npy, ...; it is made */
  const char *decode; /* a text file: integer results print as its characters */
  uint32_t time_runs; /* measure that many calls */
  rondo_times *times; /* where to put what is measured, instead of printing it */
} rondo_run_options;

/* Runs one entry point. Returns the exit code: 0; 2 for options that are wrong whatever the model; 1 for
 * anything else that is wrong, described on stderr. */
int rondo_run_model(const rondo_model *model, const rondo_run_options *options);

/* Runs the model as the command line says. Returns the exit code. Ignores SIGPIPE and SIGXFSZ. */
int rondo_main(int argc, char **argv, const rondo_model *model);

#ifdef __cplusplus
}
#endif
#endif
