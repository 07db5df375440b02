// Which processor --target names.
#pragma once

#include "compiler/Support/Options.h"
#include "llvm/Support/CodeGen.h"
#include "llvm/Support/Error.h"
#include <memory>
#include <vector>

namespace llvm {
class TargetMachine;
} // namespace llvm

namespace rondo {

/// `host`, or a name of Target.cpp's table. The error lists the names there are.
llvm::Expected<TargetInfo> resolveTarget(llvm::StringRef name);

/// Names with commas between: one, or several x86-64 levels, which come back from the least to the greatest.
llvm::Expected<std::vector<TargetInfo>> resolveTargets(llvm::StringRef names);

/// Whether this process could call its code, if the processor has all that the target may use.
bool runsHere(const TargetInfo &target);

/// LLVM's names of what it may use and this processor lacks. Both are of one kind (runsHere).
llvm::SmallVector<llvm::StringRef> lacks(const TargetInfo &target);

/// LLVM's view of it: position independent code, but for WebAssembly.
llvm::Expected<std::unique_ptr<llvm::TargetMachine>> makeTargetMachine(const TargetInfo &target,
                                                                       unsigned optLevel);

} // namespace rondo
