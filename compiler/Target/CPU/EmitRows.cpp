// Reductions along the lanes: sums over the last axis, dot products.
#include "compiler/Target/CPU/EmitGroup.h"
#include "compiler/Target/CPU/GroupEmitter.h"
#include "mlir/Analysis/SliceAnalysis.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace rondo::cpu;

namespace {
class RowEmitter : public GroupEmitter {
public:
  RowEmitter(Group &group, ImplicitLocOpBuilder &b, int64_t lanes) : GroupEmitter(group, b, lanes) {}

  /// The root's value at `at` combined into `acc`.
  Value step(const GroupPoint &at, Value acc) {
    computed.clear();
    for (Member &m : llvm::MutableArrayRef(group.members).drop_back())
      for (unsigned t = 0; t < m.tuples.size(); ++t)
        compute(m, t, at);
    return payload.vector(bodyAt(group.root(), 0, at, {}, {acc, payload.numLanes() > 1})[0]);
  }
  Value start(const GroupPoint &at) { return payload.vector(startOf(group.root(), 0, at)); }
};

/// `a` and `b` combined as the body of the root combines.
Value combine(ImplicitLocOpBuilder &b, Operation *combiner, Value x, Value y) {
  Operation *copy = combiner->clone();
  copy->setOperands({x, y});
  copy->getResult(0).setType(x.getType());
  copy->setLoc(b.getLoc());
  b.insert(copy);
  return copy->getResult(0);
}
} // namespace

void rondo::cpu::emitRows(Group &group, const Machine &machine) {
  linalg::GenericOp root = group.root().op;
  ImplicitLocOpBuilder b(root.getLoc(), root);
  auto index = [&](int64_t i) { return arith::ConstantIndexOp::create(b, i).getResult(); };
  SmallVector<Operation *> combiners;
  (void)matchReduction(root.getRegionOutputArgs(), 0, combiners);
  Operation *combiner = combiners.front();
  Type element = combiner->getResult(0).getType();

  // Sizes of the group's axes, each from an operand of the root that has it.
  SmallVector<OpFoldResult> sizes(group.numAxes);
  for (OpOperand &operand : root->getOpOperands())
    for (auto [i, e] : llvm::enumerate(root.getMatchingIndexingMap(&operand).getResults()))
      if (auto d = dyn_cast<AffineDimExpr>(e))
        if (OpFoldResult &s = sizes[group.root().loops[d.getPosition()].index]; !s)
          s = tensor::getMixedSize(b, b.getLoc(), operand.get(), i);

  unsigned rank = root.getIndexingMapMatchingResult(root->getResult(0)).getNumResults();
  Value out = root.getDpsInits()[0];
  if (auto fill = out.getDefiningOp<linalg::FillOp>())
    out = fill.getDpsInits()[0];
  std::optional<int64_t> size = getConstantIntValue(sizes.back());
  int64_t lanes = lanesFor(group, machine, size.value_or(ShapedType::kDynamic));
  Value end = getValueOrCreateConstantIndexOp(b, b.getLoc(), sizes.back());
  AffineExpr s = b.getAffineSymbolExpr(0);
  Value vectorEnd = getValueOrCreateConstantIndexOp(
      b, b.getLoc(), affine::makeComposedFoldedAffineApply(b, b.getLoc(), s - s % lanes, {sizes.back()}));

  GroupPoint at;
  at.axes.resize(group.numAxes);
  // A loop that carries `value`; `body` maps the carried value to the next.
  auto loop = [&](Value from, Value to, int64_t step, Value value,
                  llvm::function_ref<Value(Value, Value)> body) {
    auto op = scf::ForOp::create(b, from, to, index(step), value);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(op.getBody());
    Value next = body(op.getInductionVar(), op.getRegionIterArg(0));
    scf::YieldOp::create(b, next);
    return op.getResult(0);
  };

  RowEmitter vectors(group, b, lanes), scalars(group, b, 1);
  TypedAttr neutral = *arith::getNeutralElement(combiner);
  // Reduces over the axes from `axis` on; the last are the lanes.
  std::function<Value(unsigned, Value, bool)> reduce = [&](unsigned axis, Value acc, bool vector) -> Value {
    if (axis + 1 < group.numAxes)
      return loop(index(0), getValueOrCreateConstantIndexOp(b, b.getLoc(), sizes[axis]), 1, acc,
                  [&](Value i, Value a) {
                    at.axes[axis] = {i};
                    return reduce(axis + 1, a, vector);
                  });
    if (vector)
      return loop(index(0), vectorEnd, lanes, acc, [&](Value i, Value a) {
        at.axes[axis] = {i, lanes > 1};
        return vectors.step(at, a);
      });
    if (size && *size % lanes == 0)
      return acc;
    return loop(vectorEnd, end, 1, acc, [&](Value i, Value a) {
      at.axes[axis] = {i};
      return scalars.step(at, a);
    });
  };
  std::function<Value(unsigned, Value)> rows = [&](unsigned axis, Value dest) -> Value {
    if (axis < rank)
      return loop(index(0), getValueOrCreateConstantIndexOp(b, b.getLoc(), sizes[axis]), 1, dest,
                  [&](Value i, Value d) {
                    at.axes[axis] = {i};
                    return rows(axis + 1, d);
                  });
    Value total = scalars.start(at);
    if (lanes > 1) {
      auto type = VectorType::get({lanes}, element);
      Value zero = arith::ConstantOp::create(b, DenseElementsAttr::get(type, Attribute(neutral)));
      Value parts = reduce(rank, zero, true);
      // Halves on halves: a fixed order, and the shortest chain.
      for (int64_t half = lanes / 2; half >= 1; half /= 2) {
        Value low = vector::ExtractStridedSliceOp::create(b, parts, ArrayRef<int64_t>{0}, {half}, {1});
        Value high = vector::ExtractStridedSliceOp::create(b, parts, ArrayRef<int64_t>{half}, {half}, {1});
        parts = combine(b, combiner, low, high);
      }
      total = combine(b, combiner, total, vector::ExtractOp::create(b, parts, int64_t(0)));
      total = reduce(rank, total, false);
    } else {
      total = reduce(rank, total, true);
    }
    SmallVector<Value> place;
    AffineMap map = root.getIndexingMapMatchingResult(root->getResult(0));
    for (AffineExpr e : map.getResults())
      place.push_back(at.axes[group.root().loops[cast<AffineDimExpr>(e).getPosition()].index].value);
    return tensor::InsertOp::create(b, total, dest, place);
  };
  root->getResult(0).replaceAllUsesWith(rows(0, out));
  eraseMembers(group);
}
