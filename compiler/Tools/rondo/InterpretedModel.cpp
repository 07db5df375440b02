#include "compiler/Tools/rondo/InterpretedModel.h"
#include "compiler/Tools/rondo/LoadedModel.h"
#include "compiler/Tools/rondo/Session.h"
#include "dialects/Rondo/IR/Locations.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/StringSaver.h"

using namespace mlir;
using namespace rondo;
using namespace rondo::tool;
using namespace rondo::interpreter;

namespace {
/// The tables of a rondo_model, and its functions. These have no argument that could say which model they are
/// of: `current` is the one that runs.
class Bridge {
public:
  Bridge(ModuleOp module, Interpreter &interpreter, StringRef entry);
  ~Bridge() { current = nullptr; }

  const rondo_model *get() const { return &model; }

private:
  static thread_local Bridge *current;
  static int32_t prepare(const void *const *params, void *prepared, void *scratch);
  static int32_t shapes(const int64_t *dims, int64_t *sizes);
  static uint64_t scratch(const int64_t *dims) { return RONDO_STATUS_BYTES; }
  static int32_t call(const int64_t *dims, int64_t *sizes, const void *const *args, void *const *results,
                      void *const *states, const void *prepared, void *scratch);
  static int32_t reset(const int64_t *dims, void *const *states, const void *prepared, void *scratch);

  const char *text(const Twine &name) { return saver.save(name).data(); }
  rondo_value_info value(const Parameter &parameter, bool isResult);
  const void *defaultOf(const Parameter &parameter);
  void addEntry(const EntryPoint &entry);
  /// The number of the check that failed, 0 if none did; after an error, the last number.
  int32_t status(LogicalResult result) const;
  ArrayRef<int64_t> dimsOf(const int64_t *dims) const { return ArrayRef(dims, entry->dims.size()); }

  Interpreter &interpreter;
  const EntryPoint *entry = nullptr; // the one that the runtime's driver calls
  std::vector<ArrayPtr> states;
  llvm::BumpPtrAllocator memory;
  llvm::StringSaver saver{memory};
  SmallVector<Operation *> checkOps;
  std::vector<rondo_check_info> checks;
  std::vector<rondo_entry> entries;
  std::vector<rondo_param_info> params;
  std::vector<rondo_state_info> stateTable;
  rondo_model model = {};
};
thread_local Bridge *Bridge::current = nullptr;
} // namespace

//===----------------------------------------------------------------------===//
// Elements in memory
//===----------------------------------------------------------------------===//

uint32_t rondo::tool::dtypeOf(Element element, bool isUnsigned) {
  switch (element.kind) {
  case Element::F16:
    return RONDO_F16;
  case Element::BF16:
    return RONDO_BF16;
  case Element::F32:
    return RONDO_F32;
  case Element::F64:
    return RONDO_F64;
  case Element::Integer:
    break;
  }
  switch (element.bits) {
  case 1:
    return RONDO_BOOL;
  case 8:
    return isUnsigned ? RONDO_U8 : RONDO_I8;
  case 32:
    return RONDO_I32;
  default:
    return RONDO_I64;
  }
}

static void read(Array &array, Element element, const void *data) {
  const char *at = static_cast<const char *>(data);
  for (Cell &cell : array.cells) {
    uint64_t bits = 0;
    memcpy(&bits, at, element.bytes()); // little endian, as every target is
    cell = cellOf(bits, element);
    at += element.bytes();
  }
}

static void write(const Array &array, Element element, void *data) {
  char *at = static_cast<char *>(data);
  for (Cell cell : array.cells) {
    uint64_t bits = bitsOf(cell, element);
    memcpy(at, &bits, element.bytes());
    at += element.bytes();
  }
}

static ArrayPtr arrayAt(ArrayRef<int64_t> shape, Element element, const void *data) {
  if (!countOf(shape))
    return nullptr;
  ArrayPtr array = new Array(shape);
  read(*array, element, data);
  return array;
}

