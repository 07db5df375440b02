// Runs the phases one after the other, watches the passes and makes a reproducer
// of one that goes wrong.
//
// Whose fault is a failure? Passes up to the phase `linalg` meet what the user
// wrote: an error that they report is the user's. Behind that everything must
// be lowered, and invalid IR or a crash is our fault anywhere.
#include "compiler/Pipeline/Pipeline.h"
#include "dialects/Rondo/IR/RondoDialect.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/Remarks.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Pass/PassInstrumentation.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/Support/CrashRecoveryContext.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/ToolOutputFile.h"

using namespace mlir;
using namespace rondo;

namespace {
/// What happened in one phase.
struct Watch {
  std::string pass; // the one that runs or has failed
  bool failed = false, invalid = false, reported = false;
};

class Watcher : public PassInstrumentation {
public:
  explicit Watcher(Watch &watch) : watch(watch) {}
  void runBeforePass(Pass *pass, Operation *) override {
    if (!watch.failed && !pass->getArgument().empty()) // adaptors have no name
      watch.pass = pass->getArgument().str();
  }
  void runAfterPassFailed(Pass *pass, Operation *op) override {
    if (watch.failed || pass->getArgument().empty())
      return;
    watch.failed = true;
    watch.pass = pass->getArgument().str();
    ScopedDiagnosticHandler silent(op->getContext(), [](Diagnostic &) { return success(); });
    watch.invalid = mlir::failed(verify(op));
  }

private:
  Watch &watch;
};
} // namespace

namespace {
/// Turns what passes tell the remark engine into remarks of the usual kind:
/// `model.rondo:5:9: remark: rondo-join-contractions: 2 products of one value joined`.
class Explainer : public remark::detail::MLIRRemarkStreamerBase {
public:
  void streamOptimizationRemark(const remark::detail::Remark &remark) override {
    InFlightDiagnostic text = emitRemark(remark.getLocation());
    text << remark.getCategoryName() << ":";
    for (const remark::detail::Remark::Arg &arg : remark.getArgs())
      if (arg.key == "Remark")
        text << " " << arg.val;
      else
        text << " " << arg.key << " " << arg.val;
  }
};
} // namespace

/// Hears all kinds of remarks; the engine knows no shorter way to say so.
static void explain(MLIRContext *ctx) {
  if (ctx->getRemarkEngine())
    return;
  remark::RemarkCategories every;
  every.all = every.passed = every.missed = every.analysis = every.failed = ".*";
  (void)remark::enableOptimizationRemarks(*ctx, std::make_unique<Explainer>(),
                                          std::make_unique<remark::RemarkEmittingPolicyAll>(), every);
}

static bool contains(const std::vector<std::string> &names, Pass *pass) {
  return llvm::is_contained(names, pass->getArgument().str());
}

static void configure(PassManager &pm, const InspectOptions &inspect, TimingScope &timing) {
  bool always = inspect.printAfterChange;
  if (always || !inspect.printBefore.empty() || !inspect.printAfter.empty())
    pm.enableIRPrinting([=](Pass *pass, Operation *) { return contains(inspect.printBefore, pass); },
                        [=](Pass *pass, Operation *) { return always || contains(inspect.printAfter, pass); },
                        /*printModuleScope=*/true, /*printAfterOnlyOnChange=*/always);
  if (inspect.timing)
    pm.enableTiming(timing);
}

/// The module before a phase, with the phase's passes as upstream's tools read them.
static std::string reproducer(ModuleOp before, PassManager &pm) {
  std::string pipeline, text;
  llvm::raw_string_ostream passes(pipeline), os(text);
  pm.printAsTextualPipeline(passes);
  AsmState state(before, OpPrintingFlags().enableDebugInfo());
  state.attachResourcePrinter("mlir_reproducer", [&](Operation *, AsmResourceBuilder &builder) {
    builder.buildString("pipeline", pipeline);
    builder.buildBool("disable_threading", true);
    builder.buildBool("verify_each", true);
  });
  before.getOperation()->print(os, state);
  os << "\n";
  return text;
}

