// Canonicalisation of rondo.scan: what is not used, does not change or is there twice leaves the loop.
#include "dialects/Rondo/IR/RondoDialect.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"
#include "llvm/ADT/BitVector.h"

using namespace mlir;
using namespace rondo;

namespace {

/// Replaces `scan` by one with only those inputs, stacks and carries that are not in `gone`. Body arguments
/// of what goes must have no use left, nor results.
struct Leaving {
  BitVector ins, stacks, carries;
  explicit Leaving(ScanOp scan)
      : ins(scan.getIns().size()), stacks(scan.numStacks()), carries(scan.numCarries()) {}
  bool none() const { return ins.none() && stacks.none() && carries.none(); }
};

void removeFrom(ScanOp scan, const Leaving &gone, PatternRewriter &rewriter) {
  unsigned numStacks = gone.stacks.size();
  SmallVector<Value> ins, starts, stays;
  SmallVector<Type> types;
  for (unsigned i = 0; i < gone.ins.size(); ++i)
    if (!gone.ins[i])
      ins.push_back(scan.getIns()[i]);
  for (unsigned i = 0; i < numStacks + scan.numCarries(); ++i) {
    if (i < numStacks ? gone.stacks[i] : gone.carries[i - numStacks])
      continue;
    stays.push_back(scan.getResult(i));
    types.push_back(scan.getResult(i).getType());
    if (i >= numStacks)
      starts.push_back(scan.getStarts()[i - numStacks]);
  }

  if (Value done = scan.stepsDone()) {
    stays.push_back(done);
    types.push_back(done.getType());
  }
  auto next = ScanOp::create(rewriter, scan.getLoc(), types, scan.getSteps(), ins, starts,
                             scan.getReverseAttr(), scan.getUntilAttr());
  next->setDiscardableAttrs(scan->getDiscardableAttrDictionary());
  Block &body = scan.getBody().front();
  auto yield = cast<YieldOp>(body.getTerminator());
  rewriter.modifyOpInPlace(yield, [&] {
    for (int i = numStacks + gone.carries.size() - 1; i >= 0; --i)
      if (unsigned(i) < numStacks ? gone.stacks[i] : gone.carries[i - numStacks])
        yield.getValuesMutable().erase(i);
  });
  rewriter.modifyOpInPlace(scan, [&] {
    BitVector arguments(1);
    for (const BitVector *part : {&gone.ins, &gone.carries})
      for (unsigned i = 0; i < part->size(); ++i)
        arguments.push_back(part->test(i));
    body.eraseArguments(arguments);
  });
  rewriter.inlineRegionBefore(scan.getBody(), next.getBody(), next.getBody().end());
  for (auto [from, to] : llvm::zip_equal(stays, next.getResults()))
    rewriter.replaceAllUsesWith(from, to);
  rewriter.eraseOp(scan);
}

// Stacks, carries and inputs that nothing reads leave. A carry lives if its last value is used, or if its
// value in the body reaches a result that lives or an op with an effect; two carries that only feed each
// other do not.
struct RemoveDead : OpRewritePattern<ScanOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ScanOp scan, PatternRewriter &rewriter) const override {
    Leaving gone(scan);
    for (auto [i, result] : llvm::enumerate(scan.stacks()))
      gone.stacks[i] = result.use_empty();
    for (auto [i, slice] : llvm::enumerate(scan.slices()))
      gone.ins[i] = slice.use_empty();
    // Cheap when all last values are used.
    if (llvm::any_of(scan.lastCarries(), [](Value last) { return last.use_empty(); }))
      findDeadCarries(scan, gone);
    if (gone.none())
      return rewriter.notifyMatchFailure(scan, "everything is used");
    // Dead ops may still read a dead carry: any value will do.
    for (unsigned i : gone.carries.set_bits())
      rewriter.replaceAllUsesWith(scan.carries()[i], scan.getStarts()[i]);
    removeFrom(scan, gone, rewriter);
    return success();
  }

  static void findDeadCarries(ScanOp scan, Leaving &gone) {
    Block &body = scan.getBody().front();
    DenseSet<Operation *> live;
    SmallVector<Value> toVisit;
    BitVector liveCarries(scan.numCarries());
    auto visitCarry = [&](unsigned i) {
      if (!liveCarries.test(i)) {
        liveCarries.set(i);
        toVisit.push_back(scan.yieldedCarries()[i]);
      }
    };
    auto visitOp = [&](Operation *op) {
      if (!live.insert(op).second)
        return;
      op->walk([&](Operation *inner) { llvm::append_range(toVisit, inner->getOperands()); });
    };
    for (auto [i, value] : llvm::enumerate(scan.yieldedStacks()))
      if (!gone.stacks[i])
        toVisit.push_back(value);
    for (auto [i, last] : llvm::enumerate(scan.lastCarries()))
      if (!last.use_empty())
        visitCarry(i);
    for (Operation &op : body.without_terminator())
      if (!isMemoryEffectFree(&op))
        visitOp(&op);
    if (Value condition = scan.condition())
      toVisit.push_back(condition);
    unsigned firstCarry = 1 + scan.getIns().size();
    while (!toVisit.empty()) {
      Value value = toVisit.pop_back_val();
      if (auto arg = dyn_cast<BlockArgument>(value)) {
        if (arg.getOwner() == &body && arg.getArgNumber() >= firstCarry)
          visitCarry(arg.getArgNumber() - firstCarry);
      } else if (Operation *op = body.findAncestorOpInBlock(*value.getDefiningOp())) {
        visitOp(op);
      }
    }
    gone.carries = liveCarries.flip();
  }
};

