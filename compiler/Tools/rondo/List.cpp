// `rondo passes` and `rondo ops`.
#include "compiler/Pipeline/Register.h"
#include "compiler/Tools/rondo/Commands.h"
#include "dialects/Rondo/IR/RondoDialect.h"
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

Exit rondo::tool::listOperations() {
  MLIRContext context(MLIRContext::Threading::DISABLED);
  context.loadDialect<RondoDialect>();
  SmallVector<StringRef> names;
  for (RegisteredOperationName name : context.getRegisteredOperations())
    if (name.getDialectNamespace() == RondoDialect::getDialectNamespace())
      names.push_back(name.getStringRef());
  llvm::sort(names);
  for (StringRef name : names)
    llvm::outs() << name << "\n";
  return Done;
}
