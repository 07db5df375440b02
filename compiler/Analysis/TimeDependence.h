// What in the body of a scan changes with time, and how.
#pragma once

#include "dialects/Rondo/IR/RondoDialect.h"

namespace rondo {

enum class Dependence {
  Invariant, // the same at every step
  Input,     // of the slices of the step alone
  Ordered,   // of a carry, or of the step's number
};

/// The dependence of every operation in the body of `scan`, regions of the operations included. An operation
/// with an effect is at least `Input`: it happens at every step.
class TimeDependence {
public:
  explicit TimeDependence(ScanOp scan);

  Dependence of(mlir::Value value) const;
  Dependence of(mlir::Operation *op) const { return known.lookup(op); }

private:
  mlir::Region &body;
  unsigned numInputs;
  llvm::DenseMap<mlir::Operation *, Dependence> known;
};

} // namespace rondo
