// mlir-opt with the rondo dialect and all its passes.
#include "compiler/Buffers/Passes.h"
#include "compiler/Conversion/RondoToLinalg/Passes.h"
#include "compiler/Conversion/RuntimeToLLVM/Passes.h"
#include "compiler/Target/CPU/Passes.h"
#include "compiler/Transforms/Passes.h"
#include "dialects/Rondo/IR/RondoDialect.h"
#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/InitAllPasses.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"

int main(int argc, char **argv) {
  mlir::registerAllPasses();
  rondo::registerRondoTransformsPasses();
  rondo::registerRondoBuffersPasses();
  rondo::registerRondoToLinalgPasses();
  rondo::registerRondoRuntimeToLLVMPasses();
  rondo::registerRondoCPUPasses();
  mlir::DialectRegistry registry;
  mlir::registerAllDialects(registry);
  mlir::registerAllExtensions(registry);
  registry.insert<rondo::RondoDialect>();
  return mlir::asMainReturnCode(mlir::MlirOptMain(argc, argv, "rondo optimizer driver\n", registry));
}
