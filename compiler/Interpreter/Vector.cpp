// The vector dialect: a vector is an array of static shape.
#include "compiler/Interpreter/Strided.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include <cmath>

using namespace mlir;
using namespace rondo::interpreter;
using Slot = rondo::interpreter::Value;

/// A value as the elements that it has, one if it is a number.
static ArrayRef<Cell> cellsOf(const Slot &value) {
  return value.isNumber() ? ArrayRef(value.cell) : ArrayRef(value.array().cells);
}

//===----------------------------------------------------------------------===//
// Parts of vectors
//===----------------------------------------------------------------------===//

static LogicalResult runBroadcast(Frame &frame, const Step &step) {
  const Slot &source = frame.operand(step, 0);
  ArrayPtr made = frame.make(step, step.typeShape());
  if (!made)
    return failure();
  Shape shape = source.isNumber() ? Shape() : source.array().shape, strides = rowMajorStrides(shape);
  ArrayRef<Cell> cells = cellsOf(source);
  size_t lead = made->shape.size() - shape.size();
  Cell *to = made->cells.data();
  for (Indices index(made->shape); index; ++index, ++to) {
    int64_t from = 0;
    for (size_t axis = 0; axis < shape.size(); ++axis)
      from += shape[axis] == 1 ? 0 : (*index)[lead + axis] * strides[axis];
    *to = cells[from];
  }
  return frame.set(step, made);
}

/// The place of the part at a position of leading axes; an error if there is none.
static FailureOr<int64_t> partAt(Frame &frame, const Step &step, ArrayRef<int64_t> statics, unsigned next,
                                 const Array &vector) {
  Shape position = frame.sizes(step, statics, next);
  if (std::optional<int64_t> at = Place(vector).at(position))
    return *at;
  return outside(step, position, vector.shape);
}

static LogicalResult runExtract(Frame &frame, const Step &step) {
  auto op = cast<vector::ExtractOp>(step.op);
  const Array &source = frame.array(step, 0);
  FailureOr<int64_t> first = partAt(frame, step, op.getStaticPosition(), 1, source);
  if (failed(first))
    return failure();
  ArrayPtr made = frame.make(step, ArrayRef(source.shape).drop_front(op.getStaticPosition().size()));
  if (made)
    std::copy_n(source.cells.begin() + *first, made->size(), made->cells.begin());
  return frame.set(step, made);
}

static LogicalResult runInsert(Frame &frame, const Step &step) {
  auto op = cast<vector::InsertOp>(step.op);
  FailureOr<int64_t> first = partAt(frame, step, op.getStaticPosition(), 2, frame.array(step, 1));
  if (failed(first))
    return failure();
  Slot part = frame.operand(step, 0), vector = frame.take(step, 1);
  llvm::copy(cellsOf(part), vector.own().cells.begin() + *first);
  frame.result(step) = std::move(vector);
  return success();
}

static SmallVector<int64_t, 4> integers(ArrayAttr attribute, size_t rank, int64_t rest) {
  SmallVector<int64_t, 4> values;
  for (Attribute value : attribute)
    values.push_back(cast<IntegerAttr>(value).getInt());
  values.resize(rank, rest);
  return values;
}

/// Where a strided slice begins, and the strides of its axes.
static int64_t locate(ArrayRef<int64_t> offsets, ArrayRef<int64_t> steps, ArrayRef<int64_t> shape,
                      Shape &strides) {
  strides = rowMajorStrides(shape);
  int64_t first = 0;
  for (size_t axis = 0; axis < shape.size(); ++axis) {
    first += offsets[axis] * strides[axis];
    strides[axis] *= steps[axis];
  }
  return first;
}

static LogicalResult runExtractStrided(Frame &frame, const Step &step) {
  auto op = cast<vector::ExtractStridedSliceOp>(step.op);
  const Array &source = frame.array(step, 0);
  ArrayPtr made = frame.make(step, step.typeShape());
  size_t rank = source.shape.size();
  Shape strides;
  int64_t first =
      locate(integers(op.getOffsets(), rank, 0), integers(op.getStrides(), rank, 1), source.shape, strides);
  if (!made ||
      !copyBlock(Place(*made), 0, rowMajorStrides(made->shape), Place(source), first, strides, made->shape))
    return step.op->emitError("leads outside of its vector");
  return frame.set(step, made);
}

