// Forms groups, from consumers to producers.
//
// A group begins with its root, the last operation of a block that no group
// has. A producer joins if every member that reads it does so at the member's
// own place of the group's axes (up to single places on short axes: the gates of
// a product `[B, gates, H]`), and if no path leads from it through an outsider
// back into the group. So a product, the sum of its gates, their activations and
// the new cell state become one group, computed in registers tile by tile, and
// only what outsiders read is stored.
#include "compiler/Target/CPU/Groups.h"
#include "dialects/Rondo/IR/RondoDialect.h"
#include "mlir/Analysis/SliceAnalysis.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/SmallBitVector.h"

using namespace mlir;
using namespace rondo;
using namespace rondo::cpu;

// More than this many places of a short axis do not fit the registers.
static constexpr int64_t kMostTuples = 8;
// Straight-line code grows with the members.
static constexpr size_t kMostMembers = 96;

Access cpu::traceAccess(OpOperand &operand) {
  auto op = cast<linalg::GenericOp>(operand.getOwner());
  Access access{operand.get(), {}};
  for (AffineExpr e : op.getMatchingIndexingMap(&operand).getResults()) {
    AxisSource source;
    if (auto d = dyn_cast<AffineDimExpr>(e))
      source.loop = d.getPosition();
    else
      source.constant = cast<AffineConstantExpr>(e).getValue();
    access.axes.push_back(source);
  }
  while (Operation *def = access.base.getDefiningOp()) {
    SmallVector<AxisSource> outer;
    if (auto slice = dyn_cast<tensor::ExtractSliceOp>(def)) {
      llvm::SmallBitVector dropped = slice.getDroppedDims();
      unsigned at = 0;
      bool ok = slice.hasUnitStride();
      for (int64_t d = 0; ok && d < slice.getSourceType().getRank(); ++d) {
        int64_t offset = slice.getStaticOffsets()[d];
        AxisSource source = dropped.test(d) ? AxisSource{} : access.axes[at++];
        if (ShapedType::isDynamic(offset) || (source.loop && offset != 0))
          ok = false;
        else if (!source.loop)
          source.constant += offset;
        outer.push_back(source);
      }
      if (!ok)
        return access;
      access = {slice.getSource(), outer};
      continue;
    }
    // Axes that are merged with axes of size 1 only.
    auto reassociated = [&](RankedTensorType wide, ArrayRef<ReassociationIndices> groups, bool toWide) {
      if (groups.empty() && toWide) // to rank 0
        outer.resize(wide.getRank());
      for (auto [narrowAxis, group] : llvm::enumerate(groups)) {
        AxisSource kept;
        unsigned others = 0;
        for (int64_t d : group) {
          bool unit = wide.getDimSize(d) == 1;
          others += !unit;
          if (toWide)
            outer.push_back(unit ? AxisSource{} : access.axes[narrowAxis]);
          else if (!unit)
            kept = access.axes[d];
        }
        if (others > 1)
          return false;
        if (!toWide)
          outer.push_back(kept);
      }
      return true;
    };
    if (auto collapse = dyn_cast<tensor::CollapseShapeOp>(def)) {
      if (!reassociated(collapse.getSrcType(), collapse.getReassociationIndices(), true))
        return access;
      access = {collapse.getSrc(), outer};
      continue;
    }
    if (auto expand = dyn_cast<tensor::ExpandShapeOp>(def)) {
      if (!reassociated(expand.getResultType(), expand.getReassociationIndices(), false))
        return access;
      access = {expand.getSrc(), outer};
      continue;
    }
    return access;
  }
  return access;
}

OpFoldResult cpu::splatOf(Value value) {
  if (auto fill = value.getDefiningOp<linalg::FillOp>())
    return fill.getInputs()[0];
  DenseElementsAttr dense;
  if (matchPattern(value, m_Constant(&dense)) && dense.isSplat())
    return dense.getSplatValue<Attribute>();
  return {};
}

