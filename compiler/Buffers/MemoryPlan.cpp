#include "compiler/Buffers/MemoryPlan.h"
#include "mlir/Dialect/Bufferization/Transforms/BufferViewFlowAnalysis.h"
#include "mlir/Interfaces/DataLayoutInterfaces.h"
#include "mlir/Interfaces/LoopLikeInterface.h"

using namespace mlir;
using namespace rondo;

//===----------------------------------------------------------------------===//
// Lives
//===----------------------------------------------------------------------===//

namespace {

class Lives {
public:
  explicit Lives(func::FuncOp func) : func(func), views(func) { number(func); }

  // The life of an allocation. A use in a loop extends it over the whole loop: the
  // next step may read what this one wrote.
  Life of(memref::AllocOp alloc) const {
    Life life;
    for (Value view : views.resolve(alloc.getResult()))
      for (Operation *user : view.getUsers()) {
        // No access; what a view or a choice gives is resolved, too.
        if (isa<memref::DeallocOp>(user) || (user->getNumRegions() == 0 && isMemoryEffectFree(user)))
          continue;
        Operation *extent = user;
        for (Operation *op = user; op != func; op = op->getParentOp())
          if (isa<LoopLikeOpInterface>(op))
            extent = op;
        Life use = spans.lookup(extent);
        life.begin = std::min(life.begin, use.begin);
        life.end = std::max(life.end, use.end);
      }
    return life;
  }

private:
  // The span of an op covers its regions.
  void number(Operation *op) {
    unsigned begin = next++;
    for (Region &region : op->getRegions())
      for (Operation &inner : region.getOps())
        number(&inner);
    spans[op] = {begin, next++};
  }

  func::FuncOp func;
  BufferViewFlowAnalysis views;
  DenseMap<Operation *, Life> spans;
  unsigned next = 0;
};

} // namespace

//===----------------------------------------------------------------------===//
// Sizes
//===----------------------------------------------------------------------===//

Value Bytes::build(SizeBuilder &at) const {
  Value product = at.constant(factor);
  for (Value size : sizes)
    product = at.make<arith::MulIOp>(product, at.get(size));
  Value up = at.make<arith::AddIOp>(product, at.constant(RONDO_ALIGNMENT - 1));
  return at.make<arith::AndIOp>(up, at.constant(-RONDO_ALIGNMENT));
}

SmallVector<Value> MemoryPlan::slotOffsets(SizeBuilder &at) const {
  SmallVector<Value> offsets{at.constant(staticEnd)};
  for (unsigned slot = 0; slot < numSlots; ++slot) {
    SmallVector<const PlannedBuffer *> sharing;
    for (const PlannedBuffer &buffer : buffers)
      if (!buffer.isStatic() && buffer.slot == slot)
        sharing.push_back(&buffer);
    Value largest;
    for (const PlannedBuffer *buffer : sharing) {
      // Of buffers of the same sizes the one with the largest constant counts.
      if (llvm::any_of(sharing, [&](const PlannedBuffer *other) {
            return other->bytes.sizes == buffer->bytes.sizes &&
                   std::pair(other->bytes.factor, buffer) > std::pair(buffer->bytes.factor, other);
          }))
        continue;
      Value bytes = buffer->bytes.build(at);
      largest = largest ? at.make<arith::MaxUIOp>(largest, bytes) : bytes;
    }
    offsets.push_back(at.make<arith::AddIOp>(offsets.back(), largest));
  }
  return offsets;
}

//===----------------------------------------------------------------------===//
// Places
//===----------------------------------------------------------------------===//

// The largest first, each into the smallest gap that it fits.
void MemoryPlan::placeStatic() {
  SmallVector<PlannedBuffer *> order, placed;
  for (PlannedBuffer &buffer : buffers)
    if (buffer.isStatic())
      order.push_back(&buffer);
  llvm::sort(order, [](PlannedBuffer *a, PlannedBuffer *b) {
    return std::pair(b->bytes.factor, a) < std::pair(a->bytes.factor, b); // ties in program order
  });
  for (PlannedBuffer *buffer : order) {
    int64_t end = start, best = -1, bestGap = INT64_MAX;
    for (PlannedBuffer *other : placed) { // by offset
      if (!other->life.meets(buffer->life))
        continue;
      int64_t gap = other->offset - end;
      if (gap >= buffer->staticBytes() && gap < bestGap) {
        best = end;
        bestGap = gap;
      }
      end = std::max(end, other->offset + other->staticBytes());
    }
    buffer->offset = best >= 0 ? best : end;
    staticEnd = std::max(staticEnd, buffer->offset + buffer->staticBytes());
    auto at = llvm::upper_bound(placed, buffer,
                                [](PlannedBuffer *a, PlannedBuffer *b) { return a->offset < b->offset; });
    placed.insert(at, buffer);
  }
}

