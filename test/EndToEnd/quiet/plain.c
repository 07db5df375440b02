/* The plain function of a model with fixed sizes, called quietly. With an argument, something loud first,
 * which has to be noticed. */
#include "FlatLSTM.h"
#include "quiet.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

static _Alignas(64) float x[FlatLSTM_forward_x_elements], y[FlatLSTM_forward_result0_elements];
static _Alignas(64) unsigned char scratch[FlatLSTM_forward_scratch_bytes];
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static void *volatile kept; /* so that the compiler keeps a call of malloc */

int main(int argc, char **argv) {
  for (int i = 0; i < FlatLSTM_forward_x_elements; ++i)
    x[i] = (float)(i % 7 - 3) / 4;
  char loud = argc > 1 ? argv[1][0] : 0;
  quiet_begin();
  if (loud == 'a')
    kept = malloc(1);
  if (loud == 'l')
    pthread_mutex_lock(&mutex);
  if (loud == 's')
    getppid();
  if (FlatLSTM_forward(x, y, FlatLSTM_prepared, scratch))
    return 3;
  quiet_finish(y, sizeof y);
}
