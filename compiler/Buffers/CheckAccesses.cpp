// rondo-check-accesses: every access to memory is checked before it happens.
//
// Needs phase `buffers`. In front of each operation that reads, writes or views a memref stands a
// `cf.assert` of each property that it counts on: that indices lie in the buffer, a view in what it is a view
// of, that the operands of linalg have sizes that fit. A function in which an assert fails writes a status
// that tells the place and the operation, and returns (`rondo-runtime-to-llvm`, `rondo-assert-to-return`).
// Every layer has a status word for this, and is left behind a call that failed.
//
// Most checks are upstream's, of RuntimeVerifiableOpInterface. Those of vectors and of the arena's views are
// written here. Declines operations that access memory and that it does not know.
#include "compiler/Buffers/Passes.h"
#include "dialects/Rondo/IR/RondoDialect.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Index/IR/IndexDialect.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/Interfaces/RuntimeVerifiableOpInterface.h"
#include "llvm/ADT/Sequence.h"
#include "llvm/ADT/TypeSwitch.h"

namespace rondo {
#define GEN_PASS_DEF_CHECKACCESSES
#include "compiler/Buffers/Passes.h.inc"
} // namespace rondo

using namespace mlir;
using namespace rondo;

static std::string message(Operation *op, StringRef what) {
  return ("`" + op->getName().getStringRef() + "`: " + what).str();
}

namespace {
/// The checks in front of one operation.
class Checks {
public:
  explicit Checks(Operation *op) : op(op), b(op->getLoc(), op) {}

  /// A vector of `shape` at `indices`, its last axes along the buffer's.
  void inside(Value buffer, ValueRange indices, ArrayRef<int64_t> shape) {
    SmallVector<int64_t> extents(indices.size() - shape.size(), 1);
    extents.append(shape.begin(), shape.end());
    assertAll(inBounds(buffer, indices, extents));
  }

  /// Along each axis of the buffer as many elements as the vector has along it.
  void inside(VectorTransferOpInterface transfer) {
    auto type = cast<MemRefType>(transfer.getShapedType());
    SmallVector<int64_t> extents(type.getRank(), 1);
    for (auto [expr, size] :
         llvm::zip_equal(transfer.getPermutationMap().getResults(), transfer.getVectorType().getShape()))
      if (auto dim = dyn_cast<AffineDimExpr>(expr)) // else one element for all
        extents[dim.getPosition()] = size;
    assertAll(inBounds(transfer.getBase(), transfer.getIndices(), extents));
  }

  /// The lanes of the mask, of one dimension.
  void insideWhere(Value mask, Value buffer, ValueRange indices) {
    auto lanes = cast<VectorType>(mask.getType());
    auto places = lanes.clone(b.getIndexType());
    SmallVector<Attribute> steps = llvm::map_to_vector(
        llvm::seq(lanes.getNumElements()), [&](int64_t lane) -> Attribute { return b.getIndexAttr(lane); });
    auto splat = [&](Value x) { return vector::BroadcastOp::create(b, places, x); };
    Value place = arith::AddIOp::create(b, splat(indices.back()),
                                        arith::ConstantOp::create(b, DenseElementsAttr::get(places, steps)));
    // As unsigned numbers the negative ones are too large as well.
    Value inside =
        arith::CmpIOp::create(b, arith::CmpIPredicate::ult, place, splat(dim(buffer, indices.size() - 1)));
    SmallVector<int64_t> one(indices.size(), 1);
    one.back() = 0;
    for (Value outer : inBounds(buffer, indices, one))
      inside = arith::AndIOp::create(b, inside, vector::BroadcastOp::create(b, lanes, outer));
    Value truth = arith::ConstantOp::create(b, DenseElementsAttr::get(lanes, true));
    Value hidden = arith::XOrIOp::create(b, mask, truth);
    assertAll(vector::ReductionOp::create(b, vector::CombiningKind::AND,
                                          arith::OrIOp::create(b, inside, hidden).getResult())
                  .getResult());
  }

  void inside(memref::ViewOp view) {
    auto type = view.getType();
    Value bytes = arith::ConstantIndexOp::create(b, (type.getElementTypeBitWidth() + 7) / 8);
    SmallVector<Value> holds, sizes(view.getSizes());
    for (int64_t size : type.getShape())
      if (!ShapedType::isDynamic(size))
        sizes.push_back(arith::ConstantIndexOp::create(b, size));
    for (Value size : sizes) {
      holds.push_back(atMost(zero(), size));
      bytes = arith::MulIOp::create(b, bytes, size);
    }
    Value room = arith::SubIOp::create(b, dim(view.getSource(), 0), view.getByteShift());
    holds.push_back(atMost(zero(), view.getByteShift()));
    holds.push_back(atMost(bytes, room));
    assertAll(holds);
  }

