// Weights and states of a model: their types, first values and keys.
#include "compiler/Frontend/EvaluatorImpl.h"
#include <cmath>

using namespace mlir;

namespace rondo::sema {

// The numbers of inputs and outputs of a weight as torch.nn.init counts them.
static std::pair<double, double> fans(ArrayRef<Size> shape) {
  double receptive = 1;
  for (const Size &size : shape.drop_front(std::min<size_t>(2, shape.size())))
    receptive *= double(size.constant());
  double out = shape.empty() ? 1 : double(shape[0].constant());
  double in = shape.size() < 2 ? out : double(shape[1].constant());
  return {in * receptive, out * receptive};
}

bool isDistribution(StringRef name) {
  return name == "uniform" || name == "normal" || name == "xavier_uniform" || name == "kaiming_uniform";
}

// The row of a weight that is zeros at first, -1: none.
std::optional<int64_t> Evaluator::evalZeroRow(const CallArgument &argument, ArrayRef<Size> shape) {
  if (argument.value.isNone() || argument.value.isOpen())
    return -1;
  const int64_t *row = argument.value.get<int64_t>();
  if (!row) {
    error(argument.range, "`zero_row` must be an int or `none`, found " + argument.value.describe());
    return std::nullopt;
  }
  if (!shape.empty() && !shape.front().isConstant())
    return -1;
  int64_t rows = shape.empty() ? 0 : shape.front().constant();
  if (*row < -rows || *row >= rows) {
    error(argument.range, "`zero_row` must be a row of " + shapeString(shape) + ", found " + Twine(*row));
    return std::nullopt;
  }
  return *row < 0 ? *row + rows : *row;
}

// zeros, ones, full(v), uniform(lo, hi), normal(mean, std, zero_row), xavier_uniform, kaiming_uniform(a).
std::optional<InitAttr> Evaluator::evalInit(const ast::VariableDecl &decl, DType dtype,
                                            ArrayRef<Size> shape) {
  const ast::Expr *init = decl.init.get();
  auto *call = dyn_cast<ast::CallExpr>(init);
  auto *word = dyn_cast<ast::NameExpr>(call ? call->callee.get() : init);
  static constexpr StringLiteral known[] = {"zeros",  "ones",           "full",           "uniform",
                                            "normal", "xavier_uniform", "kaiming_uniform"};
  if (!word) {
    if (init->kind != ast::Expr::Kind::Error)
      error(init->range, "the initial values of a weight are `zeros`, `ones`, `full(v)`, `uniform(lo, hi)`, "
                         "`normal(mean, std)`, `xavier_uniform` or `kaiming_uniform(a)`");
    return std::nullopt;
  }
  struct Row {
    StringRef name;
    SmallVector<StringRef> parameters;
    SmallVector<bool> optional;
  };
  const Row rows[] = {{"zeros", {}, {}},
                      {"ones", {}, {}},
                      {"full", {"v"}, {false}},
                      {"uniform", {"lo", "hi"}, {true, true}},
                      {"normal", {"mean", "std", "zero_row"}, {true, true, true}},
                      {"xavier_uniform", {}, {}},
                      {"kaiming_uniform", {"a"}, {true}}};
  const Row *row = llvm::find_if(rows, [&](const Row &r) { return r.name == word->name; });
  if (row == std::end(rows)) {
    std::optional<Value> other = lookup(word->name);
    Diagnostic &diagnostic = error(word->range, "unknown initial value `" + word->name + "`")
                                 .suggest(nearestName(word->name, llvm::to_vector_of<StringRef>(known)));
    diagnostic.note(
        "the initial values are `zeros`, `ones`, `full(v)`, `uniform(lo, hi)`, `normal(mean, std)`, "
        "`xavier_uniform`, `kaiming_uniform(a)`");
    return std::nullopt;
  }
  SmallVector<CallArgument> arguments;
  if (call)
    for (const ast::Argument &argument : call->arguments)
      arguments.push_back({evalSingle(*argument.value), argument.value->range, argument.name});
  auto order = matchArguments("`" + word->name.str() + "`", row->parameters, row->optional, arguments,
                              init->range, SourceRange());
  if (!order)
    return std::nullopt;
  std::optional<double> numbers[2];
  int64_t zeroRow = -1;
  for (auto [i, from] : llvm::enumerate(*order)) {
    if (from < 0)
      continue;
    const Value &value = arguments[from].value;
    if (value.isPoison())
      return std::nullopt;
    if (row->parameters[i] == "zero_row") {
      std::optional<int64_t> given = evalZeroRow(arguments[from], shape);
      if (!given)
        return std::nullopt;
      zeroRow = *given;
      continue;
    }
    bool fills = word->name == "full", isTruth = value.is<bool>() && fills && dtype == DType::Bool;
    if (!value.isNumber() || (value.is<bool>() && !isTruth)) {
      error(arguments[from].range, "`" + row->parameters[i] + "` of `" + word->name +
                                       "` must be a number, found " + value.describe());
      return std::nullopt;
    }
    numbers[i] = value.asDouble();
    const int64_t *integer = value.get<int64_t>();
    // A module keeps an f64.
    bool isHeld = !integer || (holds(dtype, *integer) && (isFloat(dtype) || llvm::isIntN(54, *integer)));
    if (fills && (!isHeld || (value.is<double>() && !isFloat(dtype)))) {
      error(arguments[from].range, "`" + spelling(dtype) + "` cannot be " + value.describe());
      return std::nullopt;
    }
    if (!fills && !std::isfinite(*numbers[i])) {
      error(arguments[from].range,
            "`" + row->parameters[i] + "` of `" + word->name + "` must be finite, found " + value.describe());
      return std::nullopt;
    }
  }
  auto refuse = [&](const Twine &message) {
    error(init->range, message);
    return std::nullopt;
  };
  Builder builder(&context);
  auto make = [&](InitKind kind, double a, double b) {
    return InitAttr::get(&context, kind, builder.getF64FloatAttr(a), builder.getF64FloatAttr(b), zeroRow);
  };
  auto [in, out] = fans(shape);
  StringRef name = word->name;
  if (name == "zeros" || name == "ones")
    return make(InitKind::Constant, name == "ones", 0);
  if (name == "full")
    return make(InitKind::Constant, *numbers[0], 0);
  if (name == "uniform" && numbers[1].value_or(1.0) < numbers[0].value_or(0.0))
    return refuse("`lo` of `uniform` is greater than `hi`");
  if (name == "normal" && numbers[1].value_or(1.0) < 0)
    return refuse("`std` of `normal` is negative");
  if (name == "uniform")
    return make(InitKind::Uniform, numbers[0].value_or(0.0), numbers[1].value_or(1.0));
  if (name == "normal")
    return make(InitKind::Normal, numbers[0].value_or(0.0), numbers[1].value_or(1.0));
  double bound;
  if (name == "xavier_uniform")
    bound = in + out > 0 ? std::sqrt(6.0 / (in + out)) : 0.0;
  else
    bound = in > 0 ? std::sqrt(6.0 / ((1 + numbers[0].value_or(0.0) * numbers[0].value_or(0.0)) * in)) : 0.0;
  return make(InitKind::Uniform, -bound, bound);
}

void Evaluator::refuseKey(const ast::VariableDecl &decl) {
  error(decl.spelling->range,
        "the key of `" + decl.name.text + "` is empty, which only that of a module can be");
}

void Evaluator::addVariable(const ast::VariableDecl &decl, Instance &instance) {
  StringRef name = decl.name.text;
  auto fail = [&] {
    instance.names[name] = Poison{};
    instance.failed = true;
  };
  bool isParam = decl.role == ast::VariableDecl::Role::Param;
  bool isState = decl.role == ast::VariableDecl::Role::State;
  std::optional<TypeSpec> type = resolveType(*decl.type, false);
  if (!type)
    return fail();
  if (type->kind != TypeSpec::Tensor || (isParam && !isFloat(type->dtype))) {
    error(decl.type->range, (isParam   ? "a `param` must be a tensor of floats, found "
                             : isState ? "a `state` must be a tensor, found "
                                       : "a `buffer` must be a tensor, found ") +
                                quoteType(*type));
    return fail();
  }
  if (isState) {
    if (!addState(decl, type->dtype, instance))
      fail();
    return;
  }
  std::optional<Shape> sizes = evalShape(*type);
  if (!sizes)
    return fail();
  for (const Size &size : *sizes) {
    if (!size.isConstant() && !size.hasHyper()) {
      error(decl.type->range, "the shape of a weight must be constant, found " + shapeString(*sizes));
      return fail();
    }
  }
  std::optional<InitAttr> init = evalInit(decl, type->dtype, *sizes);
  std::optional<std::string> segment = decl.spelling ? evalSpelling(*decl.spelling) : name.str();
  if (!init || !segment)
    return fail();
  if (!isFloat(type->dtype) && init->getKind() != InitKind::Constant) {
    error(decl.init->range,
          "the initial values of " + spelling(type->dtype) + " must be `zeros`, `ones` or `full(v)`");
    return fail();
  }

  auto weight = std::make_unique<Weight>();
  weight->decl = &decl;
  weight->key = joinKey(instance.key, *segment);
  if (weight->key.empty())
    return refuseKey(decl), fail();
  weight->dtype = type->dtype;
  weight->shape = *sizes;
  weight->init = *init;
  // A module of the library is the binding of its user.
  const Instance *bound = &instance;
  while (bound->owner && bound->owner->model.file->isLibrary)
    bound = bound->owner;
  bool ofLibrary = instance.model.file->isLibrary && bound->range.isValid();
  weight->place = ofLibrary ? bound->range : decl.name.range;
  auto [place, isNew] = weightsByKey.try_emplace(weight->key, weight.get());
  if (!isNew) {
    // Told once for each place that binds the second one.
    SourceRange at = ofLibrary                                                  ? bound->range
                     : instance.range.isValid() && place->second->decl == &decl ? instance.range
                                                                                : decl.range;
    if (toldTwice.insert(std::make_pair(uint32_t(at.file), at.begin)).second || !ofLibrary) {
      Diagnostic &told = error(at, "two weights have the key `" + weight->key + "`");
      if (place->second->place.begin != at.begin)
        told.note(place->second->place, "the first is declared here");
      told.note("`as` gives a member another key");
    }
  }
  instance.names[name] = static_cast<const Weight *>(weight.get());
  instance.names[name].origin = decl.name.range;
  instance.weights.push_back(weight.get());
  weights.push_back(std::move(weight));
}

// Its shape and first value belong to the entry points that reach it.
bool Evaluator::addState(const ast::VariableDecl &decl, DType dtype, Instance &instance) {
  std::optional<std::string> segment =
      decl.spelling ? evalSpelling(*decl.spelling) : std::string(decl.name.text);
  if (!segment)
    return false;
  auto state = std::make_unique<State>(State{&decl, &instance, joinKey(instance.key, *segment), dtype});
  if (state->key.empty())
    return refuseKey(decl), false;
  auto [place, isNew] = statesByKey.try_emplace(state->key, state.get());
  if (!isNew) {
    SourceRange at = instance.range.isValid() && place->second->decl == &decl ? instance.range : decl.range;
    error(at, "two states have the key `" + state->key + "`")
        .note(place->second->decl->name.range, "the first is declared here")
        .note("`as` gives a member another key");
  }
  instance.names[decl.name.text] = static_cast<const State *>(state.get());
  instance.names[decl.name.text].origin = decl.name.range;
  instance.states.push_back(state.get());
  states.push_back(std::move(state));
  return true;
}

} // namespace rondo::sema
