// Row by row: which keys are visible, and the softmax of their logits.
#include "compiler/Target/CPU/AttentionEmitter.h"
#include "compiler/Target/CPU/MathFunctions.h"

using namespace mlir;
using namespace rondo;
using namespace rondo::cpu;

//===----------------------------------------------------------------------===//
// Which keys
//===----------------------------------------------------------------------===//

AttentionEmitter::Span AttentionEmitter::spanOf(Value head, Value first, Value last) {
  Span span{zero, keys, zero, keys};
  if (op.getBounds().empty()) {
    if (!op.getMask().empty()) // not analysed: look everywhere
      span.to = zero;
    return span;
  }
  Region &bounds = op.getBounds();
  IRMapping map;
  const Value block[] = {batch, head, first, last};
  for (auto [n, value] : llvm::enumerate(block))
    map.map(bounds.getArgument(n), l.asInt(value));
  map.map(op.capturesIn(bounds), op.getCaptures());
  for (Operation &inner : bounds.front().without_terminator())
    l.b.clone(inner, map);
  auto bound = [&](unsigned n, Value lo, Value hi) {
    return l.clamp(map.lookupOrDefault(bounds.front().getTerminator()->getOperand(n)), lo, hi);
  };
  Value least = l.asInt(zero), most = l.asInt(keys);
  Value lo = bound(0, least, most), hi = bound(1, lo, most), from = bound(2, lo, hi), to = bound(3, from, hi);
  return {l.asIndex(lo), l.asIndex(hi), l.asIndex(from), l.asIndex(to)};
}

AttentionEmitter::Span AttentionEmitter::spanOf(const Rows &rows) {
  Value last = l.sub(rows.count, l.index(1));
  if (!few)
    return spanOf(head, rows.first, l.add(rows.first, last));
  if (op.getMask().empty())
    return spanOf({}, {}, {});
  Values all = l.loop(zero, rows.count, 1, {keys, zero, zero, keys}, [&](Value r, ValueRange all) {
    Span span = spanOf(headOf(rows, r), queryOf(rows, r), queryOf(rows, r));
    return Values{l.lesser(all[0], span.lo), l.greater(all[1], span.hi), l.greater(all[2], span.from),
                  l.lesser(all[3], span.to)};
  });
  Value hi = l.greater(all[0], all[1]), from = l.clamp(all[2], all[0], hi);
  return {all[0], hi, from, l.clamp(all[3], from, hi)};
}

Pairs AttentionEmitter::pairsAt(const Rows &rows, Value r, Value key, bool isMasked) {
  Pairs at{l.asInt(batch), l.asInt(headOf(rows, r)), l.asInt(queryOf(rows, r)), key, Value(), Value()};
  if (isMasked) {
    Value left = l.sub(keys, key);
    at.inside = l.firstLanes(left);
    at.isWhole = l.less(l.index(shape.lanes - 1), left);
  }
  return at;
}

AttentionEmitter::Value AttentionEmitter::visible(const Pairs &at) {
  if (op.getMask().empty())
    return at.inside;
  return l.both(at.inside, PairRegion(l, op, op.getMask(), at).evaluate());
}

/// For what bounds do not say: [lo, hi) becomes the hull of its vectors in which a key is visible. The mask
/// costs about a hundredth of the products. One of keys alone is the same for all rows.
void AttentionEmitter::probe(const Rows &rows, Span &span) {
  Value begin = l.floorTo(span.lo, shape.lanes);
  auto isUsed = [&](unsigned n) { return !op.getMask().getArgument(n).use_empty(); };
  Value count = isUsed(2) || (few && isUsed(1)) ? rows.count : l.index(1);
  Values hull = l.loop(zero, count, 1, {span.hi, span.lo}, [&](Value r, ValueRange outer) {
    return l.loop(begin, span.hi, shape.lanes, outer, [&](Value j, ValueRange hull) {
      Value any = l.any(visible(pairsAt(rows, r, j, /*isMasked=*/true)));
      return Values{l.choose(any, l.lesser(hull[0], j), hull[0]),
                    l.choose(any, l.greater(hull[1], l.add(j, shape.lanes)), hull[1])};
    });
  });
  span.lo = l.greater(span.lo, hull[0]);
  span.hi = l.greater(l.lesser(span.hi, hull[1]), span.lo);
  span.from = l.clamp(span.from, span.lo, span.hi);
  span.to = l.clamp(span.to, span.from, span.hi);
}

