// From tensors with destinations to one planned arena; the order is in Pipeline/.
#ifndef RONDOBUFFERS_PASSES
#define RONDOBUFFERS_PASSES

include "mlir/Pass/PassBase.td"

def PlaceCarries : Pass<"rondo-place-carries", "::mlir::func::FuncOp"> {
  let summary = "say where each value that a scan yields shall lie";
  let description = [{
    On tensors. Each value that the body of a `rondo.scan_into` yields is brought
    to a stack's slot or to its own destination; a value that is stacked and
    carried lives in the slot; old values and slices of inputs that are handed on
    stay where they are, as only pointers move. `eliminate-empty-tensors` then
    puts the place under the op that computes the value.
  }];
  let dependentDialects = ["::mlir::bufferization::BufferizationDialect", "::mlir::linalg::LinalgDialect"];
}

def UpdateInPlace : Pass<"rondo-update-in-place", "::mlir::func::FuncOp"> {
  let summary = "carries that are written in part keep one buffer";
  let description = [{
    On tensors. A moved carry of a `rondo.scan_into` whose next value is made in
    the old one, by an insert_slice say, becomes one of its updates, if all reads
    of what is overwritten stand before.
  }];
}

def FoldDestinations : Pass<"rondo-fold-destinations", "::mlir::func::FuncOp"> {
  let summary = "drop destinations that are reached already, part those that are one";
  let description = [{
    On tensors, last before bufferisation. A `materialize_in_destination` whose
    source is computed in the destination has done its work, and the one-shot
    analysis refuses it behind a loop. A `tensor.empty` that cse made of several
    becomes several again, one for each use: two values of one op cannot share it.
  }];
  let dependentDialects = ["::mlir::tensor::TensorDialect"];
}

