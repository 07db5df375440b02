// rondo-plan-memory: one arena for all temporaries of an entry point.
//
// Needs memrefs, with allocations outside of loops whose sizes come from the
// function's index arguments, and calls that return no memref. Guarantees
// functions without memref.alloc and memref.dealloc; a last argument `memref<?xi8>
// {rondo.scratch}` of entry points and of @prepare; and `@NAME.scratch(indices)
// -> index`, the arena's bytes. Sizes of arguments become what `rondo.shapes`
// computes.
//
// A layer has an arena too, if it needs one. It is a buffer of its callers while it
// runs, or the loop that calls it: layers that run one after the other share it. What a layer checks goes
// into the entry point's status word, a `memref<i32> {rondo.status}` before the arena. Declines allocations
// in other functions that are called.
#include "compiler/Buffers/MemoryPlan.h"
#include "compiler/Buffers/Passes.h"
#include "dialects/Rondo/IR/RondoDialect.h"
#include "mlir/IR/Matchers.h"

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
func::FuncOp addCompanion(func::FuncOp func, const MemoryPlan &plan, unsigned numIndices) {
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
    bytes = at.builder().createOrFold<arith::SelectOp>(func.getLoc(), fits, bytes, at.constant(beyondMemory));
  func::ReturnOp::create(at.builder(), func.getLoc(), bytes);
  func->setAttr("rondo.scratch_size", FlatSymbolRefAttr::get(companion.getNameAttr()));
  return companion;
}

Value addArgument(func::FuncOp func, Type type, StringRef mark) {
  Builder b(func.getContext());
  auto attrs = b.getDictionaryAttr(b.getNamedAttr(mark, b.getUnitAttr()));
  (void)func.insertArgument(func.getNumArguments(), type, attrs, func.getLoc());
  return func.getArguments().back();
}

Value addArena(func::FuncOp func) {
  Type byte = IntegerType::get(func.getContext(), 8);
  return addArgument(func, MemRefType::get({ShapedType::kDynamic}, byte), "rondo.scratch");
}

