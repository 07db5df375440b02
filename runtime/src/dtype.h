/* Element types: their names, and their values as double. */
#ifndef RONDO_SRC_DTYPE_H
#define RONDO_SRC_DTYPE_H

#include "rondo/rondo.h"

#include <stdbool.h>
#include <stddef.h>

enum { RONDO_NUM_DTYPES = 9 };

/* Whether a dtype is a floating point or an integer type; bool is neither. */
bool rondo_dtype_is_float(uint32_t dtype);
bool rondo_dtype_is_integer(uint32_t dtype);

/* As NumPy calls it ("float32"); bf16, which NumPy lacks, is "float32" too. */
const char *rondo_dtype_numpy(uint32_t dtype);

/* The dtype that DLPack writes like this, -1 if there is none. */
int32_t rondo_dtype_of_dlpack(DLDataType type);

/* Least and greatest value of an integer type. */
int64_t rondo_dtype_least(uint32_t dtype);
int64_t rondo_dtype_greatest(uint32_t dtype);

/* Element i of a floating point array. Stores round to nearest, ties to even. */
double rondo_load_float(uint32_t dtype, const void *data, uint64_t i);
void rondo_store_float(uint32_t dtype, void *data, uint64_t i, double value);

/* Element i of an integer or bool array. Stores keep the low bits. */
int64_t rondo_load_integer(uint32_t dtype, const void *data, uint64_t i);
void rondo_store_integer(uint32_t dtype, void *data, uint64_t i, int64_t value);

/* Converts n elements between floating point types. Memory of any alignment, not overlapping. */
void rondo_convert_floats(void *to, uint32_t to_dtype, const void *from, uint32_t from_dtype, uint64_t n);

#endif