def DenseOperands : Pass<"rondo-dense-operands", "::mlir::func::FuncOp"> {
  let summary = "what a layer is called with lies without gaps";
  let description = [{
    On tensors, before bufferisation. A layer takes dense buffers: an operand of its
    call that is a part of another tensor, or computed in one, is copied; a
    destination that is one becomes a tensor of its own.
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect", "::mlir::tensor::TensorDialect"];
}

def Bufferize : Pass<"rondo-bufferize", "::mlir::ModuleOp"> {
  let summary = "tensors become memrefs";
  let description = [{
    One-shot bufferisation over function boundaries. Arguments of entry points
    and of `@prepare` have the identity layout, those of private functions are
    rows with an offset. Inputs and weights are never written. Afterwards entry
    points and `@prepare` return nothing: each result lies in its destination
    argument, by a copy before the return if it cannot be computed there.
  }];
  let dependentDialects = ["::mlir::bufferization::BufferizationDialect", "::mlir::memref::MemRefDialect"];
}

def CheckTimeLoops : Pass<"rondo-check-time-loops", "::mlir::func::FuncOp"> {
  let summary = "fail on an allocation or a copy of a temporary in a scan";
  let options = [
    Option<"remarkCopies", "remark-copies", "bool", /*default=*/"false", "A copy is a remark, not an error.">
  ];
}

def ScanToLoop : Pass<"rondo-scan-to-loop", "::mlir::func::FuncOp"> {
  let summary = "rondo.scan_into on memrefs becomes scf.for or scf.while, with buffers that rotate";
  let description = [{
    The loop is marked `rondo.time`. A carry written to its own destination goes
    through two buffers, the destination and one scratch, whose pointers are
    carried and swap; they begin so that the last step writes the destination.
    One that lives in a stack needs no buffer and one copy of its last value, if
    that is wanted. Scratch is allocated outside of all loops that its size allows.

    With `until` the loop is an `scf.while` that counts its steps. The first step
    writes the destination then, and a copy behind the loop may be needed.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::memref::MemRefDialect",
                           "::mlir::scf::SCFDialect"];
}

def TopkToLoops : Pass<"rondo-topk-to-loops", "::mlir::func::FuncOp"> {
  let summary = "rondo.topk on memrefs becomes loops over heaps in its destinations";
  let description = [{
    The destinations hold the k best elements of a row that were seen, the last
    of them in order at the root; then the heap is sorted where it lies. Nothing
    is allocated, a row of n elements takes O(n log k) steps.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::memref::MemRefDialect",
                           "::mlir::scf::SCFDialect"];
}

def CopyToLoops : Pass<"rondo-copy-to-loops", "::mlir::func::FuncOp"> {
  let summary = "copies between buffers with gaps become loops";
  let description = [{
    What stays is a memcpy. Upstream would call a runner library for the others.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::memref::MemRefDialect",
                           "::mlir::scf::SCFDialect"];
}

def CopyToMemcpy : Pass<"rondo-copy-to-memcpy", "::mlir::func::FuncOp"> {
  let summary = "copies without gaps become llvm.intr.memcpy";
  let description = [{
    Those that `rondo-copy-to-loops` leaves, before a view's type changes. Upstream
    would call a runner library for what has no layout without gaps by then.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::LLVM::LLVMDialect",
                           "::mlir::memref::MemRefDialect"];
}

def ViewsToCasts : Pass<"rondo-views-to-casts", "::mlir::func::FuncOp"> {
  let summary = "some views become memref.reinterpret_cast";
  let description = [{
    `memref.expand_shape`, also where one dimension becomes several of unknown
    size, and slices that drop some axes of size 1 and keep others: upstream's
    `expand-strided-metadata` cannot lower them.
  }];
  let dependentDialects = ["::mlir::affine::AffineDialect", "::mlir::memref::MemRefDialect"];
}

def GuardSizes : Pass<"rondo-guard-sizes", "::mlir::func::FuncOp"> {
  let summary = "an entry point does nothing for sizes that a check refuses";
  let description = [{
    All of an entry point but the checks of sizes alone goes under their
    conditions: with other sizes a slice may lie outside of its tensor.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::scf::SCFDialect"];
}

def PlanMemory : Pass<"rondo-plan-memory", "::mlir::ModuleOp"> {
  let summary = "all temporaries of an entry point lie in one arena";
  let description = [{
    An entry point (and `@prepare`) gets a last argument, `memref<?xi8>
    {rondo.scratch}`, and each of its allocations becomes a view of it, 64-byte
    aligned, behind the status word. Buffers of static size share by best fit;
    buffers of dynamic size whose lives are apart share a slot as large as the
    largest. A size that is known late counts as the most that it can be, in a loop
    too. `@NAME.scratch`, named by the attribute `rondo.scratch_size`, computes
    the bytes from the entry point's index arguments.
  }];
  let options = [
    Option<"explain", "explain", "bool", /*default=*/"false", "A remark for each buffer: where it lies.">
  ];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::func::FuncDialect",
                           "::mlir::memref::MemRefDialect"];
}

def CheckAccesses : Pass<"rondo-check-accesses", "::mlir::ModuleOp"> {
  let summary = "every access to memory is checked before it happens";
  let description = [{
    For `--sanitize`. In front of each operation that reads, writes or views a
    memref stands a `cf.assert` of what it counts on, whose text names the
    operation. After each call of a layer one without a text asks whether the
    layer has failed.
  }];
  let dependentDialects = ["::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect",
                           "::mlir::cf::ControlFlowDialect", "::mlir::index::IndexDialect",
                           "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect",
                           "::mlir::vector::VectorDialect"];
}

def PoisonMemory : Pass<"rondo-poison-memory", "::mlir::func::FuncOp"> {
  let summary = "memory that nobody has written holds no likely number";
  let description = [{
    For `--sanitize`. At the head of an entry point all bits of its results, and
    of its arena but for the status word, are set: NaN, -1, true.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect",
                           "::mlir::memref::MemRefDialect"];
}

#endif
