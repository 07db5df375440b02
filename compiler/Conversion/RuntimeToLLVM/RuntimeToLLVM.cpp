// Entry points become what the runtime calls: see the description of the pass.
//
// Needs the phase `buffers`: functions of one block that return nothing, dense
// row-major memrefs, everything that checks inlined into an entry point or a layer.
//
// Guarantees: every function that is defined here is internal and named
// `<Model>.<function>`, a name that no C symbol has, so that nothing of a model
// can take the place of memcpy; the only exported symbols are `<Model>_model`
// and the plain functions of entry points without dims.
//
// An entry point's function takes bare pointers. At its head it makes the
// memref descriptors (sizes come from the companion `rondo.shapes`, which LLVM
// inlines) and clears the status word; at its end it returns the status word.
// Those of layers, and their prepares, take bare pointers likewise, and one for all prepared weights, which
// lie side by side.
// Pointers say `noalias` and their alignment, both of which abi.h promises.
#include "compiler/Conversion/RuntimeToLLVM/Descriptor.h"
#include "compiler/Conversion/RuntimeToLLVM/EntryPoints.h"
#include "compiler/Conversion/RuntimeToLLVM/Interface.h"
#include "compiler/Conversion/RuntimeToLLVM/Layers.h"
#include "compiler/Conversion/RuntimeToLLVM/Passes.h"
#include "dialects/Rondo/IR/RondoDialect.h"
#include "mlir/Conversion/LLVMCommon/MemRefBuilder.h"
#include "mlir/Conversion/LLVMCommon/TypeConverter.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "runtime/include/rondo/abi.h"
#include "llvm/Support/xxhash.h"
#include <functional>
#include <numeric>

namespace rondo {
#define GEN_PASS_DEF_RUNTIMETOLLVM
#include "compiler/Conversion/RuntimeToLLVM/Passes.h.inc"
} // namespace rondo

using namespace mlir;
using namespace rondo;

namespace {
/// Which arguments of an entry point's new function are what.
struct Signature {
  unsigned inputs, outputs, lateSizes, states, prepared, scratch, size;
  explicit Signature(const EntryPoint &entry)
      : inputs(entry.dims.size()), outputs(inputs + entry.inputs.size()),
        lateSizes(outputs + entry.outputs.size()), states(lateSizes + entry.lateSizes.size()),
        prepared(states + entry.states.size()), scratch(prepared + 1), size(scratch + 1) {}
};

class Lowering {
public:
  Lowering(ModuleOp module, Artefact &artefact)
      : module(module), artefact(artefact), ctx(module.getContext()), b(module.getLoc(), ctx), types(ctx),
        symbols(module), ptr(LLVM::LLVMPointerType::get(ctx)) {}

  LogicalResult run();

private:
  void rewrite(EntryPoint &entry, std::optional<std::string> plain);
  LogicalResult rewriteLayer(func::FuncOp func, const Pieces *pieces);
  void rewriteCall(func::CallOp call, func::FuncOp callee, const Pieces *pieces);
  Value at(Value base, uint64_t bytes);
  Value descriptor(MemRefType type, Value base, ValueRange sizes);
  LogicalResult lowerChecks(func::FuncOp func, Value status);
  void makeChecks(EntryPoint &entry);
  Value record(Location place, StringRef message, Value ok, Value old);
  Value record(CheckOp check, Value ok, Value old) {
    return record(check.getLoc(), check.getMessage(), ok, old);
  }
  unsigned numberOf(Location place, StringRef message);

  LLVM::LLVMFuncOp boundary(const EntryPoint &entry, StringRef suffix, ArrayRef<Type> args, Type result);
  Boundary makeBoundary(EntryPoint &entry);
  std::string makeReset(EntryPoint &reset);
  void makePlain(EntryPoint &entry);
  std::string makePrepare();
  Value place(Value array, Type type, unsigned i) {
    return i ? LLVM::GEPOp::create(b, ptr, type, array, ArrayRef<LLVM::GEPArg>{int32_t(i)}) : array;
  }
  Value element(Value array, Type type, unsigned i) {
    return LLVM::LoadOp::create(b, type, place(array, type, i));
  }
  SmallVector<Value> loadDims(const EntryPoint &entry, Value dims) {
    SmallVector<Value> all;
    for (unsigned i = 0; i < entry.dims.size(); ++i)
      all.push_back(arith::IndexCastOp::create(b, b.getIndexType(), element(dims, b.getI64Type(), i)));
    return all;
  }
  std::string symbol(StringRef name) { return (artefact.name + "." + name).str(); }

