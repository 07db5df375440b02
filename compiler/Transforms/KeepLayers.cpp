// rondo-keep-layers: decides which functions stay functions.
//
// Needs phase `rondo`: calls without recursion, methods as private functions, one for all uses of one kind
// (the front end makes it so). Guarantees `no_inline` on functions that rondo-form-layers may turn into
// layers; all others are for the inliner.
//
// A function is kept if copies of it would make the code large: it holds several products, counted through
// what it calls, and would stand in several places. The call itself costs nothing that could be measured.
// What is not kept:
//   - functions with a scan: what depends on a carry and what does not are told apart only where they stand
//     together; and of those called in one, which rondo-form-layers looks at again, those with two copies;
//   - functions that write into a part of their argument, as a cache is updated, and are called outside of
//     a scan, too: inlined, they do so in place;
//   - functions that read or assign states, return sizes, or take a size that is known late: their memory
//     could not be planned from the dims;
//   - functions of tensors without elements.
#include "compiler/Transforms/Passes.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/Support/DebugLog.h"

#define DEBUG_TYPE "rondo-keep-layers"

namespace rondo {
#define GEN_PASS_DEF_KEEPLAYERS
#include "compiler/Transforms/Passes.h.inc"
} // namespace rondo

using namespace mlir;
using namespace rondo;

namespace {

/// What is known of a function.
struct Facts {
  func::FuncOp func;
  SmallVector<func::CallOp> calls;          // in its body
  unsigned products = 0;                    // with those of the functions that it calls
  bool hasScan = false;                     // or calls one that has
  bool updates = false;                     // writes into a part of an argument
  unsigned copies = 0;                      // if it were inlined
  bool isInScan = false, isOutside = false; // where it is called: in a scan, outside of one
  llvm::SmallBitVector late, states;        // arguments: sizes that are known late, states
};

bool hasElements(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  return tensor && !llvm::is_contained(tensor.getShape(), 0);
}

// Whether `size` is arithmetic on the index arguments of the function whose entry block is `head`, but those
// that are late.
bool isEarly(Value size, Block *head, const llvm::SmallBitVector &late) {
  if (auto arg = dyn_cast<BlockArgument>(size))
    return arg.getOwner() == head && !late.test(arg.getArgNumber());
  Operation *op = size.getDefiningOp();
  return op->getNumRegions() == 0 && isMemoryEffectFree(op) && !isa<tensor::DimOp>(op) &&
         llvm::all_of(op->getOperands(), [&](Value operand) {
           return operand.getType().isIntOrIndex() && isEarly(operand, head, late);
         });
}

// The argument of which `value` is the tensor itself, a part of it or made by writing into it.
BlockArgument originOf(Value value) {
  while (Operation *op = value.getDefiningOp()) {
    if (auto insert = dyn_cast<tensor::InsertSliceOp>(op))
      value = insert.getDest();
    else if (isa<tensor::ExtractSliceOp, tensor::ExpandShapeOp, tensor::CollapseShapeOp, tensor::CastOp>(op))
      value = op->getOperand(0);
    else
      return {};
  }
  return cast<BlockArgument>(value);
}

class Graph {
public:
  explicit Graph(ModuleOp module) : symbols(module) {
    for (auto func : module.getOps<func::FuncOp>())
      if (!func.isExternal())
        visit(func);
    callersFirst = llvm::to_vector(llvm::reverse(calleesFirst));
  }

  SmallVector<Facts *> callersFirst;

  Facts *calleeOf(func::CallOp call) {
    auto func = symbols.lookup<func::FuncOp>(call.getCallee());
    return func && !func.isExternal() ? facts[func].get() : nullptr;
  }

private:
  Facts &visit(func::FuncOp func) {
    std::unique_ptr<Facts> &place = facts[func];
    if (place)
      return *place;
    place = std::make_unique<Facts>();
    Facts &own = *place; // the map moves pointers alone
    own.func = func;
    own.late.resize(func.getNumArguments());
    own.states.resize(func.getNumArguments());
    func.walk([&](Operation *op) {
      own.products += isa<ContractOp, AttentionOp>(op);
      own.hasScan |= isa<ScanOp>(op);
      if (auto insert = dyn_cast<tensor::InsertSliceOp>(op)) {
        BlockArgument origin = originOf(insert.getDest());
        own.updates |= origin && origin.getOwner() == &func.front();
      }
      auto call = dyn_cast<func::CallOp>(op);
      auto callee = call ? symbols.lookup<func::FuncOp>(call.getCallee()) : func::FuncOp();
      if (!callee || callee.isExternal())
        return;
      own.calls.push_back(call);
      const Facts &other = visit(callee);
      own.products += other.products;
      own.hasScan |= other.hasScan;
      own.updates |= other.updates;
    });
    calleesFirst.push_back(&own);
    return own;
  }

  SymbolTable symbols;
  DenseMap<Operation *, std::unique_ptr<Facts>> facts;
  SmallVector<Facts *> calleesFirst;
};

struct KeepLayers : rondo::impl::KeepLayersBase<KeepLayers> {
  using KeepLayersBase::KeepLayersBase;

  void runOnOperation() override {
    Graph graph(getOperation());
    for (Facts *caller : graph.callersFirst) {
      func::FuncOp func = caller->func;
      if (func->hasAttr(attrs::entry)) {
        caller->copies = 1;
        for (BlockArgument arg : func.getArguments())
          if (func.getArgAttr(arg.getArgNumber(), attrs::state))
            caller->states.set(arg.getArgNumber());
      } else if (shouldBeKept(*caller)) {
        func.setNoInline(true);
        caller->copies = 1;
        LDBG() << func.getSymName() << " is kept";
      }
      for (func::CallOp call : caller->calls)
        if (Facts *callee = graph.calleeOf(call))
          hand(*caller, call, *callee);
    }
  }

  // What a callee knows of this call.
  static void hand(const Facts &caller, func::CallOp call, Facts &callee) {
    Block *head = &caller.func->getRegion(0).front();
    callee.copies += caller.copies;
    bool inBody = call->getBlock() != head;
    callee.isInScan |= caller.isInScan || inBody;
    callee.isOutside |= !inBody && !caller.isInScan;
    for (auto [i, operand] : llvm::enumerate(call.getOperands())) {
      BlockArgument origin = originOf(operand);
      if (operand.getType().isIndex() && !isEarly(operand, head, caller.late))
        callee.late.set(i);
      if (origin && origin.getOwner() == head && caller.states.test(origin.getArgNumber()))
        callee.states.set(i);
    }
  }

  bool shouldBeKept(const Facts &facts) {
    func::FuncOp func = facts.func;
    return func.isPrivate() && facts.copies > (facts.isInScan ? 2 : 1) && facts.products >= products &&
           !facts.hasScan && !(facts.updates && facts.isOutside) && facts.late.none() &&
           facts.states.none() &&
           llvm::all_of(func.getArgumentTypes(),
                        [](Type type) { return type.isIndex() || hasElements(type); }) &&
           llvm::all_of(func.getResultTypes(), hasElements);
  }
};

} // namespace
