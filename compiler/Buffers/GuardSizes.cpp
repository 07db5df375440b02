// rondo-guard-sizes: nothing is read or written for sizes that a check refuses.
//
// Needs an entry point on memrefs, in one block. A check of the sizes alone says,
// above all, that a slice lies in its tensor: no clamping could repair an entry
// that is called with other sizes, so everything but these checks is put under
// their conditions. Checks of values stay branch-free where they are.
//
// BEFORE  rondo.check %fits, "..." ; work
// AFTER   rondo.check %fits, "..." ; scf.if %fits { work }
#include "compiler/Buffers/Passes.h"
#include "dialects/Rondo/IR/RondoDialect.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

namespace rondo {
#define GEN_PASS_DEF_GUARDSIZES
#include "compiler/Buffers/Passes.h.inc"
} // namespace rondo

using namespace mlir;
using namespace rondo;

namespace {

/// Adds what `value` is computed from to `needed`; false if that is more than
/// arithmetic on the sizes that the entry point is called with.
bool collectSizes(Value value, Block &block, llvm::SmallPtrSetImpl<Operation *> &needed) {
  Operation *op = value.getDefiningOp();
  if (!op)
    return value.getType().isIndex();
  if (needed.contains(op))
    return true;
  if (op->getBlock() != &block || op->getNumRegions() || !isMemoryEffectFree(op))
    return false;
  for (Value operand : op->getOperands())
    if (!collectSizes(operand, block, needed))
      return false;
  needed.insert(op);
  return true;
}

struct GuardSizes : rondo::impl::GuardSizesBase<GuardSizes> {
  void runOnOperation() override {
    func::FuncOp func = getOperation();
    if (!func->hasAttr(attrs::entry))
      return;
    Block &block = func.getBody().front();
    llvm::SmallPtrSet<Operation *, 32> head;
    SmallVector<Value> conditions;
    for (auto check : block.getOps<CheckOp>()) {
      llvm::SmallPtrSet<Operation *, 32> needed(head.begin(), head.end());
      if (!check.getOk().getType().isInteger(1) || !collectSizes(check.getOk(), block, needed))
        continue;
      needed.insert(check);
      head = needed;
      conditions.push_back(check.getOk());
    }
    if (conditions.empty())
      return;
    Operation *last = nullptr;
    for (Operation &op : llvm::make_early_inc_range(block)) {
      if (!head.contains(&op))
        continue;
      if (last)
        op.moveAfter(last);
      else
        op.moveBefore(&block.front());
      last = &op;
    }
    OpBuilder b(&block, std::next(last->getIterator()));
    Value all = conditions.front();
    for (Value other : llvm::drop_begin(conditions))
      if (other != all)
        all = arith::AndIOp::create(b, func.getLoc(), all, other);
    auto guarded = scf::IfOp::create(b, func.getLoc(), all, /*withElseRegion=*/false);
    Block *body = guarded.thenBlock();
    body->getOperations().splice(body->begin(), block.getOperations(), std::next(guarded->getIterator()),
                                 std::prev(block.end()));
  }
};

} // namespace
