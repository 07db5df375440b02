// What is known as soon as weights are loaded: a memo over the definitions of values.
#include "compiler/Analysis/WeightOnly.h"
#include "dialects/Rondo/IR/RondoDialect.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Transforms/RegionUtils.h"

using namespace mlir;
using namespace rondo;

bool WeightOnly::contains(Value value) {
  if (Operation *op = value.getDefiningOp())
    return contains(op);
  auto arg = cast<BlockArgument>(value);
  auto func = dyn_cast<func::FuncOp>(arg.getOwner()->getParentOp());
  return func && (func.getArgAttr(arg.getArgNumber(), attrs::prepared) ||
                  func.getArgAttr(arg.getArgNumber(), attrs::param));
}

bool WeightOnly::contains(Operation *op) {
  auto [at, isNew] = known.try_emplace(op, false);
  if (!isNew)
    return at->second;
  // All operations are total and all loops end, so what has no effect may run for nothing.
  if (op->hasTrait<OpTrait::IsTerminator>() || isa<linalg::IndexOp>(op) ||
      !(isMemoryEffectFree(op) || isPreparation(op)))
    return false;
  bool answer = llvm::all_of(op->getOperands(), [&](Value operand) { return contains(operand); });
  if (answer && op->getNumRegions() != 0) {
    SetVector<Value> captured;
    getUsedValuesDefinedAbove(op->getRegions(), captured);
    answer = llvm::all_of(captured, [&](Value value) { return contains(value); });
  }
  return known[op] = answer;
}

bool rondo::isPreparation(Operation *op) {
  auto call = dyn_cast<func::CallOp>(op);
  auto callee =
      call ? SymbolTable::lookupNearestSymbolFrom<func::FuncOp>(op, call.getCalleeAttr()) : func::FuncOp();
  return callee && callee->hasAttr(attrs::prepare);
}

bool rondo::isView(Operation *op) {
  return isa<tensor::ExpandShapeOp, tensor::CollapseShapeOp, tensor::ExtractSliceOp, tensor::CastOp>(op);
}

bool rondo::isEnlarging(Operation *op) {
  return isa<linalg::BroadcastOp, linalg::FillOp, tensor::SplatOp, tensor::EmptyOp>(op);
}
