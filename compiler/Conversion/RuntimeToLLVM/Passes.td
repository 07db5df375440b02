#ifndef RONDORUNTIMETOLLVM_PASSES
#define RONDORUNTIMETOLLVM_PASSES
include "mlir/Pass/PassBase.td"

def RuntimeToLLVM : Pass<"rondo-runtime-to-llvm", "::mlir::ModuleOp"> {
  let summary = "entry points become what the runtime calls";
  let description = [{
    Takes the phase `buffers` and makes the artefact's boundary, as
    `rondo/abi.h` lays it out: entry points and `@prepare` take bare pointers,
    `rondo.check` writes the status word, and so does a `cf.assert` with a text,
    which stays; the descriptor `<Model>_model` names everything. The bodies
    themselves are left to the usual conversions.

    ```mlir
    func.func @forward(%T: index {rondo.dim = "T"}, %x: memref<?x4xf32> {rondo.name = "x"},
                       %w: memref<4xf32> {rondo.prepared = 0 : i64},
                       %y: memref<?x4xf32> {rondo.result = 0 : i64}, %s: memref<?xi8> {rondo.scratch})
    // becomes
    func.func @M.forward(%T: index, %x: !llvm.ptr, %y: !llvm.ptr, %prepared: !llvm.ptr, %s: !llvm.ptr) -> i32
    llvm.func internal @M.forward.call(%dims: !llvm.ptr, %sizes: !llvm.ptr, %args: !llvm.ptr,
                                       %results: !llvm.ptr, %states: !llvm.ptr,
                                       %prepared: !llvm.ptr, %s: !llvm.ptr) -> i32
    llvm.mlir.global constant @M_model() : !llvm.struct<"rondo_model", ...>
    ```

    Without dimension variables the first of these is exported, as `M_forward`.
    The module's attribute `rondo.interface` says the same as the descriptor, for
    the header.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::func::FuncDialect",
                           "::mlir::LLVM::LLVMDialect", "::mlir::memref::MemRefDialect"];
}

def AssertToReturn : Pass<"rondo-assert-to-return", "::mlir::func::FuncOp"> {
  let summary = "a function in which an assert fails returns";
  let description = [{
    Behind `rondo-runtime-to-llvm`, which writes what has failed, and where there
    are no regions any more.
  }];
  let dependentDialects = ["::mlir::cf::ControlFlowDialect"];
}

#endif
