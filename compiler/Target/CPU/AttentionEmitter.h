// rondo.attention on memrefs as loops over blocks of rows and tiles of keys.
#pragma once

#include "compiler/Target/CPU/LaneBuilder.h"
#include "compiler/Target/CPU/Machine.h"
#include "compiler/Target/CPU/PairRegion.h"

namespace rondo::cpu {

/// Sizes of blocks and tiles.
struct AttentionShape {
  static constexpr int64_t vectors = 2; // that a row of a micro-tile accumulates
  static constexpr int64_t keys = 1024; // in a tile: the logits of a block lie in the second cache
  int64_t lanes;
  int64_t rows; // of a micro-tile
  AttentionShape(const Machine &machine, mlir::FloatType element);

  int64_t panel() const { return vectors * lanes; } // keys of a micro-tile
  int64_t block() const { return 2 * rows; }
};

/// A call writes one operation. For each batch and key head:
///
///   few queries:  keys and values read in place, one row at a time; rows are those of all heads of the group
///   else:         keys packed once as [panel][d][key], then blocks of rows, head by head
///
///   for a block of rows, whose keys `bounds` tell
///     for tiles of keys
///       logits = scale q k^T into scratch, panel by panel
///       row by row: score, mask, the greatest logit, exponentials and their sum,
///                   and what was summed before is scaled
///       output += exponentials v
///     output / sum
///
/// Mostly there is one tile, which then is the exact softmax; with several it is the online one (Milakov and
/// Gimelshein, 2018).
class AttentionEmitter {
public:
  using Value = mlir::Value;
  using Values = llvm::SmallVector<mlir::Value>;

  /// `onPanel`: a function without arguments that is called for each panel of keys that a block computes; may
  /// be empty.
  AttentionEmitter(AttentionOp op, const Machine &machine, llvm::StringRef onPanel);
  /// Writes the loops in front of the operation, which stays.
  void emit();

private:
  /// Rows of a block: of one head, or with few queries of all heads of a group, head by head.
  struct Rows {
    Value first, count;
  };
  /// The keys of a block: [lo, hi) may be visible, [from, to) are to all rows, one in the other.
  struct Span {
    Value lo, hi, from, to;
  };
  /// A tile: keys [begin, end), whose logits begin at the column of `start`.
  struct Tile {
    Value start, begin, end;
    Value isFurther; // a tile stands before it
  };

  // AttentionEmitter.cpp: loops
  void allocate();
  void heads(Value batch, Value keyHead);
  void block(Rows rows);
  void store(const Rows &rows, const Span &span);
  Value headOf(const Rows &rows, Value r);  // index
  Value queryOf(const Rows &rows, Value r); // index

  // AttentionRows.cpp: spans, softmax
  Span spanOf(Value head, Value first, Value last);
  Span spanOf(const Rows &rows);
  void probe(const Rows &rows, Span &span);
  void softmax(const Rows &rows, Value r, const Span &span, const Tile &tile);
  Values scores(const Rows &rows, Value r, const Tile &tile, Value from, Value to, bool isMasked,
                Values carried);
  void keepLogits(const Rows &rows, Value r, const Tile &tile);
  void storeWeights(const Rows &rows, Value r, const Span &span, Value base, Value inverse);
  Value visible(const Pairs &at);
  Pairs pairsAt(const Rows &rows, Value r, Value key, bool isMasked);

  // AttentionTiles.cpp: products
  void packKeys(Value lo, Value hi);
  Value finiteValues(Value lo, Value hi);
  void scoreTile(const Rows &rows, Value r0, Value panelStart, const Tile &tile);
  void scoreRow(const Rows &rows, Value r, Value from, Value to, const Tile &tile);
  void addValues(const Rows &rows, const Tile &tile);
  void valueTile(Value r0, int64_t count, Value column, int64_t vectors, bool isTail, bool isCareful,
                 const Tile &tile);

  AttentionOp op;
  AttentionShape shape;
  llvm::StringRef onPanel;
  LaneBuilder l;
  Value zero;                                 // index
  Value queries, keys, depth, width, group;   // Tq, Tk, D, Dv, H / Hk
  Value packed, logits, output, tops, totals; // scratch
  Value batch, keyHead, head;                 // where we are; no head with few queries
  Value isFinite; // all values of the key head are; else hidden ones may be anything
  bool few = false;
};

} // namespace rondo::cpu
