#include "compiler/Interpreter/Machine.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;
using namespace rondo;
using namespace rondo::interpreter;
using Slot = rondo::interpreter::Value; // what mlir::Value is in a frame

//===----------------------------------------------------------------------===//
// Handlers
//===----------------------------------------------------------------------===//

// Of operands of any type, memrefs too, the condition takes one whole; else element by element.
static LogicalResult runElementwise(Frame &frame, const Step &step);
LogicalResult rondo::interpreter::runSelect(Frame &frame, const Step &step) {
  if (!frame.operand(step, 0).isNumber())
    return runElementwise(frame, step);
  frame.result(step) = frame.operand(step, frame.whole(step, 0) ? 1 : 2);
  return success();
}

/// Applies step.element to numbers, or to all elements of tensors or vectors of one shape. An operand that is
/// a number (the condition of a select) stands for all of them.
static LogicalResult runElementwise(Frame &frame, const Step &step) {
  constexpr unsigned most = 4;
  unsigned n = step.operands.size();
  Cell operands[most];
  const Array *arrays[most] = {};
  const Array *shaped = nullptr;
  for (unsigned i = 0; i < n; ++i) {
    const Slot &value = frame.operand(step, i);
    operands[i] = value.cell;
    if (value.isNumber())
      continue;
    if (!value.isArray())
      return step.op->emitError() << "operand " << i << " is no number, tensor or vector";
    arrays[i] = &value.array();
    if (shaped && shaped->shape != arrays[i]->shape)
      return step.op->emitError("the operands have other shapes than each other");
    shaped = arrays[i];
  }
  auto apply = [&](Cell &result) {
    if (!step.element(step, operands, result)) {
      result = wholeCell(0);
      return frame.machine.onlyShapes;
    }
    if (step.rounding.isFloat() && step.rounding.bits < 64)
      result.real = frame.machine.mode == Mode::Perturbed ? frame.machine.perturb(result.real, step.rounding)
                                                          : roundTo(result.real, step.rounding);
    return true;
  };
  if (!shaped) {
    Cell result;
    if (!apply(result))
      return step.op->emitError("divides by zero, or the least integer by -1");
    frame.result(step) = result;
    return success();
  }
  Slot &result = frame.result(step);
  if (!result.isArray() || !result.isAlone() || result.array().shape != shaped->shape)
    result = ArrayPtr(new Array(shaped->shape));
  std::vector<Cell> &cells = result.own().cells;
  for (int64_t i = 0, size = cells.size(); i < size; ++i) {
    for (unsigned k = 0; k < n; ++k)
      if (arrays[k])
        operands[k] = arrays[k]->cells[i];
    if (!apply(cells[i]))
      return step.op->emitError("divides by zero, or the least integer by -1");
  }
  return success();
}

static LogicalResult runUnknown(Frame &, const Step &step) {
  return step.op->emitError() << "the interpreter does not know '" << step.op->getName() << "'";
}

void Handlers::addElementwise(StringRef name, Elementwise element, Handler handler) {
  entries[name] = {handler ? handler : runElementwise, element};
}

Handlers::Entry Handlers::find(Operation *op) const {
  auto found = entries.find(op->getName().getStringRef());
  if (found != entries.end())
    return found->second;
  return {isa<linalg::LinalgOp>(op) ? linalg : runUnknown, nullptr};
}

const Handlers &Handlers::all() {
  static const Handlers handlers = [] {
    Handlers all;
    addArithHandlers(all);
    addMathHandlers(all);
    addTensorHandlers(all);
    addLinalgHandlers(all);
    addFunctionHandlers(all);
    addNeuralHandlers(all);
    addSelectionHandlers(all);
    addAttentionHandlers(all);
    addRecurrentHandlers(all);
    addControlHandlers(all);
    addMemoryHandlers(all);
    addVectorHandlers(all);
    return all;
  }();
  return handlers;
}

//===----------------------------------------------------------------------===//
// From a function to steps
//===----------------------------------------------------------------------===//

namespace {
class Preparation {
public:
  Preparation(Mode mode, unsigned &numSlots) : mode(mode), numSlots(numSlots) {}

  /// Numbers the values of a region and makes its body. `keep` says which operations of its block count.
  Body prepare(Region &region, llvm::function_ref<bool(Operation *)> keep = nullptr) {
    Body body;
    if (region.empty())
      return body;
    Block &block = region.front();
    for (BlockArgument argument : block.getArguments())
      body.arguments.push_back(number(argument));
    for (Operation &op : block.without_terminator())
      if (!keep || keep(&op))
        body.steps.push_back(step(&op));
    body.terminator = &block.back();
    if (keep)
      return body;
    for (OpOperand &operand : body.terminator->getOpOperands()) {
      body.yields.push_back(slots.lookup(operand.get()));
      body.moved.push_back(isLast(operand));
    }
    return body;
  }

private:
  unsigned number(mlir::Value value) {
    slots[value] = numSlots;
    return numSlots++;
  }