  ModuleOp module;
  Artefact &artefact;
  MLIRContext *ctx;
  ImplicitLocOpBuilder b;
  LLVMTypeConverter types;
  SymbolTable symbols;
  Type ptr;
  SmallVector<Check> checks;
};
} // namespace

//===----------------------------------------------------------------------===//
// Checks
//===----------------------------------------------------------------------===//

/// The place of a location in the user's source: that of the innermost call that
/// is not in the library, whose files are named `<library>/...`.
static FileLineColLoc placeOf(Location loc) {
  if (auto place = dyn_cast<FileLineColLoc>(loc))
    return place;
  if (auto name = dyn_cast<NameLoc>(loc))
    return placeOf(name.getChildLoc());
  if (auto call = dyn_cast<CallSiteLoc>(loc)) {
    FileLineColLoc inner = placeOf(call.getCallee());
    if (inner && !inner.getFilename().strref().starts_with("<"))
      return inner;
    FileLineColLoc outer = placeOf(call.getCaller());
    return outer ? outer : inner;
  }
  if (auto fused = dyn_cast<FusedLoc>(loc))
    for (Location part : fused.getLocations())
      if (FileLineColLoc place = placeOf(part))
        return place;
  return nullptr;
}

/// The status that a check records. Checks that say the same share it.
unsigned Lowering::numberOf(Location loc, StringRef message) {
  Check check{"", 0, 0, message.str()};
  if (FileLineColLoc place = placeOf(loc))
    check = {place.getFilename().str(), place.getLine(), place.getColumn(), check.message};
  auto *found = llvm::find(checks, check);
  if (found == checks.end()) {
    checks.push_back(check);
    return checks.size();
  }
  return found - checks.begin() + 1;
}

/// The status after a check: that of the first one that failed.
Value Lowering::record(Location place, StringRef message, Value ok, Value old) {
  Type i32 = b.getI32Type();
  Value none =
      arith::CmpIOp::create(b, arith::CmpIPredicate::eq, old, arith::ConstantIntOp::create(b, i32, 0));
  Value fails = arith::XOrIOp::create(b, ok, arith::ConstantIntOp::create(b, b.getI1Type(), 1));
  Value first = arith::AndIOp::create(b, none, fails);
  Value number = arith::ConstantIntOp::create(b, i32, numberOf(place, message));
  return arith::SelectOp::create(b, first, number, old);
}

/// The checks of an entry point that need no more than its dims, as a function of them.
void Lowering::makeChecks(EntryPoint &entry) {
  Block &body = entry.func.getBody().front();
  SmallVector<Type> dims(entry.dims.size(), b.getIndexType());
  b.setLoc(entry.func.getLoc());
  auto made = func::FuncOp::create(b.getLoc(), (entry.label + ".checks").c_str(),
                                   b.getFunctionType(dims, {b.getI32Type()}));
  made.setPrivate();
  Block *block = made.addEntryBlock();
  b.setInsertionPointToStart(block);
  IRMapping copies;
  copies.map(body.getArguments().take_front(dims.size()), block->getArguments());
  std::function<bool(Value)> copy = [&](Value value) {
    if (copies.contains(value))
      return true;
    Operation *op = value.getDefiningOp();
    if (!op || op->getBlock() != &body || op->getNumRegions() || !isMemoryEffectFree(op) ||
        !llvm::all_of(op->getOperands(), copy))
      return false;
    b.clone(*op, copies);
    return true;
  };
  Value none = arith::ConstantIntOp::create(b, b.getI32Type(), 0), status = none;
  for (auto check : body.getOps<CheckOp>())
    if (check.getOk().getType().isInteger(1) && copy(check.getOk()))
      status = record(check, copies.lookup(check.getOk()), status);
  func::ReturnOp::create(b, status);
  if (status == none)
    return made.erase();
  symbols.insert(made, entry.func->getIterator());
  entry.checks = made;
}

