/* From --input, --dim and --seed to the arguments of a call. */
#ifndef RONDO_SRC_INPUTS_H
#define RONDO_SRC_INPUTS_H

#include "rondo/driver.h"
#include "rondo/files.h"

/* Splits "name=value": the length of the name, 0 if there is no name or no `=`. */
size_t rondo_name_length(const char *assignment);

/* Reads a non-negative number that ends where the text does. */
bool rondo_parse_count(const char *text, uint64_t greatest, uint64_t *value);

/* Fills dims[num_dims] and arrays[num_args] (zeroed before; the caller frees them, after a failure too). Each
 * array has the dtype and rank of its argument; the sizes that are not bound by it are not yet checked. */
rondo_status rondo_gather_inputs(const rondo_model *model, const rondo_entry *entry,
                                 const rondo_run_options *options, int64_t *dims, rondo_array *arrays,
                                 rondo_error *error);

#endif
