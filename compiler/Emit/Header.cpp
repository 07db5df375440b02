// For each entry point: its shapes as a comment, a function over DLPack tensors
// that checks everything and calls, and, where all sizes are fixed, the plain
// function with its sizes as constants. Sizes that are known only after a call (`late`)
// are the most that they can be; the plain function writes them to pointers behind the
// results. A program that wants no runtime defines
// RONDO_NO_RUNTIME and has the plain functions alone.
#include "compiler/Emit/Header.h"
#include "runtime/include/rondo/abi.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace rondo;

/// A parameter's name: one that C, C++ or the rest of the declaration has gets `_`.
static std::string parameter(StringRef name) {
  static const llvm::StringSet<> taken = {
      "alignas",   "alignof",   "and",       "asm",      "auto",          "bool",     "break",
      "case",      "catch",     "char",      "class",    "compl",         "concept",  "const",
      "constexpr", "continue",  "decltype",  "default",  "delete",        "do",       "double",
      "else",      "enum",      "explicit",  "export",   "extern",        "false",    "float",
      "for",       "friend",    "goto",      "if",       "inline",        "int",      "long",
      "mutable",   "namespace", "new",       "noexcept", "not",           "nullptr",  "operator",
      "or",        "private",   "protected", "public",   "register",      "requires", "restrict",
      "return",    "short",     "signed",    "sizeof",   "static",        "struct",   "switch",
      "template",  "this",      "throw",     "true",     "try",           "typedef",  "typeid",
      "typename",  "union",     "unsigned",  "using",    "virtual",       "void",     "volatile",
      "while",     "xor",       "prepared",  "scratch",  "scratch_bytes", "error",    "args",
      "results",   "numbers",   "states",    "state"};
  return taken.contains(name) ? (name + "_").str() : name.str();
}

static StringRef cType(StringRef dtype) {
  return llvm::StringSwitch<StringRef>(dtype)
      .Case("f32", "float")
      .Case("f64", "double")
      .Cases({"f16", "bf16"}, "uint16_t")
      .Case("i64", "int64_t")
      .Case("i32", "int32_t")
      .Case("i8", "int8_t")
      .Default("uint8_t");
}

namespace {
struct Value {
  std::string name; // as a parameter
  StringRef dtype;
  SmallVector<StringRef> shape;
  uint64_t late = 0; // bit i: the size of axis i is the most that it can be

  bool isLate(unsigned axis) const { return late >> axis & 1; }
  std::string text() const {
    std::string sizes;
    for (auto [axis, size] : llvm::enumerate(shape))
      sizes += (axis ? ", " : "") + std::string(isLate(axis) ? "<= " : "") + size.str();
    return dtype.str() + "[" + sizes + "]";
  }
};

struct Entry {
  StringRef name, symbol;
  SmallVector<StringRef> dims, numbers;
  SmallVector<Value> args, results;
  uint64_t scratch = 0;
  bool hasStates = false;
};

/// An array in the block of states of plain functions.
struct StateArray {
  std::string name; // of its member
  StringRef key, dtype;
  uint64_t elements;
};

class Printer {
public:
  Printer(DictionaryAttr interface, llvm::raw_ostream &os) : os(os), interface(interface) {
    model = interface.getAs<StringAttr>("name").getValue();
    for (auto entry : interface.getAs<ArrayAttr>("entries").getAsRange<DictionaryAttr>())
      entries.push_back(read(entry));
    if (auto list = interface.getAs<ArrayAttr>("states"))
      for (auto state : list.getAsRange<DictionaryAttr>())
        addState(state);
  }

