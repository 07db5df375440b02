// Functions that join tensors and part them: concat, stack, split, chunk, narrow.
#include "compiler/Frontend/EvaluatorImpl.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;

namespace rondo::sema {

namespace {

//===----------------------------------------------------------------------===//
// Joining
//===----------------------------------------------------------------------===//

// Brings a list of tensors to one element type.
std::optional<SmallVector<Tensor>> parts(BuiltinCall &call) {
  auto tensors = call.tensors(0);
  if (!tensors)
    return std::nullopt;
  SmallVector<Evaluator::Operand> operands;
  std::vector<Value> values(tensors->begin(), tensors->end());
  for (const Value &value : values)
    operands.push_back({&value, call.rangeOf(0)});
  std::optional<DType> dtype = call.eval.promote(operands, ("`" + call.builtin.name + "`").str(), call.range);
  if (!dtype)
    return std::nullopt;
  for (Tensor &tensor : *tensors)
    tensor = convert(call.f(), tensor, *dtype);
  return tensors;
}

Value join(BuiltinCall &call, SmallVector<Tensor> tensors, int64_t axis) {
  const Tensor &first = tensors[0];
  for (const Tensor &other : ArrayRef(tensors).drop_front()) {
    bool fits = other.rank() == first.rank();
    for (int64_t i = 0; fits && i < first.rank(); ++i)
      fits = i == axis || call.eval.sameSize(first.shape[i], other.shape[i]);
    if (!fits) {
      call.errorAt(0, "the shapes must be equal but for axis " + Twine(axis) + ": found " + first.str() +
                          " and " + other.str());
      return Poison{};
    }
  }
  return concat(call.f(), tensors, axis);
}

Value concatenate(BuiltinCall &call) {
  auto tensors = parts(call);
  if (!tensors)
    return Poison{};
  if ((*tensors)[0].rank() == 0) {
    call.errorAt(0, "tensors of rank 0 cannot be concatenated; `stack` joins them");
    return Poison{};
  }
  std::optional<int64_t> axis = call.axis(1, (*tensors)[0].rank());
  return axis ? join(call, *tensors, *axis) : Value(Poison{});
}

// A list of ints and floats as one constant; nothing if it holds anything else.
std::optional<Tensor> stackNumbers(BuiltinCall &call) {
  const List *list = call[0].get<List>();
  auto isNumber = [](const Value &value) { return value.is<int64_t>() || value.is<double>(); };
  if (!list || list->elements->empty() || !llvm::all_of(*list->elements, isNumber))
    return std::nullopt;
  FunctionEmitter &f = call.f();
  bool isInteger = llvm::all_of(*list->elements, [](const Value &value) { return value.is<int64_t>(); });
  DType dtype = isInteger ? DType::I64 : DType::F32;
  Type type = elementType(f.context(), dtype);
  SmallVector<Attribute> numbers;
  for (const Value &value : *list->elements)
    numbers.push_back(isInteger ? Attribute(f.builder.getI64IntegerAttr(*value.get<int64_t>()))
                                : f.builder.getFloatAttr(type, value.asDouble()));
  Shape shape = {Size(int64_t(numbers.size()))};
  return Tensor{f.create<arith::ConstantOp>(DenseElementsAttr::get(f.type(dtype, shape), numbers)), dtype,
                shape};
}

Value stack(BuiltinCall &call) {
  if (std::optional<Tensor> numbers = stackNumbers(call))
    return call.axis(1, 1) ? Value(*numbers) : Value(Poison{});
  auto tensors = parts(call);
  if (!tensors)
    return Poison{};
  std::optional<int64_t> axis = call.axis(1, (*tensors)[0].rank() + 1);
  if (!axis)
    return Poison{};
  for (const Tensor &other : *tensors)
    if (!call.eval.sameShape((*tensors)[0].shape, other.shape)) {
      call.errorAt(0, "the shapes must be equal: found " + (*tensors)[0].str() + " and " + other.str());
      return Poison{};
    }
  for (Tensor &tensor : *tensors)
    tensor = unsqueeze(call.f(), tensor, *axis);
  return join(call, *tensors, *axis);
}

//===----------------------------------------------------------------------===//
// Parting
//===----------------------------------------------------------------------===//

Value cut(BuiltinCall &call, const Tensor &x, int64_t axis, ArrayRef<Size> lengths) {
  Values values;
  Size offset(0);
  for (const Size &length : lengths) {
    values.push_back(narrow(call.f(), x, axis, offset, length));
    offset = offset + length;
  }
  return Value::list(std::move(values));
}

Value split(BuiltinCall &call) {
  std::optional<Tensor> x = call.tensor(0);
  std::optional<int64_t> axis = x ? call.axis(2, x->rank()) : std::nullopt;
  if (!axis)
    return Poison{};
  const Size &n = x->shape[*axis];
  Shape lengths;
  if (call[1].is<List>()) {
    std::optional<Shape> sizes = call.sizes(1);
    if (!sizes)
      return Poison{};
    Size sum(0);
    for (const Size &size : *sizes) {
      if (size.isConstant() && size.constant() < 0) {
        call.errorAt(1, "a length cannot be negative, found " + size.str());
        return Poison{};
      }
      call.f().requireNonNegative(size, "`split`: the length " + size.str() + " is negative");
      sum = sum + size;
    }
    if (!call.eval.sameSize(sum, n)) {
      call.error("the lengths " + shapeString(*sizes) + " add up to " + sum.str() + ", but axis " +
                 Twine(*axis) + " of " + x->str() + " has size " + n.str());
      return Poison{};
    }
    lengths = *sizes;
  } else {
    std::optional<int64_t> length = call.integer(1);
    if (!length)
      return Poison{};
    if (*length <= 0) {
      call.errorAt(1, "a length must be positive, found " + Twine(*length));
      return Poison{};
    }
    if (!n.isConstant()) {
      if (!n.hasHyper())
        call.error("the number of parts must be known when compiled; axis " + Twine(*axis) + " of " +
                   x->str() + " has size " + n.str() + ": give a list of lengths, or reshape");
      return Poison{};
    }
    if (n.constant() / *length > maxListLength) {
      call.error("more than " + Twine(maxListLength) + " parts");
      return Poison{};
    }
    for (int64_t at = 0; at < n.constant() || at == 0; at += *length)
      lengths.push_back(Size(std::min(*length, n.constant() - at)));
  }
  return cut(call, *x, *axis, lengths);
}

Value chunk(BuiltinCall &call) {
  std::optional<Tensor> x = call.tensor(0);
  std::optional<int64_t> chunks = x ? call.integer(1) : std::nullopt;
  std::optional<int64_t> axis = chunks ? call.axis(2, x->rank()) : std::nullopt;
  if (!axis)
    return Poison{};
  if (*chunks <= 0 || *chunks > maxListLength) {
    call.errorAt(1, "`chunks` must be positive and at most " + Twine(maxListLength) + ", found " +
                        Twine(*chunks));
    return Poison{};
  }
  Size n = call.f().facts.normalize(x->shape[*axis]);
  Shape lengths;
  if (n.isConstant()) {
    int64_t each = std::max<int64_t>(1, (n.constant() + *chunks - 1) / *chunks);
    if (n.constant() == 0)
      lengths.assign(*chunks, Size(0));
    for (int64_t at = 0; at < n.constant(); at += each)
      lengths.push_back(Size(std::min(each, n.constant() - at)));
  } else if (std::optional<Size> each = n.dividedExactly(Size(*chunks))) {
    lengths.assign(*chunks, *each);
  } else {
    if (!n.hasHyper())
      call.error("axis " + Twine(*axis) + " of " + x->str() + " has size " + n.str() +
                 ", which is not known to be a " + "multiple of " + Twine(*chunks) + "; `require " + n.str() +
                 " % " + Twine(*chunks) + " == 0` makes it known");
    return Poison{};
  }
  return cut(call, *x, *axis, lengths);
}

Value narrowCall(BuiltinCall &call) {
  std::optional<Tensor> x = call.tensor(0);
  std::optional<int64_t> axis = x ? call.axis(1, x->rank()) : std::nullopt;
  std::optional<Size> length = axis ? call.sizeArgument(3) : std::nullopt;
  if (!length)
    return Poison{};
  FunctionEmitter &f = call.f();
  const Size &n = x->shape[*axis];
  auto within = [&](const Size &room, const Twine &what) {
    Size normal = f.facts.normalize(room);
    if (normal.isConstant() && normal.constant() < 0) {
      call.error(what + " of axis " + Twine(*axis) + " of " + x->str());
      return false;
    }
    f.requireNonNegative(room, "`narrow`: " + what + " of an axis of size " + n.str());
    return true;
  };
  if (!within(*length, "a negative length") || !within(n - *length, "the part is longer than the size"))
    return Poison{};
  if (std::optional<Size> start = call[2].asSize()) {
    if (start->isConstant() && start->constant() < 0)
      start = n + *start;
    if (!within(*start, "the part begins before the start") ||
        !within(n - *start - *length, "the part ends behind the end"))
      return Poison{};
    return narrow(f, *x, *axis, *start, *length);
  }
  const Tensor *start = call[2].get<Tensor>();
  if (!start || start->rank() != 0 || !isInteger(start->dtype)) {
    call.errorAt(2, "`start` must be an int or an integer tensor of rank 0, found " + call[2].describe());
    return Poison{};
  }
  // Checked when run, and clamped.
  mlir::Value offset = checkedOffset(f, *start, n - *length,
                                     "`narrow`: `start` is out of range: the axis has size " + n.str());
  SmallVector<OpFoldResult> offsets(x->rank(), f.builder.getIndexAttr(0)),
      steps(x->rank(), f.builder.getIndexAttr(1));
  offsets[*axis] = offset;
  Shape shape = x->shape;
  shape[*axis] = *length;
  mlir::Value part = f.extractSlice(x->dtype, shape, x->value, offsets, f.mixedSizes(shape), steps);
  return Tensor{part, x->dtype, shape};
}

} // namespace

ArrayRef<Builtin> joinBuiltins() {
  static const Builtin table[] = {
      {"concat", "tensors, dim=0", "tensors one after the other along an axis", concatenate},
      {"stack", "tensors, dim=0", "tensors along a new axis", stack},
      {"split", "x, split_size_or_sections, dim=0", "pieces of given sizes along an axis", split},
      {"chunk", "x, chunks, dim=0", "as many pieces along an axis, of one size but the last", chunk},
      {"narrow", "x, dim, start, length", "`length` positions of an axis from `start`", narrowCall},
  };
  return table;
}

} // namespace rondo::sema
