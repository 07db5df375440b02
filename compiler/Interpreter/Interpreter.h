// The oracle: executes a module directly, by walking its IR, in any phase from `rondo` to `buffers`.
//
// Shares no lowering: it knows dialects and Support alone. What it knows of a phase is the contract of entry
// points: an argument or result says by its attributes (RondoDialect.td) what it is. A run is
//
//   auto interpreter = Interpreter::create(module, Mode::Float64);
//   (*interpreter)->setWeights(weights);
//   (*interpreter)->measure(entry, dims, sizes);
//   (*interpreter)->call(entry, dims, arguments, states, outcome);
//
// Faults of the interpreted module (an index outside of a tensor, an operation that is not known) are errors
// at their places; a `rondo.check` that fails is none: it is told by `failedCheck`.
#pragma once

#include "compiler/Interpreter/Values.h"
#include "dialects/Rondo/IR/RondoDialect.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include <memory>
#include <string>

namespace rondo::interpreter {

class Machine;

/// A tensor that crosses the boundary: an argument, a result or a state.
struct Parameter {
  std::string name;
  Element element;
  bool isUnsigned = false; // an i8 that is a u8
  unsigned rank = 0;
  unsigned firstSize = 0;       // of its axis 0 among the sizes that `measure` gives
  uint32_t lateAxes = 0;        // of a result: bit i says that the size of axis i is known only after a call
  mlir::TypedAttr defaultValue; // null: it must be given
};

/// A dimension variable, which an argument shows, or a number that is given by name (argument -1).
struct Dimension {
  std::string name;
  int32_t argument = -1, axis = 0;
  bool isGiven = false; // by name, whatever has that size: an `int` argument
  std::optional<int64_t> defaultValue;
};

/// A weight.
struct Weight {
  std::string key;
  Element element;
  bool isUnsigned = false; // an i8 that is a u8
  Shape shape;
  InitAttr init;
};

/// An entry point, a function that makes the first values of states, or prepare.
struct EntryPoint {
  std::string name;
  mlir::func::FuncOp function, shapes, reset; // shapes, reset: null if there is none
  llvm::SmallVector<Dimension> dims;
  llvm::SmallVector<Parameter> arguments, results, states;
  unsigned numSizes = 0;

  /// What each argument of the function is, and the number among those of its kind; of a result of the
  /// function likewise.
  enum class Role { Dim, Argument, State, Prepared, Result, LateSize, Scratch, Weight };
  struct Place {
    Role role;
    unsigned number; // of a late size: that of the size
  };
  llvm::SmallVector<Place> functionArguments, functionResults;
};

/// What a call leaves.
struct Outcome {
  std::vector<ArrayPtr> results;
  llvm::SmallVector<int64_t> sizes; // as measured, with those of late axes as they became
};

class Interpreter {
public:
  /// Reads the contract of a module, which outlives the interpreter. Its errors are reported. `seed` is of
  /// what Mode::Perturbed draws.
  static mlir::FailureOr<std::unique_ptr<Interpreter>> create(mlir::ModuleOp module, Mode mode,
                                                              uint64_t seed = 0);
  ~Interpreter();

  Mode mode() const;
  llvm::ArrayRef<EntryPoint> entries() const { return entryPoints; }
  /// By key, sorted.
  llvm::ArrayRef<Weight> weights() const { return weightList; }

  /// Takes the weights, in the order of weights(), and prepares them.
  mlir::LogicalResult setWeights(llvm::ArrayRef<ArrayPtr> values);
  /// All sizes of arguments, results and states, axis by axis; those of late axes are the most that they can
  /// be. Checks of sizes alone are made here.
  mlir::LogicalResult measure(const EntryPoint &entry, llvm::ArrayRef<int64_t> dims,
                              llvm::SmallVectorImpl<int64_t> &sizes);
  /// The first values of an entry point's states.
  mlir::LogicalResult reset(const EntryPoint &entry, llvm::ArrayRef<int64_t> dims,
                            std::vector<ArrayPtr> &states);
  /// Calls an entry point with arguments of the sizes that `measure` gives; `states` become their new values.
  mlir::LogicalResult call(const EntryPoint &entry, llvm::ArrayRef<int64_t> dims,
                           llvm::ArrayRef<ArrayPtr> arguments, std::vector<ArrayPtr> &states,
                           Outcome &outcome);
  /// The first check that failed in the last of these calls; null if none did.
  CheckOp failedCheck() const;

private:
  Interpreter(mlir::ModuleOp module, Mode mode, uint64_t seed);
  struct Given;
  mlir::LogicalResult invoke(const EntryPoint &entry, Given given, std::vector<Value> &results,
                             std::vector<ArrayPtr> &states, llvm::SmallVectorImpl<int64_t> &sizes);

  std::unique_ptr<Machine> machine;
  llvm::SmallVector<EntryPoint, 0> entryPoints, resets;
  std::optional<EntryPoint> prepare;
  llvm::SmallVector<Weight> weightList;
  std::vector<Value> prepared;
};

} // namespace rondo::interpreter
