// Products, reductions and what is made of them: verifiers, sizes of results, canonicalisation.
#include "dialects/Rondo/IR/RondoDialect.h"
#include "dialects/Rondo/IR/Sizes.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/PatternMatch.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace rondo;

static bool sameSize(int64_t a, int64_t b) {
  return ShapedType::isDynamic(a) || ShapedType::isDynamic(b) || a == b;
}
static bool sameSizes(ArrayRef<int64_t> a, ArrayRef<int64_t> b) {
  return a.size() == b.size() && llvm::all_of(llvm::zip_equal(a, b), [](auto pair) {
           return sameSize(std::get<0>(pair), std::get<1>(pair));
         });
}

//===----------------------------------------------------------------------===//
// contract
//===----------------------------------------------------------------------===//

StringRef ContractOp::letters(unsigned i) {
  auto [operands, result] = getEquation().split("->");
  auto [lhs, rhs] = operands.split(',');
  return i == 0 ? lhs : i == 1 ? rhs : result;
}

std::string ContractOp::reducedLetters() {
  std::string reduced;
  for (char letter : letters(0))
    if (!letters(2).contains(letter))
      reduced += letter;
  return reduced;
}

SmallVector<AffineMap> ContractOp::indexingMaps() {
  std::string loops = letters(2).str() + reducedLetters();
  SmallVector<AffineMap> maps;
  for (unsigned i : {0, 1, 2}) {
    SmallVector<AffineExpr> exprs;
    for (char letter : letters(i))
      exprs.push_back(getAffineDimExpr(loops.find(letter), getContext()));
    maps.push_back(AffineMap::get(loops.size(), 0, exprs, getContext()));
  }
  return maps;
}

LogicalResult ContractOp::verify() {
  static constexpr StringLiteral places[] = {"the left operand", "the right operand", "the result"};
  if (getEquation().count("->") != 1 || getEquation().split("->").first.count(',') != 1)
    return emitOpError("equation '") << getEquation() << "' is not of the form 'lhs,rhs->result'";
  RankedTensorType types[] = {getLhs().getType(), getRhs().getType(), getResult().getType()};
  struct Size {
    int64_t size;
    unsigned place;
  };
  llvm::SmallDenseMap<char, Size> sizes;
  for (unsigned place : {0, 1, 2}) {
    StringRef word = letters(place);
    for (auto [i, letter] : llvm::enumerate(word)) {
      if (!llvm::isAlpha(letter))
        return emitOpError("equation '") << getEquation() << "' has '" << letter << "', which is no letter";
      if (word.find(letter, i + 1) != StringRef::npos)
        return emitOpError("letter '") << letter << "' stands twice in " << places[place];
    }
    if (int64_t(word.size()) != types[place].getRank())
      return emitOpError() << places[place] << " has rank " << types[place].getRank() << " but letters '"
                           << word << "'";
    for (auto [letter, size] : llvm::zip_equal(word, types[place].getShape())) {
      auto [at, isNew] = sizes.try_emplace(letter, Size{size, place});
      if (isNew && place == 2)
        return emitOpError("letter '") << letter << "' of the result stands in no operand";
      if (!sameSize(at->second.size, size))
        return emitOpError("letter '")
               << letter << "' has size " << at->second.size << " in " << places[at->second.place] << " but "
               << size << " in " << places[place];
      if (ShapedType::isDynamic(at->second.size))
        at->second = {size, place};
    }
  }
  for (unsigned place : {0, 1})
    for (char letter : letters(place))
      if (!letters(1 - place).contains(letter) && !letters(2).contains(letter))
        return emitOpError("letter '") << letter << "' stands in " << places[place]
                                       << " only; it is a rondo.reduce before the product";
  Type element = types[2].getElementType();
  if (types[0].getElementType() != element || types[1].getElementType() != element)
    return emitOpError("element types differ: ")
           << types[0].getElementType() << ", " << types[1].getElementType() << " -> " << element;
  if (!element.isSignlessIntOrFloat() || element.isSignlessInteger(1))
    return emitOpError("cannot multiply elements of type ") << element;
  return success();
}

LogicalResult ContractOp::reifyResultShapes(OpBuilder &b, ReifiedRankedShapedTypeDims &shapes) {
  SmallVector<OpFoldResult> &sizes = shapes.emplace_back();
  for (auto [axis, letter] : llvm::enumerate(letters(2))) {
    size_t left = letters(0).find(letter), right = letters(1).find(letter);
    // Of two operands the one whose size is static.
    bool useRight =
        left == StringRef::npos || (right != StringRef::npos && getLhs().getType().isDynamicDim(left));
    sizes.push_back(sizeAs(b, getLoc(), getResult().getType(), axis, useRight ? getRhs() : getLhs(),
                           useRight ? right : left));
  }
  return success();
}

