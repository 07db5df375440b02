// rondo-form-layers: functions that stay functions get the form of an entry point.
//
// Needs what rondo-keep-layers and the inliner leave: functions with `no_inline` and without scans, whose
// arguments are sizes and tensors. Guarantees that each is a layer,
//
//   func.func private @F(%sizes: index {rondo.dim}, ..., %x: tensor<?x8xf32> {rondo.name}, ...,
//                        %w: tensor<8x8xf32> {rondo.prepared = 0 : i64}, ...)
//       attributes {rondo.layer, rondo.shapes = @F.shapes, rondo.prepared_by = @F.prepare}
//
// whose companion knows the sizes of its tensors, and whose weights, which differ from call to call, come
// from its own prepare: at first that gives what it takes. Work on them moves there later
// (rondo-hoist-prepare). So whatever a pass does for entry points it can do for layers.
//
// Which axis has which size is read off the first call, where all sizes are named: equal sizes there are
// equal at all calls, since the front end gives calls with sizes that are equal otherwise another function. A
// size that no argument has becomes one.
//
// A result that is made by writing into a part of an argument, as a cache is updated, is the new value of
// that argument: both say `rondo.state`, and the call updates in place what it is given.
//
// Declines a function for which calls in a scan do not fit (ScannedLayers.cpp); one with a result whose size
// does not come from the sizes of arguments; and one that is called with other sizes all the same, or with
// sizes that are not known to be equal: it loses `no_inline`, for the inliner that runs next.
#include "compiler/Analysis/KnownSizes.h"
#include "compiler/Analysis/WeightOnly.h"
#include "compiler/Transforms/Passes.h"
#include "compiler/Transforms/ScannedLayers.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/Remarks.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/ADT/MapVector.h"

#define DEBUG_TYPE "rondo-form-layers"

namespace rondo {
#define GEN_PASS_DEF_FORMLAYERS
#include "compiler/Transforms/Passes.h.inc"
} // namespace rondo

using namespace mlir;
using namespace rondo;

namespace {

/// A function that is to become a layer.
struct Layer {
  func::FuncOp func;
  SmallVector<func::CallOp> calls;
  bool isFormed = false;
  /// Arguments of the function as it was: sizes, tensors, weights, in the order of the new one.
  SmallVector<unsigned> sizes, tensors, weights;
  /// For each new size an axis that has it, of a tensor by its number as it was.
  SmallVector<std::pair<unsigned, int64_t>> newSizes;
  /// The size of each dynamic axis, by its number among the sizes of the new function.
  llvm::MapVector<std::pair<unsigned, int64_t>, unsigned> sizeOfAxis;
  func::FuncOp prepare;
  SmallVector<func::CallOp, 0> preparations;
};

class Former {
public:
  explicit Former(ModuleOp module) : module(module), symbols(module), b(module.getContext()) {}

  void run() {
    for (auto func : module.getOps<func::FuncOp>())
      if (func.getNoInline() && !func.isExternal())
        layers[func.getSymName()].func = func;
    for (auto func : llvm::to_vector(module.getOps<func::FuncOp>()))
      findCalls(func);
    for (Layer *layer : llvm::reverse(calleesFirst))
      findWeights(*layer);
    for (Layer *layer : calleesFirst)
      scans.add(layer->func, layer->calls);
    scans.finish();
    for (auto func : llvm::to_vector(module.getOps<func::FuncOp>()))
      if (func->hasAttr(attrs::entry))
        formCallees(func);
    for (auto &[name, layer] : layers)
      if (!layer.isFormed || layer.calls.empty())
        drop(layer);
  }

private:
  Layer *layerOf(func::CallOp call) {
    auto found = layers.find(call.getCallee());
    return found == layers.end() ? nullptr : &found->second;
  }

  // Notes calls, and the order in which layers are called.
  void findCalls(func::FuncOp func) {
    if (!visited.insert(func).second)
      return;
    func.walk([&](func::CallOp call) {
      if (Layer *layer = layerOf(call)) {
        layer->calls.push_back(call);
        findCalls(layer->func);
      }
    });
    if (auto layer = layers.find(func.getSymName()); layer != layers.end())
      calleesFirst.push_back(&layer->second);
  }

  //===--------------------------------------------------------------------===//
  // Weights
  //===--------------------------------------------------------------------===//

