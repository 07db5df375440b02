// Texts of rondo's IR. What the parser and the verifier accept is printed and read again as the same. If it
// says its phase, the passes of all phases that follow do not crash on it. They may fail: not all that a
// phase holds (compiler/README.md) is verified, and of text that others have made an error is all that can be
// asked for.
//
// Upstream's own parsers and passes crash on some texts; `rondo` says that it is a fault and exits with 3. A
// crash of a parser whose innermost frame is LLVM's drops the input; of those in passes scripts/fuzz.py looks
// through the frames.
#include "Fuzzer.h"
#include "TextMutator.h"
#include "compiler/Emit/Target.h"
#include "compiler/Pipeline/Pipeline.h"
#include "compiler/Pipeline/Register.h"
#include "mlir/Parser/Parser.h"
#include "test/Unit/Mutation/Compilation.h"
#include "llvm/ADT/StringExtras.h"
#include <csetjmp>
#include <csignal>
#include <dlfcn.h>
#include <execinfo.h>

using namespace rondo;
using namespace rondo::test;
using mlir::ModuleOp;
using mlir::OwningOpRef;

static std::vector<Place> tokensOfIR(llvm::StringRef text) {
  std::vector<Place> places;
  auto inWord = [](char c) { return llvm::isAlnum(c) || llvm::StringRef("_.$%@#!^-").contains(c); };
  for (size_t i = 0; i < text.size();) {
    size_t begin = i++;
    char c = text[begin];
    if (llvm::isSpace(c))
      continue;
    if (c == '"') {
      while (i < text.size() && text[i] != '"')
        i += text[i] == '\\' ? 2 : 1;
      i = std::min(i + 1, text.size());
    } else if (text.substr(begin, 2) == "//") {
      i = std::min(text.find('\n', begin), text.size());
      continue;
    } else if (inWord(c)) {
      while (i < text.size() && inWord(text[i]))
        ++i;
    }
    places.push_back({uint32_t(begin), uint32_t(i)});
  }
  return places;
}

const TextLanguage &rondo::test::textLanguage() {
  static const TextLanguage ir{{RONDO_SOURCE_DIR "/test"}, ".mlir", tokensOfIR};
  return ir;
}

static std::string print(ModuleOp module) {
  std::string text;
  llvm::raw_string_ostream(text) << module;
  return text;
}

static void runPhases(ModuleOp module, bool optimised) {
  PipelineOptions options;
  options.optLevel = optimised ? 3 : 0;
  options.target = llvm::cantFail(resolveTarget("x86-64-v3"));
  mlir::DefaultTimingManager off;
  mlir::TimingScope timing = off.getRootScope();
  (void)lower(module, Phase::LLVM, options, InspectOptions(), timing);
}

//===--------------------------------------------------------------------===//
// Crashes of LLVM's
//===--------------------------------------------------------------------===//

constexpr int crashes[] = {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL, SIGTRAP};
static struct sigaction others[NSIG];
static sigjmp_buf beforeInput;
static bool parses = false;

/// Whether the frame that crashed, or that called the C library which did, is of LLVM's libraries.
static bool isUpstreams() {
  void *frames[64];
  bool isBehindSignal = false;
  for (int i = 0, count = backtrace(frames, 64); i < count; ++i) {
    Dl_info info;
    if (!dladdr(frames[i], &info) || !info.dli_fname)
      return false;
    llvm::StringRef file = info.dli_fname;
    if (file.contains("libc.so"))
      isBehindSignal = true;
    else if (isBehindSignal)
      return file.contains("libMLIR") || file.contains("libLLVM");
  }
  return false;
}

static void onCrash(int signal, siginfo_t *info, void *context) {
  if (parses && isUpstreams())
    siglongjmp(beforeInput, 1);
  others[signal].sa_sigaction(signal, info, context);
  _Exit(1);
}

static void handleCrashes() {
  static char memory[256 << 10];
  stack_t stack = {};
  stack.ss_sp = memory;
  stack.ss_size = sizeof(memory);
  sigaltstack(&stack, nullptr);
  for (int signal : crashes) {
    struct sigaction ours = {};
    ours.sa_sigaction = onCrash;
    ours.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
    sigaction(signal, &ours, &others[signal]);
  }
}

//===--------------------------------------------------------------------===//
// An input
//===--------------------------------------------------------------------===//

static void work(const std::string &text, mlir::MLIRContext *context) {
  parses = true;
  OwningOpRef<ModuleOp> module = mlir::parseSourceString<ModuleOp>(text, context);
  parses = false;
  if (!module)
    return;
  std::string printed = print(*module);
  OwningOpRef<ModuleOp> again = mlir::parseSourceString<ModuleOp>(printed, context);
  if (!again)
    wrong("what is printed does not parse:\n" + printed);
  if (std::string second = print(*again); second != printed)
    wrong("printed again it is\n" + second + "\nand not\n" + printed);
  if (phaseOf(*module))
    runPhases(*module, text.size() % 2);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static std::unique_ptr<mlir::MLIRContext> context;
  static unsigned used = 0;
  if (used == 0)
    handleCrashes();
  if (used++ % 100 == 0 || !context) {
    context = makeContext();
    context->getDiagEngine().registerHandler([](mlir::Diagnostic &) {});
  }
  if (sigsetjmp(beforeInput, /*savesigs=*/1)) {
    (void)context.release(); // after a crash nothing is torn down
    return -1;
  }
  work(textOf(data, size).str(), context.get()); // with a 0 behind it, which the parser counts on
  return 0;
}
