// Texts of programs, and what becomes of them when tokens and what they enclose are deleted, repeated,
// swapped or replaced.
#pragma once

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringRef.h"
#include <random>
#include <string>
#include <vector>

namespace rondo::test {

/// Where a token begins and ends.
using Place = std::pair<uint32_t, uint32_t>;

struct Program {
  std::string path; // "t.rondo" and its like in messages; `use` finds its neighbours
  std::string text;
  std::vector<Place> tokens;
};

/// The tokens of a program, as the lexer sees them.
std::vector<Place> tokensOf(llvm::StringRef text);

/// Every program below the folders, build folders left out, in an order that does not change. `suffix` and
/// `tokens` are those of another language than rondo's.
std::vector<Program> readPrograms(const std::vector<std::string> &folders, llvm::StringRef suffix = ".rondo",
                                  llvm::function_ref<std::vector<Place>(llvm::StringRef)> tokens = tokensOf);

class Mutator {
public:
  explicit Mutator(std::vector<Program> programs);

  struct Mutant {
    const Program *program;
    std::string text;
  };
  /// The mutant of that number; the same one each time. Half of them differ in a token or two, the others in
  /// a piece.
  Mutant make(uint64_t seed, uint64_t number) const;

  /// Changes one token or two: deleted, repeated, swapped, or another one in its place.
  std::string changeTokens(llvm::StringRef text, llvm::ArrayRef<Place> tokens, std::mt19937_64 &random) const;

  /// Changes a piece, which is a line or what stands between two brackets: deleted, repeated, swapped with
  /// another, or replaced by one of the same kind, of this text or of another program.
  std::string changePiece(llvm::StringRef text, llvm::ArrayRef<Place> tokens, std::mt19937_64 &random) const;

  const Program &any(std::mt19937_64 &random) const { return programs[random() % programs.size()]; }

private:
  std::vector<Program> programs;
  std::vector<std::string> words; // every token of any program, once
};

} // namespace rondo::test
