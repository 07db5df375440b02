// The steps of rondo-runtime-to-llvm, which share the module, its symbols and the numbers of its checks:
// RuntimeToLLVM.cpp has their order and what C calls, Functions.cpp and Checks.cpp the rest.
#pragma once

#include "compiler/Conversion/RuntimeToLLVM/Descriptor.h"
#include "compiler/Conversion/RuntimeToLLVM/EntryPoints.h"
#include "compiler/Conversion/RuntimeToLLVM/Layers.h"
#include "dialects/Rondo/IR/RondoDialect.h"
#include "mlir/Conversion/LLVMCommon/TypeConverter.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace rondo {

/// The pass, on one module.
class RuntimeLowering {
public:
  RuntimeLowering(mlir::ModuleOp module, Artefact &artefact)
      : module(module), artefact(artefact), ctx(module.getContext()), b(module.getLoc(), ctx), types(ctx),
        symbols(module), ptr(mlir::LLVM::LLVMPointerType::get(ctx)) {}

  llvm::LogicalResult run();

private:
  void rewrite(EntryPoint &entry, std::optional<std::string> plain);
  llvm::LogicalResult rewriteLayer(mlir::func::FuncOp func, const Pieces *pieces);
  void rewriteCall(mlir::func::CallOp call, mlir::func::FuncOp callee, const Pieces *pieces);
  mlir::Value at(mlir::Value base, uint64_t bytes);
  mlir::Value descriptor(mlir::MemRefType type, mlir::Value base, mlir::ValueRange sizes);
  llvm::LogicalResult lowerChecks(mlir::func::FuncOp func, mlir::Value status);
  void makeChecks(EntryPoint &entry);
  mlir::Value record(mlir::Location place, llvm::StringRef message, mlir::Value ok, mlir::Value old);
  mlir::Value record(CheckOp check, mlir::Value ok, mlir::Value old) {
    return record(check.getLoc(), check.getMessage(), ok, old);
  }
  unsigned numberOf(mlir::Location place, llvm::StringRef message);

  mlir::LLVM::LLVMFuncOp boundary(const EntryPoint &entry, llvm::StringRef suffix,
                                  llvm::ArrayRef<mlir::Type> args, mlir::Type result);
  Boundary makeBoundary(EntryPoint &entry);
  std::string makeReset(EntryPoint &reset);
  void makePlain(EntryPoint &entry);
  std::string makePrepare();
  mlir::Value place(mlir::Value array, mlir::Type type, unsigned i) {
    return i ? mlir::LLVM::GEPOp::create(b, ptr, type, array, llvm::ArrayRef<mlir::LLVM::GEPArg>{int32_t(i)})
             : array;
  }
  mlir::Value element(mlir::Value array, mlir::Type type, unsigned i) {
    return mlir::LLVM::LoadOp::create(b, type, place(array, type, i));
  }
  llvm::SmallVector<mlir::Value> loadDims(const EntryPoint &entry, mlir::Value dims) {
    llvm::SmallVector<mlir::Value> all;
    for (unsigned i = 0; i < entry.dims.size(); ++i)
      all.push_back(mlir::arith::IndexCastOp::create(b, b.getIndexType(), element(dims, b.getI64Type(), i)));
    return all;
  }
  std::string symbol(llvm::StringRef name) { return (artefact.name + "." + name).str(); }

  mlir::ModuleOp module;
  Artefact &artefact;
  mlir::MLIRContext *ctx;
  mlir::ImplicitLocOpBuilder b;
  mlir::LLVMTypeConverter types;
  mlir::SymbolTable symbols;
  mlir::Type ptr;
  llvm::SmallVector<Check> checks;
};

} // namespace rondo
