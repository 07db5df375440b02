/* Arrays as text for people. */
#ifndef RONDO_SRC_PRINT_H
#define RONDO_SRC_PRINT_H

#include "rondo/files.h"

#include <stdio.h>

/* Prints "[[1.0000, 2.0000], [3.0000, 4.0000]]" without a newline at the end. Floats have four decimals, or
 * an exponent where the largest is below 1e-3 or from 1e6 on; whole ones are "1.". Of more than 100 elements,
 * axes longer than 6 show their first and last three. What does not fit a line of 100 columns stands in
 * columns, a row a line, its lines indented by `indent`. */
void rondo_print_array(FILE *out, const rondo_array *array, int indent);

#endif
