// rondo.scan -> rondo.scan_into: all carries are moved ones, results lie in new tensors.
//
// %ys, %h = rondo.scan %T ins(%xs) carries(%h0) { ^bb0(%t, %x, %old): yield %y, %new }
// becomes (with `until`, %done = ... count(%e2) is one result and destination more)
// %h, %ys = rondo.scan_into %T ins(%xs) starts(%h0) nexts(%e0) stacks(%e1) {
//   ^bb0(%t, %x, %old, %next, %slot): yield %new, %y }   // rondo-place-carries brings %new and %y to their
//   places
#include "compiler/Conversion/RondoToLinalg/LinalgBuilder.h"
#include "compiler/Conversion/RondoToLinalg/Patterns.h"
#include "dialects/Rondo/IR/RondoDialect.h"

using namespace mlir;
using namespace rondo;

namespace {

struct ScanToDestinations : OpRewritePattern<ScanOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ScanOp scan, PatternRewriter &rewriter) const override {
    ReifiedRankedShapedTypeDims shapes;
    if (failed(scan.reifyResultShapes(rewriter, shapes)))
      return failure();
    LinalgBuilder l(rewriter, scan.getLoc());
    unsigned numStacks = scan.numStacks();
    SmallVector<Value> destinations;
    for (auto [i, result, sizes] : llvm::enumerate(scan.getResults(), shapes)) {
      if (llvm::any_of(sizes, [](OpFoldResult size) { return size.isNull(); }))
        return scan.emitError("the size of result ") << i << " is not known before the loop";
      destinations.push_back(l.empty(cast<RankedTensorType>(result.getType()), sizes));
    }
    ArrayRef stacks = ArrayRef(destinations).take_front(numStacks),
             nexts = ArrayRef(destinations).slice(numStacks, scan.numCarries());
    Value count = scan.getUntil() ? destinations.back() : Value();
    SmallVector<Type> types = llvm::to_vector(ValueRange(nexts).getTypes());
    llvm::append_range(types, ValueRange(stacks).getTypes());
    if (count)
      types.push_back(count.getType());
    auto into = ScanIntoOp::create(rewriter, scan.getLoc(), types, scan.getSteps(), scan.getIns(),
                                   scan.getStarts(), nexts, /*updates=*/ValueRange(), stacks, count,
                                   scan.getReverseAttr(), scan.getUntilAttr());
    into->setDiscardableAttrs(scan->getDiscardableAttrDictionary());

    Block &body = scan.getBody().front();
    auto yield = cast<YieldOp>(body.getTerminator());
    SmallVector<Value> yielded(scan.yieldedCarries());
    llvm::append_range(yielded, scan.yieldedStacks());
    if (Value condition = scan.condition())
      yielded.push_back(condition);
    SmallVector<Type> slots = llvm::to_vector(scan.yieldedStacks().getTypes());
    rewriter.modifyOpInPlace(yield, [&] { yield.getValuesMutable().assign(yielded); });
    rewriter.modifyOpInPlace(scan, [&] {
      for (Value next : nexts)
        body.addArgument(next.getType(), next.getLoc());
      for (Type slot : slots)
        body.addArgument(slot, scan.getLoc());
    });
    rewriter.inlineRegionBefore(scan.getBody(), into.getBody(), into.getBody().end());

    SmallVector<Value> results(into.getResults().slice(nexts.size(), numStacks));
    llvm::append_range(results, into.getResults().take_front(nexts.size()));
    if (count)
      results.push_back(into.getResults().back());
    rewriter.replaceOp(scan, results);
    return success();
  }
};

} // namespace

void rondo::populateScanPatterns(RewritePatternSet &patterns) {
  patterns.add<ScanToDestinations>(patterns.getContext());
}
