/* The name that was probably meant. */
#ifndef RONDO_SRC_SUGGEST_H
#define RONDO_SRC_SUGGEST_H

#include "error.h"

enum { RONDO_MAX_NEAREST = 3 };

/* Collects the names nearest to `wanted` among those offered. */
typedef struct rondo_nearest {
  const char *wanted;
  uint32_t count;
  const char *names[RONDO_MAX_NEAREST]; /* best first */
  uint32_t distances[RONDO_MAX_NEAREST];
} rondo_nearest;

void rondo_nearest_offer(rondo_nearest *nearest, const char *name);

/* " (did you mean `a` or `b`?)", or nothing if no name is near. */
void rondo_append_nearest(rondo_text *text, const rondo_nearest *nearest);

#endif
