// rondo-cpu-kernels: groups become loops.
//
// Needs phase `linalg`: linalg.generic on tensors, destinations known. Leaves
// tensors; entry points, `rondo.scan_into` and their places stay as they are.
#include "compiler/Target/CPU/EmitGroup.h"
#include "compiler/Target/CPU/Passes.h"
#include "dialects/Rondo/IR/RondoDialect.h"
#include "mlir/Analysis/TopologicalSortUtils.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/Remarks.h"

#define DEBUG_TYPE "rondo-cpu-kernels"

using namespace mlir;
using namespace rondo;
using namespace rondo::cpu;

namespace rondo {
#define GEN_PASS_DEF_CPUKERNELS
#include "compiler/Target/CPU/Passes.h.inc"
} // namespace rondo

namespace {
struct CpuKernels : rondo::impl::CpuKernelsBase<CpuKernels> {
  using CpuKernelsBase::CpuKernelsBase;

  void runOnOperation() override {
    // `@prepare` runs once: plain loops do.
    if (getOperation().isExternal() || getOperation()->hasAttr(attrs::prepare))
      return;
    Machine machine{vectorBits, registers};
    Packer packer;
    SmallVector<Block *> blocks{&getOperation().getBody().front()};
    getOperation().walk<WalkOrder::PreOrder>(
        [&](ScanIntoOp scan) { blocks.push_back(&scan.getBody().front()); });
    for (Block *block : blocks) {
      for (Group &group : formGroups(*block)) {
        if (group.members.size() > 1)
          remark::passed(group.root().op.getLoc(), remark::RemarkOpts::name("fused").category(DEBUG_TYPE))
              << remark::add("{0} operations are computed tile by tile, in registers", group.members.size());
        if (group.reducesLanes)
          emitRows(group, machine);
        else
          emitTiles(group, machine, packer);
      }
      (void)sortTopologically(block);
    }
    getOperation().walk([&](linalg::GenericOp op) {
      if (op.getNumDpsInputs() == 0)
        return; // a copy of a weight, which moves to `@prepare`
      remark::missed(op.getLoc(), remark::RemarkOpts::name("left").category(DEBUG_TYPE))
          << remark::add("left to plain loops: no group can hold it");
    });
  }
};
} // namespace
