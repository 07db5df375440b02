// rondo-expand-attention: rondo.attention as linalg on tensors that hold every pair.
//
// Needs regions on scalars, masks without checks. Guarantees linalg.generic whose bodies hold what the
// regions say, checks of whole tensors, no rondo.attention. Correct for every operand, fast for none, and
// its memory grows with Tq Tk: where there are tiles (rondo-attention-to-tiles), they take the operation as
// it is.
//
//   logits  = visible ? score(scale * sum_d q k) : -inf       [B, H, Tq, Tk]
//   top     = max_j logits, 0 for a row that sees nothing     [B, H, Tq]
//   total   = sum_j exp(logits - top)
//   weights = logits == -inf or total == 0 ? 0 : exp(logits - top) / total
//   output  = sum_j visible ? weights * v : 0                 0 * NaN must be 0 where it is hidden
#include "compiler/Conversion/RondoToLinalg/LinalgBuilder.h"
#include "compiler/Conversion/RondoToLinalg/Passes.h"
#include "dialects/Rondo/IR/RondoDialect.h"
#include "dialects/Rondo/IR/Sizes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"

namespace rondo {
#define GEN_PASS_DEF_EXPANDATTENTION
#include "compiler/Conversion/RondoToLinalg/Passes.h.inc"
} // namespace rondo

using namespace mlir;
using namespace rondo;

namespace {

using Values = SmallVector<Value>;

class Expansion {
public:
  Expansion(AttentionOp op, RewriterBase &rewriter)
      : op(op), l(rewriter, op.getLoc()), element(op.elementType()),
        sizes(mixedSizes(rewriter, op.getLoc(), op.getOutput())) {
    sizes.back() = mixedSize(rewriter, op.getLoc(), op.getKey(), 2); // B, H, Tq, Tk
    for (OpFoldResult size : sizes)
      shape.push_back(getConstantIntValue(size).value_or(ShapedType::kDynamic));
    for (Region *region : {&op.getScore(), &op.getMask()})
      if (!region->empty() && isa<TensorType>(region->getArgument(0).getType()))
        onTensors = true;
  }

  LogicalResult run() {
    if (onTensors)
      return op.emitOpError("has a region on tensors of rank 0: rondo-scalar-regions brings it to scalars");
    Value zero = l.constant(element, 0), least = l.extreme(element, /*largest=*/false);
    Value logits = seen(products());
    Value top = overKeys(logits, least, [&](LinalgBuilder &l, ValueRange x) { return l.max(x[0], x[1]); });
    top = perRow(top, [&](LinalgBuilder &l, Value x) {
      return l.b.createOrFold<arith::SelectOp>(l.loc, equal(l, x, least), zero, x);
    });
    Value powers = perPair(logits, top, [&](LinalgBuilder &l, ValueRange x) -> Value {
      return math::ExpOp::create(l.b, l.loc, l.sub(x[0], x[1]));
    });
    Value total = overKeys(powers, zero, [&](LinalgBuilder &l, ValueRange x) { return l.add(x[1], x[0]); });
    Value weights = perPair({powers, logits}, total, [&](LinalgBuilder &l, ValueRange x) -> Value {
      Value none = arith::OrIOp::create(l.b, l.loc, equal(l, x[1], least), equal(l, x[2], zero));
      return arith::SelectOp::create(l.b, l.loc, none, zero, l.div(x[0], x[2]));
    });
    Values results{values(weights, zero)};
    if (op.getWeights())
      results.push_back(weights);
    l.b.replaceOp(op, results);
    return success();
  }

private:
  AttentionOp op;
  LinalgBuilder l;
  FloatType element;
  SmallVector<OpFoldResult> sizes; // of the pairs: B, H, Tq, Tk
  SmallVector<int64_t> shape;
  bool onTensors = false;
  Value visible; // of all pairs; null without a mask

  RankedTensorType pairs(Type type) { return RankedTensorType::get(shape, type); }
  RankedTensorType rows() { return RankedTensorType::get(ArrayRef(shape).drop_back(), element); }
  static Value equal(LinalgBuilder &l, Value x, Value y) {
    return arith::CmpFOp::create(l.b, l.loc, arith::CmpFPredicate::OEQ, x, y);
  }
  /// (d0 .. dn-1) -> some of them.
  AffineMap choose(unsigned n, ArrayRef<unsigned> dims) {
    return AffineMap::getMultiDimMapWithTargets(n, dims, l.b.getContext());
  }

