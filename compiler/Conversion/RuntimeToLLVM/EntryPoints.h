// What the runtime needs to know of a module in the phase `buffers`: its entry
// points, its weights and where each prepared weight lies.
#pragma once

#include "dialects/Rondo/IR/RondoDialect.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/SymbolTable.h"
#include <optional>
#include <string>

namespace rondo {

/// A buffer that crosses the boundary: an argument, a result, a state or a weight.
struct Buffer {
  std::string name;
  mlir::MemRefType type;
  uint32_t dtype;     // RONDO_F32 ...
  unsigned arg;       // its number among the function's arguments
  unsigned rank;      // that of `type`, unless that is the flat memory of a result of sizes known late
  unsigned firstSize; // of its axis 0 among the sizes that the companion gives
  uint32_t lateAxes;  // of a result: bit i says that the size of axis i is known only after a call
  mlir::TypedAttr defaultValue; // of an argument that may be left out, of its element type (i8 for i1)
};

/// A size that a call finds out: `size` of those that the companion gives, written to argument `arg`.
struct LateSize {
  unsigned arg, size;
};

/// A dimension variable: read from axis `axis` of argument `arg`, or given by
/// name (arg -1).
struct Dim {
  std::string name;
  int32_t arg = -1, axis = 0;
  bool isGiven = false;                // by name, whatever has that size: an `int` argument
  std::optional<int64_t> defaultValue; // of one given by name
};

/// A function of the boundary: an entry point, or prepare, whose inputs are the
/// weights and whose pieces of the blob are its results.
struct EntryPoint {
  std::string label; // its name in the source
  mlir::func::FuncOp func;
  mlir::func::FuncOp shapes;  // dims -> all sizes; none in prepare
  mlir::func::FuncOp scratch; // dims -> bytes; none if nothing is needed
  mlir::func::FuncOp checks;  // dims -> the status that the checks of sizes give; none if there are none
  llvm::SmallVector<Dim> dims;
  llvm::SmallVector<Buffer> inputs, outputs, states;
  llvm::SmallVector<unsigned> stateNumbers; // of `states`, among the artefact's
  std::optional<unsigned> reset;            // what makes their first values, among the artefact's resets
  llvm::SmallVector<LateSize> lateSizes;
  /// (number of the argument, number of the piece of the prepared blob)
  llvm::SmallVector<std::pair<unsigned, unsigned>> pieces;
  /// First values of prepare's inputs.
  llvm::SmallVector<InitAttr> inits;
  std::optional<unsigned> scratchArg;
  unsigned numSizes = 0;
};

/// Where each piece of the prepared blob lies, aligned to RONDO_ALIGNMENT.
struct Blob {
  llvm::SmallVector<mlir::MemRefType> types;
  llvm::SmallVector<uint64_t> offsets;
  uint64_t bytes = 0;
};

/// Memory that the caller keeps between calls, shared by the entry points that use it.
struct State {
  std::string key;
  uint32_t dtype;
  unsigned rank;
  mlir::MemRefType plain; // where an entry point without dims has it, else null: its place in the plain
  uint64_t offset = 0;    // functions' block of states, aligned to RONDO_ALIGNMENT
};

struct Artefact {
  mlir::MLIRContext *context;
  std::string name; // the model's, a C identifier
  llvm::SmallVector<EntryPoint, 0> entries;
  /// Their outputs are the first values of an entry point's states.
  llvm::SmallVector<EntryPoint, 0> resets;
  llvm::SmallVector<State> states; // sorted by key
  std::optional<EntryPoint> prepare;
  Blob blob;
};

/// Reads all that; an error says what of the contract is not kept.
mlir::FailureOr<Artefact> readArtefact(mlir::ModuleOp module);

/// The bytes of a dense buffer of static shape; none if memory holds no such elements.
std::optional<uint64_t> bytesOf(mlir::MemRefType type);

/// RONDO_* of an element type, or none.
std::optional<uint32_t> dtypeOf(mlir::Type element);

/// The value of `result` of a function without arguments, if it can be computed.
std::optional<int64_t> evaluate(mlir::func::FuncOp function, unsigned result = 0);

} // namespace rondo
