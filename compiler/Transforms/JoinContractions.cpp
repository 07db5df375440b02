// Makes one product of all that multiply one value by weights of one shape.
//
// Needs weights as values of the same function (calls inlined), equal values equal (cse).
//
// Gives one contraction `bk,gnk->bgn` for each value and shape of weights in a block; the old results
// are slices of its result.
//
// Leaves weights of different shapes or element types, or known only at run time; products of two
// weights, which are work for prepare.
//
//   %a = contract "bk,nk->bn" %x, %wa             %w = concat [1, N, K]s of wa, wb
//   %b = contract "bk,nk->bn" %x, %wb      ->     %j = contract "bk,gnk->bgn" %x, %w
//                                                 %a = slice %j[:, 0], %b = slice %j[:, 1]
//
// A weight may have its axis of gates already: the first letter that only it has, if the next one is its
// own too and follows it in the result. It joins with all its gates.
#include "compiler/Analysis/Gates.h"
#include "compiler/Analysis/KnownSizes.h"
#include "compiler/Analysis/WeightOnly.h"
#include "compiler/Transforms/Equation.h"
#include "compiler/Transforms/Passes.h"
#include "mlir/IR/Dominance.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/IR/Remarks.h"
#include "mlir/Transforms/RegionUtils.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/Support/DebugLog.h"

#define DEBUG_TYPE "rondo-join-contractions"

namespace rondo {
#define GEN_PASS_DEF_JOINCONTRACTIONS
#include "compiler/Transforms/Passes.h.inc"
} // namespace rondo

using namespace mlir;
using namespace rondo;

namespace {

// A contraction of a shared operand and a weight, with the gates' axis apart.
struct Product {
  ContractOp op;
  unsigned side; // the weight's operand
  int64_t axis;  // of the weight: the gates', or where it would stand
  int64_t resultAxis;
  int64_t count; // gates
  bool hasAxis;
  std::string key; // equal for products that may join

  Value shared() const { return op->getOperand(1 - side); }
  Value weight() const { return op->getOperand(side); }
};

// The letters in the order in which they first appear, so that equal equations have equal spelling.
std::string spell(StringRef shared, StringRef weight, StringRef result) {
  std::string order, spelt;
  for (StringRef word : {shared, weight, result}) {
    for (char letter : word) {
      size_t at = order.find(letter);
      if (at == std::string::npos)
        order += letter;
      spelt += 'a' + (at == std::string::npos ? order.size() - 1 : at);
    }
    spelt += ',';
  }
  return spelt;
}

std::optional<Product> match(ContractOp op, unsigned side, WeightOnly &weights) {
  Product product{op, side, 0, 0, 1, false, ""};
  auto type = cast<RankedTensorType>(product.weight().getType());
  // An empty result cannot be sliced, and costs nothing.
  if (llvm::is_contained(op.getType().getShape(), 0))
    return std::nullopt;
  if (!type.hasStaticShape() || !weights.contains(product.weight()) || weights.contains(product.shared()))
    return std::nullopt;
  StringRef shared = op.letters(1 - side), weight = op.letters(side), result = op.letters(2);
  // The first letter of its own is the gates' if the next one is its own too.
  size_t own = 0;
  while (own < weight.size() && shared.contains(weight[own]))
    ++own;
  if (own == weight.size())
    return std::nullopt;
  product.axis = own;
  product.resultAxis = result.find(weight[own]);
  std::string weightRest = weight.str(), resultRest = result.str();
  SmallVector<int64_t> shape(type.getShape());
  if (own + 1 < weight.size() && !shared.contains(weight[own + 1]) &&
      result.find(weight[own + 1]) == size_t(product.resultAxis) + 1) {
    product.hasAxis = true;
    product.count = shape[own];
    weightRest.erase(own, 1);
    resultRest.erase(product.resultAxis, 1);
    shape.erase(shape.begin() + own);
  }
  llvm::raw_string_ostream key(product.key);
  key << side << spell(shared, weightRest, resultRest);
  llvm::interleave(shape, key, "x");
  key << type.getElementType();
  return product;
}

struct JoinContractions : rondo::impl::JoinContractionsBase<JoinContractions> {
  void runOnOperation() override {
    SmallVector<Block *> blocks;
    getOperation()->walk([&](Block *block) { blocks.push_back(block); });
    for (Block *block : blocks)
      for (unsigned side : {1, 0}) {
        WeightOnly weights;
        llvm::MapVector<std::pair<Value, StringAttr>, SmallVector<Product>> groups;
        for (auto op : block->getOps<ContractOp>())
          if (std::optional<Product> product = match(op, side, weights))
            groups[{product->shared(), StringAttr::get(&getContext(), product->key)}].push_back(*product);
        for (auto &[key, group] : groups)
          if (group.size() > 1)
            join(group);
      }
  }

