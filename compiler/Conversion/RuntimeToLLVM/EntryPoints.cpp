#include "compiler/Conversion/RuntimeToLLVM/EntryPoints.h"
#include "dialects/Rondo/IR/RondoDialect.h"
#include "mlir/IR/Matchers.h"
#include "runtime/include/rondo/abi.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/MathExtras.h"
#include <map>

using namespace mlir;
using namespace rondo;

std::optional<uint32_t> rondo::dtypeOf(Type type) {
  if (type.isF32())
    return RONDO_F32;
  if (type.isF64())
    return RONDO_F64;
  if (type.isF16())
    return RONDO_F16;
  if (type.isBF16())
    return RONDO_BF16;
  if (type.isInteger(64))
    return RONDO_I64;
  if (type.isInteger(32))
    return RONDO_I32;
  if (type.isInteger(8))
    return RONDO_I8;
  if (type.isInteger(1))
    return RONDO_BOOL;
  return std::nullopt;
}

std::optional<int64_t> rondo::evaluate(func::FuncOp function, unsigned result) {
  if (!function || function.isExternal() || !function.getBody().hasOneBlock())
    return std::nullopt;
  DenseMap<Value, Attribute> known;
  for (Operation &op : function.getBody().front()) {
    if (op.hasTrait<OpTrait::IsTerminator>()) {
      auto value = dyn_cast_or_null<IntegerAttr>(known.lookup(op.getOperand(result)));
      return value ? std::optional(value.getInt()) : std::nullopt;
    }
    SmallVector<Attribute> operands;
    for (Value v : op.getOperands())
      operands.push_back(known.lookup(v));
    SmallVector<OpFoldResult> folded;
    if (failed(op.fold(operands, folded)) || folded.size() != op.getNumResults())
      return std::nullopt;
    for (auto [to, from] : llvm::zip_equal(op.getResults(), folded)) {
      auto attr = dyn_cast<Attribute>(from);
      known[to] = attr ? attr : known.lookup(cast<Value>(from));
    }
  }
  return std::nullopt;
}

/// Bytes of one element in memory.
static std::optional<uint64_t> elementBytes(Type type) {
  if (auto vector = dyn_cast<VectorType>(type)) {
    std::optional<uint64_t> one = elementBytes(vector.getElementType());
    uint64_t n = vector.getNumElements();
    if (!one || !llvm::isPowerOf2_64(n) || type.isInteger(1))
      return std::nullopt;
    return *one * n;
  }
  if (type.isIndex())
    return 8;
  if (!type.isIntOrFloat())
    return std::nullopt;
  return llvm::divideCeil(type.getIntOrFloatBitWidth(), 8);
}

std::optional<uint64_t> rondo::bytesOf(MemRefType type) {
  std::optional<uint64_t> element = elementBytes(type.getElementType());
  return element ? std::optional(*element * type.getNumElements()) : std::nullopt;
}

/// A number as an attribute of an element type (i8 for i1), or null.
static TypedAttr elementOf(TypedAttr value, Type type) {
  Builder b(type.getContext());
  if (auto real = dyn_cast<FloatAttr>(value))
    return isa<FloatType>(type) ? b.getFloatAttr(type, real.getValueAsDouble()) : TypedAttr();
  auto number = dyn_cast<IntegerAttr>(value);
  if (!number)
    return {};
  int64_t n = number.getType().isInteger(1) ? number.getValue().getZExtValue() : number.getInt();
  if (isa<FloatType>(type))
    return b.getFloatAttr(type, n);
  if (type.isInteger(1))
    return b.getI8IntegerAttr(n != 0);
  return type.isInteger() ? b.getIntegerAttr(type, n) : TypedAttr();
}

/// A C identifier made of a name: other characters become underscores.
static std::string identifier(StringRef name) {
  std::string id = name.empty() ? "model" : name.str();
  for (char &c : id)
    if (!llvm::isAlnum(c))
      c = '_';
  if (llvm::isDigit(id.front()))
    id.insert(id.begin(), '_');
  if (id == "rondo" || StringRef(id).starts_with("rondo_"))
    id.front() = 'R'; // the runtime's names begin like that
  return id;
}

namespace {
/// Reads one function; remembers whether all was right.
class Reader {
public:
  Reader(func::FuncOp func, SymbolTable &symbols) : func(func), symbols(symbols) {
    entry.func = func;
    entry.label = func.getName();
  }

  FailureOr<EntryPoint> read(bool isPrepare) {
    if (func.isExternal() || !func.getBody().hasOneBlock())
      return func.emitError("has no body of one block"), failure();
    if (func.getNumResults())
      return func.emitError("still returns values: not in the phase `buffers`"), failure();
    for (unsigned i = 0; i < func.getNumArguments(); ++i)
      if (failed(argument(i, isPrepare)))
        return failure();
    entry.shapes = companion(attrs::shapes);
    entry.scratch = companion("rondo.scratch_size");
    if (bad)
      return failure();
    if (!isPrepare && failed(numberSizes()))
      return failure();
    return std::move(entry);
  }

private:
  LogicalResult error(unsigned arg, const Twine &what) {
    return func.emitError() << "argument " << arg << " " << what;
  }

