// The order of reads and of writes into parts of a tensor.
#include "compiler/Buffers/ReadBefore.h"
#include "dialects/Rondo/IR/ScanInto.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace rondo;

bool rondo::isReadBefore(Value value, Operation *writer, Value written) {
  return llvm::all_of(value.getUses(), [&](OpOperand &use) { return isReadBefore(use, writer, written); });
}

bool rondo::isReadBefore(OpOperand &use, Operation *writer, Value written) {
  Operation *user = use.getOwner();
  auto isDestination = [&](Value result) { return destinationOf(result) == &use; };
  if (user == writer && use.get() == written && llvm::any_of(user->getResults(), isDestination))
    return true;
  Operation *at = writer->getBlock()->findAncestorOpInBlock(*user);
  if (!at || at == writer || !at->isBeforeInBlock(writer))
    return false;
  // A view of it is read where the view is; what else hands it on may write it.
  if (isa<tensor::ExtractSliceOp, tensor::ExpandShapeOp, tensor::CollapseShapeOp, tensor::CastOp>(user))
    return isReadBefore(user->getResult(0), writer, written);
  return llvm::none_of(user->getResults(), isDestination);
}
