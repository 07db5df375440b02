// Values: element types, conversions, and how messages call them.
#include "compiler/Frontend/Value.h"
#include "compiler/Frontend/Builtins.h"
#include "compiler/Frontend/Model.h"
#include "mlir/IR/Builders.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/FormatVariadic.h"
#include <cmath>

using namespace rondo;
using namespace rondo::sema;

static constexpr llvm::StringLiteral dtypeNames[] = {"bool", "u8",   "i8",  "i32", "i64",
                                                     "f16",  "bf16", "f32", "f64"};

llvm::StringRef sema::spelling(DType dtype) { return dtypeNames[size_t(dtype)]; }

std::optional<DType> sema::parseDType(llvm::StringRef name) {
  for (auto [i, known] : llvm::enumerate(dtypeNames))
    if (name == known)
      return DType(i);
  return std::nullopt;
}

unsigned sema::bitWidth(DType dtype) {
  static constexpr unsigned widths[] = {1, 8, 8, 32, 64, 16, 16, 32, 64};
  return widths[size_t(dtype)];
}

bool sema::holds(DType dtype, int64_t integer) {
  if (!isInteger(dtype))
    return true;
  return isUnsigned(dtype) ? llvm::isUIntN(bitWidth(dtype), uint64_t(integer))
                           : llvm::isIntN(bitWidth(dtype), integer);
}

mlir::Type sema::elementType(mlir::MLIRContext *context, DType dtype) {
  mlir::Builder builder(context);
  switch (dtype) {
  case DType::F16:
    return builder.getF16Type();
  case DType::BF16:
    return builder.getBF16Type();
  case DType::F32:
    return builder.getF32Type();
  case DType::F64:
    return builder.getF64Type();
  default:
    return builder.getIntegerType(bitWidth(dtype));
  }
}

std::string Tensor::str() const {
  return spelling(dtype).str() + (shape.empty() ? "[]" : shapeString(shape));
}

Value::Value(const Size &size) {
  if (size.isTooLarge())
    storage = Poison{};
  else if (size.isConstant())
    storage = size.constant();
  else
    storage = size;
}

Value Value::results(Values values) {
  if (values.size() == 1)
    return std::move(values[0]);
  return Results{std::make_shared<const Values>(std::move(values))};
}

Value Value::list(Values elements) {
  size_t weight = elements.size();
  for (const Value &element : elements)
    if (const List *inner = element.get<List>())
      weight += inner->weight;
  return List{std::make_shared<const Values>(std::move(elements)), weight};
}

bool Value::isConstant() const {
  if (const List *list = get<List>())
    return llvm::all_of(*list->elements, [](const Value &element) { return element.isConstant(); });
  return isNone() || isNumber() || is<std::string>() || is<DType>();
}

std::optional<Size> Value::asSize() const {
  if (const int64_t *constant = get<int64_t>())
    return Size(*constant);
  if (const Size *size = get<Size>())
    return *size;
  return std::nullopt;
}

bool Value::isOpen() const {
  const Size *size = get<Size>();
  return size && size->hasHyper();
}

double Value::asDouble() const {
  if (const bool *flag = get<bool>())
    return *flag;
  if (const int64_t *integer = get<int64_t>())
    return double(*integer);
  return *get<double>();
}

static std::string floatText(double value) {
  if (std::isnan(value))
    return "nan";
  if (std::isinf(value))
    return value < 0 ? "-inf" : "inf";
  // The shortest text that reads back as the same number.
  for (int digits = 1; digits <= 17; ++digits) {
    char text[40];
    snprintf(text, sizeof text, "%.*g", digits, value);
    if (strtod(text, nullptr) == value) {
      llvm::StringRef written(text);
      return written.find_first_of(".e") == llvm::StringRef::npos ? written.str() + ".0" : written.str();
    }
  }
  return "0.0";
}

static std::string shorten(std::string text) {
  constexpr size_t longest = 60;
  if (text.size() <= longest)
    return text;
  size_t cut = longest - 3;
  while (cut > 0 && (text[cut] & 0xC0) == 0x80)
    --cut;
  return text.substr(0, cut) + "...";
}

std::string Value::text() const {
  if (const bool *flag = get<bool>())
    return *flag ? "true" : "false";
  if (const int64_t *integer = get<int64_t>())
    return std::to_string(*integer);
  if (const double *number = get<double>())
    return floatText(*number);
  if (const std::string *string = get<std::string>())
    return "\"" + shorten(printable(*string)) + "\"";
  if (const DType *dtype = get<DType>())
    return spelling(*dtype).str();
  if (const Size *size = get<Size>())
    return size->str();
  if (isNone())
    return "none";
  if (const List *list = get<List>()) {
    std::string text = "[";
    for (auto [i, element] : llvm::enumerate(*list->elements)) {
      text += (i ? ", " : "") + element.text();
      if (text.size() > 200)
        return shorten(text);
    }
    return shorten(text + "]");
  }
  return describe();
}

std::string Value::describe() const {
  struct {
    std::string operator()(const Poison &) { return "an error"; }
    std::string operator()(const None &) { return "none"; }
    std::string operator()(bool) { return "the bool " + value.text(); }
    std::string operator()(int64_t) { return "the int " + value.text(); }
    std::string operator()(double) { return "the float " + value.text(); }
    std::string operator()(const std::string &) { return "the string " + value.text(); }
    std::string operator()(DType dtype) { return "the element type " + spelling(dtype).str(); }
    std::string operator()(const Size &size) { return "the size " + size.str(); }
    std::string operator()(const Tensor &tensor) { return tensor.str(); }
    std::string operator()(const List &list) {
      return value.isConstant() && !list.elements->empty()
                 ? "the list " + value.text()
                 : llvm::formatv("a list of {0}", list.elements->size()).str();
    }
    std::string operator()(const Results &results) {
      return llvm::formatv("{0} results", results.values->size()).str();
    }
    std::string operator()(const Range &range) {
      return "the range " + range.bounds->first.text() + ".." + range.bounds->second.text();
    }
    std::string operator()(const ModelRef &model) {
      return "the model `" + model.decl->name.text.str() + "`";
    }
    std::string operator()(const std::shared_ptr<const Recipe> &recipe) {
      return "an unbound `" + recipe->model.decl->name.text.str() + "`";
    }
    std::string operator()(Instance *instance) { return "a module (" + instance->modelName().str() + ")"; }
    std::string operator()(const Weight *weight) { return weight->typeString(); }
    std::string operator()(const State *state) { return "the state `" + state->decl->name.text.str() + "`"; }
    std::string operator()(const FunctionRef &function) {
      return (function.self ? "the method `" : "the function `") + function.decl->name.text.str() + "`";
    }
    std::string operator()(const BuiltinRef &builtin) {
      return "the function `" + builtin.builtin->name.str() + "`";
    }
    std::string operator()(const Bound &bound) { return bound.function->describe(); }
    std::string operator()(const Closure &) { return "a lambda"; }
    const Value &value;
  } describer{*this};
  return std::visit(describer, storage);
}
