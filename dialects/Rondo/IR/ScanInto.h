// What passes on destinations share with rondo.scan_into.
#pragma once

#include "mlir/IR/Value.h"

namespace rondo {

/// The operand in whose buffer the op that defines `value` leaves it: its destination, that of a call, the
/// first value of a loop's result, the source of a cast. Null for block arguments and for all other ops.
mlir::OpOperand *destinationOf(mlir::Value value);

} // namespace rondo
