#ifndef RONDOTRANSFORMS_PASSES
#define RONDOTRANSFORMS_PASSES
include "mlir/Pass/PassBase.td"

// Those without an anchor run on a module or on its functions. They read the sizes of an entry point's arguments off its
// companion `rondo.shapes`, which none of them changes.

def SplitGates : Pass<"rondo-split-gates"> {
  let summary = "give products whose results are cut into equal slices an axis of gates";
  let description = [{
    A cell that computes all its gates in one product of size `G * H` and cuts the result is given the form that the
    later passes know. Slices that together make up a value move up through elementwise operations and broadcasts to
    the product, whose weight becomes `[G, H, K]`; the slices then select one gate each.

    ```mlir
    %g = rondo.contract "bk,nk->bn" %h, %w : tensor<?x8xf32>, tensor<32x8xf32> -> tensor<?x32xf32>
    %i = tensor.extract_slice %g[0, 0] [%B, 8] [1, 1] : tensor<?x32xf32> to tensor<?x8xf32>
    // becomes
    %v = tensor.expand_shape %w [[0, 1], [2]] output_shape [4, 8, 8] : tensor<32x8xf32> into tensor<4x8x8xf32>
    %g = rondo.contract "bk,gnk->bgn" %h, %v : tensor<?x8xf32>, tensor<4x8x8xf32> -> tensor<?x4x8xf32>
    %i = tensor.extract_slice %g[0, 0, 0] [%B, 1, 8] [1, 1, 1] : tensor<?x4x8xf32> to tensor<?x8xf32>
    ```
  }];
  let dependentDialects = ["::rondo::RondoDialect", "::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect",
                           "::mlir::tensor::TensorDialect"];
}

def JoinContractions : Pass<"rondo-join-contractions"> {
  let summary = "make one product of all that multiply one value by weights of one shape";
  let description = [{
    Contractions in one block that read the same operand by the same letters, and weights of equal shape, become one on
    the weights concatenated along an axis of gates. The weights' concatenation is work on weights alone, which
    `rondo-hoist-prepare` takes out of the entry point.
  }];
  let dependentDialects = ["::rondo::RondoDialect", "::mlir::tensor::TensorDialect"];
}

def JoinGates : Pass<"rondo-join-gates"> {
  let summary = "do elementwise work on all gates of a value at once, where it does not depend on carries";
  let description = [{
    In the body of a scan, when every gate of a value that no carry reaches goes through the same elementwise operation
    (the sum with its bias, above all), that operation is done on the whole value. What `rondo-fission-scan` takes out of
    the loop then leaves one stack, not one for each gate.
  }];
  let dependentDialects = ["::rondo::RondoDialect", "::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect",
                           "::mlir::tensor::TensorDialect"];
}

def FissionScan : Pass<"rondo-fission-scan"> {
  let summary = "take out of a loop over time what needs no order in time";
  let description = [{
    What does not depend on carries runs before the loop, on whole stacks; what only makes stacks runs after it. A
    product of a step becomes one large product over all steps. See the head of FissionScan.cpp for what moves and
    what stays.
  }];
  let dependentDialects = ["::rondo::RondoDialect", "::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect",
                           "::mlir::tensor::TensorDialect"];
}

def ScalarRegions : Pass<"rondo-scalar-regions"> {
  let summary = "the regions of an attention compute on scalars";
  let description = [{
    The front end writes the score and the mask of an attention on tensors of rank 0. From here on they are scalars, and
    captures are read an element at a time.

    ```mlir
    %x = tensor.extract_slice %n[%row] [1] [1] : tensor<?xi64> to tensor<i64>
    %sees = arith.cmpi slt, %j, %x : tensor<i64>
    // becomes
    %x = tensor.extract %n[%row] : tensor<?xi64>
    %sees = arith.cmpi slt, %j, %x : i64
    ```
  }];
  let dependentDialects = ["::rondo::RondoDialect", "::mlir::arith::ArithDialect", "::mlir::tensor::TensorDialect"];
}

