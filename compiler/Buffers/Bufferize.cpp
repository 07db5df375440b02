// rondo-bufferize: one-shot bufferisation of the module, then results as arguments.
//
// Needs tensors whose destinations are settled (rondo-fold-destinations), calls
// to private functions only. Guarantees memrefs, inputs and weights unwritten, and entry points, layers and
// prepare without results: what they returned lies in the argument `rondo.result = i`, the new value of a
// state in the state's. They take dense row-major buffers, which rondo-dense-operands sees to. Other private
// functions take rows with an offset, as a slice of a stack must be passed without a copy and a row must keep
// its unit stride. A size of what is reshaped is told by sizes of what it was, which a loop does not hold.
#include "compiler/Buffers/Passes.h"
#include "dialects/Rondo/IR/RondoDialect.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Bufferization/Transforms/OneShotAnalysis.h"
#include "mlir/Dialect/Bufferization/Transforms/OneShotModuleBufferize.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Interfaces/ViewLikeInterface.h"
#include "llvm/Support/DebugLog.h"

#define DEBUG_TYPE "rondo-bufferize"

namespace rondo {
#define GEN_PASS_DEF_BUFFERIZE
#include "compiler/Buffers/Passes.h.inc"
} // namespace rondo

using namespace mlir;
using namespace mlir::bufferization;
using namespace rondo;

