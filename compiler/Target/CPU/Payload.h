// The body of a member at one row and one vector of lanes.
#pragma once
#include "compiler/Target/CPU/Groups.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace rondo::cpu {

/// A value of a tile: one scalar for all lanes, or a vector, one element a lane.
struct LaneValue {
  mlir::Value value;
  bool varies = false;      // a vector
  bool isLaneIndex = false; // `value` (index) plus 0, 1, 2, ... : the lanes' own index
};

/// The index of a loop: a scalar, or with `lanes` the first of them.
struct LoopIndex {
  mlir::Value value;
  bool lanes = false;
};

/// Emits scalar code, or vectors of `lanes` elements if that is more than one.
/// What depends on no lane stays scalar.
class PayloadEmitter {
public:
  PayloadEmitter(mlir::ImplicitLocOpBuilder &b, int64_t lanes) : b(b), lanes(lanes) {}

  /// `tensor` at `at`: a vector if some index runs along the lanes. One read if
  /// the lanes lie side by side, else lane by lane.
  LaneValue load(mlir::Value tensor, llvm::ArrayRef<LoopIndex> at);

  /// `tensor` with `value` written at `at`.
  mlir::Value store(LaneValue value, mlir::Value tensor, llvm::ArrayRef<LoopIndex> at);

  /// The yielded values of the body of `op`, for block arguments `args` and loop
  /// indices `loops`.
  llvm::SmallVector<LaneValue> body(mlir::linalg::GenericOp op, llvm::ArrayRef<LaneValue> args,
                                    llvm::ArrayRef<LoopIndex> loops);

  /// The value as a vector (as it is, without lanes).
  mlir::Value vector(LaneValue value);
  LaneValue constant(mlir::OpFoldResult splat, mlir::Type type);
  mlir::Type vectorOf(mlir::Type element) const;
  int64_t numLanes() const { return lanes; }

private:
  mlir::ImplicitLocOpBuilder &b;
  int64_t lanes;

  mlir::Value lane(LaneValue value, int64_t i);
  LaneValue perLane(mlir::Type element, llvm::function_ref<mlir::Value(int64_t)> make);
};

} // namespace rondo::cpu
