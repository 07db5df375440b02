// Choosing among the elements of rows: in order, or by chance.
#ifndef RONDO_SELECTION_OPS
#define RONDO_SELECTION_OPS

include "dialects/Rondo/IR/RecurrentOps.td"
include "mlir/Dialect/Bufferization/IR/BufferizableOpInterface.td"
include "mlir/Interfaces/DestinationStyleOpInterface.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def Rondo_TopkOp : Rondo_Op<"topk", [
    DestinationStyleOpInterface, AlwaysSpeculatable,
    DeclareOpInterfaceMethods<MemoryEffectsOpInterface>,
    DeclareOpInterfaceMethods<ReifyRankedShapedTypeOpInterface, ["reifyResultShapes"]>,
    DeclareOpInterfaceMethods<BufferizableOpInterface, [
      "bufferizesToMemoryRead", "bufferizesToMemoryWrite", "getAliasingValues", "bufferize"]>]> {
  let summary = "the first elements of each row in order, and where they stood";
  let description = [{
    Of each row of `input` along `dim` the k first elements in descending order
    (in ascending order without `largest`) and their indices; k, the size of the
    destinations along `dim`, is at most the row's. Equal elements keep their
    order, NaN is the greatest, integers are signed: `torch.topk`, and with k the
    whole row `torch.sort(stable=True)`.

    In destination style from the start, as the operations of linalg are; what
    the destinations hold is not read. On memrefs, in the phase `buffers`, there
    are no results; `rondo-topk-to-loops` makes heaps in the destinations, so
    that no more memory is needed and the work is O(n log k).

    ```mlir
    %best, %places = rondo.topk largest ins(%x : tensor<?x50xf32>)
        outs(%v, %i : tensor<?x5xf32>, tensor<?x5xi64>) dim 1 -> tensor<?x5xf32>, tensor<?x5xi64>
    ```
  }];
  let arguments = (ins Rondo_Shaped:$input, Rondo_Shaped:$values, Rondo_Shaped:$indices,
                       I64Attr:$dim, UnitAttr:$largest);
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let assemblyFormat = [{
    (`largest` $largest^)? `ins` `(` $input `:` type($input) `)`
    `outs` `(` $values `,` $indices `:` type($values) `,` type($indices) `)` `dim` $dim
    attr-dict (`->` type($results)^)?
  }];
  let builders = [OpBuilder<(ins "::mlir::Value":$input, "::mlir::Value":$values, "::mlir::Value":$indices,
                                 "int64_t":$dim, "bool":$largest)>];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    mlir::MutableOperandRange getDpsInitsMutable() {
      return mlir::MutableOperandRange(getOperation(), /*start=*/1, /*length=*/2);
    }
  }];
}

def Rondo_CategoricalOp : Rondo_Op<"categorical", [
    Pure, DeclareOpInterfaceMethods<ReifyRankedShapedTypeOpInterface, ["reifyResultShapes"]>]> {
  let summary = "an index drawn from each row of probabilities";
  let description = [{
    The rows are those of the last dimension; the result has one index for each.
    Row r, counted over the leading dimensions in row-major order, draws
    u = (word 0 >> 8) / 2^24 from Philox 4x32-10 (Salmon et al., "Parallel random
    numbers: as easy as 1, 2, 3", 2011) with the counter (r low, r high, 0, 0)
    and the key's two words, the low one first. Its index is the first at which
    the sum of the probabilities so far, added in order in f32, exceeds u; where
    rounding keeps the sum of all at or below u, the last that is not impossible.

    ```mlir
    %i = rondo.categorical %p key %k : tensor<?x50xf32>, tensor<i64> -> tensor<?xi64>
    ```
  }];
  let arguments = (ins RankedTensorOf<[F32]>:$probabilities, TensorRankOf<[I64], [0]>:$key);
  let results = (outs RankedTensorOf<[I64]>:$result);
  let assemblyFormat = [{
    $probabilities `key` $key attr-dict `:` type($probabilities) `,` type($key) `->` type($result)
  }];
  let hasVerifier = 1;
}

#endif
