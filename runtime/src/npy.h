/* Writing a .npy file in two steps, so that several appear together. */
#ifndef RONDO_SRC_NPY_H
#define RONDO_SRC_NPY_H

#include "file.h"
#include "rondo/files.h"

/* Writes the file beside its target. On success *output is to be finished, or abandoned; `path` lives as
 * long as it does. */
rondo_status rondo_npy_begin(const char *path, const rondo_array *array, rondo_output *output,
                             rondo_error *error);

#endif
