// Sizes of tensors that the IR already names, in phase `graph`.
#pragma once

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Builders.h"

namespace rondo {

/// All names that the IR has for the size of axis `axis` of `value`: one attribute if the type says it, else
/// index values that the operations before `value` were made with. Sizes of one operation's operands being
/// equal, there may be several. Every one of them is defined where `value` is. Empty if the size is not
/// named.
llvm::SmallVector<mlir::OpFoldResult> knownSizes(mlir::Value value, int64_t axis);

/// The first known size, or one made here: a sum for a concatenation, else a `tensor.dim` of `value`.
mlir::OpFoldResult sizeOf(mlir::OpBuilder &b, mlir::Location loc, mlir::Value value, int64_t axis);
llvm::SmallVector<mlir::OpFoldResult> sizesOf(mlir::OpBuilder &b, mlir::Location loc, mlir::Value value);

/// Does `slice` take all of axis `axis` of its source, as far as the sizes are known?
bool isWholeAxis(mlir::tensor::ExtractSliceOp slice, int64_t axis);

/// A tensor type with these sizes: dynamic where they are values.
mlir::RankedTensorType typeOf(llvm::ArrayRef<mlir::OpFoldResult> sizes, mlir::Type element);

/// `value` as `type`, which knows more or less of the same sizes.
mlir::Value castTo(mlir::OpBuilder &b, mlir::Value value, mlir::Type type);

} // namespace rondo