  /// Sizes of a layer's buffers are those that it computes from its dims.
  void sizesOf(func::CallOp call, func::FuncOp layer, func::FuncOp shapes, func::FuncOp scratch) {
    auto made = [&](func::FuncOp sizes) {
      return func::CallOp::create(b, sizes, call.getOperands().take_front(sizes.getNumArguments()))
          .getResults();
    };
    SmallVector<Value> holds;
    ValueRange rest = shapes ? ValueRange(made(shapes)) : ValueRange();
    for (auto [i, operand] : llvm::enumerate(call.getOperands())) {
      if (layer.getArgAttr(i, "rondo.scratch") && scratch)
        holds.push_back(atMost(made(scratch)[0], dim(operand, 0)));
      auto type = dyn_cast<MemRefType>(operand.getType());
      bool hasSizes = layer.getArgAttr(i, attrs::name) || layer.getArgAttr(i, attrs::result);
      if (!type || !hasSizes || rest.size() < size_t(type.getRank()))
        continue;
      for (int64_t axis = 0; axis < type.getRank(); ++axis)
        holds.push_back(arith::CmpIOp::create(b, arith::CmpIPredicate::eq, dim(operand, axis), rest[axis]));
      rest = rest.drop_front(type.getRank());
    }
    if (!holds.empty())
      assertAll(holds, "a buffer has not the size that the layer takes it for");
  }

private:
  Value zero() { return arith::ConstantIndexOp::create(b, 0); }
  Value dim(Value buffer, int64_t axis) { return memref::DimOp::create(b, buffer, axis); }
  Value atMost(Value x, Value y) { return arith::CmpIOp::create(b, arith::CmpIPredicate::sle, x, y); }

  /// 0 <= index and index + extent <= size, axis by axis.
  SmallVector<Value> inBounds(Value buffer, ValueRange indices, ArrayRef<int64_t> extents) {
    SmallVector<Value> holds;
    for (auto [axis, index, extent] : llvm::enumerate(indices, extents)) {
      if (!extent)
        continue;
      Value last = arith::SubIOp::create(b, dim(buffer, axis), arith::ConstantIndexOp::create(b, extent));
      holds.append({atMost(zero(), index), atMost(index, last)});
    }
    return holds;
  }

  void assertAll(ArrayRef<Value> holds, StringRef what = "out-of-bounds access") {
    Value all = arith::ConstantIntOp::create(b, b.getI1Type(), 1);
    for (Value one : holds)
      all = arith::AndIOp::create(b, all, one);
    cf::AssertOp::create(b, all, message(op, what));
  }

  Operation *op;
  ImplicitLocOpBuilder b;
};

bool isLayer(func::FuncOp function) {
  return takesDestinations(function) && function.isPrivate() && !function->hasAttr(attrs::entry);
}

Value argumentOf(func::FuncOp function, StringRef mark) {
  for (BlockArgument argument : function.getArguments())
    if (function.getArgAttr(argument.getArgNumber(), mark))
      return argument;
  return {};
}

struct CheckAccesses : rondo::impl::CheckAccessesBase<CheckAccesses> {
  void runOnOperation() override {
    SymbolTable table(getOperation());
    symbols = &table;
    SmallVector<Operation *> ops;
    getOperation().walk([&](Operation *op) { ops.push_back(op); });
    if (failed(giveStatus()))
      return signalPassFailure();
    for (Operation *op : ops)
      if (!isChecked(op) && isAccess(op)) {
        op->emitError("accesses memory in a way that `--sanitize` does not check");
        return signalPassFailure();
      }
  }

private:
  func::FuncOp calleeOf(func::CallOp call) { return symbols->lookup<func::FuncOp>(call.getCallee()); }

