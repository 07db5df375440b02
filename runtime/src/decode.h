/* Integers as text: --decode. */
#ifndef RONDO_SRC_DECODE_H
#define RONDO_SRC_DECODE_H

#include "rondo/files.h"

#include <stdio.h>

/* The characters of a file, in order. */
typedef struct rondo_characters {
  const char *path;
  char *text;
  size_t *starts; /* [count + 1] of each character in text */
  uint64_t count;
} rondo_characters;

/* Reads a UTF-8 file of at most 5 MiB; a newline at its end is no character. */
rondo_status rondo_characters_read(const char *path, rondo_characters *characters, rondo_error *error);
void rondo_characters_free(rondo_characters *characters);

/* Whether every element of an integer array has a character. `name` is the result's. */
rondo_status rondo_check_decodable(const rondo_characters *characters, const rondo_array *array,
                                   const char *name, rondo_error *error);

/* Prints an integer array as text, a row (the last axis) a text: "ohlol", or ["hello", "world"] for several
 * rows. Text with line breaks stands as it is between lines of """. */
void rondo_print_text(FILE *out, const rondo_characters *characters, const rondo_array *array);

#endif
