// Sizes by name. The front end gives every dynamic size one index value and makes every tensor from it, so
// the size of a value is found by walking to the operation that was made with it: a tensor.empty, a slice, a
// splat, an argument of an entry point (whose companion `rondo.shapes` tells them).
#include "compiler/Analysis/KnownSizes.h"
#include "dialects/Rondo/IR/RondoDialect.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace rondo;

namespace {

class Search {
public:
  SmallVector<OpFoldResult> found;
  SmallVector<tensor::ConcatOp> sums; // whose axis has the size: that of its operands together

  void visit(Value value, int64_t axis) {
    auto type = dyn_cast<RankedTensorType>(value.getType());
    if (!type || axis >= type.getRank() || !visited.insert({value, axis}).second)
      return;
    if (!type.isDynamicDim(axis))
      return add(Builder(value.getContext()).getIndexAttr(type.getDimSize(axis)));
    if (auto arg = dyn_cast<BlockArgument>(value))
      return visitArgument(arg, axis);
    visitResult(cast<OpResult>(value), axis);
  }

private:
  void add(OpFoldResult size) {
    if (std::optional<int64_t> constant = getConstantIntValue(size))
      size = Builder(size.getContext()).getIndexAttr(*constant);
    if (!llvm::is_contained(found, size))
      found.push_back(size);
  }

  void visitArgument(BlockArgument arg, int64_t axis) {
    Operation *parent = arg.getOwner()->getParentOp();
    if (auto scan = dyn_cast<ScanOp>(parent)) {
      unsigned number = arg.getArgNumber() - 1, ins = scan.getIns().size();
      if (number < ins)
        visit(scan.getIns()[number], axis + 1);
      else
        visit(scan.getStarts()[number - ins], axis);
    } else if (auto func = dyn_cast<func::FuncOp>(parent)) {
      visitEntryArgument(func, arg, axis);
    }
  }

  // The companion returns the sizes of all tensor arguments, axis by axis, from the same leading arguments.
  void visitEntryArgument(func::FuncOp func, BlockArgument arg, int64_t axis) {
    auto symbol = func->getAttrOfType<FlatSymbolRefAttr>(attrs::shapes);
    auto shapes = symbol ? SymbolTable::lookupNearestSymbolFrom<func::FuncOp>(func, symbol) : nullptr;
    auto isNamed = [&](BlockArgument arg) {
      return func.getArgAttr(arg.getArgNumber(), attrs::name) != Attribute();
    };
    if (!shapes || shapes.isExternal() || !isNamed(arg))
      return;
    unsigned number = axis;
    for (BlockArgument before : func.getArguments().take_front(arg.getArgNumber()))
      if (isNamed(before))
        number += cast<RankedTensorType>(before.getType()).getRank();
    auto results = shapes.getBody().front().getTerminator()->getOperands();
    if (number >= results.size())
      return;
    APInt constant;
    if (auto dim = dyn_cast<BlockArgument>(results[number]))
      add(func.getArgument(dim.getArgNumber()));
    else if (matchPattern(results[number], m_ConstantInt(&constant)))
      add(Builder(func.getContext()).getIndexAttr(constant.getSExtValue()));
  }

  // A layer's companion gives the sizes of its results behind those of its arguments.
  void visitCall(func::CallOp call, unsigned result, int64_t axis) {
    if (OpOperand *place = destinationOfCall(call->getResult(result)))
      return visit(place->get(), axis);
    auto callee = SymbolTable::lookupNearestSymbolFrom<func::FuncOp>(call, call.getCalleeAttr());
    if (BlockArgument updated = callee ? newStateOf(callee, result) : BlockArgument())
      return visit(call.getOperand(updated.getArgNumber()), axis);
    auto symbol = callee ? callee->getAttrOfType<FlatSymbolRefAttr>(attrs::shapes) : FlatSymbolRefAttr();
    auto shapes = symbol ? SymbolTable::lookupNearestSymbolFrom<func::FuncOp>(call, symbol) : nullptr;
    if (!shapes || shapes.isExternal())
      return;
    auto results = shapes.getBody().front().getTerminator()->getOperands();
    int64_t number = int64_t(results.size()) + axis;
    for (OpResult other : call->getResults().drop_front(result))
      if (!newStateOf(callee, other.getResultNumber()))
        number -= cast<RankedTensorType>(other.getType()).getRank();
    APInt constant;
    if (number < 0)
      return;
    if (auto dim = dyn_cast<BlockArgument>(results[number]))
      add(call.getOperand(dim.getArgNumber()));
    else if (matchPattern(results[number], m_ConstantInt(&constant)))
      add(Builder(call.getContext()).getIndexAttr(constant.getSExtValue()));
  }

