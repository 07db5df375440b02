// rondo.scan_into: the loop over time into destinations, on tensors and memrefs.
//
// Verifier, shapes, effects, and its one-shot bufferisation, which keeps the op
// and turns tensors into memrefs. No copy is made here: a value that cannot lie
// where its yield says is refused in verifyAnalysis. What keeps a carry's old
// and next value apart is that old values and slices are not writable.
#include "dialects/Rondo/IR/ScanInto.h"
#include "dialects/Rondo/IR/RondoDialect.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Bufferization/Transforms/OneShotAnalysis.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StructuredOpsUtils.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace mlir::bufferization;
using namespace rondo;

static YieldOp yieldOf(ScanIntoOp scan) { return cast<YieldOp>(scan.getBody().front().getTerminator()); }

static bool isIn(OperandRange range, OpOperand &operand) {
  unsigned i = operand.getOperandNumber();
  return !range.empty() && i >= range.getBeginOperandIndex() &&
         i < range.getBeginOperandIndex() + range.size();
}

//===----------------------------------------------------------------------===//
// Structure
//===----------------------------------------------------------------------===//

MutableOperandRange ScanIntoOp::getDpsInitsMutable() {
  // nexts, updates, stacks and count are the last operands, in this order.
  unsigned first = 1 + getIns().size() + getStarts().size();
  return MutableOperandRange(getOperation(), first, getNumOperands() - first);
}

SmallVector<Region *> ScanIntoOp::getLoopRegions() { return {&getBody()}; }

Value ScanIntoOp::condition() { return getUntil() ? yieldOf(*this).getValues().back() : Value(); }

Value ScanIntoOp::operandOf(BlockArgument arg, bool &stacked) {
  unsigned i = arg.getArgNumber(), ins = getIns().size(), n = numMoved();
  stacked = false;
  if (i == 0)
    return {};
  if (--i < ins) {
    stacked = true;
    return getIns()[i];
  }
  if ((i -= ins) < n)
    return getStarts()[i];
  if ((i -= n) < n)
    return getNexts()[i];
  if ((i -= n) < getUpdates().size())
    return getUpdates()[i];
  stacked = true;
  return getStacks()[i - getUpdates().size()];
}

void ScanIntoOp::getEffects(SmallVectorImpl<MemoryEffects::EffectInstance> &effects) {
  for (OpOperand &operand : getOperation()->getOpOperands()) {
    if (!isa<MemRefType>(operand.get().getType()))
      continue;
    bool written = isDpsInit(&operand);
    if (!written || isIn(getUpdates(), operand))
      effects.emplace_back(MemoryEffects::Read::get(), &operand);
    if (written)
      effects.emplace_back(MemoryEffects::Write::get(), &operand);
  }
}

LogicalResult ScanIntoOp::reifyResultShapes(OpBuilder &builder, ReifiedRankedShapedTypeDims &shapes) {
  // On memrefs there are no results.
  if (getNumResults() == 0)
    return success();
  for (Value init : getDpsInits())
    shapes.push_back(tensor::getMixedSizes(builder, getLoc(), init));
  return success();
}

