#include "compiler/Transforms/Preparation.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Transforms/RegionUtils.h"
#include "llvm/Support/DebugLog.h"
#include <map>

#define DEBUG_TYPE "rondo-hoist-prepare"

using namespace mlir;
using namespace rondo;

static void eraseDead(ArrayRef<Operation *> inOrder) {
  for (Operation *op : llvm::reverse(inOrder))
    if (isOpTriviallyDead(op) || (op->use_empty() && isPreparation(op)))
      op->erase();
}

static std::optional<unsigned> numberOf(func::FuncOp func, BlockArgument arg, StringRef name) {
  auto number = func.getArgAttrOfType<IntegerAttr>(arg.getArgNumber(), name);
  return number ? std::optional<unsigned>(number.getInt()) : std::nullopt;
}

//===----------------------------------------------------------------------===//
// Prepare
//===----------------------------------------------------------------------===//

Prepare::Prepare(func::FuncOp func) : func(func) { leaveDestinations(); }

Prepare::Prepare(ModuleOp module) {
  for (auto candidate : module.getOps<func::FuncOp>())
    if (candidate->hasAttr(attrs::prepare) && !candidate.isPrivate())
      func = candidate;
  if (func) {
    leaveDestinations();
    return;
  }
  OpBuilder b(module.getContext());
  func = func::FuncOp::create(module.getLoc(), "prepare", b.getFunctionType({}, {}));
  func->setAttr(attrs::prepare, b.getUnitAttr());
  b.setInsertionPointToStart(func.addEntryBlock());
  func::ReturnOp::create(b, module.getLoc());
  // Gives it another name if an entry point has it.
  SymbolTable(module).insert(func, module.getBody()->begin());
}

// return (materialize_in_destination %v in %d)  ->  return %v
void Prepare::leaveDestinations() {
  for (OpOperand &operand : terminator()->getOpOperands())
    if (auto placed = operand.get().getDefiningOp<bufferization::MaterializeInDestinationOp>()) {
      operand.set(placed.getSource());
      if (placed->use_empty())
        placed->erase();
    }
  for (unsigned i = func.getNumArguments(); i-- > 0;) {
    if (!numberOf(func, func.getArgument(i), attrs::result))
      continue;
    if (BlockArgument arg = func.getArgument(i); !arg.use_empty()) {
      OpBuilder b = OpBuilder::atBlockBegin(&func.getBody().front());
      auto type = cast<RankedTensorType>(arg.getType());
      arg.replaceAllUsesWith(
          tensor::EmptyOp::create(b, arg.getLoc(), type.getShape(), type.getElementType()));
    }
    (void)func.eraseArgument(i);
  }
}

LogicalResult Prepare::addParams(ArrayRef<func::FuncOp> entries) {
  std::map<StringRef, ParamOp> params; // by key
  for (func::FuncOp entry : entries)
    for (auto op : llvm::make_early_inc_range(entry.getOps<ParamOp>())) {
      auto [at, isNew] = params.try_emplace(op.getKey(), op);
      if (!isNew && (at->second.getType() != op.getType() || at->second.getInit() != op.getInit())) {
        InFlightDiagnostic error = op.emitError("weight '")
                                   << op.getKey() << "' is read as two different ones";
        error.attachNote(at->second.getLoc()) << "the other is here";
        return error;
      }
    }
  for (auto [key, op] : params) {
    if (param(key))
      continue;
    // Weights stand first, by their keys.
    auto isBefore = [&, key = key](unsigned position) {
      auto other = func.getArgAttrOfType<StringAttr>(position, attrs::param);
      return other && other.getValue() < key;
    };
    unsigned position = 0;
    while (position < func.getNumArguments() && isBefore(position))
      ++position;
    Builder b(op.getContext());
    NamedAttrList attributes;
    attributes.set(attrs::param, op.getKeyAttr());
    attributes.set(attrs::init, op.getInitAttr());
    if (Attribute isUnsigned = op->getAttr("rondo.unsigned"))
      attributes.set("rondo.unsigned", isUnsigned);
    if (failed(func.insertArgument(position, op.getType(), attributes.getDictionary(op.getContext()),
                                   op.getLoc())))
      return failure();
  }
  return success();
}

Value Prepare::param(StringRef key) {
  for (BlockArgument arg : func.getArguments())
    if (auto held = func.getArgAttrOfType<StringAttr>(arg.getArgNumber(), attrs::param); held && held == key)
      return arg;
  return {};
}

unsigned Prepare::addResult(Value value) {
  terminator()->insertOperands(terminator()->getNumOperands(), value);
  return terminator()->getNumOperands() - 1;
}

func::CallOp Prepare::findCall(FlatSymbolRefAttr callee, ValueRange operands) {
  for (auto call : func.getOps<func::CallOp>())
    if (call.getCalleeAttr() == callee &&
        llvm::equal(call.getOperands().take_front(operands.size()), operands))
      return call;
  return {};
}

