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
  Size offset = Size(0), length = Size(0), step = Size(1); // of what is cut out
  Tensor indices;                                          // of Gather
  SourceRange range;
};

/// An axis that is read by indices.
struct Evaluator::Gathered {
  int64_t axis;
  Tensor indices;
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
            isShape ? "axis " + Twine(*index) + " is out of range: " +
                          quote(cast<ast::MemberExpr>(*expr.base).base->range, "it") + " has rank " + Twine(n)
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
  slice.step = step ? *step : Size(1);
  if (slice.step.isConstant(0)) {
    error(subscript.range, "the step of a slice cannot be 0");
    return false;
  }
  if (slice.step.isConstant())
    slice.step = Size(std::max(slice.step.constant(), -INT64_MAX));
  else // a size goes forwards
    fn->requireNonNegative(slice.step - Size(1),
                           "the step " + slice.step.str() + " of a slice is not positive");
  bool forwards = !slice.step.isConstant() || slice.step.constant() > 0;
  slice.kind = forwards ? AxisSlice::Keep : AxisSlice::Reverse;
  // How many elements a span has room for.
  auto count = [&](const Size &span) {
    Size by = forwards ? slice.step : Size(0) - slice.step;
    return by.isConstant(1) ? span : sizes.floorDiv(span + by - Size(1), by);
  };

  bool constant = size.isConstant() && (!begin || begin->isConstant()) && (!end || end->isConstant());
  if (constant) {
    int64_t by = slice.step.isConstant() ? slice.step.constant() : 1, first, length;
    clampSlice(begin ? std::optional(begin->constant()) : std::nullopt,
               end ? std::optional(end->constant()) : std::nullopt, by, size.constant(), first, length);
    slice.offset = Size(length ? first : 0);
    slice.length = slice.step.isConstant() ? Size(length) : count(Size(length));
    return true;
  }

  // Constants below 0 count from the end; the bounds must lie in the axis and in order.
  auto fromStart = [&](const Size &bound) {
    return bound.isConstant() && bound.constant() < 0 ? size + bound : bound;
  };
  auto text = [&](const std::string &written, const Twine &why) {
    return "the slice " + written + " of an axis of size " + size.str() + " is out of range: " + why.str();
  };
  // A check is told by values: the IR does not depend on how the source is laid out.
  std::string bounds = "`" + (begin ? begin->str() : "") + ":" + (end ? end->str() : "") +
                       (slice.step.isConstant(1) ? "`" : ":" + slice.step.str() + "`");
  auto need = [&](const Size &notNegative, const Twine &why) {
    if (isNonNegative(Size(-1) - fn->facts.normalize(notNegative))) {
      error(subscript.range, text(quote(subscript.range, "here"), why));
      return false;
    }
    fn->requireNonNegative(notNegative, text(bounds, why));
    return true;
  };
  if (forwards) {
    Size first = begin ? fromStart(*begin) : Size(0), last = end ? fromStart(*end) : size;
    if (!need(first, "it begins before the axis") || !need(last - first, "it ends before it begins") ||
        !need(size - last, "it ends behind the axis"))
      return false;
    slice.offset = first;
    slice.length = count(last - first);
  } else {
    Size first = begin ? fromStart(*begin) : size - Size(1), last = end ? fromStart(*end) : Size(-1);
    if ((begin && (!need(first, "it begins before the axis") ||
                   !need(size - Size(1) - first, "it begins behind the axis"))) ||
        !need(last + Size(1), "it ends before the axis") || !need(first - last, "it ends before it begins"))
      return false;
    slice.offset = first;
    slice.length = count(first - last);
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
      return isNonNegative(Size(-1) - fn->facts.normalize(notNegative));
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
                          ", of rank " + Twine(x.rank()) + ", and " + Twine(taken) +
                          (taken > 1 ? " indices are given" : " index is given"));
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
    ok &= fits;
    layout.push_back(axis);
    slices.push_back(slice);
  }
  if (!ok)
    return Poison{};
  while (int64_t(slices.size()) < x.rank())
    keep();
  // 1. One slice cuts out what steps forwards, and drops axes.
  Tensor now = x;
  Shape offsets, lengths, steps;
  SmallVector<int64_t> dropped;
  SmallVector<const AxisSlice *> kept; // of the axes that are left
  bool cuts = false;
  for (auto [axis, slice] : llvm::enumerate(slices)) {
    bool isForward = slice.kind == AxisSlice::Keep || slice.kind == AxisSlice::Drop;
    cuts |= isForward &&
            (slice.kind == AxisSlice::Drop || !slice.step.isConstant(1) || !(slice.length == x.shape[axis]));
    offsets.push_back(isForward ? slice.offset : Size(0));
    lengths.push_back(isForward ? slice.length : x.shape[axis]);
    steps.push_back(isForward ? slice.step : Size(1));
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
    Tensor places = iota(*fn, slice->length, slice->offset, slice->step);
    Shape shape = now.shape;
    shape[axis] = slice->length;
    mlir::Value value = fn->create<GatherOp>(fn->type(now.dtype, shape), now.value, places.value, axis);
    now = {value, now.dtype, shape};
  }

  // 3. New axes.
  Shape shape;
  SmallVector<Gathered> gathers;
  int64_t from = 0;
  for (int64_t axis : layout) {
    if (axis >= 0 && slices[axis].kind == AxisSlice::Drop)
      continue;
    if (axis >= 0 && slices[axis].kind == AxisSlice::Gather)
      gathers.push_back({int64_t(shape.size()), slices[axis].indices, slices[axis].range});
    shape.push_back(axis < 0 ? Size(1) : now.shape[from++]);
  }
  return gatherAxes(reshape(*fn, now, shape), gathers, expr);
}

