// The front end as one call: source text -> the module of phase `rondo`
// (compiler/README.md says what holds in it).
#pragma once

#include "compiler/Frontend/Diagnostics.h"
#include "compiler/Support/FileTable.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace rondo {

struct FrontendOptions {
  /// `--model`: the root. Empty: the file's last model, or the functions of a file without one.
  std::string model;
  /// `--entry`: the one entry point to compile. Empty: all.
  std::string entry;
  /// `--set name=value`: hyper-parameters of the root, as written.
  std::vector<std::pair<std::string, std::string>> set;
  /// `--dim T=128`: dimension variables and `int` arguments that are constants.
  std::vector<std::pair<std::string, int64_t>> dim;
  /// `--given h0,c0`: which optional arguments of the entry points are there; not said: none of them.
  std::optional<std::vector<std::string>> given;
};

/// Loads every dialect that the module of phase `rondo` may hold.
void loadFrontendDialects(mlir::MLIRContext &context);

/// Parses, checks and emits a verified module of phase `rondo`; null when errors were reported to
/// `diagnostics`. (Null without an error is a fault of ours: the module did not verify, and the context's
/// handler was told why.) Files that are `use`d and the library are added to `files`.
mlir::OwningOpRef<mlir::ModuleOp> compileSource(FileTable &files, FileId file, const FrontendOptions &options,
                                                mlir::MLIRContext &context, Diagnostics &diagnostics);

/// `rondo check`: as compileSource, but a root without values for its hyper-parameters is checked as
/// far as possible, and there need not be an entry point. Returns whether no error was reported.
bool checkSource(FileTable &files, FileId file, const FrontendOptions &options, mlir::MLIRContext &context,
                 Diagnostics &diagnostics);

} // namespace rondo
