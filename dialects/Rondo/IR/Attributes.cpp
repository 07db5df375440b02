// Attributes of modules, functions and their arguments: the right kind in the right place. Types of arguments
// are looked at while the function is a func.func: lowered to LLVM an argument may have become several, which
// all bear its attributes. Attributes of the dialect that are not listed in its description are marks of
// passes, not verified.
#include "dialects/Rondo/IR/RondoDialect.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

using namespace mlir;
using namespace rondo;

LogicalResult InitAttr::verify(function_ref<InFlightDiagnostic()> emitError, InitKind kind, FloatAttr a,
                               FloatAttr b, int64_t zeroRow) {
  if (kind == InitKind::Constant ? a.getValue().isNaN()
                                 : !a.getValue().isFinite() || !b.getValue().isFinite())
    return emitError() << "numbers of an initialiser must be finite, that of `constant` a number";
  if (kind == InitKind::Uniform && b.getValueAsDouble() < a.getValueAsDouble())
    return emitError() << "bounds of a uniform initialiser are the wrong way round";
  if (kind == InitKind::Normal && b.getValue().isNegative())
    return emitError() << "standard deviation of a normal initialiser is negative";
  if (zeroRow < -1)
    return emitError() << "row of zeros of an initialiser is negative";
  return success();
}

bool InitAttr::fits(ArrayRef<int64_t> shape) const {
  return getZeroRow() < 0 || (!shape.empty() && getZeroRow() < shape.front());
}

static bool isTensorLike(Type type) { return isa<RankedTensorType, MemRefType>(type); }

/// Arguments stand in the order of this list.
enum ArgumentKind { Dim, Named, State, Weight, Result, Scratch, Other };

static ArgumentKind kindOf(FunctionOpInterface function, unsigned arg) {
  auto has = [&](StringRef name) { return bool(function.getArgAttr(arg, name)); };
  return has(attrs::dim)                             ? Dim
         : has(attrs::name)                          ? Named
         : has(attrs::state)                         ? State
         : has(attrs::param) || has(attrs::prepared) ? Weight
         : has(attrs::result)                        ? Result
         : has("rondo.scratch")                      ? Scratch
                                                     : Other;
}

BlockArgument rondo::newStateOf(FunctionOpInterface function, unsigned number) {
  auto key = function.getResultAttrOfType<StringAttr>(number, attrs::state);
  for (BlockArgument arg : function.getArguments())
    if (key && function.getArgAttr(arg.getArgNumber(), attrs::state) == key)
      return arg;
  return {};
}

bool rondo::takesDestinations(Operation *function) {
  return function->hasAttr(attrs::entry) || function->hasAttr(attrs::prepare) ||
         function->hasAttr(attrs::layer);
}

OpOperand *rondo::destinationOfCall(OpResult result) {
  auto call = dyn_cast<func::CallOp>(result.getOwner());
  if (!call || !call->hasAttr(attrs::into))
    return nullptr;
  // For each result the operand that it updates, or -1.
  ArrayRef<int64_t> updated;
  if (auto list = call->getAttrOfType<DenseI64ArrayAttr>(attrs::updates))
    updated = list;
  unsigned number = result.getResultNumber();
  if (!updated.empty() && updated[number] >= 0)
    return &call->getOpOperand(updated[number]);
  unsigned behind = call.getNumResults() - number;
  if (!updated.empty())
    behind = llvm::count(updated.drop_front(number), -1);
  return &call->getOpOperand(call.getNumOperands() - behind);
}

