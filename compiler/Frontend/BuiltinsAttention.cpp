// attention: softmax(score(scale * q k^T) where mask) v.
//
// The operation has four axes, [B, H, T, D]: all leading axes are one. Lambdas,
// biases and masks are written into its two regions, see PairEmitter.h.
#include "compiler/Frontend/EvaluatorImpl.h"
#include "compiler/Frontend/PairEmitter.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include <cmath>

using namespace mlir;

namespace rondo::sema {

namespace {

// The arguments of a call.
enum Argument : size_t {
  Q,
  K,
  V,
  ScaleArg,
  Causal,
  ScoreArg,
  BiasArg,
  MaskArg,
  QStart,
  ReturnWeights,
  DropoutArg
};

/// What q, k and v are, brought to four axes and to the type that is computed in.
struct Operands {
  Tensor q, k, v;
  LogitSizes sizes;
  Shape output; // with the leading axes
  DType dtype;  // of q, k and v as they were given
};

// The size that says more, of two that are equal.
Size known(const Size &a, const Size &b) { return b.isConstant() ? b : a; }

// `1 head`, `H heads`
std::string number(const Size &size, StringRef noun) {
  return size.str() + " " + noun.str() + (size.isConstant(1) ? "" : "s");
}

std::optional<Operands> operands(BuiltinCall &call) {
  std::optional<Tensor> q = call.tensor(Q), k = call.tensor(K), v = call.tensor(V);
  if (!q || !k || !v)
    return std::nullopt;
  auto fail = [&](const Twine &why) {
    Diagnostic &diagnostic =
        call.error(why + ": `q` is " + q->str() + ", `k` is " + k->str() + ", `v` is " + v->str());
    for (size_t i : {Q, K, V})
      Evaluator::noteOrigin(diagnostic, call[i], call.eval.quote(call.rangeOf(i), call.nameOf(i)),
                            call.rangeOf(i));
    return std::nullopt;
  };
  auto fromEnd = [](const Tensor &x, int64_t n) -> const Size & { return x.shape[x.rank() - n]; };
  auto same = [&](const Size &a, const Size &b) { return call.eval.sameSize(a, b); };

  for (const Tensor *x : {&*q, &*k, &*v})
    if (x->rank() < 3 || x->rank() != q->rank())
      return fail("`q` must be [..., H, Tq, D], `k` [..., Hk, Tk, D] and `v` [..., Hk, Tk, Dv]");
  if (q->dtype != k->dtype || k->dtype != v->dtype)
    return fail("the element types differ (a product does not promote; cast one of them)");
  if (!isFloat(q->dtype))
    return fail("the elements must be floats");
  LogitSizes sizes;
  for (int64_t i = 0, n = q->rank() - 3; i < n; ++i) {
    if (!same(q->shape[i], k->shape[i]) || !same(q->shape[i], v->shape[i]))
      return fail("the sizes of axis " + Twine(i) + ", before the heads, differ");
    sizes.lead.push_back(known(known(q->shape[i], k->shape[i]), v->shape[i]));
  }
  if (!same(fromEnd(*k, 3), fromEnd(*v, 3)))
    return fail("`k` has " + number(fromEnd(*k, 3), "head") + ", `v` has " + fromEnd(*v, 3).str());
  if (!same(fromEnd(*k, 2), fromEnd(*v, 2)))
    return fail("`k` has " + number(fromEnd(*k, 2), "key") + ", `v` has " + number(fromEnd(*v, 2), "value"));
  if (!same(fromEnd(*q, 1), fromEnd(*k, 1)))
    return fail("`q` has " + number(fromEnd(*q, 1), "feature") + " a head, `k` has " + fromEnd(*k, 1).str());

  FunctionEmitter &f = call.f();
  Size keyHeads = known(fromEnd(*k, 3), fromEnd(*v, 3)), features = known(fromEnd(*q, 1), fromEnd(*k, 1));
  sizes.heads = fromEnd(*q, 3);
  sizes.queries = fromEnd(*q, 2);
  sizes.keys = known(fromEnd(*k, 2), fromEnd(*v, 2));
  Size heads = f.facts.normalize(sizes.heads), group = f.facts.normalize(keyHeads);
  std::string why =
      "`q` has " + number(heads, "head") + ", no multiple of the " + group.str() + " of `k` and `v`";
  if (heads.isConstant() && group.isConstant()) {
    if (!call.eval.sizes.mod(heads, group).isConstant(0) || (group.isConstant(0) && !heads.isConstant(0)))
      return fail(why);
  } else if (!same(heads, group) && !heads.dividedExactly(group)) {
    SmallVector<Size, 2> loops = f.loops;
    loops.push_back(heads); // 0 is a multiple of 0
    f.require({Precondition::Divisible, heads, group, loops, "`attention`: " + why, f.loc});
    f.facts.addDivisible(heads, group);
  }

  DType wide = isHalf(q->dtype) ? DType::F32 : q->dtype;
  Size batch = sizes.batch(), valueFeatures = fromEnd(*v, 1);
  auto four = [&](const Tensor &x, const Size &heads, const Size &length, const Size &features) {
    Shape given = x.shape, leads = sizes.lead;
    leads.append({heads, length, features});
    return reshape(f, convert(f, conform(f, x, leads), wide), {batch, heads, length, features});
  };
  Operands operands{four(*q, sizes.heads, sizes.queries, features),
                    four(*k, keyHeads, sizes.keys, features),
                    four(*v, keyHeads, sizes.keys, valueFeatures),
                    sizes,
                    sizes.lead,
                    q->dtype};
  operands.output.append({sizes.heads, sizes.queries, valueFeatures});
  return operands;
}

//===----------------------------------------------------------------------===//
// scale, q_start
//===----------------------------------------------------------------------===//

// One over the root of the number of features, or what is given; a scalar.
mlir::Value scaleOf(BuiltinCall &call, const Size &features, DType dtype) {
  FunctionEmitter &f = call.f();
  const Value &given = call[ScaleArg];
  const Tensor *tensor = given.get<Tensor>();
  Tensor scale;
  if (!call.has(ScaleArg) && features.isConstant()) {
    double root = std::sqrt(double(std::max<int64_t>(features.constant(), 1)));
    return f.create<arith::ConstantOp>(f.builder.getFloatAttr(elementType(f.context(), dtype), 1.0 / root));
  }
  if (!call.has(ScaleArg)) {
    Formula n{f, convert(f, sizeTensor(f, call.eval.sizes.max(features, Size(1))), dtype)};
    scale = (1.0 / n.unary<math::SqrtOp>()).x;
  } else if (given.is<double>() || given.is<int64_t>()) {
    return f.create<arith::ConstantOp>(
        f.builder.getFloatAttr(elementType(f.context(), dtype), given.asDouble()));
  } else if (given.is<Size>() || (tensor && tensor->rank() == 0 && tensor->dtype != DType::Bool)) {
    scale = convert(f, call.eval.toTensor(given), dtype);
  } else {
    call.errorAt(ScaleArg, "`scale` must be a number or a tensor of rank 0, found " + given.describe());
    return {};
  }
  return f.create<tensor::ExtractOp>(scale.value, ValueRange{});
}

// What is added to the query's index.
std::optional<Tensor> startOf(BuiltinCall &call) {
  const Value &given = call[QStart];
  const Tensor *tensor = given.get<Tensor>();
  if (given.asSize() || (tensor && tensor->rank() == 0 && isInteger(tensor->dtype)))
    return convert(call.f(), call.eval.toTensor(given), DType::I64);
  call.errorAt(QStart, "`q_start` must be an int or an integer tensor of rank 0, found " + given.describe());
  return std::nullopt;
}

//===----------------------------------------------------------------------===//
// Tensors over pairs
//===----------------------------------------------------------------------===//

// A tensor that broadcasts to the logits, without its axes of size 1.
struct Spread {
  Tensor x;
  bool wholeLead = false;    // its leading axes are all there, as one
  SmallVector<int64_t> axes; // of the logits, that are x's; behind the whole lead
  const LogitSizes *sizes;
};

std::optional<Spread> spread(BuiltinCall &call, size_t i, const Tensor &x, const LogitSizes &sizes) {
  Shape full = sizes.shape();
  int64_t added = int64_t(full.size()) - x.rank(), leads = sizes.lead.size();
  bool fits = added >= 0;
  Spread result{x, false, {}, &sizes};
  for (int64_t axis = 0; fits && axis < x.rank(); ++axis) {
    bool isOne = x.shape[axis].isConstant(1);
    fits = isOne || call.eval.sameSize(x.shape[axis], full[axis + added]);
    if (!isOne)
      result.axes.push_back(axis + added);
  }
  if (!fits) {
    call.errorAt(i, "`" + call.nameOf(i) + "` is " + x.str() + ", which does not broadcast to the logits, " +
                        shapeString(full));
    return std::nullopt;
  }
  // Several leading axes are one if none is missing.
  FunctionEmitter &f = call.f();
  auto isLead = [&](int64_t axis) { return axis < leads; };
  int64_t present = llvm::count_if(result.axes, isLead);
  int64_t wanted = llvm::count_if(sizes.lead, [](const Size &size) { return !size.isConstant(1); });
  result.wholeLead = present > 0 && present == wanted;
  Shape shape;
  if (result.wholeLead) {
    shape.push_back(sizes.batch());
    llvm::erase_if(result.axes, isLead);
  }
  for (int64_t axis : result.axes)
    shape.push_back(full[axis]);
  Shape kept;
  for (auto [axis, size] : llvm::enumerate(x.shape))
    kept.push_back(size.isConstant(1) ? size : full[axis + added]);
  result.x = reshape(f, conform(f, x, kept), shape);
  return result;
}

std::optional<Spread> biasOf(BuiltinCall &call, const Operands &x) {
  DType logits = x.q.dtype;
  std::optional<Tensor> given = call.tensor(BiasArg);
  if (given && call[BiasArg].isNumber())
    given = call.eval.toTensor(call[BiasArg], logits);
  if (given && given->dtype != x.dtype && given->dtype != logits) {
    call.errorAt(BiasArg, "`bias` is added to logits of " + spelling(logits) + " and must be " +
                              spelling(x.dtype) + ", found " + given->str() +
                              (given->dtype == DType::Bool ? "; `mask` takes bools" : ""));
    return std::nullopt;
  }
  return given ? spread(call, BiasArg, *given, x.sizes) : std::nullopt;
}

// Of a mask that is no lambda.
std::optional<Spread> maskOf(BuiltinCall &call, const LogitSizes &sizes) {
  const Tensor *given = call[MaskArg].get<Tensor>();
  if (call[MaskArg].is<bool>() || (given && given->dtype == DType::Bool))
    return spread(call, MaskArg, call.eval.toTensor(call[MaskArg]), sizes);
  call.errorAt(MaskArg, "`mask` must be a bool tensor, true where the query sees the key, or a lambda as in "
                        "`|i, j| j <= i`, found " +
                            call[MaskArg].describe() +
                            (given && isFloat(given->dtype) ? "; `bias` is added" : ""));
  return std::nullopt;
}

// Its element at the pair, in a region.
Tensor elementOf(FunctionEmitter &f, const Spread &spread, const PairEmitter &pairs) {
  ArrayRef<Tensor> indices = ArrayRef(pairs.arguments).take_back(4);
  int64_t leads = spread.sizes->lead.size();
  auto at = [&](const Tensor &index) -> mlir::Value {
    mlir::Value number = f.create<tensor::ExtractOp>(index.value, ValueRange{});
    return f.create<arith::IndexCastOp>(f.builder.getIndexType(), number);
  };
  SmallVector<mlir::Value> place;
  if (spread.wholeLead)
    place.push_back(at(indices[0]));
  for (int64_t axis : spread.axes) {
    if (axis >= leads) {
      place.push_back(at(indices[1 + axis - leads]));
      continue;
    }
    // b = (... * size + index) * behind + rest
    Size behind(1);
    for (const Size &size : ArrayRef(spread.sizes->lead).drop_front(axis + 1))
      behind = behind * size;
    Tensor index = indices[0];
    if (!behind.isConstant(1))
      index = arithmetic(f, Arithmetic::FloorDiv, index, sizeTensor(f, behind));
    if (axis > 0)
      index = arithmetic(f, Arithmetic::Mod, index, sizeTensor(f, spread.sizes->lead[axis]));
    place.push_back(at(index));
  }
  mlir::Value element = f.create<tensor::ExtractOp>(spread.x.value, place);
  return {f.create<tensor::FromElementsOp>(f.type(spread.x.dtype, {}), element), spread.x.dtype, {}};
}

//===----------------------------------------------------------------------===//
// Lambdas
//===----------------------------------------------------------------------===//

bool isLambda(BuiltinCall &call, size_t i, size_t most, StringRef example, StringRef arguments) {
  const Closure *closure = call[i].get<Closure>();
  std::string name = "`" + call.nameOf(i).str() + "`";
  if (!closure) {
    bool isFunction = call[i].is<FunctionRef>() || call[i].is<BuiltinRef>() || call[i].is<Bound>();
    call.errorAt(i, name + " must be a lambda, as in `" + example + "`, found " + call[i].describe() +
                        (isFunction ? ": call it in a lambda" : ""));
    return false;
  }
  size_t given = closure->lambda->parameters.size();
  if (given <= most)
    return true;
  call.errorAt(i, "the lambda of " + name + " takes at most " + count(most, "argument") + ", `" + arguments +
                      "`, found " + Twine(given));
  return false;
}

// The lambda's value for a pair. `indices`: b, h, i, j, the last of which it takes; before them the logit.
Value callLambda(BuiltinCall &call, size_t i, std::optional<Tensor> logit, ArrayRef<Tensor> indices) {
  size_t n = call[i].get<Closure>()->lambda->parameters.size();
  SmallVector<CallArgument> arguments;
  if (logit && n) {
    arguments.push_back({*logit, SourceRange(), {}});
    --n;
  }
  for (const Tensor &index : indices.take_back(n))
    arguments.push_back({index, SourceRange(), {}});
  return call.eval.callValue(call[i], arguments, call.range, "the lambda");
}

SourceRange bodyOf(BuiltinCall &call, size_t i) { return call[i].get<Closure>()->lambda->body->range; }

std::optional<Tensor> scored(BuiltinCall &call, const Tensor &logit, ArrayRef<Tensor> indices) {
  Value value = callLambda(call, ScoreArg, logit, indices);
  if (value.isPoison())
    return std::nullopt;
  const Tensor *tensor = value.get<Tensor>();
  if (value.is<int64_t>() || value.is<double>())
    return call.eval.toTensor(value, logit.dtype);
  if (tensor && tensor->rank() == 0 && tensor->dtype == logit.dtype)
    return *tensor;
  bool isCast = tensor && tensor->rank() == 0 && tensor->dtype != DType::Bool;
  call.eval.error(bodyOf(call, ScoreArg),
                  "`attention`: `score` must give a logit, " + logit.str() +
                      " as its first argument is, found " + value.describe() +
                      (isCast ? "; cast it, as in `" + spelling(logit.dtype).str() + "(x)`" : ""));
  return std::nullopt;
}

std::optional<Tensor> visible(BuiltinCall &call, ArrayRef<Tensor> indices) {
  Value value = callLambda(call, MaskArg, std::nullopt, indices);
  if (value.isPoison())
    return std::nullopt;
  const Tensor *tensor = value.get<Tensor>();
  if (value.is<bool>())
    return call.eval.toTensor(value);
  if (tensor && tensor->rank() == 0 && tensor->dtype == DType::Bool)
    return *tensor;
  call.eval.error(bodyOf(call, MaskArg),
                  "`attention`: `mask` must give a bool, whether the query sees the key, found " +
                      value.describe());
  return std::nullopt;
}

//===----------------------------------------------------------------------===//
// The call
//===----------------------------------------------------------------------===//

Value attention(BuiltinCall &call) {
  std::optional<Operands> x = operands(call);
  std::optional<bool> causal = call.flag(Causal), wantsWeights = call.flag(ReturnWeights);
  std::optional<double> p = call.number(DropoutArg);
  if (!x || !causal || !wantsWeights || !p)
    return Poison{};
  if (!(*p >= 0 && *p <= 1)) { // it acts in `train`
    call.errorAt(DropoutArg, "`dropout` is a probability, found " + call[DropoutArg].text());
    return Poison{};
  }
  FunctionEmitter &f = call.f();
  const LogitSizes &sizes = x->sizes;
  DType dtype = x->q.dtype;
  mlir::Value scale = scaleOf(call, x->q.shape[3], dtype);
  std::optional<Size> firstQuery = call[QStart].asSize();
  std::optional<Tensor> start;
  if (!firstQuery || !firstQuery->isConstant(0))
    start = startOf(call);
  bool ok = scale && (start || firstQuery);

  std::optional<Spread> bias, mask;
  if (call.has(BiasArg))
    ok &= (bias = biasOf(call, *x)).has_value();
  bool maskLambda = call[MaskArg].is<Closure>();
  if (call.has(MaskArg) && !maskLambda)
    ok &= (mask = maskOf(call, sizes)).has_value();
  if (call.has(ScoreArg))
    ok &= isLambda(call, ScoreArg, 5, "|s, i, j| s - f32(i - j)", "|s, b, h, i, j|");
  if (maskLambda)
    ok &= isLambda(call, MaskArg, 4, "|i, j| j <= i", "|b, h, i, j|");
  if (!ok)
    return Poison{};

  // What a lambda sees: i from `q_start` on.
  auto indicesIn = [&](PairEmitter &pairs) {
    SmallVector<Tensor, 4> indices(ArrayRef(pairs.arguments).take_back(4));
    if (start)
      indices[2] = arithmetic(f, Arithmetic::Add, indices[2], *start);
    if (start && firstQuery)
      pairs.bound(indices[2], *firstQuery, *firstQuery + sizes.queries - Size(1));
    return indices;
  };
  PairEmitter score(f, "score", sizes, dtype), sees(f, "mask", sizes, std::nullopt);
  SmallVector<Region *> regions;
  if (call.has(ScoreArg) || bias) {
    auto visit = score.enter();
    std::optional<Tensor> logit = score.arguments[0];
    if (call.has(ScoreArg))
      logit = scored(call, *logit, indicesIn(score));
    if (logit && bias)
      logit = arithmetic(f, Arithmetic::Add, *logit, convert(f, elementOf(f, *bias, score), dtype));
    if (logit)
      score.yield(*logit);
    ok &= logit.has_value();
    regions.push_back(&score.region);
  }
  if (*causal || call.has(MaskArg)) {
    auto visit = sees.enter();
    std::optional<Tensor> all;
    auto both = [&](std::optional<Tensor> one) {
      ok &= one.has_value();
      if (one)
        all = all ? logicalAnd(f, *all, *one) : *one;
    };
    SmallVector<Tensor, 4> indices = indicesIn(sees);
    if (*causal)
      both(compare(f, ast::CompareOp::Le, indices[3], indices[2]));
    if (mask)
      both(elementOf(f, *mask, sees));
    if (maskLambda)
      both(visible(call, indices));
    if (ok)
      sees.yield(*all);
    regions.push_back(&sees.region);
  }
  if (!ok)
    return Poison{};
  for (PairEmitter *pairs : {&score, &sees})
    if (llvm::is_contained(regions, &pairs->region))
      pairs->hoist();

  Size batch = sizes.batch();
  auto empty = [&](const Shape &shape) -> mlir::Value {
    return f.create<tensor::EmptyOp>(f.mixedSizes(shape), elementType(f.context(), dtype));
  };
  Shape outputShape{batch, sizes.heads, sizes.queries, x->v.shape[3]},
      weightsShape{batch, sizes.heads, sizes.queries, sizes.keys};
  mlir::Value output = empty(outputShape), weights;
  if (*wantsWeights)
    weights = empty(weightsShape);
  auto op = f.create<AttentionOp>(scale, x->q.value, x->k.value, x->v.value, ValueRange(), output, weights);
  if (llvm::is_contained(regions, &score.region))
    op.getScore().takeBody(score.region);
  if (llvm::is_contained(regions, &sees.region))
    op.getMask().takeBody(sees.region);
  capture(op);

  auto result = [&](unsigned n, const Shape &four, const Shape &shape) -> Value {
    return convert(f, reshape(f, {op->getResult(n), dtype, four}, shape), x->dtype);
  };
  Values results = {result(0, outputShape, x->output)};
  if (*wantsWeights)
    results.push_back(result(1, weightsShape, sizes.shape()));
  return Value::results(std::move(results));
}

} // namespace

ArrayRef<Builtin> attentionBuiltins() {
  static const Builtin table[] = {
      {"attention",
       "q, k, v, scale=none, causal=false, score=none, bias=none, mask=none, q_start=0, "
       "return_weights=false, dropout=0.0",
       "softmax(scale * q k^T) v, head by head; score and bias change logits, masks hide pairs", attention},
  };
  return table;
}

} // namespace rondo::sema
