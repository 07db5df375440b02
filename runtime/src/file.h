/* Whole files: mapped to be read, written beside their target and renamed. */
#ifndef RONDO_SRC_FILE_H
#define RONDO_SRC_FILE_H

#include "rondo/rondo.h"

#include <stdbool.h>
#include <stddef.h>

/* The bytes of a file. `mapped`: they are the file's pages, else rondo_allocate's memory. */
typedef struct rondo_file {
  const unsigned char *data;
  size_t bytes;
  bool mapped;
} rondo_file;

/* Maps a regular file; reads anything else (a pipe) into memory, at most RONDO_STREAM_LIMIT bytes of it. */
enum { RONDO_STREAM_LIMIT = 256 << 20 };
rondo_status rondo_file_open(const char *path, rondo_file *file, rondo_error *error);
void rondo_file_close(rondo_file *file);

/* A file that is being written under a temporary name beside its target; NULL: where it is. */
typedef struct rondo_output {
  const char *path;
  char *temporary;
  int descriptor;
} rondo_output;

/* After a successful open, each output is given to rondo_output_finish or rondo_output_abandon; a write that
 * fails has abandoned it. */
rondo_status rondo_output_open(const char *path, rondo_output *output, rondo_error *error);
rondo_status rondo_output_write(rondo_output *output, const void *data, uint64_t bytes, rondo_error *error);
rondo_status rondo_output_finish(rondo_output *output, rondo_error *error);
void rondo_output_abandon(rondo_output *output);

/* Makes a folder and those that it lies in, unless they are there. */
rondo_status rondo_make_folder(const char *path, rondo_error *error);

#endif
