// The arith dialect, and ub.poison. Integers wrap at their width; a division that has no result is an error
// of the program that is interpreted, since compiled code would do anything.
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "compiler/Interpreter/Machine.h"
#include <cmath>

using namespace mlir;
using namespace rondo::interpreter;
using Slot = rondo::interpreter::Value;

namespace {
using Wide = __int128;

int64_t signedAt(const Step &step, Cell x) { return signedOf(x.whole, step.in.bits); }
uint64_t unsignedAt(const Step &step, Cell x) { return unsignedOf(x.whole, step.in.bits); }
bool put(const Step &step, Cell &y, uint64_t value) {
  y.whole = wrap(int64_t(value), step.out.bits);
  return true;
}
bool put(Cell &y, double value) {
  y.real = value;
  return true;
}

//===----------------------------------------------------------------------===//
// Integers
//===----------------------------------------------------------------------===//

// Whether a signed division has a result.
bool divides(const Step &step, const Cell *x) {
  int64_t least =
      step.in.bits == 1 ? 1 : int64_t(~uint64_t(0) << (step.in.bits - 1)); // of i1: the cell of -1
  return x[1].whole != 0 && !(signedAt(step, x[1]) == -1 && x[0].whole == least);
}

bool floorDivide(const Step &step, const Cell *x, Cell &y) {
  int64_t a = signedAt(step, x[0]), b = signedAt(step, x[1]);
  int64_t down = a % b != 0 && (a < 0) != (b < 0);
  return put(step, y, uint64_t(a / b - down));
}

bool ceilDivide(const Step &step, const Cell *x, Cell &y) {
  int64_t a = signedAt(step, x[0]), b = signedAt(step, x[1]);
  int64_t up = a % b != 0 && (a < 0) == (b < 0);
  return put(step, y, uint64_t(a / b + up));
}

bool compare(const Step &step, const Cell *x, Cell &y) {
  int64_t a = signedAt(step, x[0]), b = signedAt(step, x[1]);
  uint64_t u = unsignedAt(step, x[0]), v = unsignedAt(step, x[1]);
  switch (arith::CmpIPredicate(step.detail)) {
  case arith::CmpIPredicate::eq:
    return put(step, y, a == b);
  case arith::CmpIPredicate::ne:
    return put(step, y, a != b);
  case arith::CmpIPredicate::slt:
    return put(step, y, a < b);
  case arith::CmpIPredicate::sle:
    return put(step, y, a <= b);
  case arith::CmpIPredicate::sgt:
    return put(step, y, a > b);
  case arith::CmpIPredicate::sge:
    return put(step, y, a >= b);
  case arith::CmpIPredicate::ult:
    return put(step, y, u < v);
  case arith::CmpIPredicate::ule:
    return put(step, y, u <= v);
  case arith::CmpIPredicate::ugt:
    return put(step, y, u > v);
  case arith::CmpIPredicate::uge:
    return put(step, y, u >= v);
  }
  return false;
}

// A shift by the width or more has no defined result; all bits leave.
bool shiftLeft(const Step &step, const Cell *x, Cell &y) {
  uint64_t by = unsignedAt(step, x[1]);
  return put(step, y, by < step.in.bits ? uint64_t(x[0].whole) << by : 0);
}
bool shiftRight(const Step &step, const Cell *x, Cell &y) {
  uint64_t by = unsignedAt(step, x[1]);
  return put(step, y, by < step.in.bits ? unsignedAt(step, x[0]) >> by : 0);
}
bool shiftRightSigned(const Step &step, const Cell *x, Cell &y) {
  uint64_t by = std::min<uint64_t>(unsignedAt(step, x[1]), step.in.bits - 1);
  return put(step, y, uint64_t(signedAt(step, x[0]) >> by));
}

//===----------------------------------------------------------------------===//
// Floats
//===----------------------------------------------------------------------===//

bool compareFloats(const Step &step, const Cell *x, Cell &y) {
  double a = x[0].real, b = x[1].real;
  bool unordered = std::isnan(a) || std::isnan(b);
  switch (arith::CmpFPredicate(step.detail)) {
  case arith::CmpFPredicate::AlwaysFalse:
    return put(step, y, 0);
  case arith::CmpFPredicate::OEQ:
    return put(step, y, a == b);
  case arith::CmpFPredicate::OGT:
    return put(step, y, a > b);
  case arith::CmpFPredicate::OGE:
    return put(step, y, a >= b);
  case arith::CmpFPredicate::OLT:
    return put(step, y, a < b);
  case arith::CmpFPredicate::OLE:
    return put(step, y, a <= b);
  case arith::CmpFPredicate::ONE:
    return put(step, y, !unordered && a != b);
  case arith::CmpFPredicate::ORD:
    return put(step, y, !unordered);
  case arith::CmpFPredicate::UEQ:
    return put(step, y, unordered || a == b);
  case arith::CmpFPredicate::UGT:
    return put(step, y, unordered || a > b);
  case arith::CmpFPredicate::UGE:
    return put(step, y, unordered || a >= b);
  case arith::CmpFPredicate::ULT:
    return put(step, y, unordered || a < b);
  case arith::CmpFPredicate::ULE:
    return put(step, y, unordered || a <= b);
  case arith::CmpFPredicate::UNE:
    return put(step, y, unordered || a != b);
  case arith::CmpFPredicate::UNO:
    return put(step, y, unordered);
  case arith::CmpFPredicate::AlwaysTrue:
    return put(step, y, 1);
  }
  return false;
}

// NaN passes; of zeros -0 is the smaller.
double maximum(double a, double b) {
  if (std::isnan(a) || std::isnan(b))
    return std::isnan(a) ? a : b;
  return a == b ? (std::signbit(a) ? b : a) : std::max(a, b);
}
double minimum(double a, double b) { return -maximum(-a, -b); }

// Towards zero and into the range; NaN gives 0. (What is beyond the range has no defined result in LLVM.)
template <bool isSigned> bool toInteger(const Step &step, const Cell *x, Cell &y) {
  double value = std::trunc(x[0].real), above = std::ldexp(1.0, step.out.bits - isSigned);
  double least = isSigned ? -above : 0;
  if (std::isnan(value))
    return put(step, y, 0);
  if (value >= above)
    return put(step, y, isSigned ? (uint64_t(1) << (step.out.bits - 1)) - 1 : ~uint64_t(0));
  value = std::max(value, least);
  return put(step, y, isSigned ? uint64_t(int64_t(value)) : uint64_t(value));
}

// Rounded once.
template <typename T> bool toFloat(const Step &step, T value, Cell &y) {
  return put(y, step.rounding == Element{Element::F32, 32} ? double(float(value)) : double(value));
}

bool bitcast(const Step &step, const Cell *x, Cell &y) {
  y = cellOf(bitsOf(x[0], step.in), step.out);
  return true;
}

//===----------------------------------------------------------------------===//
// Constants, and results of two parts
//===----------------------------------------------------------------------===//

std::optional<Cell> numberOf(Attribute value) {
  if (auto real = dyn_cast<FloatAttr>(value))
    return realCell(real.getValueAsDouble());
  auto whole = dyn_cast<IntegerAttr>(value);
  if (!whole || whole.getValue().getBitWidth() > 64)
    return std::nullopt;
  return wholeCell(wrap(whole.getValue().getSExtValue(), whole.getValue().getBitWidth()));
}

LogicalResult runConstant(Frame &frame, const Step &step) {
  if (!step.constant) {
    auto value = cast<arith::ConstantOp>(step.op).getValue();
    if (std::optional<Cell> number = numberOf(value))
      step.constant = Slot(*number);
    else if (ArrayPtr made = constantArray(frame, step, value))
      step.constant = Slot(made);
    else
      return failure();
  }
  frame.result(step) = *step.constant;
  return success();
}

LogicalResult runPoison(Frame &frame, const Step &step) {
  Cell poison = poisonOf(step.out);
  auto shaped = dyn_cast<ShapedType>(step.op->getResult(0).getType());
  if (!shaped) {
    frame.result(step) = poison;
    return success();
  }
  if (!shaped.hasStaticShape() || isa<MemRefType>(shaped))
    return step.op->emitError("the interpreter does not know poison of this type");
  ArrayPtr made = frame.make(step, shaped.getShape(), poison);
  frame.result(step) = made;
  return success(bool(made));
}

// (low, high) of a product, (sum, carry) of a sum.
template <typename Part> LogicalResult runExtended(Frame &frame, const Step &step, Part part) {
  const Slot &a = frame.operand(step, 0), &b = frame.operand(step, 1);
  unsigned bits = step.in.bits, second = elementOf(step.op->getResult(1).getType())->bits;
  auto apply = [&](Cell x, Cell y, Cell &low, Cell &high) {
    auto [l, h] = part(x.whole, y.whole, bits);
    low = wholeCell(wrap(l, bits));
    high = wholeCell(wrap(h, second));
  };
  if (a.isNumber()) {
    Cell x = a.cell, y = b.cell;
    apply(x, y, frame.result(step, 0).cell, frame.result(step, 1).cell);
    return success();
  }
  if (a.array().shape != b.array().shape)
    return step.op->emitError("the operands have other shapes than each other");
  ArrayPtr low = new Array(a.array().shape), high = new Array(a.array().shape);
  for (int64_t i = 0; i < low->size(); ++i)
    apply(a.array().cells[i], b.array().cells[i], low->cells[i], high->cells[i]);
  frame.result(step, 0) = low;
  frame.result(step, 1) = high;
  return success();
}

using Parts = std::pair<int64_t, int64_t>;

LogicalResult runAddExtended(Frame &frame, const Step &step) {
  return runExtended(frame, step, [](int64_t x, int64_t y, unsigned bits) -> Parts {
    unsigned __int128 sum = (unsigned __int128)unsignedOf(x, bits) + unsignedOf(y, bits);
    return {int64_t(sum), int64_t(sum >> bits)};
  });
}
LogicalResult runMultiplyUnsigned(Frame &frame, const Step &step) {
  return runExtended(frame, step, [](int64_t x, int64_t y, unsigned bits) -> Parts {
    unsigned __int128 product = (unsigned __int128)unsignedOf(x, bits) * unsignedOf(y, bits);
    return {int64_t(product), int64_t(product >> bits)};
  });
}
LogicalResult runMultiplySigned(Frame &frame, const Step &step) {
  return runExtended(frame, step, [](int64_t x, int64_t y, unsigned bits) -> Parts {
    Wide product = Wide(signedOf(x, bits)) * signedOf(y, bits);
    return {int64_t(product), int64_t(product >> bits)};
  });
}

} // namespace

