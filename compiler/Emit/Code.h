// From the LLVM dialect to machine code, in this process.
#pragma once

#include "compiler/Support/Options.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Support/Timing.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/Error.h"
#include "llvm/Target/TargetMachine.h"
#include <memory>

namespace rondo {

/// Optimised LLVM IR and the machine that it is for.
struct Code {
  std::unique_ptr<llvm::LLVMContext> context;
  std::unique_ptr<llvm::Module> module;
  std::unique_ptr<llvm::TargetMachine> machine;

  /// LLVM IR.
  std::string text() const;
  /// Assembly or an object.
  llvm::Expected<std::string> emit(llvm::CodeGenFileType kind) const;
};

/// Translates a module in the phase `llvm` and optimises it. With `mainFor`, the
/// symbol of a descriptor, it gets a `main` that hands its arguments to the
/// runtime's rondo_main. Changes `module` (data layout, debug scopes).
llvm::Expected<Code> makeCode(mlir::ModuleOp module, const EmitOptions &options, llvm::StringRef mainFor,
                              mlir::TimingScope &timing);

/// Adds that `main` to code that is optimised already.
llvm::Error addMain(llvm::Module &module, llvm::StringRef descriptor);

} // namespace rondo
