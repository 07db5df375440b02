// Names are given in an order that does not depend on sizes, so that a name stays
// when a size is fixed. Symbols of the object come first: they are as they are.
#include "compiler/Emit/Declarations.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSwitch.h"

using namespace mlir;
using namespace rondo;

static bool isReserved(StringRef name) {
  static const llvm::StringSet<> words = {
      // C11, C23 and C++ up to 23
      "alignas", "alignof", "and", "and_eq", "asm", "auto", "bitand", "bitor", "bool", "break", "case",
      "catch", "char", "char16_t", "char32_t", "char8_t", "class", "co_await", "co_return", "co_yield",
      "compl", "concept", "const", "const_cast", "consteval", "constexpr", "constinit", "continue",
      "decltype", "default", "delete", "do", "double", "dynamic_cast", "else", "enum", "explicit", "export",
      "extern", "false", "float", "for", "friend", "goto", "if", "inline", "int", "long", "mutable",
      "namespace", "new", "noexcept", "not", "not_eq", "nullptr", "operator", "or", "or_eq", "private",
      "protected", "public", "register", "reinterpret_cast", "requires", "restrict", "return", "short",
      "signed", "sizeof", "static", "static_assert", "static_cast", "struct", "switch", "template", "this",
      "thread_local", "throw", "true", "try", "typedef", "typeid", "typename", "typeof", "typeof_unqual",
      "union", "unsigned", "using", "virtual", "void", "volatile", "wchar_t", "while", "xor", "xor_eq",
      // macros of compilers and of the standard library that are no name in capitals
      "assert", "complex", "errno", "imaginary", "linux", "offsetof", "setjmp", "stderr", "stdin", "stdout",
      "unix", "I", "NULL", "EOF", "NAN", "INFINITY",
      // types that a declaration uses
      "int8_t", "int32_t", "int64_t", "uint8_t", "uint16_t", "uint32_t", "uint64_t", "size_t", "DLTensor",
      "rondo_status", "rondo_error"};
  return words.contains(name);
}

std::string Names::take(const Twine &wanted) {
  std::string name = wanted.str();
  while (isReserved(name) || !used.insert(name).second)
    name += "_";
  return name;
}

StringRef rondo::cType(StringRef dtype) {
  return llvm::StringSwitch<StringRef>(dtype)
      .Case("f32", "float")
      .Case("f64", "double")
      .Cases({"f16", "bf16"}, "uint16_t")
      .Case("i64", "int64_t")
      .Case("i32", "int32_t")
      .Case("i8", "int8_t")
      .Default("uint8_t");
}

static uint64_t number(DictionaryAttr dict, StringRef key) {
  auto value = dict.getAs<IntegerAttr>(key);
  return value ? value.getInt() : 0;
}

static SmallVector<StringRef> strings(DictionaryAttr dict, StringRef key) {
  SmallVector<StringRef> all;
  if (auto list = dict.getAs<ArrayAttr>(key))
    for (auto text : list.getAsRange<StringAttr>())
      all.push_back(text.getValue());
  return all;
}

/// A C name made of a key: other characters become underscores.
static std::string identifier(StringRef key) {
  std::string name = key.str();
  std::replace_if(name.begin(), name.end(), [](char c) { return !llvm::isAlnum(c); }, '_');
  return name.empty() || llvm::isDigit(name.front()) ? "_" + name : name;
}

namespace {
class EntryReader {
public:
  EntryReader(StringRef model, DictionaryAttr dict, Names &file) : dict(dict), file(file) {
    entry.name = dict.getAs<StringAttr>("name").getValue();
    (void)parameters.take(model + "_model");
    prefix = (model + "_" + entry.name).str();
  }

