/* Philox 4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011): random numbers as a
 * function of a counter, so that any element may be drawn on its own. */
#ifndef RONDO_SRC_PHILOX_H
#define RONDO_SRC_PHILOX_H

#include <stdint.h>

/* Encrypts counter[4] under key[2] into words[4]. */
void rondo_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t words[4]);

/* A stream of its own for each name: FNV-1a of its bytes. */
uint64_t rondo_stream(const char *name);

/* Draws n elements of a floating point or integer array from the distribution (RONDO_INIT_*, see
 * rondo_param_info). Element i takes word i % 4 of counter (i / 4, stream) under the key `seed`. */
void rondo_draw(uint64_t seed, uint64_t stream, uint32_t init, double a, double b, uint32_t dtype, void *data,
                uint64_t n);

#endif
