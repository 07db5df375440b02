// Indices and slices, as NumPy: `x[0]`, `x[:, -1]`, `x[..., a:b]`, `x[::-1]`,
// `x[none]`, `x[t]` with an integer of rank 0, `x[ids]` with an integer tensor.
//
// Where the size of an axis and the bounds are constants they clamp, and an
// index that is out of range is an error. Else the bounds must hold, which is a
// precondition of the call.
#include "compiler/Frontend/EvaluatorImpl.h"

using namespace mlir;

namespace rondo::sema {

/// What becomes of one axis.
struct Evaluator::AxisSlice {
  enum Kind { Keep, Drop, Reverse, Gather } kind = Keep;
  Size offset = Size(0), length = Size(0); // of what is cut out, in steps of `step`
  int64_t step = 1;
  Tensor indices; // of Gather
  SourceRange range;
};

Value Evaluator::evalIndex(const ast::IndexExpr &expr) {
  Value base = evalSingle(*expr.base);
  if (base.isPoison()) {
    for (const ast::Subscript &subscript : expr.subscripts) // mistakes in them are independent
      if (subscript.index)
        evalSingle(*subscript.index);
    return Poison{};
  }
  if (const List *list = base.get<List>())
    return indexList(*list, expr);
  if (const Tensor *tensor = base.get<Tensor>())
    return indexTensor(*tensor, expr);
  error(expr.range, "a tensor or a list can be indexed, not " + base.describe());
  return Poison{};
}

//===----------------------------------------------------------------------===//
// Lists
//===----------------------------------------------------------------------===//

// NumPy's slice of n elements: begin, number and step.
static void clampSlice(std::optional<int64_t> begin, std::optional<int64_t> end, int64_t step, int64_t n,
                       int64_t &first, int64_t &length) {
  auto clamp = [&](int64_t bound) {
    if (bound < 0)
      bound = bound < -n ? -1 : bound + n; // below 0 for what is before the start
    int64_t low = step > 0 ? 0 : -1, high = step > 0 ? n : n - 1;
    return std::min(std::max(bound, low), high);
  };
  first = begin ? clamp(*begin) : step > 0 ? 0 : n - 1;
  int64_t last = end ? clamp(*end) : step > 0 ? n : -1;
  if (step > 0)
    length = last > first ? (last - first - 1) / step + 1 : 0;
  else
    length = first > last ? (first - last - 1) / -step + 1 : 0;
}

Value Evaluator::indexList(const List &list, const ast::IndexExpr &expr) {
  const Values &elements = *list.elements;
  int64_t n = elements.size();
  if (expr.subscripts.size() != 1 || expr.subscripts[0].kind == ast::Subscript::Kind::Ellipsis) {
    error(expr.range, "a list takes one index");
    return Poison{};
  }
  const ast::Subscript &subscript = expr.subscripts[0];
  auto constant = [&](const ast::Expr &at) -> std::optional<int64_t> {
    Value value = evalSingle(at);
    if (const int64_t *index = value.get<int64_t>())
      return *index;
    if (!value.isPoison() && !value.isOpen())
      error(at.range, "the index of a list must be a constant int, found " + value.describe());
    return std::nullopt;
  };

  if (subscript.kind == ast::Subscript::Kind::Element) {
    std::optional<int64_t> index = constant(*subscript.index);
    if (!index)
      return Poison{};
    if (*index < -n || *index >= n) {
      bool isShape =
          isa<ast::MemberExpr>(*expr.base) && cast<ast::MemberExpr>(*expr.base).member.text == "shape";
      error(expr.range,
            isShape ? "axis " + Twine(*index) + " is out of range: " + quote(expr.base->range, "it") +
                          " has rank " + Twine(n)
                    : "index " + Twine(*index) + " is out of range: " + quote(expr.base->range, "the list") +
                          " has " + count(n, "element"));
      return Poison{};
    }
    return elements[*index < 0 ? *index + n : *index];
  }

  std::optional<int64_t> begin, end, step;
  if (subscript.begin && !(begin = constant(*subscript.begin)))
    return Poison{};
  if (subscript.end && !(end = constant(*subscript.end)))
    return Poison{};
  if (subscript.step && !(step = constant(*subscript.step)))
    return Poison{};
  if (step && *step == 0) {
    error(subscript.range, "the step of a slice cannot be 0");
    return Poison{};
  }
  int64_t by = std::max(step.value_or(1), -INT64_MAX), first, length;
  clampSlice(begin, end, by, n, first, length);
  Values part;
  for (int64_t i = 0; i < length; ++i)
    part.push_back(elements[first + i * by]);
  return Value::list(std::move(part));
}

//===----------------------------------------------------------------------===//
// Tensors
//===----------------------------------------------------------------------===//

bool Evaluator::sliceAxis(const ast::Subscript &subscript, const Size &size, AxisSlice &slice) {
  auto bound = [&](const ast::ExprPtr &expr, std::optional<Size> &result) {
    if (!expr)
      return true;
    Value value = evalSingle(*expr);
    if (value.isPoison())
      return false;
    result = value.asSize();
    if (result)
      return true;
    error(expr->range, value.is<Tensor>() ? "a bound of a slice must be a constant or a size; " +
                                                quote(expr->range, "this") + " is " + value.describe() +
                                                ": `narrow` takes a start that is a tensor"
                                          : "a bound of a slice must be an int, found " + value.describe());
    return false;
  };
  std::optional<Size> begin, end, step;
  bool ok = bound(subscript.begin, begin);
  ok &= bound(subscript.end, end);
  ok &= bound(subscript.step, step);
  if (!ok)
    return false;
  if (step && !step->isConstant()) {
    if (!step->hasHyper())
      error(subscript.step->range, "the step of a slice must be a constant, found the size " + step->str());
    return false;
  }
  int64_t by = step ? step->constant() : 1;
  if (by == 0) {
    error(subscript.range, "the step of a slice cannot be 0");
    return false;
  }
  by = std::max(by, -INT64_MAX);
  slice.kind = by < 0 ? AxisSlice::Reverse : AxisSlice::Keep;
  slice.step = by;

  bool constant = size.isConstant() && (!begin || begin->isConstant()) && (!end || end->isConstant());
  if (constant) {
    int64_t first, length;
    clampSlice(begin ? std::optional(begin->constant()) : std::nullopt,
               end ? std::optional(end->constant()) : std::nullopt, by, size.constant(), first, length);
    slice.offset = Size(length ? first : 0);
    slice.length = Size(length);
    return true;
  }

  // Constants below 0 count from the end; the bounds must lie in the axis and in order.
  auto fromStart = [&](const Size &bound) {
    return bound.isConstant() && bound.constant() < 0 ? size + bound : bound;
  };
  std::string text = "the slice " + quote(subscript.range, "here") + " of an axis of size " + size.str();
  auto need = [&](const Size &notNegative, const Twine &why) {
    Size normal = fn->facts.normalize(notNegative);
    if (normal.isConstant() && normal.constant() < 0) {
      error(subscript.range, text + " is out of range: " + why);
      return false;
    }
    fn->requireNonNegative(notNegative, text + " is out of range: " + why);
    return true;
  };
  if (by > 0) {
    Size first = begin ? fromStart(*begin) : Size(0), last = end ? fromStart(*end) : size;
    if (!need(first, "it begins before the axis") || !need(last - first, "it ends before it begins") ||
        !need(size - last, "it ends behind the axis"))
      return false;
    slice.offset = first;
    slice.length = by == 1 ? last - first : sizes.floorDiv(last - first + Size(by - 1), Size(by));
  } else {
    Size first = begin ? fromStart(*begin) : size - Size(1), last = end ? fromStart(*end) : Size(-1);
    if ((begin && (!need(first, "it begins before the axis") ||
                   !need(size - Size(1) - first, "it begins behind the axis"))) ||
        !need(last + Size(1), "it ends before the axis") || !need(first - last, "it ends before it begins"))
      return false;
    slice.offset = first;
    slice.length = by == -1 ? first - last : sizes.floorDiv(first - last + Size(-by - 1), Size(-by));
  }
  return true;
}

bool Evaluator::indexAxis(const ast::Subscript &subscript, const Value &index, const Tensor &x, int64_t axis,
                          AxisSlice &slice) {
  const Size &size = x.shape[axis];
  std::string of = "axis " + std::to_string(axis) + " of size " + size.str();
  if (std::optional<Size> at = index.asSize()) {
    Size place = at->isConstant() && at->constant() < 0 ? size + *at : *at;
    Size behind = size - Size(1) - place;
    auto outside = [&](const Size &notNegative) {
      Size normal = fn->facts.normalize(notNegative);
      return normal.isConstant() && normal.constant() < 0;
    };
    if (outside(place) || outside(behind)) {
      error(subscript.range, "index " + at->str() + " is out of range for " + of);
      return false;
    }
    fn->requireNonNegative(place, "index " + at->str() + " is out of range for " + of);
    fn->requireNonNegative(behind, "index " + at->str() + " is out of range for " + of);
    slice.kind = AxisSlice::Drop;
    slice.offset = place;
    slice.length = Size(1);
    return true;
  }
  const Tensor *indices = index.get<Tensor>();
  if (indices && isInteger(indices->dtype)) {
    slice.kind = AxisSlice::Gather;
    slice.indices = *indices;
    slice.length = size;
    return true;
  }
  if (!index.isPoison())
    error(subscript.range,
          "an index must be an int, a slice, `none` or an integer tensor, found " + index.describe() +
              (indices && indices->dtype == DType::Bool ? "; `where` chooses by bools" : ""));
  return false;
}

Value Evaluator::indexTensor(const Tensor &x, const ast::IndexExpr &expr) {
  // Which axis each subscript takes.
  Values indices;
  int64_t taken = 0;
  bool ok = true;
  for (const ast::Subscript &subscript : expr.subscripts) {
    Value index =
        subscript.kind == ast::Subscript::Kind::Element ? evalSingle(*subscript.index) : Value(Poison{});
    taken += subscript.kind != ast::Subscript::Kind::Ellipsis && !index.isNone();
    ok &= !index.isPoison() || subscript.kind != ast::Subscript::Kind::Element;
    indices.push_back(std::move(index));
  }
  if (!ok)
    return Poison{};
  if (taken > x.rank()) {
    error(expr.range, "too many indices: " + quote(expr.base->range, "the tensor") + " is " + x.str() +
                          ", of rank " + Twine(x.rank()) + ", and " + count(taken, "index") +
                          (taken > 1 ? "" : "") + " given");
    return Poison{};
  }

  SmallVector<AxisSlice> slices; // one an axis of x
  SmallVector<int64_t> layout;   // axes of x in the result's order, -1: a new one
  auto keep = [&] {
    AxisSlice slice;
    slice.length = x.shape[slices.size()];
    layout.push_back(slices.size());
    slices.push_back(slice);
  };
  unsigned tensors = 0;
  for (auto [subscript, index] : llvm::zip(expr.subscripts, indices)) {
    if (subscript.kind == ast::Subscript::Kind::Ellipsis) {
      for (int64_t i = 0, n = x.rank() - taken; i < n; ++i)
        keep();
      continue;
    }
    if (index.isNone()) {
      layout.push_back(-1);
      continue;
    }
    AxisSlice slice;
    slice.range = subscript.range;
    int64_t axis = slices.size();
    bool fits = subscript.kind == ast::Subscript::Kind::Slice ? sliceAxis(subscript, x.shape[axis], slice)
                                                              : indexAxis(subscript, index, x, axis, slice);
    tensors += slice.kind == AxisSlice::Gather && slice.indices.rank() > 0;
    ok &= fits;
    layout.push_back(axis);
    slices.push_back(slice);
  }
  if (!ok)
    return Poison{};
  while (int64_t(slices.size()) < x.rank())
    keep();
  if (tensors > 1) {
    error(expr.range,
          "one index tensor at a time: index the result again, or gather from a flattened tensor");
    return Poison{};
  }

  // 1. One slice cuts out what steps forwards, and drops axes.
  Tensor now = x;
  Shape offsets, lengths;
  SmallVector<int64_t> steps, dropped;
  SmallVector<const AxisSlice *> kept; // of the axes that are left
  bool cuts = false;
  for (auto [axis, slice] : llvm::enumerate(slices)) {
    bool isForward = slice.kind == AxisSlice::Keep || slice.kind == AxisSlice::Drop;
    cuts |=
        isForward && (slice.kind == AxisSlice::Drop || slice.step != 1 || !(slice.length == x.shape[axis]));
    offsets.push_back(isForward ? slice.offset : Size(0));
    lengths.push_back(isForward ? slice.length : x.shape[axis]);
    steps.push_back(isForward ? slice.step : 1);
    if (slice.kind == AxisSlice::Drop)
      dropped.push_back(axis);
    else
      kept.push_back(&slice);
  }
  if (cuts)
    now = sema::slice(*fn, now, offsets, lengths, steps, dropped);

  // 2. What steps backwards is gathered; these indices are in range.
  for (auto [axis, slice] : llvm::enumerate(kept)) {
    if (slice->kind != AxisSlice::Reverse)
      continue;
    Tensor places = iota(*fn, slice->length, slice->offset, Size(slice->step));
    Shape shape = now.shape;
    shape[axis] = slice->length;
    mlir::Value value = fn->create<GatherOp>(fn->type(now.dtype, shape), now.value, places.value, axis);
    now = {value, now.dtype, shape};
  }

  // 3. New axes.
  Shape shape;
  SmallVector<std::pair<int64_t, const AxisSlice *>> gathers;
  int64_t from = 0;
  for (int64_t axis : layout) {
    if (axis >= 0 && slices[axis].kind == AxisSlice::Drop)
      continue;
    if (axis >= 0 && slices[axis].kind == AxisSlice::Gather)
      gathers.push_back({int64_t(shape.size()), &slices[axis]});
    shape.push_back(axis < 0 ? Size(1) : now.shape[from++]);
  }
  now = reshape(*fn, now, shape);

  // 4. Tensors of indices, from the last, so that the axes before stay in place.
  for (auto [axis, slice] : llvm::reverse(gathers))
    now = gather(*fn, now, slice->indices, axis, quote(expr.range, "index").c_str());
  return now;
}

} // namespace rondo::sema