LogicalResult ScanIntoOp::verify() {
  if (getStarts().size() != getNexts().size())
    return emitOpError("has ") << getStarts().size() << " starts but " << getNexts().size() << " nexts";
  unsigned want = 1 + getIns().size() + 2 * numMoved() + getUpdates().size() + getStacks().size();
  if (getBody().getNumArguments() != want)
    return emitOpError("body has ") << getBody().getNumArguments() << " arguments, needs " << want;
  if (!getBody().getArgument(0).getType().isIndex())
    return emitOpError("first body argument must be the step, of type index");
  // The trait that demands a terminator is verified after this.
  Block &body = getBody().front();
  if (body.empty() || !isa<YieldOp>(body.back()))
    return emitOpError("body must end in rondo.yield");
  bool tensors = llvm::any_of(getOperandTypes(), llvm::IsaPred<TensorType>);
  if (tensors && llvm::any_of(getOperandTypes(), llvm::IsaPred<MemRefType>))
    return emitOpError("needs tensors only or memrefs only");

  for (auto [start, next] : llvm::zip_equal(getStarts(), getNexts())) {
    auto from = cast<ShapedType>(start.getType()), to = cast<ShapedType>(next.getType());
    if (from.getElementType() != to.getElementType() ||
        failed(verifyCompatibleShape(from.getShape(), to.getShape())))
      return emitOpError("starts with ") << from << " but has a destination of type " << to;
  }
  for (BlockArgument arg : getBody().getArguments().drop_front()) {
    bool stacked;
    auto type = cast<ShapedType>(operandOf(arg, stacked).getType());
    if (stacked && type.getRank() == 0)
      return emitOpError("stacked operands have at least one axis, not type ") << type;
    auto argType = dyn_cast<ShapedType>(arg.getType());
    if (!argType || isa<MemRefType>(argType) == tensors ||
        argType.getShape() != type.getShape().drop_front(stacked ? 1 : 0) ||
        argType.getElementType() != type.getElementType())
      return emitOpError("body argument ")
             << arg.getArgNumber() << " has type " << arg.getType() << ", its operand " << type;
  }

  YieldOp yield = yieldOf(*this);
  unsigned yields = numMoved() + (tensors ? getUpdates().size() + getStacks().size() : 0) + getUntil();
  if (yield.getValues().size() != yields)
    return yield.emitOpError("has ") << yield.getValues().size() << " values, its scan_into needs " << yields;
  ValueRange places = getBody().getArguments().drop_front(1 + getIns().size() + numMoved());
  if (getUntil() != bool(getCount()))
    return emitOpError("needs a count with `until`, and none without");
  if (getUntil() && getReverse())
    return emitOpError("cannot be both `until` and `reverse`");
  if (getUntil() && !condition().getType().isInteger(1))
    return yield.emitOpError("needs a condition of type i1 as its last value, not ") << condition().getType();
  if (auto count = getCount()) {
    auto type = cast<ShapedType>(count.getType());
    if (type.getRank() != 0 || !type.getElementType().isInteger(64))
      return emitOpError("counts its steps in an i64 of rank 0, not ") << type;
  }
  for (auto [i, value] : llvm::enumerate(yield.getValues().drop_back(getUntil()))) {
    auto type = dyn_cast<ShapedType>(value.getType());
    auto place = cast<ShapedType>(places[i].getType());
    if (!type || isa<MemRefType>(type) == tensors || type.getElementType() != place.getElementType() ||
        type.getShape() != place.getShape())
      return yield.emitOpError("value ") << i << " has type " << value.getType() << ", needs " << place;
  }
  if (getNumResults() != (tensors ? getDpsInits().size() : 0))
    return emitOpError("has ") << getNumResults() << " results for " << getDpsInits().size()
                               << " destinations";
  for (auto [result, init] : llvm::zip(getResults(), getDpsInits()))
    if (result.getType() != init.getType())
      return emitOpError("result has type ") << result.getType() << ", its destination " << init.getType();
  return success();
}

// A dim of a body argument or of a result is a dim of an operand. Without this
// no buffer can leave an enclosing scan.
LogicalResult ScanIntoOp::canonicalize(ScanIntoOp op, PatternRewriter &rewriter) {
  bool changed = false;
  auto redirect = [&](Value from, Value to, int64_t shift) {
    for (OpOperand &use : llvm::make_early_inc_range(from.getUses())) {
      Operation *user = use.getOwner();
      auto dim = dyn_cast<ShapedDimOpInterface>(user);
      std::optional<int64_t> axis = dim ? getConstantIntValue(dim.getDimension()) : std::nullopt;
      if (!axis)
        continue;
      OpBuilder::InsertionGuard guard(rewriter);
      rewriter.setInsertionPoint(op);
      Value index = arith::ConstantIndexOp::create(rewriter, user->getLoc(), *axis + shift);
      if (isa<TensorType>(to.getType()))
        rewriter.replaceOpWithNewOp<tensor::DimOp>(user, to, index);
      else
        rewriter.replaceOpWithNewOp<memref::DimOp>(user, to, index);
      changed = true;
    }
  };
  for (BlockArgument arg : op.getBody().getArguments().drop_front()) {
    bool stacked;
    Value operand = op.operandOf(arg, stacked);
    redirect(arg, operand, stacked);
  }
  for (auto [result, init] : llvm::zip(op.getResults(), op.getDpsInits()))
    redirect(result, init, 0);
  return success(changed);
}

//===----------------------------------------------------------------------===//
// Layouts of buffers
//===----------------------------------------------------------------------===//

MemRefType rondo::rowMajor(MemRefType type) {
  SmallVector<int64_t> strides(type.getRank(), 1);
  for (int64_t i = type.getRank() - 2; i >= 0; --i)
    strides[i] = ShapedType::isDynamic(strides[i + 1]) || type.isDynamicDim(i + 1)
                     ? ShapedType::kDynamic
                     : strides[i + 1] * type.getDimSize(i + 1);
  auto layout = StridedLayoutAttr::get(type.getContext(), ShapedType::kDynamic, strides);
  return MemRefType::get(type.getShape(), type.getElementType(), layout, type.getMemorySpace());
}

