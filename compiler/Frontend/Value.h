// What an expression evaluates to. The front end is one walk that computes
// constants and sizes and, for tensors, emits operations; a Value is the result
// of either.
#pragma once

#include "compiler/Frontend/Ast.h"
#include "compiler/Frontend/Size.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Value.h"
#include "llvm/ADT/StringMap.h"
#include <memory>
#include <variant>

namespace rondo::sema {

class Value;
struct Instance;
struct Weight;
struct State;
struct Builtin;
struct FileScope;

/// Element types, in the order of promotion within a category.
enum class DType : uint8_t { Bool, U8, I8, I32, I64, F16, BF16, F32, F64 };

llvm::StringRef spelling(DType dtype);
std::optional<DType> parseDType(llvm::StringRef name);
inline bool isFloat(DType dtype) { return dtype >= DType::F16; }
inline bool isInteger(DType dtype) { return dtype >= DType::U8 && dtype <= DType::I64; }
/// f16 and bf16: computed in f32, rounded once.
inline bool isHalf(DType dtype) { return dtype == DType::F16 || dtype == DType::BF16; }
/// u8 and bool, whose bits are not a signed number.
inline bool isUnsigned(DType dtype) { return dtype <= DType::U8; }
mlir::Type elementType(mlir::MLIRContext *context, DType dtype);
unsigned bitWidth(DType dtype);
/// Whether elements of the type can be this integer; of bool each can, which says whether it is 0.
bool holds(DType dtype, int64_t integer);

using Shape = llvm::SmallVector<Size, 3>;

/// A tensor in the function that is being emitted.
struct Tensor {
  mlir::Value value;
  DType dtype = DType::F32;
  Shape shape;

  int64_t rank() const { return shape.size(); }
  /// `f32[B, 4]`
  std::string str() const;
};

using Values = std::vector<Value>;

/// `[a, b]`: of anything, known when compiled. Immutable.
struct List {
  std::shared_ptr<const Values> elements;
  /// Values in it, those of lists in it included.
  size_t weight = 0;
};

/// Several results of one call, always flat. Never an element of a list.
struct Results {
  std::shared_ptr<const Values> values;
};

/// `a..b`
struct Range {
  std::shared_ptr<const std::pair<Value, Value>> bounds;
};

/// A model that was not called, `Linear`.
struct ModelRef {
  const ast::ModelDecl *decl;
  const FileScope *file;
};

/// A model with its arguments, `Linear(3, 4)`: whoever binds it makes weights of its own.
struct Recipe {
  ModelRef model;
  llvm::StringMap<Value> arguments; // every hyper-parameter
  SourceRange range;                // of the call
};

/// A def. With `self` a method.
struct FunctionRef {
  const ast::DefDecl *decl;
  const FileScope *file;
  Instance *self;
};

/// A function of the language, `relu`.
struct BuiltinRef {
  const Builtin *builtin;
};

/// A function with its first argument, `x.relu`.
struct Bound {
  std::shared_ptr<const Value> function;
  std::shared_ptr<const Value> receiver;
  SourceRange range; // of the receiver
};

struct Capture;
/// `|x, y| e` with what it saw where it was written.
struct Closure {
  const ast::LambdaExpr *lambda;
  std::shared_ptr<const Capture> capture;
};

struct None {};
/// A mistake that was reported; whatever is made of it is one too, silently.
struct Poison {};

class Value {
public:
  using Storage = std::variant<Poison, None, bool, int64_t, double, std::string, DType, Size, Tensor, List,
                               Results, Range, ModelRef, std::shared_ptr<const Recipe>, Instance *,
                               const Weight *, const State *, FunctionRef, BuiltinRef, Bound, Closure>;

  Value() = default;
  template <typename T, typename = std::enable_if_t<std::is_constructible_v<Storage, T &&> &&
                                                    !std::is_same_v<std::decay_t<T>, Value> &&
                                                    !std::is_same_v<std::decay_t<T>, Size>>>
  Value(T &&storage) : storage(std::forward<T>(storage)) {}
  /// A constant size is an `int`.
  Value(const Size &size);
  Value(int constant) : storage(int64_t(constant)) {}
  Value(llvm::StringRef text) : storage(text.str()) {}
  static Value list(Values elements);
  /// One value is itself.
  static Value results(Values values);

  template <typename T> const T *get() const { return std::get_if<T>(&storage); }
  template <typename T> bool is() const { return std::holds_alternative<T>(storage); }

  bool isPoison() const { return is<Poison>(); }
  bool isNone() const { return is<None>(); }
  /// An int, float or bool that is known when compiled.
  bool isNumber() const { return is<bool>() || is<int64_t>() || is<double>(); }
  /// What is known when compiled.
  bool isConstant() const;
  /// What has, or can become, elements: tensors, sizes and numbers.
  bool isArray() const { return is<Tensor>() || is<Size>() || isNumber(); }
  /// An int or a size, as a size.
  std::optional<Size> asSize() const;
  /// A size made of hyper-parameters without values: it may be needed as a constant, which it will be.
  bool isOpen() const;
  /// An int, float or bool as a number.
  double asDouble() const;

  /// In a message: `f32[B, 4]`, "the int 5", "a list of 3", "the model `Linear`".
  std::string describe() const;
  /// As source text, for constants and sizes: `5`, `"tanh"`, `[1, 2]`.
  std::string text() const;

  /// Where the value was declared or computed, for notes; may be invalid.
  SourceRange origin;

private:
  Storage storage;
};

} // namespace rondo::sema
