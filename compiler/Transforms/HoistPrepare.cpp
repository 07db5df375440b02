// Moves work on weights alone to @prepare.
//
// Needs calls inlined. In phase `graph` weights are `rondo.param`s in entry points, later they are
// arguments with `rondo.prepared`. Functions may be in destination style (`rondo.result`).
//
// Gives one function with `rondo.prepare`. Its arguments are the weights that are used, sorted by key;
// its results are all tensors that entry points need and that weights and constants alone decide, each
// once, none that is not read. Entry points read them as trailing arguments, before the destinations.
//
// Leaves in entry points, on results of prepare: views (they cost nothing), what only makes a tensor
// larger (it would cost memory), scalars, tensors of dynamic shape. Constants stay constants.
//
// Work is copied to prepare as entry points ask for it; cse merges what several ask for.
#include "compiler/Analysis/WeightOnly.h"
#include "compiler/Transforms/Passes.h"
#include "mlir/IR/Dominance.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/IR/Remarks.h"
#include "mlir/Transforms/CSE.h"
#include "mlir/Transforms/RegionUtils.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/Support/DebugLog.h"
#include <map>

#define DEBUG_TYPE "rondo-hoist-prepare"

namespace rondo {
#define GEN_PASS_DEF_HOISTPREPARE
#include "compiler/Transforms/Passes.h.inc"
} // namespace rondo

using namespace mlir;
using namespace rondo;

namespace {

void eraseDead(ArrayRef<Operation *> inOrder) {
  for (Operation *op : llvm::reverse(inOrder))
    if (isOpTriviallyDead(op))
      op->erase();
}

std::optional<unsigned> numberOf(func::FuncOp func, BlockArgument arg, StringRef name) {
  auto number = func.getArgAttrOfType<IntegerAttr>(arg.getArgNumber(), name);
  return number ? std::optional<unsigned>(number.getInt()) : std::nullopt;
}

/// The function with `rondo.prepare`. While it changes it is not in destination style: its results are the
/// operands of its terminator, to which more are added.
class Prepare {
public:
  explicit Prepare(ModuleOp module) : module(module) {
    for (auto candidate : module.getOps<func::FuncOp>())
      if (candidate->hasAttr(attrs::prepare))
        func = candidate;
    if (!func)
      create();
    leaveDestinations();
  }

  func::FuncOp func;

  ValueRange results() { return terminator()->getOperands(); }
  Operation *terminator() { return func.getBody().front().getTerminator(); }

  LogicalResult addParams(ArrayRef<func::FuncOp> entries);
  Value param(StringRef key) {
    for (BlockArgument arg : func.getArguments())
      if (auto held = func.getArgAttrOfType<StringAttr>(arg.getArgNumber(), attrs::param);
          held && held == key)
        return arg;
    return {};
  }
  unsigned addResult(Value value) {
    terminator()->insertOperands(terminator()->getNumOperands(), value);
    return terminator()->getNumOperands() - 1;
  }

  /// Keeps results numbered `kept`, in that order, and what they need.
  void finish(ArrayRef<unsigned> kept, bool destinations);

private:
  void create() {
    OpBuilder b(module.getContext());
    func = func::FuncOp::create(module.getLoc(), "prepare", b.getFunctionType({}, {}));
    func->setAttr(attrs::prepare, b.getUnitAttr());
    b.setInsertionPointToStart(func.addEntryBlock());
    func::ReturnOp::create(b, module.getLoc());
    SymbolTable(module).insert(func,
                               module.getBody()->begin()); // gives it another name if an entry point has it
  }

  // return (materialize_in_destination %v in %d)  ->  return %v
  void leaveDestinations() {
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

  ModuleOp module;
};

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
    unsigned position = 0;
    while (position < func.getNumArguments() &&
           func.getArgAttrOfType<StringAttr>(position, attrs::param).getValue() < key)
      ++position;
    Builder b(op.getContext());
    auto attributes = b.getDictionaryAttr(
        {b.getNamedAttr(attrs::param, op.getKeyAttr()), b.getNamedAttr(attrs::init, op.getInitAttr())});
    if (failed(func.insertArgument(position, op.getType(), attributes, op.getLoc())))
      return failure();
  }
  return success();
}

void Prepare::finish(ArrayRef<unsigned> kept, bool destinations) {
  Operation *end = terminator();
  SmallVector<Value> values = llvm::map_to_vector(kept, [&](unsigned i) { return results()[i]; });
  end->setOperands(values);
  eraseDead(
      llvm::map_to_vector(func.getBody().front().without_terminator(), [](Operation &op) { return &op; }));
  for (unsigned i = func.getNumArguments(); i-- > 0;)
    if (func.getArgument(i).use_empty())
      (void)func.eraseArgument(i);
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
}

