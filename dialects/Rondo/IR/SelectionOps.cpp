// rondo.topk and rondo.categorical: verifiers, sizes of results, bufferisation.
#include "dialects/Rondo/IR/RondoDialect.h"
#include "dialects/Rondo/IR/Sizes.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace mlir::bufferization;
using namespace rondo;

static bool sameSize(int64_t a, int64_t b) {
  return ShapedType::isDynamic(a) || ShapedType::isDynamic(b) || a == b;
}

//===----------------------------------------------------------------------===//
// topk
//===----------------------------------------------------------------------===//

void TopkOp::build(OpBuilder &builder, OperationState &state, Value input, Value values, Value indices,
                   int64_t dim, bool largest) {
  SmallVector<Type> results;
  if (isa<TensorType>(values.getType()))
    results = {values.getType(), indices.getType()};
  build(builder, state, results, input, values, indices, uint64_t(dim), largest);
}

LogicalResult TopkOp::verify() {
  auto input = cast<ShapedType>(getInput().getType()), values = cast<ShapedType>(getValues().getType()),
       indices = cast<ShapedType>(getIndices().getType());
  bool tensors = isa<TensorType>(input);
  if (isa<TensorType>(values) != tensors || isa<TensorType>(indices) != tensors)
    return emitOpError("needs tensors only or memrefs only");
  int64_t dim = getDim();
  if (dim < 0 || dim >= input.getRank())
    return emitOpError("dimension ") << dim << " is outside of rank " << input.getRank();
  Type element = input.getElementType();
  if (!element.isSignlessIntOrFloat() || element.isSignlessInteger(1))
    return emitOpError("cannot order elements of type ") << element;
  if (values.getElementType() != element)
    return emitOpError("element types differ: ") << element << " -> " << values.getElementType();
  if (!indices.getElementType().isSignlessInteger(64))
    return emitOpError("has indices of type i64, not ") << indices.getElementType();
  for (ShapedType to : {values, indices}) {
    bool fits = to.getRank() == input.getRank();
    for (int64_t axis = 0; fits && axis < to.getRank(); ++axis) {
      int64_t from = input.getDimSize(axis), size = to.getDimSize(axis);
      fits = sameSize(from, size) || (axis == dim && size < from);
    }
    if (!fits)
      return emitOpError("destination ")
             << to << " is not the shape of " << input << " with at most as many along dimension " << dim;
  }
  if (!sameSize(values.getDimSize(dim), indices.getDimSize(dim)))
    return emitOpError("has ") << values.getDimSize(dim) << " values but " << indices.getDimSize(dim)
                               << " indices a row";
  if (!llvm::equal(getResultTypes(),
                   tensors ? TypeRange(ValueRange{getValues(), getIndices()}) : TypeRange()))
    return emitOpError(tensors ? "has one result for each destination, of its type"
                               : "on memrefs has no results");
  return success();
}

void TopkOp::getEffects(SmallVectorImpl<MemoryEffects::EffectInstance> &effects) {
  for (OpOperand &operand : getOperation()->getOpOperands())
    if (isa<MemRefType>(operand.get().getType())) {
      // The heap is read again while it is made.
      effects.emplace_back(MemoryEffects::Read::get(), &operand);
      if (isDpsInit(&operand))
        effects.emplace_back(MemoryEffects::Write::get(), &operand);
    }
}

LogicalResult TopkOp::reifyResultShapes(OpBuilder &b, ReifiedRankedShapedTypeDims &shapes) {
  for (Value result : getResults()) // none on memrefs
    shapes.push_back(mixedSizes(b, getLoc(), getTiedOpOperand(cast<OpResult>(result))->get()));
  return success();
}

bool TopkOp::bufferizesToMemoryRead(OpOperand &operand, const AnalysisState &) {
  return !isDpsInit(&operand);
}
bool TopkOp::bufferizesToMemoryWrite(OpOperand &operand, const AnalysisState &) {
  return isDpsInit(&operand);
}
AliasingValueList TopkOp::getAliasingValues(OpOperand &operand, const AnalysisState &) {
  if (!isDpsInit(&operand))
    return {};
  return {{getTiedOpResult(&operand), BufferRelation::Equivalent}};
}

LogicalResult TopkOp::bufferize(RewriterBase &rewriter, const BufferizationOptions &options,
                                BufferizationState &state) {
  SmallVector<Value> buffers;
  for (Value operand : getOperands()) {
    FailureOr<Value> buffer = getBuffer(rewriter, operand, options, state);
    if (failed(buffer))
      return failure();
    buffers.push_back(*buffer);
  }
  TopkOp::create(rewriter, getLoc(), buffers[0], buffers[1], buffers[2], getDim(), getLargest());
  replaceOpWithBufferizedValues(rewriter, getOperation(), ArrayRef(buffers).drop_front());
  return success();
}

//===----------------------------------------------------------------------===//
// categorical
//===----------------------------------------------------------------------===//

LogicalResult CategoricalOp::verify() {
  RankedTensorType from = getProbabilities().getType(), to = getResult().getType();
  if (from.getRank() == 0)
    return emitOpError("needs probabilities with at least one dimension");
  bool fits = to.getRank() + 1 == from.getRank();
  for (int64_t axis = 0; fits && axis < to.getRank(); ++axis)
    fits = sameSize(from.getDimSize(axis), to.getDimSize(axis));
  if (!fits)
    return emitOpError("result ") << to << " is not the operand's shape without the last dimension";
  return success();
}

LogicalResult CategoricalOp::reifyResultShapes(OpBuilder &b, ReifiedRankedShapedTypeDims &shapes) {
  SmallVector<OpFoldResult> &sizes = shapes.emplace_back();
  for (int64_t axis = 0; axis < getResult().getType().getRank(); ++axis)
    sizes.push_back(sizeAs(b, getLoc(), getResult().getType(), axis, getProbabilities(), axis));
  return success();
}
