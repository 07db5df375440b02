// `rondo inspect`: what a model holds, computes and needs.
#include "compiler/Frontend/Diagnostics.h"
#include "compiler/Tools/rondo/Commands.h"
#include "compiler/Tools/rondo/LoadedModel.h"
#include "compiler/Tools/rondo/Session.h"
#include "compiler/Tools/rondo/Work.h"
#include "dialects/Rondo/IR/RondoDialect.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "rondo/files.h"
#include "rondo/rondo.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"

using namespace mlir;
using namespace rondo;
using namespace rondo::tool;

namespace {
struct Weight {
  std::string key, dtype;
  std::vector<int64_t> shape;
  uint64_t count = 1, bytes = 0;
  bool isBuffer = false;

  std::string type() const {
    if (shape.empty())
      return dtype;
    return dtype + "[" +
           llvm::join(llvm::map_range(shape, [](int64_t n) { return std::to_string(n); }), ", ") + "]";
  }
};

struct Entry {
  EntryWork work;
  uint64_t allocations = 0;
  uint64_t scratch = 0;
  std::vector<int64_t> at; // the dims for which scratch was asked
};

/// How the weights of a file differ from the model's.
struct Difference {
  StringLiteral kind; // "missing", "extra", "different"
  std::string key, text;
};

struct Report {
  std::string model;
  std::vector<Weight> weights;
  std::vector<Signature> states;
  std::vector<Entry> entries;
  uint64_t preparedBytes = 0, codeBytes = 0;
  std::vector<Difference> differences;
  bool fits = true;
};
} // namespace

static StringRef dtypeName(uint32_t dtype) {
  constexpr StringLiteral names[] = {"f32", "f64", "f16", "bf16", "i64", "i32", "i8", "u8", "bool"};
  return dtype < std::size(names) ? names[dtype] : StringLiteral("?");
}

static uint64_t dtypeBytes(uint32_t dtype) {
  constexpr uint64_t bytes[] = {4, 8, 2, 2, 8, 4, 1, 1, 1};
  return dtype < std::size(bytes) ? bytes[dtype] : 0;
}

static Weight weightOf(StringRef key, uint32_t dtype, ArrayRef<int64_t> shape) {
  Weight weight{key.str(), dtypeName(dtype).str(), shape.vec()};
  for (int64_t n : shape)
    weight.count *= n;
  weight.bytes = weight.count * dtypeBytes(dtype);
  return weight;
}

/// Scratch depends on the dims; those that are open count as 1.
static Entry entryOf(EntryWork work, const rondo_model &model) {
  Entry entry;
  entry.work = std::move(work);
  for (const rondo_entry &compiled : ArrayRef(model.entries, model.num_entries)) {
    if (entry.work.name != compiled.name)
      continue;
    entry.at.assign(compiled.num_dims, 1);
    entry.scratch = compiled.scratch(entry.at.data());
  }
  return entry;
}

/// Allocations of a function and of those that it calls.
static uint64_t allocationsIn(func::FuncOp function) {
  uint64_t count = 0;
  function.walk([&](Operation *op) {
    count += isa<memref::AllocOp, memref::AllocaOp>(op);
    if (auto call = dyn_cast<func::CallOp>(op))
      if (auto callee = SymbolTable::lookupNearestSymbolFrom<func::FuncOp>(op, call.getCalleeAttr()))
        count += allocationsIn(callee);
  });
  return count;
}

/// How often each entry point allocates memory, in the phase `buffers`.
static llvm::StringMap<uint64_t> allocationsOf(ModuleOp module) {
  llvm::StringMap<uint64_t> counts;
  for (auto function : module.getOps<func::FuncOp>())
    counts[function.getName()] = allocationsIn(function);
  return counts;
}

/// Whether a weight of a file can be one of the model's: all types of floats convert, others do not.
static bool converts(int32_t stored, StringRef wanted) {
  constexpr StringLiteral floats[] = {"f32", "f64", "f16", "bf16"};
  StringRef has = dtypeName(stored);
  return has == wanted || (llvm::is_contained(floats, has) && llvm::is_contained(floats, wanted));
}

