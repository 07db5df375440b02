// Work of one step, done for all steps at once: for each kind of operation, what a new leading axis means.
#include "compiler/Transforms/TimeAxis.h"
#include "compiler/Analysis/KnownSizes.h"
#include "compiler/Transforms/Equation.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace rondo;

TimeAxis::TimeAxis(OpBuilder &b, ScanOp scan) : b(b), scan(scan), steps(getAsOpFoldResult(scan.getSteps())) {}

bool TimeAxis::supports(Operation *op, function_ref<bool(Value)> varies) {
  auto isTensor = [](Value value) { return isa<RankedTensorType>(value.getType()); };
  // A number, unlike a tensor, has no place for a time axis.
  for (Value operand : op->getOperands())
    if (varies(operand) && !isTensor(operand))
      return false;
  if (!llvm::all_of(op->getResults(), isTensor) || !llvm::any_of(op->getOperands(), varies))
    return false;
  if (OpTrait::hasElementwiseMappableTraits(op))
    return true;
  return llvm::TypeSwitch<Operation *, bool>(op)
      .Case<linalg::BroadcastOp, linalg::TransposeOp>([&](auto op) { return !varies(op.getInit()); })
      // Either the rows or the indices; rows of stacked indices would come behind the axes before `dim`.
      .Case([&](GatherOp gather) {
        return !varies(gather.getIndices()) || (!varies(gather.getSource()) && gather.getDim() == 0);
      })
      .Case<ContractOp, ReduceOp, SoftmaxOp, NormalizeOp, CheckOp, tensor::ExtractSliceOp,
            tensor::InsertSliceOp, tensor::ExpandShapeOp, tensor::CollapseShapeOp, tensor::ConcatOp,
            tensor::CastOp>([](auto) { return true; })
      .Default(false);
}

RankedTensorType TimeAxis::stackType(Type slice) const {
  auto type = cast<RankedTensorType>(slice);
  SmallVector<int64_t> shape(type.getShape());
  shape.insert(shape.begin(), getConstantIntValue(steps).value_or(ShapedType::kDynamic));
  return type.clone(shape);
}

void TimeAxis::map(Value value, Value stack) {
  stacks.map(value, castTo(b, stack, stackType(value.getType())));
}

Value TimeAxis::outside(Value value) {
  if (!scan.getBody().isAncestor(value.getParentRegion()))
    return value;
  if (Value copied = outer.lookupOrNull(value))
    return copied;
  Operation *op = value.getDefiningOp();
  IRMapping mapping;
  for (Value operand : op->getOperands())
    mapping.map(operand, outside(operand));
  Operation *copied = b.clone(*op, mapping);
  outer.map(op->getResults(), copied->getResults());
  return outer.lookup(value);
}

SmallVector<OpFoldResult> TimeAxis::sizesOverTime(Location loc, Value value) {
  SmallVector<OpFoldResult> sizes = sizesOf(b, loc, value);
  for (OpFoldResult &size : sizes)
    if (auto inner = dyn_cast<Value>(size))
      size = outside(inner);
  sizes.insert(sizes.begin(), steps);
  return sizes;
}

Value TimeAxis::empty(Location loc, Value like) {
  return tensor::EmptyOp::create(b, loc, sizesOverTime(loc, like),
                                 cast<RankedTensorType>(like.getType()).getElementType());
}

// What does not change is repeated; what is a broadcast already is made one axis larger.
Value TimeAxis::overTime(Value value) {
  if (varies(value))
    return stackOf(value);
  Location loc = value.getLoc();
  RankedTensorType type = stackType(value.getType());
  SplatElementsAttr constant;
  if (matchPattern(value, m_Constant(&constant)) && type.hasStaticShape())
    return arith::ConstantOp::create(b, loc,
                                     SplatElementsAttr::get(type, constant.getSplatValue<Attribute>()));
  Value scalar;
  if (matchPattern(value, m_Constant(&constant)))
    scalar = arith::ConstantOp::create(b, loc, cast<TypedAttr>(constant.getSplatValue<Attribute>()));
  else if (auto splat = value.getDefiningOp<tensor::SplatOp>())
    scalar = outside(splat.getInput());
  if (scalar) {
    SmallVector<Value> dynamic;
    SmallVector<int64_t> shape;
    dispatchIndexOpFoldResults(sizesOverTime(loc, value), dynamic, shape);
    return castTo(
        b,
        tensor::SplatOp::create(b, loc, scalar, RankedTensorType::get(shape, type.getElementType()), dynamic),
        type);
  }
  SmallVector<int64_t> added{0};
  Value source = value;
  if (auto broadcast = value.getDefiningOp<linalg::BroadcastOp>()) {
    source = broadcast.getInput();
    for (int64_t dim : broadcast.getDimensions())
      added.push_back(dim + 1);
  }
  Value result = linalg::BroadcastOp::create(b, loc, outside(source), empty(loc, value), added)->getResult(0);
  return castTo(b, result, type);
}

// [[0, 1], [2]] -> [[0], [1, 2], [3]]; without a group, as to and from rank 0, the axes join the time's.
static SmallVector<ReassociationIndices> shifted(ArrayRef<ReassociationIndices> groups, int64_t axes) {
  SmallVector<ReassociationIndices> result{{0}};
  for (const ReassociationIndices &group : groups)
    result.push_back(llvm::map_to_vector<2>(group, [](int64_t axis) { return axis + 1; }));
  if (groups.empty())
    for (int64_t axis = 1; axis <= axes; ++axis)
      result.front().push_back(axis);
  return result;
}

