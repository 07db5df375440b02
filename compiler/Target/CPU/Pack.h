// Operands of products in the order in which a tile reads them.
#pragma once
#include "compiler/Target/CPU/Groups.h"

namespace rondo::cpu {

/// What lies along an axis of a packed operand.
struct PackedAxis {
  enum Kind { Outer, Panel, Inner, Lane } kind;
  unsigned loop; // of the member, but for Panel and Lane, which share the lanes' loop
};

/// `value` holds the operand as [outer..., panel, inner..., lane]: panel p holds
/// `lanes` places of the lanes' axis from min(p * lanes, size - lanes) on, so the
/// last panel overlaps the one before instead of being cut. The size is that of
/// the group: of a longer operand only what the group reads is packed.
struct PackedOperand {
  mlir::Value value;
  llvm::SmallVector<PackedAxis> axes;
};

/// Packed operands by what they are made from, so that each is made once.
class Packer {
public:
  /// The operand packed for `lanes` lanes, or nothing if reading it where it is
  /// serves as well. The copy is made where the operand is defined, outside of
  /// the scans that use it; that of a weight moves to `@prepare` later.
  /// `laneSize` is the size of the group's last axis, which a member may exceed.
  std::optional<PackedOperand> pack(const Group &group, const Member &member, mlir::OpOperand &operand,
                                    int64_t lanes, std::optional<int64_t> laneSize);

private:
  llvm::SmallVector<std::pair<std::pair<mlir::Value, mlir::ArrayAttr>, mlir::Value>> made;
};

} // namespace rondo::cpu
