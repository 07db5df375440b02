// The standard library: rondo sources, embedded in the compiler.
#pragma once

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

namespace rondo {

struct LibraryFile {
  llvm::StringRef name; // `nn.rondo`
  llvm::StringRef text;
};

/// All files, by name. The texts live as long as the program.
llvm::ArrayRef<LibraryFile> libraryFiles();

} // namespace rondo
