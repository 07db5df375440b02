// rondo-scalar-regions: the regions of an attention compute on scalars.
//
// Needs phase `rondo`, calls inlined: regions whose arguments are tensors of rank
// 0 and whose operations can become scalar (`AttentionOp::canBecomeScalar`).
// Guarantees that regions compute on scalars, and that what they read from
// captures is read by `tensor.extract`, an element at a time: slices that lead to
// one element are composed into its place. Regions on scalars stay as they are.
#include "compiler/Transforms/Passes.h"
#include "dialects/Rondo/IR/RondoDialect.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"

namespace rondo {
#define GEN_PASS_DEF_SCALARREGIONS
#include "compiler/Transforms/Passes.h.inc"
} // namespace rondo

using namespace mlir;
using namespace rondo;

namespace {
/// Writes the scalar form of a region's block at the end of another one.
class Scalars {
public:
  Scalars(Block &block) : b(OpBuilder::atBlockEnd(&block)) {}

  /// A value of the old block in the new one: what was no tensor, or a tensor to be read.
  IRMapping values;
  /// The scalar of a tensor of rank 0.
  DenseMap<Value, Value> scalars;

  LogicalResult write(Operation &op);

private:
  FailureOr<Value> scalar(Value value) { return element(value, {}); }
  FailureOr<Value> element(Value value, SmallVector<Value> place);
  FailureOr<SmallVector<Value>> placeBelow(Operation *op, ArrayRef<Value> place);
  Value index(OpFoldResult number, Location loc) {
    auto value = dyn_cast<Value>(number);
    return value ? values.lookup(value) : getValueOrCreateConstantIndexOp(b, loc, number);
  }

  OpBuilder b;
};
} // namespace

static bool isTensor(Value value) { return isa<RankedTensorType>(value.getType()); }

// Where an element of the result of a slice, a cast or a reshape lies in the operand.
FailureOr<SmallVector<Value>> Scalars::placeBelow(Operation *op, ArrayRef<Value> place) {
  Location loc = op->getLoc();
  if (isa<tensor::CastOp>(op))
    return SmallVector<Value>(place);
  auto zero = [&] { return index(b.getIndexAttr(0), loc); };
  if (auto slice = dyn_cast<tensor::ExtractSliceOp>(op)) {
    SmallVector<Value> below;
    llvm::SmallBitVector dropped = slice.getDroppedDims();
    for (auto [axis, offset, stride] : llvm::enumerate(slice.getMixedOffsets(), slice.getMixedStrides())) {
      Value at = index(offset, loc);
      if (!dropped.test(axis)) {
        Value step = arith::MulIOp::create(b, loc, place.front(), index(stride, loc));
        at = arith::AddIOp::create(b, loc, at, step);
        place = place.drop_front();
      }
      below.push_back(at);
    }
    return below;
  }
  // Of each group of axes one at most is not of size 1: it alone has an index.
  auto theOne = [](ArrayRef<int64_t> group, RankedTensorType type) {
    auto found = llvm::find_if(group, [&](int64_t axis) { return type.getDimSize(axis) != 1; });
    return found == group.end() ? group.front() : *found;
  };
  if (auto collapse = dyn_cast<tensor::CollapseShapeOp>(op)) {
    SmallVector<Value> below(collapse.getSrcType().getRank(), zero());
    for (auto [group, at] : llvm::zip(collapse.getReassociationIndices(), place))
      below[theOne(group, collapse.getSrcType())] = at;
    return below;
  }
  if (auto expand = dyn_cast<tensor::ExpandShapeOp>(op)) {
    SmallVector<Value> below;
    for (ArrayRef<int64_t> group : expand.getReassociationIndices())
      below.push_back(place[theOne(group, expand.getResultType())]);
    return below;
  }
  return failure();
}

