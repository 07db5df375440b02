// `rondo run --verify-each-phase`: the interpreter runs the program in float64 after each phase, and at last
// the code runs. A phase whose results are not those of the phase `rondo` is repeated, and the program
// interpreted after each of its passes: so the pass is found that changed a number, or after which the
// interpreter reports an error.
//
// In float64 rounding to the program's types plays no part, so what differs is a fault, but for sums in
// another order and constants that are folded in their type.
#include "compiler/Tools/rondo/VerifyPhases.h"
#include "compiler/Interpreter/Interpreter.h"
#include "compiler/Tools/rondo/Arrays.h"
#include "compiler/Tools/rondo/InterpretedModel.h"
#include "compiler/Tools/rondo/LoadedModel.h"
#include "compiler/Tools/rondo/Session.h"
#include "dialects/Rondo/IR/RondoDialect.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/Pass/PassInstrumentation.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FormatVariadic.h"
#include <limits>

using namespace mlir;
using namespace rondo;
using namespace rondo::tool;

namespace {

/// What a run gave, beside what it should have.
struct Verdict {
  bool right = false;
  std::string text; // else why not
};

/// Runs a program and compares its results with those of the first run.
class Checker {
public:
  Checker(const CommandLine &line, std::string folder) : line(line), folder(std::move(folder)) {}

  /// The first run, of the phase `rondo`; its errors are told.
  Exit begin(ModuleOp module);
  /// A module in a phase behind, or on the way to it.
  Verdict interpret(ModuleOp module);
  Verdict call(Session &session, TimingScope &timing);

private:
  CommandLine lineInto(const Twine &name) const;
  Verdict compareWith(const CommandLine &run, bool exact) const;

  const CommandLine &line;
  std::string folder;
  SmallVector<uint32_t> dtypes; // of the results, as the program has them
};

/// Interprets the module after each pass.
class Bisector : public PassInstrumentation {
public:
  struct Step {
    std::string pass;
    Verdict verdict;
  };
  Bisector(Checker &checker, std::vector<Step> &steps) : checker(checker), steps(steps) {}

  void runAfterPass(Pass *pass, Operation *op) override {
    if (pass->getArgument().empty()) // an adaptor
      return;
    auto module = dyn_cast<ModuleOp>(op);
    if (!module)
      module = op->getParentOfType<ModuleOp>();
    std::string name = pass->getArgument().str();
    if (op != module)
      if (auto function = dyn_cast<SymbolOpInterface>(op))
        name += (" (on @" + function.getName() + ")").str();
    steps.push_back({name, checker.interpret(module)});
  }

private:
  Checker &checker;
  std::vector<Step> &steps;
};

} // namespace

/// What sums in another order, and constants folded in their type, explain of a relative error of a whole
/// result.
static double explainedBy(uint32_t dtype) {
  switch (dtype) {
  case RONDO_F64:
    return 1e-9;
  case RONDO_F32:
    return 16 * std::numeric_limits<float>::epsilon();
  default:
    return toleranceOf(dtype);
  }
}

CommandLine Checker::lineInto(const Twine &name) const {
  CommandLine run = line;
  run.outputFolder = folder + "/" + name.str();
  return run;
}

Exit Checker::begin(ModuleOp module) {
  auto entries = interpreter::Interpreter::create(module, *line.interpret);
  if (failed(entries))
    return UserError;
  StringRef name = line.frontend.entry.empty() ? "forward" : StringRef(line.frontend.entry);
  for (const interpreter::EntryPoint &entry : (*entries)->entries())
    if (entry.name == name || (line.frontend.entry.empty() && (*entries)->entries().size() == 1))
      for (const interpreter::Parameter &result : entry.results)
        dtypes.push_back(dtypeOf(result.element, result.isUnsigned));
  return interpretModule(module, lineInto("wanted"));
}

