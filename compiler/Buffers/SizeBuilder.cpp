#include "compiler/Buffers/SizeBuilder.h"
#include "dialects/Rondo/IR/RondoDialect.h"
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

Value SizeBuilder::get(Value value) {
  if (Value known = map.lookupOrNull(value))
    return known;
  Operation *op = value.getDefiningOp();
  if (!op || op->getNumRegions() || !isMemoryEffectFree(op))
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

Value SizeBuilder::dimOfArgument(BlockArgument arg, int64_t axis) {
  auto name = entry->getAttrOfType<FlatSymbolRefAttr>(attrs::shapes);
  if (arg.getOwner() != &entry.getBody().front() || !name)
    return {};
  auto companion = SymbolTable::lookupNearestSymbolFrom<func::FuncOp>(entry, name);
  std::optional<unsigned> first = firstSizeOf(arg.getArgNumber());
  if (!companion || companion.isExternal() || !first || *first + axis >= companion.getNumResults())
    return {};
  if (shapes.empty()) {
    IRMapping args;
    args.map(companion.getArguments(), indices);
    Block &body = companion.getBody().front();
    for (Operation &op : body.without_terminator())
      b.clone(op, args);
    for (Value size : body.getTerminator()->getOperands())
      shapes.push_back(args.lookup(size));
  }
  return shapes[*first + axis];
}

// `rondo.shapes` lists the sizes of the named arguments, then those of the
// results, axis by axis.
std::optional<unsigned> SizeBuilder::firstSizeOf(unsigned arg) {
  unsigned at = 0;
  for (StringRef kind : {attrs::name, attrs::result})
    for (unsigned i = 0; i < entry.getNumArguments(); ++i) {
      auto type = dyn_cast<MemRefType>(entry.getArgumentTypes()[i]);
      if (!type || !entry.getArgAttr(i, kind))
        continue;
      if (i == arg)
        return at;
      at += type.getRank();
    }
  return std::nullopt;
}
