#ifndef RONDODEBUGINFO_PASSES
#define RONDODEBUGINFO_PASSES
include "mlir/Pass/PassBase.td"

def DebugInfo : Pass<"rondo-debug-info", "::mlir::ModuleOp"> {
  let summary = "locations become what a debugger knows: scopes, lines and variables";
  let description = [{
    Takes functions whose bodies are still loops over memrefs, with the boundary
    made. Every location becomes one in a scope of LLVM's debug information: a
    function of the source that was inlined is an inlined function, a place in
    the library stands at the user's call, in a block of its own. Functions
    without the attribute `rondo.source`, which is removed, have no lines.

    Names become variables: arguments and what loops carry; with
    `every-variable`, all named values that have memory. Then a variable is kept
    on the stack, where a debugger finds it until its memory is written for
    something else. Otherwise no code is made for it.
  }];
  let options = [
    Option<"everyVariable", "every-variable", "bool", /*default=*/"false", "At -O0: every value with a name.">,
    Option<"directory", "directory", "std::string", /*default=*/"", "What names of files are relative to.">
  ];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect", "::mlir::arith::ArithDialect"];
}

#endif
