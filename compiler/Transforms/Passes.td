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
