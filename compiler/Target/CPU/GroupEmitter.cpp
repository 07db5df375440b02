// Operands at a point: from registers, from a packed copy, or from memory.
#include "compiler/Target/CPU/GroupEmitter.h"
#include "compiler/Analysis/KnownSizes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace rondo::cpu;

// The size of an axis of a member's result, or of a view of it, without either; `init` is the result's
// destination.
static Value sizeWithout(OpBuilder &b, Location loc, Value v, int64_t axis, Value init) {
  SmallVector<OpFoldResult> known = rondo::knownSizes(v, axis);
  if (!known.empty())
    return getValueOrCreateConstantIndexOp(b, loc, known.front());
  auto collapse = v.getDefiningOp<tensor::CollapseShapeOp>();
  if (!collapse)
    return tensor::DimOp::create(b, loc, init, axis);
  Value product;
  for (int64_t from : collapse.getReassociationIndices()[axis]) {
    Value size = sizeWithout(b, loc, collapse.getSrc(), from, init);
    product = product ? arith::MulIOp::create(b, loc, product, size) : size;
  }
  return product;
}

static void eraseViews(Value v, Value init) {
  for (Operation *user : llvm::make_early_inc_range(v.getUsers())) {
    if (auto dim = dyn_cast<tensor::DimOp>(user)) {
      OpBuilder b(dim);
      dim.replaceAllUsesWith(sizeWithout(b, dim.getLoc(), v, *dim.getConstantIndex(), init));
    } else {
      eraseViews(user->getResult(0), init);
    }
    user->erase();
  }
}

void rondo::cpu::eraseMembers(Group &group) {
  for (Member &m : llvm::reverse(group.members)) {
    for (auto [result, init] : llvm::zip_equal(m.op->getResults(), m.op.getDpsInits()))
      eraseViews(result, init);
    m.op->erase();
  }
}

SmallVector<LoopIndex> GroupEmitter::loopsAt(const Member &m, const GroupPoint &at, unsigned tuple,
                                             ValueRange reductions) {
  SmallVector<LoopIndex> loops;
  for (LoopRole role : m.loops)
    switch (role.kind) {
    case LoopRole::Axis:
      loops.push_back(at.axes[role.index]);
      break;
    case LoopRole::Unrolled:
      loops.push_back({index(m.tuples[tuple][role.index])});
      break;
    case LoopRole::Reduction:
      loops.push_back({role.index < reductions.size() ? reductions[role.index] : Value()});
      break;
    }
  return loops;
}

SmallVector<LoopIndex> GroupEmitter::placeIn(const Member &m, Value tensor, AffineMap map,
                                             ArrayRef<LoopIndex> loops) {
  SmallVector<LoopIndex> place;
  unsigned skip = 0;
  if (merged.contains(tensor)) {
    // The first merged axis stands for all of them.
    place.push_back(loops[cast<AffineDimExpr>(map.getResult(0)).getPosition()]);
    skip = mergedAxes;
  }
  for (AffineExpr e : map.getResults().drop_front(skip)) {
    if (auto d = dyn_cast<AffineDimExpr>(e))
      place.push_back(loops[d.getPosition()]);
    else
      place.push_back({index(cast<AffineConstantExpr>(e).getValue())});
  }
  return place;
}

LaneValue GroupEmitter::readMemory(const Member &m, Value tensor, AffineMap map, ArrayRef<LoopIndex> loops) {
  if (!isa<TensorType>(tensor.getType()))
    return {tensor}; // linalg takes scalars too
  if (OpFoldResult splat = splatOf(tensor))
    return payload.constant(splat, getElementTypeOrSelf(tensor.getType()));
  SmallVector<LoopIndex> place = placeIn(m, tensor, map, loops);
  return payload.load(merged.contains(tensor) ? merged[tensor] : tensor, place);
}

LaneValue GroupEmitter::readOperand(Member &m, OpOperand &operand, unsigned tuple, ArrayRef<LoopIndex> loops,
                                    const GroupPoint &at) {
  if (m.op.isDpsInput(&operand) && isa<TensorType>(operand.get().getType())) {
    Access access = traceAccess(operand);
    Member *producer = group.find(access.base.getDefiningOp());
    if (producer && producer != &m) {
      AffineMap out = producer->op.getIndexingMapMatchingResult(cast<OpResult>(access.base));
      Tuple place(producer->unrolledSizes.size());
      for (auto [i, source] : llvm::enumerate(access.axes)) {
        LoopRole role = producer->loops[out.getDimPosition(i)];
        if (role.kind == LoopRole::Unrolled)
          place[role.index] = source.loop ? m.tuples[tuple][m.loops[*source.loop].index] : source.constant;
      }
      unsigned t = llvm::find(producer->tuples, place) - producer->tuples.begin();
      return computed.lookup({access.base, t});
    }
    if (auto it = packed.find(&operand); it != packed.end()) {
      SmallVector<LoopIndex> place;
      for (PackedAxis a : it->second.axes) {
        if (a.kind == PackedAxis::Panel)
          place.push_back({at.panel});
        else if (a.kind == PackedAxis::Lane)
          place.push_back({index(0), true});
        else
          place.push_back(loops[a.loop]);
      }
      return payload.load(it->second.value, place);
    }
  }
  return readMemory(m, operand.get(), m.op.getMatchingIndexingMap(&operand), loops);
}

SmallVector<LaneValue> GroupEmitter::bodyAt(Member &m, unsigned tuple, const GroupPoint &at,
                                            ValueRange reductions, LaneValue accumulator) {
  SmallVector<LoopIndex> loops = loopsAt(m, at, tuple, reductions);
  SmallVector<LaneValue> args;
  for (OpOperand &operand : m.op->getOpOperands()) {
    if (m.isReduction() && m.op.isDpsInit(&operand))
      args.push_back(accumulator);
    else if (m.op.getMatchingBlockArgument(&operand).use_empty())
      args.push_back({});
    else
      args.push_back(readOperand(m, operand, tuple, loops, at));
  }
  return payload.body(m.op, args, loops);
}

void GroupEmitter::compute(Member &m, unsigned tuple, const GroupPoint &at) {
  for (auto [result, v] : llvm::zip_equal(m.op->getResults(), bodyAt(m, tuple, at, {}, {})))
    computed[{result, tuple}] = v;
}

LaneValue GroupEmitter::startOf(Member &m, unsigned tuple, const GroupPoint &at) {
  OpOperand *init = m.op.getDpsInitOperand(0);
  return readMemory(m, init->get(), m.op.getMatchingIndexingMap(init), loopsAt(m, at, tuple, {}));
}
