// What the score and the mask of an attention say of some pairs at once.
#pragma once

#include "compiler/Target/CPU/LaneBuilder.h"
#include "dialects/Rondo/IR/RondoDialect.h"
#include "mlir/IR/IRMapping.h"

namespace rondo::cpu {

/// A query and as many consecutive keys as there are lanes.
struct Pairs {
  mlir::Value batch, head, query; // i64
  mlir::Value key;                // index: the one of lane 0, which is below Tk
  mlir::Value inside;             // i1 lanes: the key is below Tk; null if all are
  mlir::Value isWhole;            // i1: all are inside; null with `inside`
};

/// The checks of a score whose conditions the key or the logit changes, or those of which neither does.
llvm::SmallVector<CheckOp> checksOfPairs(AttentionOp op);
llvm::SmallVector<CheckOp> checksOfRows(AttentionOp op);

/// Writes a region on scalars out at the insertion point of `l`. What depends on neither the key nor the
/// logit stays scalar, so that it moves out of loops over keys; elementwise operations become those on
/// vectors; a load along the keys is one of a vector, any other is one for each lane. Lanes that are not
/// inside read the place of lane 0.
class PairRegion {
public:
  PairRegion(LaneBuilder &l, AttentionOp op, mlir::Region &region, const Pairs &at);

  /// The vector that the region yields; `logit` is null for a mask.
  mlir::Value evaluate(mlir::Value logit = {});
  /// The conditions of `checksOfPairs`, a vector each.
  llvm::ArrayRef<mlir::Value> conditions() const { return ofPairs; }
  /// The conditions of `checksOfRows`, and nothing else of the region; then `at` has no key.
  static llvm::SmallVector<mlir::Value> conditionsOfRow(LaneBuilder &l, AttentionOp op, const Pairs &at);

private:
  bool varies(mlir::Value v) const { return vectors.contains(v); }
  mlir::Value vector(mlir::Value v);
  void visit(mlir::Operation &op);
  mlir::Value load(mlir::memref::LoadOp op);
  mlir::Value loadRow(mlir::Value buffer, mlir::ValueRange place);
  mlir::Value loadBits(mlir::Value buffer, mlir::ValueRange place);
  mlir::Value loadLanes(mlir::Value buffer, mlir::ValueRange indices);
  void followFirst(mlir::Operation &op);
  void followClamp(mlir::Operation &op);

  LaneBuilder &l;
  AttentionOp op;
  mlir::Region &region;
  const Pairs &at;
  mlir::IRMapping scalars, vectors;
  mlir::IRMapping first; // the value in lane 0 of those that grow by one from lane to lane
  struct Clamp {
    mlir::Value first, least, most; // of max(min(x, most), least), x growing; null: no such bound
  };
  llvm::DenseMap<mlir::Value, Clamp> clamped;
  llvm::SmallVector<mlir::Value> ofPairs;
};

} // namespace rondo::cpu
