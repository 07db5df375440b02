// Entry points: what can be one, and the function that it becomes.
//
// An entry point takes its dimension variables and `int` arguments, its tensors, then the states that it
// reaches; it returns its results, the sizes that are known only afterwards, then the states that it assigns.
// `rondo.shapes` names its companion, which computes all sizes before the call.
#include "compiler/Frontend/EvaluatorImpl.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

using namespace mlir;

namespace rondo::sema {

//===----------------------------------------------------------------------===//
// What can be one
//===----------------------------------------------------------------------===//

static bool isTensorType(const ast::TypeExpr &type) {
  if (type.kind == ast::TypeExpr::Kind::List || !parseDType(type.name.text))
    return false;
  return type.kind == ast::TypeExpr::Kind::Shaped || type.name.text != "bool";
}

static bool hasRest(const ast::TypeExpr &type) {
  return llvm::any_of(type.dims, [](const ast::Dim &dim) { return dim.isEllipsis(); });
}

bool Evaluator::isEntryType(const ast::TypeExpr &type) {
  return !hasRest(type) &&
         (isTensorType(type) || (type.kind == ast::TypeExpr::Kind::Name && type.name.text == "int"));
}

// Fully annotated, of tensors and `int`s.
bool Evaluator::isAnnotated(const ast::DefDecl &def) {
  if (def.results.empty() || def.hasErrors)
    return false;
  for (const ast::Parameter &parameter : def.parameters)
    if (!parameter.type || !isEntryType(*parameter.type))
      return false;
  return llvm::none_of(def.results, [](const ast::TypePtr &type) { return hasRest(*type); });
}

//===----------------------------------------------------------------------===//
// Emission
//===----------------------------------------------------------------------===//

// An entry point while it is emitted; the steps stand in their order.
struct Evaluator::EntryPoint {
  EntryPoint(Evaluator &eval, const ast::DefDecl &def, bool isEntry);

  void declareSizes();
  void addSizeArguments();
  void addTensorArguments();
  /// False after an error.
  bool addResults(const Value &result);
  void addLateSizes();
  void addStates();
  void checkLimits();
  void publish();

  Evaluator &eval;
  const ast::DefDecl &def;
  const bool isEntry; // else it is only checked
  func::FuncOp function;
  Block *block;
  FunctionEmitter emitter;
  bool ok = true; // no error in its signature

  // One a parameter: its type, and whether the caller gives it.
  SmallVector<std::optional<TypeSpec>> types;
  SmallVector<bool> present;

