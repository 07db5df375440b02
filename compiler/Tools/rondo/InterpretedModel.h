// A module that is interpreted, as the runtime sees models: so that weights, inputs, seeds, checks and
// printing are those of compiled ones.
#pragma once

#include "compiler/Interpreter/Interpreter.h"
#include "compiler/Tools/rondo/CommandLine.h"
#include "rondo/driver.h"

namespace rondo::tool {

/// Runs an entry point of a module in any phase from `rondo` to `buffers` as the line says, `line.interpret`
/// being the mode. In float64 the results are f64 where the model's are floats of another type: what the
/// program is given is rounded to its types, what it computes is not.
Exit interpretModule(mlir::ModuleOp module, const CommandLine &line);

/// The runtime's number of an element type; integers of 64 bits and indices are i64.
uint32_t dtypeOf(interpreter::Element element, bool isUnsigned);

/// `rondo run --interpret`.
Exit interpretFile(const CommandLine &line);

} // namespace rondo::tool