  /// A status word, before the arena, for layers that have none.
  LogicalResult giveStatus() {
    DenseMap<func::FuncOp, unsigned> changed; // layer -> the argument
    Builder b(&getContext());
    auto word = MemRefType::get({}, b.getI32Type());
    auto mark = b.getDictionaryAttr(b.getNamedAttr("rondo.status", b.getUnitAttr()));
    for (auto layer : getOperation().getOps<func::FuncOp>()) {
      if (!isLayer(layer) || argumentOf(layer, "rondo.status"))
        continue;
      unsigned at = layer.getNumArguments() - bool(argumentOf(layer, "rondo.scratch"));
      (void)layer.insertArgument(at, word, mark, layer.getLoc());
      changed[layer] = at;
    }
    WalkResult walk = getOperation().walk([&](func::CallOp call) {
      auto found = changed.find(calleeOf(call));
      if (found == changed.end())
        return WalkResult::advance();
      Value status = statusIn(call->getParentOfType<func::FuncOp>());
      if (!status) {
        call.emitError("calls a layer in a function without a status word");
        return WalkResult::interrupt();
      }
      call->insertOperands(found->second, status);
      return WalkResult::advance();
    });
    return failure(walk.wasInterrupted());
  }

  /// The status word of whoever calls a layer: at the beginning of an entry point's arena.
  static Value statusIn(func::FuncOp function) {
    if (Value status = argumentOf(function, "rondo.status"))
      return status;
    Value arena = argumentOf(function, "rondo.scratch");
    if (!arena)
      return {};
    auto b = ImplicitLocOpBuilder::atBlockBegin(function.getLoc(), &function.front());
    Value start = arith::ConstantIndexOp::create(b, 0);
    return memref::ViewOp::create(b, MemRefType::get({}, b.getI32Type()), arena, start, ValueRange());
  }

  void check(func::CallOp call) {
    func::FuncOp callee = calleeOf(call);
    if (!callee || !isLayer(callee))
      return;
    auto companion = [&](StringRef name) {
      auto symbol = callee->getAttrOfType<FlatSymbolRefAttr>(name);
      auto found = symbol ? symbols->lookup<func::FuncOp>(symbol.getValue()) : func::FuncOp();
      bool fits = found && found.getNumResults() && found.getNumArguments() <= call.getNumOperands();
      return fits ? found : func::FuncOp();
    };
    Checks(call).sizesOf(call, callee, companion(attrs::shapes), companion("rondo.scratch_size"));
    ImplicitLocOpBuilder b(call.getLoc(), call->getNextNode());
    Value status = call.getOperand(cast<BlockArgument>(argumentOf(callee, "rondo.status")).getArgNumber());
    Value none = arith::ConstantIntOp::create(b, b.getI32Type(), 0);
    Value holds = arith::CmpIOp::create(b, arith::CmpIPredicate::eq,
                                        memref::LoadOp::create(b, status, ValueRange()), none);
    cf::AssertOp::create(b, holds, ""); // the layer said what
  }

  /// Whether it is known what the operation accesses.
  bool isChecked(Operation *op) {
    return llvm::TypeSwitch<Operation *, bool>(op)
        .Case<vector::LoadOp, vector::StoreOp>([](auto access) {
          Checks(access).inside(access.getBase(), access.getIndices(), access.getVectorType().getShape());
          return true;
        })
        .Case<vector::MaskedLoadOp, vector::MaskedStoreOp>([](auto access) {
          if (access.getVectorType().getRank() != 1)
            return false;
          Checks(access).insideWhere(access.getMask(), access.getBase(), access.getIndices());
          return true;
        })
        .Case([](VectorTransferOpInterface transfer) {
          if (!isa<MemRefType>(transfer.getShapedType()) || transfer.getMask())
            return false;
          Checks(transfer).inside(transfer);
          return true;
        })
        .Case([](memref::ViewOp view) {
          Checks(view).inside(view);
          return true;
        })
        .Case([&](func::CallOp call) {
          check(call);
          return true;
        })
        .Case([](RuntimeVerifiableOpInterface known) {
          OpBuilder b(known);
          known.generateRuntimeVerification(b, known.getLoc(), message);
          return true;
        })
        .Default([](Operation *) { return false; });
  }

  static bool isAccess(Operation *op) {
    if (isa<memref::ReinterpretCastOp, LLVM::LoadOp, LLVM::StoreOp>(op))
      return true;
    return isa<MemoryEffectOpInterface>(op) && llvm::any_of(op->getOperands(), [&](Value value) {
             return isa<BaseMemRefType>(value.getType()) &&
                    (hasEffect<MemoryEffects::Read>(op, value) || hasEffect<MemoryEffects::Write>(op, value));
           });
  }

  SymbolTable *symbols = nullptr;
};
} // namespace
