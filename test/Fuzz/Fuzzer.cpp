#include "Fuzzer.h"
#include "llvm/Support/raw_ostream.h"
#include <cstdlib>

void rondo::test::wrong(llvm::StringRef what) {
  llvm::errs() << "WRONG: " << what << "\n";
  std::abort();
}
