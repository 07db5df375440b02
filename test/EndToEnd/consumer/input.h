/* An input that every program draws alike; each element is a float exactly. */
#ifndef INPUT_H
#define INPUT_H

#include <stddef.h>

static inline void fill(float *x, size_t count) {
  for (size_t i = 0; i < count; ++i)
    x[i] = (float)((int)(i * 37 % 101) - 50) / 64;
}

#endif
