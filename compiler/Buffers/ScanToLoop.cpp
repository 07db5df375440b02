// rondo-scan-to-loop: rondo.scan_into on memrefs becomes scf.for, with `until` scf.while.
//
// Needs what bufferisation leaves: each moved carry is yielded from its own
// destination, a slot, an old value or a slice, behind casts at most. Guarantees
// a loop marked `rondo.time` without allocation or copy of its own, and right
// last values for every number of steps, none included.
//
// A carry is carried as a pointer to its old value. One that is written to its
// own destination has a ring of buffers whose pointers are carried too and
// rotate each step: the destination and one scratch if the value is read for one
// step, begun so that the last step writes the destination; n + 1 scratches if
// it is handed on and read for n steps. With `until` no one knows which step is
// the last: the first one writes the destination, and a copy behind the loop
// brings the value there if it does not lie there.
#include "compiler/Buffers/Passes.h"
#include "dialects/Rondo/IR/RondoDialect.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/PatternMatch.h"

namespace rondo {
#define GEN_PASS_DEF_SCANTOLOOP
#include "compiler/Buffers/Passes.h.inc"
} // namespace rondo

using namespace mlir;
using namespace rondo;

namespace {

MemRefType typeOf(Value buffer) { return cast<MemRefType>(buffer.getType()); }

Value withoutCasts(Value buffer) {
  while (auto cast = buffer.getDefiningOp<memref::CastOp>())
    buffer = cast.getSource();
  return buffer;
}

// Does a cast from one layout to the other only forget?
bool generalizes(MemRefType to, MemRefType from) {
  auto [toStrides, toOffset] = to.getStridesAndOffset();
  auto [fromStrides, fromOffset] = from.getStridesAndOffset();
  auto forgets = [](int64_t to, int64_t from) { return to == from || ShapedType::isDynamic(to); };
  bool dense = to.getLayout().isIdentity() && !from.getLayout().isIdentity();
  return !dense && forgets(toOffset, fromOffset) && llvm::equal(toStrides, fromStrides, forgets);
}

Value castTo(OpBuilder &b, Location loc, Type type, Value value) {
  return value.getType() == type ? value : memref::CastOp::create(b, loc, type, value).getResult();
}

//===----------------------------------------------------------------------===//
// Scratch
//===----------------------------------------------------------------------===//

// A size: axis `axis` of a buffer, or, with a negative axis, the value itself.
struct Size {
  Value value;
  int64_t axis;
};

// Follows a size of a buffer out of scans and through casts, to an allocation
// if it can.
Size traceSize(Value buffer, int64_t axis) {
  while (true) {
    if (auto arg = dyn_cast<BlockArgument>(buffer)) {
      auto scan = dyn_cast<ScanIntoOp>(arg.getOwner()->getParentOp());
      if (!scan)
        return {buffer, axis};
      bool stacked;
      buffer = scan.operandOf(arg, stacked);
      axis += stacked;
    } else if (auto cast = buffer.getDefiningOp<memref::CastOp>()) {
      buffer = cast.getSource();
    } else if (auto alloc = buffer.getDefiningOp<memref::AllocOp>();
               alloc && alloc.getType().isDynamicDim(axis)) {
      return {alloc.getDynamicSizes()[alloc.getType().getDynamicDimIndex(axis)], -1};
    } else {
      return {buffer, axis};
    }
  }
}

// A buffer of the shape of `like`, outside of all loops that its sizes allow.
Value allocateLike(OpBuilder &b, ScanIntoOp scan, Value like) {
  MemRefType type = typeOf(like);
  SmallVector<Size> sizes;
  for (int64_t axis = 0; axis < type.getRank(); ++axis)
    if (type.isDynamicDim(axis))
      sizes.push_back(traceSize(like, axis));
  Operation *at = scan;
  while (auto loop = dyn_cast<LoopLikeOpInterface>(at->getParentOp())) {
    if (!llvm::all_of(sizes, [&](Size size) { return loop.isDefinedOutsideOfLoop(size.value); }))
      break;
    at = loop;
  }
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPoint(at);
  SmallVector<Value> values;
  for (Size size : sizes)
    values.push_back(size.axis < 0
                         ? size.value
                         : memref::DimOp::create(b, scan.getLoc(), size.value, size.axis).getResult());
  auto dense = MemRefType::get(type.getShape(), type.getElementType(), MemRefLayoutAttrInterface(),
                               type.getMemorySpace());
  Value alloc = memref::AllocOp::create(b, scan.getLoc(), dense, values, b.getI64IntegerAttr(64));
  b.setInsertionPoint(scan);
  return castTo(b, scan.getLoc(), type, alloc);
}

// Row `at` of axis 0, without the axis.
Value row(OpBuilder &b, Location loc, Value buffer, Value at, Type want) {
  MemRefType type = typeOf(buffer);
  SmallVector<OpFoldResult> offsets(type.getRank(), b.getIndexAttr(0)),
      strides(type.getRank(), b.getIndexAttr(1));
  SmallVector<OpFoldResult> sizes = memref::getMixedSizes(b, loc, buffer);
  offsets[0] = at;
  sizes[0] = b.getIndexAttr(1);
  if (llvm::is_contained(type.getShape().drop_front(), 0)) { // no place in such an axis passes for one
    SmallVector<Value> dynamic;
    SmallVector<int64_t> shape;
    dispatchIndexOpFoldResults(ArrayRef(sizes).drop_front(), dynamic, shape);
    auto none = MemRefType::get(shape, type.getElementType());
    return castTo(b, loc, want, memref::AllocOp::create(b, loc, none, dynamic));
  }
  // Of several axes of size 1 MLIR may drop another than the first, whose stride is not the same.
  auto whole = memref::SubViewOp::inferResultType(type, offsets, sizes, strides);
  auto [steps, offset] = whole.getStridesAndOffset();
  auto rowType = MemRefType::get(whole.getShape().drop_front(), whole.getElementType(),
                                 StridedLayoutAttr::get(b.getContext(), offset, ArrayRef(steps).drop_front()),
                                 whole.getMemorySpace());
  return castTo(b, loc, want, memref::SubViewOp::create(b, loc, rowType, buffer, offsets, sizes, strides));
}

//===----------------------------------------------------------------------===//
// Carries
//===----------------------------------------------------------------------===//

// One moved carry.
struct Carry {
  enum Home { Next, View, Old } home; // its own destination, a slot or a slice, an old value
  unsigned from = 0;                  // whose old value
  unsigned steps = 1;                 // for how many steps a value is read
  unsigned firstBuffer = 0;           // its ring among the values that the loop carries
  unsigned numBuffers = 0;
  bool inPlace = false; // start and destination are one buffer
  bool wanted = true;   // does anyone read the destination?

