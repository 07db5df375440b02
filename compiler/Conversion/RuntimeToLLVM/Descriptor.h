// The artefact's constant tables: the descriptor of rondo/abi.h.
#pragma once

#include "compiler/Conversion/RuntimeToLLVM/EntryPoints.h"

namespace rondo {

/// A place in the source and what must hold there; status s is checks[s - 1].
struct Check {
  std::string file;
  uint32_t line, column;
  std::string message;
  bool operator==(const Check &o) const {
    return line == o.line && column == o.column && file == o.file && message == o.message;
  }
};

/// The functions of the C boundary, by the symbols of their llvm.func.
struct Boundary {
  std::string shapes, scratch, call, reset; // reset: empty if there is none
};

/// Writes `<Model>_model` and the tables it points to at the end of the module.
/// `entries` has one element for each entry point of `artefact`; `prepare` is
/// the symbol of the boundary's prepare; `layout` the blob's fingerprint.
void writeDescriptor(mlir::ModuleOp module, const Artefact &artefact, llvm::ArrayRef<Boundary> entries,
                     llvm::StringRef prepare, llvm::ArrayRef<Check> checks, uint64_t prepareScratchBytes,
                     uint64_t layout);

} // namespace rondo