/// BEFORE  rondo.check %ok, "..."
/// AFTER   status = status == 0 & !ok ? number : status
LogicalResult Lowering::lowerChecks(func::FuncOp func, Value status) {
  func.walk([&](cf::AssertOp check) { // it stays: what is behind it must not run
    if (check.getMsg().empty())
      return;
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPoint(check);
    b.setLoc(check.getLoc());
    Value old = LLVM::LoadOp::create(b, b.getI32Type(), status);
    LLVM::StoreOp::create(b, record(check.getLoc(), check.getMsg(), check.getArg(), old), status);
  });
  WalkResult walk = func.walk([&](CheckOp check) {
    if (!check.getOk().getType().isInteger(1))
      return check.emitError("is not reduced to one i1"), WalkResult::interrupt();
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPoint(check);
    b.setLoc(check.getLoc());
    Value old = LLVM::LoadOp::create(b, b.getI32Type(), status);
    LLVM::StoreOp::create(b, record(check, check.getOk(), old), status);
    check.erase();
    return WalkResult::advance();
  });
  return failure(walk.wasInterrupted());
}

//===----------------------------------------------------------------------===//
// The functions themselves
//===----------------------------------------------------------------------===//

/// A row-major memref at `base`; `sizes` has one index for each axis, or is empty
/// for a static type.
Value Lowering::descriptor(MemRefType type, Value base, ValueRange sizes) {
  Location loc = b.getLoc();
  if (type.hasStaticShape()) {
    Value whole = MemRefDescriptor::fromStaticShape(b, loc, types, type, base);
    return UnrealizedConversionCastOp::create(b, type, whole).getResult(0);
  }
  auto toInt = [&](Value v) { return UnrealizedConversionCastOp::create(b, b.getI64Type(), v).getResult(0); };
  auto whole = MemRefDescriptor::poison(b, loc, types.convertType(type));
  whole.setAllocatedPtr(b, loc, base);
  whole.setAlignedPtr(b, loc, base);
  whole.setConstantOffset(b, loc, 0);
  Value stride = arith::ConstantIndexOp::create(b, 1);
  for (int64_t axis = type.getRank() - 1; axis >= 0; --axis) {
    Value size = type.isDynamicDim(axis)
                     ? sizes[axis]
                     : arith::ConstantIndexOp::create(b, type.getDimSize(axis)).getResult();
    whole.setSize(b, loc, axis, toInt(size));
    whole.setStride(b, loc, axis, toInt(stride));
    if (axis)
      stride = arith::MulIOp::create(b, stride, size);
  }
  return UnrealizedConversionCastOp::create(b, type, Value(whole)).getResult(0);
}

/// The place `bytes` behind `base`.
Value Lowering::at(Value base, uint64_t bytes) {
  if (!bytes)
    return base;
  Value offset = LLVM::ConstantOp::create(b, b.getI64Type(), b.getI64IntegerAttr(bytes));
  return LLVM::GEPOp::create(b, ptr, b.getI8Type(), base, ArrayRef<LLVM::GEPArg>{offset});
}

