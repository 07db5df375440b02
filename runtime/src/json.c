#include "json.h"
#include "error.h"
#include "utf8.h"

#include <inttypes.h>

rondo_status rondo_json_fail(const rondo_json *json, const char *what) {
  return rondo_fail(json->error, RONDO_ERROR_FORMAT, "%s: header, byte %td: %s", json->path,
                    json->at - json->begin, what);
}

static void skip_blanks(rondo_json *json) {
  while (json->at < json->end &&
         (*json->at == ' ' || *json->at == '\t' || *json->at == '\n' || *json->at == '\r'))
    ++json->at;
}

bool rondo_json_accept(rondo_json *json, char punctuation) {
  skip_blanks(json);
  if (json->at == json->end || *json->at != (unsigned char)punctuation)
    return false;
  ++json->at;
  return true;
}

rondo_status rondo_json_expect(rondo_json *json, char punctuation) {
  if (rondo_json_accept(json, punctuation))
    return RONDO_OK;
  char what[] = "expected `_`";
  what[10] = punctuation;
  return rondo_json_fail(json, what);
}

rondo_status rondo_json_finish(rondo_json *json) {
  skip_blanks(json);
  return json->at == json->end ? RONDO_OK : rondo_json_fail(json, "expected the header's end");
}

/* The four digits of \uXXXX; a negative number if they are not there. */
static long hexadecimal(rondo_json *json) {
  long value = 0;
  if (json->end - json->at < 4)
    return -1;
  for (int i = 0; i < 4; ++i) {
    unsigned c = *json->at++;
    unsigned digit = c - '0' < 10 ? c - '0' : (c | 0x20) - 'a' < 6 ? (c | 0x20) - 'a' + 10 : 16;
    if (digit == 16)
      return -1;
    value = value * 16 + (long)digit;
  }
  return value;
}

/* What follows a backslash. Its decoded form is never longer than its written one. */
static rondo_status escape(rondo_json *json) {
  if (json->at == json->end)
    return rondo_json_fail(json, "unfinished string");
  static const char written[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
  unsigned char c = *json->at++;
  for (int i = 0; written[i]; ++i)
    if (c == (unsigned char)written[i]) {
      *json->strings++ = meant[i];
      return RONDO_OK;
    }
  long character = c == 'u' ? hexadecimal(json) : -1;
  if (character >= 0xd800 && character < 0xdc00) { /* the first half of a pair */
    long low = -1;
    if (json->end - json->at >= 6 && json->at[0] == '\\' && json->at[1] == 'u') {
      json->at += 2;
      low = hexadecimal(json);
    }
    character = low >= 0xdc00 && low < 0xe000 ? 0x10000 + ((character - 0xd800) << 10) + (low - 0xdc00) : -1;
  } else if (character >= 0xdc00 && character < 0xe000) {
    character = -1;
  }
  if (character < 0)
    return rondo_json_fail(json, "malformed escape in a string");
  if (character == 0)
    return rondo_json_fail(json, "a string holds a null character");
  json->strings += rondo_utf8_write((unsigned long)character, json->strings);
  return RONDO_OK;
}

rondo_status rondo_json_string(rondo_json *json, const char **text) {
  if (!rondo_json_accept(json, '"'))
    return rondo_json_fail(json, "expected a string");
  *text = json->strings;
  for (;;) {
    if (json->at == json->end)
      return rondo_json_fail(json, "unfinished string");
    if (*json->at == '"')
      break;
    if (*json->at < 0x20)
      return rondo_json_fail(json, "control character in a string");
    if (*json->at == '\\') {
      ++json->at;
      rondo_status status = escape(json);
      if (status)
        return status;
      continue;
    }
    size_t length = rondo_utf8_length(json->at, json->end);
    if (length == 0)
      return rondo_json_fail(json, "invalid UTF-8 in a string");
    while (length--)
      *json->strings++ = (char)*json->at++;
  }
  ++json->at;
  *json->strings++ = 0; /* there is room: the quotes were not copied */
  return RONDO_OK;
}

rondo_status rondo_json_number(rondo_json *json, int64_t *number) {
  skip_blanks(json);
  const unsigned char *begin = json->at;
  *number = 0;
  while (json->at < json->end && *json->at >= '0' && *json->at <= '9') {
    int digit = *json->at - '0';
    if (*number > (INT64_MAX - digit) / 10)
      return rondo_json_fail(json, "number too large");
    *number = *number * 10 + digit;
    ++json->at;
  }
  if (json->at == begin)
    return rondo_json_fail(json, "expected a non-negative integer");
  if (*begin == '0' && json->at - begin > 1)
    return rondo_json_fail(json, "a number begins with 0");
  return RONDO_OK;
}
