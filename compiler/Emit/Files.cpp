#include "compiler/Emit/Files.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Signals.h"
#include "llvm/Support/raw_ostream.h"

using namespace rondo;
namespace fs = llvm::sys::fs;

static llvm::Error failure(llvm::StringRef what, llvm::StringRef path, std::error_code error) {
  return llvm::createStringError("cannot " + what + " " + path + ": " + error.message());
}

llvm::Error rondo::replaceFile(llvm::StringRef path, llvm::function_ref<llvm::Error(llvm::StringRef)> make) {
  // What is no regular file (/dev/null, a pipe) is written where it is.
  fs::file_status status;
  if (!fs::status(path, status) && status.type() != fs::file_type::regular_file) {
    if (status.type() == fs::file_type::directory_file)
      return failure("write", path, std::make_error_code(std::errc::is_a_directory));
    return make(path);
  }
  llvm::SmallString<128> beside;
  if (std::error_code error = fs::createUniqueFile(path + ".%%%%%%.tmp", beside, 0666))
    return failure("write", path, error);
  llvm::sys::RemoveFileOnSignal(beside);
  llvm::Error error = make(beside);
  if (!error)
    if (std::error_code code = fs::rename(beside, path))
      error = failure("write", path, code);
  if (error)
    fs::remove(beside);
  llvm::sys::DontRemoveFileOnSignal(beside);
  return error;
}

llvm::Error rondo::writeFile(llvm::StringRef path, llvm::StringRef bytes) {
  if (path == "-") {
    llvm::outs() << bytes;
    llvm::outs().flush();
    if (llvm::outs().has_error()) {
      std::error_code error = llvm::outs().error();
      llvm::outs().clear_error();
      return failure("write", "to stdout", error);
    }
    return llvm::Error::success();
  }
  return replaceFile(path, [&](llvm::StringRef beside) -> llvm::Error {
    std::error_code error;
    llvm::raw_fd_ostream os(beside, error, fs::OF_None);
    if (!error) {
      os << bytes;
      os.close();
      error = os.error();
      os.clear_error();
    }
    if (error)
      return failure("write", path, error);
    return llvm::Error::success();
  });
}

llvm::Expected<TemporaryFile> TemporaryFile::create(llvm::StringRef suffix) {
  llvm::SmallString<128> path;
  if (std::error_code error = fs::createTemporaryFile("rondo", suffix, path))
    return llvm::createStringError("cannot make a temporary file: " + error.message());
  llvm::sys::RemoveFileOnSignal(path);
  return TemporaryFile(path);
}

TemporaryFile::~TemporaryFile() {
  if (path.empty())
    return;
  fs::remove(path);
  llvm::sys::DontRemoveFileOnSignal(path);
}
