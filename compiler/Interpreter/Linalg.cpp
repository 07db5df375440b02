// The linalg dialect: every structured operation by its maps and its region, on tensors and on memrefs.
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "compiler/Interpreter/Strided.h"

using namespace mlir;
using namespace rondo::interpreter;
using Slot = rondo::interpreter::Value;

namespace {
/// An operand of a structured operation.
struct Operand {
  Cell number;                // where there is no place
  std::optional<Place> place; // of a tensor or memref
  Shape strides;              // of each loop, if the map only names loops
  AffineMap map;              // else

  bool isSimple() const { return !map; }
  std::optional<int64_t> at(ArrayRef<int64_t> loops) const {
    if (!isSimple())
      return place->at(map.compose(loops));
    int64_t sum = 0;
    for (size_t i = 0; i < loops.size(); ++i)
      sum += strides[i] * loops[i];
    return sum;
  }
};
} // namespace

/// Finds the sizes of the loops from the operands that are indexed by one loop an axis; an error if two
/// operands disagree.
static LogicalResult measure(const Step &step, AffineMap map, ArrayRef<int64_t> sizes, unsigned operand,
                             MutableArrayRef<int64_t> loops) {
  for (auto [axis, expr] : llvm::enumerate(map.getResults())) {
    auto dim = dyn_cast<AffineDimExpr>(expr);
    if (!dim)
      continue;
    int64_t &loop = loops[dim.getPosition()];
    if (loop >= 0 && loop != sizes[axis])
      return step.op->emitError() << "operand " << operand << " has " << sizes[axis] << " elements on axis "
                                  << axis << ", another operand " << loop;
    loop = sizes[axis];
  }
  return success();
}

static LogicalResult runLinalg(Frame &frame, const Step &step) {
  auto op = cast<linalg::LinalgOp>(step.op);
  unsigned numInputs = op.getNumDpsInputs(), n = step.operands.size();
  SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  SmallVector<int64_t, 6> loops(op.getNumLoops(), -1);
  SmallVector<Slot, 2> outputs;
  for (unsigned i = numInputs; i < n; ++i) {
    outputs.push_back(frame.take(step, i));
    if (outputs.back().isArray())
      outputs.back().own();
  }
  SmallVector<Operand, 4> operands(n);
  for (unsigned i = 0; i < n; ++i) {
    const Slot &value = i < numInputs ? frame.operand(step, i) : outputs[i - numInputs];
    operands[i].number = value.cell;
    if (value.isNumber())
      continue;
    operands[i].place.emplace(Place::of(value, op->getOperand(i).getType()));
    if (failed(measure(step, maps[i], operands[i].place->sizes, i, loops)))
      return failure();
    if (!maps[i].isProjectedPermutation()) {
      operands[i].map = maps[i];
      continue;
    }
    operands[i].strides.assign(loops.size(), 0);
    for (auto [axis, expr] : llvm::enumerate(maps[i].getResults()))
      operands[i].strides[cast<AffineDimExpr>(expr).getPosition()] = operands[i].place->strides[axis];
  }
  if (llvm::is_contained(loops, -1))
    return step.op->emitError("has a loop whose size no operand says");

  const Body &body = step.bodies[0];
  ArrayRef<int64_t> outer = frame.loop;
  for (Indices index(loops); index; ++index) {
    frame.loop = *index;
    for (unsigned i = 0; i < n; ++i) {
      Cell cell = operands[i].number;
      if (operands[i].place) {
        std::optional<int64_t> at = operands[i].at(*index);
        if (!at || !operands[i].place->load(*at, cell))
          return step.op->emitError() << "reads operand " << i << " outside of it";
      }
      frame.argument(body, i) = cell;
    }
    if (failed(frame.run(body)))
      return failure();
    for (unsigned i = numInputs; i < n; ++i)
      if (std::optional<int64_t> at = operands[i].at(*index);
          !at || !operands[i].place->store(*at, frame.yielded(body, i - numInputs).cell))
        return step.op->emitError() << "writes operand " << i << " outside of it";
  }
  frame.loop = outer;
  for (unsigned i = 0; i < step.op->getNumResults(); ++i)
    frame.result(step, i) = std::move(outputs[i]);
  return success();
}

static LogicalResult runIndex(Frame &frame, const Step &step) {
  frame.result(step) = wholeCell(frame.loop[cast<linalg::IndexOp>(step.op).getDim()]);
  return success();
}

void rondo::interpreter::addLinalgHandlers(Handlers &handlers) {
  handlers.addLinalg(runLinalg);
  handlers.add("linalg.index", runIndex);
}
