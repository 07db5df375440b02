// Loops and branches (scf), and arithmetic of indices (affine).
#include "compiler/Interpreter/Machine.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace rondo::interpreter;
using Slot = rondo::interpreter::Value;

/// The operands of a body's terminator become the results of the step.
static void leave(Frame &frame, const Step &step, const Body &body) {
  for (unsigned i = 0; i < step.op->getNumResults(); ++i)
    frame.result(step, i) = frame.takeYielded(body, i);
}

static LogicalResult runFor(Frame &frame, const Step &step) {
  constexpr unsigned numBounds = 3;
  int64_t lower = frame.whole(step, 0), upper = frame.whole(step, 1), by = frame.whole(step, 2);
  if (by <= 0)
    return step.op->emitError() << "has the step " << by;
  const Body &body = step.bodies[0];
  unsigned numCarries = step.operands.size() - numBounds;
  SmallVector<Slot, 4> carries(numCarries);
  for (unsigned i = 0; i < numCarries; ++i)
    carries[i] = frame.take(step, numBounds + i);
  for (int64_t n = lower; n < upper; n += by) {
    frame.argument(body, 0) = wholeCell(n);
    for (unsigned i = 0; i < numCarries; ++i)
      frame.argument(body, 1 + i) = std::move(carries[i]);
    if (failed(frame.run(body)))
      return failure();
    for (unsigned i = 0; i < numCarries; ++i)
      carries[i] = frame.takeYielded(body, i);
    if (upper - n <= by) // no overflow behind the last
      break;
  }
  for (unsigned i = 0; i < numCarries; ++i)
    frame.result(step, i) = std::move(carries[i]);
  return success();
}

static LogicalResult runIf(Frame &frame, const Step &step) {
  const Body &body = step.bodies[frame.whole(step, 0) ? 0 : 1];
  if (!body.terminator) // there is no `else`
    return success();
  if (failed(frame.run(body)))
    return failure();
  leave(frame, step, body);
  return success();
}

static LogicalResult runWhile(Frame &frame, const Step &step) {
  const Body &before = step.bodies[0], &after = step.bodies[1];
  SmallVector<Slot, 4> values(step.operands.size());
  for (unsigned i = 0; i < values.size(); ++i)
    values[i] = frame.take(step, i);
  while (true) {
    for (unsigned i = 0; i < before.arguments.size(); ++i)
      frame.argument(before, i) = std::move(values[i]);
    if (failed(frame.run(before)))
      return failure();
    bool goesOn = frame.yielded(before, 0).cell.whole;
    values.resize(before.yields.size() - 1);
    for (unsigned i = 0; i < values.size(); ++i)
      values[i] = frame.takeYielded(before, 1 + i);
    if (!goesOn)
      break;
    for (unsigned i = 0; i < values.size(); ++i)
      frame.argument(after, i) = std::move(values[i]);
    if (failed(frame.run(after)))
      return failure();
    values.resize(after.yields.size());
    for (unsigned i = 0; i < values.size(); ++i)
      values[i] = frame.takeYielded(after, i);
  }
  for (unsigned i = 0; i < values.size(); ++i)
    frame.result(step, i) = std::move(values[i]);
  return success();
}

static LogicalResult runExecuteRegion(Frame &frame, const Step &step) {
  if (failed(frame.run(step.bodies[0])))
    return failure();
  leave(frame, step, step.bodies[0]);
  return success();
}

//===----------------------------------------------------------------------===//
// affine
//===----------------------------------------------------------------------===//

/// Evaluates an expression; none where it divides by what is not positive.
static std::optional<int64_t> evaluate(AffineExpr expr, unsigned numDims, ArrayRef<int64_t> operands) {
  if (auto constant = dyn_cast<AffineConstantExpr>(expr))
    return constant.getValue();
  if (auto dim = dyn_cast<AffineDimExpr>(expr))
    return operands[dim.getPosition()];
  if (auto symbol = dyn_cast<AffineSymbolExpr>(expr))
    return operands[numDims + symbol.getPosition()];
  auto binary = cast<AffineBinaryOpExpr>(expr);
  std::optional<int64_t> a = evaluate(binary.getLHS(), numDims, operands),
                         b = evaluate(binary.getRHS(), numDims, operands);
  if (!a || !b)
    return std::nullopt;
  if (expr.getKind() == AffineExprKind::Add)
    return int64_t(uint64_t(*a) + uint64_t(*b));
  if (expr.getKind() == AffineExprKind::Mul)
    return int64_t(uint64_t(*a) * uint64_t(*b));
  if (*b <= 0)
    return std::nullopt;
  int64_t rest = *a % *b, floor = *a / *b - (rest < 0);
  if (expr.getKind() == AffineExprKind::Mod)
    return rest < 0 ? rest + *b : rest;
  return expr.getKind() == AffineExprKind::FloorDiv ? floor : floor + (rest != 0);
}

/// The values of a map, of which the operation takes one.
template <typename Op, typename Choose>
static LogicalResult runMap(Frame &frame, const Step &step, Choose choose) {
  AffineMap map = cast<Op>(step.op).getAffineMap();
  SmallVector<int64_t, 4> operands;
  for (unsigned i = 0; i < step.operands.size(); ++i)
    operands.push_back(frame.whole(step, i));
  std::optional<int64_t> chosen;
  for (AffineExpr expr : map.getResults()) {
    std::optional<int64_t> value = evaluate(expr, map.getNumDims(), operands);
    if (!value)
      return step.op->emitError("divides by what is not positive");
    chosen = chosen ? choose(*chosen, *value) : *value;
  }
  frame.result(step) = wholeCell(*chosen);
  return success();
}

static int64_t least(int64_t a, int64_t b) { return std::min(a, b); }
static int64_t greatest(int64_t a, int64_t b) { return std::max(a, b); }
static LogicalResult runApply(Frame &frame, const Step &step) {
  return runMap<affine::AffineApplyOp>(frame, step, least);
}
static LogicalResult runMin(Frame &frame, const Step &step) {
  return runMap<affine::AffineMinOp>(frame, step, least);
}
static LogicalResult runMax(Frame &frame, const Step &step) {
  return runMap<affine::AffineMaxOp>(frame, step, greatest);
}

void rondo::interpreter::addControlHandlers(Handlers &handlers) {
  handlers.add("affine.apply", runApply);
  handlers.add("affine.max", runMax);
  handlers.add("affine.min", runMin);
  handlers.add("scf.execute_region", runExecuteRegion);
  handlers.add("scf.for", runFor);
  handlers.add("scf.if", runIf);
  handlers.add("scf.while", runWhile);
}
