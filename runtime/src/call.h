/* The parts of a checked call that the driver needs one by one. */
#ifndef RONDO_SRC_CALL_H
#define RONDO_SRC_CALL_H

#include "rondo/rondo.h"

#include <stdbool.h>

/* The first element, NULL if there is no data. */
char *rondo_tensor_data(const DLTensor *tensor);

/* Whether a tensor is dense and row-major. Axes of size 1 may have any stride: nothing steps along them. */
bool rondo_is_dense(const DLTensor *tensor);

/* Whether a tensor is what `info` says, of these sizes ([info->rank]), dense, in host memory and aligned.
 * `dims` are those that gave the sizes, for the message. */
rondo_status rondo_check_tensor(const rondo_entry *entry, const rondo_value_info *info,
                                const DLTensor *tensor, const int64_t *sizes, const int64_t *dims,
                                rondo_error *error);

#endif
