/* What must be timed without Python in between: the peak of one core's multiply-adds, and calls of a compiled
 * entry point. Built by run.py for the machine that it runs on. */
#include <stdint.h>
#include <time.h>

#include "rondo/abi.h"

static double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

#if defined(__AVX512F__)
enum { LANES = 16, CHAINS = 24 };
#elif defined(__AVX__)
enum { LANES = 8, CHAINS = 12 };
#else
enum { LANES = 4, CHAINS = 12 };
#endif
typedef float vector __attribute__((vector_size(LANES * sizeof(float))));

/* FLOP/s of independent chains of multiply-adds that stay in registers, the best of `rounds`; a multiply-add
 * is two. */
double peak_flops(int rounds) {
  enum { STEPS = 2000000 };
  vector sum[CHAINS], factor;
  double best = 0;
  for (int lane = 0; lane < LANES; ++lane)
    factor[lane] = 0.999999f;
  for (int i = 0; i < CHAINS; ++i)
    sum[i] = factor * (float)(i + 1);
  for (int round = 0; round < rounds; ++round) {
    double start = seconds();
    for (int step = 0; step < STEPS; ++step) {
#pragma clang loop unroll(full)
      for (int i = 0; i < CHAINS; ++i)
        sum[i] = sum[i] * factor + factor;
    }
    double flops = 2.0 * LANES * CHAINS * STEPS / (seconds() - start);
    if (flops > best)
      best = flops;
  }
  volatile float sink = 0;
  for (int i = 0; i < CHAINS; ++i)
    sink = sink + sum[i][0];
  return best;
}

/* Calls an entry point `calls` times; writes the seconds that each call took. Returns the first status that
 * is not 0. */
int32_t time_calls(const rondo_entry *entry, const int64_t *dims, int64_t *sizes, const void *const *args,
                   void *const *results, const void *prepared, void *scratch, int calls, double *taken) {
  for (int i = 0; i < calls; ++i) {
    double start = seconds();
    int32_t status = entry->call(dims, sizes, args, results, NULL, prepared, scratch);
    taken[i] = seconds() - start;
    if (status != 0)
      return status;
  }
  return 0;
}
