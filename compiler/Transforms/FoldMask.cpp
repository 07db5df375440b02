// rondo-fold-mask: what a mask says of whole ranges of keys becomes the bounds of an attention.
//
// Needs phase `graph`, regions on scalars, in canonical form. Guarantees `bounds` for every attention with a
// mask, and `opaque` where these say less than the mask does. The mask stays: it decides at the bounds' ends.
//
// The mask is a tree of and, or, not and select over comparisons. Of the rows i0 to i1 each node tells the
// hull [lo, hi) of the keys that some row may see and a range [from, to) of keys that all rows see:
//
//   and    intersections
//   or     the hull of both; of the inner ranges the hull if they touch, else the longer one
//   not    handed down to the comparisons
//   x >= y is e = x - y >= 0, where e is a sum (Expr). The part of e without j lies between a least and a
//          greatest value for the rows, both taken at i0 or i1 where its terms grow and fall with i, as
//          affine ones and their floored quotients do; then e >= 0 is a bound of j.
//
// A comparison that is not of this form is unknown: every key may be seen, none is certain. So is one whose
// values, known when called, are so large that the mask's own arithmetic wraps around.
#include "compiler/Transforms/MaskExpr.h"
#include "compiler/Transforms/Passes.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/IR/Remarks.h"

#define DEBUG_TYPE "rondo-fold-mask"

namespace rondo {
#define GEN_PASS_DEF_FOLDMASK
#include "compiler/Transforms/Passes.h.inc"
} // namespace rondo

using namespace mlir;
using namespace rondo;

namespace {

constexpr int64_t infinity = int64_t(1) << 61; // twice of it is an i64 still

/// The keys that a part of the mask shows to the rows of a block: i64 values of the region `bounds`.
struct Range {
  Value lo, hi;   // no row sees a key outside
  Value from, to; // all rows see every key inside
};

class MaskFolder {
public:
  MaskFolder(AttentionOp op, Block &bounds)
      : reader(op), mask(op.getMask().front()), b(ImplicitLocOpBuilder::atBlockBegin(op.getLoc(), &bounds)),
        first(bounds.getArgument(2)), last(bounds.getArgument(3)) {
    for (unsigned n : {0, 1}) // batch and head
      copies.map(mask.getArgument(n), bounds.getArgument(n));
    copies.map(op.capturesIn(op.getMask()), op.capturesIn(op.getBounds()));
  }

  SetVector<Operation *> bounds, unknowns; // parts of the mask that became bounds, that did not

  void run() {
    Range range = fold(mask.getTerminator()->getOperand(0), /*negated=*/false);
    AttentionYieldOp::create(b, ValueRange{range.lo, range.hi, range.from, range.to});
  }

private:
  MaskReader reader;
  Block &mask;
  ImplicitLocOpBuilder b;
  IRMapping copies; // values of the mask that no pair changes, in `bounds`
  Value first, last;
  unsigned budget = 200; // conditions to fold

  //===--- the mask's tree ---===//

  Range fold(Value condition, bool negated) {
    if (budget == 0) // parts that many others share are folded for each of them
      return unknown(mask.getTerminator());
    --budget;
    if (!reader.varies(condition)) {
      Value holds = copy(condition);
      if (negated)
        holds = make<arith::XOrIOp>(holds, arith::ConstantIntOp::create(b, b.getI1Type(), 1));
      return everyKeyIf(holds, holds);
    }
    Operation *op = condition.getDefiningOp(); // no argument is an i1 that varies
    if (isa<arith::AndIOp, arith::OrIOp>(op)) {
      Range x = fold(op->getOperand(0), negated), y = fold(op->getOperand(1), negated);
      return isa<arith::AndIOp>(op) != negated ? both(x, y) : either(x, y);
    }
    if (isa<arith::XOrIOp>(op) && matchPattern(op->getOperand(1), m_One()))
      return fold(op->getOperand(0), !negated);
    if (auto select = dyn_cast<arith::SelectOp>(op))
      return either(both(fold(select.getCondition(), false), fold(select.getTrueValue(), negated)),
                    both(fold(select.getCondition(), true), fold(select.getFalseValue(), negated)));
    if (auto compare = dyn_cast<arith::CmpIOp>(op))
      return foldComparison(compare, negated);
    return unknown(op);
  }

  Range foldComparison(arith::CmpIOp compare, bool negated) {
    using P = arith::CmpIPredicate;
    P predicate = negated ? arith::invertPredicate(compare.getPredicate()) : compare.getPredicate();
    std::optional<Expr> x = reader.side(compare.getLhs()), y = reader.side(compare.getRhs());
    std::optional<Range> range =
        x && y ? foldDifference(predicate, x->minus(*y), y->minus(*x)) : std::nullopt;
    if (!range)
      return unknown(compare);
    bounds.insert(compare);
    return unlessWrapped(*range, *x, *y);
  }

