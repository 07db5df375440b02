// Annotations: `f32[B, T + 1]`, `int`, `[int]`. Dimension variables are bound by
// the shapes of arguments; what else stands in a shape is computed and compared.
#include "compiler/Frontend/EvaluatorImpl.h"

using namespace mlir;

namespace rondo::sema {

std::string TypeSpec::str() const {
  switch (kind) {
  case Tensor:
    return spelling(dtype).str() + (expr && !expr->dims.empty() ? "[...]" : "[]");
  case Int:
    return "int";
  case Float:
    return "float";
  case Bool:
    return "bool";
  case Str:
    return "str";
  case Module:
    return "module";
  case ListOf:
    return "[" + element->str() + "]";
  }
  llvm_unreachable("all kinds are handled");
}

std::optional<StringRef> nearestType(StringRef name) {
  auto known = llvm::StringSwitch<std::optional<StringRef>>(name)
                   .Cases({"float32", "Tensor", "tensor"}, "f32")
                   .Cases({"float64", "double"}, "f64")
                   .Cases({"float16", "half"}, "f16")
                   .Case("bfloat16", "bf16")
                   .Cases({"int64", "long"}, "i64")
                   .Case("int32", "i32")
                   .Case("int8", "i8")
                   .Cases({"uint8", "byte"}, "u8")
                   .Case("string", "str")
                   .Default(std::nullopt);
  return known ? known : nearestName(name, llvm::to_vector_of<StringRef>(typeNames));
}

std::optional<TypeSpec> Evaluator::resolveType(const ast::TypeExpr &type, bool isArgument) {
  TypeSpec spec;
  spec.expr = &type;
  if (type.kind == ast::TypeExpr::Kind::List) {
    std::optional<TypeSpec> element = resolveType(*type.element, isArgument);
    if (!element)
      return std::nullopt;
    spec.kind = TypeSpec::ListOf;
    spec.element = std::make_shared<TypeSpec>(*element);
    return spec;
  }
  StringRef name = type.name.text;
  static constexpr std::pair<StringLiteral, TypeSpec::Kind> constants[] = {{"int", TypeSpec::Int},
                                                                           {"float", TypeSpec::Float},
                                                                           {"str", TypeSpec::Str},
                                                                           {"module", TypeSpec::Module}};
  bool isShaped = type.kind == ast::TypeExpr::Kind::Shaped;
  for (auto [word, kind] : constants) {
    if (name != word)
      continue;
    if (isShaped) {
      error(type.range,
            "`" + name + "` has no shape; element types are f32, f16, bf16, f64, i64, i32, i8, u8, bool");
      return std::nullopt;
    }
    spec.kind = kind;
    return spec;
  }
  if (name == "bool" && !isShaped && isArgument) {
    spec.kind = TypeSpec::Bool;
    return spec;
  }
  if (std::optional<DType> dtype = parseDType(name)) {
    spec.dtype = *dtype;
    return spec;
  }
  if (type.name && !reportedNames.contains({uint32_t(type.name.range.file), type.name.range.begin}))
    error(type.name.range, "unknown type `" + name + "`").suggest(nearestType(name));
  return std::nullopt;
}

//===----------------------------------------------------------------------===//
// Shapes
//===----------------------------------------------------------------------===//

// A bare name that is no constant in scope and begins with an upper-case letter.
bool Evaluator::isDimensionName(const ast::Expr &dim) {
  auto *name = dyn_cast<ast::NameExpr>(&dim);
  if (!name || !llvm::isUpper(name->name[0]))
    return false;
  if (frame->dims.contains(name->name))
    return true;
  std::optional<Value> value = lookup(name->name);
  return !value || !(value->isPoison() || value->asSize() || value->is<List>() || value->isNumber());
}

// The sizes that a dim of a shape stands for: one, or those of a list.
std::optional<Shape> Evaluator::evalDim(const ast::Expr &dim) {
  if (auto *name = dyn_cast<ast::NameExpr>(&dim)) {
    std::optional<Value> found = lookup(name->name);
    bool isSize = found && (found->asSize() || found->is<List>() || found->isPoison());
    if (!found || (!isSize && llvm::isUpper(name->name[0]))) {
      auto dimension = frame->dims.find(name->name);
      if (dimension != frame->dims.end())
        return Shape{*dimension->second.asSize()};
      if (reportedNames.contains({uint32_t(dim.range.file), dim.range.begin}))
        return std::nullopt;
      if (llvm::isUpper(name->name[0])) {
        error(dim.range, frame->instantiating ? "`" + name->name +
                                                    "` has no value: the shape of a weight holds constants "
                                                    "and hyper-parameters"
                                              : "the dimension variable `" + name->name +
                                                    "` has no value: it must stand by itself in an "
                                                    "argument's shape");
        return std::nullopt;
      }
      std::vector<StringRef> candidates;
      visibleNames(candidates, false);
      llvm::erase_if(candidates, [&](StringRef candidate) {
        std::optional<Value> value = lookup(candidate);
        return !value || !value->asSize();
      });
      llvm::sort(candidates);
      std::optional<StringRef> near = nearestName(name->name, candidates);
      Diagnostic &diagnostic = error(dim.range, "unknown name `" + name->name + "` in a shape");
      if (near)
        diagnostic.suggest(near);
      else
        diagnostic.message +=
            "; a dimension variable begins with an upper-case letter: `" + name->name.upper() + "`";
      return std::nullopt;
    }
  }
  llvm::SaveAndRestore<bool> declared(inShape, true);
  Value value = evalSingle(dim);
  if (value.isPoison())
    return std::nullopt;
  Shape sizes;
  ArrayRef<Value> parts = value;
  if (const List *list = value.get<List>())
    parts = *list->elements;
  for (const Value &part : parts) {
    std::optional<Size> size = part.asSize();
    if (!size) {
      auto *division = dyn_cast<ast::BinaryExpr>(&dim);
      if (division && division->op == ast::BinaryOp::Div)
        error(dim.range, "a size must be an int: `/` is true division and gives a float; use `//`");
      else
        error(dim.range, "a size must be an int, found " + part.describe());
      return std::nullopt;
    }
    if (size->isConstant() && size->constant() < 0) {
      error(dim.range, "a size cannot be negative, found " + size->str());
      return std::nullopt;
    }
    if (size->isConstant() && size->constant() > maxSize) {
      error(dim.range, "the size " + size->str() + " is too large; the limit is " + Twine(maxSize));
      return std::nullopt;
    }
    sizes.push_back(*size);
  }
  return sizes;
}

std::optional<Shape> Evaluator::evalShape(const TypeSpec &type) {
  Shape shape;
  Size elements(1);
  for (const ast::Dim &dim : type.expr->dims) {
    if (dim.isEllipsis()) {
      if (!frame->rest) {
        error(dim.range, "`...` has no value here");
        return std::nullopt;
      }
      shape.append(*frame->rest);
      continue;
    }
    std::optional<Shape> sizes = evalDim(*dim.size);
    if (!sizes)
      return std::nullopt;
    shape.append(*sizes);
  }
  for (const Size &size : shape)
    elements = elements * size;
  if (shape.size() > size_t(maxRank)) {
    error(type.expr->range, "a tensor has at most " + Twine(maxRank) + " axes, found " + Twine(shape.size()));
    return std::nullopt;
  }
  if (elements.isTooLarge() || (elements.isConstant() && elements.constant() > maxSize)) {
    error(type.expr->range, "the tensor is too large: " + spelling(type.dtype) + shapeString(shape));
    return std::nullopt;
  }
  return shape;
}

// Cuts a declared shape into what the axes of a tensor are compared with: for each axis the dim that
// it stands for, null for those of `...` and of lists (checkDims compares them).
static bool matchRank(const TypeSpec &type, ArrayRef<Size> shape,
                      llvm::function_ref<size_t(const ast::Dim &)> width,
                      SmallVectorImpl<std::pair<const ast::Dim *, size_t>> &places, size_t &restBegin,
                      size_t &restLength) {
  size_t fixed = 0;
  bool hasRest = false;
  for (const ast::Dim &dim : type.expr->dims)
    if (dim.isEllipsis())
      hasRest = true;
    else
      fixed += width(dim);
  if (hasRest ? shape.size() < fixed : shape.size() != fixed)
    return false;
  size_t axis = 0;
  restLength = shape.size() - fixed;
  for (const ast::Dim &dim : type.expr->dims) {
    if (dim.isEllipsis()) {
      restBegin = axis;
      axis += restLength;
      continue;
    }
    places.push_back({&dim, axis});
    axis += width(dim);
  }
  return true;
}

bool Evaluator::bindDims(const TypeSpec &type, ArrayRef<Size> shape, StringRef what, SourceRange range,
                         SourceRange argument, SourceRange declared, llvm::StringMap<std::string> &from) {
  SmallVector<std::pair<const ast::Dim *, size_t>> places;
  size_t restBegin = 0, restLength = 0;
  auto width = [&](const ast::Dim &dim) -> size_t {
    if (isDimensionName(*dim.size))
      return 1;
    auto *name = dyn_cast<ast::NameExpr>(dim.size.get());
    std::optional<Value> value = name ? lookup(name->name) : std::nullopt;
    const List *list = value ? value->get<List>() : nullptr;
    return list ? list->elements->size() : 1;
  };
  bool hasRest = llvm::any_of(type.expr->dims, [](const ast::Dim &dim) { return dim.isEllipsis(); });
  if (!matchRank(type, shape, width, places, restBegin, restLength)) {
    error(argument, what + " of " + frame->callee + " must be " + quoteType(type) + ", found " +
                        spelling(type.dtype) + (shape.empty() ? "[]" : shapeString(shape)) +
                        ": the ranks differ")
        .note(declared, "declared here");
    return false;
  }
  if (hasRest) {
    Shape rest(shape.begin() + restBegin, shape.begin() + restBegin + restLength);
    if (!frame->rest) {
      frame->rest = rest;
    } else if (!sameShape(*frame->rest, rest)) {
      error(range, what + ": `...` is " + shapeString(*frame->rest) + " elsewhere in this call, " +
                       shapeString(rest) + " here")
          .note(declared, "declared here");
      return false;
    }
  }
  for (auto [dim, axis] : places) {
    if (!isDimensionName(*dim->size))
      continue;
    StringRef name = cast<ast::NameExpr>(*dim->size).name;
    auto known = frame->dims.find(name);
    if (known == frame->dims.end()) {
      Value size = shape[axis];
      size.origin = dim->range;
      frame->dims[name] = size;
      from[name] = what.str();
      continue;
    }
    Size bound = *known->second.asSize();
    if (!sameSize(bound, shape[axis])) {
      error(range, "`" + name + "`" + (frame->callee.empty() ? "" : " of " + frame->callee) + " is " +
                       bound.str() + " from " + (from.count(name) ? from[name] : "the declaration") +
                       " and " + shape[axis].str() + " from " + what)
          .note(declared, "declared here");
      return false;
    }
  }
  return true;
}

bool Evaluator::checkDims(const TypeSpec &type, const Tensor &tensor, StringRef what, SourceRange range,
                          SourceRange declared) {
  std::optional<Shape> shape = evalShape(type);
  if (!shape)
    return false;
  if (sameShape(*shape, tensor.shape))
    return true;
  error(range, what + " must be " + spelling(type.dtype) + shapeString(*shape) + ", found " + tensor.str())
      .note(declared, "declared as " + quoteType(type));
  return false;
}

std::string Evaluator::quoteType(const TypeSpec &type) const {
  return type.expr && type.expr->range.isValid() ? quote(type.expr->range, type.str()) : type.str();
}

//===----------------------------------------------------------------------===//
// Values against annotations
//===----------------------------------------------------------------------===//

std::optional<Value> Evaluator::coerce(const Value &value, const TypeSpec &type, StringRef what,
                                       SourceRange range, SourceRange declared) {
  if (value.isPoison())
    return std::nullopt;
  auto mismatch = [&]() -> std::optional<Value> {
    std::string extra;
    if (type.kind == TypeSpec::Int && value.is<Tensor>())
      extra = "; a tensor cannot become a size";
    if (type.kind == TypeSpec::Module && value.is<ModelRef>())
      extra = "; give it its arguments: `" + value.get<ModelRef>()->decl->name.text.str() + "(...)`";
    error(range, what + " must be " + (type.kind == TypeSpec::Module ? "a module" : quoteType(type)) +
                     ", found " + value.describe() + extra)
        .note(declared, "declared here");
    return std::nullopt;
  };
  switch (type.kind) {
  case TypeSpec::Int:
    return value.asSize() ? std::optional(value) : mismatch();
  case TypeSpec::Float:
    if (const int64_t *integer = value.get<int64_t>())
      return Value(double(*integer));
    return value.is<double>() ? std::optional(value) : value.isOpen() ? std::nullopt : mismatch();
  case TypeSpec::Bool:
    return value.is<bool>() ? std::optional(value) : mismatch();
  case TypeSpec::Str:
    return value.is<std::string>() ? std::optional(value) : mismatch();
  case TypeSpec::Module:
    return value.is<Instance *>() || value.is<std::shared_ptr<const Recipe>>() ? std::optional(value)
                                                                               : mismatch();
  case TypeSpec::ListOf: {
    const List *list = value.get<List>();
    if (!list)
      return mismatch();
    Values elements;
    for (auto [i, element] : llvm::enumerate(*list->elements)) {
      std::optional<Value> one = coerce(
          element, *type.element, "element " + std::to_string(i) + " of " + what.str(), range, declared);
      if (!one)
        return std::nullopt;
      elements.push_back(*one);
    }
    return Value::list(std::move(elements));
  }
  case TypeSpec::Tensor:
    break;
  }
  if (!value.isArray())
    return mismatch();
  if (const Tensor *tensor = value.get<Tensor>()) {
    if (tensor->dtype == type.dtype)
      return value;
    error(range, what + " must be " + quoteType(type) + ", found " + tensor->str() + ": cast it with `" +
                     spelling(type.dtype) + "(...)`")
        .note(declared, "declared here");
    return std::nullopt;
  }
  // Numbers and sizes become tensors of rank 0, where their category allows.
  bool fits = value.is<double>() ? isFloat(type.dtype)
              : value.is<bool>() ? type.dtype == DType::Bool
              : value.is<Size>() ? type.dtype == DType::I64
                                 : type.dtype != DType::Bool;
  if (!fits || !fn)
    return mismatch();
  Value tensor = toTensor(value, type.dtype);
  tensor.origin = value.origin;
  return tensor;
}

std::optional<Value> Evaluator::checkResults(const ast::DefDecl &def, Value result) {
  if (def.results.empty())
    return result;
  ArrayRef<Value> values = flat(result);
  SourceRange range = result.origin.isValid() ? result.origin : def.headRange;
  bool hasPoison = llvm::any_of(values, [](const Value &value) { return value.isPoison(); });
  if (hasPoison && values.size() != def.results.size())
    return std::nullopt;
  if (values.size() != def.results.size()) {
    error(range, "`" + def.name.text + "` is declared with " + count(def.results.size(), "result") + ", " +
                     Twine(values.size()) + (values.size() == 1 ? " is" : " are") + " returned")
        .note(def.headRange, "declared here");
    return std::nullopt;
  }
  bool ok = true;
  Values checked;
  SmallVector<TypeSpec> types;
  llvm::StringMap<std::string> from;
  for (auto [i, type] : llvm::enumerate(def.results)) {
    std::optional<TypeSpec> spec = resolveType(*type, false);
    if (!spec)
      return std::nullopt;
    std::string what = def.results.size() == 1 ? ("what `" + def.name.text + "` returns").str()
                                               : ("result " + Twine(i) + " of `" + def.name.text + "`").str();
    std::optional<Value> value = coerce(values[i], *spec, what, range, type->range);
    const Tensor *tensor = value ? value->get<Tensor>() : nullptr;
    // A name that stands only in results takes the result's size.
    if (tensor && spec->kind == TypeSpec::Tensor && hasPlainRank(*spec, tensor->rank()))
      bindResultDims(*spec, *tensor);
    if (tensor && spec->kind == TypeSpec::Tensor && !checkDims(*spec, *tensor, what, range, type->range))
      value.reset();
    if (tensor && value) // as it was declared
      *value = conform(*fn, *tensor, *evalShape(*spec));
    ok &= value.has_value();
    checked.push_back(value.value_or(Value(Poison{})));
  }
  if (!ok)
    return std::nullopt;
  Value all = Value::results(std::move(checked));
  all.origin = result.origin;
  return all;
}

bool Evaluator::hasPlainRank(const TypeSpec &type, int64_t rank) {
  return !llvm::any_of(type.expr->dims, [](const ast::Dim &dim) { return dim.isEllipsis(); }) &&
         int64_t(type.expr->dims.size()) == rank;
}

void Evaluator::bindResultDims(const TypeSpec &type, const Tensor &tensor) {
  for (auto [dim, size] : llvm::zip(type.expr->dims, tensor.shape))
    if (isDimensionName(*dim.size))
      frame->dims.try_emplace(cast<ast::NameExpr>(*dim.size).name, Value(size));
}

} // namespace rondo::sema