// One slice along axis 0 of a buffer.
static MemRefType sliceType(MemRefType type) {
  auto [strides, offset] = type.getStridesAndOffset();
  auto layout =
      StridedLayoutAttr::get(type.getContext(), ShapedType::kDynamic, ArrayRef(strides).drop_front());
  return MemRefType::get(type.getShape().drop_front(), type.getElementType(), layout, type.getMemorySpace());
}

// A type that both cast to; the shape is a's.
static MemRefType join(MemRefType a, MemRefType b) {
  if (a.getLayout() == b.getLayout())
    return a;
  SmallVector<int64_t> strides = a.getStridesAndOffset().first;
  for (auto [mine, other] : llvm::zip_equal(strides, b.getStridesAndOffset().first))
    if (mine != other)
      mine = ShapedType::kDynamic;
  auto layout = StridedLayoutAttr::get(a.getContext(), ShapedType::kDynamic, strides);
  return MemRefType::get(a.getShape(), a.getElementType(), layout, a.getMemorySpace());
}

OpOperand *rondo::destinationOf(Value value) {
  auto result = dyn_cast<OpResult>(value);
  if (!result)
    return nullptr;
  Operation *op = result.getOwner();
  if (auto dps = dyn_cast<DestinationStyleOpInterface>(op))
    return dps.getTiedOpOperand(result);
  if (auto loop = dyn_cast<scf::ForOp>(op))
    return loop.getTiedLoopInit(result);
  if (auto cast = dyn_cast<tensor::CastOp>(op))
    return &cast.getSourceMutable();
  return destinationOfCall(result);
}

// The body argument in whose buffer a yielded value is computed; null if its
// chain of destinations ends elsewhere. Bufferisation reaches a body before its
// scan and asks for types all the while: the answer is the same when the chain
// is memrefs already, in part or whole.
static BlockArgument homeOf(ScanIntoOp scan, Value value) {
  while (true) {
    if (OpOperand *dest = destinationOf(value))
      value = dest->get();
    else if (auto toTensor = value.getDefiningOp<ToTensorOp>())
      value = toTensor.getBuffer();
    else if (auto toBuffer = value.getDefiningOp<ToBufferOp>())
      value = toBuffer.getTensor();
    else if (auto cast = value.getDefiningOp<memref::CastOp>())
      value = cast.getSource();
    else
      break;
  }
  auto arg = dyn_cast<BlockArgument>(value);
  return arg && arg.getOwner() == &scan.getBody().front() ? arg : BlockArgument();
}

static FailureOr<MemRefType> operandType(Value operand, const BufferizationOptions &options,
                                         const BufferizationState &state, SmallVector<Value> &stack) {
  FailureOr<BufferLikeType> type = getBufferType(operand, options, state, stack);
  if (failed(type))
    return failure();
  if (auto memref = dyn_cast<MemRefType>(*type))
    return memref;
  return failure();
}

// Of a moved carry's next value its old one, which has a buffer of the same type; else the value.
static Value asCarry(Value value) {
  auto arg = dyn_cast<BlockArgument>(value);
  auto scan = arg ? dyn_cast<ScanIntoOp>(arg.getOwner()->getParentOp()) : ScanIntoOp();
  unsigned firstNext = scan ? 1 + scan.getIns().size() + scan.numMoved() : 0;
  bool isNext = scan && arg.getArgNumber() >= firstNext && arg.getArgNumber() < firstNext + scan.numMoved();
  return isNext ? Value(arg.getOwner()->getArgument(arg.getArgNumber() - scan.numMoved())) : value;
}

// The type of all buffers through which moved carry `k` goes: its start, its
// destination, scratch, the slot that it lives in, or those of the carry or the
// input that is handed on to it.
static FailureOr<MemRefType> carryType(ScanIntoOp scan, unsigned k, const BufferizationOptions &options,
                                       const BufferizationState &state, SmallVector<Value> &stack) {
  FailureOr<MemRefType> next = operandType(scan.getNexts()[k], options, state, stack);
  if (failed(next))
    return failure();
  // Scratch is dense.
  auto dense = MemRefType::get(next->getShape(), next->getElementType(), MemRefLayoutAttrInterface(),
                               next->getMemorySpace());
  MemRefType type = join(dense, *next);
  // Each carry around this one is asked once, or deep nests take exponential time.
  llvm::SmallDenseSet<Value> asked{asCarry(scan.getNexts()[k])};
  auto joins = [&](Value operand, bool stacked) {
    if (!stacked && !asked.insert(asCarry(operand)).second)
      return success();
    FailureOr<MemRefType> other = operandType(operand, options, state, stack);
    if (succeeded(other))
      type = join(type, stacked ? sliceType(*other) : *other);
    return LogicalResult(other);
  };
  SmallVector<bool> seen(scan.numMoved(), false);
  for (unsigned at = k; !seen[at];) {
    seen[at] = true;
    if (failed(joins(scan.getStarts()[at], /*stacked=*/false)))
      return failure();
    BlockArgument home = homeOf(scan, yieldOf(scan).getValues()[at]);
    if (!home)
      break;
    unsigned firstOld = 1 + scan.getIns().size(), i = home.getArgNumber();
    if (i >= firstOld && i < firstOld + scan.numMoved()) {
      at = i - firstOld;
      continue;
    }
    bool stacked;
    Value operand = scan.operandOf(home, stacked);
    if (!operand || failed(joins(operand, stacked)))
      return failure();
    break;
  }
  return type;
}

