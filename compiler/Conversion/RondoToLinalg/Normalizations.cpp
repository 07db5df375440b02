// rondo.softmax, rondo.normalize, rondo.gather. The first two are reductions over some dimensions and
// elementwise ops that read the reduced values again for each element, by maps without those dimensions. All
// is computed in the type of the accumulator and rounded once.
#include "compiler/Conversion/RondoToLinalg/LinalgBuilder.h"
#include "compiler/Conversion/RondoToLinalg/Patterns.h"
#include "dialects/Rondo/IR/RondoDialect.h"
#include "dialects/Rondo/IR/Sizes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace rondo;

namespace {

/// Rows of a tensor: its elements along `dims`, together.
class Rows {
public:
  LinalgBuilder &l;
  Value input;
  RankedTensorType type; // of the input
  Type element;          // in which it is computed
  SmallVector<int64_t> dims;
  SmallVector<OpFoldResult> sizes, rowSizes;
  RankedTensorType rowType; // one element a row

  Rows(LinalgBuilder &l, Value input, SmallVector<int64_t> along)
      : l(l), input(input), type(cast<RankedTensorType>(input.getType())),
        element(accumulator(type.getElementType())), dims(std::move(along)),
        sizes(mixedSizes(l.b, l.loc, input)), rowSizes(sizesWithout(sizes, dims)),
        rowType(typeWithout(type, dims).clone(element)), all(l.b.getMultiDimIdentityMap(type.getRank())),
        rows(l.mapWithout(type.getRank(), dims)) {}

  /// Combines `body(element, values of the row...)`, whose last argument is what was combined so far.
  Value reduce(Value neutral, ValueRange perRow, LinalgBuilder::Body body) {
    auto computing = [&](LinalgBuilder &, ValueRange x) -> SmallVector<Value> { return {computed(body, x)}; };
    return l.generic(inputs(perRow), maps(perRow), l.filled(neutral, rowType, rowSizes), rows, computing)
        .getResult(0);
  }
  /// `body(element, values of the row...)` for each element.
  Value map(RankedTensorType to, ValueRange perRow, LinalgBuilder::Body body) {
    auto computing = [&](LinalgBuilder &l, ValueRange x) -> SmallVector<Value> {
      return {l.toFloat(computed(body, x), to.getElementType())};
    };
    return l.map(inputs(perRow), to, sizes, computing, maps(perRow));
  }
  /// `body(values of the row...)` for each row.
  Value mapRows(ValueRange perRow, LinalgBuilder::Body body) {
    return l.map(perRow, rowType, rowSizes, body);
  }

private:
  SmallVector<Value> inputs(ValueRange perRow) {
    SmallVector<Value> values{input};
    llvm::append_range(values, perRow);
    return values;
  }
  SmallVector<AffineMap> maps(ValueRange perRow) {
    SmallVector<AffineMap> maps{all};
    maps.append(perRow.size(), rows);
    return maps;
  }
  Value computed(LinalgBuilder::Body body, ValueRange x) {
    SmallVector<Value> values(x);
    values[0] = l.toFloat(x[0], element);
    return body(l, values)[0];
  }

  AffineMap all, rows;
};

using Values = SmallVector<Value>;

// m = max(x), s = sum(exp(x - m)); exp(x - m) / s, or (x - m) - log(s).
struct SoftmaxToGeneric : OpRewritePattern<SoftmaxOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(SoftmaxOp op, PatternRewriter &rewriter) const override {
    LinalgBuilder l(rewriter, op.getLoc());
    Rows rows(l, op.getInput(), {int64_t(op.getDim())});
    Value max = rows.reduce(l.extreme(rows.element, /*largest=*/false), {},
                            [](LinalgBuilder &l, ValueRange x) { return Values{l.max(x[1], x[0])}; });
    auto shiftedExp = [](LinalgBuilder &l, Value x, Value max) -> Value {
      return math::ExpOp::create(l.b, l.loc, l.sub(x, max));
    };
    Value zero = l.constant(rows.element, 0);
    if (op.getLog()) {
      Value sum = rows.reduce(zero, max, [&](LinalgBuilder &l, ValueRange x) {
        return Values{l.add(x[2], shiftedExp(l, x[0], x[1]))};
      });
      Value logSum = rows.mapRows(
          sum, [](LinalgBuilder &l, ValueRange x) { return Values{math::LogOp::create(l.b, l.loc, x[0])}; });
      rewriter.replaceOp(op, rows.map(rows.type, {max, logSum}, [](LinalgBuilder &l, ValueRange x) {
        return Values{l.sub(l.sub(x[0], x[1]), x[2])};
      }));
      return success();
    }
    Value exp = rows.map(rows.type.clone(rows.element), max,
                         [&](LinalgBuilder &l, ValueRange x) { return Values{shiftedExp(l, x[0], x[1])}; });
    Rows exps(l, exp, rows.dims);
    Value sum =
        exps.reduce(zero, {}, [](LinalgBuilder &l, ValueRange x) { return Values{l.add(x[1], x[0])}; });
    rewriter.replaceOp(op, exps.map(rows.type, sum, [](LinalgBuilder &l, ValueRange x) {
      return Values{l.div(x[0], x[1])};
    }));
    return success();
  }
};

// layer: two passes, mean and then variance; rms: one, without mean. Elements are multiplied by the inverse
// of the root, which is made once a row.
struct NormalizeToGeneric : OpRewritePattern<NormalizeOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(NormalizeOp op, PatternRewriter &rewriter) const override {
    LinalgBuilder l(rewriter, op.getLoc());
    int64_t rank = op.getInput().getType().getRank(), n = op.getRank();
    Rows rows(l, op.getInput(), llvm::to_vector(llvm::seq(rank - n, rank)));
    Value zero = l.constant(rows.element, 0),
          count = elements(l, ArrayRef(rows.sizes).take_back(n), rows.element);
    Value eps = l.constant(rows.element, op.getEps().convertToDouble()), one = l.constant(rows.element, 1);