  /// A body that reads a key's or a value's element [b, h / (H / Hk), j, e].
  struct Shared {
    Value tensor, group;
    Value read(LinalgBuilder &l, unsigned b, unsigned h, unsigned j, unsigned e) const {
      auto at = [&](unsigned loop) -> Value { return linalg::IndexOp::create(l.b, l.loc, loop); };
      Value head = arith::DivUIOp::create(l.b, l.loc, at(h), group);
      return tensor::ExtractOp::create(l.b, l.loc, tensor, ValueRange{at(b), head, at(j), at(e)});
    }
  };
  /// Null if each head has its own, as far as the types tell.
  std::optional<Shared> shared(Value tensor) {
    int64_t heads = cast<RankedTensorType>(op.getQuery().getType()).getDimSize(1);
    if (!ShapedType::isDynamic(heads) && cast<RankedTensorType>(tensor.getType()).getDimSize(1) == heads)
      return std::nullopt;
    // Without key heads there are no heads that would divide by this.
    Value one = l.index(l.b.getIndexAttr(1));
    Value keyHeads = l.max(l.index(mixedSize(l.b, l.loc, tensor, 1)), one);
    Value group = arith::DivUIOp::create(l.b, l.loc, l.index(sizes[1]), keyHeads);
    return Shared{tensor, l.max(group, one)};
  }

  /// scale * q k^T
  Value products() {
    Value zero = l.filled(l.constant(element, 0), pairs(element), sizes);
    AffineMap query = choose(5, {0, 1, 2, 4}), key = choose(5, {0, 1, 3, 4}), to = choose(5, {0, 1, 2, 3});
    if (std::optional<Shared> keys = shared(op.getKey()))
      return l
          .generic(op.getQuery(), query, zero, to,
                   [&](LinalgBuilder &l, ValueRange x) -> Values {
                     return {l.add(x[1], l.mul(x[0], keys->read(l, 0, 1, 3, 4)))};
                   })
          .getResult(0);
    return l
        .generic({op.getQuery(), op.getKey()}, {query, key}, zero, to,
                 [](LinalgBuilder &l, ValueRange x) -> Values { return {l.add(x[2], l.mul(x[0], x[1]))}; })
        .getResult(0);
  }

  /// What a region says of the pair at the loops b, h, i, j; its checks go to `checks`, in their order.
  Value inlined(LinalgBuilder &l, Region &region, Value logit, Values &checks) {
    IRMapping map;
    unsigned first = logit ? 1 : 0;
    if (logit)
      map.map(region.getArgument(0), logit);
    for (unsigned n = 0; n < 4; ++n) {
      Value index = linalg::IndexOp::create(l.b, l.loc, n);
      map.map(region.getArgument(first + n), arith::IndexCastOp::create(l.b, l.loc, l.b.getI64Type(), index));
    }
    map.map(op.capturesIn(region), op.getCaptures());
    for (Operation &inner : region.front().without_terminator()) {
      if (auto check = dyn_cast<CheckOp>(inner))
        checks.push_back(map.lookupOrDefault(check.getOk()));
      else
        l.b.clone(inner, map);
    }
    return map.lookupOrDefault(region.front().getTerminator()->getOperand(0));
  }