bool cpu::isWeight(Value value) {
  if (auto arg = dyn_cast<BlockArgument>(value)) {
    auto func = dyn_cast<func::FuncOp>(arg.getOwner()->getParentOp());
    return func && func.getArgAttr(arg.getArgNumber(), attrs::prepared);
  }
  Operation *def = value.getDefiningOp();
  if (def->hasTrait<OpTrait::ConstantLike>() || isa<tensor::EmptyOp>(def))
    return true;
  if ((def->getNumRegions() && !isa<linalg::LinalgOp>(def)) || !isMemoryEffectFree(def))
    return false;
  WalkResult r = def->walk([&](Operation *o) {
    for (Value v : o->getOperands())
      if (!def->isProperAncestor(v.getParentRegion()->getParentOp()) &&
          v.getParentRegion()->getParentOp() != def && !isWeight(v))
        return WalkResult::interrupt();
    return WalkResult::advance();
  });
  return !r.wasInterrupted();
}

std::optional<unsigned> Group::rowsAxis() const {
  if (numAxes < 2)
    return std::nullopt;
  std::optional<unsigned> best;
  int64_t bestSize = 0;
  for (const Member &member : members) {
    linalg::GenericOp op = member.op;
    if (!member.isReduction())
      continue;
    SmallVector<int64_t> sizes = op.getStaticLoopRanges();
    for (OpOperand *in : op.getDpsInputOperands()) {
      AffineMap map = op.getMatchingIndexingMap(in);
      auto has = [&](llvm::function_ref<bool(LoopRole)> which) {
        return llvm::any_of(llvm::enumerate(member.loops), [&](auto loop) {
          return which(loop.value()) && map.isFunctionOfDim(loop.index());
        });
      };
      if (!has([&](LoopRole r) { return r.kind == LoopRole::Axis && r.index == lanesAxis(); }) ||
          !has([](LoopRole r) { return r.kind == LoopRole::Reduction; }))
        continue;
      for (auto [d, role] : llvm::enumerate(member.loops)) {
        if (role.kind != LoopRole::Axis || role.index == lanesAxis() || map.isFunctionOfDim(d))
          continue;
        // Of several the longest; one that is known when called may be long.
        int64_t size = ShapedType::isDynamic(sizes[d]) ? std::numeric_limits<int64_t>::max() : sizes[d];
        if (!best || size >= bestSize) {
          best = role.index;
          bestSize = size;
        }
      }
    }
  }
  return best ? best : std::optional<unsigned>(numAxes - 2);
}

/// Maps of distinct loops and constants; results over all parallel loops, the
/// same for each; a body without side effects, cheap to repeat lane by lane.
static bool isSupported(linalg::GenericOp op) {
  if (!op.hasPureTensorSemantics())
    return false;
  for (AffineMap map : op.getIndexingMapsArray())
    for (AffineExpr e : map.getResults())
      if (!isa<AffineDimExpr, AffineConstantExpr>(e))
        return false;
  AffineMap out = op.getIndexingMapMatchingResult(op->getResult(0));
  for (OpResult r : op->getResults())
    if (op.getIndexingMapMatchingResult(r) != out)
      return false;
  SmallVector<utils::IteratorType> iterators = op.getIteratorTypesArray();
  llvm::SmallBitVector seen(iterators.size());
  for (AffineExpr e : out.getResults()) {
    auto d = dyn_cast<AffineDimExpr>(e);
    if (!d || seen.test(d.getPosition()) || iterators[d.getPosition()] != utils::IteratorType::parallel)
      return false;
    seen.set(d.getPosition());
  }
  if (seen.count() != op.getNumParallelLoops() || (op.getNumReductionLoops() && op->getNumResults() != 1))
    return false;
  return llvm::all_of(op.getBody()->without_terminator(), [](Operation &o) {
    return OpTrait::hasElementwiseMappableTraits(&o) || o.hasTrait<OpTrait::ConstantLike>() ||
           isa<linalg::IndexOp, tensor::ExtractOp>(o);
  });
}

