// Sizes: integers that are known when a program is called, not when it is
// compiled. A size is an integer polynomial over atoms (dimension variables,
// `int` arguments, and floor divisions, remainders, minima and maxima of sizes);
// two sizes are equal if they are equal as polynomials, or by a `require` (SizeFacts.h).
//
// Atoms are interned in a SizeContext: structurally equal atoms are one pointer.
// The canonical form (terms sorted by degree, then by age of their atoms) makes
// equality a comparison and printing deterministic.
#pragma once

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace rondo {

struct SizeAtom;

class Size {
public:
  /// coefficient * product of atoms (sorted by age, repeated for powers).
  struct Term {
    int64_t coefficient;
    llvm::SmallVector<const SizeAtom *, 2> atoms;
  };

  Size() = default;
  Size(int64_t constant);
  Size(int constant) : Size(int64_t(constant)) {}
  Size(const SizeAtom *atom);
  /// What arithmetic gives when a coefficient leaves i64 or a polynomial grows
  /// beyond what anyone would write. Every operation passes it on.
  static Size tooLarge();

  bool isTooLarge() const { return large; }
  bool isConstant() const {
    return !large && (terms.empty() || (terms.size() == 1 && terms[0].atoms.empty()));
  }
  bool isConstant(int64_t value) const { return isConstant() && constant() == value; }
  /// The value of a constant size; of any other, its constant term.
  int64_t constant() const {
    return terms.empty() || !terms.back().atoms.empty() ? 0 : terms.back().coefficient;
  }
  /// The atom, if the size is one bare atom.
  const SizeAtom *bareAtom() const;
  llvm::ArrayRef<Term> getTerms() const { return terms; }

  Size operator+(const Size &other) const;
  Size operator-(const Size &other) const;
  Size operator*(const Size &other) const;
  bool operator==(const Size &other) const { return compare(other) == 0; }
  bool operator!=(const Size &other) const { return compare(other) != 0; }
  bool operator<(const Size &other) const { return compare(other) < 0; }
  int compare(const Size &other) const;

  /// The quotient if `this` is exactly `divisor` times a polynomial and `divisor`
  /// is a single term; the caller knows that it is not zero.
  std::optional<Size> dividedExactly(const Size &divisor) const;

  /// As the user would write it: `2 * T + 1`, `(T + 1) // 2`.
  std::string str() const;
  /// As str, with the atoms that are not made of others named by `name`.
  std::string str(llvm::function_ref<std::string(const SizeAtom *)> name) const;

  /// Whether a hyper-parameter without a value is part of it.
  bool hasHyper() const;
  /// Whether it is known only late: a number of steps that `until` decides is part of it.
  bool hasLate() const;
  /// All atoms that are not made of others, in order of occurrence.
  void visitBaseAtoms(llvm::function_ref<void(const SizeAtom *)> visit) const;

private:
  void add(Term term);
  bool sumOfSeveral() const { return terms.size() > 1; }

  std::vector<Term> terms;
  bool large = false;
};

/// An unknown. `Dim`, `Int` and `Hyper` have a name; `Hyper` is a hyper-parameter without a value, which only
/// `rondo check` meets: it may turn out to be any number. `Late` is known only when a part of the function
/// has run, and is at most `lhs`. `Quotient` is a floor division that is known to be exact and that no
/// rewriting looks into; the others are made of two sizes.
struct SizeAtom {
  enum Kind { Dim, Int, Late, Hyper, FloorDiv, Mod, Min, Max, Quotient };
  Kind kind;
  unsigned age;
  std::string name;
  Size lhs, rhs;
  unsigned weight = 1; // atoms in it, itself included

  bool isBase() const { return kind <= Hyper; }
};

/// Owns the atoms of one compilation.
class SizeContext {
public:
  /// A new unknown, never equal to another one, whatever its name.
  const SizeAtom *makeBase(SizeAtom::Kind kind, llvm::StringRef name);
  /// A new unknown of kind Late.
  const SizeAtom *makeLate(llvm::StringRef name, const Size &most);

  /// Rounds towards minus infinity, as `//`. A divisor that is zero gives 0.
  Size floorDiv(const Size &a, const Size &b) { return make(SizeAtom::FloorDiv, a, b); }
  /// Has the divisor's sign, as `%`. A divisor that is zero gives 0.
  Size mod(const Size &a, const Size &b) { return make(SizeAtom::Mod, a, b); }
  Size min(const Size &a, const Size &b) { return make(SizeAtom::Min, a, b); }
  Size max(const Size &a, const Size &b) { return make(SizeAtom::Max, a, b); }
  Size make(SizeAtom::Kind kind, const Size &a, const Size &b);

  /// Replaces base atoms (and quotients) for which `replacement` has a value.
  Size substitute(const Size &size, llvm::function_ref<std::optional<Size>(const SizeAtom *)> replacement);

  /// The most and the least that a size with late parts can be, without late parts. Nothing if that is not
  /// known.
  std::optional<Size> most(const Size &size);
  std::optional<Size> least(const Size &size);

private:
  Size atomOf(SizeAtom::Kind kind, const Size &a, const Size &b);
  std::optional<Size> mostOf(const SizeAtom *atom);
  std::optional<Size> leastOf(const SizeAtom *atom);

  std::deque<SizeAtom> atoms;
  std::map<std::pair<int, std::pair<Size, Size>>, const SizeAtom *> interned;
};

/// The greatest constant and the atoms that divide all terms of both; 1 of sizes that are too large.
Size commonFactor(const Size &a, const Size &b);

/// Whether a size cannot be negative for any dimension variables >= 0.
bool isNonNegative(const Size &size);

/// `[B, T + 1, 4]`.
std::string shapeString(llvm::ArrayRef<Size> shape);

} // namespace rondo
