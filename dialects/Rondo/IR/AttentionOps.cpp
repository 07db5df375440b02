// rondo.attention: verifiers, sizes of results, canonical form, bufferisation.
#include "dialects/Rondo/IR/RondoDialect.h"
#include "dialects/Rondo/IR/Sizes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace mlir::bufferization;
using namespace rondo;

//===----------------------------------------------------------------------===//
// Structure
//===----------------------------------------------------------------------===//

void AttentionOp::build(OpBuilder &builder, OperationState &state, Value scale, Value query, Value key,
                        Value value, ValueRange captures, Value output, Value weights) {
  SmallVector<Type> results;
  if (isa<TensorType>(output.getType())) {
    results.push_back(output.getType());
    if (weights)
      results.push_back(weights.getType());
  }
  build(builder, state, results, scale, query, key, value, captures, output, weights, /*opaque=*/false);
}

MutableOperandRange AttentionOp::getDpsInitsMutable() {
  unsigned count = getWeights() ? 2 : 1; // the last operands
  return MutableOperandRange(getOperation(), getNumOperands() - count, count);
}

Block &AttentionOp::addBlock(OpBuilder &builder, Region &region) {
  OpBuilder::InsertionGuard guard(builder);
  SmallVector<Type> types(numIndices(region), builder.getI64Type());
  if (&region == &getScore())
    types[0] = elementType();
  llvm::append_range(types, getCaptures().getTypes());
  return *builder.createBlock(&region, region.end(), types, SmallVector<Location>(types.size(), getLoc()));
}

// A check fails at run time, and says where: it may not be brought to where it is not reached, nor be lost.
static bool hasChecks(AttentionOp op) {
  return op->walk([](CheckOp) { return WalkResult::interrupt(); }).wasInterrupted();
}

Speculation::Speculatability AttentionOp::getSpeculatability() {
  bool tensors = isa<TensorType>(getOutput().getType());
  return tensors && !hasChecks(*this) ? Speculation::Speculatable : Speculation::NotSpeculatable;
}

void AttentionOp::getEffects(SmallVectorImpl<MemoryEffects::EffectInstance> &effects) {
  for (OpOperand &operand : getOperation()->getOpOperands()) {
    if (!isa<MemRefType>(operand.get().getType()))
      continue;
    effects.emplace_back(MemoryEffects::Read::get(),
                         &operand); // destinations too, while sums are made in them
    if (isDpsInit(&operand))
      effects.emplace_back(MemoryEffects::Write::get(), &operand);
  }
  if (hasChecks(*this))
    effects.emplace_back(MemoryEffects::Write::get(), StatusResource::get());
}

LogicalResult AttentionOp::reifyResultShapes(OpBuilder &b, ReifiedRankedShapedTypeDims &shapes) {
  for (Value result : getResults()) // none on memrefs
    shapes.push_back(mixedSizes(b, getLoc(), getTiedOpOperand(cast<OpResult>(result))->get()));
  return success();
}

//===----------------------------------------------------------------------===//
// Verifiers
//===----------------------------------------------------------------------===//