void TimeAxis::copy(Operation *op) {
  Location loc = op->getLoc();
  auto add = [&](Value value, Value stack) { map(value, stack); };
  auto shift = [](int64_t axis) { return axis + 1; };
  auto withTime = [&](SmallVector<OpFoldResult> list, OpFoldResult first) {
    for (OpFoldResult &entry : list)
      if (auto value = dyn_cast<Value>(entry))
        entry = outside(value);
    list.insert(list.begin(), first);
    return list;
  };
  OpFoldResult zero = b.getIndexAttr(0), one = b.getIndexAttr(1);

  if (OpTrait::hasElementwiseMappableTraits(op)) {
    IRMapping mapping;
    for (Value operand : op->getOperands())
      mapping.map(operand, isa<RankedTensorType>(operand.getType()) ? overTime(operand) : outside(operand));
    Operation *copied = b.clone(*op, mapping);
    for (auto [from, to] : llvm::zip_equal(op->getResults(), copied->getResults())) {
      to.setType(stackType(from.getType()));
      map(from, to);
    }
    return;
  }
  llvm::TypeSwitch<Operation *>(op)
      .Case([&](ContractOp contract) {
        Equation equation(contract);
        char time = equation.freshLetter('t');
        if (varies(contract.getLhs()))
          equation.lhs.insert(0, 1, time);
        if (varies(contract.getRhs()))
          equation.rhs.insert(0, 1, time);
        equation.result.insert(0, 1, time);
        add(contract, ContractOp::create(b, loc, stackType(contract.getType()), equation.str(),
                                         either(contract.getLhs()), either(contract.getRhs())));
      })
      .Case([&](linalg::BroadcastOp broadcast) {
        auto dims = llvm::map_to_vector(broadcast.getDimensions(), shift);
        Value result = broadcast->getResult(0);
        add(result, linalg::BroadcastOp::create(b, loc, stackOf(broadcast.getInput()),
                                                empty(loc, broadcast.getInit()), dims)
                        ->getResult(0));
      })
      .Case([&](linalg::TransposeOp transpose) {
        auto permutation = llvm::map_to_vector(transpose.getPermutation(), shift);
        permutation.insert(permutation.begin(), 0);
        add(transpose->getResult(0), linalg::TransposeOp::create(b, loc, stackOf(transpose.getInput()),
                                                                 empty(loc, transpose.getInit()), permutation)
                                         ->getResult(0));
      })
      .Case([&](ReduceOp reduce) {
        add(reduce,
            ReduceOp::create(b, loc, stackType(reduce.getType()), reduce.getKind(),
                             stackOf(reduce.getInput()), llvm::map_to_vector(reduce.getDims(), shift)));
      })
      .Case([&](SoftmaxOp softmax) {
        Value input = stackOf(softmax.getInput());
        add(softmax,
            SoftmaxOp::create(b, loc, input.getType(), input, softmax.getDim() + 1, softmax.getLog()));
      })
      .Case([&](NormalizeOp normalize) {
        Value input = stackOf(normalize.getInput());
        add(normalize, NormalizeOp::create(b, loc, input.getType(), normalize.getKind(), input,
                                           normalize.getRank(), normalize.getEps()));
      })
      .Case([&](GatherOp gather) {
        bool rows = varies(gather.getSource());
        add(gather, GatherOp::create(b, loc, stackType(gather.getType()), either(gather.getSource()),
                                     either(gather.getIndices()), gather.getDim() + rows));
      })
      .Case([&](CheckOp check) { CheckOp::create(b, loc, stackOf(check.getOk()), check.getMessage()); })
      .Case([&](tensor::ExtractSliceOp slice) {
        add(slice, tensor::ExtractSliceOp::create(
                       b, loc, stackType(slice.getType()), stackOf(slice.getSource()),
                       withTime(slice.getMixedOffsets(), zero), withTime(slice.getMixedSizes(), steps),
                       withTime(slice.getMixedStrides(), one)));
      })
      .Case([&](tensor::InsertSliceOp insert) {
        add(insert, tensor::InsertSliceOp::create(
                        b, loc, overTime(insert.getSource()), overTime(insert.getDest()),
                        withTime(insert.getMixedOffsets(), zero), withTime(insert.getMixedSizes(), steps),
                        withTime(insert.getMixedStrides(), one)));
      })
      .Case([&](tensor::ExpandShapeOp expand) {
        add(expand,
            tensor::ExpandShapeOp::create(
                b, loc, stackType(expand.getType()), stackOf(expand.getSrc()),
                shifted(expand.getReassociationIndices(), expand.getResultType().getRank()),
                withTime(getMixedValues(expand.getStaticOutputShape(), expand.getOutputShape(), b), steps)));
      })
      .Case([&](tensor::CollapseShapeOp collapse) {
        add(collapse, tensor::CollapseShapeOp::create(
                          b, loc, stackType(collapse.getType()), stackOf(collapse.getSrc()),
                          shifted(collapse.getReassociationIndices(), collapse.getSrcType().getRank())));
      })
      .Case([&](tensor::ConcatOp concat) {
        SmallVector<Value> inputs =
            llvm::map_to_vector(concat.getInputs(), [&](Value value) { return overTime(value); });
        add(concat,
            tensor::ConcatOp::create(b, loc, stackType(concat.getType()), concat.getDim() + 1, inputs));
      })
      .Case([&](tensor::CastOp cast) {
        add(cast, tensor::CastOp::create(b, loc, stackType(cast.getType()), stackOf(cast.getSource())));
      })
      .Default([](Operation *) { llvm_unreachable("what has no time axis was refused before"); });
}
