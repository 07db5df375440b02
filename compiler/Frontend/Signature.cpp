// Texts of values, see Signature.h.
#include "compiler/Frontend/Signature.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;

namespace rondo::sema {

std::string Evaluator::Signature::number(const SizeAtom *atom) {
  auto *found = llvm::find(atoms, atom);
  if (found == atoms.end()) {
    atoms.push_back(atom);
    found = &atoms.back();
  }
  return (atom->kind == SizeAtom::Late ? "late#" : "#") + std::to_string(found - atoms.begin());
}

std::string Evaluator::Signature::sizeText(const Size &size) {
  return size.str([&](const SizeAtom *atom) { return number(atom); });
}

void Evaluator::Signature::addShape(DType dtype, ArrayRef<Size> shape) {
  text += spelling(dtype).str() + "[";
  for (const Size &size : shape)
    text += sizeText(size) + ",";
  text += "]";
}

void Evaluator::Signature::addInstance(Instance *instance) {
  auto *found = llvm::find(instances, instance);
  text += "@" + std::to_string(found - instances.begin());
  if (found != instances.end())
    return;
  instances.push_back(instance);
  instance->collectWeights(weights);
  instance->collectStates(states);
  text += llvm::formatv(":{0}(", static_cast<const void *>(instance->model.decl)).str();
  for (const Value &argument : instance->arguments)
    add(argument);
  text += ")";
}

// The values from around a lambda that its body names, each once: locals and dimension variables. The other
// names are members of its model, for `member`, and items.
static void forEachCaptured(const Closure &closure, llvm::function_ref<void(StringRef, const Value &)> local,
                            llvm::function_ref<void(StringRef)> member) {
  llvm::StringSet<> seen;
  for (const ast::Identifier &parameter : closure.lambda->parameters)
    seen.insert(parameter.text);
  const Capture &capture = *closure.capture;
  ast::forEachName(*closure.lambda->body, [&](const ast::NameExpr &name) {
    if (!seen.insert(name.name).second)
      return;
    for (const Scope &scope : llvm::reverse(capture.scopes))
      if (auto found = scope.names.find(name.name); found != scope.names.end())
        return local(name.name, found->second);
    if (auto found = capture.dims.find(name.name); found != capture.dims.end())
      return local(name.name, found->second);
    member(name.name);
  });
}

void Evaluator::Signature::addClosure(const Closure &closure) {
  text += llvm::formatv("lambda {0}(", static_cast<const void *>(closure.lambda)).str();
  Instance *self = closure.capture->self;
  forEachCaptured(
      closure, [&](StringRef, const Value &value) { add(value); },
      [&](StringRef name) {
        if (!self)
          return;
        if (auto found = self->names.find(name); found != self->names.end()) {
          if (const Weight *const *weight = found->second.get<const Weight *>())
            weights.push_back(*weight);
          else
            add(found->second);
        } else if (self->methods.count(name)) {
          addInstance(self);
        }
      });
  text += ")";
}

void Evaluator::Signature::add(const Value &value) {
  if (const Tensor *tensor = value.get<Tensor>()) {
    addShape(tensor->dtype, tensor->shape);
    tensors.push_back(*tensor);
  } else if (const Size *size = value.get<Size>()) {
    text += "size " + sizeText(*size);
  } else if (const std::string *string = value.get<std::string>()) {
    text += "\"" + std::to_string(string->size()) + ":" + *string;
  } else if (const double *number = value.get<double>()) {
    text += llvm::formatv("float {0:x}", llvm::bit_cast<uint64_t>(*number)).str();
  } else if (value.isNumber() || value.isNone() || value.is<DType>()) {
    text += value.text();
  } else if (const List *list = value.get<List>()) {
    text += "[";
    for (const Value &element : *list->elements)
      add(element);
    text += "]";
  } else if (const Range *range = value.get<Range>()) {
    text += "range ";
    add(range->bounds->first);
    add(range->bounds->second);
  } else if (Instance *const *instance = value.get<Instance *>()) {
    addInstance(*instance);
  } else if (const ModelRef *model = value.get<ModelRef>()) {
    text += llvm::formatv("model {0}", static_cast<const void *>(model->decl)).str();
  } else if (auto *recipe = value.get<std::shared_ptr<const Recipe>>()) {
    text += llvm::formatv("recipe {0}(", static_cast<const void *>((*recipe)->model.decl)).str();
    for (const ast::Parameter &parameter : (*recipe)->model.decl->parameters)
      add((*recipe)->arguments.lookup(parameter.name.text));
    text += ")";
  } else if (const FunctionRef *function = value.get<FunctionRef>()) {
    text += llvm::formatv("def {0}", static_cast<const void *>(function->decl)).str();
    if (function->self)
      addInstance(function->self);
  } else if (const BuiltinRef *builtin = value.get<BuiltinRef>()) {
    text += "builtin " + builtin->builtin->name.str();
  } else if (const Closure *closure = value.get<Closure>()) {
    addClosure(*closure);
  } else {
    complete = false;
  }
  text += ";";
}

void Evaluator::Signature::addStates(llvm::function_ref<std::optional<Shape>(const State &)> shapeOf) {
  for (const State *state : states)
    if (std::optional<Shape> shape = shapeOf(*state))
      addShape(state->dtype, *shape);
    else
      text += "?;";
}

void Evaluator::Signature::addFacts(const SizeFacts &all) {
  for (const SizeFacts::Fact &fact : all.list()) {
    bool known = true;
    auto check = [&](const SizeAtom *atom) { known &= llvm::is_contained(atoms, atom); };
    fact.a.visitBaseAtoms(check);
    fact.b.visitBaseAtoms(check);
    if (!known)
      continue;
    facts.push_back(fact);
    text += (fact.divisible ? "divides " : "equal ") + sizeText(fact.a) + " " + sizeText(fact.b) + ";";
  }
}

void Evaluator::Signature::addSharing() {
  auto add = [&](const auto &members) {
    DenseMap<const void *, size_t> first;
    for (auto [i, member] : llvm::enumerate(members)) {
      auto [place, isNew] = first.try_emplace(member, i);
      if (!isNew)
        text += std::to_string(i) + "=" + std::to_string(place->second) + ";";
    }
  };
  for (const Weight *weight : weights)
    text += weight->typeString() + ";";
  add(weights);
  add(states);
}

Value rebuild(const Value &value, llvm::function_ref<Value(const Tensor &)> tensor,
              llvm::function_ref<Size(const Size &)> size) {
  auto all = [&](ArrayRef<Value> values) {
    Values result;
    for (const Value &element : values)
      result.push_back(rebuild(element, tensor, size));
    return result;
  };
  if (const Tensor *found = value.get<Tensor>()) {
    Value other = tensor(*found);
    other.origin = value.origin;
    return other;
  }
  if (const Size *found = value.get<Size>())
    return size(*found);
  if (const List *list = value.get<List>())
    return Value::list(all(*list->elements));
  if (const Results *results = value.get<Results>())
    return Results{std::make_shared<const Values>(all(*results->values))};
  if (const Range *range = value.get<Range>())
    return Range{std::make_shared<const std::pair<Value, Value>>(
        rebuild(range->bounds->first, tensor, size), rebuild(range->bounds->second, tensor, size))};
  if (const Closure *closure = value.get<Closure>()) {
    auto capture = std::make_shared<Capture>();
    capture->file = closure->capture->file;
    capture->self = closure->capture->self;
    Scope &scope = capture->scopes.emplace_back();
    forEachCaptured(
        *closure,
        [&](StringRef name, const Value &local) { scope.names[name] = rebuild(local, tensor, size); },
        [](StringRef) {});
    return Closure{closure->lambda, std::move(capture)};
  }
  return value;
}

} // namespace rondo::sema