  SmallVector<EntryDim> dims;
  SmallVector<Shape> argumentShapes, resultShapes;
  SmallVector<mlir::Value> results;
  SmallVector<DictionaryAttr> argumentAttributes, resultAttributes;
  std::vector<std::pair<const State *, StateValue>> states;

private:
  Value declareSize(StringRef name, SizeAtom::Kind kind, SourceRange range);
  Value addTensorArgument(const ast::Parameter &parameter, DType dtype, const Shape &shape);
  NamedAttribute named(StringRef name, Attribute value) { return emitter.builder.getNamedAttr(name, value); }
  NamedAttribute named(StringRef name, StringRef text) {
    return named(name, emitter.builder.getStringAttr(text));
  }
  DictionaryAttr attributesOf(DType dtype, SmallVector<NamedAttribute> list = {});
};

// Emits `def` as a function that stands alone, its dimension variables as arguments; with its
// companions, unless it is only checked.
void Evaluator::emitEntry(const FunctionRef &ref, bool isEntry, const ast::TrainDecl *train) {
  const ast::DefDecl &def = *ref.decl;
  Frame callee;
  callee.file = ref.file;
  callee.self = ref.self;
  callee.def = &def;
  callee.callee = "`" + def.name.text.str() + "`";
  FrameScope entered(*this, callee, SourceRange());
  EntryPoint entry(*this, def, isEntry);
  llvm::SaveAndRestore<FunctionEmitter *> emitting(fn, &entry.emitter);
  llvm::SaveAndRestore<const ast::DefDecl *> current(entryDef, isEntry ? &def : nullptr);
  stateShapes.clear();

  entry.declareSizes();
  entry.addSizeArguments();
  entry.addTensorArguments();
  if (train)
    checkOptimizer(*train->optimizer);
  Value result = runBody(ref);
  if (train && !result.isPoison() && !exhausted)
    checkLoss(*train, result);
  if (!entry.ok || result.isPoison() || exhausted || train || !entry.addResults(result)) {
    entry.emitter.finish({});
    return;
  }
  entry.addLateSizes();
  entry.addStates();
  entry.emitter.checkPreconditions();
  entry.emitter.finish(entry.results);
  if (isEntry) {
    entry.checkLimits();
    entry.publish();
  }
}

Evaluator::EntryPoint::EntryPoint(Evaluator &eval, const ast::DefDecl &def, bool isEntry)
    : eval(eval), def(def), isEntry(isEntry),
      function(
          eval.createFunction(def.name.text.str() + (isEntry ? "" : ".checked"), eval.place(def.name.range))),
      block(function.addEntryBlock()), emitter(function, true, eval.sizes) {
  emitter.frame = eval.frame;
  emitter.facts = eval.hyperFacts;
}

// The types of the parameters. Dimension variables are the bare names in shapes of arguments that are
// present; `int` arguments are sizes too, and in a shape their names mean them.
void Evaluator::EntryPoint::declareSizes() {
  Frame &frame = *eval.frame;
  const auto &given = eval.options.given;
  llvm::StringSet<> ints;
  for (const ast::Parameter &parameter : def.parameters) {
    std::optional<TypeSpec> type = eval.resolveType(*parameter.type, true);
    ok &= type.has_value();
    bool isOptional = parameter.defaultValue && isa<ast::NoneExpr>(*parameter.defaultValue);
    bool isGiven = !isOptional || (given && llvm::is_contained(*given, parameter.name.text));
    types.push_back(type);
    present.push_back(isGiven);
    if (type && type->kind == TypeSpec::Int)
      ints.insert(parameter.name.text);
  }
  for (auto [type, isGiven] : llvm::zip(types, present)) {
    if (!type || !isGiven || type->kind != TypeSpec::Tensor)
      continue;
    for (const ast::Dim &dim : type->expr->dims) {
      if (!eval.isDimensionName(*dim.size))
        continue;
      StringRef name = cast<ast::NameExpr>(*dim.size).name;
      if (!frame.dims.contains(name) && !ints.contains(name))
        frame.dims[name] = declareSize(name, SizeAtom::Dim, dim.range);
    }
  }
  eval.entryDims = frame.dims;
  for (auto [type, parameter] : llvm::zip(types, def.parameters))
    if (type && type->kind == TypeSpec::Int)
      frame.scopes[0].names[parameter.name.text] =
          declareSize(parameter.name.text, SizeAtom::Int, parameter.range);
}

// A constant if `--dim` fixes it.
Value Evaluator::EntryPoint::declareSize(StringRef name, SizeAtom::Kind kind, SourceRange range) {
  Value value;
  auto fixed = llvm::find_if(llvm::reverse(eval.options.dim), [&](auto &dim) { return dim.first == name; });
  if (isEntry && fixed != eval.options.dim.rend()) {
    value = fixed->second;
    eval.usedDims.insert(name);
  } else {
    const SizeAtom *atom = eval.sizes.makeBase(kind, name);
    dims.push_back({name, atom});
    value = Size(atom);
  }
  value.origin = range;
  return value;
}

void Evaluator::EntryPoint::addSizeArguments() {
  for (auto [dim, atom] : dims) {
    emitter.bindAtom(atom, block->addArgument(emitter.builder.getIndexType(), function.getLoc()));
    SmallVector<NamedAttribute> list = {named(attrs::dim, dim)};
    if (atom->kind == SizeAtom::Int)
      list.push_back(named(givenAttr, emitter.builder.getUnitAttr()));
    for (const ast::Parameter &parameter : def.parameters)
      if (atom->kind == SizeAtom::Int && parameter.name.text == dim && parameter.defaultValue)
        if (TypedAttr value = eval.defaultAttribute(parameter, std::nullopt))
          list.push_back(named(defaultAttr, value));
    argumentAttributes.push_back(emitter.builder.getDictionaryAttr(list));
  }
}

void Evaluator::EntryPoint::addTensorArguments() {
  for (auto [i, parameter] : llvm::enumerate(def.parameters)) {
    if (!types[i] || types[i]->kind != TypeSpec::Tensor)
      continue;
    Value value = None{};
    if (present[i]) {
      std::optional<Shape> shape = eval.evalShape(*types[i]);
      ok &= shape.has_value();
      value = shape ? addTensorArgument(parameter, types[i]->dtype, *shape) : Value(Poison{});
    }
    value.origin = parameter.range;
    eval.frame->scopes[0].names[parameter.name.text] = value;
  }
  for (auto [dim, atom] : dims)
    if (atom->kind == SizeAtom::Int)
      emitter.require({Precondition::NonNegative,
                       Size(atom),
                       Size(),
                       {},
                       "`" + dim.str() + "` is negative",
                       function.getLoc()});
}

Value Evaluator::EntryPoint::addTensorArgument(const ast::Parameter &parameter, DType dtype,
                                               const Shape &shape) {
  StringRef name = parameter.name.text;
  mlir::Value argument =
      block->addArgument(emitter.type(dtype, shape), eval.location(parameter.name.range, name));
  argumentShapes.push_back(shape);
  SmallVector<NamedAttribute> list = {named(attrs::name, name)};
  if (parameter.defaultValue && !isa<ast::NoneExpr>(*parameter.defaultValue)) {
    if (!shape.empty())
      eval.error(parameter.defaultValue->range,
                 "`" + name + "` is a tensor with axes: its default can be `none`");
    else if (TypedAttr value = eval.defaultAttribute(parameter, dtype))
      list.push_back(named(defaultAttr, value));
  }
  argumentAttributes.push_back(attributesOf(dtype, list));
  for (const Size &size : shape)
    emitter.requireNonNegative(size, "the size " + size.str() + " of `" + name + "` is negative");
  return Tensor{argument, dtype, shape};
}

// What a value's type does not say, and `list`.
DictionaryAttr Evaluator::EntryPoint::attributesOf(DType dtype, SmallVector<NamedAttribute> list) {
  if (dtype == DType::U8)
    list.push_back(named(unsignedAttr, emitter.builder.getUnitAttr()));
  return emitter.builder.getDictionaryAttr(list);
}

bool Evaluator::EntryPoint::addResults(const Value &result) {
  for (const Value &value : flat(result)) {
    const Tensor *tensor = value.get<Tensor>();
    if (!tensor) {
      eval.error(result.origin.isValid() ? result.origin : def.headRange,
                 "an entry point returns tensors, found " + value.describe());
      return false;
    }
    results.push_back(tensor->value);
    resultShapes.push_back(tensor->shape);
    resultAttributes.push_back(attributesOf(tensor->dtype));
  }
  return true;
}

// Sizes that are known only afterwards go to the runtime as results, and their most to the companion.
void Evaluator::EntryPoint::addLateSizes() {
  unsigned numSizes = 0;
  for (const Shape &shape : argumentShapes)
    numSizes += shape.size();
  for (auto [i, shape] : llvm::enumerate(resultShapes))
    for (Size &size : shape) {
      unsigned number = numSizes++;
      if (!size.hasLate())
        continue;
      results.push_back(sizeTensor(emitter, size).value);
      resultAttributes.push_back(
          emitter.builder.getDictionaryAttr(named(attrs::size, emitter.builder.getI64IntegerAttr(number))));
      std::optional<Size> most = eval.sizes.most(size);
      if (!most)
        eval.error(def.results[i]->range, "it is not known how large " + size.str() +
                                              " can be, which the memory of the result needs");
      size = most.value_or(Size(0));
    }
}

void Evaluator::EntryPoint::addStates() {
  states = emitter.statesByKey();
  for (auto &[state, value] : states) {
    eval.requireStateSizes(*state, value.old.shape);
    DictionaryAttr attributes = attributesOf(state->dtype, {named(attrs::state, state->key)});
    argumentAttributes.push_back(attributes);
    if (value.isAssigned()) {
      results.push_back(value.now.value);
      resultAttributes.push_back(attributes);
    }
  }
}

/// RONDO_MAX_DIMS, RONDO_MAX_VALUES and RONDO_MAX_SIZES of the runtime.
constexpr size_t maxEntryDims = 64, maxEntryValues = 256, maxEntrySizes = 1024;

// More than the runtime takes would be refused by every call.
void Evaluator::EntryPoint::checkLimits() {
  size_t axes = 0;
  for (const Shape &shape : llvm::concat<Shape>(argumentShapes, resultShapes))
    axes += shape.size();
  for (auto &[state, value] : states)
    axes += value.old.shape.size();
  size_t values = std::max({argumentShapes.size(), resultShapes.size(), states.size()});
  if (dims.size() > maxEntryDims || values > maxEntryValues || axes > maxEntrySizes)
    eval.error(def.name.range,
               "the entry point `" + def.name.text +
                   "` has more than a call may have: 64 dimension variables and `int` arguments, 256 "
                   "tensors, results or states, 1024 axes of all of them");
}

// What callers read: attributes, and the companions.
void Evaluator::EntryPoint::publish() {
  function.setAllArgAttrs(argumentAttributes);
  function.setAllResultAttrs(resultAttributes);
  function.setPublic();
  eval.entryHeads.push_back({function.getName().str(), def.headRange});
  function->setAttr(attrs::entry, emitter.builder.getUnitAttr());

  SmallVector<Shape> shapes = argumentShapes;
  shapes.append(resultShapes);
  SmallVector<const State *> reached;
  for (auto &[state, value] : states) {
    reached.push_back(state);
    shapes.push_back(value.old.shape);
  }
  function->setAttr(attrs::shapes, FlatSymbolRefAttr::get(eval.emitShapes(function, dims, shapes)));
  if (!reached.empty())
    eval.emitReset(function, reached, dims);
}

// What an argument is if the caller does not give it: an i64, an f64 or a bool. Without a dtype it is a size.
TypedAttr Evaluator::defaultAttribute(const ast::Parameter &parameter, std::optional<DType> dtype) {
  const ast::Expr &expr = *parameter.defaultValue;
  llvm::SaveAndRestore<FunctionEmitter *> outside(fn, nullptr);
  Value value = evalSingle(expr);
  Builder builder(&context);
  bool wantsBool = dtype == DType::Bool, wantsFloat = dtype && isFloat(*dtype);
  if (const int64_t *integer = value.get<int64_t>(); integer && !wantsBool) {
    if (dtype ? holds(*dtype, *integer) : *integer >= 0)
      return builder.getI64IntegerAttr(*integer);
  } else if (const double *number = value.get<double>(); number && wantsFloat) {
    return builder.getF64FloatAttr(*number);
  } else if (const bool *flag = value.get<bool>(); flag && wantsBool) {
    return builder.getBoolAttr(*flag);
  }
  if (!value.isPoison())
    error(expr.range, "the default of `" + parameter.name.text + "` must be " +
                          (!dtype      ? "an int of at least 0"
                           : wantsBool ? "`true` or `false`"
                                       : "a number of the type " + spelling(*dtype).str()) +
                          ", found " + value.describe());
  return {};
}

// All sizes, as the runtime checks arguments and allocates results and states.
func::FuncOp Evaluator::emitShapes(func::FuncOp entry, ArrayRef<EntryDim> dims, ArrayRef<Shape> shapes) {
  Location loc = entry.getLoc();
  func::FuncOp companion = createFunction((entry.getName() + ".shapes").str(), loc);
  companion->moveAfter(entry);
  Block *block = companion.addEntryBlock();
  FunctionEmitter emitter(companion, true, sizes);
  for (auto [dim, atom] : dims)
    emitter.bindAtom(atom, block->addArgument(emitter.builder.getIndexType(), loc));
  SmallVector<mlir::Value> all;
  for (const Shape &shape : shapes)
    for (const Size &size : shape)
      all.push_back(emitter.size(size));
  emitter.finish(all);
  return companion;
}

} // namespace rondo::sema
