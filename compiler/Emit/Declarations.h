// What a header declares of a model, under the names that C has for it.
#pragma once

#include "mlir/IR/BuiltinAttributes.h"
#include "llvm/ADT/StringSet.h"
#include <optional>
#include <string>

namespace rondo {

/// Names of one scope of C, each once.
class Names {
public:
  Names() = default;
  Names(std::initializer_list<llvm::StringRef> taken) { used.insert(taken.begin(), taken.end()); }

  /// The name, with as many `_` behind it as it takes to be no keyword of C or C++, no macro that is always
  /// there, and not yet in use.
  std::string take(const llvm::Twine &name);

private:
  llvm::StringSet<> used;
};

/// One axis of a tensor.
struct Axis {
  std::string name;          // of its constant, or of the function of the dims that gives it
  std::optional<int64_t> is; // its size, if that is known; else it depends on the dims
};

/// An argument, a result or a state.
struct Declaration {
  std::string name;           // as a parameter
  llvm::StringRef key, dtype; // as in the language
  std::string type;           // "f32[T, <= 4]"
  llvm::SmallVector<Axis> axes;
  uint64_t late = 0;             // bit i: the size of axis i is the most that it can be
  std::string elements;          // the name of their number, a constant or a function
  std::optional<uint64_t> count; // the number itself, if it is known
  mlir::TypedAttr defaultValue;  // of an argument that may be left out

  bool isLate(unsigned axis) const { return late >> axis & 1; }
  /// Of the pointer by which a plain function tells a late size.
  std::string lateName(unsigned axis) const { return name + "_size" + std::to_string(axis); }
};

/// A dimension variable or an `int` argument.
struct DimDeclaration {
  std::string name;          // as a parameter
  bool isNumber;             // no argument shows it
  std::optional<int64_t> is; // what it is if it is not given
};

struct EntryDeclaration {
  llvm::StringRef name; // in the language
  unsigned index;       // in the descriptor
  std::string text;     // "f(x: f32[T]) -> f32[T]"
  llvm::SmallVector<DimDeclaration> dims;
  llvm::SmallVector<Declaration, 0> args, results, states;
  std::string plain, plainReset;     // functions, if all sizes are fixed, and if it has states too
  std::string scratchBytes;          // a constant, or a function of the dims
  std::optional<uint64_t> scratch;   // the constant
  std::string checked, checkedReset; // the functions over DLPack tensors
};

/// An array in the block of states of plain functions.
struct StateArray {
  std::string name; // of its member
  llvm::StringRef key, dtype;
  uint64_t elements, offset;
};

struct Declarations {
  llvm::StringRef model;
  uint64_t params, preparedBytes, prepareScratchBytes;
  std::string preparedName, prepareScratchName; // constants
  std::string stateType;                        // the block of plain functions' states
  std::string checkName;                        // the function from a status to its check
  llvm::SmallVector<llvm::StringRef> checks;    // what status i + 1 says
  llvm::SmallVector<StateArray> states;
  llvm::SmallVector<EntryDeclaration, 0> entries;
};

/// Reads `rondo.interface` (Conversion/RuntimeToLLVM/Interface.h), which the result refers to.
Declarations declarationsOf(mlir::DictionaryAttr interface);

/// The type of an element in C. f16 and bf16 are their bits.
llvm::StringRef cType(llvm::StringRef dtype);

} // namespace rondo
