#include "compiler/Tools/rondo/Fault.h"
#include "compiler/Emit/Files.h"
#include "llvm/Support/CrashRecoveryContext.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Signals.h"
#include <csignal>
#include <unistd.h>

using namespace rondo;
using namespace rondo::tool;

static std::optional<Reproducer> suspected;

[[noreturn]] static void end() {
  llvm::sys::RunInterruptHandlers(); // removes temporary files
  llvm::outs().flush();
  _Exit(OurFault);
}

static void note(const llvm::Twine &text) {
  llvm::errs() << "rondo: note: " << forTerminal(text.str()) << "\n";
}

void rondo::tool::ourFault(const llvm::Twine &what, const Reproducer &reproducer) {
  fail(OurFault, "internal error: " + what);
  llvm::SmallString<128> path;
  std::error_code error = llvm::sys::fs::createTemporaryFile("rondo-reproducer", reproducer.suffix, path);
  std::string reason = error ? error.message() : llvm::toString(writeFile(path, reproducer.text));
  if (!reason.empty()) {
    note("this is a bug in rondo, please report it; what shows it could not be written: " + reason);
    if (!error)
      llvm::sys::fs::remove(path);
    end();
  }
  note("this is a bug in rondo, please report it with " + path + ", which shows it:");
  note(reproducer.command + " " + path);
  end();
}

void rondo::tool::suspect(Reproducer reproducer) { suspected = std::move(reproducer); }

//===--------------------------------------------------------------------===//
// Crashes
//===--------------------------------------------------------------------===//

constexpr int crashes[] = {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL, SIGTRAP};
static struct sigaction recovery[NSIG]; // LLVM's handlers, which go on behind the guard

/// A crash may have left a lock behind, of the heap above all: then nothing more can be said than this.
static void onAlarm(int) {
  constexpr char text[] = "rondo: error: internal error: a crash; this is a bug in rondo, please report it\n";
  (void)!write(STDERR_FILENO, text, sizeof(text) - 1);
  _Exit(OurFault);
}

static void onCrash(int signal) {
  alarm(20);
  recovery[signal].sa_handler(signal);
}

/// LLVM's handlers return to the guard. They have to come after those that remove temporary files, which then
/// do not take their place, and to run on a stack of their own, as one that has overflown is of no use.
static void handleCrashes() {
  llvm::sys::SetInterruptFunction(nullptr); // registers those that remove files
  llvm::CrashRecoveryContext::Enable();
  signal(SIGALRM, onAlarm);
  for (int signal : crashes) {
    sigaction(signal, nullptr, &recovery[signal]);
    struct sigaction ours = recovery[signal];
    ours.sa_handler = onCrash;
    ours.sa_flags |= SA_ONSTACK;
    sigaction(signal, &ours, nullptr);
  }
}

static void useOtherStack() {
  static char memory[64 << 10];
  stack_t other = {};
  other.ss_sp = memory;
  other.ss_size = sizeof(memory);
  sigaltstack(&other, nullptr);
}

Exit rondo::tool::guarded(const CommandLine &line, llvm::function_ref<Exit()> work) {
  constexpr unsigned stackBytes = 256u << 20; // nested programs recurse deeply
  handleCrashes();
  llvm::CrashRecoveryContext guard;
  Exit exit = OurFault;
  auto run = [&] {
    useOtherStack();
    exit = work();
  };
  if (guard.RunSafelyOnThread(run, stackBytes))
    return exit;
  if (suspected)
    ourFault("a crash", *suspected);
  fail(OurFault, "internal error: a crash");
  note("this is a bug in rondo, please report it with " + (line.input.empty() ? "the command" : line.input));
  end();
}
