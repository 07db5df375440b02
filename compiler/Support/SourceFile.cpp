#include "compiler/Support/SourceFile.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/ConvertUTF.h"

using namespace rondo;

SourceFile::SourceFile(std::string name, std::unique_ptr<llvm::MemoryBuffer> buffer)
    : fileName(std::move(name)), buffer(std::move(buffer)) {
  lineStarts.push_back(byteOrderMark());
  llvm::StringRef bytes = text();
  for (size_t at = bytes.find('\n'); at != llvm::StringRef::npos; at = bytes.find('\n', at + 1))
    lineStarts.push_back(static_cast<uint32_t>(at + 1));
  markLongLines();
}

void SourceFile::markLongLines() {
  constexpr uint32_t stride = 1024;
  for (auto [i, begin] : llvm::enumerate(lineStarts)) {
    uint32_t end = i + 1 < lineStarts.size() ? lineStarts[i + 1] : text().size();
    for (uint32_t at = begin, column = 0, last = begin; end - begin > stride && at < end; ++column) {
      if (at - last >= stride) {
        marks.push_back({at, column});
        last = at;
      }
      at += std::max<uint32_t>(1, characterLength(text().slice(at, end)));
    }
  }
}

uint32_t SourceFile::lineBegin(unsigned number) const { return lineStarts[number - 1]; }

llvm::StringRef SourceFile::line(unsigned number) const {
  size_t end = number < lineStarts.size() ? lineStarts[number] - 1 : text().size();
  llvm::StringRef line = text().slice(lineBegin(number), end);
  line.consume_back("\r");
  return line;
}

LineColumn SourceFile::lineColumn(uint32_t offset) const {
  offset = std::clamp<uint32_t>(offset, lineStarts.front(), text().size());
  auto next = std::upper_bound(lineStarts.begin(), lineStarts.end(), offset);
  unsigned line = next - lineStarts.begin();
  std::pair<uint32_t, unsigned> from(lineStarts[line - 1], 0);
  auto mark = std::upper_bound(marks.begin(), marks.end(), std::pair(offset, ~0u));
  if (mark != marks.begin())
    from = std::max(from, *std::prev(mark));
  return {line, from.second + countCharacters(text().slice(from.first, offset)) + 1};
}

uint32_t rondo::characterLength(llvm::StringRef bytes) {
  auto *begin = reinterpret_cast<const llvm::UTF8 *>(bytes.data());
  unsigned length = llvm::getNumBytesForUTF8(*begin);
  return length <= bytes.size() && llvm::isLegalUTF8Sequence(begin, begin + length) ? length : 0;
}

unsigned rondo::countCharacters(llvm::StringRef bytes) {
  unsigned count = 0;
  for (; !bytes.empty(); ++count)
    bytes = bytes.drop_front(std::max<uint32_t>(1, characterLength(bytes)));
  return count;
}