/// What a result is told as.
static Element resultElement(const Interpreter &interpreter, Element element) {
  return element.isFloat() && interpreter.mode() == Mode::Float64 ? Element{} : element;
}

//===----------------------------------------------------------------------===//
// Tables
//===----------------------------------------------------------------------===//

template <typename T> static T *table(llvm::BumpPtrAllocator &memory, ArrayRef<T> rows) {
  T *copy = memory.Allocate<T>(rows.size());
  std::uninitialized_copy(rows.begin(), rows.end(), copy);
  return copy;
}

const void *Bridge::defaultOf(const Parameter &parameter) {
  if (!parameter.defaultValue)
    return nullptr;
  double real = 0;
  int64_t whole = 0;
  if (auto value = dyn_cast<FloatAttr>(parameter.defaultValue)) {
    real = value.getValueAsDouble();
    whole = int64_t(real);
  } else if (auto value = dyn_cast<IntegerAttr>(parameter.defaultValue)) {
    whole = value.getType().isInteger(1) ? value.getValue().getZExtValue() : value.getInt();
    real = double(whole);
  }
  uint64_t bits = bitsOf(parameter.element.isFloat()   ? realCell(real)
                         : parameter.element.bits == 1 ? wholeCell(whole != 0)
                                                       : wholeCell(whole),
                         parameter.element);
  return table<uint64_t>(memory, bits);
}

rondo_value_info Bridge::value(const Parameter &parameter, bool isResult) {
  Element element = isResult ? resultElement(interpreter, parameter.element) : parameter.element;
  return {text(parameter.name), dtypeOf(element, parameter.isUnsigned),
          parameter.rank,       parameter.firstSize,
          parameter.lateAxes,   defaultOf(parameter)};
}

void Bridge::addEntry(const EntryPoint &point) {
  SmallVector<rondo_dim_info> dims;
  for (const Dimension &dim : point.dims)
    dims.push_back(
        {text(dim.name), dim.argument, dim.axis, dim.defaultValue.has_value(), dim.defaultValue.value_or(0)});
  SmallVector<rondo_value_info> arguments, results;
  for (const Parameter &argument : point.arguments)
    arguments.push_back(value(argument, false));
  for (const Parameter &result : point.results)
    results.push_back(value(result, true));
  SmallVector<uint32_t> numbers;
  for (const Parameter &state : point.states) {
    auto isIt = [&](const rondo_state_info &info) { return info.key == state.name; };
    auto found = llvm::find_if(stateTable, isIt);
    numbers.push_back(found - stateTable.begin());
    if (found == stateTable.end())
      stateTable.push_back({text(state.name), dtypeOf(state.element, state.isUnsigned), state.rank});
  }
  entries.push_back({text(point.name), uint32_t(dims.size()), uint32_t(arguments.size()),
                     uint32_t(results.size()), uint32_t(numbers.size()), point.numSizes,
                     table<rondo_dim_info>(memory, dims), table<rondo_value_info>(memory, arguments),
                     table<rondo_value_info>(memory, results), table<uint32_t>(memory, numbers), shapes,
                     scratch, call, reset});
}

