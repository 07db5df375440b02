// rondo-poison-memory: memory that nobody has written holds no likely number.
//
// Needs phase `buffers`. Entry points and `@prepare` begin by setting all bits of their results, and of their
// arena behind the status word: floats are NaN, integers -1, booleans true. What is read before it is written
// shows then. Late sizes and states are left alone: their old values are the caller's.
#include "compiler/Buffers/Passes.h"
#include "dialects/Rondo/IR/RondoDialect.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "runtime/include/rondo/abi.h"

namespace rondo {
#define GEN_PASS_DEF_POISONMEMORY
#include "compiler/Buffers/Passes.h.inc"
} // namespace rondo

using namespace mlir;
using namespace rondo;

namespace {
TypedAttr allOnes(Type type) {
  APInt bits = APInt::getAllOnes(type.getIntOrFloatBitWidth());
  if (auto real = dyn_cast<FloatType>(type))
    return FloatAttr::get(real, APFloat(real.getFloatSemantics(), bits));
  return IntegerAttr::get(type, bits);
}

struct PoisonMemory : rondo::impl::PoisonMemoryBase<PoisonMemory> {
  void runOnOperation() override {
    func::FuncOp func = getOperation();
    bool isPrepare = func->hasAttr(attrs::prepare) && !func.isPrivate();
    if (!isPrepare && !func->hasAttr(attrs::entry))
      return;
    auto b = ImplicitLocOpBuilder::atBlockBegin(func.getLoc(), &func.front());
    for (BlockArgument argument : func.getArguments()) {
      Value buffer = argument;
      if (func.getArgAttr(argument.getArgNumber(), "rondo.scratch")) {
        OpFoldResult start = b.getIndexAttr(RONDO_STATUS_BYTES), one = b.getIndexAttr(1);
        Value bytes = memref::DimOp::create(b, argument, 0);
        OpFoldResult rest =
            arith::SubIOp::create(b, bytes, arith::ConstantIndexOp::create(b, RONDO_STATUS_BYTES))
                .getResult();
        buffer = memref::SubViewOp::create(b, argument, start, rest, one);
      } else if (!func.getArgAttr(argument.getArgNumber(), attrs::result)) {
        continue;
      }
      Type element = cast<MemRefType>(buffer.getType()).getElementType();
      Value ones = arith::ConstantOp::create(b, allOnes(element));
      linalg::FillOp::create(b, ones, buffer);
    }
  }
};
} // namespace