  /// Whether nothing reads the value behind this operand, before the value is made anew.
  static bool isLast(OpOperand &operand) {
    Block *block = operand.get().getParentBlock();
    Operation *owner = operand.getOwner();
    if (owner->getBlock() != block)
      return false;
    for (OpOperand &use : operand.get().getUses()) {
      Operation *user = block->findAncestorOpInBlock(*use.getOwner());
      if (&use != &operand && !(user && user->isBeforeInBlock(owner)))
        return false;
    }
    return true;
  }

  Step step(Operation *op) {
    Step step;
    step.op = op;
    Handlers::Entry entry = Handlers::all().find(op);
    step.run = entry.run;
    step.element = entry.element;
    for (OpOperand &operand : op->getOpOperands()) {
      step.operands.push_back(slots.lookup(operand.get()));
      step.moved.push_back(isLast(operand));
    }
    for (Region &region : op->getRegions())
      step.bodies.push_back(prepare(region));
    step.firstResult = numSlots;
    for (OpResult result : op->getResults())
      number(result);
    if (!entry.element)
      for (Type type : op->getResultTypes())
        step.resultTypes.push_back(dyn_cast<ShapedType>(type));
    if (op->getNumOperands())
      step.in = elementOf(op->getOperand(0).getType()).value_or(Element{});
    if (op->getNumResults())
      step.out = elementOf(op->getResult(0).getType()).value_or(Element{});
    // What is taken apart by its bits has those of its type, in every mode.
    bool hasBits = llvm::any_of(op->getUsers(), llvm::IsaPred<arith::BitcastOp>);
    step.rounding = mode != Mode::Float64 || hasBits ? step.out : Element{};
    if (entry.element && (op->getNumResults() != 1 || op->getNumOperands() > 4 || op->getNumOperands() == 0))
      step.run = runUnknown;
    if (auto predicate = op->getAttrOfType<IntegerAttr>("predicate"))
      step.detail = predicate.getInt();
    return step;
  }

  const Mode mode;
  unsigned &numSlots;
  DenseMap<mlir::Value, unsigned> slots;
};
} // namespace

/// Whether there are values of a type: numbers of at most 64 bits, and ranked tensors, vectors and memrefs of
/// these.
static bool hasValues(Type type) {
  if (auto shaped = dyn_cast<ShapedType>(type)) {
    auto vector = dyn_cast<VectorType>(type);
    return shaped.hasRank() && !isa<ShapedType>(shaped.getElementType()) &&
           !(vector && vector.isScalable()) && elementOf(type);
  }
  return elementOf(type) || isa<LLVM::LLVMPointerType>(type);
}

const Function *Machine::prepare(func::FuncOp function) {
  std::unique_ptr<Function> &made = functions[function];
  if (made)
    return made.get();
  if (function.isExternal()) {
    function.emitError("has no body to be interpreted");
    return nullptr;
  }
  for (Type type : function.getArgumentTypes())
    if (!hasValues(type))
      return function.emitError() << "the interpreter has no values of type " << type, nullptr;
  WalkResult walk = function.walk([](Operation *op) {
    auto all = {TypeRange(op->getOperandTypes()), TypeRange(op->getResultTypes())};
    for (TypeRange types : all)
      for (Type type : types)
        if (!hasValues(type))
          return op->emitError() << "the interpreter has no values of type " << type, WalkResult::interrupt();
    for (Region &region : op->getRegions())
      if (!region.empty() && !region.hasOneBlock())
        return op->emitError("has a region of several blocks, which the interpreter does not run"),
               WalkResult::interrupt();
    return WalkResult::advance();
  });
  if (walk.wasInterrupted())
    return nullptr;
  auto prepared = std::make_unique<Function>();
  prepared->op = function;
  prepared->body = Preparation(mode, prepared->numSlots).prepare(function.getBody());
  made = std::move(prepared);
  return made.get();
}

//===----------------------------------------------------------------------===//
// Running
//===----------------------------------------------------------------------===//

/// Whether a value is what its type says, a number if that is none; a handler that gets this wrong is wrong
/// itself, or the IR is.
static bool fits(const Slot &value, ShapedType type) {
  if (!type)
    return value.isNumber();
  if (isa<MemRefType>(type) ? !value.isView() : !value.isArray())
    return false;
  ArrayRef<int64_t> shape = value.isView() ? ArrayRef(value.view().sizes) : ArrayRef(value.array().shape);
  ArrayRef<int64_t> known = type.getShape();
  if (shape.size() != known.size())
    return false;
  for (size_t axis = 0; axis < shape.size(); ++axis)
    if (shape[axis] != known[axis] && !ShapedType::isDynamic(known[axis]))
      return false;
  return true;
}

