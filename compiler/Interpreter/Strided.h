// Elements of tensors and of memory by one access: a base and a stride for each axis.
#pragma once

#include "compiler/Interpreter/Machine.h"

namespace rondo::interpreter {

/// Where elements lie: those of an array, or of memory behind a view. Reads and writes fail outside of it.
class Place {
public:
  /// Of an array that is read, one that is written, and a view.
  explicit Place(const Array &array)
      : cells(const_cast<Cell *>(array.cells.data())), count(array.size()), sizes(array.shape),
        strides(rowMajorStrides(array.shape)) {}
  Place(const View &view, Element type)
      : memory(view.memory.get()), type(type), offset(view.offset), sizes(view.sizes), strides(view.strides) {
  }
  /// Of an operand, by its type.
  static Place of(const Value &value, mlir::Type type) {
    return value.isView() ? Place(value.view(), *elementOf(type)) : Place(value.array());
  }

  /// The element at a number of elements from the first one; false if there is none.
  bool load(int64_t at, Cell &cell) const {
    at += offset;
    if (memory) {
      if (!memory->holds(at * type.bytes(), type))
        return false;
      cell = memory->load(at * type.bytes(), type);
      return true;
    }
    if (at < 0 || at >= count)
      return false;
    cell = cells[at];
    return true;
  }
  bool store(int64_t at, Cell cell) const {
    at += offset;
    if (memory) {
      if (!memory->holds(at * type.bytes(), type))
        return false;
      memory->store(at * type.bytes(), type, cell);
      return true;
    }
    if (at < 0 || at >= count)
      return false;
    cells[at] = cell;
    return true;
  }
  /// The number of elements from the first one to that of an index; none if an index is outside of its axis.
  std::optional<int64_t> at(llvm::ArrayRef<int64_t> index) const {
    int64_t sum = 0;
    for (size_t axis = 0; axis < index.size(); ++axis) {
      if (index[axis] < 0 || index[axis] >= sizes[axis])
        return std::nullopt;
      sum += index[axis] * strides[axis];
    }
    return sum;
  }

private:
  Cell *cells = nullptr;
  int64_t count = 0;
  Memory *memory = nullptr;
  Element type;
  int64_t offset = 0;

public:
  Shape sizes, strides;
};

/// Copies a block of `sizes` elements, each side with the place of its first element and its strides; false
/// if an element of it is outside. If both are one memory, what is read is as it was before.
bool copyBlock(const Place &to, int64_t toFirst, llvm::ArrayRef<int64_t> toStrides, const Place &from,
               int64_t fromFirst, llvm::ArrayRef<int64_t> fromStrides, llvm::ArrayRef<int64_t> sizes);

/// A slice, as tensor.extract_slice and memref.subview have it.
struct Slice {
  Shape offsets, sizes, strides;
};

/// The slice that an operation with offsets, sizes and strides says; an error at the step if it leads outside
/// of `shape`, unless only shapes count.
mlir::FailureOr<Slice> sliceOf(Frame &frame, const Step &step, llvm::ArrayRef<int64_t> shape);

/// Which axes of a slice a type of less rank lacks.
llvm::SmallVector<bool> droppedAxes(const Step &step, unsigned rank);

/// The error of an index outside of a shape.
mlir::LogicalResult outside(const Step &step, llvm::ArrayRef<int64_t> index, llvm::ArrayRef<int64_t> shape);

} // namespace rondo::interpreter