//===----------------------------------------------------------------------===//
// Softmax
//===----------------------------------------------------------------------===//

/// Brings the logits in [from, to), whole vectors, through score and mask. Carries the greatest logit of each
/// lane, an i1 for each check of pairs, and, where there are checks of rows, whether a key was seen.
AttentionEmitter::Values AttentionEmitter::scores(const Rows &rows, Value r, const Tile &tile, Value from,
                                                  Value to, bool isMasked, Values carried) {
  return l.loop(from, to, shape.lanes, carried, [&](Value j, ValueRange carried) {
    Value column = l.sub(j, tile.start), logit = l.load(logits, {r, column});
    Pairs at = pairsAt(rows, r, j, isMasked);
    Values next(carried);
    Value seen = isMasked ? visible(at) : Value();
    if (!op.getScore().empty()) {
      PairRegion score(l, op, op.getScore(), at);
      logit = score.evaluate(logit);
      auto checked = MutableArrayRef(next).slice(1, score.conditions().size());
      for (auto [all, ok] : llvm::zip_equal(checked, score.conditions())) {
        // What is hidden holds.
        Value holds =
            seen ? arith::OrIOp::create(l.b, ok, arith::XOrIOp::create(l.b, seen, l.splat(l.truth(true))))
                       .getResult()
                 : ok;
        all = l.both(all, l.all(holds));
      }
      if (next.size() > 1 + checked.size())
        next.back() = seen ? l.choose(next.back(), next.back(), l.any(seen)) : l.truth(true);
    }
    if (seen)
      logit = l.vectors().select(seen, logit, l.vectors().neg(l.vectors().infinity()));
    if (seen || !op.getScore().empty())
      l.store(logit, logits, {r, column});
    next[0] = l.larger(logit, carried[0]);
    return next;
  });
}

void AttentionEmitter::softmax(const Rows &rows, Value r, const Span &span, const Tile &tile) {
  FloatBuilder scalars = l.scalars(), vectors = l.vectors();
  Value begin = l.floorTo(tile.begin, shape.lanes), end = l.ceilTo(tile.end, shape.lanes);
  Value middle = l.clamp(l.ceilTo(span.from, shape.lanes), begin, end);
  Value rest = l.clamp(l.floorTo(span.to, shape.lanes), middle, end);

  SmallVector<CheckOp> ofPairs = checksOfPairs(op), ofRows = checksOfRows(op);
  Values carried{vectors.neg(vectors.infinity())};
  carried.append(ofPairs.size(), l.truth(true));
  if (!ofRows.empty())
    carried.push_back(l.truth(false));
  if (!op.getMask().empty())
    carried = scores(rows, r, tile, begin, middle, /*isMasked=*/true, carried);
  carried = scores(rows, r, tile, middle, rest, /*isMasked=*/false, carried);
  carried = scores(rows, r, tile, rest, end, /*isMasked=*/true, carried);
  for (auto [check, holds] : llvm::zip_equal(ofPairs, ArrayRef(carried).slice(1, ofPairs.size())))
    CheckOp::create(l.b, check.getLoc(), holds, check.getMessage());
  Pairs row = pairsAt(rows, r, {}, /*isMasked=*/false);
  for (auto [check, holds] : llvm::zip_equal(ofRows, PairRegion::conditionsOfRow(l, op, row))) {
    // Logits of -inf do not tell: those of keys that are seen may be, too.
    Value ifSeen = l.choose(carried.back(), holds, l.truth(true));
    CheckOp::create(l.b, check.getLoc(), ifSeen, check.getMessage());
  }
  if (op.getWeights())
    keepLogits(rows, r, tile);

  auto larger = [&](Value x, Value y) { return l.larger(x, y); };
  Value old = l.loadOne(tops, r), top = larger(l.reduce(carried[0], larger), old);
  l.storeOne(top, tops, r);
  // Of a row that has seen nothing any number will do.
  Value base = scalars.select(scalars.eq(top, scalars.neg(scalars.infinity())), scalars.c(0), top);
  Value from = l.splat(base);
  Value sum = l.loop(begin, end, shape.lanes, vectors.c(0), [&](Value j, ValueRange sum) {
    Value column = l.sub(j, tile.start);
    Value power = makeExpOfNegative(vectors, vectors.sub(l.load(logits, {r, column}), from));
    l.store(power, logits, {r, column});
    return Values{vectors.add(sum[0], power)};
  })[0];
  Value total = l.reduce(sum, [&](Value x, Value y) { return l.like(x).add(x, y); });
  Value shrink = makeExpOfNegative(scalars, scalars.sub(old, base));
  l.storeOne(scalars.fma(l.loadOne(totals, r), shrink, total), totals, r);
  l.when(tile.isFurther, [&] {
    Value factor = l.splat(shrink);
    l.loop(zero, width, shape.lanes,
           [&](Value c) { l.store(vectors.mul(l.load(output, {r, c}), factor), output, {r, c}); });
  });
}

