// rondo-fold-sizes: sizes of tensors become values made of the entry point's index arguments.
//
// Needs entry points and layers with `rondo.shapes`, companions of one block without effects. tensor.dim of
// results goes by reification of the ops, of body arguments of scans by their canonicalisation, of arguments
// by the companion:
//
//   func.func @f.shapes(%B: index, %T: index) -> (index, index) { %n = arith.addi %T, %c1; return %B, %n }
//   tensor.dim %x, 1   // in @f(%B, %T, %x: tensor<?x?xf32>)
// becomes
//   %n = arith.addi %T, %c1   // at the head of @f
//
// so that memory can be planned from the dims alone. Any tensor.dim that is left is an error.
#include "compiler/Conversion/RondoToLinalg/Passes.h"
#include "dialects/Rondo/IR/RondoDialect.h"
#include "dialects/Rondo/IR/Sizes.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/Transforms/Transforms.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace rondo {
#define GEN_PASS_DEF_FOLDSIZES
#include "compiler/Conversion/RondoToLinalg/Passes.h.inc"
} // namespace rondo

using namespace mlir;
using namespace rondo;

namespace {

/// The sizes of an entry point's arguments.
class ArgumentSizes {
public:
  ArgumentSizes(func::FuncOp entry, func::FuncOp shapes) : entry(entry), shapes(shapes) {
    unsigned dims = 0, position = 0;
    SmallVector<std::pair<int64_t, unsigned>> results;
    SmallVector<unsigned> states;
    for (BlockArgument arg : entry.getArguments()) {
      unsigned i = arg.getArgNumber();
      if (shapes && entry.getArgAttr(i, attrs::dim))
        mapping.map(shapes.getArgument(dims++), arg);
      auto type = dyn_cast<RankedTensorType>(arg.getType());
      if (type && entry.getArgAttr(i, attrs::name)) {
        firstSize[i] = position;
        position += type.getRank();
      } else if (auto number = entry.getArgAttrOfType<IntegerAttr>(i, attrs::result)) {
        results.push_back({number.getInt(), i});
      } else if (type && entry.getArgAttr(i, attrs::state)) {
        states.push_back(i);
      }
    }
    llvm::sort(results);
    SmallVector<unsigned> others = llvm::map_to_vector(results, [](auto result) { return result.second; });
    others.append(states);
    for (unsigned i : others) {
      firstSize[i] = position;
      position += rankOf(i);
    }
  }

  /// Null if the companion does not say it.
  Value size(BlockArgument arg, int64_t axis) {
    auto first = firstSize.find(arg.getArgNumber());
    if (!shapes || shapes.isExternal() || first == firstSize.end() || arg.getOwner() != &entry.front())
      return {};
    unsigned i = arg.getArgNumber();
    ValueRange sizes = shapes.front().getTerminator()->getOperands().slice(first->second, rankOf(i));
    if (!entry.getArgAttr(i, attrs::rank))
      sizes = sizes.slice(axis, 1);
    Value product;
    for (Value size : sizes) {
      copy(size);
      Value factor = mapping.lookup(size);
      product = product ? multiply(product, factor) : factor;
    }
    return product;
  }

private:
  // Of the tensor; the memory of one with late sizes may be flat.
  unsigned rankOf(unsigned i) {
    auto rank = entry.getArgAttrOfType<IntegerAttr>(i, attrs::rank);
    return rank ? rank.getInt() : cast<RankedTensorType>(entry.getArgument(i).getType()).getRank();
  }

  Value multiply(Value a, Value b) {
    OpBuilder builder = OpBuilder::atBlockBegin(&entry.front());
    if (lastCopy)
      builder.setInsertionPointAfter(lastCopy);
    auto product = arith::MulIOp::create(builder, entry.getLoc(), a, b);
    lastCopy = product;
    return product;
  }

  // What the companion computes `value` from, copied to the head of the entry point.
  void copy(Value value) {
    if (mapping.contains(value))
      return;
    Operation *op = value.getDefiningOp();
    for (Value operand : op->getOperands())
      copy(operand);
    OpBuilder b = OpBuilder::atBlockBegin(&entry.front());
    if (lastCopy)
      b.setInsertionPointAfter(lastCopy);
    lastCopy = b.clone(*op, mapping);
  }

  func::FuncOp entry, shapes;
  IRMapping mapping;
  llvm::DenseMap<unsigned, unsigned> firstSize; // of an argument, among the companion's results
  Operation *lastCopy = nullptr;
};

// tensor.dim of what was made with a named size.
struct DimOfNamed : OpRewritePattern<tensor::DimOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(tensor::DimOp op, PatternRewriter &rewriter) const override {
    std::optional<int64_t> axis = op.getConstantIndex();
    auto type = dyn_cast<RankedTensorType>(op.getSource().getType());
    Value size = axis && type && type.isDynamicDim(*axis) ? namedSize(op.getSource(), *axis) : Value();
    if (!size)
      return rewriter.notifyMatchFailure(op, "no size is named");
    rewriter.replaceOp(op, size);
    return success();
  }
};

struct FoldSizes : rondo::impl::FoldSizesBase<FoldSizes> {
  LogicalResult initialize(MLIRContext *context) override {
    RewritePatternSet set(context);
    set.add<DimOfNamed>(context, /*benefit=*/2);
    memref::populateResolveRankedShapedTypeResultDimsPatterns(set);
    memref::populateResolveShapedTypeResultDimsPatterns(set);
    tensor::DimOp::getCanonicalizationPatterns(set, context);
    ScanOp::getCanonicalizationPatterns(set, context);
    ScanIntoOp::getCanonicalizationPatterns(set, context);
    patterns = std::move(set);
    return success();
  }

  void runOnOperation() override {
    SymbolTable symbols(getOperation());
    GreedyRewriteConfig config;
    config.setRegionSimplificationLevel(GreedySimplifyRegionLevel::Disabled);
    bool good = true;
    for (auto entry : getOperation().getOps<func::FuncOp>()) {
      if (entry.isExternal() || !takesDestinations(entry))
        continue;
      if (failed(applyPatternsGreedily(entry, patterns, config))) {
        entry.emitError("sizes do not come to an end");
        return signalPassFailure();
      }
      auto name = entry->getAttrOfType<FlatSymbolRefAttr>(attrs::shapes);
      ArgumentSizes sizes(entry, name ? symbols.lookup<func::FuncOp>(name.getAttr()) : func::FuncOp());
      entry.walk([&](tensor::DimOp dim) {
        auto argument = dyn_cast<BlockArgument>(dim.getSource());
        std::optional<int64_t> axis = dim.getConstantIndex();
        Value size = argument && axis ? sizes.size(argument, *axis) : Value();
        if (size) {
          dim.replaceAllUsesWith(size);
          dim.erase();
          return;
        }
        InFlightDiagnostic error = dim.emitError("the size of ");
        if (axis)
          error << "axis " << *axis << " of ";
        error << "a tensor is not made of the sizes that ";
        error << (name ? "'" + name.getValue().str() + "'" : "the companion of an entry point") << " knows";
        error.attachNote(dim.getSource().getLoc()) << "the tensor is defined here";
        good = false;
      });
    }
    if (!good)
      signalPassFailure();
  }

  FrozenRewritePatternSet patterns;
};

} // namespace
