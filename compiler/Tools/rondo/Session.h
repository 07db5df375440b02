// One compilation: the input, its messages and the module that it becomes.
#pragma once

#include "compiler/Emit/Code.h"
#include "compiler/Tools/rondo/CommandLine.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/Support/SourceMgr.h"

namespace rondo::tool {

class Session {
public:
  explicit Session(const CommandLine &line);

  /// `rondo check`.
  Exit check();
  /// The text of the syntax tree.
  Exit syntaxTree(std::string &text);
  /// Reads the input: a source is brought to the phase `rondo`, a .mlir file is
  /// in the phase that it says.
  Exit load(mlir::TimingScope &timing);
  /// Brings the module to a phase of MLIR; from `linalg` on there is one for each target.
  Exit lowerTo(Phase phase, mlir::TimingScope &timing);
  /// Makes LLVM IR of the module; `withMain` for an executable.
  Exit code(bool withMain, mlir::TimingScope &timing, std::optional<Code> &code);

  mlir::ModuleOp module() { return *owned; }
  /// The interface of the modules in the phase `llvm`; null, with a message, if it has none.
  mlir::DictionaryAttr interface();
  /// The model's name in C, and the symbol of its descriptor.
  llvm::StringRef model();
  std::string descriptor();
  /// All files that were read.
  std::vector<std::string> files();

private:
  bool isMlir() const { return llvm::StringRef(line.input).ends_with(".mlir"); }
  Exit open(FileId &file);
  Exit finish(const Diagnostics &diagnostics);
  [[noreturn]] void frontEndFailed(FileId file);
  /// Reads a .mlir file.
  Exit loadText();
  Exit lowerModule(mlir::ModuleOp module, Phase phase, const PipelineOptions &pipeline,
                   const InspectOptions &inspect, mlir::TimingScope &timing);
  /// One code for all targets.
  llvm::Expected<Code> joinedCode(llvm::StringRef mainFor, mlir::TimingScope &timing);

  const CommandLine &line;
  mlir::MLIRContext context;
  FileTable table;
  llvm::SourceMgr sources;
  std::unique_ptr<mlir::SourceMgrDiagnosticHandler> printer;
  mlir::OwningOpRef<mlir::ModuleOp> owned;               // for the first target
  std::vector<mlir::OwningOpRef<mlir::ModuleOp>> others; // for those behind it
};

} // namespace rondo::tool
