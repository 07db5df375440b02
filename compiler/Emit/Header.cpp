// For each entry point: its shapes as a comment, a function over DLPack tensors
// that checks everything and calls, its sizes, and, where all of them are fixed,
// the plain function. A size that is known is a constant, any other a function of
// the dims, which asks the descriptor: the two cannot disagree. Sizes that are
// known only after a call (`late`) are the most that they can be; the plain function
// writes them to pointers behind the results. A program that wants no runtime
// defines RONDO_NO_RUNTIME and has the plain functions alone.
//
// Constants are of an enum, so that C11 takes them as sizes of arrays; what no int
// holds is a `static const`.
#include "compiler/Emit/Header.h"
#include "compiler/Emit/Declarations.h"
#include "runtime/include/rondo/abi.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace rondo;

namespace {
class Printer {
public:
  Printer(const Declarations &all, bool embedded, llvm::raw_ostream &os)
      : all(all), embedded(embedded && all.preparedBytes), os(os), model(all.model),
        macro("RONDO_MODEL_" + all.model.str()) {}

  void print() {
    os << "/* The model " << model
       << ", made by rondo. All tensors are dense and row-major, aligned to 64 bytes.\n"
       << " * The caller owns all memory; functions return 0, or the number of the check that failed. */\n"
       << "#ifndef " << macro << "_H\n#define " << macro << "_H\n\n#include <stddef.h>\n#include <stdint.h>\n"
       << "#ifndef RONDO_NO_RUNTIME\n#include \"rondo/rondo.h\"\n#endif\n\n"
       << "#ifdef __cplusplus\nextern \"C\" {\n#define " << macro << "_ASSERT static_assert\n#define "
       << macro << "_ALIGNED alignas(" << RONDO_ALIGNMENT << ")\n#else\n#define " << macro
       << "_ASSERT _Static_assert\n#define " << macro << "_ALIGNED _Alignas(" << RONDO_ALIGNMENT
       << ")\n#endif\n\n";
    constant(all.preparedName, all.preparedBytes, "uint64_t");
    constant(all.prepareScratchName, all.prepareScratchBytes, "uint64_t");
    constants();
    if (embedded)
      os << "/* The prepared weights, which lie in the object. */\nextern const unsigned char " << model
         << "_prepared[];\n";
    statuses();
    stateBlock();
    for (const EntryDeclaration &entry : all.entries)
      plain(entry);
    os << "\n#ifndef RONDO_NO_RUNTIME\n"
       << macro << "_ASSERT(RONDO_ABI_VERSION == " << RONDO_ABI_VERSION
       << ", \"the runtime is of another version\");\n\nextern const rondo_model " << model << "_model;\n";
    check();
    for (const EntryDeclaration &entry : all.entries) {
      os << "\n/* " << entry.text << " */\n";
      sizes(entry);
      checkedReset(entry);
      checked(entry);
    }
    os << "#endif\n\n#undef " << macro << "_ASSERT\n#undef " << macro
       << "_ALIGNED\n#ifdef __cplusplus\n}\n#endif\n#endif\n";
  }

private:
  //===------------------------------------------------------------------===//
  // Without the runtime
  //===------------------------------------------------------------------===//

  /// Of the type that a function would return.
  void constant(StringRef name, uint64_t value, StringRef type = "int64_t") {
    if (value <= INT32_MAX)
      small.push_back((name + " = " + Twine(value)).str());
    else
      large.push_back((type + " " + name + " = " + Twine(value)).str());
  }

  void constants() {
    if (!small.empty()) {
      os << "enum {\n";
      llvm::interleave(small, os, [&](const std::string &text) { os << "  " << text; }, ",\n");
      os << "\n};\n";
    }
    for (const std::string &text : large)
      os << "static const " << text << ";\n";
    small.clear(), large.clear();
  }

  bool hasPlain() const {
    return llvm::any_of(all.entries, [](const EntryDeclaration &entry) { return !entry.plain.empty(); });
  }

