// Takes out of a loop over time what needs no order in time.
//
// Needs calls inlined, and gates joined (rondo-join-gates), so that a product leaves one stack.
// Gives scans whose bodies hold what the carries need, and what is cheaper to do again than to keep.
//
// Before the loop, over all steps at once:
// - work that does not change with time, except what only makes a tensor larger. All operations are
//   total, so they may run although there is no step;
// - checks, and stacks, that depend on no carry;
// - products with a weight, normalisations, softmax and reductions that depend on no carry, with what
//   feeds them and what they feed as far as no carry comes in. Their results become inputs of the scan.
//   The last cheap operations stay in the loop where that makes the inputs smaller, or where they are
//   views.
//
//   scan ins(%xs) { %p = contract "bk,gnk->bgn" %x, %w ... }
//   ->  %ps = contract "tbk,gnk->tbgn" %xs, %w ; scan ins(%ps) { ... }
//
// After the loop: products with a weight whose results only get stacked, and what is made of them. The
// values that they read are stacked in their place (a carry, often, that is stacked already).
//
//   %ys = scan { yield contract "bk,nk->bn" %h, %w }
//   ->  %hs = scan { yield %h } ; %ys = contract "tbk,nk->tbn" %hs, %w
//
// Leaves in the loop what depends on the number of the step; nested scans (their bodies are split first,
// so what leaves an inner loop can leave the outer one too); products of two values that change with
// time, unless what moves with them pays; behind the loop, products that make little of much.
#include "compiler/Analysis/KnownSizes.h"
#include "compiler/Analysis/TimeDependence.h"
#include "compiler/Analysis/WeightOnly.h"
#include "compiler/Transforms/Passes.h"
#include "compiler/Transforms/TimeAxis.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/Remarks.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/Support/DebugLog.h"

#define DEBUG_TYPE "rondo-fission-scan"

namespace rondo {
#define GEN_PASS_DEF_FISSIONSCAN
#include "compiler/Transforms/Passes.h.inc"
} // namespace rondo

using namespace mlir;
using namespace rondo;

namespace {

/// Bytes of one step of a value, with a guess for the sizes that are not known.
int64_t bytes(Value value) {
  constexpr int64_t guess = 64;
  auto type = cast<RankedTensorType>(value.getType());
  Type element = type.getElementType();
  int64_t total = element.isIndex() ? 8 : llvm::divideCeil(element.getIntOrFloatBitWidth(), 8);
  for (int64_t size : type.getShape())
    total *= ShapedType::isDynamic(size) ? guess : size;
  return total;
}

/// A product that gains from many steps: one operand is the same for all, and has rows or columns of its own.
bool sharesWeight(ContractOp op, const TimeDependence &dependence) {
  for (unsigned side : {0, 1}) {
    if (dependence.of(op->getOperand(side)) != Dependence::Invariant)
      continue;
    return dependence.of(op->getOperand(1 - side)) != Dependence::Invariant &&
           llvm::any_of(op.letters(side),
                        [&](char letter) { return !op.letters(1 - side).contains(letter); });
  }
  return false;
}

class Fission {
public:
  explicit Fission(ScanOp scan) : scan(scan) {}

  void moveInvariant();
  void moveBefore();
  void moveAfter();

private:
  Block &body() { return scan.getBody().front(); }
  YieldOp yield() { return cast<YieldOp>(body().getTerminator()); }
  bool isSlice(Value value) { return llvm::is_contained(scan.slices(), value); }
  /// Is `use` a stack that the scan leaves?
  bool isStack(OpOperand &use) {
    return use.getOwner() == yield() && use.getOperandNumber() < scan.numStacks();
  }

  void keepCheapInLoop(SetVector<Operation *> &moved, const DenseSet<Operation *> &reasons);
  void cutEarlier(DenseSet<Operation *> &moved, SetVector<Value> &cut, const DenseSet<Operation *> &movable,
                  const TimeDependence &dependence);
  int64_t costOfStack(Value value);
  SmallVector<Value> rebuild(ArrayRef<Value> moreInputs, ArrayRef<Value> slicesOf, ArrayRef<Value> moreStacks,
                             const llvm::SmallBitVector &goneStacks);

