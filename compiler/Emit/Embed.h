// Prepared weights in an object.
#pragma once

#include "llvm/ADT/StringRef.h"
#include "llvm/IR/Module.h"

namespace rondo {

/// Puts the prepared weights of `model` into the module as the constant `<model>_prepared`, aligned, and
/// tells the model's descriptor of them. An error if the module has no such descriptor.
llvm::Error embedWeights(llvm::Module &module, llvm::StringRef model, llvm::StringRef prepared);

/// Leaves nothing of the module but `prepare`, for whoever only prepares weights: the model's descriptor has
/// no entry points then.
llvm::Error keepPrepare(llvm::Module &module, llvm::StringRef model);

} // namespace rondo
