// What a model computes, in terms of its dimension variables: shapes of its entry points and
// the arithmetic of a call.
#pragma once

#include "compiler/Frontend/Size.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"

namespace rondo::tool {

/// A tensor argument, result or state: `f32[B, T, 4]`.
struct Signature {
  std::string name; // of a state its key, empty for a result
  std::string type;
  Size bytes;
};

/// An entry point of a module in the phase `graph`.
struct EntryWork {
  std::string name;
  std::vector<std::string> dims;
  std::vector<Signature> arguments, results, states;
  /// Floating-point and integer operations of one call: two for each element of a product's sum, and one for
  /// each element of everything else (four of a softmax, eight of a norm). Work on weights alone, done once,
  /// is not counted. Steps of a loop that may stop early count as often as they can run.
  Size products, others;
};

/// Of all entry points but those that only reset the states of another.
std::vector<EntryWork> workOf(mlir::ModuleOp module, SizeContext &sizes);

} // namespace rondo::tool
