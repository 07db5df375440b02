// rondo-copy-to-loops: memref.copy between buffers with gaps becomes loops.
//
// Needs memrefs. What stays is contiguous on both sides, a memcpy: for all other
// copies upstream's lowering calls a function of its runner library. Copies of
// nothing and of a buffer to itself vanish.
#include "compiler/Buffers/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/MemRef/Utils/MemRefUtils.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

namespace rondo {
#define GEN_PASS_DEF_COPYTOLOOPS
#include "compiler/Buffers/Passes.h.inc"
} // namespace rondo

using namespace mlir;

namespace {

// As finalize-memref-to-llvm decides it.
bool isMemcpy(Value buffer) {
  auto type = cast<MemRefType>(buffer.getType());
  return type.getLayout().isIdentity() || memref::isStaticShapeAndContiguousRowMajor(type);
}

void lower(memref::CopyOp copy) {
  Value source = copy.getSource(), target = copy.getTarget();
  auto type = cast<MemRefType>(source.getType());
  if (source == target || llvm::is_contained(type.getShape(), 0)) {
    copy.erase();
    return;
  }
  if (isMemcpy(source) && isMemcpy(target))
    return;
  OpBuilder builder(copy);
  Location loc = copy.getLoc();
  Value zero = arith::ConstantIndexOp::create(builder, loc, 0);
  SmallVector<Value> lower(type.getRank(), zero), upper, step;
  for (int64_t axis = 0; axis < type.getRank(); ++axis) {
    step.push_back(arith::ConstantIndexOp::create(builder, loc, 1));
    upper.push_back(
        getValueOrCreateConstantIndexOp(builder, loc, memref::getMixedSize(builder, loc, source, axis)));
  }
  scf::buildLoopNest(builder, loc, lower, upper, step, [&](OpBuilder &b, Location loc, ValueRange at) {
    memref::StoreOp::create(b, loc, memref::LoadOp::create(b, loc, source, at), target, at);
  });
  copy.erase();
}

struct CopyToLoops : rondo::impl::CopyToLoopsBase<CopyToLoops> {
  void runOnOperation() override {
    getOperation().walk([](memref::CopyOp copy) { lower(copy); });
  }
};

} // namespace