  // What comes from weights alone at every call, and not from the same ones: a table that all layers share is
  // an argument like others, of which each layer would prepare a copy. If all weights are the same, there is
  // one copy.
  void findWeights(Layer &layer) {
    DenseMap<Operation *, WeightOnly> known;
    SmallVector<unsigned> shared;
    for (unsigned i = 0; i < layer.func.getNumArguments(); ++i) {
      auto type = dyn_cast<RankedTensorType>(layer.func.getArgumentTypes()[i]);
      if (!type) {
        layer.sizes.push_back(i);
        continue;
      }
      bool isWeight = type.hasStaticShape() && llvm::all_of(layer.calls, [&](func::CallOp call) {
                        return known[call->getParentOfType<func::FuncOp>()].contains(call.getOperand(i));
                      });
      bool isShared = llvm::all_of(
          layer.calls, [&](func::CallOp call) { return call.getOperand(i) == layer.calls[0].getOperand(i); });
      (!isWeight ? layer.tensors : isShared ? shared : layer.weights).push_back(i);
    }
    SmallVectorImpl<unsigned> &home = layer.weights.empty() ? layer.weights : layer.tensors;
    home.append(shared);
    llvm::sort(home);
    // So that it is known when the functions that the layer calls are looked at.
    for (auto [number, i] : llvm::enumerate(layer.weights))
      layer.func.setArgAttr(i, attrs::prepared, b.getI64IntegerAttr(number));
  }

  //===--------------------------------------------------------------------===//
  // Forms
  //===--------------------------------------------------------------------===//

  // In the order of the program, so that sizes of what a call takes are known.
  void formCallees(func::FuncOp func) {
    SmallVector<func::CallOp> calls;
    func.walk([&](func::CallOp call) { calls.push_back(call); });
    for (func::CallOp call : calls)
      if (Layer *layer = layerOf(call)) {
        if (!formed.contains(layer->func)) {
          formed.insert(layer->func);
          form(*layer, call);
        }
        rewrite(*layer, call);
      }
  }

  void form(Layer &layer, func::CallOp first) {
    func::FuncOp func = layer.func;
    findSizes(layer, first);
    permute(layer);

    func::FuncOp shapes = makeShapes(layer);
    func->setAttr(attrs::layer, b.getUnitAttr());
    func->setAttr(attrs::shapes, FlatSymbolRefAttr::get(shapes.getNameAttr()));
    formCallees(func);
    layer.isFormed = addResults(func, shapes) && scans.fits(func);
    if (!layer.isFormed)
      return (void)func->removeAttr(attrs::shapes);
    makePrepare(layer);
    remark::passed(func.getLoc(), remark::RemarkOpts::name("kept").category(DEBUG_TYPE))
        << remark::add("{0} is one function for {1} calls", func.getSymName(), layer.calls.size());
  }

  static bool haveCommon(ArrayRef<OpFoldResult> names, ArrayRef<OpFoldResult> others) {
    return llvm::any_of(names, [&](OpFoldResult name) {
      return llvm::any_of(others, [&](OpFoldResult other) { return isEqualConstantIntOrValue(name, other); });
    });
  }

  void findSizes(Layer &layer, func::CallOp call) {
    SmallVector<SmallVector<OpFoldResult>> known; // names at the call of each size
    for (unsigned i : layer.sizes)
      known.push_back({getAsOpFoldResult(call.getOperand(i))});
    for (unsigned i : layer.tensors) {
      auto type = cast<RankedTensorType>(layer.func.getArgumentTypes()[i]);
      for (int64_t axis = 0; axis < type.getRank(); ++axis) {
        if (!type.isDynamicDim(axis))
          continue;
        SmallVector<OpFoldResult> names = knownSizes(call.getOperand(i), axis);
        auto *equal =
            llvm::find_if(known, [&](ArrayRef<OpFoldResult> sizes) { return haveCommon(sizes, names); });
        layer.sizeOfAxis[{i, axis}] = equal - known.begin();
        if (equal == known.end()) {
          known.push_back(names);
          layer.newSizes.push_back({i, axis});
        }
      }
    }
  }

