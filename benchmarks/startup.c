/* A service that starts: startup save FILE draws weights and writes them prepared; startup run FILE maps
 * them, calls once, and prints the monotonic clock, in nanoseconds, when it was ready and when it had the
 * result. */
#define _POSIX_C_SOURCE 200809L
#include "model.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

static int fail(const rondo_error *error) {
  fprintf(stderr, "%s\n", error->message);
  return 1;
}

static int save(const char *path) {
  rondo_error error;
  void *prepared = rondo_allocate(Recurrent_prepared_bytes);
  if (!prepared)
    return 1;
  if (rondo_draw_weights(&Recurrent_model, 1, prepared, &error) ||
      rondo_save_prepared(&Recurrent_model, path, prepared, &error))
    return fail(&error);
  rondo_free(prepared);
  return 0;
}

static int run(const char *path) {
  static _Alignas(64) float x[Recurrent_forward_x_elements], y[Recurrent_forward_result0_elements];
  static _Alignas(64) unsigned char scratch[Recurrent_forward_scratch_bytes];
  rondo_error error;
  rondo_weights weights;
  if (rondo_map_prepared(&Recurrent_model, path, &weights, &error))
    return fail(&error);
  int64_t ready = now();
  if (Recurrent_forward(x, y, weights.prepared, scratch))
    return 1;
  int64_t done = now();
  rondo_close_weights(&weights);
  printf("%" PRId64 " %" PRId64 "\n", ready, done);
  return 0;
}

int main(int argc, char **argv) {
  if (argc == 3 && !strcmp(argv[1], "save"))
    return save(argv[2]);
  return argc == 3 && !strcmp(argv[1], "run") ? run(argv[2]) : 2;
}