static std::optional<unsigned> lastLoop(linalg::GenericOp op, OpOperand *operand) {
  AffineMap map = op.getMatchingIndexingMap(operand);
  if (!map.getNumResults())
    return std::nullopt;
  auto d = dyn_cast<AffineDimExpr>(map.getResults().back());
  return d ? std::optional<unsigned>(d.getPosition()) : std::nullopt;
}

/// The loop that a reduction should lay its lanes along, if that is one it
/// reduces: all inputs have it last, and no input is a matrix that rows share.
static std::optional<unsigned> reducedLanes(linalg::GenericOp op) {
  if (!op.getNumReductionLoops())
    return std::nullopt;
  AffineMap out = op.getIndexingMapMatchingResult(op->getResult(0));
  SmallVector<utils::IteratorType> iterators = op.getIteratorTypesArray();
  std::optional<unsigned> common;
  for (OpOperand *in : op.getDpsInputOperands()) {
    if (op.isScalar(in))
      continue;
    std::optional<unsigned> last = lastLoop(op, in);
    if (!last || iterators[*last] != utils::IteratorType::reduction || (common && *common != *last))
      return std::nullopt;
    common = last;
    // A matrix of weights, or one that all rows of the result share, is packed
    // so that lanes lie along the result's last axis.
    if (out.getNumResults() >= 1) {
      AffineMap map = op.getMatchingIndexingMap(in);
      unsigned lane = out.getDimPosition(out.getNumResults() - 1);
      bool hasLane = map.isFunctionOfDim(lane);
      bool shared = llvm::any_of(llvm::seq(out.getNumResults() - 1),
                                 [&](unsigned i) { return !map.isFunctionOfDim(out.getDimPosition(i)); });
      if (hasLane && (shared || isWeight(in->get())))
        return std::nullopt;
    }
  }
  // The body must be one combination with the accumulator.
  SmallVector<Operation *> combiners;
  if (!common || !matchReduction(op.getRegionOutputArgs(), 0, combiners) || combiners.size() != 1 ||
      !linalg::getCombinerOpKind(combiners[0]))
    return std::nullopt;
  return common;
}

namespace {
/// One group while it grows.
class Former {
public:
  /// `groupOf` says of an operation which of `formed` has it.
  Former(Block &block, ArrayRef<Group> formed, const DenseMap<Operation *, unsigned> &groupOf)
      : block(block), formed(formed), groupOf(groupOf) {}

  Group form(linalg::GenericOp root) {
    Member m;
    m.op = root;
    AffineMap out = root.getIndexingMapMatchingResult(root->getResult(0));
    m.loops.resize(root.getNumLoops());
    for (auto [i, e] : llvm::enumerate(out.getResults()))
      m.loops[cast<AffineDimExpr>(e).getPosition()] = {LoopRole::Axis, unsigned(i)};
    group.numAxes = out.getNumResults();
    std::optional<unsigned> lanes = reducedLanes(root);
    unsigned reductions = 0;
    for (auto [d, type] : llvm::enumerate(root.getIteratorTypesArray())) {
      if (type != utils::IteratorType::reduction || (lanes && *lanes == d))
        continue;
      m.loops[d] =
          lanes ? LoopRole{LoopRole::Axis, group.numAxes++} : LoopRole{LoopRole::Reduction, reductions++};
    }
    if (lanes) {
      m.loops[*lanes] = {LoopRole::Axis, group.numAxes++};
      group.reducesLanes = true;
    }
    m.tuples.push_back({});
    m.escapes = true;
    group.members.push_back(std::move(m));
    for (OpResult result : root->getResults()) {
      SmallVector<OpOperand *> uses;
      users(result, uses);
      for (OpOperand *use : uses)
        outsiders.push_back(use->getOwner());
    }
    while (joinOne()) {
    }
    llvm::sort(group.members, [](const Member &a, const Member &b) { return a.op->isBeforeInBlock(b.op); });
    return std::move(group);
  }

private:
  Block &block;
  ArrayRef<Group> formed;
  const DenseMap<Operation *, unsigned> &groupOf;
  Group group;
  SmallVector<Operation *> outsiders; // readers of what the group stores

