// Entry points become what the runtime calls: see the description of the pass.
//
// Needs the phase `buffers`: functions of one block that return nothing, dense
// row-major memrefs, everything that checks inlined into an entry point or a layer.
//
// Guarantees: every function that is defined here is internal and named
// `<Model>.<function>`, a name that no C symbol has, so that nothing of a model
// can take the place of memcpy; the only exported symbols are `<Model>_model`
// and the plain functions of entry points without dims.
//
// An entry point's function takes bare pointers. At its head it makes the
// memref descriptors (sizes come from the companion `rondo.shapes`, which LLVM
// inlines) and clears the status word; at its end it returns the status word.
// Those of layers, and their prepares, take bare pointers likewise, and one for all prepared weights, which
// lie side by side.
// Pointers say `noalias` and their alignment, both of which abi.h promises.
#include "compiler/Conversion/RuntimeToLLVM/Interface.h"
#include "compiler/Conversion/RuntimeToLLVM/Passes.h"
#include "compiler/Conversion/RuntimeToLLVM/RuntimeLowering.h"
#include "runtime/include/rondo/abi.h"
#include "llvm/Support/xxhash.h"

namespace rondo {
#define GEN_PASS_DEF_RUNTIMETOLLVM
#include "compiler/Conversion/RuntimeToLLVM/Passes.h.inc"
} // namespace rondo

using namespace mlir;
using namespace rondo;

//===----------------------------------------------------------------------===//
// The boundary
//===----------------------------------------------------------------------===//

LLVM::LLVMFuncOp RuntimeLowering::boundary(const EntryPoint &entry, StringRef suffix, ArrayRef<Type> args,
                                           Type result) {
  func::FuncOp func = entry.func;
  b.setLoc(func.getLoc());
  b.setInsertionPointToEnd(module.getBody());
  auto made = LLVM::LLVMFuncOp::create(b, symbol((entry.label + suffix).str()),
                                       LLVM::LLVMFunctionType::get(result, args), LLVM::Linkage::Internal);
  b.setInsertionPointToStart(made.addEntryBlock(b));
  return made;
}

Boundary RuntimeLowering::makeBoundary(EntryPoint &entry) {
  Type i64 = b.getI64Type();
  enum { Dims, Sizes, Args, Results, States, Prepared, Scratch };
  auto call = boundary(entry, ".call", SmallVector<Type>(Scratch + 1, ptr), b.getI32Type());
  SmallVector<Value> args = loadDims(entry, call.getArgument(Dims));
  for (unsigned i = 0; i < entry.inputs.size(); ++i)
    args.push_back(element(call.getArgument(Args), ptr, i));
  for (unsigned i = 0; i < entry.outputs.size(); ++i)
    args.push_back(element(call.getArgument(Results), ptr, i));
  for (LateSize late : entry.lateSizes)
    args.push_back(place(call.getArgument(Sizes), b.getI64Type(), late.size));
  for (unsigned i = 0; i < entry.states.size(); ++i)
    args.push_back(element(call.getArgument(States), ptr, i));
  args.append({call.getArgument(Prepared), call.getArgument(Scratch)});
  LLVM::ReturnOp::create(b, func::CallOp::create(b, entry.func, args).getResult(0));

  auto shapes = boundary(entry, ".sizes", {ptr, ptr}, b.getI32Type());
  SmallVector<Value> dims = loadDims(entry, shapes.getArgument(0));
  auto sizes = func::CallOp::create(b, entry.shapes, dims);
  for (auto [i, size] : llvm::enumerate(sizes.getResults()))
    LLVM::StoreOp::create(b, arith::IndexCastOp::create(b, i64, size), place(shapes.getArgument(1), i64, i));
  LLVM::ReturnOp::create(b, entry.checks ? func::CallOp::create(b, entry.checks, dims).getResult(0)
                                         : Value(LLVM::ZeroOp::create(b, b.getI32Type())));

  auto scratch = boundary(entry, ".scratch_bytes", {ptr}, i64);
  Value bytes = arith::ConstantIntOp::create(b, i64, RONDO_STATUS_BYTES);
  SmallVector<Value> scratchDims = loadDims(entry, scratch.getArgument(0));
  for (func::FuncOp size : {entry.scratch, entry.reset ? artefact.resets[*entry.reset].scratch : nullptr})
    if (size) {
      Value all = func::CallOp::create(b, size, scratchDims).getResult(0);
      bytes = arith::MaxSIOp::create(b, arith::IndexCastOp::create(b, i64, all), bytes);
    }
  LLVM::ReturnOp::create(b, bytes);
  return {shapes.getName().str(), scratch.getName().str(), call.getName().str(),
          entry.reset ? makeReset(artefact.resets[*entry.reset]) : ""};
}

