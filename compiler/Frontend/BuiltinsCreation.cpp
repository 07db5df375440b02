// Functions that make tensors from sizes and numbers: zeros, arange, one_hot ...
#include "compiler/Frontend/EvaluatorImpl.h"
#include <cmath>

using namespace mlir;

namespace rondo::sema {

namespace {

// A shape that can be made: sizes not negative.
std::optional<Shape> legalShape(BuiltinCall &call, size_t i) {
  std::optional<Shape> shape = call.sizes(i);
  if (!shape)
    return std::nullopt;
  Size n(1);
  for (const Size &size : *shape) {
    if (size.isConstant() && size.constant() < 0) {
      call.errorAt(i, "a size cannot be negative, found " + size.str());
      return std::nullopt;
    }
    call.f().requireNonNegative(size, "`" + call.builtin.name + "`: the size " + size.str() + " is negative");
    n = n * size;
  }
  if (n.isTooLarge() || (n.isConstant() && n.constant() > maxSize)) {
    call.errorAt(i, "the tensor is too large: " + shapeString(*shape));
    return std::nullopt;
  }
  return shape;
}

template <int Number> Value constant(BuiltinCall &call) {
  std::optional<Shape> shape = legalShape(call, 0);
  std::optional<DType> dtype = call.dtype(1);
  if (!shape || !dtype)
    return Poison{};
  return filled(call.f(), Number, *dtype, *shape);
}

// A number, or a tensor of rank 0, everywhere.
Value full(BuiltinCall &call) {
  std::optional<Shape> shape = legalShape(call, 0);
  if (!shape)
    return Poison{};
  std::optional<DType> dtype;
  if (call.has(2) && !(dtype = call.dtype(2)))
    return Poison{};
  std::optional<Tensor> value = call.tensor(1);
  if (!value)
    return Poison{};
  if (value->rank() != 0) {
    call.errorAt(1, "`fill_value` must be a number or a tensor of rank 0, found " + value->str());
    return Poison{};
  }
  if (call[1].isNumber())
    return filled(call.f(), call[1], dtype.value_or(value->dtype), *shape);
  return broadcast(call.f(), convert(call.f(), *value, dtype.value_or(value->dtype)), *shape);
}

template <int Number> Value constantLike(BuiltinCall &call) {
  std::optional<Tensor> x = call.tensor(0);
  if (!x)
    return Poison{};
  std::optional<DType> dtype = x->dtype;
  if (call.has(1) && !(dtype = call.dtype(1)))
    return Poison{};
  return filled(call.f(), Number, *dtype, x->shape);
}

Value arange(BuiltinCall &call) {
  Value start = call.has(1) ? call[0] : Value(0), end = call.has(1) ? call[1] : call[0], step = call[2];
  std::optional<DType> dtype;
  if (call.has(3) && !(dtype = call.dtype(3)))
    return Poison{};
  FunctionEmitter &f = call.f();
  std::optional<Size> from = start.asSize(), to = end.asSize();
  const int64_t *by = step.get<int64_t>();
  if (from && to && by) {
    if (*by == 0) {
      call.errorAt(2, "the step cannot be 0");
      return Poison{};
    }
    Size span = *by > 0 ? *to - *from : *from - *to;
    int64_t stride = *by > 0 ? *by : -std::max(*by, -INT64_MAX);
    Size n = stride == 1 ? span : call.eval.sizes.floorDiv(span + Size(stride - 1), Size(stride));
    if (span.isConstant())
      n = call.eval.sizes.max(n, Size(0));
    else // so that arange(x.shape[0]) has the size of x, however that is written
      f.requireNonNegative(span, "`arange`: the end lies " + span.str() + " from the start");
    if (n.isTooLarge() || (n.isConstant() && n.constant() > maxSize)) {
      call.error("the tensor is too large");
      return Poison{};
    }
    Tensor indices = iota(f, n, *from, Size(*by));
    return dtype ? convert(f, indices, *dtype) : indices;
  }
  for (const Value *value : {&start, &end, &step})
    if (!value->isNumber() || value->is<bool>()) {
      call.error("the bounds must be ints (constants or sizes) or constant floats, found " +
                 value->describe());
      return Poison{};
    }
  double a = start.asDouble(), b = end.asDouble(), s = step.asDouble();
  double n = s == 0 ? 0 : std::ceil((b - a) / s);
  if (s == 0 || !(n <= double(maxSize))) {
    call.error(s == 0 ? "the step cannot be 0" : "the tensor is too large");
    return Poison{};
  }
  DType type = dtype.value_or(DType::F32);
  Formula index{f, convert(f, iota(f, Size(int64_t(std::max(n, 0.0))), Size(0), Size(1)), DType::F64)};
  return convert(f, (index * s + a).x, type);
}

// Whether column - row meets a condition, as bool[n, m]. Leading axes come by broadcasting.
Tensor diagonalMask(FunctionEmitter &f, const Size &n, const Size &m, ast::CompareOp op,
                    const Size &diagonal) {
  Shape shape = {n, m};
  Tensor row = broadcastAlong(f, iota(f, n, diagonal, Size(1)), shape, {0});
  Tensor column = broadcastAlong(f, iota(f, m, Size(0), Size(1)), shape, {1});
  return compare(f, op, column, row);
}

Value eye(BuiltinCall &call) {
  std::optional<Size> n = call.sizeArgument(0), m = call.has(1) ? call.sizeArgument(1) : n;
  std::optional<DType> dtype = call.dtype(2);
  if (!n || !m || !dtype)
    return Poison{};
  for (const Size &size : {*n, *m}) {
    if (size.isConstant() && (size.constant() < 0 || size.constant() > maxSize)) {
      call.error("the size " + size.str() + " is not possible");
      return Poison{};
    }
    call.f().requireNonNegative(size, "`eye`: the size " + size.str() + " is negative");
  }
  return convert(call.f(), diagonalMask(call.f(), *n, *m, ast::CompareOp::Eq, Size(0)), *dtype);
}

template <ast::CompareOp Op> Value triangle(BuiltinCall &call) {
  std::optional<Tensor> x = call.tensor(0);
  std::optional<Size> diagonal = x ? call.sizeArgument(1) : std::nullopt;
  if (!diagonal)
    return Poison{};
  if (x->rank() < 2) {
    call.errorAt(0, "a tensor of at least two axes is needed, found " + x->str());
    return Poison{};
  }
  FunctionEmitter &f = call.f();
  Tensor mask = diagonalMask(f, x->shape[x->rank() - 2], x->shape.back(), Op, *diagonal);
  return choose(f, broadcast(f, mask, x->shape), *x, filledLike(f, 0, *x));
}

Value oneHot(BuiltinCall &call) {
  std::optional<Tensor> x = call.tensor(0);
  std::optional<Size> n = x ? call.sizeArgument(1) : std::nullopt;
  if (!n)
    return Poison{};
  if (!isInteger(x->dtype)) {
    call.errorAt(0, "indices are integers, found " + x->str());
    return Poison{};
  }
  if (n->isConstant() && n->constant() < 0) {
    call.errorAt(1, "a size cannot be negative, found " + n->str());
    return Poison{};
  }
  FunctionEmitter &f = call.f();
  f.requireNonNegative(*n, "`one_hot`: the size " + n->str() + " is negative");
  Tensor indices = convert(f, *x, DType::I64);
  checkIndices(f, indices, *n, ("`one_hot`: an index is out of range: there are " + n->str() + " classes"));
  Shape shape = x->shape;
  shape.push_back(*n);
  Tensor classes = broadcastAlong(f, iota(f, *n, Size(0), Size(1)), shape, {x->rank()});
  Tensor rows = broadcastAlong(f, indices, shape, llvm::to_vector(llvm::seq<int64_t>(0, x->rank())));
  return convert(f, compare(f, ast::CompareOp::Eq, rows, classes), DType::I64);
}

} // namespace

ArrayRef<Builtin> creationBuiltins() {
  static const Builtin table[] = {
      {"zeros", "*size, dtype=f32", "a tensor of zeros", constant<0>},
      {"ones", "*size, dtype=f32", "a tensor of ones", constant<1>},
      {"full", "size, fill_value, dtype=none", "a tensor of one value", full},
      {"zeros_like", "x, dtype=none", "zeros in the shape of x", constantLike<0>},
      {"ones_like", "x, dtype=none", "ones in the shape of x", constantLike<1>},
      {"arange", "start, end=none, step=1, dtype=none", "start, start + step, ... below end", arange},
      {"eye", "n, m=none, dtype=f32", "the identity matrix", eye},
      {"tril", "x, diagonal=0", "x on and below a diagonal, 0 above it", triangle<ast::CompareOp::Le>},
      {"triu", "x, diagonal=0", "x on and above a diagonal, 0 below it", triangle<ast::CompareOp::Ge>},
      {"one_hot", "x, num_classes", "a new last axis, 1 at the class and 0 elsewhere", oneHot},
  };
  return table;
}

} // namespace rondo::sema
