// rondo-assert-to-return: a function in which an assert fails returns.
//
// Needs functions without regions that end in one return, of nothing or of what is loaded in front of it: the
// status, which tells what has failed. Guarantees that there is no `cf.assert`.
//
// BEFORE  cf.assert %ok, "..." ; rest ; %s = llvm.load %status ; return %s
// AFTER   cf.cond_br %ok, ^next, ^end
//       ^next: rest ; cf.br ^end
//       ^end: %s = llvm.load %status ; return %s
#include "compiler/Conversion/RuntimeToLLVM/Passes.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

namespace rondo {
#define GEN_PASS_DEF_ASSERTTORETURN
#include "compiler/Conversion/RuntimeToLLVM/Passes.h.inc"
} // namespace rondo

using namespace mlir;

namespace {
struct AssertToReturn : rondo::impl::AssertToReturnBase<AssertToReturn> {
  void runOnOperation() override {
    func::FuncOp func = getOperation();
    SmallVector<cf::AssertOp> asserts;
    SmallVector<func::ReturnOp> returns;
    func.walk([&](Operation *op) {
      if (auto found = dyn_cast<cf::AssertOp>(op))
        asserts.push_back(found);
      if (auto found = dyn_cast<func::ReturnOp>(op))
        returns.push_back(found);
    });
    if (asserts.empty())
      return;
    auto isStatus = [](Value value) {
      auto load = value.getDefiningOp<LLVM::LoadOp>();
      return load && isa<BlockArgument>(load.getAddr());
    };
    if (returns.size() != 1 || !llvm::all_of(returns[0].getOperands(), isStatus)) {
      func.emitError("asserts, but does not return a status");
      return signalPassFailure();
    }
    Operation *last = returns[0];
    for (Value status : returns[0].getOperands()) {
      status.getDefiningOp()->moveBefore(returns[0]);
      last = status.getDefiningOp();
    }
    Block *before = last->getBlock(), *end = before->splitBlock(last);
    OpBuilder b = OpBuilder::atBlockEnd(before);
    cf::BranchOp::create(b, func.getLoc(), end);
    for (cf::AssertOp check : asserts) {
      Block *block = check->getBlock(), *next = block->splitBlock(check->getNextNode());
      b.setInsertionPointToEnd(block);
      cf::CondBranchOp::create(b, check.getLoc(), check.getArg(), next, end);
      check.erase();
    }
  }
};
} // namespace