std::string RuntimeLowering::makeReset(EntryPoint &reset) {
  enum { Dims, States, Prepared, Scratch };
  auto call = boundary(reset, ".call", SmallVector<Type>(Scratch + 1, ptr), b.getI32Type());
  SmallVector<Value> args = loadDims(reset, call.getArgument(Dims));
  for (unsigned i = 0; i < reset.outputs.size(); ++i)
    args.push_back(element(call.getArgument(States), ptr, i));
  args.append({call.getArgument(Prepared), call.getArgument(Scratch)});
  LLVM::ReturnOp::create(b, func::CallOp::create(b, reset.func, args).getResult(0));
  return call.getName().str();
}

/// An entry point without dims and what resets it, for C programs: their states lie in one block.
///   int32_t M_f(const float *x, float *y, M_state *state, const void *prepared, void *scratch);
///   int32_t M_f_reset(M_state *state, const void *prepared, void *scratch);
void RuntimeLowering::makePlain(EntryPoint &entry) {
  std::optional<std::string> name = plainSymbol(artefact, entry);
  if (!name || entry.states.empty())
    return;
  unsigned numBuffers = entry.inputs.size() + entry.outputs.size() + entry.lateSizes.size();
  auto add = [&](StringRef symbol, func::FuncOp callee, unsigned first) {
    b.setLoc(callee.getLoc());
    b.setInsertionPointToEnd(module.getBody());
    SmallVector<Type> types(first + 3, ptr);
    auto made = LLVM::LLVMFuncOp::create(b, symbol, LLVM::LLVMFunctionType::get(b.getI32Type(), types));
    b.setInsertionPointToStart(made.addEntryBlock(b));
    SmallVector<Value> args(made.getArguments().take_front(first));
    for (unsigned number : entry.stateNumbers) {
      int32_t offset = artefact.states[number].offset;
      args.push_back(LLVM::GEPOp::create(b, ptr, b.getI8Type(), made.getArgument(first),
                                         ArrayRef<LLVM::GEPArg>{offset}));
    }
    args.append({made.getArgument(first + 1), made.getArgument(first + 2)});
    LLVM::ReturnOp::create(b, func::CallOp::create(b, callee, args).getResult(0));
  };
  add(*name, entry.func, numBuffers);
  add(*name + "_reset", artefact.resets[*entry.reset].func, 0);
}

std::string RuntimeLowering::makePrepare() {
  if (!artefact.prepare) { // nothing to do
    b.setInsertionPointToEnd(module.getBody());
    auto type = LLVM::LLVMFunctionType::get(b.getI32Type(), {ptr, ptr, ptr});
    auto nothing = LLVM::LLVMFuncOp::create(b, symbol("prepare.call"), type, LLVM::Linkage::Internal);
    b.setInsertionPointToStart(nothing.addEntryBlock(b));
    LLVM::ReturnOp::create(b, Value(LLVM::ZeroOp::create(b, b.getI32Type())));
    return nothing.getName().str();
  }
  EntryPoint &prepare = *artefact.prepare;
  auto call = boundary(prepare, ".call", {ptr, ptr, ptr}, b.getI32Type());
  SmallVector<Value> args;
  for (unsigned i = 0; i < prepare.inputs.size(); ++i)
    args.push_back(element(call.getArgument(0), ptr, i));
  args.append({call.getArgument(1), call.getArgument(2)});
  LLVM::ReturnOp::create(b, func::CallOp::create(b, prepare.func, args).getResult(0));
  return call.getName().str();
}

/// Of everything that decides what the blob holds: names, shapes, packing, constants.
static uint64_t fingerprint(Artefact &artefact) {
  std::string text;
  llvm::raw_string_ostream os(text);
  llvm::SetVector<Operation *> reached; // with what `prepare` refers to
  if (artefact.prepare)
    reached.insert(artefact.prepare->func);
  for (unsigned i = 0; i < reached.size(); ++i) {
    Operation *op = reached[i];
    op->print(os, OpPrintingFlags().useLocalScope());
    if (auto uses = SymbolTable::getSymbolUses(op))
      for (const SymbolTable::SymbolUse &use : *uses)
        if (Operation *symbol = SymbolTable::lookupNearestSymbolFrom(op, use.getSymbolRef()))
          reached.insert(symbol);
  }
  return llvm::xxh3_64bits(text);
}

