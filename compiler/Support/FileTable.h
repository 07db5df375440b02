// The source files of one compilation.
#pragma once

#include "compiler/Support/SourceFile.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/Error.h"

namespace rondo {

/// Owns every source file that a compilation reads: the user's, those it `use`s, the library's.
/// A FileId, a SourceFile's address and its text stay valid as long as the table.
class FileTable {
public:
  /// Larger files are refused: the compiler's memory stays bounded.
  static constexpr uint64_t maxFileSize = 4 << 20;

  /// Reads a file; a file reached twice, by whatever path, is read once. The name in messages is
  /// the path it was first asked for. An error's message is the reason alone: "no such file".
  llvm::Expected<FileId> open(llvm::StringRef path);

  /// Adds a text that is not on disk: the library's, a test's. It must fit maxFileSize.
  FileId add(llvm::StringRef name, llvm::StringRef text);

  const SourceFile &operator[](FileId id) const { return *files[static_cast<uint32_t>(id)]; }
  const SourceFile &file(FileId id) const { return (*this)[id]; }
  llvm::StringRef text(SourceRange range) const { return (*this)[range.file].text(range); }
  size_t size() const { return files.size(); }

private:
  std::vector<std::unique_ptr<SourceFile>> files;
  llvm::StringMap<FileId> byRealPath;
};

} // namespace rondo
