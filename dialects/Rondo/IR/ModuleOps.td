// What belongs to a model as a whole: weights and checks.
#ifndef RONDO_MODULE_OPS
#define RONDO_MODULE_OPS

include "dialects/Rondo/IR/RondoDialect.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def Rondo_ParamOp : Rondo_Op<"param", [Pure]> {
  let summary = "a weight, by its key";
  let description = [{
    Reads the weight whose key in PyTorch's `state_dict` is `key`. Stands in
    entry points only: a method takes the weights that it uses as leading
    operands, so that one function serves every layer of its kind. The type is
    static: shapes of weights are made of hyper-parameters.

    ```mlir
    %w = rondo.param "rnn.weight_ih_l0" init <uniform, -0.35, 0.35> : tensor<8x10xf32>
    ```
  }];
  let arguments = (ins StrAttr:$key, Rondo_InitAttr:$init);
  let results = (outs StaticShapeTensorOf<[AnyType]>:$result);
  let assemblyFormat = "$key `init` $init attr-dict `:` type($result)";
  let hasVerifier = 1;
}

def Rondo_StatusResource : Resource<"::rondo::StatusResource">;

def Rondo_CheckOp : Rondo_Op<"check", [MemoryEffects<[MemWrite<Rondo_StatusResource>]>]> {
  let summary = "a condition that the caller must have met";
  let description = [{
    All elements of `ok` must be true. If one is not, the first such check of a
    call records its place and message in the call's status word and the
    computation goes on, on clamped values; the entry point returns the status.
    A check never branches out of a kernel.

    ```mlir
    rondo.check %ok, "index out of range" : tensor<?x?xi1>
    ```
  }];
  let arguments = (ins AnyTypeOf<[I1, RankedTensorOf<[I1]>]>:$ok, StrAttr:$message);
  let assemblyFormat = "$ok `,` $message attr-dict `:` type($ok)";
  let hasCanonicalizeMethod = 1;
}

#endif
