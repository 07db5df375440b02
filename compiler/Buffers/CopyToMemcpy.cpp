// rondo-copy-to-memcpy: memref.copy becomes llvm.intr.memcpy.
//
// Needs copies that are contiguous on both sides, as rondo-copy-to-loops leaves them. Upstream's lowering
// asks the types again, of which one may have become another in the meantime: what is known of a view's
// strides is no longer a layout without gaps, and the copy a call of upstream's runner library.
#include "compiler/Buffers/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

namespace rondo {
#define GEN_PASS_DEF_COPYTOMEMCPY
#include "compiler/Buffers/Passes.h.inc"
} // namespace rondo

using namespace mlir;

namespace {

void lower(memref::CopyOp copy) {
  OpBuilder b(copy);
  Location loc = copy.getLoc();
  auto type = cast<MemRefType>(copy.getSource().getType());
  int64_t elementBytes = llvm::divideCeil(type.getElementTypeBitWidth(), 8);
  Value width = arith::ConstantIndexOp::create(b, loc, elementBytes), bytes = width;
  for (int64_t axis = 0; axis < type.getRank(); ++axis) {
    Value size = b.createOrFold<memref::DimOp>(loc, copy.getSource(), axis);
    bytes = b.createOrFold<arith::MulIOp>(loc, bytes, size);
  }
  auto asInteger = [&](Value index) -> Value {
    return arith::IndexCastOp::create(b, loc, b.getI64Type(), index);
  };
  auto pointer = [&](Value buffer) -> Value {
    Value address = memref::ExtractAlignedPointerAsIndexOp::create(b, loc, buffer);
    auto strided = memref::ExtractStridedMetadataOp::create(b, loc, buffer);
    Value offset = arith::MulIOp::create(b, loc, strided.getOffset(), width);
    address = arith::AddIOp::create(b, loc, address, offset);
    return LLVM::IntToPtrOp::create(b, loc, LLVM::LLVMPointerType::get(b.getContext()), asInteger(address));
  };
  Value from = pointer(copy.getSource()), to = pointer(copy.getTarget());
  LLVM::MemcpyOp::create(b, loc, to, from, asInteger(bytes), /*isVolatile=*/false);
  copy.erase();
}

struct CopyToMemcpy : rondo::impl::CopyToMemcpyBase<CopyToMemcpy> {
  void runOnOperation() override {
    getOperation().walk([](memref::CopyOp copy) { lower(copy); });
  }
};

} // namespace