def FoldMask : Pass<"rondo-fold-mask"> {
  let summary = "comparisons in the mask of an attention become bounds of its loop over keys";
  let description = [{
    Comparisons of i, j and what depends on neither (constants, sizes, captured values, elements of captured tensors at
    `b` and `h`), joined by and, or, not: causal masks, windows, prefixes, lengths, chunks. `opaque` says that there is
    more in the mask. See the head of FoldMask.cpp.

    ```mlir
    mask {
    ^bb0(%b: i64, %h: i64, %i: i64, %j: i64):
      %sees = arith.cmpi sle, %j, %i : i64
      rondo.attention.yield %sees : i1
    }
    // becomes that and
    bounds {
    ^bb0(%b: i64, %h: i64, %first: i64, %last: i64):
      %hi = arith.addi %last, %c1 : i64
      %to = arith.addi %first, %c1 : i64
      rondo.attention.yield %minus_infinity, %hi, %minus_infinity, %to : i64, i64, i64, i64
    }
    ```
  }];
  let dependentDialects = ["::rondo::RondoDialect", "::mlir::arith::ArithDialect"];
}

def HoistPrepare : Pass<"rondo-hoist-prepare", "::mlir::ModuleOp"> {
  let summary = "move work on weights alone to @prepare";
  let description = [{
    All work of entry points that depends on weights and constants alone moves to the function with `rondo.prepare`,
    which is made if there is none. Entry points read its results as trailing arguments. Runs at the end of `graph`, and
    again in `kernels`, in destination style, when weights have been packed.
  }];
  let dependentDialects = ["::rondo::RondoDialect", "::mlir::bufferization::BufferizationDialect",
                           "::mlir::func::FuncDialect"];
}

def KeepLayers : Pass<"rondo-keep-layers", "::mlir::ModuleOp"> {
  let summary = "mark functions that are too large to stand in several places";
  let description = [{
    A private function that holds several products (`rondo.contract`, `rondo.attention`), those of functions that it
    calls included, and that would be copied to several places by the inliner, says `no_inline` afterwards. See the
    head of KeepLayers.cpp for what is not kept.
  }];
  let options = [Option<"products", "products", "unsigned", /*default=*/"4", "How many products it holds at least.">];
}

def FormLayers : Pass<"rondo-form-layers", "::mlir::ModuleOp"> {
  let summary = "give functions that stay functions the form of an entry point";
  let description = [{
    A function with `no_inline` becomes a layer: its arguments are sizes, tensors and weights, a companion
    `rondo.shapes` knows the sizes of its tensors, and its weights come from a prepare of its own, which callers call
    with their weights.

    ```mlir
    %y = call @F(%T, %w, %x) : (index, tensor<8x8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
    // becomes
    %p = call @F.prepare(%w) : (tensor<8x8xf32>) -> tensor<8x8xf32>
    %y = call @F(%T, %x, %p) : (index, tensor<?x8xf32>, tensor<8x8xf32>) -> tensor<?x8xf32>
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::func::FuncDialect",
                           "::mlir::tensor::TensorDialect"];
}

def FoldEmptyTensors : Pass<"rondo-fold-empty-tensors"> {
  let summary = "what has no elements need not be computed";
  let description = [{
    An operation all of whose results are tensors without elements (a fixed batch of 0, a fixed length of 0) becomes
    `tensor.empty`, parts of a concatenation without elements go. Upstream's slices refuse any offset into an axis of
    size 0, so that nothing may be sliced from such tensors, or put into them, later on. Operations with effects stay.
  }];
  let dependentDialects = ["::mlir::tensor::TensorDialect"];
}

def SetPhase : Pass<"rondo-set-phase", "::mlir::ModuleOp"> {
  let summary = "say which phase the module is in";
  let options = [Option<"phase", "phase", "std::string", "", "The value of rondo.phase">,
                 Option<"target", "target", "std::string", "", "The value of rondo.target, if it has one now">];
}

#endif