// Each state is one argument, its new value a result of that type.
static LogicalResult verifyStates(FunctionOpInterface function) {
  llvm::StringMap<Type> states, assigned;
  for (unsigned i = 0; i < function.getNumArguments(); ++i)
    if (auto key = function.getArgAttrOfType<StringAttr>(i, attrs::state))
      if (!states.try_emplace(key, function.getArgumentTypes()[i]).second)
        return function.emitOpError("argument ") << i << " is a second state " << key;
  for (unsigned i = 0; i < function.getNumResults(); ++i) {
    auto key = function.getResultAttrOfType<StringAttr>(i, attrs::state);
    if (!key)
      continue;
    if (!assigned.try_emplace(key, function.getResultTypes()[i]).second)
      return function.emitOpError("result ") << i << " is a second new value of the state " << key;
    if (states.lookup(key) != function.getResultTypes()[i])
      return function.emitOpError("result ")
             << i << " is the new value of a state " << key << " that no argument of its type is";
  }
  return success();
}

// Of an entry point, of a layer or of prepare.
static LogicalResult verifyArguments(FunctionOpInterface function) {
  ArgumentKind last = Dim;
  int64_t results = 0;
  for (unsigned i = 0; i < function.getNumArguments(); ++i) {
    ArgumentKind kind = kindOf(function, i);
    if (kind == Other)
      continue;
    if (kind < last)
      return function.emitOpError("argument ")
             << i << " is out of order: sizes come first, then tensors, states, weights, "
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
  if (walked.wasInterrupted())
    return failure();
  return verifyStates(function);
}

// The companion takes the dims and gives one index for each axis of each tensor argument, of each result and
// of each state.
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
    sizes += (kind == Named || kind == State) && type ? type.getRank() : 0;
    auto flat = entry.getArgAttrOfType<IntegerAttr>(i, attrs::rank); // flat memory of such a tensor
    resultSizes += kind == Result && type ? flat ? flat.getInt() : type.getRank() : 0;
    hasDestinations |= kind == Result;
  }
  if (!hasDestinations)
    for (auto [i, type] : llvm::enumerate(entry.getResultTypes()))
      if (isTensorLike(type) && !entry.getResultAttr(i, attrs::state))
        resultSizes += cast<ShapedType>(type).getRank();
  sizes += resultSizes;
  if (shapes.getNumArguments() != dims || shapes.getNumResults() != sizes ||
      !llvm::all_of(shapes.getArgumentTypes(), [](Type type) { return type.isIndex(); }) ||
      !llvm::all_of(shapes.getResultTypes(), [](Type type) { return type.isIndex(); }))
    return entry.emitOpError("needs ")
           << name << " to take " << dims << " and to give " << sizes << " values of type index";
  return success();
}

