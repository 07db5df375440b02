// Reductions: sum, max, var ... `dim` is one axis, a list of them, or none for all.
#include "compiler/Frontend/EvaluatorImpl.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include <cmath>

using namespace mlir;

namespace rondo::sema {

namespace {

// The arguments `x, dim, keepdim` that all of them begin with.
struct Reduction {
  Tensor x;
  SmallVector<int64_t> axes;
  bool keep;

  // The number of elements that become one.
  Size count() const {
    Size n(1);
    for (int64_t axis : axes)
      n = n * x.shape[axis];
    return n;
  }
};

std::optional<Reduction> reduction(BuiltinCall &call, size_t keep = 2) {
  std::optional<Tensor> x = call.tensor(0);
  if (!x)
    return std::nullopt;
  auto axes = call.axes(1, x->rank());
  std::optional<bool> keepdim = call.flag(keep);
  if (!axes || !keepdim)
    return std::nullopt;
  return Reduction{*x, *axes, *keepdim};
}

bool needsFloat(BuiltinCall &call, const Tensor &x) {
  if (isFloat(x.dtype))
    return true;
  call.errorAt(0, "`" + call.nameOf(0) + "` must be a float tensor, found " + x.str() +
                      "; cast it, as in `f32(x)`");
  return false;
}

// An extremum of nothing is not defined.
bool needsElements(BuiltinCall &call, const Reduction &r) {
  Size n = call.f().facts.normalize(r.count());
  if (n.isConstant(0)) {
    call.error("there are no elements to reduce: " + call.eval.quote(call.rangeOf(0), "the tensor") + " is " +
               r.x.str());
    return false;
  }
  for (int64_t axis : r.axes)
    call.f().requireNonNegative(r.x.shape[axis] - Size(1),
                                "`" + call.builtin.name + "`: there are no elements to reduce along axis " +
                                    Twine(axis));
  return true;
}

// A count of elements as a float tensor of rank 0.
Tensor countTensor(FunctionEmitter &f, const Size &n, DType dtype) {
  return n.isConstant() ? filled(f, n.constant(), dtype, {}) : convert(f, sizeTensor(f, n), dtype);
}

template <ReduceKind Kind> Value total(BuiltinCall &call) {
  auto r = reduction(call);
  if (!r)
    return Poison{};
  std::optional<DType> dtype;
  if (call.has(3) && !(dtype = call.dtype(3)))
    return Poison{};
  if (!dtype && !isFloat(r->x.dtype))
    dtype = DType::I64;
  FunctionEmitter &f = call.f();
  return reduce(f, Kind, dtype ? convert(f, r->x, *dtype) : r->x, r->axes, r->keep);
}

Tensor meanOf(FunctionEmitter &f, const Tensor &x, ArrayRef<int64_t> axes, const Size &n, bool keep) {
  DType wide = isHalf(x.dtype) ? DType::F32 : x.dtype;
  Tensor sum = reduce(f, ReduceKind::Sum, convert(f, x, wide), axes, keep);
  Tensor by = broadcast(f, countTensor(f, n, wide), sum.shape);
  return convert(f, arithmetic(f, Arithmetic::Div, sum, by), x.dtype);
}

Value mean(BuiltinCall &call) {
  auto r = reduction(call);
  std::optional<DType> dtype;
  if (!r || (call.has(3) && !(dtype = call.dtype(3))))
    return Poison{};
  if (dtype)
    r->x = convert(call.f(), r->x, *dtype);
  if (!needsFloat(call, r->x))
    return Poison{};
  return meanOf(call.f(), r->x, r->axes, r->count(), r->keep);
}

template <bool Root> Value variance(BuiltinCall &call) {
  auto r = reduction(call, 3);
  std::optional<bool> unbiased = call.flag(2);
  if (!r || !unbiased || !needsFloat(call, r->x))
    return Poison{};
  std::optional<int64_t> correction = call.has(4) ? call.integer(4) : std::optional<int64_t>(*unbiased);
  if (!correction)
    return Poison{};
  FunctionEmitter &f = call.f();
  DType wide = isHalf(r->x.dtype) ? DType::F32 : r->x.dtype;
  Tensor x = convert(f, r->x, wide);
  Size n = r->count();
  Tensor mean = meanOf(f, x, r->axes, n, true);
  Formula centred{f, arithmetic(f, Arithmetic::Sub, x, broadcast(f, mean, x.shape))};
  Tensor sum = reduce(f, ReduceKind::Sum, (centred * centred).x, r->axes, r->keep);
  Size divisor = n - Size(*correction);
  if (!isNonNegative(divisor))
    divisor = call.eval.sizes.max(divisor, Size(0));
  Tensor by = broadcast(f, countTensor(f, divisor, wide), sum.shape);
  Formula result{f, arithmetic(f, Arithmetic::Div, sum, by)};
  return convert(f, Root ? result.unary<math::SqrtOp>().x : result.x, r->x.dtype);
}

// Of a tensor over axes; of two sizes or numbers, or two tensors, the elementwise one.
template <ReduceKind Kind> Value extremum(BuiltinCall &call) {
  constexpr bool isMax = Kind == ReduceKind::Max;
  bool isPair = call.has(1) && (!call[0].is<Tensor>() || call[1].is<Tensor>());
  if (isPair)
    return call.eval.arithmeticOf(isMax ? Arithmetic::Max : Arithmetic::Min, call[0], call[1], call.range,
                                  call.rangeOf(0), call.rangeOf(1), ("`" + call.builtin.name + "`").str());
  if (const List *list = call[0].get<List>(); list && !list->elements->empty()) {
    Value result = list->elements->front();
    for (const Value &element : llvm::drop_begin(*list->elements))
      result =
          call.eval.arithmeticOf(isMax ? Arithmetic::Max : Arithmetic::Min, result, element, call.range,
                                 call.rangeOf(0), call.rangeOf(0), ("`" + call.builtin.name + "`").str());
    return result;
  }
  if (call[0].asSize() || call[0].isNumber())
    return call[0];
  auto r = reduction(call);
  if (!r || !needsElements(call, *r))
    return Poison{};
  ReduceKind kind = r->x.dtype != DType::Bool ? Kind : isMax ? ReduceKind::Any : ReduceKind::All;
  return reduce(call.f(), kind, r->x, r->axes, r->keep);
}

template <ReduceKind Kind> Value place(BuiltinCall &call) {
  std::optional<Tensor> x = call.tensor(0);
  std::optional<bool> keep = call.flag(2);
  if (!x || !keep)
    return Poison{};
  FunctionEmitter &f = call.f();
  if (x->dtype == DType::Bool)
    x = convert(f, *x, DType::U8);
  Size n(1);
  for (const Size &size : x->shape)
    n = n * size;
  Reduction r{*x, {}, *keep};
  if (!call.has(1)) { // in the flattened tensor
    Shape units(x->rank(), Size(1));
    r = {reshape(f, *x, {n}), {0}, false};
    if (!needsElements(call, r))
      return Poison{};
    Tensor index = reduce(f, Kind, r.x, r.axes);
    return *keep ? reshape(f, index, units) : index;
  }
  if (x->rank() == 0)
    r.x = reshape(f, *x, {Size(1)});
  std::optional<int64_t> axis = call.axis(1, r.x.rank());
  if (!axis)
    return Poison{};
  r.axes = {*axis};
  if (!needsElements(call, r))
    return Poison{};
  return reduce(f, Kind, r.x, r.axes, *keep && x->rank() > 0);
}

template <ReduceKind Kind> Value truth(BuiltinCall &call) {
  auto r = reduction(call);
  return r ? Value(reduce(call.f(), Kind, convert(call.f(), r->x, DType::Bool), r->axes, r->keep))
           : Value(Poison{});
}

Value logsumexp(BuiltinCall &call) {
  auto r = reduction(call);
  if (!r || !needsFloat(call, r->x))
    return Poison{};
  FunctionEmitter &f = call.f();
  DType wide = isHalf(r->x.dtype) ? DType::F32 : r->x.dtype;
  Tensor x = convert(f, r->x, wide);
  Tensor most = reduce(f, ReduceKind::Max, x, r->axes, true);
  // An infinite maximum, as that of nothing is, would give inf - inf.
  Tensor infinite = compare(f, ast::CompareOp::Eq, absolute(f, most), filledLike(f, HUGE_VAL, most));
  most = choose(f, infinite, filledLike(f, 0.0, most), most);
  Formula shifted{f, arithmetic(f, Arithmetic::Sub, x, broadcast(f, most, x.shape))};
  Formula sum{f, reduce(f, ReduceKind::Sum, shifted.unary<math::ExpOp>().x, r->axes, true)};
  Tensor result = (sum.unary<math::LogOp>() + sum.with(most)).x;
  if (!r->keep) {
    Shape kept;
    for (auto [axis, size] : llvm::enumerate(r->x.shape))
      if (!llvm::is_contained(r->axes, int64_t(axis)))
        kept.push_back(size);
    result = reshape(f, result, kept);
  }
  return convert(f, result, r->x.dtype);
}

Value norm(BuiltinCall &call) {
  std::optional<Tensor> given = call.floatTensor(0);
  if (!given)
    return Poison{};
  auto axes = call.axes(2, given->rank());
  std::optional<bool> keep = call.flag(3);
  std::optional<double> p = call.number(1);
  if (!axes || !keep || !p)
    return Poison{};
  FunctionEmitter &f = call.f();
  Tensor x = convert(f, *given, isHalf(given->dtype) ? DType::F32 : given->dtype);
  Formula size{f, absolute(f, x)};
  Tensor result;
  if (std::isinf(*p)) {
    Reduction r{x, *axes, *keep};
    if (!needsElements(call, r))
      return Poison{};
    result = reduce(f, *p > 0 ? ReduceKind::Max : ReduceKind::Min, size.x, *axes, *keep);
  } else if (*p == 2.0) {
    result = size.with(reduce(f, ReduceKind::Sum, (size * size).x, *axes, *keep)).unary<math::SqrtOp>().x;
  } else if (*p == 1.0) {
    result = reduce(f, ReduceKind::Sum, size.x, *axes, *keep);
  } else if (*p == 0.0) {
    Tensor nonzero = convert(f, compare(f, ast::CompareOp::Ne, x, filledLike(f, 0.0, x)), x.dtype);
    result = reduce(f, ReduceKind::Sum, nonzero, *axes, *keep);
  } else {
    Tensor powers = arithmetic(f, Arithmetic::Pow, size.x, filledLike(f, *p, x));
    Tensor sum = reduce(f, ReduceKind::Sum, powers, *axes, *keep);
    result = arithmetic(f, Arithmetic::Pow, sum, filledLike(f, 1.0 / *p, sum));
  }
  return convert(f, result, given->dtype);
}

// A scan along the axis, which carries the sum.
Value cumsum(BuiltinCall &call) {
  std::optional<Tensor> x = call.tensor(0);
  std::optional<DType> dtype;
  if (!x || (call.has(2) && !(dtype = call.dtype(2))))
    return Poison{};
  std::optional<int64_t> axis = call.axis(1, std::max<int64_t>(x->rank(), 1));
  if (!axis)
    return Poison{};
  FunctionEmitter &f = call.f();
  DType result = dtype ? *dtype : isFloat(x->dtype) ? x->dtype : DType::I64;
  if (x->rank() == 0)
    return convert(f, *x, result);
  auto order = llvm::to_vector(llvm::seq<int64_t>(0, x->rank()));
  order.erase(order.begin() + *axis);
  order.insert(order.begin(), *axis);
  Tensor rows = transpose(f, convert(f, *x, isHalf(result) ? DType::F32 : result), order);
  Shape row(rows.shape.begin() + 1, rows.shape.end());
  Tensor zero = filled(f, 0, rows.dtype, row);

  Region region;
  Block *body = &region.emplaceBlock();
  body->addArguments({f.builder.getIndexType(), zero.value.getType(), zero.value.getType()},
                     SmallVector<Location>(3, f.loc));
  {
    OpBuilder::InsertionGuard guard(f.builder);
    f.builder.setInsertionPointToStart(body);
    Tensor element{body->getArgument(1), rows.dtype, row}, sum{body->getArgument(2), rows.dtype, row};
    mlir::Value next = arithmetic(f, Arithmetic::Add, sum, element).value;
    f.create<YieldOp>(ValueRange{next, next});
  }
  auto scan = f.create<ScanOp>(TypeRange{rows.value.getType(), zero.value.getType()}, f.size(rows.shape[0]),
                               ValueRange{rows.value}, ValueRange{zero.value}, /*reverse=*/false);
  scan.getBody().takeBody(region);
  SmallVector<int64_t> back(order.size());
  for (auto [to, from] : llvm::enumerate(order))
    back[from] = to;
  return convert(f, transpose(f, {scan->getResult(0), rows.dtype, rows.shape}, back), result);
}

} // namespace

ArrayRef<Builtin> reductionBuiltins() {
  static const Builtin table[] = {
      {"sum", "x, dim=none, keepdim=false, dtype=none", "the sum, of all or along axes",
       total<ReduceKind::Sum>},
      {"prod", "x, dim=none, keepdim=false, dtype=none", "the product, of all or along axes",
       total<ReduceKind::Prod>},
      {"mean", "x, dim=none, keepdim=false, dtype=none", "the mean, of all or along axes", mean},
      {"var", "x, dim=none, unbiased=true, keepdim=false, correction=none",
       "the variance, divided by n - correction (1 unless said)", variance<false>},
      {"std", "x, dim=none, unbiased=true, keepdim=false, correction=none", "the square root of the variance",
       variance<true>},
      {"max", "x, dim=none, keepdim=false", "the greatest value, of all or along axes",
       extremum<ReduceKind::Max>, true},
      {"min", "x, dim=none, keepdim=false", "the least value, of all or along axes",
       extremum<ReduceKind::Min>, true},
      {"argmax", "x, dim=none, keepdim=false", "the position of the greatest value, the first of several",
       place<ReduceKind::ArgMax>},
      {"argmin", "x, dim=none, keepdim=false", "the position of the least value, the first of several",
       place<ReduceKind::ArgMin>},
      {"any", "x, dim=none, keepdim=false", "whether one is true", truth<ReduceKind::Any>},
      {"all", "x, dim=none, keepdim=false", "whether all are true", truth<ReduceKind::All>},
      {"logsumexp", "x, dim, keepdim=false", "log(sum(exp(x))), stable", logsumexp},
      {"cumsum", "x, dim, dtype=none", "the sums up to each position of an axis", cumsum},
      {"norm", "x, p=2.0, dim=none, keepdim=false", "the p-norm of all or along axes", norm},
  };
  return table;
}

} // namespace rondo::sema