ArrayPtr rondo::interpreter::constantArray(Frame &frame, const Step &step, Attribute value) {
  auto dense = dyn_cast<DenseElementsAttr>(value);
  if (!dense || !elementOf(dense.getType()))
    return step.op->emitError("the interpreter does not know this kind of constant"), nullptr;
  ArrayPtr made = frame.make(step, dense.getType().getShape());
  if (!made)
    return nullptr;
  for (auto [i, attribute] : llvm::enumerate(dense.getValues<Attribute>()))
    made->cells[i] = *numberOf(attribute);
  return made;
}

void rondo::interpreter::addArithHandlers(Handlers &handlers) {
  handlers.add("arith.constant", runConstant);
  handlers.add("ub.poison", runPoison);
  handlers.add("arith.addui_extended", runAddExtended);
  handlers.add("arith.mului_extended", runMultiplyUnsigned);
  handlers.add("arith.mulsi_extended", runMultiplySigned);
#define INTEGER(name, value)                                                                                 \
  handlers.addElementwise("arith." name,                                                                     \
                          [](const Step &step, const Cell *x, Cell &y) { return put(step, y, value); })
  INTEGER("addi", uint64_t(x[0].whole) + uint64_t(x[1].whole));
  INTEGER("subi", uint64_t(x[0].whole) - uint64_t(x[1].whole));
  INTEGER("muli", uint64_t(x[0].whole) * uint64_t(x[1].whole));
  INTEGER("andi", uint64_t(x[0].whole) & uint64_t(x[1].whole));
  INTEGER("ori", uint64_t(x[0].whole) | uint64_t(x[1].whole));
  INTEGER("xori", uint64_t(x[0].whole) ^ uint64_t(x[1].whole));
  INTEGER("minsi", uint64_t(std::min(signedAt(step, x[0]), signedAt(step, x[1]))));
  INTEGER("maxsi", uint64_t(std::max(signedAt(step, x[0]), signedAt(step, x[1]))));
  INTEGER("minui", std::min(unsignedAt(step, x[0]), unsignedAt(step, x[1])));
  INTEGER("maxui", std::max(unsignedAt(step, x[0]), unsignedAt(step, x[1])));
  INTEGER("extsi", uint64_t(signedAt(step, x[0])));
  INTEGER("extui", unsignedAt(step, x[0]));
  INTEGER("trunci", uint64_t(x[0].whole));
  INTEGER("index_cast", uint64_t(signedAt(step, x[0])));
  INTEGER("index_castui", unsignedAt(step, x[0]));
#undef INTEGER
#define DIVISION(name, condition, value)                                                                     \
  handlers.addElementwise("arith." name,                                                                     \
                          [](const Step &step, const Cell *x, Cell &y) { return (condition) && (value); })
  DIVISION("divsi", divides(step, x), put(step, y, uint64_t(signedAt(step, x[0]) / signedAt(step, x[1]))));
  DIVISION("remsi", divides(step, x), put(step, y, uint64_t(signedAt(step, x[0]) % signedAt(step, x[1]))));
  DIVISION("floordivsi", divides(step, x), floorDivide(step, x, y));
  DIVISION("ceildivsi", divides(step, x), ceilDivide(step, x, y));
  DIVISION("divui", x[1].whole != 0, put(step, y, unsignedAt(step, x[0]) / unsignedAt(step, x[1])));
  DIVISION("remui", x[1].whole != 0, put(step, y, unsignedAt(step, x[0]) % unsignedAt(step, x[1])));
  DIVISION("ceildivui", x[1].whole != 0,
           put(step, y,
               unsignedAt(step, x[0]) / unsignedAt(step, x[1]) +
                   (unsignedAt(step, x[0]) % unsignedAt(step, x[1]) != 0)));
#undef DIVISION
  handlers.addElementwise("arith.cmpi", compare);
  handlers.addElementwise("arith.shli", shiftLeft);
  handlers.addElementwise("arith.shrui", shiftRight);
  handlers.addElementwise("arith.shrsi", shiftRightSigned);
  handlers.addElementwise("arith.cmpf", compareFloats);
  handlers.addElementwise("arith.bitcast", bitcast);
  handlers.addElementwise("arith.fptosi", toInteger<true>);
  handlers.addElementwise("arith.fptoui", toInteger<false>);
  handlers.addElementwise(
      "arith.select",
      [](const Step &, const Cell *x, Cell &y) {
        y = x[0].whole ? x[1] : x[2];
        return true;
      },
      runSelect);
  handlers.addElementwise("arith.sitofp", [](const Step &step, const Cell *x, Cell &y) {
    return toFloat(step, signedAt(step, x[0]), y);
  });
  handlers.addElementwise("arith.uitofp", [](const Step &step, const Cell *x, Cell &y) {
    return toFloat(step, unsignedAt(step, x[0]), y);
  });
#define REAL(name, value)                                                                                    \
  handlers.addElementwise("arith." name, [](const Step &, const Cell *x, Cell &y) { return put(y, value); })
  REAL("addf", x[0].real + x[1].real);
  REAL("subf", x[0].real - x[1].real);
  REAL("mulf", x[0].real * x[1].real);
  REAL("divf", x[0].real / x[1].real);
  REAL("remf", std::fmod(x[0].real, x[1].real));
  REAL("negf", -x[0].real);
  REAL("maximumf", maximum(x[0].real, x[1].real));
  REAL("minimumf", minimum(x[0].real, x[1].real));
  REAL("maxnumf", std::fmax(x[0].real, x[1].real));
  REAL("minnumf", std::fmin(x[0].real, x[1].real));
  REAL("extf", x[0].real);
  REAL("truncf", x[0].real);
#undef REAL
}