  /// Text of the program's, which must not end the comment.
  static std::string inComment(StringRef text) {
    std::string safe;
    for (char c : text) {
      if (c == '/' && !safe.empty() && safe.back() == '*')
        safe += ' ';
      safe += llvm::isPrint(c) || (c & 0x80) ? c : '?';
    }
    return safe;
  }

  void statuses() {
    if (all.checks.empty() || !hasPlain())
      return;
    os << "\n/* Checks, by their numbers:\n";
    for (auto [i, text] : llvm::enumerate(all.checks))
      os << " * " << i + 1 << "  " << inComment(text) << "\n";
    os << " */\n";
  }

  void check() {
    if (all.checks.empty() || !hasPlain())
      return;
    os << "\n/* The check that a status of a plain function names. NULL for 0. */\n"
       << "static inline const rondo_check_info *" << all.checkName << "(int32_t status) {\n"
       << "  return status > 0 && status <= " << all.checks.size() << " ? &" << model
       << "_model.checks[status - 1] : NULL;\n}\n";
  }

  /// What plain functions keep from one call to the next, shared by all of them.
  void stateBlock() {
    if (all.states.empty())
      return;
    os << "\n/* States, from one call to the next. A `_reset` function writes their first values. */\n"
       << "typedef struct " << all.stateType << " {\n";
    for (const StateArray &state : all.states)
      os << "  " << macro << "_ALIGNED " << cType(state.dtype) << " " << state.name << "["
         << std::max<uint64_t>(state.elements, 1) << "]; /* " << inComment(state.key) << " */\n";
    os << "} " << all.stateType << ";\n";
    for (const StateArray &state : all.states)
      os << macro << "_ASSERT(offsetof(" << all.stateType << ", " << state.name << ") == " << state.offset
         << ", \"the states lie as the object has them\");\n";
  }

  /// Sizes as constants, and the function itself.
  void plain(const EntryDeclaration &entry) {
    if (entry.plain.empty())
      return;
    os << "\n/* " << entry.text << " */\n";
    knownSizes(entry);
    os << "int32_t " << entry.plain << "(";
    for (const Declaration &v : entry.args)
      os << "const " << cType(v.dtype) << " *" << v.name << ", ";
    for (const Declaration &v : entry.results)
      os << cType(v.dtype) << " *" << v.name << ", ";
    for (const Declaration &v : entry.results)
      for (unsigned axis = 0; axis < v.axes.size(); ++axis)
        if (v.isLate(axis))
          os << "int64_t *" << v.lateName(axis) << ", ";
    std::string rest = entry.plainReset.empty() ? "" : all.stateType + " *state, ";
    rest += "const void *prepared, void *scratch);\n";
    os << rest;
    if (!entry.plainReset.empty())
      os << "int32_t " << entry.plainReset << "(" << rest;
  }

  void knownSizes(const EntryDeclaration &entry) {
    for (auto *list : {&entry.args, &entry.results, &entry.states})
      for (const Declaration &v : *list) {
        for (const Axis &axis : v.axes)
          if (axis.is)
            constant(axis.name, *axis.is);
        if (v.count)
          constant(v.elements, *v.count);
      }
    if (entry.scratch)
      constant(entry.scratchBytes, *entry.scratch, "uint64_t");
    constants();
  }

  //===------------------------------------------------------------------===//
  // With it
  //===------------------------------------------------------------------===//

  std::string descriptor(const EntryDeclaration &entry) {
    return (model + "_model.entries[" + Twine(entry.index) + "]").str();
  }

  void parameters(const EntryDeclaration &entry) {
    llvm::interleaveComma(entry.dims, os, [&](const DimDeclaration &dim) { os << "int64_t " << dim.name; });
  }

  void dims(const EntryDeclaration &entry) {
    os << "  const int64_t dims[] = {";
    llvm::interleaveComma(entry.dims, os, [&](const DimDeclaration &dim) { os << dim.name; });
    os << "};\n";
  }

  void function(const EntryDeclaration &entry, StringRef type, StringRef name, const Twine &value) {
    os << "static inline " << type << " " << name << "(";
    parameters(entry);
    os << ") {\n";
    dims(entry);
    os << "  return " << value << ";\n}\n";
  }

