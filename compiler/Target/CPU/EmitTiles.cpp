// Tiles: for a product `[B, gates, H]` with its gates' activations,
//
//   for panels of lanes
//     for tiles of rows
//       accumulators (rows x gates x panels vectors) = start
//       for k: accumulators += row[k] * packed[panel, k, gate]
//       activations on the accumulators, results stored
//
// Panels outside, rows inside: a panel of weights serves all rows from the cache.
// A group without products has rows outside.
#include "compiler/Target/CPU/EmitGroup.h"
#include "compiler/Target/CPU/GroupEmitter.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace rondo::cpu;

int64_t rondo::cpu::lanesFor(const Group &group, const Machine &machine, int64_t size) {
  unsigned bits = 32;
  for (const Member &m : group.members)
    for (OpOperand &operand : linalg::GenericOp(m.op)->getOpOperands()) {
      AffineMap map = linalg::GenericOp(m.op).getMatchingIndexingMap(&operand);
      bool alongLanes = llvm::any_of(llvm::enumerate(m.loops), [&](auto loop) {
        return loop.value().kind == LoopRole::Axis && loop.value().index + 1 == group.numAxes &&
               map.isFunctionOfDim(loop.index());
      });
      Type t = getElementTypeOrSelf(operand.get().getType());
      if (alongLanes && t.isIntOrFloat())
        bits = std::max(bits, t.getIntOrFloatBitWidth());
    }
  int64_t lanes = machine.vectorBits / bits;
  if (!ShapedType::isDynamic(size))
    lanes = std::min<int64_t>(lanes, size ? llvm::bit_floor(uint64_t(size)) : 1);
  return lanes;
}

namespace {
/// The shape of a tile and when it is used.
struct TileShape {
  int64_t rows = 1, panels = 1, lanes = 1;
  // Used if the number of rows is at least `rows` and below `rowsBelow`, the
  // number of lanes at least `lanes` and below `lanesBelow` (0: no limit).
  int64_t rowsBelow = 0, lanesBelow = 0;
};

/// Vectors that a row of a tile accumulates: unrolled places of the largest
/// product.
int64_t accumulatorsOf(const Group &group) {
  size_t most = 0;
  for (const Member &m : group.members)
    if (m.isReduction())
      most = std::max(most, m.tuples.size());
  return most;
}

/// Rows and panels of a tile of a product with `perRow` accumulators a row and
/// panel: those with the least work for the whole, where the accumulators fit
/// `budget` registers. Places computed twice count as work, and so do half of the
/// vectors and elements that a step loads.
std::pair<int64_t, int64_t> productTile(int64_t rows, int64_t panels, int64_t perRow, int64_t budget) {
  // Sizes that are known when called: batches are mostly multiples of a power of two.
  int64_t someRows = ShapedType::isDynamic(rows) ? 32 : rows;
  std::pair<int64_t, int64_t> best{1, 1};
  double least = std::numeric_limits<double>::infinity();
  for (int64_t r = 1; r <= std::min<int64_t>(someRows, 8); ++r)
    for (int64_t p = 1; p <= std::min<int64_t>(panels, 4) && r * p * perRow <= std::max(budget, perRow);
         ++p) {
      double work = r * p * perRow + 0.5 * (r + p * perRow);
      double all = work * llvm::divideCeil(someRows, r) * llvm::divideCeil(panels, p);
      if (all < least) {
        least = all;
        best = {r, p};
      }
    }
  return best;
}

class TileEmitter : public GroupEmitter {
public:
  TileEmitter(Group &group, ImplicitLocOpBuilder &b, TileShape shape, ArrayRef<OpFoldResult> sizes)
      : GroupEmitter(group, b, shape.lanes), shape(shape), sizes(sizes) {}

