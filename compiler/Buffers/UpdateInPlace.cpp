// rondo-update-in-place: a carry that is written in part keeps one buffer.
//
// Needs rondo.scan_into on tensors, its yields placed (rondo-place-carries). A moved carry whose next value
// is made in the old one, by insert_slices and other ops with destinations, becomes an update, if every read
// of what is overwritten stands before:
//
//   rondo.scan_into %T starts(%c) nexts(%e) { ^bb0(%t, %old, %next):
//     %new = tensor.insert_slice %v into %old ... ; yield (materialize_in_destination %new in %next) }
// becomes
//   rondo.scan_into %T updates(%c) { ^bb0(%t, %u): %new = tensor.insert_slice %v into %u ... ; yield %new }
//
// What is inserted may have been computed in its place, an extract_slice of the old value: then reads have to
// stand before that.
//
// Guarantees nothing else: any other carry moves, and its old part is copied in every step. Whether the first
// value may be overwritten is for bufferisation to find out.
#include "compiler/Buffers/Passes.h"
#include "compiler/Buffers/ReadBefore.h"
#include "dialects/Rondo/IR/RondoDialect.h"
#include "dialects/Rondo/IR/ScanInto.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace rondo {
#define GEN_PASS_DEF_UPDATEINPLACE
#include "compiler/Buffers/Passes.h.inc"
} // namespace rondo

using namespace mlir;
using namespace rondo;

namespace {

// The op that begins to write where `writer` writes, in `written`: another one if what it inserts is computed
// in its place. Null if something reads what is overwritten.
Operation *firstToWrite(Operation *writer, Value written) {
  Operation *first = writer;
  tensor::ExtractSliceOp place;
  if (auto insert = dyn_cast<tensor::InsertSliceOp>(writer)) {
    Operation *begin = nullptr;
    for (Value value = insert.getSource();;) {
      if (auto slice = value.getDefiningOp<tensor::ExtractSliceOp>()) {
        if (begin && slice.getSource() == written && slice.isSameAs(insert, isEqualConstantIntOrValue)) {
          place = slice;
          first = begin;
        }
        break;
      }
      OpOperand *behind = destinationOf(value);
      Operation *by = value.getDefiningOp();
      if (!behind || by->getBlock() != writer->getBlock() || !(begin = firstToWrite(by, behind->get())))
        break;
      value = behind->get();
    }
  }
  bool isFree = llvm::all_of(written.getUses(), [&](OpOperand &use) {
    Operation *user = use.getOwner();
    return (place && (user == place || user == writer)) || isReadBefore(use, first, written);
  });
  return isFree ? first : nullptr;
}

// The next value without the place that it was given, or null if it is not made in the old one.
Value updateOf(ScanIntoOp scan, unsigned i) {
  Value next = scan.getBody().front().getTerminator()->getOperand(i);
  BlockArgument old = scan.olds()[i], dest = scan.nextArgs()[i];
  auto placed = next.getDefiningOp<bufferization::MaterializeInDestinationOp>();
  if (!placed || placed.getDest() != dest || !dest.hasOneUse())
    return {};
  Value value = placed.getSource();
  while (value != old) {
    OpOperand *behind = destinationOf(value);
    Operation *writer = value.getDefiningOp();
    if (!behind || writer->getBlock() != old.getOwner() || isa<tensor::CastOp>(writer) ||
        !firstToWrite(writer, behind->get()))
      return {};
    value = behind->get();
  }
  return placed.getSource() == old ? Value() : placed.getSource();
}

void convert(ScanIntoOp scan) {
  Block &body = scan.getBody().front();
  auto yield = cast<YieldOp>(body.getTerminator());
  unsigned moved = scan.numMoved(), firstOld = 1 + scan.getIns().size(),
           numUpdates = scan.getUpdates().size();
  SmallVector<Value> values(moved);
  for (unsigned i = 0; i < moved; ++i)
    values[i] = updateOf(scan, i);
  if (llvm::none_of(values, [](Value value) { return bool(value); }))
    return;

  // All keep their order, the new updates stand behind the others; `order` are the old results.
  SmallVector<Value> starts, nexts, updates(scan.getUpdates()), yields, yieldedUpdates;
  SmallVector<unsigned> order, converted;
  for (unsigned i = 0; i < moved; ++i) {
    if (values[i]) {
      converted.push_back(i);
      continue;
    }
    order.push_back(i);
    starts.push_back(scan.getStarts()[i]);
    nexts.push_back(scan.getNexts()[i]);
    yields.push_back(yield.getValues()[i]);
  }
  llvm::append_range(yields, yield.getValues().slice(moved, numUpdates));
  for (unsigned i = 0; i < numUpdates; ++i)
    order.push_back(moved + i);
  llvm::BitVector dropped(body.getNumArguments() + converted.size());
  for (unsigned i : converted) {
    BlockArgument old = scan.olds()[i];
    BlockArgument update =
        body.insertArgument(firstOld + 2 * moved + updates.size(), old.getType(), old.getLoc());
    old.replaceAllUsesWith(update);
    order.push_back(i);
    updates.push_back(scan.getStarts()[i]);
    yields.push_back(values[i]);
    dropped.set(firstOld + i);
    dropped.set(firstOld + moved + i);
  }
  llvm::append_range(yields, yield.getValues().drop_front(moved + numUpdates));
  for (unsigned i = moved + numUpdates; i < scan.getNumResults(); ++i)
    order.push_back(i);
  SmallVector<Operation *> placed =
      llvm::map_to_vector(converted, [&](unsigned i) { return yield.getValues()[i].getDefiningOp(); });
  yield.getValuesMutable().assign(yields);
  for (Operation *op : placed)
    op->erase();
  body.eraseArguments(dropped);

  OpBuilder b(scan);
  auto types = llvm::map_to_vector(order, [&](unsigned i) { return scan->getResult(i).getType(); });
  auto made =
      ScanIntoOp::create(b, scan.getLoc(), types, scan.getSteps(), scan.getIns(), starts, nexts, updates,
                         scan.getStacks(), scan.getCount(), scan.getReverseAttr(), scan.getUntilAttr());
  made->setDiscardableAttrs(scan->getDiscardableAttrDictionary());
  made.getBody().takeBody(scan.getBody());
  // In the body of another scan the place that is given up may be that of what it yields: it says so again.
  bool isInner = scan->getParentOfType<ScanIntoOp>() != nullptr;
  b.setInsertionPointAfter(made);
  for (auto [i, result] : llvm::zip_equal(order, made->getResults())) {
    Value value = result;
    if (isInner && i < moved && values[i] && !scan.getNexts()[i].getDefiningOp<tensor::EmptyOp>())
      value = bufferization::MaterializeInDestinationOp::create(b, scan.getLoc(), result.getType(), result,
                                                                scan.getNexts()[i])
                  .getResult();
    scan->getResult(i).replaceAllUsesWith(value);
  }
  scan.erase();
}

struct UpdateInPlace : rondo::impl::UpdateInPlaceBase<UpdateInPlace> {
  void runOnOperation() override {
    getOperation().walk([](ScanIntoOp scan) { convert(scan); }); // inner scans first
  }
};

} // namespace
