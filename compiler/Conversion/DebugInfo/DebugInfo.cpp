// rondo-debug-info: locations become scopes, lines and variables of LLVM's debug information.
//
// Needs what rondo-runtime-to-llvm leaves, before loops become branches: the functions with lines say
// `rondo.source`. Guarantees a subprogram on every function with a body and a location in it on every
// operation.
//
// A debugger stops at the first instruction of a line. What computes addresses and sizes has been moved to
// the head of the function and out of loops, where no line of its own begins: it stands in the line of what
// follows it, or of the scan.
#include "compiler/Conversion/DebugInfo/Passes.h"
#include "compiler/Conversion/DebugInfo/Variables.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Interfaces/DestinationStyleOpInterface.h"
#include "mlir/Interfaces/LoopLikeInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/BinaryFormat/Dwarf.h"

namespace rondo {
#define GEN_PASS_DEF_DEBUGINFO
#include "compiler/Conversion/DebugInfo/Passes.h.inc"
} // namespace rondo

using namespace mlir;
using namespace rondo;

namespace {

// Addresses, sizes and constants.
bool isAddressing(Operation *op) {
  if (isa<UnrealizedConversionCastOp>(op))
    return true;
  return op->getNumResults() > 0 && op->getNumRegions() == 0 && isMemoryEffectFree(op) &&
         (op->hasTrait<OpTrait::ConstantLike>() || llvm::all_of(op->getResultTypes(), [](Type type) {
            return isa<IndexType, MemRefType, LLVM::LLVMPointerType, LLVM::LLVMStructType>(type);
          }));
}

// The calls around a place, innermost first.
SmallVector<Location> callersOf(Location loc) {
  SmallVector<Location> callers;
  while (auto call = dyn_cast<CallSiteLoc>(loc)) {
    loc = call.getCaller();
    callers.push_back(loc);
  }
  return callers;
}

// A loop begins with what it repeats, and an inlined call leaves no instruction in its line: one is made, a
// store to `mark`, to stop there.
void markLines(Region &region, ArrayRef<Location> around, Value mark) {
  for (Block &block : region) {
    SmallVector<Location> inside(around);
    for (Operation &op : llvm::make_early_inc_range(block)) {
      SmallVector<Location> callers = callersOf(op.getLoc());
      auto add = [&](Location loc) {
        OpBuilder b(&op);
        LLVM::StoreOp::create(b, loc, LLVM::ZeroOp::create(b, loc, b.getI8Type()), mark);
      };
      for (Location call : llvm::reverse(callers))
        if (!llvm::is_contained(inside, call))
          add(call);
      inside = callers;
      if (isa<DestinationStyleOpInterface, memref::CopyOp>(op)) {
        add(op.getLoc());
        continue;
      }
      for (Region &inner : op.getRegions())
        markLines(inner, callers, mark);
    }
  }
}

// LLVM and debuggers leave out blocks without variables: each gets one, the number of its loop.
void keepBlocks(Region &region) {
  llvm::SmallSetVector<std::pair<Attribute, Attribute>, 4> found; // block, calls around it
  SmallVector<Location> places;
  for (Operation &op : region.front()) {
    auto call = dyn_cast<CallSiteLoc>(op.getLoc());
    auto place = dyn_cast<FusedLoc>(call ? call.getCallee() : op.getLoc());
    auto block = place ? dyn_cast_if_present<LLVM::DILexicalBlockAttr>(place.getMetadata()) : nullptr;
    if (block && found.insert({block, call ? Attribute(call.getCaller()) : Attribute()}))
      places.push_back(op.getLoc());
  }
  OpBuilder b = OpBuilder::atBlockBegin(&region.front());
  for (auto [place, block] : llvm::zip_equal(places, found)) {
    auto scope = cast<LLVM::DILexicalBlockAttr>(block.first);
    auto type = LLVM::DIBasicTypeAttr::get(b.getContext(), llvm::dwarf::DW_TAG_base_type,
                                           b.getStringAttr("int"), 32, llvm::dwarf::DW_ATE_signed);
    auto variable = LLVM::DILocalVariableAttr::get(scope, "<loop>", scope.getFile(), /*line=*/0, /*arg=*/0,
                                                   /*alignInBits=*/0, type, LLVM::DIFlags::Artificial);
    Value number = LLVM::ConstantOp::create(b, place, b.getI32Type(), b.getI32IntegerAttr(scope.getColumn()));
    LLVM::DbgValueOp::create(b, place, number, variable, LLVM::DIExpressionAttr::get(b.getContext(), {}));
  }
}

struct DebugInfo : rondo::impl::DebugInfoBase<DebugInfo> {
  using DebugInfoBase::DebugInfoBase;

