// Scalars where a value is the same in all lanes, vectors where it is not.
#include "compiler/Target/CPU/Payload.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace rondo::cpu;

Type PayloadEmitter::vectorOf(Type element) const {
  return lanes == 1 ? element : Type(VectorType::get({lanes}, element));
}

Value PayloadEmitter::vector(LaneValue v) {
  if (v.isLaneIndex) {
    if (lanes == 1)
      return v.value;
    Value step = vector::StepOp::create(b, VectorType::get({lanes}, b.getIndexType()));
    Value first = vector::BroadcastOp::create(b, step.getType(), v.value);
    return arith::AddIOp::create(b, first, step);
  }
  if (v.varies || lanes == 1)
    return v.value;
  return vector::BroadcastOp::create(b, vectorOf(v.value.getType()), v.value);
}

LaneValue PayloadEmitter::constant(OpFoldResult splat, Type type) {
  if (auto v = dyn_cast<Value>(splat))
    return {v};
  return {arith::ConstantOp::create(b, type, cast<TypedAttr>(cast<Attribute>(splat)))};
}

Value PayloadEmitter::lane(LaneValue v, int64_t i) {
  if (v.isLaneIndex)
    return i ? arith::AddIOp::create(b, v.value, arith::ConstantIndexOp::create(b, i)).getResult() : v.value;
  return v.varies ? vector::ExtractOp::create(b, v.value, i).getResult() : v.value;
}

LaneValue PayloadEmitter::perLane(Type element, llvm::function_ref<Value(int64_t)> make) {
  SmallVector<Value> elements;
  for (int64_t i = 0; i < lanes; ++i)
    elements.push_back(make(i));
  return {vector::FromElementsOp::create(b, vectorOf(element), elements), true};
}

static bool bitPacked(Type element) { return element.isInteger(1); } // as a vector; a byte each in memory

LaneValue PayloadEmitter::load(Value tensor, ArrayRef<LoopIndex> at) {
  Type element = getElementTypeOrSelf(tensor.getType());
  SmallVector<Value> indices;
  for (LoopIndex i : at)
    indices.push_back(i.value);
  bool varies = lanes > 1 && llvm::any_of(at, [](LoopIndex i) { return i.lanes; });
  if (!varies)
    return {tensor::ExtractOp::create(b, tensor, indices)};
  bool sideBySide = at.back().lanes && llvm::none_of(at.drop_back(), [](LoopIndex i) { return i.lanes; });
  if (sideBySide && !bitPacked(element))
    return {vector::TransferReadOp::create(b, cast<VectorType>(vectorOf(element)), tensor, indices,
                                           std::nullopt, ArrayRef<bool>{true}),
            true};
  return perLane(element, [&](int64_t l) -> Value {
    SmallVector<Value> place;
    for (LoopIndex i : at)
      place.push_back(lane({i.value, i.lanes, i.lanes}, l));
    return tensor::ExtractOp::create(b, tensor, place);
  });
}

Value PayloadEmitter::store(LaneValue v, Value tensor, ArrayRef<LoopIndex> at) {
  SmallVector<Value> indices;
  for (LoopIndex i : at)
    indices.push_back(i.value);
  if (lanes == 1 || at.empty() || !at.back().lanes)
    return tensor::InsertOp::create(b, v.value, tensor, indices);
  if (!bitPacked(getElementTypeOrSelf(tensor.getType())))
    return vector::TransferWriteOp::create(b, vector(v), tensor, indices, ArrayRef<bool>{true}).getResult();
  for (int64_t l = 0; l < lanes; ++l) {
    indices.back() = lane({at.back().value, true, true}, l);
    tensor = tensor::InsertOp::create(b, lane(v, l), tensor, indices);
  }
  return tensor;
}

SmallVector<LaneValue> PayloadEmitter::body(linalg::GenericOp op, ArrayRef<LaneValue> args,
                                            ArrayRef<LoopIndex> loops) {
  DenseMap<Value, LaneValue> values;
  for (auto [arg, v] : llvm::zip_equal(op.getBody()->getArguments(), args))
    values[arg] = v;
  auto get = [&](Value v) { return values.contains(v) ? values[v] : LaneValue{v}; };
  for (Operation &o : op.getBody()->without_terminator()) {
    LaneValue out;
    if (auto index = dyn_cast<linalg::IndexOp>(o)) {
      LoopIndex i = loops[index.getDim()];
      out = {i.value, i.lanes && lanes > 1, i.lanes && lanes > 1};
    } else if (auto extract = dyn_cast<tensor::ExtractOp>(o)) {
      SmallVector<LoopIndex> at;
      bool simple = true;
      for (Value v : extract.getIndices()) {
        LaneValue i = get(v);
        simple &= !i.varies || i.isLaneIndex;
        at.push_back({i.value, i.isLaneIndex});
      }
      if (simple)
        out = load(extract.getTensor(), at);
      else
        out = perLane(extract.getType(), [&](int64_t l) -> Value {
          SmallVector<Value> place;
          for (Value v : extract.getIndices())
            place.push_back(lane(get(v), l));
          return tensor::ExtractOp::create(b, extract.getTensor(), place);
        });
    } else {
      bool varies = llvm::any_of(o.getOperands(), [&](Value v) { return get(v).varies; });
      IRMapping map;
      for (Value v : o.getOperands())
        map.map(v, varies ? vector(get(v)) : get(v).value);
      Operation *copy = o.clone(map);
      copy->setLoc(o.getLoc());
      if (varies)
        for (OpResult r : copy->getResults())
          r.setType(vectorOf(r.getType()));
      b.insert(copy);
      // Operations of this kind have one result.
      out = {copy->getResult(0), varies};
    }
    values[o.getResult(0)] = out;
  }
  SmallVector<LaneValue> results;
  for (Value v : op.getBody()->getTerminator()->getOperands())
    results.push_back(get(v));
  return results;
}