  LogicalResult argument(unsigned i, bool isPrepare) {
    auto string = [&](StringRef key) { return func.getArgAttrOfType<StringAttr>(i, key); };
    auto number = [&](StringRef key) { return func.getArgAttrOfType<IntegerAttr>(i, key); };
    Type type = func.getArgumentTypes()[i];
    if (auto name = string(attrs::dim)) {
      if (!type.isIndex() || i != entry.dims.size())
        return error(i, "is a dimension, but no leading `index`");
      entry.dims.emplace_back().name = name.str();
      entry.dims.back().isGiven = bool(func.getArgAttr(i, "rondo.given"));
      if (auto value = func.getArgAttrOfType<IntegerAttr>(i, attrs::defaultValue))
        entry.dims.back().defaultValue = value.getInt();
      return success();
    }
    auto memref = dyn_cast<MemRefType>(type);
    if (!memref || !memref.getLayout().isIdentity())
      return error(i, "is no dense row-major memref");
    if (func.getArgAttr(i, "rondo.scratch")) {
      entry.scratchArg = i;
      return success();
    }
    if (auto piece = number(isPrepare ? attrs::result : attrs::prepared)) {
      if (!memref.hasStaticShape())
        return error(i, "is prepared, but has no static shape");
      entry.pieces.push_back({i, piece.getInt()});
      return success();
    }
    std::optional<uint32_t> dtype = dtypeOf(memref.getElementType());
    if (!dtype)
      return error(i, "has an element type that no tensor of the runtime has");
    if (func.getArgAttr(i, "rondo.unsigned") && *dtype == RONDO_I8)
      dtype = RONDO_U8;
    if (auto size = number(attrs::size)) {
      if (memref.getRank() || *dtype != RONDO_I64)
        return error(i, "is a size, but no memref<i64>");
      entry.lateSizes.push_back({i, unsigned(size.getInt())});
      return success();
    }
    if (auto result = number(attrs::result)) {
      if (result.getInt() != int64_t(entry.outputs.size()))
        return error(i, "is a result out of order");
      unsigned rank = memref.getRank();
      if (auto flat = number(attrs::rank)) {
        if (rank != 1)
          return error(i, "says its rank, but is not flat");
        rank = flat.getInt();
      }
      entry.outputs.push_back({std::to_string(result.getInt()), memref, *dtype, i, rank, 0, 0, {}});
      return success();
    }
    if (auto state = string(attrs::state)) {
      entry.states.push_back({state.str(), memref, *dtype, i, unsigned(memref.getRank()), 0, 0, {}});
      return success();
    }
    auto name = string(isPrepare ? attrs::param : attrs::name);
    if (!name)
      return error(i, "says neither what it is nor its name");
    if (isPrepare) {
      auto init = func.getArgAttrOfType<InitAttr>(i, attrs::init);
      if (!memref.hasStaticShape() || !init)
        return error(i, "is a weight without static shape or first value");
      entry.inits.push_back(init);
    }
    entry.inputs.push_back({name.str(), memref, *dtype, i, unsigned(memref.getRank()), 0, 0, {}});
    if (auto value = func.getArgAttrOfType<TypedAttr>(i, attrs::defaultValue)) {
      entry.inputs.back().defaultValue = elementOf(value, memref.getElementType());
      if (memref.getRank() || !entry.inputs.back().defaultValue)
        return error(i, "has a default that does not fit its type");
    }
    return success();
  }

  func::FuncOp companion(StringRef key) {
    auto symbol = func->getAttrOfType<FlatSymbolRefAttr>(key);
    if (!symbol)
      return nullptr;
    auto found = symbols.lookup<func::FuncOp>(symbol.getValue());
    if (!found || found.getNumArguments() != entry.dims.size() || !found.getBody().hasOneBlock()) {
      func.emitError() << key << " names no function of the dimensions";
      bad = true;
    }
    return found;
  }

  /// Counts through the sizes and finds where each dimension can be read.
  LogicalResult numberSizes() {
    unsigned next = 0;
    for (auto *list : {&entry.inputs, &entry.outputs, &entry.states})
      for (Buffer &buffer : *list) {
        buffer.firstSize = next;
        next += buffer.rank;
      }
    if (!entry.shapes || entry.shapes.getNumResults() != next)
      return func.emitError() << "needs a companion `rondo.shapes` that gives " << next << " sizes";
    entry.numSizes = next;
    for (LateSize late : entry.lateSizes) {
      auto *result = llvm::find_if(entry.outputs, [&](const Buffer &buffer) {
        return late.size >= buffer.firstSize && late.size < buffer.firstSize + buffer.rank;
      });
      if (result == entry.outputs.end())
        return error(late.arg, "is the size of no result");
      result->lateAxes |= 1u << (late.size - result->firstSize);
    }
    Operation *ret = entry.shapes.getBody().front().getTerminator();
    for (auto [d, dim] : llvm::enumerate(entry.dims))
      for (auto [a, buffer] : llvm::enumerate(entry.inputs))
        for (unsigned axis = 0; axis < buffer.rank && dim.arg < 0 && !dim.isGiven; ++axis)
          if (ret->getOperand(buffer.firstSize + axis) == entry.shapes.getArgument(d)) {
            dim.arg = a;
            dim.axis = axis;
          }
    return success();
  }

