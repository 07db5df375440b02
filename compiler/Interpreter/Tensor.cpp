// The tensor dialect.
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "compiler/Interpreter/Strided.h"

using namespace mlir;
using namespace rondo::interpreter;
using Slot = rondo::interpreter::Value;

//===----------------------------------------------------------------------===//
// From sizes and numbers
//===----------------------------------------------------------------------===//

static LogicalResult runEmpty(Frame &frame, const Step &step) {
  unsigned next = 0;
  return frame.set(step, frame.make(step, frame.sizes(step, step.typeShape(), next), poisonOf(step.out)));
}

static LogicalResult runSplat(Frame &frame, const Step &step) {
  unsigned next = 1;
  Shape sizes = frame.sizes(step, step.typeShape(), next);
  return frame.set(step, frame.make(step, sizes, frame.operand(step, 0).cell));
}

static LogicalResult runGenerate(Frame &frame, const Step &step) {
  unsigned next = 0;
  ArrayPtr made = frame.make(step, frame.sizes(step, step.typeShape(), next));
  if (!made)
    return failure();
  int64_t at = 0;
  for (Indices index(made->shape); index; ++index) {
    for (auto [i, n] : llvm::enumerate(*index))
      frame.argument(step.bodies[0], i) = wholeCell(n);
    if (failed(frame.run(step.bodies[0])))
      return failure();
    made->cells[at++] = frame.yielded(step.bodies[0], 0).cell;
  }
  return frame.set(step, made);
}

//===----------------------------------------------------------------------===//
// Single elements
//===----------------------------------------------------------------------===//

// Where only shapes count (Machine::onlyShapes), there may be no such element: none.
static FailureOr<std::optional<int64_t>> placeOf(Frame &frame, const Step &step, const Array &array,
                                                 unsigned first) {
  Shape index;
  for (unsigned i = first; i < step.operands.size(); ++i)
    index.push_back(frame.whole(step, i));
  std::optional<int64_t> at = Place(array).at(index);
  if (at || frame.machine.onlyShapes)
    return at;
  return outside(step, index, array.shape);
}

static LogicalResult runExtract(Frame &frame, const Step &step) {
  const Array &array = frame.array(step, 0);
  FailureOr<std::optional<int64_t>> at = placeOf(frame, step, array, 1);
  if (failed(at))
    return failure();
  frame.result(step) = *at ? array.cells[**at] : wholeCell(0);
  return success();
}

static LogicalResult runInsert(Frame &frame, const Step &step) {
  FailureOr<std::optional<int64_t>> at = placeOf(frame, step, frame.array(step, 1), 2);
  if (failed(at))
    return failure();
  Cell element = frame.operand(step, 0).cell;
  Slot array = frame.take(step, 1);
  if (*at)
    array.own().cells[**at] = element;
  frame.result(step) = std::move(array);
  return success();
}

//===----------------------------------------------------------------------===//
// Slices
//===----------------------------------------------------------------------===//

/// Where a slice begins in a row-major array, and what one step along each of its axes is.
static int64_t locate(const Slice &slice, ArrayRef<int64_t> shape, Shape &strides) {
  strides = rowMajorStrides(shape);
  int64_t first = 0;
  for (size_t axis = 0; axis < shape.size(); ++axis) {
    first += slice.offsets[axis] * strides[axis];
    strides[axis] *= slice.strides[axis];
  }
  return first;
}

static LogicalResult runExtractSlice(Frame &frame, const Step &step) {
  const Array &source = frame.array(step, 0);
  FailureOr<Slice> slice = sliceOf(frame, step, source.shape);
  if (failed(slice))
    return failure();
  Shape sizes, strides;
  int64_t first = locate(*slice, source.shape, strides);
  if (step.typeShape().size() == source.shape.size()) {
    sizes = slice->sizes;
  } else {
    SmallVector<bool> dropped = droppedAxes(step, source.shape.size());
    for (size_t axis = 0; axis < dropped.size(); ++axis)
      if (!dropped[axis])
        sizes.push_back(slice->sizes[axis]);
  }
  ArrayPtr made = frame.make(step, sizes);
  if (!made)
    return failure();
  (void)copyBlock(Place(*made), 0, rowMajorStrides(slice->sizes), Place(source), first, strides,
                  slice->sizes);
  return frame.set(step, made);
}

static LogicalResult runInsertSlice(Frame &frame, const Step &step) {
  FailureOr<Slice> slice = sliceOf(frame, step, frame.array(step, 1).shape);
  if (failed(slice))
    return failure();
  Slot source = frame.operand(step, 0);
  if (source.array().size() != countOf(slice->sizes))
    return step.op->emitError("the slice has another size than what is inserted");
  Slot array = frame.take(step, 1);
  Array &to = array.own();
  Shape strides;
  int64_t first = locate(*slice, to.shape, strides);
  copyBlock(Place(to), first, strides, Place(source.array()), 0, rowMajorStrides(slice->sizes), slice->sizes);
  frame.result(step) = std::move(array);
  return success();
}