  // Do the steps write the destination in turns with one scratch?
  bool alternates() const { return home == Next && steps == 1; }
};

LogicalResult findHomes(ScanIntoOp scan, SmallVectorImpl<Carry> &carries) {
  auto yield = cast<YieldOp>(scan.getBody().front().getTerminator());
  unsigned n = scan.numMoved(), firstOld = 1 + scan.getIns().size();
  unsigned firstSlot = firstOld + 2 * n + scan.getUpdates().size();
  for (auto [k, value] : llvm::enumerate(yield.getValues().take_front(n))) {
    auto arg = dyn_cast<BlockArgument>(withoutCasts(value));
    unsigned i = arg && arg.getOwner() == yield->getBlock() ? arg.getArgNumber() : 0;
    Carry &carry = carries.emplace_back();
    if (i == firstOld + n + k) {
      carry.home = Carry::Next;
    } else if ((i >= 1 && i < firstOld) || i >= firstSlot) {
      carry.home = Carry::View;
    } else if (i >= firstOld && i < firstOld + n) {
      carry.home = Carry::Old;
      carry.from = i - firstOld;
    } else {
      return yield.emitOpError("carry ")
             << k << " lies neither in its destination nor in a slot, a slice or an old "
             << "value";
    }
    if (!generalizes(typeOf(scan.olds()[k]), typeOf(value)))
      return yield.emitOpError("carry ")
             << k << " has type " << value.getType() << ", which does not fit its old "
             << "value's, " << scan.olds()[k].getType();
    Value next = withoutCasts(scan.getNexts()[k]), start = withoutCasts(scan.getStarts()[k]);
    carry.inPlace = next == start;
    // The destination of a value that nobody wants is an allocation for this scan alone.
    carry.wanted =
        !next.getDefiningOp<memref::AllocOp>() || llvm::any_of(next.getUsers(), [&](Operation *user) {
          if (auto cast = dyn_cast<memref::CastOp>(user))
            return llvm::any_of(cast->getUsers(), [&](Operation *other) { return other != scan; });
          return user != scan;
        });
  }
  // A value is read one step longer by each carry that it is handed on to. Sources
  // of values are never handed on to, so this ends.
  std::function<unsigned(unsigned)> stepsRead = [&](unsigned k) {
    unsigned longest = 0;
    for (unsigned j = 0; j < n; ++j)
      if (carries[j].home == Carry::Old && carries[j].from == k && j != k)
        longest = std::max(longest, stepsRead(j));
    return longest + 1;
  };
  for (unsigned k = 0; k < n; ++k)
    if (carries[k].home == Carry::Next)
      carries[k].steps = stepsRead(k);
  return success();
}

// Appends the ring of carry `k` to what the loop carries. `odd` says whether the number of steps is; null
// with `until`.
void makeRing(OpBuilder &b, ScanIntoOp scan, unsigned k, Carry &carry, Value odd,
              SmallVectorImpl<Value> &carried) {
  Value dest = scan.getNexts()[k];
  carry.firstBuffer = carried.size();
  carry.numBuffers = carry.steps + 1;
  if (!carry.alternates()) {
    for (unsigned i = 0; i < carry.numBuffers; ++i)
      carried.push_back(allocateLike(b, scan, dest));
    return;
  }
  Value other = allocateLike(b, scan, dest);
  // In place the first step reads the destination, so it writes the other.
  if (carry.inPlace) {
    carried.append({other, dest});
    return;
  }
  if (!odd) {
    carried.append({dest, other});
    return;
  }
  carried.push_back(arith::SelectOp::create(b, scan.getLoc(), odd, dest, other));
  carried.push_back(arith::SelectOp::create(b, scan.getLoc(), odd, other, dest));
}

//===----------------------------------------------------------------------===//
// The loop
//===----------------------------------------------------------------------===//

// The number of a step, or of steps, as a parity.
Value isOdd(OpBuilder &b, Location loc, Value number) {
  return arith::TruncIOp::create(b, loc, b.getI1Type(),
                                 arith::IndexCastOp::create(b, loc, b.getI64Type(), number));
}

// Either loop.
struct Loop {
  Operation *op;
  Block *body;                         // still without a terminator
  Value step;                          // in the body
  SmallVector<Value> carried, results; // in the body, behind the loop
  Value done;                          // the number of steps, behind the loop
};

Loop makeFor(OpBuilder &b, Location loc, Value steps, ArrayRef<Value> carried) {
  Value zero = arith::ConstantIndexOp::create(b, loc, 0), one = arith::ConstantIndexOp::create(b, loc, 1);
  auto loop = scf::ForOp::create(b, loc, zero, steps, one, carried);
  if (!loop.getBody()->empty())
    loop.getBody()->getTerminator()->erase();
  return {loop,
          loop.getBody(),
          loop.getInductionVar(),
          llvm::to_vector_of<Value>(loop.getRegionIterArgs()),
          llvm::to_vector_of<Value>(loop.getResults()),
          steps};
}

// %done, ... = scf.while (%t = 0, %stop = false, ...) { condition(not %stop and %t < steps) } do { body }
Loop makeWhile(OpBuilder &b, Location loc, Value steps, ArrayRef<Value> carried) {
  Value zero = arith::ConstantIndexOp::create(b, loc, 0);
  Value go = arith::ConstantIntOp::create(b, loc, b.getI1Type(), 0);
  SmallVector<Value> inits = {go, zero};
  inits.append(carried.begin(), carried.end());
  SmallVector<Type> types = llvm::to_vector(ValueRange(inits).getTypes());
  SmallVector<Location> locs(types.size(), loc);
  auto loop = scf::WhileOp::create(b, loc, ArrayRef(types).drop_front(), inits);
  OpBuilder::InsertionGuard guard(b);
  Block *test = b.createBlock(&loop.getBefore(), {}, types, locs);
  Value more = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ult, test->getArgument(1), steps);
  Value stays = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, test->getArgument(0), go);
  scf::ConditionOp::create(b, loc, arith::AndIOp::create(b, loc, more, stays),
                           test->getArguments().drop_front());
  Block *body =
      b.createBlock(&loop.getAfter(), {}, ArrayRef(types).drop_front(), ArrayRef(locs).drop_front());
  return {loop,
          body,
          body->getArgument(0),
          llvm::to_vector_of<Value>(body->getArguments().drop_front()),
          llvm::to_vector_of<Value>(loop.getResults().drop_front()),
          loop.getResult(0)};
}