Verdict Checker::compareWith(const CommandLine &run, bool exact) const {
  for (auto [i, dtype] : llvm::enumerate(dtypes)) {
    Array got, want;
    std::string file = "/" + std::to_string(i) + ".npy";
    if (got.read(run.outputFolder + file) || want.read(folder + "/wanted" + file))
      return {false, "its results cannot be read"};
    Comparison found = compare(got, want);
    if (found.within(exact ? explainedBy(dtype) : toleranceOf(dtype)))
      continue;
    std::string why = found.different.empty() ? worstOf(got, want, found) : found.different;
    return {false, "result " + std::to_string(i) + " " + why};
  }
  return {true, ""};
}

Verdict Checker::interpret(ModuleOp module) {
  std::string said;
  ScopedDiagnosticHandler listener(module.getContext(), [&](mlir::Diagnostic &diagnostic) {
    if (said.empty() && diagnostic.getSeverity() == mlir::DiagnosticSeverity::Error)
      llvm::raw_string_ostream(said) << diagnostic.getLocation() << ": " << diagnostic;
    return success();
  });
  CommandLine run = lineInto("got");
  if (interpretModule(module, run))
    return {false, "the interpreter reports an error" + (said.empty() ? said : ": " + said)};
  return compareWith(run, /*exact=*/true);
}

Verdict Checker::call(Session &session, TimingScope &timing) {
  LoadedModel model;
  CommandLine run = lineInto("got");
  if (model.load(session, run, timing) || model.call(run))
    return {false, "the code fails"};
  return compareWith(run, /*exact=*/false);
}

/// Repeats a phase from the module that it began with. The pass to blame is the one behind the last after
/// which all was right: between passes a module may be one that the interpreter does not run.
static std::string passToBlame(ModuleOp before, Phase phase, const PipelineOptions &options,
                               Checker &checker) {
  std::vector<Bisector::Step> steps;
  PassManager pm(before.getContext(), ModuleOp::getOperationName());
  buildPhase(pm, phase, options);
  pm.addInstrumentation(std::make_unique<Bisector>(checker, steps));
  if (failed(pm.run(before)))
    return "a pass that fails";
  auto last = llvm::find_if(llvm::reverse(steps), [](const auto &step) { return step.verdict.right; });
  auto blamed = last.base(); // behind the last that is right
  if (blamed == steps.end())
    return "no pass of those when they run again";
  return "the pass " + blamed->pass + ": " + blamed->verdict.text;
}

static Exit differs(const Twine &where) { return fail(UserError, "--verify-each-phase: " + where); }

Exit rondo::tool::verifyPhases(const CommandLine &given) {
  CommandLine line = given;
  line.interpret = interpreter::Mode::Float64;
  SmallString<128> folder;
  if (std::error_code error = llvm::sys::fs::createUniqueDirectory("rondo-phases", folder))
    return fail(UserError, "cannot make a folder: " + error.message());
  auto remove = llvm::scope_exit([&] { llvm::sys::fs::remove_directories(folder); });

  DefaultTimingManager off;
  TimingScope timing = off.getRootScope();
  Session session(line);
  if (Exit exit = session.load(timing))
    return exit;
  std::optional<Phase> from = phaseOf(session.module());
  if (!from || *from > Phase::Buffers)
    return fail(UserError, line.input + ": the interpreter runs the phases `rondo` to `buffers`");
  Checker checker(line, folder.str().str());
  if (Exit exit = checker.begin(session.module()))
    return exit;
  for (Phase phase = Phase(int(*from) + 1); phase <= Phase::Buffers; phase = Phase(int(phase) + 1)) {
    OwningOpRef<ModuleOp> before = session.module().clone();
    if (Exit exit = session.lowerTo(phase, timing))
      return exit;
    if (Verdict verdict = checker.interpret(session.module()); !verdict.right)
      return differs("the phase " + phaseName(phase) + ": " + verdict.text +
                     "\nrondo: note: " + passToBlame(*before, phase, line.pipeline, checker));
  }
  if (Verdict verdict = checker.call(session, timing); !verdict.right)
    return differs("the code, behind the phase buffers: " + verdict.text);
  return Done;
}