  void join(MutableArrayRef<Product> group) {
    Product &first = group.front();
    IRRewriter rewriter(first.op);
    Location loc = rewriter.getFusedLoc(
        llvm::map_to_vector(group, [](Product &product) -> Location { return product.op.getLoc(); }));
    if (failed(bringUp(group, rewriter)))
      return;

    int64_t count = 0;
    SmallVector<Value> parts;
    for (Product &product : group) {
      count += product.count;
      parts.push_back(product.hasAxis ? product.weight()
                                      : addUnitAxis(rewriter, loc, product.weight(), product.axis));
    }
    auto weight = tensor::ConcatOp::create(rewriter, loc, first.axis, parts);

    Equation equation(first.op);
    if (!first.hasAxis) {
      char gate = equation.freshLetter('g');
      (first.side ? equation.rhs : equation.lhs).insert(first.axis, 1, gate);
      equation.result.insert(first.resultAxis, 1, gate);
    }
    SmallVector<int64_t> shape(first.op.getType().getShape());
    if (!first.hasAxis)
      shape.insert(shape.begin() + first.resultAxis, 0);
    shape[first.resultAxis] = count;
    auto type = first.op.getType().clone(shape);
    auto joined =
        ContractOp::create(rewriter, loc, type, equation.str(), first.side ? first.shared() : weight,
                           first.side ? weight : first.shared());
    SmallVector<OpFoldResult> sizes = sizesOf(rewriter, loc, joined);
    LDBG() << group.size() << " products, " << count << " gates: " << joined;
    remark::passed(loc, remark::RemarkOpts::name("join").category(DEBUG_TYPE))
        << remark::add("{0} products of one value joined", group.size());

    int64_t offset = 0;
    for (Product &product : group) {
      takeFrom(joined, sizes, product, offset, rewriter);
      offset += product.count;
      rewriter.eraseOp(product.op);
    }
  }

  // All weights must be there before the first product; being made of weights alone, they may move.
  static LogicalResult bringUp(MutableArrayRef<Product> group, IRRewriter &rewriter) {
    DominanceInfo dominance;
    Operation *first = group.front().op;
    for (Product &product : group)
      if (!dominance.properlyDominates(product.weight(), first) &&
          failed(moveValueDefinitions(rewriter, product.weight(), first, dominance)))
        return failure();
    return success();
  }

  // Puts the slice of `joined` from gate `offset` in place of a product, or of its slices if it has gates.
  static void takeFrom(ContractOp joined, ArrayRef<OpFoldResult> sizes, Product &product, int64_t offset,
                       IRRewriter &rewriter) {
    Location loc = product.op.getLoc();
    Value result = product.op.getResult(), replacement;
    if (!product.hasAxis) {
      replacement = sliceIndex(rewriter, loc, joined, sizes, product.resultAxis, offset);
    } else if (std::optional<Gates> gates = matchGates(result);
               gates && gates->indexed && gates->axis == product.resultAxis) {
      for (auto [gate, slices] : llvm::enumerate(gates->slices)) {
        Value slice = sliceIndex(rewriter, loc, joined, sizes, product.resultAxis, offset + gate);
        for (tensor::ExtractSliceOp old : slices)
          rewriter.replaceOp(old, castTo(rewriter, slice, old.getType()));
      }
      return;
    } else {
      SmallVector<OpFoldResult> chunk(sizes);
      chunk[product.resultAxis] = rewriter.getIndexAttr(product.count);
      replacement = sliceChunk(rewriter, loc, joined, chunk, product.resultAxis, offset);
    }
    rewriter.replaceAllUsesWith(result, castTo(rewriter, replacement, result.getType()));
  }
};

} // namespace
