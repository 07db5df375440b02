// How prepared weights are handed to layers.
#pragma once

#include "compiler/Conversion/RuntimeToLLVM/EntryPoints.h"

namespace rondo {

/// The prepared weights that a layer reads, or its prepare makes, where they lie side by side at every call,
/// as they do in the blob: one pointer says where all of them are.
struct Pieces {
  llvm::SmallVector<unsigned> arguments; // by number of the piece
  llvm::SmallVector<uint64_t> offsets;   // from the first one, in bytes
};

/// The layers of a module, and their prepares, with their pieces.
class Layers {
public:
  Layers(mlir::ModuleOp module, const Blob &blob);

  llvm::SmallVector<mlir::func::FuncOp> functions;

  /// Null if they do not lie side by side.
  const Pieces *pieces(mlir::func::FuncOp function);

private:
  std::optional<uint64_t> offsetIn(mlir::Value operand);

  const Blob &blob;
  llvm::DenseMap<mlir::Operation *, llvm::SmallVector<mlir::func::CallOp>> calls;
  llvm::DenseMap<mlir::Operation *, std::optional<Pieces>> known;
};

} // namespace rondo
