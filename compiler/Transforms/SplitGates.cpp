// Gives products whose results are cut into equal slices an axis of gates.
//
// Needs calls inlined, sizes by name (canonicalize, cse).
//
// Gives elementwise work on single gates; contractions `bk,gnk->bgn` whose results are read gate by gate.
//
// Leaves values with any use besides the slices, or a gate that is not used; slices along an axis of
// dynamic size; products whose sliced operand is of dynamic shape.
//
// Operations are visited from the last to the first, so slices that moved above one operation are found
// again when the operation that made the operand is visited: one walk takes them to the products.
#include "compiler/Analysis/Gates.h"
#include "compiler/Analysis/KnownSizes.h"
#include "compiler/Transforms/Equation.h"
#include "compiler/Transforms/Passes.h"
#include "mlir/IR/Iterators.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/Remarks.h"
#include "llvm/Support/DebugLog.h"

#define DEBUG_TYPE "rondo-split-gates"

namespace rondo {
#define GEN_PASS_DEF_SPLITGATES
#include "compiler/Transforms/Passes.h.inc"
} // namespace rondo

using namespace mlir;
using namespace rondo;

namespace {

// The chunk [offset, offset + n) along `axis` of `value`, of sizes `sizes`; broadcasts and values that are
// the same everywhere are made smaller instead of cut.
Value chunkOf(OpBuilder &b, Location loc, Value value, ArrayRef<OpFoldResult> sizes, int64_t axis,
              int64_t offset) {
  auto type = cast<RankedTensorType>(value.getType());
  RankedTensorType small = typeOf(sizes, type.getElementType());
  SplatElementsAttr constant;
  if (matchPattern(value, m_Constant(&constant)) && small.hasStaticShape())
    return arith::ConstantOp::create(b, loc,
                                     SplatElementsAttr::get(small, constant.getSplatValue<Attribute>()));
  if (auto splat = value.getDefiningOp<tensor::SplatOp>()) {
    SmallVector<Value> dynamic;
    SmallVector<int64_t> shape;
    dispatchIndexOpFoldResults(sizes, dynamic, shape);
    return tensor::SplatOp::create(b, loc, splat.getInput(), small, dynamic);
  }
  if (auto transpose = value.getDefiningOp<linalg::TransposeOp>(); transpose && transpose->hasOneUse()) {
    SmallVector<OpFoldResult> from(sizes.size());
    for (auto [to, at] : llvm::enumerate(transpose.getPermutation()))
      from[at] = sizes[to];
    Value source = chunkOf(b, loc, transpose.getInput(), from, transpose.getPermutation()[axis], offset);
    Value init = tensor::EmptyOp::create(b, loc, sizes, type.getElementType());
    return linalg::TransposeOp::create(b, loc, source, init, transpose.getPermutation())->getResult(0);
  }
  auto broadcast = value.getDefiningOp<linalg::BroadcastOp>();
  if (!broadcast)
    return sliceChunk(b, loc, value, sizes, axis, offset);
  ArrayRef<int64_t> added = broadcast.getDimensions();
  Value source = broadcast.getInput();
  if (!llvm::is_contained(added, axis)) {
    SmallVector<OpFoldResult> kept;
    for (auto [i, size] : llvm::enumerate(sizes))
      if (!llvm::is_contained(added, int64_t(i)))
        kept.push_back(size);
    int64_t from = axis - llvm::count_if(added, [&](int64_t dim) { return dim < axis; });
    source = chunkOf(b, loc, source, kept, from, offset);
  }
  Value init = tensor::EmptyOp::create(b, loc, sizes, type.getElementType());
  return linalg::BroadcastOp::create(b, loc, source, init, added)->getResult(0);
}

struct SplitGates : rondo::impl::SplitGatesBase<SplitGates> {
  void runOnOperation() override {
    SmallVector<Operation *> candidates;
    getOperation()->walk<WalkOrder::PreOrder, ReverseIterator>([&](Operation *op) {
      if (isa<linalg::LinalgOp>(op)) {
        if (isa<linalg::BroadcastOp>(op))
          candidates.push_back(op);
        return WalkResult::skip();
      }
      if (OpTrait::hasElementwiseMappableTraits(op) || isa<ContractOp>(op))
        candidates.push_back(op);
      return WalkResult::advance();
    });
    for (Operation *op : candidates)
      visit(op);
  }

