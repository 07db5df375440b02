#include "compiler/Frontend/SizeFacts.h"
#include "llvm/ADT/STLExtras.h"
#include <algorithm>
#include <numeric>

using namespace rondo;

// Turns `zero == 0` into a definition of one atom, the youngest that stands
// alone and linearly, by the others. Returns false if there is none.
bool SizeFacts::define(const Size &zero) {
  const SizeAtom *chosen = nullptr;
  int64_t sign = 0;
  for (const Size::Term &term : zero.getTerms()) {
    if (term.atoms.size() != 1 || (term.coefficient != 1 && term.coefficient != -1))
      continue;
    const SizeAtom *atom = term.atoms[0];
    bool elsewhere = false;
    for (const Size::Term &other : zero.getTerms()) {
      if (&other == &term)
        continue;
      for (const SizeAtom *part : other.atoms) {
        elsewhere |= part == atom;
        if (!part->isBase() && part->kind != SizeAtom::Quotient)
          Size(part).visitBaseAtoms([&](const SizeAtom *base) { elsewhere |= base == atom; });
      }
    }
    if (!elsewhere && (!chosen || atom->age > chosen->age)) {
      chosen = atom;
      sign = term.coefficient;
    }
  }
  if (chosen)
    definitions.push_back({chosen, Size(chosen) - zero * Size(sign)});
  return chosen;
}

// Without the common factor of its coefficients: 2 T - 4 is zero where T - 2 is.
static Size withoutFactor(const Size &size) {
  uint64_t factor = 0;
  for (const Size::Term &term : size.getTerms())
    factor = std::gcd(factor, uint64_t(std::abs(std::max(term.coefficient, -INT64_MAX))));
  return factor > 1 ? size.dividedExactly(Size(int64_t(factor))).value_or(size) : size;
}

void SizeFacts::addEqual(const Size &a, const Size &b) {
  facts.push_back({false, a, b});
  Size zero = withoutFactor(normalize(a) - normalize(b));
  if (!zero.isTooLarge() && !define(zero))
    zeros.push_back(zero);
}

void SizeFacts::addDivisible(const Size &a, const Size &b) {
  facts.push_back({true, a, b});
  Size whole = normalize(a), by = normalize(b);
  divisors.push_back(by);
  if (define(whole - by * context->make(SizeAtom::Quotient, whole, by)))
    return;
  if (const SizeAtom *quotient = context->floorDiv(whole, by).bareAtom())
    exacts.push_back({quotient, by, whole});
}

void SizeFacts::addNonNegative(const Size &size) {
  Size normal = normalize(size);
  for (const Size &known : {size, normal})
    if (const SizeAtom *atom = context->max(known, Size(0)).bareAtom(); atom && atom->kind == SizeAtom::Max)
      definitions.push_back({atom, normal});
}

// Of max(0, n) n, else the size.
static Size withoutFloor(const Size &size) {
  const SizeAtom *atom = size.bareAtom();
  if (!atom || atom->kind != SizeAtom::Max)
    return size;
  return atom->lhs.isConstant(0) ? atom->rhs : atom->rhs.isConstant(0) ? atom->lhs : size;
}

bool SizeFacts::equal(const Size &a, const Size &b) const {
  if (a == b || withoutFloor(a) == b || a == withoutFloor(b))
    return true;
  Size difference = normalize(a) - normalize(b);
  auto isZero = [&, rest = withoutFactor(difference)](const Size &known) {
    return rest == normalize(known) || Size(0) - rest == normalize(known);
  };
  if (difference.isConstant(0) || llvm::any_of(zeros, isZero))
    return true;
  if (difference.isConstant() || !difference.hasHyper())
    return false;
  // 4 n is not n: hyper-parameters are positive.
  return !isNonNegative(difference) && !isNonNegative(Size(0) - difference);
}

Size SizeFacts::normalizeOnce(const Size &size) const {
  Size result;
  for (const Size::Term &term : size.getTerms()) {
    Size product(term.coefficient);
    for (const SizeAtom *atom : term.atoms) {
      const auto *definition =
          llvm::find_if(definitions, [&](const auto &known) { return known.first == atom; });
      if (definition != definitions.end()) {
        product = product * definition->second;
      } else if (atom->isBase() || atom->kind == SizeAtom::Quotient) {
        product = product * Size(atom);
      } else {
        Size lhs = normalizeOnce(atom->lhs), rhs = normalizeOnce(atom->rhs);
        std::optional<Size> exact;
        if (atom->kind == SizeAtom::FloorDiv && llvm::is_contained(divisors, rhs))
          exact = lhs.dividedExactly(rhs);
        product = product * (exact ? *exact : context->make(atom->kind, lhs, rhs));
      }
    }
    result = result + product;
  }
  return size.isTooLarge() ? size : result;
}

// divisor * quotient * rest -> whole * rest
Size SizeFacts::applyQuotients(const Size &size) const {
  Size result = size;
  for (const Exact &exact : exacts) {
    Size rewritten;
    Size pattern = exact.divisor * Size(exact.quotient);
    for (const Size::Term &term : result.getTerms()) {
      Size product(term.coefficient);
      for (const SizeAtom *atom : term.atoms)
        product = product * Size(atom);
      std::optional<Size> rest = product.dividedExactly(pattern);
      rewritten = rewritten + (rest ? *rest * exact.whole : product);
    }
    result = rewritten;
  }
  return result;
}

Size SizeFacts::normalize(const Size &size) const {
  Size now = size;
  // Definitions are made of normal forms, so as many rounds as there are
  // definitions reach the end.
  for (size_t round = 0; round <= definitions.size(); ++round) {
    if (definitions.empty())
      break;
    Size next = normalizeOnce(now);
    if (next == now)
      break;
    now = next;
  }
  return exacts.empty() ? now : applyQuotients(now);
}