  /// The place of `producer`'s result that `operand` of `m` reads, as roles.
  /// `tuples` gets the unrolled places. False if it does not fit.
  bool rolesOf(Member &m, OpOperand &operand, const Access &access, linalg::GenericOp producer,
               SmallVector<LoopRole> &roles, SmallVector<Tuple> &tuples) {
    AffineMap out = producer.getIndexingMapMatchingResult(producer->getResult(0));
    roles.assign(producer.getNumLoops(), {LoopRole::Reduction, 0});
    unsigned reductions = 0, unrolled = 0;
    for (auto [d, type] : llvm::enumerate(producer.getIteratorTypesArray()))
      if (type == utils::IteratorType::reduction)
        roles[d] = {LoopRole::Reduction, reductions++};
    SmallVector<AxisSource> places;
    llvm::SmallBitVector axes(group.numAxes);
    for (auto [i, source] : llvm::enumerate(access.axes)) {
      LoopRole &role = roles[out.getDimPosition(i)];
      if (source.loop && m.loops[*source.loop].kind == LoopRole::Axis) {
        role = m.loops[*source.loop];
        if (axes.test(role.index))
          return false;
        axes.set(role.index);
        continue;
      }
      if (source.loop && m.loops[*source.loop].kind == LoopRole::Reduction)
        return false;
      role = {LoopRole::Unrolled, unrolled++};
      places.push_back(source);
    }
    if (!axes.all())
      return false;
    for (const Tuple &t : m.tuples) {
      Tuple place;
      for (const AxisSource &s : places)
        place.push_back(s.loop ? t[m.loops[*s.loop].index] : s.constant);
      if (!llvm::is_contained(tuples, place))
        tuples.push_back(place);
    }
    return true;
  }

  /// Whether the group with `candidate` would need what is computed from its own
  /// results, by `readers` in the block. Another group is computed as one.
  bool closesCycle(Operation *candidate, ArrayRef<Operation *> readers) {
    DenseSet<Operation *> reading;
    for (Operation *reader : readers) {
      Operation *here = block.findAncestorOpInBlock(*reader);
      if (!here)
        continue;
      // A member's body that reads any place of it needs all of it before.
      if (here != reader && (here == candidate || group.find(here)))
        return true;
      reading.insert(here);
    }
    if (reading.empty())
      return false;
    // What stands before all readers needs none of them, if no group reaches behind the first.
    auto isEarlier = [](Operation *a, Operation *b) { return a->isBeforeInBlock(b); };
    Operation *first = *llvm::min_element(reading, isEarlier);
    for (const Group &other : formed) { // from the last one of the block on
      if (isEarlier(other.members.back().op, first))
        break;
      first = std::min<Operation *>(first, other.members.front().op, isEarlier);
    }
    DenseSet<Operation *> above;
    SmallVector<Operation *> work;
    auto add = [&](Operation *op) {
      if (!isEarlier(op, first) && op != candidate && !group.find(op) && above.insert(op).second)
        work.push_back(op);
    };
    auto visit = [&](Operation *op) {
      op->walk([&](Operation *inner) {
        for (Value v : inner->getOperands())
          if (Operation *def = v.getDefiningOp())
            if (Operation *here = block.findAncestorOpInBlock(*def))
              add(here);
      });
      if (auto it = groupOf.find(op); it != groupOf.end())
        for (const Member &m : formed[it->second].members)
          add(m.op);
    };
    visit(candidate);
    for (Member &m : group.members)
      visit(m.op);
    while (!work.empty())
      visit(work.pop_back_val());
    return llvm::any_of(above, [&](Operation *op) { return reading.contains(op); });
  }

