// Equal slices that together make up a value.
#include "compiler/Analysis/Gates.h"
#include "compiler/Analysis/KnownSizes.h"

using namespace mlir;
using namespace rondo;

// The one axis that `slice` does not take whole; none if there are more, or it is not a constant range.
static std::optional<int64_t> slicedAxis(tensor::ExtractSliceOp slice) {
  std::optional<int64_t> axis;
  for (int64_t i = 0; i < slice.getSourceType().getRank(); ++i) {
    if (isWholeAxis(slice, i))
      continue;
    if (axis || !getConstantIntValue(slice.getMixedOffsets()[i]) ||
        !getConstantIntValue(slice.getMixedSizes()[i]) || !isConstantIntValue(slice.getMixedStrides()[i], 1))
      return std::nullopt;
    axis = i;
  }
  return axis;
}

std::optional<Gates> rondo::matchGates(Value value) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  if (!type || value.use_empty() || llvm::is_contained(type.getShape(), 0))
    return std::nullopt;
  std::optional<Gates> gates;
  RankedTensorType sliceType;
  for (Operation *user : value.getUsers()) {
    auto slice = dyn_cast<tensor::ExtractSliceOp>(user);
    std::optional<int64_t> axis = slice ? slicedAxis(slice) : std::nullopt;
    if (!axis || type.isDynamicDim(*axis))
      return std::nullopt;
    int64_t offset = *getConstantIntValue(slice.getMixedOffsets()[*axis]);
    int64_t size = *getConstantIntValue(slice.getMixedSizes()[*axis]), whole = type.getDimSize(*axis);
    llvm::SmallBitVector dropped = slice.getDroppedDims();
    bool indexed = dropped.test(*axis);
    if (size == 0 || whole % size || offset % size || dropped.count() != indexed)
      return std::nullopt;
    if (!gates) {
      gates = Gates{*axis, whole / size, size, indexed, {}};
      gates->slices.resize(gates->count);
      sliceType = slice.getType();
    }
    if (gates->axis != *axis || gates->size != size || gates->indexed != indexed ||
        slice.getType() != sliceType)
      return std::nullopt;
    gates->slices[offset / size].push_back(slice);
  }
  if (gates->count < 2 || llvm::any_of(gates->slices, [](auto &slices) { return slices.empty(); }))
    return std::nullopt;
  // Uses come in reverse order of the program.
  for (auto &slices : gates->slices)
    std::reverse(slices.begin(), slices.end());
  return gates;
}

Value rondo::sliceIndex(OpBuilder &b, Location loc, Value value, ArrayRef<OpFoldResult> sizes, int64_t axis,
                        int64_t index) {
  SmallVector<OpFoldResult> offsets(sizes.size(), b.getIndexAttr(0)),
      strides(sizes.size(), b.getIndexAttr(1));
  SmallVector<OpFoldResult> taken(sizes), kept(sizes);
  offsets[axis] = b.getIndexAttr(index);
  taken[axis] = b.getIndexAttr(1);
  kept.erase(kept.begin() + axis);
  auto type = typeOf(kept, cast<RankedTensorType>(value.getType()).getElementType());
  return tensor::ExtractSliceOp::create(b, loc, type, value, offsets, taken, strides);
}

Value rondo::sliceChunk(OpBuilder &b, Location loc, Value value, ArrayRef<OpFoldResult> sizes, int64_t axis,
                        int64_t offset) {
  SmallVector<OpFoldResult> offsets(sizes.size(), b.getIndexAttr(0)),
      strides(sizes.size(), b.getIndexAttr(1));
  offsets[axis] = b.getIndexAttr(offset);
  return tensor::ExtractSliceOp::create(b, loc, value, offsets, sizes, strides);
}

// `value` of shape `shape`, which has one axis more: `axis`.
static Value expand(OpBuilder &b, Location loc, Value value, int64_t axis, SmallVector<int64_t> shape) {
  auto type = cast<RankedTensorType>(value.getType());
  SmallVector<ReassociationIndices> groups;
  for (int64_t from = 0, to = 0; from < type.getRank(); ++from) {
    ReassociationIndices &group = groups.emplace_back();
    group.push_back(to++);
    // A new last axis belongs to the one before it.
    if (from == axis || (from + 1 == axis && axis == type.getRank()))
      group.push_back(to++);
  }
  return tensor::ExpandShapeOp::create(b, loc, type.clone(shape), value, groups);
}

Value rondo::splitAxis(OpBuilder &b, Location loc, Value value, int64_t axis, int64_t count) {
  SmallVector<int64_t> shape(cast<RankedTensorType>(value.getType()).getShape());
  shape[axis] /= count;
  shape.insert(shape.begin() + axis, count);
  return expand(b, loc, value, axis, shape);
}

Value rondo::addUnitAxis(OpBuilder &b, Location loc, Value value, int64_t axis) {
  SmallVector<int64_t> shape(cast<RankedTensorType>(value.getType()).getShape());
  shape.insert(shape.begin() + axis, 1);
  return expand(b, loc, value, axis, shape);
}
