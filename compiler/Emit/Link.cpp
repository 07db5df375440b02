#include "compiler/Emit/Link.h"
#include "compiler/Emit/Files.h"
#include "llvm/Object/ArchiveWriter.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"

using namespace rondo;

llvm::Expected<std::string> rondo::makeArchive(llvm::StringRef member, llvm::StringRef object) {
  llvm::NewArchiveMember only(llvm::MemoryBufferRef(object, member));
  auto buffer =
      llvm::writeArchiveToBuffer(only, llvm::SymtabWritingMode::NormalSymtab, llvm::object::Archive::K_GNU,
                                 /*Deterministic=*/true, /*Thin=*/false);
  if (!buffer)
    return buffer.takeError();
  return (*buffer)->getBuffer().str();
}

/// The C compiler that links, and what chooses lld if it is there.
static llvm::Expected<std::vector<std::string>> driver() {
  for (llvm::StringRef name : {"clang-22", "clang", "cc", "gcc"}) {
    auto path = llvm::sys::findProgramByName(name);
    if (!path)
      continue;
    std::vector<std::string> command = {*path};
    if (name.starts_with("clang") &&
        (llvm::sys::findProgramByName("ld.lld-22") || llvm::sys::findProgramByName("ld.lld")))
      command.push_back("-fuse-ld=lld");
    return command;
  }
  return llvm::createStringError(
      "linking needs a C compiler: found none of clang-22, clang, cc, gcc in PATH");
}

static llvm::Error link(llvm::StringRef path, llvm::StringRef object, const LinkOptions &options,
                        std::vector<std::string> extra) {
  auto command = driver();
  if (!command)
    return command.takeError();
  auto input = TemporaryFile::create("o");
  if (!input)
    return input.takeError();
  if (llvm::Error error = writeFile(input->getPath(), object))
    return error;
  auto messages = TemporaryFile::create("txt");
  if (!messages)
    return messages.takeError();
  return replaceFile(path, [&](llvm::StringRef beside) -> llvm::Error {
    std::vector<std::string> all = *command;
    all.insert(all.end(), {"-o", beside.str(), input->getPath().str()});
    all.insert(all.end(), extra.begin(), extra.end());
    all.insert(all.end(), {"-Wl,--gc-sections", "-Wl,-z,noexecstack", "-lm"});
    if (!options.keepSymbols)
      all.push_back("-s");
    std::vector<llvm::StringRef> args(all.begin(), all.end());
    std::optional<llvm::StringRef> redirects[] = {llvm::StringRef(""), messages->getPath(),
                                                  messages->getPath()};
    std::string problem;
    int rc = llvm::sys::ExecuteAndWait(args[0], args, std::nullopt, redirects, 0, 0, &problem);
    if (rc == 0)
      return llvm::Error::success();
    if (auto text = llvm::MemoryBuffer::getFile(messages->getPath()))
      problem += (*text)->getBuffer();
    return llvm::createStringError("linking with " + args[0] +
                                   " failed: " + llvm::StringRef(problem).rtrim());
  });
}

llvm::Error rondo::linkShared(llvm::StringRef path, llvm::StringRef object, const LinkOptions &options) {
  return link(path, object, options, {"-shared", "-nostartfiles"});
}

llvm::Error rondo::linkExecutable(llvm::StringRef path, llvm::StringRef object, const LinkOptions &options) {
  llvm::StringRef bin = llvm::sys::path::parent_path(options.tool);
  llvm::SmallString<128> runtime(llvm::sys::path::parent_path(bin));
  llvm::sys::path::append(runtime, "lib", "librondo_runtime.a");
  if (!llvm::sys::fs::exists(runtime))
    return llvm::createStringError("cannot find the runtime: no " + runtime);
  return link(path, object, options, {runtime.str().str()});
}
