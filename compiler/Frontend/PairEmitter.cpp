// Regions of an attention: see PairEmitter.h.
#include "compiler/Frontend/PairEmitter.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;

namespace rondo::sema {

Size LogitSizes::batch() const {
  Size product(1);
  for (const Size &size : lead)
    product = product * size;
  return product;
}

Shape LogitSizes::shape() const {
  Shape all = lead;
  all.append({heads, queries, keys});
  return all;
}

//===----------------------------------------------------------------------===//
// The region
//===----------------------------------------------------------------------===//

PairEmitter::PairEmitter(FunctionEmitter &f, StringRef what, const LogitSizes &sizes,
                         std::optional<DType> logit)
    : f(f), what(what), sizes(sizes) {
  region.emplaceBlock();
  auto add = [&](DType dtype) {
    mlir::Value argument = body().addArgument(f.type(dtype, {}), f.loc);
    arguments.push_back({argument, dtype, {}});
  };
  if (logit)
    add(*logit);
  for (const Size &size : {sizes.batch(), sizes.heads, sizes.queries, sizes.keys}) {
    add(DType::I64);
    bound(arguments.back(), Size(0), size - Size(1));
  }
}

PairEmitter::Visit::Visit(PairEmitter &pairs)
    : pairs(pairs), outer(pairs.f.pairs), outside(pairs.f.builder.saveInsertionPoint()),
      liveRows(pairs.f.liveRows) {
  FunctionEmitter &f = pairs.f;
  f.pairs = &pairs;
  f.builder.setInsertionPointToEnd(&pairs.body());
  if (!liveRows || liveRows->rank() == 0)
    return;
  // Of the pair's row if the leading axis is that of the rows, else as long as one row lives.
  ArrayRef<Size> lead = pairs.sizes.lead;
  if (lead.empty() || !f.facts.equal(lead[0], liveRows->shape[0])) {
    f.liveRows = reduce(f, ReduceKind::Any, *liveRows, {0});
    return;
  }
  Tensor row = *(pairs.arguments.end() - 4);
  Size each(1);
  for (const Size &size : lead.drop_front())
    each = each * size;
  if (!each.isConstant(1))
    row = arithmetic(f, Arithmetic::FloorDiv, row, sizeTensor(f, each));
  pairs.bound(row, Size(0), lead[0] - Size(1));
  f.liveRows = pairs.read(*liveRows, row, 0, "");
}

PairEmitter::Visit::~Visit() {
  pairs.f.builder.restoreInsertionPoint(outside);
  pairs.f.pairs = outer;
  pairs.f.liveRows = liveRows;
}

void PairEmitter::bound(const Tensor &index, const Size &least, const Size &most) {
  known[index.value] = {{least}, {most}};
}

Tensor PairEmitter::read(const Tensor &x, const Tensor &index, int64_t axis, StringRef message) {
  const Size &n = x.shape[axis];
  Tensor place = index;
  CheckOp check;
  if (!isInside(index.value, n)) {
    // An empty axis has no element that a clamped index could name. Without pairs nothing is read.
    SmallVector<Size, 2> loops = f.loops;
    f.loops.append({sizes.batch(), sizes.heads, sizes.queries, sizes.keys});
    f.requireNonNegative(n - Size(1), message);
    f.loops = loops;
    check = checkIndices(f, index, n, message);
    Tensor last = sizeTensor(f, n - Size(1));
    place =
        arithmetic(f, Arithmetic::Max, arithmetic(f, Arithmetic::Min, place, last), filledLike(f, 0, place));
  }
  mlir::Value number = f.create<tensor::ExtractOp>(place.value, ValueRange{});
  SmallVector<OpFoldResult> offsets(x.rank(), f.builder.getIndexAttr(0)),
      steps(x.rank(), f.builder.getIndexAttr(1));
  offsets[axis] = mlir::Value(f.create<arith::IndexCastOp>(f.builder.getIndexType(), number));
  Shape lengths = x.shape, shape = x.shape;
  lengths[axis] = Size(1);
  shape.erase(shape.begin() + axis);
  mlir::Value value = f.extractSlice(x.dtype, shape, x.value, offsets, f.mixedSizes(lengths), steps);
  if (check)
    reads.push_back({check, value.getDefiningOp()});
  return {value, x.dtype, shape};
}

void PairEmitter::yield(const Tensor &result) {
  if (what == "mask")
    guardChecks(result.value);
  f.create<AttentionYieldOp>(result.value);
  update();
}

//===----------------------------------------------------------------------===//
// What depends on indices
//===----------------------------------------------------------------------===//

// Looks at what was emitted since the last time.
void PairEmitter::update() {
  auto isVarying = [&](mlir::Value value) {
    return value.getParentBlock() == &body() &&
           (isa<BlockArgument>(value) || varying.contains(value.getDefiningOp()));
  };
  auto now = last ? std::next(last->getIterator()) : body().begin();
  for (; now != body().end(); ++now) {
    last = &*now;
    ++size;
    bool depends = last->walk([&](Operation *op) {
                         return llvm::any_of(op->getOperands(), isVarying) ? WalkResult::interrupt()
                                                                           : WalkResult::advance();
                       })
                       .wasInterrupted();
    if (depends)
      varying.insert(last);
    if (depends || !isMemoryEffectFree(last))
      refused |= !AttentionOp::canBecomeScalar(*last);
  }
}

bool PairEmitter::varies(mlir::Value value) {
  update();
  if (value.getParentBlock() != &body())
    return false;
  return isa<BlockArgument>(value) || varying.contains(value.getDefiningOp());
}

bool PairEmitter::takeRefused() {
  update();
  return std::exchange(refused, false);
}

void PairEmitter::hoist() {
  Block *outside = f.builder.getInsertionBlock();
  for (Operation &op : llvm::make_early_inc_range(body().without_terminator()))
    if (!varying.contains(&op) && isMemoryEffectFree(&op))
      op.moveBefore(outside, f.builder.getInsertionPoint());
}

//===----------------------------------------------------------------------===//
// Bounds of indices
//===----------------------------------------------------------------------===//

// Whether arithmetic on such sizes cannot leave i64: few dimensions, small factors.
static bool isTame(const Size &size) {
  return !size.isTooLarge() && size.getTerms().size() <= 8 &&
         llvm::all_of(size.getTerms(), [](const Size::Term &term) {
           if (term.atoms.empty())
             return std::abs(term.coefficient) <= int64_t(1) << 40;
           bool isDimension = term.atoms[0]->kind == SizeAtom::Dim || term.atoms[0]->kind == SizeAtom::Hyper;
           return term.atoms.size() == 1 && isDimension && std::abs(term.coefficient) <= 256;
         });
}

static std::optional<int64_t> integerOf(mlir::Value value) {
  APInt number;
  if (!matchPattern(value, m_ConstantInt(&number)))
    return std::nullopt;
  return number.getSExtValue();
}

// All pairs of two lists; what may overflow is dropped.
static SmallVector<Size, 2> pairwise(ArrayRef<Size> a, ArrayRef<Size> b,
                                     llvm::function_ref<Size(const Size &, const Size &)> combine) {
  SmallVector<Size, 2> all;
  for (const Size &x : a)
    for (const Size &y : b)
      if (Size size = combine(x, y); isTame(size) && all.size() < 8 && !llvm::is_contained(all, size))
        all.push_back(size);
  return all;
}

PairEmitter::Bounds PairEmitter::boundsOf(mlir::Value value, unsigned depth) {
  if (auto given = known.find(value); given != known.end())
    return given->second;
  Bounds found = depth < 32 ? boundsOfResult(value, depth) : Bounds();
  return known[value] = found;
}

PairEmitter::Bounds PairEmitter::boundsOfResult(mlir::Value value, unsigned depth) {
  Operation *op = value.getDefiningOp();
  if (!op)
    return {};
  if (std::optional<int64_t> number = integerOf(value); number && isTame(Size(*number)))
    return {{Size(*number)}, {Size(*number)}};
  if (auto made = dyn_cast<tensor::FromElementsOp>(op)) {
    auto cast = made.getElements()[0].getDefiningOp<arith::IndexCastOp>();
    std::optional<Size> size = cast ? f.sizeOf(cast.getIn()) : std::nullopt;
    return size && isTame(*size) ? Bounds{{*size}, {*size}} : Bounds{};
  }
  if (auto select = dyn_cast<arith::SelectOp>(op))
    return boundsOfChoice(select, depth);
  if (auto extend = dyn_cast<arith::ExtUIOp>(op))
    return getElementTypeOrSelf(extend.getIn()).isInteger(1) ? Bounds{{Size(0)}, {Size(1)}} : Bounds{};
  if (!isa<arith::AddIOp, arith::SubIOp, arith::MulIOp, arith::MinSIOp, arith::MaxSIOp, arith::FloorDivSIOp>(
          op))
    return {};

  Bounds a = boundsOf(op->getOperand(0), depth + 1), b = boundsOf(op->getOperand(1), depth + 1);
  auto add = [](const Size &x, const Size &y) { return x + y; };
  auto subtract = [](const Size &x, const Size &y) { return x - y; };
  auto min = [&](const Size &x, const Size &y) { return f.sizes.min(x, y); };
  auto max = [&](const Size &x, const Size &y) { return f.sizes.max(x, y); };
  if (isa<arith::AddIOp>(op))
    return {pairwise(a.least, b.least, add), pairwise(a.most, b.most, add)};
  if (isa<arith::SubIOp>(op))
    return {pairwise(a.least, b.most, subtract), pairwise(a.most, b.least, subtract)};
  if (isa<arith::MinSIOp>(op)) { // no more than either
    Bounds both{pairwise(a.least, b.least, min), a.most};
    both.most.append(b.most);
    return both;
  }
  if (isa<arith::MaxSIOp>(op)) {
    Bounds both{a.least, pairwise(a.most, b.most, max)};
    both.least.append(b.least);
    return both;
  }
  std::optional<int64_t> factor = integerOf(op->getOperand(1));
  if (isa<arith::FloorDivSIOp>(op)) {
    auto divide = [&](const Size &x, const Size &y) { return f.sizes.floorDiv(x, y); };
    return factor && *factor > 0
               ? Bounds{pairwise(a.least, {Size(*factor)}, divide), pairwise(a.most, {Size(*factor)}, divide)}
               : Bounds{};
  }
  if (!factor && (factor = integerOf(op->getOperand(0))))
    std::swap(a, b);
  if (!factor)
    return {};
  auto times = [](const Size &x, const Size &y) { return x * y; };
  Bounds product{pairwise(a.least, {Size(*factor)}, times), pairwise(a.most, {Size(*factor)}, times)};
  if (*factor < 0)
    std::swap(product.least, product.most);
  return product;
}

// Choices: a remainder, an absolute value, `where`.
PairEmitter::Bounds PairEmitter::boundsOfChoice(arith::SelectOp select, unsigned depth) {
  mlir::Value yes = select.getTrueValue(), no = select.getFalseValue();
  if (auto rest = no.getDefiningOp<arith::RemSIOp>())
    if (auto moved = yes.getDefiningOp<arith::AddIOp>();
        moved && moved.getLhs() == no && moved.getRhs() == rest.getRhs())
      if (std::optional<int64_t> divisor = integerOf(rest.getRhs()); divisor && *divisor > 0)
        return {{Size(0)}, {Size(*divisor - 1)}};

  Bounds a = boundsOf(yes, depth + 1), b = boundsOf(no, depth + 1);
  auto min = [&](const Size &x, const Size &y) { return f.sizes.min(x, y); };
  auto max = [&](const Size &x, const Size &y) { return f.sizes.max(x, y); };
  Bounds either{pairwise(a.least, b.least, min), pairwise(a.most, b.most, max)};
  auto negated = yes.getDefiningOp<arith::SubIOp>();
  auto isNegative = select.getCondition().getDefiningOp<arith::CmpIOp>();
  if (negated && isNegative && negated.getRhs() == no && integerOf(negated.getLhs()) == 0 &&
      isNegative.getPredicate() == arith::CmpIPredicate::slt && isNegative.getLhs() == no &&
      integerOf(isNegative.getRhs()) == 0)
    either.least = {Size(0)};
  return either;
}

bool PairEmitter::isInside(mlir::Value index, const Size &n) {
  Bounds bounds = boundsOf(index);
  auto fits = [&](const Size &room) { return isNonNegative(room) || isNonNegative(f.facts.normalize(room)); };
  return llvm::any_of(bounds.least, fits) &&
         llvm::any_of(bounds.most, [&](const Size &most) { return fits(n - Size(1) - most); });
}

//===----------------------------------------------------------------------===//
// Checks in a mask
//===----------------------------------------------------------------------===//

namespace {
/// The ways of the values of a block to one of them, `root`.
class Ways {
public:
  static constexpr size_t none = ~size_t(0);

