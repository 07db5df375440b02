// Objects put together: libraries and executables.
//
// A C compiler links. For another processor that is clang, which finds the C
// library of that target where distributions put it, and the runtime that was
// built beside the host's.
#pragma once

#include "compiler/Support/Options.h"
#include "llvm/Support/Error.h"
#include <string>
#include <vector>

namespace rondo {

struct LinkOptions {
  /// The running tool, whose folder's neighbours hold the runtime.
  std::string tool;
  bool keepSymbols = false; // with debug information
  TargetInfo target;
};

/// A static library with one member, the same bytes every time.
llvm::Expected<std::string> makeArchive(llvm::StringRef member, llvm::StringRef object);

/// The words of a command that compiles C for the target and links it, with the runtime or without: the
/// compiler first; sources, objects and -o are the caller's to insert.
std::vector<std::string> compileCommand(const LinkOptions &options, bool runtime);

/// Links an object to a shared library at `path`. WebAssembly has none.
llvm::Error linkShared(llvm::StringRef path, llvm::StringRef object, const LinkOptions &options);

/// Links an object that has a `main`, with the runtime, to an executable.
llvm::Error linkExecutable(llvm::StringRef path, llvm::StringRef object, const LinkOptions &options);

} // namespace rondo