  void print() {
    std::string guard = "RONDO_MODEL_" + model.upper() + "_H";
    os << "/* The model " << model
       << ", made by rondo. All tensors are dense and row-major, aligned to 64 bytes.\n"
       << " * The caller owns all memory; functions return 0, or the number of the check that failed. */\n"
       << "#ifndef " << guard << "\n#define " << guard << "\n\n#include <stddef.h>\n#include <stdint.h>\n"
       << "#ifndef RONDO_NO_RUNTIME\n#include \"rondo/rondo.h\"\n#endif\n\n"
       << "#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n"
       << "enum {\n  " << model << "_prepared_bytes = " << number(interface, "prepared_bytes") << ",\n  "
       << model << "_prepare_scratch_bytes = " << number(interface, "prepare_scratch_bytes") << "\n};\n\n";
    stateBlock();
    for (const Entry &entry : entries) {
      comment(entry);
      if (!entry.symbol.empty())
        plain(entry);
      else
        os << "\n";
    }
    os << "#ifndef RONDO_NO_RUNTIME\n#ifdef __cplusplus\nstatic_assert";
    os << "(RONDO_ABI_VERSION == " << RONDO_ABI_VERSION << ", \"the runtime is of another version\");\n"
       << "#else\n_Static_assert(RONDO_ABI_VERSION == " << RONDO_ABI_VERSION
       << ", \"the runtime is of another version\");\n#endif\n\n"
       << "extern const rondo_model " << model << "_model;\n\n";
    for (auto [i, entry] : llvm::enumerate(entries))
      tensors(entry, i);
    os << "#endif\n\n#ifdef __cplusplus\n}\n#endif\n#endif\n";
  }

private:
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

  static Entry read(DictionaryAttr dict) {
    Entry entry;
    entry.name = dict.getAs<StringAttr>("name").getValue();
    if (auto symbol = dict.getAs<StringAttr>("symbol"))
      entry.symbol = symbol.getValue();
    entry.dims = strings(dict, "dims");
    entry.numbers = strings(dict, "numbers");
    entry.scratch = number(dict, "scratch");
    entry.hasStates = bool(dict.getAs<ArrayAttr>("states"));
    for (auto value : dict.getAs<ArrayAttr>("args").getAsRange<DictionaryAttr>())
      entry.args.push_back({parameter(value.getAs<StringAttr>("name").getValue()),
                            value.getAs<StringAttr>("dtype").getValue(), strings(value, "shape")});
    auto results = dict.getAs<ArrayAttr>("results").getAsRange<DictionaryAttr>();
    for (auto [i, value] : llvm::enumerate(results))
      entry.results.push_back({"result" + std::to_string(i), value.getAs<StringAttr>("dtype").getValue(),
                               strings(value, "shape"), number(value, "late")});
    return entry;
  }

  void addState(DictionaryAttr dict) {
    StringRef key = dict.getAs<StringAttr>("name").getValue();
    std::string name = key.str();
    std::replace_if(name.begin(), name.end(), [](char c) { return !llvm::isAlnum(c); }, '_');
    name = parameter((llvm::isDigit(name.front()) ? "_" : "") + name);
    while (llvm::any_of(states, [&](const StateArray &other) { return other.name == name; }))
      name += "_";
    states.push_back({name, key, dict.getAs<StringAttr>("dtype").getValue(), number(dict, "elements")});
  }

  /// What plain functions keep from one call to the next, shared by all of them.
  void stateBlock() {
    if (states.empty())
      return;
    os << "#ifdef __cplusplus\n#define RONDO_ALIGNED alignas(" << RONDO_ALIGNMENT
       << ")\n#else\n#define RONDO_ALIGNED _Alignas(" << RONDO_ALIGNMENT << ")\n#endif\n"
       << "/* States, from one call to the next. A `_reset` function writes their first values. */\n"
       << "typedef struct " << model << "_state {\n";
    for (const StateArray &state : states)
      os << "  RONDO_ALIGNED " << cType(state.dtype) << " " << state.name << "["
         << std::max<uint64_t>(state.elements, 1) << "]; /* " << state.key << " */\n";
    os << "} " << model << "_state;\n#undef RONDO_ALIGNED\n\n";
  }

