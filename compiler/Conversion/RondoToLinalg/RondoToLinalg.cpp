// rondo-to-linalg: operations on tensors become linalg.generic, with destinations.
//
// Needs the ops of the rondo dialect on tensors, elementwise arith and math on tensors of equal shape, and
// the tensor and linalg ops that compiler/README.md lists for the phase `rondo`; no rondo.param. What it
// guarantees is said in Passes.td. A scan whose stacks have sizes that depend on the step is refused.
//
// Three walks: elementwise ops see the broadcasts that they absorb before those are converted, and scans see
// the sizes that their bodies' destinations name.
#include "compiler/Conversion/RondoToLinalg/Passes.h"
#include "compiler/Conversion/RondoToLinalg/Patterns.h"
#include "dialects/Rondo/IR/RondoDialect.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Transforms/WalkPatternRewriteDriver.h"

namespace rondo {
#define GEN_PASS_DEF_RONDOTOLINALG
#include "compiler/Conversion/RondoToLinalg/Passes.h.inc"
} // namespace rondo

using namespace mlir;
using namespace rondo;

namespace {

struct RondoToLinalg : rondo::impl::RondoToLinalgBase<RondoToLinalg> {
  using Populate = void (*)(RewritePatternSet &);

  LogicalResult initialize(MLIRContext *context) override {
    auto set = [&](std::initializer_list<Populate> populates) {
      RewritePatternSet patterns(context);
      for (Populate populate : populates)
        populate(patterns);
      return FrozenRewritePatternSet(std::move(patterns));
    };
    walks = {set({populateProductPatterns, populateNormalizationPatterns, populateDrawPatterns,
                  populateElementwisePatterns}),
             set({populateMovementPatterns}), set({populateScanPatterns})};
    return success();
  }

  void runOnOperation() override {
    for (const FrozenRewritePatternSet &patterns : walks)
      walkAndApplyPatterns(getOperation(), patterns);
    WalkResult left = getOperation().walk([&](Operation *op) {
      bool isOurs = isa<RondoDialect>(op->getDialect()) &&
                    !isa<ScanIntoOp, YieldOp, TopkOp, AttentionOp, AttentionYieldOp>(op);
      if (auto check = dyn_cast<CheckOp>(op))
        isOurs = isa<RankedTensorType>(check.getOk().getType());
      if (!isOurs)
        return WalkResult::advance();
      op->emitOpError("is not lowered");
      return WalkResult::interrupt();
    });
    if (left.wasInterrupted())
      signalPassFailure();
  }

  SmallVector<FrozenRewritePatternSet> walks;
};

} // namespace