FailureOr<BufferLikeType> ScanIntoOp::getBufferType(Value value, const BufferizationOptions &options,
                                                    const BufferizationState &state,
                                                    SmallVector<Value> &stack) {
  if (auto result = dyn_cast<OpResult>(value))
    return bufferization::getBufferType(getTiedOpOperand(result)->get(), options, state, stack);
  auto arg = cast<BlockArgument>(value);
  unsigned firstOld = 1 + getIns().size(), i = arg.getArgNumber();
  if (i >= firstOld && i < firstOld + 2 * numMoved()) {
    FailureOr<MemRefType> type = carryType(*this, (i - firstOld) % numMoved(), options, state, stack);
    if (failed(type))
      return emitOpError("a carry has no strided buffer");
    return cast<BufferLikeType>(*type);
  }
  bool stacked;
  FailureOr<MemRefType> type = operandType(operandOf(arg, stacked), options, state, stack);
  if (failed(type))
    return emitOpError("an operand has no strided buffer");
  return cast<BufferLikeType>(stacked ? sliceType(*type) : *type);
}

//===----------------------------------------------------------------------===//
// Bufferisation
//===----------------------------------------------------------------------===//

// What destinations held before is never looked at, so it is not copied.
bool ScanIntoOp::bufferizesToMemoryRead(OpOperand &operand, const AnalysisState &) {
  return !isIn(getNexts(), operand) && !isIn(getStacks(), operand) && operand.get() != getCount();
}

bool ScanIntoOp::bufferizesToMemoryWrite(OpOperand &operand, const AnalysisState &) {
  return isDpsInit(&operand);
}

AliasingValueList ScanIntoOp::getAliasingValues(OpOperand &operand, const AnalysisState &) {
  if (isDpsInit(&operand))
    return {{getTiedOpResult(&operand), BufferRelation::Equivalent}};
  return {};
}

bool ScanIntoOp::isWritable(Value value, const AnalysisState &) {
  auto arg = dyn_cast<BlockArgument>(value);
  return !arg || arg.getArgNumber() >= 1 + getIns().size() + numMoved();
}

// A start and a next that are one buffer: rondo-scan-to-loop begins with the
// other one. With values handed on between carries the last values would have
// to be moved in parallel; then the analysis gives the next a buffer of its own.
bool ScanIntoOp::isNotConflicting(OpOperand *read, OpOperand *write, const AnalysisState &) {
  if (read->getOwner() != *this || write->getOwner() != *this || !isIn(getStarts(), *read) ||
      !isIn(getNexts(), *write) || write->getOperandNumber() != read->getOperandNumber() + numMoved() ||
      read->get() != write->get())
    return false;
  return llvm::none_of(yieldOf(*this).getValues().take_front(numMoved()),
                       [&](Value value) { return llvm::is_contained(olds(), homeOf(*this, value)); });
}

// Else a fill hoisted out of the body would be taken for one of each step, and
// sums would go on over the steps.
bool ScanIntoOp::isRepetitiveRegion(unsigned) { return true; }

// Every yielded value must already lie in its place.
LogicalResult ScanIntoOp::verifyAnalysis(const AnalysisState &state) {
  auto same = [&](Value a, Value b) { return state.areEquivalentBufferizedValues(a, b); };
  YieldOp yield = yieldOf(*this);
  unsigned n = numMoved(), updates = getUpdates().size();
  for (auto [k, value] : llvm::enumerate(yield.getValues().drop_back(getUntil()))) {
    if (k < n) {
      BlockArgument home = homeOf(*this, value);
      bool moves = llvm::is_contained(olds(), home) || llvm::is_contained(slices(), home);
      auto lies = [&, v = value](Value place) { return same(v, place); };
      if (!lies(nextArgs()[k]) && llvm::none_of(slots(), lies) && !(moves && lies(home)))
        return yield.emitOpError("carry ") << k << " is not written to its destination";
    } else if (k < n + updates) {
      if (!same(value, updateArgs()[k - n]))
        return yield.emitOpError("carry updated in place, ") << k - n << ", would be copied every step";
    } else if (!same(value, slots()[k - n - updates])) {
      return yield.emitOpError("stack ") << k - n - updates << " is not written to its slot";
    }
  }
  return success();
}

