// Attention, pair by pair.
#include "compiler/Interpreter/Strided.h"
#include <cmath>

using namespace mlir;
using namespace rondo;
using namespace rondo::interpreter;
using Slot = rondo::interpreter::Value;

namespace {
class Attention {
public:
  Attention(Frame &frame, const Step &step, AttentionOp op)
      : frame(frame), step(step), op(op), query(place(1)), key(place(2)), value(place(3)),
        numCaptures(op.getCaptures().size()) {
    for (Region *region : {&op.getScore(), &op.getMask()})
      onTensors |= !region->empty() && isa<ShapedType>(region->getArgument(0).getType());
  }

  LogicalResult run();

private:
  Place place(unsigned operand) {
    return Place::of(frame.operand(step, operand), op->getOperand(operand).getType());
  }
  double round(double x) const { return frame.machine.round(x, element); }
  double roundPartial(double x) const { return frame.machine.roundPartial(x, element); }
  /// Runs a region for a pair; `logit` is none in the mask.
  FailureOr<Cell> call(const Body &body, std::optional<double> logit, ArrayRef<int64_t> indices);
  FailureOr<double> product(ArrayRef<int64_t> pair);
  /// Of one query; false after an error. Hidden pairs have none.
  LogicalResult logitsOf(int64_t b, int64_t h, int64_t i);

  Frame &frame;
  const Step &step;
  AttentionOp op;
  Place query, key, value;
  unsigned numCaptures;
  bool onTensors = false; // of rank 0, as the regions compute in the phase `rondo`
  Element element = *elementOf(op.elementType());
  std::vector<std::optional<double>> logits;
};
} // namespace

FailureOr<Cell> Attention::call(const Body &body, std::optional<double> logit, ArrayRef<int64_t> indices) {
  unsigned next = 0;
  auto give = [&](Cell cell) {
    Slot &argument = frame.argument(body, next++);
    if (!onTensors)
      argument = cell;
    else if (argument.isArray() && argument.isAlone())
      argument.own().cells[0] = cell;
    else
      argument = ArrayPtr(new Array({}, cell));
  };
  if (logit)
    give(realCell(*logit));
  for (int64_t index : indices)
    give(wholeCell(index));
  unsigned first = 4; // scale, query, key, value
  for (unsigned i = 0; i < numCaptures; ++i)
    frame.argument(body, next++) = frame.operand(step, first + i);
  if (failed(frame.run(body)))
    return failure();
  const Slot &result = frame.yielded(body, 0);
  return result.isNumber() ? result.cell : result.array().cells[0];
}

FailureOr<double> Attention::product(ArrayRef<int64_t> pair) {
  int64_t b = pair[0], h = pair[1], i = pair[2], j = pair[3];
  int64_t shared = query.sizes[1] / key.sizes[1];
  std::optional<int64_t> q = query.at({b, h, i, 0}), k = key.at({b, h / shared, j, 0});
  double sum = 0;
  for (int64_t d = 0; d < query.sizes[3]; ++d) {
    Cell x, y;
    if (!q || !k || !query.load(*q + d * query.strides[3], x) || !key.load(*k + d * key.strides[3], y))
      return step.op->emitError("reads outside of its query or key"), failure();
    sum = roundPartial(sum + x.real * y.real);
  }
  return sum;
}

LogicalResult Attention::logitsOf(int64_t b, int64_t h, int64_t i) {
  const Body &score = step.bodies[0], &mask = step.bodies[1];
  double scale = frame.operand(step, 0).cell.real;
  logits.assign(key.sizes[2], std::nullopt);
  for (int64_t j = 0; j < key.sizes[2]; ++j) {
    int64_t pair[] = {b, h, i, j};
    if (mask.terminator) {
      FailureOr<Cell> sees = call(mask, std::nullopt, pair);
      if (failed(sees))
        return failure();
      if (!sees->whole)
        continue;
    }
    double logit = 0;
    if (query.sizes[3]) {
      FailureOr<double> sum = product(pair);
      if (failed(sum))
        return failure();
      logit = round(scale * *sum);
    }
    if (score.terminator) {
      FailureOr<Cell> scored = call(score, logit, pair);
      if (failed(scored))
        return failure();
      logit = scored->real;
    }
    logits[j] = logit;
  }
  return success();
}

LogicalResult Attention::run() {
  unsigned first = 4 + numCaptures;
  SmallVector<Slot, 2> outputs;
  SmallVector<Place, 2> places;
  for (unsigned i = first; i < step.operands.size(); ++i) {
    outputs.push_back(frame.take(step, i));
    if (outputs.back().isArray())
      outputs.back().own();
  }
  for (auto [i, output] : llvm::enumerate(outputs))
    places.push_back(Place::of(output, op->getOperand(first + i).getType()));
  int64_t heads = query.sizes[1], keyHeads = key.sizes[1];
  if (heads && (!keyHeads || heads % keyHeads))
    return step.op->emitError() << "has " << heads << " heads for " << keyHeads << " of the keys";
  auto outside = [&] { return step.op->emitError("leads outside of a tensor"); };
  ArrayRef<int64_t> rows = ArrayRef(query.sizes).take_front(3);
  for (Indices index(rows); index; ++index) {
    int64_t b = (*index)[0], h = (*index)[1], i = (*index)[2];
    if (failed(logitsOf(b, h, i)))
      return failure();
    double top = -INFINITY, total = 0;
    for (std::optional<double> logit : logits)
      if (logit)
        top = std::isnan(*logit) || *logit > top ? *logit : top;
    if (top == -INFINITY) // a row that sees nothing, or nothing that counts
      top = 0;
    for (std::optional<double> logit : logits)
      if (logit)
        total = roundPartial(total + std::exp(*logit - top));
    std::vector<double> weights(logits.size());
    for (size_t j = 0; j < logits.size(); ++j)
      weights[j] =
          logits[j] && *logits[j] != -INFINITY && total != 0 ? round(std::exp(*logits[j] - top) / total) : 0;
    for (int64_t d = 0; d < value.sizes[3]; ++d) {
      double sum = 0;
      for (int64_t j = 0; j < key.sizes[2]; ++j) {
        Cell x;
        if (!logits[j])
          continue;
        std::optional<int64_t> at = value.at({b, h / (heads / keyHeads), j, d});
        if (!at || !value.load(*at, x))
          return outside();
        sum = roundPartial(sum + weights[j] * x.real);
      }
      std::optional<int64_t> to = places[0].at({b, h, i, d});
      if (!to || !places[0].store(*to, realCell(round(sum))))
        return outside();
    }
    for (int64_t j = 0; j < key.sizes[2] && places.size() > 1; ++j) {
      std::optional<int64_t> to = places[1].at({b, h, i, j});
      if (!to || !places[1].store(*to, realCell(weights[j])))
        return outside();
    }
  }
  for (unsigned i = 0; i < step.op->getNumResults(); ++i)
    frame.result(step, i) = std::move(outputs[i]);
  return success();
}

static LogicalResult runAttention(Frame &frame, const Step &step) {
  return Attention(frame, step, cast<AttentionOp>(step.op)).run();
}

void rondo::interpreter::addAttentionHandlers(Handlers &handlers) {
  handlers.add("rondo.attention", runAttention);
}
