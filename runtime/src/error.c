#include "error.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Names from files end up in messages: nothing there may steer a terminal, and a message that was cut must
 * not end amid a character. */
static void clean(char *text, size_t length) {
  for (size_t i = 0; i < length; ++i)
    if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
      text[i] = '?';
  size_t start = length;
  while (start > 0 && ((unsigned char)text[start - 1] & 0xc0) == 0x80)
    --start;
  if (start > 0 && (unsigned char)text[start - 1] >= 0xc0) {
    unsigned char lead = (unsigned char)text[start - 1];
    size_t want = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1;
    if (length - start < want)
      text[start - 1] = 0;
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
  clean(error->message, strlen(error->message));
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
