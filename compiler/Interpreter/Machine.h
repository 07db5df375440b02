// How a module is walked: functions as steps over numbered slots, and what handlers of operations see of it.
//
// A function is prepared when it is first called: its values get slots, each operation its handler and the
// slots of its operands. A handler reads its operands' slots and sets those of its results; one with regions
// runs their bodies. An operand that is read for the last time is moved out of its slot, so that what a
// handler changes in place (`Value::own`) is copied only if it is still needed.
#pragma once

#include "compiler/Interpreter/Values.h"
#include "dialects/Rondo/IR/RondoDialect.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/SymbolTable.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/StringMap.h"
#include <memory>
#include <random>

namespace rondo::interpreter {

class Frame;
class Machine;
struct Step;

/// Carries out an operation; an error is reported at its place.
using Handler = mlir::LogicalResult (*)(Frame &frame, const Step &step);
/// Computes one element of the result of an elementwise operation from those of its operands; false: there is
/// no such number (a division by zero).
using Elementwise = bool (*)(const Step &step, const Cell *operands, Cell &result);

/// A block without its terminator, whose operands are what it yields.
struct Body {
  llvm::SmallVector<unsigned, 4> arguments, yields; // slots
  llvm::SmallVector<bool, 4> moved;                 // of yields: not read again
  std::vector<Step> steps;
  mlir::Operation *terminator = nullptr;
};

struct Step {
  mlir::Operation *op = nullptr;
  Handler run = nullptr;
  Elementwise element = nullptr;
  Element in, out;                         // the elements of the first operand and of the first result
  Element rounding;                        // of an elementwise operation: what its result is rounded to
  int64_t detail = 0;                      // of a comparison: its predicate
  llvm::SmallVector<unsigned, 4> operands; // slots
  llvm::SmallVector<bool, 4> moved;        // of operands: not read again
  unsigned firstResult = 0;                // slot; the others follow
  std::vector<Body> bodies;                // of its regions; without steps and terminator if one is empty
  /// Of results, to be checked: null for numbers, and none of elementwise operations.
  llvm::SmallVector<mlir::ShapedType, 1> resultTypes;
  mutable std::optional<Value> constant; // of a constant, once it has been made

  /// The shape of the first result's type.
  llvm::ArrayRef<int64_t> typeShape() const;
};

/// A function, prepared.
struct Function {
  mlir::func::FuncOp op;
  Body body;
  unsigned numSlots = 0;
};

/// Which handler an operation has, by its name.
class Handlers {
public:
  struct Entry {
    Handler run = nullptr;
    Elementwise element = nullptr;
  };
  /// Those of all dialects.
  static const Handlers &all();

  void add(llvm::StringRef name, Handler handler) { entries[name] = {handler, nullptr}; }
  /// `handler`, if there is one, is called instead of what applies `element`; see runSelect.
  void addElementwise(llvm::StringRef name, Elementwise element, Handler handler = nullptr);
  /// Every operation of linalg has one handler, whatever its name.
  void addLinalg(Handler handler) { linalg = handler; }
  Entry find(mlir::Operation *op) const;

private:
  llvm::StringMap<Entry> entries;
  Handler linalg = nullptr;
};

/// One run of a function: its slots.
class Frame {
public:
  Frame(Machine &machine, const Function &function) : machine(machine), slots(function.numSlots) {}

  const Value &operand(const Step &step, unsigned i) const { return slots[step.operands[i]]; }
  int64_t whole(const Step &step, unsigned i) const { return operand(step, i).cell.whole; }
  const Array &array(const Step &step, unsigned i) const { return operand(step, i).array(); }
  const View &view(const Step &step, unsigned i) const { return operand(step, i).view(); }
  /// The operand, moved out of its slot if it is not read again.
  Value take(const Step &step, unsigned i) {
    Value &slot = slots[step.operands[i]];
    return step.moved[i] ? std::move(slot) : slot;
  }
  /// Makes an array the result, or its one element where the result's type is a number; fails if it is null.
  mlir::LogicalResult set(const Step &step, ArrayPtr made);
  Value &result(const Step &step, unsigned i = 0) { return slots[step.firstResult + i]; }

  /// Runs a body; its arguments are set already.
  mlir::LogicalResult run(const Body &body);
  Value &argument(const Body &body, unsigned i) { return slots[body.arguments[i]]; }
  const Value &yielded(const Body &body, unsigned i) const { return slots[body.yields[i]]; }
  Value takeYielded(const Body &body, unsigned i) {
    Value &slot = slots[body.yields[i]];
    return body.moved[i] ? std::move(slot) : slot;
  }

