// Attributes of modules, functions and their arguments: the right kind in the right place. Types of arguments
// are looked at while the function is a func.func: lowered to LLVM an argument may have become several, which
// all bear its attributes. Attributes of the dialect that are not listed in its description are marks of
// passes, not verified.
#include "dialects/Rondo/IR/RondoDialect.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

using namespace mlir;
using namespace rondo;

LogicalResult InitAttr::verify(function_ref<InFlightDiagnostic()> emitError, InitKind kind, FloatAttr a,
                               FloatAttr b) {
  if (!a.getValue().isFinite() || !b.getValue().isFinite())
    return emitError() << "numbers of an initialiser must be finite";
  if (kind == InitKind::Uniform && b.getValueAsDouble() < a.getValueAsDouble())
    return emitError() << "bounds of a uniform initialiser are the wrong way round";
  if (kind == InitKind::Normal && b.getValue().isNegative())
    return emitError() << "standard deviation of a normal initialiser is negative";
  return success();
}

static bool isTensorLike(Type type) { return isa<RankedTensorType, MemRefType>(type); }

/// Arguments stand in the order of this list.
enum ArgumentKind { Dim, Named, Weight, Result, Scratch, Other };

static ArgumentKind kindOf(FunctionOpInterface function, unsigned arg) {
  auto has = [&](StringRef name) { return bool(function.getArgAttr(arg, name)); };
  return has(attrs::dim)                             ? Dim
         : has(attrs::name)                          ? Named
         : has(attrs::param) || has(attrs::prepared) ? Weight
         : has(attrs::result)                        ? Result
         : has("rondo.scratch")                      ? Scratch
                                                     : Other;
}

// Of an entry point or of prepare.
static LogicalResult verifyArguments(FunctionOpInterface function) {
  ArgumentKind last = Dim;
  int64_t results = 0;
  for (unsigned i = 0; i < function.getNumArguments(); ++i) {
    ArgumentKind kind = kindOf(function, i);
    if (kind == Other)
      continue;
    if (kind < last)
      return function.emitOpError("argument ")
             << i << " is out of order: sizes come first, then tensors, weights, "
             << "destinations of results, scratch";
    last = kind;
    if (auto number = function.getArgAttrOfType<IntegerAttr>(i, attrs::result);
        number && number.getInt() != results++)
      return function.emitOpError("destination ")
             << results - 1 << " says that it is that of result " << number.getInt();
  }
  // A key names one weight, however often it is read.
  llvm::StringMap<ParamOp> params;
  WalkResult walked = function->walk([&](ParamOp param) {
    ParamOp first = params.try_emplace(param.getKey(), param).first->second;
    if (first.getType() == param.getType() && first.getInit() == param.getInit())
      return WalkResult::advance();
    param.emitOpError("has the key of another weight, '") << param.getKey() << "'";
    return WalkResult::interrupt();
  });
  return failure(walked.wasInterrupted());
}

// The companion takes the dims and gives one index for each axis of each tensor argument and of each result.
static LogicalResult verifyShapes(func::FuncOp entry, FlatSymbolRefAttr name) {
  auto shapes = SymbolTable::lookupNearestSymbolFrom<func::FuncOp>(entry, name);
  if (!shapes)
    return entry.emitOpError("names ") << name << ", which is no function, as what computes its sizes";
  unsigned dims = 0, sizes = 0, resultSizes = 0;
  bool hasDestinations = false;
  for (unsigned i = 0; i < entry.getNumArguments(); ++i) {
    ArgumentKind kind = kindOf(entry, i);
    auto type = dyn_cast<ShapedType>(entry.getArgumentTypes()[i]);
    dims += kind == Dim;
    sizes += kind == Named && type ? type.getRank() : 0;
    resultSizes += kind == Result && type ? type.getRank() : 0;
    hasDestinations |= kind == Result;
  }
  if (!hasDestinations)
    for (Type type : entry.getResultTypes())
      resultSizes += isTensorLike(type) ? cast<ShapedType>(type).getRank() : 0;
  sizes += resultSizes;
  if (shapes.getNumArguments() != dims || shapes.getNumResults() != sizes ||
      !llvm::all_of(shapes.getArgumentTypes(), [](Type type) { return type.isIndex(); }) ||
      !llvm::all_of(shapes.getResultTypes(), [](Type type) { return type.isIndex(); }))
    return entry.emitOpError("needs ")
           << name << " to take " << dims << " and to give " << sizes << " values of type index";
  return success();
}

