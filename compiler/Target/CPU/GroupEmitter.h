// What both ways of emitting a group share: reading operands at a point.
#pragma once
#include "compiler/Target/CPU/Groups.h"
#include "compiler/Target/CPU/Pack.h"
#include "compiler/Target/CPU/Payload.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"

namespace rondo::cpu {

/// Erases the members, whose results are replaced, with the views of them. The
/// sizes of a result are those of its destination.
void eraseMembers(Group &group);

/// A point of a group: the index of each axis, with the panel of the lanes.
struct GroupPoint {
  llvm::SmallVector<LoopIndex> axes;
  mlir::Value panel;
};

class GroupEmitter {
public:
  GroupEmitter(Group &group, mlir::ImplicitLocOpBuilder &b, int64_t lanes)
      : group(group), b(b), payload(b, lanes) {}

  /// Operands that are read packed.
  llvm::DenseMap<mlir::OpOperand *, PackedOperand> packed;
  /// Tensors that are read and written with some leading axes merged: the merged
  /// tensor, and how many axes.
  llvm::DenseMap<mlir::Value, mlir::Value> merged;
  unsigned mergedAxes = 0;

protected:
  Group &group;
  mlir::ImplicitLocOpBuilder &b;
  PayloadEmitter payload;
  /// Values computed at the current point, by result and unrolled place.
  llvm::DenseMap<std::pair<mlir::Value, unsigned>, LaneValue> computed;

  mlir::Value index(int64_t i) { return mlir::arith::ConstantIndexOp::create(b, i); }

  /// Indices of the member's loops at a point; `reductions` where it has any.
  llvm::SmallVector<LoopIndex> loopsAt(const Member &m, const GroupPoint &at, unsigned tuple,
                                       mlir::ValueRange reductions);
  LaneValue readOperand(Member &m, mlir::OpOperand &operand, unsigned tuple, llvm::ArrayRef<LoopIndex> loops,
                        const GroupPoint &at);
  /// The place of `tensor` that `map` gives for `loops`; leading axes merged if
  /// the tensor is read so.
  LaneValue readMemory(const Member &m, mlir::Value tensor, mlir::AffineMap map,
                       llvm::ArrayRef<LoopIndex> loops);
  llvm::SmallVector<LoopIndex> placeIn(const Member &m, mlir::Value tensor, mlir::AffineMap map,
                                       llvm::ArrayRef<LoopIndex> loops);
  /// Results of a member without reductions at a point, into `computed`.
  void compute(Member &m, unsigned tuple, const GroupPoint &at);
  /// Results of a member's body with `accumulator` as its last argument.
  llvm::SmallVector<LaneValue> bodyAt(Member &m, unsigned tuple, const GroupPoint &at,
                                      mlir::ValueRange reductions, LaneValue accumulator);
  /// What a reduction starts from at a point.
  LaneValue startOf(Member &m, unsigned tuple, const GroupPoint &at);
};

} // namespace rondo::cpu
