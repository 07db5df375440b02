// Emission of shapes, slices, reductions and products. See TensorOps.h.
#include "compiler/Frontend/TensorOps.h"
#include "compiler/Frontend/PairEmitter.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include <cmath>

using namespace mlir;

namespace rondo::sema {

static int64_t saturated(double value, DType dtype) {
  if (std::isnan(value))
    return 0;
  unsigned bits = bitWidth(dtype) - (isUnsigned(dtype) ? 0 : 1);
  double limit = std::ldexp(1.0, bits);
  double least = isUnsigned(dtype) ? 0.0 : -limit;
  if (value >= limit)
    return dtype == DType::I64 ? INT64_MAX : int64_t(limit) - 1;
  return int64_t(std::max(value, least));
}

Tensor filled(FunctionEmitter &f, const Value &number, DType dtype, ArrayRef<Size> shape) {
  Type element = elementType(f.context(), dtype);
  TypedAttr attr;
  if (isFloat(dtype))
    attr = f.builder.getFloatAttr(element, number.asDouble());
  else if (dtype == DType::Bool)
    attr = f.builder.getBoolAttr(number.asDouble() != 0);
  else {
    const int64_t *integer = number.get<int64_t>();
    int64_t value = integer ? *integer : saturated(number.asDouble(), dtype);
    attr = IntegerAttr::get(element, APInt(bitWidth(dtype), value, true, /*implicitTrunc=*/true));
  }
  RankedTensorType type = f.type(dtype, shape);
  mlir::Value value;
  if (type.hasStaticShape())
    value = f.create<arith::ConstantOp>(type, DenseElementsAttr::get(type, Attribute(attr)));
  else
    value = f.create<tensor::SplatOp>(f.create<arith::ConstantOp>(attr), type, f.dynamicSizes(shape));
  return {value, dtype, Shape(shape)};
}

Tensor sizeTensor(FunctionEmitter &f, const Size &size) {
  if (size.isConstant())
    return filled(f, size.constant(), DType::I64, {});
  mlir::Value number = f.create<arith::IndexCastOp>(f.builder.getI64Type(), f.size(size));
  return {f.create<tensor::FromElementsOp>(f.type(DType::I64, {}), number), DType::I64, {}};
}

Tensor sizeFilled(FunctionEmitter &f, const Size &size, ArrayRef<Size> shape) {
  return size.isConstant() ? filled(f, size.constant(), DType::I64, shape)
                           : broadcast(f, sizeTensor(f, size), shape);
}

static mlir::Value castTo(FunctionEmitter &f, mlir::Value value, RankedTensorType type) {
  return value.getType() == type ? value : f.create<tensor::CastOp>(type, value);
}

Tensor conform(FunctionEmitter &f, const Tensor &x, ArrayRef<Size> shape) {
  return {castTo(f, x.value, f.type(x.dtype, shape)), x.dtype, Shape(shape)};
}

static Tensor expandAlong(FunctionEmitter &f, const Tensor &x, ArrayRef<Size> shape,
                          ArrayRef<int64_t> newAxes) {
  if (newAxes.empty())
    return x;
  mlir::Value init = f.create<tensor::EmptyOp>(f.mixedSizes(shape), elementType(f.context(), x.dtype));
  return {f.create<linalg::BroadcastOp>(x.value, init, newAxes)->getResult(0), x.dtype, Shape(shape)};
}

Tensor broadcast(FunctionEmitter &f, const Tensor &x, ArrayRef<Size> shape) {
  // Axes of x that stay; unit axes that become others are dropped and come back as new ones.
  int64_t added = int64_t(shape.size()) - x.rank();
  SmallVector<int64_t> newAxes;
  Shape kept, keptTarget;
  for (auto [axis, size] : llvm::enumerate(shape)) {
    int64_t from = int64_t(axis) - added;
    bool isNew = from < 0 || (x.shape[from].isConstant(1) && !size.isConstant(1));
    if (isNew) {
      newAxes.push_back(axis);
      continue;
    }
    kept.push_back(x.shape[from]);
    keptTarget.push_back(size);
  }
  if (newAxes.empty())
    return conform(f, x, shape);
  return expandAlong(f, conform(f, reshape(f, x, kept), keptTarget), shape, newAxes);
}

Tensor broadcastAlong(FunctionEmitter &f, const Tensor &x, ArrayRef<Size> shape, ArrayRef<int64_t> axes) {
  SmallVector<int64_t> newAxes;
  Shape kept;
  for (auto [axis, size] : llvm::enumerate(shape))
    if (llvm::is_contained(axes, int64_t(axis)))
      kept.push_back(size);
    else
      newAxes.push_back(axis);
  return expandAlong(f, conform(f, x, kept), shape, newAxes);
}

//===----------------------------------------------------------------------===//
// Reshape
//===----------------------------------------------------------------------===//

namespace {
// Consecutive axes of the two shapes with equal products; either may be empty
// if the other's are all 1.
struct Group {
  SmallVector<int64_t> from, to;
};
} // namespace

static Size product(ArrayRef<Size> shape) {
  Size result(1);
  for (const Size &size : shape)
    result = result * size;
  return result;
}

// The finest cut of two shapes into groups of equal products.
static SmallVector<Group> matchAxes(const SizeFacts &facts, ArrayRef<Size> from, ArrayRef<Size> to) {
  SmallVector<Group> groups;
  size_t i = 0, j = 0;
  while (i < from.size() || j < to.size()) {
    size_t ni = from.size() - i, nj = to.size() - j;
    auto tryGroup = [&](size_t a, size_t b) {
      if (a > ni || b > nj || !facts.equal(product(from.slice(i, a)), product(to.slice(j, b))))
        return false;
      Group group;
      for (size_t k = 0; k < a; ++k)
        group.from.push_back(i++);
      for (size_t k = 0; k < b; ++k)
        group.to.push_back(j++);
      groups.push_back(std::move(group));
      return true;
    };
    bool found = false;
    for (size_t total = 2; total <= ni + nj && !found; ++total)
      for (size_t a = 1; a < total && !found; ++a)
        found = tryGroup(a, total - a);
    if (!found && !tryGroup(ni, nj)) { // unit axes at the end, of one side
      Group rest;
      for (; i < from.size(); ++i)
        rest.from.push_back(i);
      for (; j < to.size(); ++j)
        rest.to.push_back(j);
      groups.push_back(std::move(rest));
    }
  }
  return groups;
}

Tensor reshape(FunctionEmitter &f, const Tensor &x, ArrayRef<Size> shape) {
  if (x.rank() == int64_t(shape.size()) && llvm::all_of(llvm::zip(x.shape, shape), [&](auto pair) {
        return f.facts.equal(std::get<0>(pair), std::get<1>(pair));
      }))
    return conform(f, x, shape);
  // Axes of size 0 do not say which of the others belong together.
  if (RankedTensorType type = f.type(x.dtype, shape); llvm::is_contained(type.getShape(), 0))
    return {f.create<tensor::EmptyOp>(type, f.dynamicSizes(shape)), x.dtype, Shape(shape)};

  SmallVector<Group> groups = matchAxes(f.facts, x.shape, shape);
  // A group of unit axes alone joins its neighbour.
  for (size_t g = 0; g < groups.size() && groups.size() > 1;) {
    if (!groups[g].from.empty() && !groups[g].to.empty()) {
      ++g;
      continue;
    }
    Group lone = std::move(groups[g]);
    groups.erase(groups.begin() + g);
    Group &other = groups[g ? g - 1 : 0];
    auto join = [&](SmallVector<int64_t> &axes, ArrayRef<int64_t> more) {
      axes.insert(g ? axes.end() : axes.begin(), more.begin(), more.end());
    };
    join(other.from, lone.from);
    join(other.to, lone.to);
    if (g)
      --g;
  }

  bool toScalar = shape.empty(), fromScalar = x.rank() == 0;
  SmallVector<ReassociationIndices> collapse, expand;
  Shape middle;
  bool collapses = false, expands = false;
  for (const Group &group : groups) {
    collapse.emplace_back(group.from.begin(), group.from.end());
    expand.emplace_back(group.to.begin(), group.to.end());
    collapses |= group.from.size() != 1;
    expands |= group.to.size() != 1;
    Size size(1);
    for (int64_t axis : group.from)
      size = size * x.shape[axis];
    middle.push_back(size);
  }
  if (fromScalar || toScalar)
    (fromScalar ? expand : collapse).clear();

  // Static sizes must be where the axes that make them up are static.
  auto groupType = [&](ArrayRef<ReassociationIndices> reassociation, ArrayRef<Size> axes) {
    SmallVector<int64_t> sizes;
    for (ArrayRef<int64_t> group : reassociation) {
      Size size(1); // one that is too large for an i64 is no constant
      bool isOpen = false;
      for (int64_t axis : group) {
        isOpen |= !axes[axis].isConstant();
        size = size * axes[axis];
      }
      sizes.push_back(!isOpen && size.isConstant() ? size.constant() : ShapedType::kDynamic);
    }
    return RankedTensorType::get(sizes, elementType(f.context(), x.dtype));
  };
  mlir::Value value = x.value;
  if (toScalar || (collapses && !fromScalar))
    value = f.create<tensor::CollapseShapeOp>(groupType(collapse, x.shape), value, collapse);
  if (fromScalar || (expands && !toScalar)) {
    value = castTo(f, value, groupType(expand, shape));
    value = f.create<tensor::ExpandShapeOp>(f.type(x.dtype, shape), value, expand, f.mixedSizes(shape));
  }
  return {castTo(f, value, f.type(x.dtype, shape)), x.dtype, Shape(shape)};
}

//===----------------------------------------------------------------------===//
// Transpose, slices, concatenation
//===----------------------------------------------------------------------===//

Tensor unsqueeze(FunctionEmitter &f, const Tensor &x, int64_t axis) {
  Shape shape = x.shape;
  shape.insert(shape.begin() + axis, Size(1));
  return reshape(f, x, shape);
}

Tensor transpose(FunctionEmitter &f, const Tensor &x, ArrayRef<int64_t> permutation) {
  if (llvm::equal(permutation, llvm::seq<int64_t>(0, x.rank())))
    return x;
  Shape shape = llvm::map_to_vector<3>(permutation, [&](int64_t axis) { return x.shape[axis]; });
  mlir::Value init = f.create<tensor::EmptyOp>(f.mixedSizes(shape), elementType(f.context(), x.dtype));
  return {f.create<linalg::TransposeOp>(x.value, init, permutation)->getResult(0), x.dtype, shape};
}

Tensor slice(FunctionEmitter &f, const Tensor &x, ArrayRef<Size> offsets, ArrayRef<Size> sizes,
             ArrayRef<Size> steps, ArrayRef<int64_t> dropped) {
  Shape kept;
  for (auto [axis, size] : llvm::enumerate(sizes))
    if (!llvm::is_contained(dropped, int64_t(axis)))
      kept.push_back(size);
  mlir::Value value =
      f.extractSlice(x.dtype, kept, x.value, f.mixedSizes(offsets), f.mixedSizes(sizes), f.mixedSizes(steps));
  return {value, x.dtype, kept};
}

Tensor narrow(FunctionEmitter &f, const Tensor &x, int64_t axis, const Size &offset, const Size &length) {
  Shape offsets(x.rank(), Size(0)), sizes = x.shape;
  offsets[axis] = offset;
  sizes[axis] = length;
  return slice(f, x, offsets, sizes, Shape(x.rank(), Size(1)));
}

Tensor concat(FunctionEmitter &f, ArrayRef<Tensor> parts, int64_t axis) {
  if (parts.size() == 1)
    return parts[0];
  Shape shape = parts[0].shape;
  SmallVector<mlir::Value> values = {parts[0].value};
  for (const Tensor &part : parts.drop_front()) {
    shape[axis] = shape[axis] + part.shape[axis];
    Shape same = parts[0].shape;
    same[axis] = part.shape[axis];
    values.push_back(conform(f, part, same).value);
  }
  mlir::Value value = f.create<tensor::ConcatOp>(axis, values);
  return {castTo(f, value, f.type(parts[0].dtype, shape)), parts[0].dtype, shape};
}

//===----------------------------------------------------------------------===//
// Indices
//===----------------------------------------------------------------------===//

Tensor iota(FunctionEmitter &f, const Size &n, const Size &start, const Size &step) {
  Shape shape = {n};
  Type i64 = f.builder.getI64Type();
  mlir::Value from = f.size(start), by = f.size(step);
  mlir::Value init = f.create<tensor::EmptyOp>(f.mixedSizes(shape), i64);
  SmallVector<AffineMap> maps = {f.builder.getMultiDimIdentityMap(1)};
  auto generic = f.create<linalg::GenericOp>(
      TypeRange{init.getType()}, ValueRange{}, ValueRange{init}, maps,
      ArrayRef<utils::IteratorType>{utils::IteratorType::parallel},
      [&](OpBuilder &b, Location loc, ValueRange) {
        mlir::Value index = linalg::IndexOp::create(b, loc, 0);
        if (!step.isConstant(1))
          index = arith::MulIOp::create(b, loc, index, by);
        if (!start.isConstant(0))
          index = arith::AddIOp::create(b, loc, index, from);
        linalg::YieldOp::create(b, loc, ValueRange{arith::IndexCastOp::create(b, loc, i64, index)});
      });
  return {generic->getResult(0), DType::I64, shape};
}

CheckOp check(FunctionEmitter &f, const Tensor &ok, StringRef message) {
  if (f.pairs && ok.rank() > 0) // one number for each pair
    return check(f, reduce(f, ReduceKind::All, ok, llvm::to_vector(llvm::seq<int64_t>(0, ok.rank()))),
                 message);
  if (!f.liveRows)
    return f.create<CheckOp>(ok.value, message);
  // What has rows is checked in the live ones; anything else as long as one row lives.
  Tensor live = *f.liveRows, dead;
  if (live.rank() == 0)
    dead = logicalNot(f, live);
  else if (ok.rank() > 0 && f.facts.equal(ok.shape[0], live.shape[0]))
    dead = broadcastAlong(f, logicalNot(f, live), ok.shape, {0});
  else
    dead = broadcast(f, logicalNot(f, reduce(f, ReduceKind::Any, live, {0})), ok.shape);
  return f.create<CheckOp>(logicalOr(f, ok, conform(f, dead, ok.shape)).value, message);
}

CheckOp checkIndices(FunctionEmitter &f, const Tensor &indices, const Size &n, StringRef message) {
  // As unsigned numbers the negative ones are too large as well.
  Tensor limit = sizeFilled(f, n, indices.shape);
  mlir::Value inside = f.create<arith::CmpIOp>(arith::CmpIPredicate::ult, indices.value, limit.value);
  return check(f, {inside, DType::Bool, indices.shape}, message);
}

mlir::Value checkedOffset(FunctionEmitter &f, const Tensor &offset, const Size &most, StringRef message) {
  Tensor wide = convert(f, offset, DType::I64), limit = sizeTensor(f, most), zero = filledLike(f, 0, wide);
  mlir::Value inside = f.create<arith::CmpIOp>(arith::CmpIPredicate::ule, wide.value, limit.value);
  check(f, {inside, DType::Bool, {}}, message);
  Tensor clamped = arithmetic(f, Arithmetic::Max, arithmetic(f, Arithmetic::Min, wide, limit), zero);
  mlir::Value number = f.create<tensor::ExtractOp>(clamped.value, ValueRange{});
  return f.create<arith::IndexCastOp>(f.builder.getIndexType(), number);
}

Tensor gather(FunctionEmitter &f, const Tensor &x, const Tensor &indices, int64_t axis, StringRef what) {
  Tensor wide = convert(f, indices, DType::I64);
  std::string message =
      (what + ": an index is out of range: the axis has " + x.shape[axis].str() + " elements").str();
  if (f.pairs && wide.rank() == 0 && f.pairs->varies(wide.value))
    return f.pairs->read(x, wide, axis, message);
  checkIndices(f, wide, x.shape[axis], message);
  Shape shape(x.shape.begin(), x.shape.begin() + axis);
  shape.append(wide.shape.begin(), wide.shape.end());
  shape.append(x.shape.begin() + axis + 1, x.shape.end());
  mlir::Value value = f.create<GatherOp>(f.type(x.dtype, shape), x.value, wide.value, axis);
  return {value, x.dtype, shape};
}

//===----------------------------------------------------------------------===//
// Reductions and products
//===----------------------------------------------------------------------===//

Tensor reduce(FunctionEmitter &f, ReduceKind kind, const Tensor &x, ArrayRef<int64_t> axes, bool keep) {
  Shape kept, withUnits;
  for (auto [axis, size] : llvm::enumerate(x.shape)) {
    bool reduced = llvm::is_contained(axes, int64_t(axis));
    if (!reduced)
      kept.push_back(size);
    withUnits.push_back(reduced ? Size(1) : size);
  }
  bool isIndex = kind == ReduceKind::ArgMax || kind == ReduceKind::ArgMin;
  Tensor result;
  if (axes.empty() && !isIndex) {
    result = x;
  } else if (x.dtype == DType::U8) { // the operation's bytes are signed
    result = reduce(f, kind, convert(f, x, DType::I32), axes, false);
    if (!isIndex)
      result = convert(f, result, DType::U8);
  } else {
    DType dtype = isIndex ? DType::I64 : x.dtype;
    result = {f.create<ReduceOp>(f.type(dtype, kept), kind, x.value, axes), dtype, kept};
  }
  return keep ? reshape(f, result, withUnits) : result;
}

Tensor contract(FunctionEmitter &f, StringRef equation, const Tensor &lhs, const Tensor &rhs,
                ArrayRef<Size> shape) {
  mlir::Value value =
      f.create<ContractOp>(f.type(lhs.dtype, shape), f.builder.getStringAttr(equation), lhs.value, rhs.value);
  return {value, lhs.dtype, Shape(shape)};
}

} // namespace rondo::sema
