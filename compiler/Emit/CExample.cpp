// What is written is meant to be read and taken apart: one function for each entry
// point, its memory first, then the call. Helpers stand in it only where they are used.
#include "compiler/Emit/CExample.h"
#include "compiler/Emit/Declarations.h"
#include "runtime/include/rondo/abi.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"
#include <set>

using namespace mlir;
using namespace rondo;

/// What dim `i` is, if it is open. The first ones differ, so that none is taken for another; who needs others
/// edits them.
static int64_t openSize(unsigned i, const DimDeclaration &dim) {
  return dim.is.value_or(dim.isNumber ? 1 : std::max<int64_t>(4 - int64_t(i), 2));
}

namespace {
/// How the program fills and prints elements of a type.
struct ElementText {
  StringLiteral dtype;
  StringLiteral value;  // element i of an argument
  StringLiteral format; // of printf, behind its `%`
  StringLiteral shown;  // what printf is given of x[i]
};

constexpr ElementText elementTexts[] = {
    {"f32", "0.25f * (float)(i % 5) - 0.5f", ".9g", "(double)x[i]"},
    {"f64", "0.25 * (double)(i % 5) - 0.5", ".17g", "x[i]"},
    {"f16", "pattern[i % 5]", ".5g", "from_f16(x[i])"},
    {"bf16", "pattern[i % 5]", ".4g", "from_bf16(x[i])"},
    {"i64", "i % 2", "lld", "(long long)x[i]"},
    {"i32", "(int32_t)(i % 2)", "d", "(int)x[i]"},
    {"i8", "(int8_t)(i % 2)", "d", "x[i]"},
    {"u8", "(uint8_t)(i % 2)", "d", "x[i]"},
    {"bool", "(uint8_t)(i % 2)", "d", "x[i]"},
};

const ElementText &textOf(StringRef dtype) {
  return *llvm::find_if(elementTexts, [&](const ElementText &text) { return text.dtype == dtype; });
}

class Printer {
public:
  Printer(const Declarations &all, const ExampleOptions &options, bool runtime, llvm::raw_ostream &os)
      : all(all), options(options), runtime(runtime), os(os), model(all.model),
        embedded(options.embedded && all.preparedBytes) {}

  void print() {
    os << "/* Calls the model " << model
       << " once, with inputs of a simple pattern. To make and run it:\n *\n";
    for (const std::string &command : options.commands)
      os << " *   " << command << "\n";
    os << " */\n";
    if (!runtime)
      os << "#define RONDO_NO_RUNTIME\n";
    os << "#include \"" << options.header
       << "\"\n\n#include <inttypes.h>\n#include <math.h>\n#include <stdio.h>\n"
          "#include <stdlib.h>\n#include <string.h>\n\n";
    helpers();
    if (!all.states.empty())
      os << "/* What is kept from one call to the next. */\nstatic " << all.stateType << " state;\n\n";
    for (const EntryDeclaration &entry : all.entries)
      entry.plain.empty() ? checked(entry) : plain(entry);
    main();
  }

private:
  //===------------------------------------------------------------------===//
  // Helpers
  //===------------------------------------------------------------------===//

  void helpers() {
    std::set<StringRef> filled, shown;
    bool isChecked = false;
    for (const EntryDeclaration &entry : all.entries) {
      isChecked |= entry.plain.empty();
      for (const Declaration &arg : entry.args)
        if (!arg.defaultValue)
          filled.insert(arg.dtype);
      for (const Declaration &result : entry.results)
        shown.insert(result.dtype);
    }
    if (shown.count("f16"))
      os << R"(/* The value of an f16, which C has no type for. */
static double from_f16(uint16_t bits) {
  int exponent = bits >> 10 & 31, fraction = bits & 1023;
  double value = exponent == 31 ? (fraction ? NAN : INFINITY)
                 : exponent     ? ldexp(1024 + fraction, exponent - 25)
                                : ldexp(fraction, -24);
  return bits >> 15 ? -value : value;
}

)";
    if (shown.count("bf16"))
      os << R"(/* The value of a bf16: the upper half of a float. */
static double from_bf16(uint16_t bits) {
  uint32_t whole = (uint32_t)bits << 16;
  float value;
  memcpy(&value, &whole, sizeof value);
  return value;
}

)";
    for (StringRef dtype : filled)
      fill(dtype);
    for (StringRef dtype : shown)
      show(dtype);
    if (runtime)
      os << R"(static int report(const rondo_error *error) {
  if (error->file)
    fprintf(stderr, "%s:%u:%u: ", error->file, (unsigned)error->line, (unsigned)error->column);
  fprintf(stderr, "error: %s\n", error->message);
  return 1;
}

)";
    if (isChecked)
      os << R"(static void *allocate(uint64_t bytes) {
  void *memory = rondo_allocate(bytes);
  if (!memory) {
    fprintf(stderr, "error: no memory for %llu bytes\n", (unsigned long long)bytes);
    exit(1);
  }
  return memory;
}

