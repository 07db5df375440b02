#include "compiler/Interpreter/Interpreter.h"
#include "compiler/Interpreter/Machine.h"
#include "compiler/Interpreter/Signature.h"
#include "llvm/ADT/StringSet.h"
#include <map>

using namespace mlir;
using namespace rondo;
using namespace rondo::interpreter;
using Role = EntryPoint::Role;
using Slot = rondo::interpreter::Value;

//===----------------------------------------------------------------------===//
// The contract
//===----------------------------------------------------------------------===//

Interpreter::Interpreter(ModuleOp module, Mode mode, uint64_t seed)
    : machine(std::make_unique<Machine>(module, mode, seed)) {}
Interpreter::~Interpreter() = default;
Mode Interpreter::mode() const { return machine->mode; }
CheckOp Interpreter::failedCheck() const { return machine->failedCheck; }

/// The weights that prepare takes, or, before there is one, that entry points read.
static LogicalResult collectWeights(ModuleOp module, const std::optional<EntryPoint> &prepare,
                                    SmallVectorImpl<Weight> &weights) {
  std::map<std::string, Weight> byKey;
  auto add = [&](Operation *op, StringRef key, ShapedType type, InitAttr init,
                 bool isUnsigned) -> LogicalResult {
    std::optional<Element> element = elementOf(type);
    if (!type.hasStaticShape() || !element || !init)
      return op->emitError() << "the weight '" << key << "' has no static shape or no first value";
    auto [at, isNew] =
        byKey.try_emplace(key.str(), Weight{key.str(), *element, isUnsigned, Shape(type.getShape()), init});
    if (!isNew && (at->second.shape != type.getShape() || !(at->second.element == *element)))
      return op->emitError() << "the weight '" << key << "' has two types";
    return success();
  };
  if (prepare) {
    func::FuncOp function = prepare->function;
    for (auto [i, place] : llvm::enumerate(prepare->functionArguments))
      if (place.role == Role::Weight && failed(add(function, prepare->arguments[place.number].name,
                                                   cast<ShapedType>(function.getArgumentTypes()[i]),
                                                   function.getArgAttrOfType<InitAttr>(i, attrs::init),
                                                   bool(function.getArgAttr(i, "rondo.unsigned")))))
        return failure();
  }
  WalkResult walk = module.walk([&](ParamOp param) {
    return WalkResult(
        add(param, param.getKey(), param.getType(), param.getInit(), param->hasAttr("rondo.unsigned")));
  });
  for (auto &[key, weight] : byKey)
    weights.push_back(weight);
  return failure(walk.wasInterrupted());
}

FailureOr<std::unique_ptr<Interpreter>> Interpreter::create(ModuleOp module, Mode mode, uint64_t seed) {
  std::unique_ptr<Interpreter> made(new Interpreter(module, mode, seed));
  SymbolTable symbols(module);
  llvm::StringSet<> resets;
  for (auto function : module.getOps<func::FuncOp>())
    if (auto reset = function->getAttrOfType<FlatSymbolRefAttr>(attrs::reset))
      resets.insert(reset.getValue());
  for (auto function : module.getOps<func::FuncOp>()) {
    bool isPrepare = function->hasAttr(attrs::prepare) && !function.isPrivate();
    if (!isPrepare && !function->hasAttr(attrs::entry))
      continue;
    FailureOr<EntryPoint> entry = readEntryPoint(function, symbols);
    if (failed(entry))
      return failure();
    if (!isPrepare)
      (resets.contains(function.getName()) ? made->resets : made->entryPoints).push_back(std::move(*entry));
    else if (made->prepare)
      return function.emitError("is a second `rondo.prepare`"), failure();
    else
      made->prepare = std::move(*entry);
  }
  if (failed(collectWeights(module, made->prepare, made->weightList)))
    return failure();
  return std::move(made);
}

//===----------------------------------------------------------------------===//
// Calls
//===----------------------------------------------------------------------===//

