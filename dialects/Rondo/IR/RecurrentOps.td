// The loop over time.
#ifndef RONDO_RECURRENT_OPS
#define RONDO_RECURRENT_OPS

include "dialects/Rondo/IR/RondoDialect.td"
include "mlir/Dialect/Bufferization/IR/BufferizableOpInterface.td"
include "mlir/Interfaces/DestinationStyleOpInterface.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/LoopLikeInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def Rondo_Shaped : AnyTypeOf<[AnyRankedTensor, AnyStridedMemRef]>;

def Rondo_ScanOp : Rondo_Op<"scan", [
    AttrSizedOperandSegments, SingleBlockImplicitTerminator<"::rondo::YieldOp">, RecursiveMemoryEffects, RecursivelySpeculatable,
    DeclareOpInterfaceMethods<LoopLikeOpInterface>,
    DeclareOpInterfaceMethods<ReifyRankedShapedTypeOpInterface, ["reifyResultShapes"]>]> {
  let summary = "a loop over time, on values";
  let description = [{
    Runs the body once for each step 0 .. `steps`-1 (from the last to the first
    with `reverse`). Body arguments: the step (`index`), one slice of each of
    `ins` (without its axis 0, whose size is `steps`), the carries. `rondo.yield`
    lists the values stacked, then the next carries. Results: the stacks
    (`steps` before the yielded shape, in input order also with `reverse`), then
    the last carries. No step: empty stacks, carries unchanged.

    `(y_t, c_t) = body(t, x_t, c_(t-1))`, results `y_0 .. y_(T-1), c_(T-1)`.

    With `until` the body yields one value more, the last: an i1 that is tested
    after each step; true ends the loop. The last result is then the number of
    steps done, `tensor<i64>`. Stacks still have `steps` slots: those behind the
    steps done hold anything. Not with `reverse`.

    This is the form of the phases `rondo` and `graph`; from `linalg` on it is
    `rondo.scan_into`.

    ```mlir
    %ys, %h = rondo.scan %T ins(%xs : tensor<?x?x4xf32>) carries(%h0 : tensor<?x8xf32>) {
    ^bb0(%t: index, %x: tensor<?x4xf32>, %old: tensor<?x8xf32>):
      ...
      rondo.yield %new, %new : tensor<?x8xf32>, tensor<?x8xf32>
    } -> tensor<?x?x8xf32>, tensor<?x8xf32>
    ```
  }];
  let arguments = (ins Index:$steps, Variadic<AnyRankedTensor>:$ins, Variadic<AnyRankedTensor>:$starts,
                       UnitAttr:$reverse, UnitAttr:$until);
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    (`reverse` $reverse^)? (`until` $until^)? $steps
    (`ins` `(` $ins^ `:` type($ins) `)`)?
    (`carries` `(` $starts^ `:` type($starts) `)`)?
    attr-dict-with-keyword $body (`->` type($results)^)?
  }];
  let hasVerifier = 1;
  let hasCanonicalizer = 1;
  let extraClassDeclaration = [{
    unsigned numCarries() { return getStarts().size(); }
    unsigned numStacks() { return getNumResults() - numCarries() - getUntil(); }
    mlir::BlockArgument step() { return getBody().getArgument(0); }
    mlir::Block::BlockArgListType slices() { return getBody().getArguments().slice(1, getIns().size()); }
    mlir::Block::BlockArgListType carries() {
      return getBody().getArguments().slice(1 + getIns().size(), numCarries());
    }
    mlir::OperandRange yieldedStacks();
    mlir::OperandRange yieldedCarries();
    /// The condition of `until`; null without.
    mlir::Value condition();
    mlir::ResultRange stacks() { return getResults().take_front(numStacks()); }
    mlir::ResultRange lastCarries() { return getResults().slice(numStacks(), numCarries()); }
    /// The number of steps done; null without `until`.
    mlir::Value stepsDone() { return getUntil() ? getResults().back() : mlir::Value(); }
  }];
}