  // Arguments in their new order, with what each of them is.
  void permute(Layer &layer) {
    func::FuncOp func = layer.func;
    Block &body = func.front();
    unsigned before = func.getNumArguments();
    SmallVector<Value> old(body.getArguments());
    auto add = [&](Value from, Type type, StringRef name, Attribute value) {
      Location loc = from ? from.getLoc() : func.getLoc();
      BlockArgument arg = body.addArgument(type, loc);
      if (from)
        from.replaceAllUsesWith(arg);
      attributes.push_back(b.getDictionaryAttr(b.getNamedAttr(name, value)));
    };
    attributes.clear();
    auto number = [&] { return b.getStringAttr(Twine(attributes.size())); };
    for (unsigned i : layer.sizes)
      add(old[i], old[i].getType(), attrs::dim, number());
    for (unsigned i = 0; i < layer.newSizes.size(); ++i)
      add({}, b.getIndexType(), attrs::dim, number());
    for (unsigned i : layer.tensors)
      add(old[i], old[i].getType(), attrs::name, number());
    for (auto [n, i] : llvm::enumerate(layer.weights))
      add(old[i], old[i].getType(), attrs::prepared, b.getI64IntegerAttr(n));
    body.eraseArguments(0, before);
    func.setFunctionType(b.getFunctionType(body.getArgumentTypes(), func.getResultTypes()));
    func.setAllArgAttrs(attributes);
    tieUpdates(layer);
  }

  // What a layer updates and what it makes of it say the same `rondo.state`.
  void tieUpdates(Layer &layer) {
    if (!scans.isInScan(layer.func))
      return;
    unsigned first = layer.sizes.size() + layer.newSizes.size();
    for (auto [result, old] : llvm::enumerate(scans.updates(layer.func))) {
      auto *tensor = llvm::find(layer.tensors, unsigned(old));
      if (tensor == layer.tensors.end())
        continue;
      auto key = b.getStringAttr(Twine(result));
      layer.func.setArgAttr(first + (tensor - layer.tensors.begin()), attrs::state, key);
      layer.func.setResultAttr(result, attrs::state, key);
    }
  }

  //===--------------------------------------------------------------------===//
  // Companions
  //===--------------------------------------------------------------------===//

  // The sizes of arguments; `addResults` adds the others.
  func::FuncOp makeShapes(Layer &layer) {
    SmallVector<Type> sizes(layer.sizes.size() + layer.newSizes.size(), b.getIndexType());
    auto shapes = func::FuncOp::create(layer.func.getLoc(), (layer.func.getSymName() + ".shapes").str(),
                                       b.getFunctionType(sizes, {}));
    shapes.setPrivate();
    Block *block = shapes.addEntryBlock();
    OpBuilder at = OpBuilder::atBlockEnd(block);
    SmallVector<Value> values;
    for (auto [position, i] : llvm::enumerate(layer.tensors)) {
      unsigned arg = sizes.size() + position;
      auto type = cast<RankedTensorType>(layer.func.getArgumentTypes()[arg]);
      for (int64_t axis = 0; axis < type.getRank(); ++axis)
        values.push_back(type.isDynamicDim(axis)
                             ? Value(block->getArgument(layer.sizeOfAxis.lookup({i, axis})))
                             : arith::ConstantIndexOp::create(at, shapes.getLoc(), type.getDimSize(axis)));
    }
    func::ReturnOp::create(at, shapes.getLoc(), values);
    shapes.setFunctionType(b.getFunctionType(sizes, SmallVector<Type>(values.size(), b.getIndexType())));
    symbols.insert(shapes, std::next(layer.func->getIterator()));
    return shapes;
  }

  // The sizes of results, made of those of arguments; false if they are not.
  bool addResults(func::FuncOp func, func::FuncOp shapes) {
    Operation *end = shapes.front().getTerminator();
    OpBuilder at(end);
    IRMapping copies;
    copies.map(func.getArguments().take_front(shapes.getNumArguments()), shapes.getArguments());
    std::function<bool(Value)> copy = [&](Value value) {
      if (copies.contains(value))
        return true;
      Operation *op = value.getDefiningOp();
      if (!op || op->getNumRegions() || !isMemoryEffectFree(op) || !llvm::all_of(op->getOperands(), copy))
        return false;
      at.clone(*op, copies);
      return true;
    };
    SmallVector<Value> sizes;
    for (auto [number, result] : llvm::enumerate(func.front().getTerminator()->getOperands())) {
      if (newStateOf(func, number)) // it has those of the argument
        continue;
      for (int64_t axis = 0; axis < cast<RankedTensorType>(result.getType()).getRank(); ++axis) {
        SmallVector<OpFoldResult> names = knownSizes(result, axis);
        auto *made = llvm::find_if(names, [&](OpFoldResult name) {
          auto value = dyn_cast<Value>(name);
          return !value || copy(value);
        });
        if (made == names.end())
          return false;
        auto value = dyn_cast<Value>(*made);
        sizes.push_back(value ? copies.lookup(value)
                              : getValueOrCreateConstantIndexOp(at, shapes.getLoc(), *made));
      }
    }
    end->insertOperands(end->getNumOperands(), sizes);
    shapes.setFunctionType(b.getFunctionType(shapes.getArgumentTypes(), end->getOperandTypes()));
    return true;
  }

