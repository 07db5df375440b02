#include "compiler/Buffers/SizeBuilder.h"
#include "dialects/Rondo/IR/RondoDialect.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace rondo;

SizeBuilder::SizeBuilder(func::FuncOp entry, Block *block, ValueRange indices)
    : entry(entry), b(OpBuilder::atBlockBegin(block)), loc(entry.getLoc()), indices(indices) {
  auto args =
      llvm::make_filter_range(entry.getArguments(), [](Value arg) { return arg.getType().isIndex(); });
  for (auto [arg, value] : llvm::zip(args, indices))
    map.map(arg, value);
}

// A companion's call: it computes sizes from sizes.
static bool isOfSizes(Operation *op) {
  auto isIndex = [](Type type) { return type.isIndex(); };
  return isa<func::CallOp>(op) && llvm::all_of(op->getOperandTypes(), isIndex) &&
         llvm::all_of(op->getResultTypes(), isIndex);
}

Value SizeBuilder::get(Value value) {
  if (Value known = map.lookupOrNull(value))
    return known;
  Operation *op = value.getDefiningOp();
  // A linalg.index means a loop around it.
  if (!op || op->getNumRegions() || isa<linalg::IndexOp>(op) || !(isMemoryEffectFree(op) || isOfSizes(op)))
    return {};
  if (auto dim = dyn_cast<memref::DimOp>(op)) {
    std::optional<int64_t> axis = dim.getConstantIndex();
    Value size = axis ? dimOf(dim.getSource(), *axis) : Value();
    if (size)
      map.map(value, size);
    return size;
  }
  if (!llvm::all_of(op->getOperands(), [&](Value operand) { return bool(get(operand)); }))
    return {};
  b.clone(*op, map);
  return map.lookup(value);
}

// At least 0 where nothing better is known.
Value SizeBuilder::least(Value value) {
  Value known = get(value);
  return known ? known : constant(0);
}

Value SizeBuilder::most(Value value) {
  if (Value known = get(value))
    return known;
  auto both = [&](auto combine) -> Value {
    Value a = most(value.getDefiningOp()->getOperand(0)), b = most(value.getDefiningOp()->getOperand(1));
    return a && b ? combine(a, b) : Value();
  };
  auto smaller = [&](Value x, Value y) -> Value {
    Value a = most(x), b = most(y);
    return a && b ? make<arith::MinUIOp>(a, b) : a ? a : b;
  };
  // x / c and x % c, c > 0
  auto divided = [&](Value x, Value by, bool up) -> Value {
    std::optional<int64_t> c = getConstantIntValue(by);
    Value a = c && *c > 0 ? most(x) : Value();
    if (a && up)
      a = make<arith::AddIOp>(a, constant(*c - 1));
    return a ? make<arith::DivUIOp>(a, constant(*c)) : Value();
  };
  Operation *op = value.getDefiningOp();
  return TypeSwitch<Operation *, Value>(op)
      .Case<arith::MinUIOp, arith::MinSIOp>([&](auto min) { return smaller(min.getLhs(), min.getRhs()); })
      .Case<arith::MaxUIOp, arith::MaxSIOp>(
          [&](auto) { return both([&](Value a, Value b) { return make<arith::MaxSIOp>(a, b); }); })
      .Case([&](arith::AddIOp) { return both([&](Value a, Value b) { return make<arith::AddIOp>(a, b); }); })
      .Case([&](arith::SubIOp sub) -> Value {
        Value a = most(sub.getLhs());
        return a ? make<arith::SubIOp>(a, least(sub.getRhs())) : Value();
      })
      .Case([&](arith::MulIOp mul) -> Value {
        std::optional<int64_t> c = getConstantIntValue(mul.getRhs());
        if (c && *c < 0)
          return make<arith::MulIOp>(least(mul.getLhs()), constant(*c));
        return both([&](Value a, Value b) { return make<arith::MulIOp>(a, b); });
      })
      .Case<arith::FloorDivSIOp, arith::DivSIOp, arith::DivUIOp>(
          [&](auto div) { return divided(div.getLhs(), div.getRhs(), /*up=*/false); })
      .Case<arith::CeilDivSIOp, arith::CeilDivUIOp>(
          [&](auto div) { return divided(div.getLhs(), div.getRhs(), /*up=*/true); })
      .Case([&](arith::SelectOp select) -> Value {
        Value a = most(select.getTrueValue()), b = most(select.getFalseValue());
        return a && b ? make<arith::MaxSIOp>(a, b) : Value();
      })
      .Case([&](affine::AffineApplyOp apply) -> Value {
        AffineMap map = apply.getAffineMap();
        return map.getNumResults() == 1 ? mostOf(map.getResult(0), map.getNumDims(), apply.getMapOperands())
                                        : Value();
      })
      .Case([&](memref::DimOp dim) -> Value {
        std::optional<int64_t> axis = dim.getConstantIndex();
        auto type = dyn_cast<MemRefType>(dim.getSource().getType());
        if (!axis || !type || !type.isDynamicDim(*axis))
          return {};
        unsigned number = type.getDynamicDimIndex(*axis);
        if (auto alloc = dim.getSource().getDefiningOp<memref::AllocOp>())
          return most(alloc.getDynamicSizes()[number]);
        auto expand = dim.getSource().getDefiningOp<memref::ExpandShapeOp>();
        return expand ? most(expand.getOutputShape()[number]) : Value();
      })
      .Default([](Operation *) { return Value(); });
}