namespace {

std::string equation(StringRef lhs, StringRef rhs, StringRef result) {
  return (lhs + "," + rhs + "->" + result).str();
}

// contract "kb,..." (transpose %x [1, 0])  ->  contract "bk,..." %x
struct AbsorbTransposedOperand : OpRewritePattern<ContractOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ContractOp op, PatternRewriter &rewriter) const override {
    for (unsigned i : {0, 1}) {
      auto transpose = op->getOperand(i).getDefiningOp<linalg::TransposeOp>();
      if (!transpose || !transpose.hasPureTensorSemantics())
        continue;
      std::string letters = op.letters(i).str();
      for (auto [axis, from] : llvm::enumerate(transpose.getPermutation()))
        letters[from] = op.letters(i)[axis];
      std::string other = op.letters(1 - i).str();
      rewriter.modifyOpInPlace(op, [&] {
        op.setEquation(equation(i ? other : letters, i ? letters : other, op.letters(2)));
        op->setOperand(i, transpose.getInput());
      });
      return success();
    }
    return rewriter.notifyMatchFailure(op, "no operand is a transpose");
  }
};

// contract "tb,tb->tb" (broadcast %x), %y  ->  contract "b,tb->tb" %x, %y
// The added letters must stand in the other operand, which then gives their size, and in the result: they are
// not summed over.
struct AbsorbBroadcastOperand : OpRewritePattern<ContractOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ContractOp op, PatternRewriter &rewriter) const override {
    for (unsigned i : {0, 1}) {
      auto broadcast = op->getOperand(i).getDefiningOp<linalg::BroadcastOp>();
      if (!broadcast || !broadcast.hasPureTensorSemantics())
        continue;
      std::string letters, other = op.letters(1 - i).str();
      bool absorbs = true;
      for (auto [axis, letter] : llvm::enumerate(op.letters(i))) {
        if (!llvm::is_contained(broadcast.getDimensions(), int64_t(axis)))
          letters += letter;
        else
          absorbs &= StringRef(other).contains(letter) && op.letters(2).contains(letter);
      }
      if (!absorbs)
        continue;
      rewriter.modifyOpInPlace(op, [&] {
        op.setEquation(equation(i ? other : letters, i ? letters : other, op.letters(2)));
        op->setOperand(i, broadcast.getInput());
      });
      return success();
    }
    return rewriter.notifyMatchFailure(op, "no operand is a broadcast of what the other has");
  }
};

// transpose (contract "bk,nk->bn") [1, 0]  ->  contract "bk,nk->nb", if the product has no other use
struct AbsorbTransposeOfResult : OpRewritePattern<linalg::TransposeOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(linalg::TransposeOp op, PatternRewriter &rewriter) const override {
    auto contract = op.getInput().getDefiningOp<ContractOp>();
    if (!contract || !contract->hasOneUse() || !op.hasPureTensorSemantics())
      return rewriter.notifyMatchFailure(op, "not of a product, or the product is used elsewhere");
    std::string letters;
    for (int64_t from : op.getPermutation())
      letters += contract.letters(2)[from];
    rewriter.replaceOpWithNewOp<ContractOp>(op, op->getResult(0).getType(),
                                            equation(contract.letters(0), contract.letters(1), letters),
                                            contract.getLhs(), contract.getRhs());
    return success();
  }
};

} // namespace

void ContractOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *context) {
  patterns.add<AbsorbTransposedOperand, AbsorbBroadcastOperand, AbsorbTransposeOfResult>(context);
}

//===----------------------------------------------------------------------===//
// reduce
//===----------------------------------------------------------------------===//

LogicalResult ReduceOp::verify() {
  RankedTensorType from = getInput().getType(), to = getResult().getType();
  SmallVector<int64_t> kept(from.getShape());
  int64_t last = -1;
  for (int64_t dim : getDims()) {
    if (dim < 0 || dim >= from.getRank())
      return emitOpError("dimension ") << dim << " is outside of rank " << from.getRank();
    if (dim <= last)
      return emitOpError("dimensions must be sorted, without repetition");
    last = dim;
  }
  for (int64_t dim : llvm::reverse(getDims()))
    kept.erase(kept.begin() + dim);
  if (!sameSizes(kept, to.getShape()))
    return emitOpError("result ") << to << " is not the operand's shape without the reduced dimensions";

  Type element = from.getElementType();
  switch (getKind()) {
  case ReduceKind::ArgMax:
  case ReduceKind::ArgMin:
    if (getDims().size() != 1)
      return emitOpError() << stringifyReduceKind(getKind()) << " reduces one dimension";
    if (!to.getElementType().isSignlessInteger(64))
      return emitOpError() << stringifyReduceKind(getKind()) << " gives i64";
    return success();
  case ReduceKind::Any:
  case ReduceKind::All:
    if (!element.isSignlessInteger(1) || !to.getElementType().isSignlessInteger(1))
      return emitOpError() << stringifyReduceKind(getKind()) << " takes and gives i1";
    return success();
  default:
    if (!element.isSignlessIntOrFloat() || element.isSignlessInteger(1))
      return emitOpError() << stringifyReduceKind(getKind()) << " of elements of type " << element;
    if (to.getElementType() != element)
      return emitOpError("element types differ: ") << element << " -> " << to.getElementType();
    return success();
  }
}