/// `plain` is the symbol by which C programs call the function; none if they do not.
void Lowering::rewrite(EntryPoint &entry, std::optional<std::string> plain) {
  func::FuncOp old = entry.func;
  Signature at(entry);
  SmallVector<Type> args(at.size, ptr);
  std::fill_n(args.begin(), entry.dims.size(), b.getIndexType());

  b.setLoc(old.getLoc());
  auto func = func::FuncOp::create(b.getLoc(), plain.value_or(symbol(entry.label)),
                                   b.getFunctionType(args, {b.getI32Type()}));
  if (!old->hasAttr(attrs::prepare)) // what is moved there has no line of its own
    func->setAttr("rondo.source", b.getUnitAttr());
  func.setVisibility(plain ? SymbolTable::Visibility::Public : SymbolTable::Visibility::Private);
  symbols.insert(func, old->getIterator());
  for (unsigned i = at.inputs; i < at.size; ++i) {
    func.setArgAttr(i, LLVM::LLVMDialect::getNoAliasAttrName(), b.getUnitAttr());
    bool isSize = i >= at.lateSizes && i < at.states; // one of the runtime's numbers
    func.setArgAttr(i, LLVM::LLVMDialect::getAlignAttrName(),
                    b.getI64IntegerAttr(isSize ? alignof(int64_t) : RONDO_ALIGNMENT));
  }

  Block *block = func.addEntryBlock();
  b.setInsertionPointToStart(block);
  Value status = block->getArgument(at.scratch);
  LLVM::StoreOp::create(b, LLVM::ZeroOp::create(b, b.getI32Type()), status);
  SmallVector<Value> sizes;
  if (entry.shapes)
    sizes = func::CallOp::create(b, entry.shapes, block->getArguments().take_front(entry.dims.size()))
                .getResults();

  // What a debugger calls the argument.
  auto named = [&](StringRef name, Type type, Location place) -> Location {
    if (name.empty())
      return place;
    auto variable = VariableAttr::get(ctx, b.getStringAttr(name), 0, cast<ShapedType>(type), place);
    return FusedLoc::get(ctx, {place}, variable);
  };
  SmallVector<Value> values(old.getNumArguments());
  for (auto [i, dim] : llvm::enumerate(entry.dims)) {
    values[i] = block->getArgument(i);
    values[i].setLoc(named(dim.name, RankedTensorType::get({}, b.getIndexType()), old.getLoc()));
  }
  auto place = [&](ArrayRef<Buffer> buffers, unsigned first) {
    for (auto [i, buffer] : llvm::enumerate(buffers)) {
      SmallVector<Value> own;
      if (!sizes.empty())
        llvm::append_range(own, ArrayRef(sizes).slice(buffer.firstSize, buffer.rank));
      if (buffer.rank != buffer.type.getRank()) // flat memory
        own = {std::accumulate(
            own.begin(), own.end(), Value(arith::ConstantIndexOp::create(b, 1)),
            [&](Value product, Value size) -> Value { return arith::MulIOp::create(b, product, size); })};
      auto tensor = RankedTensorType::get(buffer.type.getShape(), buffer.type.getElementType());
      bool isResult = first == at.outputs;
      Location head = b.getLoc();
      b.setLoc(named(isResult ? "" : buffer.name, tensor, old.getArgument(buffer.arg).getLoc()));
      values[buffer.arg] = descriptor(buffer.type, block->getArgument(first + i), own);
      b.setLoc(head);
    }
  };
  place(entry.inputs, at.inputs);
  place(entry.outputs, at.outputs);
  place(entry.states, at.states);
  for (auto [i, late] : llvm::enumerate(entry.lateSizes))
    values[late.arg] =
        descriptor(MemRefType::get({}, b.getI64Type()), block->getArgument(at.lateSizes + i), {});
  for (auto [arg, piece] : entry.pieces) {
    Value base = this->at(block->getArgument(at.prepared), artefact.blob.offsets[piece]);
    values[arg] = descriptor(artefact.blob.types[piece], base, {});
  }
  if (entry.scratchArg) {
    Value bytes;
    if (entry.scratch)
      bytes = func::CallOp::create(b, entry.scratch, block->getArguments().take_front(entry.dims.size()))
                  .getResult(0);
    else
      bytes = arith::ConstantIndexOp::create(b, RONDO_STATUS_BYTES);
    auto type = cast<MemRefType>(old.getArgumentTypes()[*entry.scratchArg]);
    values[*entry.scratchArg] = descriptor(type, status, bytes);
  }

  Block &body = old.getBody().front();
  Operation *ret = body.getTerminator();
  b.setLoc(ret->getLoc());
  for (auto [argument, value] : llvm::zip_equal(body.getArguments(), values))
    argument.replaceAllUsesWith(value);
  block->getOperations().splice(block->end(), body.getOperations());
  b.setInsertionPoint(ret);
  func::ReturnOp::create(b, Value(LLVM::LoadOp::create(b, b.getI32Type(), status)));
  ret->erase();
  symbols.erase(old);
  entry.func = func;
}

