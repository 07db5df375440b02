#include "suggest.h"

#include <string.h>

enum { MAX_LENGTH = 200 };

/* Levenshtein's distance; of longer names the ends count, where dotted keys differ. */
static uint32_t distance(const char *a, const char *b) {
  size_t a_length = strlen(a), b_length = strlen(b);
  if (a_length > MAX_LENGTH)
    a += a_length - MAX_LENGTH, a_length = MAX_LENGTH;
  if (b_length > MAX_LENGTH)
    b += b_length - MAX_LENGTH, b_length = MAX_LENGTH;
  uint32_t row[MAX_LENGTH + 1];
  for (uint32_t j = 0; j <= b_length; ++j)
    row[j] = j;
  for (size_t i = 0; i < a_length; ++i) {
    uint32_t diagonal = row[0];
    row[0] = (uint32_t)i + 1;
    for (size_t j = 0; j < b_length; ++j) {
      uint32_t best = diagonal + (a[i] != b[j]);
      if (row[j] + 1 < best)
        best = row[j] + 1;
      if (row[j + 1] + 1 < best)
        best = row[j + 1] + 1;
      diagonal = row[j + 1];
      row[j + 1] = best;
    }
  }
  return row[b_length];
}

void rondo_nearest_offer(rondo_nearest *nearest, const char *name) {
  size_t length = strlen(nearest->wanted), other = strlen(name);
  if ((length > other ? length - other : other - length) > length / 3 + 1)
    return; /* at least as many letters differ */
  uint32_t d = distance(nearest->wanted, name);
  if (d > length / 3 + 1 || d >= length) /* `x` is not near `y`: they share nothing */
    return;
  uint32_t at = nearest->count;
  while (at > 0 && nearest->distances[at - 1] > d)
    --at;
  if (at == RONDO_MAX_NEAREST)
    return;
  if (nearest->count < RONDO_MAX_NEAREST)
    ++nearest->count;
  for (uint32_t i = nearest->count - 1; i > at; --i) {
    nearest->names[i] = nearest->names[i - 1];
    nearest->distances[i] = nearest->distances[i - 1];
  }
  nearest->names[at] = name;
  nearest->distances[at] = d;
}

void rondo_append_nearest(rondo_text *text, const rondo_nearest *nearest) {
  for (uint32_t i = 0; i < nearest->count; ++i)
    rondo_append(text, "%s`%s`",
                 i == 0                   ? " (did you mean "
                 : i + 1 < nearest->count ? ", "
                                          : " or ",
                 nearest->names[i]);
  if (nearest->count)
    rondo_append(text, "?)");
}
