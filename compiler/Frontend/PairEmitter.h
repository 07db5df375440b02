// A region of a `rondo.attention` while it is emitted: code that runs once for
// each pair of a query and a key, on tensors of rank 0.
//
// The evaluator works as it does anywhere. What it emits is kept fit to become
// scalars: what depends on no index is moved out of the region again, an element
// of a tensor is read by a slice of one element, and whatever else cannot become
// scalar is told to the user.
#pragma once

#include "compiler/Frontend/TensorOps.h"
#include "dialects/Rondo/IR/RondoDialect.h"
#include "llvm/ADT/DenseSet.h"

namespace rondo::sema {

/// The logits of an attention: [..., heads, queries, keys].
struct LogitSizes {
  Shape lead; // `...`
  Size heads, queries, keys;

  Size batch() const;  // of all leading axes
  Shape shape() const; // with the leading axes
};

class PairEmitter {
public:
  /// Ends a visit: what `f` creates goes where it went before.
  class Visit {
  public:
    ~Visit();
    Visit(const Visit &) = delete;

  private:
    friend class PairEmitter;
    explicit Visit(PairEmitter &pairs);
    PairEmitter &pairs;
    PairEmitter *outer;
    mlir::OpBuilder::InsertPoint outside;
    std::optional<Tensor> liveRows;
  };

  /// `what`: "score" or "mask". A score has a logit, of type `logit`, before the indices.
  PairEmitter(FunctionEmitter &f, llvm::StringRef what, const LogitSizes &sizes, std::optional<DType> logit);

  /// While it lives, `f` emits into the region.
  Visit enter() { return Visit(*this); }

  // Within a visit.

  /// [s,] b, h, i, j. Of rank 0.
  llvm::SmallVector<Tensor, 5> arguments;
  /// Says that an integer is at least `least` and at most `most`.
  void bound(const Tensor &index, const Size &least, const Size &most);
  /// x[..., index, ...], checked and clamped unless the index is known to lie in the axis.
  Tensor read(const Tensor &x, const Tensor &index, int64_t axis, llvm::StringRef message);
  /// Whether a value depends on an index.
  bool varies(mlir::Value value);
  /// Whether something was emitted since the last call that cannot become scalar.
  bool takeRefused();
  /// What the region yields; ends the emission.
  void yield(const Tensor &result);

  // After the last visit.

  /// Moves what depends on no index to where `f` stands.
  void hoist();

  FunctionEmitter &f;
  llvm::StringRef what;
  mlir::Region region;
  size_t size = 0; // operations in it

private:
  /// What an integer is known to be no less, and no more, than.
  struct Bounds {
    llvm::SmallVector<Size, 2> least, most;
  };
  /// An element that is read, and the check of its index.
  struct Read {
    CheckOp check;
    mlir::Operation *element;
  };

  mlir::Block &body() { return region.front(); }
  void update();
  Bounds boundsOf(mlir::Value value, unsigned depth = 0);
  Bounds boundsOfResult(mlir::Value value, unsigned depth);
  Bounds boundsOfChoice(mlir::arith::SelectOp select, unsigned depth);
  bool isInside(mlir::Value index, const Size &n);
  void guardChecks(mlir::Value root);

  const LogitSizes &sizes;
  mlir::Operation *last = nullptr; // that was looked at
  llvm::DenseSet<mlir::Operation *> varying;
  bool refused = false;
  llvm::DenseMap<mlir::Value, Bounds> known;
  llvm::SmallVector<Read> reads;
};

/// Makes what the regions read from outside captures.
void capture(AttentionOp op);

} // namespace rondo::sema
