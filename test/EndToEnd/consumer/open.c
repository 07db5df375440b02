/* Open sizes: open_c WEIGHTS T B. */
#include "input.h"
#include "tagger.h"

#include <stdio.h>
#include <stdlib.h>

static int fail(const rondo_error *error) {
  fprintf(stderr, "%s\n", error->message);
  return 1;
}

int main(int argc, char **argv) {
  if (argc != 4)
    return 2;
  int64_t T = atoi(argv[2]), B = atoi(argv[3]);
  rondo_error error;
  rondo_weights weights;
  if (rondo_open_weights(&Tagger_model, argv[1], &weights, NULL, &error))
    return fail(&error);

  int64_t x_shape[] = {T, B, Tagger_forward_x_size2}, scores_shape[] = {T, B, Tagger_forward_result0_size2};
  int64_t x_elements = Tagger_forward_x_elements(T, B), elements = Tagger_forward_result0_elements(T, B);
  uint64_t scratch_bytes = Tagger_forward_scratch_bytes(T, B);
  float *x = rondo_allocate(x_elements * sizeof(float)), *scores = rondo_allocate(elements * sizeof(float));
  void *scratch = rondo_allocate(scratch_bytes);
  if (!x || !scores || !scratch)
    return 1;
  fill(x, x_elements);
  DLTensor input = rondo_tensor(RONDO_F32, 3, x_shape, x);
  DLTensor result = rondo_tensor(RONDO_F32, 3, scores_shape, scores);
  if (Tagger_forward_dl(&input, &result, weights.prepared, scratch, scratch_bytes, &error))
    return fail(&error);
  int written = fwrite(scores, sizeof(float), elements, stdout) == (size_t)elements;
  rondo_free(x);
  rondo_free(scores);
  rondo_free(scratch);
  rondo_close_weights(&weights);
  return !written;
}
