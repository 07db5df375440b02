// Elementwise ops on tensors, and what only moves elements.
//
// arith.addf %a, (linalg.broadcast %b)  ->  linalg.generic ins(%a, %b), whose map of %b lacks the broadcast
// dimensions; transposes and values that are the same everywhere are absorbed likewise.
#include "compiler/Conversion/RondoToLinalg/LinalgBuilder.h"
#include "compiler/Conversion/RondoToLinalg/Patterns.h"
#include "dialects/Rondo/IR/Sizes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace rondo;

namespace {

/// What an operand reads: axis i of `value` at loop dims[i]; or one value for all elements, `value` no tensor
/// then.
struct Access {
  Value value;
  SmallVector<int64_t> dims;
};

Access accessOf(RewriterBase &rewriter, Value operand) {
  Access access{operand, {}};
  auto type = dyn_cast<RankedTensorType>(operand.getType());
  if (!type)
    return access;
  access.dims = llvm::to_vector(llvm::seq<int64_t>(0, type.getRank()));
  while (Operation *op = access.value.getDefiningOp()) {
    SmallVector<int64_t> dims;
    DenseElementsAttr constant;
    if (auto broadcast = dyn_cast<linalg::BroadcastOp>(op); broadcast && broadcast.hasPureTensorSemantics()) {
      for (auto [axis, dim] : llvm::enumerate(access.dims))
        if (!llvm::is_contained(broadcast.getDimensions(), int64_t(axis)))
          dims.push_back(dim);
      access = {broadcast.getInput(), dims};
    } else if (auto transpose = dyn_cast<linalg::TransposeOp>(op);
               transpose && transpose.hasPureTensorSemantics()) {
      dims.resize(access.dims.size());
      for (auto [axis, from] : llvm::enumerate(transpose.getPermutation()))
        dims[from] = access.dims[axis];
      access = {transpose.getInput(), dims};
    } else if (auto splat = dyn_cast<tensor::SplatOp>(op)) {
      return {splat.getInput(), {}};
    } else if (matchPattern(access.value, m_Constant(&constant)) && constant.isSplat()) {
      auto scalar = cast<TypedAttr>(constant.getSplatValue<Attribute>());
      return {arith::ConstantOp::create(rewriter, op->getLoc(), scalar), {}};
    } else {
      break;
    }
  }
  return access;
}

struct ElementwiseToGeneric : RewritePattern {
  explicit ElementwiseToGeneric(MLIRContext *context) : RewritePattern(MatchAnyOpTypeTag(), 1, context) {}
  LogicalResult matchAndRewrite(Operation *op, PatternRewriter &rewriter) const override {
    if (!OpTrait::hasElementwiseMappableTraits(op) || op->getNumResults() != 1 ||
        !isa<RankedTensorType>(op->getResult(0).getType()))
      return rewriter.notifyMatchFailure(op, "not elementwise on tensors");
    auto type = cast<RankedTensorType>(op->getResult(0).getType());
    LinalgBuilder l(rewriter, op->getLoc());
    Value shape =
        *llvm::find_if(op->getOperands(), [](Value v) { return isa<RankedTensorType>(v.getType()); });

    // Tensors are inputs, each once; single values are captured by the body.
    SmallVector<Value> inputs, captured(op->getNumOperands());
    SmallVector<AffineMap> maps;
    SmallVector<unsigned> inputOf(op->getNumOperands());
    for (auto [i, operand] : llvm::enumerate(op->getOperands())) {
      Access access = accessOf(rewriter, operand);
      if (!isa<RankedTensorType>(access.value.getType())) {
        captured[i] = access.value;
        continue;
      }
      SmallVector<AffineExpr> exprs;
      for (int64_t dim : access.dims)
        exprs.push_back(rewriter.getAffineDimExpr(dim));
      AffineMap map = AffineMap::get(type.getRank(), 0, exprs, rewriter.getContext());
      unsigned at = 0;
      while (at < inputs.size() && (inputs[at] != access.value || maps[at] != map))
        ++at;
      if (at == inputs.size()) {
        inputs.push_back(access.value);
        maps.push_back(map);
      }
      inputOf[i] = at;
    }
    auto body = [&](LinalgBuilder &l, ValueRange x) -> SmallVector<Value> {
      SmallVector<Value> operands;
      for (unsigned i = 0; i < captured.size(); ++i)
        operands.push_back(captured[i] ? captured[i] : x[inputOf[i]]);
      return {
          l.b.create(l.loc, op->getName().getIdentifier(), operands, {type.getElementType()}, op->getAttrs())
              ->getResult(0)};
    };
    AffineMap identity = rewriter.getMultiDimIdentityMap(type.getRank());
    Value init = l.empty(type, mixedSizes(rewriter, op->getLoc(), shape));
    rewriter.replaceOp(op, l.generic(inputs, maps, init, identity, body));
    return success();
  }
};

// Those that nothing has absorbed.
struct SplatToFill : OpRewritePattern<tensor::SplatOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(tensor::SplatOp op, PatternRewriter &rewriter) const override {
    LinalgBuilder l(rewriter, op.getLoc());
    rewriter.replaceOp(
        op, l.filled(op.getInput(), op.getType(), mixedSizes(rewriter, op.getLoc(), op.getResult())));
    return success();
  }
};

