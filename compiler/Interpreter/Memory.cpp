// Memory: memref, what bufferization puts between tensors and memory, and reads by address (llvm).
#include "compiler/Interpreter/Strided.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace rondo::interpreter;
using Slot = rondo::interpreter::Value;

static MemRefType typeOf(const Step &step, unsigned result = 0) {
  return cast<MemRefType>(step.op->getResult(result).getType());
}

/// Fresh memory of a type, its dynamic sizes operands from `next` on.
static LogicalResult allocate(Frame &frame, const Step &step, ArrayRef<int64_t> statics, unsigned next) {
  Shape sizes = frame.sizes(step, statics, next);
  if (isa<VectorType>(typeOf(step).getElementType()))
    return step.op->emitError("the interpreter has no memory of vectors");
  if (!countOf(sizes))
    return step.op->emitError("has a negative size, or more elements than the interpreter has memory for");
  frame.result(step) = View::make(sizes, step.out);
  return success();
}

static LogicalResult runAlloc(Frame &frame, const Step &step) {
  return allocate(frame, step, typeOf(step).getShape(), 0);
}

static LogicalResult runGetGlobal(Frame &frame, const Step &step) {
  StringRef name = cast<memref::GetGlobalOp>(step.op).getName();
  Slot &known = frame.machine.globals[name];
  if (known.isNumber()) {
    auto global = frame.machine.module.lookupSymbol<memref::GlobalOp>(name);
    Attribute value = global ? global.getInitialValue().value_or(Attribute()) : Attribute();
    if (!value)
      return step.op->emitError() << "'" << name << "' is no global with a value";
    ArrayPtr array = constantArray(frame, step, value);
    if (!array)
      return failure();
    ViewPtr view = View::make(array->shape, step.out);
    for (int64_t i = 0; i < array->size(); ++i)
      view->memory->store(i * step.out.bytes(), step.out, array->cells[i]);
    known = view;
  }
  frame.result(step) = known;
  return success();
}

static LogicalResult runNothing(Frame &, const Step &) { return success(); }

static LogicalResult runPass(Frame &frame, const Step &step) {
  if (!step.op->getNumResults())
    return success();
  frame.result(step) = frame.take(step, 0);
  return success();
}

//===----------------------------------------------------------------------===//
// Elements
//===----------------------------------------------------------------------===//

static LogicalResult access(Frame &frame, const Step &step, unsigned memory, bool writes) {
  mlir::Value operand = step.op->getOperand(memory);
  Place place = Place::of(frame.operand(step, memory), operand.getType());
  Shape index;
  for (unsigned i = memory + 1; i < step.operands.size(); ++i)
    index.push_back(frame.whole(step, i));
  std::optional<int64_t> at = place.at(index);
  if (!at)
    return outside(step, index, place.sizes);
  Cell cell = frame.operand(step, 0).cell;
  if (!(writes ? place.store(*at, cell) : place.load(*at, cell)))
    return step.op->emitError("leads outside of its memory");
  if (!writes)
    frame.result(step) = cell;
  return success();
}

static LogicalResult runLoad(Frame &frame, const Step &step) { return access(frame, step, 0, false); }
static LogicalResult runStore(Frame &frame, const Step &step) { return access(frame, step, 1, true); }

static LogicalResult copyAll(const Step &step, const Place &from, const Place &to) {
  if (from.sizes != to.sizes)
    return step.op->emitError("copies between different shapes");
  if (!copyBlock(to, 0, to.strides, from, 0, from.strides, from.sizes))
    return step.op->emitError("leads outside of its memory");
  return success();
}

static LogicalResult runCopy(Frame &frame, const Step &step) {
  return copyAll(step, Place(frame.view(step, 0), step.in), Place(frame.view(step, 1), step.in));
}

//===----------------------------------------------------------------------===//
// Views
//===----------------------------------------------------------------------===//

static LogicalResult runView(Frame &frame, const Step &step) {
  const View &source = frame.view(step, 0);
  unsigned next = 2;
  Shape sizes = frame.sizes(step, typeOf(step).getShape(), next);
  int64_t bytes = step.out.bytes(), first = source.offset + frame.whole(step, 1);
  std::optional<int64_t> count = countOf(sizes);
  if (first < 0 || first % bytes)
    return step.op->emitError() << "begins at byte " << first << ", where no element does";
  if (!count || first - source.offset + *count * bytes > source.sizes[0])
    return step.op->emitError() << "shows more than the " << source.sizes[0] << " bytes that there are";
  frame.result(step) = ViewPtr(new View(source.memory, first / bytes, sizes, rowMajorStrides(sizes)));
  return success();
}