LogicalResult Frame::run(const Body &body) {
  for (const Step &step : body.steps) {
    if (failed(step.run(*this, step)))
      return failure();
    for (unsigned i = 0; i < step.resultTypes.size(); ++i)
      if (!fits(slots[step.firstResult + i], step.resultTypes[i]))
        return step.op->emitError() << "result " << i << " is no " << step.op->getResult(i).getType();
  }
  return success();
}

ArrayRef<int64_t> Step::typeShape() const { return cast<ShapedType>(op->getResult(0).getType()).getShape(); }

LogicalResult rondo::interpreter::runFromElements(Frame &frame, const Step &step) {
  ArrayPtr made = frame.make(step, step.typeShape());
  for (unsigned i = 0; made && i < step.operands.size(); ++i)
    made->cells[i] = frame.operand(step, i).cell;
  return frame.set(step, made);
}

ArrayPtr Frame::make(const Step &step, ArrayRef<int64_t> shape, Cell fill) {
  if (countOf(shape))
    return new Array(shape, fill);
  step.op->emitError("a value has a negative size, or more elements than the interpreter has memory for");
  return nullptr;
}

LogicalResult Frame::set(const Step &step, ArrayPtr made) {
  if (!made)
    return failure();
  bool isArray = isa<ShapedType>(step.op->getResult(0).getType());
  result(step) = isArray ? Slot(made) : Slot(made->cells[0]);
  return success();
}

Shape Frame::sizes(const Step &step, ArrayRef<int64_t> statics, unsigned &next) const {
  Shape sizes(statics);
  for (int64_t &size : sizes)
    if (ShapedType::isDynamic(size))
      size = whole(step, next++);
  return sizes;
}

LogicalResult Machine::call(func::FuncOp function, std::vector<Slot> arguments, std::vector<Slot> &results) {
  const Function *prepared = prepare(function);
  if (!prepared)
    return failure();
  constexpr unsigned deepest = 500;
  if (depth == deepest)
    return function.emitError() << "is called more than " << deepest << " calls deep";
  Frame frame(*this, *prepared);
  for (auto [i, argument] : llvm::enumerate(arguments)) {
    if (!fits(argument, dyn_cast<ShapedType>(function.getArgumentTypes()[i])))
      return function.emitError() << "argument " << i << " is no " << function.getArgumentTypes()[i];
    frame.argument(prepared->body, i) = std::move(argument);
  }
  arguments.clear();
  ++depth;
  LogicalResult result = frame.run(prepared->body);
  --depth;
  if (failed(result))
    return failure();
  results.clear();
  for (unsigned i = 0; i < prepared->body.yields.size(); ++i)
    results.push_back(frame.takeYielded(prepared->body, i));
  return success();
}

LogicalResult Machine::runChecks(func::FuncOp function, ArrayRef<int64_t> dims) {
  std::unique_ptr<Function> &made = checks[function];
  if (!made) {
    if (!prepare(function))
      return failure();
    Block &block = function.getBody().front();
    // What needs the dims alone, and with an effect on nothing but the status.
    DenseSet<Operation *> known;
    auto isKnown = [&](mlir::Value value) {
      auto argument = dyn_cast<BlockArgument>(value);
      return argument ? argument.getArgNumber() < dims.size() : known.contains(value.getDefiningOp());
    };
    for (Operation &op : block.without_terminator())
      if (!op.getNumRegions() && llvm::all_of(op.getOperands(), isKnown) &&
          (isa<CheckOp>(op) ||
           (isMemoryEffectFree(&op) && !isa<ParamOp>(op) &&
            llvm::none_of(op.getResultTypes(), [](Type type) { return isa<ShapedType>(type); }))))
        known.insert(&op);
    made = std::make_unique<Function>();
    made->op = function;
    made->body = Preparation(mode, made->numSlots).prepare(function.getBody(), [&](Operation *op) {
      return known.contains(op);
    });
  }
  Frame frame(*this, *made);
  for (auto [i, dim] : llvm::enumerate(dims))
    frame.argument(made->body, i) = wholeCell(dim);
  return frame.run(made->body);
}

int64_t Machine::addressOf(const MemoryPtr &memory, int64_t byte) {
  if (!memory->number) {
    addressed.push_back(memory);
    memory->number = addressed.size();
  }
  return memory->number << 40 | byte;
}

void Machine::forgetAddresses() {
  for (const MemoryPtr &memory : addressed)
    memory->number = 0;
  addressed.clear();
}

Memory *Machine::memoryAt(int64_t address, int64_t &byte) {
  byte = address & ((int64_t(1) << 40) - 1);
  int64_t number = address >> 40;
  return number > 0 && number <= int64_t(addressed.size()) ? addressed[number - 1].get() : nullptr;
}
