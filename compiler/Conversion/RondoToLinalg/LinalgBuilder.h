// What the conversions build linalg with.
#pragma once

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/PatternMatch.h"

namespace rondo {

/// Creates ops on tensors at the insertion point of `rewriter`. Types of results are given, so that what an
/// op replaces keeps its type; `sizes` are all sizes of the result, of which the dynamic ones are used.
class LinalgBuilder {
public:
  using Sizes = llvm::ArrayRef<mlir::OpFoldResult>;
  /// Elements of the inputs and of the destinations -> new elements of the destinations.
  using Body = llvm::function_ref<llvm::SmallVector<mlir::Value>(LinalgBuilder &, mlir::ValueRange)>;

  LinalgBuilder(mlir::RewriterBase &rewriter, mlir::Location loc) : b(rewriter), loc(loc) {}

  mlir::RewriterBase &b;
  mlir::Location loc;

  //===--- tensors ---===//
  mlir::Value empty(mlir::RankedTensorType type, Sizes sizes);
  /// All elements are `scalar`.
  mlir::Value filled(mlir::Value scalar, mlir::RankedTensorType type, Sizes sizes);
  /// One map for each input; `outMap` is that of all `inits`. Loops that it does not name are reductions.
  mlir::linalg::GenericOp generic(mlir::ValueRange inputs, llvm::ArrayRef<mlir::AffineMap> inMaps,
                                  mlir::ValueRange inits, mlir::AffineMap outMap, Body body);
  /// An elementwise op into a new tensor. No maps: the identity for all.
  mlir::Value map(mlir::ValueRange inputs, mlir::RankedTensorType type, Sizes sizes, Body body,
                  llvm::ArrayRef<mlir::AffineMap> inMaps = {});
  /// `value` with elements of type `element`; itself if it has them.
  mlir::Value converted(mlir::Value value, mlir::Type element, Sizes sizes);

  //===--- scalars ---===//
  mlir::Value constant(mlir::Type type, double value);
  /// The largest (or smallest) value of a type: an infinity for floats.
  mlir::Value extreme(mlir::Type type, bool largest);
  mlir::Value index(mlir::OpFoldResult size);
  mlir::Value add(mlir::Value x, mlir::Value y);
  mlir::Value sub(mlir::Value x, mlir::Value y);
  mlir::Value mul(mlir::Value x, mlir::Value y);
  mlir::Value div(mlir::Value x, mlir::Value y);
  mlir::Value max(mlir::Value x, mlir::Value y);
  mlir::Value min(mlir::Value x, mlir::Value y);
  /// Between types of floating point.
  mlir::Value toFloat(mlir::Value x, mlir::Type type);

  //===--- maps ---===//
  /// (d0 .. dn-1) -> those that are not in `dims`.
  mlir::AffineMap mapWithout(int64_t n, llvm::ArrayRef<int64_t> dims);
};

/// The type that elements are summed in: f32 for shorter floats, else their own.
mlir::Type accumulator(mlir::Type element);

/// `type` without the dimensions `dims` (sorted), `sizes` likewise.
mlir::RankedTensorType typeWithout(mlir::RankedTensorType type, llvm::ArrayRef<int64_t> dims);
llvm::SmallVector<mlir::OpFoldResult> sizesWithout(llvm::ArrayRef<mlir::OpFoldResult> sizes,
                                                   llvm::ArrayRef<int64_t> dims);

} // namespace rondo
