// Instantiation: a model with its arguments becomes modules and weights with keys.
#include "compiler/Frontend/EvaluatorImpl.h"

using namespace mlir;

namespace rondo::sema {

std::string Weight::typeString() const {
  return spelling(dtype).str() + (shape.empty() ? "[]" : shapeString(shape));
}

// `visit` sees an instance before its submodules, and those before the modules that were passed to it.
static void forEachModule(const Instance &instance, llvm::function_ref<void(const Instance &)> visit) {
  visit(instance);
  for (Instance *child : instance.children)
    forEachModule(*child, visit);
  auto shared = [&](auto &self, const Value &value) -> void {
    if (Instance *const *module = value.get<Instance *>())
      forEachModule(**module, visit);
    if (const List *elements = value.get<List>())
      for (const Value &element : *elements->elements)
        self(self, element);
  };
  for (const Value &argument : instance.arguments)
    shared(shared, argument);
}

void Instance::collectWeights(std::vector<const Weight *> &list) const {
  forEachModule(*this, [&](const Instance &module) { llvm::append_range(list, module.weights); });
}

void Instance::collectStates(std::vector<const State *> &list) const {
  forEachModule(*this, [&](const Instance &module) { llvm::append_range(list, module.states); });
}

const ast::Identifier *memberName(const ast::Decl &decl) {
  switch (decl.kind) {
  case ast::Decl::Kind::Const:
    return &cast<ast::ConstDecl>(decl).name;
  case ast::Decl::Kind::Def:
    return &cast<ast::DefDecl>(decl).name;
  case ast::Decl::Kind::Binding:
    return &cast<ast::BindingDecl>(decl).name;
  case ast::Decl::Kind::Variable:
    return &cast<ast::VariableDecl>(decl).name;
  case ast::Decl::Kind::Train:
    return &cast<ast::TrainDecl>(decl).function.name;
  default:
    return nullptr;
  }
}

std::string joinKey(StringRef prefix, StringRef segment) {
  return prefix.empty() ? segment.str() : segment.empty() ? prefix.str() : (prefix + "." + segment).str();
}

//===----------------------------------------------------------------------===//
// Arguments
//===----------------------------------------------------------------------===//

bool Evaluator::checkHyper(const ast::Parameter &parameter, Value &value, StringRef model,
                           SourceRange range) {
  if (value.isPoison())
    return false;
  bool isAbsent = value.isNone() && parameter.defaultValue && isa<ast::NoneExpr>(*parameter.defaultValue);
  if (!parameter.type || isAbsent)
    return true;
  std::optional<TypeSpec> type = resolveType(*parameter.type, true);
  if (!type)
    return false;
  auto isTensorType = [](const TypeSpec &spec, auto &self) -> bool {
    return spec.kind == TypeSpec::Tensor || (spec.kind == TypeSpec::ListOf && self(*spec.element, self));
  };
  if (isTensorType(*type, isTensorType)) {
    error(parameter.type->range,
          "a hyper-parameter is a constant: int, float, bool, str, module or a list of these");
    return false;
  }
  std::optional<Value> fitting = coerce(
      value, *type, ("`" + parameter.name.text + "` of `" + model + "`").str(), range, parameter.range);
  if (!fitting)
    return false;
  auto isRunTime = [](const Value &v) { return v.is<Size>() && !v.isOpen(); };
  if (isRunTime(*fitting) ||
      (fitting->is<List>() && llvm::any_of(*fitting->get<List>()->elements, isRunTime))) {
    error(range, "a hyper-parameter must be a constant; " + fitting->describe() + " is known when called");
    return false;
  }
  value = *fitting;
  return true;
}

Value Evaluator::makeRecipe(const ModelRef &model, ArrayRef<CallArgument> arguments, SourceRange range) {
  const ast::ModelDecl &decl = *model.decl;
  std::string name = "`" + decl.name.text.str() + "`";
  SmallVector<StringRef> names;
  SmallVector<bool> optional;
  for (const ast::Parameter &parameter : decl.parameters) {
    names.push_back(parameter.name.text);
    optional.push_back(parameter.defaultValue != nullptr);
  }
  auto order = matchArguments(name, names, optional, arguments, range, decl.headRange);
  if (!order)
    return Poison{};
  Frame inner;
  inner.file = model.file;
  inner.callee = name;
  FrameScope entered(*this, inner, range);
  auto recipe = std::make_shared<Recipe>();
  recipe->model = model;
  recipe->range = range;
  bool ok = true;
  for (auto [i, parameter] : llvm::enumerate(decl.parameters)) {
    int from = (*order)[i];
    llvm::SaveAndRestore<FunctionEmitter *> outside(fn, nullptr);
    Value value = from >= 0 ? arguments[from].value : evalSingle(*parameter.defaultValue);
    ok &= checkHyper(parameter, value, decl.name.text,
                     from >= 0 ? arguments[from].range : parameter.defaultValue->range);
    value.origin = parameter.range;
    inner.scopes[0].names[parameter.name.text] = value;
    recipe->arguments[parameter.name.text] = std::move(value);
  }
  return ok ? Value(std::shared_ptr<const Recipe>(std::move(recipe))) : Value(Poison{});
}

//===----------------------------------------------------------------------===//
// Members
//===----------------------------------------------------------------------===//

Instance *Evaluator::instantiate(const Recipe &recipe, Instance *owner, StringRef key, SourceRange range) {
  const ast::ModelDecl &decl = *recipe.model.decl;
  std::string chain;
  unsigned nesting = 0;
  for (Instance *outer = owner; outer; outer = outer->owner, ++nesting) {
    chain = "`" + outer->modelName().str() + "`" + (chain.empty() ? "" : " contains " + chain);
    if (outer->model.decl != &decl || nesting > 64)
      continue;
    // A model may contain itself with other arguments, to an end.
    bool same = llvm::all_of(llvm::enumerate(decl.parameters), [&](auto parameter) {
      Value value = recipe.arguments.lookup(parameter.value().name.text);
      return (value.isConstant() || value.isOpen()) &&
             value.text() == outer->arguments[parameter.index()].text();
    });
    if (!same)
      continue;
    error(range, "the model `" + decl.name.text + "` contains itself: " + chain + " contains `" +
                     decl.name.text + "`")
        .note(decl.name.range, "`" + decl.name.text + "` is defined here");
    return nullptr;
  }
  if (nesting > maxCallDepth || instances.size() >= maxInstances) {
    error(range, nesting > maxCallDepth ? "models are nested deeper than " + Twine(maxCallDepth)
                                        : "there are more than " + Twine(maxInstances) + " modules");
    exhausted = true;
    return nullptr;
  }
  instantiated.insert(&decl);
  instances.push_back(std::make_unique<Instance>());
  Instance &instance = *instances.back();
  instance.model = recipe.model;
  instance.owner = owner;
  instance.key = key.str();
  instance.range = range;
  for (const ast::Parameter &parameter : decl.parameters) {
    Value value = recipe.arguments.lookup(parameter.name.text);
    instance.arguments.push_back(value);
    instance.names[parameter.name.text] = value;
  }
  instance.failed = decl.hasErrors;
  if (decl.hasErrors)
    return &instance;

  llvm::SaveAndRestore<unsigned> deeper(depth, depth + 8);
  if (!step(range))
    return nullptr;
  llvm::SaveAndRestore<FunctionEmitter *> outside(fn, nullptr);
  Frame inner;
  inner.file = recipe.model.file;
  inner.self = &instance;
  inner.instantiating = true;
  inner.callee = "`" + decl.name.text.str() + "`";
  FrameScope entered(*this, inner, owner ? recipe.range : SourceRange());
  size_t errors = diagnostics.errorCount();
  addMembers(decl.members, instance);
  // Methods count on what their models require, those of the library on all of it.
  bool isUsable = !instance.isUnmet && (!recipe.model.file->isLibrary || diagnostics.errorCount() == errors);
  return isUsable ? &instance : nullptr;
}

void Evaluator::addMembers(ArrayRef<ast::DeclPtr> members, Instance &instance) {
  for (const ast::DeclPtr &member : members) {
    if (exhausted)
      return;
    if (const ast::Identifier *name = memberName(*member)) {
      if (!name->text.empty()) {
        auto [first, isNew] = instance.declared.try_emplace(name->text, name->range);
        if (!isNew) {
          error(name->range, "`" + name->text + "` is already a member of `" + instance.modelName() + "`")
              .note(first->second, "first defined here");
          continue;
        }
      }
      if (member->hasErrors) {
        instance.names[name->text] = Poison{};
        instance.failed = true;
        continue;
      }
    }
    switch (member->kind) {
    case ast::Decl::Kind::Const: {
      auto &decl = cast<ast::ConstDecl>(*member);
      Value value = evalSingle(*decl.value);
      if (value.is<std::shared_ptr<const Recipe>>() || value.is<Instance *>()) {
        error(decl.value->range,
              "a constant cannot be a module; write `" + decl.name.text + " = ...` without `const`");
        value = Poison{};
      }
      value.origin = decl.name.range;
      instance.names[decl.name.text] = std::move(value);
      break;
    }
    case ast::Decl::Kind::Def: {
      auto &decl = cast<ast::DefDecl>(*member);
      instance.names.erase(decl.name.text);
      instance.methods[decl.name.text] = &decl;
      break;
    }
    case ast::Decl::Kind::Binding:
      addBinding(cast<ast::BindingDecl>(*member), instance);
      break;
    case ast::Decl::Kind::Variable:
      addVariable(cast<ast::VariableDecl>(*member), instance);
      break;
    case ast::Decl::Kind::Require: {
      auto &decl = cast<ast::RequireDecl>(*member);
      size_t errors = diagnostics.errorCount();
      if (!decl.hasErrors)
        require(*decl.condition, decl.message.get(), decl.range);
      instance.isUnmet |= diagnostics.errorCount() > errors;
      if (instance.isUnmet && instance.model.file->isLibrary)
        return; // its other members count on it too
      break;
    }
    case ast::Decl::Kind::If:
      for (const ast::IfDecl::Arm &arm : cast<ast::IfDecl>(*member).arms) {
        std::optional<bool> condition =
            arm.condition ? evalCondition(*arm.condition, "the condition of `if`") : true;
        if (!condition) {
          instance.failed = true;
          break;
        }
        if (*condition) {
          addMembers(arm.members, instance);
          break;
        }
      }
      break;
    case ast::Decl::Kind::Train:
      instance.trains.push_back(cast<ast::TrainDecl>(member.get()));
      break;
    case ast::Decl::Kind::Use:
    case ast::Decl::Kind::Model:
      break; // not members
    }
  }
}

std::optional<std::string> Evaluator::evalSpelling(const ast::KeySpelling &spelling) {
  std::string text;
  for (const ast::KeySpelling::Piece &piece : spelling.pieces) {
    if (!piece.hole) {
      text += piece.text;
      continue;
    }
    Value value = evalSingle(*piece.hole);
    if (value.isPoison())
      return std::nullopt;
    if (const std::string *string = value.get<std::string>()) {
      text += *string;
    } else if (const int64_t *number = value.get<int64_t>()) {
      text += std::to_string(*number);
    } else if (value.isOpen()) {
      text += value.text();
    } else {
      error(piece.hole->range, "a key holds ints and strings, found " + value.describe());
      return std::nullopt;
    }
  }
  if (text.size() > 1000) {
    error(spelling.range, "the key is longer than 1000 characters");
    return std::nullopt;
  }
  return text;
}

// Makes modules of recipes, in lists too; `keepKey`: elements of a list do not append their index.
Value Evaluator::bind(const Value &value, Instance &owner, StringRef key, bool keepKey, SourceRange range,
                      StringRef name) {
  if (exhausted)
    return Poison{};
  if (auto *recipe = value.get<std::shared_ptr<const Recipe>>()) {
    Instance *instance = instantiate(**recipe, &owner, key, range);
    if (!instance) {
      owner.failed = true;
      return Poison{};
    }
    owner.children.push_back(instance);
    Value bound = instance;
    bound.origin = range;
    return bound;
  }
  if (const List *list = value.get<List>()) {
    Values elements;
    for (auto [i, element] : llvm::enumerate(*list->elements)) {
      if (element.isConstant() && !element.is<List>()) {
        error(range, "a member must be a module or a list of modules; found " +
                         (value.isConstant() ? value : element).describe() + ": write `const " + name +
                         " = ...`");
        owner.failed = true;
        return Poison{};
      }
      elements.push_back(
          bind(element, owner, keepKey ? key.str() : joinKey(key, std::to_string(i)), keepKey, range, name));
    }
    return Value::list(std::move(elements));
  }
  if (value.is<Instance *>() || value.isPoison())
    return value;
  if (value.is<ModelRef>())
    error(range, "`" + name + "` must be a module: " + value.describe() + " needs its arguments, `" +
                     value.get<ModelRef>()->decl->name.text + "(...)`");
  else
    error(range,
          "a member must be a module or a list of modules; " + value.describe() +
              (value.isConstant() ? " is a constant: write `const " + name.str() + " = ...`" : " is none"));
  owner.failed = true;
  return Poison{};
}

static bool mentions(const ast::Expr &expr, ArrayRef<ast::Identifier> names) {
  bool found = false;
  ast::forEachName(expr, [&](const ast::NameExpr &name) {
    found |= llvm::any_of(names, [&](const ast::Identifier &id) { return id.text == name.name; });
  });
  return found;
}

void Evaluator::addBinding(const ast::BindingDecl &decl, Instance &instance) {
  StringRef name = decl.name.text;
  auto *comprehension = dyn_cast<ast::ComprehensionExpr>(decl.value.get());
  bool perElement = comprehension && decl.spelling &&
                    llvm::any_of(decl.spelling->pieces, [&](const ast::KeySpelling::Piece &piece) {
                      return piece.hole && mentions(*piece.hole, comprehension->targets);
                    });
  Value value;
  if (perElement) {
    Values elements;
    bool ok = forEachElement(*comprehension, [&](Value element) {
      std::optional<std::string> segment = evalSpelling(*decl.spelling);
      elements.push_back(
          segment ? bind(element, instance, joinKey(instance.key, *segment), true, decl.range, name)
                  : Value(Poison{}));
    });
    value = ok ? Value::list(std::move(elements)) : Value(Poison{});
  } else {
    std::optional<std::string> segment = decl.spelling ? evalSpelling(*decl.spelling) : name.str();
    Value made = evalSingle(*decl.value);
    if (segment)
      value = bind(made, instance, joinKey(instance.key, *segment), segment->empty(), decl.range, name);
  }
  if (value.isPoison())
    instance.failed = true;
  value.origin = decl.name.range;
  instance.names[name] = std::move(value);
}

} // namespace rondo::sema
