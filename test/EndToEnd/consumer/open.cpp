// The same in C++: open_cpp WEIGHTS T B.
#include "input.h"
#include "tagger.h"

#include <cstdio>
#include <memory>
#include <string>

namespace {
struct Free {
  void operator()(void *memory) const { rondo_free(memory); }
};
template <class T> using Memory = std::unique_ptr<T[], Free>;

template <class T> Memory<T> allocate(uint64_t count) {
  return Memory<T>(static_cast<T *>(rondo_allocate(count * sizeof(T))));
}

int fail(const rondo_error &error) {
  std::fprintf(stderr, "%s\n", error.message);
  return 1;
}
} // namespace

int main(int argc, char **argv) {
  if (argc != 4)
    return 2;
  int64_t T = std::stoi(argv[2]), B = std::stoi(argv[3]);
  rondo_error error;
  auto prepared = allocate<unsigned char>(Tagger_prepared_bytes);
  if (rondo_load_weights(&Tagger_model, argv[1], prepared.get(), nullptr, &error))
    return fail(error);

  uint64_t elements = Tagger_forward_result0_elements(T, B),
           scratchBytes = Tagger_forward_scratch_bytes(T, B);
  auto x = allocate<float>(Tagger_forward_x_elements(T, B)), scores = allocate<float>(elements);
  auto scratch = allocate<unsigned char>(scratchBytes);
  fill(x.get(), Tagger_forward_x_elements(T, B));
  int64_t inputShape[] = {T, B, Tagger_forward_x_size2}, resultShape[] = {T, B, Tagger_forward_result0_size2};
  DLTensor input = rondo_tensor(RONDO_F32, 3, inputShape, x.get());
  DLTensor result = rondo_tensor(RONDO_F32, 3, resultShape, scores.get());
  if (Tagger_forward_dl(&input, &result, prepared.get(), scratch.get(), scratchBytes, &error))
    return fail(error);
  return std::fwrite(scores.get(), sizeof(float), elements, stdout) != elements;
}
