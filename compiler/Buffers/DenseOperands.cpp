// rondo-dense-operands: what a layer is called with lies without gaps.
//
// Needs tensors whose destinations are settled (rondo-fold-destinations). Guarantees that each operand of a
// call with `rondo.into` is the whole of an argument of the function, or computed in a tensor of its own.
// Bufferisation would take a part of another tensor, whose rows lie apart, for a dense one: it is copied. A
// destination that is such a part becomes a tensor.empty; whoever reads the result brings it there.
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
    if (auto arg = dyn_cast<BlockArgument>(value))
      return isa<func::FuncOp>(arg.getOwner()->getParentOp());
    Operation *op = value.getDefiningOp();
    if (isa<tensor::EmptyOp, bufferization::AllocTensorOp>(op) || op->hasTrait<OpTrait::ConstantLike>())
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

void makeDense(func::CallOp call) {
  unsigned firstDestination = call.getNumOperands() - call.getNumResults();
  OpBuilder b(call);
  for (OpOperand &operand : call->getOpOperands()) {
    Value value = operand.get();
    if (!isa<RankedTensorType>(value.getType()) || isDense(value))
      continue;
    Value own = tensor::EmptyOp::create(b, call.getLoc(), mixedSizes(b, call.getLoc(), value),
                                        getElementTypeOrSelf(value));
    bool isRead = operand.getOperandNumber() < firstDestination;
    operand.set(isRead ? linalg::CopyOp::create(b, call.getLoc(), value, own).getResult(0) : own);
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
