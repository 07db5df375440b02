// One function of the module, while it is being emitted.
#pragma once

#include "compiler/Frontend/Model.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"
#include <map>

namespace rondo::sema {

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

class FunctionEmitter {
public:
  /// `function` has an empty entry block with its arguments. In a private function index arguments
  /// for sizes and then weights are put before them as they come to be needed.
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
  /// The dynamic ones among the sizes of a shape.
  llvm::SmallVector<mlir::Value> dynamicSizes(llvm::ArrayRef<Size> shape);
  llvm::SmallVector<mlir::OpFoldResult> mixedSizes(llvm::ArrayRef<Size> shape);
  mlir::RankedTensorType type(DType dtype, llvm::ArrayRef<Size> shape);
  /// The weight as a value: `rondo.param` at the head of an entry point, an argument of a method.
  Tensor weight(const Weight *weight);

  /// Makes `atom` known as an argument (an entry point's dimension variables).
  void bindAtom(const SizeAtom *atom, mlir::Value value) { atoms[atom] = value; }

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
  SizeContext &sizes;
  SizeFacts facts;
  llvm::SmallVector<Size, 2> loops; // trip counts of the scans around the place of emission
  /// In a scan with `lengths`: the rows (bool[B]) that have not ended. Checks hold for them alone.
  std::optional<Tensor> liveRows;
  std::vector<Precondition> preconditions;
  /// Arguments that were asked for, in the order of the block's.
  std::vector<const SizeAtom *> sizeArguments;
  std::vector<const Weight *> weightArguments;

private:
  /// Runs `emit` with the builder at the end of the head.
  template <typename F> mlir::Value atHead(F emit);
  mlir::Value atomValue(const SizeAtom *atom);

  mlir::Operation *headEnd = nullptr;
  std::map<const SizeAtom *, mlir::Value> atoms;
  std::map<Size, mlir::Value> emitted;
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