  func::FuncOp func;
  SymbolTable &symbols;
  EntryPoint entry;
  bool bad = false;
};
} // namespace

static LogicalResult layOut(Artefact &artefact) {
  Blob &blob = artefact.blob;
  if (artefact.prepare) {
    EntryPoint &prepare = *artefact.prepare;
    for (auto [n, piece] : llvm::enumerate(prepare.pieces)) {
      auto type = cast<MemRefType>(prepare.func.getArgumentTypes()[piece.first]);
      std::optional<uint64_t> bytes = bytesOf(type);
      if (piece.second != n || !bytes)
        return prepare.func.emitError() << "result " << n << " cannot be laid out";
      blob.types.push_back(type);
      blob.offsets.push_back(blob.bytes);
      blob.bytes += llvm::alignTo(*bytes, RONDO_ALIGNMENT);
    }
  }
  for (auto *list : {&artefact.entries, &artefact.resets})
    for (EntryPoint &entry : *list)
      for (auto [arg, piece] : entry.pieces)
        if (piece >= blob.types.size() || blob.types[piece] != entry.func.getArgumentTypes()[arg])
          return entry.func.emitError()
                 << "argument " << arg << " is not what @prepare makes as result " << piece;
  return success();
}

/// Gathers the states of all entry points.
static LogicalResult collectStates(Artefact &artefact) {
  std::map<std::string, State> states;
  for (EntryPoint &entry : artefact.entries)
    for (Buffer &buffer : entry.states) {
      State &state =
          states.try_emplace(buffer.name, State{buffer.name, buffer.dtype, buffer.rank, {}}).first->second;
      if (state.dtype != buffer.dtype || state.rank != buffer.rank)
        return entry.func.emitError() << "has the state '" << buffer.name << "' with another type";
      if (!entry.dims.empty())
        continue;
      if (state.plain && state.plain != buffer.type)
        return entry.func.emitError() << "has the state '" << buffer.name << "' with another size";
      state.plain = buffer.type;
    }
  uint64_t offset = 0;
  for (auto &[key, state] : states) {
    if (state.plain) {
      state.offset = offset;
      // An array in C has an element.
      uint64_t elements = std::max<int64_t>(state.plain.getNumElements(), 1);
      offset += llvm::alignTo(*elementBytes(state.plain.getElementType()) * elements, RONDO_ALIGNMENT);
    }
    artefact.states.push_back(state);
  }
  for (EntryPoint &entry : artefact.entries) {
    for (Buffer &buffer : entry.states)
      entry.stateNumbers.push_back(std::distance(states.begin(), states.find(buffer.name)));
    if (!llvm::is_sorted(entry.stateNumbers))
      return entry.func.emitError("has its states out of order: they are sorted by key");
  }
  return success();
}

FailureOr<Artefact> rondo::readArtefact(ModuleOp module) {
  Artefact artefact;
  artefact.context = module.getContext();
  artefact.name = identifier(module.getName().value_or(""));
  SymbolTable symbols(module);
  llvm::StringSet<> resets;
  for (auto func : module.getOps<func::FuncOp>())
    if (auto reset = func->getAttrOfType<FlatSymbolRefAttr>(attrs::reset))
      resets.insert(reset.getValue());
  for (auto func : module.getOps<func::FuncOp>()) {
    bool isPrepare = func->hasAttr(attrs::prepare) && !func.isPrivate();
    if (!isPrepare && !func->hasAttr(attrs::entry))
      continue;
    FailureOr<EntryPoint> entry = Reader(func, symbols).read(isPrepare);
    if (failed(entry))
      return failure();
    if (!isPrepare)
      (resets.contains(func.getName()) ? artefact.resets : artefact.entries).push_back(std::move(*entry));
    else if (artefact.prepare)
      return func.emitError("is a second `rondo.prepare`"), failure();
    else
      artefact.prepare = std::move(*entry);
  }
  for (EntryPoint &entry : artefact.entries)
    if (auto name = entry.func->getAttrOfType<FlatSymbolRefAttr>(attrs::reset)) {
      auto *reset =
          llvm::find_if(artefact.resets, [&](const EntryPoint &r) { return r.label == name.getValue(); });
      if (reset == artefact.resets.end() || reset->outputs.size() != entry.states.size())
        return entry.func.emitError() << name << " does not reset its states", failure();
      entry.reset = reset - artefact.resets.begin();
    } else if (!entry.states.empty()) {
      return entry.func.emitError("has states, but names no `rondo.reset`"), failure();
    }
  if (failed(layOut(artefact)) || failed(collectStates(artefact)))
    return failure();
  return artefact;
}
