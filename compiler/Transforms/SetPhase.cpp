// Writes `rondo.phase`, and `rondo.target` from where there is one, on the module, so that its text says
// where and for what compilation goes on.
#include "compiler/Transforms/Passes.h"

namespace rondo {
#define GEN_PASS_DEF_SETPHASE
#include "compiler/Transforms/Passes.h.inc"
} // namespace rondo

using namespace mlir;
using namespace rondo;

namespace {
struct SetPhase : rondo::impl::SetPhaseBase<SetPhase> {
  using SetPhaseBase::SetPhaseBase;
  void runOnOperation() override {
    getOperation()->setAttr(attrs::phase, StringAttr::get(&getContext(), phase));
    if (!target.empty())
      getOperation()->setAttr(attrs::target, StringAttr::get(&getContext(), target));
  }
};
} // namespace
