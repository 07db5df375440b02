// The phases and the passes between them. This folder alone orders passes.
#pragma once

#include "compiler/Support/Options.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Support/Timing.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringRef.h"
#include <optional>

namespace mlir {
class OpPassManager;
} // namespace mlir

namespace rondo {

enum class Phase {
#define RONDO_PHASE(name, text, suffix, what) name,
#include "compiler/Pipeline/Phases.def"
};

llvm::StringRef phaseName(Phase phase);
llvm::StringRef phaseSuffix(Phase phase);
llvm::StringRef phaseDescription(Phase phase);
std::optional<Phase> phaseByName(llvm::StringRef name);
llvm::ArrayRef<Phase> allPhases();

/// The phase that a module says it is in: one of Rondo to LLVM.
std::optional<Phase> phaseOf(mlir::ModuleOp module);

/// Adds the passes that bring a module from the phase before to `to`, which is
/// one of Graph to LLVM.
void buildPhase(mlir::OpPassManager &pm, Phase to, const PipelineOptions &options);

/// How lowering went wrong.
enum class Fault {
  None,
  User, // an error at a place of the program was reported
  Ours, // a pass failed or left invalid IR, or crashed
};

struct LowerResult {
  Fault fault = Fault::None;
  std::string pass;       // Ours: the pass, by its flag
  std::string how;        // Ours: "failed", "left invalid IR" or "crashed"
  std::string reproducer; // Ours: a text for `rondo-opt --run-reproducer`

  LowerResult(Fault fault = Fault::None) : fault(fault) {}
};

/// Brings a verified module from the phase that it says to `to`; every phase on
/// the way is verified, and dumped if asked for. Diagnostics go to the context.
LowerResult lower(mlir::ModuleOp module, Phase to, const PipelineOptions &options,
                  const InspectOptions &inspect, mlir::TimingScope &timing);

/// Writes the text of a phase into the folder of --dump-phases, as N-name.suffix.
mlir::LogicalResult dumpPhase(Phase phase, llvm::StringRef text, const InspectOptions &inspect);

/// The passes that `options` run, by flag, in their order and with the phase that
/// they lead to.
void forEachPass(const PipelineOptions &options, llvm::function_ref<void(Phase, llvm::StringRef)> visit);

} // namespace rondo
