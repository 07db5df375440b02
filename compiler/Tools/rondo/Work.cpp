#include "compiler/Tools/rondo/Work.h"
#include "compiler/Analysis/KnownSizes.h"
#include "dialects/Rondo/IR/RondoDialect.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace rondo;
using namespace rondo::tool;

namespace {
/// Index values as sizes.
class Sizes {
public:
  explicit Sizes(SizeContext &context) : context(context) {}

  /// Those of a function that is called: its index arguments are the call's.
  Sizes(Sizes &caller, func::CallOp call, func::FuncOp callee) : context(caller.context) {
    for (auto [argument, operand] : llvm::zip_equal(callee.getArguments(), call.getOperands()))
      if (argument.getType().isIndex())
        known[argument] = caller(operand);
  }

  void name(Value value, const SizeAtom *atom) { known[value] = Size(atom); }

  Size operator()(OpFoldResult size) {
    if (std::optional<int64_t> constant = getConstantIntValue(size))
      return Size(*constant);
    Value value = cast<Value>(size);
    auto found = known.find(value);
    if (found != known.end())
      return found->second;
    Size result = compute(value);
    known[value] = result;
    return result;
  }

private:
  Size compute(Value value) {
    Operation *op = value.getDefiningOp();
    if (!op)
      return unknown();
    return llvm::TypeSwitch<Operation *, Size>(op)
        .Case([&](arith::AddIOp op) { return (*this)(op.getLhs()) + (*this)(op.getRhs()); })
        .Case([&](arith::SubIOp op) { return (*this)(op.getLhs()) - (*this)(op.getRhs()); })
        .Case([&](arith::MulIOp op) { return (*this)(op.getLhs()) * (*this)(op.getRhs()); })
        .Case<arith::FloorDivSIOp, arith::DivSIOp, arith::DivUIOp>(
            [&](auto op) { return context.floorDiv((*this)(op.getLhs()), (*this)(op.getRhs())); })
        .Case<arith::RemSIOp, arith::RemUIOp>(
            [&](auto op) { return context.mod((*this)(op.getLhs()), (*this)(op.getRhs())); })
        .Case([&](arith::MinSIOp op) { return context.min((*this)(op.getLhs()), (*this)(op.getRhs())); })
        .Case([&](arith::MaxSIOp op) { return context.max((*this)(op.getLhs()), (*this)(op.getRhs())); })
        .Case<arith::IndexCastOp, arith::ExtSIOp, arith::TruncIOp>(
            [&](auto op) { return (*this)(op.getIn()); })
        .Default([&](Operation *) { return unknown(); });
  }
  /// A number of steps that a tensor says, or what the operations above do not make.
  Size unknown() { return Size(context.makeBase(SizeAtom::Dim, "steps")); }

  SizeContext &context;
  llvm::DenseMap<Value, Size> known;
};

class Counter {
public:
  Counter(Sizes &sizes, EntryWork &work, MLIRContext *context) : sizes(sizes), work(work), b(context) {}

  void count(Block &block, const Size &times) {
    for (Operation &op : llvm::make_early_inc_range(block))
      count(op, times);
  }

private:
  void count(Operation &op, const Size &times) {
    if (auto scan = dyn_cast<ScanOp>(op))
      return count(scan.getBody().front(), times * sizes(scan.getSteps()));
    if (auto call = dyn_cast<func::CallOp>(op)) { // of a layer
      auto callee = SymbolTable::lookupNearestSymbolFrom<func::FuncOp>(call, call.getCalleeAttr());
      Sizes inner(sizes, call, callee);
      return Counter(inner, work, op.getContext()).count(callee.getBody().front(), times);
    }
    if (auto contract = dyn_cast<ContractOp>(op)) {
      work.products = work.products + Size(2) * times * iterations(contract);
      return;
    }
    if (auto attention = dyn_cast<AttentionOp>(op))
      return count(attention, times);
    Value input = op.getNumOperands() ? op.getOperand(0) : Value();
    Value result = op.getNumResults() ? op.getResult(0) : Value();
    if (isa<ReduceOp>(op))
      add(times, elements(input), 1);
    else if (isa<SoftmaxOp>(op))
      add(times, elements(input), 4);
    else if (isa<NormalizeOp>(op))
      add(times, elements(input), 8);
    else if (op.hasTrait<OpTrait::Elementwise>() && isa<RankedTensorType>(result.getType()) &&
             !op.hasTrait<OpTrait::ConstantLike>())
      add(times, elements(result), 1);
  }

  /// All pairs, whatever the mask hides.
  void count(AttentionOp op, const Size &times) {
    SmallVector<OpFoldResult> query = axesOf(op.getQuery()), value = axesOf(op.getValue());
    Size rows = times * sizes(query[0]) * sizes(query[1]) * sizes(query[2]);
    Size pairs = rows * sizes(value[2]);
    work.products = work.products + Size(2) * pairs * (sizes(query[3]) + sizes(value[3]));
    int64_t each = 4; // softmax
    for (Region *region : {&op.getScore(), &op.getMask()})
      for (Operation &inner : region->getOps())
        each += inner.hasTrait<OpTrait::Elementwise>() && !inner.hasTrait<OpTrait::ConstantLike>();
    work.others = work.others + Size(each) * pairs;
  }