static LogicalResult runInsertStrided(Frame &frame, const Step &step) {
  auto op = cast<vector::InsertStridedSliceOp>(step.op);
  Slot part = frame.operand(step, 0), vector = frame.take(step, 1);
  Array &to = vector.own();
  size_t rank = to.shape.size(), lead = rank - part.array().shape.size();
  Shape sizes(lead, 1), strides;
  llvm::append_range(sizes, part.array().shape);
  SmallVector<int64_t, 4> steps(lead, 1);
  llvm::append_range(steps, integers(op.getStrides(), rank - lead, 1));
  int64_t first = locate(integers(op.getOffsets(), rank, 0), steps, to.shape, strides);
  if (!copyBlock(Place(to), first, strides, Place(part.array()), 0, rowMajorStrides(sizes), sizes))
    return step.op->emitError("leads outside of its vector");
  frame.result(step) = std::move(vector);
  return success();
}

static LogicalResult runToElements(Frame &frame, const Step &step) {
  ArrayPtr source = new Array(frame.array(step, 0));
  for (auto [i, cell] : llvm::enumerate(source->cells))
    frame.result(step, i) = cell;
  return success();
}

static LogicalResult runShuffle(Frame &frame, const Step &step) {
  auto op = cast<vector::ShuffleOp>(step.op);
  const Array &a = frame.array(step, 0), &b = frame.array(step, 1);
  ArrayPtr made = frame.make(step, step.typeShape(), poisonOf(step.out));
  if (!made)
    return failure();
  int64_t rows = a.shape.empty() ? 1 : a.shape[0], row = made->shape[0] ? made->size() / made->shape[0] : 0;
  for (auto [to, from] : llvm::enumerate(op.getMask())) {
    if (from < 0)
      continue;
    const Array &source = from < rows ? a : b;
    std::copy_n(source.cells.begin() + (from < rows ? from : from - rows) * row, row,
                made->cells.begin() + to * row);
  }
  return frame.set(step, made);
}

static LogicalResult runShapeCast(Frame &frame, const Step &step) {
  Slot vector = frame.take(step, 0);
  vector.own().shape = Shape(step.typeShape());
  frame.result(step) = std::move(vector);
  return success();
}

static LogicalResult runTranspose(Frame &frame, const Step &step) {
  ArrayRef<int64_t> axes = cast<vector::TransposeOp>(step.op).getPermutation();
  const Array &source = frame.array(step, 0);
  Shape own = rowMajorStrides(source.shape), strides;
  for (int64_t axis : axes)
    strides.push_back(own[axis]);
  ArrayPtr made = frame.make(step, step.typeShape());
  if (!made ||
      !copyBlock(Place(*made), 0, rowMajorStrides(made->shape), Place(source), 0, strides, made->shape))
    return failure();
  return frame.set(step, made);
}

static LogicalResult runInterleave(Frame &frame, const Step &step) {
  ArrayPtr made = frame.make(step, step.typeShape());
  for (int64_t i = 0; made && i < made->size(); ++i)
    made->cells[i] = frame.array(step, i % 2).cells[i / 2];
  return frame.set(step, made);
}

static LogicalResult runStep(Frame &frame, const Step &step) {
  ArrayPtr made = frame.make(step, step.typeShape());
  for (int64_t i = 0; made && i < made->size(); ++i)
    made->cells[i] = wholeCell(i);
  return frame.set(step, made);
}

//===----------------------------------------------------------------------===//
// Masks
//===----------------------------------------------------------------------===//

static LogicalResult makeMask(Frame &frame, const Step &step, ArrayRef<int64_t> sizes) {
  ArrayPtr made = frame.make(step, step.typeShape());
  if (!made)
    return failure();
  Cell *to = made->cells.data();
  for (Indices index(made->shape); index; ++index, ++to) {
    bool inside = true;
    for (auto [i, size] : llvm::zip(*index, sizes))
      inside &= i < size;
    *to = wholeCell(inside);
  }
  return frame.set(step, made);
}

