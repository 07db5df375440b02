// Output files: whole or not at all.
#pragma once

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

namespace rondo {

/// Writes bytes to `path` (`-`: stdout). The file is written beside its place and
/// renamed, so that a reader sees the old one or the new one.
llvm::Error writeFile(llvm::StringRef path, llvm::StringRef bytes);

/// The same for a file that another program makes: `make` gets the path to write.
llvm::Error replaceFile(llvm::StringRef path, llvm::function_ref<llvm::Error(llvm::StringRef)> make);

/// A file in the folder for temporary ones that is removed at the end, and when
/// the process is killed.
class TemporaryFile {
public:
  static llvm::Expected<TemporaryFile> create(llvm::StringRef suffix);
  TemporaryFile(TemporaryFile &&other) : path(std::move(other.path)) { other.path.clear(); }
  TemporaryFile &operator=(TemporaryFile &&) = delete;
  ~TemporaryFile();
  llvm::StringRef getPath() const { return path; }

private:
  explicit TemporaryFile(llvm::StringRef path) : path(path) {}
  std::string path;
};

} // namespace rondo
