// rondo-cpu-math: mathematical functions without a mathematics library.
//
// Needs operations on scalars and vectors of one dimension, of f32 and f64, after
// loops were made. Guarantees that of the functions of the language only what the
// target has as instructions is left (sqrt, abs, floor), and no remainder of
// floats. What the language does not have stays as it is.
#include "compiler/Target/CPU/MathFunctions.h"
#include "compiler/Target/CPU/Passes.h"
#include "compiler/Target/CPU/ReduceAngle.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace rondo::cpu;

namespace rondo {
#define GEN_PASS_DEF_CPUMATH
#include "compiler/Target/CPU/Passes.h.inc"
} // namespace rondo

namespace {
struct CpuMath : rondo::impl::CpuMathBase<CpuMath> {
  using CpuMathBase::CpuMathBase;

  void runOnOperation() override {
    SmallVector<Operation *> found;
    getOperation().walk([&](Operation *op) {
      if (isa<math::MathDialect>(op->getDialect()) || isa<arith::RemFOp>(op))
        found.push_back(op);
    });
    for (Operation *op : found)
      rewrite(op);
  }

private:
  void rewrite(Operation *op) {
    Type type = getElementTypeOrSelf(op->getResult(0));
    auto vector = dyn_cast<VectorType>(op->getResult(0).getType());
    if ((!type.isF32() && !type.isF64()) || (vector && vector.getRank() != 1))
      return;
    ImplicitLocOpBuilder b(op->getLoc(), op);
    FloatBuilder m(b, op->getResult(0).getType());
    SmallVector<Value> x(op->getOperands());
    if (Value result = compute(m, op, x)) {
      op->getResult(0).replaceAllUsesWith(result);
      op->erase();
    }
  }

  /// Null: the operation stays.
  Value compute(const FloatBuilder &m, Operation *op, ArrayRef<Value> x) {
    auto reduce = [&](ImplicitLocOpBuilder &b, Value angle) -> ValueRange {
      return func::CallOp::create(b, getReduceAngle(getOperation()), angle).getResults();
    };
    return TypeSwitch<Operation *, Value>(op)
        .Case<math::ExpOp>([&](auto) { return makeExp(m, x[0]); })
        .Case<math::ExpM1Op>([&](auto) { return makeExpM1(m, x[0]); })
        .Case<math::TanhOp>([&](auto) { return makeTanh(m, x[0]); })
        .Case<math::ErfOp>([&](auto) { return makeErf(m, x[0]); })
        .Case<math::LogOp>([&](auto) { return makeLog(m, x[0]); })
        .Case<math::Log1pOp>([&](auto) { return makeLog1p(m, x[0]); })
        .Case<math::PowFOp>([&](auto) { return makePow(m, x[0], x[1]); })
        .Case<math::SinOp>([&](auto) { return makeSin(m, x[0], reduce); })
        .Case<math::CosOp>([&](auto) { return makeCos(m, x[0], reduce); })
        .Case<arith::RemFOp>([&](auto) { return makeRemainder(m, x[0], x[1]); })
        .Case<math::FloorOp>([&](auto) { return rounds ? Value() : makeFloor(m, x[0]); })
        .Case<math::CeilOp>([&](auto) { return rounds ? Value() : makeCeil(m, x[0]); })
        .Case<math::RoundEvenOp>([&](auto) { return rounds ? Value() : makeRoundEven(m, x[0]); })
        .Default([](auto) { return Value(); });
  }
};
} // namespace
