// A model compiled and loaded into this process.
#pragma once

#include "compiler/Emit/Files.h"
#include "compiler/Emit/Link.h"
#include "compiler/Tools/rondo/CommandLine.h"
#include "compiler/Tools/rondo/Session.h"
#include "rondo/driver.h"
#include "rondo/rondo.h"

namespace rondo::tool {

class LoadedModel {
public:
  LoadedModel() = default;
  LoadedModel(const LoadedModel &) = delete;
  ~LoadedModel();

  /// Compiles line.input to a temporary shared library and opens it.
  Exit load(const CommandLine &line);
  /// The same with what a session has compiled so far.
  Exit load(Session &session, const CommandLine &line, mlir::TimingScope &timing);
  /// Loads nothing but `prepare` of what a session has compiled, for this processor whatever line's target
  /// is: what it writes is laid out for the target.
  Exit loadPrepare(Session &session, const CommandLine &line, mlir::TimingScope &timing);
  /// Opens a file of weights (the caller closes it); a message says what does not fit.
  Exit openWeights(const std::string &path, rondo_weights &weights) const;
  /// Calls an entry point as the line says, by the driver that executables have. What --time measures is put
  /// into *times, or printed.
  Exit call(const CommandLine &line, rondo_times *times = nullptr) const;
  const rondo_model *get() const { return model; }
  /// Bytes of machine code.
  uint64_t codeBytes() const { return code; }

private:
  Exit open(const Code &made, llvm::StringRef symbol, const LinkOptions &options);

  std::optional<TemporaryFile> debugged; // with -g: a debugger reads it while it is loaded
  void *library = nullptr;
  const rondo_model *model = nullptr;
  uint64_t code = 0;
};

/// Calls an entry point of a model as the line says, by the driver that executables have.
Exit callModel(const rondo_model *model, const CommandLine &line, rondo_times *times = nullptr);

/// What a run asks of a program: without --given, an optional argument is there if it has an input.
CommandLine givenByInputs(const CommandLine &line);

} // namespace rondo::tool
