/* Errors are made in one place, so that each is one clean line. */
#ifndef RONDO_SRC_ERROR_H
#define RONDO_SRC_ERROR_H

#include "rondo/rondo.h"

#include <stddef.h>

#if defined(__GNUC__)
__attribute__((format(printf, 3, 4)))
#endif
/* Fills *error, if there is one, and returns status. */
rondo_status rondo_fail(rondo_error *error, rondo_status status, const char *format, ...);

/* RONDO_ERROR_MEMORY: no room for that many bytes. */
rondo_status rondo_fail_memory(rondo_error *error, uint64_t bytes);

/* RONDO_ERROR_CHECK: the check that compiled code reported as `number`, from 1. */
rondo_status rondo_fail_check(rondo_error *error, const rondo_model *model, int32_t number);

/* Makes text fit for a terminal: what is a control character (those of Unicode's C1 too) or no UTF-8 becomes
 * `?`; a character that was cut at the end is dropped. Names from files end up in messages. */
void rondo_clean(char *text);

/* A piece of text that grows up to its capacity and is cut there; always ends with 0. */
typedef struct rondo_text {
  char *data;
  size_t capacity, length;
} rondo_text;

#define RONDO_TEXT(name, size)                                                                               \
  char name##_data[size] = "";                                                                               \
  rondo_text name = {name##_data, size, 0}

#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
void rondo_append(rondo_text *text, const char *format, ...);

/* "f32[2, 3]" */
void rondo_append_type(rondo_text *text, uint32_t dtype, uint32_t rank, const int64_t *shape);

#endif