/// What a function of the boundary is given; `sizes` of prepare are none.
struct Interpreter::Given {
  ArrayRef<int64_t> dims;
  ArrayRef<ArrayPtr> arguments;
};

static ArrayPtr arrayOf(const Slot &value, Element element) {
  if (value.isArray())
    return new Array(value.array());
  const View &view = value.view();
  ArrayPtr made = new Array(view.sizes);
  int64_t at = 0;
  for (Indices index(view.sizes); index; ++index, ++at) {
    int64_t from = view.offset;
    for (auto [n, stride] : llvm::zip(*index, view.strides))
      from += n * stride;
    made->cells[at] = view.memory->load(from * element.bytes(), element);
  }
  return made;
}

/// An argument as its type wants it: an array, or memory that holds the same.
static Slot passed(const ArrayPtr &array, Type type) {
  if (!isa<MemRefType>(type))
    return array;
  Element element = *elementOf(type);
  ViewPtr view = View::make(array->shape, element);
  for (int64_t i = 0; i < array->size(); ++i)
    view->memory->store(i * element.bytes(), element, array->cells[i]);
  return view;
}

LogicalResult Interpreter::invoke(const EntryPoint &entry, Given given, std::vector<Slot> &results,
                                  std::vector<ArrayPtr> &states, SmallVectorImpl<int64_t> &sizes) {
  func::FuncOp function = entry.function;
  auto tooLarge = [&] { return function.emitError("a value of a call has more elements than memory holds"); };
  std::vector<Slot> arguments;
  for (auto [i, place] : llvm::enumerate(entry.functionArguments)) {
    Type type = function.getArgumentTypes()[i];
    auto empty = [&](ArrayRef<int64_t> shape) -> LogicalResult {
      if (!countOf(shape))
        return tooLarge();
      arguments.push_back(passed(new Array(shape, poisonOf(*elementOf(type))), type));
      return success();
    };
    switch (place.role) {
    case Role::Dim:
      arguments.push_back(wholeCell(given.dims[place.number]));
      break;
    case Role::Argument:
    case Role::Weight:
      arguments.push_back(passed(given.arguments[place.number], type));
      break;
    case Role::State:
      arguments.push_back(passed(states[place.number], type));
      break;
    case Role::Prepared:
      if (place.number >= prepared.size())
        return function.emitError() << "argument " << i << " is not what prepare makes";
      arguments.push_back(prepared[place.number]);
      break;
    case Role::LateSize:
      if (failed(empty({})))
        return failure();
      break;
    case Role::Result: {
      auto shaped = cast<ShapedType>(type);
      Shape shape(shaped.getShape());
      if (!sizes.empty()) {
        const Parameter &result = entry.results[place.number];
        shape = Shape(ArrayRef(sizes).slice(result.firstSize, result.rank));
        std::optional<int64_t> count = countOf(shape);
        if (!count)
          return tooLarge();
        if (function.getArgAttr(i, attrs::rank))
          shape = {*count};
      }
      if (failed(empty(shape)))
        return failure();
      break;
    }
    case Role::Scratch: {
      int64_t bytes = cast<ShapedType>(type).getDimSize(0);
      auto symbol = function->getAttrOfType<FlatSymbolRefAttr>("rondo.scratch_size");
      if (func::FuncOp scratch = symbol ? machine->lookup(symbol.getValue()) : nullptr) {
        std::vector<Slot> dims(given.dims.size()), size;
        for (size_t d = 0; d < dims.size(); ++d)
          dims[d] = wholeCell(given.dims[d]);
        if (failed(machine->call(scratch, dims, size)))
          return failure();
        bytes = size.front().cell.whole;
      }
      if (failed(empty({bytes})))
        return failure();
      break;
    }
    }
  }

  std::vector<Slot> returned;
  LogicalResult called = machine->call(function, arguments, returned);
  machine->forgetAddresses();
  if (failed(called))
    return failure();
  results.assign(entry.results.size(), Slot());
  auto keep = [&](EntryPoint::Place place, const Slot &value, Type type) {
    if (place.role == Role::Result)
      results[place.number] = value;
    else if (place.role == Role::State)
      states[place.number] = arrayOf(value, *elementOf(type));
    else if (place.role == Role::LateSize)
      sizes[place.number] = arrayOf(value, *elementOf(type))->cells[0].whole;
  };
  // What is in destinations, then what is returned, which is the same or, of a tensor, the only one.
  for (auto [i, place] : llvm::enumerate(entry.functionArguments))
    if (arguments[i].isView())
      keep(place, arguments[i], function.getArgumentTypes()[i]);
  for (auto [i, place] : llvm::enumerate(entry.functionResults))
    keep(place, returned[i], function.getResultTypes()[i]);
  return success();
}