// An entry point's argument that is result i of prepare has its type.
static LogicalResult verifyPrepared(func::FuncOp entry, func::FuncOp prepare) {
  for (unsigned i = 0; i < entry.getNumArguments(); ++i) {
    auto number = entry.getArgAttrOfType<IntegerAttr>(i, attrs::prepared);
    if (!number)
      continue;
    if (!prepare)
      return entry.emitOpError("argument ") << i << " is a result of prepare, which the module has not";
    if (prepare.getNumResults() == 0)
      return success(); // it writes into buffers, whose types may differ in their layout
    if (number.getInt() >= prepare.getNumResults())
      return entry.emitOpError("argument ")
             << i << " is result " << number.getInt() << " of prepare, which has " << prepare.getNumResults();
    if (Type type = prepare.getResultTypes()[number.getInt()]; type != entry.getArgumentTypes()[i])
      return entry.emitOpError("argument ")
             << i << " is of type " << entry.getArgumentTypes()[i] << ", but result " << number.getInt()
             << " of prepare is " << type;
  }
  return success();
}

// What functions say of each other. It is verified with the module: passes change functions in several
// threads.
static LogicalResult verifyFunctions(ModuleOp module) {
  func::FuncOp prepare;
  for (auto function : module.getOps<func::FuncOp>()) {
    if (!function->hasAttr(attrs::prepare))
      continue;
    if (prepare)
      return function.emitOpError("is a second function 'rondo.prepare'");
    prepare = function;
  }
  for (auto entry : module.getOps<func::FuncOp>()) {
    auto shapes = entry->getAttrOfType<FlatSymbolRefAttr>(attrs::shapes);
    if (shapes && failed(verifyShapes(entry, shapes)))
      return failure();
    if (failed(verifyPrepared(entry, prepare)))
      return failure();
  }
  return success();
}

LogicalResult RondoDialect::verifyOperationAttribute(Operation *op, NamedAttribute attr) {
  StringRef name = attr.getName();
  auto expect = [&](bool right, const Twine &what) {
    return right ? success()
                 : LogicalResult(op->emitOpError() << "attribute '" << name << "' must be " << what);
  };
  auto function = dyn_cast<FunctionOpInterface>(op);
  if (name == attrs::phase) {
    if (failed(expect(isa<ModuleOp>(op) && isa<StringAttr>(attr.getValue()), "a string, on a module")))
      return failure();
    return verifyFunctions(cast<ModuleOp>(op));
  }
  if (name == attrs::entry || name == attrs::prepare) {
    if (failed(expect(function && isa<UnitAttr>(attr.getValue()), "without value, on a function")))
      return failure();
    return verifyArguments(function);
  }
  if (name == attrs::shapes)
    return expect(function && function->hasAttr(attrs::entry) && isa<FlatSymbolRefAttr>(attr.getValue()),
                  "the name of a function, on an entry point");
  if (llvm::is_contained({attrs::dim, attrs::name, attrs::result, attrs::param, attrs::init, attrs::prepared},
                         name))
    return expect(false, "on an argument of a function");
  return success();
}

LogicalResult RondoDialect::verifyRegionArgAttribute(Operation *op, unsigned, unsigned arg,
                                                     NamedAttribute attr) {
  StringRef name = attr.getName();
  Attribute value = attr.getValue();
  auto function = dyn_cast<FunctionOpInterface>(op);
  bool isEntry = function && function->hasAttr(attrs::entry),
       isPrepare = function && function->hasAttr(attrs::prepare);
  bool isFunc = isa<func::FuncOp>(op);
  Type type = function ? function.getArgumentTypes()[arg] : Type();
  auto expect = [&](bool right, const Twine &what) {
    return right ? success()
                 : LogicalResult(op->emitOpError()
                                 << "argument " << arg << ": attribute '" << name << "' must be " << what);
  };
  auto number = dyn_cast<IntegerAttr>(value);
  bool isNumber = number && number.getType().isSignlessInteger(64) && !number.getValue().isNegative();
  bool isTensor = !isFunc || isTensorLike(type);

  if (name == attrs::dim)
    return expect(isa<StringAttr>(value) && function && (!isFunc || type.isIndex()),
                  "a string, on an argument of type index");
  if (name == attrs::name)
    return expect(isa<StringAttr>(value) && function && isTensor, "a string, on a tensor");
  if (name == attrs::result)
    return expect(isNumber && (isEntry || isPrepare) && isTensor,
                  "a number of type i64, on a tensor of an entry point or of prepare");
  if (name == attrs::prepared)
    return expect(isNumber && isEntry && isTensor, "a number of type i64, on a tensor of an entry point");
  if (name == attrs::param)
    return expect(isa<StringAttr>(value) && isPrepare &&
                      (!isFunc || (isTensor && cast<ShapedType>(type).hasStaticShape())),
                  "a string, on a tensor of static shape of prepare");
  if (name == attrs::init)
    return expect(isa<InitAttr>(value) && function && function.getArgAttr(arg, attrs::param),
                  "an initialiser, beside 'rondo.param'");
  if (name == attrs::phase || name == attrs::entry || name == attrs::shapes || name == attrs::prepare)
    return expect(false, "on a module or function, not on an argument");
  return success();
}
