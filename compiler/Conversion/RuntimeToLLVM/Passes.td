#ifndef RONDORUNTIMETOLLVM_PASSES
#define RONDORUNTIMETOLLVM_PASSES
include "mlir/Pass/PassBase.td"

#endif
