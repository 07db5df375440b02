// rondo-entry-destinations: entry points, layers and prepare write their results where the caller says.
//
// Needs func.func with one block. Guarantees that each result of an entry point, of a layer and of prepare
// is tied to an argument `rondo.result = i`, the last ones, but for the new value of a state, which is tied
// to the state's argument `rondo.state`. The memory of a result with sizes that are known only late has
// room for the most that they can be, and its elements come to the beginning of it: if only axis 0 is late,
// the argument has the result's rank, else it is flat and says it (`rondo.rank`). A value that is returned
// twice is brought to two places, an argument that is returned is copied; both by bufferisation, which sees
// two destinations.
// Calls of layers give new tensors as destinations (`rondo.into`). Declines calls of entry points.
#include "compiler/Conversion/RondoToLinalg/Passes.h"
#include "dialects/Rondo/IR/RondoDialect.h"
#include "dialects/Rondo/IR/Sizes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"

namespace rondo {
#define GEN_PASS_DEF_ENTRYDESTINATIONS
#include "compiler/Conversion/RondoToLinalg/Passes.h.inc"
} // namespace rondo

using namespace mlir;
using namespace rondo;

namespace {

// For each result the axes whose size another result (`rondo.size`) tells.
SmallVector<SmallVector<int64_t>> findLateAxes(func::FuncOp function) {
  unsigned number = 0;
  for (BlockArgument arg : function.getArguments())
    if (function.getArgAttr(arg.getArgNumber(), attrs::name))
      number += cast<RankedTensorType>(arg.getType()).getRank();
  DenseMap<unsigned, std::pair<unsigned, int64_t>> axes; // by the number of the size
  for (auto [i, type] : llvm::enumerate(function.getResultTypes()))
    for (int64_t axis = 0, rank = cast<RankedTensorType>(type).getRank(); axis < rank; ++axis)
      axes[number++] = {i, axis};
  SmallVector<SmallVector<int64_t>> late(function.getNumResults());
  for (unsigned i = 0; i < function.getNumResults(); ++i)
    if (auto size = function.getResultAttrOfType<IntegerAttr>(i, attrs::size)) {
      auto [result, axis] = axes.lookup(size.getInt());
      late[result].push_back(axis);
    }
  return late;
}

// The whole stack, if `value` is that of a scan with `until`, cut to the steps done.
Value uncut(Value value) {
  auto cut = value.getDefiningOp<tensor::ExtractSliceOp>();
  auto scan = cut ? cut.getSource().getDefiningOp<ScanOp>() : ScanOp();
  if (!scan || !scan.getUntil() || cut.getSourceType().getRank() != cut.getType().getRank() ||
      !cut.hasUnitStride() || !cut.hasZeroOffset() || !cut.isDynamicSize(0))
    return {};
  auto steps = cut.getDynamicSize(0).getDefiningOp<arith::MinUIOp>();
  auto isMost = [&](Value most) { return isEqualConstantIntOrValue(most, scan.getSteps()); };
  if (!steps || !(isMost(steps.getLhs()) || isMost(steps.getRhs())))
    return {};
  ReifiedRankedShapedTypeDims shapes;
  OpBuilder b(scan);
  if (failed(scan.reifyResultShapes(b, shapes)))
    return {};
  ArrayRef<OpFoldResult> whole = shapes[cast<OpResult>(cut.getSource()).getResultNumber()];
  SmallVector<OpFoldResult> sizes = cut.getMixedSizes();
  return isEqualConstantIntOrValueArray(ArrayRef(sizes).drop_front(), whole.drop_front()) ? cut.getSource()
                                                                                          : Value();
}

// Brings `value` to the beginning of `whole`.
Value bringToBeginning(OpBuilder &b, Location loc, Value value, Value whole) {
  if (llvm::is_contained(cast<RankedTensorType>(whole.getType()).getShape(), 0))
    return whole; // nothing to bring, and no slice begins in an axis without places
  SmallVector<OpFoldResult> sizes = mixedSizes(b, loc, value);
  SmallVector<OpFoldResult> zeros(sizes.size(), b.getIndexAttr(0)), ones(sizes.size(), b.getIndexAttr(1));
  Value part = tensor::ExtractSliceOp::create(b, loc, cast<RankedTensorType>(value.getType()), whole, zeros,
                                              sizes, ones);
  Value there =
      bufferization::MaterializeInDestinationOp::create(b, loc, value.getType(), value, part).getResult();
  return tensor::InsertSliceOp::create(b, loc, there, whole, zeros, sizes, ones);
}

// A result with late axes, brought to a new argument.
Value bringLate(OpBuilder &b, func::FuncOp function, Value value, ArrayRef<int64_t> lateAxes,
                ArrayRef<NamedAttribute> attributes) {
  Location loc = value.getLoc();
  auto type = cast<RankedTensorType>(value.getType());
  unsigned last = function.getNumArguments();
  bool isDense = lateAxes == ArrayRef<int64_t>{0};
  Value whole = isDense ? uncut(value) : Value();
  RankedTensorType memory = type;
  SmallVector<NamedAttribute> described(attributes);
  if (whole) {
    memory = cast<RankedTensorType>(whole.getType());
  } else if (!isDense) {
    memory = RankedTensorType::get({ShapedType::kDynamic}, type.getElementType());
    described.push_back(b.getNamedAttr(attrs::rank, b.getI64IntegerAttr(type.getRank())));
    ReassociationIndices all = llvm::to_vector(llvm::seq<int64_t>(0, type.getRank()));
    value = tensor::CollapseShapeOp::create(b, loc, memory, value, SmallVector<ReassociationIndices>{all});
  }
  (void)function.insertArgument(last, memory, b.getDictionaryAttr(described), loc);
  Value destination = function.getArgument(last);
  if (!whole)
    return bringToBeginning(b, loc, value, destination);
  return bufferization::MaterializeInDestinationOp::create(b, loc, memory, whole, destination).getResult();
}

// Whether a value is a state as it was, or a part of it.
bool isOldState(func::FuncOp function, Value value) {
  while (Operation *op = value.getDefiningOp()) {
    if (!isa<tensor::ExtractSliceOp, tensor::ExpandShapeOp, tensor::CollapseShapeOp, tensor::CastOp>(op))
      return false;
    value = op->getOperand(0);
  }
  auto arg = dyn_cast<BlockArgument>(value);
  return arg && arg.getOwner() == &function.front() && function.getArgAttr(arg.getArgNumber(), attrs::state);
}

// A new value that is another state's old one (`a, b = b, a`) is saved before either is overwritten.
void saveOldStates(func::FuncOp function, func::ReturnOp results) {
  OpBuilder b(results);
  for (OpOperand &result : results->getOpOperands()) {
    Value state = newStateOf(function, result.getOperandNumber()), value = result.get();
    if (!state || value == state || !isOldState(function, value))
      continue;
    Location loc = value.getLoc();
    Value saved = tensor::EmptyOp::create(b, loc, mixedSizes(b, loc, value), getElementTypeOrSelf(value));
    result.set(linalg::CopyOp::create(b, loc, value, saved).getResult(0));
  }
}

void addDestinations(func::FuncOp function) {
  SmallVector<SmallVector<int64_t>> lateAxes = findLateAxes(function);
  auto results = cast<func::ReturnOp>(function.getBody().front().getTerminator());
  saveOldStates(function, results);
  OpBuilder b(results);
  for (OpOperand &result : results->getOpOperands()) {
    Location loc = result.get().getLoc();
    Value destination = newStateOf(function, result.getOperandNumber());
    if (!destination) {
      unsigned last = function.getNumArguments(), i = result.getOperandNumber();
      SmallVector<NamedAttribute> number = {b.getNamedAttr(attrs::result, b.getI64IntegerAttr(i))};
      if (Attribute size = function.getResultAttr(i, attrs::size))
        number.push_back(b.getNamedAttr(attrs::size, size));
      if (Attribute isUnsigned = function.getResultAttr(i, "rondo.unsigned"))
        number.push_back(b.getNamedAttr("rondo.unsigned", isUnsigned));
      if (!lateAxes[i].empty()) {
        result.set(bringLate(b, function, result.get(), lateAxes[i], number));
        continue;
      }
      (void)function.insertArgument(last, result.get().getType(), b.getDictionaryAttr(number), loc);
      destination = function.getArgument(last);
    }
    result.set(bufferization::MaterializeInDestinationOp::create(b, loc, result.get().getType(), result.get(),
                                                                 destination)
                   .getResult());
  }
  function.setFunctionType(b.getFunctionType(function.getArgumentTypes(), results->getOperandTypes()));
}

// Copies what the companion of `callee` computes the sizes of result `number` from.
SmallVector<Value> sizesOfResult(OpBuilder &b, func::CallOp call, func::FuncOp callee, unsigned number) {
  auto type = cast<RankedTensorType>(call.getResult(number).getType());
  auto name = callee->getAttrOfType<FlatSymbolRefAttr>(attrs::shapes);
  if (type.hasStaticShape() || !name)
    return {};
  auto shapes = SymbolTable::lookupNearestSymbolFrom<func::FuncOp>(callee, name);
  IRMapping copies;
  copies.map(shapes.getArguments(), call.getOperands().take_front(shapes.getNumArguments()));
  for (Operation &op : shapes.getBody().front().without_terminator())
    b.clone(op, copies);
  ValueRange all = shapes.getBody().front().getTerminator()->getOperands();
  for (OpResult behind : call->getResults().drop_front(number + 1))
    if (!newStateOf(callee, behind.getResultNumber()))
      all = all.drop_back(cast<RankedTensorType>(behind.getType()).getRank());
  SmallVector<Value> sizes;
  for (auto [axis, size] : llvm::enumerate(all.take_back(type.getRank())))
    if (type.isDynamicDim(axis))
      sizes.push_back(copies.lookup(size));
  return sizes;
}

void addDestinations(func::CallOp call, func::FuncOp callee) {
  OpBuilder b(call);
  SmallVector<Value> operands(call.getOperands());
  SmallVector<int64_t> updates(call.getNumResults(), -1);
  for (unsigned i = 0; i < call.getNumResults(); ++i)
    if (BlockArgument updated = newStateOf(callee, i))
      updates[i] = updated.getArgNumber();
    else
      operands.push_back(tensor::EmptyOp::create(b, call.getLoc(), call.getResult(i).getType(),
                                                 sizesOfResult(b, call, callee, i)));
  call->setOperands(operands);
  if (llvm::any_of(updates, [](int64_t operand) { return operand >= 0; }))
    call->setAttr(attrs::updates, b.getDenseI64ArrayAttr(updates));
  call->setAttr(attrs::into, b.getUnitAttr());
}

struct EntryDestinations : rondo::impl::EntryDestinationsBase<EntryDestinations> {
  void runOnOperation() override {
    SymbolTable symbols(getOperation());
    SmallVector<std::pair<func::CallOp, func::FuncOp>> inner;
    WalkResult calls = getOperation().walk([&](func::CallOp call) {
      auto callee = symbols.lookup<func::FuncOp>(call.getCallee());
      if (!callee || !takesDestinations(callee))
        return WalkResult::advance();
      if (callee.isPrivate() && !callee->hasAttr(attrs::entry)) {
        inner.push_back({call, callee});
        return WalkResult::advance();
      }
      call.emitError("calls the entry point ") << call.getCallee() << ", which should have been inlined";
      return WalkResult::interrupt();
    });
    if (calls.wasInterrupted())
      return signalPassFailure();
    for (auto function : getOperation().getOps<func::FuncOp>()) {
      if (!takesDestinations(function) || function.isExternal())
        continue;
      if (!function.getBody().hasOneBlock()) {
        function.emitError("has more than one block");
        return signalPassFailure();
      }
      if (llvm::any_of(function.getArgumentTypes(), llvm::IsaPred<MemRefType>)) {
        function.emitError("takes memrefs before there are any");
        return signalPassFailure();
      }
      addDestinations(function);
    }
    for (auto [call, callee] : inner)
      addDestinations(call, callee);
  }
};

} // namespace