/// A layer, or its prepare, with bare pointers for its buffers. All of them lie apart: what a layer writes
/// are its results and its scratch.
LogicalResult Lowering::rewriteLayer(func::FuncOp func, const Pieces *pieces) {
  Block &block = func.front();
  b.setLoc(func.getLoc());
  b.setInsertionPointToStart(&block);
  auto companion = [&](StringRef key) {
    auto name = func->getAttrOfType<FlatSymbolRefAttr>(key);
    return name ? symbols.lookup<func::FuncOp>(name.getAttr()) : func::FuncOp();
  };
  auto call = [&](func::FuncOp sizes) -> ValueRange {
    if (!sizes)
      return {};
    return func::CallOp::create(b, sizes, block.getArguments().take_front(sizes.getNumArguments()))
        .getResults();
  };
  ValueRange sizes = call(companion(attrs::shapes)), scratch = call(companion("rondo.scratch_size"));

  SmallVector<DictionaryAttr> attributes;
  SmallVector<Value> old(block.getArguments());
  Value status, firstPiece;
  for (auto [i, value] : llvm::enumerate(old)) {
    auto has = [&, i = i](StringRef name) { return bool(func.getArgAttr(i, name)); };
    auto add = [&](Type type, bool isAligned) -> Value {
      NamedAttrList list;
      if (isa<LLVM::LLVMPointerType>(type))
        list.set(LLVM::LLVMDialect::getNoAliasAttrName(), b.getUnitAttr());
      if (isAligned)
        list.set(LLVM::LLVMDialect::getAlignAttrName(), b.getI64IntegerAttr(RONDO_ALIGNMENT));
      attributes.push_back(list.getDictionary(ctx));
      return block.addArgument(type, value.getLoc());
    };
    auto type = dyn_cast<MemRefType>(value.getType());
    if (!type) {
      value.replaceAllUsesWith(add(value.getType(), false));
      continue;
    }
    if (!type.getLayout().isIdentity())
      return func.emitError() << "argument " << i << " is no dense row-major memref";
    if (has("rondo.status")) {
      status = add(ptr, false);
      value.replaceAllUsesWith(descriptor(type, status, {})); // of layers that it calls
      continue;
    }
    ValueRange own;
    if (has("rondo.scratch")) {
      own = scratch;
    } else if ((has(attrs::name) || has(attrs::result)) && !sizes.empty()) {
      own = sizes.take_front(type.getRank());
      sizes = sizes.drop_front(type.getRank());
    }
    Value bare;
    if (auto *piece = pieces ? llvm::find(pieces->arguments, i) : nullptr;
        piece && piece != pieces->arguments.end()) {
      if (!firstPiece)
        firstPiece = add(ptr, true);
      bare = this->at(firstPiece, pieces->offsets[piece - pieces->arguments.begin()]);
    } else {
      bare = add(ptr, has(attrs::prepared) || has("rondo.scratch"));
    }
    value.replaceAllUsesWith(descriptor(type, bare, own));
  }
  block.eraseArguments(0, old.size());
  func.setFunctionType(b.getFunctionType(block.getArgumentTypes(), {}));
  func.setAllArgAttrs(attributes);
  if (!func->hasAttr(attrs::prepare))
    func->setAttr("rondo.source", b.getUnitAttr());
  func->setAttr("passthrough", b.getStrArrayAttr({"noinline"}));
  for (StringRef name : {attrs::layer, attrs::shapes, attrs::prepare, attrs::preparedBy})
    func->removeAttr(name);
  func->removeAttr("rondo.scratch_size");
  return status ? lowerChecks(func, status) : success();
}

