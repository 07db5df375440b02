#ifndef RONDOTRANSFORMS_PASSES
#define RONDOTRANSFORMS_PASSES
include "mlir/Pass/PassBase.td"

#endif