// The largest first, as if each size were 256: each into the first slot whose
// buffers all live at other times, one with a buffer of its own sizes preferred.
void MemoryPlan::placeDynamic() {
  auto guess = [](const Bytes &bytes) { return std::ldexp(bytes.factor, 8 * bytes.sizes.size()); };
  SmallVector<PlannedBuffer *> order;
  for (PlannedBuffer &buffer : buffers)
    if (!buffer.isStatic())
      order.push_back(&buffer);
  llvm::sort(order, [&](PlannedBuffer *a, PlannedBuffer *b) {
    return std::pair(guess(b->bytes), a) < std::pair(guess(a->bytes), b); // ties in program order
  });
  SmallVector<SmallVector<PlannedBuffer *>> slots;
  for (PlannedBuffer *buffer : order) {
    auto isFree = [&](ArrayRef<PlannedBuffer *> slot) {
      return llvm::none_of(slot, [&](PlannedBuffer *other) { return other->life.meets(buffer->life); });
    };
    auto isAlike = [&](ArrayRef<PlannedBuffer *> slot) {
      return llvm::any_of(slot,
                          [&](PlannedBuffer *other) { return other->bytes.sizes == buffer->bytes.sizes; });
    };
    auto slot = llvm::find_if(slots, [&](const auto &slot) { return isFree(slot) && isAlike(slot); });
    if (slot == slots.end())
      slot = llvm::find_if(slots, isFree);
    buffer->slot = slot - slots.begin();
    if (slot == slots.end())
      slots.emplace_back();
    slots[buffer->slot].push_back(buffer);
  }
  numSlots = slots.size();
}

FailureOr<MemoryPlan> MemoryPlan::make(func::FuncOp func, SizeBuilder &sizes, int64_t start) {
  MemoryPlan plan;
  plan.start = plan.staticEnd = start;
  Lives lives(func);
  DataLayout layout = DataLayout::closest(func);
  auto add = [&](memref::AllocOp alloc) -> LogicalResult {
    MemRefType type = alloc.getType();
    // One whose size a step finds out has one place for all steps, as large as it can be.
    bool isLate = llvm::any_of(alloc.getDynamicSizes(), [&](Value size) { return !sizes.get(size); });
    if (auto loop = alloc->getParentOfType<LoopLikeOpInterface>(); loop && !isLate) {
      InFlightDiagnostic error = alloc.emitError("memory is allocated in a loop");
      error.attachNote(loop.getLoc()) << "in this loop";
      return error;
    }
    if (!type.getLayout().isIdentity())
      return alloc.emitError("an allocation must be dense and row-major");
    PlannedBuffer &buffer = plan.buffers.emplace_back(PlannedBuffer{alloc, lives.of(alloc), {}});
    buffer.bytes.factor = layout.getTypeSize(type.getElementType()).getFixedValue();
    // So that the sum of all cannot overflow either.
    constexpr int64_t most = int64_t(1) << 50;
    bool fits = true;
    auto grow = [&](int64_t by) {
      fits &= !llvm::MulOverflow(buffer.bytes.factor, by, buffer.bytes.factor) && buffer.bytes.factor <= most;
    };
    for (int64_t size : type.getShape())
      grow(ShapedType::isDynamic(size) ? 1 : size);
    for (Value size : alloc.getDynamicSizes()) {
      Value here = sizes.most(size);
      if (!here)
        return alloc.emitError("the size of a buffer does not come from the sizes of ")
               << func.getName() << "'s arguments, nor is it known how large it can be";
      if (auto constant = getConstantIntValue(here))
        grow(*constant);
      else
        buffer.bytes.sizes.push_back(here);
    }
    if (!fits)
      return alloc.emitError("a value of type ") << type << " is larger than memory can be";
    return success();
  };
  WalkResult walk = func.walk([&](Operation *op) -> WalkResult {
    if (isa<func::CallOp>(op) && llvm::any_of(op->getResultTypes(), llvm::IsaPred<MemRefType>))
      return op->emitError("a call returns a buffer, so that lives of buffers are not known");
    if (auto alloc = dyn_cast<memref::AllocOp>(op))
      return add(alloc);
    return WalkResult::advance();
  });
  if (walk.wasInterrupted())
    return failure();
  plan.placeStatic();
  plan.placeDynamic();
  return plan;
}
