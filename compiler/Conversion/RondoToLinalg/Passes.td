// From values to destinations; the order is in Pipeline/.
#ifndef RONDOTOLINALG_PASSES
#define RONDOTOLINALG_PASSES
include "mlir/Pass/PassBase.td"

def EntryDestinations : Pass<"rondo-entry-destinations", "::mlir::ModuleOp"> {
  let summary = "entry points and prepare write their results where the caller says";
  let description = [{
    An entry point and `@prepare` take one more tensor for each result
    (`rondo.result = i`), bring the result there by
    `bufferization.materialize_in_destination`, and return what that gives. A
    result with late sizes comes to the beginning of memory for the most that they
    can be, which is flat (`rondo.rank`) if another axis than 0 is late.
    Declines an entry point that is called: calls are inlined before.

    ```mlir
    func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> attributes {rondo.entry} {
      %y = math.tanh %x : tensor<4xf32>
      return %y : tensor<4xf32>
    }
    // becomes
    func.func @f(%x: tensor<4xf32>, %to: tensor<4xf32> {rondo.result = 0 : i64}) -> tensor<4xf32> ... {
      %y = math.tanh %x : tensor<4xf32>
      %r = bufferization.materialize_in_destination %y in %to : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
      return %r : tensor<4xf32>
    }
    ```
  }];
  let dependentDialects = ["::mlir::bufferization::BufferizationDialect"];
}

def RondoToLinalg : Pass<"rondo-to-linalg", "::mlir::func::FuncOp"> {
  let summary = "operations on tensors become linalg.generic, with destinations";
  let description = [{
    Afterwards there are, on tensors, `linalg.generic` whose maps are projected
    permutations, `linalg.fill`, reshapes and slices, `linalg.copy` of what a
    concatenation takes as it is, `rondo.scan_into`, `rondo.topk`, `rondo.attention`
    (but at -O0); checks are on one i1. Destinations are `tensor.empty`, or filled
    ones; all sizes are those that the program names, else `tensor.dim`, which `rondo-fold-sizes` removes.

    Broadcasts, transposes and values that are the same in all elements become
    part of the elementwise op that reads them. Sums run in the order of the index,
    without fast-math flags; those of f16 and bf16 are made in f32 and rounded once.
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect", "::mlir::math::MathDialect",
    "::mlir::scf::SCFDialect", "::mlir::tensor::TensorDialect"];
}

def CheckMasks : Pass<"rondo-check-masks", "::mlir::func::FuncOp"> {
  let summary = "checks in the mask of an attention become loops before it";
  let description = [{
    A mask may be evaluated anywhere, but a check must be looked at wherever it counts, at every level alike. It becomes
    a reduction over the indices that it depends on.

    ```mlir
    mask {
    ^bb0(%b: i64, %h: i64, %i: i64, %j: i64, %n: tensor<?xi64>, %rows: i64):
      %ok = arith.cmpi ult, %b, %rows : i64
      rondo.check %ok, "n[b]: an index is out of range" : i1
    // becomes
    %all = linalg.generic {... iterator_types = ["reduction"]} ins(%e : tensor<?xi1>) outs(%true : tensor<i1>) {...}
    %ok = tensor.extract %all[] : tensor<i1>
    rondo.check %ok, "n[b]: an index is out of range" : i1
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect",
                           "::mlir::tensor::TensorDialect"];
}

def ExpandAttention : Pass<"rondo-expand-attention", "::mlir::func::FuncOp"> {
  let summary = "attention as linalg on tensors that hold every pair of a query and a key";
  let description = [{
    For targets and levels without tiles, and as the definition that those are
    compared with. Logits, weights and the checks of `score` are tensors
    [B, H, Tq, Tk].
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect", "::mlir::math::MathDialect",
    "::mlir::tensor::TensorDialect"];
}

def FoldSizes : Pass<"rondo-fold-sizes", "::mlir::ModuleOp"> {
  let summary = "sizes of tensors become values made of the entry point's index arguments";
  let description = [{
    `tensor.dim` of an op's result is followed to its operands, and that of an
    argument of an entry point becomes the computation of this size in the
    companion `rondo.shapes`, copied to the head of the entry point. No
    `tensor.dim` is left in entry points and `@prepare`; one that depends on
    anything else is an error.
  }];
  let dependentDialects = ["::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect",
                           "::mlir::tensor::TensorDialect"];
}

#endif
