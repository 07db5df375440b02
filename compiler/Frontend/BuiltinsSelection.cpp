// Functions that choose among the elements of rows: topk, sort, categorical.
#include "compiler/Frontend/EvaluatorImpl.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace rondo::sema {

namespace {

mlir::Value emptyTensor(FunctionEmitter &f, DType dtype, const Shape &shape) {
  return f.create<tensor::EmptyOp>(f.mixedSizes(shape), elementType(f.context(), dtype));
}

// The first k of each row along an axis, and their places.
Value firstOf(FunctionEmitter &f, const Tensor &x, int64_t axis, const Size &k, bool largest) {
  // The operation's integers are signed, of 8 bits at least.
  bool isNarrow = isUnsigned(x.dtype);
  Tensor wide = isNarrow ? convert(f, x, DType::I32) : x;
  Shape shape = x.shape;
  shape[axis] = k;
  auto op = f.create<TopkOp>(wide.value, emptyTensor(f, wide.dtype, shape), emptyTensor(f, DType::I64, shape),
                             axis, largest);
  Tensor values{op->getResult(0), wide.dtype, shape}, indices{op->getResult(1), DType::I64, shape};
  return Value::results({convert(f, values, x.dtype), indices});
}

// A number is the one element of its row.
Value ofScalar(FunctionEmitter &f, const Tensor &x) {
  return Value::results({x, filled(f, 0, DType::I64, {})});
}

Value topk(BuiltinCall &call) {
  std::optional<Tensor> x = call.tensor(0);
  std::optional<Size> k = x ? call.sizeArgument(1) : std::nullopt;
  std::optional<bool> largest = call.flag(3), sorted = call.flag(4);
  if (!k || !largest || !sorted)
    return Poison{};
  std::optional<int64_t> axis = call.axis(2, std::max<int64_t>(x->rank(), 1));
  if (!axis)
    return Poison{};
  FunctionEmitter &f = call.f();
  Size n = x->rank() ? x->shape[*axis] : Size(1);
  for (const Size &room : {*k, n - *k}) {
    Size known = f.facts.normalize(room);
    std::string message = "`k` is " + k->str() + ", out of range: axis " + std::to_string(*axis) + " of " +
                          x->str() + " has size " + n.str();
    if (known.isConstant() && known.constant() < 0) {
      call.errorAt(1, message);
      return Poison{};
    }
    f.requireNonNegative(room, "`topk`: " + message);
  }
  if (x->rank())
    return firstOf(f, *x, *axis, *k, *largest);
  if (k->isConstant(1))
    return ofScalar(f, *x);
  call.errorAt(1, "`k` of a tensor of rank 0 is 1, found " + k->str());
  return Poison{};
}

Value sort(BuiltinCall &call) {
  std::optional<Tensor> x = call.tensor(0);
  std::optional<bool> descending = call.flag(2), stable = call.flag(3); // it always is
  if (!x || !descending || !stable)
    return Poison{};
  std::optional<int64_t> axis = call.axis(1, std::max<int64_t>(x->rank(), 1));
  if (!axis)
    return Poison{};
  return x->rank() ? firstOf(call.f(), *x, *axis, x->shape[*axis], *descending) : ofScalar(call.f(), *x);
}

// One index for each row of logits; the rows are those of the last axis.
Value categorical(BuiltinCall &call) {
  std::optional<Tensor> logits = call.tensor(0), key = logits ? call.tensor(1) : std::nullopt;
  if (!key)
    return Poison{};
  if (!isFloat(logits->dtype) || logits->rank() == 0) {
    call.errorAt(0, "`logits` must be a float tensor [..., n], found " + logits->str());
    return Poison{};
  }
  if (key->rank() != 0 || key->dtype != DType::I64) {
    call.errorAt(1, "`key` must be an i64 of rank 0, found " + key->str());
    return Poison{};
  }
  FunctionEmitter &f = call.f();
  int64_t axis = logits->rank() - 1;
  if (f.facts.normalize(logits->shape[axis]).isConstant(0)) {
    call.errorAt(0, "there is nothing to draw from: `logits` is " + logits->str());
    return Poison{};
  }
  f.requireNonNegative(logits->shape[axis] - Size(1), "`categorical`: there is nothing to draw from");
  Tensor x = convert(f, *logits, DType::F32);
  mlir::Value probabilities = f.create<SoftmaxOp>(x.value, axis, /*log=*/false);
  Shape rows(x.shape.begin(), x.shape.end() - 1);
  return Tensor{f.create<CategoricalOp>(f.type(DType::I64, rows), probabilities, key->value), DType::I64,
                rows};
}

} // namespace

ArrayRef<Builtin> selectionBuiltins() {
  static const Builtin table[] = {
      {"topk", "x, k, dim=-1, largest=true, sorted=true",
       "the k greatest values of an axis and their positions, in order", topk},
      {"sort", "x, dim=-1, descending=false, stable=false",
       "the values of an axis in order, and their positions; ties keep theirs", sort},
      {"categorical", "logits, key",
       "one class a row, drawn with the probabilities softmax(logits); Philox, row r by (key, r)",
       categorical},
  };
  return table;
}

} // namespace rondo::sema
