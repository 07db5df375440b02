// What the conversions build linalg with.
#include "compiler/Conversion/RondoToLinalg/LinalgBuilder.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace rondo;

//===----------------------------------------------------------------------===//
// Tensors
//===----------------------------------------------------------------------===//

Value LinalgBuilder::empty(RankedTensorType type, Sizes sizes) {
  SmallVector<Value> dynamic;
  for (auto [axis, size] : llvm::enumerate(sizes))
    if (type.isDynamicDim(axis))
      dynamic.push_back(index(size));
  return tensor::EmptyOp::create(b, loc, type, dynamic);
}

Value LinalgBuilder::filled(Value scalar, RankedTensorType type, Sizes sizes) {
  return linalg::FillOp::create(b, loc, scalar, empty(type, sizes)).getResult(0);
}

linalg::GenericOp LinalgBuilder::generic(ValueRange inputs, ArrayRef<AffineMap> inMaps, ValueRange inits,
                                         AffineMap outMap, Body body) {
  SmallVector<AffineMap> maps(inMaps);
  maps.append(inits.size(), outMap);
  SmallVector<utils::IteratorType> iterators;
  for (unsigned i = 0; i < outMap.getNumDims(); ++i)
    iterators.push_back(outMap.isFunctionOfDim(i) ? utils::IteratorType::parallel
                                                  : utils::IteratorType::reduction);
  return linalg::GenericOp::create(b, loc, inits.getTypes(), inputs, inits, maps, iterators,
                                   [&](OpBuilder &, Location, ValueRange elements) {
                                     linalg::YieldOp::create(b, loc, body(*this, elements));
                                   });
}

Value LinalgBuilder::map(ValueRange inputs, RankedTensorType type, Sizes sizes, Body body,
                         ArrayRef<AffineMap> inMaps) {
  AffineMap identity = b.getMultiDimIdentityMap(type.getRank());
  SmallVector<AffineMap> maps(inMaps);
  if (maps.empty())
    maps.assign(inputs.size(), identity);
  return generic(inputs, maps, empty(type, sizes), identity, body).getResult(0);
}

Value LinalgBuilder::converted(Value value, Type element, Sizes sizes) {
  auto type = cast<RankedTensorType>(value.getType());
  if (type.getElementType() == element)
    return value;
  return map(value, type.clone(element), sizes, [&](LinalgBuilder &l, ValueRange x) -> SmallVector<Value> {
    return {l.toFloat(x[0], element)};
  });
}

//===----------------------------------------------------------------------===//
// Scalars
//===----------------------------------------------------------------------===//

Value LinalgBuilder::constant(Type type, double value) {
  TypedAttr attr = isa<FloatType>(type) ? TypedAttr(b.getFloatAttr(type, value))
                                        : TypedAttr(b.getIntegerAttr(type, int64_t(value)));
  return arith::ConstantOp::create(b, loc, attr);
}

Value LinalgBuilder::extreme(Type type, bool largest) {
  if (auto floats = dyn_cast<FloatType>(type))
    return arith::ConstantOp::create(
        b, loc, b.getFloatAttr(floats, APFloat::getInf(floats.getFloatSemantics(), !largest)));
  unsigned width = type.getIntOrFloatBitWidth();
  return arith::ConstantOp::create(
      b, loc,
      b.getIntegerAttr(type, largest ? APInt::getSignedMaxValue(width) : APInt::getSignedMinValue(width)));
}

Value LinalgBuilder::index(OpFoldResult size) { return getValueOrCreateConstantIndexOp(b, loc, size); }

template <typename FloatOp, typename IntOp> static Value either(LinalgBuilder &l, Value x, Value y) {
  if (isa<FloatType>(x.getType()))
    return FloatOp::create(l.b, l.loc, x, y);
  return IntOp::create(l.b, l.loc, x, y);
}
Value LinalgBuilder::add(Value x, Value y) { return either<arith::AddFOp, arith::AddIOp>(*this, x, y); }
Value LinalgBuilder::sub(Value x, Value y) { return either<arith::SubFOp, arith::SubIOp>(*this, x, y); }
Value LinalgBuilder::mul(Value x, Value y) { return either<arith::MulFOp, arith::MulIOp>(*this, x, y); }
Value LinalgBuilder::div(Value x, Value y) { return arith::DivFOp::create(b, loc, x, y); }
Value LinalgBuilder::max(Value x, Value y) { return either<arith::MaximumFOp, arith::MaxSIOp>(*this, x, y); }
Value LinalgBuilder::min(Value x, Value y) { return either<arith::MinimumFOp, arith::MinSIOp>(*this, x, y); }

Value LinalgBuilder::toFloat(Value x, Type type) {
  unsigned from = x.getType().getIntOrFloatBitWidth(), to = type.getIntOrFloatBitWidth();
  if (x.getType() == type)
    return x;
  if (from < to)
    return arith::ExtFOp::create(b, loc, type, x);
  return arith::TruncFOp::create(b, loc, type, x);
}

//===----------------------------------------------------------------------===//
// Maps, types
//===----------------------------------------------------------------------===//

AffineMap LinalgBuilder::mapWithout(int64_t n, ArrayRef<int64_t> dims) {
  SmallVector<AffineExpr> kept;
  for (int64_t i = 0; i < n; ++i)
    if (!llvm::is_contained(dims, i))
      kept.push_back(b.getAffineDimExpr(i));
  return AffineMap::get(n, 0, kept, b.getContext());
}

Type rondo::accumulator(Type element) {
  if (isa<FloatType>(element) && element.getIntOrFloatBitWidth() < 32)
    return Float32Type::get(element.getContext());
  return element;
}

template <typename T> static SmallVector<T> without(ArrayRef<T> all, ArrayRef<int64_t> dims) {
  SmallVector<T> kept;
  for (auto [i, one] : llvm::enumerate(all))
    if (!llvm::is_contained(dims, int64_t(i)))
      kept.push_back(one);
  return kept;
}
RankedTensorType rondo::typeWithout(RankedTensorType type, ArrayRef<int64_t> dims) {
  return RankedTensorType::get(without(type.getShape(), dims), type.getElementType());
}
SmallVector<OpFoldResult> rondo::sizesWithout(ArrayRef<OpFoldResult> sizes, ArrayRef<int64_t> dims) {
  return without(sizes, dims);
}
