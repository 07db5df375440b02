// mlir-opt with the rondo dialect and all its passes.
#include "compiler/Pipeline/Register.h"
#include "mlir/IR/Dialect.h"
#include "mlir/InitAllPasses.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  rondo::registerAllRondo(registry);
  mlir::registerAllPasses();
  return mlir::asMainReturnCode(mlir::MlirOptMain(argc, argv, "rondo optimizer driver\n", registry));
}
