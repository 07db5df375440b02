// rondo-fold-destinations: the last word on destinations before bufferisation.
//
// Needs tensors, after eliminate-empty-tensors and the making of kernels. Drops
// each materialize_in_destination whose source is computed in the destination:
// it has done its work, and behind a loop the one-shot analysis, which does not
// yet know that loop's result and first value to be one buffer, refuses it.
// Gives each use of a tensor.empty, and of a linalg.fill, its own: cse makes one
// of two, and two values of one op, two sums that begin at 0, or a scan's two
// destinations, cannot share a buffer. A call that has a tensor.empty as a destination gets the one that its
// result is brought to.
#include "compiler/Buffers/Passes.h"
#include "dialects/Rondo/IR/RondoDialect.h"
#include "dialects/Rondo/IR/ScanInto.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Dominance.h"

namespace rondo {
#define GEN_PASS_DEF_FOLDDESTINATIONS
#include "compiler/Buffers/Passes.h.inc"
} // namespace rondo

using namespace mlir;
using namespace rondo;

namespace {

// A source may know more of its sizes than the destination does.
void replaceBySource(bufferization::MaterializeInDestinationOp op) {
  OpBuilder b(op);
  Value source = op.getSource();
  Type type = op->getResult(0).getType();
  if (source.getType() != type)
    source = tensor::CastOp::create(b, op.getLoc(), type, source);
  op->replaceAllUsesWith(ValueRange(source));
  op.erase();
}

// Also as rows of it: kernels write some axes as one.
bool isComputedIn(Value value, Value dest) {
  SmallVector<tensor::ExpandShapeOp> expanded;
  while (value != dest || !expanded.empty()) {
    if (auto expand = value.getDefiningOp<tensor::ExpandShapeOp>()) {
      expanded.push_back(expand);
      value = expand.getSrc();
    } else if (auto collapse = value.getDefiningOp<tensor::CollapseShapeOp>()) {
      if (expanded.empty() || collapse.getSrcType() != expanded.back().getResultType() ||
          collapse.getReassociationIndices() != expanded.back().getReassociationIndices())
        return false;
      expanded.pop_back();
      value = collapse.getSrc();
    } else if (OpOperand *behind = destinationOf(value)) {
      value = behind->get();
    } else {
      return false;
    }
  }
  return true;
}

// The tensor.empty of a concatenation has the uses that eliminate-empty-tensors gave it: the first
// insert_slice of the chain, and an extract_slice for each part that is computed in its place. They stay
// together; each chain gets its own.
void splitEmpty(tensor::EmptyOp op) {
  if (op->use_empty() || op->hasOneUse())
    return;
  OpBuilder builder(op);
  // A slice may be that of several chains, if cse made one of them.
  for (Operation *user : llvm::to_vector(op->getUsers()))
    if (auto slice = dyn_cast<tensor::ExtractSliceOp>(user))
      for (OpOperand &use : llvm::make_early_inc_range(llvm::drop_begin(slice->getUses())))
        use.set(OpBuilder(slice).clone(*slice)->getResult(0));
  auto chainOf = [&](OpOperand &use) -> OpOperand * {
    Value value;
    if (auto slice = dyn_cast<tensor::ExtractSliceOp>(use.getOwner()))
      value = slice.getResult();
    // Forward through what is computed in the slice to where it is inserted, then back to the chain's first
    // op.
    while (value) {
      OpOperand *next = nullptr;
      for (OpOperand &inside : value.getUses()) {
        if (auto insert = dyn_cast<tensor::InsertSliceOp>(inside.getOwner());
            insert && inside.getOperandNumber() == 0) {
          while (auto before = insert.getDest().getDefiningOp<tensor::InsertSliceOp>())
            insert = before;
          return insert.getDest() == op.getResult() ? &insert.getDestMutable() : &use;
        }
        auto into = dyn_cast<DestinationStyleOpInterface>(inside.getOwner());
        if (into && into.isDpsInit(&inside))
          next = &inside;
      }
      value =
          next ? Value(cast<DestinationStyleOpInterface>(next->getOwner()).getTiedOpResult(next)) : Value();
    }
    return &use;
  };
  llvm::MapVector<OpOperand *, SmallVector<OpOperand *>> groups;
  for (OpOperand &use : op->getUses())
    groups[chainOf(use)].push_back(&use);
  for (auto &[first, uses] : llvm::drop_begin(groups)) {
    Value own = builder.clone(*op)->getResult(0);
    for (OpOperand *use : uses)
      use->set(own);
  }
}

// %r = call @f(..., %empty) {rondo.into}; materialize_in_destination %r in %dest: the call gets %dest.
void giveDestination(bufferization::MaterializeInDestinationOp op, const DominanceInfo &dominance) {
  auto result = dyn_cast<OpResult>(op.getSource());
  OpOperand *place = result ? destinationOfCall(result) : nullptr;
  if (op->getNumResults() != 1 || !place || !isa<BlockArgument>(op.getDest()) ||
      place->get().getType() != op.getDest().getType() || !place->get().getDefiningOp<tensor::EmptyOp>() ||
      !place->get().hasOneUse() || !dominance.properlyDominates(op.getDest(), result.getOwner()))
    return;
  place->set(op.getDest());
  replaceBySource(op);
}

struct FoldDestinations : rondo::impl::FoldDestinationsBase<FoldDestinations> {
  void runOnOperation() override {
    getOperation().walk([](bufferization::MaterializeInDestinationOp op) {
      if (op->getNumResults() != 1 || !isComputedIn(op.getSource(), op.getDest()))
        return;
      replaceBySource(op);
    });
    // Each op that accumulates fills its own destination, in its own block: a fill outside of a loop would
    // have to be copied at every step.
    getOperation().walk([](linalg::FillOp op) {
      for (OpOperand &use : llvm::make_early_inc_range(op->getUses())) {
        bool isShared = !op->hasOneUse() || use.getOwner()->getBlock() != op->getBlock();
        auto into = dyn_cast<DestinationStyleOpInterface>(use.getOwner());
        if (!isShared || !into || !into.isDpsInit(&use))
          continue;
        Operation *own = OpBuilder(use.getOwner()).clone(*op);
        own->setLoc(into.getLoc());
        use.set(own->getResult(0));
      }
    });
    // Likewise each part of a concatenation that is a copy of the same value.
    getOperation().walk([](linalg::CopyOp op) {
      for (OpOperand &use : llvm::make_early_inc_range(op->getUses()))
        if (isa<tensor::InsertSliceOp>(use.getOwner()) && use.getOperandNumber() == 0 && !op->hasOneUse())
          use.set(OpBuilder(use.getOwner()).clone(*op)->getResult(0));
    });
    getOperation().walk([&](tensor::EmptyOp op) { splitEmpty(op); });
    DominanceInfo dominance(getOperation());
    getOperation().walk(
        [&](bufferization::MaterializeInDestinationOp op) { giveDestination(op, dominance); });
  }
};

} // namespace
