// What each command of `rondo` does.
#pragma once

#include "compiler/Tools/rondo/CommandLine.h"

namespace rondo::tool {

Exit check(const CommandLine &line);
Exit compile(const CommandLine &line);
Exit run(const CommandLine &line);
Exit listPasses(const CommandLine &line);
Exit listOperations();

} // namespace rondo::tool
