// Packing: a copy of a product's right operand in the order of its use.
//
// BEFORE  w: [gates, N, K], read at [g, n + 0 .. n + lanes, k]: lanes far apart
// AFTER   packed: [N / lanes, K, gates, lanes], read front to back by a tile
//
// Worth it for an operand that all rows of a result share (each element is read
// once a tile of rows), and for weights, which are packed once for all calls.
#include "compiler/Target/CPU/Pack.h"
#include "compiler/Analysis/KnownSizes.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

using namespace mlir;
using namespace rondo;
using namespace rondo::cpu;

/// Loops of the member in the order of the packed axes; nothing if the operand
/// is better left where it is.
static std::optional<SmallVector<PackedAxis>> packedAxes(const Group &group, const Member &m,
                                                         OpOperand &operand) {
  linalg::GenericOp op = m.op;
  AffineMap map = op.getMatchingIndexingMap(&operand);
  if (group.numAxes == 0 || group.reducesLanes || !op.isDpsInput(&operand) || map.getNumResults() < 2)
    return std::nullopt;
  unsigned laneAxis = group.lanesAxis();
  std::optional<unsigned> rowsAxis = group.rowsAxis();
  SmallVector<PackedAxis> outer, inner, unrolled;
  std::optional<unsigned> laneLoop;
  bool reduced = false;
  for (AffineExpr e : map.getResults()) {
    auto d = dyn_cast<AffineDimExpr>(e);
    if (!d)
      return std::nullopt;
    LoopRole role = m.loops[d.getPosition()];
    if (role.kind == LoopRole::Reduction) {
      inner.push_back({PackedAxis::Inner, d.getPosition()});
      reduced = true;
    } else if (role.kind == LoopRole::Unrolled) {
      unrolled.push_back({PackedAxis::Inner, d.getPosition()});
    } else if (role.index == laneAxis) {
      laneLoop = d.getPosition();
    } else if (rowsAxis && role.index == *rowsAxis) {
      return std::nullopt; // one element for each of the result: no reuse
    } else {
      outer.push_back({PackedAxis::Outer, d.getPosition()});
    }
  }
  if (!laneLoop || !reduced)
    return std::nullopt;
  bool inPlace = map.getResult(map.getNumResults() - 1) == getAffineDimExpr(*laneLoop, map.getContext());
  if (!isWeight(operand.get()) && (inPlace || group.numAxes < 2))
    return std::nullopt;
  llvm::sort(inner, [](PackedAxis a, PackedAxis b) { return a.loop < b.loop; });
  SmallVector<PackedAxis> axes(outer);
  axes.push_back({PackedAxis::Panel, *laneLoop});
  axes.append(inner);
  axes.append(unrolled);
  axes.push_back({PackedAxis::Lane, *laneLoop});
  return axes;
}

std::optional<PackedOperand> Packer::pack(const Group &group, const Member &m, OpOperand &operand,
                                          int64_t lanes, std::optional<int64_t> groupSize) {
  std::optional<SmallVector<PackedAxis>> axes = packedAxes(group, m, operand);
  if (!axes || (group.cutsMembers() && !groupSize))
    return std::nullopt;
  Value source = operand.get();
  linalg::GenericOp op = m.op;
  AffineMap map = op.getMatchingIndexingMap(&operand);
  auto axisOf = [&](unsigned loop) {
    for (auto [i, e] : llvm::enumerate(map.getResults()))
      if (cast<AffineDimExpr>(e).getPosition() == loop)
        return unsigned(i);
    llvm_unreachable("a packed axis is an axis of the operand");
  };
  Builder attr(source.getContext());
  SmallVector<Attribute> layout{attr.getI64IntegerAttr(lanes),
                                attr.getI64IntegerAttr(groupSize.value_or(-1))};
  for (PackedAxis a : *axes)
    layout.push_back(attr.getI64IntegerAttr(axisOf(a.loop)));
  auto key = std::make_pair(source, attr.getArrayAttr(layout));
  for (auto &[k, v] : made)
    if (k == key)
      return PackedOperand{v, *axes};

  ImplicitLocOpBuilder b(op.getLoc(), op.getContext());
  b.setInsertionPointAfterValue(source);
  // By name: memory is made of these sizes, outside of loops.
  SmallVector<OpFoldResult> sizes = sizesOf(b, b.getLoc(), source), packedSizes;
  AffineExpr s = b.getAffineSymbolExpr(0);
  OpFoldResult laneSize;
  for (PackedAxis a : *axes) {
    OpFoldResult size = sizes[axisOf(a.loop)];
    if (a.kind == PackedAxis::Lane)
      packedSizes.push_back(b.getIndexAttr(lanes));
    else if (a.kind == PackedAxis::Panel) {
      laneSize = size = groupSize ? b.getIndexAttr(*groupSize) : size;
      packedSizes.push_back(affine::makeComposedFoldedAffineApply(b, b.getLoc(), s.ceilDiv(lanes), {size}));
    } else
      packedSizes.push_back(size);
  }
  Value zero, last;
  if (std::optional<int64_t> n = getConstantIntValue(laneSize)) {
    last = arith::ConstantIndexOp::create(b, *n - lanes);
  } else {
    // Fewer than a panel: such a panel is never read, but it must be made
    // without reading past the ends.
    zero = arith::ConstantIndexOp::create(b, 0);
    last = affine::AffineApplyOp::create(b, AffineMap::get(0, 1, s - lanes), cast<Value>(laneSize));
  }
  Value empty = tensor::EmptyOp::create(b, packedSizes, getElementTypeOrSelf(source.getType()));
  unsigned rank = axes->size();
  SmallVector<utils::IteratorType> iterators(rank, utils::IteratorType::parallel);
  auto generic = linalg::GenericOp::create(
      b, empty.getType(), ValueRange{}, empty, b.getMultiDimIdentityMap(rank), iterators,
      [&](OpBuilder &nested, Location loc, ValueRange) {
        ImplicitLocOpBuilder nb(loc, nested);
        SmallVector<Value> at(map.getNumResults());
        Value panel, lane;
        for (auto [i, a] : llvm::enumerate(*axes)) {
          Value index = linalg::IndexOp::create(nb, i);
          if (a.kind == PackedAxis::Panel)
            panel = index;
          else if (a.kind == PackedAxis::Lane)
            lane = index;
          else
            at[axisOf(a.loop)] = index;
          if (panel && lane) {
            Value first = arith::MulIOp::create(nb, panel, arith::ConstantIndexOp::create(nb, lanes));
            first = arith::MinSIOp::create(nb, first, last);
            Value n = arith::AddIOp::create(nb, first, lane);
            if (zero)
              n = arith::MaxSIOp::create(nb, n, zero);
            at[axisOf(a.loop)] = n;
          }
        }
        linalg::YieldOp::create(nb, tensor::ExtractOp::create(nb, source, at).getResult());
      });
  Value packed = generic.getResult(0);
  made.push_back({key, packed});
  return PackedOperand{packed, *axes};
}