LogicalResult ScanIntoOp::bufferize(RewriterBase &rewriter, const BufferizationOptions &options,
                                    BufferizationState &state) {
  // Where the analysis needed copies there are new tensors by now.
  for (auto [i, dest] : llvm::enumerate(getDpsInits()))
    if (llvm::is_contained(getDpsInits().drop_front(i + 1), dest))
      return emitOpError("destination ") << i << " is the destination of another value, too";

  // Buffers of operands and types of body arguments: all before anything changes.
  SmallVector<Value> operands{getSteps()};
  for (Value value : getOperands().drop_front()) {
    FailureOr<Value> buffer = getBuffer(rewriter, value, options, state);
    if (failed(buffer))
      return failure();
    operands.push_back(*buffer);
  }
  SmallVector<Type> argTypes{rewriter.getIndexType()};
  for (BlockArgument arg : getBody().getArguments().drop_front()) {
    FailureOr<BufferLikeType> type = bufferization::getBufferType(arg, options, state);
    if (failed(type))
      return failure();
    argTypes.push_back(cast<MemRefType>(*type));
  }
  // The results are the destinations in the types that their owners gave them.
  unsigned firstInit = 1 + getIns().size() + numMoved();
  SmallVector<Value> results(ArrayRef(operands).drop_front(firstInit));
  for (unsigned i = 1 + getIns().size(); i < firstInit + numMoved(); ++i) {
    auto type = cast<MemRefType>(argTypes[i]);
    if (operands[i].getType() == type)
      continue;
    if (!memref::CastOp::areCastCompatible(operands[i].getType(), type))
      return emitOpError("buffer of a carry has type ") << operands[i].getType() << ", needs " << type;
    operands[i] = memref::CastOp::create(rewriter, getLoc(), type, operands[i]);
  }

  auto scan = cast<ScanIntoOp>(mlir::cloneWithoutRegions(rewriter, getOperation(), TypeRange(), operands));
  scan.getBody().takeBody(getBody());
  rewriter.setInsertionPointToStart(&scan.getBody().front());
  for (auto [arg, type] : llvm::drop_begin(llvm::zip_equal(scan.getBody().getArguments(), argTypes))) {
    Type tensorType = arg.getType();
    SmallVector<OpOperand *> uses = llvm::map_to_vector(arg.getUses(), [](OpOperand &use) { return &use; });
    rewriter.modifyOpInPlace(scan, [arg = arg, type = type]() mutable { arg.setType(type); });
    if (uses.empty())
      continue;
    Value tensor = ToTensorOp::create(rewriter, getLoc(), tensorType, arg);
    for (OpOperand *use : uses)
      rewriter.modifyOpInPlace(use->getOwner(), [&] { use->set(tensor); });
  }
  replaceOpWithBufferizedValues(rewriter, getOperation(), results);
  return success();
}

// A yield reads; on memrefs it keeps the buffers of the moved carries.
bool YieldOp::bufferizesToMemoryRead(OpOperand &, const AnalysisState &) { return true; }
bool YieldOp::bufferizesToMemoryWrite(OpOperand &, const AnalysisState &) { return false; }
AliasingValueList YieldOp::getAliasingValues(OpOperand &, const AnalysisState &) { return {}; }
bool YieldOp::mustBufferizeInPlace(OpOperand &, const AnalysisState &) { return true; }

LogicalResult YieldOp::bufferize(RewriterBase &rewriter, const BufferizationOptions &options,
                                 BufferizationState &state) {
  auto scan = dyn_cast<ScanIntoOp>((*this)->getParentOp());
  if (!scan)
    return emitOpError("of a rondo.scan has no buffers; scans are rondo.scan_into here");
  SmallVector<Value> buffers;
  for (Value value : getValues().take_front(scan.numMoved())) {
    FailureOr<Value> buffer = getBuffer(rewriter, value, options, state);
    if (failed(buffer))
      return failure();
    buffers.push_back(*buffer);
  }
  if (scan.getUntil())
    buffers.push_back(scan.condition());
  rewriter.replaceOpWithNewOp<YieldOp>(*this, buffers);
  return success();
}
