// Choosing among the elements of rows: in order, or by chance.
#include "compiler/Interpreter/Strided.h"
#include <cmath>
#include <numeric>

using namespace mlir;
using namespace rondo;
using namespace rondo::interpreter;
using Slot = rondo::interpreter::Value;

/// Whether a stands before b in ascending order; NaN is the greatest.
static bool isLess(Cell a, Cell b, bool isFloat) {
  if (!isFloat)
    return a.whole < b.whole;
  return !std::isnan(a.real) && (std::isnan(b.real) || a.real < b.real);
}

static LogicalResult runTopk(Frame &frame, const Step &step) {
  auto op = cast<TopkOp>(step.op);
  Slot values = frame.take(step, 1), places = frame.take(step, 2);
  for (Slot *output : {&values, &places})
    if (output->isArray())
      output->own();
  Place input = Place::of(frame.operand(step, 0), op.getInput().getType()),
        toValues = Place::of(values, op.getValues().getType()),
        toPlaces = Place::of(places, op.getIndices().getType());
  int64_t dim = op.getDim(), n = input.sizes[dim], k = toValues.sizes[dim];
  Shape rows = input.sizes, wanted = rows;
  wanted[dim] = k;
  if (k > n || toValues.sizes != wanted || toPlaces.sizes != wanted)
    return step.op->emitError("the destinations are not the shape of the input with at most as many a row");
  rows[dim] = 1;
  std::vector<Cell> row(n);
  std::vector<int64_t> order(n);
  for (Indices index(rows); index; ++index) {
    int64_t from = *input.at(*index);
    for (int64_t i = 0; i < n; ++i)
      if (!input.load(from + i * input.strides[dim], row[i]))
        return step.op->emitError("reads outside of its input");
    std::iota(order.begin(), order.end(), 0);
    llvm::sort(order, [&](int64_t a, int64_t b) {
      Cell x = row[op.getLargest() ? b : a], y = row[op.getLargest() ? a : b];
      if (isLess(x, y, step.in.isFloat()) || isLess(y, x, step.in.isFloat()))
        return isLess(x, y, step.in.isFloat());
      return a < b;
    });
    int64_t valueAt = k ? *toValues.at(*index) : 0, placeAt = k ? *toPlaces.at(*index) : 0;
    for (int64_t i = 0; i < k; ++i)
      if (!toValues.store(valueAt + i * toValues.strides[dim], row[order[i]]) ||
          !toPlaces.store(placeAt + i * toPlaces.strides[dim], wholeCell(order[i])))
        return step.op->emitError("writes outside of a destination");
  }
  if (step.op->getNumResults()) {
    frame.result(step, 0) = std::move(values);
    frame.result(step, 1) = std::move(places);
  }
  return success();
}

/// Word 0 of Philox 4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011).
static uint32_t philox(uint64_t row, uint64_t key) {
  uint32_t a = uint32_t(row), b = uint32_t(row >> 32), c = 0, d = 0, k = uint32_t(key),
           l = uint32_t(key >> 32);
  for (int round = 0; round < 10; ++round) {
    uint64_t p = uint64_t(0xd2511f53) * a, q = uint64_t(0xcd9e8d57) * c;
    a = uint32_t(q >> 32) ^ b ^ k;
    b = uint32_t(q);
    c = uint32_t(p >> 32) ^ d ^ l;
    d = uint32_t(p);
    k += 0x9e3779b9;
    l += 0xbb67ae85;
  }
  return a;
}

static LogicalResult runCategorical(Frame &frame, const Step &step) {
  const Array &input = frame.array(step, 0);
  int64_t n = input.shape.back();
  ArrayPtr made = frame.make(step, ArrayRef(input.shape).drop_back());
  if (!made)
    return failure();
  uint64_t key = frame.array(step, 1).cells[0].whole;
  for (int64_t row = 0; row < made->size(); ++row) {
    double u = (philox(row, key) >> 8) * 0x1p-24, sum = 0;
    int64_t place = 0;
    for (int64_t i = 0; i < n; ++i) {
      double p = input.cells[row * n + i].real;
      if (sum <= u && p > 0)
        place = i;
      sum = frame.machine.round(sum + p, step.in);
    }
    made->cells[row] = wholeCell(place);
  }
  frame.result(step) = made;
  return success();
}

void rondo::interpreter::addSelectionHandlers(Handlers &handlers) {
  handlers.add("rondo.categorical", runCategorical);
  handlers.add("rondo.topk", runTopk);
}
