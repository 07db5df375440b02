#include "compiler/Conversion/RuntimeToLLVM/Layers.h"
#include "runtime/include/rondo/abi.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace rondo;

static bool isLayer(func::FuncOp func) {
  return takesDestinations(func) && func.isPrivate() && !func->hasAttr(attrs::entry);
}

// What tells the number of a piece: of what is read, or, in a prepare, of what is made.
static StringRef markOf(func::FuncOp func) {
  return func->hasAttr(attrs::prepare) ? StringRef(attrs::result) : StringRef(attrs::prepared);
}

Layers::Layers(ModuleOp module, const Blob &blob) : blob(blob) {
  SymbolTable symbols(module);
  for (auto func : module.getOps<func::FuncOp>())
    if (isLayer(func))
      functions.push_back(func);
  module.walk([&](func::CallOp call) {
    if (auto callee = symbols.lookup<func::FuncOp>(call.getCallee()); callee && isLayer(callee))
      calls[callee].push_back(call);
  });
}

const Pieces *Layers::pieces(func::FuncOp function) {
  auto [at, isNew] = known.try_emplace(function);
  if (!isNew)
    return at->second ? &*at->second : nullptr;
  std::optional<Pieces> found = Pieces();
  SmallVector<std::pair<int64_t, unsigned>> numbered;
  for (unsigned i = 0; i < function.getNumArguments(); ++i)
    if (auto number = function.getArgAttrOfType<IntegerAttr>(i, markOf(function)))
      numbered.push_back({number.getInt(), i});
  llvm::sort(numbered);
  uint64_t next = 0;
  for (auto [number, i] : numbered) {
    std::optional<uint64_t> bytes = bytesOf(cast<MemRefType>(function.getArgumentTypes()[i]));
    if (!bytes || number != int64_t(found->arguments.size()))
      return nullptr;
    found->arguments.push_back(i);
    found->offsets.push_back(next);
    next += llvm::alignTo(*bytes, RONDO_ALIGNMENT);
  }
  if (found->arguments.empty())
    return nullptr;
  for (func::CallOp call : calls[function]) {
    std::optional<uint64_t> first;
    for (auto [argument, offset] : llvm::zip_equal(found->arguments, found->offsets)) {
      std::optional<uint64_t> here = offsetIn(call.getOperand(argument));
      if (!first)
        first = here;
      if (!here || *here != *first + offset)
        return nullptr;
    }
  }
  known[function] = std::move(found);
  return &*known[function];
}

// Where an argument that is a piece lies among those of its function.
std::optional<uint64_t> Layers::offsetIn(Value operand) {
  auto arg = dyn_cast<BlockArgument>(operand);
  auto func = arg ? dyn_cast<func::FuncOp>(arg.getOwner()->getParentOp()) : func::FuncOp();
  auto number = func ? func.getArgAttrOfType<IntegerAttr>(arg.getArgNumber(), markOf(func)) : IntegerAttr();
  if (!number)
    return std::nullopt;
  if (!isLayer(func))
    return blob.offsets[number.getInt()];
  const Pieces *own = pieces(func);
  return own ? std::optional(own->offsets[number.getInt()]) : std::nullopt;
}