static LogicalResult runSubview(Frame &frame, const Step &step) {
  const View &source = frame.view(step, 0);
  FailureOr<Slice> slice = sliceOf(frame, step, source.sizes);
  if (failed(slice))
    return failure();
  int64_t offset = source.offset;
  Shape sizes, strides;
  SmallVector<bool> dropped(source.sizes.size(), false);
  if (typeOf(step).getRank() != int64_t(source.sizes.size()))
    dropped = droppedAxes(step, source.sizes.size());
  for (size_t axis = 0; axis < source.sizes.size(); ++axis) {
    offset += slice->offsets[axis] * source.strides[axis];
    if (dropped[axis])
      continue;
    sizes.push_back(slice->sizes[axis]);
    strides.push_back(slice->strides[axis] * source.strides[axis]);
  }
  frame.result(step) = ViewPtr(new View(source.memory, offset, sizes, strides));
  return success();
}

static LogicalResult runReinterpretCast(Frame &frame, const Step &step) {
  auto op = cast<memref::ReinterpretCastOp>(step.op);
  unsigned next = 1;
  Shape offsets = frame.sizes(step, op.getStaticOffsets(), next);
  Shape sizes = frame.sizes(step, op.getStaticSizes(), next);
  Shape strides = frame.sizes(step, op.getStaticStrides(), next);
  frame.result(step) = ViewPtr(new View(frame.view(step, 0).memory, offsets[0], sizes, strides));
  return success();
}

static LogicalResult runExpandShape(Frame &frame, const Step &step) {
  auto op = cast<memref::ExpandShapeOp>(step.op);
  const View &source = frame.view(step, 0);
  unsigned next = 1;
  Shape sizes = frame.sizes(step, op.getStaticOutputShape(), next), strides(sizes.size());
  for (auto [axis, group] : llvm::enumerate(op.getReassociationIndices())) {
    int64_t stride = source.strides[axis], count = 1;
    for (int64_t inner : llvm::reverse(group)) {
      strides[inner] = stride;
      stride *= sizes[inner];
      count *= sizes[inner];
    }
    if (count != source.sizes[axis])
      return step.op->emitError() << "axis " << axis << " has " << source.sizes[axis] << " elements, not "
                                  << count;
  }
  frame.result(step) = ViewPtr(new View(source.memory, source.offset, sizes, strides));
  return success();
}

static LogicalResult runCollapseShape(Frame &frame, const Step &step) {
  const View &source = frame.view(step, 0);
  Shape sizes, strides;
  for (ArrayRef<int64_t> group : cast<memref::CollapseShapeOp>(step.op).getReassociationIndices()) {
    int64_t count = 1, stride = 1, first = 0;
    for (int64_t axis : llvm::reverse(group)) {
      int64_t size = source.sizes[axis];
      // Axes of one element may have any stride.
      if (size != 1 && first == 0)
        first = stride = source.strides[axis];
      if (size != 1 && count && source.strides[axis] != first * count)
        return step.op->emitError("joins axes with gaps between them");
      count *= size;
    }
    sizes.push_back(count);
    strides.push_back(stride);
  }
  frame.result(step) = ViewPtr(new View(source.memory, source.offset, sizes, strides));
  return success();
}

static LogicalResult runDim(Frame &frame, const Step &step) {
  const Shape &sizes = frame.view(step, 0).sizes;
  int64_t axis = frame.whole(step, 1);
  if (axis < 0 || axis >= int64_t(sizes.size()))
    return step.op->emitError() << "there is no axis " << axis << " of rank " << sizes.size();
  frame.result(step) = wholeCell(sizes[axis]);
  return success();
}

static LogicalResult runMetadata(Frame &frame, const Step &step) {
  const View &source = frame.view(step, 0);
  MemoryPtr memory = source.memory;
  Shape sizes = source.sizes, strides = source.strides;
  int64_t offset = source.offset;
  unsigned next = 0;
  frame.result(step, next++) = ViewPtr(new View(memory, 0, {}, {}));
  frame.result(step, next++) = wholeCell(offset);
  for (const Shape *list : {&sizes, &strides})
    for (int64_t n : *list)
      frame.result(step, next++) = wholeCell(n);
  return success();
}

//===----------------------------------------------------------------------===//
// Tensors and memory
//===----------------------------------------------------------------------===//

static LogicalResult runMaterialize(Frame &frame, const Step &step) {
  if (frame.operand(step, 1).isView())
    return copyAll(step, Place(frame.array(step, 0)), Place(frame.view(step, 1), step.in));
  if (frame.array(step, 0).shape != frame.array(step, 1).shape)
    return step.op->emitError("the source has another shape than the destination");
  frame.result(step) = frame.take(step, 0);
  return success();
}

