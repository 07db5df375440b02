// Sizes of buffers, computed from an entry point's index arguments.
#pragma once

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/IRMapping.h"

namespace rondo {

/// Builds sizes at the start of a block, of the entry point itself or of a function that takes the same
/// indices.
class SizeBuilder {
public:
  /// `indices` are the values in `block` of the entry point's index arguments, in order.
  SizeBuilder(mlir::func::FuncOp entry, mlir::Block *block, mlir::ValueRange indices);

  /// `value`, a value of the entry point, computed in the block. Null if it does not come from index
  /// arguments alone, by ops without effects. A dim of an argument counts as such, as `rondo.shapes` tells
  /// it, and so does one of what an argument or an allocation is reshaped to.
  mlir::Value get(mlir::Value value);

  /// The most that `value` can be, computed in the block; null if nothing is known. What is known only late
  /// says so itself, `arith.minui %late, %most`, and may go through arithmetic that grows with it. What is
  /// not known is taken to be at least 0, as sizes are.
  mlir::Value most(mlir::Value value);

  mlir::Value constant(int64_t value) { return mlir::arith::ConstantIndexOp::create(b, loc, value); }

  template <typename Op> mlir::Value make(mlir::Value lhs, mlir::Value rhs) {
    return b.createOrFold<Op>(loc, lhs, rhs);
  }

  /// Builds all sizes that `rondo.shapes` tells.
  void addShapes();

  /// Whether no sum, difference or product of indices overflows in what was built, an i1; null if there is
  /// none. Assumes a block of which nothing else uses the sizes.
  mlir::Value fits();

  /// Stands behind all that was built.
  mlir::OpBuilder &builder() { return b; }

private:
  mlir::Value least(mlir::Value value);
  mlir::Value mostOf(mlir::AffineExpr expr, unsigned numDims, mlir::ValueRange operands);
  mlir::Value dimOf(mlir::Value buffer, int64_t axis);
  mlir::Value dimOfArgument(mlir::BlockArgument arg, int64_t axis);
  std::optional<unsigned> firstSizeOf(unsigned arg);

  mlir::func::FuncOp entry;
  mlir::OpBuilder b;
  mlir::Location loc;
  llvm::SmallVector<mlir::Value> indices;
  llvm::SmallVector<mlir::Value> shapes; // what `rondo.shapes` gives, once it is asked for
  mlir::IRMapping map;                   // values of the entry point to values in the block
};

} // namespace rondo