LogicalResult Interpreter::setWeights(ArrayRef<ArrayPtr> values) {
  machine->failedCheck = nullptr;
  machine->weights.clear();
  for (auto [weight, value] : llvm::zip_equal(weightList, values))
    machine->weights[weight.key] = value;
  if (!prepare)
    return success();
  SmallVector<ArrayPtr> arguments;
  for (const Parameter &argument : prepare->arguments)
    arguments.push_back(machine->weights.lookup(argument.name));
  std::vector<ArrayPtr> states;
  SmallVector<int64_t> sizes;
  return invoke(*prepare, {{}, arguments}, prepared, states, sizes);
}

LogicalResult Interpreter::measure(const EntryPoint &entry, ArrayRef<int64_t> dims,
                                   SmallVectorImpl<int64_t> &sizes) {
  machine->failedCheck = nullptr;
  std::vector<Slot> arguments, results;
  for (int64_t dim : dims)
    arguments.push_back(wholeCell(dim));
  if (failed(machine->call(entry.shapes, arguments, results)) ||
      failed(machine->runChecks(entry.function, dims)))
    return failure();
  sizes.clear();
  for (const Slot &size : results)
    sizes.push_back(size.cell.whole);
  return success();
}

LogicalResult Interpreter::reset(const EntryPoint &entry, ArrayRef<int64_t> dims,
                                 std::vector<ArrayPtr> &states) {
  states.clear();
  if (entry.states.empty())
    return success();
  auto *reset = llvm::find_if(resets, [&](const EntryPoint &r) { return r.function == entry.reset; });
  func::FuncOp function = entry.function;
  if (reset == resets.end() || reset->results.size() != entry.states.size())
    return function.emitError("has states, but names no `rondo.reset` that makes them");
  Outcome outcome;
  std::vector<ArrayPtr> none;
  if (failed(call(*reset, dims, {}, none, outcome)))
    return failure();
  states = std::move(outcome.results);
  return success();
}

LogicalResult Interpreter::call(const EntryPoint &entry, ArrayRef<int64_t> dims, ArrayRef<ArrayPtr> arguments,
                                std::vector<ArrayPtr> &states, Outcome &outcome) {
  if (failed(measure(entry, dims, outcome.sizes)))
    return failure();
  std::vector<Slot> results;
  if (failed(invoke(entry, {dims, arguments}, results, states, outcome.sizes)))
    return failure();
  // Elements of a result with late sizes stand without gaps at the beginning.
  outcome.results.clear();
  func::FuncOp function = entry.function;
  for (auto [result, value] : llvm::zip_equal(entry.results, results)) {
    ArrayPtr array = arrayOf(value, result.element);
    Shape shape(ArrayRef(outcome.sizes).slice(result.firstSize, result.rank));
    std::optional<int64_t> count = countOf(shape);
    if (!count || *count > array->size())
      return function.emitError() << "result " << result.name << " has fewer elements than its sizes say";
    array->shape = shape;
    array->cells.resize(*count);
    outcome.results.push_back(array);
  }
  return success();
}