LogicalResult RuntimeLowering::run() {
  uint64_t layout = fingerprint(artefact), prepareScratch = RONDO_STATUS_BYTES;
  if (artefact.prepare) {
    std::optional<uint64_t> bytes = scratchBytes(*artefact.prepare);
    if (!bytes)
      return artefact.prepare->func.emitError("needs scratch of a size that is not constant");
    prepareScratch = *bytes;
  }
  module->setAttr("rondo.interface", interfaceOf(artefact, prepareScratch));

  Layers layers(module, artefact.blob);
  for (func::FuncOp layer : layers.functions)
    (void)layers.pieces(layer); // as arguments are now
  SmallVector<EntryPoint *> all;
  for (EntryPoint &entry : artefact.entries)
    all.push_back(&entry);
  for (EntryPoint &reset : artefact.resets)
    all.push_back(&reset);
  if (artefact.prepare)
    all.push_back(&*artefact.prepare);
  for (EntryPoint *entry : all) {
    bool isPrepare = entry->func->hasAttr(attrs::prepare);
    bool isReset = llvm::is_contained(llvm::make_pointer_range(artefact.resets), entry);
    bool isPlain = !isPrepare && !isReset && entry->states.empty();
    if (!isPrepare && !isReset)
      makeChecks(*entry);
    rewrite(*entry, isPlain ? plainSymbol(artefact, *entry) : std::nullopt);
    Block &body = entry->func.getBody().front();
    if (failed(lowerChecks(entry->func, body.getArguments().back())))
      return failure();
  }
  for (func::FuncOp layer : layers.functions)
    if (failed(rewriteLayer(layer, layers.pieces(layer))))
      return failure();
  module.walk([&](func::CallOp call) {
    auto callee = symbols.lookup<func::FuncOp>(call.getCallee());
    if (llvm::is_contained(layers.functions, callee))
      rewriteCall(call, callee, layers.pieces(callee));
  });
  WalkResult rest = module.walk([](CheckOp check) {
    return check.emitError("stands in a function that is not inlined into an entry point"),
           WalkResult::interrupt();
  });
  if (rest.wasInterrupted())
    return failure();

  // No name of a model may be the name of something in C.
  for (auto func : llvm::to_vector(module.getOps<func::FuncOp>())) {
    if (func.isExternal())
      continue;
    bool isEntry = llvm::any_of(all, [&](EntryPoint *entry) { return entry->func == func; });
    if (!isEntry && failed(symbols.rename(func, symbol(func.getName()))))
      return func.emitError("has the name of an entry point");
    auto linkage = isEntry && func.isPublic() ? LLVM::Linkage::External : LLVM::Linkage::Internal;
    func->setAttr("llvm.linkage", LLVM::LinkageAttr::get(ctx, linkage));
  }

  SmallVector<Boundary> boundaries;
  for (EntryPoint &entry : artefact.entries) {
    boundaries.push_back(makeBoundary(entry));
    makePlain(entry);
  }
  std::string prepare = makePrepare();
  writeDescriptor(module, artefact, boundaries, prepare, checks, prepareScratch, layout);
  if (checks.empty())
    return success();
  NamedAttrList interface(module->getAttrOfType<DictionaryAttr>("rondo.interface"));
  SmallVector<Attribute> texts;
  for (const Check &check : checks)
    texts.push_back(b.getStringAttr(check.file + ":" + Twine(check.line) + ":" + Twine(check.column) + ": " +
                                    check.message));
  interface.set("checks", b.getArrayAttr(texts));
  module->setAttr("rondo.interface", interface.getDictionary(ctx));
  return success();
}

namespace {
struct RuntimeToLLVM : rondo::impl::RuntimeToLLVMBase<RuntimeToLLVM> {
  void runOnOperation() override {
    FailureOr<Artefact> artefact = readArtefact(getOperation());
    if (failed(artefact) || failed(RuntimeLowering(getOperation(), *artefact).run()))
      signalPassFailure();
  }
};
} // namespace
