// The scopes of LLVM's debug information for places of the source.
#pragma once

#include "compiler/Conversion/DebugInfo/Frames.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/MapVector.h"
#include <map>

namespace rondo {

/// A place in a scope, with the calls around it.
struct ScopedPlace {
  mlir::Location location;
  mlir::LLVM::DILocalScopeAttr scope; // of the innermost
  mlir::FileLineColLoc place;
  mlir::LocationAttr callers; // null: none
};

/// The loops around a place, numbered from 1. A debugger stops at a line once in each block, so loops are
/// blocks: those that a statement is made of, for whole tiles and for what is left; a scan of the library, in
/// the line of its call; and any scan, where a part of a line may have been moved out of it.
struct Loops {
  unsigned inner = 0; // in one step; 0: none
  unsigned time = 0;
};

class Scopes {
public:
  /// `directory` is what names of files are relative to.
  Scopes(mlir::ModuleOp module, llvm::StringRef directory, bool isOptimized);

  /// A new function of the program, at a place of the source.
  mlir::LLVM::DISubprogramAttr makeFunction(llvm::StringRef name, mlir::FileLineColLoc place,
                                            bool isExported = false);

  /// A place in code of `function`. Innermost places in the library stand at the user's call, in a block of
  /// their own; other frames of the library are left out.
  ScopedPlace find(llvm::ArrayRef<SourceFrame> frames, mlir::LLVM::DISubprogramAttr function,
                   Loops loops = {});

  mlir::LLVM::DIFileAttr file(llvm::StringRef name);
  /// In the module's file, but in no line of it.
  mlir::FileLineColLoc noPlace() const { return start; }

private:
  mlir::LLVM::DISubprogramAttr inlined(const SourceFrame &frame);

  mlir::MLIRContext *ctx;
  mlir::StringAttr directory;
  bool isOptimized;
  mlir::FileLineColLoc start;
  mlir::LLVM::DICompileUnitAttr unit;
  std::map<std::tuple<std::string, unsigned, std::string>, mlir::LLVM::DISubprogramAttr> functions;
};

} // namespace rondo
