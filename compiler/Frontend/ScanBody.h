// The scan whose body is being evaluated.
#pragma once

#include "compiler/Frontend/Evaluator.h"

namespace rondo::sema {

struct Evaluator::ScanBody {
  const ast::ScanExpr *scan;
  Values yields; // tensors or poison, as they were when `yield` was reached
};

} // namespace rondo::sema
