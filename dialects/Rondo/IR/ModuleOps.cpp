// Weights and checks.
#include "dialects/Rondo/IR/RondoDialect.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Interfaces/FunctionInterfaces.h"

using namespace mlir;
using namespace rondo;

LogicalResult ParamOp::verify() {
  if (getKey().empty())
    return emitOpError("needs a key");
  if (!getInit().fits(getType().getShape()))
    return emitOpError("has no row ") << getInit().getZeroRow() << ", which is to be zeros";
  auto function = (*this)->getParentOfType<FunctionOpInterface>();
  if (!function || !function->hasAttr(attrs::entry))
    return emitOpError("stands in an entry point only; a method takes weights as operands");
  return success();
}

LogicalResult CheckOp::canonicalize(CheckOp op, PatternRewriter &rewriter) {
  // One that is true, or has nothing to check.
  bool holds = matchPattern(op.getOk(), m_One());
  DenseIntElementsAttr value;
  if (matchPattern(op.getOk(), m_Constant(&value)))
    holds = llvm::all_of(value.getValues<bool>(), [](bool element) { return element; });
  if (auto type = dyn_cast<RankedTensorType>(op.getOk().getType()))
    holds |= llvm::is_contained(type.getShape(), 0);
  if (!holds)
    return rewriter.notifyMatchFailure(op, "not known to hold");
  rewriter.eraseOp(op);
  return success();
}
