// LLVMFuzzerCustomMutator for texts: it changes tokens and pieces, now and then bytes.
#pragma once

#include "test/Unit/Mutation/Corpus.h"

namespace rondo::test {

/// How the input is cut, and where words and pieces of other programs come from: the files below these
/// folders with this suffix. Each fuzzer of texts defines one.
struct TextLanguage {
  std::vector<std::string> folders;
  llvm::StringRef suffix;
  std::vector<Place> (*tokens)(llvm::StringRef text);
};
const TextLanguage &textLanguage();

} // namespace rondo::test