LogicalResult ReduceOp::reifyResultShapes(OpBuilder &b, ReifiedRankedShapedTypeDims &shapes) {
  SmallVector<OpFoldResult> &sizes = shapes.emplace_back();
  for (int64_t dim = 0; dim < getInput().getType().getRank(); ++dim)
    if (!llvm::is_contained(getDims(), dim))
      sizes.push_back(sizeAs(b, getLoc(), getResult().getType(), sizes.size(), getInput(), dim));
  return success();
}

OpFoldResult ReduceOp::fold(FoldAdaptor) {
  if (getDims().empty() && getInput().getType() == getResult().getType())
    return getInput();
  return {};
}

//===----------------------------------------------------------------------===//
// softmax, normalize
//===----------------------------------------------------------------------===//

static LogicalResult reifyAs(OpBuilder &b, Location loc, Value input, ReifiedRankedShapedTypeDims &shapes) {
  shapes.push_back(mixedSizes(b, loc, input));
  return success();
}

LogicalResult SoftmaxOp::verify() {
  RankedTensorType type = getInput().getType();
  if (int64_t(getDim()) < 0 || int64_t(getDim()) >= type.getRank())
    return emitOpError("dimension ") << int64_t(getDim()) << " is outside of rank " << type.getRank();
  if (!isa<FloatType>(type.getElementType()))
    return emitOpError("needs floating-point elements, not ") << type.getElementType();
  return success();
}

LogicalResult SoftmaxOp::reifyResultShapes(OpBuilder &b, ReifiedRankedShapedTypeDims &shapes) {
  return reifyAs(b, getLoc(), getInput(), shapes);
}

LogicalResult NormalizeOp::verify() {
  RankedTensorType type = getInput().getType();
  if (int64_t(getRank()) < 1 || int64_t(getRank()) > type.getRank())
    return emitOpError("normalises the last ")
           << int64_t(getRank()) << " dimensions of rank " << type.getRank();
  if (!isa<FloatType>(type.getElementType()))
    return emitOpError("needs floating-point elements, not ") << type.getElementType();
  if (!getEps().isFinite() || getEps().isNegative())
    return emitOpError("eps must be finite and not negative");
  return success();
}

LogicalResult NormalizeOp::reifyResultShapes(OpBuilder &b, ReifiedRankedShapedTypeDims &shapes) {
  return reifyAs(b, getLoc(), getInput(), shapes);
}

//===----------------------------------------------------------------------===//
// gather
//===----------------------------------------------------------------------===//

LogicalResult GatherOp::verify() {
  RankedTensorType source = getSource().getType(), indices = getIndices().getType(),
                   result = getResult().getType();
  int64_t dim = getDim();
  if (dim < 0 || dim >= source.getRank())
    return emitOpError("dimension ") << dim << " is outside of rank " << source.getRank();
  if (source.getElementType() != result.getElementType())
    return emitOpError("element types differ: ")
           << source.getElementType() << " -> " << result.getElementType();
  SmallVector<int64_t> shape(source.getShape().take_front(dim));
  llvm::append_range(shape, indices.getShape());
  llvm::append_range(shape, source.getShape().drop_front(dim + 1));
  if (!sameSizes(shape, result.getShape()))
    return emitOpError("result ") << result
                                  << " is not the source's shape with the indices' in place of dimension "
                                  << dim;
  return success();
}

LogicalResult GatherOp::reifyResultShapes(OpBuilder &b, ReifiedRankedShapedTypeDims &shapes) {
  SmallVector<OpFoldResult> &sizes = shapes.emplace_back();
  int64_t dim = getDim(), rank = getIndices().getType().getRank();
  for (int64_t axis = 0; axis < getResult().getType().getRank(); ++axis) {
    bool isIndex = axis >= dim && axis < dim + rank;
    int64_t fromAxis = isIndex ? axis - dim : axis < dim ? axis : axis - rank + 1;
    sizes.push_back(
        sizeAs(b, getLoc(), getResult().getType(), axis, isIndex ? getIndices() : getSource(), fromAxis));
  }
  return success();
}
