// The registry of builtins, and how a call reads its arguments.
#include "compiler/Frontend/Builtins.h"
#include "compiler/Frontend/EvaluatorImpl.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;

namespace rondo::sema {

//===----------------------------------------------------------------------===//
// Registry
//===----------------------------------------------------------------------===//

namespace {
struct Registry {
  llvm::StringMap<const Builtin *> byName, ofLibrary;
  std::vector<StringRef> names;
  llvm::DenseMap<const Builtin *, std::vector<BuiltinParameter>> parameters;

  Registry() {
    for (ArrayRef<Builtin> table :
         {elementwiseBuiltins(), reductionBuiltins(), joinBuiltins(), shapeBuiltins(), creationBuiltins(),
          neuralBuiltins(), attentionBuiltins(), indexBuiltins(), selectionBuiltins(), constantBuiltins()})
      for (const Builtin &builtin : table) {
        byName[builtin.name] = &builtin;
        names.push_back(builtin.name);
        parameters[&builtin] = parse(builtin.signature);
      }
    for (const Builtin &builtin : libraryBuiltins()) {
      ofLibrary[builtin.name] = &builtin;
      parameters[&builtin] = parse(builtin.signature);
    }
  }

  static std::vector<BuiltinParameter> parse(StringRef signature) {
    std::vector<BuiltinParameter> list;
    SmallVector<StringRef> parts;
    signature.split(parts, ',', -1, false);
    for (StringRef part : parts) {
      BuiltinParameter parameter;
      auto [name, value] = part.trim().split('=');
      parameter.variadic = name.consume_front("*");
      parameter.name = name;
      int64_t integer;
      double number;
      if (value == "none")
        parameter.defaultValue = Value(None{});
      else if (value == "true" || value == "false")
        parameter.defaultValue = Value(value == "true");
      else if (value.consume_front("\""))
        parameter.defaultValue = Value(value.drop_back());
      else if (!value.empty() && !value.getAsInteger(10, integer))
        parameter.defaultValue = Value(integer);
      else if (!value.empty() && !value.getAsDouble(number))
        parameter.defaultValue = Value(number);
      else if (parseDType(value))
        parameter.defaultValue = Value(*parseDType(value));
      list.push_back(std::move(parameter));
    }
    return list;
  }
};

const Registry &registry() {
  static const Registry instance;
  return instance;
}
} // namespace

const Builtin *lookupBuiltin(StringRef name, bool inLibrary) {
  const Builtin *builtin = registry().byName.lookup(name);
  return builtin || !inLibrary ? builtin : registry().ofLibrary.lookup(name);
}
ArrayRef<BuiltinParameter> parametersOf(const Builtin &builtin) {
  return registry().parameters.find(&builtin)->second;
}
ArrayRef<StringRef> builtinNames() { return registry().names; }

//===----------------------------------------------------------------------===//
// Arguments of a call
//===----------------------------------------------------------------------===//

FunctionEmitter &BuiltinCall::f() const { return *eval.fn; }

Diagnostic &BuiltinCall::error(const Twine &message) const {
  return eval.error(range, "`" + builtin.name + "`: " + message);
}
Diagnostic &BuiltinCall::errorAt(size_t i, const Twine &message) const {
  Diagnostic &diagnostic = eval.error(rangeOf(i), "`" + builtin.name + "`: " + message);
  Evaluator::noteOrigin(diagnostic, values[i], eval.quote(rangeOf(i), nameOf(i)), rangeOf(i));
  return diagnostic;
}

bool BuiltinCall::allConstant() const {
  return llvm::all_of(values, [](const Value &value) {
    return value.isConstant() || value.asSize() || value.is<List>() || value.is<Range>();
  });
}

std::optional<Tensor> BuiltinCall::tensor(size_t i) const {
  if (!eval.fn) // a constant to be, of a hyper-parameter without a value
    return std::nullopt;
  if (values[i].isArray())
    return eval.toTensor(values[i]);
  errorAt(i, "`" + nameOf(i) + "` must be a tensor, found " + values[i].describe());
  return std::nullopt;
}

std::optional<Tensor> BuiltinCall::floatTensor(size_t i) const {
  std::optional<Tensor> x = tensor(i);
  if (x && !isFloat(x->dtype))
    x = convert(f(), *x, DType::F32);
  return x;
}

std::optional<int64_t> BuiltinCall::integer(size_t i) const {
  if (const int64_t *value = values[i].get<int64_t>())
    return *value;
  if (!values[i].isOpen())
    errorAt(i, "`" + nameOf(i) + "` must be a constant int, " +
                   (values[i].is<Size>() ? "known when compiled; " + eval.quote(rangeOf(i), "it") + " is " +
                                               values[i].describe() + ", known when called"
                                         : "found " + values[i].describe()));
  return std::nullopt;
}

std::optional<double> BuiltinCall::number(size_t i) const {
  if (values[i].is<double>() || values[i].is<int64_t>())
    return values[i].asDouble();
  if (!values[i].isOpen())
    errorAt(i, "`" + nameOf(i) + "` must be a constant number, found " + values[i].describe());
  return std::nullopt;
}

template <typename T> std::optional<T> BuiltinCall::constant(size_t i, StringRef kind) const {
  if (const T *value = values[i].get<T>())
    return *value;
  errorAt(i, "`" + nameOf(i) + "` must be " + kind + ", found " + values[i].describe());
  return std::nullopt;
}

std::optional<bool> BuiltinCall::flag(size_t i) const { return constant<bool>(i, "a constant bool"); }
std::optional<std::string> BuiltinCall::string(size_t i) const {
  return constant<std::string>(i, "a string");
}
std::optional<DType> BuiltinCall::dtype(size_t i) const {
  return constant<DType>(i, "an element type (f32, i64, ...)");
}

std::optional<Size> BuiltinCall::sizeArgument(size_t i) const {
  if (std::optional<Size> size = values[i].asSize())
    return size;
  errorAt(i, "`" + nameOf(i) + "` must be an int (a constant or a size), found " + values[i].describe());
  return std::nullopt;
}

std::optional<Shape> BuiltinCall::sizes(size_t i) const {
  ArrayRef<Value> parts = values[i];
  if (const List *list = values[i].get<List>())
    parts = *list->elements;
  if (parts.size() == 1)
    if (const List *inner = parts[0].get<List>())
      parts = *inner->elements;
  Shape sizes;
  for (const Value &part : parts) {
    std::optional<Size> size = part.asSize();
    if (!size) {
      errorAt(i, "`" + nameOf(i) + "` must be made of ints (constants or sizes), found " + part.describe() +
                     (part.is<double>() ? "; `/` gives a float, `//` an int" : ""));
      return std::nullopt;
    }
    sizes.push_back(*size);
  }
  if (int64_t(sizes.size()) > maxRank) {
    errorAt(i, "a tensor has at most " + Twine(maxRank) + " axes");
    return std::nullopt;
  }
  return sizes;
}

std::optional<SmallVector<Tensor>> BuiltinCall::tensors(size_t i) const {
  const List *list = values[i].get<List>();
  if (!list) {
    errorAt(i, "`" + nameOf(i) + "` must be a list of tensors, found " + values[i].describe());
    return std::nullopt;
  }
  if (list->elements->empty()) {
    errorAt(i, "the list is empty");
    return std::nullopt;
  }
  SmallVector<Tensor> tensors;
  for (const Value &element : *list->elements) {
    if (!element.isArray()) {
      errorAt(i, "`" + nameOf(i) + "` must be a list of tensors, found " + element.describe() + " in it");
      return std::nullopt;
    }
    tensors.push_back(eval.toTensor(element));
  }
  return tensors;
}

std::optional<int64_t> BuiltinCall::axisOf(const Value &value, SourceRange at, StringRef name,
                                           int64_t rank) const {
  const int64_t *axis = value.get<int64_t>();
  if (!axis) {
    if (!value.isOpen())
      eval.error(at, "`" + builtin.name + "`: `" + name + "` must be a constant int, known when compiled; " +
                         (value.is<Size>()
                              ? eval.quote(at, "it") + " is " + value.describe() + ", known when called"
                              : "found " + value.describe()));
    return std::nullopt;
  }
  if (*axis < -rank || *axis >= rank) {
    std::string legal = rank == 0   ? "a tensor of rank 0 has no axes"
                        : rank == 1 ? "the rank is 1: only 0 and -1 are axes"
                                    : "the tensor has rank " + std::to_string(rank) + ": axes are " +
                                          std::to_string(-rank) + " to " + std::to_string(rank - 1);
    eval.error(at, "`" + builtin.name + "`: axis " + Twine(*axis) + " is out of range, " + legal);
    return std::nullopt;
  }
  return *axis < 0 ? *axis + rank : *axis;
}

std::optional<int64_t> BuiltinCall::axis(size_t i, int64_t rank) const {
  return axisOf(values[i], rangeOf(i), nameOf(i), rank);
}

std::optional<SmallVector<int64_t>> BuiltinCall::axes(size_t i, int64_t rank) const {
  SmallVector<int64_t> axes;
  if (values[i].isNone()) {
    llvm::append_range(axes, llvm::seq<int64_t>(0, rank));
    return axes;
  }
  ArrayRef<Value> parts = values[i];
  if (const List *list = values[i].get<List>())
    parts = *list->elements;
  if (parts.size() == 1)
    if (const List *inner = parts[0].get<List>())
      parts = *inner->elements;
  for (const Value &part : parts) {
    std::optional<int64_t> axis = axisOf(part, rangeOf(i), nameOf(i), rank);
    if (!axis)
      return std::nullopt;
    if (llvm::is_contained(axes, *axis)) {
      errorAt(i, "axis " + Twine(*axis) + " is given twice");
      return std::nullopt;
    }
    axes.push_back(*axis);
  }
  llvm::sort(axes);
  return axes;
}

std::optional<SmallVector<Tensor>> BuiltinCall::unify(ArrayRef<size_t> arguments) const {
  SmallVector<Evaluator::Operand> operands;
  for (size_t i : arguments)
    operands.push_back({&values[i], rangeOf(i)});
  return eval.unify(operands, ("`" + builtin.name + "`").str(), range);
}

} // namespace rondo::sema