Value argumentWith(func::FuncOp func, StringRef mark) {
  for (BlockArgument arg : func.getArguments())
    if (func.getArgAttr(arg.getArgNumber(), mark))
      return arg;
  return {};
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
    SymbolTable table(getOperation());
    symbols = &table;
    planned.clear();
    for (auto func : llvm::to_vector(getOperation().getOps<func::FuncOp>()))
      if (!func.isExternal() && failed(visit(func)))
        return signalPassFailure();
  }

  // Those that it calls first: their arenas are among its buffers.
  LogicalResult visit(func::FuncOp func) {
    if (!planned.insert(func).second)
      return success();
    SmallVector<func::CallOp> calls;
    func.walk([&](func::CallOp call) { calls.push_back(call); });
    bool isLayer = takesDestinations(func) && func.isPrivate() && !func->hasAttr(attrs::entry);
    bool checks = func.walk([](CheckOp) { return WalkResult::interrupt(); }).wasInterrupted();
    for (func::CallOp call : calls)
      if (auto callee = symbols->lookup<func::FuncOp>(call.getCallee()); callee && !callee.isExternal()) {
        if (failed(visit(callee)))
          return failure();
        checks |= bool(argumentWith(callee, "rondo.status"));
      }
    if (!takesDestinations(func))
      return decline(func);
    if (isLayer && checks)
      addArgument(func, MemRefType::get({}, IntegerType::get(func.getContext(), 32)), "rondo.status");
    for (func::CallOp call : calls)
      allocateArena(call);
    if (failed(plan(func, isLayer)))
      return failure();
    for (func::CallOp call : calls)
      handStatus(func, call);
    return success();
  }

  // A buffer for the arena of a function that is called.
  void allocateArena(func::CallOp call) {
    auto callee = symbols->lookup<func::FuncOp>(call.getCallee());
    auto scratch = callee ? callee->getAttrOfType<FlatSymbolRefAttr>("rondo.scratch_size") : nullptr;
    if (!scratch)
      return;
    auto size = symbols->lookup<func::FuncOp>(scratch.getAttr());
    ValueRange dims = call.getOperands().take_front(size.getNumArguments());
    // One for all steps.
    Operation *at = call;
    while (auto loop = at->getParentOfType<LoopLikeOpInterface>())
      if (llvm::all_of(dims, [&](Value dim) { return loop.isDefinedOutsideOfLoop(dim); }))
        at = loop;
      else
        break;
    OpBuilder b(at);
    Type byte = b.getI8Type();
    APInt constant;
    Value arena;
    if (matchPattern(size.front().getTerminator()->getOperand(0), m_ConstantInt(&constant))) {
      auto type = MemRefType::get({constant.getSExtValue()}, byte);
      arena = memref::AllocOp::create(b, call.getLoc(), type);
      arena = memref::CastOp::create(b, call.getLoc(), MemRefType::get({ShapedType::kDynamic}, byte), arena);
    } else {
      // Calls with the same sizes need the same; the one asked for first stands before the others.
      func::CallOp known;
      for (auto other : at->getBlock()->getOps<func::CallOp>())
        if (other.getCallee() == size.getName() && llvm::equal(other.getOperands(), dims))
          known = other;
      if (!known)
        known = func::CallOp::create(b, call.getLoc(), size, dims);
      arena = memref::AllocOp::create(b, call.getLoc(), MemRefType::get({ShapedType::kDynamic}, byte),
                                      known.getResults());
    }
    call->insertOperands(call.getNumOperands(), arena);
  }

  // The status word comes before the arena.
  void handStatus(func::FuncOp func, func::CallOp call) {
    auto callee = symbols->lookup<func::FuncOp>(call.getCallee());
    if (!callee || callee.isExternal() || !argumentWith(callee, "rondo.status"))
      return;
    Value status = argumentWith(func, "rondo.status");
    if (!status) {
      OpBuilder b = OpBuilder::atBlockBegin(&func.front());
      Value zero = arith::ConstantIndexOp::create(b, func.getLoc(), 0);
      status = memref::ViewOp::create(b, func.getLoc(), MemRefType::get({}, b.getI32Type()),
                                      func.getArguments().back(), zero, ValueRange());
    }
    bool hasArena = callee->hasAttr("rondo.scratch_size");
    call->insertOperands(call.getNumOperands() - hasArena, status);
  }

  LogicalResult plan(func::FuncOp func, bool isLayer) {
    SmallVector<Value> indices;
    llvm::copy_if(func.getArguments(), std::back_inserter(indices),
                  [](Value arg) { return arg.getType().isIndex(); });
    SizeBuilder here(func, &func.getBody().front(), indices);
    func.walk([&](memref::DimOp dim) {
      if (Value size = here.get(dim))
        dim.getResult().replaceAllUsesWith(size);
    });
    FailureOr<MemoryPlan> plan = MemoryPlan::make(func, here, isLayer ? 0 : RONDO_STATUS_BYTES);
    if (failed(plan))
      return failure();
    if (explain)
      explainPlan(func, *plan);
    if (isLayer && plan->buffers.empty()) {
      func.walk([](memref::DeallocOp dealloc) { dealloc.erase(); });
      return success();
    }
    Value arena = addArena(func);

    SmallVector<Value> slots = plan->slotOffsets(here);
    symbols->insert(addCompanion(func, *plan, indices.size()));
    func.walk([](memref::DeallocOp dealloc) { dealloc.erase(); });
    for (PlannedBuffer &buffer : plan->buffers) {
      OpBuilder b(buffer.alloc);
      Value offset = buffer.isStatic() ? here.constant(buffer.offset) : slots[buffer.slot];
      Value view = memref::ViewOp::create(b, buffer.alloc.getLoc(), buffer.alloc.getType(), arena, offset,
                                          buffer.alloc.getDynamicSizes());
      buffer.alloc.replaceAllUsesWith(view);
    }
    // Not before: `here` builds in front of what was the first op.
    for (PlannedBuffer &buffer : plan->buffers)
      buffer.alloc.erase();
    return success();
  }

  SymbolTable *symbols = nullptr;
  DenseSet<Operation *> planned;
};

} // namespace
