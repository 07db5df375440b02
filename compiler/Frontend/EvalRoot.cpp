// The root model and its settings; which entry points there are; what is checked besides them; the module.
#include "compiler/Frontend/EvaluatorImpl.h"
#include "compiler/Frontend/Resolver.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/Path.h"
#include <functional>

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

// A hyper-parameter without a value.
Value Evaluator::openHyper(const ast::Parameter &parameter) {
  bool isInt = parameter.type && parameter.type->kind == ast::TypeExpr::Kind::Name &&
               parameter.type->name.text == "int";
  Value value = isInt ? Value(Size(sizes.makeBase(SizeAtom::Hyper, parameter.name.text))) : Value(Poison{});
  value.origin = parameter.range;
  return value;
}

//===----------------------------------------------------------------------===//
// What is emitted, and what is only checked
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

  std::vector<FunctionRef> candidates = entryCandidates(*scope, root, instance);
  std::vector<FunctionRef> found;
  llvm::copy_if(candidates, std::back_inserter(found), [&](const FunctionRef &candidate) {
    return options.entry.empty() || options.entry == candidate.decl->name.text;
  });
  if (found.empty() && (instance || !root) && !scope->file->hasErrors)
    reportNoEntry(*scope, root, instance, candidates, checkOnly);
  for (const FunctionRef &function : found)
    emitEntry(function, true);
  if (!found.empty())
    checkOptions(found);
  checkUnused(*scope, instance);
  if (instance)
    checkTraining(*scope, *instance);
  if (options.entry.empty())
    checkUnreachedStates();
  if (diagnostics.hasErrors())
    return {};
  if (instance)
    for (const ast::TrainDecl *member : instance->trains)
      diagnostics.warning(member->function.name.range,
                          "`train` is not supported yet: `" + member->function.name.text + "` is left out");
  removeUnused();
  checkOperations();
  if (diagnostics.hasErrors())
    return {};
  return std::move(module);
}

// What can be an entry point, in the order of the source: of the root, or, without one, of the file.
std::vector<FunctionRef> Evaluator::entryCandidates(const FileScope &file, const ast::ModelDecl *root,
                                                    Instance *instance) {
  std::vector<const ast::DefDecl *> defs;
  if (instance) {
    for (auto &method : instance->methods)
      defs.push_back(method.second);
    llvm::sort(defs, [](auto *a, auto *b) { return a->range.begin < b->range.begin; });
  } else if (!root) {
    for (const ast::DeclPtr &item : file.file->items)
      if (auto *def = dyn_cast<ast::DefDecl>(item.get()))
        defs.push_back(def);
  }
  std::vector<FunctionRef> candidates;
  for (const ast::DefDecl *def : defs)
    if (!def->name.text.starts_with("_") && isAnnotated(*def))
      candidates.push_back({def, &file, instance});
  return candidates;
}

// None of the candidates is the entry point that is asked for, or there are none. A `train` member that was
// meant is named: the one of that name, or, where any entry point would do, the first.
void Evaluator::reportNoEntry(const FileScope &file, const ast::ModelDecl *root, const Instance *instance,
                              ArrayRef<FunctionRef> candidates, bool checkOnly) {
  if (instance)
    for (const ast::TrainDecl *train : instance->trains)
      if (options.entry.empty() ? !checkOnly : options.entry == train->function.name.text) {
        diagnostics.error(train->function.name.range, "`train` is not supported yet");
        return;
      }
  std::string owner = root ? "the root `" + root->name.text.str() + "`" : "the file";
  if (!options.entry.empty()) {
    std::vector<StringRef> names;
    for (const FunctionRef &candidate : candidates)
      names.push_back(candidate.decl->name.text);
    diagnostics.error("there is no entry point `" + printable(options.entry) + "`")
        .suggest(nearestName(options.entry, names))
        .note("entry points are the fully annotated `def`s of " + owner +
              " whose arguments are tensors or `int`");
  } else if (!checkOnly && !diagnostics.hasErrors()) {
    const std::vector<ast::DeclPtr> &items = file.file->items;
    SourceRange at = root            ? root->name.range
                     : items.empty() ? SourceRange{file.file->id, 0, 0}
                                     : items.back()->range.atBegin();
    diagnostics.error(
        at, "there is no entry point: a `def` of " + owner +
                " without a leading `_` whose arguments (tensors or `int`) and results are all annotated");
  }
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
  statesByKey.clear();
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

// Functions that call functions many times are small until all calls are written out.
void Evaluator::checkOperations() {
  SymbolTable table(*module);
  llvm::DenseMap<Operation *, uint64_t> known;
  std::function<uint64_t(Operation *)> operations = [&](Operation *function) {
    if (auto found = known.find(function); found != known.end())
      return found->second;
    uint64_t total = 0;
    function->walk([&](Operation *op) {
      auto call = dyn_cast<func::CallOp>(op);
      total = llvm::SaturatingAdd(total, call ? operations(table.lookup(call.getCallee())) : 1);
    });
    return known[function] = total;
  };
  for (auto &[name, head] : entryHeads)
    if (Operation *function = table.lookup(name); function && operations(function) > maxOperations)
      error(head, "`" + name + "` has more than " + Twine(maxOperations) +
                      " operations when all calls and loops over constants are written out; `scan` is not "
                      "written out");
}

} // namespace rondo::sema
