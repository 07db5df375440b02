#include "philox.h"
#include "dtype.h"

#include <math.h>

void rondo_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t words[4]) {
  uint32_t a = counter[0], b = counter[1], c = counter[2], d = counter[3];
  uint32_t k = key[0], l = key[1];
  for (int round = 0; round < 10; ++round) {
    uint64_t p = UINT64_C(0xd2511f53) * a, q = UINT64_C(0xcd9e8d57) * c;
    a = (uint32_t)(q >> 32) ^ b ^ k;
    b = (uint32_t)q;
    c = (uint32_t)(p >> 32) ^ d ^ l;
    d = (uint32_t)p;
    k += 0x9e3779b9;
    l += 0xbb67ae85;
  }
  words[0] = a;
  words[1] = b;
  words[2] = c;
  words[3] = d;
}

uint64_t rondo_stream(const char *name) {
  uint64_t hash = UINT64_C(0xcbf29ce484222325);
  for (; *name; ++name)
    hash = (hash ^ (unsigned char)*name) * UINT64_C(0x100000001b3);
  return hash;
}

/* In [0, 1), of 24 bits: exact in f32. */
static double unit(uint32_t word) { return (word >> 8) * 0x1p-24; }

/* Rounding to the dtype may bring a + (b - a) u up to b, which is not in [a, b). */
static double below(uint32_t dtype, double value, double a, double b) {
  if (a < b && dtype == RONDO_F32 && (float)value >= (float)b)
    return (double)nextafterf((float)b, (float)a);
  return value;
}

void rondo_draw(uint64_t seed, uint64_t stream, uint32_t init, double a, double b, uint32_t dtype, void *data,
                uint64_t n) {
  const uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
  for (uint64_t block = 0; block * 4 < n; ++block) {
    const uint32_t counter[4] = {(uint32_t)block, (uint32_t)(block >> 32), (uint32_t)stream,
                                 (uint32_t)(stream >> 32)};
    uint32_t words[4];
    double values[4];
    if (init != RONDO_INIT_CONSTANT)
      rondo_philox(counter, key, words);
    for (int i = 0; i < 4; ++i) {
      if (init == RONDO_INIT_CONSTANT) {
        values[i] = a;
      } else if (init == RONDO_INIT_UNIFORM) {
        values[i] = below(dtype, a + (b - a) * unit(words[i]), a, b);
      } else { /* Box-Muller, two values of two words; 1 - u is never 0 */
        double radius = sqrt(-2.0 * log(1.0 - unit(words[i & 2])));
        double angle = 6.283185307179586 * unit(words[i | 1]);
        values[i] = a + b * radius * (i & 1 ? sin(angle) : cos(angle));
      }
    }
    for (uint64_t i = 0; i < 4 && block * 4 + i < n; ++i) {
      if (rondo_dtype_is_float(dtype))
        rondo_store_float(dtype, data, block * 4 + i, values[i]);
      else
        rondo_store_integer(dtype, data, block * 4 + i, (int64_t)values[i]);
    }
  }
}