  /// The loops, from `outs` (destinations of the escaping results, in order) to
  /// their last values.
  SmallVector<Value> emit(ArrayRef<Value> outs) {
    unsigned n = sizes.size();
    rowsAxis = group.rowsAxis();
    Value rowTiles = count(rowsAxis ? sizes[*rowsAxis] : b.getIndexAttr(1), shape.rows, shape.rowsBelow);
    Value panelTiles;
    panelCount = n ? count(sizes[n - 1], shape.lanes, shape.lanesBelow) : index(1);
    panelTiles = panelCount;
    if (shape.panels > 1)
      panelTiles = index(llvm::divideCeil(*getConstantIntValue(panelCount), shape.panels));
    struct Loop {
      Value count;
      std::function<void(Value)> enter;
    };
    SmallVector<Loop> loops;
    outer.assign(n, Value());
    for (unsigned i = 0; i + 1 < n; ++i)
      if (i != rowsAxis)
        loops.push_back(
            {getValueOrCreateConstantIndexOp(b, b.getLoc(), sizes[i]), [=](Value v) { outer[i] = v; }});
    Loop rows{rowTiles, [=](Value v) { rowTile = v; }}, panels{panelTiles, [=](Value v) { panelTile = v; }};
    if (group.hasProduct())
      loops.append({panels, rows});
    else
      loops.append({rows, panels});
    std::function<SmallVector<Value>(unsigned, SmallVector<Value>)> nest = [&](unsigned depth,
                                                                               SmallVector<Value> outs) {
      if (depth == loops.size())
        return tile(outs);
      auto loop = scf::ForOp::create(b, index(0), loops[depth].count, index(1), outs);
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPointToStart(loop.getBody());
      loops[depth].enter(loop.getInductionVar());
      SmallVector<Value> inner = nest(depth + 1, SmallVector<Value>(loop.getRegionIterArgs()));
      if (!outs.empty())
        scf::YieldOp::create(b, inner);
      return SmallVector<Value>(loop.getResults());
    };
    return nest(0, SmallVector<Value>(outs));
  }

private:
  TileShape shape;
  ArrayRef<OpFoldResult> sizes;
  std::optional<unsigned> rowsAxis;
  SmallVector<Value> outer; // indices of the axes that are neither rows nor lanes
  Value rowTile, panelTile, panelCount;

  /// Tiles of `step` that cover `size`; 0 if this shape is not for that size.
  Value count(OpFoldResult size, int64_t step, int64_t below) {
    if (std::optional<int64_t> s = getConstantIntValue(size))
      return index(*s < step || (below && *s >= below) ? 0 : llvm::divideCeil(*s, step));
    AffineExpr e = b.getAffineSymbolExpr(0);
    Value v = cast<Value>(size);
    Value tiles = affine::AffineApplyOp::create(b, AffineMap::get(0, 1, e.ceilDiv(step)), v);
    Value fits;
    if (step > 1)
      fits = arith::CmpIOp::create(b, arith::CmpIPredicate::sge, v, index(step));
    if (below) {
      Value small = arith::CmpIOp::create(b, arith::CmpIPredicate::slt, v, index(below));
      fits = fits ? arith::AndIOp::create(b, fits, small).getResult() : small;
    }
    return fits ? arith::SelectOp::create(b, fits, tiles, index(0)).getResult() : tiles;
  }

  /// The first place of a tile; the last tile ends at the end.
  Value tileStart(Value tile, int64_t step, OpFoldResult size) {
    AffineExpr d = b.getAffineDimExpr(0), s = b.getAffineSymbolExpr(0);
    if (step == 1)
      return tile;
    OpFoldResult start = affine::makeComposedFoldedAffineMin(
        b, b.getLoc(), AffineMap::get(1, 1, {d * step, s - step}, b.getContext()), {tile, size});
    return getValueOrCreateConstantIndexOp(b, b.getLoc(), start);
  }