/// Compares a file with the model's weights, by key, shape and type.
static Exit compareWeights(const std::string &path, Report &report) {
  rondo_safetensors file;
  rondo_error error;
  if (rondo_safetensors_open(path.c_str(), &file, &error) != RONDO_OK)
    return fail(UserError, error.message);
  llvm::scope_exit close([&] { rondo_safetensors_close(&file); });
  SmallVector<StringRef> stored, missing, extra;
  llvm::StringMap<const Weight *> wanted;
  for (const Weight &weight : report.weights)
    wanted[weight.key] = &weight;
  for (const rondo_stored_tensor &tensor : ArrayRef(file.tensors, file.num_tensors))
    if (!wanted.count(tensor.name))
      extra.push_back(tensor.name);
  for (const Weight &weight : report.weights) {
    const rondo_stored_tensor *tensor = rondo_safetensors_find(&file, weight.key.c_str());
    if (!tensor) {
      std::optional<StringRef> near = nearestName(weight.key, extra);
      report.differences.push_back(
          {"missing", weight.key, weight.type() + (near ? "; did you mean `" + near->str() + "`?" : "")});
      report.fits = false;
    } else if (ArrayRef(tensor->shape, tensor->rank) != ArrayRef(weight.shape) ||
               !converts(tensor->dtype, weight.dtype)) {
      Weight found{"",
                   tensor->dtype < 0 ? tensor->dtype_name : dtypeName(tensor->dtype).str(),
                   {tensor->shape, tensor->shape + tensor->rank}};
      report.differences.push_back(
          {"different", weight.key, "the model has " + weight.type() + ", the file " + found.type()});
      report.fits = false;
    }
  }
  for (StringRef key : extra)
    report.differences.push_back({"extra", key.str(), "the model does not use it"});
  return Done;
}

//===----------------------------------------------------------------------===//
// Text
//===----------------------------------------------------------------------===//

/// 12345678 -> 12_345_678, as the language writes it.
static std::string number(uint64_t value) {
  std::string digits = std::to_string(value);
  for (int i = int(digits.size()) - 3; i > 0; i -= 3)
    digits.insert(i, "_");
  return digits;
}

static void printWeights(StringRef title, ArrayRef<Weight> weights, llvm::raw_ostream &os) {
  size_t key = 0, type = 0, count = 0;
  uint64_t total = 0, bytes = 0;
  for (const Weight &weight : weights) {
    key = std::max(key, weight.key.size());
    type = std::max(type, weight.type().size());
    total += weight.count;
    bytes += weight.bytes;
  }
  count = number(total).size();
  os << title << ": " << number(total) << " numbers, " << number(bytes) << " bytes\n";
  for (const Weight &weight : weights)
    os << "  " << llvm::left_justify(weight.key, key) << "  " << llvm::left_justify(weight.type(), type)
       << "  " << llvm::right_justify(number(weight.count), count) << (weight.isBuffer ? "  buffer" : "")
       << "\n";
}

static std::string signature(const EntryWork &work) {
  std::string text = work.name + "(";
  for (auto [i, argument] : llvm::enumerate(work.arguments))
    text += (i ? ", " : "") + argument.name + ": " + argument.type;
  text += ") -> ";
  for (auto [i, result] : llvm::enumerate(work.results))
    text += (i ? ", " : "") + result.type;
  return text;
}

static std::string operations(const Size &size) {
  if (size.isTooLarge())
    return "more than can be told";
  return size.isConstant() ? number(size.constant()) : size.str();
}

static void printEntry(const Entry &entry, llvm::raw_ostream &os) {
  const EntryWork &work = entry.work;
  os << "\n" << signature(work) << "\n";
  os << "  products     " << operations(work.products) << " operations\n";
  os << "  other work   " << operations(work.others) << " operations\n";
  os << "  scratch      " << number(entry.scratch) << " bytes";
  for (auto [i, dim] : llvm::enumerate(work.dims))
    os << (i ? ", " : " for ") << dim << " = " << entry.at[i];
  os << "\n  allocations  " << number(entry.allocations) << "\n";
}

static void printText(const Report &report, bool withFile, llvm::raw_ostream &os) {
  os << "model " << report.model << "\n\n";
  printWeights("weights", report.weights, os);
  if (!report.states.empty())
    os << "states\n";
  for (const Signature &state : report.states)
    os << "  " << state.name << "  " << state.type << "  " << operations(state.bytes) << " bytes\n";
  os << "prepared: " << number(report.preparedBytes) << " bytes\ncode: " << number(report.codeBytes)
     << " bytes\n";
  for (const Entry &entry : report.entries)
    printEntry(entry, os);
  if (!withFile)
    return;
  os << "\n" << (report.fits ? "the file's weights fit" : "the file's weights do not fit") << "\n";
  for (const Difference &difference : report.differences)
    os << "  " << llvm::left_justify(difference.kind, 9) << "  " << forTerminal(difference.key) << ": "
       << forTerminal(difference.text) << "\n";
}

