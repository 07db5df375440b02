// What a use of a def depends on, as text: equal texts share one function. Sizes
// and weights are numbered in order of occurrence, so that two layers of one kind
// give the same text. A lambda is its place in the source and what its names mean.
#pragma once

#include "compiler/Frontend/Evaluator.h"

namespace rondo::sema {

class Evaluator::Signature {
public:
  void add(const Value &value);
  void addInstance(Instance *instance);
  /// The shapes of the states of all instances, nothing for one that the entry point cannot reach.
  void addStates(llvm::function_ref<std::optional<Shape>(const State &)> shapeOf);
  /// Facts about the sizes that occurred; call it after all values and states.
  void addFacts(const SizeFacts &facts);
  /// Which of the weights and states are the same; call it last.
  void addSharing();

  std::string text;
  llvm::SmallVector<const SizeAtom *> atoms;
  std::vector<const Weight *> weights;
  std::vector<const State *> states;
  llvm::SmallVector<SizeFacts::Fact> facts;
  llvm::SmallVector<Tensor> tensors; // in order of occurrence
  bool complete = true;              // false: holds what has no text

private:
  void addShape(DType dtype, llvm::ArrayRef<Size> shape);
  void addClosure(const Closure &closure);
  std::string number(const SizeAtom *atom);
  std::string sizeText(const Size &size);

  llvm::SmallVector<Instance *> instances;
};

/// Rebuilds a value, with other tensors (in order of occurrence) and sizes. A lambda keeps what it names
/// alone.
Value rebuild(const Value &value, llvm::function_ref<Value(const Tensor &)> tensor,
              llvm::function_ref<Size(const Size &)> size);

} // namespace rondo::sema
