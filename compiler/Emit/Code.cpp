// No function of the LLVM module may differ from its neighbours in what it was
// compiled for: all get the target's attributes. `contract` is the one fast-math
// flag, on additions and products: it lets a multiplication and an addition
// round once.
#include "compiler/Emit/Code.h"
#include "compiler/Emit/CarriedVariables.h"
#include "compiler/Emit/Target.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/Transforms/Passes.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Verifier.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Transforms/Utils/Cloning.h"

using namespace rondo;

static void setAttributes(llvm::Module &module, const TargetInfo &target) {
  for (llvm::Function &function : module) {
    function.addFnAttr(llvm::Attribute::NoUnwind);
    if (function.isDeclaration())
      continue;
    function.addFnAttr("target-cpu", target.cpu);
    if (!target.features.empty())
      function.addFnAttr("target-features", target.features);
    function.addFnAttr("prefer-vector-width", std::to_string(target.vectorBits));
    for (llvm::Instruction &instruction : llvm::instructions(function))
      switch (instruction.getOpcode()) {
      case llvm::Instruction::FAdd:
      case llvm::Instruction::FSub:
      case llvm::Instruction::FMul:
      case llvm::Instruction::FNeg:
        instruction.setHasAllowContract(true);
      }
  }
}

/// int main(int argc, char **argv) { return rondo_main(argc, argv, &model); }
/// WebAssembly's C library knows a main with arguments by another name.
llvm::Error rondo::addMain(llvm::Module &module, llvm::StringRef model) {
  llvm::GlobalVariable *descriptor = module.getGlobalVariable(model);
  if (!descriptor)
    return llvm::createStringError("the module has no descriptor `" + model + "`");
  llvm::LLVMContext &context = module.getContext();
  llvm::Type *i32 = llvm::Type::getInt32Ty(context), *ptr = llvm::PointerType::get(context, 0);
  auto run = module.getOrInsertFunction("rondo_main", i32, i32, ptr, ptr);
  auto *type = llvm::FunctionType::get(i32, {i32, ptr}, false);
  auto *main =
      llvm::Function::Create(type, llvm::GlobalValue::ExternalLinkage,
                             module.getTargetTriple().isWasm() ? "__main_argc_argv" : "main", module);
  llvm::IRBuilder<> b(llvm::BasicBlock::Create(context, "", main));
  b.CreateRet(b.CreateCall(run, {main->getArg(0), main->getArg(1), descriptor}));
  return llvm::Error::success();
}

static void optimise(Code &code, unsigned level) {
  // The kernels are tiled, unrolled and vectorised when LLVM sees them. Doing it once more doubles the
  // code, loads weights in an order that the prefetcher does not follow, and was never faster.
  llvm::PipelineTuningOptions tuning;
  tuning.LoopUnrolling = tuning.LoopInterleaving = false;
  tuning.LoopVectorization = tuning.SLPVectorization = false;
  llvm::PassBuilder builder(code.machine.get(), tuning);
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager components;
  llvm::ModuleAnalysisManager modules;
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(components);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, components, modules);
  constexpr const llvm::OptimizationLevel *levels[] = {
      &llvm::OptimizationLevel::O0, &llvm::OptimizationLevel::O1, &llvm::OptimizationLevel::O2,
      &llvm::OptimizationLevel::O3};
  llvm::OptimizationLevel wanted = *levels[std::min(level, 3u)];
  llvm::ModulePassManager passes =
      level == 0 ? builder.buildO0DefaultPipeline(wanted) : builder.buildPerModuleDefaultPipeline(wanted);
  passes.run(*code.module, modules);
}

llvm::Expected<Code> rondo::makeCode(mlir::ModuleOp module, const EmitOptions &options,
                                     llvm::StringRef mainFor, mlir::TimingScope &timing) {
  Code code;
  auto machine = makeTargetMachine(options.target, options.optLevel);
  if (!machine)
    return machine.takeError();
  code.machine = std::move(*machine);

  mlir::MLIRContext *ctx = module.getContext();
  llvm::DataLayout layout = code.machine->createDataLayout();
  // Translation reads alignments from it.
  module->setAttr(mlir::LLVM::LLVMDialect::getDataLayoutAttrName(),
                  mlir::StringAttr::get(ctx, layout.getStringRepresentation()));
  module->setAttr(mlir::LLVM::LLVMDialect::getTargetTripleAttrName(),
                  mlir::StringAttr::get(ctx, options.target.triple));
  // A text that was in the phase `llvm` already has its lines at least.
  bool isDescribed =
      llvm::any_of(module.getOps<mlir::LLVM::LLVMFuncOp>(), [](mlir::LLVM::LLVMFuncOp function) {
        return function.getLoc()->findInstanceOf<mlir::FusedLocWith<mlir::LLVM::DISubprogramAttr>>();
      });
  if (options.debugInfo && !isDescribed) {
    mlir::PassManager pm(ctx);
    pm.addPass(mlir::LLVM::createDIScopeForLLVMFuncOpPass());
    if (mlir::failed(pm.run(module)))
      return llvm::createStringError("cannot make debug information");
  }

  {
    mlir::TimingScope scope = timing.nest("translate to LLVM IR");
    mlir::registerBuiltinDialectTranslation(*ctx);
    mlir::registerLLVMDialectTranslation(*ctx);
    code.context = std::make_unique<llvm::LLVMContext>();
    code.module = mlir::translateModuleToLLVMIR(module, *code.context, module.getName().value_or("model"));
    if (!code.module)
      return llvm::createStringError("the module cannot be translated to LLVM IR");
    if (!mainFor.empty())
      if (llvm::Error error = addMain(*code.module, mainFor))
        return error;
    setAttributes(*code.module, options.target);
    placeCarriedVariables(*code.module, /*isOptimized=*/false);
  }
  std::string text;
  llvm::raw_string_ostream os(text);
  if (llvm::verifyModule(*code.module, &os))
    return llvm::createStringError("invalid LLVM IR: " + text);

  mlir::TimingScope scope = timing.nest("optimise LLVM IR");
  optimise(code, options.optLevel);
  placeCarriedVariables(*code.module, /*isOptimized=*/true);
  return code;
}

std::string Code::text() const {
  std::string text;
  llvm::raw_string_ostream os(text);
  module->print(os, nullptr);
  return text;
}

llvm::Expected<std::string> Code::emit(llvm::CodeGenFileType kind) const {
  std::unique_ptr<llvm::Module> copy = llvm::CloneModule(*module); // generating code changes it
  llvm::SmallVector<char, 0> bytes;
  llvm::raw_svector_ostream os(bytes);
  llvm::legacy::PassManager passes;
  if (machine->addPassesToEmitFile(passes, os, nullptr, kind))
    return llvm::createStringError("the target emits no such file");
  passes.run(*copy);
  return std::string(bytes.data(), bytes.size());
}