LogicalResult AttentionOp::verify() {
  bool tensors = isa<TensorType>(getQuery().getType());
  for (Value operand : getOperands())
    if (isa<ShapedType>(operand.getType()) && isa<TensorType>(operand.getType()) != tensors)
      return emitOpError("needs tensors only or memrefs only");
  constexpr StringLiteral names[] = {"query", "key", "value", "output", "weights"};
  SmallVector<Value> values{getQuery(), getKey(), getValue(), getOutput()};
  if (getWeights())
    values.push_back(getWeights());
  for (auto [name, value] : llvm::zip(names, values)) {
    auto type = cast<ShapedType>(value.getType());
    if (type.getRank() != 4)
      return emitOpError() << name << " has rank " << type.getRank() << ", needs 4";
    if (type.getElementType() != elementType())
      return emitOpError() << name << " has elements of type " << type.getElementType() << ", the scale is "
                           << elementType();
  }
  auto size = [&](unsigned value, int64_t axis) {
    return cast<ShapedType>(values[value].getType()).getDimSize(axis);
  };
  // {value, axis} pairs of equal size.
  constexpr struct {
    unsigned a, axisA, b, axisB;
  } equal[] = {{0, 0, 1, 0}, {0, 0, 2, 0}, {0, 0, 3, 0}, {1, 1, 2, 1}, {0, 1, 3, 1},
               {1, 2, 2, 2}, {0, 2, 3, 2}, {0, 3, 1, 3}, {2, 3, 3, 3}, {0, 0, 4, 0},
               {0, 1, 4, 1}, {0, 2, 4, 2}, {1, 2, 4, 3}};
  for (auto [a, axisA, b, axisB] : equal) {
    if (b >= values.size())
      continue;
    int64_t one = size(a, axisA), other = size(b, axisB);
    if (!ShapedType::isDynamic(one) && !ShapedType::isDynamic(other) && one != other)
      return emitOpError() << "axis " << axisA << " of the " << names[a] << " has size " << one << ", axis "
                           << axisB << " of the " << names[b] << " size " << other;
  }
  int64_t heads = size(0, 1), keyHeads = size(1, 1);
  if (!ShapedType::isDynamic(heads) && !ShapedType::isDynamic(keyHeads) &&
      (keyHeads == 0 ? heads != 0 : heads % keyHeads != 0))
    return emitOpError() << heads << " query heads are no multiple of " << keyHeads << " key heads";
  auto destinations = getDpsInits().getTypes();
  if (!llvm::equal(getResultTypes(), tensors ? TypeRange(destinations) : TypeRange()))
    return emitOpError(tensors ? "has one result for each destination, of its type"
                               : "on memrefs has no results");
  if (!getBounds().empty() && getMask().empty())
    return emitOpError("has bounds of a mask that it has not");
  if (getOpaque() && getMask().empty())
    return emitOpError("is opaque without a mask");
  return success();
}

// Whether an operation on scalars may stand in a region.
static bool isScalarOp(Operation &op) {
  if (isa<CheckOp, tensor::ExtractOp, memref::LoadOp, AttentionYieldOp>(op))
    return true;
  return isMemoryEffectFree(&op) && op.getNumRegions() == 0 && !isa<CallOpInterface>(op) &&
         llvm::none_of(op.getOperandTypes(), llvm::IsaPred<ShapedType>) &&
         llvm::none_of(op.getResultTypes(), llvm::IsaPred<ShapedType>);
}

// Whether no group of axes holds more than one that is not of size 1.
template <typename ReshapeOp> static bool movesUnitAxes(ReshapeOp op, RankedTensorType large) {
  return llvm::all_of(op.getReassociationIndices(), [&](ArrayRef<int64_t> group) {
    return llvm::count_if(group, [&](int64_t axis) { return large.getDimSize(axis) != 1; }) <= 1;
  });
}

bool AttentionOp::canBecomeScalar(Operation &op) {
  if (isa<CheckOp, AttentionYieldOp, tensor::ExtractOp, tensor::ExtractSliceOp, tensor::CastOp>(op))
    return true;
  if (auto collapse = dyn_cast<tensor::CollapseShapeOp>(op))
    return movesUnitAxes(collapse, collapse.getSrcType());
  if (auto expand = dyn_cast<tensor::ExpandShapeOp>(op))
    return movesUnitAxes(expand, expand.getResultType());
  auto isLarge = [](Type type) {
    auto shaped = dyn_cast<ShapedType>(type);
    return shaped && (!shaped.hasRank() || shaped.getRank() > 0);
  };
  return isMemoryEffectFree(&op) && op.getNumRegions() == 0 && !isa<CallOpInterface>(op) &&
         llvm::none_of(op.getOperandTypes(), isLarge) && llvm::none_of(op.getResultTypes(), isLarge);
}

// The scalar that a value of a region is, if it is one or a tensor of rank 0.
static Type scalarOf(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  return tensor && tensor.getRank() == 0 ? tensor.getElementType() : type;
}