Value SizeBuilder::mostOf(AffineExpr expr, unsigned numDims, ValueRange operands) {
  if (auto number = dyn_cast<AffineConstantExpr>(expr))
    return constant(number.getValue());
  if (auto dim = dyn_cast<AffineDimExpr>(expr))
    return most(operands[dim.getPosition()]);
  if (auto symbol = dyn_cast<AffineSymbolExpr>(expr))
    return most(operands[numDims + symbol.getPosition()]);
  auto binary = cast<AffineBinaryOpExpr>(expr);
  Value a = mostOf(binary.getLHS(), numDims, operands);
  if (binary.getKind() == AffineExprKind::Add) {
    Value b = mostOf(binary.getRHS(), numDims, operands);
    return a && b ? make<arith::AddIOp>(a, b) : Value();
  }
  auto by = dyn_cast<AffineConstantExpr>(binary.getRHS());
  if (!a || !by || by.getValue() < 0)
    return {};
  switch (binary.getKind()) {
  case AffineExprKind::Mul:
    return make<arith::MulIOp>(a, constant(by.getValue()));
  case AffineExprKind::FloorDiv:
    return make<arith::DivUIOp>(a, constant(by.getValue()));
  case AffineExprKind::CeilDiv:
    return make<arith::DivUIOp>(make<arith::AddIOp>(a, constant(by.getValue() - 1)), constant(by.getValue()));
  default:
    return {};
  }
}

Value SizeBuilder::dimOf(Value buffer, int64_t axis) {
  auto type = cast<MemRefType>(buffer.getType());
  if (!type.isDynamicDim(axis))
    return constant(type.getDimSize(axis));
  if (auto arg = dyn_cast<BlockArgument>(buffer))
    return dimOfArgument(arg, axis);
  return TypeSwitch<Operation *, Value>(buffer.getDefiningOp())
      .Case([&](memref::AllocOp op) { return get(op.getDynamicSizes()[type.getDynamicDimIndex(axis)]); })
      .Case([&](memref::CastOp op) { return dimOf(op.getSource(), axis); })
      .Case([&](memref::ExpandShapeOp op) { return get(op.getOutputShape()[type.getDynamicDimIndex(axis)]); })
      .Case([&](memref::CollapseShapeOp op) -> Value {
        Value product;
        ReassociationIndices group = op.getReassociationIndices()[axis];
        for (int64_t part : group) {
          Value size = dimOf(op.getSrc(), part);
          if (!size)
            return {};
          product = product ? make<arith::MulIOp>(product, size) : size;
        }
        return product;
      })
      .Default([](Operation *) { return Value(); });
}

