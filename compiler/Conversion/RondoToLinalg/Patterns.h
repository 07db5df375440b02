// The patterns of rondo-to-linalg, by family.
#pragma once

#include "mlir/IR/PatternMatch.h"

namespace rondo {

/// rondo.contract, rondo.reduce, rondo.check on tensors.
void populateProductPatterns(mlir::RewritePatternSet &patterns);
/// rondo.softmax, rondo.normalize, rondo.gather.
void populateNormalizationPatterns(mlir::RewritePatternSet &patterns);
/// rondo.categorical.
void populateDrawPatterns(mlir::RewritePatternSet &patterns);
/// Elementwise ops on tensors.
void populateElementwisePatterns(mlir::RewritePatternSet &patterns);
/// What elementwise ops may have absorbed and others have not: splats, constants, broadcasts, transposes; and
/// concatenations.
void populateMovementPatterns(mlir::RewritePatternSet &patterns);
/// rondo.scan.
void populateScanPatterns(mlir::RewritePatternSet &patterns);

} // namespace rondo