// Brings last values that do not lie in their destinations there. `odd` says whether the number of steps is;
// null with `until`.
void finish(OpBuilder &b, ScanIntoOp scan, const Loop &loop, ArrayRef<Carry> carries, Value odd) {
  Location loc = scan.getLoc();
  Value zero = arith::ConstantIndexOp::create(b, loc, 0);
  Value none = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, loop.done, zero), even;
  if (!odd) {
    odd = isOdd(b, loc, loop.done);
    even = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, odd,
                                 arith::ConstantIntOp::create(b, loc, b.getI1Type(), 0));
  }
  for (auto [k, carry] : llvm::enumerate(carries)) {
    Value dest = scan.getNexts()[k];
    if (!carry.wanted)
      continue;
    if (!carry.alternates()) {
      memref::CopyOp::create(b, loc, loop.results[k], dest);
      continue;
    }
    // With no step the first value is the last. In place, with an odd number of steps, the last value lies in
    // the other buffer; with `until`, with an even one.
    Value elsewhere = carry.inPlace ? odd : even ? even : none;
    auto ifOp = scf::IfOp::create(b, loc, elsewhere, /*withElseRegion=*/false);
    OpBuilder then = ifOp.getThenBodyBuilder();
    Value source = elsewhere == none ? scan.getStarts()[k] : loop.results[k];
    memref::CopyOp::create(then, loc, source, dest);
  }
  if (Value count = scan.getCount()) {
    Value done = arith::IndexCastOp::create(b, loc, b.getI64Type(), loop.done);
    memref::StoreOp::create(b, loc, done, count, ValueRange());
  }
}

