#include "decode.h"
#include "array.h"
#include "dtype.h"
#include "error.h"
#include "file.h"
#include "utf8.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Every place that Unicode has for a character, at its longest. */
enum { MOST_BYTES = 5 << 20 };

static rondo_status split(const rondo_file *file, rondo_characters *characters, rondo_error *error) {
  size_t bytes = file->bytes;
  if (bytes && file->data[bytes - 1] == '\n')
    --bytes;
  characters->text = malloc(bytes + 1);
  characters->starts = malloc((bytes + 1) * sizeof *characters->starts);
  if (!characters->text || !characters->starts)
    return rondo_fail_memory(error, (bytes + 1) * (1 + sizeof *characters->starts));
  if (bytes)
    memcpy(characters->text, file->data, bytes);
  size_t at = 0;
  while (at < bytes) {
    size_t length = rondo_utf8_length(file->data + at, file->data + bytes);
    if (length == 0)
      return rondo_fail(error, RONDO_ERROR_FORMAT, "%s: invalid UTF-8 at byte %zu", characters->path, at);
    characters->starts[characters->count++] = at;
    at += length;
  }
  characters->starts[characters->count] = at;
  return RONDO_OK;
}

rondo_status rondo_characters_read(const char *path, rondo_characters *characters, rondo_error *error) {
  rondo_file file;
  memset(characters, 0, sizeof *characters);
  characters->path = path;
  rondo_status status = rondo_file_open(path, &file, error);
  if (status)
    return status;
  status = file.bytes > MOST_BYTES
               ? rondo_fail(error, RONDO_ERROR_FORMAT, "%s: longer than %d MiB", path, MOST_BYTES >> 20)
               : split(&file, characters, error);
  rondo_file_close(&file);
  if (status)
    rondo_characters_free(characters);
  return status;
}

void rondo_characters_free(rondo_characters *characters) {
  free(characters->text);
  free(characters->starts);
  memset(characters, 0, sizeof *characters);
}

rondo_status rondo_check_decodable(const rondo_characters *characters, const rondo_array *array,
                                   const char *name, rondo_error *error) {
  uint64_t elements = rondo_array_elements(array);
  for (uint64_t i = 0; i < elements; ++i) {
    int64_t index = rondo_load_integer(array->dtype, array->data, i);
    if (index < 0 || (uint64_t)index >= characters->count)
      return rondo_fail(error, RONDO_ERROR_ARGUMENT,
                        "result %s holds %" PRId64 ", %s has %" PRIu64 " characters", name, index,
                        characters->path, characters->count);
  }
  return RONDO_OK;
}

static void print_row(FILE *out, const rondo_characters *characters, const rondo_array *array, uint64_t begin,
                      uint64_t end) {
  bool lines = false;
  for (uint64_t i = begin; i < end; ++i)
    lines |= characters->text[characters->starts[rondo_load_integer(array->dtype, array->data, i)]] == '\n';
  fputs(lines ? "\"\"\"\n" : "\"", out);
  for (uint64_t i = begin; i < end; ++i) {
    int64_t index = rondo_load_integer(array->dtype, array->data, i);
    size_t start = characters->starts[index];
    if (!lines && (characters->text[start] == '"' || characters->text[start] == '\\'))
      fputc('\\', out);
    fwrite(characters->text + start, 1, characters->starts[index + 1] - start, out);
  }
  fputs(lines ? "\n\"\"\"" : "\"", out);
}

static void print_rows(FILE *out, const rondo_characters *characters, const rondo_array *array, uint32_t axis,
                       uint64_t begin, uint64_t count) {
  if (axis + 1 >= array->rank) {
    print_row(out, characters, array, begin, begin + count);
    return;
  }
  uint64_t n = (uint64_t)array->shape[axis];
  fputc('[', out);
  for (uint64_t i = 0; i < n; ++i) {
    if (i)
      fputs(", ", out);
    print_rows(out, characters, array, axis + 1, begin + i * (count / n), count / n);
  }
  fputc(']', out);
}

void rondo_print_text(FILE *out, const rondo_characters *characters, const rondo_array *array) {
  uint64_t rows = 1;
  for (uint32_t axis = 0; axis + 1 < array->rank; ++axis)
    rows *= array->shape[axis] == 1 ? 1 : 2; /* 1 if there is one row */
  print_rows(out, characters, array, rows == 1 && array->rank ? array->rank - 1 : 0, 0,
             rondo_array_elements(array));
}