  void visit(Operation *op) {
    if (op->getNumResults() != 1)
      return;
    std::optional<Gates> gates = matchGates(op->getResult(0));
    if (!gates || gates->indexed)
      return;
    if (auto contract = dyn_cast<ContractOp>(op))
      split(contract, *gates);
    else
      move(op, *gates);
  }

  // Replaces the chunks of an elementwise operation by the operation on chunks.
  void move(Operation *op, const Gates &gates) {
    OpBuilder b(op);
    RankedTensorType type = gates.first().getType();
    SmallVector<OpFoldResult> sizes = gates.first().getMixedSizes();
    // An operand used twice is cut once.
    DenseMap<std::pair<Value, int64_t>, Value> chunks;
    for (auto [gate, slices] : llvm::enumerate(gates.slices)) {
      int64_t offset = gate * gates.size;
      auto chunk = [&](Value value) {
        if (!isa<RankedTensorType>(value.getType()))
          return value;
        Value &made = chunks[{value, offset}];
        if (!made)
          made = chunkOf(b, op->getLoc(), value, sizes, gates.axis, offset);
        return made;
      };
      Value result;
      if (isa<linalg::BroadcastOp>(op)) {
        result = chunk(op->getResult(0));
      } else {
        IRMapping mapping;
        for (Value operand : op->getOperands())
          mapping.map(operand, chunk(operand));
        Operation *clone = b.clone(*op, mapping);
        clone->getResult(0).setType(type);
        result = clone->getResult(0);
      }
      replace(slices, result);
    }
    op->erase();
  }

  // contract "bk,nk->bn" of a weight [G * H, K]  ->  contract "bk,gnk->bgn" of it as [G, H, K]
  void split(ContractOp contract, const Gates &gates) {
    Equation equation(contract);
    char letter = equation.result[gates.axis];
    size_t left = equation.lhs.find(letter), right = equation.rhs.find(letter);
    if ((left == std::string::npos) == (right == std::string::npos))
      return;
    unsigned side = right == std::string::npos ? 0 : 1;
    Value weight = contract->getOperand(side);
    if (!cast<RankedTensorType>(weight.getType()).hasStaticShape())
      return;
    std::string &word = side ? equation.rhs : equation.lhs;
    char gate = equation.freshLetter('g');
    size_t axis = word.find(letter);
    word.insert(axis, 1, gate);
    equation.result.insert(gates.axis, 1, gate);

    OpBuilder b(contract);
    Location loc = contract.getLoc();
    Value expanded = splitAxis(b, loc, weight, axis, gates.count);
    SmallVector<OpFoldResult> sizes = gates.first().getMixedSizes();
    sizes.insert(sizes.begin() + gates.axis, b.getIndexAttr(gates.count));
    RankedTensorType type = typeOf(sizes, contract.getType().getElementType());
    auto joined = ContractOp::create(b, loc, type, equation.str(), side ? contract.getLhs() : expanded,
                                     side ? expanded : contract.getRhs());
    for (auto [index, slices] : llvm::enumerate(gates.slices))
      replace(slices, sliceIndex(b, loc, joined, sizes, gates.axis, index));
    LDBG() << gates.count << " gates: " << joined;
    remark::passed(loc, remark::RemarkOpts::name("split").category(DEBUG_TYPE))
        << remark::add("{0} gates of one product", gates.count);
    contract.erase();
  }

  static void replace(ArrayRef<tensor::ExtractSliceOp> slices, Value value) {
    for (tensor::ExtractSliceOp slice : slices) {
      slice.replaceAllUsesWith(value);
      slice.erase();
    }
  }
};

} // namespace
