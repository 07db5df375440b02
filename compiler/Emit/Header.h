// The header of an artefact, for C and C++.
#pragma once

#include "mlir/IR/BuiltinAttributes.h"
#include <string>

namespace rondo {

/// `interface` is the module's `rondo.interface` (Conversion/RuntimeToLLVM/Interface.h).
std::string makeHeader(mlir::DictionaryAttr interface);

} // namespace rondo
