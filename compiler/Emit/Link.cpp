#include "compiler/Emit/Link.h"
#include "compiler/Emit/Files.h"
#include "compiler/Emit/Target.h"
#include "llvm/Object/ArchiveWriter.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"
#include "llvm/TargetParser/Triple.h"

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

/// What WebAssembly's own C library needs to look like POSIX's, and room on the stack for rondo_call, below
/// the data so that an overflow is caught.
constexpr const char *wasmFlags[] = {"-Wno-deprecated",           "-lwasi-emulated-mman",
                                     "-lwasi-emulated-signal",    "-lwasi-emulated-getpid",
                                     "-Wl,-z,stack-size=1048576", "-Wl,--stack-first"};

/// The C compiler that links, what chooses lld if it is there, and the target if it is another.
static llvm::Expected<std::vector<std::string>> driver(const TargetInfo &target) {
  bool foreign = !runsHere(target);
  for (llvm::StringRef name : {"clang-22", "clang", "cc", "gcc"}) {
    auto path = llvm::sys::findProgramByName(name);
    if (!path || (foreign && !name.starts_with("clang")))
      continue;
    std::vector<std::string> command = {*path};
    if (name.starts_with("clang") &&
        (llvm::sys::findProgramByName("ld.lld-22") || llvm::sys::findProgramByName("ld.lld")))
      command.push_back("-fuse-ld=lld");
    if (foreign) {
      bool wasm = llvm::Triple(target.triple).isWasm();
      command.push_back("--target=" + (wasm ? "wasm32-wasi" : target.triple));
    }
    return command;
  }
  return llvm::createStringError(
      foreign ? "linking for " + target.name + " needs clang: found neither clang-22 nor clang in PATH"
              : "linking needs a C compiler: found none of clang-22, clang, cc, gcc in PATH");
}

/// Copies what was linked to its place, as a program.
static llvm::Error install(llvm::StringRef linked, llvm::StringRef path) {
  return replaceFile(path, [&](llvm::StringRef beside) -> llvm::Error {
    std::error_code error = llvm::sys::fs::copy_file(linked, beside);
    if (!error && llvm::sys::fs::is_regular_file(beside))
      error = llvm::sys::fs::setPermissions(beside, llvm::sys::fs::perms(0777 & ~llvm::sys::fs::getUmask()));
    if (error)
      return llvm::createStringError("cannot write " + path + ": " + error.message());
    return llvm::Error::success();
  });
}

static llvm::Error link(llvm::StringRef path, llvm::StringRef object, const LinkOptions &options,
                        std::vector<std::string> extra) {
  auto command = driver(options.target);
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
  // Not in its place at once: a linker maps what it writes, and a full disk is a signal then.
  auto linked = TemporaryFile::create("linked");
  if (!linked)
    return linked.takeError();
  std::vector<std::string> all = *command;
  all.insert(all.end(), {"-o", linked->getPath().str(), input->getPath().str()});
  all.insert(all.end(), extra.begin(), extra.end());
  all.insert(all.end(), {"-Wl,--gc-sections", "-lm"});
  if (llvm::Triple(options.target.triple).isWasm())
    all.insert(all.end(), std::begin(wasmFlags), std::end(wasmFlags));
  else
    all.push_back("-Wl,-z,noexecstack");
  if (!options.keepSymbols)
    all.push_back("-s");
  std::vector<llvm::StringRef> args(all.begin(), all.end());
  std::optional<llvm::StringRef> redirects[] = {llvm::StringRef(""), messages->getPath(),
                                                messages->getPath()};
  std::string problem;
  int rc = llvm::sys::ExecuteAndWait(args[0], args, std::nullopt, redirects, 0, 0, &problem);
  if (rc == 0)
    return install(linked->getPath(), path);
  if (auto text = llvm::MemoryBuffer::getFile(messages->getPath()))
    problem += (*text)->getBuffer();
  return llvm::createStringError("linking with " + args[0] + " failed: " + llvm::StringRef(problem).rtrim());
}

llvm::Error rondo::linkShared(llvm::StringRef path, llvm::StringRef object, const LinkOptions &options) {
  if (llvm::Triple(options.target.triple).isWasm())
    return llvm::createStringError("there are no shared libraries for " + options.target.name +
                                   "; --emit=obj or --emit=static makes something to link");
  return link(path, object, options, {"-shared", "-nostartfiles"});
}

/// The folder of the tool's neighbours: `bin` lies in it.
static llvm::StringRef prefixOf(const LinkOptions &options) {
  return llvm::sys::path::parent_path(llvm::sys::path::parent_path(options.tool));
}

static std::string runtimeOf(const LinkOptions &options) {
  llvm::SmallString<128> runtime(prefixOf(options));
  llvm::sys::path::append(runtime, "lib");
  if (!runsHere(options.target))
    llvm::sys::path::append(runtime, "rondo", llvm::Triple(options.target.triple).getArchName());
  llvm::sys::path::append(runtime, "librondo_runtime.a");
  return runtime.str().str();
}

std::vector<std::string> rondo::compileCommand(const LinkOptions &options, bool runtime) {
  std::vector<std::string> words = {"cc"};
  llvm::Triple triple(options.target.triple);
  if (!runsHere(options.target))
    words = {"clang-22", "-fuse-ld=lld", "--target=" + (triple.isWasm() ? "wasm32-wasi" : triple.str())};
  if (runtime) {
    llvm::SmallString<128> include(prefixOf(options));
    llvm::sys::path::append(include, "include");
    words.insert(words.end(), {("-I" + include).str(), runtimeOf(options)});
  }
  words.push_back("-lm");
  if (triple.isWasm())
    words.insert(words.end(), std::begin(wasmFlags), std::end(wasmFlags));
  return words;
}

llvm::Error rondo::linkExecutable(llvm::StringRef path, llvm::StringRef object, const LinkOptions &options) {
  std::string runtime = runtimeOf(options);
  const TargetInfo &target = options.target;
  if (!llvm::sys::fs::exists(runtime))
    return llvm::createStringError(
        "cannot find the runtime: no " + runtime +
        (runsHere(target) ? ""
                          : "; it is built for " + target.name +
                                " where its C library is found, an object (--emit=obj) needs none"));
  return link(path, object, options, {runtime});
}
