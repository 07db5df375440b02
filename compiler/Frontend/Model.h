// Models with their arguments: what `--model` and every member binding make.
#pragma once

#include "compiler/Frontend/Value.h"
#include "dialects/Rondo/IR/RondoDialect.h"
#include "llvm/ADT/StringMap.h"

namespace rondo::sema {

/// A `param` (or `buffer`) of one instance.
struct Weight {
  const ast::VariableDecl *decl;
  SourceRange place;   // of its name, or of the binding of the library's module that it is in
  std::string key;     // full, `rnn.weight_ih_l0`
  std::string segment; // without the instance's prefix, as `.` finds it
  DType dtype;
  Shape shape;
  InitAttr init;

  std::string typeString() const;
};

/// A `state` of one instance. Its shape is made of the sizes of the entry point that reaches it.
struct State {
  const ast::VariableDecl *decl;
  Instance *owner;
  std::string key; // full, `encoder.cell.h`
  DType dtype;
};

/// A model whose hyper-parameters have values. Owned by the Evaluator.
struct Instance {
  ModelRef model;
  /// In the order of the declaration; what a signature is made of.
  llvm::SmallVector<Value> arguments;
  /// Hyper-parameters and members by name, later ones hiding earlier ones.
  llvm::StringMap<Value> names;
  llvm::StringMap<const ast::DefDecl *> methods;
  llvm::SmallVector<const ast::TrainDecl *, 1> trains;
  llvm::StringMap<SourceRange> declared; // members so far, where they are named
  /// Own weights, states and bound submodules in the order of their declaration.
  std::vector<const Weight *> weights;
  std::vector<const State *> states;
  std::vector<Instance *> children;
  Instance *owner = nullptr;
  std::string key;      // prefix of its weights' keys, without the last dot
  SourceRange range;    // of the binding
  bool isUnmet = false; // what it requires
  bool failed = false;

  llvm::StringRef modelName() const { return model.decl->name.text; }
  /// Own weights, those of all submodules, those of modules passed as arguments:
  /// in an order that is the same in every instance of equal signature.
  void collectWeights(std::vector<const Weight *> &list) const;
  /// As collectWeights.
  void collectStates(std::vector<const State *> &list) const;
};

} // namespace rondo::sema
