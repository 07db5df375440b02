// Reads the contract of an entry point from the attributes of its function, in any phase.
#pragma once

#include "compiler/Interpreter/Interpreter.h"
#include "mlir/IR/SymbolTable.h"

namespace rondo::interpreter {

/// Reads an entry point, or prepare; an error says what of the contract is not kept.
mlir::FailureOr<EntryPoint> readEntryPoint(mlir::func::FuncOp function, mlir::SymbolTable &symbols);

} // namespace rondo::interpreter