void Lowering::rewriteCall(func::CallOp call, func::FuncOp callee, const Pieces *pieces) {
  b.setLoc(call.getLoc());
  b.setInsertionPoint(call);
  SmallVector<Value> operands;
  for (auto [i, operand] : llvm::enumerate(call.getOperands())) {
    if (pieces && llvm::is_contained(ArrayRef(pieces->arguments).drop_front(), i))
      continue; // it lies behind the first one
    if (isa<MemRefType>(operand.getType())) {
      Type type = types.convertType(operand.getType());
      MemRefDescriptor whole(UnrealizedConversionCastOp::create(b, type, operand).getResult(0));
      operand = whole.alignedPtr(b, call.getLoc());
    }
    operands.push_back(operand);
  }
  func::CallOp::create(b, callee, operands);
  call.erase();
}

//===----------------------------------------------------------------------===//
// The boundary
//===----------------------------------------------------------------------===//

LLVM::LLVMFuncOp Lowering::boundary(const EntryPoint &entry, StringRef suffix, ArrayRef<Type> args,
                                    Type result) {
  func::FuncOp func = entry.func;
  b.setLoc(func.getLoc());
  b.setInsertionPointToEnd(module.getBody());
  auto made = LLVM::LLVMFuncOp::create(b, symbol((entry.label + suffix).str()),
                                       LLVM::LLVMFunctionType::get(result, args), LLVM::Linkage::Internal);
  b.setInsertionPointToStart(made.addEntryBlock(b));
  return made;
}

Boundary Lowering::makeBoundary(EntryPoint &entry) {
  Type i64 = b.getI64Type();
  enum { Dims, Sizes, Args, Results, States, Prepared, Scratch };
  auto call = boundary(entry, ".call", SmallVector<Type>(Scratch + 1, ptr), b.getI32Type());
  SmallVector<Value> args = loadDims(entry, call.getArgument(Dims));
  for (unsigned i = 0; i < entry.inputs.size(); ++i)
    args.push_back(element(call.getArgument(Args), ptr, i));
  for (unsigned i = 0; i < entry.outputs.size(); ++i)
    args.push_back(element(call.getArgument(Results), ptr, i));
  for (LateSize late : entry.lateSizes)
    args.push_back(place(call.getArgument(Sizes), b.getI64Type(), late.size));
  for (unsigned i = 0; i < entry.states.size(); ++i)
    args.push_back(element(call.getArgument(States), ptr, i));
  args.append({call.getArgument(Prepared), call.getArgument(Scratch)});
  LLVM::ReturnOp::create(b, func::CallOp::create(b, entry.func, args).getResult(0));

  auto shapes = boundary(entry, ".sizes", {ptr, ptr}, b.getI32Type());
  SmallVector<Value> dims = loadDims(entry, shapes.getArgument(0));
  auto sizes = func::CallOp::create(b, entry.shapes, dims);
  for (auto [i, size] : llvm::enumerate(sizes.getResults()))
    LLVM::StoreOp::create(b, arith::IndexCastOp::create(b, i64, size), place(shapes.getArgument(1), i64, i));
  LLVM::ReturnOp::create(b, entry.checks ? func::CallOp::create(b, entry.checks, dims).getResult(0)
                                         : Value(LLVM::ZeroOp::create(b, b.getI32Type())));

  auto scratch = boundary(entry, ".scratch_bytes", {ptr}, i64);
  Value bytes = arith::ConstantIntOp::create(b, i64, RONDO_STATUS_BYTES);
  SmallVector<Value> scratchDims = loadDims(entry, scratch.getArgument(0));
  for (func::FuncOp size : {entry.scratch, entry.reset ? artefact.resets[*entry.reset].scratch : nullptr})
    if (size) {
      Value all = func::CallOp::create(b, size, scratchDims).getResult(0);
      bytes = arith::MaxSIOp::create(b, arith::IndexCastOp::create(b, i64, all), bytes);
    }
  LLVM::ReturnOp::create(b, bytes);
  return {shapes.getName().str(), scratch.getName().str(), call.getName().str(),
          entry.reset ? makeReset(artefact.resets[*entry.reset]) : ""};
}