static LogicalResult runConstantMask(Frame &frame, const Step &step) {
  return makeMask(frame, step, cast<vector::ConstantMaskOp>(step.op).getMaskDimSizes());
}

static LogicalResult runCreateMask(Frame &frame, const Step &step) {
  Shape sizes;
  for (unsigned i = 0; i < step.operands.size(); ++i)
    sizes.push_back(frame.whole(step, i));
  return makeMask(frame, step, sizes);
}

//===----------------------------------------------------------------------===//
// Reductions
//===----------------------------------------------------------------------===//

static Cell combine(vector::CombiningKind kind, Cell a, Cell b, Element element) {
  using Kind = vector::CombiningKind;
  unsigned bits = element.bits;
  auto whole = [&](uint64_t value) { return wholeCell(wrap(int64_t(value), bits)); };
  auto smaller = [](double x, double y) { return std::isnan(x) || x < y ? x : y; };
  switch (kind) {
  case Kind::ADD:
    return element.isFloat() ? realCell(a.real + b.real) : whole(uint64_t(a.whole) + uint64_t(b.whole));
  case Kind::MUL:
    return element.isFloat() ? realCell(a.real * b.real) : whole(uint64_t(a.whole) * uint64_t(b.whole));
  case Kind::MINUI:
    return unsignedOf(a.whole, bits) < unsignedOf(b.whole, bits) ? a : b;
  case Kind::MAXUI:
    return unsignedOf(a.whole, bits) > unsignedOf(b.whole, bits) ? a : b;
  case Kind::MINSI:
    return signedOf(a.whole, bits) < signedOf(b.whole, bits) ? a : b;
  case Kind::MAXSI:
    return signedOf(a.whole, bits) > signedOf(b.whole, bits) ? a : b;
  case Kind::AND:
    return whole(uint64_t(a.whole) & uint64_t(b.whole));
  case Kind::OR:
    return whole(uint64_t(a.whole) | uint64_t(b.whole));
  case Kind::XOR:
    return whole(uint64_t(a.whole) ^ uint64_t(b.whole));
  case Kind::MINNUMF:
    return realCell(std::fmin(a.real, b.real));
  case Kind::MAXNUMF:
    return realCell(std::fmax(a.real, b.real));
  case Kind::MINIMUMF:
    return realCell(smaller(a.real, b.real));
  case Kind::MAXIMUMF:
    return realCell(-smaller(-a.real, -b.real));
  }
  llvm_unreachable("all kinds are handled");
}

static Cell rounded(Frame &frame, const Step &step, Cell cell) {
  return step.out.isFloat() ? realCell(frame.machine.round(cell.real, step.out)) : cell;
}

static LogicalResult runReduction(Frame &frame, const Step &step) {
  auto op = cast<vector::ReductionOp>(step.op);
  ArrayRef<Cell> cells = frame.array(step, 0).cells;
  Cell total = cells[0];
  for (Cell cell : cells.drop_front())
    total = combine(op.getKind(), total, cell, step.in);
  if (step.operands.size() > 1)
    total = combine(op.getKind(), total, frame.operand(step, 1).cell, step.in);
  frame.result(step) = rounded(frame, step, total);
  return success();
}

static LogicalResult runMultiReduction(Frame &frame, const Step &step) {
  auto op = cast<vector::MultiDimReductionOp>(step.op);
  const Array &source = frame.array(step, 0);
  Slot start = frame.operand(step, 1);
  ArrayPtr made = new Array(start.isNumber() ? Shape() : start.array().shape);
  llvm::copy(cellsOf(start), made->cells.begin());
  Shape strides = rowMajorStrides(made->shape);
  const Cell *from = source.cells.data();
  for (Indices index(source.shape); index; ++index, ++from) {
    int64_t to = 0;
    unsigned kept = 0;
    for (auto [axis, i] : llvm::enumerate(*index))
      if (!op.isReducedDim(axis))
        to += i * strides[kept++];
    made->cells[to] = combine(op.getKind(), made->cells[to], *from, step.in);
  }
  for (Cell &cell : made->cells)
    cell = rounded(frame, step, cell);
  return frame.set(step, made);
}