  void visitResult(OpResult value, int64_t axis) {
    Operation *op = value.getOwner();
    auto type = cast<RankedTensorType>(value.getType());
    if (OpTrait::hasElementwiseMappableTraits(op)) {
      for (Value operand : op->getOperands())
        visit(operand, axis);
      return;
    }
    llvm::TypeSwitch<Operation *>(op)
        .Case<tensor::EmptyOp, tensor::SplatOp>(
            [&](auto made) { add(made.getDynamicSizes()[type.getDynamicDimIndex(axis)]); })
        .Case<DestinationStyleOpInterface>(
            [&](auto into) { visit(into.getDpsInits()[value.getResultNumber()], axis); })
        .Case<tensor::CastOp>([&](auto cast) { visit(cast.getSource(), axis); })
        .Case<tensor::ExtractSliceOp>([&](auto slice) { add(slice.getMixedSizes()[keptAxis(slice, axis)]); })
        .Case<tensor::InsertSliceOp>([&](auto insert) { visit(insert.getDest(), axis); })
        .Case<tensor::ExpandShapeOp>([&](auto expand) { add(expand.getMixedOutputShape()[axis]); })
        .Case<tensor::CollapseShapeOp>([&](auto collapse) {
          // Of a group all of whose axes but one are 1.
          SmallVector<int64_t> others;
          ReassociationIndices group = collapse.getReassociationIndices()[axis];
          for (int64_t from : group)
            if (collapse.getSrcType().getDimSize(from) != 1)
              others.push_back(from);
          if (others.size() == 1)
            visit(collapse.getSrc(), others.front());
        })
        .Case<tensor::ConcatOp>([&](auto concat) {
          if (int64_t(concat.getDim()) == axis)
            sums.push_back(concat);
          else
            for (Value input : concat.getInputs())
              visit(input, axis);
        })
        .Case<ContractOp>([&](ContractOp contract) {
          char letter = contract.letters(2)[axis];
          for (unsigned i : {0, 1})
            if (size_t at = contract.letters(i).find(letter); at != StringRef::npos)
              visit(contract->getOperand(i), at);
        })
        .Case<SoftmaxOp, NormalizeOp>([&](auto same) { visit(same.getInput(), axis); })
        .Case<ReduceOp>([&](ReduceOp reduce) {
          for (int64_t dim : reduce.getDims())
            axis += dim <= axis;
          visit(reduce.getInput(), axis);
        })
        .Case<GatherOp>([&](GatherOp gather) {
          int64_t dim = gather.getDim(), rank = gather.getIndices().getType().getRank();
          if (axis >= dim && axis < dim + rank)
            visit(gather.getIndices(), axis - dim);
          else
            visit(gather.getSource(), axis < dim ? axis : axis - rank + 1);
        })
        .Case<func::CallOp>([&](func::CallOp call) { visitCall(call, value.getResultNumber(), axis); })
        .Case<ScanOp>([&](ScanOp scan) {
          unsigned number = value.getResultNumber();
          if (number >= scan.numStacks())
            visit(scan.getStarts()[number - scan.numStacks()], axis);
          else if (axis == 0)
            add(scan.getSteps());
          else
            visitOutside(scan, scan.yieldedStacks()[number], axis - 1);
        });
  }

  // Sizes named inside of a scan count only if they are defined outside.
  void visitOutside(ScanOp scan, Value value, int64_t axis) {
    Search inside;
    inside.visit(value, axis);
    for (OpFoldResult size : inside.found) {
      auto named = dyn_cast<Value>(size);
      if (!named || !scan.getBody().isAncestor(named.getParentRegion()))
        add(size);
    }
  }

  static int64_t keptAxis(tensor::ExtractSliceOp slice, int64_t axis) {
    llvm::SmallBitVector dropped = slice.getDroppedDims();
    for (int64_t from = 0;; ++from)
      if (!dropped.test(from) && axis-- == 0)
        return from;
  }

  DenseSet<std::pair<Value, int64_t>> visited;
};

} // namespace

SmallVector<OpFoldResult> rondo::knownSizes(Value value, int64_t axis) {
  Search search;
  search.visit(value, axis);
  return search.found;
}

OpFoldResult rondo::sizeOf(OpBuilder &b, Location loc, Value value, int64_t axis) {
  Search search;
  search.visit(value, axis);
  if (!search.found.empty())
    return search.found.front();
  if (search.sums.empty())
    return tensor::getMixedSize(b, loc, value, axis);
  tensor::ConcatOp concat = search.sums.front();
  Value sum;
  for (Value input : concat.getInputs()) {
    Value size = getValueOrCreateConstantIndexOp(b, loc, sizeOf(b, loc, input, concat.getDim()));
    sum = sum ? arith::AddIOp::create(b, loc, sum, size) : size;
  }
  return sum;
}

SmallVector<OpFoldResult> rondo::sizesOf(OpBuilder &b, Location loc, Value value) {
  SmallVector<OpFoldResult> sizes;
  for (int64_t axis = 0; axis < cast<RankedTensorType>(value.getType()).getRank(); ++axis)
    sizes.push_back(sizeOf(b, loc, value, axis));
  return sizes;
}

bool rondo::isWholeAxis(tensor::ExtractSliceOp slice, int64_t axis) {
  if (!isConstantIntValue(slice.getMixedOffsets()[axis], 0) ||
      !isConstantIntValue(slice.getMixedStrides()[axis], 1))
    return false;
  OpFoldResult size = slice.getMixedSizes()[axis];
  return llvm::any_of(knownSizes(slice.getSource(), axis),
                      [&](OpFoldResult known) { return isEqualConstantIntOrValue(known, size); });
}

RankedTensorType rondo::typeOf(ArrayRef<OpFoldResult> sizes, Type element) {
  SmallVector<int64_t> shape;
  for (OpFoldResult size : sizes) {
    auto attribute = dyn_cast<Attribute>(size);
    shape.push_back(attribute ? cast<IntegerAttr>(attribute).getInt() : ShapedType::kDynamic);
  }
  return RankedTensorType::get(shape, element);
}

Value rondo::castTo(OpBuilder &b, Value value, Type type) {
  return value.getType() == type ? value : tensor::CastOp::create(b, value.getLoc(), type, value);
}
