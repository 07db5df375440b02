// The command line as a struct.
#pragma once

#include "compiler/Frontend/Frontend.h"
#include "compiler/Pipeline/Pipeline.h"
#include "compiler/Support/Options.h"
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace rondo::tool {

enum Exit {
  Done = 0,
  UserError = 1,  // the program, a file or the call of a model
  UsageError = 2, // flags that are wrong whatever the program
  OurFault = 3,
};

enum class Command { Check, Compile, Run, Inspect, Format, New, Ops, Passes };

struct CommandLine {
  std::string tool; // path of this executable
  Command command;
  std::string input;              // the first of `files`
  std::vector<std::string> files; // new: the name of a folder; ops: a name
  FrontendOptions frontend;
  PipelineOptions pipeline;
  EmitOptions emit;
  InspectOptions inspect;
  std::optional<Phase> kind;        // compile: what to make
  std::string output, depfile;      // compile
  std::string weights;              // compile, run, inspect
  std::optional<uint64_t> seed;     // run
  std::vector<std::string> inputs;  // run
  std::vector<std::string> dims;    // as written
  std::string outputFolder, decode; // run
  uint32_t timeRuns = 0;            // run
  bool checkOnly = false;           // fmt
  bool dialect = false;             // ops
  bool json = false;                // inspect
};

/// The command to carry out, or, when that was all (--help) or wrong (a message
/// is on stderr), the exit code.
std::variant<CommandLine, Exit> parseCommandLine(int argc, char **argv);

/// `rondo: error: ...` on stderr; returns `exit`.
Exit fail(Exit exit, const llvm::Twine &message);

} // namespace rondo::tool
