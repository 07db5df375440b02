// Command lines, an argument a line: of `rondo` if the first line says so, else of an executable that it
// makes. Flags are read and their values checked; nothing is carried out.
#include "Fuzzer.h"
#include "compiler/Tools/rondo/CommandLine.h"
#include "test/Unit/Runtime/FakeModel.h"
#include "llvm/ADT/StringExtras.h"
#include <cstring>
extern "C" {
#include "runtime/src/inputs.h"
#include "runtime/src/options.h"
}

using namespace rondo;
using namespace rondo::test;

/// Sizes of arrays that are drawn would fill the memory.
static bool isLarge(llvm::StringRef text) {
  unsigned digits = 0;
  for (char c : text)
    if ((digits = llvm::isDigit(c) ? digits + 1 : 0) > 4)
      return true;
  return false;
}

static void runModel(int argc, char **argv) {
  rondo_run_options options = {};
  options.program = argv[0];
  std::vector<const char *> room(2 * size_t(argc) + 1);
  switch (rondo_parse_options(argc, argv, &options, room.data())) {
  case RONDO_REQUEST_HELP:
    return rondo_print_help(options.program, &fake_model);
  case RONDO_REQUEST_RUN:
    break;
  default:
    return;
  }
  for (uint32_t i = 0; i < options.num_inputs; ++i)
    if (isLarge(options.inputs[i]))
      return;
  for (uint32_t i = 0; i < options.num_dims; ++i)
    if (isLarge(options.dims[i]))
      return;
  const rondo_entry *entry = rondo_find_entry(&fake_model, options.entry ? options.entry : "forward");
  if (!entry)
    return;
  int64_t dims[RONDO_MAX_DIMS] = {};
  std::vector<rondo_array> arrays(entry->num_args + 1);
  rondo_error error = {};
  if (rondo_gather_inputs(&fake_model, entry, &options, dims, arrays.data(), &error) && !*error.message)
    wrong("an error without a message");
  for (rondo_array &array : arrays)
    rondo_array_free(&array);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  std::string text = textOf(data, size).str(); // an argument holds no 0
  std::vector<std::string> lines;
  for (llvm::StringRef line : llvm::split(text, '\n'))
    lines.push_back(line.str());
  std::vector<char *> argv;
  for (std::string &line : lines)
    argv.push_back(line.data());
  argv.push_back(nullptr);
  int argc = int(lines.size());
  if (!strcmp(argv[0], "rondo"))
    tool::parseCommandLine(argc, argv.data());
  else
    runModel(argc, argv.data());
  llvm::outs().flush();
  return 0;
}
