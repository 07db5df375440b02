// Functions of elements: exp, relu, where ...
#include "compiler/Frontend/EvaluatorImpl.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include <cmath>

using namespace mlir;

namespace rondo::sema {

namespace {

// Runs in f32 what is an f16 or a bf16, and rounds once.
template <typename F> Tensor inWide(FunctionEmitter &f, const Tensor &x, F compute) {
  if (isHalf(x.dtype))
    return convert(f, compute(Formula{f, convert(f, x, DType::F32)}).x, x.dtype);
  return compute(Formula{f, x}).x;
}

Formula logistic(const Formula &x) { return 1.0 / (1.0 + (-x).unary<math::ExpOp>()); }

// A function of one float; `Fold` computes a constant.
template <typename F> Value unary(BuiltinCall &call, double (*fold)(double), F compute) {
  if (call[0].isNumber() && fold)
    return fold(call[0].asDouble());
  if (call[0].isOpen())
    return Poison{};
  std::optional<Tensor> x = call.floatTensor(0);
  if (!x)
    return Poison{};
  return inWide(call.f(), *x, compute);
}

template <typename Op> Value mathUnary(BuiltinCall &call, double (*fold)(double)) {
  return unary(call, fold, [](const Formula &x) { return x.unary<Op>(); });
}

template <typename Op, double (*Fold)(double)> Value simple(BuiltinCall &call) {
  return mathUnary<Op>(call, Fold);
}

double foldRsqrt(double x) { return 1.0 / std::sqrt(x); }
double foldSigmoid(double x) { return 1.0 / (1.0 + std::exp(-x)); }

Value sigmoid(BuiltinCall &call) { return unary(call, foldSigmoid, logistic); }

Value silu(BuiltinCall &call) {
  return unary(call, nullptr, [](const Formula &x) { return x * logistic(x); });
}

Value gelu(BuiltinCall &call) {
  std::optional<std::string> approximate = call.string(1);
  if (!approximate)
    return Poison{};
  if (*approximate != "none" && *approximate != "tanh") {
    call.errorAt(1, "`approximate` must be \"none\" or \"tanh\", found " + call[1].text());
    return Poison{};
  }
  if (*approximate == "tanh")
    return unary(call, nullptr, [](const Formula &x) {
      Formula inner = std::sqrt(2 / M_PI) * (x + 0.044715 * (x * x * x));
      return 0.5 * x * (1.0 + inner.unary<math::TanhOp>());
    });
  return unary(call, nullptr,
               [](const Formula &x) { return 0.5 * x * (1.0 + (x * M_SQRT1_2).unary<math::ErfOp>()); });
}

Formula pick(const Formula &x, const Tensor &condition, const Formula &a, const Formula &b) {
  return x.with(choose(x.f, condition, a.x, b.x));
}
Tensor above(const Formula &x, double bound) {
  return compare(x.f, ast::CompareOp::Gt, x.x, x.number(bound).x);
}

Value softplus(BuiltinCall &call) {
  std::optional<double> beta = call.number(1), threshold = call.number(2);
  if (!beta || !threshold)
    return Poison{};
  return unary(call, nullptr, [&](const Formula &x) {
    Formula scaled = *beta == 1.0 ? x : x * *beta;
    Formula soft = scaled.unary<math::ExpOp>().unary<math::Log1pOp>();
    return pick(x, above(scaled, *threshold), x, *beta == 1.0 ? soft : soft / *beta);
  });
}

Value elu(BuiltinCall &call) {
  std::optional<double> alpha = call.number(1);
  if (!alpha)
    return Poison{};
  return unary(call, nullptr, [&](const Formula &x) {
    return pick(x, above(x, 0.0), x, x.unary<math::ExpM1Op>() * *alpha);
  });
}

Value leakyRelu(BuiltinCall &call) {
  std::optional<double> slope = call.number(1);
  if (!slope)
    return Poison{};
  return unary(call, nullptr, [&](const Formula &x) { return pick(x, above(x, 0.0), x, x * *slope); });
}

//===----------------------------------------------------------------------===//
// Of any number
//===----------------------------------------------------------------------===//

std::optional<Tensor> numbers(BuiltinCall &call) {
  std::optional<Tensor> x = call.tensor(0);
  if (x && x->dtype == DType::Bool) {
    call.errorAt(0, "not defined for bool, found " + x->str());
    return std::nullopt;
  }
  return x;
}

Value relu(BuiltinCall &call) {
  std::optional<Tensor> x = numbers(call);
  return x ? Value(arithmetic(call.f(), Arithmetic::Max, *x, filledLike(call.f(), 0, *x))) : Value(Poison{});
}

Value neg(BuiltinCall &call) {
  if (call[0].asSize())
    return call.eval.arithmeticOf(Arithmetic::Sub, 0, call[0], call.range, call.range, call.rangeOf(0),
                                  "`neg`");
  if (const double *number = call[0].get<double>())
    return -*number;
  std::optional<Tensor> x = numbers(call);
  return x ? Value(negate(call.f(), *x)) : Value(Poison{});
}

Value abs(BuiltinCall &call) {
  if (const int64_t *integer = call[0].get<int64_t>())
    return *integer < 0 ? call.eval.arithmeticOf(Arithmetic::Sub, 0, call[0], call.range, call.range,
                                                 call.rangeOf(0), "`abs`")
                        : Value(*integer);
  if (const double *number = call[0].get<double>())
    return std::fabs(*number);
  std::optional<Tensor> x = numbers(call);
  return x ? Value(absolute(call.f(), *x)) : Value(Poison{});
}

Value sign(BuiltinCall &call) {
  std::optional<Tensor> x = numbers(call);
  if (!x)
    return Poison{};
  FunctionEmitter &f = call.f();
  Tensor zero = filledLike(f, 0, *x);
  Tensor positive = convert(f, compare(f, ast::CompareOp::Gt, *x, zero), x->dtype);
  Tensor negative = convert(f, compare(f, ast::CompareOp::Lt, *x, zero), x->dtype);
  return arithmetic(f, Arithmetic::Sub, positive, negative);
}

// Integers are whole already.
template <typename Op, double (*Fold)(double)> Value rounding(BuiltinCall &call) {
  if (call[0].is<int64_t>() || call[0].is<Size>())
    return call[0];
  const Tensor *x = call[0].get<Tensor>();
  if (x && isInteger(x->dtype))
    return *x;
  return mathUnary<Op>(call, Fold);
}

Value clamp(BuiltinCall &call) {
  if (!call.has(1) && !call.has(2)) {
    call.error("`min` or `max` must be given");
    return Poison{};
  }
  SmallVector<size_t> given = {0};
  for (size_t i : {1, 2})
    if (call.has(i))
      given.push_back(i);
  auto tensors = call.unify(given);
  if (!tensors)
    return Poison{};
  Tensor x = (*tensors)[0];
  size_t next = 1;
  if (call.has(1))
    x = arithmetic(call.f(), Arithmetic::Max, x, (*tensors)[next++]);
  if (call.has(2))
    x = arithmetic(call.f(), Arithmetic::Min, x, (*tensors)[next]);
  return x;
}

template <Arithmetic Op> Value binary(BuiltinCall &call) {
  return call.eval.arithmeticOf(Op, call[0], call[1], call.range, call.rangeOf(0), call.rangeOf(1),
                                ("`" + call.builtin.name + "`").str());
}

Value where(BuiltinCall &call) {
  const Tensor *condition = call[0].get<Tensor>();
  if (const bool *flag = call[0].get<bool>(); !flag && !(condition && condition->dtype == DType::Bool)) {
    call.errorAt(0, "the condition must be a bool tensor, found " + call[0].describe());
    return Poison{};
  }
  Evaluator::Operand values[] = {{&call[1], call.rangeOf(1)}, {&call[2], call.rangeOf(2)}};
  for (size_t i : {1, 2})
    if (!call[i].isArray()) {
      call.errorAt(i, "`" + call.nameOf(i) + "` must be a tensor or a number, found " + call[i].describe());
      return Poison{};
    }
  std::optional<DType> dtype = call.eval.promote(values, "`where`", call.range);
  if (!dtype)
    return Poison{};
  Evaluator::Operand all[] = {{&call[0], call.rangeOf(0)}, values[0], values[1]};
  auto tensors = call.eval.unify(all, "`where`", call.range, *dtype);
  if (!tensors)
    return Poison{};
  // The condition was cast with the others; its own bools again.
  FunctionEmitter &f = call.f();
  Tensor chosen = broadcast(f, call.eval.toTensor(call[0]), (*tensors)[0].shape);
  return choose(f, chosen, (*tensors)[1], (*tensors)[2]);
}

Value logaddexp(BuiltinCall &call) {
  auto tensors = call.unify({0, 1});
  if (!tensors)
    return Poison{};
  FunctionEmitter &f = call.f();
  DType dtype = isFloat((*tensors)[0].dtype) ? (*tensors)[0].dtype : DType::F32;
  DType wide = isHalf(dtype) ? DType::F32 : dtype;
  Formula a{f, convert(f, (*tensors)[0], wide)}, b{f, convert(f, (*tensors)[1], wide)};
  Formula distance = a.with(absolute(f, (a - b).x));
  Formula sum = a.apply(Arithmetic::Max, b) + (-distance).unary<math::ExpOp>().unary<math::Log1pOp>();
  Tensor equal = compare(f, ast::CompareOp::Eq, a.x, b.x); // two infinities have no distance
  return convert(f, pick(a, equal, a + M_LN2, sum).x, dtype);
}

} // namespace

ArrayRef<Builtin> elementwiseBuiltins() {
  static const Builtin table[] = {
      {"exp", "x", "e to the power of x", simple<math::ExpOp, std::exp>, true},
      {"log", "x", "the natural logarithm", simple<math::LogOp, std::log>, true},
      {"log1p", "x", "log(1 + x), exact for small x", simple<math::Log1pOp, std::log1p>, true},
      {"sqrt", "x", "the square root", simple<math::SqrtOp, std::sqrt>, true},
      {"rsqrt", "x", "1 / sqrt(x)", simple<math::RsqrtOp, foldRsqrt>, true},
      {"tanh", "x", "the hyperbolic tangent", simple<math::TanhOp, std::tanh>, true},
      {"erf", "x", "the error function", simple<math::ErfOp, std::erf>, true},
      {"sin", "x", "the sine", simple<math::SinOp, std::sin>, true},
      {"cos", "x", "the cosine", simple<math::CosOp, std::cos>, true},
      {"floor", "x", "the greatest integer that is not above x", rounding<math::FloorOp, std::floor>, true},
      {"ceil", "x", "the least integer that is not below x", rounding<math::CeilOp, std::ceil>, true},
      {"round", "x", "the nearest integer, ties to even", rounding<math::RoundEvenOp, std::nearbyint>, true},
      {"sigmoid", "x", "1 / (1 + exp(-x))", sigmoid, true},
      {"silu", "x", "x * sigmoid(x)", silu},
      {"gelu", "x, approximate=\"none\"",
       "x * Phi(x), Phi the normal distribution; approximate=\"tanh\" for the approximation", gelu},
      {"softplus", "x, beta=1.0, threshold=20.0", "log(1 + exp(beta * x)) / beta, x above the threshold",
       softplus},
      {"elu", "x, alpha=1.0", "x where positive, alpha * (exp(x) - 1) elsewhere", elu},
      {"leaky_relu", "x, negative_slope=0.01", "x where positive, negative_slope * x elsewhere", leakyRelu},
      {"relu", "x", "max(x, 0)", relu},
      {"neg", "x", "-x", neg, true},
      {"abs", "x", "the absolute value", abs, true},
      {"sign", "x", "-1, 0 or 1", sign},
      {"clamp", "x, min=none, max=none", "x, no less than min and no more than max", clamp},
      {"minimum", "x, other", "the lesser of two, element by element", binary<Arithmetic::Min>, true},
      {"maximum", "x, other", "the greater of two, element by element", binary<Arithmetic::Max>, true},
      {"pow", "x, exponent", "x to the power of the exponent, also x ** exponent", binary<Arithmetic::Pow>,
       true},
      {"where", "condition, x, y", "x where the condition is true, y elsewhere", where},
      {"logaddexp", "x, other", "log(exp(x) + exp(other)), stable", logaddexp},
  };
  return table;
}

} // namespace rondo::sema
