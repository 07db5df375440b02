// Expressions other than operators, indices, calls and scans.
#include "compiler/Frontend/EvaluatorImpl.h"
#include "compiler/Frontend/PairEmitter.h"
#include "compiler/Frontend/TensorOps.h"

using namespace mlir;

namespace rondo::sema {

Value Evaluator::eval(const ast::Expr &expr) {
  if (!step(expr.range))
    return Poison{};
  llvm::SaveAndRestore<unsigned> nesting(depth, depth + 1);
  std::optional<LocationScope> at;
  if (fn)
    at.emplace(*fn, location(expr.range));
  Value value = evalUncounted(expr);
  if (const List *list = value.get<List>(); list && list->weight > maxListWeight) {
    error(expr.range, "the lists in this list have more than " + Twine(maxListWeight) + " elements");
    exhausted = true;
    return Poison{};
  }
  for (const Value &part : flat(value))
    if (const Tensor *tensor = part.get<Tensor>())
      if (!isPossible(*tensor, expr.range))
        return Poison{};
  return fn && fn->pairs ? ofPairs(expr, std::move(value)) : value;
}

// Declared shapes are looked at where they are declared.
bool Evaluator::isPossible(const Tensor &tensor, SourceRange range) {
  if (tensor.rank() > maxRank) {
    error(range, "a tensor has at most " + Twine(maxRank) + " axes, " + quote(range, "this") + " has " +
                     Twine(tensor.rank()));
    return false;
  }
  int64_t elements = 1; // of the constant axes
  bool isLarge = false, isEmpty = false;
  for (const Size &size : tensor.shape) {
    if (size.isTooLarge() || (size.isConstant() && size.constant() > maxSize)) {
      error(range, "a size of " + quote(range, "this") + " is too large");
      return false;
    }
    isEmpty |= size.isConstant(0);
    if (size.isConstant() && !size.isConstant(0) && !isLarge)
      isLarge = llvm::MulOverflow(elements, size.constant(), elements) || elements > maxSize;
  }
  if (isLarge && !isEmpty)
    error(range, quote(range, "this") + " has too many elements: " + tensor.str());
  return !isLarge || isEmpty;
}

// What was computed for each pair, in a region of an attention.
Value Evaluator::ofPairs(const ast::Expr &expr, Value value) {
  PairEmitter &pairs = *fn->pairs;
  if (pairs.takeRefused()) {
    const Tensor *tensor = value.get<Tensor>();
    error(expr.range,
          "`" + pairs.what +
              "` of `attention` works on single numbers, for each pair of a query and a key: " +
              quote(expr.range, "this") +
              (tensor && tensor->rank() > 0 ? " is " + tensor->str() : " is computed from several"));
    return Poison{};
  }
  if (pairs.size > maxPairOperations) {
    error(expr.range,
          "`" + pairs.what + "` of `attention` has more than " + Twine(maxPairOperations) + " operations");
    exhausted = true;
    return Poison{};
  }
  return value;
}

Value Evaluator::evalSingle(const ast::Expr &expr) {
  Value value = eval(expr);
  const Results *results = value.get<Results>();
  if (!results)
    return value;
  bool hasPoison = llvm::any_of(*results->values, [](const Value &v) { return v.isPoison(); });
  if (!hasPoison)
    error(expr.range, "one value is needed here, " + quote(expr.range, "this") + " has " +
                          count(results->values->size(), "result"));
  return Poison{};
}

Value Evaluator::evalUncounted(const ast::Expr &expr) {
  using Kind = ast::Expr::Kind;
  switch (expr.kind) {
  case Kind::Int:
    return cast<ast::IntExpr>(expr).value;
  case Kind::Float:
    return cast<ast::FloatExpr>(expr).value;
  case Kind::Bool:
    return cast<ast::BoolExpr>(expr).value;
  case Kind::String:
    return cast<ast::StringExpr>(expr).value;
  case Kind::None:
    return None{};
  case Kind::Name:
    return evalName(cast<ast::NameExpr>(expr));
  case Kind::Unary:
    return evalUnary(cast<ast::UnaryExpr>(expr));
  case Kind::Binary: {
    auto &binaryExpr = cast<ast::BinaryExpr>(expr);
    if (binaryExpr.op == ast::BinaryOp::And || binaryExpr.op == ast::BinaryOp::Or)
      return evalLogical(binaryExpr);
    Value a = evalSingle(*binaryExpr.lhs), b = evalSingle(*binaryExpr.rhs);
    return binary(binaryExpr.op, a, b, expr.range, binaryExpr.lhs->range, binaryExpr.rhs->range);
  }
  case Kind::Comparison:
    return evalComparison(cast<ast::ComparisonExpr>(expr));
  case Kind::Conditional:
    return evalConditional(cast<ast::ConditionalExpr>(expr));
  case Kind::Range:
    return evalRange(cast<ast::RangeExpr>(expr));
  case Kind::Call:
    return evalCall(cast<ast::CallExpr>(expr));
  case Kind::Index:
    return evalIndex(cast<ast::IndexExpr>(expr));
  case Kind::Member:
    return evalMember(cast<ast::MemberExpr>(expr));
  case Kind::Lambda:
    return evalLambda(cast<ast::LambdaExpr>(expr));
  case Kind::List:
    return evalList(cast<ast::ListExpr>(expr));
  case Kind::Comprehension: {
    Values elements;
    bool ok = forEachElement(cast<ast::ComprehensionExpr>(expr),
                             [&](Value element) { elements.push_back(std::move(element)); });
    return ok ? Value::list(std::move(elements)) : Value(Poison{});
  }
  case Kind::Scan:
    return evalScan(cast<ast::ScanExpr>(expr));
  case Kind::Error:
    return Poison{};
  }
  llvm_unreachable("all expressions are handled");
}

// A size that is known only late is a tensor, but where shapes are declared.
Value Evaluator::unlessLate(const Value &value) {
  const Size *size = value.get<Size>();
  if (!size || !size->hasLate() || inShape || !fn)
    return value;
  Value tensor = sizeTensor(*fn, *size);
  tensor.origin = value.origin;
  return tensor;
}

Value Evaluator::evalName(const ast::NameExpr &expr, bool isCall) {
  if (std::optional<Value> value = lookup(expr.name, expr.range))
    return unlessLate(*value);
  return unknownName(expr.name, expr.range, isCall);
}

std::optional<bool> Evaluator::evalCondition(const ast::Expr &expr, StringRef what) {
  Value value = evalSingle(expr);
  if (value.isPoison())
    return std::nullopt;
  if (const bool *flag = value.get<bool>())
    return *flag;
  if (value.isOpen())
    return std::nullopt;
  std::string text = quote(expr.range, "it");
  auto *comparison = dyn_cast<ast::ComparisonExpr>(&expr);
  bool isOfSizes = comparison && llvm::all_of(comparison->operands, [&](const ast::ExprPtr &operand) {
                     return evalSingle(*operand).asSize().has_value();
                   });
  if (isOfSizes && value.is<Tensor>())
    error(expr.range, what + " must be a constant, known when compiled; " + text +
                          " compares sizes, known when called: use `where`, or `require` what must hold");
  else if (value.is<Tensor>())
    error(expr.range, what + " must be a constant, known when compiled; " + text + " is a tensor (" +
                          value.describe() + ")" + (what.ends_with("`if`") ? ": use `where`" : ""));
  else if (value.is<Size>())
    error(expr.range,
          what + " must be a constant, known when compiled; " + text + " is a size, known when called");
  else
    error(expr.range, what + " must be a bool, found " + value.describe());
  return std::nullopt;
}

Value Evaluator::evalConditional(const ast::ConditionalExpr &expr) {
  std::optional<bool> condition = evalCondition(*expr.condition, "the condition of `if`");
  if (!condition)
    return Poison{};
  return eval(*condition ? *expr.thenValue : *expr.elseValue);
}

Value Evaluator::evalRange(const ast::RangeExpr &expr) {
  Value begin = evalSingle(*expr.begin), end = evalSingle(*expr.end);
  if (begin.isPoison() || end.isPoison())
    return Poison{};
  bool ok = true;
  auto check = [&](const Value &bound, const ast::Expr &at) {
    const Tensor *tensor = bound.get<Tensor>();
    bool isIndex = tensor && tensor->rank() == 0 && isInteger(tensor->dtype);
    if (bound.asSize() || isIndex)
      return;
    error(at.range, "a bound of a range must be an int, found " + bound.describe());
    ok = false;
  };
  check(begin, *expr.begin);
  check(end, *expr.end);
  if (!ok)
    return Poison{};
  return Range{std::make_shared<const std::pair<Value, Value>>(begin, end)};
}

Value Evaluator::evalList(const ast::ListExpr &expr) {
  Values elements;
  for (const ast::ExprPtr &element : expr.elements)
    elements.push_back(evalSingle(*element));
  if (llvm::any_of(elements, [](const Value &element) { return element.isPoison(); }))
    return Poison{}; // its length may be wrong too
  return Value::list(std::move(elements));
}

Value Evaluator::evalLambda(const ast::LambdaExpr &expr) {
  auto capture = std::make_shared<Capture>();
  capture->file = frame->file;
  capture->self = frame->self;
  capture->scopes = frame->scopes;
  capture->dims = frame->dims;
  captureStates(expr, capture->scopes.front());
  return Closure{&expr, std::move(capture)};
}

//===----------------------------------------------------------------------===//
// Members
//===----------------------------------------------------------------------===//

Value Evaluator::evalMember(const ast::MemberExpr &expr) {
  Value base = evalSingle(*expr.base);
  return memberOf(base, expr.member, expr.range, expr.base->range);
}

Value Evaluator::memberOf(const Value &base, const ast::Identifier &member, SourceRange range,
                          SourceRange baseRange) {
  if (base.isPoison())
    return Poison{};
  StringRef name = member.text;

  if (Instance *const *self = base.get<Instance *>()) {
    Instance &instance = **self;
    auto found = instance.names.find(name);
    if (found != instance.names.end())
      return useMember(found->second, range);
    auto method = instance.methods.find(name);
    if (method != instance.methods.end())
      return FunctionRef{method->second, instance.model.file, &instance};
    // A weight by its key.
    std::vector<const Weight *> all;
    instance.collectWeights(all);
    std::string key = instance.key.empty() ? name.str() : instance.key + "." + name.str();
    for (const Weight *weight : all)
      if (weight->key == key)
        return useMember(weight, range);
    if (instance.failed)
      return Poison{};
    std::vector<StringRef> candidates;
    for (auto &entry : instance.names)
      candidates.push_back(entry.first());
    for (auto &entry : instance.methods)
      candidates.push_back(entry.first());
    llvm::sort(candidates);
    error(member.range, "`" + instance.modelName() + "` has no member `" + name + "`")
        .suggest(nearestName(name, candidates))
        .note(instance.model.decl->name.range, "`" + instance.modelName() + "` is defined here");
    return Poison{};
  }

  if (const Tensor *tensor = base.get<Tensor>()) {
    if (name == "shape") {
      Values sizes;
      for (const Size &size : tensor->shape)
        sizes.push_back(unlessLate(size));
      Value list = Value::list(std::move(sizes));
      return list;
    }
    if (name == "dtype")
      return tensor->dtype;
  }
  if (base.is<std::shared_ptr<const Recipe>>()) {
    const auto &recipe = *base.get<std::shared_ptr<const Recipe>>();
    error(range, "`" + recipe->model.decl->name.text + "` must be bound to a member before it is used")
        .note(recipe->range, "it is made here");
    return Poison{};
  }
  if (base.is<ModelRef>()) {
    error(range, base.describe() + " must be given its arguments and bound to a member before it is used");
    return Poison{};
  }

  std::optional<Value> function = lookupGlobal(*frame->file, name);
  bool callable =
      function && (function->is<FunctionRef>() || function->is<BuiltinRef>() || function->is<DType>());
  if (!callable) {
    std::vector<StringRef> candidates = {"shape", "dtype"};
    visibleNames(candidates, true);
    error(member.range,
          base.describe() + " has no member `" + name + "`, and there is no function of that name")
        .suggest(nearestName(name, candidates));
    return Poison{};
  }
  return Bound{std::make_shared<const Value>(*function), std::make_shared<const Value>(base), baseRange};
}

//===----------------------------------------------------------------------===//
// Loops over constants
//===----------------------------------------------------------------------===//

std::optional<Values> Evaluator::iterate(const Value &iterable, SourceRange range) {
  if (iterable.isPoison())
    return std::nullopt;
  if (const List *list = iterable.get<List>())
    return *list->elements;
  if (const Range *bounds = iterable.get<Range>()) {
    const int64_t *begin = bounds->bounds->first.get<int64_t>(), *end = bounds->bounds->second.get<int64_t>();
    if (begin && end) {
      if (*end > *begin && uint64_t(*end) - uint64_t(*begin) > uint64_t(maxListLength)) {
        error(range, "the range has more than " + Twine(maxListLength) +
                         " elements; a loop over constants is written out when compiled, `scan` is not");
        return std::nullopt;
      }
      Values values;
      for (int64_t i = *begin; i < *end; ++i)
        values.push_back(i);
      return values;
    }
    if (bounds->bounds->first.isOpen() || bounds->bounds->second.isOpen())
      return std::nullopt;
    const Value &bad = begin ? bounds->bounds->second : bounds->bounds->first;
    error(range, "the bounds of a loop must be constants, known when compiled; " + quote(range, "this") +
                     " has " + bad.describe() + ", known when called: use `scan`");
    return std::nullopt;
  }
  if (iterable.is<Tensor>())
    error(range, "`for` takes a list or a range of constants, found " + iterable.describe() +
                     "; `scan` loops over a tensor");
  else
    error(range, "`for` takes a list or a range (`0..n`), found " + iterable.describe());
  return std::nullopt;
}

bool Evaluator::forEach(ArrayRef<ast::Identifier> targets, const ast::Expr &iterable, SourceRange head,
                        llvm::function_ref<void(StringRef, Value)> bind, llvm::function_ref<bool()> body) {
  std::optional<Values> elements = iterate(evalSingle(iterable), head);
  if (!elements)
    return false;
  for (const Value &element : *elements) {
    if (!step(iterable.range))
      return false;
    if (targets.size() == 1) {
      bind(targets[0].text, element);
    } else {
      const List *list = element.get<List>();
      size_t found = list ? list->elements->size() : 1;
      if (element.isPoison()) {
        for (const ast::Identifier &target : targets)
          bind(target.text, Poison{});
      } else if (found != targets.size()) {
        error(targets[0].range.to(targets.back().range),
              count(targets.size(), "name") + " for an element that is " + element.describe());
        return false;
      } else {
        for (auto [target, part] : llvm::zip(targets, *list->elements))
          bind(target.text, part);
      }
    }
    if (!body())
      return true;
  }
  return true;
}

bool Evaluator::forEachElement(const ast::ComprehensionExpr &expr, llvm::function_ref<void(Value)> element) {
  // The iterable does not see the comprehension's names.
  Scope scope;
  scope.kind = Scope::Kind::Comprehension;
  bool entered = false;
  bool ok = forEach(
      expr.targets, *expr.iterable, expr.iterable->range,
      [&](StringRef name, Value value) {
        if (!entered)
          frame->scopes.push_back(scope);
        entered = true;
        if (name != "_")
          frame->scopes.back().names[name] = std::move(value);
      },
      [&] {
        if (!entered)
          frame->scopes.push_back(scope);
        entered = true;
        element(evalSingle(*expr.element));
        return !exhausted;
      });
  if (entered)
    frame->scopes.pop_back();
  return ok;
}

} // namespace rondo::sema