  ScanOp scan;
};

//===----------------------------------------------------------------------===//
// What does not change
//===----------------------------------------------------------------------===//

void Fission::moveInvariant() {
  TimeDependence dependence(scan);
  OpBuilder b(scan);
  // What only makes a tensor larger stays, but is made outside too if something reads it there.
  IRMapping copies;
  std::function<Value(Value)> outside = [&](Value value) {
    Operation *op = value.getDefiningOp();
    if (!op || op->getBlock() != &body())
      return value;
    if (!copies.contains(value)) {
      IRMapping mapping;
      for (Value operand : op->getOperands())
        mapping.map(operand, outside(operand));
      copies.map(value, b.clone(*op, mapping)->getResult(0));
    }
    return copies.lookup(value);
  };
  for (Operation &op : llvm::make_early_inc_range(body().without_terminator())) {
    if (dependence.of(&op) != Dependence::Invariant || isEnlarging(&op))
      continue;
    op.walk([&](Operation *inner) {
      for (OpOperand &operand : inner->getOpOperands())
        operand.set(outside(operand.get()));
    });
    op.moveBefore(scan);
  }
}

//===----------------------------------------------------------------------===//
// Before the loop
//===----------------------------------------------------------------------===//

void Fission::moveBefore() {
  TimeDependence dependence(scan);
  auto varies = [&](Value value) { return dependence.of(value) != Dependence::Invariant; };

  // What can move, and what is worth it.
  SetVector<Operation *> movable;
  DenseSet<Operation *> reasons;
  for (Operation &op : body().without_terminator()) {
    if (dependence.of(&op) != Dependence::Input || !TimeAxis::supports(&op, varies) ||
        !llvm::all_of(op.getOperands(), [&](Value operand) {
          return !varies(operand) || isSlice(operand) || movable.contains(operand.getDefiningOp());
        }))
      continue;
    movable.insert(&op);
    auto contract = dyn_cast<ContractOp>(op);
    bool isStacked = llvm::any_of(op.getUses(), [&](OpOperand &use) { return isStack(use); });
    if (contract ? sharesWeight(contract, dependence) : isa<ReduceOp, SoftmaxOp, NormalizeOp, CheckOp>(op))
      reasons.insert(&op);
    else if (isStacked)
      reasons.insert(&op);
  }
  if (reasons.empty())
    return;

  // With the reasons moves what they need, and what they lead to.
  SetVector<Operation *> wanted;
  std::function<void(Operation *)> want = [&](Operation *op) {
    if (!movable.contains(op) || !wanted.insert(op))
      return;
    for (Value operand : op->getOperands())
      if (Operation *feeds = operand.getDefiningOp())
        want(feeds);
  };
  for (Operation *op : movable)
    if (reasons.contains(op) || llvm::any_of(op->getOperands(), [&](Value operand) {
          return wanted.contains(operand.getDefiningOp());
        }))
      want(op);
  SetVector<Operation *> moved;
  for (Operation *op : movable)
    if (wanted.contains(op))
      moved.insert(op);
  keepCheapInLoop(moved, reasons);

  OpBuilder b(scan);
  TimeAxis time(b, scan);
  for (auto [slice, input] : llvm::zip_equal(scan.slices(), scan.getIns()))
    time.map(slice, input);
  SmallVector<Value> inputs, values;
  llvm::SmallBitVector goneStacks(scan.numStacks());
  for (Operation *op : moved) {
    time.copy(op);
    for (Value value : op->getResults())
      if (llvm::any_of(value.getUses(),
                       [&](OpOperand &use) { return !moved.contains(use.getOwner()) && !isStack(use); })) {
        values.push_back(value);
        inputs.push_back(time.stackOf(value));
      }
  }
  for (unsigned i = 0; i < scan.numStacks(); ++i)
    if (Operation *op = scan.yieldedStacks()[i].getDefiningOp(); op && moved.contains(op)) {
      goneStacks.set(i);
      b.setInsertionPointAfter(scan);
      Value stack = time.stackOf(scan.yieldedStacks()[i]);
      scan.getResult(i).replaceAllUsesWith(castTo(b, stack, scan.getResult(i).getType()));
    }
  LDBG() << moved.size() << " operations before the loop, " << inputs.size() << " inputs of it";
  remark::passed(scan.getLoc(), remark::RemarkOpts::name("before").category(DEBUG_TYPE))
      << remark::add("{0} operations run before the loop, over all steps", moved.size());
  rebuild(inputs, values, {}, goneStacks);
  for (Operation *op : llvm::reverse(moved.getArrayRef()))
    op->erase();
}

// The last operations stay in the loop where that makes the inputs smaller, or where they are views.
void Fission::keepCheapInLoop(SetVector<Operation *> &moved, const DenseSet<Operation *> &reasons) {
  auto usedInLoop = [&](Operation *op) {
    return llvm::any_of(op->getUses(),
                        [&](OpOperand &use) { return !moved.contains(use.getOwner()) && !isStack(use); });
  };
  // All users of `source` that could stay: none leads to anything that moves.
  auto lastUsers = [&](Operation *source) {
    SetVector<Operation *> users;
    for (Operation *user : source->getUsers()) {
      if (!moved.contains(user))
        continue;
      if (reasons.contains(user) ||
          llvm::any_of(user->getUsers(), [&](Operation *next) { return moved.contains(next); }))
        return SetVector<Operation *>();
      users.insert(user);
    }
    return users;
  };
  // Nothing but slices, which are inputs already.
  auto readsNothingMoved = [&](Operation *op) {
    return llvm::none_of(op->getOperands(),
                         [&](Value operand) { return moved.contains(operand.getDefiningOp()); });
  };
  for (bool changed = true; changed;) {
    changed = moved.remove_if([&](Operation *op) {
      return !reasons.contains(op) && readsNothingMoved(op) &&
             llvm::none_of(op->getUsers(), [&](Operation *user) { return moved.contains(user); });
    });
    for (Operation *source : llvm::reverse(moved.getArrayRef())) {
      SetVector<Operation *> users = lastUsers(source);
      if (users.empty())
        continue;
      int64_t before = 0, after = 0;
      SetVector<Value> needed;
      for (Operation *user : users) {
        for (Value result : user->getResults())
          before += bytes(result);
        for (Value operand : user->getOperands())
          if (Operation *op = operand.getDefiningOp(); op && moved.contains(op) && !usedInLoop(op))
            needed.insert(operand);
      }
      for (Value value : needed)
        after += bytes(value);
      bool onlyViews = llvm::all_of(users, [](Operation *op) { return isView(op) || isEnlarging(op); });
      if (after > before || (after == before && !onlyViews))
        continue;
      for (Operation *user : users)
        moved.remove(user);
      changed = true;
      break;
    }
  }
}

//===----------------------------------------------------------------------===//
// After the loop
//===----------------------------------------------------------------------===//

void Fission::moveAfter() {
  TimeDependence dependence(scan);
  auto varies = [&](Value value) { return dependence.of(value) != Dependence::Invariant; };

  // What only feeds stacks, from the last operation up.
  DenseSet<Operation *> movable, reasons;
  for (Operation &op : llvm::reverse(body().without_terminator())) {
    if (op.use_empty() || !isMemoryEffectFree(&op) || !TimeAxis::supports(&op, varies) ||
        !llvm::all_of(op.getUses(),
                      [&](OpOperand &use) { return movable.contains(use.getOwner()) || isStack(use); }))
      continue;
    movable.insert(&op);
    if (auto contract = dyn_cast<ContractOp>(op); contract && sharesWeight(contract, dependence))
      reasons.insert(&op);
  }
  if (reasons.empty())
    return;

  // With the reasons moves what they lead to; what they read is the cut.
  DenseSet<Operation *> moved;
  SetVector<Value> cut;
  for (Operation &op : body().without_terminator())
    if (reasons.contains(&op) || (movable.contains(&op) && llvm::any_of(op.getOperands(), [&](Value operand) {
                                    return moved.contains(operand.getDefiningOp());
                                  }))) {
      moved.insert(&op);
      for (Value operand : op.getOperands())
        if (varies(operand) && !moved.contains(operand.getDefiningOp()))
          cut.insert(operand);
    }
  cutEarlier(moved, cut, movable, dependence);
  SmallVector<Operation *> inOrder;
  for (Operation &op : body().without_terminator())
    if (moved.contains(&op))
      inOrder.push_back(&op);

  // A product that makes little of much would cost more memory than it saves time.
  constexpr int64_t most = 64;
  int64_t kept = 0, gone = 0;
  for (Value value : cut)
    kept += costOfStack(value);
  llvm::SmallBitVector goneStacks(scan.numStacks());
  for (auto [i, value] : llvm::enumerate(scan.yieldedStacks()))
    if (moved.contains(value.getDefiningOp())) {
      goneStacks.set(i);
      gone += bytes(value);
    }
  if (kept > most * gone) {
    remark::missed(scan.getLoc(), remark::RemarkOpts::name("after").category(DEBUG_TYPE))
        << remark::add("{0} bytes a step would have to be kept for a result of {1}", kept, gone);
    return;
  }

  // Inputs and stacks that are there serve; the others are made.
  SmallVector<Value> missing, yielded(scan.yieldedStacks());
  for (Value value : cut)
    if (!isSlice(value) && !llvm::is_contained(yielded, value))
      missing.push_back(value);
  SmallVector<Value> made = rebuild({}, {}, missing, llvm::SmallBitVector(scan.numStacks()));
  OpBuilder b(scan->getContext());
  b.setInsertionPointAfter(scan);
  TimeAxis time(b, scan);
  auto mapCut = [&](auto values, auto stacks) {
    for (auto [value, stack] : llvm::zip(values, stacks))
      if (cut.contains(value))
        time.map(value, stack);
  };
  mapCut(scan.slices(), scan.getIns());
  mapCut(yielded, scan.stacks());
  mapCut(missing, made);
  for (Operation *op : inOrder)
    time.copy(op);
  for (unsigned i : goneStacks.set_bits())
    scan.getResult(i).replaceAllUsesWith(castTo(b, time.stackOf(yielded[i]), scan.getResult(i).getType()));

  LDBG() << inOrder.size() << " operations after the loop, " << missing.size() << " more stacks";
  remark::passed(scan.getLoc(), remark::RemarkOpts::name("after").category(DEBUG_TYPE))
      << remark::add("{0} operations run after the loop, over all steps", inOrder.size());
  goneStacks.resize(scan.numStacks());
  rebuild({}, {}, {}, goneStacks);
  for (Operation *op : llvm::reverse(inOrder))
    op->erase();
}

// What a stack of `value` adds to memory: nothing if there is one, little for a carry, which lives in it.
int64_t Fission::costOfStack(Value value) {
  if (isSlice(value) || llvm::is_contained(scan.yieldedStacks(), value))
    return 0;
  return bytes(value) / (llvm::is_contained(scan.yieldedCarries(), value) ? 2 : 1);
}

// Moves also what makes a value of the cut, if the stacks of its operands are smaller.
void Fission::cutEarlier(DenseSet<Operation *> &moved, SetVector<Value> &cut,
                         const DenseSet<Operation *> &movable, const TimeDependence &dependence) {
  for (bool changed = true; changed;) {
    changed = false;
    for (Value value : cut) {
      Operation *op = value.getDefiningOp();
      if (!op || !movable.contains(op))
        continue;
      SetVector<Value> operands;
      int64_t cost = 0;
      for (Value operand : op->getOperands())
        if (dependence.of(operand) != Dependence::Invariant && !cut.contains(operand) &&
            operands.insert(operand))
          cost += costOfStack(operand);
      // Another use keeps the value in the loop, or in a stack of its own.
      bool usedElsewhere =
          llvm::any_of(op->getUsers(), [&](Operation *user) { return !moved.contains(user); });
      if (usedElsewhere || cost > costOfStack(value) ||
          (cost == costOfStack(value) && !isView(op) && !isEnlarging(op)))
        continue;
      moved.insert(op);
      cut.remove(value);
      cut.insert(operands.begin(), operands.end());
      changed = true;
      break;
    }
  }
}

//===----------------------------------------------------------------------===//

// Puts a scan with more inputs and stacks, and without some stacks, in place of `scan`. The slices of the new
// inputs take the place of `slicesOf` in the body. Returns the new stacks.
SmallVector<Value> Fission::rebuild(ArrayRef<Value> moreInputs, ArrayRef<Value> slicesOf,
                                    ArrayRef<Value> moreStacks, const llvm::SmallBitVector &goneStacks) {
  OpBuilder b(scan);
  TimeAxis time(b, scan);
  unsigned numStacks = scan.numStacks(), firstNew = 1 + scan.getIns().size();
  SmallVector<Value> inputs(scan.getIns()), yields, replaced;
  SmallVector<Type> types;
  llvm::append_range(inputs, moreInputs);
  for (unsigned i = 0; i < numStacks; ++i)
    if (!goneStacks.test(i)) {
      yields.push_back(scan.yieldedStacks()[i]);
      types.push_back(scan.getResult(i).getType());
      replaced.push_back(scan.getResult(i));
    }
  for (Value value : moreStacks) {
    yields.push_back(value);
    types.push_back(time.stackType(value.getType()));
  }
  unsigned firstMade = replaced.size();
  llvm::append_range(yields, scan.yieldedCarries());
  llvm::append_range(types, scan.getStarts().getTypes());
  if (Value condition = scan.condition()) {
    yields.push_back(condition);
    types.push_back(scan.stepsDone().getType());
  }

  yield().getValuesMutable().assign(yields);
  for (Value value : slicesOf)
    value.replaceAllUsesWith(body().insertArgument(firstNew++, value.getType(), value.getLoc()));
  auto next = ScanOp::create(b, scan.getLoc(), types, scan.getSteps(), inputs, scan.getStarts(),
                             scan.getReverse(), scan.getUntil());
  next->setDiscardableAttrs(scan->getDiscardableAttrDictionary());
  next.getBody().takeBody(scan.getBody());
  for (auto [from, to] : llvm::zip_equal(replaced, next.getResults().take_front(firstMade)))
    from.replaceAllUsesWith(to);
  for (auto [from, to] : llvm::zip_equal(scan.lastCarries(), next.lastCarries()))
    from.replaceAllUsesWith(to);
  if (Value done = scan.stepsDone())
    done.replaceAllUsesWith(next.stepsDone());
  SmallVector<Value> made(next.getResults().slice(firstMade, moreStacks.size()));
  scan.erase();
  scan = next;
  return made;
}

struct FissionScan : rondo::impl::FissionScanBase<FissionScan> {
  void runOnOperation() override {
    SmallVector<ScanOp> scans; // inner ones first
    getOperation()->walk([&](ScanOp scan) { scans.push_back(scan); });
    for (ScanOp scan : scans) {
      if (matchPattern(scan.getSteps(), m_Zero()))
        continue; // its stacks are empty: there is nothing to slice
      Fission fission(scan);
      fission.moveInvariant();
      if (scan.getUntil())
        continue; // what the steps behind the last one would do is never done
      fission.moveBefore();
      fission.moveAfter();
    }
  }
};

} // namespace
