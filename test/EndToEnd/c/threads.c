/* Two instances of a model: states of their own, weights that they share, called by two threads at once. What
 * they compute is what one alone computes. */
#include "Net.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

enum { CALLS = 16, ROUNDS = 200 };

typedef struct instance {
  _Alignas(64) float x[Net_step_x_elements];
  _Alignas(64) float y[Net_step_result0_elements];
  _Alignas(64) int64_t count[1];
  _Alignas(64) unsigned char scratch[Net_step_scratch_bytes];
  Net_state state;
  float seen[CALLS][Net_step_result0_elements];
  int seed, failed;
} instance;

static void *run(void *pointer) {
  instance *i = pointer;
  for (int round = 0; round < ROUNDS; ++round) {
    i->failed |= Net_step_reset(&i->state, Net_prepared, i->scratch);
    for (int call = 0; call < CALLS; ++call) {
      for (int k = 0; k < Net_step_x_elements; ++k)
        i->x[k] = 0.1f * (float)((i->seed + call + k) % 7);
      i->failed |= Net_step(i->x, i->y, i->count, &i->state, Net_prepared, i->scratch);
      i->failed |= i->count[0] != call + 1;
      memcpy(i->seen[call], i->y, sizeof i->y);
    }
  }
  return NULL;
}

int main(void) {
  static instance alone[2], together[2];
  pthread_t threads[2];
  for (int i = 0; i < 2; ++i) {
    alone[i].seed = together[i].seed = i;
    run(&alone[i]);
  }
  for (int i = 0; i < 2; ++i)
    if (pthread_create(&threads[i], NULL, run, &together[i]))
      return 2;
  for (int i = 0; i < 2; ++i)
    pthread_join(threads[i], NULL);
  int same = !memcmp(alone[0].seen, alone[1].seen, sizeof alone[0].seen);
  for (int i = 0; i < 2; ++i)
    if (alone[i].failed || together[i].failed ||
        memcmp(alone[i].seen, together[i].seen, sizeof alone[i].seen))
      return puts("the instances disturb each other"), 1;
  return same ? (puts("both compute the same"), 1) : 0;
}
