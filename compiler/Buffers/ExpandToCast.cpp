// rondo-expand-to-cast: memref.expand_shape becomes memref.reinterpret_cast.
//
// Needs memrefs. Upstream's expand-strided-metadata does the same, but crashes
// where one dimension becomes several of unknown size, [T * B] -> [T, B]; here
// the sizes are there, as the operation's output shape.
#include "compiler/Buffers/Passes.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

namespace rondo {
#define GEN_PASS_DEF_EXPANDTOCAST
#include "compiler/Buffers/Passes.h.inc"
} // namespace rondo

using namespace mlir;

namespace {

void lower(memref::ExpandShapeOp expand) {
  OpBuilder b(expand);
  Location loc = expand.getLoc();
  MemRefType type = expand.getResultType();
  auto [typeStrides, typeOffset] = type.getStridesAndOffset();
  auto source = memref::ExtractStridedMetadataOp::create(b, loc, expand.getSrc());
  // What the type says, else what is computed.
  auto known = [&](int64_t number, OpFoldResult computed) -> OpFoldResult {
    return ShapedType::isDynamic(number) ? computed : OpFoldResult(b.getIndexAttr(number));
  };

  SmallVector<OpFoldResult> sizes = getMixedValues(expand.getStaticOutputShape(), expand.getOutputShape(), b);
  // Unit axes of what had none belong to no group.
  SmallVector<OpFoldResult> strides(sizes.size(), b.getIndexAttr(1));
  AffineExpr x, y;
  bindSymbols(b.getContext(), x, y);
  for (auto [axis, group] : llvm::enumerate(expand.getReassociationIndices())) {
    OpFoldResult stride = source.getStrides()[axis];
    for (int64_t part : llvm::reverse(group)) {
      strides[part] = stride = known(typeStrides[part], stride);
      stride = affine::makeComposedFoldedAffineApply(b, loc, x * y, {stride, sizes[part]});
    }
  }
  auto cast = memref::ReinterpretCastOp::create(b, loc, type, source.getBaseBuffer(),
                                                known(typeOffset, source.getOffset()), sizes, strides);
  expand.replaceAllUsesWith(cast.getResult());
  expand.erase();
}

struct ExpandToCast : rondo::impl::ExpandToCastBase<ExpandToCast> {
  void runOnOperation() override {
    getOperation().walk([](memref::ExpandShapeOp expand) { lower(expand); });
  }
};

} // namespace
