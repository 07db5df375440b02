// The loops over heads, blocks and tiles, and what they need besides.
#include "compiler/Target/CPU/AttentionEmitter.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"

using namespace mlir;
using namespace rondo;
using namespace rondo::cpu;

AttentionShape::AttentionShape(const Machine &machine, FloatType element)
    : lanes(machine.vectorBits / element.getWidth()) {
  // Three quarters of the registers accumulate, at most 16: more brings nothing, and rows beyond the last are
  // for nothing.
  rows = std::min<int64_t>(8, machine.registers * 3 / 4 / vectors);
  rows -= rows % 2;
}

AttentionEmitter::AttentionEmitter(AttentionOp op, const Machine &machine, StringRef onPanel)
    : op(op), shape(machine, op.elementType()), onPanel(onPanel),
      l(ImplicitLocOpBuilder(op.getLoc(), op), op.elementType(), shape.lanes) {}

void AttentionEmitter::emit() {
  auto size = [&](Value buffer, int64_t axis) {
    return l.b.createOrFold<memref::DimOp>(buffer, l.index(axis));
  };
  zero = l.index(0);
  Value batches = size(op.getQuery(), 0), keyHeads = size(op.getKey(), 1);
  queries = size(op.getQuery(), 2), depth = size(op.getQuery(), 3);
  keys = size(op.getKey(), 2), width = size(op.getValue(), 3);
  group = l.div(size(op.getQuery(), 1), l.greater(keyHeads, l.index(1)));
  allocate();
  auto all = [&](bool isFew) {
    few = isFew;
    l.loop(zero, batches, 1, [&](Value b) { l.loop(zero, keyHeads, 1, [&](Value h) { heads(b, h); }); });
  };
  // For few queries packing the keys would cost more than it brings.
  auto some = [&] { l.when(l.less(queries, l.index(shape.rows)), [&] { all(true); }, [&] { all(false); }); };
  // Without keys there is no pair, and captures may be empty: not even bounds are computed.
  l.when(l.less(zero, keys), some, [&] { linalg::FillOp::create(l.b, l.scalars().c(0), op.getOutput()); });
}

void AttentionEmitter::allocate() {
  auto scratch = [&](ArrayRef<OpFoldResult> sizes) -> Value {
    SmallVector<int64_t> fixed;
    Values dynamic;
    for (OpFoldResult size : sizes) {
      fixed.push_back(getConstantIntValue(size).value_or(ShapedType::kDynamic));
      if (fixed.back() == ShapedType::kDynamic)
        dynamic.push_back(cast<Value>(size));
    }
    auto type = MemRefType::get(fixed, l.element);
    return memref::AllocOp::create(l.b, type, dynamic, l.b.getI64IntegerAttr(64));
  };
  auto number = [&](int64_t n) -> OpFoldResult { return l.b.getIndexAttr(n); };
  auto padded = [&](Value size) -> OpFoldResult {
    return l.mul(l.pieces(size, shape.lanes), l.index(shape.lanes));
  };
  int64_t columns = shape.keys;
  if (std::optional<int64_t> fixed = getConstantIntValue(keys))
    columns = std::min<int64_t>(columns, llvm::alignTo(*fixed, shape.panel()));
  packed = scratch({OpFoldResult(l.pieces(keys, shape.panel())), padded(depth), number(shape.panel())});
  // A vector more, so that rows do not lie in the same sets of the cache.
  logits = scratch({number(shape.block()), number(columns + shape.lanes)});
  output = scratch({number(shape.block()), padded(width)});
  tops = scratch({number(shape.block())});
  totals = scratch({number(shape.block())});
}

AttentionEmitter::Value AttentionEmitter::headOf(const Rows &rows, Value r) {
  return few ? l.add(l.mul(keyHead, group), l.div(l.add(rows.first, r), queries)) : head;
}
AttentionEmitter::Value AttentionEmitter::queryOf(const Rows &rows, Value r) {
  return few ? l.rem(l.add(rows.first, r), queries) : l.add(rows.first, r);
}