// A constant of one value is filled: large ones do not belong in the object.
struct ConstantToFill : OpRewritePattern<arith::ConstantOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(arith::ConstantOp op, PatternRewriter &rewriter) const override {
    auto value = dyn_cast<DenseElementsAttr>(op.getValue());
    auto type = dyn_cast<RankedTensorType>(op.getType());
    if (!type || !value || !value.isSplat())
      return rewriter.notifyMatchFailure(op, "not a tensor of equal elements");
    LinalgBuilder l(rewriter, op.getLoc());
    Value scalar =
        arith::ConstantOp::create(rewriter, op.getLoc(), cast<TypedAttr>(value.getSplatValue<Attribute>()));
    rewriter.replaceOp(op, l.filled(scalar, type, mixedSizes(rewriter, op.getLoc(), op.getResult())));
    return success();
  }
};

// Each part goes to its slice of one destination. A part that an op of this block computes for the
// concatenation alone can be computed there. Any other is copied by linalg.copy, which is not folded away as
// an identity linalg.generic is: a value that is also yielded or concatenated twice cannot be computed in two
// places.
//
// Of many parts some at a time go to a slice of the destination: the analysis of bufferization compares all
// slices of one value with each other.
struct ConcatToInserts : OpRewritePattern<tensor::ConcatOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(tensor::ConcatOp op, PatternRewriter &rewriter) const override {
    LinalgBuilder l(rewriter, op.getLoc());
    int64_t dim = op.getDim();
    SmallVector<Part> parts;
    for (Value part : op.getInputs()) {
      auto maker = part.getDefiningOp<DestinationStyleOpInterface>();
      Part &made = parts.emplace_back(Part{part, mixedSizes(rewriter, op.getLoc(), part)});
      if (!maker || maker->getBlock() != op->getBlock() || !part.hasOneUse())
        made.value = linalg::CopyOp::create(rewriter, op.getLoc(), part,
                                            l.empty(cast<RankedTensorType>(part.getType()), made.sizes))
                         .getResult(0);
    }
    SmallVector<OpFoldResult> sizes = parts[0].sizes;
    sizes[dim] = placesOf(l, parts, dim).back();
    rewriter.replaceOp(op, insert(l, parts, dim, l.empty(op.getResultType(), sizes)));
    return success();
  }

private:
  static constexpr size_t atOnce = 8;
  struct Part {
    Value value;
    SmallVector<OpFoldResult> sizes;
  };

  // Where each part begins, and at last the size of all.
  static SmallVector<OpFoldResult> placesOf(LinalgBuilder &l, ArrayRef<Part> parts, int64_t dim) {
    SmallVector<OpFoldResult> at{l.b.getIndexAttr(0)};
    for (const Part &part : parts) {
      std::optional<int64_t> begin = getConstantIntValue(at.back()),
                             size = getConstantIntValue(part.sizes[dim]);
      at.push_back(begin && size ? OpFoldResult(l.b.getIndexAttr(*begin + *size))
                                 : OpFoldResult(l.add(l.index(at.back()), l.index(part.sizes[dim]))));
    }
    return at;
  }

  // `dest` with all parts, one behind the other.
  static Value insert(LinalgBuilder &l, ArrayRef<Part> parts, int64_t dim, Value dest) {
    size_t step = 1;
    while (step * atOnce < parts.size())
      step *= atOnce;
    SmallVector<OpFoldResult> at = placesOf(l, parts, dim);
    int64_t rank = parts[0].sizes.size();
    SmallVector<OpFoldResult> offsets(rank, l.b.getIndexAttr(0)), strides(rank, l.b.getIndexAttr(1));
    for (size_t i = 0; i < parts.size(); i += step) {
      ArrayRef<Part> some = parts.slice(i, std::min(step, parts.size() - i));
      SmallVector<OpFoldResult> sizes = some[0].sizes;
      offsets[dim] = at[i];
      Value part = some[0].value;
      if (some.size() > 1) {
        sizes[dim] = placesOf(l, some, dim).back();
        part = tensor::ExtractSliceOp::create(l.b, l.loc, dest, offsets, sizes, strides);
        part = insert(l, some, dim, part);
      }
      dest = tensor::InsertSliceOp::create(l.b, l.loc, part, dest, offsets, sizes, strides);
    }
    return dest;
  }
};

template <typename Op> struct Generalize : OpRewritePattern<Op> {
  using OpRewritePattern<Op>::OpRewritePattern;
  LogicalResult matchAndRewrite(Op op, PatternRewriter &rewriter) const override {
    return linalg::generalizeNamedOp(rewriter, op);
  }
};

// What is dead by now is not worth converting.
struct EraseDead : RewritePattern {
  explicit EraseDead(MLIRContext *context) : RewritePattern(MatchAnyOpTypeTag(), 2, context) {}
  LogicalResult matchAndRewrite(Operation *op, PatternRewriter &rewriter) const override {
    if (!isOpTriviallyDead(op))
      return rewriter.notifyMatchFailure(op, "is used");
    rewriter.eraseOp(op);
    return success();
  }
};

} // namespace

void rondo::populateElementwisePatterns(RewritePatternSet &patterns) {
  patterns.add<ElementwiseToGeneric>(patterns.getContext());
}

void rondo::populateMovementPatterns(RewritePatternSet &patterns) {
  patterns.add<SplatToFill, ConstantToFill, ConcatToInserts, Generalize<linalg::BroadcastOp>,
               Generalize<linalg::TransposeOp>, EraseDead>(patterns.getContext());
}
