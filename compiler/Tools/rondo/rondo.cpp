// rondo: the user's tool. Flags are in Options.td, commands in Commands.h.
//
// Exit codes: 0 done, 1 a mistake of the user's, 2 flags that are wrong whatever
// the program, 3 a fault of ours.
#include "compiler/Tools/rondo/Commands.h"
#include "compiler/Tools/rondo/Fault.h"
#include "llvm/Support/FileSystem.h"
#include <cerrno>
#include <csignal>
#include <fcntl.h>

using namespace rondo;
using namespace rondo::tool;

static Exit dispatch(const CommandLine &line) {
  switch (line.command) {
  case Command::Check:
    return check(line);
  case Command::Compile:
    return compile(line);
  case Command::Run:
    return run(line);
  case Command::Verify:
    return verify(line);
  case Command::Inspect:
    return inspect(line);
  case Command::Format:
    return format(line);
  case Command::New:
    return makeProject(line);
  case Command::Ops:
    return listOperations(line);
  case Command::Passes:
    return listPasses(line);
  }
  llvm_unreachable("all commands are handled");
}

/// A closed stdin, stdout or stderr would lend its number to the next file that is opened. What stands in for
/// it cannot be used either.
static void occupyStandardStreams() {
  for (int i = 0; i < 3; ++i)
    if (fcntl(i, F_GETFD) < 0 && errno == EBADF)
      open("/dev/null", i == 0 ? O_WRONLY : O_RDONLY);
}

/// A closed pipe, and a file that is larger than the user may write, are errors like a full disk. Blocked,
/// not ignored: LLVM handles signals, too.
static void blockSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGPIPE);
  sigaddset(&signals, SIGXFSZ);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

/// What was printed may have been lost.
static Exit finish(Exit exit) {
  llvm::outs().flush();
  std::error_code error = llvm::outs().error();
  if (!error)
    return exit;
  llvm::outs().clear_error();
  return fail(UserError, "cannot write to stdout: " + error.message());
}

int main(int argc, char **argv) {
  occupyStandardStreams();
  blockSignals();
  auto parsed = parseCommandLine(argc, argv);
  if (Exit *exit = std::get_if<Exit>(&parsed))
    return finish(*exit);
  CommandLine &line = std::get<CommandLine>(parsed);
  line.tool = llvm::sys::fs::getMainExecutable(argv[0], reinterpret_cast<void *>(&main));

  return finish(guarded(line, [&] { return dispatch(line); }));
}
