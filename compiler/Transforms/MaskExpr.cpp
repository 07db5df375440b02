// Sums of terms, and how they are read from the operations of a mask. Integers of a program wrap around; a
// sum is read as if they did not, and says of which values that is true.
#include "compiler/Transforms/MaskExpr.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace rondo;

//===----------------------------------------------------------------------===//
// Expressions
//===----------------------------------------------------------------------===//

Expr Expr::plus(const Expr &other, int64_t factor) const {
  Expr sum = *this;
  sum.constant += factor * other.constant;
  for (const Term &term : other.terms) {
    // Queries and keys are collected; other terms stand once for each place.
    auto same = [&](const Term &t) {
      return t.kind == term.kind && (t.kind == Term::Query || t.kind == Term::Key);
    };
    auto found = llvm::find_if(sum.terms, same);
    if (found == sum.terms.end()) {
      sum.terms.push_back(term);
      sum.terms.back().factor *= factor;
    } else if ((found->factor += factor * term.factor) == 0) {
      sum.terms.erase(found);
    }
  }
  return sum;
}

Expr Expr::plus(int64_t number) const {
  Expr sum = *this;
  sum.constant += number;
  return sum;
}

Expr Expr::minus(const Expr &other) const { return plus(other, -1); }
Expr Expr::times(int64_t factor) const { return Expr().plus(*this, factor); }

Expr Expr::floorOf(int64_t divisor) const {
  if (divisor == 1)
    return *this;
  Expr quotient;
  quotient.terms.push_back({Term::Floor});
  quotient.terms.back().divisor = divisor;
  quotient.terms.back().inner = {*this};
  return quotient;
}

Expr Expr::without(const Term &term) const {
  Expr rest = *this;
  rest.terms.erase(rest.terms.begin() + (&term - terms.data()));
  return rest;
}

Expr Expr::replace(const Term &term, const Expr &inner) const {
  return without(term).plus(inner, term.factor);
}

bool Expr::hasKey() const {
  return llvm::any_of(terms, [](const Term &term) { return term.hasKey(); });
}

bool Term::hasKey() const {
  return kind == Key || llvm::any_of(inner, [](const Expr &e) { return e.hasKey(); });
}

static double mostOf(const Term &term) {
  switch (term.kind) {
  case Term::Query:
  case Term::Key:
    return Expr::mostIndex;
  case Term::Fixed:
    return term.isSummed ? Expr::mostSummed : Expr::mostAlone;
  case Term::Floor:
    return term.inner[0].most() / term.divisor + 1;
  default:
    return std::max(term.inner[0].most(), term.inner[1].most());
  }
}

double Expr::most() const {
  double sum = std::abs(double(constant));
  for (const Term &term : terms)
    sum += std::abs(double(term.factor)) * mostOf(term);
  return sum;
}

void Expr::visitSummed(llvm::function_ref<void(Value)> visit) const {
  for (const Term &term : terms) {
    if (term.kind == Term::Fixed && term.isSummed)
      visit(term.value);
    for (const Expr &inner : term.inner)
      inner.visitSummed(visit);
  }
}

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

bool MaskReader::varies(Value value) {
  if (auto arg = dyn_cast<BlockArgument>(value)) // batch, head, i, j, captures
    return arg.getArgNumber() == 2 || arg.getArgNumber() == 3;
  if (auto found = known.find(value); found != known.end())
    return found->second;
  bool result = llvm::any_of(value.getDefiningOp()->getOperands(), [&](Value v) { return varies(v); });
  return known[value] = result;
}

std::optional<Expr> MaskReader::side(Value value) {
  APInt number;
  if (value.getType().isInteger(64) && matchPattern(value, m_ConstantInt(&number))) {
    int64_t most = Expr::mostAlone; // the other side is below: a larger one is as good as this
    return Expr().plus(std::clamp(number.getSExtValue(), -most, most));
  }
  std::optional<Expr> e = read(value, 0);
  if (e && !varies(value))
    e->terms[0].isSummed = false;
  else if (e && e->most() >= Expr::mostAlone)
    return std::nullopt;
  return e;
}

// |x| as the front end says it: x < 0 ? 0 - x : x.
static Value absoluteOf(Operation *op) {
  if (auto abs = dyn_cast<math::AbsIOp>(op))
    return abs.getOperand();
  auto select = dyn_cast<arith::SelectOp>(op);
  auto compare = select ? select.getCondition().getDefiningOp<arith::CmpIOp>() : arith::CmpIOp();
  auto minus = select ? select.getTrueValue().getDefiningOp<arith::SubIOp>() : arith::SubIOp();
  if (!compare || !minus || compare.getPredicate() != arith::CmpIPredicate::slt)
    return {};
  Value x = select.getFalseValue();
  bool fits = compare.getLhs() == x && matchPattern(compare.getRhs(), m_Zero()) &&
              matchPattern(minus.getLhs(), m_Zero()) && minus.getRhs() == x;
  return fits ? x : Value();
}

std::optional<Expr> MaskReader::read(Value value, unsigned depth) {
  constexpr unsigned deepest = 16;
  auto single = [](Term::Kind kind) {
    Expr e;
    e.terms.push_back({kind});
    return e;
  };
  if (!value.getType().isInteger(64))
    return std::nullopt;
  APInt number;
  if (matchPattern(value, m_ConstantInt(&number))) {
    if (number.abs().ugt(Expr::mostAlone)) // sums need it as it is, and may wrap around with it
      return std::nullopt;
    return Expr().plus(number.getSExtValue());
  }
  if (!varies(value)) {
    Expr e = single(Term::Fixed);
    e.terms[0].value = value;
    e.terms[0].isSummed = true;
    return e;
  }
  if (auto arg = dyn_cast<BlockArgument>(value))
    return single(arg.getArgNumber() == 2 ? Term::Query : Term::Key);
  Operation *op = value.getDefiningOp();
  if (depth > deepest)
    return std::nullopt;
  auto operand = [&](Value v) { return read(v, depth + 1); };

  if (Value x = absoluteOf(op)) {
    std::optional<Expr> e = operand(x);
    if (!e)
      return std::nullopt;
    Expr largest = single(Term::Max);
    largest.terms[0].inner = {*e, e->times(-1)};
    return largest;
  }
  if (op->getNumOperands() != 2)
    return std::nullopt;
  std::optional<Expr> x = operand(op->getOperand(0)), y = operand(op->getOperand(1));
  if (!x || !y || !x->isSmall() || !y->isSmall())
    return std::nullopt;
  if (isa<arith::AddIOp>(op))
    return x->plus(*y);
  if (isa<arith::SubIOp>(op))
    return x->minus(*y);
  if (isa<arith::MinSIOp, arith::MaxSIOp>(op)) {
    Expr e = single(isa<arith::MinSIOp>(op) ? Term::Min : Term::Max);
    e.terms[0].inner = {*x, *y};
    return e;
  }
  if (!y->terms.empty()) // the canonical form has constants on the right
    return std::nullopt;
  if (isa<arith::MulIOp>(op) && x->most() * std::abs(double(y->constant)) < Expr::mostExact)
    return x->times(y->constant);
  if (isa<arith::FloorDivSIOp>(op) && y->constant > 0 && y->constant < Expr::mostAlone)
    return x->floorOf(y->constant);
  return std::nullopt;
}