/// One entry point, and what it takes from prepare.
class Entry {
public:
  Entry(func::FuncOp func, Prepare &prepare) : func(func), prepare(prepare) {
    for (BlockArgument arg : func.getArguments())
      if (std::optional<unsigned> number = numberOf(func, arg, attrs::prepared))
        numbers[arg] = *number;
    firstDestination = func.getNumArguments();
    for (BlockArgument arg : llvm::reverse(func.getArguments()))
      if (numberOf(func, arg, attrs::result))
        firstDestination = arg.getArgNumber();
  }

  func::FuncOp func;
  /// Arguments that are results of prepare, by their number there.
  llvm::MapVector<Value, unsigned> numbers;

  void takeFromPrepare() {
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

private:
  // Work of a step of an enclosing computation does not move alone.
  static bool isMovable(Operation *op) { return !op->getParentOfType<linalg::LinalgOp>(); }

  void feed(Operation *op) {
    for (OpOperand &operand : op->getOpOperands())
      if (weights.contains(operand.get()))
        operand.set(inEntry(operand.get()));
  }

  /// The value as the entry point will read it.
  Value inEntry(Value value) {
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
    if (arg)
      return arg;
    unsigned number = prepare.addResult(inPrepare(value)), position = firstDestination++;
    Builder b(value.getContext());
    auto attributes = b.getDictionaryAttr(b.getNamedAttr(attrs::prepared, b.getI64IntegerAttr(number)));
    (void)func.insertArgument(position, type, attributes, value.getLoc());
    arg = func.getArgument(position);
    numbers[arg] = number;
    LDBG() << func.getSymName() << " reads " << value;
    return arg;
  }

  /// The value in prepare, made there if it is not yet.
  Value inPrepare(Value value) {
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
    OpBuilder b(prepare.terminator());
    Operation *copy = b.clone(*op, mapping);
    copies.map(op->getResults(), copy->getResults());
    return copies.lookup(value);
  }

  Prepare &prepare;
  WeightOnly weights;
  unsigned firstDestination;
  DenseMap<Value, Value> arguments; // of values that became results of prepare
  DenseSet<Operation *> stays;
  IRMapping copies;
};

struct HoistPrepare : rondo::impl::HoistPrepareBase<HoistPrepare> {
  void runOnOperation() override {
    SmallVector<func::FuncOp> functions;
    bool destinations = false;
    for (auto func : getOperation().getOps<func::FuncOp>())
      if (func->hasAttr(attrs::entry) && !func.isExternal()) {
        functions.push_back(func);
        destinations |= llvm::any_of(func.getArguments(), [&](BlockArgument arg) {
          return numberOf(func, arg, attrs::result).has_value();
        });
      }
    Prepare prepare(getOperation());
    if (failed(prepare.addParams(functions)))
      return signalPassFailure();

    SmallVector<Entry> entries;
    for (func::FuncOp func : functions)
      entries.emplace_back(func, prepare).takeFromPrepare();
    IRRewriter rewriter(&getContext());
    DominanceInfo dominance;
    eliminateCommonSubExpressions(rewriter, dominance, prepare.func);

    // Results that are equal become one, results that nothing reads go.
    llvm::MapVector<Value, unsigned> numberOfValue;
    SmallVector<unsigned> kept;
    for (Entry &entry : entries)
      for (auto [arg, number] : entry.numbers)
        if (!arg.use_empty())
          kept.push_back(number);
    llvm::sort(kept);
    SmallVector<unsigned> first;
    for (unsigned number : kept)
      if (numberOfValue.try_emplace(prepare.results()[number], first.size()).second)
        first.push_back(number);
    SmallVector<Value> values(prepare.results());
    for (Entry &entry : entries)
      renumber(entry, values, numberOfValue);
    prepare.finish(first, destinations);
    remark::passed(prepare.func.getLoc(), remark::RemarkOpts::name("prepare").category(DEBUG_TYPE))
        << remark::add("{0} tensors are prepared from {1} weights", first.size(),
                       prepare.func.getNumArguments());
  }

  void renumber(Entry &entry, ArrayRef<Value> values, const llvm::MapVector<Value, unsigned> &numberOfValue) {
    Builder b(&getContext());
    DenseMap<unsigned, BlockArgument> taken;
    for (unsigned i = 0; i < entry.func.getNumArguments();) {
      BlockArgument arg = entry.func.getArgument(i);
      auto at = entry.numbers.find(arg);
      if (at == entry.numbers.end()) {
        ++i;
        continue;
      }
      if (!arg.use_empty()) {
        unsigned number = numberOfValue.lookup(values[at->second]);
        auto [other, isNew] = taken.try_emplace(number, arg);
        if (isNew) {
          entry.func.setArgAttr(i++, attrs::prepared, b.getI64IntegerAttr(number));
          continue;
        }
        arg.replaceAllUsesWith(other->second);
      }
      (void)entry.func.eraseArgument(i);
    }
  }
};

} // namespace