LogicalResult lower(ScanIntoOp scan) {
  SmallVector<Carry> carries;
  if (failed(findHomes(scan, carries)))
    return failure();

  IRRewriter b(scan);
  Location loc = scan.getLoc();
  Value steps = scan.getSteps();
  SmallVector<Value> carried;
  for (auto [start, old] : llvm::zip_equal(scan.getStarts(), scan.olds()))
    carried.push_back(castTo(b, loc, old.getType(), start));
  Value odd = scan.getUntil() ? Value() : isOdd(b, loc, steps);
  for (auto [k, carry] : llvm::enumerate(carries))
    if (carry.home == Carry::Next)
      makeRing(b, scan, k, carry, odd, carried);

  Loop loop = scan.getUntil() ? makeWhile(b, loc, steps, carried) : makeFor(b, loc, steps, carried);
  loop.op->setDiscardableAttrs(scan->getDiscardableAttrDictionary());
  loop.op->setAttr("rondo.time", b.getUnitAttr());
  b.setInsertionPointToStart(loop.body);
  Value one = arith::ConstantIndexOp::create(b, loc, 1), t = loop.step;
  if (scan.getReverse())
    t = arith::SubIOp::create(b, loc, arith::SubIOp::create(b, loc, steps, one), t);

  // Body arguments, in their order.
  SmallVector<Value> args{t};
  for (auto [arg, in] : llvm::zip_equal(scan.slices(), scan.getIns()))
    args.push_back(row(b, arg.getLoc(), in, t, arg.getType()));
  for (auto [old, carried] : llvm::zip(scan.olds(), loop.carried))
    carried.setLoc(old.getLoc()); // its name
  llvm::append_range(args, ArrayRef(loop.carried).take_front(carries.size()));
  for (auto [k, arg] : llvm::enumerate(scan.nextArgs())) {
    bool ring = carries[k].home == Carry::Next;
    Value next = ring ? loop.carried[carries[k].firstBuffer] : scan.getNexts()[k];
    args.push_back(castTo(b, loc, arg.getType(), next));
  }
  for (auto [arg, update] : llvm::zip_equal(scan.updateArgs(), scan.getUpdates()))
    args.push_back(castTo(b, loc, arg.getType(), update));
  for (auto [arg, stack] : llvm::zip_equal(scan.slots(), scan.getStacks()))
    args.push_back(row(b, loc, stack, t, arg.getType()));
  Value condition = scan.condition();
  b.mergeBlocks(&scan.getBody().front(), loop.body, args);

  auto yield = cast<YieldOp>(loop.body->getTerminator());
  b.setInsertionPoint(yield);
  SmallVector<Value> yielded;
  if (condition)
    yielded = {condition, arith::AddIOp::create(b, loc, loop.step, one)};
  for (auto [value, old] : llvm::zip(yield.getValues().take_front(carries.size()), loop.carried))
    yielded.push_back(castTo(b, loc, old.getType(), value));
  for (const Carry &carry : carries)
    for (unsigned i = 0; i < carry.numBuffers; ++i)
      yielded.push_back(loop.carried[carry.firstBuffer + (i + 1) % carry.numBuffers]);
  b.replaceOpWithNewOp<scf::YieldOp>(yield, yielded);

  b.setInsertionPointAfter(loop.op);
  finish(b, scan, loop, carries, odd);
  b.eraseOp(scan);
  return success();
}

struct ScanToLoop : rondo::impl::ScanToLoopBase<ScanToLoop> {
  void runOnOperation() override {
    SmallVector<ScanIntoOp> scans; // inner before outer: sizes are traced through scans
    getOperation().walk([&](ScanIntoOp scan) { scans.push_back(scan); });
    for (ScanIntoOp scan : scans)
      if (failed(lower(scan)))
        return signalPassFailure();
  }
};

} // namespace
