// rondo-attention-to-tiles: rondo.attention on memrefs becomes loops.
//
// Needs regions on scalars, memrefs whose sizes are known in front of the operation, destinations that
// overlap with nothing that is read. Guarantees loops of scf, vectors of one dimension, scratch allocated in
// front of them. What has gaps between the elements of a row is copied before, or behind.
#include "compiler/Target/CPU/AttentionEmitter.h"
#include "compiler/Target/CPU/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Transforms/LoopInvariantCodeMotionUtils.h"

using namespace mlir;
using namespace rondo;
using namespace rondo::cpu;

namespace rondo {
#define GEN_PASS_DEF_ATTENTIONTOTILES
#include "compiler/Target/CPU/Passes.h.inc"
} // namespace rondo

namespace {

/// The operand in rows without gaps.
void makeDense(AttentionOp op, OpOperand &operand) {
  auto type = cast<MemRefType>(operand.get().getType());
  if (type.isLastDimUnitStride())
    return;
  ImplicitLocOpBuilder b(op.getLoc(), op);
  SmallVector<Value> sizes;
  for (int64_t axis = 0; axis < 4; ++axis)
    if (type.isDynamicDim(axis))
      sizes.push_back(memref::DimOp::create(b, operand.get(), axis));
  auto dense = MemRefType::get(type.getShape(), type.getElementType());
  Value buffer = memref::AllocOp::create(b, dense, sizes, b.getI64IntegerAttr(64));
  if (op.isDpsInit(&operand)) {
    b.setInsertionPointAfter(op);
    memref::CopyOp::create(b, buffer, operand.get());
  } else {
    memref::CopyOp::create(b, operand.get(), buffer);
  }
  operand.set(buffer);
}

struct AttentionToTiles : rondo::impl::AttentionToTilesBase<AttentionToTiles> {
  using AttentionToTilesBase::AttentionToTilesBase;

  void runOnOperation() override {
    SmallVector<AttentionOp> found;
    getOperation().walk([&](AttentionOp op) { found.push_back(op); });
    for (AttentionOp op : found) {
      if (!isa<MemRefType>(op.getQuery().getType())) {
        op.emitOpError("is on tensors");
        return signalPassFailure();
      }
      for (OpOperand *operand : {&op.getQueryMutable(), &op.getKeyMutable(), &op.getValueMutable()})
        makeDense(op, *operand);
      for (OpOperand &destination : op.getDpsInitsMutable())
        makeDense(op, destination);
      AttentionEmitter(op, Machine{vectorBits, registers}, onPanel).emit();
      op.erase();
    }
    // What does not change from key to key leaves their loops, and sizes of scratch leave all loops.
    if (!found.empty())
      getOperation().walk([](LoopLikeOpInterface loop) { moveLoopInvariantCode(loop); });
  }
};

} // namespace
