// Where in the user's source an operation is from.
#pragma once

#include "mlir/IR/Location.h"

namespace rondo {

/// The place that a check of this location is told at: that of the innermost call outside of the library,
/// whose files are named `<library>/...`. Null if there is none.
mlir::FileLineColLoc placeInSource(mlir::Location location);

} // namespace rondo
