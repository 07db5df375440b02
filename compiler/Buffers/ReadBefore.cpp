// The order of reads and of writes into parts of a tensor.
#include "compiler/Buffers/ReadBefore.h"
#include "dialects/Rondo/IR/ScanInto.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace rondo;

bool rondo::isReadBefore(Value value, Operation *writer, Value written) {
  for (OpOperand &use : value.getUses()) {
    Operation *user = use.getOwner();
    if (user == writer && value == written && destinationOf(user->getResult(0)) == &use)
      continue;
    Operation *at = writer->getBlock()->findAncestorOpInBlock(*user);
    if (!at || at == writer || !at->isBeforeInBlock(writer))
      return false;
    // A view of it is read where the view is; what else hands it on may write it.
    if (isa<tensor::ExtractSliceOp, tensor::ExpandShapeOp, tensor::CollapseShapeOp, tensor::CastOp>(user)) {
      if (!isReadBefore(user->getResult(0), writer, written))
        return false;
    } else if (llvm::any_of(user->getResults(),
                            [&](Value result) { return destinationOf(result) == &use; })) {
      return false;
    }
  }
  return true;
}
