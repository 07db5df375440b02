// Names, everywhere: also in defs that nothing calls and in models that nothing
// instantiates, where the evaluator does not come. Arms of conditions are left to
// it: which of them is looked at is known only there.
#pragma once

#include "compiler/Frontend/Evaluator.h"

namespace rondo::sema {

/// Reports unknown names, and members, arguments and names of a scan that are declared twice.
void resolveNames(Evaluator &eval, const FileScope &file);

} // namespace rondo::sema
