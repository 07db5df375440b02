// The command line as a struct.
#pragma once

#include "compiler/Frontend/Frontend.h"
#include "compiler/Pipeline/Pipeline.h"
#include "compiler/Support/Options.h"
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace rondo::interpreter {
enum class Mode : int;
} // namespace rondo::interpreter

namespace rondo::tool {

enum Exit {
  Done = 0,
  UserError = 1,  // the program, a file or the call of a model
  UsageError = 2, // flags that are wrong whatever the program
  OurFault = 3,
};

enum class Command { Check, Compile, Run, Verify, Inspect, Format, New, Ops, Passes };

struct CommandLine {
  std::string tool;                   // path of this executable
  std::vector<std::string> arguments; // all, as they were given
  Command command;
  std::string input;              // the first of `files`
  std::vector<std::string> files; // new: the name of a folder; ops: a name
  FrontendOptions frontend;
  PipelineOptions pipeline;
  EmitOptions emit;
  std::vector<TargetInfo> targets; // that of the options above, and others for the same object
  InspectOptions inspect;
  std::optional<Phase> kind;                  // compile: what to make
  bool embedWeights = false;                  // compile
  std::string savePrepared;                   // run
  std::string output, depfile;                // compile
  std::string weights;                        // compile, run, verify, inspect
  std::optional<uint64_t> seed;               // run, verify
  std::vector<std::string> inputs;            // run, verify
  std::vector<std::string> dims;              // as written
  std::string outputFolder, decode;           // run
  uint32_t timeRuns = 0;                      // run, verify
  std::optional<interpreter::Mode> interpret; // run
  uint64_t perturbSeed = 0;                   // run
  bool verifyPhases = false;                  // run
  std::string against;                        // verify
  bool checkOnly = false;                     // fmt
  bool dialect = false;                       // ops
  bool json = false;                          // inspect
};

/// The command to carry out, or, when that was all (--help) or wrong (a message
/// is on stderr), the exit code.
std::variant<CommandLine, Exit> parseCommandLine(int argc, char **argv);

/// Text with `?` for control characters: names come from files and must not steer a terminal.
std::string forTerminal(llvm::StringRef text);

/// `rondo: error: ...` on stderr; returns `exit`.
Exit fail(Exit exit, const llvm::Twine &message);

} // namespace rondo::tool