//===----------------------------------------------------------------------===//
// JSON
//===----------------------------------------------------------------------===//

static llvm::json::Array weightsJson(ArrayRef<Weight> weights) {
  llvm::json::Array all;
  for (const Weight &weight : weights)
    all.push_back(llvm::json::Object{{"key", weight.key},
                                     {"dtype", weight.dtype},
                                     {"shape", llvm::json::Array(weight.shape)},
                                     {"bytes", int64_t(weight.bytes)},
                                     {"buffer", weight.isBuffer}});
  return all;
}

static llvm::json::Array signaturesJson(ArrayRef<Signature> values) {
  llvm::json::Array all;
  for (const Signature &value : values) {
    llvm::json::Object object{{"type", value.type}};
    if (!value.name.empty())
      object["name"] = value.name;
    object["bytes"] = value.bytes.str();
    all.push_back(std::move(object));
  }
  return all;
}

static void printJson(const Report &report, bool withFile, llvm::raw_ostream &os) {
  llvm::json::Array entries, differences;
  for (const Entry &entry : report.entries)
    entries.push_back(llvm::json::Object{{"name", entry.work.name},
                                         {"dims", llvm::json::Array(entry.work.dims)},
                                         {"arguments", signaturesJson(entry.work.arguments)},
                                         {"results", signaturesJson(entry.work.results)},
                                         {"products", entry.work.products.str()},
                                         {"other_work", entry.work.others.str()},
                                         {"allocations", int64_t(entry.allocations)},
                                         {"scratch_bytes", int64_t(entry.scratch)},
                                         {"scratch_dims", llvm::json::Array(entry.at)}});
  llvm::json::Object object{{"model", report.model},
                            {"weights", weightsJson(report.weights)},
                            {"states", signaturesJson(report.states)},
                            {"prepared_bytes", int64_t(report.preparedBytes)},
                            {"code_bytes", int64_t(report.codeBytes)},
                            {"entries", std::move(entries)}};
  if (withFile) {
    for (const Difference &difference : report.differences)
      differences.push_back(
          llvm::json::Object{{"kind", difference.kind}, {"key", difference.key}, {"text", difference.text}});
    object["fits"] = report.fits;
    object["differences"] = std::move(differences);
  }
  os << llvm::formatv("{0:2}", llvm::json::Value(std::move(object))) << "\n";
}

Exit rondo::tool::inspect(const CommandLine &line) {
  // The work is read from the phase `graph`, allocations from `buffers`, the rest from what is compiled.
  Session session(line);
  DefaultTimingManager off;
  TimingScope timing = off.getRootScope();
  if (Exit exit = session.load(timing))
    return exit;
  std::optional<Phase> phase = phaseOf(session.module());
  if (!phase || *phase > Phase::Graph)
    return fail(UserError, line.input + ": a program, or a text of the phase `rondo` or `graph`, is needed");
  llvm::StringSet<> buffers; // only the phase `rondo` tells them
  session.module().walk([&](ParamOp param) {
    if (param->hasAttr("rondo.buffer"))
      buffers.insert(param.getKey());
  });
  if (Exit exit = session.lowerTo(Phase::Graph, timing))
    return exit;
  SizeContext sizes;
  std::vector<EntryWork> works = workOf(session.module(), sizes);
  if (Exit exit = session.lowerTo(Phase::Buffers, timing))
    return exit;
  llvm::StringMap<uint64_t> allocations = allocationsOf(session.module());
  LoadedModel loaded;
  if (Exit exit = loaded.load(session, line, timing))
    return exit;

  const rondo_model &model = *loaded.get();
  Report report;
  report.model = model.name;
  report.preparedBytes = model.prepared_bytes;
  report.codeBytes = loaded.codeBytes();
  for (const rondo_param_info &param : ArrayRef(model.params, model.num_params))
    report.weights.push_back(weightOf(param.key, param.dtype, ArrayRef(param.shape, param.rank)));
  for (Weight &weight : report.weights)
    weight.isBuffer = buffers.contains(weight.key);
  for (EntryWork &work : works) {
    for (const Signature &state : work.states)
      if (llvm::none_of(report.states, [&](const Signature &other) { return other.name == state.name; }))
        report.states.push_back(state);
    report.entries.push_back(entryOf(std::move(work), model));
    report.entries.back().allocations = allocations.lookup(report.entries.back().work.name);
  }
  if (!line.weights.empty())
    if (Exit exit = compareWeights(line.weights, report))
      return exit;
  (line.json ? printJson : printText)(report, !line.weights.empty(), llvm::outs());
  return report.fits ? Done : UserError;
}
