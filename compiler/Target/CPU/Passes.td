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
}

def AttentionToTiles : Pass<"rondo-attention-to-tiles", "::mlir::func::FuncOp"> {
  let summary = "rondo.attention on memrefs to loops over blocks of rows and tiles of keys";
  let description = [{
    No tensor of all pairs is made. Scratch is a few buffers whose sizes are known in
    front of the operation: the packed keys of one head, and the logits and outputs of
    one block of rows. What `bounds` hide is never computed; README.md tells more.
  }];
  let dependentDialects = ["::rondo::RondoDialect", "::mlir::arith::ArithDialect", "::mlir::func::FuncDialect",
                           "::mlir::LLVM::LLVMDialect", "::mlir::math::MathDialect", "::mlir::memref::MemRefDialect",
                           "::mlir::scf::SCFDialect", "::mlir::vector::VectorDialect"];
  let options = [
    Option<"vectorBits", "vector-bits", "int64_t", "512", "width of a vector register">,
    Option<"registers", "registers", "int64_t", "32", "number of vector registers">,
    Option<"onPanel", "on-panel", "std::string", "",
           "a function of the module to call for each panel of keys that a block of rows computes">];
}

def CpuMath : Pass<"rondo-cpu-math", "::mlir::ModuleOp"> {
  let summary = "mathematical functions as arithmetic, on scalars and vectors";
  let description = [{
    exp, expm1, log, log1p, tanh, erf, sin, cos, pow and the remainder of floats, of
    f32 and f64, become arithmetic, so that no call of a mathematics library is left.
    NaN, infinities, zeros of both signs and denormal numbers are as C has them. How
    exact each is, README.md says.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::func::FuncDialect",
                           "::mlir::LLVM::LLVMDialect", "::mlir::math::MathDialect",
                           "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect",
                           "::mlir::vector::VectorDialect"];
  let options = [
    Option<"rounds", "rounds", "bool", "true",
           "the target has instructions for floor, ceil and round; else they are arithmetic too">];
}

def CpuHalves : Pass<"rondo-cpu-halves", "::mlir::ModuleOp"> {
  let summary = "f16 and bf16 to f32 and back where the target has no instruction";
  let description = [{
    By integer arithmetic, with denormal numbers, infinities and NaN, rounded to the
    nearest, ties to even. f64 becomes f16 or bf16 rounded once, on every target.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::math::MathDialect"];
  let options = [
    Option<"f16", "f16", "bool", "false", "the target converts f32 to f16 and back">,
    Option<"bf16", "bf16", "bool", "false", "the target converts f32 to bf16 and back">];
}

def CpuHalfBits : Pass<"rondo-cpu-half-bits", "::mlir::ModuleOp"> {
  let summary = "f16 and bf16 as i16 where the target does not know them";
  let description = [{
    In the LLVM dialect, when nothing is left to do with them but to move them about.
  }];
  let options = [
    Option<"f16", "f16", "bool", "false", "the target knows f16">,
    Option<"bf16", "bf16", "bool", "false", "the target knows bf16">];
}

#endif
