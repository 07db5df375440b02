#include "compiler/Pipeline/Register.h"
#include "compiler/Buffers/Passes.h"
#include "compiler/Conversion/DebugInfo/Passes.h"
#include "compiler/Conversion/RondoToLinalg/Passes.h"
#include "compiler/Conversion/RuntimeToLLVM/Passes.h"
#include "compiler/Target/CPU/Passes.h"
#include "compiler/Transforms/Passes.h"
#include "dialects/Rondo/IR/RondoDialect.h"
#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"

void rondo::registerAllDialects(mlir::DialectRegistry &registry) {
  mlir::registerAllDialects(registry);
  mlir::registerAllExtensions(registry);
  registry.insert<RondoDialect>();
}

void rondo::registerAllPasses() {
  registerRondoTransformsPasses();
  registerRondoToLinalgPasses();
  registerRondoBuffersPasses();
  registerRondoCPUPasses();
  registerRondoRuntimeToLLVMPasses();
  registerRondoDebugInfoPasses();
}

void rondo::registerAllRondo(mlir::DialectRegistry &registry) {
  rondo::registerAllDialects(registry);
  registerAllPasses();
}
