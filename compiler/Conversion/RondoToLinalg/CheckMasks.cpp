// rondo-check-masks: the checks in the mask of an attention become loops of their own.
//
// Needs regions on scalars. Guarantees that no mask holds a `rondo.check`: whoever lowers an attention may
// evaluate its mask where it likes, not at all, or twice. A check runs over those of b, h, i, j that it
// depends on, if there is any pair, and is one linalg.generic that reduces to an i1. Which pairs count is in
// its condition already, see PairEmitter.cpp.
#include "compiler/Conversion/RondoToLinalg/LinalgBuilder.h"
#include "compiler/Conversion/RondoToLinalg/Passes.h"
#include "dialects/Rondo/IR/RondoDialect.h"
#include "dialects/Rondo/IR/Sizes.h"
#include "mlir/Analysis/SliceAnalysis.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"
#include <map>

namespace rondo {
#define GEN_PASS_DEF_CHECKMASKS
#include "compiler/Conversion/RondoToLinalg/Passes.h.inc"
} // namespace rondo

using namespace mlir;
using namespace rondo;

using Loops = SmallVector<unsigned>; // of b, h, i, j

/// What values are computed by in their block, in order.
static SmallVector<Operation *> computedBy(ArrayRef<Value> values, Block *block) {
  SetVector<Operation *> slice;
  BackwardSliceOptions options;
  options.inclusive = true;
  options.filter = [&](Operation *op) { return op->getBlock() == block; };
  for (Value value : values)
    if (value.getDefiningOp() && !slice.contains(value.getDefiningOp()))
      (void)getBackwardSlice(value, &slice, options);
  SmallVector<Operation *> ops = slice.takeVector();
  llvm::sort(ops, [](Operation *a, Operation *b) { return a->isBeforeInBlock(b); });
  return ops;
}

/// Which indices values depend on.
static DenseMap<Value, unsigned> dependence(Block &mask) {
  DenseMap<Value, unsigned> bits;
  for (unsigned n = 0; n < 4; ++n)
    bits[mask.getArgument(n)] = 1u << n;
  for (Operation &op : mask) {
    unsigned all = 0;
    for (Value operand : op.getOperands())
      all |= bits.lookup(operand);
    for (Value result : op.getResults())
      bits[result] = all;
  }
  return bits;
}

namespace {
struct CheckMasks : rondo::impl::CheckMasksBase<CheckMasks> {
  void runOnOperation() override {
    SmallVector<AttentionOp> found;
    getOperation().walk([&](AttentionOp op) {
      if (!op.getMask().empty() && !op.getMask().getOps<CheckOp>().empty())
        found.push_back(op);
    });
    IRRewriter rewriter(&getContext());
    for (AttentionOp op : found) {
      Block &mask = op.getMask().front();
      DenseMap<Value, unsigned> depends = dependence(mask);
      std::map<unsigned, SmallVector<CheckOp>> groups; // by their indices
      for (CheckOp check : mask.getOps<CheckOp>())
        groups[depends.lookup(check.getOk())].push_back(check);
      for (auto &[bits, checks] : groups) {
        Loops loops;
        for (unsigned n = 0; n < 4; ++n)
          if (bits & (1u << n))
            loops.push_back(n);
        takeOut(op, checks, loops, rewriter);
      }
    }
  }

  /// Looks at checks that depend on the same indices, in one loop over these.
  static void takeOut(AttentionOp op, ArrayRef<CheckOp> checks, const Loops &loops, RewriterBase &rewriter) {
    rewriter.setInsertionPoint(op);
    LinalgBuilder l(rewriter, op.getLoc());
    Type i1 = rewriter.getI1Type();
    SmallVector<OpFoldResult> sizes = mixedSizes(rewriter, l.loc, op.getOutput());
    sizes.back() = mixedSize(rewriter, l.loc, op.getKey(), 2); // B, H, Tq, Tk

    Block &mask = op.getMask().front();
    SmallVector<Value> conditions =
        llvm::map_to_vector(checks, [](CheckOp check) -> Value { return CheckOp(check).getOk(); });
    SmallVector<Operation *> ops = computedBy(conditions, &mask);
    auto computed = [&](IRMapping &map) {
      map.map(op.capturesIn(op.getMask()), op.getCaptures());
      for (Operation *inner : ops)
        rewriter.clone(*inner, map);
      return llvm::map_to_vector(conditions, [&](Value value) { return map.lookup(value); });
    };
    // Without pairs nothing counts, and nothing is read: what a check reads may be empty then.
    Value isEmpty;
    for (auto [n, size] : llvm::enumerate(sizes)) {
      if (llvm::is_contained(loops, n) || getConstantIntValue(size).value_or(0) > 0)
        continue;
      Value one = arith::CmpIOp::create(rewriter, l.loc, arith::CmpIPredicate::eq, l.index(size),
                                        l.index(rewriter.getIndexAttr(0)));
      isEmpty = isEmpty ? arith::OrIOp::create(rewriter, l.loc, isEmpty, one).getResult() : one;
    }
    SmallVector<Value> holds;
    if (loops.empty()) {
      IRMapping map;
      holds = computed(map);
      for (Value &ok : holds)
        ok = isEmpty ? arith::OrIOp::create(rewriter, l.loc, ok, isEmpty).getResult() : ok;
    } else {
      OpFoldResult &first = sizes[loops[0]];
      if (isEmpty)
        first = arith::SelectOp::create(rewriter, l.loc, isEmpty, l.index(rewriter.getIndexAttr(0)),
                                        l.index(first))
                    .getResult();
      // One empty tensor for each loop says how long it is.
      SmallVector<Value> lengths, starts;
      SmallVector<AffineMap> maps;
      for (auto [dim, n] : llvm::enumerate(loops)) {
        auto type = RankedTensorType::get(getConstantIntValue(sizes[n]).value_or(ShapedType::kDynamic), i1);
        lengths.push_back(l.empty(type, sizes[n]));
        maps.push_back(AffineMap::get(loops.size(), 0, rewriter.getAffineDimExpr(dim)));
      }
      for (size_t n = 0; n < checks.size(); ++n)
        starts.push_back(l.filled(l.constant(i1, 1), RankedTensorType::get({}, i1), {}));
      auto all = [&](LinalgBuilder &l, ValueRange x) {
        IRMapping map;
        for (auto [dim, n] : llvm::enumerate(loops)) {
          Value index = linalg::IndexOp::create(l.b, l.loc, dim);
          map.map(mask.getArgument(n), arith::IndexCastOp::create(l.b, l.loc, l.b.getI64Type(), index));
        }
        SmallVector<Value> results = computed(map);
        for (auto [result, before] : llvm::zip_equal(results, x.take_back(checks.size())))
          result = arith::AndIOp::create(l.b, l.loc, before, result);
        return results;
      };
      AffineMap one = AffineMap::get(loops.size(), 0, rewriter.getContext());
      for (Value result : l.generic(lengths, maps, starts, one, all).getResults())
        holds.push_back(tensor::ExtractOp::create(rewriter, l.loc, result, ValueRange()));
    }
    for (auto [check, ok] : llvm::zip_equal(checks, holds)) {
      CheckOp::create(rewriter, check->getLoc(), ok, CheckOp(check).getMessage());
      rewriter.eraseOp(check);
    }
  }
};
} // namespace
