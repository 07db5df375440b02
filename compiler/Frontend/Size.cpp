// Polynomial arithmetic on sizes: canonical forms, printing.
#include "compiler/Frontend/Size.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"
#include <algorithm>
#include <numeric>

using namespace rondo;
using llvm::ArrayRef;

namespace {
// More terms than that is a mistake in the program, or an attack on the compiler.
constexpr size_t maxTerms = 64;
constexpr size_t maxDegree = 32;
constexpr unsigned maxWeight = 256; // atoms within one atom

int compareAtoms(ArrayRef<const SizeAtom *> a, ArrayRef<const SizeAtom *> b) {
  if (a.size() != b.size())
    return a.size() > b.size() ? -1 : 1; // the highest degree first, the constant last
  for (auto [x, y] : llvm::zip(a, b))
    if (x != y)
      return x->age < y->age ? -1 : 1;
  return 0;
}

int64_t floorDivide(int64_t a, int64_t b) {
  if (b == 0)
    return 0;
  int64_t q = a / b;
  return (a % b != 0 && (a < 0) != (b < 0)) ? q - 1 : q;
}

int64_t floorModulo(int64_t a, int64_t b) {
  if (b == 0 || b == -1)
    return 0;
  int64_t r = a % b;
  return (r != 0 && (r < 0) != (b < 0)) ? r + b : r;
}
} // namespace

//===----------------------------------------------------------------------===//
// Size
//===----------------------------------------------------------------------===//

Size::Size(int64_t constant) {
  if (constant != 0)
    terms.push_back({constant, {}});
}

Size::Size(const SizeAtom *atom) { terms.push_back({1, {atom}}); }

Size Size::tooLarge() {
  Size size;
  size.large = true;
  return size;
}

const SizeAtom *Size::bareAtom() const {
  if (large || terms.size() != 1 || terms[0].coefficient != 1 || terms[0].atoms.size() != 1)
    return nullptr;
  return terms[0].atoms[0];
}

void Size::add(Term term) {
  if (large || term.coefficient == 0)
    return;
  auto place = llvm::lower_bound(
      terms, term, [](const Term &a, const Term &b) { return compareAtoms(a.atoms, b.atoms) < 0; });
  if (place == terms.end() || compareAtoms(place->atoms, term.atoms) != 0) {
    terms.insert(place, std::move(term));
    large = terms.size() > maxTerms;
  } else if (llvm::AddOverflow(place->coefficient, term.coefficient, place->coefficient)) {
    large = true;
  } else if (place->coefficient == 0) {
    terms.erase(place);
  }
  if (large)
    terms.clear();
}

Size Size::operator+(const Size &other) const {
  if (large || other.large)
    return tooLarge();
  Size sum = *this;
  for (const Term &term : other.terms)
    sum.add(term);
  return sum;
}

Size Size::operator-(const Size &other) const { return *this + other * Size(-1); }

Size Size::operator*(const Size &other) const {
  if (large || other.large)
    return tooLarge();
  Size product;
  for (const Term &a : terms)
    for (const Term &b : other.terms) {
      Term term;
      if (llvm::MulOverflow(a.coefficient, b.coefficient, term.coefficient) ||
          a.atoms.size() + b.atoms.size() > maxDegree)
        return tooLarge();
      term.atoms.append(a.atoms);
      term.atoms.append(b.atoms);
      llvm::sort(term.atoms, [](const SizeAtom *x, const SizeAtom *y) { return x->age < y->age; });
      product.add(std::move(term));
      if (product.large)
        return product;
    }
  return product;
}

int Size::compare(const Size &other) const {
  if (large != other.large)
    return large ? 1 : -1;
  for (auto [a, b] : llvm::zip(terms, other.terms)) {
    if (int order = compareAtoms(a.atoms, b.atoms))
      return order;
    if (a.coefficient != b.coefficient)
      return a.coefficient < b.coefficient ? -1 : 1;
  }
  return terms.size() == other.terms.size() ? 0 : terms.size() < other.terms.size() ? -1 : 1;
}

