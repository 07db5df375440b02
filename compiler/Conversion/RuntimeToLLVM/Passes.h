#pragma once
#include "mlir/Pass/Pass.h"

namespace rondo {
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "compiler/Conversion/RuntimeToLLVM/Passes.h.inc"
} // namespace rondo
