// The loop over time, on values and into destinations.
#include "compiler/Interpreter/Strided.h"

using namespace mlir;
using namespace rondo;
using namespace rondo::interpreter;
using Slot = rondo::interpreter::Value;

/// Slice `t` of a value along axis 0: a copy of an array, a view of memory.
static Slot sliceAt(const Slot &value, int64_t t) {
  if (value.isView()) {
    const View &view = value.view();
    return ViewPtr(new View(view.memory, view.offset + t * view.strides[0], ArrayRef(view.sizes).drop_front(),
                            ArrayRef(view.strides).drop_front()));
  }
  const Array &array = value.array();
  ArrayPtr made = new Array(ArrayRef(array.shape).drop_front());
  std::copy_n(array.cells.begin() + t * made->size(), made->size(), made->cells.begin());
  return made;
}

static ArrayRef<int64_t> shapeOf(const Slot &value) {
  return value.isView() ? ArrayRef(value.view().sizes) : ArrayRef(value.array().shape);
}

/// Puts a value to place `t` of a stack; an error if it is none of its slots.
static LogicalResult putAt(const Step &step, Slot &stack, int64_t t, const Array &value) {
  Array &to = stack.own();
  if (ArrayRef(to.shape).drop_front() != ArrayRef(value.shape))
    return step.op->emitError("a step yields another shape than the stack has");
  llvm::copy(value.cells, to.cells.begin() + t * value.size());
  return success();
}

/// Checks that each of `count` operands from `first` on has `steps` slices.
static LogicalResult checkStacked(Frame &frame, const Step &step, unsigned first, unsigned count,
                                  int64_t steps) {
  for (unsigned i = first; i < first + count; ++i)
    if (shapeOf(frame.operand(step, i)).front() != steps)
      return step.op->emitError() << "operand " << i << " has " << shapeOf(frame.operand(step, i)).front()
                                  << " slices for " << steps << " steps";
  if (steps < 0)
    return step.op->emitError() << "has " << steps << " steps";
  return success();
}

//===----------------------------------------------------------------------===//
// rondo.scan
//===----------------------------------------------------------------------===//

/// Runs the body once on zeros, to learn the shapes of stacks that no step fills; no check counts.
static LogicalResult runOnZeros(Frame &frame, const Step &step, ScanOp op, ArrayRef<Slot> carries) {
  const Body &body = step.bodies[0];
  frame.argument(body, 0) = wholeCell(0);
  unsigned numIns = op.getIns().size();
  for (unsigned i = 0; i < numIns + carries.size(); ++i) {
    ArrayRef<int64_t> shape = i < numIns ? ArrayRef(frame.array(step, 1 + i).shape).drop_front()
                                         : ArrayRef(carries[i - numIns].array().shape);
    ArrayPtr zeros = frame.make(step, shape);
    if (!zeros)
      return failure();
    frame.argument(body, 1 + i) = zeros;
  }
  bool outer = std::exchange(frame.machine.onlyShapes, true);
  LogicalResult result = frame.run(body);
  frame.machine.onlyShapes = outer;
  return result;
}

static LogicalResult runScan(Frame &frame, const Step &step) {
  auto op = cast<ScanOp>(step.op);
  unsigned numIns = op.getIns().size(), numCarries = op.numCarries(), numStacks = op.numStacks();
  const Body &body = step.bodies[0];
  int64_t steps = frame.whole(step, 0), done = 0;
  if (failed(checkStacked(frame, step, 1, numIns, steps)))
    return failure();
  SmallVector<Slot> stacks(numStacks), carries;
  for (unsigned i = 0; i < numCarries; ++i)
    carries.push_back(frame.take(step, 1 + numIns + i));
  auto makeStacks = [&] {
    for (unsigned i = 0; i < numStacks; ++i) {
      Shape shape = {steps};
      llvm::append_range(shape, frame.yielded(body, i).array().shape);
      ArrayPtr made = frame.make(step, shape, poisonOf(*elementOf(op.getResult(i).getType())));
      if (!made)
        return failure();
      stacks[i] = std::move(made);
    }
    return success();
  };
  for (bool goesOn = true; goesOn && done < steps; ++done) {
    int64_t t = op.getReverse() ? steps - 1 - done : done;
    frame.argument(body, 0) = wholeCell(t);
    for (unsigned i = 0; i < numIns; ++i)
      frame.argument(body, 1 + i) = sliceAt(frame.operand(step, 1 + i), t);
    for (unsigned i = 0; i < numCarries; ++i)
      frame.argument(body, 1 + numIns + i) = std::move(carries[i]);
    if (failed(frame.run(body)) || (done == 0 && failed(makeStacks())))
      return failure();
    for (unsigned i = 0; i < numStacks; ++i)
      if (failed(putAt(step, stacks[i], t, frame.yielded(body, i).array())))
        return failure();
    for (unsigned i = 0; i < numCarries; ++i)
      carries[i] = frame.takeYielded(body, numStacks + i);
    if (op.getUntil())
      goesOn = !frame.yielded(body, numStacks + numCarries).cell.whole;
  }
  if (steps == 0 && numStacks) {
    if (failed(runOnZeros(frame, step, op, carries)) || failed(makeStacks()))
      return failure();
  }
  for (unsigned i = 0; i < numStacks; ++i)
    frame.result(step, i) = std::move(stacks[i]);
  for (unsigned i = 0; i < numCarries; ++i)
    frame.result(step, numStacks + i) = std::move(carries[i]);
  if (op.getUntil())
    frame.result(step, numStacks + numCarries) = ArrayPtr(new Array({}, wholeCell(done)));
  return success();
}

