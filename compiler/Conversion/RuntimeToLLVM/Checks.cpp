// Checks record which one failed first: status = status == 0 & !ok ? number : status.
#include "compiler/Conversion/RuntimeToLLVM/RuntimeLowering.h"
#include "dialects/Rondo/IR/Locations.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include <functional>

using namespace mlir;
using namespace rondo;

/// The status that a check records. Checks that say the same share it.
unsigned RuntimeLowering::numberOf(Location loc, StringRef message) {
  Check check{"", 0, 0, message.str()};
  if (FileLineColLoc place = placeInSource(loc))
    check = {place.getFilename().str(), place.getLine(), place.getColumn(), check.message};
  auto *found = llvm::find(checks, check);
  if (found == checks.end()) {
    checks.push_back(check);
    return checks.size();
  }
  return found - checks.begin() + 1;
}

/// The status after a check: that of the first one that failed.
Value RuntimeLowering::record(Location place, StringRef message, Value ok, Value old) {
  Type i32 = b.getI32Type();
  Value none =
      arith::CmpIOp::create(b, arith::CmpIPredicate::eq, old, arith::ConstantIntOp::create(b, i32, 0));
  Value fails = arith::XOrIOp::create(b, ok, arith::ConstantIntOp::create(b, b.getI1Type(), 1));
  Value first = arith::AndIOp::create(b, none, fails);
  Value number = arith::ConstantIntOp::create(b, i32, numberOf(place, message));
  return arith::SelectOp::create(b, first, number, old);
}

/// The checks of an entry point that need no more than its dims, as a function of them.
void RuntimeLowering::makeChecks(EntryPoint &entry) {
  Block &body = entry.func.getBody().front();
  SmallVector<Type> dims(entry.dims.size(), b.getIndexType());
  b.setLoc(entry.func.getLoc());
  auto made = func::FuncOp::create(b.getLoc(), (entry.label + ".checks").c_str(),
                                   b.getFunctionType(dims, {b.getI32Type()}));
  made.setPrivate();
  Block *block = made.addEntryBlock();
  b.setInsertionPointToStart(block);
  IRMapping copies;
  copies.map(body.getArguments().take_front(dims.size()), block->getArguments());
  std::function<bool(Value)> copy = [&](Value value) {
    if (copies.contains(value))
      return true;
    Operation *op = value.getDefiningOp();
    if (!op || op->getBlock() != &body || op->getNumRegions() || !isMemoryEffectFree(op) ||
        !llvm::all_of(op->getOperands(), copy))
      return false;
    b.clone(*op, copies);
    return true;
  };
  Value none = arith::ConstantIntOp::create(b, b.getI32Type(), 0), status = none;
  for (auto check : body.getOps<CheckOp>())
    if (check.getOk().getType().isInteger(1) && copy(check.getOk()))
      status = record(check, copies.lookup(check.getOk()), status);
  func::ReturnOp::create(b, status);
  if (status == none)
    return made.erase();
  symbols.insert(made, entry.func->getIterator());
  entry.checks = made;
}

/// BEFORE  rondo.check %ok, "..."
/// AFTER   status = status == 0 & !ok ? number : status
LogicalResult RuntimeLowering::lowerChecks(func::FuncOp func, Value status) {
  func.walk([&](cf::AssertOp check) { // it stays: what is behind it must not run
    if (check.getMsg().empty())
      return;
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPoint(check);
    b.setLoc(check.getLoc());
    Value old = LLVM::LoadOp::create(b, b.getI32Type(), status);
    LLVM::StoreOp::create(b, record(check.getLoc(), check.getMsg(), check.getArg(), old), status);
  });
  WalkResult walk = func.walk([&](CheckOp check) {
    if (!check.getOk().getType().isInteger(1))
      return check.emitError("is not reduced to one i1"), WalkResult::interrupt();
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPoint(check);
    b.setLoc(check.getLoc());
    Value old = LLVM::LoadOp::create(b, b.getI32Type(), status);
    LLVM::StoreOp::create(b, record(check, check.getOk(), old), status);
    check.erase();
    return WalkResult::advance();
  });
  return failure(walk.wasInterrupted());
}
