// rondo-plan-memory: one arena for all temporaries of an entry point.
//
// Needs memrefs, with allocations outside of loops whose sizes come from the
// function's index arguments, and calls that return no memref. Guarantees
// functions without memref.alloc and memref.dealloc; a last argument `memref<?xi8>
// {rondo.scratch}` of entry points and of @prepare; and `@NAME.scratch(indices)
// -> index`, the arena's bytes. Sizes of arguments become what `rondo.shapes`
// computes. Declines allocations in functions that are called.
#include "compiler/Buffers/MemoryPlan.h"
#include "compiler/Buffers/Passes.h"
#include "dialects/Rondo/IR/RondoDialect.h"

namespace rondo {
#define GEN_PASS_DEF_PLANMEMORY
#include "compiler/Buffers/Passes.h.inc"
} // namespace rondo

using namespace mlir;
using namespace rondo;

namespace {

constexpr int64_t beyondMemory = int64_t(1) << 62;

LogicalResult decline(func::FuncOp func) {
  WalkResult walk = func.walk([](memref::AllocOp alloc) -> WalkResult {
    return alloc.emitError("memory is allocated in a function that is called; entry points own all memory");
  });
  return failure(walk.wasInterrupted());
}

// Numbers that the program computes with: they wrap, as its integers do, where sizes must not overflow.
DenseSet<Operation *> numbersIn(func::FuncOp func) {
  SmallVector<Operation *> ops;
  func.walk([&](Operation *op) {
    if (isa<arith::ArithDialect>(op->getDialect()) && op->getNumResults() == 1 &&
        op->getResult(0).getType().isIndex())
      ops.push_back(op);
  });
  DenseSet<Operation *> numbers;
  for (Operation *op : llvm::reverse(ops)) // users first
    if (llvm::all_of(op->getUsers(), [&](Operation *user) {
          return numbers.contains(user) ||
                 (isa<arith::IndexCastOp>(user) && !user->getResult(0).getType().isIndex());
        }))
      numbers.insert(op);
  return numbers;
}

// @NAME.scratch(indices) -> index: the arena's bytes, or more than any memory has where a size that is
// computed from the indices overflows, be it of a buffer, a loop or a slice. So a call with such sizes never
// comes about.
void addCompanion(func::FuncOp func, const MemoryPlan &plan, unsigned numIndices) {
  OpBuilder b(func);
  Type index = b.getIndexType();
  auto type = b.getFunctionType(SmallVector<Type>(numIndices, index), index);
  auto companion = func::FuncOp::create(b, func.getLoc(), (func.getName() + ".scratch").str(), type);
  companion.setPrivate();
  Block *block = companion.addEntryBlock();
  SizeBuilder at(func, block, block->getArguments());
  DenseSet<Operation *> numbers = numbersIn(func);
  func.walk([&](Operation *op) {
    if (isa<arith::AddIOp, arith::SubIOp, arith::MulIOp>(op) && op->getResult(0).getType().isIndex() &&
        !numbers.contains(op))
      at.get(op->getResult(0));
  });
  at.addShapes();
  Value bytes = plan.slotOffsets(at).back();
  if (Value fits = at.fits())
    bytes = arith::SelectOp::create(at.builder(), func.getLoc(), fits, bytes, at.constant(beyondMemory));
  func::ReturnOp::create(at.builder(), func.getLoc(), bytes);
  func->setAttr("rondo.scratch_size", FlatSymbolRefAttr::get(companion.getNameAttr()));
}

LogicalResult addArena(func::FuncOp func) {
  Builder b(func.getContext());
  auto type = MemRefType::get({ShapedType::kDynamic}, b.getI8Type());
  auto attrs = b.getDictionaryAttr(b.getNamedAttr("rondo.scratch", b.getUnitAttr()));
  return func.insertArgument(func.getNumArguments(), type, attrs, func.getLoc());
}

void explainPlan(func::FuncOp func, const MemoryPlan &plan) {
  func.emitRemark() << func.getName() << " has " << plan.buffers.size() << " buffers in " << plan.staticEnd
                    << " bytes and " << plan.numSlots << " slots";
  for (const PlannedBuffer &buffer : plan.buffers) {
    InFlightDiagnostic remark = emitRemark(memref::AllocOp(buffer.alloc).getLoc());
    remark << memref::AllocOp(buffer.alloc).getType() << " lies "
           << (buffer.isStatic() ? "at byte " : "in slot ")
           << (buffer.isStatic() ? buffer.offset : int64_t(buffer.slot));
  }
}

struct PlanMemory : rondo::impl::PlanMemoryBase<PlanMemory> {
  using PlanMemoryBase::PlanMemoryBase;

  void runOnOperation() override {
    for (auto func : llvm::make_early_inc_range(getOperation().getOps<func::FuncOp>())) {
      bool exported = func->hasAttr(attrs::entry) || func->hasAttr(attrs::prepare);
      if (failed(exported ? plan(func) : decline(func)))
        return signalPassFailure();
    }
  }

  LogicalResult plan(func::FuncOp func) {
    SmallVector<Value> indices;
    llvm::copy_if(func.getArguments(), std::back_inserter(indices),
                  [](Value arg) { return arg.getType().isIndex(); });
    SizeBuilder here(func, &func.getBody().front(), indices);
    func.walk([&](memref::DimOp dim) {
      if (Value size = here.get(dim))
        dim.getResult().replaceAllUsesWith(size);
    });
    FailureOr<MemoryPlan> plan = MemoryPlan::make(func, here);
    if (failed(plan) || failed(addArena(func)))
      return failure();
    if (explain)
      explainPlan(func, *plan);

    SmallVector<Value> slots = plan->slotOffsets(here);
    addCompanion(func, *plan, indices.size());
    func.walk([](memref::DeallocOp dealloc) { dealloc.erase(); });
    for (PlannedBuffer &buffer : plan->buffers) {
      OpBuilder b(buffer.alloc);
      Value offset = buffer.isStatic() ? here.constant(buffer.offset) : slots[buffer.slot];
      Value view = memref::ViewOp::create(b, buffer.alloc.getLoc(), buffer.alloc.getType(),
                                          func.getArguments().back(), offset, buffer.alloc.getDynamicSizes());
      buffer.alloc.replaceAllUsesWith(view);
    }
    // Not before: `here` builds in front of what was the first op.
    for (PlannedBuffer &buffer : plan->buffers)
      buffer.alloc.erase();
    return success();
  }
};

} // namespace
