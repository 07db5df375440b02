// rondo-check-time-loops: no allocation and no copy of a temporary in a scan.
//
// Needs rondo.scan_into on memrefs, after buffer-loop-hoisting. A copy from a
// value that someone else owns (a slice, an old carry, a captured value) into a
// destination is the one store that the program asks for; a copy from or to a
// temporary means that a value could not be computed where it belongs: right, but
// slower, so that a program of a user is told of it and compiled all the same.
// An allocation of a size that only the step knows is none: its place in the arena
// is as large as it can be, and the same at every step.
#include "compiler/Buffers/Passes.h"
#include "dialects/Rondo/IR/RondoDialect.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Interfaces/ViewLikeInterface.h"

namespace rondo {
#define GEN_PASS_DEF_CHECKTIMELOOPS
#include "compiler/Buffers/Passes.h.inc"
} // namespace rondo

using namespace mlir;
using namespace rondo;

namespace {

bool isTemporary(Value buffer) {
  while (auto view = buffer.getDefiningOp<ViewLikeOpInterface>())
    buffer = view.getViewSource();
  Operation *op = buffer.getDefiningOp();
  return op && isa<memref::AllocOp, func::CallOp>(op);
}

// Made of what is known outside of the scan and of what says how large it can be.
bool isBounded(Value size, ScanIntoOp scan) {
  auto bounded = [&](Value value) { return isBounded(value, scan); };
  if (scan.isDefinedOutsideOfLoop(size))
    return true;
  Operation *op = size.getDefiningOp();
  if (!op || !isMemoryEffectFree(op) || op->getNumOperands() == 0)
    return false;
  return isa<arith::MinUIOp>(op) ? llvm::any_of(op->getOperands(), bounded)
                                 : llvm::all_of(op->getOperands(), bounded);
}

// Is a size of it computed in the step?
bool isOfTheStep(memref::AllocOp alloc) {
  auto scan = alloc->getParentOfType<ScanIntoOp>();
  auto isOutside = [&](Value size) { return scan.isDefinedOutsideOfLoop(size); };
  return scan && !llvm::all_of(alloc.getDynamicSizes(), isOutside) &&
         llvm::all_of(alloc.getDynamicSizes(), [&](Value size) { return isBounded(size, scan); });
}

struct CheckTimeLoops : rondo::impl::CheckTimeLoopsBase<CheckTimeLoops> {
  using CheckTimeLoopsBase::CheckTimeLoopsBase;

  void runOnOperation() override {
    WalkResult result = getOperation().walk([&](Operation *op) {
      auto copy = dyn_cast<memref::CopyOp>(op);
      bool wrong = (isa<memref::AllocOp>(op) && !isOfTheStep(cast<memref::AllocOp>(op))) ||
                   (copy && (isTemporary(copy.getSource()) || isTemporary(copy.getTarget())));
      auto scan = op->getParentOfType<ScanIntoOp>();
      if (!wrong || !scan)
        return WalkResult::advance();
      bool isRemark = copy && remarkCopies;
      InFlightDiagnostic said = isRemark ? op->emitRemark() : op->emitError();
      said << (copy ? "a temporary is copied" : "memory is allocated") << " in every step of a scan";
      said.attachNote(scan.getLoc()) << "of this scan";
      return isRemark ? WalkResult::advance() : WalkResult::interrupt();
    });
    if (result.wasInterrupted())
      signalPassFailure();
  }
};

} // namespace
