// The order of all passes, from the phase `rondo` to the phase `llvm`.
//
// At -O0 only what is needed to be right runs; from -O1 on everything does, and
// the level is LLVM's affair. What holds in each phase is in compiler/README.md.
#include "compiler/Pipeline/Pipeline.h"
#include "compiler/Buffers/Passes.h"
#include "compiler/Conversion/DebugInfo/Passes.h"
#include "compiler/Conversion/RondoToLinalg/Passes.h"
#include "compiler/Conversion/RuntimeToLLVM/Passes.h"
#include "compiler/Target/CPU/Passes.h"
#include "compiler/Transforms/Passes.h"
#include "mlir/Conversion/Passes.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/Bufferization/Transforms/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/Passes.h"
#include "mlir/Dialect/Math/Transforms/Passes.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;
using namespace rondo;

static void cleanUp(OpPassManager &pm) {
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
}

/// rondo -> graph: what will be computed.
static void toGraph(OpPassManager &pm, const PipelineOptions &options) {
  pm.addPass(createKeepLayers());
  pm.addPass(createInlinerPass());
  pm.addPass(createSymbolDCEPass());
  pm.addPass(createScalarRegions());
  pm.addPass(createFoldEmptyTensors());
  cleanUp(pm);
  pm.addPass(createFormLayers());
  pm.addPass(createInlinerPass()); // what could not become a layer
  pm.addPass(createSymbolDCEPass());
  if (options.optLevel > 0) {
    pm.addPass(createFoldMask());
    pm.addNestedPass<func::FuncOp>(createSplitGates());
    pm.addNestedPass<func::FuncOp>(createJoinContractions());
    pm.addNestedPass<func::FuncOp>(createJoinGates());
    pm.addNestedPass<func::FuncOp>(createFissionScan());
    cleanUp(pm); // what fission left behind must not be taken for work on weights
  }
  pm.addPass(createHoistPrepare());
  cleanUp(pm);
}

/// graph -> linalg: every operation has its destination.
static void toLinalg(OpPassManager &pm, const PipelineOptions &options) {
  pm.addPass(createEntryDestinations());
  pm.addNestedPass<func::FuncOp>(createCheckMasks());
  if (options.optLevel == 0) // else there will be tiles
    pm.addNestedPass<func::FuncOp>(createExpandAttention());
  pm.addNestedPass<func::FuncOp>(createRondoToLinalg());
  cleanUp(pm);
  pm.addNestedPass<func::FuncOp>(createPlaceCarries());
  pm.addPass(createFoldSizes());
  cleanUp(pm);
  // Common fills and empty tensors are split again: each belongs to one destination.
  pm.addNestedPass<func::FuncOp>(createFoldDestinations());
  // Puts the destination under the operation that computes into it.
  pm.addPass(bufferization::createEmptyTensorEliminationPass());
}

/// linalg -> kernels: tiles and vectors for the target.
static void toKernels(OpPassManager &pm, const PipelineOptions &options) {
  if (options.optLevel == 0)
    return;
  CpuKernelsOptions kernels;
  kernels.vectorBits = options.target.vectorBits;
  kernels.registers = options.target.vectorRegisters;
  pm.addNestedPass<func::FuncOp>(createCpuKernels(kernels));
  cleanUp(pm);
  pm.addPass(createHoistPrepare()); // packed weights
  cleanUp(pm);
  // They are packed where they shall lie. The analysis would trip over the destinations of loops.
  pm.addNestedPass<func::FuncOp>(createFoldDestinations());
  pm.addPass(bufferization::createEmptyTensorEliminationPass());
}

/// kernels -> buffers: memory. No loop-invariant motion before the memrefs: it
/// would lift a fill out of a scan, and cost a copy every step.
static void toBuffers(OpPassManager &pm, const PipelineOptions &options) {
  pm.addNestedPass<func::FuncOp>(createUpdateInPlace());
  pm.addNestedPass<func::FuncOp>(createFoldDestinations());
  pm.addNestedPass<func::FuncOp>(createDenseOperands());
  pm.addPass(bufferization::createEmptyTensorToAllocTensorPass());
  pm.addPass(createBufferize());
  cleanUp(pm);
  pm.addPass(createCanonicalizerPass()); // a copy onto itself folds only now
  // A size computed in a loop would keep the buffer in it.
  pm.addNestedPass<func::FuncOp>(createLoopInvariantCodeMotionPass());
  pm.addNestedPass<func::FuncOp>(bufferization::createBufferLoopHoistingPass());
  CheckTimeLoopsOptions check;
  check.remarkCopies = true;
  pm.addNestedPass<func::FuncOp>(createCheckTimeLoops(check));
  pm.addNestedPass<func::FuncOp>(createScanToLoop());
  cleanUp(pm);
  if (options.optLevel > 0) {
    AttentionToTilesOptions tiles;
    tiles.vectorBits = options.target.vectorBits;
    tiles.registers = options.target.vectorRegisters;
    pm.addNestedPass<func::FuncOp>(createAttentionToTiles(tiles));
    cleanUp(pm);
  }
  pm.addNestedPass<func::FuncOp>(bufferization::createBufferLoopHoistingPass());
  PlanMemoryOptions plan;
  plan.explain = options.explain;
  pm.addPass(createPlanMemory(plan));
  cleanUp(pm);
  pm.addNestedPass<func::FuncOp>(createTopkToLoops());
  pm.addNestedPass<func::FuncOp>(createCopyToLoops());
  pm.addNestedPass<func::FuncOp>(createGuardSizes());
}