  Ways(Block &block, mlir::Value root) {
    for (Operation &op : block) {
      places[&op] = ops.size();
      ops.push_back(&op);
    }
    size_t end = placeOf(root);
    users.resize(ops.size());
    next.assign(ops.size(), none);
    depth.assign(ops.size(), 0);
    for (size_t place = ops.size(); place-- > 0;) {
      if (place != end && users[place].empty())
        continue;
      if (place != end) {
        next[place] = users[place].front();
        for (size_t user : users[place])
          next[place] = meet(next[place], user);
        depth[place] = depth[next[place]] + 1;
      }
      for (mlir::Value operand : ops[place]->getOperands())
        if (size_t from = placeOf(operand); from != none && from != end)
          users[from].push_back(place);
    }
  }

  size_t placeOf(mlir::Value value) const {
    auto found = places.find(value.getDefiningOp());
    return found == places.end() ? none : found->second;
  }

  std::vector<Operation *> ops;
  std::vector<SmallVector<size_t, 2>> users; // that lead to the root
  /// The first operation that every way goes through; none at the root, and where no way begins.
  std::vector<size_t> next;

private:
  size_t meet(size_t a, size_t b) const {
    while (a != b) {
      if (depth[a] < depth[b])
        std::swap(a, b);
      a = next[a];
    }
    return a;
  }

