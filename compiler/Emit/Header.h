// The header of an artefact, for C and C++.
#pragma once

#include "mlir/IR/BuiltinAttributes.h"
#include <string>

namespace rondo {

/// `interface` is the module's `rondo.interface` (Conversion/RuntimeToLLVM/Interface.h);
/// `embedded` says that the weights lie in the object.
std::string makeHeader(mlir::DictionaryAttr interface, bool embedded);

} // namespace rondo
