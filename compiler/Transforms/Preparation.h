// The function with `rondo.prepare` while work is moved to it, and the functions that it comes from.
#pragma once

#include "compiler/Analysis/WeightOnly.h"
#include "compiler/Transforms/Passes.h"
#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/MapVector.h"

namespace rondo {

/// A function with `rondo.prepare`. While it changes it is not in destination style: its results are the
/// operands of its terminator, to which more are added.
class Prepare {
public:
  /// That of a module's entry points, made if there is none.
  explicit Prepare(mlir::ModuleOp module);
  /// That of a layer.
  explicit Prepare(mlir::func::FuncOp func);

  mlir::func::FuncOp func;

  mlir::ValueRange results() { return terminator()->getOperands(); }
  mlir::Operation *terminator() { return func.getBody().front().getTerminator(); }

  /// Arguments for the weights of `entries`, by key. An error if one key means two weights.
  mlir::LogicalResult addParams(llvm::ArrayRef<mlir::func::FuncOp> entries);
  mlir::Value param(llvm::StringRef key);
  unsigned addResult(mlir::Value value);

  /// The call of `callee` with `operands` that stands here already, or null.
  mlir::func::CallOp findCall(mlir::FlatSymbolRefAttr callee, mlir::ValueRange operands);

  /// Keeps results numbered `kept`, in that order, and what they need. Gives the arguments that are kept, by
  /// their old number.
  llvm::SmallVector<unsigned> finish(llvm::ArrayRef<unsigned> kept, bool destinations);

private:
  void leaveDestinations();
};

/// An entry point or a layer, and what it takes from its prepare.
class Prepared {
public:
  Prepared(mlir::func::FuncOp func, Prepare &prepare);

  mlir::func::FuncOp func;
  Prepare &prepare;
  /// Arguments that are results of prepare, by their number there.
  llvm::MapVector<mlir::Value, unsigned> numbers;

  /// Moves all work on weights alone to prepare.
  void takeFromPrepare();

  /// `value` of prepare as an argument of the function.
  mlir::Value read(mlir::Value value);

  /// Gives arguments the new number of their result; `numberOfValue` are the results that are left. Those
  /// that nothing reads go.
  void renumber(llvm::ArrayRef<mlir::Value> results,
                const llvm::MapVector<mlir::Value, unsigned> &numberOfValue);

private:
  void feed(mlir::Operation *op);
  mlir::Value inFunction(mlir::Value value);
  mlir::Value inPrepare(mlir::Value value);
  mlir::Value addArgument(unsigned number, mlir::Type type, mlir::Location loc);

  WeightOnly weights;
  unsigned firstDestination;
  llvm::DenseMap<mlir::Value, mlir::Value> arguments; // of values that became results of prepare
  llvm::DenseSet<mlir::Operation *> stays;
  mlir::IRMapping copies;
};

} // namespace rondo
