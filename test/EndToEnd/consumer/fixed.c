/* Fixed sizes, embedded weights: no runtime is needed, but to say what is wrong. */
#include "input.h"
#include "tagger_7x3.h"

#include <stdio.h>

int main(void) {
  static _Alignas(64) float x[Tagger_forward_x_elements], scores[Tagger_forward_result0_elements];
  static _Alignas(64) unsigned char scratch[Tagger_forward_scratch_bytes];
  fill(x, Tagger_forward_x_elements);
  if (Tagger_forward(x, scores, Tagger_prepared, scratch))
    return 1;
  return fwrite(scores, sizeof scores, 1, stdout) != 1;
}
