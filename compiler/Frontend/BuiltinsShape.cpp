// Functions that move elements of one tensor without computing: reshape, expand, roll, pad ...
#include "compiler/Frontend/EvaluatorImpl.h"

using namespace mlir;

namespace rondo::sema {

namespace {

Size productOf(ArrayRef<Size> shape) {
  Size n(1);
  for (const Size &size : shape)
    n = n * size;
  return n;
}

std::string elementsOf(const Tensor &x) { return x.str() + " (" + productOf(x.shape).str() + " elements)"; }

//===----------------------------------------------------------------------===//
// Shapes
//===----------------------------------------------------------------------===//

Value reshapeCall(BuiltinCall &call) {
  std::optional<Tensor> x = call.tensor(0);
  std::optional<Shape> shape = x ? call.sizes(1) : std::nullopt;
  if (!shape)
    return Poison{};
  FunctionEmitter &f = call.f();
  Size total = f.facts.normalize(productOf(x->shape)), rest(1);
  std::optional<size_t> open;
  for (auto [i, size] : llvm::enumerate(*shape)) {
    if (size.isConstant(-1)) {
      if (open) {
        call.errorAt(1, "only one size can be -1");
        return Poison{};
      }
      open = i;
      continue;
    }
    if (size.isConstant() && size.constant() < 0) {
      call.errorAt(1, "a size cannot be negative, found " + size.str());
      return Poison{};
    }
    f.requireNonNegative(size, "`reshape`: the size " + size.str() + " is negative");
    rest = rest * size;
  }
  rest = f.facts.normalize(rest);
  auto mismatch = [&]() -> Value {
    Diagnostic &diagnostic = call.error("cannot reshape " + elementsOf(*x) + " to " + shapeString(*shape) +
                                        " (" + (open ? "a multiple of " : "") + rest.str() + " elements)");
    Evaluator::noteOrigin(diagnostic, call[0], call.eval.quote(call.rangeOf(0), "the tensor"),
                          call.rangeOf(0));
    return Poison{};
  };
  if (!open) {
    if (!f.facts.equal(total, rest))
      return mismatch();
  } else if (rest.isConstant(0)) {
    call.error("the size of -1 is not determined: the other sizes multiply to 0");
    return Poison{};
  } else if (std::optional<Size> exact = total.dividedExactly(rest)) {
    (*shape)[*open] = *exact;
  } else if (total.isConstant() && rest.isConstant()) {
    return mismatch();
  } else {
    // Not provable: checked on entry, a fact from there on; B * T elements in rows of 2 * B are T // 2.
    Size factor = commonFactor(total, rest);
    Size count = total.dividedExactly(factor).value_or(total),
         row = rest.dividedExactly(factor).value_or(rest);
    f.require({Precondition::Divisible, count, row, f.loops,
               "`reshape`: " + total.str() + " elements are no multiple of " + rest.str(), f.loc});
    f.facts.addDivisible(count, row);
    (*shape)[*open] = call.eval.sizes.floorDiv(count, row);
    Size all = rest * (*shape)[*open];
    if (!f.facts.equal(all, total)) {
      call.error("whether " + x->str() + " can be reshaped to " + shapeString(*shape) +
                 " is not known when compiled; "
                 "`require` the equality of sizes that it takes");
      return Poison{};
    }
  }
  return reshape(f, *x, *shape);
}

Value flatten(BuiltinCall &call) {
  std::optional<Tensor> x = call.tensor(0);
  if (!x)
    return Poison{};
  if (x->rank() == 0)
    return reshape(call.f(), *x, {Size(1)});
  std::optional<int64_t> first = call.axis(1, x->rank()), last = call.axis(2, x->rank());
  if (!first || !last)
    return Poison{};
  if (*first > *last) {
    call.error("`start_dim` " + Twine(*first) + " is behind `end_dim` " + Twine(*last));
    return Poison{};
  }
  Shape shape(x->shape.begin(), x->shape.begin() + *first);
  shape.push_back(productOf(ArrayRef(x->shape).slice(*first, *last - *first + 1)));
  shape.append(x->shape.begin() + *last + 1, x->shape.end());
  return reshape(call.f(), *x, shape);
}

Value transposeCall(BuiltinCall &call) {
  std::optional<Tensor> x = call.tensor(0);
  std::optional<int64_t> a = x ? call.axis(1, x->rank()) : std::nullopt;
  std::optional<int64_t> b = x ? call.axis(2, x->rank()) : std::nullopt;
  if (!a || !b)
    return Poison{};
  auto order = llvm::to_vector(llvm::seq<int64_t>(0, x->rank()));
  std::swap(order[*a], order[*b]);
  return transpose(call.f(), *x, order);
}

Value permute(BuiltinCall &call) {
  std::optional<Tensor> x = call.tensor(0);
  if (!x)
    return Poison{};
  // `axes` would sort them: read one by one.
  ArrayRef<Value> given = *call[1].get<List>()->elements;
  if (given.size() == 1 && given[0].is<List>())
    given = *given[0].get<List>()->elements;
  SmallVector<int64_t> order;
  for (const Value &value : given) {
    const int64_t *axis = value.get<int64_t>();
    if (!axis || *axis < -x->rank() || *axis >= x->rank()) {
      call.errorAt(1, "`dims` must be axes of " + x->str() + ", found " + value.describe());
      return Poison{};
    }
    order.push_back(*axis < 0 ? *axis + x->rank() : *axis);
  }
  SmallVector<int64_t> sorted = order;
  llvm::sort(sorted);
  if (!llvm::equal(sorted, llvm::seq<int64_t>(0, x->rank()))) {
    call.errorAt(1, "`dims` must name each axis of " + x->str() + " once, found " +
                        Value::list(Values(given)).text());
    return Poison{};
  }
  return transpose(call.f(), *x, order);
}

Value squeeze(BuiltinCall &call) {
  std::optional<Tensor> x = call.tensor(0);
  auto axes = x ? call.axes(1, x->rank()) : std::nullopt;
  if (!axes)
    return Poison{};
  Shape shape;
  for (auto [axis, size] : llvm::enumerate(x->shape))
    if (!llvm::is_contained(*axes, int64_t(axis)) || !call.eval.sameSize(size, Size(1)))
      shape.push_back(size);
  return reshape(call.f(), *x, shape);
}

Value unsqueezeCall(BuiltinCall &call) {
  std::optional<Tensor> x = call.tensor(0);
  std::optional<int64_t> axis = x ? call.axis(1, x->rank() + 1) : std::nullopt;
  return axis ? Value(unsqueeze(call.f(), *x, *axis)) : Value(Poison{});
}

Value expand(BuiltinCall &call) {
  std::optional<Tensor> x = call.tensor(0);
  std::optional<Shape> shape = x ? call.sizes(1) : std::nullopt;
  if (!shape)
    return Poison{};
  int64_t added = int64_t(shape->size()) - x->rank();
  bool ok = added >= 0;
  for (int64_t axis = 0; ok && axis < int64_t(shape->size()); ++axis) {
    Size &size = (*shape)[axis];
    if (size.isConstant(-1) && axis >= added)
      size = x->shape[axis - added];
    ok = !(size.isConstant() && size.constant() < 0) &&
         (axis < added || x->shape[axis - added].isConstant(1) ||
          call.eval.sameSize(size, x->shape[axis - added]));
    call.f().requireNonNegative(size, "`expand`: the size " + size.str() + " is negative");
  }
  if (!ok) {
    call.error(x->str() + " does not expand to " + shapeString(*shape) + ": only axes of size 1 do");
    return Poison{};
  }
  return broadcast(call.f(), *x, *shape);
}

// Each axis several times: a new axis before it, repeated, then one with it.
Value repeat(BuiltinCall &call) {
  std::optional<Tensor> x = call.tensor(0);
  std::optional<Shape> times = x ? call.sizes(1) : std::nullopt;
  if (!times)
    return Poison{};
  int64_t added = int64_t(times->size()) - x->rank();
  if (added < 0) {
    call.error("the numbers of times must be one for each axis at least: found " + Twine(times->size()) +
               " for " + Twine(x->rank()) + " axes of " + x->str());
    return Poison{};
  }
  Shape wide, result;
  SmallVector<int64_t> own;
  for (auto [i, n] : llvm::enumerate(*times)) {
    if (n.isConstant() && n.constant() < 0) {
      call.errorAt(1, "a number of times cannot be negative, found " + n.str());
      return Poison{};
    }
    call.f().requireNonNegative(n, "`repeat`: the number of times " + n.str() + " is negative");
    wide.push_back(n);
    bool isNew = int64_t(i) < added;
    if (!isNew) {
      own.push_back(wide.size());
      wide.push_back(x->shape[i - added]);
    }
    result.push_back(isNew ? n : n * x->shape[i - added]);
  }
  return reshape(call.f(), broadcastAlong(call.f(), *x, wide, own), result);
}

Value flip(BuiltinCall &call) {
  std::optional<Tensor> x = call.tensor(0);
  auto axes = x ? call.axes(1, x->rank()) : std::nullopt;
  if (!axes)
    return Poison{};
  for (int64_t axis : *axes)
    x = call.eval.reversed(*x, axis);
  return *x;
}

// The last `shift` elements come first.
Value roll(BuiltinCall &call) {
  std::optional<Tensor> given = call.tensor(0);
  std::optional<Shape> shifts = given ? call.sizes(1) : std::nullopt;
  if (!shifts)
    return Poison{};
  Tensor x = *given;
  SmallVector<int64_t> axes;
  if (!call.has(2)) {
    x = reshape(call.f(), x, {productOf(x.shape)});
    axes = {0};
  } else if (const List *list = call[2].get<List>(); list && list->elements->size() > 1) {
    auto found = call.axes(2, x.rank()); // sorted: shifts go along only if they were in order
    if (!found)
      return Poison{};
    for (const Value &axis : *list->elements)
      axes.push_back(*axis.get<int64_t>() < 0 ? *axis.get<int64_t>() + x.rank() : *axis.get<int64_t>());
  } else {
    auto found = call.axes(2, x.rank());
    if (!found)
      return Poison{};
    axes = *found;
  }
  if (axes.size() != shifts->size()) {
    call.error("`shifts` and `dims` must have equal lengths, found " + Twine(shifts->size()) + " and " +
               Twine(axes.size()));
    return Poison{};
  }
  for (auto [axis, shift] : llvm::zip(axes, *shifts)) {
    Size n = x.shape[axis];
    Size by = call.eval.sizes.mod(shift, n);
    if (by.isConstant(0))
      continue;
    x = concat(call.f(), {narrow(call.f(), x, axis, n - by, by), narrow(call.f(), x, axis, Size(0), n - by)},
               axis);
    x = conform(call.f(), x, call.has(2) ? ArrayRef(given->shape) : ArrayRef<Size>{n});
  }
  return reshape(call.f(), x, given->shape);
}

//===----------------------------------------------------------------------===//
// Padding
//===----------------------------------------------------------------------===//

// What stands beside an axis is read from it: mirrored without its border, the border itself, or from the
// other end.
std::optional<Tensor> padByIndex(BuiltinCall &call, const Tensor &x, int64_t axis, const Size &before,
                                 const Size &after, StringRef mode) {
  FunctionEmitter &f = call.f();
  const Size &n = x.shape[axis];
  Size last = n - Size(1);
  auto within = [&](const Size &room, const Twine &what) {
    Size known = f.facts.normalize(room);
    if (known.isConstant() && known.constant() < 0) {
      call.errorAt(1, what + ": axis " + Twine(axis) + " of " + x.str() + " has size " + n.str());
      return false;
    }
    f.requireNonNegative(room, "`pad`: " + what + ": the axis has size " + n.str());
    return true;
  };
  for (const Size &amount : {before, after}) {
    std::string text = "\"" + mode.str() + "\" cannot pad by " + amount.str();
    bool fits = within(amount, text) && (mode == "reflect"    ? within(last - amount, text)
                                         : mode == "circular" ? within(n - amount, text)
                                                              : within(last, text));
    if (!fits)
      return std::nullopt;
  }
  Tensor places = iota(f, before + n + after, Size(0) - before, Size(1));
  Tensor zero = filledLike(f, 0, places), end = sizeFilled(f, last, places.shape);
  if (mode == "replicate") {
    places = arithmetic(f, Arithmetic::Max, arithmetic(f, Arithmetic::Min, places, end), zero);
  } else if (mode == "circular") {
    places = arithmetic(f, Arithmetic::Mod, places, sizeFilled(f, n, places.shape));
  } else {
    Tensor fromEnd = absolute(f, arithmetic(f, Arithmetic::Sub, end, absolute(f, places)));
    places = arithmetic(f, Arithmetic::Sub, end, fromEnd);
  }
  Shape shape = x.shape;
  shape[axis] = places.shape[0];
  mlir::Value value = f.create<GatherOp>(f.type(x.dtype, shape), x.value, places.value, axis);
  return Tensor{value, x.dtype, shape};
}

// Pairs (before, after), the last axis first, as torch.nn.functional.pad; negative ones cut.
Value pad(BuiltinCall &call) {
  std::optional<Tensor> x = call.tensor(0);
  std::optional<Shape> amounts = x ? call.sizes(1) : std::nullopt;
  std::optional<std::string> mode = call.string(2);
  if (!amounts || !mode)
    return Poison{};
  if (!llvm::is_contained({"constant", "reflect", "replicate", "circular"}, *mode)) {
    call.errorAt(2, "the mode must be \"constant\", \"reflect\", \"replicate\" or \"circular\", found " +
                        call[2].text());
    return Poison{};
  }
  if (amounts->size() % 2 || int64_t(amounts->size() / 2) > x->rank()) {
    call.errorAt(1, "`pad` takes pairs (before, after), the last axis first, at most " + Twine(x->rank()) +
                        " of them for " + x->str() + "; the length found is " + Twine(amounts->size()));
    return Poison{};
  }
  if (!call[3].isNumber()) {
    call.errorAt(3, "`value` must be a constant number, found " + call[3].describe());
    return Poison{};
  }
  FunctionEmitter &f = call.f();
  Tensor now = *x;
  for (size_t pair = 0; pair < amounts->size() / 2; ++pair) {
    int64_t axis = x->rank() - 1 - pair;
    Size before = (*amounts)[2 * pair], after = (*amounts)[2 * pair + 1];
    if (*mode != "constant") {
      std::optional<Tensor> padded = padByIndex(call, now, axis, before, after, *mode);
      if (!padded)
        return Poison{};
      now = *padded;
      continue;
    }
    Size cutBefore(0), cutAfter(0);
    auto divide = [&](Size &amount, Size &cut) {
      if (!amount.isConstant()) {
        f.requireNonNegative(amount, "`pad`: the amount " + amount.str() + " is negative");
      } else if (amount.constant() < 0) {
        cut = Size(0) - amount;
        amount = Size(0);
      }
    };
    divide(before, cutBefore);
    divide(after, cutAfter);
    if (!cutBefore.isConstant(0) || !cutAfter.isConstant(0)) {
      Size length = now.shape[axis] - cutBefore - cutAfter;
      if (length.isConstant() && length.constant() < 0) {
        call.error("more is cut than axis " + Twine(axis) + " of " + x->str() + " has");
        return Poison{};
      }
      f.requireNonNegative(length, "`pad`: more is cut than the axis has");
      now = narrow(f, now, axis, cutBefore, length);
    }
    SmallVector<Tensor> row;
    auto border = [&](const Size &n) {
      if (n.isConstant(0))
        return;
      Shape shape = now.shape;
      shape[axis] = n;
      row.push_back(filled(f, call[3], now.dtype, shape));
    };
    border(before);
    row.push_back(now);
    border(after);
    now = concat(f, row, axis);
  }
  return now;
}

// An argument of the library as a tensor: one error, which names it as its user does.
Value tensorOf(BuiltinCall &call) {
  std::optional<std::string> name = call.string(1);
  if (!call.has(0) || !name)
    return call[0];
  if (call[0].isArray()) {
    std::optional<Tensor> value = call.tensor(0);
    return value ? Value(*value) : Value(Poison{});
  }
  call.eval.error(call.range, "`" + *name + "` must be a tensor, found " + call[0].describe());
  return Poison{};
}

// An argument of the library that has to have a shape, and a type if one is given: one error at once, which
// names it as its user does, not those of the operations that it goes into.
Value shaped(BuiltinCall &call) {
  if (!call.has(0))
    return None{};
  bool isArray = call[0].isArray();
  std::optional<Tensor> value = isArray ? call.tensor(0) : std::nullopt;
  std::optional<std::string> name = call.string(1);
  std::optional<Shape> shape = call.sizes(2);
  if (isArray != value.has_value() || !name || !shape)
    return Poison{};
  const Tensor *x = call[3].get<Tensor>();
  std::optional<DType> dtype = value ? std::optional(value->dtype) : std::nullopt;
  if (call.has(4))
    dtype = call.dtype(4);
  if (value && value->dtype == dtype && call.eval.sameShape(value->shape, *shape))
    return call[0];
  call.eval.error(call.range, "`" + *name + "` must be " +
                                  (dtype ? spelling(*dtype).str() : "a tensor of shape ") +
                                  shapeString(*shape) + (x ? " where `x` is " + x->str() : "") + ", found " +
                                  (value ? value->str() : call[0].describe()));
  return Poison{};
}

} // namespace

ArrayRef<Builtin> libraryBuiltins() {
  static const Builtin table[] = {
      {"_shaped", "value, name, shape, x=none, dtype=none",
       "the value, or none; an error if it has another shape or type", shaped},
      {"_tensor", "value, name", "the value as a tensor, or none; an error if it is something else",
       tensorOf},
  };
  return table;
}

ArrayRef<Builtin> shapeBuiltins() {
  static const Builtin table[] = {
      {"reshape", "x, *shape", "the same elements in another shape; one -1 is found out", reshapeCall},
      {"flatten", "x, start_dim=0, end_dim=-1", "several axes as one", flatten},
      {"transpose", "x, dim0, dim1", "two axes exchanged", transposeCall},
      {"permute", "x, *dims", "the axes in another order", permute},
      {"squeeze", "x, dim=none", "without an axis of size 1, or all of them", squeeze},
      {"unsqueeze", "x, dim", "with a new axis of size 1", unsqueezeCall},
      {"expand", "x, *sizes", "axes of size 1 repeated, without copies in meaning", expand},
      {"repeat", "x, *repeats", "the tensor again and again along each axis", repeat},
      {"flip", "x, *dims", "axes in reverse order", flip},
      {"roll", "x, shifts, dims=none", "positions moved round along axes", roll},
      {"pad", "x, pad, mode=\"constant\", value=0.0", "values around; (left, right) of the last axis first",
       pad},
  };
  return table;
}

} // namespace rondo::sema
