/* A strict reader of the JSON that weights files hold: the caller says what it
 * expects next, so nesting is as deep as the caller's code and nothing is skipped.
 * Numbers are non-negative integers. No allocation. */
#ifndef RONDO_SRC_JSON_H
#define RONDO_SRC_JSON_H

#include "rondo/rondo.h"

#include <stdbool.h>

typedef struct rondo_json {
  const unsigned char *begin, *at, *end;
  char *strings;    /* room for decoded strings: end - begin bytes are always enough */
  const char *path; /* for messages */
  rondo_error *error;
} rondo_json;

/* Each consumes what it names and the white space before it, or fails. */
rondo_status rondo_json_expect(rondo_json *json, char punctuation);
rondo_status rondo_json_string(rondo_json *json, const char **text); /* UTF-8, ends with 0, holds no other */
rondo_status rondo_json_number(rondo_json *json, int64_t *number);   /* 0 to INT64_MAX */

/* Whether `punctuation` comes next; consumes it then. */
bool rondo_json_accept(rondo_json *json, char punctuation);

/* Nothing but white space is left. */
rondo_status rondo_json_finish(rondo_json *json);

/* RONDO_ERROR_FORMAT, with the place. */
rondo_status rondo_json_fail(const rondo_json *json, const char *what);

#endif