def Rondo_ScanIntoOp : Rondo_Op<"scan_into", [
    AttrSizedOperandSegments, SingleBlockImplicitTerminator<"::rondo::YieldOp">, RecursiveMemoryEffects,
    DestinationStyleOpInterface,
    DeclareOpInterfaceMethods<LoopLikeOpInterface>,
    DeclareOpInterfaceMethods<MemoryEffectsOpInterface>,
    DeclareOpInterfaceMethods<ReifyRankedShapedTypeOpInterface, ["reifyResultShapes"]>,
    DeclareOpInterfaceMethods<BufferizableOpInterface, [
      "bufferizesToMemoryRead", "bufferizesToMemoryWrite", "getAliasingValues", "isWritable",
      "isNotConflicting", "isRepetitiveRegion", "getBufferType", "verifyAnalysis", "bufferize"]>]> {
  let summary = "a loop over time, into destinations";
  let description = [{
    `rondo.scan` in destination style, on tensors or on memrefs. Operands: `steps`;
    `ins`, stacked on axis 0, one slice a step; `starts`, the first values of the
    moved carries, never written; `nexts`, destinations of the moved carries'
    last values; `updates`, carries written in part, in place; `stacks`,
    destinations of the stacks.

    Body arguments: step, slices of ins, old values of the moved carries (read
    only), destinations of their next values, updates, slots of the stacks.
    `rondo.yield` lists next values of moved carries, updates, slots.

    What a moved carry yields says where its next value lies:

    | yields | buffers |
    |---|---|
    | its own destination | two: the destination and one scratch; they swap |
    | a stack's slot | none: the old value is the previous slot |
    | another carry's old value | one more for each step it is still read; only pointers move |

    Anything else is brought to the own destination by
    `rondo-place-carries`. A start and a next may be one buffer (state kept by
    the caller).

    Tensor form: one result for each of nexts, updates, stacks. Memref form: no
    results, and the yield lists the moved carries only.

    With `until` the yield ends with the condition (i1), and the number of steps
    done is brought to `count` (i64, rank 0), the last destination.
  }];
  let arguments = (ins Index:$steps, Variadic<Rondo_Shaped>:$ins,
                       Variadic<Rondo_Shaped>:$starts, Variadic<Rondo_Shaped>:$nexts,
                       Variadic<Rondo_Shaped>:$updates, Variadic<Rondo_Shaped>:$stacks,
                       Optional<Rondo_Shaped>:$count, UnitAttr:$reverse, UnitAttr:$until);
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    (`reverse` $reverse^)? (`until` $until^)? $steps
    (`ins` `(` $ins^ `:` type($ins) `)`)?
    (`starts` `(` $starts^ `:` type($starts) `)`)?
    (`nexts` `(` $nexts^ `:` type($nexts) `)`)?
    (`updates` `(` $updates^ `:` type($updates) `)`)?
    (`stacks` `(` $stacks^ `:` type($stacks) `)`)?
    (`count` `(` $count^ `:` type($count) `)`)?
    attr-dict-with-keyword $body (`->` type($results)^)?
  }];
  let hasVerifier = 1;
  let hasCanonicalizeMethod = 1;
  let extraClassDeclaration = [{
    mlir::MutableOperandRange getDpsInitsMutable();
    unsigned numMoved() { return getStarts().size(); }
    mlir::Block::BlockArgListType args(unsigned from, unsigned n) {
      return getBody().getArguments().slice(from, n);
    }
    mlir::BlockArgument step() { return getBody().getArgument(0); }
    mlir::Block::BlockArgListType slices() { return args(1, getIns().size()); }
    mlir::Block::BlockArgListType olds() { return args(1 + getIns().size(), numMoved()); }
    mlir::Block::BlockArgListType nextArgs() { return args(1 + getIns().size() + numMoved(), numMoved()); }
    mlir::Block::BlockArgListType updateArgs() {
      return args(1 + getIns().size() + 2 * numMoved(), getUpdates().size());
    }
    mlir::Block::BlockArgListType slots() {
      return args(1 + getIns().size() + 2 * numMoved() + getUpdates().size(), getStacks().size());
    }
    /// The condition of `until`; null without.
    mlir::Value condition();
    /// The operand that gives a body argument its shape (none for the step);
    /// sets `stacked` if the argument is a slice of it along axis 0.
    mlir::Value operandOf(mlir::BlockArgument arg, bool &stacked);
  }];
}

def Rondo_YieldOp : Rondo_Op<"yield", [
    Pure, Terminator, ParentOneOf<["ScanOp", "ScanIntoOp"]>,
    DeclareOpInterfaceMethods<BufferizableOpInterface, [
      "bufferizesToMemoryRead", "bufferizesToMemoryWrite", "getAliasingValues",
      "mustBufferizeInPlace", "bufferize"]>]> {
  let summary = "what one step of a scan leaves";
  let description = "See `rondo.scan` and `rondo.scan_into` for the order of its operands.";
  let arguments = (ins Variadic<AnyTypeOf<[Rondo_Shaped, I1]>>:$values);
  let builders = [OpBuilder<(ins), "build($_builder, $_state, ::mlir::ValueRange{});">];
  let assemblyFormat = "($values^ `:` type($values))? attr-dict";
}

#endif