  /// x predicate y, by x - y and y - x.
  std::optional<Range> foldDifference(arith::CmpIPredicate predicate, const Expr &difference,
                                      const Expr &reversed) {
    using P = arith::CmpIPredicate;
    if (predicate == P::sge || predicate == P::sgt)
      return atLeastZero(difference.plus(predicate == P::sgt ? -1 : 0));
    if (predicate == P::sle || predicate == P::slt)
      return atLeastZero(reversed.plus(predicate == P::slt ? -1 : 0));
    if (predicate != P::eq && predicate != P::ne)
      return std::nullopt; // unsigned
    bool equal = predicate == P::eq;
    std::optional<Range> x = atLeastZero(difference.plus(equal ? 0 : -1)),
                         y = atLeastZero(reversed.plus(equal ? 0 : -1));
    if (!x || !y)
      return std::nullopt;
    return equal ? both(*x, *y) : either(*x, *y);
  }

  /// e >= 0.
  std::optional<Range> atLeastZero(const Expr &e, unsigned depth = 0) {
    if (!e.isSmall() || depth > 4)
      return std::nullopt;
    SmallVector<const Term *> withKey;
    for (const Term &term : e.terms)
      if (term.hasKey())
        withKey.push_back(&term);
    // k min(x, y) + rest >= 0 holds if both do, with k < 0 if either does.
    for (const Term *term : withKey)
      if (term->kind == Term::Min || term->kind == Term::Max) {
        std::optional<Range> x = atLeastZero(e.replace(*term, term->inner[0]), depth + 1),
                             y = atLeastZero(e.replace(*term, term->inner[1]), depth + 1);
        if (!x || !y)
          return std::nullopt;
        return (term->kind == Term::Min) == (term->factor > 0) ? both(*x, *y) : either(*x, *y);
      }
    Expr rest = e;
    int64_t factor = 0;
    if (withKey.size() == 1) {
      const Term &term = *withKey[0];
      factor = term.factor;
      rest = e.without(term);
      // k floor(x / d) + rest >= 0 is x + d floor(rest / k) >= 0; with -k, d floor(rest / k) + d - 1 - x >=
      // 0.
      if (term.kind == Term::Floor) {
        if (rest.most() * double(term.divisor) >= Expr::mostExact)
          return std::nullopt;
        Expr bound = rest.floorOf(std::abs(factor)).times(term.divisor);
        const Expr &inner = term.inner[0];
        return atLeastZero(factor > 0 ? bound.plus(inner) : bound.plus(term.divisor - 1).minus(inner),
                           depth + 1);
      }
    } else if (!withKey.empty()) {
      return std::nullopt;
    }
    auto [least, most] = valuesOf(rest);
    if (factor == 0) {
      Value zero = number(0);
      return everyKeyIf(atLeast(most, zero), atLeast(least, zero));
    }
    if (factor > 0) { // j >= -floor(rest / k)
      auto start = [&](Value x) { return make<arith::SubIOp>(number(0), floorOf(x, factor)); };
      return Range{start(most), number(infinity), start(least), number(infinity)};
    }
    auto end = [&](Value x) { return make<arith::AddIOp>(floorOf(x, -factor), number(1)); };
    return Range{number(-infinity), end(most), number(-infinity), end(least)};
  }

  /// The least and the greatest value for the rows of an expression without j.
  std::pair<Value, Value> valuesOf(const Expr &e) {
    Value least = number(e.constant), most = least;
    for (const Term &term : e.terms) {
      auto [low, high] = valuesOf(term);
      if (term.factor < 0)
        std::swap(low, high);
      least = make<arith::AddIOp>(least, make<arith::MulIOp>(low, number(term.factor)));
      most = make<arith::AddIOp>(most, make<arith::MulIOp>(high, number(term.factor)));
    }
    return {least, most};
  }
  std::pair<Value, Value> valuesOf(const Term &term) {
    if (term.kind == Term::Query)
      return {first, last};
    if (term.kind == Term::Fixed) {
      // INT64_MAX as "no window" is as good as `most`, and what is computed with that does not wrap around.
      int64_t most = term.isSummed ? Expr::mostSummed : Expr::mostAlone;
      Value value = make<arith::MinSIOp>(copy(term.value), number(most));
      value = make<arith::MaxSIOp>(value, number(-most));
      return {value, value};
    }
    auto [low, high] = valuesOf(term.inner[0]);
    if (term.kind == Term::Floor)
      return {floorOf(low, term.divisor), floorOf(high, term.divisor)};
    auto [otherLow, otherHigh] = valuesOf(term.inner[1]);
    if (term.kind == Term::Min)
      return {make<arith::MinSIOp>(low, otherLow), make<arith::MinSIOp>(high, otherHigh)};
    return {make<arith::MaxSIOp>(low, otherLow), make<arith::MaxSIOp>(high, otherHigh)};
  }

  //===--- ranges ---===//

