// Programs through the front end and, as fuzz-compile, through all phases: there is a module or there are
// errors, each at a place of the program and in a user's words; no pass fails.
#include "Fuzzer.h"
#include "compiler/Support/FileTable.h"
#include "test/Unit/Mutation/Compilation.h"

using namespace rondo;
using namespace rondo::test;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  // A context keeps what it has seen, and is slow to make.
  static std::unique_ptr<mlir::MLIRContext> context;
  static Compilation::Counts counts;
  static unsigned used = 0;
  if (size > FileTable::maxFileSize)
    return 0;
  if (used++ % 100 == 0)
    context = makeContext();
  std::string fault = Compilation("fuzz.rondo", textOf(data, size), *context).run(RONDO_FUZZ_LOWERS, counts);
  if (!fault.empty())
    wrong(fault);
  return 0;
}