  void runOnOperation() override {
    Scopes scopes(getOperation(), directory, /*isOptimized=*/!everyVariable);
    for (auto function : getOperation().getOps<FunctionOpInterface>())
      if (!function.isExternal())
        run(function, scopes);
  }

  void run(FunctionOpInterface function, Scopes &scopes) {
    bool hasLines = function->hasAttr("rondo.source");
    function->removeAttr("rondo.source");
    SourceFrames frames = framesOf(function->getLoc());
    FileLineColLoc place = frames.empty() || !hasLines ? scopes.noPlace() : frames.back().place;
    LLVM::DISubprogramAttr subprogram = scopes.makeFunction(function.getName(), place, function.isPublic());

    std::vector<Definition> definitions;
    if (hasLines)
      definitions = findDefinitions(function, everyVariable);
    Location own = FusedLoc::get(&getContext(), {place}, subprogram);
    DenseMap<std::tuple<Location, unsigned, unsigned, unsigned>, Location> known;
    // The line of a scan in the library begins with each step: what repeats it is in the function's.
    auto translate = [&](Location loc, Loops loops, bool isLoop) {
      if (!hasLines)
        return own;
      auto [found, isNew] = known.try_emplace({loc, loops.inner, loops.time, unsigned(isLoop)}, own);
      SourceFrames at = isNew ? framesOf(loc) : SourceFrames();
      if (!at.empty() && !(isLoop && at.front().isLibrary()))
        found->second = scopes.find(at, subprogram, loops).location;
      return found->second;
    };
    function->setLoc(own);
    unsigned numLoops = 0;
    setLocations(function.getFunctionBody(), translate, Loops(), numLoops);
    if (hasLines && everyVariable) {
      OpBuilder b = OpBuilder::atBlockBegin(&function.getFunctionBody().front());
      Value one = LLVM::ConstantOp::create(b, own, b.getI64Type(), b.getI64IntegerAttr(1));
      Value mark =
          LLVM::AllocaOp::create(b, own, LLVM::LLVMPointerType::get(&getContext()), b.getI8Type(), one);
      markLines(function.getFunctionBody(), {}, mark);
    }
    Variables(function, subprogram, scopes, everyVariable).describe(definitions);
  }

  void setLocations(Region &region, llvm::function_ref<Location(Location, Loops, bool)> translate,
                    Loops loops, unsigned &numLoops) {
    for (Block &block : region) {
      for (BlockArgument argument : block.getArguments())
        argument.setLoc(translate(argument.getLoc(), loops, false));
      // Optimised, all addresses of a step come first: they are the scan's.
      std::optional<Location> next, scan;
      if (Operation *parent = block.getParentOp(); parent->hasAttr("rondo.time") && !everyVariable)
        scan = parent->getLoc();
      for (Operation &op : llvm::reverse(block)) {
        Location loc = !isAddressing(&op) || !(scan || next)
                           ? translate(op.getLoc(), loops, op.hasAttr("rondo.time"))
                       : scan ? *scan
                              : *next;
        op.setLoc(loc);
        if (!isAddressing(&op))
          next = loc;
        Loops inside = loops;
        if (op.hasAttr("rondo.time"))
          inside = {0, ++numLoops};
        else if (isa<LoopLikeOpInterface>(op))
          inside.inner = ++numLoops;
        for (Region &inner : op.getRegions())
          setLocations(inner, translate, inside, numLoops);
        if (inside.inner != loops.inner || inside.time != loops.time)
          keepBlocks(op.getRegions().back());
      }
    }
  }
};

} // namespace