std::optional<Size> Size::dividedExactly(const Size &divisor) const {
  if (large || divisor.large || divisor.terms.size() != 1)
    return std::nullopt;
  const Term &by = divisor.terms[0];
  Size quotient;
  for (const Term &term : terms) {
    if (term.coefficient % by.coefficient != 0 || (by.coefficient == -1 && term.coefficient == INT64_MIN))
      return std::nullopt;
    Term part{term.coefficient / by.coefficient, term.atoms};
    for (const SizeAtom *atom : by.atoms) {
      auto *found = llvm::find(part.atoms, atom);
      if (found == part.atoms.end())
        return std::nullopt;
      part.atoms.erase(found);
    }
    quotient.add(std::move(part));
  }
  return quotient;
}

static std::string atomString(const SizeAtom *atom, bool inProduct,
                              llvm::function_ref<std::string(const SizeAtom *)> name) {
  if (atom->isBase())
    return name(atom);
  auto operand = [&](const Size &size) {
    std::string text = size.str(name);
    bool simple = size.isConstant() ? size.constant() >= 0 : size.bareAtom() && size.bareAtom()->isBase();
    return simple ? text : "(" + text + ")";
  };
  switch (atom->kind) {
  case SizeAtom::Min:
    return "min(" + atom->lhs.str(name) + ", " + atom->rhs.str(name) + ")";
  case SizeAtom::Max:
    return "max(" + atom->lhs.str(name) + ", " + atom->rhs.str(name) + ")";
  default:
    std::string text =
        operand(atom->lhs) + (atom->kind == SizeAtom::Mod ? " % " : " // ") + operand(atom->rhs);
    return inProduct ? "(" + text + ")" : text;
  }
}

std::string Size::str() const {
  return str([](const SizeAtom *atom) { return atom->name; });
}

std::string Size::str(llvm::function_ref<std::string(const SizeAtom *)> name) const {
  if (large)
    return "(too large)";
  if (terms.empty())
    return "0";
  // A sum that begins with a minus reads badly: `4 - T`, not `-T + 4`.
  size_t first = 0;
  while (first < terms.size() && terms[first].coefficient < 0)
    ++first;
  llvm::SmallVector<const Term *> order;
  if (first < terms.size())
    order.push_back(&terms[first]);
  for (auto [i, term] : llvm::enumerate(terms))
    if (i != first)
      order.push_back(&term);

  std::string text;
  for (const Term *term : order) {
    bool negative = term->coefficient < 0;
    if (text.empty())
      text += negative ? "-" : "";
    else
      text += negative ? " - " : " + ";
    // The magnitude of INT64_MIN is no i64.
    uint64_t magnitude = negative ? 0 - uint64_t(term->coefficient) : uint64_t(term->coefficient);
    bool shown = magnitude != 1 || term->atoms.empty();
    if (shown)
      text += std::to_string(magnitude);
    for (const SizeAtom *atom : term->atoms) {
      if (shown)
        text += " * ";
      text += atomString(atom, shown || term->atoms.size() > 1 || negative || order.size() > 1, name);
      shown = true;
    }
  }
  return text;
}

static bool hasKind(const Size &size, SizeAtom::Kind kind) {
  bool found = false;
  size.visitBaseAtoms([&](const SizeAtom *atom) { found |= atom->kind == kind; });
  return found;
}

bool Size::hasHyper() const { return hasKind(*this, SizeAtom::Hyper); }
bool Size::hasLate() const { return hasKind(*this, SizeAtom::Late); }

void Size::visitBaseAtoms(llvm::function_ref<void(const SizeAtom *)> visit) const {
  for (const Term &term : terms)
    for (const SizeAtom *atom : term.atoms) {
      if (atom->isBase()) {
        visit(atom);
        continue;
      }
      atom->lhs.visitBaseAtoms(visit);
      atom->rhs.visitBaseAtoms(visit);
    }
}

//===----------------------------------------------------------------------===//
// SizeContext
//===----------------------------------------------------------------------===//

const SizeAtom *SizeContext::makeBase(SizeAtom::Kind kind, llvm::StringRef name) {
  atoms.push_back({kind, unsigned(atoms.size()), name.str(), Size(), Size(), 1});
  return &atoms.back();
}

const SizeAtom *SizeContext::makeLate(llvm::StringRef name, const Size &most) {
  atoms.push_back({SizeAtom::Late, unsigned(atoms.size()), name.str(), most, Size(), 1});
  return &atoms.back();
}

