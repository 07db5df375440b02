// One function of the module, while it is being emitted.
#pragma once

#include "compiler/Frontend/Model.h"
#include "compiler/Frontend/SizeFacts.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"
#include "llvm/ADT/MapVector.h"
#include <map>

namespace rondo::sema {

struct Frame;
class PairEmitter;

/// What a call must fulfil, in terms of sizes alone. It is not checked where it
/// arises but handed to the callers, up to the head of the entry point: there it
/// can be decided before anything is computed.
struct Precondition {
  enum Kind { NonNegative, Zero, NonZero, Divisible } kind;
  Size size, divisor;               // Divisible: size % divisor == 0, divisor not zero
  llvm::SmallVector<Size, 2> loops; // trip counts of scans around it: if one is 0, it need not hold
  std::string message;
  mlir::Location loc;
};

/// What a state holds at the head of a function, or of a scan's body, and at the place of emission.
struct StateValue {
  Tensor old, now;
  SourceRange assigned; // the last time
  bool isAssigned() const { return now.value != old.value; }
};

/// The states that a function, or a scan's body, has met, in that order. Each is an argument of the block.
struct StateScope {
  mlir::Block *block;
  llvm::MapVector<const State *, StateValue> states;
};

class FunctionEmitter {
public:
  /// `function` has an empty entry block with its arguments. In a private function index arguments
  /// for sizes, then weights, then states are put before them as they come to be needed; in an entry point
  /// states come behind them.
  FunctionEmitter(mlir::func::FuncOp function, bool isEntry, SizeContext &sizes);

  template <typename Op, typename... Args> Op create(Args &&...args) {
    return Op::create(builder, loc, std::forward<Args>(args)...);
  }

  /// A slice of `shape`, or an empty tensor where that has no elements: upstream refuses any offset into an
  /// axis of size 0.
  mlir::Value extractSlice(DType dtype, llvm::ArrayRef<Size> shape, mlir::Value source,
                           llvm::ArrayRef<mlir::OpFoldResult> offsets,
                           llvm::ArrayRef<mlir::OpFoldResult> sizes,
                           llvm::ArrayRef<mlir::OpFoldResult> steps);

  /// A size as `index`, computed once at the head of the function.
  mlir::Value size(const Size &size);
  mlir::OpFoldResult sizeOrConstant(const Size &size);
  /// The size that an `index` was emitted for, unless that is known late.
  std::optional<Size> sizeOf(mlir::Value index) const;
  /// The dynamic ones among the sizes of a shape.
  llvm::SmallVector<mlir::Value> dynamicSizes(llvm::ArrayRef<Size> shape);
  llvm::SmallVector<mlir::OpFoldResult> mixedSizes(llvm::ArrayRef<Size> shape);
  mlir::RankedTensorType type(DType dtype, llvm::ArrayRef<Size> shape);
  /// The weight as a value: `rondo.param` at the head of an entry point, an argument of a method.
  Tensor weight(const Weight *weight);
  /// The state at the place of emission; `shape` is what it has there. Valid until the next state is met.
  StateValue &state(const State *state, llvm::ArrayRef<Size> shape);
  /// The function's states, sorted by key: as an entry point's arguments are.
  std::vector<std::pair<const State *, StateValue>> statesByKey() const;

  /// Makes `atom` known as an argument (an entry point's dimension variables).
  void bindAtom(const SizeAtom *atom, mlir::Value value) { atoms[atom] = value; }

  /// A size that is known from here on: `count`, an index that is at most `most`.
  Size lateSize(llvm::StringRef name, mlir::Value count, const Size &most);

  /// To be checked at the head of the entry point. What needs a late size is checked where that is known, if
  /// it asks for no more than a least value, or a divisor; all else is put to `declined`.
  void require(Precondition condition);
  /// Requires size >= 0 unless that is known.
  void requireNonNegative(const Size &size, const llvm::Twine &message);
  /// `condition` as an i1 at the head of the function.
  mlir::Value emit(const Precondition &condition);
  /// `rondo.check` for all preconditions at the head: for entry points.
  void checkPreconditions();

  /// Sets the function's type from its arguments and adds the return.
  void finish(llvm::ArrayRef<mlir::Value> results);

  mlir::MLIRContext *context() { return builder.getContext(); }

  mlir::func::FuncOp function;
  mlir::OpBuilder builder;
  mlir::Location loc; // of the operations created next
  const bool isEntry;
  const Frame *frame = nullptr; // of the def whose function it is
  SizeContext &sizes;
  SizeFacts facts;
  llvm::SmallVector<Size, 2> loops; // trip counts of the scans around the place of emission
  /// In a scan with `lengths`: the rows (bool[B]) that have not ended. Checks hold for them alone. Within an
  /// attention it is the bool of a pair's row.
  std::optional<Tensor> liveRows;
  /// The region of an attention that is being emitted.
  PairEmitter *pairs = nullptr;
  std::vector<Precondition> preconditions;
  /// Errors: conditions on late sizes that cannot hold or cannot be checked. Whoever emits tells the user.
  std::vector<std::string> declined;
  /// Those that were made here, in that order.
  struct LateSize {
    const SizeAtom *atom;
    mlir::Value count;      // as it was counted
    mlir::Operation *clamp; // the size: between what is required and the most that it can be
  };
  std::vector<LateSize> lateSizes;
  /// Arguments that were asked for, in the order of the block's.
  std::vector<const SizeAtom *> sizeArguments;
  std::vector<const Weight *> weightArguments;
  /// The function's, then those of the scans around the place of emission.
  std::vector<StateScope> stateScopes;

private:
  /// Runs `emit` with the builder at the end of the head.
  template <typename F> mlir::Value atHead(F emit);
  mlir::Value atomValue(const SizeAtom *atom);
  bool requireLate(const Precondition &condition);
  void raise(LateSize &late, const Size &least, const Precondition &condition);
  mlir::Value anyLoopEmpty(llvm::ArrayRef<Size> loops);

  mlir::Operation *headEnd = nullptr;
  std::map<const SizeAtom *, mlir::Value> atoms;
  std::map<Size, mlir::Value> emitted;
  std::vector<Precondition> checkedLate;
  std::map<const Weight *, mlir::Value> weights;
};

/// Sets the location of what is emitted while it lives.
class LocationScope {
public:
  LocationScope(FunctionEmitter &function, mlir::Location loc) : function(function), outer(function.loc) {
    function.loc = loc;
  }
  ~LocationScope() { function.loc = outer; }
  LocationScope(const LocationScope &) = delete;

private:
  FunctionEmitter &function;
  mlir::Location outer;
};

} // namespace rondo::sema