  SmallVector<Value> tile(SmallVector<Value> outs) {
    unsigned n = sizes.size();
    // Points of the tile: rows x panels.
    SmallVector<GroupPoint> points;
    Value firstRow = rowsAxis ? tileStart(rowTile, shape.rows, sizes[*rowsAxis]) : Value();
    Value firstPanel =
        shape.panels > 1 ? tileStart(panelTile, shape.panels, getAsOpFoldResult(panelCount)) : panelTile;
    SmallVector<Value> panel, lane;
    for (int64_t p = 0; p < shape.panels; ++p) {
      panel.push_back(p ? arith::AddIOp::create(b, firstPanel, index(p)).getResult() : firstPanel);
      lane.push_back(n ? tileStart(panel[p], shape.lanes, sizes[n - 1]) : Value());
    }
    // Row by row: a step of a product then needs the panels' vectors and one
    // element of a row besides the accumulators, which just fit the registers.
    for (int64_t r = 0; r < shape.rows; ++r) {
      Value row = r ? arith::AddIOp::create(b, firstRow, index(r)).getResult() : firstRow;
      for (int64_t p = 0; p < shape.panels; ++p) {
        GroupPoint point;
        for (Value v : outer)
          point.axes.push_back({v});
        if (rowsAxis)
          point.axes[*rowsAxis] = {row};
        if (n >= 1)
          point.axes[n - 1] = {lane[p], shape.lanes > 1};
        point.panel = panel[p];
        points.push_back(point);
      }
    }
    std::vector<decltype(computed)> at(points.size());
    for (Member &m : group.members) {
      if (m.isReduction()) {
        reduce(m, points, at);
        continue;
      }
      for (auto [i, point] : llvm::enumerate(points)) {
        std::swap(computed, at[i]);
        for (unsigned t = 0; t < m.tuples.size(); ++t)
          compute(m, t, point);
        std::swap(computed, at[i]);
      }
    }
    unsigned o = 0;
    for (Member &m : group.members) {
      if (!m.escapes)
        continue;
      for (OpResult result : m.op->getResults()) {
        OpOperand *init = m.op.getDpsInitOperand(result.getResultNumber());
        for (auto [i, point] : llvm::enumerate(points))
          for (unsigned t = 0; t < m.tuples.size(); ++t) {
            SmallVector<LoopIndex> place =
                placeIn(m, init->get(), m.op.getMatchingIndexingMap(init), loopsAt(m, point, t, {}));
            outs[o] = payload.store(at[i].lookup({result, t}), outs[o], place);
          }
        ++o;
      }
    }
    return outs;
  }

  /// One loop nest over the reductions for all accumulators of the tile.
  void reduce(Member &m, ArrayRef<GroupPoint> points, std::vector<decltype(computed)> &at) {
    OpResult result = m.op->getResult(0);
    Type type = payload.vectorOf(getElementTypeOrSelf(result.getType()));
    SmallVector<Value> starts;
    auto each = [&](llvm::function_ref<void(unsigned, unsigned)> f) {
      for (unsigned i = 0; i < points.size(); ++i)
        for (unsigned t = 0; t < m.tuples.size(); ++t)
          f(i, t);
    };
    each([&](unsigned i, unsigned t) { starts.push_back(payload.vector(startOf(m, t, points[i]))); });
    SmallVector<OpFoldResult> counts(m.op.getNumReductionLoops());
    for (unsigned d = 0; d < m.loops.size(); ++d)
      if (m.loops[d].kind == LoopRole::Reduction)
        counts[m.loops[d].index] = loopSize(m, d);
    SmallVector<Value> ivs;
    std::function<SmallVector<Value>(unsigned, ValueRange)> nest = [&](unsigned depth, ValueRange accs) {
      SmallVector<Value> next;
      if (depth == counts.size()) {
        unsigned n = 0;
        each([&](unsigned i, unsigned t) {
          std::swap(computed, at[i]);
          LaneValue acc{accs[n++], shape.lanes > 1};
          next.push_back(payload.vector(bodyAt(m, t, points[i], ivs, acc)[0]));
          std::swap(computed, at[i]);
        });
        return next;
      }
      Value end = getValueOrCreateConstantIndexOp(b, b.getLoc(), counts[depth]);
      auto loop = scf::ForOp::create(b, index(0), end, index(1), accs);
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPointToStart(loop.getBody());
      ivs.push_back(loop.getInductionVar());
      next = nest(depth + 1, loop.getRegionIterArgs());
      scf::YieldOp::create(b, next);
      ivs.pop_back();
      return SmallVector<Value>(loop.getResults());
    };
    SmallVector<Value> sums = nest(0, starts);
    unsigned n = 0;
    each([&](unsigned i, unsigned t) { at[i][{result, t}] = {sums[n++], isa<VectorType>(type)}; });
  }

