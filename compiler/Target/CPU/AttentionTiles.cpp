// The two products: logits from queries and keys, outputs from exponentials and values.
#include "compiler/Target/CPU/AttentionEmitter.h"

using namespace mlir;
using namespace rondo;
using namespace rondo::cpu;

//===----------------------------------------------------------------------===//
// Queries and keys
//===----------------------------------------------------------------------===//

/// The keys [lo, hi) of one head, whole panels, as [panel][d][key]; beyond the last key stands the last one
/// again.
void AttentionEmitter::packKeys(Value lo, Value hi) {
  Value last = l.sub(keys, l.index(1)), panel = l.index(shape.panel());
  Value whole = l.floorTo(depth, shape.lanes);
  l.loop(l.floorTo(lo, shape.panel()), l.ceilTo(hi, shape.panel()), shape.lanes, [&](Value j) {
    Value p = l.div(j, panel), column = l.rem(j, panel);
    auto square = [&](Value e, Value mask) {
      Values rows;
      for (int64_t n = 0; n < shape.lanes; ++n)
        rows.push_back(l.load(op.getKey(), {batch, keyHead, l.lesser(l.add(j, n), last), e}, mask));
      for (auto [n, vector] : llvm::enumerate(l.transpose(rows)))
        l.store(vector, packed, {p, l.add(e, n), column});
    };
    l.loop(zero, whole, shape.lanes, [&](Value e) { square(e, {}); });
    l.loop(whole, depth, shape.lanes, [&](Value e) { square(e, l.firstLanes(l.sub(depth, e))); });
  });
}

/// The logits of some rows and one panel.
void AttentionEmitter::scoreTile(const Rows &rows, Value r0, Value panelStart, const Tile &tile) {
  FloatBuilder vectors = l.vectors();
  Value p = l.div(panelStart, l.index(shape.panel())), last = l.sub(queries, l.index(1));
  Values places;
  for (int64_t r = 0; r < shape.rows; ++r) // beyond the last row stands the last one again
    places.push_back(l.lesser(l.add(l.add(rows.first, r0), r), last));
  Values start(shape.rows * shape.vectors, vectors.c(0));
  Values sums = l.loop(zero, depth, 1, start, [&](Value e, ValueRange sums) {
    Values next, key;
    for (int64_t v = 0; v < shape.vectors; ++v)
      key.push_back(l.load(packed, {p, e, l.index(v * shape.lanes)}));
    for (int64_t r = 0; r < shape.rows; ++r) {
      Value query = l.splat(l.loadOne(op.getQuery(), {batch, head, places[r], e}));
      for (int64_t v = 0; v < shape.vectors; ++v)
        next.push_back(vectors.fma(query, key[v], sums[r * shape.vectors + v]));
    }
    return next;
  });
  Value scale = l.splat(op.getScale()), column = l.sub(panelStart, tile.start);
  for (int64_t r = 0; r < shape.rows; ++r)
    for (int64_t v = 0; v < shape.vectors; ++v)
      l.store(vectors.mul(sums[r * shape.vectors + v], scale), logits,
              {l.add(r0, r), l.add(column, v * shape.lanes)});
}

/// The logits of one row and the keys [from, to), each read once and in place.
void AttentionEmitter::scoreRow(const Rows &rows, Value r, Value from, Value to, const Tile &tile) {
  FloatBuilder vectors = l.vectors();
  Value h = headOf(rows, r), i = queryOf(rows, r);
  Value last = l.sub(keys, l.index(1)), whole = l.floorTo(depth, shape.lanes);
  l.loop(from, to, shape.lanes, [&](Value j) {
    auto products = [&](Value from, Value to, ValueRange start, bool isTail) {
      return l.loop(from, to, shape.lanes, start, [&](Value e, ValueRange sums) {
        Value mask = isTail ? l.firstLanes(l.sub(depth, e)) : Value();
        Value query = l.load(op.getQuery(), {batch, h, i, e}, mask);
        Values next;
        for (int64_t n = 0; n < shape.lanes; ++n) {
          Value key = l.load(op.getKey(), {batch, keyHead, l.lesser(l.add(j, n), last), e}, mask);
          next.push_back(vectors.fma(query, key, sums[n]));
        }
        return next;
      });
    };
    Values sums = products(zero, whole, Values(shape.lanes, vectors.c(0)), /*isTail=*/false);
    sums = products(whole, depth, sums, /*isTail=*/true);
    l.store(vectors.mul(l.sumEach(sums), l.splat(op.getScale())), logits, {r, l.sub(j, tile.start)});
  });
}

