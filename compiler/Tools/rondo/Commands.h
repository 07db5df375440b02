// What each command of `rondo` does.
#pragma once

#include "compiler/Tools/rondo/CommandLine.h"

namespace rondo::tool {

Exit check(const CommandLine &line);
Exit compile(const CommandLine &line);
Exit run(const CommandLine &line);
Exit verify(const CommandLine &line);
Exit inspect(const CommandLine &line);
Exit format(const CommandLine &line);
Exit makeProject(const CommandLine &line);
Exit listOperations(const CommandLine &line);
Exit listPasses(const CommandLine &line);

/// The documentation of all operations of the dialect, as mlir-tblgen -gen-op-doc writes it.
llvm::StringRef dialectText();

} // namespace rondo::tool
