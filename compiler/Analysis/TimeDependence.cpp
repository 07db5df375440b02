// What in the body of a scan changes with time: one walk down the body.
#include "compiler/Analysis/TimeDependence.h"
#include "mlir/Transforms/RegionUtils.h"

using namespace mlir;
using namespace rondo;

TimeDependence::TimeDependence(ScanOp scan) : body(scan.getBody()), numInputs(scan.getIns().size()) {
  for (Operation &op : body.front()) {
    Dependence most = isMemoryEffectFree(&op) ? Dependence::Invariant : Dependence::Input;
    for (Value operand : op.getOperands())
      most = std::max(most, of(operand));
    if (op.getNumRegions() != 0) {
      SetVector<Value> captured;
      getUsedValuesDefinedAbove(op.getRegions(), captured);
      for (Value value : captured)
        most = std::max(most, of(value));
    }
    known[&op] = most;
  }
}

Dependence TimeDependence::of(Value value) const {
  if (!body.isAncestor(value.getParentRegion()))
    return Dependence::Invariant;
  if (Operation *op = value.getDefiningOp())
    return known.lookup(op);
  unsigned number = cast<BlockArgument>(value).getArgNumber();
  return number >= 1 && number <= numInputs ? Dependence::Input : Dependence::Ordered;
}
