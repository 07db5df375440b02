// Small things that the files of the evaluator share.
#pragma once

#include "compiler/Frontend/Evaluator.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/SaveAndRestore.h"

namespace rondo::sema {

/// On arguments and results of entry points whose element type is u8, not i8.
inline constexpr llvm::StringLiteral unsignedAttr = "rondo.unsigned";

/// On `int` arguments of entry points: no axis of a tensor tells them, the caller does.
inline constexpr llvm::StringLiteral givenAttr = "rondo.given";

/// On arguments of entry points: the value of one that is not given, an i64, f64 or bool.
inline constexpr llvm::StringLiteral defaultAttr = "rondo.default";

/// The name that a member of a model declares, or null.
const ast::Identifier *memberName(const ast::Decl &decl);

/// Every type that an annotation may name.
inline constexpr llvm::StringLiteral typeNames[] = {"int",  "float", "str", "module", "bool", "f32", "f16",
                                                    "bf16", "f64",   "i64", "i32",    "i8",   "u8"};

/// The type that was probably meant; it knows the names that others have for them.
std::optional<llvm::StringRef> nearestType(llvm::StringRef name);

/// `true`, `false` or `none`, if it is that but for its case.
std::optional<llvm::StringRef> wordInLowerCase(llvm::StringRef name);

/// Whether a first value of weights is drawn: `normal`.
bool isDistribution(llvm::StringRef name);
/// `rnn` and `weight_ih_l0` are `rnn.weight_ih_l0`; of either empty the other.
std::string joinKey(llvm::StringRef prefix, llvm::StringRef segment);

/// "1 argument", "3 arguments"
inline std::string count(size_t n, llvm::StringRef noun) {
  return std::to_string(n) + " " + noun.str() + (n == 1 ? "" : "s");
}

/// The values that a value stands for: several results, or itself.
inline llvm::ArrayRef<Value> flat(const Value &value) {
  if (const Results *results = value.get<Results>())
    return *results->values;
  return value;
}

} // namespace rondo::sema
