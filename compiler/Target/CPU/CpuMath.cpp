// rondo-cpu-math: exp, tanh and the others without a mathematics library.
//
// Needs scalar or vector `math` operations, after loops were made. f16 and bf16
// go through f32. f64 is left to the library's functions, with their accuracy.
#include "compiler/Target/CPU/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Math/Transforms/Passes.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

using namespace mlir;

namespace rondo {
#define GEN_PASS_DEF_CPUMATH
#include "compiler/Target/CPU/Passes.h.inc"
} // namespace rondo

namespace {
/// f32 arithmetic on values of one type, scalar or vector.
struct Arithmetic {
  ImplicitLocOpBuilder &b;
  Type type;

  Type intType() const {
    auto v = dyn_cast<VectorType>(type);
    return v ? Type(v.clone(b.getI32Type())) : Type(b.getI32Type());
  }
  Value splat(Type t, TypedAttr scalar) const {
    if (auto v = dyn_cast<VectorType>(t))
      return arith::ConstantOp::create(b, DenseElementsAttr::get(v, Attribute(scalar)));
    return arith::ConstantOp::create(b, scalar);
  }
  Value c(float v) const { return splat(type, b.getF32FloatAttr(v)); }
  Value i(int32_t v) const { return splat(intType(), b.getI32IntegerAttr(v)); }
  Value add(Value x, Value y) const { return arith::AddFOp::create(b, x, y); }
  Value sub(Value x, Value y) const { return arith::SubFOp::create(b, x, y); }
  Value mul(Value x, Value y) const { return arith::MulFOp::create(b, x, y); }
  // Separate operations, fused by the backend where the target can: math.fma
  // would become a call where it cannot.
  Value fma(Value x, Value y, Value z) const { return add(mul(x, y), z); }
  Value div(Value x, Value y) const { return arith::DivFOp::create(b, x, y); }
  // Written so that a NaN in x passes, and that x86 needs one instruction.
  Value atLeast(Value x, float bound) const {
    Value l = c(bound);
    return arith::SelectOp::create(b, arith::CmpFOp::create(b, arith::CmpFPredicate::OGT, l, x), l, x);
  }
  Value atMost(Value x, float bound) const {
    Value l = c(bound);
    return arith::SelectOp::create(b, arith::CmpFOp::create(b, arith::CmpFPredicate::OLT, l, x), l, x);
  }
  Value poly(Value x, ArrayRef<float> highestFirst) const {
    Value r = c(highestFirst[0]);
    for (float k : highestFirst.drop_front())
      r = fma(r, x, c(k));
    return r;
  }
  Value power2(Value exponent) const { // of an integer in [-126, 127]
    Value bits = arith::ShLIOp::create(b, arith::AddIOp::create(b, exponent, i(127)), i(23));
    return arith::BitcastOp::create(b, type, bits);
  }

  /// x = n ln 2 + r, |r| <= ln 2 / 2; exp r by a polynomial of degree 7 (Cephes'
  /// coefficients); 2^n in two factors, so that results may be denormal or
  /// infinite without a special case.
  Value exp(Value x) const {
    x = atMost(atLeast(x, -104.0f), 89.0f);
    Value magic = c(12582912.0f); // 1.5 * 2^23: the sum's low bits are the rounded integer
    Value shifted = fma(x, c(1.44269504f), magic);
    Value n = sub(shifted, magic);
    Value r = fma(n, c(-0.693359375f), x);
    r = fma(n, c(2.12194440e-4f), r);
    Value p = poly(r, {1.9875691500e-4f, 1.3981999507e-3f, 8.3334519073e-3f, 4.1665795894e-2f,
                       1.6666665459e-1f, 5.0000001201e-1f});
    p = fma(p, mul(r, r), add(r, c(1.0f)));
    Value whole = arith::SubIOp::create(b, arith::BitcastOp::create(b, intType(), shifted), i(0x4B400000));
    Value half = arith::ShRSIOp::create(b, whole, i(1));
    return mul(mul(p, power2(half)), power2(arith::SubIOp::create(b, whole, half)));
  }

  /// A rational function of degrees 13 and 6 (the minimax fit used by Eigen). From 9 on,
  /// where tanh rounds to 1, it is 1 but for rounding, and bounded by 1 it is exact.
  Value tanh(Value x) const {
    x = atMost(atLeast(x, -9.0f), 9.0f);
    Value x2 = mul(x, x);
    Value p = poly(x2, {-2.76076847742355e-16f, 2.00018790482477e-13f, -8.60467152213735e-11f,
                        5.12229709037114e-08f, 1.48572235717979e-05f, 6.37261928875436e-04f,
                        4.89352455891786e-03f});
    Value q = poly(
        x2, {1.19825839466702e-06f, 1.18534705686654e-04f, 2.26843463243900e-03f, 4.89352518554385e-03f});
    // The quotient is about 1 for small x, where x * p would be denormal.
    return atMost(atLeast(mul(x, div(p, q)), -1.0f), 1.0f);
  }
};

template <class Op, Value (Arithmetic::*make)(Value) const> struct Approximate : OpRewritePattern<Op> {
  using OpRewritePattern<Op>::OpRewritePattern;
  LogicalResult matchAndRewrite(Op op, PatternRewriter &rewriter) const override {
    Type type = op.getType();
    if (!getElementTypeOrSelf(type).isF32())
      return rewriter.notifyMatchFailure(op, "not f32");
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    rewriter.replaceOp(op, (Arithmetic{b, type}.*make)(op.getOperand()));
    return success();
  }
};

/// BEFORE math.f x : f16    AFTER truncf (math.f (extf x) : f32)
struct ThroughF32 : RewritePattern {
  ThroughF32(MLIRContext *context) : RewritePattern(MatchAnyOpTypeTag(), 1, context) {}
  LogicalResult matchAndRewrite(Operation *op, PatternRewriter &rewriter) const override {
    if (!isa<math::MathDialect>(op->getDialect()) || op->getNumResults() != 1)
      return failure();
    Type type = op->getResult(0).getType(), element = getElementTypeOrSelf(type);
    if (!isa<FloatType>(element) || element.getIntOrFloatBitWidth() >= 32)
      return failure();
    auto wide = [&](Type t) -> Type {
      auto v = dyn_cast<VectorType>(t);
      return v ? Type(v.clone(rewriter.getF32Type())) : Type(rewriter.getF32Type());
    };
    Operation *copy = op->clone();
    for (OpOperand &operand : copy->getOpOperands())
      if (isa<FloatType>(getElementTypeOrSelf(operand.get().getType())))
        operand.set(
            arith::ExtFOp::create(rewriter, op->getLoc(), wide(operand.get().getType()), operand.get()));
    copy->getResult(0).setType(wide(type));
    rewriter.insert(copy);
    rewriter.replaceOpWithNewOp<arith::TruncFOp>(op, type, copy->getResult(0));
    return success();
  }
};

struct CpuMath : rondo::impl::CpuMathBase<CpuMath> {
  using CpuMathBase::CpuMathBase;
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    // Ours first: the driver takes the pattern of higher benefit.
    patterns.add<Approximate<math::ExpOp, &Arithmetic::exp>, Approximate<math::TanhOp, &Arithmetic::tanh>>(
        &getContext(), /*benefit=*/2);
    patterns.add<ThroughF32>(&getContext());
    populateMathPolynomialApproximationPatterns(patterns);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};
} // namespace
