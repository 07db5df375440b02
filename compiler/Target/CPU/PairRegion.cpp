// A region, operation by operation, on scalars and on vectors with a lane for each key.
#include "compiler/Target/CPU/PairRegion.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/ADT/Sequence.h"

using namespace mlir;
using namespace rondo;
using namespace rondo::cpu;

// Maps what does not change from key to key; returns the number of the argument that is the key.
static unsigned mapPlace(AttentionOp op, Region &region, const Pairs &at, IRMapping &scalars) {
  unsigned key = op.numIndices(region) - 1;
  const Value places[] = {at.batch, at.head, at.query};
  for (auto [n, value] : llvm::enumerate(places))
    scalars.map(region.getArgument(key - 3 + n), value);
  scalars.map(op.capturesIn(region), op.getCaptures());
  return key;
}

static SmallVector<CheckOp> checksOf(AttentionOp op, bool ofPairs) {
  SmallVector<CheckOp> checks;
  if (op.getScore().empty())
    return checks;
  Region &score = op.getScore();
  DenseSet<Value> changing{score.getArgument(0), score.getArgument(4)}; // the logit, the key
  for (Operation &inner : score.front().without_terminator()) {
    bool changes = llvm::any_of(inner.getOperands(), [&](Value v) { return changing.contains(v); });
    if (changes)
      changing.insert_range(inner.getResults());
    if (auto check = dyn_cast<CheckOp>(inner); check && changes == ofPairs)
      checks.push_back(check);
  }
  return checks;
}
SmallVector<CheckOp> rondo::cpu::checksOfPairs(AttentionOp op) { return checksOf(op, true); }
SmallVector<CheckOp> rondo::cpu::checksOfRows(AttentionOp op) { return checksOf(op, false); }

PairRegion::PairRegion(LaneBuilder &l, AttentionOp op, Region &region, const Pairs &at)
    : l(l), op(op), region(region), at(at) {
  Value key = region.getArgument(mapPlace(op, region, at, scalars));
  first.map(key, l.asInt(at.key));
  auto type = VectorType::get({l.lanes}, l.b.getI64Type());
  SmallVector<int64_t> steps = llvm::to_vector(llvm::seq(l.lanes));
  Value step = arith::ConstantOp::create(l.b, DenseElementsAttr::get(type, ArrayRef(steps)));
  vectors.map(key, arith::AddIOp::create(l.b, l.splat(first.lookup(key)), step));
}

Value PairRegion::evaluate(Value logit) {
  if (logit)
    vectors.map(region.getArgument(0), logit);
  for (Operation &inner : region.front().without_terminator())
    visit(inner);
  return vector(region.front().getTerminator()->getOperand(0));
}

SmallVector<Value> PairRegion::conditionsOfRow(LaneBuilder &l, AttentionOp op, const Pairs &at) {
  SmallVector<Value> conditions;
  IRMapping scalars;
  std::function<void(Value)> copy = [&](Value value) {
    Operation *inner = value.getDefiningOp();
    if (!inner || scalars.contains(value))
      return;
    llvm::for_each(inner->getOperands(), copy);
    l.b.clone(*inner, scalars);
  };
  if (!op.getScore().empty())
    mapPlace(op, op.getScore(), at, scalars);
  for (CheckOp check : checksOfRows(op)) {
    copy(check.getOk());
    conditions.push_back(scalars.lookupOrDefault(check.getOk()));
  }
  return conditions;
}

Value PairRegion::vector(Value v) {
  return varies(v) ? vectors.lookup(v) : l.splat(scalars.lookupOrDefault(v));
}

void PairRegion::visit(Operation &inner) {
  if (auto check = dyn_cast<CheckOp>(inner)) {
    if (varies(check.getOk()))
      ofPairs.push_back(vector(check.getOk()));
    return;
  }
  if (llvm::none_of(inner.getOperands(), [&](Value v) { return varies(v); })) {
    l.b.clone(inner, scalars);
    return;
  }
  if (auto from = dyn_cast<memref::LoadOp>(inner)) {
    vectors.map(inner.getResult(0), load(from));
    return;
  }
  IRMapping operands;
  for (Value v : inner.getOperands())
    operands.map(v, vector(v));
  Operation *copy = inner.clone(operands);
  for (auto [result, made] : llvm::zip_equal(inner.getResults(), copy->getResults())) {
    made.setType(VectorType::get({l.lanes}, made.getType()));
    vectors.map(result, made);
  }
  l.b.insert(copy);
  followFirst(inner);
  followClamp(inner);
}

// j + u, j - u and casts of these still grow by one a lane.
void PairRegion::followFirst(Operation &inner) {
  auto grows = [&](unsigned n) { return first.contains(inner.getOperand(n)); };
  auto stays = [&](unsigned n) { return !varies(inner.getOperand(n)); };
  bool follows = false;
  if (isa<arith::IndexCastOp, arith::ExtSIOp>(inner))
    follows = grows(0);
  else if (isa<arith::AddIOp>(inner))
    follows = (grows(0) && stays(1)) || (stays(0) && grows(1));
  else if (isa<arith::SubIOp>(inner))
    follows = grows(0) && stays(1);
  if (!follows)
    return;
  IRMapping operands;
  for (Value v : inner.getOperands())
    operands.map(v, first.contains(v) ? first.lookup(v) : scalars.lookupOrDefault(v));
  first.map(inner.getResult(0), l.b.insert(inner.clone(operands))->getResult(0));
}

