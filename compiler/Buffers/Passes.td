#ifndef RONDOBUFFERS_PASSES
#define RONDOBUFFERS_PASSES
include "mlir/Pass/PassBase.td"

#endif
