// What a fuzzer is: libFuzzer's functions, which Main.cpp calls too.
#pragma once

#include "llvm/ADT/StringRef.h"
#include <cstddef>
#include <cstdint>

extern "C" {
/// Works on one input. What must not be ends the process.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/// Changes an input in place and returns its new size, `most` at the most. Without it bytes are changed.
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed);

/// Changes bytes; of libFuzzer, or of Main.cpp.
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t most);
}

namespace rondo::test {

/// Says what is wrong with an input, on stderr, and ends the process as a crash does.
[[noreturn]] void wrong(llvm::StringRef what);

/// The input as text.
inline llvm::StringRef textOf(const uint8_t *data, size_t size) {
  return {reinterpret_cast<const char *>(data), size};
}

} // namespace rondo::test
