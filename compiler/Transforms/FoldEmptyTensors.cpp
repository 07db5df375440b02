// rondo-fold-empty-tensors: tensors without elements are not computed.
//
// Needs phase `rondo`, calls inlined. Guarantees that no pure operation makes a
// tensor whose type has an axis of size 0, but for tensor.empty and values that
// come from outside. A tensor whose size turns out to be 0 only when called is no
// matter: nothing is refused then.
#include "compiler/Transforms/Passes.h"
#include "dialects/Rondo/IR/RondoDialect.h"
#include "dialects/Rondo/IR/Sizes.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace rondo {
#define GEN_PASS_DEF_FOLDEMPTYTENSORS
#include "compiler/Transforms/Passes.h.inc"
} // namespace rondo

using namespace mlir;

namespace {
bool hasNoElements(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  return tensor && llvm::is_contained(tensor.getShape(), 0);
}

Value shapedOperand(Operation *op) {
  return *llvm::find_if(op->getOperands(), [](Value v) { return isa<RankedTensorType>(v.getType()); });
}

/// A tensor.empty for each of some results of an operation; fails if their sizes are not known before it.
LogicalResult makeEmpties(PatternRewriter &rewriter, Operation *op, ArrayRef<OpResult> results,
                          SmallVectorImpl<Value> &empties) {
  ReifiedRankedShapedTypeDims shapes;
  bool isDynamic =
      llvm::any_of(results, [](OpResult r) { return !cast<ShapedType>(r.getType()).hasStaticShape(); });
  if (isDynamic && OpTrait::hasElementwiseMappableTraits(op)) // of one shape all
    shapes.assign(op->getNumResults(), rondo::mixedSizes(rewriter, op->getLoc(), shapedOperand(op)));
  else if (isDynamic && failed(reifyResultShapes(rewriter, op, shapes)))
    return rewriter.notifyMatchFailure(op, "has a size that is not known beforehand");
  for (OpResult result : results) {
    auto type = cast<RankedTensorType>(result.getType());
    SmallVector<Value> sizes;
    for (int64_t d = 0; d < type.getRank(); ++d)
      if (type.isDynamicDim(d))
        sizes.push_back(
            getValueOrCreateConstantIndexOp(rewriter, op->getLoc(), shapes[result.getResultNumber()][d]));
    empties.push_back(tensor::EmptyOp::create(rewriter, op->getLoc(), type, sizes));
  }
  return success();
}

struct FoldOperation : RewritePattern {
  FoldOperation(MLIRContext *context) : RewritePattern(MatchAnyOpTypeTag(), /*benefit=*/10, context) {}
  LogicalResult matchAndRewrite(Operation *op, PatternRewriter &rewriter) const override {
    if (op->getNumResults() == 0 || isa<tensor::EmptyOp>(op) || !isMemoryEffectFree(op) ||
        !llvm::all_of(op->getResultTypes(), hasNoElements))
      return failure();
    SmallVector<Value> empties;
    if (failed(makeEmpties(rewriter, op, llvm::to_vector(op->getResults()), empties)))
      return failure();
    rewriter.replaceOp(op, empties);
    return success();
  }
};

/// Some results of a scan; what nobody reads then is dropped by its canonical form.
struct FoldScanResults : OpRewritePattern<rondo::ScanOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(rondo::ScanOp op, PatternRewriter &rewriter) const override {
    SmallVector<OpResult> results = llvm::filter_to_vector(
        op->getResults(), [](OpResult r) { return hasNoElements(r.getType()) && !r.use_empty(); });
    SmallVector<Value> empties;
    if (results.empty() || failed(makeEmpties(rewriter, op, results, empties)))
      return failure();
    for (auto [result, empty] : llvm::zip_equal(results, empties))
      rewriter.replaceAllUsesWith(result, empty);
    return success();
  }
};

struct DropEmptyParts : OpRewritePattern<tensor::ConcatOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(tensor::ConcatOp op, PatternRewriter &rewriter) const override {
    SmallVector<Value> parts =
        llvm::filter_to_vector(op.getInputs(), [](Value part) { return !hasNoElements(part.getType()); });
    if (parts.size() == op.getInputs().size() || parts.empty())
      return failure();
    if (parts.size() == 1 && parts[0].getType() == op.getType())
      rewriter.replaceOp(op, parts[0]);
    else
      rewriter.replaceOpWithNewOp<tensor::ConcatOp>(op, op.getType(), op.getDim(), parts);
    return success();
  }
};

struct FoldEmptyTensors : rondo::impl::FoldEmptyTensorsBase<FoldEmptyTensors> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<FoldOperation, FoldScanResults, DropEmptyParts>(&getContext());
    GreedyRewriteConfig config;
    config.enableFolding(false);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns), config)))
      signalPassFailure();
  }
};
} // namespace
