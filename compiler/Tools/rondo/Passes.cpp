// `rondo passes`: what runs, phase by phase, in the order of Pipeline.cpp.
#include "compiler/Pipeline/Register.h"
#include "compiler/Tools/rondo/Commands.h"
#include "mlir/InitAllPasses.h"
#include "mlir/Pass/PassRegistry.h"

using namespace mlir;
using namespace rondo;
using namespace rondo::tool;

Exit rondo::tool::listPasses(const CommandLine &line) {
  mlir::registerAllPasses();
  rondo::registerAllPasses();
  Phase last = Phase::Rondo;
  forEachPass(line.pipeline, [&](Phase phase, StringRef flag) {
    if (phase != last)
      llvm::outs() << phaseName(last = phase) << ": " << phaseDescription(phase) << "\n";
    const PassInfo *info = PassInfo::lookup(flag);
    llvm::outs() << "  " << llvm::left_justify(flag, 36) << " "
                 << (info ? info->getPassDescription() : StringRef()) << "\n";
  });
  return Done;
}