  OpFoldResult loopSize(Member &m, unsigned loop) {
    for (OpOperand *in : m.op.getDpsInputOperands())
      for (auto [i, e] : llvm::enumerate(m.op.getMatchingIndexingMap(in).getResults()))
        if (e == b.getAffineDimExpr(loop))
          return tensor::getMixedSize(b, b.getLoc(), in->get(), i);
    llvm_unreachable("a reduction loop is an axis of some input");
  }
};

/// How many leading axes of the group can be one: all tensors in memory have
/// them side by side, or none of them, and none has gaps.
unsigned mergeableAxes(Group &group) {
  Operation *parent = group.root().op->getParentOp();
  if (!isa<func::FuncOp>(parent) || group.numAxes < 3 || group.cutsMembers())
    return 0;
  auto dense = [](Value v) {
    if (isa<BlockArgument>(v))
      return true;
    return !isa<tensor::ExtractSliceOp>(v.getDefiningOp()) &&
           !v.getDefiningOp()->hasTrait<OpTrait::ConstantLike>();
  };
  unsigned most = group.numAxes - 1;
  llvm::SmallPtrSet<Value, 8> together, apart; // tensors that are read so
  for (Member &m : group.members)
    for (OpOperand &operand : m.op->getOpOperands()) {
      bool init = m.op.isDpsInit(&operand);
      if (init && !m.escapes && !m.isReduction())
        continue;
      if (!isa<TensorType>(operand.get().getType()) || splatOf(operand.get()))
        continue;
      if (!init && group.find(traceAccess(operand).base.getDefiningOp()))
        continue;
      AffineMap map = m.op.getMatchingIndexingMap(&operand);
      // Leading axes 0, 1, 2, ... of the group stand first, in order.
      unsigned prefix = 0;
      while (prefix < map.getNumResults() && prefix < most) {
        auto d = dyn_cast<AffineDimExpr>(map.getResult(prefix));
        if (!d || m.loops[d.getPosition()].kind != LoopRole::Axis || m.loops[d.getPosition()].index != prefix)
          break;
        ++prefix;
      }
      if (prefix >= 2 && dense(operand.get())) {
        most = std::min(most, prefix);
        together.insert(operand.get());
        continue;
      }
      apart.insert(operand.get());
      // Otherwise none of them.
      for (unsigned i = 0; i < most; ++i)
        for (unsigned d = 0; d < m.loops.size(); ++d)
          if (m.loops[d].kind == LoopRole::Axis && m.loops[d].index == i && map.isFunctionOfDim(d))
            most = i ? std::min(most, i) : 0;
    }
  // One tensor is read in one way.
  if (llvm::any_of(together, [&](Value v) { return apart.contains(v); }))
    return 0;
  // A body that asks for the index of a merged axis needs it.
  for (Member &m : group.members)
    m.op.getBody()->walk([&](linalg::IndexOp i) {
      if (LoopRole r = m.loops[i.getDim()]; r.kind == LoopRole::Axis)
        most = std::min(most, r.index);
    });
  return most >= 2 ? most : 0;
}

Value mergeAxes(ImplicitLocOpBuilder &b, Value tensor, unsigned axes) {
  SmallVector<ReassociationIndices> groups(1);
  for (int64_t i = 0; i < cast<RankedTensorType>(tensor.getType()).getRank(); ++i) {
    if (i >= axes)
      groups.emplace_back();
    groups.back().push_back(i);
  }
  return tensor::CollapseShapeOp::create(b, tensor, groups);
}

Value splitAxes(ImplicitLocOpBuilder &b, Value tensor, Value like, unsigned axes) {
  SmallVector<ReassociationIndices> groups(1);
  auto type = cast<RankedTensorType>(like.getType());
  for (int64_t i = 0; i < type.getRank(); ++i) {
    if (i >= axes)
      groups.emplace_back();
    groups.back().push_back(i);
  }
  return tensor::ExpandShapeOp::create(b, type, tensor, groups, tensor::getMixedSizes(b, b.getLoc(), like));
}
} // namespace