  Range everyKeyIf(Value any, Value all) {
    Value none = number(-infinity), every = number(infinity);
    return {none, choose(any, every, none), none, choose(all, every, none)};
  }
  Range unknown(Operation *op) {
    unknowns.insert(op);
    return {number(-infinity), number(infinity), number(infinity), number(-infinity)};
  }
  Range both(Range x, Range y) {
    return {greater(x.lo, y.lo), lesser(x.hi, y.hi), greater(x.from, y.from), lesser(x.to, y.to)};
  }
  Range either(Range x, Range y) {
    Value touch = make<arith::AndIOp>(atLeast(y.to, x.from), atLeast(x.to, y.from));
    Value xEmpty = atLeast(x.from, x.to), yEmpty = atLeast(y.from, y.to);
    touch =
        make<arith::AndIOp>(touch, make<arith::XOrIOp>(make<arith::OrIOp>(xEmpty, yEmpty),
                                                       arith::ConstantIntOp::create(b, b.getI1Type(), 1)));
    Value longer = atLeast(make<arith::SubIOp>(x.to, x.from), make<arith::SubIOp>(y.to, y.from));
    auto inner = [&](Value hull, Value x, Value y) { return choose(touch, hull, choose(longer, x, y)); };
    // Of an empty range the ends mean nothing.
    Value xNone = atLeast(x.lo, x.hi), yNone = atLeast(y.lo, y.hi);
    auto outer = [&](Value hull, Value x, Value y) { return choose(xNone, y, choose(yNone, x, hull)); };
    return {outer(lesser(x.lo, y.lo), x.lo, y.lo), outer(greater(x.hi, y.hi), x.hi, y.hi),
            inner(lesser(x.from, y.from), x.from, y.from), inner(greater(x.to, y.to), x.to, y.to)};
  }
  /// Nothing is certain where sums with values of the call wrap around in the mask.
  Range unlessWrapped(Range range, const Expr &x, const Expr &y) {
    Value exact;
    auto visit = [&](Value value) {
      Value copied = copy(value);
      Value fits = make<arith::AndIOp>(atLeast(copied, number(-Expr::mostSummed)),
                                       atLeast(number(Expr::mostSummed), copied));
      exact = exact ? make<arith::AndIOp>(exact, fits) : fits;
    };
    x.visitSummed(visit);
    y.visitSummed(visit);
    if (!exact)
      return range;
    return {choose(exact, range.lo, number(-infinity)), choose(exact, range.hi, number(infinity)),
            choose(exact, range.from, number(infinity)), choose(exact, range.to, number(-infinity))};
  }

  //===--- values in `bounds` ---===//

  /// A value of the mask that no pair changes.
  Value copy(Value value) {
    Operation *op = value.getDefiningOp();
    if (copies.contains(value) || !op || op->getBlock() != &mask)
      return copies.lookupOrDefault(value);
    for (Value operand : op->getOperands())
      copy(operand);
    b.clone(*op, copies);
    return copies.lookup(value);
  }
  Value number(int64_t value) { return arith::ConstantIntOp::create(b, b.getI64Type(), value); }
  static bool is(Value value, int64_t number) {
    std::optional<int64_t> constant = getConstantIntValue(value);
    return constant && *constant == number;
  }
  Value greater(Value x, Value y) {
    if (is(x, -infinity) || is(y, infinity))
      return y;
    return is(y, -infinity) || is(x, infinity) ? x : make<arith::MaxSIOp>(x, y);
  }
  Value lesser(Value x, Value y) {
    if (is(x, infinity) || is(y, -infinity))
      return y;
    return is(y, infinity) || is(x, -infinity) ? x : make<arith::MinSIOp>(x, y);
  }
  template <typename Op> Value make(Value x, Value y) { return b.createOrFold<Op>(x, y); }
  Value choose(Value condition, Value x, Value y) { return b.createOrFold<arith::SelectOp>(condition, x, y); }
  Value atLeast(Value x, Value y) { return b.createOrFold<arith::CmpIOp>(arith::CmpIPredicate::sge, x, y); }
  Value floorOf(Value x, int64_t divisor) {
    return divisor == 1 ? x : make<arith::FloorDivSIOp>(x, number(divisor));
  }
};

struct FoldMask : rondo::impl::FoldMaskBase<FoldMask> {
  void runOnOperation() override {
    getOperation()->walk([](AttentionOp op) {
      if (op.getMask().empty() || !op.getBounds().empty() ||
          isa<TensorType>(op.getMask().getArgument(0).getType()))
        return;
      OpBuilder builder(op.getContext());
      MaskFolder folder(op, op.addBlock(builder, op.getBounds()));
      folder.run();
      op.setOpaque(!folder.unknowns.empty());
      explain(op, folder);
    });
  }

  static void explain(AttentionOp op, const MaskFolder &folder) {
    if (!folder.bounds.empty())
      remark::passed(op.getLoc(), remark::RemarkOpts::name("bounds").category(DEBUG_TYPE)) << remark::add(
          "{0} comparisons of the mask bound the loop over keys: what they hide is not computed",
          folder.bounds.size());
    for (Operation *unknown : folder.unknowns)
      remark::missed(unknown->getLoc(), remark::RemarkOpts::name("probed").category(DEBUG_TYPE))
          << remark::add("bounds no loop over keys: which keys it hides is looked up when called");
  }
};

} // namespace
