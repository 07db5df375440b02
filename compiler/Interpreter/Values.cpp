#include "compiler/Interpreter/Values.h"
#include "llvm/ADT/APFloat.h"
#include "llvm/ADT/bit.h"
#include <cmath>

using namespace mlir;
using namespace rondo::interpreter;

std::optional<Element> rondo::interpreter::elementOf(Type type) {
  while (auto shaped = dyn_cast<ShapedType>(type))
    type = shaped.getElementType();
  if (type.isIndex())
    return Element{Element::Integer, 64};
  if (auto integer = dyn_cast<IntegerType>(type))
    return integer.getWidth() && integer.getWidth() <= 64
               ? std::optional(Element{Element::Integer, uint8_t(integer.getWidth())})
               : std::nullopt;
  if (type.isF16())
    return Element{Element::F16, 16};
  if (type.isBF16())
    return Element{Element::BF16, 16};
  if (type.isF32())
    return Element{Element::F32, 32};
  if (type.isF64())
    return Element{Element::F64, 64};
  return std::nullopt;
}

/// To `digits` binary digits; the least exponent is that of the smallest normal number.
static double roundDigits(double value, double (*toWhole)(double), int digits, int leastExponent,
                          double greatest) {
  if (!std::isfinite(value) || value == 0)
    return value;
  int exponent;
  std::frexp(value, &exponent);
  double quantum = std::ldexp(1.0, std::max(exponent, leastExponent + 1) - digits);
  double rounded = toWhole(value / quantum) * quantum;
  return std::abs(rounded) > greatest ? std::copysign(INFINITY, value) : std::copysign(rounded, value);
}

static double roundBy(double (*toWhole)(double), double value, Element type) {
  switch (type.kind) {
  case Element::F16:
    return roundDigits(value, toWhole, 11, -14, 65504.0);
  case Element::BF16:
    return roundDigits(value, toWhole, 8, -126, 0x1.fep127);
  case Element::F32:
    return roundDigits(value, toWhole, 24, -126, 0x1.fffffep127);
  default:
    return value;
  }
}

double rondo::interpreter::roundTo(double value, Element type) {
  return type.kind == Element::F32 ? float(value) : roundBy(std::nearbyint, value, type);
}
double rondo::interpreter::roundDown(double value, Element type) { return roundBy(std::floor, value, type); }
double rondo::interpreter::roundUp(double value, Element type) { return roundBy(std::ceil, value, type); }

static const llvm::fltSemantics &semanticsOf(Element type) {
  return type.kind == Element::F16 ? llvm::APFloat::IEEEhalf() : llvm::APFloat::BFloat();
}

uint64_t rondo::interpreter::bitsOf(Cell cell, Element type) {
  bool lost;
  switch (type.kind) {
  case Element::Integer:
    return unsignedOf(cell.whole, type.bits);
  case Element::F64:
    return llvm::bit_cast<uint64_t>(cell.real);
  case Element::F32:
    return llvm::bit_cast<uint32_t>(float(cell.real));
  default:
    llvm::APFloat number(cell.real);
    number.convert(semanticsOf(type), llvm::APFloat::rmNearestTiesToEven, &lost);
    return number.bitcastToAPInt().getZExtValue();
  }
}

Cell rondo::interpreter::cellOf(uint64_t bits, Element type) {
  bool lost;
  switch (type.kind) {
  case Element::Integer:
    return wholeCell(wrap(int64_t(bits), type.bits));
  case Element::F64:
    return realCell(llvm::bit_cast<double>(bits));
  case Element::F32:
    return realCell(llvm::bit_cast<float>(uint32_t(bits)));
  default:
    llvm::APFloat number(semanticsOf(type), llvm::APInt(16, bits));
    number.convert(llvm::APFloat::IEEEdouble(), llvm::APFloat::rmNearestTiesToEven, &lost);
    return realCell(number.convertToDouble());
  }
}

Cell rondo::interpreter::poisonOf(Element type) {
  if (type.isFloat())
    return realCell(std::numeric_limits<double>::quiet_NaN());
  return wholeCell(wrap(0x5a5a5a5a5a5a5a5a, type.bits));
}

std::optional<int64_t> rondo::interpreter::countOf(ArrayRef<int64_t> shape) {
  constexpr int64_t most = int64_t(1) << 27; // 1 GiB
  int64_t count = 1;
  for (int64_t size : shape) {
    if (size < 0)
      return std::nullopt;
    // A size of 0 behind makes nothing of what is beyond memory.
    count = size && count > most / size ? most + 1 : count * size;
  }
  return count <= most ? std::optional(count) : std::nullopt;
}

Shape rondo::interpreter::rowMajorStrides(ArrayRef<int64_t> sizes) {
  Shape strides(sizes.size(), 1);
  for (size_t axis = sizes.size(); axis-- > 1;)
    strides[axis - 1] = strides[axis] * sizes[axis];
  return strides;
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

namespace {
/// What a byte of an arena is; a type that begins there is its kind and its bytes.
enum Tag : uint8_t { Nothing = 0, Inside = 1 };
} // namespace

static uint8_t tagOf(Element type) { return 16 + uint8_t(type.kind) * 16 + uint8_t(type.bytes()); }

Memory::Memory(int64_t count, Element type)
    : bytes(count * type.bytes()), unit(type.bytes()), cells(count, poisonOf(type)) {
  if (type == Element{Element::Integer, 8})
    tags.assign(count, Nothing);
}

Cell Memory::load(int64_t byte, Element type) const {
  if (!tags.empty()) {
    // i1 and i8 are one byte each and may be read as each other.
    bool whole = tags[byte] == tagOf(type);
    for (int64_t i = 1; i < type.bytes(); ++i)
      whole &= tags[byte + i] == Inside;
    if (!whole)
      return poisonOf(type);
  }
  return cells[byte / unit];
}

void Memory::store(int64_t byte, Element type, Cell cell) {
  if (!tags.empty()) {
    tags[byte] = tagOf(type);
    for (int64_t i = 1; i < type.bytes(); ++i)
      tags[byte + i] = Inside;
    // An element that reached into these bytes now ends in a byte that is not its own; one behind has lost
    // its first.
    if (int64_t end = byte + type.bytes(); end < bytes && tags[end] == Inside)
      tags[end] = Nothing;
  }
  cells[byte / unit] = cell;
}

ViewPtr View::make(ArrayRef<int64_t> sizes, Element type) {
  return new View(new Memory(*countOf(sizes), type), 0, sizes, rowMajorStrides(sizes));
}

Array &rondo::interpreter::Value::own() {
  if (object->UseCount() > 1)
    object = new Array(array());
  return *llvm::cast<Array>(object.get());
}
