// Writes `rondo.phase` on the module, so that its text says where compilation goes on from.
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
  }
};
} // namespace