FailureOr<Value> Scalars::element(Value value, SmallVector<Value> place) {
  if (!isTensor(value))
    return values.lookup(value);
  if (Value known = scalars.lookup(value))
    return known;
  if (Value tensor = values.lookupOrNull(value)) {
    Value read = tensor::ExtractOp::create(b, value.getLoc(), tensor, place);
    if (place.empty())
      scalars[value] = read;
    return read;
  }
  Operation *op = value.getDefiningOp();
  auto below = placeBelow(op, place);
  if (failed(below))
    return failure();
  return element(op->getOperand(0), *below);
}

LogicalResult Scalars::write(Operation &op) {
  Location loc = op.getLoc();
  auto fail = [&] { return op.emitError("cannot be computed on scalars"); };
  if (!AttentionOp::canBecomeScalar(op))
    return fail();
  if (isa<tensor::ExtractSliceOp, tensor::CastOp, tensor::CollapseShapeOp, tensor::ExpandShapeOp>(op))
    return success(); // where it is read
  if (auto constant = dyn_cast<arith::ConstantOp>(op); constant && isTensor(constant)) {
    auto elements = dyn_cast<DenseElementsAttr>(constant.getValue());
    if (!elements || !elements.isSplat())
      return fail();
    scalars[constant] =
        arith::ConstantOp::create(b, loc, cast<TypedAttr>(elements.getSplatValue<Attribute>()));
    return success();
  }
  if (auto extract = dyn_cast<tensor::ExtractOp>(op)) {
    SmallVector<Value> place =
        llvm::map_to_vector(extract.getIndices(), [&](Value at) { return values.lookup(at); });
    FailureOr<Value> read = element(extract.getTensor(), place);
    if (failed(read))
      return fail();
    values.map(extract, *read);
    return success();
  }
  if (isa<tensor::FromElementsOp, tensor::SplatOp>(op)) {
    scalars[op.getResult(0)] = values.lookup(op.getOperand(0));
    return success();
  }
  if (isa<AttentionYieldOp, CheckOp>(op) || llvm::any_of(op.getResults(), isTensor)) {
    SmallVector<Value> operands;
    for (Value operand : op.getOperands()) {
      FailureOr<Value> one = scalar(operand);
      if (failed(one))
        return fail();
      operands.push_back(*one);
    }
    SmallVector<Type> types =
        llvm::map_to_vector(op.getResultTypes(), [](Type type) { return getElementTypeOrSelf(type); });
    Operation *made = b.create(loc, op.getName().getIdentifier(), operands, types, op.getAttrs());
    for (auto [old, now] : llvm::zip_equal(op.getResults(), made->getResults()))
      scalars[old] = now;
    return success();
  }
  b.clone(op, values);
  return success();
}

static LogicalResult makeScalar(AttentionOp attention, Region &region) {
  if (region.empty() || !isTensor(region.getArgument(0)))
    return success();
  Block &old = region.front();
  Block &block = region.emplaceBlock();
  Scalars scalars(block);
  unsigned indices = attention.numIndices(region);
  for (BlockArgument argument : old.getArguments()) {
    bool isIndex = argument.getArgNumber() < indices;
    Type type = isIndex ? getElementTypeOrSelf(argument) : argument.getType();
    Value now = block.addArgument(type, argument.getLoc());
    if (isIndex)
      scalars.scalars[argument] = now;
    else
      scalars.values.map(argument, now);
  }
  for (Operation &op : old)
    if (failed(scalars.write(op)))
      return failure();
  old.erase();
  return success();
}

namespace {
struct ScalarRegions : rondo::impl::ScalarRegionsBase<ScalarRegions> {
  void runOnOperation() override {
    WalkResult result = getOperation()->walk([](AttentionOp attention) {
      for (Region *region : {&attention.getScore(), &attention.getMask()})
        if (failed(makeScalar(attention, *region)))
          return WalkResult::interrupt();
      return WalkResult::advance();
    });
    if (result.wasInterrupted())
      signalPassFailure();
  }
};
} // namespace