SmallVector<unsigned> Prepare::finish(ArrayRef<unsigned> kept, bool destinations) {
  Operation *end = terminator();
  SmallVector<Value> values = llvm::map_to_vector(kept, [&](unsigned i) { return results()[i]; });
  end->setOperands(values);
  eraseDead(
      llvm::map_to_vector(func.getBody().front().without_terminator(), [](Operation &op) { return &op; }));
  SmallVector<unsigned> used;
  for (unsigned i = func.getNumArguments(); i-- > 0;)
    if (func.getArgument(i).use_empty())
      (void)func.eraseArgument(i);
    else
      used.insert(used.begin(), i);
  if (destinations) {
    OpBuilder b(end);
    for (auto [i, value] : llvm::enumerate(values)) {
      auto attributes = b.getDictionaryAttr(b.getNamedAttr(attrs::result, b.getI64IntegerAttr(i)));
      (void)func.insertArgument(func.getNumArguments(), value.getType(), attributes, value.getLoc());
      Value to = func.getArguments().back();
      end->setOperand(
          i, bufferization::MaterializeInDestinationOp::create(b, value.getLoc(), value.getType(), value, to)
                 ->getResult(0));
    }
  }
  func.setFunctionType(
      FunctionType::get(func.getContext(), func.getBody().getArgumentTypes(), end->getOperandTypes()));
  return used;
}

//===----------------------------------------------------------------------===//
// Prepared
//===----------------------------------------------------------------------===//

Prepared::Prepared(func::FuncOp func, Prepare &prepare) : func(func), prepare(prepare) {
  for (BlockArgument arg : func.getArguments())
    if (std::optional<unsigned> number = numberOf(func, arg, attrs::prepared))
      numbers[arg] = *number;
  firstDestination = func.getNumArguments();
  for (BlockArgument arg : llvm::reverse(func.getArguments()))
    if (numberOf(func, arg, attrs::result))
      firstDestination = arg.getArgNumber();
}

void Prepared::takeFromPrepare() {
  SmallVector<Operation *> moved, others;
  func.getBody().walk<WalkOrder::PreOrder>([&](Operation *op) {
    bool moves = weights.contains(op);
    (moves ? moved : others).push_back(op);
    return moves ? WalkResult::skip() : WalkResult::advance();
  });
  for (Operation *op : others)
    feed(op);
  eraseDead(moved);
}

void Prepared::feed(Operation *op) {
  for (OpOperand &operand : op->getOpOperands())
    if (weights.contains(operand.get()))
      operand.set(inFunction(operand.get()));
}

// Work of a step of an enclosing computation does not move alone.
static bool isMovable(Operation *op) { return !op->getParentOfType<linalg::LinalgOp>(); }

// The value as the function will read it.
Value Prepared::inFunction(Value value) {
  Operation *op = value.getDefiningOp();
  if (!op)
    return value;
  auto type = dyn_cast<RankedTensorType>(value.getType());
  if (!type || !type.hasStaticShape() || isView(op) || isEnlarging(op) || matchPattern(op, m_Constant()) ||
      !isMovable(op)) {
    if (stays.insert(op).second)
      feed(op);
    return value;
  }
  Value &arg = arguments[value];
  if (!arg) {
    arg = addArgument(prepare.addResult(inPrepare(value)), type, value.getLoc());
    LDBG() << func.getSymName() << " reads " << value;
  }
  return arg;
}

Value Prepared::read(Value value) {
  for (auto [arg, number] : numbers)
    if (prepare.results()[number] == value)
      return arg;
  return addArgument(prepare.addResult(value), value.getType(), value.getLoc());
}

Value Prepared::addArgument(unsigned number, Type type, Location loc) {
  unsigned position = firstDestination++;
  Builder b(type.getContext());
  auto attributes = b.getDictionaryAttr(b.getNamedAttr(attrs::prepared, b.getI64IntegerAttr(number)));
  (void)func.insertArgument(position, type, attributes, loc);
  Value arg = func.getArgument(position);
  numbers[arg] = number;
  return arg;
}

// The value in prepare, made there if it is not yet.
Value Prepared::inPrepare(Value value) {
  if (Value made = copies.lookupOrNull(value))
    return made;
  if (isa<BlockArgument>(value))
    return prepare.results()[numbers.lookup(value)];
  Operation *op = value.getDefiningOp();
  if (auto param = dyn_cast<ParamOp>(op))
    return prepare.param(param.getKey());
  SetVector<Value> needed(op->operand_begin(), op->operand_end());
  getUsedValuesDefinedAbove(op->getRegions(), needed);
  IRMapping mapping;
  for (Value operand : needed)
    mapping.map(operand, inPrepare(operand));
  Operation *copy = nullptr;
  if (auto call = dyn_cast<func::CallOp>(op)) { // cse takes calls for different ones
    SmallVector<Value> operands =
        llvm::map_to_vector(call.getOperands(), [&](Value operand) { return mapping.lookup(operand); });
    copy = prepare.findCall(call.getCalleeAttr(), operands);
  }
  if (!copy)
    copy = OpBuilder(prepare.terminator()).clone(*op, mapping);
  copies.map(op->getResults(), copy->getResults());
  return copies.lookup(value);
}

void Prepared::renumber(ArrayRef<Value> results, const llvm::MapVector<Value, unsigned> &numberOfValue) {
  Builder b(func.getContext());
  DenseMap<unsigned, BlockArgument> taken;
  for (unsigned i = 0; i < func.getNumArguments();) {
    BlockArgument arg = func.getArgument(i);
    auto at = numbers.find(arg);
    if (at == numbers.end()) {
      ++i;
      continue;
    }
    if (!arg.use_empty()) {
      unsigned number = numberOfValue.lookup(results[at->second]);
      auto [other, isNew] = taken.try_emplace(number, arg);
      if (isNew) {
        func.setArgAttr(i++, attrs::prepared, b.getI64IntegerAttr(number));
        continue;
      }
      arg.replaceAllUsesWith(other->second);
    }
    (void)func.eraseArgument(i);
  }
}
