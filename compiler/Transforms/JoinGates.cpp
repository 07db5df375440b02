// Does elementwise work on all gates of a value at once, where it does not depend on carries.
//
// Needs products with an axis of gates (rondo-split-gates, rondo-join-contractions).
//
// Gives, in scan bodies, sums of products with their biases as `[B, gates, H]`, cut behind the sum;
// biases that were apart are joined by work on weights alone.
//
// Leaves gates that go through different operations, and what depends on a carry: there one elementwise
// operation on single gates is what fuses best.
//
//   %a = slice %j[:, 0], %b = slice %j[:, 1]            %s = addf %j, broadcast(concat %p, %q)
//   addf %a, broadcast(%p) ; addf %b, broadcast(%q)  -> slice %s[:, 0] ; slice %s[:, 1]
#include "compiler/Analysis/Gates.h"
#include "compiler/Analysis/KnownSizes.h"
#include "compiler/Analysis/TimeDependence.h"
#include "compiler/Transforms/Passes.h"
#include "mlir/IR/Dominance.h"
#include "mlir/IR/Matchers.h"
#include "llvm/Support/DebugLog.h"

#define DEBUG_TYPE "rondo-join-gates"

namespace rondo {
#define GEN_PASS_DEF_JOINGATES
#include "compiler/Transforms/Passes.h.inc"
} // namespace rondo

using namespace mlir;
using namespace rondo;

namespace {

// Makes one value of the gates' values, in the layout of `gates`, at the builder's place.
class Packer {
public:
  Packer(OpBuilder &b, Location loc, const Gates &gates, Region &body)
      : b(b), loc(loc), gates(gates), body(body), place(b.getInsertionPoint()) {}

  // `sizes` are those of the whole, `axis` is the gates' in it. Null if it cannot be done.
  Value pack(ArrayRef<Value> lanes, ArrayRef<OpFoldResult> sizes, int64_t axis) {
    if (Value whole = wholeOf(lanes, axis))
      return whole;
    if (llvm::all_equal(lanes))
      return packEqual(lanes.front(), sizes, axis);
    if (Value broadcast = packBroadcasts(lanes, sizes, axis))
      return broadcast;
    return concatenate(lanes, axis);
  }

private:
  bool isThere(Value value) { return dominance.properlyDominates(value, &*place); }

  // Slices of one value, in order: that value.
  Value wholeOf(ArrayRef<Value> lanes, int64_t axis) {
    Value source;
    for (auto [gate, lane] : llvm::enumerate(lanes)) {
      auto slice = lane.getDefiningOp<tensor::ExtractSliceOp>();
      if (!slice || (source && slice.getSource() != source))
        return {};
      source = slice.getSource();
      RankedTensorType type = slice.getSourceType();
      if (axis >= type.getRank() || type.isDynamicDim(axis))
        return {};
      llvm::SmallBitVector dropped = slice.getDroppedDims();
      bool indexed = dropped.test(axis);
      int64_t step = indexed ? 1 : cast<RankedTensorType>(lane.getType()).getDimSize(axis);
      if (dropped.count() != indexed || type.getDimSize(axis) != step * gates.count ||
          !isConstantIntValue(slice.getMixedOffsets()[axis], gate * step) ||
          !isConstantIntValue(slice.getMixedStrides()[axis], 1))
        return {};
      for (int64_t other = 0; other < type.getRank(); ++other)
        if (other != axis && !isWholeAxis(slice, other))
          return {};
      if (indexed != gates.indexed && (indexed || !type.hasStaticShape()))
        return {};
    }
    if (!isThere(source))
      return {};
    bool split = gates.indexed && !lanes[0].getDefiningOp<tensor::ExtractSliceOp>().getDroppedDims().any();
    return split ? splitAxis(b, loc, source, axis, gates.count) : source;
  }

  Value packEqual(Value lane, ArrayRef<OpFoldResult> sizes, int64_t axis) {
    RankedTensorType type = typeOf(sizes, cast<RankedTensorType>(lane.getType()).getElementType());
    SplatElementsAttr constant;
    if (matchPattern(lane, m_Constant(&constant)) && type.hasStaticShape())
      return arith::ConstantOp::create(b, loc,
                                       SplatElementsAttr::get(type, constant.getSplatValue<Attribute>()));
    if (auto splat = lane.getDefiningOp<tensor::SplatOp>(); splat && isThere(splat.getInput())) {
      SmallVector<Value> dynamic;
      SmallVector<int64_t> shape;
      dispatchIndexOpFoldResults(sizes, dynamic, shape);
      return tensor::SplatOp::create(b, loc, splat.getInput(), type, dynamic);
    }
    if (!gates.indexed || !isThere(lane))
      return {};
    Value init = tensor::EmptyOp::create(b, loc, sizes, type.getElementType());
    return linalg::BroadcastOp::create(b, loc, lane, init, ArrayRef<int64_t>{axis})->getResult(0);
  }

