// Sizes of tensors: what reification of the dialect's ops is made of.
#pragma once

#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"

namespace rondo {

/// The value that the dynamic axis `axis` of `value` was made with, if the ops that define it name one:
/// destinations are followed to their `tensor.empty`. Else null.
mlir::Value namedSize(mlir::Value value, int64_t axis);

/// The size of axis `axis` of `value`: an attribute if the type says it, else `namedSize`, else a
/// `tensor.dim` created with `b`.
mlir::OpFoldResult mixedSize(mlir::OpBuilder &b, mlir::Location loc, mlir::Value value, int64_t axis);
llvm::SmallVector<mlir::OpFoldResult> mixedSizes(mlir::OpBuilder &b, mlir::Location loc, mlir::Value value);

/// The size of axis `axis` of a result of type `type`, known to equal axis `fromAxis` of `from`: an attribute
/// if either type says it, else `mixedSize`.
mlir::OpFoldResult sizeAs(mlir::OpBuilder &b, mlir::Location loc, mlir::RankedTensorType type, int64_t axis,
                          mlir::Value from, int64_t fromAxis);

/// The size of axis `axis` of `value`, a value that is visible in `body` of a `rondo.scan`, made at `b`'s
/// insertion point from values defined outside of `body`. That point must be dominated by the scan's
/// operands. Fails if the size depends on the step or on an op that does not tell the shape of its result;
/// nothing is left behind then but dead index arithmetic.
mlir::FailureOr<mlir::OpFoldResult> sizeOutside(mlir::OpBuilder &b, mlir::Location loc, mlir::Region &body,
                                                mlir::Value value, int64_t axis);

} // namespace rondo
