#ifndef RONDOTOLINALG_PASSES
#define RONDOTOLINALG_PASSES
include "mlir/Pass/PassBase.td"

#endif
