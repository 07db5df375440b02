// Variables of the source in the memory that their values have.
#pragma once

#include "compiler/Conversion/DebugInfo/Scopes.h"
#include "mlir/Conversion/LLVMCommon/TypeConverter.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include <map>
#include <vector>

namespace rondo {

/// From here on a variable lies in `home`, a memref, or is it, an index.
struct Definition {
  mlir::Operation *after; // null: from the beginning of the home's block
  mlir::Value home;
  SourceName name;
  unsigned argument = 0; // its number among the function's, from 1; 0: it is none
};

/// What the locations of a function name: its arguments and what its loops carry; with `every` what is
/// computed, too. To be asked before locations are replaced.
std::vector<Definition> findDefinitions(mlir::FunctionOpInterface function, bool every);

/// The variables of one function, whose locations are replaced.
class Variables {
public:
  /// `onStack`: kept where a debugger finds them; else told of values, which costs no code.
  Variables(mlir::FunctionOpInterface function, mlir::LLVM::DISubprogramAttr subprogram, Scopes &scopes,
            bool onStack);
  /// Describes all of them. What is no longer in the memory that it had is not there from then on.
  void describe(const std::vector<Definition> &definitions);

private:
  /// A type, and what a variable of it says of a memref: its address, then these sizes.
  struct Described {
    mlir::LLVM::DITypeAttr type;
    llvm::SmallVector<unsigned> sizes; // axes
  };
  /// A variable in one call of its function.
  struct Slot {
    mlir::LLVM::DILocalVariableAttr variable;
    mlir::Location declared;
    mlir::Value memory; // on the stack
    Described described;
  };

  std::optional<Described> describeType(mlir::Type type);
  mlir::LLVM::DIExpressionAttr expression(llvm::ArrayRef<std::pair<unsigned, uint64_t>> operations);
  Slot &slotOf(const Definition &definition, const Described &described);
  void define(mlir::OpBuilder &b, mlir::Location loc, const Definition &definition, Slot &slot);
  void forget(mlir::OpBuilder &b, mlir::Location loc, Slot &slot);
  void forgetOverwritten(const std::vector<std::pair<Definition, Slot *>> &defined);
  mlir::Value constant(mlir::OpBuilder &b, mlir::Location loc, int64_t value);

  mlir::FunctionOpInterface function;
  mlir::LLVM::DISubprogramAttr subprogram;
  Scopes &scopes;
  bool onStack;
  mlir::MLIRContext *ctx;
  mlir::Location own; // of the function
  mlir::LLVMTypeConverter types;
  mlir::OpBuilder head;                            // at the beginning of the function
  std::map<std::pair<void *, void *>, Slot> slots; // by variable and callers
  /// The types of variables of one name.
  std::map<std::pair<void *, std::string>, llvm::SmallVector<mlir::LLVM::DITypeAttr>> shadowed;
};

} // namespace rondo
