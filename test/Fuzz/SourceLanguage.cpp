#include "TextMutator.h"

using namespace rondo::test;

const TextLanguage &rondo::test::textLanguage() {
  static const TextLanguage programs{
      {RONDO_SOURCE_DIR "/examples", RONDO_SOURCE_DIR "/test/Programs", RONDO_SOURCE_DIR "/test/Language"},
      ".rondo",
      tokensOf};
  return programs;
}
