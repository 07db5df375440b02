// The same in C++.
#include "input.h"
#include "tagger_7x3.h"

#include <array>
#include <cstdio>

int main() {
  alignas(64) static std::array<float, Tagger_forward_x_elements> x;
  alignas(64) static std::array<float, Tagger_forward_result0_elements> scores;
  alignas(64) static std::array<unsigned char, Tagger_forward_scratch_bytes> scratch;
  fill(x.data(), x.size());
  if (Tagger_forward(x.data(), scores.data(), Tagger_prepared, scratch.data()))
    return 1;
  return std::fwrite(scores.data(), sizeof scores, 1, stdout) != 1;
}
