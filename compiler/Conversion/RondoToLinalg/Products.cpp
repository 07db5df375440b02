// rondo.contract, rondo.reduce and checks of tensors: linalg.fill with the neutral element, then a
// linalg.generic whose last loops are the reduction.
#include "compiler/Conversion/RondoToLinalg/LinalgBuilder.h"
#include "compiler/Conversion/RondoToLinalg/Patterns.h"
#include "dialects/Rondo/IR/RondoDialect.h"
#include "dialects/Rondo/IR/Sizes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace rondo;

namespace {

// result[o...] = sum(r...) lhs[...] * rhs[...]: loops (o..., r...), the sum in the type of the accumulator.
struct ContractToGeneric : OpRewritePattern<ContractOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ContractOp op, PatternRewriter &rewriter) const override {
    ReifiedRankedShapedTypeDims shapes;
    if (failed(op.reifyResultShapes(rewriter, shapes)))
      return failure();
    LinalgBuilder l(rewriter, op.getLoc());
    RankedTensorType type = op.getResult().getType();
    Type element = type.getElementType();
    SmallVector<AffineMap> maps = op.indexingMaps();
    ValueRange inputs = op->getOperands();
    if (op.reducedLetters().empty()) {
      // Nothing is summed: one rounding, no accumulator.
      rewriter.replaceOp(
          op, l.map(
                  inputs, type, shapes[0],
                  [](LinalgBuilder &l, ValueRange x) -> SmallVector<Value> { return {l.mul(x[0], x[1])}; },
                  ArrayRef(maps).drop_back()));
      return success();
    }
    Type sumType = accumulator(element);
    Value zero = l.filled(l.constant(sumType, 0), type.clone(sumType), shapes[0]);
    Value sum = l.generic(inputs, ArrayRef(maps).drop_back(), zero, maps.back(),
                          [&](LinalgBuilder &l, ValueRange x) -> SmallVector<Value> {
                            if (sumType == element)
                              return {l.add(x[2], l.mul(x[0], x[1]))};
                            return {l.add(x[2], l.mul(l.toFloat(x[0], sumType), l.toFloat(x[1], sumType)))};
                          })
                    .getResult(0);
    rewriter.replaceOp(op, l.converted(sum, element, shapes[0]));
    return success();
  }
};

// argmax: the pair (extremum, index) of what was seen. An element takes over if it is greater or NaN (`ugt`),
// unless a NaN stands already (`ord`). So the first NaN wins, else the first maximum.
SmallVector<Value> combineExtremum(LinalgBuilder &l, int64_t dim, bool largest, ValueRange x) {
  Value element = x[0], best = x[1], takes;
  if (isa<FloatType>(element.getType())) {
    Value better = arith::CmpFOp::create(
        l.b, l.loc, largest ? arith::CmpFPredicate::UGT : arith::CmpFPredicate::ULT, element, best);
    Value isNumber = arith::CmpFOp::create(l.b, l.loc, arith::CmpFPredicate::ORD, best, best);
    takes = arith::AndIOp::create(l.b, l.loc, better, isNumber);
  } else {
    takes = arith::CmpIOp::create(l.b, l.loc, largest ? arith::CmpIPredicate::sgt : arith::CmpIPredicate::slt,
                                  element, best);
  }
  Value at = linalg::IndexOp::create(l.b, l.loc, dim);
  at = arith::IndexCastOp::create(l.b, l.loc, x[2].getType(), at);
  return {arith::SelectOp::create(l.b, l.loc, takes, element, best),
          arith::SelectOp::create(l.b, l.loc, takes, at, x[2])};
}

struct ReduceToGeneric : OpRewritePattern<ReduceOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ReduceOp op, PatternRewriter &rewriter) const override {
    ReifiedRankedShapedTypeDims shapes;
    if (failed(op.reifyResultShapes(rewriter, shapes)))
      return failure();
    LinalgBuilder l(rewriter, op.getLoc());
    int64_t rank = op.getInput().getType().getRank();
    RankedTensorType type = op.getResult().getType();
    Type element = op.getInput().getType().getElementType();
    AffineMap inMap = rewriter.getMultiDimIdentityMap(rank), outMap = l.mapWithout(rank, op.getDims());