  EntryDeclaration read(unsigned index) {
    entry.index = index;
    if (auto symbol = dict.getAs<StringAttr>("symbol"))
      entry.plain = symbol.getValue();
    if (!entry.plain.empty() && dict.getAs<ArrayAttr>("states"))
      entry.plainReset = entry.plain + "_reset";
    entry.checked = file.take(prefix + "_dl");
    if (dict.getAs<ArrayAttr>("states"))
      entry.checkedReset = file.take(prefix + "_reset_dl");
    entry.scratchBytes = file.take(prefix + "_scratch_bytes");
    if (dict.get("scratch"))
      entry.scratch = number(dict, "scratch");

    // Results have names of their own; those of arguments and dims are the program's.
    if (auto results = dict.getAs<ArrayAttr>("results"))
      for (auto [i, value] : llvm::enumerate(results.getAsRange<DictionaryAttr>())) {
        Declaration &result = declare(entry.results, value, "result" + std::to_string(i), "_");
        for (unsigned axis = 0; axis < result.axes.size(); ++axis)
          if (result.isLate(axis))
            (void)parameters.take(result.lateName(axis));
      }
    for (auto value : dict.getAs<ArrayAttr>("args").getAsRange<DictionaryAttr>())
      declare(entry.args, value, value.getAs<StringAttr>("name").getValue(), "_");
    if (auto states = dict.getAs<ArrayAttr>("states"))
      for (auto value : states.getAsRange<DictionaryAttr>())
        declare(entry.states, value, identifier(value.getAs<StringAttr>("name").getValue()), "_state_");
    readDims();
    entry.text = signature();
    return std::move(entry);
  }

private:
  Declaration &declare(SmallVectorImpl<Declaration> &list, DictionaryAttr value, StringRef name,
                       StringRef separator) {
    Declaration made;
    made.name = parameters.take(name);
    made.key = value.getAs<StringAttr>("name").getValue();
    made.dtype = value.getAs<StringAttr>("dtype").getValue();
    made.late = number(value, "late");
    made.defaultValue = value.getAs<TypedAttr>("default");
    std::string own = prefix + separator.str() + made.name, sizes;
    made.count = 1;
    for (auto [i, text] : llvm::enumerate(strings(value, "shape"))) {
      int64_t size = 0;
      bool known = !text.getAsInteger(10, size);
      made.axes.push_back({file.take(own + "_size" + Twine(i)), known ? std::optional(size) : std::nullopt});
      made.count = known && made.count ? std::optional(*made.count * size) : std::nullopt;
      sizes += (i ? ", " : "") + std::string(made.isLate(i) ? "<= " : "") + text.str();
    }
    made.elements = file.take(own + "_elements");
    made.type = made.dtype.str() + "[" + sizes + "]";
    list.push_back(std::move(made));
    return list.back();
  }

  void readDims() {
    auto defaults = dict.getAs<DictionaryAttr>("defaults");
    SmallVector<StringRef> numbers = strings(dict, "numbers");
    for (StringRef name : strings(dict, "dims")) {
      auto value = defaults ? defaults.getAs<IntegerAttr>(name) : IntegerAttr();
      entry.dims.push_back({parameters.take(name), llvm::is_contained(numbers, name),
                            value ? std::optional(value.getInt()) : std::nullopt});
      if (entry.dims.back().isNumber)
        numberTexts.push_back((name + ": int" + (value ? " = " + Twine(value.getInt()) : Twine(""))).str());
    }
  }

  std::string signature() {
    std::string text = entry.name.str() + "(";
    bool first = true;
    auto comma = [&] { return first ? (first = false, "") : ", "; };
    for (const Declaration &arg : entry.args)
      text += comma() + arg.key.str() + ": " + arg.type;
    for (const std::string &number : numberTexts)
      text += comma() + number;
    text += ") -> ";
    first = true;
    for (const Declaration &result : entry.results)
      text += comma() + result.type;
    return text;
  }

  DictionaryAttr dict;
  Names &file;
  Names parameters = {
      "prepared",   "scratch",     "scratch_bytes", "error",         "args",  "results",
      "numbers",    "states",      "state",         "dims",          "sizes", // of the functions
      "rondo_call", "rondo_reset", "rondo_size",    "rondo_elements"};        // that they call
  std::string prefix;
  SmallVector<std::string> numberTexts;
  EntryDeclaration entry;
};
} // namespace

Declarations rondo::declarationsOf(DictionaryAttr interface) {
  Declarations all;
  all.model = interface.getAs<StringAttr>("name").getValue();
  all.params = number(interface, "params");
  all.preparedBytes = number(interface, "prepared_bytes");
  all.prepareScratchBytes = number(interface, "prepare_scratch_bytes");
  auto entries = interface.getAs<ArrayAttr>("entries");

  Names file;
  for (StringRef suffix : {"_model", "_prepared"})
    (void)file.take(all.model + suffix);
  for (auto entry : entries.getAsRange<DictionaryAttr>())
    for (StringRef suffix : {"", "_reset"}) {
      (void)file.take(all.model + "_" + entry.getAs<StringAttr>("name").getValue() + suffix);
      if (auto symbol = entry.getAs<StringAttr>("symbol"))
        (void)file.take(symbol.getValue() + suffix);
    }
  all.preparedName = file.take(all.model + "_prepared_bytes");
  all.prepareScratchName = file.take(all.model + "_prepare_scratch_bytes");
  all.stateType = file.take(all.model + "_state");
  all.checkName = file.take(all.model + "_check");
  all.checks = strings(interface, "checks");

  Names members;
  if (auto states = interface.getAs<ArrayAttr>("states"))
    for (auto state : states.getAsRange<DictionaryAttr>()) {
      StringRef key = state.getAs<StringAttr>("name").getValue();
      all.states.push_back({members.take(identifier(key)), key, state.getAs<StringAttr>("dtype").getValue(),
                            number(state, "elements"), number(state, "offset")});
    }
  for (auto [i, entry] : llvm::enumerate(entries.getAsRange<DictionaryAttr>()))
    all.entries.push_back(EntryReader(all.model, entry, file).read(i));
  return all;
}
