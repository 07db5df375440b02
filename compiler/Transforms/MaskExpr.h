// Integer expressions in a mask of an attention: sums of terms in i, j and what varies with neither.
#pragma once

#include "dialects/Rondo/IR/RondoDialect.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include <optional>
#include <vector>

namespace rondo {

struct Term;

/// constant + the sum of the terms, which is what the mask computes if nothing there wraps around.
struct Expr {
  /// Indices of queries and keys are below the first, absolute values of what a sum adds to them at most the
  /// second if the sum is to be trusted, and the third is as good as infinity beside such sums.
  static constexpr int64_t mostIndex = int64_t(1) << 40, mostSummed = int64_t(1) << 42,
                           mostAlone = int64_t(1) << 46;
  static constexpr double mostExact = 0x1p60; // of all that is computed

  int64_t constant = 0;
  std::vector<Term> terms;

  Expr plus(const Expr &other, int64_t factor = 1) const;
  Expr plus(int64_t number) const;
  Expr minus(const Expr &other) const;
  Expr times(int64_t factor) const;
  /// floor(this / divisor), divisor > 0.
  Expr floorOf(int64_t divisor) const;
  /// Without `term`, which is one of `terms`.
  Expr without(const Term &term) const;
  /// With `inner` in place of what `term` multiplies.
  Expr replace(const Term &term, const Expr &inner) const;

  bool hasKey() const;
  /// No absolute value of it is greater.
  double most() const;
  bool isSmall() const { return most() < mostExact; }
  /// Calls `visit` with the values that sums add to indices: see `mostSummed`.
  void visitSummed(llvm::function_ref<void(mlir::Value)> visit) const;
};

struct Term {
  enum Kind {
    Query, // i
    Key,   // j
    Fixed, // `value`, which varies with neither
    Floor, // floor(inner[0] / divisor)
    Min,   // of inner[0] and inner[1]
    Max,
  };
  Kind kind;
  int64_t factor = 1;
  mlir::Value value = {};
  bool isSummed = false; // Fixed: no side of a comparison by itself
  int64_t divisor = 1;
  std::vector<Expr> inner = {};

  bool hasKey() const;
};

/// Reads what a mask compares.
class MaskReader {
public:
  explicit MaskReader(AttentionOp op) : mask(op.getMask().front()) {}

  /// Whether a value of the mask depends on i or j.
  bool varies(mlir::Value value);
  /// One side of a comparison, or nothing if it is no such expression.
  std::optional<Expr> side(mlir::Value value);

private:
  std::optional<Expr> read(mlir::Value value, unsigned depth);

  mlir::Block &mask;
  llvm::DenseMap<mlir::Value, bool> known; // varies
};

} // namespace rondo
