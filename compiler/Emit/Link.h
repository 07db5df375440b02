// Objects put together: libraries and executables.
#pragma once

#include "llvm/Support/Error.h"
#include <string>

namespace rondo {

struct LinkOptions {
  /// The running tool, whose folder's neighbours hold the runtime.
  std::string tool;
  bool keepSymbols = false; // with debug information
};

/// A static library with one member, the same bytes every time.
llvm::Expected<std::string> makeArchive(llvm::StringRef member, llvm::StringRef object);

/// Links an object to a shared library at `path`.
llvm::Error linkShared(llvm::StringRef path, llvm::StringRef object, const LinkOptions &options);

/// Links an object that has a `main`, with the runtime, to an executable.
llvm::Error linkExecutable(llvm::StringRef path, llvm::StringRef object, const LinkOptions &options);

} // namespace rondo
