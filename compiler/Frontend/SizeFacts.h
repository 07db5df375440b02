// What is known of sizes, and which sizes are equal by it.
#pragma once

#include "compiler/Frontend/Size.h"

namespace rondo {

/// What `require` has said about sizes. Equal sizes have equal normal forms.
class SizeFacts {
public:
  explicit SizeFacts(SizeContext &context) : context(&context) {}

  void addEqual(const Size &a, const Size &b);
  /// `a % b == 0`, with b not zero.
  void addDivisible(const Size &a, const Size &b);

  /// `size >= 0`: it is max(0, size).
  void addNonNegative(const Size &size);

  Size normalize(const Size &size) const;
  /// Sizes of axes, which are not negative: n is max(0, n). Sizes that may turn out equal, once
  /// hyper-parameters have values, are taken for equal.
  bool equal(const Size &a, const Size &b) const;
  bool empty() const { return facts.empty(); }

  /// Each fact as it was added: a == b, or a % b == 0.
  struct Fact {
    bool divisible;
    Size a, b;
  };
  llvm::ArrayRef<Fact> list() const { return facts; }

private:
  bool define(const Size &zero);
  Size applyQuotients(const Size &size) const;
  Size normalizeOnce(const Size &size) const;

  SizeContext *context;
  llvm::SmallVector<Fact> facts;
  llvm::SmallVector<std::pair<const SizeAtom *, Size>> definitions;
  llvm::SmallVector<Size> divisors; // known not to be zero
  llvm::SmallVector<Size> zeros;    // known to be zero, where no single atom can be defined by it
  /// quotient * divisor == whole, where no single atom can be defined by it.
  struct Exact {
    const SizeAtom *quotient;
    Size divisor, whole;
  };
  llvm::SmallVector<Exact> exacts;
};

} // namespace rondo