//===----------------------------------------------------------------------===//
// Weights
//===----------------------------------------------------------------------===//

/// The greatest logit of a row is known behind its last tile: until then its logits stand in the weights'
/// place.
void AttentionEmitter::keepLogits(const Rows &rows, Value r, const Tile &tile) {
  Value h = headOf(rows, r), i = queryOf(rows, r);
  Value begin = l.floorTo(tile.begin, shape.lanes), whole = l.floorTo(tile.end, shape.lanes);
  l.loop(begin, whole, shape.lanes, [&](Value j) {
    l.store(l.load(logits, {r, l.sub(j, tile.start)}), op.getWeights(), {batch, h, i, j});
  });
  l.loop(whole, tile.end, 1, [&](Value j) {
    l.storeOne(l.loadOne(logits, {r, l.sub(j, tile.start)}), op.getWeights(), {batch, h, i, j});
  });
}

void AttentionEmitter::storeWeights(const Rows &rows, Value r, const Span &span, Value top, Value inverse) {
  FloatBuilder scalars = l.scalars(), vectors = l.vectors();
  Value h = headOf(rows, r), i = queryOf(rows, r);
  Value base = scalars.select(scalars.eq(top, scalars.neg(scalars.infinity())), scalars.c(0), top);
  auto at = [&](Value j) { return Values{batch, h, i, j}; };
  auto weight = [&](const FloatBuilder &m, Value logit, Value base, Value inverse) {
    Value isNone = m.eq(logit, m.neg(m.infinity())); // hidden, and so in a row of NaN too
    return m.select(isNone, m.c(0), m.mul(makeExpOfNegative(m, m.sub(logit, base)), inverse));
  };
  Value begin = l.floorTo(span.lo, shape.lanes), whole = l.floorTo(span.hi, shape.lanes);
  l.loop(zero, begin, shape.lanes, [&](Value j) { l.store(vectors.c(0), op.getWeights(), at(j)); });
  l.loop(begin, whole, shape.lanes, [&](Value j) {
    l.store(weight(vectors, l.load(op.getWeights(), at(j)), l.splat(base), l.splat(inverse)), op.getWeights(),
            at(j));
  });
  l.loop(whole, span.hi, 1, [&](Value j) {
    l.storeOne(weight(scalars, l.loadOne(op.getWeights(), at(j)), base, inverse), op.getWeights(), at(j));
  });
  l.loop(span.hi, keys, 1, [&](Value j) { l.storeOne(scalars.c(0), op.getWeights(), at(j)); });
}
