// Products, softmax, normalisation, embedding.
#include "compiler/Frontend/EvaluatorImpl.h"
#include "llvm/ADT/StringExtras.h"
#include <limits>

using namespace mlir;

namespace rondo::sema {

namespace {

bool needsFloat(BuiltinCall &call, size_t i, const Tensor &x) {
  if (isFloat(x.dtype))
    return true;
  call.errorAt(i, "`" + call.nameOf(i) + "` must be a float tensor, found " + x.str() +
                      "; cast it, as in `f32(x)`");
  return false;
}

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//

Value matmulCall(BuiltinCall &call) {
  return call.eval.matmul(call[0], call[1], call.range, call.rangeOf(0), call.rangeOf(1), "`matmul`");
}

Value bmm(BuiltinCall &call) {
  std::optional<Tensor> a = call.tensor(0), b = a ? call.tensor(1) : std::nullopt;
  if (!b)
    return Poison{};
  if (a->rank() != 3 || b->rank() != 3 || !call.eval.sameSize(a->shape[0], b->shape[0])) {
    call.error("two tensors [B, n, k] and [B, k, m] are needed, found " + a->str() + " and " + b->str());
    return Poison{};
  }
  return call.eval.matmul(call[0], call[1], call.range, call.rangeOf(0), call.rangeOf(1), "`bmm`");
}

// x [..., in], weight [out, in] or [in], bias [out].
Value linear(BuiltinCall &call) {
  std::optional<Tensor> x = call.tensor(0), w = x ? call.tensor(1) : std::nullopt;
  if (!w)
    return Poison{};
  auto fail = [&](const Twine &why) -> Value {
    Diagnostic &diagnostic = call.error(why + ": `x` is " + x->str() + ", `weight` is " + w->str());
    for (size_t i : {0, 1})
      Evaluator::noteOrigin(diagnostic, call[i], call.eval.quote(call.rangeOf(i), call.nameOf(i)),
                            call.rangeOf(i));
    return Poison{};
  };
  if (x->rank() == 0 || w->rank() == 0 || w->rank() > 2)
    return fail("`x` must be [..., in_features] and `weight` [out_features, in_features]");
  if (x->dtype != w->dtype)
    return fail("the element types differ (a product does not promote; cast one of them)");
  if (x->dtype == DType::Bool)
    return fail("a product of bools is not defined");
  if (!call.eval.sameSize(x->shape.back(), w->shape.back()))
    return fail("`x` must have " + w->shape.back().str() + " features, found " + x->shape.back().str());
  if (x->rank() > 20)
    return fail("there are too many axes");
  std::string batch;
  for (int64_t i = 0; i + 1 < x->rank(); ++i)
    batch += batchLetters[i];
  bool vector = w->rank() == 1;
  Shape shape(x->shape.begin(), x->shape.end() - 1);
  if (!vector)
    shape.push_back(w->shape[0]);
  FunctionEmitter &f = call.f();
  Shape wShape = w->shape;
  wShape.back() = x->shape.back();
  Tensor y =
      contract(f, batch + "k," + (vector ? "k" : "nk") + "->" + batch + (vector ? "" : "n"), *x, *w, shape);
  if (!call.has(2))
    return y;
  std::optional<Tensor> bias = call.tensor(2);
  if (!bias)
    return Poison{};
  Shape features = vector ? Shape() : Shape{shape.back()};
  if (bias->dtype != y.dtype || !call.eval.sameShape(bias->shape, features)) {
    call.errorAt(2, "`bias` must be " + spelling(y.dtype) + (vector ? "[]" : shapeString(features)) +
                        ", found " + bias->str());
    return Poison{};
  }
  return arithmetic(f, Arithmetic::Add, y, broadcast(f, *bias, y.shape));
}

//===----------------------------------------------------------------------===//
// einsum
//===----------------------------------------------------------------------===//

// An operand with a letter for each axis.
struct Term {
  std::string letters;
  Tensor tensor;
};

// Sums over the axes whose letters `keep` does not hold.
Term reduceTo(FunctionEmitter &f, const Term &term, llvm::function_ref<bool(char)> keep) {
  SmallVector<int64_t> axes;
  std::string letters;
  for (auto [axis, letter] : llvm::enumerate(term.letters))
    if (keep(letter))
      letters += letter;
    else
      axes.push_back(axis);
  return axes.empty() ? term : Term{letters, reduce(f, ReduceKind::Sum, term.tensor, axes)};
}

// Repeated letters of an operand: its diagonal, by way of the flattened axes.
Term diagonal(FunctionEmitter &f, Term term) {
  for (size_t i = 0; i < term.letters.size(); ++i) {
    size_t j = term.letters.find(term.letters[i], i + 1);
    if (j == std::string::npos)
      continue;
    Tensor &x = term.tensor;
    SmallVector<int64_t> order;
    for (int64_t axis = 0; axis < x.rank(); ++axis)
      if (axis != int64_t(i) && axis != int64_t(j))
        order.push_back(axis);
    std::string letters;
    for (int64_t axis : order)
      letters += term.letters[axis];
    letters.insert(letters.begin(), term.letters[i]);
    order.insert(order.begin(), {int64_t(i), int64_t(j)});
    Tensor moved = transpose(f, x, order);
    Size n = moved.shape[0];
    Shape flat = {n * n}, result = {n};
    flat.append(moved.shape.begin() + 2, moved.shape.end());
    result.append(moved.shape.begin() + 2, moved.shape.end());
    Tensor places = iota(f, n, Size(0), n + Size(1));
    Tensor rows = reshape(f, moved, flat);
    mlir::Value value = f.create<GatherOp>(f.type(x.dtype, result), rows.value, places.value, 0);
    term = {letters, {value, x.dtype, result}};
    i = size_t(-1); // once more from the start
  }
  return term;
}

Value einsum(BuiltinCall &call) {
  std::optional<std::string> given = call.string(0);
  auto operands = given ? call.tensors(1) : std::nullopt;
  if (!operands)
    return Poison{};
  std::string equation = llvm::join(llvm::split(*given, ' '), "");
  auto fail = [&](const Twine &why) -> Value {
    std::string list;
    for (const Tensor &operand : *operands)
      list += (list.empty() ? "" : ", ") + operand.str();
    call.error(why + ", in " + call[0].text() + " of " + list);
    return Poison{};
  };
  auto [inputs, output] = StringRef(equation).split("->");
  bool hasOutput = StringRef(equation).contains("->");
  SmallVector<StringRef> words;
  inputs.split(words, ',');
  if (words.size() != operands->size())
    return fail("there are " + Twine(words.size()) + " groups of letters for " + Twine(operands->size()) +
                " operands");

  // `...` stands for letters that the equation does not use, the last of them for the last axis.
  std::string unused;
  for (char letter = 'A'; letter <= 'z'; ++letter)
    if (llvm::isAlpha(letter) && !StringRef(equation).contains(letter))
      unused += letter;
  size_t most = 0;
  std::vector<Term> terms;
  for (auto [word, operand] : llvm::zip(words, *operands)) {
    auto [before, after] = word.split("...");
    if (!llvm::all_of((before + after).str(), [](char c) { return llvm::isAlpha(c); }))
      return fail("only letters and `...` stand for axes");
    bool rest = word.contains("...");
    size_t letters = before.size() + after.size();
    if (rest ? operand.rank() < int64_t(letters) : operand.rank() != int64_t(letters))
      return fail("`" + word + "` has " + count(letters, "letter") + ", its operand has rank " +
                  Twine(operand.rank()));
    size_t dots = operand.rank() - letters;
    if (dots > unused.size())
      return fail("there are too many letters");
    most = std::max(most, dots);
    terms.push_back({before.str() + unused.substr(unused.size() - dots) + after.str(), operand});
  }
  std::string dots = unused.substr(unused.size() - most), result;
  if (hasOutput) {
    auto [before, after] = output.split("...");
    result = before.str() + (output.contains("...") ? dots : "") + after.str();
  } else { // behind `...`, letters that stand once, in order
    std::string all;
    for (const Term &term : terms)
      all += term.letters;
    for (char letter = 'A'; letter <= 'z'; ++letter)
      if (llvm::isAlpha(letter) && llvm::count(all, letter) == 1 && !StringRef(dots).contains(letter))
        result += letter;
    result = dots + result;
  }

  // Sizes of letters; 1 broadcasts.
  FunctionEmitter &f = call.f();
  llvm::SmallDenseMap<char, Size> sizes;
  for (Term &term : terms)
    for (auto [letter, size] : llvm::zip(term.letters, term.tensor.shape)) {
      auto [place, isNew] = sizes.try_emplace(letter, size);
      if (isNew || size.isConstant(1) || call.eval.sameSize(place->second, size))
        continue;
      if (!place->second.isConstant(1))
        return fail(("the sizes of `" + Twine(letter) + "` differ: ").str() + place->second.str() + " and " +
                    size.str());
      place->second = size;
    }
  for (size_t i = 0; i < result.size(); ++i) {
    if (!sizes.count(result[i]))
      return fail("`" + Twine(result[i]) + "` stands in no operand");
    if (result.find(result[i], i + 1) != std::string::npos)
      return fail("`" + Twine(result[i]) + "` stands twice in the result");
  }
  DType dtype = terms[0].tensor.dtype;
  for (Term &term : terms) {
    if (term.tensor.dtype != dtype)
      return fail("the element types differ (a product does not promote; cast one of them)");
    if (dtype == DType::Bool)
      return fail("a product of bools is not defined");
    term = diagonal(f, term);
    Shape shape;
    std::string letters;
    for (auto [letter, size] : llvm::zip(term.letters, term.tensor.shape)) {
      if (size.isConstant(1) && !sizes[letter].isConstant(1))
        continue;
      shape.push_back(size);
      letters += letter;
    }
    term = {letters, reshape(f, term.tensor, shape)};
  }

  // From the left, two at a time; a letter goes as soon as nothing later needs it.
  Term now = terms[0];
  for (size_t next = 1; next <= terms.size(); ++next) {
    auto needed = [&](char letter) {
      if (StringRef(result).contains(letter))
        return true;
      return llvm::any_of(ArrayRef(terms).drop_front(std::min(next + 1, terms.size())),
                          [&](const Term &term) { return StringRef(term.letters).contains(letter); });
    };
    if (next == terms.size()) {
      now = reduceTo(f, now, needed);
      break;
    }
    const Term &other = terms[next];
    Term left = reduceTo(f, now, [&](char c) { return needed(c) || StringRef(other.letters).contains(c); });
    Term right = reduceTo(f, other, [&](char c) { return needed(c) || StringRef(now.letters).contains(c); });
    std::string all = left.letters + right.letters, letters;
    if (next + 1 == terms.size()) { // the last product comes out in order
      for (char letter : result)
        if (StringRef(all).contains(letter))
          letters += letter;
    } else {
      for (char letter : all)
        if (needed(letter) && !StringRef(letters).contains(letter))
          letters += letter;
    }
    Shape shape = llvm::map_to_vector<3>(letters, [&](char letter) { return sizes[letter]; });
    std::string product = left.letters + "," + right.letters + "->" + letters;
    now = {letters, contract(f, product, left.tensor, right.tensor, shape)};
  }
  // The result's order, and axes that every operand had as 1 or that only broadcast.
  SmallVector<int64_t> permutation, own;
  Shape shape, present;
  for (auto [axis, letter] : llvm::enumerate(result)) {
    shape.push_back(sizes[letter]);
    size_t from = now.letters.find(letter);
    if (from == std::string::npos)
      continue;
    permutation.push_back(from);
    own.push_back(axis);
  }
  Tensor ordered = transpose(f, now.tensor, permutation);
  return own.size() == result.size() ? ordered : broadcastAlong(f, ordered, shape, own);
}

//===----------------------------------------------------------------------===//
// softmax, normalisation
//===----------------------------------------------------------------------===//

template <bool Log> Value softmax(BuiltinCall &call) {
  std::optional<Tensor> x = call.tensor(0);
  std::optional<DType> dtype;
  if (!x || (call.has(2) && !(dtype = call.dtype(2))))
    return Poison{};
  if (dtype)
    x = convert(call.f(), *x, *dtype);
  if (!needsFloat(call, 0, *x))
    return Poison{};
  std::optional<int64_t> axis = call.axis(1, x->rank());
  if (!axis)
    return Poison{};
  return Tensor{call.f().create<SoftmaxOp>(x->value, *axis, Log), x->dtype, x->shape};
}

// The last axes, as many as `normalized_shape` names and of these sizes.
std::optional<int64_t> normalizedRank(BuiltinCall &call, const Tensor &x) {
  std::optional<Shape> sizes = call.sizes(1);
  if (!sizes)
    return std::nullopt;
  int64_t n = sizes->size();
  if (n == 0 || n > x.rank() || !call.eval.sameShape(*sizes, ArrayRef(x.shape).take_back(n))) {
    call.error("the last axes of `x` must be " + shapeString(*sizes) + ", found " + x.str());
    return std::nullopt;
  }
  return n;
}

// Scale and shift over the last axes.
std::optional<Tensor> affine(BuiltinCall &call, Tensor y, size_t i, int64_t rank, Arithmetic op) {
  if (!call.has(i))
    return y;
  std::optional<Tensor> w = call.tensor(i);
  if (!w)
    return std::nullopt;
  if (!call.eval.sameShape(w->shape, ArrayRef(y.shape).take_back(rank)) || w->dtype != y.dtype) {
    call.errorAt(i, "`" + call.nameOf(i) + "` must be " + spelling(y.dtype) +
                        shapeString(ArrayRef(y.shape).take_back(rank)) + ", found " + w->str());
    return std::nullopt;
  }
  return arithmetic(call.f(), op, y, broadcast(call.f(), *w, y.shape));
}

template <NormKind Kind> Value normalize(BuiltinCall &call) {
  std::optional<Tensor> x = call.tensor(0);
  if (!x || !needsFloat(call, 0, *x))
    return Poison{};
  std::optional<int64_t> rank = normalizedRank(call, *x);
  if (!rank)
    return Poison{};
  size_t epsAt = Kind == NormKind::Layer ? 4 : 3;
  // That of the type it is computed in: halves in f32.
  double machine =
      x->dtype == DType::F64 ? std::numeric_limits<double>::epsilon() : std::numeric_limits<float>::epsilon();
  std::optional<double> eps = call.has(epsAt) ? call.number(epsAt) : machine;
  if (!eps)
    return Poison{};
  if (!(*eps >= 0) || std::isinf(*eps)) {
    call.errorAt(epsAt, "`eps` must be finite and not negative, found " + call[epsAt].text());
    return Poison{};
  }
  std::optional<Tensor> y =
      Tensor{call.f().create<NormalizeOp>(Kind, x->value, *rank, llvm::APFloat(*eps)), x->dtype, x->shape};
  y = affine(call, *y, 2, *rank, Arithmetic::Mul);
  if (y && Kind == NormKind::Layer)
    y = affine(call, *y, 3, *rank, Arithmetic::Add);
  return y ? Value(*y) : Value(Poison{});
}

//===----------------------------------------------------------------------===//
// embedding, dropout
//===----------------------------------------------------------------------===//

Value embedding(BuiltinCall &call) {
  std::optional<Tensor> x = call.tensor(0), w = x ? call.tensor(1) : std::nullopt;
  if (!w)
    return Poison{};
  if (!isInteger(x->dtype)) {
    call.errorAt(0, "indices are integers (i64), found " + x->str());
    return Poison{};
  }
  if (w->rank() != 2) {
    call.errorAt(1, "`weight` must be [num_embeddings, embedding_dim], found " + w->str());
    return Poison{};
  }
  return gather(call.f(), *w, *x, 0, "embedding");
}

Value dropout(BuiltinCall &call) {
  std::optional<Tensor> x = call.tensor(0);
  std::optional<double> p = call.number(1);
  if (!x || !p)
    return Poison{};
  if (!(*p >= 0 && *p <= 1)) {
    call.errorAt(1, "`p` is a probability, found " + call[1].text());
    return Poison{};
  }
  return *x; // it acts in `train`
}

Value detach(BuiltinCall &call) {
  std::optional<Tensor> x = call.tensor(0);
  return x ? Value(*x) : Value(Poison{});
}

} // namespace

ArrayRef<Builtin> neuralBuiltins() {
  static const Builtin table[] = {
      {"matmul", "x, other", "the matrix product, batched as in NumPy; also x @ other", matmulCall},
      {"bmm", "x, mat2", "the matrix product of each pair of a batch", bmm},
      {"einsum", "equation, *operands", "products and sums by an equation, \"bik,bkj->bij\"", einsum},
      {"linear", "x, weight, bias=none", "x times the transposed weight, plus bias", linear},
      {"softmax", "x, dim, dtype=none", "exp(x) / sum(exp(x)) along an axis", softmax<false>},
      {"log_softmax", "x, dim, dtype=none", "log(softmax(x)) along an axis, stable", softmax<true>},
      {"layer_norm", "x, normalized_shape, weight=none, bias=none, eps=1e-5",
       "(x - mean) / sqrt(var + eps) over the last axes, times weight, plus bias",
       normalize<NormKind::Layer>},
      {"rms_norm", "x, normalized_shape, weight=none, eps=none",
       "x / sqrt(mean(x ** 2) + eps) over the last axes, times weight", normalize<NormKind::Rms>},
      {"embedding", "x, weight", "the rows of a table that x names", embedding},
      {"dropout", "x, p=0.5", "zeroes elements with probability p in `train`, else the identity", dropout},
      {"detach", "x", "x, through which no gradient flows", detach},
  };
  return table;
}

} // namespace rondo::sema