// A carry that yields itself or its own first value is that value.
struct ForwardInvariantCarries : OpRewritePattern<ScanOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ScanOp scan, PatternRewriter &rewriter) const override {
    Leaving gone(scan);
    for (auto [i, start, carry, next, last] :
         llvm::enumerate(scan.getStarts(), scan.carries(), scan.yieldedCarries(), scan.lastCarries())) {
      if (next != carry && next != start)
        continue;
      gone.carries.set(i);
      rewriter.replaceAllUsesWith(carry, start);
      rewriter.replaceAllUsesWith(last, start);
    }
    if (gone.none())
      return rewriter.notifyMatchFailure(scan, "every carry changes");
    removeFrom(scan, gone, rewriter);
    return success();
  }
};

// One input, carry or stack for two that are equal.
struct MergeDuplicates : OpRewritePattern<ScanOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ScanOp scan, PatternRewriter &rewriter) const override {
    Leaving gone(scan);
    DenseMap<Value, unsigned> inputs, yielded;
    for (auto [i, input, slice] : llvm::enumerate(scan.getIns(), scan.slices())) {
      auto [at, isNew] = inputs.try_emplace(input, i);
      if (isNew)
        continue;
      gone.ins.set(i);
      rewriter.replaceAllUsesWith(slice, scan.slices()[at->second]);
    }
    for (auto [i, value, result] : llvm::enumerate(scan.yieldedStacks(), scan.stacks())) {
      auto [at, isNew] = yielded.try_emplace(value, i);
      if (isNew || scan.getResult(at->second).getType() != result.getType())
        continue;
      gone.stacks.set(i);
      rewriter.replaceAllUsesWith(result, scan.getResult(at->second));
    }
    DenseMap<std::pair<Value, Value>, unsigned> carries;
    for (auto [i, start, next] : llvm::enumerate(scan.getStarts(), scan.yieldedCarries())) {
      auto [at, isNew] = carries.try_emplace({start, next}, i);
      if (isNew)
        continue;
      gone.carries.set(i);
      rewriter.replaceAllUsesWith(scan.carries()[i], scan.carries()[at->second]);
      rewriter.replaceAllUsesWith(scan.lastCarries()[i], scan.lastCarries()[at->second]);
    }
    if (gone.none())
      return rewriter.notifyMatchFailure(scan, "nothing is there twice");
    removeFrom(scan, gone, rewriter);
    return success();
  }
};

