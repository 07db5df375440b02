// Faults of ours, crashes among them: exit code 3, and a file that shows what went wrong.
#pragma once

#include "compiler/Tools/rondo/CommandLine.h"
#include "llvm/ADT/STLFunctionalExtras.h"

namespace rondo::tool {

/// A text, and the command that shows the fault when the text's file is appended.
struct Reproducer {
  std::string text;
  llvm::StringRef suffix; // of the file: "mlir"
  std::string command;    // "rondo-opt --run-reproducer"
};

/// Says what went wrong, that it is a bug in rondo, where the reproducer is and how to run it. Then the
/// process ends, without tearing anything down: IR that a pass has broken, or a heap after a crash, may not
/// let it end.
[[noreturn]] void ourFault(const llvm::Twine &what, const Reproducer &reproducer);

/// What a crash from here on is reported with. Until something is suspected, that is the input.
void suspect(Reproducer reproducer);

/// Carries out `work` on a thread with a stack of its own; a crash in it is reported as a fault of ours.
Exit guarded(const CommandLine &line, llvm::function_ref<Exit()> work);

} // namespace rondo::tool
