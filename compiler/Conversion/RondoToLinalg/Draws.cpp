// rondo.categorical: a linalg.generic over rows that encrypts the row's number, then a reduction along the
// row that stops counting where the sum exceeds what was drawn.
#include "compiler/Conversion/RondoToLinalg/LinalgBuilder.h"
#include "compiler/Conversion/RondoToLinalg/Patterns.h"
#include "dialects/Rondo/IR/RondoDialect.h"
#include "dialects/Rondo/IR/Sizes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include <array>

using namespace mlir;
using namespace rondo;

namespace {

/// Words of 32 bits in i64 values, whose upper half is 0.
class Words {
public:
  explicit Words(LinalgBuilder &l) : l(l) {}

  Value number(int64_t value) { return arith::ConstantOp::create(l.b, l.loc, l.b.getI64IntegerAttr(value)); }
  Value low(Value x) { return arith::AndIOp::create(l.b, l.loc, x, number(0xffffffff)); }
  Value high(Value x) { return arith::ShRUIOp::create(l.b, l.loc, x, number(32)); }
  Value exclusiveOr(Value x, Value y) { return arith::XOrIOp::create(l.b, l.loc, x, y); }

  /// Word 0 of Philox 4x32-10.
  Value philox(std::array<Value, 4> counter, std::array<Value, 2> key) {
    for (int round = 0; round < 10; ++round) {
      Value p = l.mul(counter[0], number(0xd2511f53)), q = l.mul(counter[2], number(0xcd9e8d57));
      counter = {exclusiveOr(exclusiveOr(high(q), counter[1]), key[0]), low(q),
                 exclusiveOr(exclusiveOr(high(p), counter[3]), key[1]), low(p)};
      key = {low(l.add(key[0], number(0x9e3779b9))), low(l.add(key[1], number(0xbb67ae85)))};
    }
    return counter[0];
  }

private:
  LinalgBuilder &l;
};

// u of each row, in [0, 1): 24 bits, exact in f32.
Value uniforms(LinalgBuilder &l, Value key, RankedTensorType type, ArrayRef<OpFoldResult> sizes) {
  SmallVector<Value> strides;
  for (OpFoldResult size : sizes)
    strides.push_back(l.index(size));
  auto draw = [&](LinalgBuilder &l, ValueRange x) -> SmallVector<Value> {
    Value row = l.index(l.b.getIndexAttr(0));
    for (int64_t axis = 0; axis < type.getRank(); ++axis)
      row = l.add(l.mul(row, strides[axis]), linalg::IndexOp::create(l.b, l.loc, axis));
    row = arith::IndexCastOp::create(l.b, l.loc, l.b.getI64Type(), row);
    Words words(l);
    Value zero = words.number(0);
    Value word =
        words.philox({words.low(row), words.high(row), zero, zero}, {words.low(x[0]), words.high(x[0])});
    word = arith::ShRUIOp::create(l.b, l.loc, word, words.number(8));
    Value whole = arith::SIToFPOp::create(l.b, l.loc, l.b.getF32Type(), word);
    return {l.mul(whole, l.constant(l.b.getF32Type(), 0x1p-24))};
  };
  AffineMap scalar = AffineMap::get(type.getRank(), 0, l.b.getContext());
  return l.map(key, type, sizes, draw, scalar);
}

struct CategoricalToGeneric : OpRewritePattern<CategoricalOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(CategoricalOp op, PatternRewriter &rewriter) const override {
    LinalgBuilder l(rewriter, op.getLoc());
    RankedTensorType type = op.getResult().getType();
    int64_t rank = type.getRank();
    SmallVector<OpFoldResult> sizes = mixedSizes(rewriter, op.getLoc(), op.getProbabilities());
    sizes.pop_back();
    RankedTensorType rowType = type.clone(rewriter.getF32Type());
    Value u = uniforms(l, op.getKey(), rowType, sizes);
    Value zero = l.constant(rewriter.getF32Type(), 0);
    Value inits[] = {l.filled(zero, rowType, sizes),
                     l.filled(l.constant(type.getElementType(), 0), type, sizes)};
    AffineMap rows = l.mapWithout(rank + 1, rank), all = rewriter.getMultiDimIdentityMap(rank + 1);
    // Until the sum exceeds u, the place is that of the last element that is possible.
    auto advance = [&](LinalgBuilder &l, ValueRange x) -> SmallVector<Value> {
      Value p = x[0], u = x[1], sum = x[2], place = x[3];
      Value goesOn = arith::CmpFOp::create(l.b, l.loc, arith::CmpFPredicate::OLE, sum, u);
      Value isPossible = arith::CmpFOp::create(l.b, l.loc, arith::CmpFPredicate::OGT, p, zero);
      Value here =
          arith::IndexCastOp::create(l.b, l.loc, place.getType(), linalg::IndexOp::create(l.b, l.loc, rank));
      Value moves = arith::AndIOp::create(l.b, l.loc, goesOn, isPossible);
      return {l.add(sum, p), arith::SelectOp::create(l.b, l.loc, moves, here, place)};
    };
    rewriter.replaceOp(op,
                       l.generic({op.getProbabilities(), u}, {all, rows}, inits, rows, advance).getResult(1));
    return success();
  }
};

} // namespace

void rondo::populateDrawPatterns(RewritePatternSet &patterns) {
  patterns.add<CategoricalToGeneric>(patterns.getContext());
}
