// rondo-dense-operands: what a layer is called with lies without gaps.
//
// Needs tensors whose destinations are settled (rondo-fold-destinations). Guarantees that each operand of a
// call with `rondo.into` is the whole of an argument of the function, or computed in a tensor of its own.
// Bufferisation would take a part of another tensor, whose rows lie apart, for a dense one: it is copied. A
// destination that is such a part becomes a tensor.empty; whoever reads the result brings it there. So does
// the place of a value that a scan carries or stacks, into which the result is copied.
#include "compiler/Buffers/Passes.h"
#include "dialects/Rondo/IR/RondoDialect.h"
#include "dialects/Rondo/IR/ScanInto.h"
#include "dialects/Rondo/IR/Sizes.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace rondo {
#define GEN_PASS_DEF_DENSEOPERANDS
#include "compiler/Buffers/Passes.h.inc"
} // namespace rondo

using namespace mlir;
using namespace rondo;

namespace {

bool isDense(Value value) {
  while (true) {
    if (auto arg = dyn_cast<BlockArgument>(value)) {
      auto scan = dyn_cast<ScanIntoOp>(arg.getOwner()->getParentOp());
      if (!scan || !llvm::is_contained(scan.updateArgs(), arg))
        return isa<func::FuncOp>(arg.getOwner()->getParentOp());
      bool isStacked;
      value = scan.operandOf(arg, isStacked); // the same buffer at every step
      continue;
    }
    Operation *op = value.getDefiningOp();
    if (isa<tensor::EmptyOp, tensor::FromElementsOp, bufferization::AllocTensorOp>(op) ||
        op->hasTrait<OpTrait::ConstantLike>())
      return true;
    if (isa<tensor::ExpandShapeOp, tensor::CollapseShapeOp>(op))
      value = op->getOperand(0);
    else if (auto insert = dyn_cast<tensor::InsertSliceOp>(op))
      value = insert.getDest();
    else if (OpOperand *place = destinationOf(value))
      value = place->get();
    else
      return false;
  }
}

bool isUpdate(func::CallOp call, unsigned result) {
  auto updates = call->getAttrOfType<DenseI64ArrayAttr>(attrs::updates);
  return updates && updates[result] >= 0;
}

// The place of a carry's next value, or a stack's slot. It is no part of a tensor into which the result is
// inserted.
bool isWholeArgument(Value value) {
  while (value.getDefiningOp<tensor::ExpandShapeOp>() || value.getDefiningOp<tensor::CollapseShapeOp>())
    value = value.getDefiningOp()->getOperand(0);
  return isa<BlockArgument>(value);
}

void bring(OpResult result, Value to) {
  OpBuilder b(result.getContext());
  b.setInsertionPointAfter(result.getOwner());
  auto copy = linalg::CopyOp::create(b, result.getLoc(), result, to);
  result.replaceAllUsesExcept(copy.getResult(0), copy);
}

void makeDense(func::CallOp call) {
  OpBuilder b(call);
  unsigned numDestinations = llvm::count_if(call.getResults(), [&](Value result) {
    return !isUpdate(call, cast<OpResult>(result).getResultNumber());
  });
  unsigned firstDestination = call.getNumOperands() - numDestinations;
  for (OpOperand &operand : call->getOpOperands()) {
    Value value = operand.get();
    if (!isa<RankedTensorType>(value.getType()) || isDense(value))
      continue;
    Value own = tensor::EmptyOp::create(b, call.getLoc(), mixedSizes(b, call.getLoc(), value),
                                        getElementTypeOrSelf(value));
    bool isRead = operand.getOperandNumber() < firstDestination;
    operand.set(isRead ? linalg::CopyOp::create(b, call.getLoc(), value, own).getResult(0) : own);
    if (!isRead && isWholeArgument(value))
      for (OpResult result : call->getResults())
        if (destinationOf(result) == &operand)
          bring(result, value);
  }
}

struct DenseOperands : rondo::impl::DenseOperandsBase<DenseOperands> {
  void runOnOperation() override {
    getOperation().walk([](func::CallOp call) {
      if (call->hasAttr(attrs::into))
        makeDense(call);
    });
  }
};

} // namespace
