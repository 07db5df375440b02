#include "TextMutator.h"
#include "Fuzzer.h"
#include <cstring>

using namespace rondo::test;

static const Mutator &mutator() {
  const TextLanguage &language = textLanguage();
  static const Mutator once(readPrograms(language.folders, language.suffix, language.tokens));
  return once;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed) {
  std::mt19937_64 random(seed);
  if (random() % 20 == 0)
    return LLVMFuzzerMutate(data, size, most);
  llvm::StringRef text = textOf(data, size);
  std::vector<Place> tokens = textLanguage().tokens(text);
  std::string changed = tokens.empty() ? mutator().any(random).text
                        : random() % 2 ? mutator().changeTokens(text, tokens, random)
                                       : mutator().changePiece(text, tokens, random);
  size = std::min(changed.size(), most);
  memcpy(data, changed.data(), size);
  return size;
}

/// A piece of the one in place of one of the other.
extern "C" size_t LLVMFuzzerCustomCrossOver(const uint8_t *data, size_t size, const uint8_t *other,
                                            size_t otherSize, uint8_t *out, size_t most, unsigned seed) {
  std::mt19937_64 random(seed);
  auto program = [](const uint8_t *data, size_t size) {
    Program result{"", textOf(data, size).str(), {}};
    result.tokens = textLanguage().tokens(result.text);
    return result;
  };
  Program one = program(data, size), two = program(other, otherSize);
  if (one.tokens.empty() || two.tokens.empty())
    return 0;
  std::string changed = Mutator({two}).changePiece(one.text, one.tokens, random);
  size = std::min(changed.size(), most);
  memcpy(out, changed.data(), size);
  return size;
}
