// One program through the compiler, and whether what came out may come out.
#pragma once

#include "compiler/Frontend/Diagnostics.h"
#include "mlir/IR/MLIRContext.h"
#include <memory>
#include <string>

namespace rondo::test {

/// A context that knows all dialects and has no threads.
std::unique_ptr<mlir::MLIRContext> makeContext();

class Compilation {
public:
  /// `path` is what messages call the program. `context` may be one that others have used before.
  Compilation(llvm::StringRef path, llvm::StringRef text);
  Compilation(llvm::StringRef path, llvm::StringRef text, mlir::MLIRContext &context);
  ~Compilation();

  struct Counts {
    uint64_t accepted, lowered;
  };
  /// Compiles the program, and if it `lowers` brings it through all phases, every other time as -O0 does.
  /// Returns what went wrong, or nothing: there is a module, or there are errors, each at a place of the
  /// program and in a user's words.
  std::string run(bool lowers, Counts &counts);

private:
  std::string judge(const Diagnostics &diagnostics) const;
  void listen();

  std::unique_ptr<mlir::MLIRContext> owned;
  mlir::MLIRContext &context;
  FileTable files;
  FileId file;
  std::string said, complaint;
  uint64_t handler;
};

} // namespace rondo::test
