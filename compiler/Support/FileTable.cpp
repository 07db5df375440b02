#include "compiler/Support/FileTable.h"
#include "llvm/Support/FileSystem.h"

using namespace rondo;

static llvm::Error reason(const llvm::Twine &text) {
  return llvm::createStringError(llvm::inconvertibleErrorCode(), text);
}

llvm::Expected<FileId> FileTable::open(llvm::StringRef path) {
  llvm::sys::fs::file_status status;
  if (std::error_code code = llvm::sys::fs::status(path, status))
    return code == std::errc::no_such_file_or_directory ? reason("no such file") : reason(code.message());
  if (status.type() == llvm::sys::fs::file_type::directory_file)
    return reason("is a directory");
  // A device may have no end.
  if (status.type() != llvm::sys::fs::file_type::regular_file)
    return reason("is not a regular file");
  if (status.getSize() > maxFileSize)
    return reason("is larger than " + llvm::Twine(maxFileSize >> 20) + " MiB, the limit for a source file");

  llvm::SmallString<128> realPath;
  if (std::error_code code = llvm::sys::fs::real_path(path, realPath))
    return reason(code.message());
  auto [known, isNew] = byRealPath.try_emplace(realPath, static_cast<FileId>(files.size()));
  if (!isNew)
    return known->second;

  // IsVolatile: read, not mapped, so that a file which shrinks meanwhile does no harm.
  auto buffer = llvm::MemoryBuffer::getFile(path, /*IsText=*/false, /*RequiresNullTerminator=*/true,
                                            /*IsVolatile=*/true);
  if (!buffer) {
    byRealPath.erase(known);
    return reason(buffer.getError().message());
  }
  files.push_back(std::make_unique<SourceFile>(path.str(), std::move(*buffer)));
  return known->second;
}

FileId FileTable::add(llvm::StringRef name, llvm::StringRef text) {
  files.push_back(std::make_unique<SourceFile>(name.str(), llvm::MemoryBuffer::getMemBufferCopy(text, name)));
  return static_cast<FileId>(files.size() - 1);
}
