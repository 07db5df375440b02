// Products, reductions and what is made of them. Each result is computed in float64 and rounded once; of
// sums and products of elements each partial one is too, and so is what rows are compared with.
#include "compiler/Interpreter/Strided.h"
#include <cmath>

using namespace mlir;
using namespace rondo;
using namespace rondo::interpreter;
using Slot = rondo::interpreter::Value;

namespace {
/// Rows along one dimension of a shape: `outer` x `size` x `inner` elements.
struct Rows {
  Rows(ArrayRef<int64_t> shape, int64_t dim) : size(shape[dim]) {
    for (auto [axis, n] : llvm::enumerate(shape))
      (int64_t(axis) < dim ? outer : inner) *= int64_t(axis) == dim ? 1 : n;
  }
  int64_t count() const { return outer * inner; }
  /// The place of element i of row r.
  int64_t at(int64_t row, int64_t i) const { return (row / inner * size + i) * inner + row % inner; }

  int64_t outer = 1, size, inner = 1;
};
} // namespace

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//

static LogicalResult runContract(Frame &frame, const Step &step) {
  auto op = cast<ContractOp>(step.op);
  const Array &lhs = frame.array(step, 0), &rhs = frame.array(step, 1);
  std::string letters = op.letters(2).str() + op.reducedLetters();
  Shape sizes(letters.size(), -1), strides[2] = {Shape(letters.size(), 0), Shape(letters.size(), 0)};
  for (unsigned i : {0, 1}) {
    const Array &operand = i ? rhs : lhs;
    Shape own = rowMajorStrides(operand.shape);
    for (auto [axis, letter] : llvm::enumerate(op.letters(i))) {
      size_t at = letters.find(letter);
      if (sizes[at] >= 0 && sizes[at] != operand.shape[axis])
        return step.op->emitError() << "'" << letter << "' is " << sizes[at] << " and "
                                    << operand.shape[axis];
      sizes[at] = operand.shape[axis];
      strides[i][at] = own[axis];
    }
  }
  size_t kept = op.letters(2).size();
  ArrayRef<int64_t> shape = ArrayRef(sizes).take_front(kept), summed = ArrayRef(sizes).drop_front(kept);
  ArrayPtr made = frame.make(step, shape, step.out.isFloat() ? realCell(0) : wholeCell(0));
  if (!made)
    return failure();
  // The terms of one sum are the same for all: where each lies from its first.
  std::vector<std::pair<int64_t, int64_t>> terms;
  auto dot = [](ArrayRef<int64_t> index, ArrayRef<int64_t> strides) {
    int64_t sum = 0;
    for (auto [n, stride] : llvm::zip(index, strides))
      sum += n * stride;
    return sum;
  };
  for (Indices index(summed); index; ++index)
    terms.push_back({dot(*index, ArrayRef(strides[0]).drop_front(kept)),
                     dot(*index, ArrayRef(strides[1]).drop_front(kept))});
  Cell *to = made->cells.data();
  for (Indices index(shape); index; ++index, ++to) {
    const Cell *a = lhs.cells.data() + dot(*index, strides[0]),
               *b = rhs.cells.data() + dot(*index, strides[1]);
    if (step.out.isFloat()) {
      double sum = 0;
      for (auto [i, k] : terms)
        sum = frame.machine.roundPartial(sum + a[i].real * b[k].real, step.out);
      to->real = frame.machine.round(sum, step.out);
    } else {
      uint64_t sum = 0;
      for (auto [i, k] : terms)
        sum += uint64_t(a[i].whole) * uint64_t(b[k].whole);
      to->whole = wrap(int64_t(sum), step.out.bits);
    }
  }
  frame.result(step) = made;
  return success();
}

//===----------------------------------------------------------------------===//
// Reductions
//===----------------------------------------------------------------------===//

/// Whether `x` comes before the best so far: NaN first, else what is greater (with `least`, smaller).
static bool isBetter(Cell x, Cell best, bool isFloat, bool least) {
  if (!isFloat)
    return least ? x.whole < best.whole : x.whole > best.whole;
  if (std::isnan(best.real))
    return false;
  return std::isnan(x.real) || (least ? x.real < best.real : x.real > best.real);
}

/// Combines the elements of one row, of which there is at least one for the kinds that need it.
static Cell reduceRow(Machine &machine, ReduceKind kind, Element element, ArrayRef<Cell> row) {
  switch (kind) {
  case ReduceKind::Sum:
  case ReduceKind::Prod: {
    bool isSum = kind == ReduceKind::Sum;
    if (element.isFloat()) {
      double total = isSum ? 0 : 1;
      for (Cell x : row)
        total =
            isSum ? machine.roundPartial(total + x.real, element) : machine.round(total * x.real, element);
      return realCell(total);
    }
    uint64_t total = isSum ? 0 : 1;
    for (Cell x : row)
      total = isSum ? total + uint64_t(x.whole) : total * uint64_t(x.whole);
    return wholeCell(wrap(int64_t(total), element.bits));
  }
  case ReduceKind::Any:
    return wholeCell(llvm::any_of(row, [](Cell x) { return x.whole != 0; }));
  case ReduceKind::All:
    return wholeCell(llvm::all_of(row, [](Cell x) { return x.whole != 0; }));
  default:
    break;
  }
  bool least = kind == ReduceKind::Min || kind == ReduceKind::ArgMin;
  size_t best = 0;
  for (size_t i = 1; i < row.size(); ++i)
    if (isBetter(row[i], row[best], element.isFloat(), least))
      best = i;
  return kind == ReduceKind::ArgMax || kind == ReduceKind::ArgMin ? wholeCell(int64_t(best)) : row[best];
}

