// rondo-place-carries: says where each value that a scan yields shall lie.
//
// Needs rondo.scan_into on tensors. Guarantees that every value but an update is
// yielded from a place that bufferisation can give it: a stack's slot, the own
// destination, or, for a carry, an old value or a slice, which stay where they
// are. Values without a destination of their own (views, captured values) are
// copied by linalg.copy, which is the one store that the program asks for.
#include "compiler/Buffers/Passes.h"
#include "compiler/Buffers/ReadBefore.h"
#include "dialects/Rondo/IR/RondoDialect.h"
#include "dialects/Rondo/IR/Sizes.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Dominance.h"

namespace rondo {
#define GEN_PASS_DEF_PLACECARRIES
#include "compiler/Buffers/Passes.h.inc"
} // namespace rondo

using namespace mlir;
using namespace rondo;

namespace {

// Can an op of this body compute `value` in a place that it is given?
bool hasDestination(Block *body, Value value) {
  Operation *op = value.getDefiningOp();
  return op && op->getBlock() == body &&
         isa<DestinationStyleOpInterface, LoopLikeOpInterface, func::CallOp>(op);
}

Value place(OpBuilder &builder, Value value, Value dest) {
  if (value == dest)
    return value;
  if (hasDestination(builder.getBlock(), value))
    return bufferization::MaterializeInDestinationOp::create(builder, value.getLoc(), dest.getType(), value,
                                                             dest)
        .getResult();
  return linalg::CopyOp::create(builder, value.getLoc(), value, dest).getResult(0);
}

// What is written in part and read again behind it is copied, into a place whose size is known outside of the
// loop: bufferisation would copy into one that is not, or give the first value the place of the second. A
// carry's old value has a place of its own.
void copyWhatIsReadAgain(tensor::InsertSliceOp insert) {
  Value whole = insert.getDest();
  bool isEmpty = whole.getDefiningOp<tensor::EmptyOp>() != nullptr; // nothing is read of it
  if (isa<BlockArgument>(whole) || isEmpty || isReadBefore(whole, insert, whole))
    return;
  OpBuilder builder(insert);
  Value place = tensor::EmptyOp::create(builder, insert.getLoc(), mixedSizes(builder, insert.getLoc(), whole),
                                        getElementTypeOrSelf(whole.getType()));
  insert.getDestMutable().assign(linalg::CopyOp::create(builder, insert.getLoc(), whole, place).getResult(0));
}

void placeYields(ScanIntoOp scan) {
  auto yield = cast<YieldOp>(scan.getBody().front().getTerminator());
  OpBuilder builder(yield);
  SmallVector<Value> values(yield.getValues());
  unsigned moved = scan.numMoved(), firstStack = moved + scan.getUpdates().size();

  // Stacks first: a value that is stacked and carried lives in the stack.
  DenseMap<Value, Value> placed;
  for (auto [value, slot] :
       llvm::zip_equal(MutableArrayRef(values).slice(firstStack, scan.getStacks().size()), scan.slots())) {
    Value at = place(builder, value, slot);
    if (hasDestination(yield->getBlock(), value))
      placed.try_emplace(value, at);
    value = at;
  }
  for (auto [value, dest] : llvm::zip_equal(MutableArrayRef(values).take_front(moved), scan.nextArgs())) {
    if (llvm::is_contained(scan.olds(), value) || llvm::is_contained(scan.slices(), value))
      continue; // only pointers move
    Value at = placed.lookup(value);
    value = at ? at : place(builder, value, dest);
  }
  yield->setOperands(values);
}

// A chain of insert_slices into an empty tensor, as a concatenation is, begins
// at its destination at once: eliminate-empty-tensors would bring what is inserted
// to the place that the chain had before.
void seed(bufferization::MaterializeInDestinationOp op, const DominanceInfo &dominance) {
  Value source = op.getSource(), dest = op.getDest();
  tensor::InsertSliceOp first;
  for (Value value = source; auto insert = value.getDefiningOp<tensor::InsertSliceOp>();
       value = insert.getDest())
    first = insert;
  if (op->getNumResults() != 1 || !first || !first.getDest().getDefiningOp<tensor::EmptyOp>() ||
      source.getType() != dest.getType() || !dominance.properlyDominates(dest, first))
    return;
  first.getDestMutable().assign(dest);
  op->replaceAllUsesWith(ValueRange(source));
  op.erase();
}

struct PlaceCarries : rondo::impl::PlaceCarriesBase<PlaceCarries> {
  void runOnOperation() override {
    getOperation().walk([](ScanIntoOp scan) { scan.getBody().walk(copyWhatIsReadAgain); });
    getOperation().walk(placeYields);
    auto &dominance = getAnalysis<DominanceInfo>();
    getOperation().walk([&](bufferization::MaterializeInDestinationOp op) { seed(op, dominance); });
  }
};

} // namespace
