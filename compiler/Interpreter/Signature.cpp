#include "compiler/Interpreter/Signature.h"

using namespace mlir;
using namespace rondo;
using namespace rondo::interpreter;
using Role = EntryPoint::Role;

namespace {
class Reader {
public:
  Reader(func::FuncOp function, SymbolTable &symbols)
      : function(function), symbols(symbols), isPrepare(function->hasAttr(attrs::prepare)) {
    entry.function = function;
    entry.name = function.getName().str();
  }

  FailureOr<EntryPoint> read() {
    if (function.isExternal() || !function.getBody().hasOneBlock())
      return function.emitError("has no body of one block"), failure();
    for (unsigned i = 0; i < function.getNumArguments(); ++i)
      if (failed(argument(i)))
        return failure();
    for (unsigned i = 0; i < function.getNumResults(); ++i)
      if (failed(result(i)))
        return failure();
    if (failed(companion(attrs::shapes, entry.shapes)) || failed(companion(attrs::reset, entry.reset)))
      return failure();
    if (!isPrepare && failed(numberSizes()))
      return failure();
    return std::move(entry);
  }

private:
  LogicalResult error(const Twine &which, unsigned i, const Twine &what) {
    return function.emitError() << which << " " << i << " " << what;
  }

  LogicalResult argument(unsigned i) {
    auto string = [&](StringRef key) { return function.getArgAttrOfType<StringAttr>(i, key); };
    auto number = [&](StringRef key) { return function.getArgAttrOfType<IntegerAttr>(i, key); };
    Type type = function.getArgumentTypes()[i];
    auto add = [&](Role role, unsigned at) { entry.functionArguments.push_back({role, at}); };
    auto defaultValue = function.getArgAttrOfType<TypedAttr>(i, attrs::defaultValue);
    if (auto name = string(attrs::dim)) {
      if (!type.isIndex() || i != entry.dims.size())
        return error("argument", i, "is a dimension, but no leading `index`");
      add(Role::Dim, i);
      Dimension &dim = entry.dims.emplace_back();
      dim.name = name.str();
      dim.isGiven = bool(function.getArgAttr(i, "rondo.given"));
      if (auto value = dyn_cast_or_null<IntegerAttr>(defaultValue))
        dim.defaultValue = value.getInt();
      return success();
    }
    auto shaped = dyn_cast<ShapedType>(type);
    if (!shaped || !elementOf(type))
      return error("argument", i, "is no tensor or memref of numbers");
    Parameter parameter{"",
                        *elementOf(type),
                        bool(function.getArgAttr(i, "rondo.unsigned")),
                        unsigned(shaped.getRank()),
                        0,
                        0,
                        {}};
    if (function.getArgAttr(i, "rondo.scratch"))
      return add(Role::Scratch, 0), success();
    if (auto piece = number(attrs::prepared))
      return add(Role::Prepared, piece.getInt()), success();
    if (auto size = number(attrs::size))
      return add(Role::LateSize, size.getInt()), success();
    if (auto result = number(attrs::result)) {
      if (result.getInt() != int64_t(entry.results.size()))
        return error("argument", i, "is a result out of order");
      if (auto rank = number(attrs::rank))
        parameter.rank = rank.getInt();
      parameter.name = std::to_string(result.getInt());
      add(Role::Result, entry.results.size());
      entry.results.push_back(parameter);
      return success();
    }
    if (auto state = string(attrs::state)) {
      parameter.name = state.str();
      add(Role::State, entry.states.size());
      entry.states.push_back(parameter);
      return success();
    }
    auto name = string(isPrepare ? attrs::param : attrs::name);
    if (!name)
      return error("argument", i, "says neither what it is nor its name");
    parameter.name = name.str();
    parameter.defaultValue = defaultValue;
    add(isPrepare ? Role::Weight : Role::Argument, entry.arguments.size());
    entry.arguments.push_back(parameter);
    return success();
  }

  /// A result that is a destination too is an entry of `results` already.
  LogicalResult result(unsigned i) {
    Type type = function.getResultTypes()[i];
    auto shaped = dyn_cast<ShapedType>(type);
    if (!shaped || !elementOf(type))
      return error("result", i, "is no tensor of numbers");
    if (auto size = function.getResultAttrOfType<IntegerAttr>(i, attrs::size)) {
      entry.functionResults.push_back({Role::LateSize, unsigned(size.getInt())});
      return success();
    }
    if (auto state = function.getResultAttrOfType<StringAttr>(i, attrs::state)) {
      auto *found =
          llvm::find_if(entry.states, [&](const Parameter &s) { return s.name == state.getValue(); });
      if (found == entry.states.end())
        return error("result", i, "is the new value of no state");
      entry.functionResults.push_back({Role::State, unsigned(found - entry.states.begin())});
      return success();
    }
    unsigned number = llvm::count_if(entry.functionResults,
                                     [](EntryPoint::Place place) { return place.role == Role::Result; });
    entry.functionResults.push_back({Role::Result, number});
    if (number == entry.results.size())
      entry.results.push_back({std::to_string(number),
                               *elementOf(type),
                               bool(function.getResultAttr(i, "rondo.unsigned")),
                               unsigned(shaped.getRank()),
                               0,
                               0,
                               {}});
    return success();
  }

  LogicalResult companion(StringRef key, func::FuncOp &found) {
    auto symbol = function->getAttrOfType<FlatSymbolRefAttr>(key);
    if (!symbol)
      return success();
    found = symbols.lookup<func::FuncOp>(symbol.getValue());
    return found ? success() : LogicalResult(function.emitError() << symbol << " is no function");
  }

  /// Counts through the sizes and finds where each dimension can be read.
  LogicalResult numberSizes() {
    for (auto *list : {&entry.arguments, &entry.results, &entry.states})
      for (Parameter &parameter : *list) {
        parameter.firstSize = entry.numSizes;
        entry.numSizes += parameter.rank;
      }
    if (!entry.shapes || entry.shapes.getNumResults() != entry.numSizes ||
        entry.shapes.getNumArguments() != entry.dims.size() || !entry.shapes.getBody().hasOneBlock())
      return function.emitError() << "needs a companion `rondo.shapes` that gives " << entry.numSizes
                                  << " sizes";
    for (auto *list : {&entry.functionArguments, &entry.functionResults})
      for (EntryPoint::Place place : *list) {
        if (place.role != Role::LateSize)
          continue;
        auto *result = llvm::find_if(entry.results, [&](const Parameter &r) {
          return place.number >= r.firstSize && place.number < r.firstSize + r.rank;
        });
        if (result == entry.results.end())
          return function.emitError("has a size of no result");
        result->lateAxes |= 1u << (place.number - result->firstSize);
      }
    Operation *sizes = entry.shapes.getBody().front().getTerminator();
    for (auto [d, dim] : llvm::enumerate(entry.dims))
      for (auto [a, argument] : llvm::enumerate(entry.arguments))
        for (unsigned axis = 0; axis < argument.rank && dim.argument < 0 && !dim.isGiven; ++axis)
          if (sizes->getOperand(argument.firstSize + axis) == entry.shapes.getArgument(d)) {
            dim.argument = a;
            dim.axis = axis;
          }
    return success();
  }

  func::FuncOp function;
  SymbolTable &symbols;
  const bool isPrepare;
  EntryPoint entry;
};
} // namespace

FailureOr<EntryPoint> rondo::interpreter::readEntryPoint(func::FuncOp function, SymbolTable &symbols) {
  return Reader(function, symbols).read();
}