// What was made safe to read with: max(min(j + u, most), least) grows by one as long as it meets neither
// bound.
void PairRegion::followClamp(Operation &inner) {
  bool isLeast = isa<arith::MaxSIOp>(inner);
  if (isa<arith::IndexCastOp>(inner)) {
    if (auto found = clamped.find(inner.getOperand(0)); found != clamped.end())
      clamped[inner.getResult(0)] = Clamp(found->second);
    return;
  }
  if (!isLeast && !isa<arith::MinSIOp>(inner))
    return;
  for (unsigned n : {0, 1}) {
    Value x = inner.getOperand(n), bound = inner.getOperand(1 - n);
    if (varies(bound) || !(first.contains(x) || clamped.contains(x)))
      continue;
    Clamp clamp = first.contains(x) ? Clamp{first.lookup(x), {}, {}} : clamped[x];
    Value &place = isLeast ? clamp.least : clamp.most;
    if (place || clamp.first.getType() != bound.getType())
      return;
    place = scalars.lookupOrDefault(bound);
    clamped[inner.getResult(0)] = clamp;
    return;
  }
}

Value PairRegion::load(memref::LoadOp from) {
  Value buffer = scalars.lookupOrDefault(from.getMemRef());
  auto type = cast<MemRefType>(buffer.getType());
  SmallVector<Value> indices(from.getIndices()), place;
  if (indices.empty() || !type.isLastDimUnitStride() ||
      llvm::any_of(ArrayRef(indices).drop_back(), [&](Value v) { return varies(v); }))
    return loadLanes(buffer, indices);
  for (Value v : ArrayRef(indices).drop_back())
    place.push_back(scalars.lookupOrDefault(v));

  bool isBit = type.getElementType().isInteger(1);
  Value isRow; // whether all lanes can be read; null: those that are inside
  if (first.contains(indices.back())) {
    place.push_back(first.lookup(indices.back()));
    if (!isBit)
      return loadRow(buffer, place);
    if (!at.isWhole)
      return loadLanes(buffer, indices);
    isRow = at.isWhole;
  } else if (auto found = clamped.find(indices.back()); found != clamped.end()) {
    auto [start, least, most] = found->second;
    auto atMost = [&](Value x, Value y) {
      return l.b.createOrFold<arith::CmpIOp>(arith::CmpIPredicate::sle, x, y);
    };
    // The bounds are for the lanes that are inside only.
    isRow = at.isWhole ? at.isWhole : l.truth(true);
    if (least)
      isRow = l.both(isRow, atMost(least, start));
    if (most) { // start + rest <= most, without overflow; no index is negative
      Value rest = arith::ConstantOp::create(l.b, l.b.getIntegerAttr(start.getType(), l.lanes - 1));
      isRow = l.both(isRow, l.both(atMost(rest, most), atMost(start, l.sub(most, rest))));
    }
    place.push_back(l.asIndex(start));
  } else {
    return loadLanes(buffer, indices);
  }
  auto result = VectorType::get({l.lanes}, type.getElementType());
  auto branch = scf::IfOp::create(l.b, result, isRow, /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(l.b);
  l.b.setInsertionPointToStart(branch.thenBlock());
  Value row =
      isBit ? loadBits(buffer, place) : vector::LoadOp::create(l.b, result, buffer, place).getResult();
  scf::YieldOp::create(l.b, row);
  l.b.setInsertionPointToStart(branch.elseBlock());
  scf::YieldOp::create(l.b, loadLanes(buffer, indices));
  return branch.getResult(0);
}

Value PairRegion::loadRow(Value buffer, ValueRange place) {
  auto result = VectorType::get({l.lanes}, cast<MemRefType>(buffer.getType()).getElementType());
  if (!at.inside)
    return vector::LoadOp::create(l.b, result, buffer, place);
  Value none = arith::ConstantOp::create(l.b, cast<TypedAttr>(l.b.getZeroAttr(result)));
  return vector::MaskedLoadOp::create(l.b, result, buffer, place, at.inside, none);
}

// In memory an i1 is a byte, in a vector a bit, so that there is no load of a vector: it is read as bytes.
// The memref is read in the other branch, so that whoever plans memory sees that it is needed here.
Value PairRegion::loadBits(Value buffer, ValueRange place) {
  auto type = cast<MemRefType>(buffer.getType());
  auto bytes = VectorType::get({l.lanes}, l.b.getI8Type());
  MemRefType asBytes = MemRefType::Builder(type).setElementType(bytes.getElementType());
  Value view = UnrealizedConversionCastOp::create(l.b, asBytes, buffer).getResult(0);
  Value loaded = vector::LoadOp::create(l.b, bytes, view, place);
  Value none = arith::ConstantOp::create(l.b, cast<TypedAttr>(l.b.getZeroAttr(bytes)));
  return arith::CmpIOp::create(l.b, arith::CmpIPredicate::ne, loaded, none);
}

Value PairRegion::loadLanes(Value buffer, ValueRange indices) {
  auto result = VectorType::get({l.lanes}, cast<MemRefType>(buffer.getType()).getElementType());
  SmallVector<Value> safe;
  for (Value v : indices) {
    Value lanes = varies(v) ? vectors.lookup(v) : Value();
    if (lanes && at.inside)
      lanes =
          arith::SelectOp::create(l.b, at.inside, lanes, l.splat(vector::ExtractOp::create(l.b, lanes, 0)));
    safe.push_back(lanes);
  }
  SmallVector<Value> elements;
  for (int64_t lane = 0; lane < l.lanes; ++lane) {
    SmallVector<Value> place;
    for (auto [v, lanes] : llvm::zip_equal(indices, safe))
      place.push_back(lanes ? vector::ExtractOp::create(l.b, lanes, lane).getResult()
                            : scalars.lookupOrDefault(v));
    elements.push_back(memref::LoadOp::create(l.b, buffer, place));
  }
  return vector::FromElementsOp::create(l.b, result, elements);
}
