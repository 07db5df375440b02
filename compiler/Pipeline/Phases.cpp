#include "compiler/Pipeline/Pipeline.h"
#include "dialects/Rondo/IR/RondoDialect.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/ADT/StringExtras.h"

using namespace rondo;

namespace {
struct Row {
  llvm::StringLiteral name, suffix, what;
};
} // namespace

static constexpr Row rows[] = {
#define RONDO_PHASE(name, text, suffix, what) {text, suffix, what},
#include "compiler/Pipeline/Phases.def"
};

static constexpr Phase phases[] = {
#define RONDO_PHASE(name, text, suffix, what) Phase::name,
#include "compiler/Pipeline/Phases.def"
};

llvm::ArrayRef<Phase> rondo::allPhases() { return phases; }
llvm::StringRef rondo::phaseName(Phase phase) { return rows[int(phase)].name; }
llvm::StringRef rondo::phaseSuffix(Phase phase) { return rows[int(phase)].suffix; }
llvm::StringRef rondo::phaseDescription(Phase phase) { return rows[int(phase)].what; }

std::optional<Phase> rondo::phaseByName(llvm::StringRef name) {
  for (Phase phase : phases)
    if (phaseName(phase) == name)
      return phase;
  return std::nullopt;
}

std::optional<Phase> rondo::phaseOf(mlir::ModuleOp module) {
  auto name = module->getAttrOfType<mlir::StringAttr>(attrs::phase);
  std::optional<Phase> phase = name ? phaseByName(name.getValue()) : std::nullopt;
  if (!phase || *phase < Phase::Rondo || *phase > Phase::LLVM)
    return std::nullopt;
  return phase;
}

void rondo::forEachPass(const PipelineOptions &options,
                        llvm::function_ref<void(Phase, llvm::StringRef)> visit) {
  mlir::MLIRContext ctx(mlir::MLIRContext::Threading::DISABLED);
  for (Phase phase : phases) {
    if (phase <= Phase::Rondo || phase > Phase::LLVM)
      continue;
    mlir::PassManager pm(&ctx);
    buildPhase(pm, phase, options);
    std::string text;
    llvm::raw_string_ostream os(text);
    pm.printAsTextualPipeline(os);
    // `anchor(pass,pass{option=value ...},anchor(...))`: a name before a bracket is no pass.
    std::string name;
    int depth = 0;
    for (char c : text) {
      if (!depth && (llvm::isAlnum(c) || c == '-' || c == '.')) {
        name += c;
        continue;
      }
      if (!name.empty() && c != '(')
        visit(phase, name);
      name.clear();
      depth += (c == '{') - (c == '}');
    }
  }
}
