// Functions of entry points and layers take bare pointers.
#include "compiler/Conversion/RuntimeToLLVM/RuntimeLowering.h"
#include "mlir/Conversion/LLVMCommon/MemRefBuilder.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "runtime/include/rondo/abi.h"
#include <numeric>

using namespace mlir;
using namespace rondo;

namespace {
/// Which arguments of an entry point's new function are what.
struct Signature {
  unsigned inputs, outputs, lateSizes, states, prepared, scratch, size;
  explicit Signature(const EntryPoint &entry)
      : inputs(entry.dims.size()), outputs(inputs + entry.inputs.size()),
        lateSizes(outputs + entry.outputs.size()), states(lateSizes + entry.lateSizes.size()),
        prepared(states + entry.states.size()), scratch(prepared + 1), size(scratch + 1) {}
};
} // namespace

/// A row-major memref at `base`; `sizes` has one index for each axis, or is empty
/// for a static type.
Value RuntimeLowering::descriptor(MemRefType type, Value base, ValueRange sizes) {
  Location loc = b.getLoc();
  if (type.hasStaticShape()) {
    Value whole = MemRefDescriptor::fromStaticShape(b, loc, types, type, base);
    return UnrealizedConversionCastOp::create(b, type, whole).getResult(0);
  }
  auto toInt = [&](Value v) { return UnrealizedConversionCastOp::create(b, b.getI64Type(), v).getResult(0); };
  auto whole = MemRefDescriptor::poison(b, loc, types.convertType(type));
  whole.setAllocatedPtr(b, loc, base);
  whole.setAlignedPtr(b, loc, base);
  whole.setConstantOffset(b, loc, 0);
  Value stride = arith::ConstantIndexOp::create(b, 1);
  for (int64_t axis = type.getRank() - 1; axis >= 0; --axis) {
    Value size = type.isDynamicDim(axis)
                     ? sizes[axis]
                     : arith::ConstantIndexOp::create(b, type.getDimSize(axis)).getResult();
    whole.setSize(b, loc, axis, toInt(size));
    whole.setStride(b, loc, axis, toInt(stride));
    if (axis)
      stride = arith::MulIOp::create(b, stride, size);
  }
  return UnrealizedConversionCastOp::create(b, type, Value(whole)).getResult(0);
}

/// The place `bytes` behind `base`.
Value RuntimeLowering::at(Value base, uint64_t bytes) {
  if (!bytes)
    return base;
  Value offset = LLVM::ConstantOp::create(b, b.getI64Type(), b.getI64IntegerAttr(bytes));
  return LLVM::GEPOp::create(b, ptr, b.getI8Type(), base, ArrayRef<LLVM::GEPArg>{offset});
}