  /// The users of a result that compute, slices and unit reshapes looked through.
  void users(Value v, SmallVectorImpl<OpOperand *> &out) {
    for (OpOperand &use : v.getUses()) {
      Operation *user = use.getOwner();
      if (isa<tensor::ExtractSliceOp, tensor::CollapseShapeOp, tensor::ExpandShapeOp>(user) &&
          use.getOperandNumber() == 0 && user->getBlock() == &block && !user->use_empty()) {
        size_t before = out.size();
        users(user->getResult(0), out);
        // A view that somebody else reads is a reader of its own.
        for (size_t i = before; i < out.size(); ++i)
          if (!isMemberOperand(*out[i]) || traceAccess(*out[i]).base != v) {
            out.resize(before);
            out.push_back(&use);
            break;
          }
        continue;
      }
      out.push_back(&use);
    }
  }
  bool isMemberOperand(OpOperand &use) {
    Member *m = group.find(use.getOwner());
    return m && m->op.isDpsInput(&use);
  }

  bool joinOne() {
    if (group.members.size() >= kMostMembers)
      return false;
    // The last candidate first: its readers are in the group already, if they
    // ever will be.
    SmallVector<linalg::GenericOp> candidates;
    for (Member &m : group.members)
      for (OpOperand *in : m.op.getDpsInputOperands()) {
        auto p = traceAccess(*in).base.getDefiningOp<linalg::GenericOp>();
        if (p && p->getBlock() == &block && !group.find(p) && !groupOf.contains(p) &&
            !llvm::is_contained(candidates, p) && isSupported(p) && !reducedLanes(p))
          candidates.push_back(p);
      }
    llvm::sort(candidates, [](Operation *a, Operation *b) { return b->isBeforeInBlock(a); });
    return llvm::any_of(candidates, [&](linalg::GenericOp p) { return tryJoin(p); });
  }

  bool tryJoin(linalg::GenericOp p) {
    Member joined;
    joined.op = p;
    bool first = true;
    SmallVector<Operation *> readers;
    for (OpResult result : p->getResults()) {
      SmallVector<OpOperand *> uses;
      users(result, uses);
      for (OpOperand *use : uses) {
        Member *m = group.find(use->getOwner());
        if (!m || !m->op.isDpsInput(use)) {
          if (m) // as a destination
            return false;
          joined.escapes = true;
          readers.push_back(use->getOwner());
          continue;
        }
        Access access = traceAccess(*use);
        SmallVector<LoopRole> roles;
        if (access.base != result || !rolesOf(*m, *use, access, p, roles, joined.tuples))
          return false;
        bool same = first || llvm::equal(roles, joined.loops, [](const LoopRole &a, const LoopRole &b) {
                      return a.kind == b.kind && a.index == b.index;
                    });
        if (!same)
          return false;
        joined.loops = roles;
        first = false;
      }
    }
    if (first)
      return false;
    AffineMap out = p.getIndexingMapMatchingResult(p->getResult(0));
    auto type = cast<RankedTensorType>(p->getResult(0).getType());
    joined.unrolledSizes.resize(
        llvm::count_if(joined.loops, [](LoopRole r) { return r.kind == LoopRole::Unrolled; }));
    for (auto [i, e] : llvm::enumerate(out.getResults())) {
      LoopRole role = joined.loops[cast<AffineDimExpr>(e).getPosition()];
      if (role.kind == LoopRole::Unrolled)
        joined.unrolledSizes[role.index] = type.getDimSize(i);
    }
    if (joined.escapes) {
      // Outsiders read all of it: nothing may be left out, nothing may be cut
      // off by a slice, and vectors must be storable. A product of the reduced
      // axis of a group that reduces lanes has no place to be stored.
      if (group.reducesLanes || !coversAll(p) || !allTuples(joined) || !lanesLast(joined))
        return false;
    }
    if (group.reducesLanes && joined.isReduction())
      return false;
    if ((int64_t)joined.tuples.size() > kMostTuples)
      return false;
    llvm::append_range(readers, outsiders);
    llvm::erase_if(readers, [&](Operation *o) { return o == p || group.find(o); });
    if (closesCycle(p, readers))
      return false;
    outsiders = readers;
    joined.isCut = !coversAll(p);
    group.members.push_back(std::move(joined));
    return true;
  }