static LogicalResult runAllocTensor(Frame &frame, const Step &step) {
  auto op = cast<bufferization::AllocTensorOp>(step.op);
  if (op.getCopy()) {
    frame.result(step) = frame.operand(step, op.getDynamicSizes().size());
    return success();
  }
  unsigned next = 0;
  ArrayPtr made = frame.make(step, frame.sizes(step, op.getType().getShape(), next), poisonOf(step.out));
  frame.result(step) = made;
  return success(bool(made));
}

static LogicalResult runToTensor(Frame &frame, const Step &step) {
  Place from(frame.view(step, 0), step.in);
  ArrayPtr made = frame.make(step, from.sizes);
  if (!made || failed(copyAll(step, from, Place(*made))))
    return failure();
  frame.result(step) = made;
  return success();
}

static LogicalResult runToBuffer(Frame &frame, const Step &step) {
  Place from(frame.array(step, 0));
  ViewPtr view = View::make(from.sizes, step.in);
  LogicalResult copied = copyAll(step, from, Place(*view, step.in));
  frame.result(step) = view;
  return copied;
}

//===----------------------------------------------------------------------===//
// Addresses
//===----------------------------------------------------------------------===//

static LogicalResult runAddress(Frame &frame, const Step &step) {
  const View &view = frame.view(step, 0);
  frame.result(step) = wholeCell(frame.machine.addressOf(view.memory, 0));
  return success();
}

/// Elements that lie side by side from an address on.
static LogicalResult accessAddress(Frame &frame, const Step &step, unsigned pointer,
                                   MutableArrayRef<Cell> cells, Element element, bool writes) {
  int64_t byte;
  Memory *memory = frame.machine.memoryAt(frame.whole(step, pointer), byte);
  for (Cell &cell : cells) {
    if (!memory || !memory->holds(byte, element))
      return step.op->emitError("leads outside of the memory of its address");
    if (writes)
      memory->store(byte, element, cell);
    else
      cell = memory->load(byte, element);
    byte += element.bytes();
  }
  return success();
}

static LogicalResult runLoadAddress(Frame &frame, const Step &step) {
  auto vector = dyn_cast<VectorType>(step.op->getResult(0).getType());
  ArrayPtr made = frame.make(step, vector ? vector.getShape() : ArrayRef<int64_t>());
  if (!made || failed(accessAddress(frame, step, 0, made->cells, step.out, false)))
    return failure();
  frame.result(step) = vector ? Slot(made) : Slot(made->cells[0]);
  return success();
}

static LogicalResult runStoreAddress(Frame &frame, const Step &step) {
  const Slot &value = frame.operand(step, 0);
  std::vector<Cell> cells = value.isNumber() ? std::vector<Cell>{value.cell} : value.array().cells;
  return accessAddress(frame, step, 1, cells, step.in, true);
}

void rondo::interpreter::addMemoryHandlers(Handlers &handlers) {
  handlers.add("memref.alloc", runAlloc);
  handlers.add("memref.alloca", runAlloc);
  handlers.add("memref.assume_alignment", runPass);
  handlers.add("memref.cast", runPass);
  handlers.add("memref.collapse_shape", runCollapseShape);
  handlers.add("memref.copy", runCopy);
  handlers.add("memref.dealloc", runNothing);
  handlers.add("memref.dim", runDim);
  handlers.add("memref.expand_shape", runExpandShape);
  handlers.add("memref.extract_aligned_pointer_as_index", runAddress);
  handlers.add("memref.extract_strided_metadata", runMetadata);
  handlers.add("memref.get_global", runGetGlobal);
  handlers.add("memref.load", runLoad);
  handlers.add("memref.memory_space_cast", runPass);
  handlers.add("memref.prefetch", runNothing);
  handlers.add("memref.reinterpret_cast", runReinterpretCast);
  handlers.add("memref.store", runStore);
  handlers.add("memref.subview", runSubview);
  handlers.add("memref.view", runView);
  handlers.add("bufferization.alloc_tensor", runAllocTensor);
  handlers.add("bufferization.dealloc_tensor", runNothing);
  handlers.add("bufferization.materialize_in_destination", runMaterialize);
  handlers.add("bufferization.to_buffer", runToBuffer);
  handlers.add("bufferization.to_tensor", runToTensor);
  handlers.add("llvm.inttoptr", runPass);
  handlers.add("llvm.load", runLoadAddress);
  handlers.add("llvm.store", runStoreAddress);
}