void rondo::cpu::emitTiles(Group &group, const Machine &machine, Packer &packer) {
  linalg::GenericOp root = group.root().op;
  ImplicitLocOpBuilder b(root.getLoc(), root);
  // An axis of the root's result is an axis of the group.
  SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(b, b.getLoc(), root.getDpsInits()[0]);

  // A destination that was filled for a reduction need not be.
  SmallVector<Value> inits, outs;
  for (Member &m : group.members)
    if (m.escapes)
      for (Value init : m.op.getDpsInits()) {
        inits.push_back(init);
        auto fill = init.getDefiningOp<linalg::FillOp>();
        outs.push_back(fill ? fill.getDpsInits()[0] : init);
      }

  unsigned axes = mergeableAxes(group);
  DenseMap<Value, Value> merged;
  if (axes) {
    auto merge = [&](Value v) { return mergeAxes(b, v, axes); };
    for (Member &m : group.members)
      for (OpOperand &operand : m.op->getOpOperands()) {
        if (!isa<TensorType>(operand.get().getType()) || merged.contains(operand.get()))
          continue;
        AffineMap map = m.op.getMatchingIndexingMap(&operand);
        AffineDimExpr first = map.getNumResults() ? dyn_cast<AffineDimExpr>(map.getResult(0)) : nullptr;
        bool hasAxes = first && m.loops[first.getPosition()].kind == LoopRole::Axis &&
                       m.loops[first.getPosition()].index == 0;
        bool inGroup = m.op.isDpsInput(&operand) && group.find(traceAccess(operand).base.getDefiningOp());
        if (hasAxes && !inGroup && (m.op.isDpsInput(&operand) || m.escapes || m.isReduction()) &&
            !splatOf(operand.get()))
          merged[operand.get()] = merge(operand.get());
        else if (hasAxes && m.op.isDpsInit(&operand) && m.escapes)
          merged[operand.get()] = Value(); // its place has merged axes; it is never read
      }
    for (Value &o : outs)
      o = merge(o);
    sizes = tensor::getMixedSizes(b, b.getLoc(), outs.back()); // the root is the last member
    // All merged axes have the index of the merged one.
    for (Member &m : group.members)
      for (LoopRole &role : m.loops)
        if (role.kind == LoopRole::Axis)
          role.index = role.index < axes ? 0 : role.index - (axes - 1);
    group.numAxes -= axes - 1;
  }

  unsigned n = sizes.size();
  auto staticSize = [&](unsigned i) { return getConstantIntValue(sizes[i]).value_or(ShapedType::kDynamic); };
  int64_t laneSize = n ? staticSize(n - 1) : 1,
          rowCount = group.rowsAxis() ? staticSize(*group.rowsAxis()) : 1;
  int64_t lanes = lanesFor(group, machine, laneSize);
  int64_t perRow = accumulatorsOf(group), budget = machine.registers * 3 / 4;
  std::optional<int64_t> knownLanes;
  if (!ShapedType::isDynamic(laneSize))
    knownLanes = laneSize;
  SmallVector<TileShape> shapes;
  for (int64_t l : {lanes, int64_t(1)}) {
    if (l == 1 && lanes > 1 && !ShapedType::isDynamic(laneSize))
      continue;
    if (l == 1 && lanes == 1 && !shapes.empty())
      continue;
    int64_t allPanels =
        ShapedType::isDynamic(laneSize) ? 1 : std::max<int64_t>(1, llvm::divideCeil(laneSize, l));
    auto [rows, panels] =
        perRow ? productTile(rowCount, allPanels, perRow, budget) : std::pair<int64_t, int64_t>(1, 1);
    SmallVector<int64_t> rowShapes{l == 1 ? 1 : rows};
    if (ShapedType::isDynamic(rowCount))
      for (int64_t fewer : {2, 1})
        if (fewer < rowShapes.back())
          rowShapes.push_back(fewer);
    int64_t below = 0;
    for (int64_t r : rowShapes) {
      TileShape s{r, panels, l, below, l < lanes ? lanes : 0};
      below = r;
      // A single row keeps more panels in flight, to hide the latency.
      if (r == 1 && perRow)
        s.panels = std::min<int64_t>(allPanels, std::max<int64_t>(1, 8 / perRow));
      shapes.push_back(s);
    }
  }

  SmallVector<Value> results = outs;
  for (TileShape shape : shapes) {
    TileEmitter emitter(group, b, shape, sizes);
    emitter.merged = merged;
    emitter.mergedAxes = axes;
    if (shape.lanes > 1)
      for (Member &m : group.members)
        if (m.isReduction())
          for (OpOperand *in : m.op.getDpsInputOperands())
            if (std::optional<PackedOperand> p = packer.pack(group, m, *in, shape.lanes, knownLanes)) {
              if (merged.lookup(in->get())) { // its merged axes stand first in the copy, too
                p->value = mergeAxes(b, p->value, axes);
                p->axes.erase(p->axes.begin(), p->axes.begin() + (axes - 1));
              }
              emitter.packed[in] = *p;
            }
    results = emitter.emit(results);
  }
  if (axes)
    for (auto [r, init] : llvm::zip_equal(results, inits))
      r = splitAxes(b, r, init, axes);
  unsigned o = 0;
  for (Member &m : group.members)
    if (m.escapes)
      for (OpResult result : m.op->getResults())
        result.replaceAllUsesWith(results[o++]);
  eraseMembers(group);
}