LogicalResult AttentionOp::verifyRegions() {
  Type i64 = IntegerType::get(getContext(), 64), i1 = IntegerType::get(getContext(), 1);
  struct {
    Region &region;
    StringRef name;
    SmallVector<Type> yields;
  } const kinds[] = {{getScore(), "score", {elementType()}},
                     {getMask(), "mask", {i1}},
                     {getBounds(), "bounds", {i64, i64, i64, i64}}};
  for (auto &[region, name, yields] : kinds) {
    if (region.empty())
      continue;
    if (!region.hasOneBlock())
      return emitOpError() << name << " must have one block";
    unsigned indices = numIndices(region), captures = getCaptures().size();
    if (region.getNumArguments() != indices + captures)
      return emitOpError() << name << " has " << region.getNumArguments() << " arguments, needs " << indices
                           << " and " << captures << " captures";
    // Of rank 0 all or none.
    bool scalars = !isa<TensorType>(region.getArgument(0).getType());
    for (BlockArgument arg : region.getArguments().take_front(indices)) {
      Type want = &region == &getScore() && arg.getArgNumber() == 0 ? Type(elementType()) : i64;
      if (scalarOf(arg.getType()) != want || isa<TensorType>(arg.getType()) == scalars)
        return emitOpError() << name << " argument " << arg.getArgNumber() << " has type " << arg.getType()
                             << ", needs " << want;
    }
    for (auto [arg, capture] : llvm::zip_equal(capturesIn(region), getCaptures()))
      if (arg.getType() != capture.getType())
        return emitOpError() << name << " argument " << arg.getArgNumber() << " has type " << arg.getType()
                             << ", the capture " << capture.getType();
    auto yield = dyn_cast<AttentionYieldOp>(region.front().back());
    if (!yield)
      return emitOpError() << name << " must end in rondo.attention.yield";
    if (!llvm::equal(llvm::map_range(yield.getValues().getTypes(), scalarOf), yields))
      return yield.emitOpError() << "of the " << name << " yields " << yield.getValues().getTypes()
                                 << ", needs " << yields;
    if (scalars)
      for (Operation &op : region.front())
        if (!isScalarOp(op))
          return op.emitOpError() << "cannot stand in the " << name << " of an attention";
  }
  return success();
}

//===----------------------------------------------------------------------===//
// Canonical form
//===----------------------------------------------------------------------===//

static bool yieldsTrue(Region &mask) {
  return !mask.empty() && matchPattern(mask.front().getTerminator()->getOperand(0), m_One());
}
static bool yieldsItself(Region &score) {
  return !score.empty() && score.front().getTerminator()->getOperand(0) == score.getArgument(0);
}

// The same without weights, if nothing reads them.
static LogicalResult dropWeights(AttentionOp op, PatternRewriter &rewriter) {
  if (!op.getWeights() || op->getNumResults() != 2 || !op->getResult(1).use_empty())
    return failure();
  auto rest = AttentionOp::create(rewriter, op.getLoc(), op.getScale(), op.getQuery(), op.getKey(),
                                  op.getValue(), op.getCaptures(), op.getOutput(), Value());
  rest.setOpaque(op.getOpaque());
  rest->setDiscardableAttrs(op->getDiscardableAttrDictionary());
  for (auto [from, to] : llvm::zip(op->getRegions(), rest->getRegions()))
    rewriter.inlineRegionBefore(from, to, to.end());
  rewriter.replaceAllUsesWith(op->getResult(0), rest->getResult(0));
  rewriter.eraseOp(op);
  return success();
}

// No weights that are not read, no region that says nothing, no capture that is not read, or there twice.
LogicalResult AttentionOp::canonicalize(AttentionOp op, PatternRewriter &rewriter) {
  if (succeeded(dropWeights(op, rewriter)))
    return success();
  bool changed = false;
  auto drop = [&](Region &region) {
    if (region.empty())
      return;
    rewriter.modifyOpInPlace(op, [&] { rewriter.eraseBlock(&region.front()); });
    changed = true;
  };
  auto onlyYields = [](Region &region) {
    return llvm::none_of(region.front(), llvm::IsaPred<CheckOp>); // the rest is pure
  };
  if (yieldsItself(op.getScore()) && onlyYields(op.getScore()))
    drop(op.getScore());
  if (yieldsTrue(op.getMask()) && onlyYields(op.getMask())) {
    drop(op.getBounds());
    drop(op.getMask());
    rewriter.modifyOpInPlace(op, [&] { op.setOpaque(false); });
  }
  SmallVector<Region *> regions;
  for (Region *region : {&op.getScore(), &op.getMask(), &op.getBounds()})
    if (!region->empty())
      regions.push_back(region);
  for (unsigned n = op.getCaptures().size(); n-- > 0;) {
    auto same = llvm::find(op.getCaptures(), op.getCaptures()[n]);
    unsigned first = std::distance(op.getCaptures().begin(), same);
    auto argument = [&](Region *region, unsigned n) { return op.capturesIn(*region)[n]; };
    bool unused = llvm::all_of(regions, [&](Region *region) { return argument(region, n).use_empty(); });
    if (!unused && first == n)
      continue;
    rewriter.modifyOpInPlace(op, [&] {
      for (Region *region : regions) {
        if (first != n)
          rewriter.replaceAllUsesWith(argument(region, n), argument(region, first));
        region->eraseArgument(op.numIndices(*region) + n);
      }
      op.getCapturesMutable().erase(n);
    });
    changed = true;
  }
  return success(changed);
}

