// Layers in scans. A call does not fit if inlined code would do better:
//
// - it holds a product, a reduction, ... that does not depend on a carry, or its results feed no carry:
//   rondo-fission-scan takes that out of the loop. Of a scan with `until` only what is the same at every step
//   leaves;
// - it is given a carry as it is, or an input's slice, and does not update it: the place of that is another
//   at each step, and its rows may lie apart, so it would be copied;
// - it writes into an argument that it does not give back, or whose old value is read again, or whose new
//   value is not the carry's next one: a copy as well. So each cache that fits goes one way, from the carry
//   through calls and insert_slices to its next value.
//
// If one call of a function does not fit, none does.
#include "compiler/Transforms/ScannedLayers.h"
#include "compiler/Analysis/WeightOnly.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Transforms/RegionUtils.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace rondo;

static Value withoutViews(Value value) {
  while (Operation *op = value.getDefiningOp()) {
    if (!isView(op))
      break;
    value = op->getOperand(0);
  }
  return value;
}

const ScannedLayers::Facts *ScannedLayers::find(StringRef name) const {
  auto found = numbers.find(name);
  return found == numbers.end() ? nullptr : &calleesFirst[found->second];
}

const ScannedLayers::Facts *ScannedLayers::callerOf(func::CallOp call) const {
  return find(call->getParentOfType<func::FuncOp>().getSymName());
}

bool ScannedLayers::isInScan(func::FuncOp func) const { return find(func.getSymName())->isInScan; }
bool ScannedLayers::fits(func::FuncOp func) const { return find(func.getSymName())->fits; }
ArrayRef<int64_t> ScannedLayers::updates(func::FuncOp func) const { return find(func.getSymName())->updates; }

void ScannedLayers::add(func::FuncOp func, ArrayRef<func::CallOp> calls) {
  Facts facts;
  facts.func = func;
  facts.calls.assign(calls.begin(), calls.end());
  for (Value result : func.front().getTerminator()->getOperands()) {
    BlockArgument arg = writtenBy(result) ? originOf(result) : BlockArgument();
    bool isUpdate = arg && arg.getType() == result.getType() &&
                    !llvm::is_contained(facts.updates, int64_t(arg.getArgNumber())); // it has one new value
    facts.updates.push_back(isUpdate ? int64_t(arg.getArgNumber()) : -1);
  }
  numbers[func.getSymName()] = calleesFirst.size();
  calleesFirst.push_back(std::move(facts));
}

void ScannedLayers::finish() {
  for (Facts &facts : llvm::reverse(calleesFirst)) {
    findDependences(facts);
    if (facts.isInScan)
      facts.fits = facts.fits && !copiesArguments(facts) &&
                   llvm::all_of(facts.calls, [&](func::CallOp call) { return fitsHere(facts, call); });
  }
}

//===----------------------------------------------------------------------===//
// Dependence
//===----------------------------------------------------------------------===//

// Operands, and what regions use from outside.
static SetVector<Value> valuesRead(Operation *op) {
  SetVector<Value> read(op->operand_begin(), op->operand_end());
  getUsedValuesDefinedAbove(op->getRegions(), read);
  return read;
}

// Whether a carry, or the end of the scan, needs what `call` gives.
static bool feedsCarry(func::CallOp call, ScanOp scan) {
  auto yield = cast<YieldOp>(scan.getBody().front().getTerminator());
  SetVector<Value> needed;
  for (Value value : yield.getValues().drop_front(scan.numStacks()))
    needed.insert(value);
  for (unsigned i = 0; i < needed.size(); ++i) {
    Operation *op = needed[i].getDefiningOp();
    if (!op || !scan->isProperAncestor(op))
      continue;
    if (op == call)
      return true;
    SetVector<Value> read = valuesRead(op);
    needed.insert(read.begin(), read.end());
  }
  return false;
}

// In a function that is called in a scan.
Dependence ScannedLayers::dependenceOf(Value value) {
  if (auto arg = dyn_cast<BlockArgument>(value)) {
    auto func = dyn_cast<func::FuncOp>(arg.getOwner()->getParentOp());
    const Facts *facts = func ? find(func.getSymName()) : nullptr;
    return facts && facts->isInScan ? facts->dependences[arg.getArgNumber()] : Dependence::Ordered;
  }
  Operation *op = value.getDefiningOp();
  auto [at, isNew] = known.try_emplace(op, Dependence::Invariant);
  if (!isNew)
    return at->second;
  Dependence most = Dependence::Invariant;
  for (Value read : valuesRead(op))
    most = std::max(most, dependenceOf(read));
  return known[op] = most;
}

