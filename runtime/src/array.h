/* Sizes of arrays, checked. */
#ifndef RONDO_SRC_ARRAY_H
#define RONDO_SRC_ARRAY_H

#include "rondo/files.h"

#include <stdbool.h>

/* a * b, false where that is beyond what one object can have (half of the address space). */
bool rondo_multiply(uint64_t a, uint64_t b, uint64_t *product);

/* Number of elements of a shape without negative sizes, and bytes; false where that is too large. */
bool rondo_count(uint32_t dtype, uint32_t rank, const int64_t *shape, uint64_t *elements, uint64_t *bytes);

/* Number of elements of an array. */
uint64_t rondo_array_elements(const rondo_array *array);

#endif