//===----------------------------------------------------------------------===//
// Bufferisation
//===----------------------------------------------------------------------===//

bool AttentionOp::bufferizesToMemoryRead(OpOperand &operand, const AnalysisState &) {
  return !isDpsInit(&operand);
}
bool AttentionOp::bufferizesToMemoryWrite(OpOperand &operand, const AnalysisState &) {
  return isDpsInit(&operand);
}

// An operand before the captures is no argument of a region, and no argument of a region is written.
AliasingValueList AttentionOp::getAliasingValues(OpOperand &operand, const AnalysisState &) {
  if (isDpsInit(&operand))
    return {{getTiedOpResult(&operand), BufferRelation::Equivalent}};
  return {};
}
bool AttentionOp::isWritable(Value value, const AnalysisState &) { return isa<OpResult>(value); }

// Regions run once for each pair, but what they read is the same each time.
bool AttentionOp::isRepetitiveRegion(unsigned) { return true; }

FailureOr<BufferLikeType> AttentionOp::getBufferType(Value value, const BufferizationOptions &options,
                                                     const BufferizationState &state,
                                                     SmallVector<Value> &stack) {
  if (auto result = dyn_cast<OpResult>(value))
    return bufferization::getBufferType(getTiedOpOperand(result)->get(), options, state, stack);
  auto arg = cast<BlockArgument>(value);
  Value capture = getCaptures()[arg.getArgNumber() - numIndices(*arg.getOwner()->getParent())];
  return bufferization::getBufferType(capture, options, state, stack);
}

LogicalResult AttentionOp::bufferize(RewriterBase &rewriter, const BufferizationOptions &options,
                                     BufferizationState &state) {
  SmallVector<Value> operands;
  for (Value operand : getOperands()) {
    FailureOr<Value> buffer = operand;
    if (isa<TensorType>(operand.getType()))
      buffer = getBuffer(rewriter, operand, options, state);
    if (failed(buffer))
      return failure();
    operands.push_back(*buffer);
  }
  SmallVector<Value> results(ArrayRef(operands).take_back(getNumDpsInits()));
  auto op = cast<AttentionOp>(mlir::cloneWithoutRegions(rewriter, getOperation(), TypeRange(), operands));
  for (auto [to, from] : llvm::zip_equal(op->getRegions(), getOperation()->getRegions())) {
    to.takeBody(from);
    if (to.empty())
      continue;
    rewriter.setInsertionPointToStart(&to.front());
    for (auto [arg, capture] : llvm::zip_equal(op.capturesIn(to), op.getCaptures())) {
      Type type = arg.getType();
      if (type == capture.getType())
        continue;
      SmallVector<OpOperand *> uses = llvm::map_to_vector(arg.getUses(), [](OpOperand &use) { return &use; });
      rewriter.modifyOpInPlace(
          op, [&, arg = arg, capture = capture]() mutable { arg.setType(capture.getType()); });
      if (uses.empty())
        continue;
      Value tensor = ToTensorOp::create(rewriter, getLoc(), type, arg);
      for (OpOperand *use : uses)
        rewriter.modifyOpInPlace(use->getOwner(), [&] { use->set(tensor); });
    }
  }
  replaceOpWithBufferizedValues(rewriter, getOperation(), results);
  return success();
}
