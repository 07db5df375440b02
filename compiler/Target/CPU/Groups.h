// Which operations of a block are computed together, tile by tile.
#pragma once
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SetVector.h"

namespace rondo::cpu {

/// What a loop of a member is within its group.
struct LoopRole {
  enum Kind {
    Axis,     // an axis of the group
    Unrolled, // a short axis of which members read single places (the gates of a product)
    Reduction // summed over
  } kind;
  unsigned index; // the group's axis; the place in the unrolled tuple; the number of the reduction
};

/// Places on the unrolled axes of a member, one number an axis.
using Tuple = llvm::SmallVector<int64_t, 2>;

/// Where an axis of a tensor takes its index from: a loop of the reading
/// operation, or a constant.
struct AxisSource {
  std::optional<unsigned> loop;
  int64_t constant = 0;
};

/// A value as an operand of a member sees it: `base` read at `axes`, after all
/// slices and unit axes in between are looked through.
struct Access {
  mlir::Value base;
  llvm::SmallVector<AxisSource> axes;
};

struct Member {
  mlir::linalg::GenericOp op;
  llvm::SmallVector<LoopRole> loops;        // one for each loop of op
  llvm::SmallVector<int64_t> unrolledSizes; // of its unrolled axes
  llvm::SmallVector<Tuple> tuples;          // the places that are computed
  bool escapes = false;                     // results are read outside the group
  bool isCut = false;                       // only its beginning is computed, as far as it is read

  bool isReduction() const { return mlir::linalg::GenericOp(op).getNumReductionLoops() > 0; }
};

/// Members stand in the order of the block, the root last. All have the axes of
/// the group; the last axis is the one along which vectors lie, the lanes.
struct Group {
  llvm::SmallVector<Member> members;
  unsigned numAxes = 0;
  /// The root reduces the lanes themselves: its axes are the axes of its result,
  /// then the loops that it reduces.
  bool reducesLanes = false;

  Member &root() { return members.back(); }
  unsigned lanesAxis() const { return numAxes - 1; }
  /// The axis of which a tile has several places: one that the weights of a product
  /// lack, so that each is read once for all of them; without a product the axis
  /// before the lanes. Nothing if the lanes are the only axis.
  std::optional<unsigned> rowsAxis() const;
  Member *find(mlir::Operation *op) {
    for (Member &m : members)
      if (m.op == op)
        return &m;
    return nullptr;
  }
  bool cutsMembers() const {
    return llvm::any_of(members, [](const Member &m) { return m.isCut; });
  }
  bool hasProduct() const {
    return llvm::any_of(members, [](const Member &m) { return m.isReduction(); });
  }
};

/// Reads the operand's map, then looks through slices of step 1 that take one
/// place or begin at 0 on each axis, and through reshapes of unit axes.
Access traceAccess(mlir::OpOperand &operand);

/// The scalar that fills `value` everywhere, if it is a `linalg.fill` or a
/// splat constant, as an SSA value or an attribute.
mlir::OpFoldResult splatOf(mlir::Value value);

/// True if `value` is made of prepared weights alone.
bool isWeight(mlir::Value value);

/// All groups of a block, none sharing a member. What no group can hold is left
/// alone.
llvm::SmallVector<Group> formGroups(mlir::Block &block);

} // namespace rondo::cpu