  void comment(const Entry &entry) {
    os << "/* " << entry.name << "(";
    llvm::interleaveComma(entry.args, os, [&](const Value &v) { os << v.name << ": " << v.text(); });
    for (StringRef n : entry.numbers)
      os << ", " << n << ": int";
    os << ") -> ";
    llvm::interleaveComma(entry.results, os, [&](const Value &v) { os << v.text(); });
    os << " */\n";
  }

  /// Sizes as constants, and the function itself.
  void plain(const Entry &entry) {
    os << "enum {\n";
    for (auto *list : {&entry.args, &entry.results})
      for (const Value &v : *list) {
        for (auto [axis, size] : llvm::enumerate(v.shape))
          os << "  " << entry.symbol << "_" << v.name << "_size" << axis << " = " << size << ",\n";
        uint64_t elements = 1, n = 0;
        for (StringRef size : v.shape)
          elements *= size.getAsInteger(10, n) ? 0 : n;
        os << "  " << entry.symbol << "_" << v.name << "_elements = " << elements << ",\n";
      }
    os << "  " << entry.symbol << "_scratch_bytes = " << entry.scratch << "\n};\n";
    os << "int32_t " << entry.symbol << "(";
    for (const Value &v : entry.args)
      os << "const " << cType(v.dtype) << " *" << v.name << ", ";
    for (const Value &v : entry.results)
      os << cType(v.dtype) << " *" << v.name << ", ";
    for (const Value &v : entry.results)
      for (unsigned axis = 0; axis < v.shape.size(); ++axis)
        if (v.isLate(axis))
          os << "int64_t *" << v.name << "_size" << axis << ", ";
    std::string rest = entry.hasStates ? (model + "_state *state, ").str() : "";
    rest += "const void *prepared, void *scratch);\n";
    os << rest;
    if (entry.hasStates)
      os << "int32_t " << entry.symbol << "_reset(" << rest;
    os << "\n";
  }

  /// The checked function over DLPack tensors.
  void tensors(const Entry &entry, unsigned index) {
    os << "static inline rondo_status " << model << "_" << entry.name << "_dl(";
    for (StringRef n : entry.numbers)
      os << "int64_t " << parameter(n) << ", ";
    for (const Value &v : entry.args)
      os << "const DLTensor *" << v.name << ", ";
    for (const Value &v : entry.results)
      os << "DLTensor *" << v.name << ", ";
    os << (entry.hasStates ? "void *const *states, " : "");
    os << "const void *prepared, void *scratch,\n    uint64_t scratch_bytes, rondo_error *error) {\n";
    auto list = [&](StringRef type, StringRef name, ArrayRef<Value> values) -> StringRef {
      if (values.empty())
        return "NULL";
      os << "  " << type << " *" << name << "[] = {";
      llvm::interleaveComma(values, os, [&](const Value &v) { os << v.name; });
      os << "};\n";
      return name;
    };
    StringRef numbers = "NULL";
    if (!entry.numbers.empty()) {
      numbers = "numbers";
      os << "  const int64_t numbers[] = {";
      llvm::interleaveComma(entry.dims, os, [&](StringRef dim) {
        os << (llvm::is_contained(entry.numbers, dim) ? parameter(dim) : "0");
      });
      os << "};\n";
    }
    StringRef args = list("const DLTensor", "args", entry.args);
    StringRef results = list("DLTensor", "results", entry.results);
    os << "  return rondo_call(&" << model << "_model, &" << model << "_model.entries[" << index << "], "
       << numbers << ", " << args << ", " << results << (entry.hasStates ? ", states" : ", NULL")
       << ",\n      prepared, scratch, scratch_bytes, error);\n}\n\n";
  }

  llvm::raw_ostream &os;
  DictionaryAttr interface;
  StringRef model;
  SmallVector<Entry, 0> entries;
  SmallVector<StateArray> states;
};
} // namespace

std::string rondo::makeHeader(DictionaryAttr interface) {
  std::string text;
  llvm::raw_string_ostream os(text);
  Printer(interface, os).print();
  return text;
}
