// Whether a tensor may be overwritten where it lies.
#pragma once

#include "mlir/IR/Operation.h"

namespace rondo {

/// Whether all reads of `value`, also through views, stand before `writer` in its block; `writer`'s own use
/// of `written` as its destination is no read.
bool isReadBefore(mlir::Value value, mlir::Operation *writer, mlir::Value written);

/// The same of one use.
bool isReadBefore(mlir::OpOperand &use, mlir::Operation *writer, mlir::Value written);

} // namespace rondo
