// `state` members: values that an entry point's call leaves to the next one.
//
// A state is a value like any other while functions are emitted: an argument of
// those that use it, a further result of those that assign it, and a carry of
// the scans whose bodies assign it. An entry point has it as an argument
// `rondo.state` and returns its new value as a result of that name; its
// companion `rondo.reset` returns the first values.
#include "compiler/Frontend/EvaluatorImpl.h"
#include "compiler/Frontend/PairEmitter.h"

using namespace mlir;

namespace rondo::sema {

//===----------------------------------------------------------------------===//
// Shapes
//===----------------------------------------------------------------------===//

const State *Evaluator::findState(const Instance &instance, StringRef name) {
  for (const State *state : instance.states)
    if (state->decl->name.text == name)
      return state;
  return nullptr;
}

// Where its shape and its first value are read: beside the member, with the dimension variables of the
// entry point, whatever a method calls its own.
Frame Evaluator::frameOf(const State &state) {
  Frame inner;
  inner.file = state.owner->model.file;
  inner.self = state.owner;
  FrameScope entered(*this, inner, SourceRange());
  for (auto &dim : entryDims) {
    // A constant hides them.
    std::optional<Value> constant = lookup(dim.first());
    if (!constant || !(constant->asSize() || constant->is<List>() || constant->isPoison()))
      inner.dims[dim.first()] = dim.second;
  }
  return inner;
}

std::optional<Shape> Evaluator::stateShape(const State &state, SourceRange use) {
  auto [place, isNew] = stateShapes.try_emplace(&state);
  if (!isNew)
    return place->second;
  std::optional<StringRef> missing;
  SourceRange at;
  std::optional<Shape> shape;
  {
    Frame inner = frameOf(state);
    FrameScope entered(*this, inner, SourceRange());
    for (const ast::Dim &dim : state.decl->type->dims)
      if (!dim.isEllipsis())
        ast::forEachName(*dim.size, [&](const ast::NameExpr &name) {
          if (missing || !llvm::isUpper(name.name[0]) || lookup(name.name))
            return;
          missing = name.name;
          at = name.range;
        });
    std::optional<TypeSpec> type = resolveType(*state.decl->type, false);
    if (type && !missing)
      shape = evalShape(*type);
  }
  if (!missing)
    return stateShapes[&state] = shape;
  if (!use.isValid()) { // only asked whether it has one
    stateShapes.erase(&state);
    return std::nullopt;
  }
  if (entryDef) // else another entry point may have it
    diagnostics
        .error(at, "the state `" + state.decl->name.text + "` needs the dimension variable `" + *missing +
                       "`, which the entry point `" + entryDef->name.text + "` does not have")
        .note(use, "`" + entryDef->name.text + "` reaches the state here")
        .note(entryDef->headRange, "`" + entryDef->name.text + "` is declared here");
  return std::nullopt;
}

static std::string typeText(const State &state, ArrayRef<Size> shape) {
  return Tensor{mlir::Value(), state.dtype, Shape(shape)}.str();
}

//===----------------------------------------------------------------------===//
// Reading and assigning
//===----------------------------------------------------------------------===//

Value Evaluator::readState(const State &state, SourceRange use) {
  if (resetting) {
    error(use, "the first value of a state cannot be made of the state `" + state.decl->name.text + "`");
    return Poison{};
  }
  std::optional<Shape> shape = stateShape(state, use);
  if (!shape)
    return Poison{};
  Value value = fn->state(&state, *shape).now;
  value.origin = state.decl->name.range;
  return value;
}

void Evaluator::assignState(const State &state, SourceRange target, const Value &value) {
  StringRef name = state.decl->name.text;
  if (resetting) {
    error(target, "the state `" + name + "` cannot be assigned while the first values of states are made");
    return;
  }
  if (fn->pairs) {
    error(target, "the state `" + name + "` cannot be assigned in `" + fn->pairs->what +
                      "` of `attention`, which is computed for pairs in no order");
    return;
  }
  std::optional<Shape> shape = stateShape(state, target);
  if (!shape || value.isPoison())
    return; // it keeps its value
  std::optional<Tensor> next = fitting(value, state.dtype, *shape);
  if (!next) {
    error(target,
          "the state `" + name + "` is " + typeText(state, *shape) + "; it cannot become " + value.describe())
        .note(state.decl->range, "declared here");
    return;
  }
  StateValue &held = fn->state(&state, *shape);
  held.now = *next;
  held.assigned = target;
}

// As a tensor of this type and shape; a number takes the type if it can.
std::optional<Tensor> Evaluator::fitting(const Value &value, DType dtype, ArrayRef<Size> shape) {
  if (!value.isArray())
    return std::nullopt;
  if (const int64_t *integer = value.get<int64_t>(); integer && !holds(dtype, *integer))
    return std::nullopt;
  bool widens = value.isNumber() && dtype != DType::Bool && !(value.is<double>() && !isFloat(dtype));
  Tensor tensor = widens ? toTensor(value, dtype) : toTensor(value);
  if (tensor.dtype != dtype || !sameShape(tensor.shape, shape))
    return std::nullopt;
  return conform(*fn, tensor, shape);
}

// A lambda holds the value that a state has where it is written.
void Evaluator::captureStates(const ast::LambdaExpr &lambda, Scope &scope) {
  if (!frame->self || !fn)
    return;
  ast::forEachName(*lambda.body, [&](const ast::NameExpr &name) {
    std::optional<Value> value = lookup(name.name);
    if (const State *const *state = value ? value->get<const State *>() : nullptr)
      scope.names[name.name] = readState(**state, name.range);
  });
}

//===----------------------------------------------------------------------===//
// First values
//===----------------------------------------------------------------------===//

// zeros, ones, full(v), a number, or any expression of the state's type and shape.
Value Evaluator::firstValue(const State &state, ArrayRef<Size> shape) {
  const ast::Expr &init = *state.decl->init;
  auto *call = dyn_cast<ast::CallExpr>(&init);
  auto *word = dyn_cast<ast::NameExpr>(call ? call->callee.get() : &init);
  std::optional<Value> known = word ? lookup(word->name) : std::nullopt;
  if (word && !known && isDistribution(word->name)) {
    error(init.range, "a state starts as `zeros`, `ones`, `full(v)`, a number or a tensor; `" + word->name +
                          "` draws the first values of weights");
    return Poison{};
  }
  bool isBuiltin = known && known->is<BuiltinRef>();
  bool fills = isBuiltin && call && word->name == "full" && call->arguments.size() == 1;
  Value value;
  if (isBuiltin && !call && (word->name == "zeros" || word->name == "ones"))
    value = int64_t(word->name == "ones");
  else
    value = evalSingle(fills ? *call->arguments[0].value : init);
  if (value.isPoison())
    return value;

  LocationScope place(*fn, location(init.range));
  bool isOneNumber = value.isNumber() || fills;
  if (state.dtype == DType::Bool && value.is<int64_t>() && isOneNumber)
    value = *value.get<int64_t>() != 0;
  std::optional<Tensor> first = fitting(value, state.dtype, isOneNumber ? ArrayRef<Size>() : shape);
  if (first)
    return broadcast(*fn, *first, shape);
  error(init.range, "the state `" + state.decl->name.text + "` is " + typeText(state, shape) +
                        "; its first value cannot be " + value.describe())
      .note(state.decl->type->range, "its type is declared here");
  return Poison{};
}

// @NAME.reset(dims) returns the first values of the entry point's states, in the order of its arguments.
void Evaluator::emitReset(func::FuncOp entry, ArrayRef<const State *> states, ArrayRef<EntryDim> dims) {
  Builder builder(&context);
  Location loc = entry.getLoc();
  std::string name = (entry.getName() + ".reset").str();
  func::FuncOp function = createFunction(name, loc);
  function->moveAfter(entry);
  Block *block = function.addEntryBlock();
  FunctionEmitter inner(function, true, sizes);
  inner.facts = hyperFacts;
  llvm::SaveAndRestore<FunctionEmitter *> emitting(fn, &inner);
  llvm::SaveAndRestore<bool> first(resetting, true);
  SmallVector<DictionaryAttr> attributes;
  for (auto [dim, atom] : dims) {
    inner.bindAtom(atom, block->addArgument(builder.getIndexType(), loc));
    attributes.push_back(
        builder.getDictionaryAttr(builder.getNamedAttr(attrs::dim, builder.getStringAttr(dim))));
  }

  SmallVector<mlir::Value> results;
  SmallVector<Shape> shapes;
  for (const State *state : states) {
    Shape shape = *stateShape(*state, state->decl->range);
    Frame callee = frameOf(*state);
    FrameScope entered(*this, callee, SourceRange());
    Value value = firstValue(*state, shape);
    firstMade.insert(state);
    requireStateSizes(*state, shape);
    if (const Tensor *tensor = value.get<Tensor>())
      results.push_back(tensor->value);
    shapes.push_back(shape);
  }
  inner.checkPreconditions();
  inner.finish(results);
  if (results.size() != states.size())
    return;
  function.setAllArgAttrs(attributes);
  function.setPublic();
  function->setAttr(attrs::entry, builder.getUnitAttr());
  function->setAttr(attrs::shapes, FlatSymbolRefAttr::get(emitShapes(function, dims, shapes)));
  entry->setAttr(attrs::reset, FlatSymbolRefAttr::get(function));
}

// States that no entry point reaches; one that needs a dimension variable has no type before one does.
void Evaluator::checkUnreachedStates() {
  func::FuncOp function = createFunction("states.checked", module->getLoc());
  function.addEntryBlock();
  FunctionEmitter inner(function, true, sizes);
  inner.facts = hyperFacts;
  llvm::SaveAndRestore<FunctionEmitter *> emitting(fn, &inner);
  llvm::SaveAndRestore<bool> first(resetting, true);
  entryDims.clear();
  stateShapes.clear();
  for (const std::unique_ptr<State> &state : states) {
    if (firstMade.contains(state.get()) || state->owner->isUnmet)
      continue;
    std::optional<Shape> shape = stateShape(*state, SourceRange());
    if (!shape)
      continue;
    Frame callee = frameOf(*state);
    FrameScope entered(*this, callee, SourceRange());
    firstValue(*state, *shape);
  }
  inner.finish({});
}

void Evaluator::requireStateSizes(const State &state, ArrayRef<Size> shape) {
  for (const Size &size : shape)
    fn->requireNonNegative(size,
                           "the size " + size.str() + " of `" + state.decl->name.text + "` is negative");
}

} // namespace rondo::sema
