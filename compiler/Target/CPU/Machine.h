// What the kernels need to know of a processor.
#pragma once
#include <cstdint>

namespace rondo::cpu {

struct Machine {
  int64_t vectorBits = 512; // of the widest vector register that is worth using
  int64_t registers = 32;   // vector registers
};

} // namespace rondo::cpu