/// `plain` is the symbol by which C programs call the function; none if they do not.
void RuntimeLowering::rewrite(EntryPoint &entry, std::optional<std::string> plain) {
  func::FuncOp old = entry.func;
  Signature at(entry);
  SmallVector<Type> args(at.size, ptr);
  std::fill_n(args.begin(), entry.dims.size(), b.getIndexType());

  b.setLoc(old.getLoc());
  auto func = func::FuncOp::create(b.getLoc(), plain.value_or(symbol(entry.label)),
                                   b.getFunctionType(args, {b.getI32Type()}));
  if (!old->hasAttr(attrs::prepare)) // what is moved there has no line of its own
    func->setAttr("rondo.source", b.getUnitAttr());
  func.setVisibility(plain ? SymbolTable::Visibility::Public : SymbolTable::Visibility::Private);
  symbols.insert(func, old->getIterator());
  for (unsigned i = at.inputs; i < at.size; ++i) {
    func.setArgAttr(i, LLVM::LLVMDialect::getNoAliasAttrName(), b.getUnitAttr());
    bool isSize = i >= at.lateSizes && i < at.states; // one of the runtime's numbers
    func.setArgAttr(i, LLVM::LLVMDialect::getAlignAttrName(),
                    b.getI64IntegerAttr(isSize ? alignof(int64_t) : RONDO_ALIGNMENT));
  }

  Block *block = func.addEntryBlock();
  b.setInsertionPointToStart(block);
  Value status = block->getArgument(at.scratch);
  LLVM::StoreOp::create(b, LLVM::ZeroOp::create(b, b.getI32Type()), status);
  SmallVector<Value> sizes;
  if (entry.shapes)
    sizes = func::CallOp::create(b, entry.shapes, block->getArguments().take_front(entry.dims.size()))
                .getResults();

  // What a debugger calls the argument.
  auto named = [&](StringRef name, Type type, Location place) -> Location {
    if (name.empty())
      return place;
    auto variable = VariableAttr::get(ctx, b.getStringAttr(name), 0, cast<ShapedType>(type), place);
    return FusedLoc::get(ctx, {place}, variable);
  };
  SmallVector<Value> values(old.getNumArguments());
  for (auto [i, dim] : llvm::enumerate(entry.dims)) {
    values[i] = block->getArgument(i);
    values[i].setLoc(named(dim.name, RankedTensorType::get({}, b.getIndexType()), old.getLoc()));
  }
  auto place = [&](ArrayRef<Buffer> buffers, unsigned first) {
    for (auto [i, buffer] : llvm::enumerate(buffers)) {
      SmallVector<Value> own;
      if (!sizes.empty())
        llvm::append_range(own, ArrayRef(sizes).slice(buffer.firstSize, buffer.rank));
      if (buffer.rank != buffer.type.getRank()) // flat memory
        own = {std::accumulate(
            own.begin(), own.end(), Value(arith::ConstantIndexOp::create(b, 1)),
            [&](Value product, Value size) -> Value { return arith::MulIOp::create(b, product, size); })};
      auto tensor = RankedTensorType::get(buffer.type.getShape(), buffer.type.getElementType());
      bool isResult = first == at.outputs;
      Location head = b.getLoc();
      b.setLoc(named(isResult ? "" : buffer.name, tensor, old.getArgument(buffer.arg).getLoc()));
      values[buffer.arg] = descriptor(buffer.type, block->getArgument(first + i), own);
      b.setLoc(head);
    }
  };
  place(entry.inputs, at.inputs);
  place(entry.outputs, at.outputs);
  place(entry.states, at.states);
  for (auto [i, late] : llvm::enumerate(entry.lateSizes))
    values[late.arg] =
        descriptor(MemRefType::get({}, b.getI64Type()), block->getArgument(at.lateSizes + i), {});
  for (auto [arg, piece] : entry.pieces) {
    Value base = this->at(block->getArgument(at.prepared), artefact.blob.offsets[piece]);
    values[arg] = descriptor(artefact.blob.types[piece], base, {});
  }
  if (entry.scratchArg) {
    Value bytes;
    if (entry.scratch)
      bytes = func::CallOp::create(b, entry.scratch, block->getArguments().take_front(entry.dims.size()))
                  .getResult(0);
    else
      bytes = arith::ConstantIndexOp::create(b, RONDO_STATUS_BYTES);
    auto type = cast<MemRefType>(old.getArgumentTypes()[*entry.scratchArg]);
    values[*entry.scratchArg] = descriptor(type, status, bytes);
  }

  Block &body = old.getBody().front();
  Operation *ret = body.getTerminator();
  b.setLoc(ret->getLoc());
  for (auto [argument, value] : llvm::zip_equal(body.getArguments(), values))
    argument.replaceAllUsesWith(value);
  block->getOperations().splice(block->end(), body.getOperations());
  b.setInsertionPoint(ret);
  func::ReturnOp::create(b, Value(LLVM::LoadOp::create(b, b.getI32Type(), status)));
  ret->erase();
  symbols.erase(old);
  entry.func = func;
}

