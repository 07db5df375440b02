// rondo-entry-destinations: entry points and prepare write their results where the caller says.
//
// Needs func.func with one block. Guarantees that each result of an entry point and of prepare is tied to an
// argument `rondo.result = i`, the last ones. A value that is returned twice is brought to two places, an
// argument that is returned is copied; both by bufferisation, which sees two destinations. Declines calls of
// entry points.
#include "compiler/Conversion/RondoToLinalg/Passes.h"
#include "dialects/Rondo/IR/RondoDialect.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace rondo {
#define GEN_PASS_DEF_ENTRYDESTINATIONS
#include "compiler/Conversion/RondoToLinalg/Passes.h.inc"
} // namespace rondo

using namespace mlir;
using namespace rondo;

namespace {

void addDestinations(func::FuncOp function) {
  auto results = cast<func::ReturnOp>(function.getBody().front().getTerminator());
  OpBuilder b(results);
  for (OpOperand &result : results->getOpOperands()) {
    unsigned last = function.getNumArguments();
    DictionaryAttr number =
        b.getDictionaryAttr(b.getNamedAttr(attrs::result, b.getI64IntegerAttr(result.getOperandNumber())));
    Location loc = result.get().getLoc();
    (void)function.insertArgument(last, result.get().getType(), number, loc);
    result.set(bufferization::MaterializeInDestinationOp::create(b, loc, result.get().getType(), result.get(),
                                                                 function.getArgument(last))
                   .getResult());
  }
}

struct EntryDestinations : rondo::impl::EntryDestinationsBase<EntryDestinations> {
  void runOnOperation() override {
    auto isOutermost = [](func::FuncOp function) {
      return function->hasAttr(attrs::entry) || function->hasAttr(attrs::prepare);
    };
    SymbolTable symbols(getOperation());
    WalkResult calls = getOperation().walk([&](func::CallOp call) {
      auto callee = symbols.lookup<func::FuncOp>(call.getCallee());
      if (!callee || !isOutermost(callee))
        return WalkResult::advance();
      call.emitError("calls the entry point ") << call.getCallee() << ", which should have been inlined";
      return WalkResult::interrupt();
    });
    if (calls.wasInterrupted())
      return signalPassFailure();
    for (auto function : getOperation().getOps<func::FuncOp>()) {
      if (!isOutermost(function) || function.isExternal())
        continue;
      if (!function.getBody().hasOneBlock()) {
        function.emitError("has more than one block");
        return signalPassFailure();
      }
      addDestinations(function);
    }
  }
};

} // namespace