std::string Lowering::makeReset(EntryPoint &reset) {
  enum { Dims, States, Prepared, Scratch };
  auto call = boundary(reset, ".call", SmallVector<Type>(Scratch + 1, ptr), b.getI32Type());
  SmallVector<Value> args = loadDims(reset, call.getArgument(Dims));
  for (unsigned i = 0; i < reset.outputs.size(); ++i)
    args.push_back(element(call.getArgument(States), ptr, i));
  args.append({call.getArgument(Prepared), call.getArgument(Scratch)});
  LLVM::ReturnOp::create(b, func::CallOp::create(b, reset.func, args).getResult(0));
  return call.getName().str();
}

/// An entry point without dims and what resets it, for C programs: their states lie in one block.
///   int32_t M_f(const float *x, float *y, M_state *state, const void *prepared, void *scratch);
///   int32_t M_f_reset(M_state *state, const void *prepared, void *scratch);
void Lowering::makePlain(EntryPoint &entry) {
  std::optional<std::string> name = plainSymbol(artefact, entry);
  if (!name || entry.states.empty())
    return;
  unsigned numBuffers = entry.inputs.size() + entry.outputs.size() + entry.lateSizes.size();
  auto add = [&](StringRef symbol, func::FuncOp callee, unsigned first) {
    b.setLoc(callee.getLoc());
    b.setInsertionPointToEnd(module.getBody());
    SmallVector<Type> types(first + 3, ptr);
    auto made = LLVM::LLVMFuncOp::create(b, symbol, LLVM::LLVMFunctionType::get(b.getI32Type(), types));
    b.setInsertionPointToStart(made.addEntryBlock(b));
    SmallVector<Value> args(made.getArguments().take_front(first));
    for (unsigned number : entry.stateNumbers) {
      int32_t offset = artefact.states[number].offset;
      args.push_back(LLVM::GEPOp::create(b, ptr, b.getI8Type(), made.getArgument(first),
                                         ArrayRef<LLVM::GEPArg>{offset}));
    }
    args.append({made.getArgument(first + 1), made.getArgument(first + 2)});
    LLVM::ReturnOp::create(b, func::CallOp::create(b, callee, args).getResult(0));
  };
  add(*name, entry.func, numBuffers);
  add(*name + "_reset", artefact.resets[*entry.reset].func, 0);
}

std::string Lowering::makePrepare() {
  if (!artefact.prepare) { // nothing to do
    b.setInsertionPointToEnd(module.getBody());
    auto type = LLVM::LLVMFunctionType::get(b.getI32Type(), {ptr, ptr, ptr});
    auto nothing = LLVM::LLVMFuncOp::create(b, symbol("prepare.call"), type, LLVM::Linkage::Internal);
    b.setInsertionPointToStart(nothing.addEntryBlock(b));
    LLVM::ReturnOp::create(b, Value(LLVM::ZeroOp::create(b, b.getI32Type())));
    return nothing.getName().str();
  }
  EntryPoint &prepare = *artefact.prepare;
  auto call = boundary(prepare, ".call", {ptr, ptr, ptr}, b.getI32Type());
  SmallVector<Value> args;
  for (unsigned i = 0; i < prepare.inputs.size(); ++i)
    args.push_back(element(call.getArgument(0), ptr, i));
  args.append({call.getArgument(1), call.getArgument(2)});
  LLVM::ReturnOp::create(b, func::CallOp::create(b, prepare.func, args).getResult(0));
  return call.getName().str();
}

/// Of everything that decides what the blob holds: names, shapes, packing, constants.
static uint64_t fingerprint(Artefact &artefact) {
  std::string text;
  llvm::raw_string_ostream os(text);
  llvm::SetVector<Operation *> reached; // with what `prepare` refers to
  if (artefact.prepare)
    reached.insert(artefact.prepare->func);
  for (unsigned i = 0; i < reached.size(); ++i) {
    Operation *op = reached[i];
    op->print(os, OpPrintingFlags().useLocalScope());
    if (auto uses = SymbolTable::getSymbolUses(op))
      for (const SymbolTable::SymbolUse &use : *uses)
        if (Operation *symbol = SymbolTable::lookupNearestSymbolFrom(op, use.getSymbolRef()))
          reached.insert(symbol);
  }
  return llvm::xxh3_64bits(text);
}

