// The dialect: registration and inlining. Attributes.cpp verifies those of modules and functions.
#include "dialects/Rondo/IR/RondoDialect.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "mlir/Transforms/InliningUtils.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace rondo;

#include "dialects/Rondo/IR/RondoDialect.cpp.inc"
#include "dialects/Rondo/IR/RondoEnums.cpp.inc"
#define GET_ATTRDEF_CLASSES
#include "dialects/Rondo/IR/RondoAttributes.cpp.inc"
#define GET_OP_CLASSES
#include "dialects/Rondo/IR/RondoOps.cpp.inc"

namespace {
// Without this nothing is inlined into the body of a scan.
struct Inliner : DialectInlinerInterface {
  using DialectInlinerInterface::DialectInlinerInterface;
  bool isLegalToInline(Operation *, Operation *, bool) const final { return true; }
  bool isLegalToInline(Region *, Region *, bool, IRMapping &) const final { return true; }
  bool isLegalToInline(Operation *, Region *, bool, IRMapping &) const final { return true; }
};
} // namespace

void RondoDialect::initialize() {
  addInterfaces<Inliner>();
  addAttributes<
#define GET_ATTRDEF_LIST
#include "dialects/Rondo/IR/RondoAttributes.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dialects/Rondo/IR/RondoOps.cpp.inc"
      >();
}

Operation *RondoDialect::materializeConstant(OpBuilder &builder, Attribute value, Type type, Location loc) {
  return arith::ConstantOp::materialize(builder, value, type, loc);
}
