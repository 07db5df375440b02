#ifndef RONDO_CPU_PASSES
#define RONDO_CPU_PASSES
include "mlir/Pass/PassBase.td"

def CpuKernels : Pass<"rondo-cpu-kernels", "::mlir::func::FuncOp"> {
  let summary = "linalg on tensors to loops over tiles of vectors";
  let description = [{
    Forms groups of operations that are computed together in registers (a product
    with what follows it elementwise), packs the operands that rows share, and
    replaces each group by loops over tiles. What no group can hold stays `linalg`.
  }];
  let dependentDialects = ["::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect",
                           "::mlir::scf::SCFDialect", "::mlir::tensor::TensorDialect",
                           "::mlir::vector::VectorDialect"];
  let options = [
    Option<"vectorBits", "vector-bits", "int64_t", "512", "width of a vector register">,
    Option<"registers", "registers", "int64_t", "32", "number of vector registers">];
  let statistics = [
    Statistic<"numGroups", "groups", "groups formed">,
    Statistic<"numFused", "fused", "operations computed in registers of another's tile">,
    Statistic<"numLeft", "left", "linalg operations left to plain loops">];
}

def CpuMath : Pass<"rondo-cpu-math", "::mlir::func::FuncOp"> {
  let summary = "transcendental functions by polynomials, on scalars and vectors";
  let description = [{
    f32 (and f16, bf16 through it) `math` operations become arithmetic, so that no
    call of a mathematics library is left. exp: Cody-Waite reduction and a
    polynomial, 1 ulp, with denormal results, infinities and NaN as IEEE has them;
    tanh: a rational function, 3e-7, exactly 1 from 9 on. The others are upstream's approximations.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::math::MathDialect",
                           "::mlir::vector::VectorDialect"];
}

#endif