// Products grow with their factors where none is negative; all other atoms are as they are.
std::optional<Size> SizeContext::most(const Size &size) {
  if (!size.hasLate())
    return size;
  Size sum;
  for (const Size::Term &term : size.getTerms()) {
    Size product(term.coefficient);
    bool isLate = llvm::any_of(term.atoms, [](const SizeAtom *atom) { return Size(atom).hasLate(); });
    for (const SizeAtom *atom : term.atoms) {
      if (isLate && !isNonNegative(Size(atom)))
        return std::nullopt;
      std::optional<Size> factor = term.coefficient > 0 ? mostOf(atom) : leastOf(atom);
      if (!factor)
        return std::nullopt;
      product = product * *factor;
    }
    sum = sum + product;
  }
  return sum;
}

std::optional<Size> SizeContext::least(const Size &size) {
  std::optional<Size> negative = most(Size(0) - size);
  return negative ? std::optional(Size(0) - *negative) : std::nullopt;
}

std::optional<Size> SizeContext::mostOf(const SizeAtom *atom) {
  if (!Size(atom).hasLate())
    return Size(atom);
  if (atom->kind == SizeAtom::Late)
    return most(atom->lhs);
  bool isDivision = atom->kind == SizeAtom::FloorDiv || atom->kind == SizeAtom::Mod;
  if (isDivision && !(atom->rhs.isConstant() && atom->rhs.constant() > 0))
    return std::nullopt;
  if (atom->kind == SizeAtom::Mod)
    return atom->rhs - Size(1);
  std::optional<Size> lhs = most(atom->lhs), rhs = most(atom->rhs);
  if (!lhs || !rhs || atom->kind == SizeAtom::Quotient)
    return std::nullopt;
  return make(atom->kind, *lhs, *rhs);
}

std::optional<Size> SizeContext::leastOf(const SizeAtom *atom) {
  if (!Size(atom).hasLate())
    return Size(atom);
  return isNonNegative(Size(atom)) ? std::optional(Size(0)) : std::nullopt;
}

Size SizeContext::atomOf(SizeAtom::Kind kind, const Size &a, const Size &b) {
  const SizeAtom *&atom = interned[{int(kind), {a, b}}];
  if (!atom) {
    unsigned weight = 1;
    for (const Size *part : {&a, &b})
      for (const Size::Term &term : part->getTerms())
        for (const SizeAtom *inner : term.atoms)
          weight += inner->weight;
    atoms.push_back({kind, unsigned(atoms.size()), "", a, b, weight});
    atom = &atoms.back();
  }
  // Walks over a size take a time that grows with its weight, however much of it is shared.
  return atom->weight > maxWeight ? Size::tooLarge() : Size(atom);
}

Size SizeContext::make(SizeAtom::Kind kind, const Size &a, const Size &b) {
  if (a.isTooLarge() || b.isTooLarge())
    return Size::tooLarge();
  bool constant = a.isConstant() && b.isConstant();
  int64_t x = a.constant(), y = b.constant();
  switch (kind) {
  case SizeAtom::Min:
  case SizeAtom::Max: {
    if (a == b)
      return a;
    bool smaller;
    if (constant)
      smaller = x < y;
    else if (isNonNegative(b - a))
      smaller = true;
    else if (isNonNegative(a - b))
      smaller = false;
    else
      return a < b ? atomOf(kind, a, b) : atomOf(kind, b, a);
    return smaller == (kind == SizeAtom::Min) ? a : b;
  }
  case SizeAtom::FloorDiv: {
    if (constant)
      return x == INT64_MIN && y == -1 ? Size::tooLarge() : Size(floorDivide(x, y));
    if (!b.isConstant())
      return atomOf(kind, a, b);
    if (y == 0 || y == 1)
      return y == 0 ? Size(0) : a;
    if (y == -1)
      return a * Size(-1);
    // (c p + r) // c = p + r // c
    Size whole, rest;
    for (const Size::Term &term : a.getTerms()) {
      Size part(term.coefficient);
      for (const SizeAtom *atom : term.atoms)
        part = part * Size(atom);
      if (std::optional<Size> exact = part.dividedExactly(b))
        whole = whole + *exact;
      else
        rest = rest + part;
    }
    if (rest.isConstant())
      return whole + Size(floorDivide(rest.constant(), y));
    // The constant part within one divisor: (T + 3) // 2 = (T + 1) // 2 + 1.
    Size carried(floorDivide(rest.constant(), y));
    if (y > 0 && !carried.isConstant(0)) {
      rest = rest - carried * b;
      whole = whole + carried;
    }
    Size factor = commonFactor(rest, b);
    rest = rest.dividedExactly(factor).value_or(rest);
    Size divisor = *b.dividedExactly(factor);
    y = divisor.constant();
    // (p // c) // d = p // (c d)
    const SizeAtom *inner = rest.bareAtom();
    int64_t product;
    if (inner && inner->kind == SizeAtom::FloorDiv && inner->rhs.isConstant() && inner->rhs.constant() > 0 &&
        y > 0 && !llvm::MulOverflow(inner->rhs.constant(), y, product))
      return whole + atomOf(kind, inner->lhs, Size(product));
    return whole + atomOf(kind, rest, divisor);
  }
  case SizeAtom::Quotient:
    return constant ? make(SizeAtom::FloorDiv, a, b) : atomOf(kind, a, b);
  case SizeAtom::Mod:
    if (constant)
      return Size(floorModulo(x, y));
    if (b.isConstant() && (y == 0 || y == 1 || y == -1 || a.dividedExactly(b)))
      return Size(0);
    return atomOf(kind, a, b);
  default:
    return atomOf(kind, a, b);
  }
}

