// The plan of an arena: where each temporary of an entry point lies in it.
//
// First the status word's 64 bytes, in an entry point's; then buffers of static size, by best fit into the
// gaps between those that live at the same time; then slots for buffers of dynamic size, each shared by
// buffers whose lives are apart and as large as the largest of them.
#pragma once

#include "compiler/Buffers/SizeBuilder.h"
#include "runtime/include/rondo/abi.h"

namespace rondo {

/// From the first to the last op that may touch a buffer, in program order.
struct Life {
  unsigned begin = UINT_MAX, end = 0;
  bool meets(const Life &other) const { return begin <= other.end && other.begin <= end; }
};

/// Bytes of a buffer: a constant times sizes.
struct Bytes {
  int64_t factor = 1;
  llvm::SmallVector<mlir::Value> sizes; // of the entry point, none of them constant

  /// Rounded up to the alignment, built with `at`.
  mlir::Value build(SizeBuilder &at) const;
};

struct PlannedBuffer {
  mlir::memref::AllocOp alloc;
  Life life;
  Bytes bytes;
  int64_t offset = 0; // of one of static size, from the arena's start
  unsigned slot = 0;  // of one of dynamic size

  bool isStatic() const { return bytes.sizes.empty(); }
  int64_t staticBytes() const { return llvm::alignTo(bytes.factor, RONDO_ALIGNMENT); }
};

struct MemoryPlan {
  llvm::SmallVector<PlannedBuffer> buffers; // in program order
  int64_t start = 0;                        // of the first buffer
  int64_t staticEnd = 0;
  unsigned numSlots = 0;

  /// Finds a place for each allocation of `func`, from byte `start` on; sizes are built with `sizes`. Fails
  /// with an error at an allocation that stands in a loop or whose size does not come from index arguments,
  /// and at a call that returns a buffer.
  static mlir::FailureOr<MemoryPlan> make(mlir::func::FuncOp func, SizeBuilder &sizes, int64_t start);

  /// The offset of each slot and, last, the bytes of all, built with `at`.
  llvm::SmallVector<mlir::Value> slotOffsets(SizeBuilder &at) const;

private:
  void placeStatic();
  void placeDynamic();
};

} // namespace rondo
