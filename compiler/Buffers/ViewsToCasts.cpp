// rondo-views-to-casts: views that upstream's expand-strided-metadata cannot lower become
// memref.reinterpret_cast.
//
// Needs memrefs. Upstream crashes where one dimension becomes several of unknown size, [T * B] -> [T, B];
// here the sizes are there, as the operation's output shape. And where a slice drops some of its axes of size
// 1 and keeps others, it may drop another one than the type of the result does.
#include "compiler/Buffers/Passes.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

namespace rondo {
#define GEN_PASS_DEF_VIEWSTOCASTS
#include "compiler/Buffers/Passes.h.inc"
} // namespace rondo

using namespace mlir;

namespace {

/// What a type says, else what is computed.
OpFoldResult known(OpBuilder &b, int64_t number, OpFoldResult computed) {
  return ShapedType::isDynamic(number) ? computed : OpFoldResult(b.getIndexAttr(number));
}

void lower(memref::ExpandShapeOp expand) {
  OpBuilder b(expand);
  Location loc = expand.getLoc();
  MemRefType type = expand.getResultType();
  auto [typeStrides, typeOffset] = type.getStridesAndOffset();
  auto source = memref::ExtractStridedMetadataOp::create(b, loc, expand.getSrc());

  SmallVector<OpFoldResult> sizes = getMixedValues(expand.getStaticOutputShape(), expand.getOutputShape(), b);
  // Unit axes of what had none belong to no group.
  SmallVector<OpFoldResult> strides(sizes.size(), b.getIndexAttr(1));
  AffineExpr x, y;
  bindSymbols(b.getContext(), x, y);
  for (auto [axis, group] : llvm::enumerate(expand.getReassociationIndices())) {
    OpFoldResult stride = source.getStrides()[axis];
    for (int64_t part : llvm::reverse(group)) {
      strides[part] = stride = known(b, typeStrides[part], stride);
      stride = affine::makeComposedFoldedAffineApply(b, loc, x * y, {stride, sizes[part]});
    }
  }
  auto cast = memref::ReinterpretCastOp::create(b, loc, type, source.getBaseBuffer(),
                                                known(b, typeOffset, source.getOffset()), sizes, strides);
  expand.replaceAllUsesWith(cast.getResult());
  expand.erase();
}

void lower(memref::SubViewOp view) {
  MemRefType type = view.getType(), from = view.getSourceType();
  SmallVector<OpFoldResult> sizes = view.getMixedSizes();
  int64_t dropped = from.getRank() - type.getRank();
  if (dropped == 0 || llvm::count_if(sizes, isOneInteger) == dropped)
    return;
  OpBuilder b(view);
  Location loc = view.getLoc();
  auto [typeStrides, typeOffset] = type.getStridesAndOffset();
  auto [fromStrides, fromOffset] = from.getStridesAndOffset();
  auto source = memref::ExtractStridedMetadataOp::create(b, loc, view.getSource());
  AffineExpr x, y, z;
  bindSymbols(b.getContext(), x, y, z);
  OpFoldResult offset = known(b, fromOffset, source.getOffset());
  SmallVector<OpFoldResult> keptSizes, keptStrides;
  for (int64_t axis = 0; axis < from.getRank(); ++axis) {
    OpFoldResult stride = known(b, fromStrides[axis], source.getStrides()[axis]);
    offset = affine::makeComposedFoldedAffineApply(b, loc, x + y * z,
                                                   {offset, view.getMixedOffsets()[axis], stride});
    // Of an axis of size 1 any stride will do: one that fits the result's stays.
    int64_t to = keptSizes.size();
    bool fits = to < type.getRank() && (type.getDimSize(to) == 1 || !isOneInteger(sizes[axis]));
    if (dropped > 0 && isOneInteger(sizes[axis]) && !fits) {
      --dropped;
      continue;
    }
    stride = affine::makeComposedFoldedAffineApply(b, loc, x * y, {stride, view.getMixedStrides()[axis]});
    keptStrides.push_back(known(b, typeStrides[to], stride));
    keptSizes.push_back(sizes[axis]);
  }
  auto cast = memref::ReinterpretCastOp::create(b, loc, type, source.getBaseBuffer(),
                                                known(b, typeOffset, offset), keptSizes, keptStrides);
  view.replaceAllUsesWith(cast.getResult());
  view.erase();
}

struct ViewsToCasts : rondo::impl::ViewsToCastsBase<ViewsToCasts> {
  void runOnOperation() override {
    getOperation().walk([](memref::ExpandShapeOp expand) { lower(expand); });
    getOperation().walk([](memref::SubViewOp view) { lower(view); });
  }
};

} // namespace