  void add(const Size &times, const Size &elements, int64_t each) {
    work.others = work.others + Size(each) * times * elements;
  }

  SmallVector<OpFoldResult> axesOf(Value value) {
    b.setInsertionPointAfterValue(value);
    return sizesOf(b, value.getLoc(), value);
  }

  Size elements(Value value) {
    Size product = 1;
    for (OpFoldResult size : axesOf(value))
      product = product * sizes(size);
    return product;
  }

  /// The product of the sizes of all letters.
  Size iterations(ContractOp op) {
    llvm::StringSet<> seen;
    Size product = 1;
    for (unsigned operand : {0, 1}) {
      SmallVector<OpFoldResult> axes = axesOf(op->getOperand(operand));
      for (auto [letter, size] : llvm::zip_equal(op.letters(operand), axes))
        if (seen.insert(StringRef(&letter, 1)).second)
          product = product * sizes(size);
    }
    return product;
  }

  Sizes &sizes;
  EntryWork &work;
  OpBuilder b;
};
} // namespace

static std::string elementName(Type type, bool isUnsigned) {
  if (type.isInteger(1))
    return "bool";
  std::string text;
  llvm::raw_string_ostream(text) << getElementTypeOrSelf(type);
  return isUnsigned ? "u" + text.substr(1) : text;
}

/// The types of tensors whose axes have the next of `sizes`.
static Signature signatureOf(StringRef name, Type type, bool isUnsigned, ArrayRef<Size> &sizes) {
  std::string text = elementName(getElementTypeOrSelf(type), isUnsigned);
  size_t rank = cast<RankedTensorType>(type).getRank();
  if (rank)
    text += shapeString(sizes.take_front(rank));
  Size bytes(static_cast<int64_t>(llvm::divideCeil(getElementTypeOrSelf(type).getIntOrFloatBitWidth(), 8)));
  for (const Size &size : sizes.take_front(rank))
    bytes = bytes * size;
  sizes = sizes.drop_front(rank);
  return {name.str(), text, bytes};
}

std::vector<EntryWork> rondo::tool::workOf(ModuleOp module, SizeContext &context) {
  std::vector<EntryWork> all;
  OwningOpRef<ModuleOp> copy = module.clone(); // sizes are made in it
  llvm::StringSet<> resets;                    // they belong to their entry points
  for (auto entry : copy->getOps<func::FuncOp>())
    if (auto reset = entry->getAttrOfType<FlatSymbolRefAttr>(attrs::reset))
      resets.insert(reset.getValue());
  for (auto entry : copy->getOps<func::FuncOp>()) {
    if (!entry->hasAttr(attrs::entry) || resets.contains(entry.getName()))
      continue;
    Sizes sizes(context);
    EntryWork work;
    work.name = entry.getName();
    auto shapes = copy->lookupSymbol<func::FuncOp>(entry->getAttrOfType<FlatSymbolRefAttr>(attrs::shapes));
    unsigned dims = 0;
    for (BlockArgument arg : entry.getArguments()) {
      auto name = entry.getArgAttrOfType<StringAttr>(arg.getArgNumber(), attrs::dim);
      if (!name)
        continue;
      const SizeAtom *atom = context.makeBase(SizeAtom::Dim, name.getValue());
      sizes.name(arg, atom);
      sizes.name(shapes.getArgument(dims++), atom);
      work.dims.push_back(name.str());
    }

    SmallVector<Size> axes;
    for (Value size : shapes.getBody().back().getTerminator()->getOperands())
      axes.push_back(sizes(size));
    ArrayRef<Size> rest = axes;
    for (BlockArgument arg : entry.getArguments()) {
      unsigned i = arg.getArgNumber();
      if (auto name = entry.getArgAttrOfType<StringAttr>(i, attrs::name))
        work.arguments.push_back(
            signatureOf(name.getValue(), arg.getType(), bool(entry.getArgAttr(i, "rondo.unsigned")), rest));
    }
    for (auto [i, type] : llvm::enumerate(entry.getResultTypes()))
      if (!entry.getResultAttr(i, attrs::state))
        work.results.push_back(signatureOf("", type, bool(entry.getResultAttr(i, "rondo.unsigned")), rest));
    for (BlockArgument arg : entry.getArguments())
      if (auto key = entry.getArgAttrOfType<StringAttr>(arg.getArgNumber(), attrs::state))
        work.states.push_back(signatureOf(key.getValue(), arg.getType(),
                                          bool(entry.getArgAttr(arg.getArgNumber(), "rondo.unsigned")),
                                          rest));
    Counter(sizes, work, module.getContext()).count(entry.getBody().front(), 1);
    all.push_back(std::move(work));
  }
  return all;
}