namespace {

OneShotBufferizationOptions bufferizationOptions() {
  OneShotBufferizationOptions options;
  options.bufferizeFunctionBoundaries = true;
  options.setFunctionBoundaryTypeConversion(LayoutMapOption::IdentityLayoutMap);
  options.inferFunctionResultLayout = true;
  options.functionArgTypeConverterFn = [](TensorLikeType type, Attribute space, func::FuncOp func,
                                          const BufferizationOptions &) {
    auto tensor = cast<RankedTensorType>(type);
    auto dense =
        MemRefType::get(tensor.getShape(), tensor.getElementType(), MemRefLayoutAttrInterface(), space);
    bool rows = func.isPrivate() && !takesDestinations(func);
    return cast<BufferLikeType>(rows ? rowMajor(dense) : dense);
  };
  return options;
}

// Whatever is not a destination belongs to the caller.
void protectInputs(func::FuncOp func) {
  for (BlockArgument arg : func.getArguments())
    if (isa<TensorType>(arg.getType()) && !func.getArgAttr(arg.getArgNumber(), attrs::result) &&
        !func.getArgAttr(arg.getArgNumber(), attrs::state))
      func.setArgAttr(arg.getArgNumber(), BufferizationDialect::kWritableAttrName,
                      BoolAttr::get(func.getContext(), false));
}

// The buffer behind casts, behind loops that write it, and behind what is collapsed and expanded again.
Value placeOf(Value buffer) {
  if (auto cast = buffer.getDefiningOp<memref::CastOp>())
    return placeOf(cast.getSource());
  if (auto loop = buffer.getDefiningOp<scf::ForOp>()) {
    auto result = cast<OpResult>(buffer);
    Value carried = loop.getTiedLoopRegionIterArg(result);
    bool stays = placeOf(loop.getTiedLoopYieldedValue(cast<BlockArgument>(carried))->get()) == carried;
    return stays ? placeOf(loop.getTiedLoopInit(result)->get()) : buffer;
  }
  if (auto expand = buffer.getDefiningOp<memref::ExpandShapeOp>()) {
    auto collapse = placeOf(expand.getSrc()).getDefiningOp<memref::CollapseShapeOp>();
    if (collapse && collapse.getSrcType() == expand.getResultType() &&
        collapse.getReassociationIndices() == expand.getReassociationIndices())
      return placeOf(collapse.getSrc());
  }
  return buffer;
}

// Buffers that a private function returns and that are its arguments vanish:
// callers use their operands. (Upstream's drop-equivalent-buffer-results takes
// away any result that is an argument, also the sizes that `rondo.shapes` gives.)
bool dropReturnedArguments(func::FuncOp func) {
  if (!func.isPrivate() || takesDestinations(func) || func.isExternal() || !func.getBody().hasOneBlock())
    return false;
  Operation *ret = func.getBody().front().getTerminator();
  llvm::BitVector dropped(func.getNumResults());
  SmallVector<unsigned> argOf(func.getNumResults());
  for (auto [i, value] : llvm::enumerate(ret->getOperands()))
    if (auto arg = dyn_cast<BlockArgument>(placeOf(value)); arg && isa<MemRefType>(value.getType())) {
      dropped.set(i);
      argOf[i] = arg.getArgNumber();
    }
  if (dropped.none())
    return false;
  (void)func.eraseResults(dropped);
  ret->eraseOperands(dropped);
  func->getParentOfType<ModuleOp>().walk([&](func::CallOp call) {
    if (call.getCallee() != func.getName())
      return;
    OpBuilder builder(call);
    auto kept = func::CallOp::create(builder, call.getLoc(), func, call.getOperands());
    for (unsigned i = 0, next = 0; i < call.getNumResults(); ++i) {
      Value value = dropped[i] ? call.getOperand(argOf[i]) : kept.getResult(next++);
      if (value.getType() != call.getResult(i).getType())
        value = memref::CastOp::create(builder, call.getLoc(), call.getResult(i).getType(), value);
      call.getResult(i).replaceAllUsesWith(value);
    }
    call.erase();
  });
  return true;
}

Value originOf(Value buffer) {
  while (auto view = buffer.getDefiningOp<ViewLikeOpInterface>())
    buffer = view.getViewSource();
  return buffer;
}

// Checks that results have destinations and types that fit; on tensors.
LogicalResult verifyExported(func::FuncOp func, SmallVectorImpl<unsigned> &destOf) {
  if (!func.getBody().hasOneBlock())
    return func.emitError("an exported function must have one block");
  destOf.assign(func.getNumResults(), func.getNumArguments());
  for (unsigned i = 0; i < func.getNumArguments(); ++i)
    if (auto result = func.getArgAttrOfType<IntegerAttr>(i, attrs::result))
      if (result.getInt() >= 0 && result.getInt() < func.getNumResults())
        destOf[result.getInt()] = i;
  for (unsigned i = 0; i < func.getNumResults(); ++i)
    if (BlockArgument state = newStateOf(func, i))
      destOf[i] = state.getArgNumber();
  for (auto [i, dest] : llvm::enumerate(destOf))
    if (dest == func.getNumArguments() || func.getArgument(dest).getType() != func.getResultTypes()[i])
      return func.emitError("result ")
             << i << " has no argument of its type with " << attrs::result << " = " << i;
  return success();
}

// Results become their destinations. Copies what does not lie there yet.
LogicalResult dropResults(func::FuncOp func, ArrayRef<unsigned> destOf) {
  Operation *ret = func.getBody().front().getTerminator();
  OpBuilder builder(ret);
  SmallVector<std::pair<Value, Value>> copies;
  for (auto [value, arg] : llvm::zip_equal(ret->getOperands(), destOf)) {
    Value dest = func.getArgument(arg);
    // A part of a destination is another place than the destination.
    if (placeOf(value) != dest)
      copies.emplace_back(value, dest);
  }
  for (auto [i, copy] : llvm::enumerate(copies)) {
    auto [value, dest] = copy;
    for (auto [other, otherDest] : ArrayRef(copies).take_front(i + 1))
      if (originOf(value) == otherDest)
        return ret->emitError("a result lies in the destination of another, which is overwritten");
    LDBG() << func.getName() << ": a result is copied before the return, of type " << value.getType();
    memref::CopyOp::create(builder, ret->getLoc(), value, dest);
  }
  ret->setOperands({});
  return func.eraseResults(llvm::BitVector(func.getNumResults(), true));
}

// A call's results are the destinations that it was given.
LogicalResult useDestinations(func::CallOp call) {
  for (Value operand : call.getOperands())
    if (auto changed = operand.getDefiningOp<memref::CastOp>())
      if (auto type = cast<MemRefType>(changed.getSource().getType()); !type.getLayout().isIdentity())
        return call.emitError("takes a buffer with gaps, of type ") << type;
  for (OpResult result : call->getResults()) {
    Value place = destinationOfCall(result)->get();
    if (place.getType() != result.getType()) {
      OpBuilder builder(call);
      place = memref::CastOp::create(builder, call.getLoc(), result.getType(), place);
    }
    result.replaceAllUsesWith(place);
  }
  return success();
}

// A size of a reshaped buffer, by those of the buffer.
Value sizeOf(OpBuilder &builder, Location loc, Value buffer, int64_t axis) {
  if (auto expand = buffer.getDefiningOp<memref::ExpandShapeOp>())
    return getValueOrCreateConstantIndexOp(builder, loc, expand.getMixedOutputShape()[axis]);
  auto collapse = buffer.getDefiningOp<memref::CollapseShapeOp>();
  if (!collapse)
    return builder.createOrFold<memref::DimOp>(loc, buffer, axis);
  ReassociationIndices parts = collapse.getReassociationIndices()[axis];
  Value product;
  for (int64_t part : parts) {
    Value size = sizeOf(builder, loc, collapse.getSrc(), part);
    product = product ? builder.createOrFold<arith::MulIOp>(loc, product, size) : size;
  }
  return product;
}

// What is reshaped in a loop and copied there has sizes that are known outside of it.
void resolveSizes(ModuleOp module) {
  module.walk([](memref::DimOp dim) {
    std::optional<int64_t> axis = dim.getConstantIndex();
    if (!axis ||
        !isa_and_present<memref::ExpandShapeOp, memref::CollapseShapeOp>(dim.getSource().getDefiningOp()))
      return;
    OpBuilder builder(dim);
    dim.replaceAllUsesWith(sizeOf(builder, dim.getLoc(), dim.getSource(), *axis));
    dim.erase();
  });
}

struct Bufferize : rondo::impl::BufferizeBase<Bufferize> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    SmallVector<std::pair<func::FuncOp, SmallVector<unsigned>>> exported;
    for (auto func : module.getOps<func::FuncOp>()) {
      if (!takesDestinations(func))
        continue;
      protectInputs(func);
      auto &[_, destOf] = exported.emplace_back(func, SmallVector<unsigned>());
      if (failed(verifyExported(func, destOf)))
        return signalPassFailure();
    }
    WalkResult checks = module.walk([](CheckOp check) {
      if (!isa<TensorType>(check.getOk().getType()))
        return WalkResult::advance();
      check.emitOpError("of a tensor must be reduced to one i1 before bufferisation");
      return WalkResult::interrupt();
    });
    BufferizationState state;
    if (checks.wasInterrupted() || failed(runOneShotModuleBufferize(module, bufferizationOptions(), state)))
      return signalPassFailure();
    resolveSizes(module);
    // A caller's result may be its callee's.
    for (bool changed = true; changed;) {
      changed = false;
      for (auto func : module.getOps<func::FuncOp>())
        changed |= dropReturnedArguments(func);
    }
    SmallVector<func::CallOp> calls;
    module.walk([&](func::CallOp call) {
      if (call->hasAttr(attrs::into))
        calls.push_back(call);
    });
    for (func::CallOp call : calls)
      if (failed(useDestinations(call)))
        return signalPassFailure();
    for (auto &[func, destOf] : exported) {
      for (unsigned i = 0; i < func.getNumArguments(); ++i)
        func.removeArgAttr(i, BufferizationDialect::kWritableAttrName);
      if (failed(dropResults(func, destOf)))
        return signalPassFailure();
    }
    for (func::CallOp call : calls) {
      OpBuilder builder(call);
      func::CallOp::create(builder, call.getLoc(), call.getCallee(), TypeRange(), call.getOperands());
      call.erase();
    }
  }
};

} // namespace