Size SizeContext::substitute(const Size &size,
                             llvm::function_ref<std::optional<Size>(const SizeAtom *)> replacement) {
  if (size.isTooLarge())
    return size;
  Size result;
  for (const Size::Term &term : size.getTerms()) {
    Size product(term.coefficient);
    for (const SizeAtom *atom : term.atoms) {
      if (atom->isBase()) {
        std::optional<Size> other = replacement(atom);
        product = product * (other ? *other : Size(atom));
        continue;
      }
      product =
          product * make(atom->kind, substitute(atom->lhs, replacement), substitute(atom->rhs, replacement));
    }
    result = result + product;
  }
  return result;
}

Size rondo::commonFactor(const Size &a, const Size &b) {
  std::optional<Size::Term> common;
  uint64_t coefficient = 0;
  for (const Size *size : {&a, &b}) {
    if (size->isTooLarge())
      return Size(1);
    for (const Size::Term &term : size->getTerms()) {
      // The magnitude of INT64_MIN is no i64.
      coefficient = std::gcd(coefficient, term.coefficient < 0 ? 0 - uint64_t(term.coefficient)
                                                               : uint64_t(term.coefficient));
      if (!common) {
        common = term;
        continue;
      }
      auto rest = term.atoms;
      llvm::erase_if(common->atoms, [&](const SizeAtom *atom) {
        auto *found = llvm::find(rest, atom);
        if (found == rest.end())
          return true;
        rest.erase(found);
        return false;
      });
    }
  }
  Size factor(coefficient == 0 || coefficient > uint64_t(INT64_MAX) ? 1 : int64_t(coefficient));
  if (common)
    for (const SizeAtom *atom : common->atoms)
      factor = factor * Size(atom);
  return factor;
}

bool rondo::isNonNegative(const Size &size) {
  if (size.isTooLarge())
    return false;
  return llvm::all_of(size.getTerms(), [](const Size::Term &term) {
    return term.coefficient > 0 && llvm::all_of(term.atoms, [](const SizeAtom *atom) {
             switch (atom->kind) {
             case SizeAtom::Dim:
             case SizeAtom::Int:
             case SizeAtom::Late:
             case SizeAtom::Hyper:
               return true;
             case SizeAtom::Mod:
               return isNonNegative(atom->rhs);
             case SizeAtom::Max:
               return isNonNegative(atom->lhs) || isNonNegative(atom->rhs);
             default:
               return isNonNegative(atom->lhs) && isNonNegative(atom->rhs);
             }
           });
  });
}

std::string rondo::shapeString(ArrayRef<Size> shape) {
  std::string text = "[";
  for (auto [i, size] : llvm::enumerate(shape))
    text += (i ? ", " : "") + size.str();
  return text + "]";
}
