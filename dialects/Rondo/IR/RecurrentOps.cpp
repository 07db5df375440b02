// rondo.scan: verifier, interfaces. Its canonicalisation is ScanCanonicalization.cpp; rondo.scan_into is
// ScanInto.cpp.
#include "dialects/Rondo/IR/RondoDialect.h"
#include "dialects/Rondo/IR/Sizes.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace rondo;

OperandRange ScanOp::yieldedStacks() {
  return cast<YieldOp>(getBody().front().getTerminator()).getValues().take_front(numStacks());
}
OperandRange ScanOp::yieldedCarries() {
  return cast<YieldOp>(getBody().front().getTerminator()).getValues().slice(numStacks(), numCarries());
}
Value ScanOp::condition() {
  return getUntil() ? cast<YieldOp>(getBody().front().getTerminator()).getValues().back() : Value();
}

SmallVector<Region *> ScanOp::getLoopRegions() { return {&getBody()}; }

static RankedTensorType sliceOf(RankedTensorType stacked) {
  return RankedTensorType::get(stacked.getShape().drop_front(), stacked.getElementType());
}

LogicalResult ScanOp::verify() {
  if (getNumResults() < numCarries() + getUntil())
    return emitOpError("has ") << numCarries() << " carries but only " << getNumResults() << " results";
  if (getUntil() && getReverse())
    return emitOpError("cannot be both `until` and `reverse`");
  unsigned arguments = 1 + getIns().size() + numCarries();
  if (getBody().getNumArguments() != arguments)
    return emitOpError("body needs ")
           << arguments << " arguments: the step, a slice of each input, each carry";
  if (!step().getType().isIndex())
    return emitOpError("first argument of the body must be the step, of type index");

  // The trait that demands a terminator is verified after this.
  Block &body = getBody().front();
  auto yield = body.empty() ? YieldOp() : dyn_cast<YieldOp>(body.back());
  if (!yield)
    return emitOpError("body must end in rondo.yield");
  if (yield.getValues().size() != getNumResults())
    return yield.emitOpError("needs ")
           << getNumResults() << " values, stacks before carries, but has " << yield.getValues().size();
  if (getUntil() && !condition().getType().isInteger(1))
    return yield.emitOpError("needs a condition of type i1 as its last value, not ") << condition().getType();
  if (getUntil() && stepsDone().getType() != RankedTensorType::get({}, IntegerType::get(getContext(), 64)))
    return emitOpError("has the number of steps done as its last result, a tensor<i64>, not ")
           << stepsDone().getType();

  // What is known of the number of steps must agree.
  int64_t steps = ShapedType::kDynamic;
  APInt constant;
  if (matchPattern(getSteps(), m_ConstantInt(&constant)))
    steps = constant.getSExtValue();
  if (!ShapedType::isDynamic(steps) && steps < 0)
    return emitOpError("has ") << steps << " steps";
  auto disagrees = [&](RankedTensorType type) {
    if (ShapedType::isDynamic(steps))
      steps = type.getDimSize(0);
    return !type.isDynamicDim(0) && type.getDimSize(0) != steps;
  };

  for (auto [i, input, slice] : llvm::enumerate(getIns(), slices())) {
    auto type = cast<RankedTensorType>(input.getType());
    if (type.getRank() == 0)
      return emitOpError("input ") << i << " has no axis to slice";
    if (disagrees(type))
      return emitOpError("input ") << i << " has " << type.getDimSize(0) << " slices for " << steps
                                   << " steps";
    if (slice.getType() != sliceOf(type))
      return emitOpError("slice ") << i << " has type " << slice.getType() << " but is a slice of " << type;
  }
  for (auto [i, start, carry, next, result] :
       llvm::enumerate(getStarts(), carries(), yieldedCarries(), lastCarries())) {
    Type type = start.getType();
    if (carry.getType() != type || next.getType() != type || result.getType() != type)
      return emitOpError("carry ") << i << " starts as " << type << ", is " << carry.getType()
                                   << " in the body, " << next.getType() << " when yielded and "
                                   << result.getType() << " as result";
  }
  for (auto [i, value, result] : llvm::enumerate(yieldedStacks(), stacks())) {
    auto type = cast<RankedTensorType>(result.getType());
    if (type.getRank() == 0 || value.getType() != sliceOf(type))
      return emitOpError("stack ") << i << " is " << type << " but " << value.getType() << " is yielded";
    if (disagrees(type))
      return emitOpError("stack ") << i << " has " << type.getDimSize(0) << " slots for " << steps
                                   << " steps";
  }
  return success();
}

LogicalResult ScanOp::reifyResultShapes(OpBuilder &b, ReifiedRankedShapedTypeDims &shapes) {
  for (auto [value, result] : llvm::zip_equal(yieldedStacks(), stacks())) {
    auto type = cast<RankedTensorType>(result.getType());
    SmallVector<OpFoldResult> &sizes = shapes.emplace_back();
    sizes.push_back(type.isDynamicDim(0) ? OpFoldResult(getSteps()) : b.getIndexAttr(type.getDimSize(0)));
    for (int64_t axis = 0; axis + 1 < type.getRank(); ++axis) {
      FailureOr<OpFoldResult> size = sizeOutside(b, getLoc(), getBody(), value, axis);
      sizes.push_back(succeeded(size) ? *size : OpFoldResult()); // not known: left empty
    }
  }
  for (Value start : getStarts())
    shapes.push_back(mixedSizes(b, getLoc(), start));
  if (getUntil())
    shapes.emplace_back(); // of rank 0
  return success();
}
