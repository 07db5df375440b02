#include "compiler/Support/SourceFile.h"
#include "llvm/Support/ConvertUTF.h"

using namespace rondo;

SourceFile::SourceFile(std::string name, std::unique_ptr<llvm::MemoryBuffer> buffer)
    : fileName(std::move(name)), buffer(std::move(buffer)) {
  lineStarts.push_back(byteOrderMark());
  llvm::StringRef bytes = text();
  for (size_t at = bytes.find('\n'); at != llvm::StringRef::npos; at = bytes.find('\n', at + 1))
    lineStarts.push_back(static_cast<uint32_t>(at + 1));
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
  llvm::StringRef before = text().slice(lineStarts[line - 1], offset);
  return {line, countCharacters(before) + 1};
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
