// What rondo-form-layers asks of functions that are called in scans: would the loop lose by the calls, and
// which arguments can they update?
#pragma once

#include "compiler/Analysis/TimeDependence.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace rondo {

/// Functions that may stay functions, and all calls of them, as they are before any is formed.
class ScannedLayers {
public:
  /// A function comes behind those that it calls; its calls are all calls of it in the module.
  void add(mlir::func::FuncOp func, llvm::ArrayRef<mlir::func::CallOp> calls);
  /// Decides, when all have been added.
  void finish();

  /// Whether a call stands in a scan, or in a function that is called in one.
  bool isInScan(mlir::func::FuncOp func) const;
  /// Whether all calls may stay calls; whatever is called in no scan may.
  bool fits(mlir::func::FuncOp func) const;
  /// For each result the number of the argument of which it is the new value: it is made by writing into
  /// parts of it, as a cache is updated. -1 for other results.
  llvm::ArrayRef<int64_t> updates(mlir::func::FuncOp func) const;

private:
  struct Facts {
    mlir::func::FuncOp func;
    llvm::SmallVector<mlir::func::CallOp> calls;
    llvm::SmallVector<int64_t> updates;
    /// How arguments change from step to step: the least of all calls in scans.
    llvm::SmallVector<Dependence> dependences;
    bool isInScan = false, fits = true;
  };
  const Facts *find(llvm::StringRef name) const;
  const Facts *callerOf(mlir::func::CallOp call) const;

  void findDependences(Facts &facts);
  Dependence dependenceOf(mlir::Value value);
  mlir::OpOperand *writtenOperand(mlir::Value value) const;
  mlir::Value writtenBy(mlir::Value value) const;
  mlir::BlockArgument originOf(mlir::Value value) const;
  bool copiesArguments(const Facts &facts) const;
  bool isOverwrittenLast(mlir::Value value, mlir::Operation *writer, mlir::OpOperand *own) const;
  bool isInPlace(mlir::func::CallOp call, unsigned result, int64_t argument) const;
  bool fitsHere(const Facts &facts, mlir::func::CallOp call) const;

  llvm::SmallVector<Facts> calleesFirst;
  llvm::StringMap<unsigned> numbers; // among these
  llvm::DenseMap<mlir::Operation *, Dependence> known;
};

} // namespace rondo