// x[i], x[:, i], x[i, j]. Integers of rank 0 choose one element each; several tensors are broadcast together
// and give their axes once: where they stood side by side in their place, else in front.
Value Evaluator::gatherAxes(Tensor x, SmallVectorImpl<Gathered> &gathers, const ast::Expr &expr) {
  std::string what = quote(expr, "index");
  auto take = [&](const Gathered &one) { x = gather(*fn, x, one.indices, one.axis, what); };
  // From the last, so that the axes before stay in place.
  for (size_t i = gathers.size(); i-- > 0;) {
    if (gathers[i].indices.rank() > 0)
      continue;
    take(gathers[i]);
    gathers.erase(gathers.begin() + i);
    for (size_t behind = i; behind < gathers.size(); ++behind)
      --gathers[behind].axis;
  }
  if (gathers.size() == 1)
    take(gathers[0]);
  if (gathers.size() < 2)
    return x;

  // All indices as one shape, which the places in the flattened axes have.
  std::vector<Value> values;
  SmallVector<Operand> operands;
  SmallVector<Shape> shapes;
  for (const Gathered &one : gathers) {
    values.push_back(one.indices);
    shapes.push_back(one.indices.shape);
  }
  for (auto [value, one] : llvm::zip(values, gathers))
    operands.push_back({&value, one.range});
  std::optional<Shape> shape = broadcastShapes(operands, shapes, "the indices", expr.range);
  if (!shape)
    return Poison{};
  std::optional<Tensor> place;
  Size total(1);
  for (const Gathered &one : llvm::reverse(gathers)) {
    const Size &size = x.shape[one.axis];
    Tensor part = convert(*fn, one.indices, DType::I64);
    checkIndices(*fn, part, size,
                 what + ": an index is out of range: the axis has " + size.str() + " elements");
    part = broadcast(*fn, part, *shape);
    if (place)
      part = arithmetic(*fn, Arithmetic::Add, *place,
                        arithmetic(*fn, Arithmetic::Mul, part, sizeFilled(*fn, total, *shape)));
    place = part;
    total = total * size;
  }

  // These axes first, as one.
  SmallVector<int64_t> order;
  for (const Gathered &one : gathers)
    order.push_back(one.axis);
  int64_t n = gathers.size(), first = order.front();
  bool together = order.back() - first == n - 1;
  for (int64_t axis = 0; axis < x.rank(); ++axis)
    if (!llvm::is_contained(ArrayRef(order).take_front(n), axis))
      order.push_back(axis);
  Tensor moved = transpose(*fn, x, order);
  Shape flat = {total}, result = *shape;
  flat.append(moved.shape.begin() + n, moved.shape.end());
  result.append(moved.shape.begin() + n, moved.shape.end());
  mlir::Value rows = reshape(*fn, moved, flat).value;
  Tensor taken{fn->create<GatherOp>(fn->type(x.dtype, result), rows, place->value, 0), x.dtype, result};
  if (!together || first == 0)
    return taken;
  // The axes before them come before them again.
  SmallVector<int64_t> back;
  int64_t own = shape->size();
  for (int64_t axis = 0; axis < taken.rank(); ++axis)
    back.push_back(axis < first ? own + axis : axis < first + own ? axis - first : axis);
  return transpose(*fn, taken, back);
}

} // namespace rondo::sema