  /// What depends on the dims.
  void sizes(const EntryDeclaration &entry) {
    if (entry.dims.empty()) // the plain function has them
      return;
    knownSizes(entry);
    os << "/* Sizes for these dims; -1 if the entry point does not take them. */\n";
    std::string of = ("&" + model + "_model, &" + descriptor(entry) + ", dims, ").str();
    unsigned index = 0, value = 0;
    for (auto *list : {&entry.args, &entry.results, &entry.states})
      for (const Declaration &v : *list) {
        for (const Axis &axis : v.axes) {
          if (!axis.is)
            function(entry, "int64_t", axis.name, "rondo_size(" + of + Twine(index) + ")");
          ++index;
        }
        if (!v.count)
          function(entry, "int64_t", v.elements, "rondo_elements(" + of + Twine(value) + ")");
        ++value;
      }
    function(entry, "uint64_t", entry.scratchBytes, descriptor(entry) + ".scratch(dims)");
  }

  void checkedReset(const EntryDeclaration &entry) {
    if (entry.checkedReset.empty())
      return;
    os << "/* states: ";
    llvm::interleaveComma(entry.states, os,
                          [&](const Declaration &state) { os << inComment(state.key) << " " << state.type; });
    os << ", in this order. */\nstatic inline rondo_status " << entry.checkedReset << "(";
    parameters(entry);
    os << (entry.dims.empty() ? "" : ", ")
       << "void *const *states, const void *prepared, void *scratch,\n    uint64_t scratch_bytes, "
          "rondo_error "
          "*error) {\n";
    if (!entry.dims.empty())
      dims(entry);
    os << "  return rondo_reset(&" << model << "_model, &" << descriptor(entry) << ", "
       << (entry.dims.empty() ? "NULL" : "dims")
       << ", states, prepared, scratch, scratch_bytes, error);\n}\n";
  }

  /// The checked function over DLPack tensors.
  void checked(const EntryDeclaration &entry) {
    os << "static inline rondo_status " << entry.checked << "(";
    bool numbers = false;
    for (const DimDeclaration &dim : entry.dims)
      if (dim.isNumber) {
        os << "int64_t " << dim.name << ", ";
        numbers = true;
      }
    for (const Declaration &v : entry.args)
      os << "const DLTensor *" << v.name << ", ";
    for (const Declaration &v : entry.results)
      os << "DLTensor *" << v.name << ", ";
    os << (entry.states.empty() ? "" : "void *const *states, ");
    os << "const void *prepared, void *scratch,\n    uint64_t scratch_bytes, rondo_error *error) {\n";
    auto list = [&](StringRef type, StringRef name, ArrayRef<Declaration> values) -> StringRef {
      if (values.empty())
        return "NULL";
      os << "  " << type << " *" << name << "[] = {";
      llvm::interleaveComma(values, os, [&](const Declaration &v) { os << v.name; });
      os << "};\n";
      return name;
    };
    if (numbers) {
      os << "  const int64_t numbers[] = {";
      llvm::interleaveComma(entry.dims, os,
                            [&](const DimDeclaration &dim) { os << (dim.isNumber ? dim.name : "0"); });
      os << "};\n";
    }
    StringRef args = list("const DLTensor", "args", entry.args);
    StringRef results = list("DLTensor", "results", entry.results);
    os << "  return rondo_call(&" << model << "_model, &" << descriptor(entry) << ", "
       << (numbers ? "numbers" : "NULL") << ", " << args << ", " << results
       << (entry.states.empty() ? ", NULL" : ", states")
       << ",\n      prepared, scratch, scratch_bytes, error);\n}\n";
  }

  const Declarations &all;
  bool embedded;
  llvm::raw_ostream &os;
  StringRef model;
  std::string macro;
  std::vector<std::string> small, large; // constants that are yet to be printed
};
} // namespace

std::string rondo::makeHeader(DictionaryAttr interface, bool embedded) {
  std::string text;
  llvm::raw_string_ostream os(text);
  Declarations all = declarationsOf(interface);
  Printer(all, embedded, os).print();
  return text;
}
