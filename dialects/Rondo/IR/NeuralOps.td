// Products, reductions and what is made of them.
#ifndef RONDO_NEURAL_OPS
#define RONDO_NEURAL_OPS

include "dialects/Rondo/IR/RondoDialect.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

class Rondo_NeuralOp<string mnemonic, list<Trait> traits = []> : Rondo_Op<mnemonic, !listconcat([
    Pure, DeclareOpInterfaceMethods<ReifyRankedShapedTypeOpInterface, ["reifyResultShapes"]>], traits)>;

def Rondo_ContractOp : Rondo_NeuralOp<"contract"> {
  let summary = "a product of two tensors, by an einsum equation";
  let description = [{
    `result[o...] = sum over the letters not in o of lhs[...] * rhs[...]`, as
    `torch.einsum(equation, lhs, rhs)`. Each letter is one dimension and has one
    size; a letter stands at most once in an operand; every letter of the result
    stands in an operand. A letter that stands in one operand only and not in
    the result is refused: it is a `rondo.reduce` before the product.

    Products of f16 and bf16 accumulate in f32 and are rounded once. A sum over
    no elements is 0.

    ```mlir
    // a linear layer: x W^T
    %y = rondo.contract "bk,nk->bn" %x, %w : tensor<?x10xf32>, tensor<8x10xf32> -> tensor<?x8xf32>
    // four gates in one product
    %g = rondo.contract "bk,gnk->bgn" %h, %u : tensor<?x8xf32>, tensor<4x8x8xf32> -> tensor<?x4x8xf32>
    ```
  }];
  let arguments = (ins StrAttr:$equation, AnyRankedTensor:$lhs, AnyRankedTensor:$rhs);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$equation $lhs `,` $rhs attr-dict `:` type($lhs) `,` type($rhs) `->` type($result)";
  let hasVerifier = 1;
  let hasCanonicalizer = 1;
  let extraClassDeclaration = [{
    /// The letters of an operand (0, 1) or of the result (2), in order.
    llvm::StringRef letters(unsigned i);
    /// The letters summed over, in the order of the left operand.
    std::string reducedLetters();
    /// Maps from (result letters, reduced letters) to lhs, rhs, result.
    llvm::SmallVector<mlir::AffineMap> indexingMaps();
  }];
}

def Rondo_ReduceOp : Rondo_NeuralOp<"reduce"> {
  let summary = "a reduction over dimensions";
  let description = [{
    Combines all elements along `dims` (sorted, without repetition); these
    dimensions vanish. `argmax` and `argmin` reduce exactly one dimension, give
    i64 indices, take the first NaN, else the first extremum. `max` and `min`
    pass NaN on. `any` and `all` take and give i1. Sums and products of f16 and bf16
    accumulate in f32. Over no elements: sum 0, prod 1, any false, all true, and max
    of floats -inf; other extrema need at least one element, which the front end
    requires.

    ```mlir
    %s = rondo.reduce sum %x dims [1] : tensor<?x?x8xf32> -> tensor<?x8xf32>
    ```
  }];
  let arguments = (ins Rondo_ReduceKindAttr:$kind, AnyRankedTensor:$input, DenseI64ArrayAttr:$dims);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$kind $input `dims` $dims attr-dict `:` type($input) `->` type($result)";
  let hasVerifier = 1;
  let hasFolder = 1;
}

def Rondo_SoftmaxOp : Rondo_NeuralOp<"softmax", [AllTypesMatch<["input", "result"]>]> {
  let summary = "softmax along one dimension";
  let description = [{
    `exp(x - m) / sum(exp(x - m))` with m the maximum along `dim`, as
    `torch.softmax`; with `log`, `x - m - log(sum(exp(x - m)))`. f16 and bf16
    are computed in f32.

    ```mlir
    %p = rondo.softmax %x dim 1 : tensor<?x?xf32>
    ```
  }];
  let arguments = (ins AnyRankedTensor:$input, I64Attr:$dim, UnitAttr:$log);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "(`log` $log^)? $input `dim` $dim attr-dict `:` type($input)";
  let hasVerifier = 1;
}

def Rondo_NormalizeOp : Rondo_NeuralOp<"normalize", [AllTypesMatch<["input", "result"]>]> {
  let summary = "layer or RMS normalisation, without weights";
  let description = [{
    Over the last `rank` dimensions together, n elements each:

    - `layer`: `(x - mean) / sqrt(var + eps)`, var = sum((x - mean)^2) / n
    - `rms`: `x / sqrt(sum(x^2) / n + eps)`

    Scale and bias are ordinary products and sums behind it.

    ```mlir
    %y = rondo.normalize layer %x rank 1 eps 1.0e-5 : tensor<?x8xf32>
    ```
  }];
  let arguments = (ins Rondo_NormKindAttr:$kind, AnyRankedTensor:$input, I64Attr:$rank, F64Attr:$eps);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$kind $input `rank` $rank `eps` $eps attr-dict `:` type($input)";
  let hasVerifier = 1;
}

def Rondo_GatherOp : Rondo_NeuralOp<"gather"> {
  let summary = "rows of a tensor, by index";
  let description = [{
    `result[a..., i..., b...] = source[a..., indices[i...], b...]` with a the
    dimensions before `dim` and b those behind it: `torch.embedding` for dim 0,
    `torch.index_select` for indices of rank 1. An index outside of the axis is
    clamped into it; the front end puts a `rondo.check` beside it.

    ```mlir
    %e = rondo.gather %table[%ids] dim 0 : tensor<4x10xf32>, tensor<?x?xi64> -> tensor<?x?x10xf32>
    ```
  }];
  let arguments = (ins AnyRankedTensor:$source, RankedTensorOf<[AnySignlessInteger]>:$indices, I64Attr:$dim);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$source `[` $indices `]` `dim` $dim attr-dict `:` type($source) `,` type($indices) `->` type($result)";
  let hasVerifier = 1;
}

#endif