  /// Every unrolled place is computed.
  static bool allTuples(Member &m) {
    int64_t all = 1;
    for (int64_t s : m.unrolledSizes) {
      if (ShapedType::isDynamic(s) || s > kMostTuples)
        return false;
      all *= s;
    }
    if (all > kMostTuples)
      return false;
    m.tuples.assign(1, Tuple());
    for (int64_t s : m.unrolledSizes) {
      SmallVector<Tuple> longer;
      for (Tuple &t : m.tuples)
        for (int64_t i = 0; i < s; ++i) {
          longer.push_back(t);
          longer.back().push_back(i);
        }
      m.tuples = longer;
    }
    return true;
  }

  bool lanesLast(Member &m) {
    AffineMap out = m.op.getIndexingMapMatchingResult(m.op->getResult(0));
    if (!out.getNumResults())
      return true;
    LoopRole last = m.loops[out.getDimPosition(out.getNumResults() - 1)];
    return last.kind == LoopRole::Axis && last.index + 1 == group.numAxes;
  }

  /// No member reads `p` through a slice that begins at 0 but ends early, or is
  /// itself computed in part.
  bool coversAll(linalg::GenericOp p) {
    for (Member &m : group.members)
      for (OpOperand *in : m.op.getDpsInputOperands()) {
        if (m.isCut && traceAccess(*in).base.getDefiningOp() == p)
          return false;
        Value v = in->get();
        while (Operation *def = v.getDefiningOp()) {
          if (auto slice = dyn_cast<tensor::ExtractSliceOp>(def)) {
            if (traceAccess(*in).base.getDefiningOp() == p && !slicesWhole(slice))
              return false;
            v = slice.getSource();
          } else if (isa<tensor::CollapseShapeOp, tensor::ExpandShapeOp>(def)) {
            v = def->getOperand(0);
          } else {
            break;
          }
        }
      }
    return true;
  }
  static bool slicesWhole(tensor::ExtractSliceOp slice) {
    llvm::SmallBitVector dropped = slice.getDroppedDims();
    SmallVector<OpFoldResult> sizes = slice.getMixedSizes();
    for (int64_t d = 0; d < slice.getSourceType().getRank(); ++d) {
      if (dropped.test(d))
        continue;
      std::optional<int64_t> size = getConstantIntValue(sizes[d]);
      if (size ? *size != slice.getSourceType().getDimSize(d) : !isDimOf(sizes[d], slice.getSource(), d))
        return false;
    }
    return true;
  }
  /// `size` is the size of `v` on axis `d`, as far as destinations tell.
  static bool isDimOf(OpFoldResult size, Value v, int64_t d) {
    Value s = dyn_cast<Value>(size);
    if (auto dim = s ? s.getDefiningOp<tensor::DimOp>() : tensor::DimOp())
      if (dim.getSource() == v && dim.getConstantIndex() == d)
        return true;
    while (auto result = dyn_cast<OpResult>(v)) {
      if (auto dps = dyn_cast<DestinationStyleOpInterface>(result.getOwner())) {
        v = dps.getTiedOpOperand(result)->get();
        continue;
      }
      auto empty = v.getDefiningOp<tensor::EmptyOp>();
      return empty && empty.getType().isDynamicDim(d) && empty.getDynamicSize(d) == s;
    }
    return false;
  }
};
} // namespace

SmallVector<Group> cpu::formGroups(Block &block) {
  SmallVector<Group> groups;
  DenseMap<Operation *, unsigned> groupOf;
  for (Operation &op : llvm::reverse(block)) {
    auto root = dyn_cast<linalg::GenericOp>(op);
    if (!root || groupOf.contains(&op) || root->use_empty() || !isSupported(root))
      continue;
    Group group = Former(block, groups, groupOf).form(root);
    for (Member &m : group.members)
      groupOf[m.op] = groups.size();
    groups.push_back(std::move(group));
  }
  return groups;
}
