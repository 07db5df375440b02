// The root, its settings, its entry points; what else is checked; the module.
#include "compiler/Frontend/EvaluatorImpl.h"
#include "compiler/Frontend/Resolver.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/Support/Path.h"

using namespace mlir;

namespace rondo::sema {

//===----------------------------------------------------------------------===//
// The root
//===----------------------------------------------------------------------===//

const ast::ModelDecl *Evaluator::findRoot(const FileScope &file) {
  const ast::ModelDecl *last = nullptr;
  std::vector<StringRef> names;
  for (const ast::DeclPtr &item : file.file->items)
    if (auto *model = dyn_cast<ast::ModelDecl>(item.get())) {
      names.push_back(model->name.text);
      last = model;
      if (model->name.text == options.model)
        return model;
    }
  if (options.model.empty())
    return last;
  diagnostics.error("there is no model `" + printable(options.model) + "` in " + files[file.file->id].name())
      .suggest(nearestName(options.model, names));
  return nullptr;
}

// A setting is written as a literal: 3, 0.5, true, none, [1, 2], text with or without quotes.
std::optional<Value> Evaluator::parseSetting(const ast::Parameter &parameter, StringRef text) {
  struct Reader {
    StringRef rest;
    unsigned nesting = 0;
    std::optional<Value> read(const ast::TypeExpr *type) {
      rest = rest.ltrim();
      if (rest.consume_front("[")) {
        if (++nesting > 32)
          return std::nullopt;
        Values elements;
        rest = rest.ltrim();
        while (!rest.consume_front("]")) {
          auto element = read(type && type->element ? type->element.get() : nullptr);
          if (!element)
            return std::nullopt;
          elements.push_back(*element);
          rest = rest.ltrim();
          if (!rest.starts_with("]") && !rest.consume_front(","))
            return std::nullopt;
          rest = rest.ltrim();
        }
        --nesting;
        return Value::list(std::move(elements));
      }
      bool wantsText = type && type->name.text == "str";
      if (rest.consume_front("\"")) {
        auto [string, after] = rest.split('"');
        rest = after;
        return Value(string);
      }
      StringRef word =
          nesting || !wantsText ? rest.take_until([](char c) { return c == ',' || c == ']'; }) : rest;
      rest = rest.drop_front(word.size());
      word = word.trim();
      if (wantsText)
        return Value(word);
      int64_t integer;
      double number;
      if (word == "true" || word == "false")
        return Value(word == "true");
      if (word == "none")
        return Value(None{});
      if (word == "inf" || word == "-inf")
        return Value(word == "inf" ? HUGE_VAL : -HUGE_VAL);
      if (!word.getAsInteger(10, integer))
        return Value(integer);
      if (!word.empty() && (llvm::isDigit(word.back()) || word.back() == '.') && !word.getAsDouble(number))
        return Value(number);
      return std::nullopt;
    }
  };
  Reader reader{text};
  std::optional<Value> value = reader.read(parameter.type.get());
  if (value && reader.rest.trim().empty())
    return value;
  diagnostics.error("--set " + parameter.name.text + "=" + printable(text) + ": not a value of type " +
                    (parameter.type ? files.text(parameter.type->range) : "int, float, bool or str"));
  return std::nullopt;
}

// Nothing if hyper-parameters have no value: an error, unless only to be checked.
std::optional<Recipe> Evaluator::rootRecipe(const ModelRef &model, bool checkOnly) {
  const ast::ModelDecl &decl = *model.decl;
  Recipe recipe;
  recipe.model = model;
  recipe.range = decl.name.range;
  bool ok = true;
  std::vector<StringRef> names, missing;
  for (const ast::Parameter &parameter : decl.parameters)
    names.push_back(parameter.name.text);
  for (auto &[name, text] : options.set)
    if (!llvm::is_contained(names, name)) {
      diagnostics
          .error("--set " + printable(name) + ": the model `" + decl.name.text +
                 "` has no hyper-parameter `" + printable(name) + "`")
          .suggest(nearestName(name, names));
      ok = false;
    }
  Frame inner;
  inner.file = model.file;
  FrameScope entered(*this, inner, SourceRange());
  for (const ast::Parameter &parameter : decl.parameters) {
    auto setting =
        llvm::find_if(llvm::reverse(options.set), [&](auto &s) { return s.first == parameter.name.text; });
    bool isSet = setting != options.set.rend();
    Value value;
    if (isSet) {
      std::optional<Value> parsed = parseSetting(parameter, setting->second);
      ok &= parsed.has_value();
      value = parsed.value_or(Value(Poison{}));
    } else if (parameter.defaultValue) {
      value = evalSingle(*parameter.defaultValue);
    } else {
      missing.push_back(parameter.name.text);
      value = openHyper(parameter);
    }
    if (isSet && value.isNone() && parameter.defaultValue && !isa<ast::NoneExpr>(*parameter.defaultValue)) {
      diagnostics.error("--set " + parameter.name.text + "=none: `" + parameter.name.text +
                        "` cannot be none");
      ok = false;
    } else if (isSet ? !value.isPoison() : parameter.defaultValue != nullptr) {
      ok &= checkHyper(parameter, value, decl.name.text,
                       isSet ? parameter.range : parameter.defaultValue->range);
    }
    inner.scopes[0].names[parameter.name.text] = value;
    recipe.arguments[parameter.name.text] = std::move(value);
  }
  if (!missing.empty() && !checkOnly && ok) {
    std::string list;
    for (StringRef name : missing)
      list += (list.empty() ? "`" : ", `") + name.str() + "`";
    error(decl.headRange,
          "the root `" + decl.name.text + "` needs a value for " + list + ": `--set " + missing[0] + "=...`");
  }
  if (!ok || (!missing.empty() && !checkOnly))
    return std::nullopt;
  return recipe;
}

//===----------------------------------------------------------------------===//
// Entry points
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

// What an argument is if the caller does not give it: an i64, an f64 or a bool.
TypedAttr Evaluator::defaultAttribute(const ast::Expr &expr) {
  llvm::SaveAndRestore<FunctionEmitter *> outside(fn, nullptr);
  Value value = evalSingle(expr);
  Builder builder(&context);
  if (const int64_t *integer = value.get<int64_t>())
    return builder.getI64IntegerAttr(*integer);
  if (const double *number = value.get<double>())
    return builder.getF64FloatAttr(*number);
  if (const bool *flag = value.get<bool>())
    return builder.getBoolAttr(*flag);
  if (!value.isPoison())
    error(expr.range,
          "the default of an argument of an entry point must be a number, found " + value.describe());
  return {};
}

// Emits `def` as a function that stands alone, its dimension variables as arguments; with its
// companion that computes sizes, unless it is only checked.
void Evaluator::emitEntry(const FunctionRef &ref, bool isEntry, const ast::TrainDecl *train) {
  const ast::DefDecl &def = *ref.decl;
  StringRef name = def.name.text;
  Frame callee;
  callee.file = ref.file;
  callee.self = ref.self;
  callee.def = &def;
  callee.callee = "`" + name.str() + "`";
  FrameScope entered(*this, callee, SourceRange());

  Location loc = location(def.name.range);
  func::FuncOp function = createFunction(isEntry ? name.str() : name.str() + ".checked", loc);
  Block *block = function.addEntryBlock();
  FunctionEmitter inner(function, true, sizes);
  inner.facts = hyperFacts;
  llvm::SaveAndRestore<FunctionEmitter *> emitting(fn, &inner);
  llvm::SaveAndRestore<const ast::DefDecl *> entry(entryDef, isEntry ? &def : nullptr);
  stateShapes.clear();

  // Dimension variables first: bare names in shapes of arguments that are present.
  auto fixed = [&](StringRef dim) -> std::optional<int64_t> {
    std::optional<int64_t> value;
    for (auto &[key, given] : options.dim)
      if (key == dim)
        value = given;
    return isEntry ? value : std::nullopt;
  };
  SmallVector<std::pair<StringRef, const SizeAtom *>> dims;
  auto declareSize = [&](StringRef dim, SizeAtom::Kind kind, SourceRange range) {
    Value value;
    if (std::optional<int64_t> constant = fixed(dim)) {
      value = *constant;
      usedDims.insert(dim);
    } else {
      const SizeAtom *atom = sizes.makeBase(kind, dim);
      dims.push_back({dim, atom});
      value = Size(atom);
    }
    value.origin = range;
    return value;
  };
  bool ok = true;
  SmallVector<std::optional<TypeSpec>> types;
  SmallVector<bool> present;
  for (const ast::Parameter &parameter : def.parameters) {
    std::optional<TypeSpec> type = resolveType(*parameter.type, true);
    ok &= type.has_value();
    bool isOptional = parameter.defaultValue && isa<ast::NoneExpr>(*parameter.defaultValue);
    bool isGiven = !isOptional || (options.given && llvm::is_contained(*options.given, parameter.name.text));
    types.push_back(type);
    present.push_back(isGiven);
    if (!type || !isGiven || type->kind != TypeSpec::Tensor)
      continue;
    for (const ast::Dim &dim : type->expr->dims)
      if (isDimensionName(*dim.size) && !frame->dims.contains(cast<ast::NameExpr>(*dim.size).name)) {
        StringRef name = cast<ast::NameExpr>(*dim.size).name;
        Value value = declareSize(name, SizeAtom::Dim, dim.range);
        frame->dims[name] = value;
      }
  }
  entryDims = frame->dims;
  for (auto [i, parameter] : llvm::enumerate(def.parameters))
    if (types[i] && types[i]->kind == TypeSpec::Int)
      frame->scopes[0].names[parameter.name.text] =
          declareSize(parameter.name.text, SizeAtom::Int, parameter.range);

  Builder builder(&context);
  SmallVector<NamedAttribute> none;
  SmallVector<DictionaryAttr> attributes;
  for (auto [dim, atom] : dims) {
    inner.bindAtom(atom, block->addArgument(builder.getIndexType(), loc));
    SmallVector<NamedAttribute> list = {builder.getNamedAttr(attrs::dim, builder.getStringAttr(dim))};
    for (const ast::Parameter &parameter : def.parameters)
      if (atom->kind == SizeAtom::Int && parameter.name.text == dim && parameter.defaultValue)
        if (TypedAttr value = defaultAttribute(*parameter.defaultValue))
          list.push_back(builder.getNamedAttr(defaultAttr, value));
    attributes.push_back(builder.getDictionaryAttr(list));
  }
  SmallVector<Shape> argumentShapes;
  for (auto [i, parameter] : llvm::enumerate(def.parameters)) {
    if (!types[i] || types[i]->kind != TypeSpec::Tensor)
      continue;
    Value value = None{};
    if (present[i]) {
      std::optional<Shape> shape = evalShape(*types[i]);
      ok &= shape.has_value();
      if (!shape) {
        frame->scopes[0].names[parameter.name.text] = Poison{};
        continue;
      }
      DType dtype = types[i]->dtype;
      Location place = location(parameter.name.range, parameter.name.text);
      value = Tensor{block->addArgument(inner.type(dtype, *shape), place), dtype, *shape};
      argumentShapes.push_back(*shape);
      SmallVector<NamedAttribute> list = {
          builder.getNamedAttr(attrs::name, builder.getStringAttr(parameter.name.text))};
      if (parameter.defaultValue && !isa<ast::NoneExpr>(*parameter.defaultValue))
        if (TypedAttr value = defaultAttribute(*parameter.defaultValue))
          list.push_back(builder.getNamedAttr(defaultAttr, value));
      if (dtype == DType::U8)
        list.push_back(builder.getNamedAttr(unsignedAttr, builder.getUnitAttr()));
      attributes.push_back(builder.getDictionaryAttr(list));
      for (const Size &size : *shape)
        inner.requireNonNegative(size,
                                 "the size " + size.str() + " of `" + parameter.name.text + "` is negative");
    }
    value.origin = parameter.range;
    frame->scopes[0].names[parameter.name.text] = value;
  }
  for (auto [dim, atom] : dims)
    if (atom->kind == SizeAtom::Int)
      inner.require(
          {Precondition::NonNegative, Size(atom), Size(), {}, "`" + dim.str() + "` is negative", loc});

  if (train)
    checkOptimizer(*train->optimizer);
  Value result = runBody(ref);
  if (train && !result.isPoison() && !exhausted)
    checkLoss(*train, result);
  if (!ok || result.isPoison() || exhausted || train) {
    inner.finish({});
    return;
  }
  SmallVector<mlir::Value> results;
  SmallVector<Shape> resultShapes;
  SmallVector<DictionaryAttr> resultAttributes;
  for (const Value &value : flat(result)) {
    const Tensor *tensor = value.get<Tensor>();
    if (!tensor) {
      error(result.origin.isValid() ? result.origin : def.headRange,
            "an entry point returns tensors, found " + value.describe());
      inner.finish({});
      return;
    }
    results.push_back(tensor->value);
    resultShapes.push_back(tensor->shape);
    resultAttributes.push_back(tensor->dtype == DType::U8 ? builder.getDictionaryAttr(builder.getNamedAttr(
                                                                unsignedAttr, builder.getUnitAttr()))
                                                          : builder.getDictionaryAttr({}));
  }
  // Sizes that are known only afterwards go to the runtime as results, and their most to the companion.
  unsigned numSizes = 0;
  for (const Shape &shape : argumentShapes)
    numSizes += shape.size();
  for (auto [i, shape] : llvm::enumerate(resultShapes))
    for (Size &size : shape) {
      unsigned number = numSizes++;
      if (!size.hasLate())
        continue;
      results.push_back(sizeTensor(inner, size).value);
      resultAttributes.push_back(
          builder.getDictionaryAttr(builder.getNamedAttr(attrs::size, builder.getI64IntegerAttr(number))));
      std::optional<Size> most = sizes.most(size);
      if (!most)
        error(def.results[i]->range,
              "it is not known how large " + size.str() + " can be, which the memory of the result needs");
      size = most.value_or(Size(0));
    }
  auto states = inner.statesByKey();
  for (auto &[state, value] : states) {
    requireStateSizes(*state, value.old.shape);
    SmallVector<NamedAttribute> list = {
        builder.getNamedAttr(attrs::state, builder.getStringAttr(state->key))};
    if (state->dtype == DType::U8)
      list.push_back(builder.getNamedAttr(unsignedAttr, builder.getUnitAttr()));
    attributes.push_back(builder.getDictionaryAttr(list));
    if (value.isAssigned()) {
      results.push_back(value.now.value);
      resultAttributes.push_back(attributes.back());
    }
  }
  inner.checkPreconditions();
  inner.finish(results);
  if (!isEntry)
    return;
  function.setAllArgAttrs(attributes);
  function.setAllResultAttrs(resultAttributes);
  function.setPublic();
  function->setAttr(attrs::entry, builder.getUnitAttr());

  SmallVector<Shape> shapes = argumentShapes;
  shapes.append(resultShapes);
  SmallVector<const State *> reached;
  for (auto &[state, value] : states) {
    reached.push_back(state);
    shapes.push_back(value.old.shape);
  }
  function->setAttr(attrs::shapes, FlatSymbolRefAttr::get(emitShapes(function, dims, shapes)));
  if (!reached.empty())
    emitReset(function, reached, dims);
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

// A hyper-parameter without a value.
Value Evaluator::openHyper(const ast::Parameter &parameter) {
  bool isInt = parameter.type && parameter.type->kind == ast::TypeExpr::Kind::Name &&
               parameter.type->name.text == "int";
  Value value = isInt ? Value(Size(sizes.makeBase(SizeAtom::Hyper, parameter.name.text))) : Value(Poison{});
  value.origin = parameter.range;
  return value;
}

// The fully annotated defs of a model that nothing instantiates.
void Evaluator::checkModel(const FileScope &file, const ast::ModelDecl &model) {
  Recipe recipe;
  recipe.model = {&model, &file};
  recipe.range = model.name.range;
  {
    Frame inner;
    inner.file = &file;
    FrameScope entered(*this, inner, SourceRange());
    for (const ast::Parameter &parameter : model.parameters) {
      Value value = parameter.defaultValue ? evalSingle(*parameter.defaultValue) : openHyper(parameter);
      if (parameter.defaultValue &&
          !checkHyper(parameter, value, model.name.text, parameter.defaultValue->range))
        value = Poison{};
      inner.scopes[0].names[parameter.name.text] = value;
      recipe.arguments[parameter.name.text] = value;
    }
  }
  weightsByKey.clear();
  Instance *instance = instantiate(recipe, nullptr, "", SourceRange());
  if (!instance)
    return;
  for (const ast::DeclPtr &member : model.members)
    if (auto *def = dyn_cast<ast::DefDecl>(member.get()))
      if (instance->methods.lookup(def->name.text) == def && isAnnotated(*def))
        emitEntry({def, &file, instance}, false);
  checkTraining(file, *instance);
}

// Erases private functions that no entry point reaches.
void Evaluator::removeUnused() {
  llvm::SetVector<Operation *> used;
  SymbolTable table(*module);
  for (auto function : module->getOps<func::FuncOp>())
    if (function.isPublic())
      used.insert(function);
  for (size_t i = 0; i < used.size(); ++i) {
    used[i]->walk([&](func::CallOp call) { used.insert(table.lookup(call.getCallee())); });
    if (auto shapes = used[i]->getAttrOfType<FlatSymbolRefAttr>(attrs::shapes))
      used.insert(table.lookup(shapes.getValue()));
  }
  for (auto function : llvm::make_early_inc_range(module->getOps<func::FuncOp>()))
    if (!used.contains(function))
      function.erase();
}

//===----------------------------------------------------------------------===//
// The whole
//===----------------------------------------------------------------------===//

OwningOpRef<ModuleOp> Evaluator::run(FileId file, bool checkOnly) {
  Builder builder(&context);
  module = ModuleOp::create(FileLineColLoc::get(&context, files[file].name(), 1, 1));
  (*module)->setAttr(attrs::phase, builder.getStringAttr("rondo"));
  FileScope *scope = loadFile(file, false);
  loadUses(*scope);
  Frame top;
  top.file = scope;
  FrameScope entered(*this, top, SourceRange());
  SmallVector<const FileScope *> userFiles; // names may load the library, which adds files
  for (auto &[id, used] : fileScopes)
    if (!used->isLibrary)
      userFiles.push_back(used.get());
  for (const FileScope *used : userFiles)
    resolveNames(*this, *used);

  const ast::ModelDecl *root = findRoot(*scope);
  if (!root && !options.model.empty())
    return {};
  for (auto &[name, value] : options.dim)
    if (value < 0)
      diagnostics.error("--dim " + printable(name) + "=" + Twine(value) + ": a size cannot be negative");

  Instance *instance = nullptr;
  if (root) {
    module->setSymName(root->name.text);
    if (root->hasErrors)
      return {};
    instantiated.insert(root);
    std::optional<Recipe> recipe = rootRecipe({root, scope}, checkOnly);
    if (recipe)
      instance = instantiate(*recipe, nullptr, "", SourceRange());
  } else {
    module->setSymName(llvm::sys::path::stem(files[file].name()));
    for (auto &[name, text] : options.set)
      diagnostics.error("--set " + printable(name) + ": the file has no model");
  }

  // Entry points, in the order of the source.
  std::vector<FunctionRef> found;
  std::vector<StringRef> names;
  auto consider = [&](const ast::DefDecl &def, Instance *self) {
    if (def.name.text.starts_with("_") || !isAnnotated(def))
      return;
    names.push_back(def.name.text);
    if (options.entry.empty() || options.entry == def.name.text)
      found.push_back({&def, scope, self});
  };
  if (instance) {
    std::vector<const ast::DefDecl *> methods;
    for (auto &method : instance->methods)
      methods.push_back(method.second);
    llvm::sort(methods, [](auto *a, auto *b) { return a->range.begin < b->range.begin; });
    for (const ast::DefDecl *def : methods)
      consider(*def, instance);
  } else if (!root) {
    for (const ast::DeclPtr &item : scope->file->items)
      if (auto *def = dyn_cast<ast::DefDecl>(item.get()))
        consider(*def, nullptr);
  }
  // What is asked for in vain: the one of that name, or, where there is nothing else, the first.
  const ast::TrainDecl *train = nullptr;
  if (instance)
    for (const ast::TrainDecl *member : instance->trains)
      if (!train && (options.entry.empty() ? !checkOnly : options.entry == member->function.name.text))
        train = member;
  if (found.empty() && (instance || !root) && !scope->file->hasErrors) {
    if (train)
      diagnostics.error(train->function.name.range, "`train` is not supported yet");
    else if (!options.entry.empty())
      diagnostics.error("there is no entry point `" + printable(options.entry) + "`")
          .suggest(nearestName(options.entry, names))
          .note("entry points are the fully annotated `def`s of " +
                (root ? "the root `" + root->name.text.str() + "`" : "the file") +
                " whose arguments are tensors or `int`");
    else if (!checkOnly && !diagnostics.hasErrors()) {
      SourceRange at = root                         ? root->name.range
                       : scope->file->items.empty() ? SourceRange{file, 0, 0}
                                                    : scope->file->items.back()->range.atBegin();
      diagnostics.error(
          at, "there is no entry point: a `def` of " +
                  (root ? "the root `" + root->name.text.str() + "`" : "the file") +
                  " without a leading `_` whose arguments (tensors or `int`) and results are all annotated");
    }
  }
  for (const FunctionRef &function : found)
    emitEntry(function, true);
  if (!found.empty())
    checkOptions(found);
  checkUnused(*scope, instance);
  if (instance)
    checkTraining(*scope, *instance);
  if (diagnostics.hasErrors())
    return {};
  if (instance)
    for (const ast::TrainDecl *member : instance->trains)
      diagnostics.warning(member->function.name.range,
                          "`train` is not supported yet: `" + member->function.name.text + "` is left out");
  removeUnused();
  return std::move(module);
}

// `--dim` and `--given` name what an entry point has.
void Evaluator::checkOptions(ArrayRef<FunctionRef> found) {
  for (auto &[name, value] : options.dim) {
    if (usedDims.contains(name) || diagnostics.hasErrors())
      continue;
    std::vector<StringRef> names;
    for (const FunctionRef &function : found)
      for (const ast::Parameter &parameter : function.decl->parameters) {
        if (parameter.type && parameter.type->name.text == "int")
          names.push_back(parameter.name.text);
        if (parameter.type)
          for (const ast::Dim &dim : parameter.type->dims)
            if (auto *dimName = dyn_cast_or_null<ast::NameExpr>(dim.size.get()))
              names.push_back(dimName->name);
      }
    diagnostics
        .error("--dim " + printable(name) + ": no entry point has a dimension variable or `int` argument `" +
               printable(name) + "`")
        .suggest(nearestName(name, names));
  }
  if (!options.given)
    return;
  for (const std::string &name : *options.given) {
    std::vector<StringRef> names;
    bool known = false;
    for (const FunctionRef &function : found)
      for (const ast::Parameter &parameter : function.decl->parameters) {
        known |= parameter.name.text == name;
        if (parameter.defaultValue)
          names.push_back(parameter.name.text);
      }
    if (!known)
      diagnostics
          .error("no entry point has an argument `" + printable(name) +
                 "`, which `--given` or `--input` names")
          .suggest(nearestName(name, names));
  }
}

// Fully annotated defs that nothing called are checked as they stand.
void Evaluator::checkUnused(const FileScope &file, Instance *root) {
  if (!options.entry.empty())
    return;
  if (root)
    for (auto &method : root->methods)
      if (!evaluated.contains(method.second) && isAnnotated(*method.second))
        emitEntry({method.second, &file, root}, false);
  for (const ast::DeclPtr &item : file.file->items) {
    auto *def = dyn_cast<ast::DefDecl>(item.get());
    if (def && !evaluated.contains(def) && isAnnotated(*def))
      emitEntry({def, &file, nullptr}, false);
    if (auto *constant = dyn_cast<ast::ConstDecl>(item.get()))
      itemValue(file, *constant);
    if (auto *model = dyn_cast<ast::ModelDecl>(item.get()))
      if (!instantiated.contains(model) && !model->hasErrors)
        checkModel(file, *model);
  }
}

} // namespace rondo::sema
