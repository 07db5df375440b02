// The rondo dialect: include this to see all of it.
#pragma once

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/Dialect/Bufferization/IR/BufferizableOpInterface.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/Interfaces/ControlFlowInterfaces.h"
#include "mlir/Interfaces/DestinationStyleOpInterface.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/LoopLikeInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "dialects/Rondo/IR/RondoDialect.h.inc"
#include "dialects/Rondo/IR/RondoEnums.h.inc"
#define GET_ATTRDEF_CLASSES
#include "dialects/Rondo/IR/RondoAttributes.h.inc"

namespace rondo {

/// The status word of a call, which `rondo.check` writes.
struct StatusResource : mlir::SideEffects::Resource::Base<StatusResource> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(StatusResource)
  llvm::StringRef getName() final { return "status"; }
};

// Attributes of modules, functions and their arguments; the dialect's
// description says what each means.
namespace attrs {
inline constexpr llvm::StringLiteral phase = "rondo.phase";
inline constexpr llvm::StringLiteral target = "rondo.target";
inline constexpr llvm::StringLiteral entry = "rondo.entry";
inline constexpr llvm::StringLiteral shapes = "rondo.shapes";
inline constexpr llvm::StringLiteral dim = "rondo.dim";
inline constexpr llvm::StringLiteral name = "rondo.name";
inline constexpr llvm::StringLiteral result = "rondo.result";
inline constexpr llvm::StringLiteral size = "rondo.size";
inline constexpr llvm::StringLiteral rank = "rondo.rank";
inline constexpr llvm::StringLiteral defaultValue = "rondo.default";
inline constexpr llvm::StringLiteral state = "rondo.state";
inline constexpr llvm::StringLiteral reset = "rondo.reset";
inline constexpr llvm::StringLiteral prepare = "rondo.prepare";
inline constexpr llvm::StringLiteral layer = "rondo.layer";
inline constexpr llvm::StringLiteral preparedBy = "rondo.prepared_by";
inline constexpr llvm::StringLiteral into = "rondo.into";
inline constexpr llvm::StringLiteral updates = "rondo.updates";
inline constexpr llvm::StringLiteral param = "rondo.param";
inline constexpr llvm::StringLiteral init = "rondo.init";
inline constexpr llvm::StringLiteral prepared = "rondo.prepared";
} // namespace attrs

/// The argument that is the state whose new value is result `number`, of an entry point, or of a layer, which
/// updates it in place; null if it is none's.
mlir::BlockArgument newStateOf(mlir::FunctionOpInterface function, unsigned number);

/// Is it an entry point, a prepare or a layer: a function that takes the destinations of its results, and
/// scratch?
bool takesDestinations(mlir::Operation *function);

/// The operand that is the destination of `result`: its own, one of the last, or one that the call updates in
/// place (`rondo.updates`). Null if it is not a result of a call with `rondo.into`.
mlir::OpOperand *destinationOfCall(mlir::OpResult result);

/// The type of all buffers of carries: rows without gaps, any offset.
mlir::MemRefType rowMajor(mlir::MemRefType type);

} // namespace rondo

#define GET_OP_CLASSES
#include "dialects/Rondo/IR/RondoOps.h.inc"
