// One object with code for several x86-64 levels, chosen when it is loaded.
#pragma once

#include "compiler/Emit/Code.h"
#include "mlir/IR/BuiltinAttributes.h"

namespace rondo {

/// Joins code of one model, each made for one of `targets`, from the least to the
/// greatest. The symbols that it exports, the descriptor and the plain functions,
/// stand for the greatest version that the processor can run: a constructor asks
/// it, and needs no library for that. Until the constructor has run, or if nothing
/// runs constructors, they stand for the first version.
llvm::Expected<Code> joinVersions(std::vector<Code> versions, llvm::ArrayRef<TargetInfo> targets);

/// The interface of them all (Conversion/RuntimeToLLVM/Interface.h): memory that suffices for each version.
mlir::DictionaryAttr joinInterfaces(llvm::ArrayRef<mlir::DictionaryAttr> interfaces);

} // namespace rondo
