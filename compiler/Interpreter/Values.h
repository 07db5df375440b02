// What values are while a module is interpreted: numbers, tensors and vectors, memory and views of it.
#pragma once

#include "mlir/IR/BuiltinTypes.h"
#include "llvm/ADT/IntrusiveRefCntPtr.h"
#include "llvm/ADT/SmallVector.h"
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

namespace rondo::interpreter {

/// What becomes of the result of an operation on floats.
enum class Mode : int {
  Float64,   // kept as computed in float64, whatever its type says
  Rounded,   // rounded to its type
  Perturbed, // rounded to its type, down or up at random
};

/// One element: a float of any type, or an integer, sign-extended from its width (an i1 is 0 or 1).
union Cell {
  double real;
  int64_t whole;
};

inline Cell realCell(double value) {
  Cell cell;
  cell.real = value;
  return cell;
}
inline Cell wholeCell(int64_t value) {
  Cell cell;
  cell.whole = value;
  return cell;
}

/// The type of an element. `index` is an integer of 64 bits.
struct Element {
  enum Kind : uint8_t { Integer, F16, BF16, F32, F64 };
  Kind kind = F64;
  uint8_t bits = 64;

  bool isFloat() const { return kind != Integer; }
  int64_t bytes() const { return (bits + 7) / 8; }
  bool operator==(const Element &other) const { return kind == other.kind && bits == other.bits; }
};

/// Of a number, or of the elements of a tensor, vector or memref (of vectors: of their elements); none for
/// other types and for integers of more than 64 bits.
std::optional<Element> elementOf(mlir::Type type);

/// The integer of `bits` bits that is equal to `value` modulo 2^bits.
inline int64_t wrap(int64_t value, unsigned bits) {
  if (bits == 1)
    return value & 1;
  return bits >= 64 ? value : int64_t(uint64_t(value) << (64 - bits)) >> (64 - bits);
}
/// The same bits read with a sign, and without.
inline int64_t signedOf(int64_t value, unsigned bits) { return bits == 1 ? -value : value; }
inline uint64_t unsignedOf(int64_t value, unsigned bits) {
  return bits >= 64 ? uint64_t(value) : uint64_t(value) & ((uint64_t(1) << bits) - 1);
}

/// The nearest number that the type has, ties to even; beyond its range infinity.
double roundTo(double value, Element type);
/// The greatest number of the type that is not above, or the least that is not below.
double roundDown(double value, Element type);
double roundUp(double value, Element type);

/// The element as it stands in memory, and the way back. A bool is one byte; an integer of another width than
/// 8, 16, 32 or 64 is no such element.
uint64_t bitsOf(Cell cell, Element type);
Cell cellOf(uint64_t bits, Element type);

/// What memory holds that nothing was written to: NaN, or an integer that no program means.
Cell poisonOf(Element type);

using Shape = llvm::SmallVector<int64_t, 4>;

/// The product; none if it is negative or more than one value may have.
std::optional<int64_t> countOf(llvm::ArrayRef<int64_t> shape);

/// What does not fit into a cell.
class Object : public llvm::RefCountedBase<Object> {
public:
  enum class Kind { Array, View };
  explicit Object(Kind kind) : kind(kind) {}
  virtual ~Object() = default;
  const Kind kind;
};

/// A tensor or a vector: row-major. It is not changed while more than one value is it.
class Array final : public Object {
public:
  /// `shape` has passed countOf; all elements are `fill`.
  Array(llvm::ArrayRef<int64_t> shape, Cell fill = {})
      : Object(Kind::Array), shape(shape), cells(*countOf(shape), fill) {}
  Array(const Array &other) : Object(Kind::Array), shape(other.shape), cells(other.cells) {}
  static bool classof(const Object *object) { return object->kind == Kind::Array; }

  int64_t size() const { return cells.size(); }

  Shape shape;
  std::vector<Cell> cells;
};
using ArrayPtr = llvm::IntrusiveRefCntPtr<Array>;

/// Memory, addressed by bytes. Each element is one cell, at its first byte. An arena is memory of i8 that
/// views of other types share: it remembers what was written where, so that reading an element of which
/// another one has overwritten a byte gives poison.
class Memory : public llvm::RefCountedBase<Memory> {
public:
  /// `count` elements, which passed countOf.
  Memory(int64_t count, Element type);

  /// Whether an element of that type lies at the byte.
  bool holds(int64_t byte, Element type) const {
    return byte >= 0 && byte % unit == 0 && byte <= bytes - type.bytes();
  }
  /// At a byte that `holds` the type.
  Cell load(int64_t byte, Element type) const;
  void store(int64_t byte, Element type, Cell cell);

  const int64_t bytes;
  int64_t number = 0; // as an address: see Machine::addressOf

private:
  int64_t unit; // bytes of a cell
  std::vector<Cell> cells;
  std::vector<uint8_t> tags; // of an arena: what begins at each byte
};
using MemoryPtr = llvm::IntrusiveRefCntPtr<Memory>;

/// A memref.
class View final : public Object {
public:
  View(MemoryPtr memory, int64_t offset, llvm::ArrayRef<int64_t> sizes, llvm::ArrayRef<int64_t> strides)
      : Object(Kind::View), memory(std::move(memory)), offset(offset), sizes(sizes), strides(strides) {}
  /// The whole of fresh memory, row-major.
  static llvm::IntrusiveRefCntPtr<View> make(llvm::ArrayRef<int64_t> sizes, Element type);
  static bool classof(const Object *object) { return object->kind == Kind::View; }

  MemoryPtr memory;
  int64_t offset; // in elements
  Shape sizes, strides;
};
using ViewPtr = llvm::IntrusiveRefCntPtr<View>;

/// The strides of a row-major layout, in elements.
Shape rowMajorStrides(llvm::ArrayRef<int64_t> sizes);

/// A value of the IR: a number, or a tensor, vector or memref.
class Value {
public:
  Value() : cell(wholeCell(0)) {}
  Value(Cell cell) : cell(cell) {}
  Value(ArrayPtr array) : cell(wholeCell(0)), object(std::move(array)) {}
  Value(ViewPtr view) : cell(wholeCell(0)), object(std::move(view)) {}

  bool isNumber() const { return !object; }
  const Array &array() const { return *llvm::cast<Array>(object.get()); }
  const View &view() const { return *llvm::cast<View>(object.get()); }
  bool isArray() const { return object && llvm::isa<Array>(object.get()); }
  bool isView() const { return object && llvm::isa<View>(object.get()); }
  /// Whether no other value is this array or memref.
  bool isAlone() const { return object && object->UseCount() == 1; }
  /// The array to be changed: a copy if other values are it too.
  Array &own();

  Cell cell;

private:
  llvm::IntrusiveRefCntPtr<Object> object;
};

/// Counts through the indices of a shape in row-major order.
class Indices {
public:
  explicit Indices(llvm::ArrayRef<int64_t> shape)
      : shape(shape), at(shape.size(), 0), more(!llvm::is_contained(shape, 0)) {}
  explicit operator bool() const { return more; }
  void operator++() {
    for (size_t axis = shape.size(); axis-- > 0;) {
      if (++at[axis] < shape[axis])
        return;
      at[axis] = 0;
    }
    more = false;
  }
  llvm::ArrayRef<int64_t> operator*() const { return at; }

private:
  llvm::ArrayRef<int64_t> shape;
  Shape at;
  bool more;
};

} // namespace rondo::interpreter