  Value packBroadcasts(ArrayRef<Value> lanes, ArrayRef<OpFoldResult> sizes, int64_t axis) {
    SmallVector<Value> sources;
    ArrayRef<int64_t> added;
    for (Value lane : lanes) {
      auto broadcast = lane.getDefiningOp<linalg::BroadcastOp>();
      if (!broadcast || (!sources.empty() && broadcast.getDimensions() != added))
        return {};
      added = broadcast.getDimensions();
      sources.push_back(broadcast.getInput());
    }
    if (!gates.indexed && llvm::is_contained(added, axis))
      return {};
    SmallVector<int64_t> dims;
    for (int64_t dim : added)
      dims.push_back(dim + (gates.indexed && dim >= axis));
    SmallVector<OpFoldResult> kept;
    for (auto [i, size] : llvm::enumerate(sizes))
      if (!llvm::is_contained(dims, int64_t(i)))
        kept.push_back(size);
    int64_t from = axis - llvm::count_if(dims, [&](int64_t dim) { return dim < axis; });
    Value source = pack(sources, kept, from);
    if (!source)
      return {};
    Type element = cast<RankedTensorType>(source.getType()).getElementType();
    Value init = tensor::EmptyOp::create(b, loc, sizes, element);
    return linalg::BroadcastOp::create(b, loc, source, init, dims)->getResult(0);
  }

  // Values of static shape that do not change with time, one after the other.
  Value concatenate(ArrayRef<Value> lanes, int64_t axis) {
    SmallVector<Value> parts;
    for (Value lane : lanes) {
      if (!cast<RankedTensorType>(lane.getType()).hasStaticShape() || body.isAncestor(lane.getParentRegion()))
        return {};
      parts.push_back(gates.indexed ? addUnitAxis(b, loc, lane, axis) : lane);
    }
    return tensor::ConcatOp::create(b, loc, axis, parts);
  }

  OpBuilder &b;
  Location loc;
  const Gates &gates;
  Region &body;
  Block::iterator place;
  DominanceInfo dominance;
};

struct JoinGates : rondo::impl::JoinGatesBase<JoinGates> {
  void runOnOperation() override {
    getOperation()->walk([&](ScanOp scan) {
      TimeDependence dependence(scan);
      SmallVector<Value> whole;
      for (Operation &op : scan.getBody().front())
        if (op.getNumResults() == 1 && dependence.of(&op) == Dependence::Input)
          whole.push_back(op.getResult(0));
      // A joined operation may be joined again.
      gone.clear();
      for (Value value : whole)
        while (value && !gone.contains(value))
          value = join(value, scan);
    });
  }

private:
  DenseSet<Value> gone; // results of operations that became part of another

  // The elementwise operation on all gates of `value` that the operations on single ones became; null if
  // there is none.
  Value join(Value value, ScanOp scan) {
    std::optional<Gates> gates = matchGates(value);
    if (!gates)
      return {};
    SmallVector<Operation *> users;
    int64_t position = 0;
    for (auto &slices : gates->slices) {
      if (slices.size() != 1 || !slices[0]->hasOneUse())
        return {};
      OpOperand &use = *slices[0]->getUses().begin();
      Operation *user = use.getOwner();
      if (!OpTrait::hasElementwiseMappableTraits(user) || user->getNumResults() != 1 ||
          user->getBlock() != &scan.getBody().front() || llvm::is_contained(users, user))
        return {};
      if (users.empty())
        position = use.getOperandNumber();
      else if (user->getName() != users[0]->getName() || use.getOperandNumber() != position ||
               user->getAttrDictionary() != users[0]->getAttrDictionary())
        return {};
      users.push_back(user);
    }

    OpBuilder b(value.getContext());
    b.setInsertionPointAfterValue(value);
    Location loc = users[0]->getLoc();
    SmallVector<OpFoldResult> sizes = gates->first().getMixedSizes();
    sizes[gates->axis] = b.getIndexAttr(gates->count * (gates->indexed ? 1 : gates->size));
    Packer packer(b, loc, *gates, scan.getBody());
    IRMapping mapping;
    SmallVector<Value> operands;
    for (unsigned i = 0; i < users[0]->getNumOperands(); ++i) {
      SmallVector<Value> lanes =
          llvm::map_to_vector(users, [&](Operation *user) { return user->getOperand(i); });
      Value packed = i == position                                    ? value
                     : isa<RankedTensorType>(lanes.front().getType()) ? packer.pack(lanes, sizes, gates->axis)
                     : llvm::all_equal(lanes)                         ? lanes.front()
                                                                      : Value();
      if (!packed)
        return {};
      if (auto type = dyn_cast<RankedTensorType>(packed.getType()))
        packed = castTo(b, packed, cast<RankedTensorType>(value.getType()).clone(type.getElementType()));
      operands.push_back(packed);
    }
    Operation *whole = b.clone(*users[0]);
    whole->setOperands(operands);
    Type element = cast<RankedTensorType>(users[0]->getResult(0).getType()).getElementType();
    whole->getResult(0).setType(cast<RankedTensorType>(value.getType()).clone(element));
    for (auto [gate, user] : llvm::enumerate(users)) {
      SmallVector<OpFoldResult> chunk(sizes);
      chunk[gates->axis] = b.getIndexAttr(gates->size);
      Value slice = gates->indexed
                        ? sliceIndex(b, loc, whole->getResult(0), sizes, gates->axis, gate)
                        : sliceChunk(b, loc, whole->getResult(0), chunk, gates->axis, gate * gates->size);
      user->getResult(0).replaceAllUsesWith(castTo(b, slice, user->getResult(0).getType()));
      gone.insert(user->getResult(0));
      user->erase();
    }
    for (auto &slices : gates->slices) {
      gone.insert(slices[0].getResult());
      slices[0].erase();
    }
    LDBG() << "on " << gates->count << " gates: " << *whole;
    return whole->getResult(0);
  }
};

} // namespace
