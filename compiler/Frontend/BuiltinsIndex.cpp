// Functions that read and write by index: gather, update ...
#include "compiler/Frontend/EvaluatorImpl.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace rondo::sema {

namespace {

bool needsIndices(BuiltinCall &call, size_t i, const Tensor &index) {
  if (isInteger(index.dtype))
    return true;
  call.errorAt(i, "indices are integers (i64), found " + index.str());
  return false;
}

Value indexSelect(BuiltinCall &call) {
  std::optional<Tensor> x = call.tensor(0), index = x ? call.tensor(2) : std::nullopt;
  std::optional<int64_t> axis = index ? call.axis(1, x->rank()) : std::nullopt;
  if (!axis || !needsIndices(call, 2, *index))
    return Poison{};
  if (index->rank() > 1) {
    call.errorAt(2, "`index` must have one axis, found " + index->str());
    return Poison{};
  }
  Tensor row = index->rank() == 1 ? *index : reshape(call.f(), *index, {Size(1)});
  return gather(call.f(), *x, row, *axis, "`index_select`");
}

// result[i, j, k] = x[index[i, j, k], j, k] for axis 0: through the flattened tensor.
Value gatherCall(BuiltinCall &call) {
  std::optional<Tensor> x = call.tensor(0), index = x ? call.tensor(2) : std::nullopt;
  std::optional<int64_t> axis = index ? call.axis(1, x->rank()) : std::nullopt;
  if (!axis || !needsIndices(call, 2, *index))
    return Poison{};
  FunctionEmitter &f = call.f();
  bool fits = x->rank() == index->rank();
  for (int64_t i = 0; fits && i < x->rank(); ++i) {
    if (i == *axis)
      continue;
    Size room = f.facts.normalize(x->shape[i] - index->shape[i]);
    fits = room.isConstant() ? room.constant() >= 0 : true;
    if (fits)
      f.requireNonNegative(room, "`gather`: `index` is larger than `x` along axis " + Twine(i));
  }
  if (!fits) {
    call.error("`index` must have the rank of `x` and be no larger but along axis " + Twine(*axis) +
               ": `x` is " + x->str() + ", `index` is " + index->str());
    return Poison{};
  }
  const Shape &shape = index->shape;
  Tensor own = convert(f, *index, DType::I64);
  checkIndices(f, own, x->shape[*axis],
               "`gather`: an index is out of range: the axis has " + x->shape[*axis].str() + " elements");
  // Clamped before it is made part of a place: another row is no answer.
  Tensor zero = filledLike(f, 0, own);
  Tensor last = sizeFilled(f, x->shape[*axis] - Size(1), shape);
  own = arithmetic(f, Arithmetic::Max, arithmetic(f, Arithmetic::Min, own, last), zero);
  Size stride(1), total(1);
  for (const Size &size : x->shape)
    total = total * size;
  std::optional<Tensor> place;
  for (int64_t i = x->rank() - 1; i >= 0; --i) {
    Tensor part = i == *axis ? own : broadcastAlong(f, iota(f, shape[i], Size(0), Size(1)), shape, {i});
    if (!stride.isConstant(1))
      part = arithmetic(f, Arithmetic::Mul, part, sizeFilled(f, stride, shape));
    place = place ? arithmetic(f, Arithmetic::Add, *place, part) : part;
    stride = stride * x->shape[i];
  }
  Tensor flat = reshape(f, *x, {total});
  mlir::Value value =
      f.create<GatherOp>(f.type(x->dtype, shape), flat.value, place ? place->value : own.value, 0);
  return Tensor{value, x->dtype, shape};
}

Value maskedFill(BuiltinCall &call) {
  std::optional<Tensor> x = call.tensor(0), mask = x ? call.tensor(1) : std::nullopt;
  if (!mask)
    return Poison{};
  if (mask->dtype != DType::Bool) {
    call.errorAt(1, "`mask` must be a bool tensor, found " + mask->str());
    return Poison{};
  }
  const Tensor *value = call[2].get<Tensor>();
  if (!call[2].isArray() || (value && value->rank() != 0)) {
    call.errorAt(2, "`value` must be a number or a tensor of rank 0, found " + call[2].describe());
    return Poison{};
  }
  Evaluator::Operand both[] = {{&call[0], call.rangeOf(0)}, {&call[1], call.rangeOf(1)}};
  auto tensors = call.eval.unify(both, "`masked_fill`", call.range, x->dtype);
  if (!tensors)
    return Poison{};
  FunctionEmitter &f = call.f();
  const Tensor &wide = (*tensors)[0];
  Tensor fill = call[2].isNumber()
                    ? filledLike(f, call[2], wide)
                    : broadcast(f, convert(f, call.eval.toTensor(call[2]), x->dtype), wide.shape);
  return choose(f, broadcast(f, *mask, wide.shape), fill, wide);
}

// x with v written from index `at` along one axis.
Value update(BuiltinCall &call) {
  std::optional<Tensor> x = call.tensor(0), v = x ? call.tensor(1) : std::nullopt;
  std::optional<int64_t> axis = v ? call.axis(3, x->rank()) : std::nullopt;
  if (!axis)
    return Poison{};
  FunctionEmitter &f = call.f();
  bool fits = v->rank() == x->rank() && v->dtype == x->dtype;
  for (int64_t i = 0; fits && i < x->rank(); ++i)
    fits = i == *axis || call.eval.sameSize(x->shape[i], v->shape[i]);
  Size most = fits ? x->shape[*axis] - v->shape[*axis] : Size(0);
  Size normal = f.facts.normalize(most);
  if (!fits || (normal.isConstant() && normal.constant() < 0)) {
    call.error("`v` must have the element type and rank of `x`, and its sizes but along axis " +
               Twine(*axis) + ", where it may be shorter: `x` is " + x->str() + ", `v` is " + v->str());
    return Poison{};
  }
  std::string message = "`update`: `at` is out of range: axis " + std::to_string(*axis) + " has size " +
                        x->shape[*axis].str() + ", " + v->shape[*axis].str() + " are written";
  f.requireNonNegative(most, message);
  OpFoldResult offset;
  if (std::optional<Size> at = call[2].asSize()) {
    for (const Size &room : {*at, most - *at}) {
      Size known = f.facts.normalize(room);
      if (known.isConstant() && known.constant() < 0) {
        call.errorAt(2, "`at` is " + at->str() + ", out of range: axis " + Twine(*axis) + " of " + x->str() +
                            ", " + v->shape[*axis].str() + " are written");
        return Poison{};
      }
      f.requireNonNegative(room, message);
    }
    offset = f.sizeOrConstant(*at);
  } else if (const Tensor *at = call[2].get<Tensor>(); at && at->rank() == 0 && isInteger(at->dtype)) {
    offset = checkedOffset(f, *at, most, message);
  } else {
    call.errorAt(2, "`at` must be an int or an integer tensor of rank 0, found " + call[2].describe());
    return Poison{};
  }
  SmallVector<OpFoldResult> offsets(x->rank(), f.builder.getIndexAttr(0)),
      steps(x->rank(), f.builder.getIndexAttr(1));
  offsets[*axis] = offset;
  Shape shape = x->shape;
  shape[*axis] = v->shape[*axis];
  Tensor part = conform(f, *v, shape);
  if (llvm::is_contained(f.type(v->dtype, shape).getShape(), 0))
    return *x;
  return Tensor{f.create<tensor::InsertSliceOp>(part.value, x->value, offsets, f.mixedSizes(shape), steps),
                x->dtype, x->shape};
}

} // namespace

ArrayRef<Builtin> indexBuiltins() {
  static const Builtin table[] = {
      {"index_select", "x, dim, index", "the slices of x at the positions `index` of an axis", indexSelect},
      {"gather", "x, dim, index", "x[..., index[...], ...] along an axis, element by element", gatherCall},
      {"masked_fill", "x, mask, value", "value where the mask is true, x elsewhere", maskedFill},
      {"update", "x, v, at, dim=0", "x with v written from position `at` of an axis", update},
  };
  return table;
}

} // namespace rondo::sema
