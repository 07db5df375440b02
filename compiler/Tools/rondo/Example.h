// The example of `rondo compile --emit=c-example`, with the commands that make it.
#pragma once

#include "compiler/Tools/rondo/CommandLine.h"
#include "mlir/IR/BuiltinAttributes.h"

namespace rondo::tool {

/// Writes the example to `path` and tells on stderr how it is compiled and run.
Exit writeExample(const CommandLine &line, mlir::DictionaryAttr interface, llvm::StringRef path);

} // namespace rondo::tool
