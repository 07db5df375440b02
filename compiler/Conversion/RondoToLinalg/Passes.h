// The passes from values to destinations; Passes.td says what each does.
#pragma once
#include "mlir/Pass/Pass.h"

namespace rondo {
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "compiler/Conversion/RondoToLinalg/Passes.h.inc"
} // namespace rondo