//===----------------------------------------------------------------------===//
// Exponentials and values
//===----------------------------------------------------------------------===//

/// Whether the values [lo, hi) of one head are all finite: 0 x is 0 then.
AttentionEmitter::Value AttentionEmitter::finiteValues(Value lo, Value hi) {
  FloatBuilder vectors = l.vectors();
  Value whole = l.floorTo(width, shape.lanes);
  Value sum = l.loop(lo, hi, 1, vectors.c(0), [&](Value j, ValueRange outer) {
    auto part = [&](Value from, Value to, ValueRange start, bool isTail) {
      return l.loop(from, to, shape.lanes, start, [&](Value c, ValueRange sum) {
        Value mask = isTail ? l.firstLanes(l.sub(width, c)) : Value();
        Value value = l.load(op.getValue(), {batch, keyHead, j, c}, mask);
        return Values{vectors.fma(value, vectors.c(0), sum[0])};
      });
    };
    return part(whole, width, part(zero, whole, outer, false), true);
  })[0];
  Value all = l.reduce(sum, [&](Value x, Value y) { return l.like(x).add(x, y); });
  return l.scalars().eq(all, l.scalars().c(0));
}

void AttentionEmitter::addValues(const Rows &rows, const Tile &tile) {
  // What a mask hides may be anything, so that 0 times it is left out; with few rows always, else if there is
  // need.
  bool isMasked = !op.getMask().empty();
  int64_t vectors = few ? 4 : shape.vectors, count = few ? 1 : shape.rows;
  Value careful = width;
  if (!few)
    careful = l.choose(isFinite, width, zero); // columns from here on are
  Value whole = l.lesser(l.floorTo(width, vectors * shape.lanes), careful);
  l.loop(zero, rows.count, count, [&](Value r0) {
    l.loop(zero, whole, vectors * shape.lanes,
           [&](Value c) { valueTile(r0, count, c, vectors, /*isTail=*/false, few && isMasked, tile); });
    l.loop(whole, careful, shape.lanes,
           [&](Value c) { valueTile(r0, count, c, 1, /*isTail=*/true, few && isMasked, tile); });
    if (isMasked && !few)
      l.loop(careful, width, shape.lanes,
             [&](Value c) { valueTile(r0, count, c, 1, /*isTail=*/true, /*isCareful=*/true, tile); });
  });
}

/// output[r0.., column..] += exponentials v, for `count` rows and some vectors of columns, of which the last
/// may have fewer lanes.
void AttentionEmitter::valueTile(Value r0, int64_t count, Value column, int64_t number, bool isTail,
                                 bool isCareful, const Tile &tile) {
  FloatBuilder vectors = l.vectors(), scalars = l.scalars();
  Value mask = isTail ? l.firstLanes(l.sub(width, column)) : Value();
  auto place = [&](int64_t r, int64_t v) { return Values{l.add(r0, r), l.add(column, v * shape.lanes)}; };
  Values start;
  for (int64_t r = 0; r < count; ++r)
    for (int64_t v = 0; v < number; ++v)
      start.push_back(l.load(output, place(r, v)));
  Values sums = l.loop(tile.begin, tile.end, 1, start, [&](Value j, ValueRange sums) {
    Values next, value;
    for (int64_t v = 0; v < number; ++v)
      value.push_back(l.load(op.getValue(), {batch, keyHead, j, l.add(column, v * shape.lanes)}, mask));
    for (int64_t r = 0; r < count; ++r) {
      Value power = l.loadOne(logits, {l.add(r0, r), l.sub(j, tile.start)}), factor = l.splat(power);
      Value none = isCareful ? l.splat(scalars.eq(power, scalars.c(0))) : Value();
      for (int64_t v = 0; v < number; ++v) {
        Value old = sums[r * number + v], sum = vectors.fma(factor, value[v], old);
        next.push_back(isCareful ? vectors.select(none, old, sum) : sum);
      }
    }
    return next;
  });
  for (int64_t r = 0; r < count; ++r)
    for (int64_t v = 0; v < number; ++v)
      l.store(sums[r * number + v], output, place(r, v));
}
