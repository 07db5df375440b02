#include "input.h"
#include "start.h"
#include "tagger_7x3.h"

int run(void) {
  static _Alignas(64) float x[Tagger_forward_x_elements], scores[Tagger_forward_result0_elements];
  static _Alignas(64) unsigned char scratch[Tagger_forward_scratch_bytes];
  fill(x, Tagger_forward_x_elements);
  if (Tagger_forward(x, scores, Tagger_prepared, scratch))
    return 1;
  return write_all(scores, sizeof scores);
}