  // Gives the weights as they are.
  void makePrepare(Layer &layer) {
    func::FuncOp func = layer.func;
    SmallVector<Type> types(ArrayRef(func.getArgumentTypes()).take_back(layer.weights.size()));
    layer.prepare = func::FuncOp::create(func.getLoc(), (func.getSymName() + ".prepare").str(),
                                         b.getFunctionType(types, types));
    layer.prepare.setPrivate();
    layer.prepare.setNoInline(true);
    layer.prepare->setAttr(attrs::prepare, b.getUnitAttr());
    Block *block = layer.prepare.addEntryBlock();
    OpBuilder at = OpBuilder::atBlockEnd(block);
    func::ReturnOp::create(at, func.getLoc(), block->getArguments());
    symbols.insert(layer.prepare, func->getIterator());
    func->setAttr(attrs::preparedBy, FlatSymbolRefAttr::get(layer.prepare.getNameAttr()));
  }

  //===--------------------------------------------------------------------===//
  // Calls
  //===--------------------------------------------------------------------===//

  // Whether each axis is known to have the size here that it has at the first call, where sizes got their
  // numbers.
  static bool agrees(const Layer &layer, func::CallOp call) {
    return llvm::all_of(layer.sizeOfAxis, [&](const auto &entry) {
      auto [axis, number] = entry;
      if (number < layer.sizes.size())
        return haveCommon(knownSizes(call.getOperand(axis.first), axis.second),
                          getAsOpFoldResult(call.getOperand(layer.sizes[number])));
      auto [i, same] = layer.newSizes[number - layer.sizes.size()];
      return axis == std::pair(i, same) || haveCommon(knownSizes(call.getOperand(axis.first), axis.second),
                                                      knownSizes(call.getOperand(i), same));
    });
  }

  void rewrite(Layer &layer, func::CallOp call) {
    layer.isFormed &= agrees(layer, call);
    OpBuilder at(call);
    SmallVector<Value> operands, weights;
    for (unsigned i : layer.sizes)
      operands.push_back(call.getOperand(i));
    for (auto [i, axis] : layer.newSizes)
      operands.push_back(getValueOrCreateConstantIndexOp(
          at, call.getLoc(), sizeOf(at, call.getLoc(), call.getOperand(i), axis)));
    for (unsigned i : layer.tensors)
      operands.push_back(call.getOperand(i));
    for (unsigned i : layer.weights)
      weights.push_back(call.getOperand(i));
    if (layer.prepare && !weights.empty()) {
      // Calls with the same weights share what is prepared.
      auto *prepared = llvm::find_if(layer.preparations, [&](func::CallOp other) {
        return other->getBlock() == call->getBlock() && llvm::equal(other.getOperands(), weights);
      });
      if (prepared == layer.preparations.end()) {
        layer.preparations.push_back(func::CallOp::create(at, call.getLoc(), layer.prepare, weights));
        prepared = std::prev(layer.preparations.end());
      }
      weights.assign(prepared->result_begin(), prepared->result_end());
    }
    operands.append(weights);
    auto made = func::CallOp::create(at, call.getLoc(), layer.func, operands);
    call.replaceAllUsesWith(made);
    call.erase();
  }

  // For the inliner.
  void drop(Layer &layer) {
    layer.func.setNoInline(false);
    for (StringRef name : {attrs::layer, attrs::shapes, attrs::preparedBy})
      layer.func->removeAttr(name);
    for (unsigned i = 0; i < layer.func.getNumArguments(); ++i)
      layer.func.setArgAttrs(i, ArrayRef<NamedAttribute>());
    for (unsigned i = 0; i < layer.func.getNumResults(); ++i)
      layer.func.setResultAttrs(i, ArrayRef<NamedAttribute>());
    if (layer.prepare) {
      layer.prepare.setNoInline(false);
      layer.prepare->removeAttr(attrs::prepare);
    }
  }

  ModuleOp module;
  SymbolTable symbols;
  Builder b;
  ScannedLayers scans;
  llvm::MapVector<StringRef, Layer> layers;
  DenseSet<Operation *> visited, formed;
  SmallVector<Layer *> calleesFirst;
  SmallVector<DictionaryAttr> attributes;
};

struct FormLayers : rondo::impl::FormLayersBase<FormLayers> {
  void runOnOperation() override { Former(getOperation()).run(); }
};

} // namespace