LogicalResult rondo::dumpPhase(Phase phase, StringRef text, const InspectOptions &inspect) {
  if (inspect.dumpPhases.empty())
    return success();
  std::string name = std::to_string(int(phase)) + "-" + phaseName(phase).str() + phaseSuffix(phase).str();
  SmallString<128> path(inspect.dumpPhases);
  llvm::sys::path::append(path, name);
  std::error_code error = llvm::sys::fs::create_directories(inspect.dumpPhases);
  if (error) {
    llvm::errs() << "rondo: error: cannot make " << inspect.dumpPhases << ": " << error.message() << "\n";
    return failure();
  }
  llvm::ToolOutputFile file(path, error, llvm::sys::fs::OF_None);
  if (error) {
    llvm::errs() << "rondo: error: cannot write " << path << ": " << error.message() << "\n";
    return failure();
  }
  file.os() << text;
  file.keep();
  return success();
}

static LogicalResult dumpModule(Phase phase, ModuleOp module, const InspectOptions &inspect) {
  if (inspect.dumpPhases.empty())
    return success();
  std::string text;
  llvm::raw_string_ostream os(text);
  module.print(os, OpPrintingFlags().enableDebugInfo());
  os << "\n";
  return dumpPhase(phase, text, inspect);
}

LowerResult rondo::lower(ModuleOp module, Phase to, const PipelineOptions &options,
                         const InspectOptions &inspect, TimingScope &timing) {
  MLIRContext *ctx = module.getContext();
  std::optional<Phase> from = phaseOf(module);
  if (!from || *from > to) {
    auto error = module.emitError();
    if (!from)
      error << "the module does not say its phase: it needs `rondo.phase`, one of rondo, graph, linalg, "
               "kernels, buffers, llvm";
    else
      error << "the module is in the phase `" << phaseName(*from) << "` already, behind `" << phaseName(to)
            << "`";
    return LowerResult(Fault::User);
  }
  auto target = module->getAttrOfType<StringAttr>(attrs::target);
  if (target && target != options.target.name) {
    module.emitError() << "the module was lowered for the target " << target
                       << ": --target=" << target.getValue() << " goes on from there";
    return LowerResult(Fault::User);
  }
  if (inspect.explain)
    explain(ctx);
  if (failed(dumpModule(*from, module, inspect)))
    return LowerResult(Fault::User);

  for (Phase phase = Phase(int(*from) + 1); phase <= to; phase = Phase(int(phase) + 1)) {
    Watch watch;
    ScopedDiagnosticHandler listener(ctx, [&](Diagnostic &diagnostic) {
      watch.reported |= diagnostic.getSeverity() == DiagnosticSeverity::Error;
      return failure(); // others print it
    });
    TimingScope scope = timing.nest(phaseName(phase));
    PassManager pm(ctx, ModuleOp::getOperationName());
    buildPhase(pm, phase, options);
    configure(pm, inspect, scope);
    pm.addInstrumentation(std::make_unique<Watcher>(watch));

    OwningOpRef<ModuleOp> before = module.clone();
    LogicalResult result = failure();
    llvm::CrashRecoveryContext guard;
    bool crashed = !guard.RunSafely([&] { result = pm.run(module); });
    if (crashed || failed(result)) {
      bool users = !crashed && !watch.invalid && watch.reported && phase <= Phase::Linalg;
      if (users)
        return LowerResult(Fault::User);
      LowerResult ours(Fault::Ours);
      ours.pass = watch.pass;
      ours.how = crashed ? "crashed" : watch.invalid ? "left invalid IR" : "failed";
      ours.reproducer = reproducer(*before, pm);
      if (crashed)
        (void)before.release(); // after a crash nothing is torn down
      return ours;
    }
    if (failed(dumpModule(phase, module, inspect)))
      return LowerResult(Fault::User);
  }
  return {};
}
