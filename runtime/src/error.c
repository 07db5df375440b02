#include "error.h"
#include "utf8.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

void rondo_clean(char *text) {
  unsigned char *at = (unsigned char *)text, *end = at + strlen(text);
  while (at < end) {
    size_t length = rondo_utf8_length(at, end);
    if (length == 0 && *at >= 0xc0 && end - at < 4) { /* the rest of a character was cut off */
      unsigned char *rest = at + 1;
      while (rest < end && (*rest & 0xc0) == 0x80)
        ++rest;
      if (rest == end) {
        *at = 0;
        return;
      }
    }
    bool wrong = length == 0 || *at < 0x20 || *at == 0x7f || (at[0] == 0xc2 && at[1] < 0xa0);
    size_t bytes = length ? length : 1;
    if (wrong)
      memset(at, '?', bytes);
    at += bytes;
  }
}

rondo_status rondo_fail(rondo_error *error, rondo_status status, const char *format, ...) {
  if (!error)
    return status;
  error->status = status;
  error->file = NULL;
  error->line = error->column = 0;
  va_list values;
  va_start(values, format);
  vsnprintf(error->message, sizeof error->message, format, values);
  va_end(values);
  rondo_clean(error->message);
  return status;
}

rondo_status rondo_fail_memory(rondo_error *error, uint64_t bytes) {
  return rondo_fail(error, RONDO_ERROR_MEMORY, "no memory for %" PRIu64 " bytes", bytes);
}

rondo_status rondo_fail_check(rondo_error *error, const rondo_model *model, int32_t number) {
  if (number < 1 || (uint32_t)number > model->num_checks)
    return rondo_fail(error, RONDO_ERROR_CHECK, "check %" PRId32 " of model %s failed", number, model->name);
  const rondo_check_info *check = &model->checks[number - 1];
  rondo_fail(error, RONDO_ERROR_CHECK, "%s", check->message);
  if (error) {
    error->file = check->file;
    error->line = check->line;
    error->column = check->column;
  }
  return RONDO_ERROR_CHECK;
}

void rondo_append(rondo_text *text, const char *format, ...) {
  va_list values;
  va_start(values, format);
  int more = vsnprintf(text->data + text->length, text->capacity - text->length, format, values);
  va_end(values);
  if (more > 0)
    text->length += (size_t)more;
  if (text->length >= text->capacity)
    text->length = text->capacity - 1;
}

void rondo_append_type(rondo_text *text, uint32_t dtype, uint32_t rank, const int64_t *shape) {
  rondo_append(text, "%s[", rondo_dtype_name(dtype));
  for (uint32_t i = 0; i < rank; ++i)
    rondo_append(text, "%s%" PRId64, i ? ", " : "", shape[i]);
  rondo_append(text, "]");
}
