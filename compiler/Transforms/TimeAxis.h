// Work of one step, done for all steps at once.
#pragma once

#include "dialects/Rondo/IR/RondoDialect.h"
#include "mlir/IR/IRMapping.h"

namespace rondo {

/// Copies operations of a scan's body to a place outside, each with a leading axis of all steps. Operands
/// that change with time must have been mapped to their stacks, or made by an operation copied before. Those
/// that do not change stay as they are where the operation allows it, else they are broadcast; they must be
/// defined outside of the body, or by an enlarging operation on such values.
class TimeAxis {
public:
  /// Makes operations with `b`, at a place where the operands of `scan` are visible.
  TimeAxis(mlir::OpBuilder &b, ScanOp scan);

  /// Whether `op` can be copied if the operands for which `varies` holds change with time.
  static bool supports(mlir::Operation *op, llvm::function_ref<bool(mlir::Value)> varies);

  /// `stack` holds the values of `value` at all steps.
  void map(mlir::Value value, mlir::Value stack);
  /// The stack of a value that was mapped or copied.
  mlir::Value stackOf(mlir::Value value) const { return stacks.lookup(value); }
  mlir::RankedTensorType stackType(mlir::Type slice) const;

  void copy(mlir::Operation *op);

private:
  bool varies(mlir::Value value) const { return stacks.contains(value); }
  /// The value itself, outside of the body.
  mlir::Value outside(mlir::Value value);
  mlir::Value overTime(mlir::Value value);
  /// Its stack if it changes, else itself, outside.
  mlir::Value either(mlir::Value value) { return varies(value) ? stackOf(value) : outside(value); }
  mlir::Value empty(mlir::Location loc, mlir::Value like);
  llvm::SmallVector<mlir::OpFoldResult> sizesOverTime(mlir::Location loc, mlir::Value value);

  mlir::OpBuilder &b;
  ScanOp scan;
  mlir::OpFoldResult steps;
  mlir::IRMapping stacks, outer;
};

} // namespace rondo