  /// Scores where the mask shows them, -inf elsewhere; checks hold where it hides. Sets `visible`.
  Value seen(Value products) {
    SmallVector<CheckOp> checks(op.getScore().getOps<CheckOp>());
    Values inits{l.empty(pairs(element), sizes)};
    bool hasMask = !op.getMask().empty();
    for (size_t n = 0; n < checks.size() + hasMask; ++n)
      inits.push_back(l.empty(pairs(l.b.getI1Type()), sizes));
    AffineMap all = l.b.getMultiDimIdentityMap(4);
    auto body = [&](LinalgBuilder &l, ValueRange x) {
      Values checked, none;
      Value score = l.mul(x[0], op.getScale()), visible = l.constant(l.b.getI1Type(), 1);
      if (hasMask)
        visible = inlined(l, op.getMask(), {}, none);
      if (!op.getScore().empty())
        score = inlined(l, op.getScore(), score, checked);
      Values results{l.b.createOrFold<arith::SelectOp>(l.loc, visible, score, l.extreme(element, false))};
      Value hidden = l.b.createOrFold<arith::XOrIOp>(l.loc, visible, l.constant(l.b.getI1Type(), 1));
      for (Value ok : checked)
        results.push_back(arith::OrIOp::create(l.b, l.loc, ok, hidden));
      if (hasMask)
        results.push_back(visible);
      return results;
    };
    linalg::GenericOp scores = l.generic(products, all, inits, all, body);
    if (hasMask)
      visible = scores.getResults().back();
    for (auto [check, ok] : llvm::zip_equal(checks, scores.getResults().slice(1, checks.size())))
      CheckOp::create(l.b, check.getLoc(), ok, check.getMessage());
    return scores.getResult(0);
  }

  /// Combines `combine(element, what was combined so far)` along the keys.
  Value overKeys(Value input, Value start, llvm::function_ref<Value(LinalgBuilder &, ValueRange)> combine) {
    Value init = l.filled(start, rows(), ArrayRef(sizes).drop_back());
    return l
        .generic(input, l.b.getMultiDimIdentityMap(4), init, choose(4, {0, 1, 2}),
                 [&](LinalgBuilder &l, ValueRange x) { return Values{combine(l, x)}; })
        .getResult(0);
  }
  Value perRow(Value input, llvm::function_ref<Value(LinalgBuilder &, Value)> body) {
    return l.map(input, rows(), ArrayRef(sizes).drop_back(),
                 [&](LinalgBuilder &l, ValueRange x) { return Values{body(l, x[0])}; });
  }
  /// `body(elements of the pair, value of the row)`
  Value perPair(ValueRange inputs, Value row, llvm::function_ref<Value(LinalgBuilder &, ValueRange)> body) {
    SmallVector<AffineMap> maps(inputs.size(), l.b.getMultiDimIdentityMap(4));
    maps.push_back(choose(4, {0, 1, 2}));
    Values all(inputs);
    all.push_back(row);
    return l.map(
        all, pairs(element), sizes, [&](LinalgBuilder &l, ValueRange x) { return Values{body(l, x)}; }, maps);
  }

  /// sum_j weights v
  Value values(Value weights, Value zero) {
    Value init = linalg::FillOp::create(l.b, l.loc, zero, op.getOutput()).getResult(0);
    AffineMap weight = choose(5, {0, 1, 2, 4}), value = choose(5, {0, 1, 4, 3}), to = choose(5, {0, 1, 2, 3});
    Values inputs{weights};
    SmallVector<AffineMap> maps{weight};
    std::optional<Shared> from = shared(op.getValue());
    if (!from) {
      inputs.push_back(op.getValue());
      maps.push_back(value);
    }
    if (visible) {
      inputs.push_back(visible);
      maps.push_back(weight);
    }
    auto body = [&](LinalgBuilder &l, ValueRange x) -> Values {
      Value product = l.mul(x[0], from ? from->read(l, 0, 1, 4, 3) : x[1]);
      if (visible) // the last input
        product = arith::SelectOp::create(l.b, l.loc, x[x.size() - 2], product, zero);
      return {l.add(x.back(), product)};
    };
    return l.generic(inputs, maps, init, to, body).getResult(0);
  }
};

struct ExpandAttention : rondo::impl::ExpandAttentionBase<ExpandAttention> {
  void runOnOperation() override {
    SmallVector<AttentionOp> found;
    getOperation().walk([&](AttentionOp op) { found.push_back(op); });
    IRRewriter rewriter(&getContext());
    for (AttentionOp op : found) {
      if (!isa<TensorType>(op.getOutput().getType())) {
        op.emitOpError("is on memrefs, which come later");
        return signalPassFailure();
      }
      rewriter.setInsertionPoint(op);
      if (failed(Expansion(op, rewriter).run()))
        return signalPassFailure();
    }
  }
};

} // namespace