static LogicalResult runReduce(Frame &frame, const Step &step) {
  auto op = cast<ReduceOp>(step.op);
  const Array &input = frame.array(step, 0);
  Shape kept, reduced, keptStrides, reducedStrides, strides = rowMajorStrides(input.shape);
  for (auto [axis, size] : llvm::enumerate(input.shape)) {
    bool isReduced = llvm::is_contained(op.getDims(), int64_t(axis));
    (isReduced ? reduced : kept).push_back(size);
    (isReduced ? reducedStrides : keptStrides).push_back(strides[axis]);
  }
  ArrayPtr made = frame.make(step, kept);
  if (!made)
    return failure();
  ReduceKind kind = op.getKind();
  bool needsOne = kind >= ReduceKind::Max && kind <= ReduceKind::ArgMin;
  if (needsOne && made->size() && llvm::is_contained(reduced, 0)) {
    // But for the maximum of floats, -inf, it means nothing, and the program fails a check.
    Cell cell = kind == ReduceKind::Max ? realCell(-INFINITY) : poisonOf(step.out);
    made->cells.assign(made->size(), step.out.isFloat() ? cell : wholeCell(0));
    frame.result(step) = made;
    return success();
  }
  std::vector<Cell> row;
  int64_t to = 0;
  for (Indices index(kept); index; ++index, ++to) {
    row.clear();
    int64_t first = 0;
    for (auto [n, stride] : llvm::zip(*index, keptStrides))
      first += n * stride;
    for (Indices inner(reduced); inner; ++inner) {
      int64_t at = first;
      for (auto [n, stride] : llvm::zip(*inner, reducedStrides))
        at += n * stride;
      row.push_back(input.cells[at]);
    }
    Cell result = reduceRow(frame.machine, kind, step.in, row);
    if (step.out.isFloat())
      result.real = frame.machine.round(result.real, step.out);
    made->cells[to] = result;
  }
  frame.result(step) = made;
  return success();
}

//===----------------------------------------------------------------------===//
// Rows
//===----------------------------------------------------------------------===//

static LogicalResult runSoftmax(Frame &frame, const Step &step) {
  auto op = cast<SoftmaxOp>(step.op);
  const Array &input = frame.array(step, 0);
  ArrayPtr made = new Array(input.shape);
  Rows rows(input.shape, op.getDim());
  for (int64_t r = 0; r < rows.count() && rows.size; ++r) {
    double most = input.cells[rows.at(r, 0)].real, sum = 0;
    for (int64_t i = 1; i < rows.size; ++i) {
      double x = input.cells[rows.at(r, i)].real;
      most = std::isnan(x) || x > most ? x : most;
    }
    for (int64_t i = 0; i < rows.size; ++i)
      sum = frame.machine.roundPartial(sum + std::exp(input.cells[rows.at(r, i)].real - most), step.out);
    double log = op.getLog() ? frame.machine.roundPartial(std::log(sum), step.out) : 0;
    for (int64_t i = 0; i < rows.size; ++i) {
      double x = input.cells[rows.at(r, i)].real - most;
      made->cells[rows.at(r, i)].real =
          frame.machine.round(op.getLog() ? x - log : std::exp(x) / sum, step.out);
    }
  }
  frame.result(step) = made;
  return success();
}

static LogicalResult runNormalize(Frame &frame, const Step &step) {
  auto op = cast<NormalizeOp>(step.op);
  const Array &input = frame.array(step, 0);
  ArrayPtr made = new Array(input.shape);
  auto round = [&](double x) { return frame.machine.roundPartial(x, step.out); };
  int64_t n = *countOf(ArrayRef(input.shape).take_back(op.getRank()));
  double eps = op.getEps().convertToDouble();
  for (int64_t first = 0; n && first < input.size(); first += n) {
    ArrayRef<Cell> row = ArrayRef(input.cells).slice(first, n);
    double mean = 0, squares = 0;
    if (op.getKind() == NormKind::Layer) {
      for (Cell x : row)
        mean = round(mean + x.real);
      mean = round(mean / double(n));
    }
    for (Cell x : row)
      squares = round(squares + (x.real - mean) * (x.real - mean));
    double scale = 1 / std::sqrt(squares / double(n) + eps);
    for (int64_t i = 0; i < n; ++i)
      made->cells[first + i].real = frame.machine.round((row[i].real - mean) * scale, step.out);
  }
  frame.result(step) = made;
  return success();
}

static LogicalResult runGather(Frame &frame, const Step &step) {
  auto op = cast<GatherOp>(step.op);
  const Array &source = frame.array(step, 0), &indices = frame.array(step, 1);
  int64_t dim = op.getDim();
  Shape shape(ArrayRef(source.shape).take_front(dim));
  llvm::append_range(shape, indices.shape);
  llvm::append_range(shape, ArrayRef(source.shape).drop_front(dim + 1));
  ArrayPtr made = frame.make(step, shape, poisonOf(step.out));
  if (!made)
    return failure();
  Rows rows(source.shape, dim);
  // An axis without elements has nothing to clamp to; a check fails then.
  for (int64_t outer = 0, to = 0; outer < rows.outer && rows.size; ++outer)
    for (Cell index : indices.cells) {
      int64_t i = std::clamp<int64_t>(index.whole, 0, rows.size - 1);
      auto from = source.cells.begin() + (outer * rows.size + i) * rows.inner;
      std::copy(from, from + rows.inner, made->cells.begin() + to);
      to += rows.inner;
    }
  frame.result(step) = made;
  return success();
}

void rondo::interpreter::addNeuralHandlers(Handlers &handlers) {
  handlers.add("rondo.contract", runContract);
  handlers.add("rondo.gather", runGather);
  handlers.add("rondo.normalize", runNormalize);
  handlers.add("rondo.reduce", runReduce);
  handlers.add("rondo.softmax", runSoftmax);
}
