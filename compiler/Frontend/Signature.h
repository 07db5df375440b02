// What a use of a def depends on, as text: equal texts share one function. Sizes
// and weights are numbered in order of occurrence, so that two layers of one kind
// give the same text.
#pragma once

#include "compiler/Frontend/Evaluator.h"

namespace rondo::sema {

class Evaluator::Signature {
public:
  void add(const Value &value);
  void addInstance(Instance *instance);
  /// Facts about the sizes that occurred; call it after all values.
  void addFacts(const SizeFacts &facts);
  /// Which of the weights are the same; call it last.
  void addSharing();

  std::string text;
  llvm::SmallVector<const SizeAtom *> atoms;
  std::vector<const Weight *> weights;
  llvm::SmallVector<SizeFacts::Fact> facts;
  llvm::SmallVector<Tensor> tensors; // in order of occurrence
  bool complete = true;              // false: holds a lambda or what else has no text

private:
  std::string number(const SizeAtom *atom);
  std::string sizeText(const Size &size);

  llvm::SmallVector<Instance *> instances;
};

/// Rebuilds a value, with other tensors (in order of occurrence) and sizes.
Value rebuild(const Value &value, llvm::function_ref<Value(const Tensor &)> tensor,
              llvm::function_ref<Size(const Size &)> size);

} // namespace rondo::sema
