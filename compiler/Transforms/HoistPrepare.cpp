// Moves work on weights alone to @prepare.
//
// Needs calls inlined, but those of layers. In phase `graph` weights are `rondo.param`s in entry points,
// later they are arguments with `rondo.prepared`. Functions may be in destination style (`rondo.result`).
//
// Gives one function with `rondo.prepare`. Its arguments are the weights that are used, sorted by key;
// its results are all tensors that entry points need and that weights and constants alone decide, each
// once, none that is not read. Entry points read them as trailing arguments, before the destinations. A layer
// has a prepare of its own for its weights; @prepare calls that for each call of the layer, once for calls
// with the same weights.
//
// Leaves in entry points and layers, on results of prepare: views (they cost nothing), what only makes a
// tensor larger (it would cost memory), scalars, tensors of dynamic shape. Constants stay constants.
//
// Work is copied to prepare as functions ask for it; cse merges what several ask for.
#include "compiler/Transforms/Preparation.h"
#include "mlir/IR/Dominance.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/IR/Remarks.h"
#include "mlir/Transforms/CSE.h"

#define DEBUG_TYPE "rondo-hoist-prepare"

namespace rondo {
#define GEN_PASS_DEF_HOISTPREPARE
#include "compiler/Transforms/Passes.h.inc"
} // namespace rondo

using namespace mlir;
using namespace rondo;

namespace {

/// What became of a prepare: its results and arguments that are left, by their old number.
struct Changes {
  DenseMap<unsigned, unsigned> results;
  SmallVector<unsigned> arguments;
};

class Hoisting {
public:
  Hoisting(ModuleOp module, bool destinations)
      : module(module), symbols(module), own(module), destinations(destinations) {}

  LogicalResult run(ArrayRef<func::FuncOp> entries) {
    if (failed(own.addParams(entries)))
      return failure();
    for (auto func : module.getOps<func::FuncOp>())
      if (auto name = func->getAttrOfType<FlatSymbolRefAttr>(attrs::preparedBy))
        prepares[func] = std::make_unique<Prepare>(symbols.lookup<func::FuncOp>(name.getAttr()));
    for (auto func : llvm::to_vector(module.getOps<func::FuncOp>())) {
      auto of = prepares.find(func);
      if (of != prepares.end() || llvm::is_contained(entries, func))
        functions[func] = std::make_unique<Prepared>(func, of == prepares.end() ? own : *of->second);
    }
    for (auto &[func, prepared] : functions)
      prepared->takeFromPrepare();

    for (auto &[func, prepared] : functions)
      finishLayers(cast<func::FuncOp>(func)); // those that it calls come first
    SmallVector<Prepared *> users =
        llvm::map_to_vector(entries, [&](func::FuncOp entry) { return functions.find(entry)->second.get(); });
    finish(own, users);
    return success();
  }

private:
  void finishLayers(func::FuncOp func) {
    if (!visited.insert(func).second)
      return;
    func.walk([&](func::CallOp call) {
      if (auto callee = symbols.lookup<func::FuncOp>(call.getCallee()); prepares.count(callee))
        finishLayers(callee);
    });
    if (auto of = prepares.find(func); of != prepares.end())
      changeCalls(func, *of->second, finish(*of->second, functions.find(func)->second.get()));
  }

  // Results that are equal become one, results that nothing reads go.
  Changes finish(Prepare &prepare, ArrayRef<Prepared *> users) {
    IRRewriter rewriter(module.getContext());
    DominanceInfo dominance;
    eliminateCommonSubExpressions(rewriter, dominance, prepare.func);
    llvm::MapVector<Value, unsigned> numberOfValue;
    SmallVector<unsigned> kept, first;
    for (Prepared *user : users)
      for (auto [arg, number] : user->numbers)
        if (!arg.use_empty())
          kept.push_back(number);
    llvm::sort(kept);
    // What one layer needs stands side by side.
    llvm::stable_sort(kept, [&](unsigned a, unsigned b) {
      return place(prepare.results()[a]) < place(prepare.results()[b]);
    });
    for (unsigned number : kept)
      if (numberOfValue.try_emplace(prepare.results()[number], first.size()).second)
        first.push_back(number);
    SmallVector<Value> values(prepare.results());
    for (Prepared *user : users)
      user->renumber(values, numberOfValue);
    Changes changes;
    for (auto [number, value] : llvm::enumerate(values))
      if (auto *at = numberOfValue.find(value); at != numberOfValue.end())
        changes.results[number] = at->second;
    changes.arguments = prepare.finish(first, destinations);
    remark::passed(prepare.func.getLoc(), remark::RemarkOpts::name("prepare").category(DEBUG_TYPE))
        << remark::add("{0} tensors are prepared from {1} weights", first.size(), changes.arguments.size());
    return changes;
  }