    ReduceKind kind = op.getKind();
    if (kind == ReduceKind::ArgMax || kind == ReduceKind::ArgMin) {
      bool largest = kind == ReduceKind::ArgMax;
      // Elements equal to the first value leave the index 0, which is theirs if there is no better one.
      Value inits[] = {l.filled(l.extreme(element, !largest), type.clone(element), shapes[0]),
                       l.filled(l.constant(type.getElementType(), 0), type, shapes[0])};
      rewriter.replaceOp(op,
                         l.generic(op.getInput(), inMap, inits, outMap, [&](LinalgBuilder &l, ValueRange x) {
                            return combineExtremum(l, op.getDims()[0], largest, x);
                          }).getResult(1));
      return success();
    }

    bool isSum = kind == ReduceKind::Sum || kind == ReduceKind::Prod;
    Type sumType = isSum ? accumulator(element) : element;
    Value neutral = isSum || element.isInteger(1)
                        ? l.constant(sumType, kind == ReduceKind::Prod || kind == ReduceKind::All)
                        : l.extreme(element, kind == ReduceKind::Min);
    Value init = l.filled(neutral, type.clone(sumType), shapes[0]);
    Value reduced = l.generic(op.getInput(), inMap, init, outMap,
                              [&](LinalgBuilder &l, ValueRange x) -> SmallVector<Value> {
                                Value value = sumType == element ? x[0] : l.toFloat(x[0], sumType);
                                switch (kind) {
                                case ReduceKind::Sum:
                                  return {l.add(x[1], value)};
                                case ReduceKind::Prod:
                                  return {l.mul(x[1], value)};
                                case ReduceKind::Max:
                                  return {l.max(x[1], value)};
                                case ReduceKind::Min:
                                  return {l.min(x[1], value)};
                                case ReduceKind::Any:
                                  return {arith::OrIOp::create(l.b, l.loc, x[1], value)};
                                default:
                                  return {arith::AndIOp::create(l.b, l.loc, x[1], value)};
                                }
                              })
                        .getResult(0);
    rewriter.replaceOp(op, l.converted(reduced, type.getElementType(), shapes[0]));
    return success();
  }
};

// A check of a tensor: of its conjunction.
struct CheckToScalar : OpRewritePattern<CheckOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(CheckOp op, PatternRewriter &rewriter) const override {
    auto type = dyn_cast<RankedTensorType>(op.getOk().getType());
    if (!type)
      return rewriter.notifyMatchFailure(op, "is on one value already");
    LinalgBuilder l(rewriter, op.getLoc());
    Value all = op.getOk();
    if (type.getRank() != 0) {
      Value init = l.filled(l.constant(type.getElementType(), 1),
                            RankedTensorType::get({}, type.getElementType()), {});
      AffineMap inMap = rewriter.getMultiDimIdentityMap(type.getRank());
      AffineMap outMap = AffineMap::get(type.getRank(), 0, rewriter.getContext());
      all = l.generic(all, inMap, init, outMap, [](LinalgBuilder &l, ValueRange x) -> SmallVector<Value> {
               return {arith::AndIOp::create(l.b, l.loc, x[1], x[0])};
             }).getResult(0);
    }
    Value ok = tensor::ExtractOp::create(rewriter, op.getLoc(), all, ValueRange());
    rewriter.modifyOpInPlace(op, [&] { op.getOkMutable().assign(ok); });
    return success();
  }
};

} // namespace

void rondo::populateProductPatterns(RewritePatternSet &patterns) {
  patterns.add<ContractToGeneric, ReduceToGeneric, CheckToScalar>(patterns.getContext());
}