    SmallVector<Value> means; // none for rms
    if (op.getKind() == NormKind::Layer) {
      Value sum =
          rows.reduce(zero, {}, [](LinalgBuilder &l, ValueRange x) { return Values{l.add(x[1], x[0])}; });
      means.push_back(
          rows.mapRows(sum, [&](LinalgBuilder &l, ValueRange x) { return Values{l.div(x[0], count)}; }));
    }
    auto centred = [&](LinalgBuilder &l, ValueRange x) { return means.empty() ? x[0] : l.sub(x[0], x[1]); };
    Value squares = rows.reduce(zero, means, [&](LinalgBuilder &l, ValueRange x) {
      Value value = centred(l, x);
      return Values{l.add(x.back(), l.mul(value, value))};
    });
    Value scale = rows.mapRows(squares, [&](LinalgBuilder &l, ValueRange x) {
      Value root = math::SqrtOp::create(l.b, l.loc, l.add(l.div(x[0], count), eps));
      return Values{l.div(one, root)};
    });
    SmallVector<Value> perRow = means;
    perRow.push_back(scale);
    rewriter.replaceOp(op, rows.map(rows.type, perRow, [&](LinalgBuilder &l, ValueRange x) {
      return Values{l.mul(centred(l, x), x[perRow.size()])};
    }));
    return success();
  }

  static Value elements(LinalgBuilder &l, ArrayRef<OpFoldResult> sizes, Type type) {
    int64_t fixed = 1;
    Value dynamic;
    for (OpFoldResult size : sizes) {
      if (std::optional<int64_t> constant = getConstantIntValue(size))
        fixed *= *constant;
      else
        dynamic = dynamic ? l.mul(dynamic, l.index(size)) : l.index(size);
    }
    if (!dynamic)
      return l.constant(type, fixed);
    dynamic = l.mul(dynamic, arith::ConstantIndexOp::create(l.b, l.loc, fixed));
    dynamic = arith::IndexCastOp::create(l.b, l.loc, l.b.getI64Type(), dynamic);
    return arith::SIToFPOp::create(l.b, l.loc, type, dynamic);
  }
};

// result[a..., i..., b...] = source[a..., clamp(indices[i...]), b...]: loops over the result.
struct GatherToGeneric : OpRewritePattern<GatherOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(GatherOp op, PatternRewriter &rewriter) const override {
    ReifiedRankedShapedTypeDims shapes;
    if (failed(op.reifyResultShapes(rewriter, shapes)))
      return failure();
    LinalgBuilder l(rewriter, op.getLoc());
    int64_t dim = op.getDim(), sourceRank = op.getSource().getType().getRank();
    int64_t indexRank = op.getIndices().getType().getRank();
    RankedTensorType type = op.getResult().getType();
    SmallVector<AffineExpr> exprs;
    for (int64_t i = 0; i < indexRank; ++i)
      exprs.push_back(rewriter.getAffineDimExpr(dim + i));
    AffineMap indexMap = AffineMap::get(type.getRank(), 0, exprs, rewriter.getContext());
    Value size = l.index(mixedSize(rewriter, op.getLoc(), op.getSource(), dim));
    Value zero = l.index(rewriter.getIndexAttr(0)), one = l.index(rewriter.getIndexAttr(1));
    Value last = arith::SubIOp::create(rewriter, op.getLoc(), size, one);
    bool maybeEmpty =
        op.getSource().getType().isDynamicDim(dim) || op.getSource().getType().getDimSize(dim) == 0;
    Value nonEmpty;
    if (maybeEmpty)
      nonEmpty = arith::CmpIOp::create(rewriter, op.getLoc(), arith::CmpIPredicate::ne, size, zero);

    rewriter.replaceOp(
        op, l.map(
                op.getIndices(), type, shapes[0],
                [&](LinalgBuilder &l, ValueRange x) {
                  Value at = arith::IndexCastOp::create(l.b, l.loc, l.b.getIndexType(), x[0]);
                  at = l.max(l.min(at, last), zero);
                  SmallVector<Value> place;
                  for (int64_t axis = 0; axis < sourceRank; ++axis)
                    place.push_back(axis == dim ? at
                                                : Value(linalg::IndexOp::create(
                                                      l.b, l.loc, axis < dim ? axis : axis + indexRank - 1)));
                  if (!maybeEmpty)
                    return Values{tensor::ExtractOp::create(l.b, l.loc, op.getSource(), place)};
                  // An empty axis has no element that could be read; the check beside the gather has failed
                  // then.
                  Type element = type.getElementType();
                  return Values{
                      scf::IfOp::create(
                          l.b, l.loc, nonEmpty,
                          [&](OpBuilder &b, Location loc) {
                            scf::YieldOp::create(
                                b, loc, tensor::ExtractOp::create(b, loc, op.getSource(), place).getResult());
                          },
                          [&](OpBuilder &b, Location loc) {
                            Value none = arith::ConstantOp::create(b, loc, b.getZeroAttr(element));
                            scf::YieldOp::create(b, loc, none);
                          })
                          .getResult(0)};
                },
                indexMap));
    return success();
  }
};

} // namespace

void rondo::populateNormalizationPatterns(RewritePatternSet &patterns) {
  patterns.add<SoftmaxToGeneric, NormalizeToGeneric, GatherToGeneric>(patterns.getContext());
}
