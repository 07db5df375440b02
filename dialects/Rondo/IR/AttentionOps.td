// Attention, with its score and mask as regions.
#ifndef RONDO_ATTENTION_OPS
#define RONDO_ATTENTION_OPS

include "dialects/Rondo/IR/RecurrentOps.td"
include "mlir/Dialect/Bufferization/IR/BufferizableOpInterface.td"
include "mlir/Interfaces/DestinationStyleOpInterface.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def Rondo_AttentionOp : Rondo_Op<"attention", [
    AttrSizedOperandSegments, DestinationStyleOpInterface, IsolatedFromAbove, ConditionallySpeculatable,
    DeclareOpInterfaceMethods<ConditionallySpeculatable>,
    DeclareOpInterfaceMethods<MemoryEffectsOpInterface>,
    DeclareOpInterfaceMethods<ReifyRankedShapedTypeOpInterface, ["reifyResultShapes"]>,
    DeclareOpInterfaceMethods<BufferizableOpInterface, [
      "bufferizesToMemoryRead", "bufferizesToMemoryWrite", "getAliasingValues", "isWritable",
      "isRepetitiveRegion", "getBufferType", "bufferize"]>]> {
  let summary = "softmax(score(scale * q k^T) where mask) v";
  let description = [{
    q [B, H, Tq, D], k [B, Hk, Tk, D], v [B, Hk, Tk, Dv]; destinations: the
    output [B, H, Tq, Dv] and, if wanted, the weights [B, H, Tq, Tk]. Elements
    are f32 or f64. Query head h reads key head h / (H / Hk); H is a multiple of
    Hk. What the destinations hold is not read.

    | region | arguments | yields | absent |
    |---|---|---|---|
    | `score` | s, b, h, i, j | the logit in place of s = scale * (q k^T) | s |
    | `mask` | b, h, i, j | i1: query i sees key j | true |
    | `bounds` | b, h, first, last | lo, hi, from, to | 0, Tk, 0, Tk |

    Indices are i64, and behind them every region has one argument for each of
    `captures`, the only values from outside that it reads. A pair that the mask
    hides contributes nothing, whatever q, k, v, score and captures hold there,
    NaN and infinity too; a `rondo.check` in `score` holds there. One in `mask`
    counts at every pair, until `rondo-check-masks` makes it a loop before the
    attention. A row that sees nothing gives 0, in the weights too.

    `bounds` is made from the mask by `rondo-fold-mask`. For the rows first to
    last (both included) no key outside of [lo, hi) is visible to any row, and
    every key in [from, to) is visible to all; [lo, hi) and [from, to) are not
    clamped to [0, Tk) and may be empty. `opaque`: the mask says more than the
    bounds do, so that it pays to look for hidden keys; only with a mask.

    In the phase `rondo` the regions compute on tensors of rank 0, with any
    operation that the front end emits; from `graph` on (`rondo-scalar-regions`)
    on scalars: `arith`, `math`, `rondo.check`, and `tensor.extract` from
    captures (`memref.load` on memrefs).

    In destination style from the start, as the operations of linalg are.

    ```mlir
    %o = rondo.attention %scale ins(%q, %k, %v : ...) captures(%n : tensor<?xi64>) outs(%e : ...)
      mask {
      ^bb0(%b: i64, %h: i64, %i: i64, %j: i64, %lengths: tensor<?xi64>):
        %row = arith.index_cast %b : i64 to index
        %length = tensor.extract %lengths[%row] : tensor<?xi64>
        %sees = arith.cmpi slt, %j, %length : i64
        rondo.attention.yield %sees : i1
      } -> tensor<?x12x?x64xf32>
    ```
  }];
  let arguments = (ins AnyTypeOf<[F32, F64]>:$scale, Rondo_Shaped:$query, Rondo_Shaped:$key, Rondo_Shaped:$value,
                       Variadic<AnyType>:$captures, Rondo_Shaped:$output, Optional<Rondo_Shaped>:$weights,
                       UnitAttr:$opaque);
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let regions = (region AnyRegion:$score, AnyRegion:$mask, AnyRegion:$bounds);
  let assemblyFormat = [{
    (`opaque` $opaque^)? $scale `ins` `(` $query `,` $key `,` $value `:` type($query) `,` type($key) `,` type($value) `)`
    (`captures` `(` $captures^ `:` type($captures) `)`)?
    `outs` `(` $output `:` type($output) `)` (`weights` `(` $weights^ `:` type($weights) `)`)?
    attr-dict-with-keyword `:` type($scale)
    (`score` $score^)? (`mask` $mask^)? (`bounds` $bounds^)? (`->` type($results)^)?
  }];
  let builders = [
    // With empty regions.
    OpBuilder<(ins "::mlir::Value":$scale, "::mlir::Value":$query, "::mlir::Value":$key, "::mlir::Value":$value,
                   "::mlir::ValueRange":$captures, "::mlir::Value":$output, "::mlir::Value":$weights)>];
  let hasVerifier = 1;
  let hasRegionVerifier = 1;
  let hasCanonicalizeMethod = 1;
  let extraClassDeclaration = [{
    mlir::MutableOperandRange getDpsInitsMutable();
    /// f32 or f64.
    mlir::FloatType elementType() { return mlir::cast<mlir::FloatType>(getScale().getType()); }
    /// The number of arguments before those of the captures: 5 of `score`, 4 of the others.
    unsigned numIndices(mlir::Region &region) { return &region == &getScore() ? 5 : 4; }
    /// Arguments of a region that is not empty.
    mlir::Block::BlockArgListType capturesIn(mlir::Region &region) {
      return region.getArguments().drop_front(numIndices(region));
    }
    /// Whether an operation on tensors of rank 0 can become scalar: elementwise operations, checks, and slices
    /// that lead to one element. Where front ends emit anything else for pairs, `rondo-scalar-regions` fails.
    static bool canBecomeScalar(mlir::Operation &op);
    /// An empty region becomes a block with the arguments that its kind has, scalars; the caller ends it with
    /// a `rondo.attention.yield`.
    mlir::Block &addBlock(mlir::OpBuilder &builder, mlir::Region &region);
  }];
}

def Rondo_AttentionYieldOp : Rondo_Op<"attention.yield", [
    Pure, Terminator, HasParent<"AttentionOp">]> {
  let summary = "what a region of an attention says of a pair, or of a block of rows";
  let description = "See `rondo.attention` for what each region yields.";
  let arguments = (ins Variadic<AnyType>:$values);
  let assemblyFormat = "$values `:` type($values) attr-dict";
}

#endif