static int64_t count(const DLTensor *tensor) {
  int64_t elements = 1;
  for (int32_t i = 0; i < tensor->ndim; ++i)
    elements *= tensor->shape[i];
  return elements;
}

/* A tensor with memory of its own. */
static DLTensor make(uint32_t dtype, uint32_t rank, int64_t *shape) {
  DLTensor tensor = rondo_tensor(dtype, rank, shape, NULL);
  tensor.data = allocate((uint64_t)count(&tensor) * rondo_dtype_bytes(dtype));
  return tensor;
}

)";
  }

  void fill(StringRef dtype) {
    os << "static void fill_" << dtype << "(" << cType(dtype) << " *x, int64_t n) {\n";
    if (dtype == "f16")
      os << "  const uint16_t pattern[] = {0xb800, 0xb400, 0, 0x3400, 0x3800}; /* -0.5, -0.25, ... */\n";
    if (dtype == "bf16")
      os << "  const uint16_t pattern[] = {0xbf00, 0xbe80, 0, 0x3e80, 0x3f00}; /* -0.5, -0.25, ... */\n";
    os << "  for (int64_t i = 0; i < n; ++i)\n    x[i] = " << textOf(dtype).value << ";\n}\n\n";
  }

  void show(StringRef dtype) {
    const ElementText &text = textOf(dtype);
    os << "static void show_" << dtype << "(int result, const " << cType(dtype)
       << " *x, int64_t n) {\n"
          "  printf(\"  result %d, %lld elements:\", result, (long long)n);\n"
          "  for (int64_t i = 0; i < n && i < 8; ++i)\n    printf(\" %"
       << text.format << "\", " << text.shown << ");\n  printf(n > 8 ? \" ...\\n\" : \"\\n\");\n}\n\n";
  }

  //===------------------------------------------------------------------===//
  // Calls
  //===------------------------------------------------------------------===//

  /// What the names of tensors must not hide.
  Names locals() {
    Names names = {"prepared", "scratch", "scratch_bytes", "error",    "states", "state",  "dims",
                   "sizes",    "status",  "report",        "allocate", "count",  "make",   "printf",
                   "puts",     "main",    "model",         "entry",    "size",   "memset", "stderr",
                   "exit",     "fprintf", "from_f16",      "from_bf16"};
    for (const ElementText &text : elementTexts)
      for (StringRef helper : {"fill_", "show_"})
        (void)names.take(helper + text.dtype);
    return names;
  }

  void begin(const EntryDeclaration &entry) {
    os << "/* " << entry.text << " */\nstatic int call_" << entry.name << "(const void *prepared) {\n";
  }

  static std::string literal(TypedAttr value, StringRef dtype) {
    std::string text;
    llvm::raw_string_ostream os(text);
    if (auto real = dyn_cast<FloatAttr>(value)) {
      if (dtype == "f16" || dtype == "bf16")
        os << real.getValue().bitcastToAPInt().getZExtValue();
      else if (real.getValue().isFinite())
        os << llvm::format("%.17g", real.getValueAsDouble());
      else
        os << (real.getValue().isNaN() ? "NAN" : real.getValue().isNegative() ? "-INFINITY" : "INFINITY");
    } else {
      int64_t number = cast<IntegerAttr>(value).getInt();
      os << (number == INT64_MIN ? "INT64_MIN" : std::to_string(number)); // the literal would be out of range
    }
    return dtype == "f32" ? "(float)" + text : text;
  }

  /// All sizes are fixed: arrays, and a function that takes them.
  void plain(const EntryDeclaration &entry) {
    Names names = locals();
    SmallVector<std::string> args, results, late;
    begin(entry);
    auto array = [&](const Declaration &v) {
      std::string name = names.take(v.name);
      os << "  static _Alignas(" << RONDO_ALIGNMENT << ") " << cType(v.dtype) << " " << name << "[";
      if (*v.count == 0 || *v.count > INT32_MAX)
        os << std::max<uint64_t>(*v.count, 1);
      else
        os << v.elements;
      os << "];\n";
      return name;
    };
    for (const Declaration &v : entry.args)
      args.push_back(array(v));
    for (const Declaration &v : entry.results)
      results.push_back(array(v));
    std::string scratchSize = *entry.scratch > INT32_MAX ? llvm::utostr(*entry.scratch) : entry.scratchBytes;
    os << "  static _Alignas(" << RONDO_ALIGNMENT << ") unsigned char scratch[" << scratchSize << "];\n";
    SmallVector<std::string> counts;
    for (auto [v, name] : llvm::zip_equal(entry.results, results)) {
      std::string elements = v.late ? "" : v.elements;
      for (unsigned axis = 0; axis < v.axes.size() && v.late; ++axis) {
        elements += axis ? " * " : "";
        if (v.isLate(axis)) {
          late.push_back(names.take(v.lateName(axis)));
          os << "  int64_t " << late.back() << " = 0;\n";
        }
        elements += v.isLate(axis) ? late.back() : v.axes[axis].name;
      }
      counts.push_back(elements);
    }
    for (auto [v, name] : llvm::zip_equal(entry.args, args))
      if (v.defaultValue)
        os << "  " << name << "[0] = " << literal(v.defaultValue, v.dtype) << "; /* its default */\n";
      else
        os << "  fill_" << v.dtype << "(" << name << ", " << v.elements << ");\n";

    std::string rest = std::string(entry.plainReset.empty() ? "" : "&state, ") + "prepared, scratch);\n";
    if (entry.plainReset.empty())
      os << "  int32_t status = ";
    else
      os << "  int32_t status = " << entry.plainReset << "(" << rest << "  if (!status)\n    status = ";
    os << entry.plain << "(";
    for (const std::string &name : args)
      os << name << ", ";
    for (const std::string &name : results)
      os << name << ", ";
    for (const std::string &name : late)
      os << "&" << name << ", ";
    os << rest << "  printf(\"" << entry.name << ": status %d\\n\", (int)status);\n  if (status) {\n";
    if (runtime && !all.checks.empty())
      os << "    const rondo_check_info *check = " << all.checkName
         << "(status);\n    fprintf(stderr, \"%s:%u:%u: error: %s\\n\", check->file, "
            "(unsigned)check->line, (unsigned)check->column, check->message);\n";
    os << "    return 1;\n  }\n";
    for (auto [i, v] : llvm::enumerate(entry.results))
      os << "  show_" << v.dtype << "(" << i << ", " << results[i] << ", " << counts[i] << ");\n";
    os << "  return 0;\n}\n\n";
  }

  /// Some sizes are open: DLPack tensors, memory from the heap, and everything checked.
  void checked(const EntryDeclaration &entry) {
    Names names = locals();
    begin(entry);
    std::string dims, numbers;
    for (auto [i, dim] : llvm::enumerate(entry.dims)) {
      std::string name = names.take(dim.name);
      os << "  const int64_t " << name << " = " << openSize(i, dim) << ";\n";
      dims += (dims.empty() ? "" : ", ") + name;
      numbers += dim.isNumber ? name + ", " : "";
    }
    os << "  const rondo_model *model = &" << model
       << "_model;\n  const rondo_entry *entry = &model->entries[" << entry.index
       << "];\n  const int64_t dims[] = {" << dims
       << "};\n  int64_t sizes[RONDO_MAX_SIZES];\n  rondo_error error;\n"
          "  if (rondo_sizes(model, entry, dims, sizes, &error))\n    return report(&error);\n\n";
    auto size = [&](const std::string &name, bool isKnown) {
      return isKnown ? name : name + "(" + dims + ")";
    };
    auto tensor = [&](const Declaration &v) {
      std::string name = names.take(v.name), shape = "NULL";
      if (!v.axes.empty()) {
        shape = names.take(name + "_shape");
        os << "  int64_t " << shape << "[] = {";
        llvm::interleaveComma(v.axes, os,
                              [&](const Axis &axis) { os << size(axis.name, axis.is.has_value()); });
        os << "};\n";
      }
      os << "  DLTensor " << name << " = make(RONDO_" << v.dtype.upper() << ", " << v.axes.size() << ", "
         << shape << ");\n";
      return name;
    };
    std::string call, frees;
    for (const Declaration &v : entry.args) {
      if (v.defaultValue) {
        call += "NULL /* " + v.key.str() + ": its default */, ";
        continue;
      }
      std::string name = tensor(v);
      os << "  fill_" << v.dtype << "(" << name << ".data, count(&" << name << "));\n";
      call += "&" + name + ", ";
      frees += "  rondo_free(" + name + ".data);\n";
    }
    SmallVector<std::string> results;
    for (const Declaration &v : entry.results) {
      results.push_back(tensor(v));
      call += "&" + results.back() + ", ";
      frees += "  rondo_free(" + results.back() + ".data);\n";
    }
    if (!entry.states.empty()) {
      os << "  void *states[] = {\n";
      llvm::interleave(
          entry.states, os,
          [&](const Declaration &v) {
            os << "      allocate((uint64_t)" << size(v.elements, v.count.has_value()) << " * sizeof("
               << cType(v.dtype) << ")) /* " << v.key << " */";
          },
          ",\n");
      os << "};\n";
      call += "states, ";
      frees += "  for (uint32_t i = 0; i < entry->num_states; ++i)\n    rondo_free(states[i]);\n";
    }
    os << "  uint64_t scratch_bytes = " << size(entry.scratchBytes, entry.scratch.has_value())
       << ";\n  void *scratch = allocate(scratch_bytes);\n\n  rondo_status status = ";
    if (!entry.states.empty())
      os << entry.checkedReset << "(" << dims
         << ", states, prepared, scratch, scratch_bytes, &error);\n  if (!status)\n    status = ";
    os << entry.checked << "(" << numbers << call << "prepared, scratch, scratch_bytes, &error);\n"
       << "  printf(\"" << entry.name
       << ": status %d\\n\", (int)status);\n  if (status) {\n    report(&error);\n  } else {\n";
    for (auto [i, v] : llvm::enumerate(entry.results))
      os << "    show_" << v.dtype << "(" << i << ", " << results[i] << ".data, count(&" << results[i]
         << "));\n";
    os << "  }\n" << frees << "  rondo_free(scratch);\n  return status != RONDO_OK;\n}\n\n";
  }

  void main() {
    bool file = all.params && !embedded;
    os << "int main(" << (file ? "int argc, char **argv" : "void") << ") {\n";
    std::string prepared = embedded ? (model + "_prepared").str() : file ? "weights.prepared" : "NULL";
    if (runtime)
      os << "  rondo_error error;\n  if (rondo_check_model(&" << model
         << "_model, &error))\n    return report(&error);\n";
    if (file)
      os << "  rondo_weights weights = {NULL, NULL, 0};\n"
            "  if (argc > 1) { /* a safetensors file, or one of prepared weights */\n    if "
            "(rondo_open_weights(&"
         << model
         << "_model, argv[1], &weights, NULL, &error))\n      return report(&error);\n  } else {\n"
            "    weights.prepared = weights.memory = rondo_allocate("
         << all.preparedName << ");\n    if (!weights.memory || rondo_draw_weights(&" << model
         << "_model, 0, weights.memory, &error))\n      return weights.memory ? report(&error) : 1;\n  }\n";
    os << "  int failed = 0;\n";
    for (const EntryDeclaration &entry : all.entries)
      os << "  failed |= call_" << entry.name << "(" << prepared << ");\n";
    os << (file ? "  rondo_close_weights(&weights);\n" : "") << "  return failed;\n}\n";
  }

  const Declarations &all;
  const ExampleOptions &options;
  bool runtime;
  llvm::raw_ostream &os;
  StringRef model;
  bool embedded;
};
} // namespace

static bool needsRuntime(const Declarations &all, bool embedded) {
  return (all.params && !embedded) ||
         llvm::any_of(all.entries, [](const EntryDeclaration &entry) { return entry.plain.empty(); });
}

bool rondo::exampleNeedsRuntime(DictionaryAttr interface, bool embedded) {
  return needsRuntime(declarationsOf(interface), embedded);
}

std::string rondo::makeCExample(DictionaryAttr interface, const ExampleOptions &options) {
  std::string text;
  llvm::raw_string_ostream os(text);
  Declarations all = declarationsOf(interface);
  Printer(all, options, needsRuntime(all, options.embedded), os).print();
  return text;
}