// A slice that is the same at every step is made once: of a broadcast along axis 0, of a constant of one
// value.
struct ForwardInvariantSlices : OpRewritePattern<ScanOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ScanOp scan, PatternRewriter &rewriter) const override {
    bool changed = false;
    for (auto [input, slice] : llvm::zip_equal(scan.getIns(), scan.slices())) {
      auto type = cast<RankedTensorType>(slice.getType());
      Value same;
      SplatElementsAttr value;
      auto broadcast = input.getDefiningOp<linalg::BroadcastOp>();
      if (slice.use_empty())
        continue;
      if (broadcast && broadcast.getDimensions() == ArrayRef<int64_t>{0} &&
          broadcast.getInput().getType() == type)
        same = broadcast.getInput();
      else if (matchPattern(input, m_Constant(&value)))
        same = arith::ConstantOp::create(rewriter, scan.getLoc(),
                                         SplatElementsAttr::get(type, value.getSplatValue<Attribute>()));
      else
        continue;
      rewriter.replaceAllUsesWith(slice, same);
      changed = true;
    }
    return success(changed);
  }
};

// No step: the carries are as they were, the stacks empty.
struct FoldNoSteps : OpRewritePattern<ScanOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ScanOp scan, PatternRewriter &rewriter) const override {
    if (!matchPattern(scan.getSteps(), m_Zero()))
      return rewriter.notifyMatchFailure(scan, "there may be a step");
    SmallVector<Value> results;
    for (Value stack : scan.stacks()) {
      auto type = cast<RankedTensorType>(stack.getType());
      SmallVector<int64_t> shape(type.getShape());
      shape[0] = 0;
      if (ShapedType::isDynamicShape(shape))
        return rewriter.notifyMatchFailure(scan, "a stack's sizes are not known");
      Value empty = tensor::EmptyOp::create(rewriter, scan.getLoc(), shape, type.getElementType());
      results.push_back(rewriter.createOrFold<tensor::CastOp>(scan.getLoc(), type, empty));
    }
    llvm::append_range(results, scan.getStarts());
    if (Value done = scan.stepsDone())
      results.push_back(arith::ConstantOp::create(
          rewriter, scan.getLoc(),
          DenseElementsAttr::get(cast<RankedTensorType>(done.getType()), int64_t(0))));
    rewriter.replaceOp(scan, results);
    return success();
  }
};

// tensor.dim of a slice, a carry or a last carry is one of an operand; of axis 0 of a stack it is the number
// of steps.
struct FoldDims : OpRewritePattern<ScanOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ScanOp scan, PatternRewriter &rewriter) const override {
    bool changed = false;
    auto redirect = [&](Value from, Value to, int64_t shift) {
      for (OpOperand &use : llvm::make_early_inc_range(from.getUses())) {
        auto dim = dyn_cast<tensor::DimOp>(use.getOwner());
        std::optional<int64_t> axis = dim ? dim.getConstantIndex() : std::nullopt;
        if (!axis)
          continue;
        rewriter.setInsertionPoint(scan);
        rewriter.replaceOpWithNewOp<tensor::DimOp>(dim, to, *axis + shift);
        changed = true;
      }
    };
    for (auto [input, slice] : llvm::zip_equal(scan.getIns(), scan.slices()))
      redirect(slice, input, 1);
    for (auto [start, carry, last] : llvm::zip_equal(scan.getStarts(), scan.carries(), scan.lastCarries())) {
      redirect(carry, start, 0);
      redirect(last, start, 0);
    }
    for (Value stack : scan.stacks())
      for (Operation *user : llvm::make_early_inc_range(stack.getUsers()))
        if (auto dim = dyn_cast<tensor::DimOp>(user); dim && dim.getConstantIndex() == 0) {
          rewriter.replaceOp(dim, scan.getSteps());
          changed = true;
        }
    return success(changed);
  }
};

} // namespace

void ScanOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *context) {
  patterns.add<RemoveDead, ForwardInvariantCarries, MergeDuplicates, ForwardInvariantSlices, FoldNoSteps,
               FoldDims>(context);
}