//===----------------------------------------------------------------------===//
// rondo.scan_into
//===----------------------------------------------------------------------===//

/// Room for a value like `like`: what it holds means nothing.
static Slot roomLike(const Slot &like, Element element) {
  if (like.isView())
    return View::make(like.view().sizes, element);
  return ArrayPtr(new Array(like.array().shape, poisonOf(element)));
}

/// Copies what one memref shows to another.
static LogicalResult copyView(const Step &step, const View &from, const View &to, Element element) {
  Place source(from, element), destination(to, element);
  if (source.sizes != destination.sizes ||
      !copyBlock(destination, 0, destination.strides, source, 0, source.strides, source.sizes))
    return step.op->emitError("a carry is no value of its destination");
  return success();
}

// On memrefs each step gets fresh memory for the next value of a moved carry, so that nothing is overwritten
// that is still read; the last one is copied to its destination.
static LogicalResult runScanInto(Frame &frame, const Step &step) {
  auto op = cast<ScanIntoOp>(step.op);
  unsigned numIns = op.getIns().size(), numMoved = op.numMoved(), numUpdates = op.getUpdates().size(),
           numStacks = op.getStacks().size(), firstNext = 1 + numIns + numMoved;
  unsigned firstUpdate = firstNext + numMoved, firstStack = firstUpdate + numUpdates;
  const Body &body = step.bodies[0];
  bool onTensors = step.op->getNumResults() > 0, goesOn = true;
  int64_t steps = frame.whole(step, 0), done = 0;
  if (failed(checkStacked(frame, step, 1, numIns, steps)) ||
      failed(checkStacked(frame, step, firstStack, numStacks, steps)))
    return failure();
  auto elementOfOperand = [&](unsigned i) { return *elementOf(op->getOperand(i).getType()); };
  SmallVector<Slot> carries, nexts, updates, stacks;
  for (unsigned i = 0; i < numMoved; ++i)
    carries.push_back(frame.take(step, 1 + numIns + i));
  for (unsigned i = 0; i < numMoved; ++i)
    nexts.push_back(frame.take(step, firstNext + i));
  for (unsigned i = 0; i < numUpdates; ++i)
    updates.push_back(frame.take(step, firstUpdate + i));
  for (unsigned i = 0; i < numStacks; ++i)
    stacks.push_back(frame.take(step, firstStack + i));
  for (; goesOn && done < steps; ++done) {
    int64_t t = op.getReverse() ? steps - 1 - done : done;
    unsigned next = 0;
    frame.argument(body, next++) = wholeCell(t);
    for (unsigned i = 0; i < numIns; ++i)
      frame.argument(body, next++) = sliceAt(frame.operand(step, 1 + i), t);
    for (unsigned i = 0; i < numMoved; ++i)
      frame.argument(body, next++) = std::move(carries[i]);
    for (unsigned i = 0; i < numMoved; ++i)
      frame.argument(body, next++) = roomLike(nexts[i], elementOfOperand(firstNext + i));
    for (unsigned i = 0; i < numUpdates; ++i)
      frame.argument(body, next++) = onTensors ? std::move(updates[i]) : updates[i];
    for (unsigned i = 0; i < numStacks; ++i)
      frame.argument(body, next++) = sliceAt(stacks[i], t);
    if (failed(frame.run(body)))
      return failure();
    next = 0;
    for (unsigned i = 0; i < numMoved; ++i)
      carries[i] = frame.takeYielded(body, next++);
    for (unsigned i = 0; i < numUpdates && onTensors; ++i)
      updates[i] = frame.takeYielded(body, next++);
    for (unsigned i = 0; i < numStacks && onTensors; ++i)
      if (failed(putAt(step, stacks[i], t, frame.yielded(body, next++).array())))
        return failure();
    if (op.getUntil())
      goesOn = !frame.yielded(body, next).cell.whole;
  }
  if (onTensors) {
    unsigned next = 0;
    for (SmallVector<Slot> *list : {&carries, &updates, &stacks})
      for (Slot &value : *list)
        frame.result(step, next++) = std::move(value);
    if (op.getUntil())
      frame.result(step, next) = ArrayPtr(new Array({}, wholeCell(done)));
    return success();
  }
  for (unsigned i = 0; i < numMoved; ++i)
    if (failed(copyView(step, carries[i].view(), nexts[i].view(), elementOfOperand(firstNext + i))))
      return failure();
  if (op.getUntil() && !Place(frame.view(step, firstStack + numStacks), Element{Element::Integer, 64})
                            .store(0, wholeCell(done)))
    return step.op->emitError("has no room for the number of steps");
  return success();
}

void rondo::interpreter::addRecurrentHandlers(Handlers &handlers) {
  handlers.add("rondo.scan", runScan);
  handlers.add("rondo.scan_into", runScanInto);
}
