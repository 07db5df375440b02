// Equal slices that together make up a value.
#pragma once

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include <optional>

namespace rondo {

/// All uses of a value are slices of it along one axis, which they cover without overlap: the gates of a
/// cell.
///
///   chunks    axis of size count * size, slice g is [.., g * size : (g + 1) * size, ..]
///   indexed   axis of size count, slice g is [.., g, ..], without that axis
struct Gates {
  int64_t axis;  // of the value
  int64_t count; // at least 2
  int64_t size;  // of a chunk; 1 when indexed
  bool indexed;
  /// Slices by gate, at least one each. All have the same type.
  llvm::SmallVector<llvm::SmallVector<mlir::tensor::ExtractSliceOp, 1>> slices;

  mlir::tensor::ExtractSliceOp first() const { return slices[0][0]; }
};

/// The gates of `value`; none if it has any other use, if not every gate is used, or if it is empty: the
/// verifier of slices takes no offset, not even 0, into an axis of size 0.
std::optional<Gates> matchGates(mlir::Value value);

/// Slice `index` along `axis` of a value with these sizes, without that axis.
mlir::Value sliceIndex(mlir::OpBuilder &b, mlir::Location loc, mlir::Value value,
                       llvm::ArrayRef<mlir::OpFoldResult> sizes, int64_t axis, int64_t index);
/// The chunk from `offset` along `axis`, all of the other axes. `sizes` are those of the chunk.
mlir::Value sliceChunk(mlir::OpBuilder &b, mlir::Location loc, mlir::Value value,
                       llvm::ArrayRef<mlir::OpFoldResult> sizes, int64_t axis, int64_t offset);

/// `value`, of static shape, with axis `axis` of size count * n as two, [count, n].
mlir::Value splitAxis(mlir::OpBuilder &b, mlir::Location loc, mlir::Value value, int64_t axis, int64_t count);
/// `value`, of static shape, with a new axis of size 1 before `axis`.
mlir::Value addUnitAxis(mlir::OpBuilder &b, mlir::Location loc, mlir::Value value, int64_t axis);

} // namespace rondo
