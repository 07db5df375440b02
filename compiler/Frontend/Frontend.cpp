// The front end as one call, see Frontend.h.
#include "compiler/Frontend/Frontend.h"
#include "compiler/Frontend/Evaluator.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Verifier.h"
#include "llvm/Support/CrashRecoveryContext.h"
#include "llvm/Support/ProgramStack.h"
#include <csignal>

using namespace mlir;
using namespace rondo;

// Evaluation is recursive, bounded by the limits in Evaluator.h, and these need more than a usual stack.
static constexpr unsigned stackSize = 256u << 20;

// The stack may be that of another thread: what crashes there crashes here, where somebody may wait for it.
static void onLargeStack(llvm::function_ref<void()> work) {
  int code = 0;
  llvm::runOnNewStack(stackSize, [&] {
    llvm::CrashRecoveryContext guard;
    if (!guard.RunSafely(work))
      code = guard.RetCode;
  });
  if (llvm::CrashRecoveryContext::isCrash(code))
    raise(code - 128); // not `throwIfCrash`, which removes the handlers before
}

void rondo::loadFrontendDialects(MLIRContext &context) {
  context.loadDialect<RondoDialect, arith::ArithDialect, func::FuncDialect, linalg::LinalgDialect,
                      math::MathDialect, tensor::TensorDialect>();
}

OwningOpRef<ModuleOp> rondo::compileSource(FileTable &files, FileId file, const FrontendOptions &options,
                                           MLIRContext &context, Diagnostics &diagnostics) {
  loadFrontendDialects(context);
  OwningOpRef<ModuleOp> module;
  onLargeStack([&] {
    sema::Evaluator evaluator(files, options, context, diagnostics);
    module = evaluator.run(file, /*checkOnly=*/false);
    if (module && failed(verify(*module)))
      module = {};
  });
  return module;
}

bool rondo::checkSource(FileTable &files, FileId file, const FrontendOptions &options, MLIRContext &context,
                        Diagnostics &diagnostics) {
  loadFrontendDialects(context);
  onLargeStack([&] {
    sema::Evaluator evaluator(files, options, context, diagnostics);
    evaluator.run(file, /*checkOnly=*/true);
  });
  return !diagnostics.hasErrors();
}
