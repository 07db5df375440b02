// Sizes of values defined in the body of a scan, computed outside of it. Ops tell the sizes of their results
// by ReifyRankedShapedTypeOpInterface, in terms of their operands; these are followed until values outside of
// the body, arguments of the body (whose sizes are those of the scan's operands) or constants are reached.
#include "dialects/Rondo/IR/Sizes.h"
#include "dialects/Rondo/IR/RondoDialect.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace rondo;

// What fills a destination has its sizes; a tensor.empty and a tensor.splat name theirs.
Value rondo::namedSize(Value value, int64_t axis) {
  while (auto result = dyn_cast<OpResult>(value)) {
    auto type = cast<RankedTensorType>(value.getType());
    if (auto empty = dyn_cast<tensor::EmptyOp>(result.getOwner()))
      return empty.getDynamicSizes()[type.getDynamicDimIndex(axis)];
    if (auto splat = dyn_cast<tensor::SplatOp>(result.getOwner()))
      return splat.getDynamicSizes()[type.getDynamicDimIndex(axis)];
    OpOperand *place = destinationOfCall(result);
    if (auto destination = dyn_cast<DestinationStyleOpInterface>(result.getOwner()))
      place = destination.getTiedOpOperand(result);
    if (!place)
      return {};
    value = place->get();
    if (!cast<RankedTensorType>(value.getType()).isDynamicDim(axis))
      return {};
  }
  return {};
}

OpFoldResult rondo::mixedSize(OpBuilder &b, Location loc, Value value, int64_t axis) {
  auto type = cast<RankedTensorType>(value.getType());
  if (type.isDynamicDim(axis))
    if (Value size = namedSize(value, axis))
      return size;
  return tensor::getMixedSize(b, loc, value, axis);
}

SmallVector<OpFoldResult> rondo::mixedSizes(OpBuilder &b, Location loc, Value value) {
  SmallVector<OpFoldResult> sizes;
  for (int64_t axis = 0; axis < cast<RankedTensorType>(value.getType()).getRank(); ++axis)
    sizes.push_back(mixedSize(b, loc, value, axis));
  return sizes;
}

OpFoldResult rondo::sizeAs(OpBuilder &b, Location loc, RankedTensorType type, int64_t axis, Value from,
                           int64_t fromAxis) {
  if (!type.isDynamicDim(axis))
    return b.getIndexAttr(type.getDimSize(axis));
  return mixedSize(b, loc, from, fromAxis);
}

namespace {

class OutsideSizes {
public:
  OutsideSizes(OpBuilder &b, Location loc, Region &body) : b(b), loc(loc), body(body) {}

  FailureOr<OpFoldResult> size(Value value, int64_t axis) {
    auto type = dyn_cast<RankedTensorType>(value.getType());
    if (!type)
      return failure();
    if (!type.isDynamicDim(axis))
      return OpFoldResult(b.getIndexAttr(type.getDimSize(axis)));
    if (isOutside(value))
      return mixedSize(b, loc, value, axis);
    if (Value named = namedSize(value, axis))
      return index(named);
    if (auto arg = dyn_cast<BlockArgument>(value))
      return sizeOfArgument(arg, axis);
    return sizeOfResult(cast<OpResult>(value), axis);
  }

private:
  bool isOutside(Value value) { return !body.isAncestor(value.getParentRegion()); }

  // The argument of the scan itself, or of one nested in its body.
  FailureOr<OpFoldResult> sizeOfArgument(BlockArgument arg, int64_t axis) {
    if (auto scan = dyn_cast<ScanOp>(arg.getOwner()->getParentOp())) {
      unsigned number = arg.getArgNumber() - 1, ins = scan.getIns().size();
      return number < ins ? size(scan.getIns()[number], axis + 1)
                          : size(scan.getStarts()[number - ins], axis);
    }
    if (auto scan = dyn_cast<ScanIntoOp>(arg.getOwner()->getParentOp())) {
      bool stacked;
      Value operand = scan.operandOf(arg, stacked);
      return size(operand, axis + stacked);
    }
    return failure();
  }

  FailureOr<OpFoldResult> sizeOfResult(OpResult value, int64_t axis) {
    Operation *op = value.getOwner();
    if (auto destination = dyn_cast<DestinationStyleOpInterface>(op))
      return size(destination.getTiedOpOperand(value)->get(), axis);
    if (OpTrait::hasElementwiseMappableTraits(op))
      for (Value operand : op->getOperands())
        if (isa<RankedTensorType>(operand.getType()))
          return size(operand, axis);
    auto reifiable = dyn_cast<ReifyRankedShapedTypeOpInterface>(op);
    if (!reifiable)
      return failure();
    // The op creates its index arithmetic in the body, from where it is copied.
    struct Recorder : OpBuilder::Listener {
      SmallVector<Operation *> created;
      void notifyOperationInserted(Operation *op, OpBuilder::InsertPoint) override { created.push_back(op); }
    } recorder;
    OpBuilder inside(op, &recorder);
    ReifiedRankedShapedTypeDims shapes;
    FailureOr<OpFoldResult> result = failure();
    if (succeeded(reifiable.reifyResultShapes(inside, shapes)) && !shapes[value.getResultNumber()].empty()) {
      OpFoldResult found = shapes[value.getResultNumber()][axis];
      if (auto inner = dyn_cast_if_present<Value>(found))
        result = index(inner);
      else if (found)
        result = found;
    }
    for (Operation *created : llvm::reverse(recorder.created)) {
      for (Value gone : created->getResults())
        copies.erase(gone);
      created->erase();
    }
    return result;
  }

  // A copy outside of an index computed in the body.
  FailureOr<OpFoldResult> index(Value value) {
    if (isOutside(value))
      return OpFoldResult(value);
    if (Value copy = copies.lookup(value))
      return OpFoldResult(copy);
    Operation *op = value.getDefiningOp();
    if (!op)
      return failure(); // the step
    if (auto dim = dyn_cast<tensor::DimOp>(op)) {
      std::optional<int64_t> axis = dim.getConstantIndex();
      if (!axis)
        return failure();
      return size(dim.getSource(), *axis);
    }
    if (op->getNumRegions() != 0 || op->getNumResults() != 1 || !isPure(op))
      return failure();
    IRMapping mapping;
    for (Value operand : op->getOperands()) {
      if (!operand.getType().isIntOrIndexOrFloat())
        return failure();
      FailureOr<OpFoldResult> copied = index(operand);
      if (failed(copied))
        return failure();
      mapping.map(operand, getValueOrCreateConstantIndexOp(b, loc, *copied));
    }
    Value copy = b.clone(*op, mapping)->getResult(0);
    copies[value] = copy;
    return OpFoldResult(copy);
  }

  OpBuilder &b;
  Location loc;
  Region &body;
  DenseMap<Value, Value> copies;
};

} // namespace

FailureOr<OpFoldResult> rondo::sizeOutside(OpBuilder &b, Location loc, Region &body, Value value,
                                           int64_t axis) {
  return OutsideSizes(b, loc, body).size(value, axis);
}
