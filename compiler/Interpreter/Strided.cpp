#include "compiler/Interpreter/Strided.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Interfaces/ViewLikeInterface.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace rondo::interpreter;

/// Calls `visit` with the places of each pair of elements.
template <typename Visit> static bool forEachPair(int64_t to, ArrayRef<int64_t> toStrides, int64_t from,
                                                  ArrayRef<int64_t> fromStrides, ArrayRef<int64_t> sizes,
                                                  Visit visit) {
  if (sizes.empty())
    return visit(to, from);
  for (int64_t i = 0; i < sizes.front(); ++i)
    if (!forEachPair(to + i * toStrides.front(), toStrides.drop_front(), from + i * fromStrides.front(),
                     fromStrides.drop_front(), sizes.drop_front(), visit))
      return false;
  return true;
}

bool rondo::interpreter::copyBlock(const Place &to, int64_t toFirst, ArrayRef<int64_t> toStrides,
                                   const Place &from, int64_t fromFirst, ArrayRef<int64_t> fromStrides,
                                   ArrayRef<int64_t> sizes) {
  std::vector<Cell> read;
  bool inside = forEachPair(toFirst, toStrides, fromFirst, fromStrides, sizes,
                            [&](int64_t, int64_t at) { return from.load(at, read.emplace_back()); });
  size_t next = 0;
  return inside && forEachPair(toFirst, toStrides, fromFirst, fromStrides, sizes,
                               [&](int64_t at, int64_t) { return to.store(at, read[next++]); });
}

FailureOr<Slice> rondo::interpreter::sliceOf(Frame &frame, const Step &step, ArrayRef<int64_t> shape) {
  auto op = cast<OffsetSizeAndStrideOpInterface>(step.op);
  unsigned next = op.getOffsetSizeAndStrideStartOperandIndex();
  Slice slice;
  slice.offsets = frame.sizes(step, op.getStaticOffsets(), next);
  slice.sizes = frame.sizes(step, op.getStaticSizes(), next);
  slice.strides = frame.sizes(step, op.getStaticStrides(), next);
  for (size_t axis = 0; axis < shape.size(); ++axis) {
    int64_t offset = slice.offsets[axis], size = slice.sizes[axis], stride = slice.strides[axis], last;
    bool inside = offset >= 0 && size >= 0 && offset <= shape[axis];
    if (inside && size > 0)
      inside = !llvm::MulOverflow(size - 1, stride, last) && !llvm::AddOverflow(last, offset, last) &&
               last >= 0 && last < shape[axis] && offset < shape[axis];
    if (!inside && !frame.machine.onlyShapes)
      return step.op->emitError() << "the slice from " << offset << " of size " << size << " and stride "
                                  << stride << " is not inside of axis " << axis << " of size "
                                  << shape[axis],
             failure();
  }
  return slice;
}

SmallVector<bool> rondo::interpreter::droppedAxes(const Step &step, unsigned rank) {
  llvm::SmallBitVector dropped = llvm::TypeSwitch<Operation *, llvm::SmallBitVector>(step.op)
                                     .Case<tensor::ExtractSliceOp, tensor::InsertSliceOp, memref::SubViewOp>(
                                         [](auto op) { return op.getDroppedDims(); })
                                     .Default([&](Operation *) { return llvm::SmallBitVector(rank); });
  SmallVector<bool> axes;
  for (unsigned axis = 0; axis < rank; ++axis)
    axes.push_back(dropped[axis]);
  return axes;
}

LogicalResult rondo::interpreter::outside(const Step &step, ArrayRef<int64_t> index,
                                          ArrayRef<int64_t> shape) {
  InFlightDiagnostic error = step.op->emitError() << "the index [";
  llvm::interleaveComma(index, error);
  error << "] is outside of the shape [";
  llvm::interleaveComma(shape, error);
  return error << "]";
}
