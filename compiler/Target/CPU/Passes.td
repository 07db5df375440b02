#ifndef RONDOCPU_PASSES
#define RONDOCPU_PASSES
include "mlir/Pass/PassBase.td"

#endif