static LogicalResult runConcat(Frame &frame, const Step &step) {
  auto op = cast<tensor::ConcatOp>(step.op);
  int64_t dim = op.getDim();
  Shape shape = frame.array(step, 0).shape;
  shape[dim] = 0;
  for (unsigned i = 0; i < step.operands.size(); ++i) {
    const Array &part = frame.array(step, i);
    shape[dim] += part.shape[dim];
    for (size_t axis = 0; axis < shape.size(); ++axis)
      if (int64_t(axis) != dim && part.shape[axis] != shape[axis])
        return step.op->emitError() << "operand " << i << " has another size on axis " << axis;
  }
  ArrayPtr made = frame.make(step, shape);
  if (!made)
    return failure();
  Shape strides = rowMajorStrides(shape);
  int64_t first = 0;
  for (unsigned i = 0; i < step.operands.size(); ++i) {
    const Array &part = frame.array(step, i);
    copyBlock(Place(*made), first, strides, Place(part), 0, rowMajorStrides(part.shape), part.shape);
    first += part.shape[dim] * strides[dim];
  }
  return frame.set(step, made);
}

static LogicalResult runPad(Frame &frame, const Step &step) {
  auto op = cast<tensor::PadOp>(step.op);
  unsigned next = 1;
  Shape low = frame.sizes(step, op.getStaticLow(), next), high = frame.sizes(step, op.getStaticHigh(), next);
  const Array &source = frame.array(step, 0);
  Shape shape;
  for (size_t axis = 0; axis < low.size(); ++axis) {
    if (low[axis] < 0 || high[axis] < 0)
      return step.op->emitError("pads by a negative number");
    shape.push_back(low[axis] + source.shape[axis] + high[axis]);
  }
  ArrayPtr made = frame.make(step, shape);
  if (!made)
    return failure();
  int64_t at = 0;
  for (Indices index(shape); index; ++index, ++at) {
    int64_t from = 0;
    bool inside = true;
    for (auto [axis, n] : llvm::enumerate(*index)) {
      inside &= n >= low[axis] && n - low[axis] < source.shape[axis];
      from = from * source.shape[axis] + n - low[axis];
      frame.argument(step.bodies[0], axis) = wholeCell(n);
    }
    if (inside) {
      made->cells[at] = source.cells[from];
      continue;
    }
    if (failed(frame.run(step.bodies[0])))
      return failure();
    made->cells[at] = frame.yielded(step.bodies[0], 0).cell;
  }
  return frame.set(step, made);
}

//===----------------------------------------------------------------------===//
// Shapes
//===----------------------------------------------------------------------===//

/// The same elements in another shape.
static LogicalResult reshape(Frame &frame, const Step &step, ArrayRef<int64_t> shape) {
  if (countOf(shape) != frame.array(step, 0).size())
    return step.op->emitError("the result has another number of elements than the operand");
  Slot array = frame.take(step, 0);
  if (array.array().shape != shape)
    array.own().shape = Shape(shape);
  frame.result(step) = std::move(array);
  return success();
}

static LogicalResult runExpandShape(Frame &frame, const Step &step) {
  unsigned next = 1;
  return reshape(frame, step,
                 frame.sizes(step, cast<tensor::ExpandShapeOp>(step.op).getStaticOutputShape(), next));
}

static LogicalResult runCollapseShape(Frame &frame, const Step &step) {
  const Array &source = frame.array(step, 0);
  Shape shape;
  for (ArrayRef<int64_t> group : cast<tensor::CollapseShapeOp>(step.op).getReassociationIndices()) {
    int64_t &size = shape.emplace_back(1);
    for (int64_t axis : group)
      size *= source.shape[axis];
  }
  return reshape(frame, step, shape);
}

static LogicalResult runReshape(Frame &frame, const Step &step) {
  Shape shape;
  for (Cell size : frame.array(step, 1).cells)
    shape.push_back(size.whole);
  return reshape(frame, step, shape);
}

static LogicalResult runCast(Frame &frame, const Step &step) {
  frame.result(step) = frame.take(step, 0);
  return success();
}

static LogicalResult runDim(Frame &frame, const Step &step) {
  const Shape &shape = frame.array(step, 0).shape;
  int64_t axis = frame.whole(step, 1);
  if (axis < 0 || axis >= int64_t(shape.size()))
    return step.op->emitError() << "there is no axis " << axis << " of rank " << shape.size();
  frame.result(step) = wholeCell(shape[axis]);
  return success();
}

void rondo::interpreter::addTensorHandlers(Handlers &handlers) {
  handlers.add("tensor.cast", runCast);
  handlers.add("tensor.collapse_shape", runCollapseShape);
  handlers.add("tensor.concat", runConcat);
  handlers.add("tensor.dim", runDim);
  handlers.add("tensor.empty", runEmpty);
  handlers.add("tensor.expand_shape", runExpandShape);
  handlers.add("tensor.extract", runExtract);
  handlers.add("tensor.extract_slice", runExtractSlice);
  handlers.add("tensor.from_elements", runFromElements);
  handlers.add("tensor.generate", runGenerate);
  handlers.add("tensor.insert", runInsert);
  handlers.add("tensor.insert_slice", runInsertSlice);
  handlers.add("tensor.pad", runPad);
  handlers.add("tensor.reshape", runReshape);
  handlers.add("tensor.splat", runSplat);
}
