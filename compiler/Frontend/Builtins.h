// The functions of the language. Each is one row: its name, its signature as in
// the documentation, and what a call does. Rows stand in one table a family
// (BuiltinsElementwise.cpp, ...); a new function is a new row.
#pragma once

#include "compiler/Frontend/Diagnostics.h"
#include "compiler/Frontend/TensorOps.h"

namespace rondo::sema {

class Evaluator;
class BuiltinCall;

struct Builtin {
  llvm::StringLiteral name;
  /// `x, dim=none, keepdim=false`; `*shape` takes all further arguments by position, as a list.
  llvm::StringLiteral signature;
  /// One line for `rondo ops`.
  llvm::StringLiteral summary;
  Value (*call)(BuiltinCall &);
  /// A call with constants alone is a constant and may stand where no function is emitted.
  bool folds = false;
};

struct BuiltinParameter {
  llvm::StringRef name;
  bool variadic = false;
  std::optional<Value> defaultValue;
};

/// By name; null if there is none.
const Builtin *lookupBuiltin(llvm::StringRef name, bool inLibrary);
/// Parsed once.
llvm::ArrayRef<BuiltinParameter> parametersOf(const Builtin &builtin);
/// All names, in the order of the tables.
llvm::ArrayRef<llvm::StringRef> builtinNames();

// The tables.
llvm::ArrayRef<Builtin> elementwiseBuiltins();
llvm::ArrayRef<Builtin> reductionBuiltins();
llvm::ArrayRef<Builtin> joinBuiltins();
llvm::ArrayRef<Builtin> shapeBuiltins();
llvm::ArrayRef<Builtin> creationBuiltins();
llvm::ArrayRef<Builtin> neuralBuiltins();
llvm::ArrayRef<Builtin> attentionBuiltins();
llvm::ArrayRef<Builtin> indexBuiltins();
llvm::ArrayRef<Builtin> selectionBuiltins();
llvm::ArrayRef<Builtin> constantBuiltins();
/// What the library alone calls: checks of its arguments.
llvm::ArrayRef<Builtin> libraryBuiltins();

/// One call, its arguments bound to parameters. Accessors report what does not fit, at the argument,
/// and return nothing; the call then returns Poison.
class BuiltinCall {
public:
  BuiltinCall(Evaluator &eval, const Builtin &builtin, SourceRange range, std::vector<Value> values,
              std::vector<SourceRange> ranges)
      : eval(eval), builtin(builtin), range(range), values(std::move(values)), ranges(std::move(ranges)) {}

  Evaluator &eval;
  const Builtin &builtin;
  SourceRange range;

  FunctionEmitter &f() const;
  llvm::ArrayRef<Value> arguments() const { return values; }
  const Value &operator[](size_t i) const { return values[i]; }
  bool has(size_t i) const { return !values[i].isNone(); }
  /// Where argument i was written, or the call for a default.
  SourceRange rangeOf(size_t i) const { return ranges[i].isValid() ? ranges[i] : range; }
  /// `dim`
  llvm::StringRef nameOf(size_t i) const { return parametersOf(builtin)[i].name; }

  /// Reports "`softmax`: ...", at the call or at an argument.
  Diagnostic &error(const llvm::Twine &message) const;
  Diagnostic &errorAt(size_t i, const llvm::Twine &message) const;

  /// All arguments are constants (lists of them included).
  bool allConstant() const;

  /// A tensor; sizes and numbers become tensors of rank 0.
  std::optional<Tensor> tensor(size_t i) const;
  /// As `tensor`, integers and bools converted to f32.
  std::optional<Tensor> floatTensor(size_t i) const;
  std::optional<int64_t> integer(size_t i) const;
  std::optional<double> number(size_t i) const;
  std::optional<bool> flag(size_t i) const;
  std::optional<std::string> string(size_t i) const;
  std::optional<DType> dtype(size_t i) const;
  std::optional<Size> sizeArgument(size_t i) const;
  /// A list of sizes; a single one is a list of one; one list among variadic arguments stands for them.
  std::optional<Shape> sizes(size_t i) const;
  /// A list of tensors, not empty.
  std::optional<llvm::SmallVector<Tensor>> tensors(size_t i) const;
  /// An axis of a tensor of that rank, negative ones counted from the end.
  std::optional<int64_t> axis(size_t i, int64_t rank) const;
  /// One axis or a list of them, sorted, without repetition; none: all.
  std::optional<llvm::SmallVector<int64_t>> axes(size_t i, int64_t rank) const;

  /// Arrays brought to one element type (PyTorch's result_type) and shape.
  std::optional<llvm::SmallVector<Tensor>> unify(llvm::ArrayRef<size_t> arguments) const;

private:
  /// What an argument holds, reported as `kind` where it is something else.
  template <typename T> std::optional<T> constant(size_t i, llvm::StringRef kind) const;
  std::optional<int64_t> axisOf(const Value &value, SourceRange at, llvm::StringRef name, int64_t rank) const;

  std::vector<Value> values;
  std::vector<SourceRange> ranges;
};

} // namespace rondo::sema
