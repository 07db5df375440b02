// What is known as soon as weights are loaded.
#pragma once

#include "mlir/IR/Operation.h"
#include "llvm/ADT/DenseMap.h"

namespace rondo {

/// Answers whether a value of a function depends on weights (`rondo.param`, arguments with `rondo.prepared`,
/// arguments of `@prepare`) and constants alone, by work without effects. Answers are remembered: they hold
/// as long as no operand in the function is changed; new operations are fine.
class WeightOnly {
public:
  bool contains(mlir::Value value);
  /// All operands and all values that the regions use are weight-only, and the operation has no effect.
  bool contains(mlir::Operation *op);

private:
  llvm::DenseMap<mlir::Operation *, bool> known;
};

/// A call of the prepare of a layer: work on weights, as its operands are.
bool isPreparation(mlir::Operation *op);

/// Operations that do no work on their tensor: reshapes, slices, casts. Their result is a view of the
/// operand.
bool isView(mlir::Operation *op);

/// Operations that fill a tensor from less: broadcasts, splats, empty tensors.
bool isEnlarging(mlir::Operation *op);

} // namespace rondo
