// Variables that a loop carries, in LLVM IR.
#pragma once

namespace llvm {
class Module;
} // namespace llvm

namespace rondo {

/// BEFORE  #dbg_value(%memref, ...)          %memref: {ptr, ptr, i64, sizes, strides}
/// AFTER   %p = extractvalue %memref, 1      the code's own, as often as it stands there
///         #dbg_value(%p, ...)
///
/// A buffer that a loop carries is a struct, which no debugger's location describes. Its address is taken
/// where it is used; taking it once more for the debugger would change the code. One with an offset has its
/// address where LLVM adds the two, so it is placed when all is optimised; then what has found no place
/// is dropped.
void placeCarriedVariables(llvm::Module &module, bool isOptimized);

} // namespace rondo