void ScannedLayers::findDependences(Facts &facts) {
  facts.dependences.assign(facts.func.getNumArguments(), Dependence::Ordered);
  bool isCut = true; // by `until`
  for (func::CallOp call : facts.calls) {
    auto scan = call->getParentOfType<ScanOp>();
    const Facts *caller = callerOf(call);
    if (!scan && !(caller && caller->isInScan))
      continue;
    facts.isInScan = true;
    isCut &= scan && scan.getUntil();
    std::optional<TimeDependence> inBody;
    if (scan) {
      inBody.emplace(scan);
      facts.fits &= scan.getUntil() || feedsCarry(call, scan);
    }
    for (auto [least, operand] : llvm::zip_equal(facts.dependences, call.getOperands()))
      least = std::min(least, inBody ? inBody->of(operand) : dependenceOf(operand));
  }
  if (!facts.isInScan)
    return;
  WeightOnly weights;
  Dependence leaving = isCut ? Dependence::Invariant : Dependence::Input;
  facts.func.walk([&](Operation *op) {
    if (isa<ContractOp, AttentionOp, ReduceOp, SoftmaxOp, NormalizeOp>(op))
      facts.fits &= weights.contains(op) || dependenceOf(op->getResult(0)) > leaving;
  });
}

//===----------------------------------------------------------------------===//
// Updates
//===----------------------------------------------------------------------===//

// What `value` is made of by writing into a part of it, or null.
OpOperand *ScannedLayers::writtenOperand(Value value) const {
  if (auto insert = value.getDefiningOp<tensor::InsertSliceOp>())
    return &insert.getDestMutable();
  auto call = value.getDefiningOp<func::CallOp>();
  const Facts *callee = call ? find(call.getCallee()) : nullptr;
  int64_t arg = callee ? callee->updates[cast<OpResult>(value).getResultNumber()] : -1;
  return arg < 0 ? nullptr : &call->getOpOperand(arg);
}

Value ScannedLayers::writtenBy(Value value) const {
  OpOperand *operand = writtenOperand(value);
  return operand ? operand->get() : Value();
}

BlockArgument ScannedLayers::originOf(Value value) const {
  while (Value before = writtenBy(value))
    value = before;
  return dyn_cast<BlockArgument>(value);
}

// Whether a write goes into an argument that has no new value.
bool ScannedLayers::copiesArguments(const Facts &facts) const {
  func::FuncOp func = facts.func;
  WalkResult writes = func.walk([&](Operation *op) {
    for (Value result : op->getResults()) {
      Value before = writtenBy(result);
      for (Value next = before; next; next = writtenBy(before))
        before = withoutViews(next);
      auto arg = dyn_cast_or_null<BlockArgument>(before);
      if (arg && arg.getOwner() == &func.front() &&
          !llvm::is_contained(facts.updates, int64_t(arg.getArgNumber())))
        return WalkResult::interrupt();
    }
    return WalkResult::advance();
  });
  return writes.wasInterrupted();
}

// Whether `writer` is the last to use `value`, also through views, and the only one that writes into it;
// `own` is its use.
bool ScannedLayers::isOverwrittenLast(Value value, Operation *writer, OpOperand *own) const {
  return llvm::all_of(value.getUses(), [&](OpOperand &use) {
    Operation *user = use.getOwner();
    if (&use == own)
      return true;
    Operation *at = writer->getBlock()->findAncestorOpInBlock(*user);
    auto isWritten = [&](Value result) { return writtenOperand(result) == &use; };
    return at && at != writer && at->isBeforeInBlock(writer) && !isa<ScanOp>(user) &&
           llvm::none_of(user->getResults(), isWritten) &&
           (!isView(user) || isOverwrittenLast(user->getResult(0), writer, nullptr));
  });
}

// Whether the result is one of the values that a carry goes through to its next value, or an argument of the
// layer around it to its new one.
bool ScannedLayers::isInPlace(func::CallOp call, unsigned result, int64_t argument) const {
  BlockArgument origin = originOf(call.getOperand(argument));
  if (!origin || origin.getOwner() != call->getBlock())
    return false;
  Operation *end = call->getBlock()->getTerminator();
  Value last;
  if (auto scan = dyn_cast<ScanOp>(call->getParentOp())) {
    if (origin.getArgNumber() > scan.getIns().size())
      last =
          cast<YieldOp>(end).getValues()[scan.numStacks() + origin.getArgNumber() - 1 - scan.getIns().size()];
  } else if (const Facts *caller = callerOf(call); caller && caller->fits) {
    auto *number = llvm::find(caller->updates, int64_t(origin.getArgNumber()));
    if (number != caller->updates.end())
      last = end->getOperand(number - caller->updates.begin());
  }
  if (!last || !last.hasOneUse())
    return false;
  bool isOnTheWay = false;
  for (Value value = last; value != origin; value = writtenBy(value)) {
    OpOperand *before = writtenOperand(value);
    if (!before || !isOverwrittenLast(before->get(), value.getDefiningOp(), before))
      return false;
    isOnTheWay |= value == call.getResult(result);
  }
  return isOnTheWay;
}

bool ScannedLayers::fitsHere(const Facts &facts, func::CallOp call) const {
  for (auto [result, argument] : llvm::enumerate(facts.updates))
    if (argument >= 0 && !isInPlace(call, result, argument))
      return false;
  return llvm::none_of(call->getOpOperands(), [&](OpOperand &operand) {
    auto arg = dyn_cast<BlockArgument>(withoutViews(operand.get()));
    return arg && isa<ScanOp>(arg.getOwner()->getParentOp()) &&
           isa<RankedTensorType>(operand.get().getType()) &&
           !llvm::is_contained(facts.updates, int64_t(operand.getOperandNumber()));
  });
}
