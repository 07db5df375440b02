// mlir-reduce with the rondo dialect and all its passes: makes the IR of a
// failing pass small, given a script that says whether it still fails.
#include "compiler/Pipeline/Register.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/InitAllPasses.h"
#include "mlir/Tools/mlir-reduce/MlirReduceMain.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  rondo::registerAllRondo(registry);
  mlir::registerAllPasses();
  mlir::MLIRContext context(registry);
  return mlir::failed(mlir::mlirReduceMain(argc, argv, context));
}
