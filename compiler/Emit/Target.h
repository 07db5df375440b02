// Which processor --target names.
#pragma once

#include "compiler/Support/Options.h"
#include "llvm/Support/CodeGen.h"
#include "llvm/Support/Error.h"
#include <memory>

namespace llvm {
class TargetMachine;
} // namespace llvm

namespace rondo {

/// `host`, `x86-64-v3`, `x86-64-v4`. The error lists the names there are.
llvm::Expected<TargetInfo> resolveTarget(llvm::StringRef name);

/// LLVM's view of it: position independent code.
llvm::Expected<std::unique_ptr<llvm::TargetMachine>> makeTargetMachine(const TargetInfo &target,
                                                                       unsigned optLevel);

} // namespace rondo