/// A layer, or its prepare, with bare pointers for its buffers. All of them lie apart: what a layer writes
/// are its results and its scratch.
LogicalResult RuntimeLowering::rewriteLayer(func::FuncOp func, const Pieces *pieces) {
  Block &block = func.front();
  b.setLoc(func.getLoc());
  b.setInsertionPointToStart(&block);
  auto companion = [&](StringRef key) {
    auto name = func->getAttrOfType<FlatSymbolRefAttr>(key);
    return name ? symbols.lookup<func::FuncOp>(name.getAttr()) : func::FuncOp();
  };
  auto call = [&](func::FuncOp sizes) -> ValueRange {
    if (!sizes)
      return {};
    return func::CallOp::create(b, sizes, block.getArguments().take_front(sizes.getNumArguments()))
        .getResults();
  };
  ValueRange sizes = call(companion(attrs::shapes)), scratch = call(companion("rondo.scratch_size"));

  SmallVector<DictionaryAttr> attributes;
  SmallVector<Value> old(block.getArguments());
  Value status, firstPiece;
  for (auto [i, value] : llvm::enumerate(old)) {
    auto has = [&, i = i](StringRef name) { return bool(func.getArgAttr(i, name)); };
    auto add = [&, value = value](Type type, bool isAligned) -> Value {
      NamedAttrList list;
      if (isa<LLVM::LLVMPointerType>(type))
        list.set(LLVM::LLVMDialect::getNoAliasAttrName(), b.getUnitAttr());
      if (isAligned)
        list.set(LLVM::LLVMDialect::getAlignAttrName(), b.getI64IntegerAttr(RONDO_ALIGNMENT));
      attributes.push_back(list.getDictionary(ctx));
      return block.addArgument(type, value.getLoc());
    };
    auto type = dyn_cast<MemRefType>(value.getType());
    if (!type) {
      value.replaceAllUsesWith(add(value.getType(), false));
      continue;
    }
    if (!type.getLayout().isIdentity())
      return func.emitError() << "argument " << i << " is no dense row-major memref";
    if (has("rondo.status")) {
      status = add(ptr, false);
      value.replaceAllUsesWith(descriptor(type, status, {})); // of layers that it calls
      continue;
    }
    ValueRange own;
    if (has("rondo.scratch")) {
      own = scratch;
    } else if ((has(attrs::name) || has(attrs::result)) && !sizes.empty()) {
      own = sizes.take_front(type.getRank());
      sizes = sizes.drop_front(own.size());
    }
    if (!type.hasStaticShape() && own.size() != size_t(type.getRank()))
      return func.emitError() << "argument " << i << " has axes whose sizes are not told";
    Value bare;
    if (auto *piece = pieces ? llvm::find(pieces->arguments, i) : nullptr;
        piece && piece != pieces->arguments.end()) {
      if (!firstPiece)
        firstPiece = add(ptr, true);
      bare = this->at(firstPiece, pieces->offsets[piece - pieces->arguments.begin()]);
    } else {
      bare = add(ptr, has(attrs::prepared) || has("rondo.scratch"));
    }
    value.replaceAllUsesWith(descriptor(type, bare, own));
  }
  block.eraseArguments(0, old.size());
  func.setFunctionType(b.getFunctionType(block.getArgumentTypes(), {}));
  func.setAllArgAttrs(attributes);
  if (!func->hasAttr(attrs::prepare))
    func->setAttr("rondo.source", b.getUnitAttr());
  func->setAttr("passthrough", b.getStrArrayAttr({"noinline"}));
  for (StringRef name : {attrs::layer, attrs::shapes, attrs::prepare, attrs::preparedBy})
    func->removeAttr(name);
  func->removeAttr("rondo.scratch_size");
  return status ? lowerChecks(func, status) : success();
}

void RuntimeLowering::rewriteCall(func::CallOp call, func::FuncOp callee, const Pieces *pieces) {
  b.setLoc(call.getLoc());
  b.setInsertionPoint(call);
  SmallVector<Value> operands;
  for (auto [i, operand] : llvm::enumerate(call.getOperands())) {
    if (pieces && llvm::is_contained(ArrayRef(pieces->arguments).drop_front(), i))
      continue; // it lies behind the first one
    if (isa<MemRefType>(operand.getType())) {
      Type type = types.convertType(operand.getType());
      MemRefDescriptor whole(UnrealizedConversionCastOp::create(b, type, operand).getResult(0));
      operand = whole.alignedPtr(b, call.getLoc());
    }
    operands.push_back(operand);
  }
  func::CallOp::create(b, callee, operands);
  call.erase();
}