  // By which call of a layer's prepare a value is made; all others come first.
  static std::pair<unsigned, unsigned> place(Value value) {
    auto call = value.getDefiningOp<func::CallOp>();
    if (!call)
      return {0, 0};
    auto calls = call->getBlock()->getOps<func::CallOp>();
    return {1 + std::distance(calls.begin(), llvm::find(calls, call)),
            cast<OpResult>(value).getResultNumber()};
  }

  // Whoever calls the layer reads what its prepare gives now.
  void changeCalls(func::FuncOp layer, Prepare &prepare, const Changes &changes) {
    SmallVector<func::CallOp> calls;
    module.walk([&](func::CallOp call) {
      if (call.getCallee() == layer.getSymName())
        calls.push_back(call);
    });
    auto isPrepared = [&](unsigned i) { return bool(layer.getArgAttr(i, attrs::prepared)); };
    auto isDestination = [&](unsigned i) { return bool(layer.getArgAttr(i, attrs::result)); };
    auto all = llvm::seq<unsigned>(0, layer.getNumArguments());
    unsigned numDestinations = llvm::count_if(all, isDestination);
    unsigned numOthers = layer.getNumArguments() - numDestinations - llvm::count_if(all, isPrepared);
    auto callerOf = [&](func::CallOp call) -> Prepared & {
      return *functions.find(call->getParentOfType<func::FuncOp>())->second;
    };
    // What a call reads now are results of one call of prepare, if it reads any.
    SmallVector<func::CallOp> preparations = llvm::map_to_vector(calls, [&](func::CallOp call) {
      Prepared &caller = callerOf(call);
      if (call.getNumOperands() == numOthers + numDestinations)
        return func::CallOp();
      Value read = caller.prepare.results()[caller.numbers.lookup(call.getOperand(numOthers))];
      return read.getDefiningOp<func::CallOp>();
    });
    llvm::MapVector<std::pair<Prepare *, Operation *>, func::CallOp> changed;
    for (auto [call, old] : llvm::zip_equal(calls, preparations)) {
      Prepared &caller = callerOf(call);
      func::CallOp &preparation = changed[{&caller.prepare, old}];
      if (!preparation)
        preparation = prepareAnew(caller.prepare, prepare, old, changes);

      SmallVector<Value> operands(call.getOperands().take_front(numOthers));
      for (unsigned i : all)
        if (auto number = layer.getArgAttrOfType<IntegerAttr>(i, attrs::prepared))
          operands.push_back(caller.read(preparation.getResult(number.getInt())));
      llvm::append_range(operands, call.getOperands().take_back(numDestinations));
      call->setOperands(operands);
    }
    for (auto &[old, preparation] : changed)
      if (old.second)
        old.second->erase();
  }

  // The call of a layer's prepare in that of its caller, as the layer's prepare is now.
  func::CallOp prepareAnew(Prepare &caller, Prepare &layer, func::CallOp old, const Changes &changes) {
    Location loc = old ? old.getLoc() : layer.func.getLoc();
    OpBuilder b(old ? old.getOperation() : caller.terminator());
    SmallVector<Value> operands;
    for (unsigned i : changes.arguments)
      operands.push_back(old.getOperand(i));
    if (destinations)
      for (Type type : layer.func.getResultTypes())
        operands.push_back(tensor::EmptyOp::create(b, loc, cast<RankedTensorType>(type).getShape(),
                                                   getElementTypeOrSelf(type)));
    auto made = func::CallOp::create(b, loc, layer.func, operands);
    if (destinations)
      made->setAttr(attrs::into, b.getUnitAttr());
    for (unsigned i = 0; old && i < old.getNumResults(); ++i) {
      Value result = old.getResult(i);
      if (auto at = changes.results.find(i); at != changes.results.end())
        result.replaceAllUsesWith(made.getResult(at->second));
      else if (!result.use_empty()) // the caller does not read it any more, but still lists it
        result.replaceAllUsesWith(tensor::EmptyOp::create(b, loc,
                                                          cast<RankedTensorType>(result.getType()).getShape(),
                                                          getElementTypeOrSelf(result.getType())));
    }
    return made;
  }

  ModuleOp module;
  SymbolTable symbols;
  Prepare own;
  bool destinations;
  llvm::MapVector<Operation *, std::unique_ptr<Prepare>> prepares; // of layers
  llvm::MapVector<Operation *, std::unique_ptr<Prepared>> functions;
  DenseSet<Operation *> visited;
};

struct HoistPrepare : rondo::impl::HoistPrepareBase<HoistPrepare> {
  void runOnOperation() override {
    SmallVector<func::FuncOp> entries;
    bool destinations = false;
    for (auto func : getOperation().getOps<func::FuncOp>())
      if (func->hasAttr(attrs::entry) && !func.isExternal()) {
        entries.push_back(func);
        destinations |= llvm::any_of(func.getArguments(), [&](BlockArgument arg) {
          return bool(func.getArgAttr(arg.getArgNumber(), attrs::result));
        });
      }
    if (failed(Hoisting(getOperation(), destinations).run(entries)))
      signalPassFailure();
  }
};

} // namespace