Bridge::Bridge(ModuleOp module, Interpreter &interpreter, StringRef name) : interpreter(interpreter) {
  current = this;
  for (const EntryPoint &point : interpreter.entries()) {
    addEntry(point);
    // As the driver chooses.
    if (point.name == (name.empty() ? "forward" : name) ||
        (name.empty() && interpreter.entries().size() == 1))
      entry = &point;
  }
  for (const Weight &weight : interpreter.weights()) {
    InitAttr init = weight.init;
    params.push_back({text(weight.key), dtypeOf(weight.element, weight.isUnsigned),
                      uint32_t(weight.shape.size()), table<int64_t>(memory, weight.shape),
                      uint32_t(init.getKind()), init.getA().getValueAsDouble(),
                      init.getB().getValueAsDouble(), init.getZeroRow()});
  }
  module.walk([&](CheckOp check) {
    checkOps.push_back(check);
    FileLineColLoc place = placeInSource(check.getLoc());
    checks.push_back({place ? text(place.getFilename().strref()) : "", place ? place.getLine() : 0,
                      place ? place.getColumn() : 0, text(check.getMessage())});
  });
  checks.push_back({nullptr, 0, 0, "the interpreter could not go on"});
  model.abi_version = RONDO_ABI_VERSION;
  model.num_entries = entries.size();
  model.num_params = params.size();
  model.num_states = stateTable.size();
  model.num_checks = checks.size();
  model.name = text(module.getName().value_or("model"));
  model.entries = entries.data();
  model.params = params.data();
  model.states = stateTable.data();
  model.checks = checks.data();
  model.prepare = prepare;
}

//===----------------------------------------------------------------------===//
// Functions
//===----------------------------------------------------------------------===//

int32_t Bridge::status(LogicalResult result) const {
  if (failed(result))
    return checks.size();
  CheckOp check = interpreter.failedCheck();
  return check ? llvm::find(checkOps, check) - checkOps.begin() + 1 : 0;
}

int32_t Bridge::prepare(const void *const *params, void *, void *) {
  SmallVector<ArrayPtr> values;
  for (auto [i, weight] : llvm::enumerate(current->interpreter.weights()))
    if (!values.emplace_back(arrayAt(weight.shape, weight.element, params[i])))
      return current->status(failure());
  return current->status(current->interpreter.setWeights(values));
}

int32_t Bridge::shapes(const int64_t *dims, int64_t *sizes) {
  SmallVector<int64_t> found;
  LogicalResult result = current->interpreter.measure(*current->entry, current->dimsOf(dims), found);
  llvm::copy(found, sizes);
  return current->status(result);
}

int32_t Bridge::reset(const int64_t *dims, void *const *, const void *, void *) {
  return current->status(current->interpreter.reset(*current->entry, current->dimsOf(dims), current->states));
}

int32_t Bridge::call(const int64_t *dims, int64_t *sizes, const void *const *args, void *const *results,
                     void *const *, const void *, void *) {
  const EntryPoint &entry = *current->entry;
  SmallVector<ArrayPtr> arguments;
  for (auto [i, argument] : llvm::enumerate(entry.arguments))
    if (!arguments.emplace_back(
            arrayAt(ArrayRef(sizes + argument.firstSize, argument.rank), argument.element, args[i])))
      return current->status(failure());
  Outcome outcome;
  LogicalResult called =
      current->interpreter.call(entry, current->dimsOf(dims), arguments, current->states, outcome);
  if (failed(called))
    return current->status(called);
  llvm::copy(outcome.sizes, sizes);
  for (auto [i, result] : llvm::enumerate(entry.results))
    write(*outcome.results[i], resultElement(current->interpreter, result.element), results[i]);
  return current->status(called);
}

//===----------------------------------------------------------------------===//
// A run
//===----------------------------------------------------------------------===//

Exit rondo::tool::interpretModule(ModuleOp module, const CommandLine &line) {
  FailureOr<std::unique_ptr<Interpreter>> interpreter =
      Interpreter::create(module, *line.interpret, line.perturbSeed);
  if (failed(interpreter))
    return UserError;
  Bridge bridge(module, **interpreter, line.frontend.entry);
  return callModel(bridge.get(), line);
}

Exit rondo::tool::interpretFile(const CommandLine &line) {
  DefaultTimingManager off;
  TimingScope timing = off.getRootScope();
  Session session(line);
  if (Exit exit = session.load(timing))
    return exit;
  std::optional<Phase> phase = phaseOf(session.module());
  if (!phase || *phase > Phase::Buffers)
    return fail(UserError, line.input + ": the interpreter runs the phases `rondo` to `buffers`");
  return interpretModule(session.module(), line);
}