void SizeBuilder::addShapes() {
  auto name = entry->getAttrOfType<FlatSymbolRefAttr>(attrs::shapes);
  auto companion = name ? SymbolTable::lookupNearestSymbolFrom<func::FuncOp>(entry, name) : func::FuncOp();
  if (!companion || companion.isExternal() || !shapes.empty())
    return;
  IRMapping args;
  args.map(companion.getArguments(), indices);
  Block &body = companion.getBody().front();
  for (Operation &op : body.without_terminator())
    b.clone(op, args);
  for (Value size : body.getTerminator()->getOperands())
    shapes.push_back(args.lookup(size));
}

Value SizeBuilder::fits() {
  SmallVector<Operation *> arithmetic;
  for (Operation &op : *b.getInsertionBlock())
    if (isa<arith::AddIOp, arith::SubIOp, arith::MulIOp>(op) && op.getResult(0).getType().isIndex())
      arithmetic.push_back(&op);
  Value all;
  for (Operation *op : arithmetic) {
    Value x = op->getOperand(0), y = op->getOperand(1), result = op->getResult(0), right;
    Value zero = constant(0);
    auto magnitude = [&](Value value) {
      return make<arith::MaxSIOp>(value, make<arith::SubIOp>(zero, value));
    };
    if (isa<arith::MulIOp>(op)) {
      Value most = make<arith::DivUIOp>(constant(INT64_MAX), make<arith::MaxUIOp>(magnitude(y), constant(1)));
      right = b.createOrFold<arith::CmpIOp>(loc, arith::CmpIPredicate::ule, magnitude(x), most);
    } else { // x + y = s: the sign of s is neither x's nor y's. x - y: x = y + result
      bool isSum = isa<arith::AddIOp>(op);
      Value sum = isSum ? result : x, other = isSum ? x : result;
      Value wrong = make<arith::AndIOp>(make<arith::XOrIOp>(other, sum), make<arith::XOrIOp>(y, sum));
      right = b.createOrFold<arith::CmpIOp>(loc, arith::CmpIPredicate::sge, wrong, zero);
    }
    all = all ? make<arith::AndIOp>(all, right) : right;
  }
  return all;
}

Value SizeBuilder::dimOfArgument(BlockArgument arg, int64_t axis) {
  if (arg.getOwner() != &entry.getBody().front())
    return {};
  std::optional<unsigned> first = firstSizeOf(arg.getArgNumber());
  addShapes();
  if (!first || *first + axis >= shapes.size())
    return {};
  auto rank = entry.getArgAttrOfType<IntegerAttr>(arg.getArgNumber(), attrs::rank);
  if (!rank)
    return shapes[*first + axis];
  Value product = constant(1); // flat memory
  for (Value size : ArrayRef(shapes).slice(*first, rank.getInt()))
    product = make<arith::MulIOp>(product, size);
  return product;
}

// `rondo.shapes` lists the sizes of the named arguments, then those of the
// results, then those of the states, axis by axis.
std::optional<unsigned> SizeBuilder::firstSizeOf(unsigned arg) {
  unsigned at = 0;
  for (StringRef kind : {attrs::name, attrs::result, attrs::state})
    for (unsigned i = 0; i < entry.getNumArguments(); ++i) {
      auto type = dyn_cast<MemRefType>(entry.getArgumentTypes()[i]);
      if (!type || !entry.getArgAttr(i, kind))
        continue;
      if (i == arg)
        return at;
      auto rank = entry.getArgAttrOfType<IntegerAttr>(i, attrs::rank);
      at += rank ? rank.getInt() : type.getRank();
    }
  return std::nullopt;
}
