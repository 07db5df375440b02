// A model compiled and loaded into this process.
#pragma once

#include "compiler/Tools/rondo/CommandLine.h"
#include "compiler/Tools/rondo/Session.h"
#include "rondo/abi.h"

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
  /// Whether the weights of a file fit; a message says what does not.
  Exit checkWeights(const std::string &path) const;
  const rondo_model *get() const { return model; }
  /// Bytes of machine code.
  uint64_t codeBytes() const { return code; }

private:
  void *library = nullptr;
  const rondo_model *model = nullptr;
  uint64_t code = 0;
};

} // namespace rondo::tool