LogicalResult Lowering::run() {
  uint64_t layout = fingerprint(artefact), prepareScratch = RONDO_STATUS_BYTES;
  if (artefact.prepare) {
    std::optional<uint64_t> bytes = scratchBytes(*artefact.prepare);
    if (!bytes)
      return artefact.prepare->func.emitError("needs scratch of a size that is not constant");
    prepareScratch = *bytes;
  }
  module->setAttr("rondo.interface", interfaceOf(artefact, prepareScratch));

  Layers layers(module, artefact.blob);
  for (func::FuncOp layer : layers.functions)
    (void)layers.pieces(layer); // as arguments are now
  SmallVector<EntryPoint *> all;
  for (EntryPoint &entry : artefact.entries)
    all.push_back(&entry);
  for (EntryPoint &reset : artefact.resets)
    all.push_back(&reset);
  if (artefact.prepare)
    all.push_back(&*artefact.prepare);
  for (EntryPoint *entry : all) {
    bool isPrepare = entry->func->hasAttr(attrs::prepare);
    bool isReset = llvm::is_contained(llvm::make_pointer_range(artefact.resets), entry);
    bool isPlain = !isPrepare && !isReset && entry->states.empty();
    if (!isPrepare && !isReset)
      makeChecks(*entry);
    rewrite(*entry, isPlain ? plainSymbol(artefact, *entry) : std::nullopt);
    Block &body = entry->func.getBody().front();
    if (failed(lowerChecks(entry->func, body.getArguments().back())))
      return failure();
  }
  for (func::FuncOp layer : layers.functions)
    if (failed(rewriteLayer(layer, layers.pieces(layer))))
      return failure();
  module.walk([&](func::CallOp call) {
    auto callee = symbols.lookup<func::FuncOp>(call.getCallee());
    if (llvm::is_contained(layers.functions, callee))
      rewriteCall(call, callee, layers.pieces(callee));
  });
  WalkResult rest = module.walk([](CheckOp check) {
    return check.emitError("stands in a function that is not inlined into an entry point"),
           WalkResult::interrupt();
  });
  if (rest.wasInterrupted())
    return failure();

  // No name of a model may be the name of something in C.
  for (auto func : llvm::to_vector(module.getOps<func::FuncOp>())) {
    if (func.isExternal())
      continue;
    bool isEntry = llvm::any_of(all, [&](EntryPoint *entry) { return entry->func == func; });
    if (!isEntry && failed(symbols.rename(func, symbol(func.getName()))))
      return func.emitError("has the name of an entry point");
    auto linkage = isEntry && func.isPublic() ? LLVM::Linkage::External : LLVM::Linkage::Internal;
    func->setAttr("llvm.linkage", LLVM::LinkageAttr::get(ctx, linkage));
  }

  SmallVector<Boundary> boundaries;
  for (EntryPoint &entry : artefact.entries) {
    boundaries.push_back(makeBoundary(entry));
    makePlain(entry);
  }
  std::string prepare = makePrepare();
  writeDescriptor(module, artefact, boundaries, prepare, checks, prepareScratch, layout);
  if (checks.empty())
    return success();
  NamedAttrList interface(module->getAttrOfType<DictionaryAttr>("rondo.interface"));
  SmallVector<Attribute> texts;
  for (const Check &check : checks)
    texts.push_back(b.getStringAttr(check.file + ":" + Twine(check.line) + ":" + Twine(check.column) + ": " +
                                    check.message));
  interface.set("checks", b.getArrayAttr(texts));
  module->setAttr("rondo.interface", interface.getDictionary(ctx));
  return success();
}

namespace {
struct RuntimeToLLVM : rondo::impl::RuntimeToLLVMBase<RuntimeToLLVM> {
  void runOnOperation() override {
    FailureOr<Artefact> artefact = readArtefact(getOperation());
    if (failed(artefact) || failed(Lowering(getOperation(), *artefact).run()))
      signalPassFailure();
  }
};
} // namespace