  /// A fresh array; null, with an error at the step, if no memory holds that shape.
  ArrayPtr make(const Step &step, llvm::ArrayRef<int64_t> shape, Cell fill = {});
  /// The sizes of a tensor or memref type, those that are dynamic being operands from `next` on; advances it.
  Shape sizes(const Step &step, llvm::ArrayRef<int64_t> statics, unsigned &next) const;

  Machine &machine;
  std::vector<Value> slots;
  llvm::ArrayRef<int64_t> loop; // of the innermost linalg operation that runs
};

/// A module in the course of being run.
class Machine {
public:
  Machine(mlir::ModuleOp module, Mode mode, uint64_t seed)
      : module(module), mode(mode), symbols(module), draws(seed) {}

  /// Calls a function with arguments of its types.
  mlir::LogicalResult call(mlir::func::FuncOp function, std::vector<Value> arguments,
                           std::vector<Value> &results);
  mlir::func::FuncOp lookup(llvm::StringRef name) { return symbols.lookup<mlir::func::FuncOp>(name); }
  /// The function, prepared; null, with an error, if it cannot be.
  const Function *prepare(mlir::func::FuncOp function);
  /// Runs those checks of an entry point that need its dims alone, and what leads to them.
  mlir::LogicalResult runChecks(mlir::func::FuncOp function, llvm::ArrayRef<int64_t> dims);

  /// Rounds the result of an operation on floats as the mode asks for.
  double round(double value, Element type) {
    return mode == Mode::Float64   ? value
           : mode == Mode::Rounded ? roundTo(value, type)
                                   : perturb(value, type);
  }
  /// Rounds down or up at random, so that a run samples what rounding may do to a number (Parker, "Monte
  /// Carlo Arithmetic", 1997).
  double perturb(double value, Element type) {
    return draws() % 2 ? roundUp(value, type) : roundDown(value, type);
  }
  /// Rounds a partial sum of an operation's result of this type: halves are summed in f32.
  double roundPartial(double sum, Element type) {
    return round(sum, type.bits < 32 ? Element{Element::F32, 32} : type);
  }
  /// Records a check that failed; the first one of a call counts.
  void fail(CheckOp check) {
    if (!failedCheck && !onlyShapes)
      failedCheck = check;
  }
  /// A number that stands for the address of a byte of the memory, and the way back.
  int64_t addressOf(const MemoryPtr &memory, int64_t byte);
  Memory *memoryAt(int64_t address, int64_t &byte);
  /// What was addressed in a call is kept until its end.
  void forgetAddresses();

  mlir::ModuleOp module;
  const Mode mode;
  CheckOp failedCheck;
  /// While a body runs on zeros to learn the shapes of what it yields: no check counts, and what leads
  /// outside of a tensor or divides by zero is left out.
  bool onlyShapes = false;
  llvm::StringMap<ArrayPtr> weights; // by key: what rondo.param reads
  llvm::StringMap<Value> globals;    // memory that has been read, by name

private:
  mlir::SymbolTable symbols;
  llvm::DenseMap<mlir::Operation *, std::unique_ptr<Function>> functions;
  llvm::DenseMap<mlir::Operation *, std::unique_ptr<Function>> checks;
  std::vector<MemoryPtr> addressed;
  std::mt19937 draws;
  unsigned depth = 0; // of calls
};

/// The elements of a constant; null, with an error at the step, if the interpreter does not know its kind.
ArrayPtr constantArray(Frame &frame, const Step &step, mlir::Attribute value);

/// arith.select.
mlir::LogicalResult runSelect(Frame &frame, const Step &step);

/// tensor.from_elements and vector.from_elements.
mlir::LogicalResult runFromElements(Frame &frame, const Step &step);

/// Handlers by dialect; each stands in the file of that name.
void addArithHandlers(Handlers &handlers);
void addMathHandlers(Handlers &handlers);
void addTensorHandlers(Handlers &handlers);
void addLinalgHandlers(Handlers &handlers);
void addFunctionHandlers(Handlers &handlers);
void addNeuralHandlers(Handlers &handlers);
void addSelectionHandlers(Handlers &handlers);
void addAttentionHandlers(Handlers &handlers);
void addRecurrentHandlers(Handlers &handlers);
void addControlHandlers(Handlers &handlers);
void addMemoryHandlers(Handlers &handlers);
void addVectorHandlers(Handlers &handlers);

} // namespace rondo::interpreter