//===----------------------------------------------------------------------===//
// Between vectors and tensors or memory
//===----------------------------------------------------------------------===//

namespace {
/// What a transfer says: the operands that it has, by number; -1 for none.
struct Transfer {
  unsigned shaped = 0, firstIndex = 0, numIndices = 0;
  int vector = -1, mask = -1, padding = -1;
  AffineMap map = {};              // from the axes of the tensor to those of the vector
  SmallVector<bool> inBounds = {}; // by axis of the vector
};
} // namespace

/// Calls `visit` for each element of a vector with the place in the tensor, or none where the mask hides it
/// or it lies outside; an error if it must not.
template <typename Visit> static LogicalResult forEach(Frame &frame, const Step &step,
                                                       const Transfer &transfer, ArrayRef<int64_t> shape,
                                                       const Place &place, Visit visit) {
  const Array *mask = transfer.mask < 0 ? nullptr : &frame.array(step, transfer.mask);
  if (mask && mask->shape != shape)
    return step.op->emitError("the interpreter does not know a mask of another shape than the vector");
  Shape first;
  for (unsigned i = 0; i < transfer.numIndices; ++i)
    first.push_back(frame.whole(step, transfer.firstIndex + i));
  int64_t at = 0;
  for (Indices index(shape); index; ++index, ++at) {
    if (mask && !mask->cells[at].whole) {
      visit(at, std::nullopt);
      continue;
    }
    Shape where = first;
    bool mayMiss = false;
    for (auto [axis, expr] : llvm::enumerate(transfer.map.getResults()))
      if (auto dim = dyn_cast<AffineDimExpr>(expr)) {
        int64_t &i = where[dim.getPosition()];
        i += (*index)[axis];
        mayMiss |= !transfer.inBounds[axis] && i >= place.sizes[dim.getPosition()];
      }
    std::optional<int64_t> found = mayMiss ? std::nullopt : place.at(where);
    if (!found && !mayMiss)
      return outside(step, where, place.sizes);
    if (!visit(at, found))
      return step.op->emitError("leads outside of its memory");
  }
  return success();
}

static LogicalResult read(Frame &frame, const Step &step, const Transfer &transfer) {
  const Slot &source = frame.operand(step, transfer.shaped);
  Place place = Place::of(source, step.op->getOperand(transfer.shaped).getType());
  ArrayPtr made = frame.make(step, step.typeShape());
  if (!made)
    return failure();
  const Slot *padding = transfer.padding < 0 ? nullptr : &frame.operand(step, transfer.padding);
  if (failed(forEach(frame, step, transfer, made->shape, place, [&](int64_t i, std::optional<int64_t> at) {
        if (at)
          return place.load(*at, made->cells[i]);
        made->cells[i] = !padding              ? poisonOf(step.out)
                         : padding->isNumber() ? padding->cell
                                               : padding->array().cells[i];
        return true;
      })))
    return failure();
  return frame.set(step, made);
}

static LogicalResult write(Frame &frame, const Step &step, const Transfer &transfer) {
  Slot vector = frame.operand(step, transfer.vector), destination = frame.take(step, transfer.shaped);
  if (destination.isArray())
    destination.own();
  Place place = Place::of(destination, step.op->getOperand(transfer.shaped).getType());
  ArrayRef<int64_t> shape = vector.isNumber() ? ArrayRef<int64_t>() : ArrayRef(vector.array().shape);
  ArrayRef<Cell> cells = cellsOf(vector);
  if (failed(forEach(frame, step, transfer, shape, place, [&](int64_t i, std::optional<int64_t> at) {
        return !at || place.store(*at, cells[i]);
      })))
    return failure();
  if (step.op->getNumResults())
    frame.result(step) = std::move(destination);
  return success();
}

