// The dialect itself, its enums and attributes.
#ifndef RONDO_DIALECT
#define RONDO_DIALECT

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"
include "mlir/IR/OpBase.td"

def Rondo_Dialect : Dialect {
  let name = "rondo";
  let cppNamespace = "::rondo";
  let summary = "recurrence, attention and the products between them, whole";
  let description = [{
    Values are ranked tensors without encoding. What upstream has is not
    repeated: elementwise arithmetic is `arith` and `math` on tensors of equal
    type, broadcasting is `linalg.broadcast`, transposition `linalg.transpose`,
    filling `tensor.splat`, reshaping, slicing and concatenation are `tensor`.

    Functions carry these attributes:

    | attribute | on | meaning |
    |---|---|---|
    | `rondo.phase` | module | the phase that this text is in |
    | `rondo.target` | module | from `kernels` on: the processor that it is for |
    | `rondo.entry` | function | an entry point of the artefact |
    | `rondo.shapes` | entry point, layer | its companion that computes all sizes from the dims |
    | `rondo.reset` | entry point | the one that makes the first values of its states |
    | `rondo.dim` | argument, `index` | a dimension variable or an `int` argument, by name |
    | `rondo.name` | argument, tensor | an argument as the user named it |
    | `rondo.state` | argument, tensor | a state, by its key; of a result: its new value; of a layer: what it updates in place |
    | `rondo.default` | argument | its value where the caller gives none |
    | `rondo.result` | argument, tensor | the destination of a result, by its number |
    | `rondo.rank` | such an argument | the result's rank, where the memory is flat |
    | `rondo.size` | result and its argument, `i64` | a size of a result that is known only afterwards, by its number |
    | `rondo.layer` | private function | a layer: called several times, with an entry point's kinds of arguments |
    | `rondo.prepared_by` | layer | its own prepare, which takes its weights |
    | `rondo.into` | call | its last operands are the destinations of its results |
    | `rondo.updates` | such a call | for each result the operand that it updates in place, which is its destination, or -1 |
    | `rondo.prepare` | function | runs once, when weights are loaded; private: a layer's |
    | `rondo.param`, `rondo.init` | argument of prepare | a weight's key and first value |
    | `rondo.prepared` | argument of an entry point, of a layer | the number of a result of prepare, of its own |
  }];
  let hasConstantMaterializer = 1;
  let hasOperationAttrVerify = 1;
  let hasRegionArgAttrVerify = 1;
  let useDefaultAttributePrinterParser = 1;
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::tensor::TensorDialect"];
}

class Rondo_Op<string mnemonic, list<Trait> traits = []> : Op<Rondo_Dialect, mnemonic, traits>;

//===----------------------------------------------------------------------===//
// Enums
//===----------------------------------------------------------------------===//

def Rondo_ReduceKind : I32EnumAttr<"ReduceKind", "how a reduction combines elements", [
    I32EnumAttrCase<"Sum", 0, "sum">, I32EnumAttrCase<"Prod", 1, "prod">,
    I32EnumAttrCase<"Max", 2, "max">, I32EnumAttrCase<"Min", 3, "min">,
    I32EnumAttrCase<"ArgMax", 4, "argmax">, I32EnumAttrCase<"ArgMin", 5, "argmin">,
    I32EnumAttrCase<"Any", 6, "any">, I32EnumAttrCase<"All", 7, "all">]> {
  let cppNamespace = "::rondo";
  let genSpecializedAttr = 0;
}
def Rondo_ReduceKindAttr : EnumAttr<Rondo_Dialect, Rondo_ReduceKind, "reduce_kind"> {
  let assemblyFormat = "$value";
}

def Rondo_NormKind : I32EnumAttr<"NormKind", "what a normalisation divides by", [
    I32EnumAttrCase<"Layer", 0, "layer">, I32EnumAttrCase<"Rms", 1, "rms">]> {
  let cppNamespace = "::rondo";
  let genSpecializedAttr = 0;
}
def Rondo_NormKindAttr : EnumAttr<Rondo_Dialect, Rondo_NormKind, "norm_kind"> {
  let assemblyFormat = "$value";
}

def Rondo_InitKind : I32EnumAttr<"InitKind", "the distribution of a weight's first value", [
    I32EnumAttrCase<"Constant", 0, "constant">, I32EnumAttrCase<"Uniform", 1, "uniform">,
    I32EnumAttrCase<"Normal", 2, "normal">]> {
  let cppNamespace = "::rondo";
  let genSpecializedAttr = 0;
}

//===----------------------------------------------------------------------===//
// Attributes
//===----------------------------------------------------------------------===//

def Rondo_InitAttr : AttrDef<Rondo_Dialect, "Init"> {
  let mnemonic = "init";
  let summary = "the first value of a weight";
  let description = [{
    `constant, v, 0`: every element is v. `uniform, lo, hi`: lo + (hi - lo) u.
    `normal, mean, std`: mean + std z. u and z are drawn by Philox 4x32-10 from
    (seed, key of the weight), so the order of drawing does not matter.
    xavier_uniform and kaiming_uniform are uniform with computed bounds. With
    `zero_row = k` the elements of index k on axis 0 are 0 all the same.
  }];
  let parameters = (ins EnumParameter<Rondo_InitKind>:$kind, "::mlir::FloatAttr":$a, "::mlir::FloatAttr":$b,
      DefaultValuedParameter<"int64_t", "-1", "-1: none">:$zeroRow);
  let assemblyFormat = "`<` $kind `,` $a `,` $b (`,` `zero_row` `=` $zeroRow^)? `>`";
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// Whether a weight of this shape has the row of zeros.
    bool fits(::llvm::ArrayRef<int64_t> shape) const;
  }];
}

//===----------------------------------------------------------------------===//
// Metadata of fused locations
//===----------------------------------------------------------------------===//

def Rondo_DefAttr : AttrDef<Rondo_Dialect, "Def"> {
  let mnemonic = "def";
  let summary = "the function of the source that a place stands in";
  let description = [{
    `loc(fused<#rondo.def<"Cell.step", 5>>["cell.rondo":6:9])`: in the function
    `step` of the model `Cell`, which begins in line 5 of the place's file.
  }];
  let parameters = (ins "::mlir::StringAttr":$name, "unsigned":$line);
  let assemblyFormat = "`<` $name `,` $line `>`";
}

def Rondo_VariableAttr : AttrDef<Rondo_Dialect, "Variable"> {
  let mnemonic = "variable";
  let summary = "the name that the source gives to a value";
  let description = [{
    On an operation, of its result `number`; on an argument of a block, of the
    argument. The type tells the value from others that a pass makes in the same
    place. `at` is where it gets the name, a place in the function whose variable
    it is: a value has a name in each function that it is handed to.
  }];
  let parameters = (ins "::mlir::StringAttr":$name, "unsigned":$number, "::mlir::ShapedType":$type,
      "::mlir::LocationAttr":$at);
  let assemblyFormat = "`<` $name `,` $number `,` $type `,` $at `>`";
}

def Rondo_ReturnedAttr : AttrDef<Rondo_Dialect, "Returned"> {
  let mnemonic = "returned";
  let summary = "result `number` of the operation is result `position` of the function";
  let description = [{
    Once the function is inlined, whoever names the result of the call names the
    value.
  }];
  let parameters = (ins "unsigned":$number, "unsigned":$position);
  let assemblyFormat = "`<` $number `as` $position `>`";
}

#endif
