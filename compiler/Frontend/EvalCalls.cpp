// Calls: arguments, functions shared by equal uses, lambdas, builtins.
#include "compiler/Frontend/EvaluatorImpl.h"
#include "compiler/Frontend/Signature.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;

namespace rondo::sema {

/// A function of the module and what its callers need to know.
struct Evaluator::Specialization {
  func::FuncOp function;
  // Of the first call, whose sizes and weights the body is written in.
  llvm::SmallVector<const SizeAtom *> atoms;
  std::vector<const Weight *> weights;
  std::vector<const State *> states;
  // What it takes: indices into these.
  llvm::SmallVector<unsigned> sizeArguments, weightArguments, stateArguments;
  llvm::SmallVector<unsigned> assignedStates; // behind its results
  struct LateSize {
    const SizeAtom *atom;
    Size most;
  };
  llvm::SmallVector<LateSize> lateSizes; // of its results, behind these
  std::vector<Precondition> preconditions;
  Value result;
  bool inPlace = false; // its result holds a lambda: evaluated anew at each call
};

Evaluator::Evaluator(FileTable &files, const FrontendOptions &options, MLIRContext &context,
                     Diagnostics &diagnostics)
    : files(files), options(options), context(context), diagnostics(diagnostics) {}
Evaluator::~Evaluator() = default;

//===----------------------------------------------------------------------===//
// Dispatch
//===----------------------------------------------------------------------===//

Value Evaluator::evalCall(const ast::CallExpr &expr) {
  Value callee;
  if (auto *name = dyn_cast<ast::NameExpr>(expr.callee.get()))
    callee = evalName(*name, true);
  else
    callee = evalSingle(*expr.callee);

  SmallVector<CallArgument> arguments;
  for (const ast::Argument &argument : expr.arguments)
    arguments.push_back({evalSingle(*argument.value), argument.value->range, argument.name});
  if (callee.isPoison())
    return Poison{};
  std::string name = quote(expr.callee->range, "this");
  if (auto *member = dyn_cast<ast::MemberExpr>(expr.callee.get()))
    if (!callee.is<Instance *>())
      name = "`" + member->member.text.str() + "`";
  if (Instance *const *instance = callee.get<Instance *>())
    name += " (" + (*instance)->modelName().str() + ")";
  return callValue(callee, arguments, expr.range, name);
}

Value Evaluator::callValue(const Value &callee, ArrayRef<CallArgument> arguments, SourceRange range,
                           StringRef name) {
  if (callee.isPoison())
    return Poison{};
  if (const FunctionRef *function = callee.get<FunctionRef>())
    return callFunction(*function, arguments, range, name);
  if (const BuiltinRef *builtin = callee.get<BuiltinRef>())
    return callBuiltin(*builtin->builtin, arguments, range);
  if (Instance *const *instance = callee.get<Instance *>()) {
    auto method = (*instance)->methods.find("forward");
    if (method != (*instance)->methods.end())
      return callFunction({method->second, (*instance)->model.file, *instance}, arguments, range, name);
    if (!(*instance)->failed)
      error(range, name + " cannot be called: `" + (*instance)->modelName() + "` has no `forward`")
          .note((*instance)->model.decl->name.range, "`" + (*instance)->modelName() + "` is defined here");
    return Poison{};
  }
  if (const ModelRef *model = callee.get<ModelRef>())
    return makeRecipe(*model, arguments, range);
  if (const DType *dtype = callee.get<DType>()) {
    auto order =
        matchArguments("`" + spelling(*dtype).str() + "`", {"x"}, {false}, arguments, range, SourceRange());
    return order ? castTo(arguments[(*order)[0]].value, *dtype, range) : Value(Poison{});
  }
  if (const Closure *closure = callee.get<Closure>())
    return callClosure(*closure, arguments, range);
  if (const Bound *bound = callee.get<Bound>()) {
    SmallVector<CallArgument> all = {{*bound->receiver, bound->range, {}}};
    all.append(arguments.begin(), arguments.end());
    return callValue(*bound->function, all, range, name);
  }
  if (auto *recipe = callee.get<std::shared_ptr<const Recipe>>()) {
    error(range, "`" + (*recipe)->model.decl->name.text +
                     "(...)` has no weights yet: bind it to a member, and call that")
        .note((*recipe)->range, "it is made here");
    return Poison{};
  }
  error(range, name + " cannot be called: it is " + callee.describe());
  return Poison{};
}

//===----------------------------------------------------------------------===//
// Arguments
//===----------------------------------------------------------------------===//

std::optional<SmallVector<int>> Evaluator::matchArguments(StringRef callee, ArrayRef<StringRef> parameters,
                                                          ArrayRef<bool> optional,
                                                          ArrayRef<CallArgument> arguments, SourceRange range,
                                                          SourceRange declared) {
  SmallVector<int> order(parameters.size(), -1);
  bool ok = true;
  auto note = [&](Diagnostic &diagnostic) {
    if (declared.isValid())
      diagnostic.note(declared, callee + " is declared here");
  };
  size_t positional = llvm::count_if(arguments, [](const CallArgument &argument) { return !argument.name; });
  if (positional > parameters.size()) {
    note(error(range, callee + " takes " + count(parameters.size(), "argument") + ", " +
                          Twine(arguments.size()) + (arguments.size() == 1 ? " is" : " are") + " given"));
    return std::nullopt;
  }
  for (auto [i, argument] : llvm::enumerate(arguments)) {
    size_t place = i;
    if (argument.name) {
      place = llvm::find(parameters, argument.name.text) - parameters.begin();
      if (place == parameters.size()) {
        note(error(argument.name.range, callee + " has no argument `" + argument.name.text + "`")
                 .suggest(nearestName(argument.name.text, parameters)));
        ok = false;
        continue;
      }
    }
    if (order[place] >= 0) {
      note(error(argument.name ? argument.name.range : argument.range,
                 "the argument `" + parameters[place] + "` of " + callee + " is given twice"));
      ok = false;
      continue;
    }
    order[place] = i;
  }
  if (!ok)
    return std::nullopt;
  std::string missing;
  size_t n = 0;
  for (auto [i, name] : llvm::enumerate(parameters))
    if (order[i] < 0 && !optional[i]) {
      missing += (n ? ", `" : "`") + name.str() + "`";
      ++n;
    }
  if (n) {
    note(error(range, callee + " needs the argument" + (n > 1 ? "s " : " ") + missing));
    return std::nullopt;
  }
  return order;
}

static bool holdsClosure(const Value &value) {
  if (const List *list = value.get<List>())
    return llvm::any_of(*list->elements, holdsClosure);
  if (const Results *results = value.get<Results>())
    return llvm::any_of(*results->values, holdsClosure);
  return value.is<Closure>() || value.is<Bound>();
}

static bool holdsPoison(const Value &value) {
  if (const List *list = value.get<List>())
    return llvm::any_of(*list->elements, holdsPoison);
  return value.isPoison();
}

// Binds arguments to parameters in the callee's frame, which is entered; returns false after an
// error or where an argument was one.
bool Evaluator::bindParameters(const FunctionRef &function, ArrayRef<CallArgument> arguments,
                               SourceRange range, SmallVectorImpl<std::pair<StringRef, Value>> &bound) {
  const ast::DefDecl &def = *function.decl;
  SmallVector<StringRef> names;
  SmallVector<bool> optional;
  for (const ast::Parameter &parameter : def.parameters) {
    names.push_back(parameter.name.text);
    optional.push_back(parameter.defaultValue != nullptr);
  }
  auto order = matchArguments(frame->callee, names, optional, arguments, range, def.headRange);
  if (!order)
    return false;

  bool ok = true;
  SmallVector<std::optional<TypeSpec>> types;
  SmallVector<SourceRange> ranges;
  for (auto [i, parameter] : llvm::enumerate(def.parameters)) {
    bool isGiven = (*order)[i] >= 0;
    Value value = isGiven ? arguments[(*order)[i]].value : evalSingle(*parameter.defaultValue);
    SourceRange at = isGiven ? arguments[(*order)[i]].range : range;
    bool isAbsent = value.isNone() && parameter.defaultValue && isa<ast::NoneExpr>(*parameter.defaultValue);
    std::optional<TypeSpec> type;
    if (holdsPoison(value)) {
      ok = false;
    } else if (parameter.type && !isAbsent) {
      type = resolveType(*parameter.type, true);
      std::optional<Value> fitting;
      if (type)
        fitting = coerce(value, *type, ("`" + parameter.name.text + "` of " + frame->callee).str(), at,
                         parameter.range);
      ok &= fitting.has_value();
      value = fitting.value_or(Value(Poison{}));
    }
    value.origin = parameter.range;
    frame->takesClosures |= holdsClosure(value);
    frame->scopes[0].names[parameter.name.text] = value;
    bound.push_back({parameter.name.text, value});
    types.push_back(type && type->kind == TypeSpec::Tensor && ok ? type : std::nullopt);
    ranges.push_back(at);
  }
  if (!ok)
    return false;

  llvm::StringMap<std::string> from;
  for (bool binding : {true, false}) { // all names first, then what is made of them
    for (auto [i, type] : llvm::enumerate(types)) {
      const Tensor *tensor = bound[i].second.get<Tensor>();
      if (!type || !tensor)
        continue;
      std::string what = "`" + bound[i].first.str() + "`";
      SourceRange declared = def.parameters[i].range;
      // A dimension that does not fit is a matter of the whole call.
      ok &= binding ? bindDims(*type, tensor->shape, what, range, ranges[i], declared, from)
                    : checkDims(*type, *tensor, what + " of " + frame->callee, ranges[i], declared);
    }
    if (!ok)
      break;
  }
  return ok;
}

//===----------------------------------------------------------------------===//
// Defs
//===----------------------------------------------------------------------===//

bool Evaluator::isActive(const FunctionRef &function) const {
  for (const Frame *at = frame; at; at = at->caller)
    if (at->def == function.decl && at->self == function.self && !at->takesClosures)
      return true;
  return false;
}

// Whether one more call may begin; an error ends everything.
bool Evaluator::canNest(SourceRange range) {
  if (callDepth < maxCallDepth)
    return true;
  error(range, "calls are nested deeper than " + Twine(maxCallDepth));
  exhausted = true;
  return false;
}

Value Evaluator::callFunction(const FunctionRef &function, ArrayRef<CallArgument> arguments,
                              SourceRange range, StringRef name) {
  const ast::DefDecl &def = *function.decl;
  if (def.hasErrors)
    return Poison{};
  if (isActive(function)) {
    SmallVector<const ast::DefDecl *> circle;
    for (const Frame *at = frame; at && at->def != &def; at = at->caller)
      circle.push_back(at->def);
    circle.push_back(&def);
    if (llvm::none_of(circle, [&](const ast::DefDecl *d) { return recursive.contains(d); }))
      error(range, name + " calls itself: recursion is not possible; `scan` repeats a computation")
          .note(def.headRange, "defined here");
    recursive.insert(circle.begin(), circle.end());
    return Poison{};
  }
  if (!canNest(range))
    return Poison{};
  llvm::SaveAndRestore<unsigned> nesting(callDepth, callDepth + 1);

  Frame callee;
  callee.file = function.file;
  callee.self = function.self;
  callee.def = &def;
  callee.callee = name.str();
  FrameScope entered(*this, callee, range);
  SmallVector<std::pair<StringRef, Value>> bound;
  if (!bindParameters(function, arguments, range, bound))
    return Poison{};
  for (auto [parameter, argument] : llvm::zip(def.parameters, bound))
    if (!function.file->isLibrary && parameter.name.text == argument.first)
      nameValue(parameter.name, argument.second);
  if (!fn || fn->liveRows || fn->pairs)
    return runBody(function);
  return callSpecialized(function, bound, range);
}

// In the callee's frame.
Value Evaluator::runBody(const FunctionRef &function) {
  evaluated.insert(function.decl);
  llvm::SaveAndRestore<ScanBody *> outside(scanBody, nullptr);
  frame->result = Results{std::make_shared<const Values>()};
  bool isTyped = !function.decl->results.empty();
  std::vector<Scope> signature;
  if (isTyped)
    signature = frame->scopes;
  exec(function.decl->body);
  if (exhausted)
    return Poison{};
  Value result = frame->result;
  if (result.isPoison() || !isTyped)
    return result;
  frame->scopes = std::move(signature); // what the body assigns has no meaning in the types of its results
  return checkResults(*function.decl, result).value_or(Value(Poison{}));
}

Value Evaluator::callSpecialized(const FunctionRef &function, ArrayRef<std::pair<StringRef, Value>> bound,
                                 SourceRange range) {
  Signature signature;
  signature.text = llvm::formatv("{0};", static_cast<const void *>(function.decl)).str();
  if (function.self)
    signature.addInstance(function.self);
  for (auto &[name, value] : bound)
    signature.add(value);
  if (!signature.complete)
    return runBody(function);
  signature.addStates([&](const State &state) { return stateShape(state, SourceRange()); });
  signature.addFacts(fn->facts);
  signature.addSharing();

  std::unique_ptr<Specialization> &place = specializations[signature.text];
  if (!place) {
    place = std::make_unique<Specialization>();
    Specialization &fresh = *place; // the map does not move its elements
    fresh.atoms = signature.atoms;
    fresh.weights = signature.weights;
    fresh.states = signature.states;

    std::string name =
        (function.self ? function.self->modelName() + "." : "").str() + function.decl->name.text.str();
    SmallVector<Type> types;
    SmallVector<Location> locations(signature.tensors.size(), this->place(function.decl->name.range));
    for (const Tensor &tensor : signature.tensors)
      types.push_back(tensor.value.getType());
    fresh.function = createFunction(name, this->place(function.decl->name.range));
    Block *block = fresh.function.addEntryBlock();
    block->addArguments(types, locations);

    FunctionEmitter inner(fresh.function, false, sizes);
    inner.frame = frame;
    for (const SizeFacts::Fact &fact : signature.facts)
      if (fact.divisible)
        inner.facts.addDivisible(fact.a, fact.b);
      else
        inner.facts.addEqual(fact.a, fact.b);
    unsigned next = 0;
    for (auto &[name, value] : bound)
      frame->scopes[0].names[name] = rebuild(
          value,
          [&](const Tensor &tensor) {
            Value argument = Tensor{block->getArgument(next++), tensor.dtype, tensor.shape};
            return argument;
          },
          [](const Size &size) { return size; });
    for (auto &[name, value] : bound)
      frame->scopes[0].names[name].origin = value.origin;

    llvm::SaveAndRestore<FunctionEmitter *> emitting(fn, &inner);
    fresh.result = runBody(function);
    SmallVector<mlir::Value> results;
    llvm::DenseSet<const SizeAtom *> inResults;
    rebuild(
        fresh.result,
        [&](const Tensor &tensor) {
          if (auto result = dyn_cast<OpResult>(tensor.value); result && !isa<ScanOp>(result.getOwner())) {
            auto position = ReturnedAttr::get(&context, result.getResultNumber(), results.size());
            result.getOwner()->setLoc(FusedLoc::get(&context, {result.getOwner()->getLoc()}, position));
          }
          results.push_back(tensor.value);
          for (const Size &size : tensor.shape)
            size.visitBaseAtoms([&](const SizeAtom *atom) { inResults.insert(atom); });
          return Value(tensor);
        },
        [](const Size &size) { return size; });
    for (auto &[state, value] : inner.stateScopes.front().states) {
      unsigned index = llvm::find(fresh.states, state) - fresh.states.begin();
      fresh.stateArguments.push_back(index);
      if (value.isAssigned()) {
        fresh.assignedStates.push_back(index);
        results.push_back(value.now.value);
      }
    }
    for (const FunctionEmitter::LateSize &late : inner.lateSizes)
      if (inResults.contains(late.atom)) {
        fresh.lateSizes.push_back({late.atom, sizes.most(Size(late.atom)).value_or(Size(0))});
        results.push_back(late.clamp->getResult(0));
      }
    inner.finish(results);
    fresh.inPlace = holdsClosure(fresh.result);
    for (const SizeAtom *atom : inner.sizeArguments)
      fresh.sizeArguments.push_back(llvm::find(fresh.atoms, atom) - fresh.atoms.begin());
    for (const Weight *weight : inner.weightArguments)
      fresh.weightArguments.push_back(llvm::find(fresh.weights, weight) - fresh.weights.begin());
    fresh.preconditions = std::move(inner.preconditions);
    if (llvm::any_of(fresh.sizeArguments, [&](unsigned i) { return i >= fresh.atoms.size(); }) ||
        llvm::any_of(fresh.weightArguments, [&](unsigned i) { return i >= fresh.weights.size(); }) ||
        llvm::any_of(fresh.stateArguments, [&](unsigned i) { return i >= fresh.states.size(); }))
      fresh.inPlace = true; // it reaches what is not its argument, by way of a constant list
  }
  Specialization &use = *place;
  if (use.inPlace) {
    frame->scopes.assign(1, Scope());
    for (auto &[name, value] : bound)
      frame->scopes[0].names[name] = value;
    return runBody(function);
  }

  // From the sizes of the first call to those of this one.
  std::map<const SizeAtom *, Size> late; // what this call finds out
  auto here = [&](const Size &size) {
    return sizes.substitute(size, [&](const SizeAtom *atom) -> std::optional<Size> {
      if (auto known = late.find(atom); known != late.end())
        return known->second;
      auto *found = llvm::find(use.atoms, atom);
      if (found == use.atoms.end())
        return std::nullopt;
      return Size(signature.atoms[found - use.atoms.begin()]);
    });
  };
  StringRef callee = StringRef(frame->callee).split('`').second.split('`').first;
  LocationScope at(*fn, locationIn(*frame->caller, range, callee));
  SmallVector<mlir::Value> operands;
  for (unsigned index : use.sizeArguments)
    operands.push_back(fn->size(Size(signature.atoms[index])));
  for (unsigned index : use.weightArguments)
    operands.push_back(fn->weight(signature.weights[index]).value);
  for (unsigned index : use.stateArguments) {
    Value state = readState(*signature.states[index], range);
    if (state.isPoison())
      return Poison{};
    operands.push_back(state.get<Tensor>()->value);
  }
  for (const Tensor &tensor : signature.tensors)
    operands.push_back(tensor.value);
  for (const Precondition &condition : use.preconditions) {
    Precondition mine = condition;
    mine.size = here(condition.size);
    mine.divisor = here(condition.divisor);
    for (Size &loop : mine.loops)
      loop = here(loop);
    mine.loops.append(fn->loops);
    if (function.file->isLibrary && !frame->caller->file->isLibrary)
      mine.loc = locationIn(*frame->caller, range);
    demand(std::move(mine), range);
  }
  auto call = fn->create<func::CallOp>(use.function, operands);
  for (auto [known, count] : llvm::zip(use.lateSizes, call.getResults().take_back(use.lateSizes.size())))
    late[known.atom] = fn->lateSize(lateName(known.atom->name, range), count, here(known.most));
  unsigned next = 0;
  Value result = rebuild(
      use.result,
      [&](const Tensor &tensor) {
        Shape shape = llvm::map_to_vector<3>(tensor.shape, here);
        return Value(Tensor{call->getResult(next++), tensor.dtype, shape});
      },
      here);
  for (unsigned index : use.assignedStates) {
    const State &state = *signature.states[index];
    StateValue &held = fn->state(&state, *stateShape(state, range));
    held.now.value = call->getResult(next++);
    held.assigned = range;
  }
  return result;
}

// Of a callee: decided here if the sizes have become constants.
void Evaluator::demand(Precondition condition, SourceRange range) {
  if (llvm::any_of(condition.loops, [](const Size &loop) { return loop.isConstant(0); }))
    return;
  Size size = fn->facts.normalize(condition.size);
  bool isConstant =
      size.isConstant() && (condition.kind != Precondition::Divisible || condition.divisor.isConstant());
  if (!isConstant) {
    if (condition.kind != Precondition::NonNegative || !isNonNegative(size))
      fn->require(std::move(condition));
    return;
  }
  int64_t value = size.constant(), divisor = condition.divisor.constant();
  bool holds = condition.kind == Precondition::NonNegative ? value >= 0
               : condition.kind == Precondition::Zero      ? value == 0
               : condition.kind == Precondition::NonZero
                   ? value != 0
                   : sizes.mod(Size(value), Size(divisor)).isConstant(0) && divisor != 0;
  bool isCertain = llvm::all_of(condition.loops, [](const Size &loop) { return loop.isConstant(); });
  if (holds)
    return;
  if (isCertain)
    error(range, condition.message);
  else
    fn->require(std::move(condition));
}

func::FuncOp Evaluator::createFunction(StringRef name, Location loc) {
  unsigned &uses = functionNames[name];
  std::string unique = name.str() + (uses ? "." + std::to_string(uses) : "");
  ++uses;
  OpBuilder builder = OpBuilder::atBlockEnd(module->getBody());
  auto function = func::FuncOp::create(builder, loc, unique, builder.getFunctionType({}, {}));
  function.setPrivate();
  return function;
}

//===----------------------------------------------------------------------===//
// Lambdas and builtins
//===----------------------------------------------------------------------===//

Value Evaluator::callClosure(const Closure &closure, ArrayRef<CallArgument> arguments, SourceRange range) {
  const ast::LambdaExpr &lambda = *closure.lambda;
  for (const CallArgument &argument : arguments)
    if (argument.name) {
      error(argument.name.range, "the arguments of a lambda have no names outside of it");
      return Poison{};
    }
  if (arguments.size() != lambda.parameters.size()) {
    error(range, "the lambda takes " + count(lambda.parameters.size(), "argument") + ", " +
                     Twine(arguments.size()) + (arguments.size() == 1 ? " is" : " are") + " given")
        .note(lambda.range, "the lambda is here");
    return Poison{};
  }
  if (!canNest(range))
    return Poison{};
  llvm::SaveAndRestore<unsigned> nesting(callDepth, callDepth + 1);
  Frame inner;
  inner.file = closure.capture->file;
  inner.self = closure.capture->self;
  inner.scopes = closure.capture->scopes;
  for (const Scope &captured : inner.scopes)
    steps += captured.names.size(); // copying is work as well
  inner.dims = closure.capture->dims;
  inner.takesClosures = true;
  Scope scope;
  scope.kind = Scope::Kind::Lambda;
  for (auto [parameter, argument] : llvm::zip(lambda.parameters, arguments)) {
    Value value = argument.value;
    value.origin = parameter.range;
    if (!parameter.isDiscard())
      scope.names[parameter.text] = std::move(value);
  }
  inner.scopes.push_back(std::move(scope));
  FrameScope entered(*this, inner, range);
  return eval(*lambda.body);
}

Value Evaluator::callBuiltin(const Builtin &builtin, ArrayRef<CallArgument> arguments, SourceRange range) {
  ArrayRef<BuiltinParameter> parameters = parametersOf(builtin);
  std::string callee = "`" + builtin.name.str() + "`";
  for (const CallArgument &argument : arguments)
    if (holdsPoison(argument.value))
      return Poison{};

  // All further arguments by position are one list.
  SmallVector<CallArgument> given(arguments);
  for (auto [i, parameter] : llvm::enumerate(parameters)) {
    if (!parameter.variadic)
      continue;
    Values rest;
    SourceRange at = range;
    while (i < given.size() && !given[i].name) {
      if (rest.empty())
        at = given[i].range;
      rest.push_back(given[i].value);
      given.erase(given.begin() + i);
    }
    if (!rest.empty())
      given.insert(given.begin() + i, {Value::list(std::move(rest)), at, {}});
  }
  SmallVector<StringRef> names;
  SmallVector<bool> optional;
  for (const BuiltinParameter &parameter : parameters) {
    names.push_back(parameter.name);
    optional.push_back(parameter.defaultValue.has_value());
  }
  auto order = matchArguments(callee, names, optional, given, range, SourceRange());
  if (!order)
    return Poison{};
  std::vector<Value> values;
  std::vector<SourceRange> ranges;
  for (auto [i, parameter] : llvm::enumerate(parameters)) {
    int from = (*order)[i];
    values.push_back(from < 0 ? *parameter.defaultValue : given[from].value);
    ranges.push_back(from < 0 ? SourceRange() : given[from].range);
  }
  BuiltinCall call(*this, builtin, range, std::move(values), std::move(ranges));
  if (!fn && !(builtin.folds && call.allConstant())) {
    if (llvm::any_of(call.arguments(), [](const Value &value) { return value.isOpen(); }))
      return Poison{};
    error(range, callee + ": a tensor is computed in a `def`; here a constant is needed");
    return Poison{};
  }
  return builtin.call(call);
}

} // namespace rondo::sema