static LogicalResult runTransferRead(Frame &frame, const Step &step) {
  auto op = cast<vector::TransferReadOp>(step.op);
  unsigned numIndices = op.getIndices().size();
  Transfer transfer{0, 1, numIndices};
  transfer.padding = 1 + numIndices;
  transfer.mask = op.getMask() ? int(2 + numIndices) : -1;
  transfer.map = op.getPermutationMap();
  transfer.inBounds = op.getInBoundsValues();
  return read(frame, step, transfer);
}

static LogicalResult runTransferWrite(Frame &frame, const Step &step) {
  auto op = cast<vector::TransferWriteOp>(step.op);
  unsigned numIndices = op.getIndices().size();
  Transfer transfer{1, 2, numIndices};
  transfer.vector = 0;
  transfer.mask = op.getMask() ? int(2 + numIndices) : -1;
  transfer.map = op.getPermutationMap();
  transfer.inBounds = op.getInBoundsValues();
  return write(frame, step, transfer);
}

/// A load or store of the last axes, all inside but where a mask hides an element.
static Transfer minor(const Step &step, unsigned shaped, unsigned numIndices, mlir::Value vector) {
  auto type = dyn_cast<VectorType>(vector.getType());
  Transfer transfer{shaped, shaped + 1, numIndices};
  unsigned rank = type ? type.getRank() : 0;
  transfer.map = AffineMap::getMinorIdentityMap(numIndices, rank, step.op->getContext());
  transfer.inBounds.assign(rank, true);
  return transfer;
}

static LogicalResult runLoad(Frame &frame, const Step &step) {
  return read(frame, step, minor(step, 0, step.operands.size() - 1, step.op->getResult(0)));
}

static LogicalResult runStore(Frame &frame, const Step &step) {
  Transfer transfer = minor(step, 1, step.operands.size() - 2, step.op->getOperand(0));
  transfer.vector = 0;
  return write(frame, step, transfer);
}

static LogicalResult runMaskedLoad(Frame &frame, const Step &step) {
  unsigned numIndices = step.operands.size() - 3;
  Transfer transfer = minor(step, 0, numIndices, step.op->getResult(0));
  transfer.mask = 1 + numIndices;
  transfer.padding = 2 + numIndices;
  return read(frame, step, transfer);
}

static LogicalResult runMaskedStore(Frame &frame, const Step &step) {
  unsigned numIndices = step.operands.size() - 3;
  Transfer transfer = minor(step, 0, numIndices, step.op->getOperand(2 + numIndices));
  transfer.mask = 1 + numIndices;
  transfer.vector = 2 + numIndices;
  return write(frame, step, transfer);
}

void rondo::interpreter::addVectorHandlers(Handlers &handlers) {
  handlers.add("vector.broadcast", runBroadcast);
  handlers.add("vector.constant_mask", runConstantMask);
  handlers.add("vector.create_mask", runCreateMask);
  handlers.add("vector.extract", runExtract);
  handlers.add("vector.extract_strided_slice", runExtractStrided);
  handlers.add("vector.from_elements", runFromElements);
  handlers.add("vector.insert", runInsert);
  handlers.add("vector.insert_strided_slice", runInsertStrided);
  handlers.add("vector.interleave", runInterleave);
  handlers.add("vector.load", runLoad);
  handlers.add("vector.maskedload", runMaskedLoad);
  handlers.add("vector.maskedstore", runMaskedStore);
  handlers.add("vector.multi_reduction", runMultiReduction);
  handlers.add("vector.reduction", runReduction);
  handlers.add("vector.shape_cast", runShapeCast);
  handlers.add("vector.shuffle", runShuffle);
  handlers.add("vector.step", runStep);
  handlers.add("vector.store", runStore);
  handlers.add("vector.to_elements", runToElements);
  handlers.add("vector.transfer_read", runTransferRead);
  handlers.add("vector.transfer_write", runTransferWrite);
  handlers.add("vector.transpose", runTranspose);
  handlers.addElementwise("vector.fma", [](const Step &, const Cell *x, Cell &y) {
    y.real = std::fma(x[0].real, x[1].real, x[2].real);
    return true;
  });
}