// The companion takes the dims and gives the first values of the states, in their order.
static LogicalResult verifyReset(func::FuncOp entry, FlatSymbolRefAttr name) {
  auto reset = SymbolTable::lookupNearestSymbolFrom<func::FuncOp>(entry, name);
  if (!reset || !reset->hasAttr(attrs::entry))
    return entry.emitOpError("names ") << name << ", which is no entry point, as what resets its states";
  SmallVector<Type> states, values(reset.getResultTypes());
  for (unsigned i = 0; i < entry.getNumArguments(); ++i)
    if (kindOf(entry, i) == State)
      states.push_back(entry.getArgumentTypes()[i]);
  if (values.empty()) // it writes into buffers
    for (unsigned i = 0; i < reset.getNumArguments(); ++i)
      if (kindOf(reset, i) == Result)
        values.push_back(reset.getArgumentTypes()[i]);
  if (values != states)
    return entry.emitOpError("needs ") << name << " to give the first values of its states";
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
    bool isOfLayer = function.isPrivate() && !function.isExternal();
    if (!function->hasAttr(attrs::prepare) || isOfLayer)
      continue;
    if (prepare)
      return function.emitOpError("is a second function 'rondo.prepare'");
    prepare = function;
  }
  for (auto entry : module.getOps<func::FuncOp>()) {
    auto shapes = entry->getAttrOfType<FlatSymbolRefAttr>(attrs::shapes);
    if (shapes && failed(verifyShapes(entry, shapes)))
      return failure();
    auto reset = entry->getAttrOfType<FlatSymbolRefAttr>(attrs::reset);
    if (reset && failed(verifyReset(entry, reset)))
      return failure();
    func::FuncOp own = prepare;
    if (auto name = entry->getAttrOfType<FlatSymbolRefAttr>(attrs::preparedBy)) {
      own = module.lookupSymbol<func::FuncOp>(name.getAttr());
      if (!own || !own->hasAttr(attrs::prepare) || !own.isPrivate())
        return entry.emitOpError("names ") << name << ", which is no private prepare, as what prepares it";
    }
    if (failed(verifyPrepared(entry, own)))
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
  if (name == attrs::layer) {
    if (failed(expect(function && !function.isPublic() && isa<UnitAttr>(attr.getValue()),
                      "without value, on a private function")))
      return failure();
    return verifyArguments(function);
  }
  if (name == attrs::preparedBy)
    return expect(function && function->hasAttr(attrs::layer) && isa<FlatSymbolRefAttr>(attr.getValue()),
                  "the name of a function, on a layer");
  if (name == attrs::into)
    return expect(isa<CallOpInterface>(op) && op->getNumOperands() >= op->getNumResults(),
                  "on a call with an operand for each result");
  if (name == attrs::updates) {
    auto operands = dyn_cast<DenseI64ArrayAttr>(attr.getValue());
    return expect(operands && op->hasAttr(attrs::into) && operands.size() == op->getNumResults() &&
                      llvm::all_of(llvm::zip_equal(operands.asArrayRef(), op->getResultTypes()),
                                   [&](auto update) {
                                     auto [operand, type] = update;
                                     return operand == -1 ||
                                            (operand >= 0 && operand < int64_t(op->getNumOperands()) &&
                                             op->getOperand(operand).getType() == type);
                                   }),
                  "an operand of its type, or -1, for each result of a call with `rondo.into`");
  }
  if (name == attrs::reset)
    return expect(function && function->hasAttr(attrs::entry) && isa<FlatSymbolRefAttr>(attr.getValue()),
                  "the name of a function, on an entry point");
  if (name == attrs::shapes)
    return expect(function && (function->hasAttr(attrs::entry) || function->hasAttr(attrs::layer)) &&
                      isa<FlatSymbolRefAttr>(attr.getValue()),
                  "the name of a function, on an entry point or a layer");
  if (llvm::is_contained(
          {attrs::dim, attrs::name, attrs::state, attrs::result, attrs::param, attrs::init, attrs::prepared},
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
       isPrepare = function && function->hasAttr(attrs::prepare),
       isLayer = function && function->hasAttr(attrs::layer);
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
    return expect(isNumber && (isEntry || isPrepare || isLayer) && isTensor,
                  "a number of type i64, on a tensor of an entry point, of a layer or of prepare");
  if (name == attrs::state)
    return expect(isa<StringAttr>(value) && (isEntry || isLayer) && isTensor,
                  "a string, on a tensor of an entry point or of a layer");
  if (name == attrs::prepared)
    return expect(isNumber && (isEntry || isLayer) && isTensor,
                  "a number of type i64, on a tensor of an entry point or of a layer");
  if (name == attrs::param)
    return expect(isa<StringAttr>(value) && isPrepare &&
                      (!isFunc || (isTensor && cast<ShapedType>(type).hasStaticShape())),
                  "a string, on a tensor of static shape of prepare");
  if (name == attrs::init) {
    auto init = dyn_cast<InitAttr>(value);
    if (failed(expect(init && function && function.getArgAttr(arg, attrs::param),
                      "an initialiser, beside 'rondo.param'")))
      return failure();
    return expect(!isFunc || !isTensor || init.fits(cast<ShapedType>(type).getShape()),
                  "an initialiser whose row of zeros the weight has");
  }
  if (llvm::is_contained({attrs::phase, attrs::entry, attrs::shapes, attrs::reset, attrs::prepare,
                          attrs::layer, attrs::preparedBy},
                         name))
    return expect(false, "on a module or function, not on an argument");
  return success();
}