/// Functions and element types that the target does not have, by what it has.
static void toArithmetic(OpPassManager &pm, const PipelineOptions &options) {
  arith::ArithEmulateUnsupportedFloatsOptions halves; // computed in f32
  halves.sourceTypeStrs = {"f16", "bf16"};
  pm.addPass(arith::createArithEmulateUnsupportedFloats(halves));
  pm.addPass(math::createMathExtendToSupportedTypes());
  CpuHalvesOptions converted;
  converted.f16 = options.target.convertsF16;
  converted.bf16 = options.target.convertsBf16;
  pm.addPass(createCpuHalves(converted));
  if (options.optLevel == 0)
    return;
  CpuMathOptions math;
  math.rounds = options.target.rounds;
  pm.addPass(createCpuMath(math));
}

/// buffers -> llvm: loops become branches, memrefs pointers, the boundary is made.
static void toLLVM(OpPassManager &pm, const PipelineOptions &options) {
  if (options.sanitize) {
    pm.addNestedPass<func::FuncOp>(createPoisonMemory());
    pm.addPass(createCheckAccesses());
    cleanUp(pm); // most of what is checked is known
  }
  pm.addNestedPass<func::FuncOp>(createViewsToCasts());
  pm.addPass(createRuntimeToLLVM());
  if (options.debugInfo) { // behind it loops have no buffers, and before it functions have other arguments
    DebugInfoOptions debug;
    debug.everyVariable = options.optLevel == 0;
    debug.directory = options.directory;
    pm.addPass(createDebugInfo(debug));
  }
  pm.addNestedPass<func::FuncOp>(createCopyToMemcpy()); // before what is known of views changes their types
  pm.addNestedPass<func::FuncOp>(createConvertLinalgToLoopsPass());
  toArithmetic(pm, options);
  auto whole = VectorTransferToSCFOptions().enableFullUnroll();
  pm.addNestedPass<func::FuncOp>(createConvertVectorToSCFPass(whole));
  pm.addPass(createLowerAffinePass());
  pm.addPass(createSCFToControlFlowPass());
  cleanUp(pm);
  if (options.sanitize) {
    pm.addNestedPass<func::FuncOp>(createAssertToReturn());
    pm.addPass(createConvertIndexToLLVMPass());
  }
  if (options.optLevel == 0) { // else cpu-math left none
    math::MathExpandOpsPassOptions expanded;
    expanded.opMnemonics = {"rsqrt"}; // which the library does not have
    pm.addPass(math::createMathExpandOpsPass(expanded));
    pm.addPass(createConvertMathToLibmPass()); // before `llvm`, whose log1p is log(1 + x)
  }
  pm.addPass(createConvertMathToLLVMPass()); // before vectors, of which elements are taken
  ConvertVectorToLLVMPassOptions vectors;
  vectors.vectorContractLowering = vector::VectorContractLowering::OuterProduct;
  vectors.vectorTransposeLowering = vector::VectorTransposeLowering::Shuffle1D;
  pm.addPass(createConvertVectorToLLVMPass(vectors));
  pm.addPass(memref::createExpandStridedMetadataPass());
  pm.addPass(createLowerAffinePass());
  pm.addPass(arith::createArithExpandOpsPass()); // division that rounds down
  // Before `arith`: a `memref.dim` whose axis is no constant any more reserves stack, in each step of a loop.
  pm.addPass(createFinalizeMemRefToLLVMConversionPass());
  pm.addPass(createArithToLLVMConversionPass());
  pm.addPass(createConvertControlFlowToLLVMPass());
  pm.addPass(createConvertFuncToLLVMPass());
  pm.addPass(createUBToLLVMConversionPass());
  pm.addPass(createReconcileUnrealizedCastsPass());
  CpuHalfBitsOptions known;
  known.f16 = options.target.convertsF16;
  known.bf16 = options.target.convertsBf16;
  pm.addPass(createCpuHalfBits(known));
  cleanUp(pm);
}

void rondo::buildPhase(OpPassManager &pm, Phase to, const PipelineOptions &options) {
  switch (to) {
  case Phase::Graph:
    toGraph(pm, options);
    break;
  case Phase::Linalg:
    toLinalg(pm, options);
    break;
  case Phase::Kernels:
    toKernels(pm, options);
    break;
  case Phase::Buffers:
    toBuffers(pm, options);
    break;
  case Phase::LLVM:
    toLLVM(pm, options);
    break;
  default:
    llvm_unreachable("no phase of MLIR behind another");
  }
  SetPhaseOptions phase;
  phase.phase = phaseName(to).str();
  if (to >= Phase::Kernels)
    phase.target = options.target.name;
  pm.addPass(createSetPhase(phase));
}
