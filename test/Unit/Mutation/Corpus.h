// Programs with one or two tokens deleted, repeated, swapped or replaced.
#pragma once

#include "llvm/ADT/StringRef.h"
#include <random>
#include <string>
#include <vector>

namespace rondo::test {

struct Program {
  std::string path; // "t.rondo" and its like in messages; `use` finds its neighbours
  std::string text;
  /// Where its tokens begin and end.
  std::vector<std::pair<uint32_t, uint32_t>> tokens;
};

/// Every program below the folders, build folders left out, in an order that does not change.
std::vector<Program> readPrograms(const std::vector<std::string> &folders);

class Mutator {
public:
  explicit Mutator(std::vector<Program> programs);

  struct Mutant {
    const Program *program;
    std::string text;
  };
  /// The mutant of that number; the same one each time.
  Mutant make(uint64_t seed, uint64_t number) const;

private:
  std::vector<Program> programs;
  std::vector<std::string> words; // every token of any program, once
};

} // namespace rondo::test
