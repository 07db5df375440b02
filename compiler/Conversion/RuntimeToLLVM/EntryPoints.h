// What the runtime needs to know of a module in the phase `buffers`: its entry
// points, its weights and where each prepared weight lies.
#pragma once

#include "dialects/Rondo/IR/RondoDialect.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/SymbolTable.h"
#include <optional>
#include <string>

namespace rondo {

/// A buffer that crosses the boundary: an argument, a result or a weight.
struct Buffer {
  std::string name;
  mlir::MemRefType type;
  uint32_t dtype;     // RONDO_F32 ...
  unsigned arg;       // its number among the function's arguments
  unsigned firstSize; // of its axis 0 among the sizes that the companion gives
};

/// A dimension variable: read from axis `axis` of argument `arg`, or given by
/// name (arg -1).
struct Dim {
  std::string name;
  int32_t arg = -1, axis = 0;
};

/// A function of the boundary: an entry point, or prepare, whose inputs are the
/// weights and whose pieces of the blob are its results.
struct EntryPoint {
  std::string label; // its name in the source
  mlir::func::FuncOp func;
  mlir::func::FuncOp shapes;  // dims -> all sizes; none in prepare
  mlir::func::FuncOp scratch; // dims -> bytes; none if nothing is needed
  llvm::SmallVector<Dim> dims;
  llvm::SmallVector<Buffer> inputs, outputs;
  /// (number of the argument, number of the piece of the prepared blob)
  llvm::SmallVector<std::pair<unsigned, unsigned>> pieces;
  /// First values of prepare's inputs.
  llvm::SmallVector<InitAttr> inits;
  std::optional<unsigned> scratchArg;
  unsigned numSizes = 0;
};

/// Where each piece of the prepared blob lies, aligned to RONDO_ALIGNMENT.
struct Blob {
  llvm::SmallVector<mlir::MemRefType> types;
  llvm::SmallVector<uint64_t> offsets;
  uint64_t bytes = 0;
};

struct Artefact {
  mlir::MLIRContext *context;
  std::string name; // the model's, a C identifier
  llvm::SmallVector<EntryPoint, 0> entries;
  std::optional<EntryPoint> prepare;
  Blob blob;
};

/// Reads all that; an error says what of the contract is not kept.
mlir::FailureOr<Artefact> readArtefact(mlir::ModuleOp module);

/// RONDO_* of an element type, or none.
std::optional<uint32_t> dtypeOf(mlir::Type element);

/// The value of `result` of a function without arguments, if it can be computed.
std::optional<int64_t> evaluate(mlir::func::FuncOp function, unsigned result = 0);

} // namespace rondo
