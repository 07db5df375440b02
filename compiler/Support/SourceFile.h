// One source text and the way from byte offsets to lines and columns.
//
// Everything the compiler says about a program is said at a SourceRange: a file
// and two byte offsets. Lines and columns are computed only when printed.
#pragma once

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/MemoryBuffer.h"
#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace rondo {

/// Names a file of a FileTable.
enum class FileId : uint32_t { None = ~0u };

/// The bytes [begin, end) of a file; a default one is no place at all.
struct SourceRange {
  FileId file = FileId::None;
  uint32_t begin = 0;
  uint32_t end = 0;

  bool isValid() const { return file != FileId::None; }
  /// The empty range just before the first byte, or just after the last one.
  SourceRange atBegin() const { return {file, begin, begin}; }
  SourceRange atEnd() const { return {file, end, end}; }
  /// From the start of this range to the end of `other`, a later one of the same file.
  SourceRange to(SourceRange other) const { return {file, begin, std::max(end, other.end)}; }

  friend bool operator==(SourceRange a, SourceRange b) {
    return a.file == b.file && a.begin == b.begin && a.end == b.end;
  }
  friend bool operator!=(SourceRange a, SourceRange b) { return !(a == b); }
};

/// A place as people count it: both from 1, columns in characters.
struct LineColumn {
  unsigned line = 1;
  unsigned column = 1;
};

/// Bytes of the UTF-8 character at the start of a text that is not empty; 0 if it is none.
uint32_t characterLength(llvm::StringRef bytes);

/// Characters of a text; each byte that belongs to none counts as one.
unsigned countCharacters(llvm::StringRef bytes);

/// Owns the bytes of one file. Immutable; StringRefs into text() live as long as it does.
class SourceFile {
public:
  /// `name` is how messages call the file. The buffer keeps its byte-order mark and its CRLFs,
  /// so that offsets are those of the file.
  SourceFile(std::string name, std::unique_ptr<llvm::MemoryBuffer> buffer);

  llvm::StringRef name() const { return fileName; }
  llvm::StringRef text() const { return buffer->getBuffer(); }
  llvm::StringRef text(SourceRange range) const { return text().slice(range.begin, range.end); }

  /// Length of the byte-order mark: 3 or 0. Column 1 of the first line comes after it.
  uint32_t byteOrderMark() const { return text().starts_with("\xEF\xBB\xBF") ? 3 : 0; }

  /// The place of a byte; an offset past the end is the place of the end.
  LineColumn lineColumn(uint32_t offset) const;

  /// A line, counted from 1, without its line ending and byte-order mark.
  llvm::StringRef line(unsigned number) const;

  /// The offset of a line's first character.
  uint32_t lineBegin(unsigned number) const;

private:
  std::string fileName;
  std::unique_ptr<llvm::MemoryBuffer> buffer;
  void markLongLines();

  std::vector<uint32_t> lineStarts; // never empty
  /// Offsets within long lines and the characters before them on their line, so that a column is soon
  /// counted.
  std::vector<std::pair<uint32_t, unsigned>> marks;
};

} // namespace rondo