void AttentionEmitter::heads(Value b, Value h) {
  batch = b, keyHead = h;
  auto blocks = [&](Value count) {
    l.loop(zero, count, shape.block(),
           [&](Value first) { block({first, l.lesser(l.sub(count, first), l.index(shape.block()))}); });
  };
  isFinite = l.truth(true);
  if (few)
    return blocks(l.mul(group, queries));
  Value firstHead = l.mul(keyHead, group), last = l.sub(queries, l.index(1));
  Values hull = {zero, keys}; // of all heads
  if (!op.getBounds().empty())
    hull = l.loop(zero, group, 1, {keys, zero}, [&](Value g, ValueRange hull) {
      Span span = spanOf(l.add(firstHead, g), zero, last);
      return Values{l.lesser(hull[0], span.lo), l.greater(hull[1], span.hi)};
    });
  packKeys(hull[0], hull[1]);
  if (!op.getMask().empty())
    isFinite = finiteValues(hull[0], hull[1]);
  l.loop(zero, group, 1, [&](Value g) {
    head = l.add(firstHead, g);
    blocks(queries);
  });
}

void AttentionEmitter::block(Rows rows) {
  Span span = spanOf(rows);
  if (op.getOpaque() || (!op.getMask().empty() && op.getBounds().empty()))
    probe(rows, span);
  Value some = l.less(span.lo, span.hi);
  for (Value *bound : {&span.lo, &span.hi, &span.from, &span.to}) // no keys: not even the panel of `lo`
    *bound = l.choose(some, *bound, zero);

  FloatBuilder scalars = l.scalars();
  Value none = l.vectors().c(0), least = scalars.neg(scalars.infinity());
  l.loop(zero, rows.count, 1, [&](Value r) {
    l.storeOne(least, tops, r);
    l.storeOne(scalars.c(0), totals, r);
  });
  // Micro-tiles read rows beyond the last, which count for nothing.
  l.loop(zero, few ? rows.count : l.ceilTo(rows.count, shape.rows), 1,
         [&](Value r) { l.loop(zero, width, shape.lanes, [&](Value c) { l.store(none, output, {r, c}); }); });
  Value firstTile = l.floorTo(span.lo, shape.panel());
  l.loop(firstTile, span.hi, shape.keys, [&](Value start) {
    Value end = l.lesser(l.add(start, shape.keys), span.hi);
    Tile tile{start, l.greater(start, span.lo), end, l.less(firstTile, start)};
    l.loop(start, end, shape.panel(), [&](Value panel) {
      if (!onPanel.empty())
        func::CallOp::create(l.b, onPanel, TypeRange());
      if (few)
        l.loop(zero, rows.count, 1,
               [&](Value r) { scoreRow(rows, r, panel, l.lesser(l.add(panel, shape.panel()), end), tile); });
      else
        l.loop(zero, rows.count, shape.rows, [&](Value r0) { scoreTile(rows, r0, panel, tile); });
    });
    l.loop(zero, rows.count, 1, [&](Value r) { softmax(rows, r, span, tile); });
    addValues(rows, tile);
  });
  store(rows, span);
}

void AttentionEmitter::store(const Rows &rows, const Span &span) {
  FloatBuilder scalars = l.scalars(), vectors = l.vectors();
  l.loop(zero, rows.count, 1, [&](Value r) {
    Value total = l.loadOne(totals, r), isHidden = scalars.eq(total, scalars.c(0));
    Value inverse = scalars.select(isHidden, scalars.c(0), scalars.div(scalars.c(1), total));
    Value factor = l.splat(inverse), hidden = l.splat(isHidden);
    Value h = headOf(rows, r), i = queryOf(rows, r);
    auto part = [&](Value c) { // a row that sees nothing is 0, whatever was summed
      return vectors.select(hidden, vectors.c(0), vectors.mul(l.load(output, {r, c}), factor));
    };
    Value whole = l.floorTo(width, shape.lanes);
    l.loop(zero, whole, shape.lanes, [&](Value c) { l.store(part(c), op.getOutput(), {batch, h, i, c}); });
    l.loop(whole, width, shape.lanes, [&](Value c) {
      vector::MaskedStoreOp::create(l.b, op.getOutput(), ValueRange{batch, h, i, c},
                                    l.firstLanes(l.sub(width, c)), part(c));
    });
    if (op.getWeights())
      storeWeights(rows, r, span, l.loadOne(tops, r), inverse);
  });
}
