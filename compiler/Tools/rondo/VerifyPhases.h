// Which phase, and which pass, changes a number?
#pragma once

#include "compiler/Tools/rondo/CommandLine.h"

namespace rondo::tool {

/// `rondo run --verify-each-phase`: says nothing if all phases and the code compute the same.
Exit verifyPhases(const CommandLine &line);

} // namespace rondo::tool