  llvm::DenseMap<Operation *, size_t> places;
  std::vector<size_t> depth;
};
} // namespace

// A check counts where the visibility of the pair hangs on what was read: where, of each `and` that every way
// from there goes through, the other side is true, and of each `or` false. So it does not matter in which
// order a mask is written, nor which parts of it become bounds of loops.
void PairEmitter::guardChecks(mlir::Value root) {
  if (reads.empty())
    return;
  Ways ways(body(), root);
  // Where each value counts; null: everywhere.
  std::vector<std::optional<mlir::Value>> guards(ways.ops.size());
  auto guardOf = [&](size_t place) {
    SmallVector<size_t> path;
    for (; !guards[place] && ways.next[place] != Ways::none; place = ways.next[place])
      path.push_back(place);
    if (!guards[place])
      guards[place] = mlir::Value();
    for (size_t at : llvm::reverse(path)) {
      Operation *gate = ways.ops[ways.next[at]];
      mlir::Value guard = *guards[ways.next[at]];
      bool isGate = isa<arith::AndIOp, arith::OrIOp>(gate) &&
                    getElementTypeOrSelf(gate->getResult(0)).isInteger(1) && ways.users[at].size() == 1;
      if (isGate) {
        bool isLeft = gate->getOperand(0).getDefiningOp() == ways.ops[at];
        Tensor decides{gate->getOperand(isLeft ? 1 : 0), DType::Bool, {}};
        if (isa<arith::OrIOp>(gate))
          decides = logicalNot(f, decides);
        guard = guard ? logicalAnd(f, {guard, DType::Bool, {}}, decides).value : decides.value;
      }
      guards[at] = guard;
    }
    return *guards[path.empty() ? place : path.front()];
  };
  for (Read &read : reads) {
    if (mlir::Value guard = guardOf(ways.placeOf(read.element->getResult(0)))) {
      Tensor ok{read.check.getOk(), DType::Bool, {}};
      ok = logicalOr(f, ok, logicalNot(f, {guard, DType::Bool, {}}));
      read.check.getOkMutable().assign(ok.value);
    }
    read.check->moveBefore(&body(), body().end());
  }
}

//===----------------------------------------------------------------------===//
// Captures
//===----------------------------------------------------------------------===//

// Numbers are made anew where they are used.
static bool isNumber(Operation *op) {
  if (auto made = dyn_cast<tensor::FromElementsOp>(op))
    return made.getType().getRank() == 0;
  auto type = dyn_cast<RankedTensorType>(op->getResult(0).getType());
  return matchPattern(op, m_Constant()) && (!type || type.getRank() == 0);
}

// As mlir::getUsedValuesDefinedAbove and replaceAllUsesInRegionWith, which need a region around every block:
// the body of a scan gets its own only when it is complete.
static void replaceWithin(Region &region, mlir::Value value, mlir::Value by) {
  value.replaceUsesWithIf(by, [&](OpOperand &use) {
    return region.findAncestorBlockInRegion(*use.getOwner()->getBlock()) != nullptr;
  });
}

static llvm::SetVector<mlir::Value> usedFromAbove(Region &region) {
  llvm::SetVector<mlir::Value> used;
  region.walk([&](Operation *op) {
    for (mlir::Value operand : op->getOperands())
      if (!region.findAncestorBlockInRegion(*operand.getParentBlock()))
        used.insert(operand);
  });
  return used;
}

void capture(AttentionOp op) {
  OpBuilder builder(op);
  SmallVector<Region *> regions;
  llvm::SetVector<mlir::Value> captures;
  for (Region *region : {&op.getScore(), &op.getMask()}) {
    if (region->empty())
      continue;
    regions.push_back(region);
    llvm::SetVector<mlir::Value> used = usedFromAbove(*region);
    builder.setInsertionPointToStart(&region->front());
    for (size_t i = 0; i < used.size(); ++i) { // it grows
      mlir::Value value = used[i];
      Operation *made = value.getDefiningOp();
      if (!made || made->getNumResults() != 1 || !isNumber(made)) {
        captures.insert(value);
        continue;
      }
      Operation *copy = builder.clone(*made);
      builder.setInsertionPoint(copy); // behind what it is made of
      replaceWithin(*region, value, copy->getResult(0));
      used.insert(made->operand_begin(), made->operand_end());
    }
  }
  op.getCapturesMutable().assign(captures.getArrayRef());
  for (Region *region : regions)
    for (mlir::Value value : captures)
      replaceWithin(*region, value, region->addArgument(value.getType(), value.getLoc()));
}

} // namespace rondo::sema
