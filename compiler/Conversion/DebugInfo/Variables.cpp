// A variable of the program is an array in C's order. On the stack it is an object: the address of its
// elements, then those sizes that are known only when it runs; its type says how to read them.
// Without an address it is `<not associated>`.
#include "compiler/Conversion/DebugInfo/Variables.h"
#include "mlir/Conversion/LLVMCommon/MemRefBuilder.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Interfaces/DestinationStyleOpInterface.h"
#include "mlir/Interfaces/ViewLikeInterface.h"
#include "llvm/BinaryFormat/Dwarf.h"

using namespace mlir;
using namespace rondo;
namespace dw = llvm::dwarf;

//===----------------------------------------------------------------------===//
// Definitions
//===----------------------------------------------------------------------===//

// Is a buffer the tensor that the source named?
static bool fits(Type type, ShapedType tensor) {
  auto buffer = dyn_cast<MemRefType>(type);
  return buffer && buffer.getElementType() == tensor.getElementType() &&
         succeeded(verifyCompatibleShape(buffer.getShape(), tensor.getShape()));
}

// Are rows whose sizes are known only when the program runs without gaps? What loops carry is, and so is a
// row of a stack; of other parts nobody knows.
static bool isDense(Value home) {
  auto type = dyn_cast<MemRefType>(home.getType());
  auto part = home.getDefiningOp<memref::SubViewOp>();
  if (!type || type.getLayout().isIdentity() || isa<BlockArgument>(home) || type.hasStaticShape() ||
      type.getRank() == 1)
    return true;
  return part && part.getSourceType().getRank() == type.getRank() + 1 && part.isDynamicOffset(0) &&
         llvm::all_of(part.getStaticOffsets().drop_front(), [](int64_t offset) { return offset == 0; });
}

static void add(std::vector<Definition> &all, Operation *after, Value home, Location loc, unsigned number) {
  if (!isDense(home))
    return;
  for (SourceName &name : namesOf(loc, number))
    if (fits(home.getType(), name.type))
      all.push_back({after, home, std::move(name)});
}

// What an operation writes: destinations of results, in their order.
static SmallVector<Value> writtenBy(Operation *op) {
  if (auto copy = dyn_cast<memref::CopyOp>(op))
    return {copy.getTarget()};
  if (auto destinations = dyn_cast<DestinationStyleOpInterface>(op))
    return llvm::to_vector_of<Value>(destinations.getDpsInits());
  return {};
}

static ValueRange carriedBy(Operation *op) {
  if (auto loop = dyn_cast<scf::ForOp>(op))
    return loop.getRegionIterArgs();
  if (auto loop = dyn_cast<scf::WhileOp>(op))
    return loop.getAfterArguments();
  return {};
}

std::vector<Definition> rondo::findDefinitions(FunctionOpInterface function, bool every) {
  std::vector<Definition> all;
  for (BlockArgument arg : function.getArguments())
    for (SourceName &name : namesOf(arg.getLoc(), 0))
      if (arg.getType().isIndex())
        all.push_back({nullptr, arg, std::move(name), arg.getArgNumber() + 1});
  function->walk<WalkOrder::PreOrder>([&](Operation *op) {
    for (Value value : carriedBy(op))
      add(all, nullptr, value, value.getLoc(), 0);
    if (auto cast = dyn_cast<UnrealizedConversionCastOp>(op)) // an argument, as the boundary made it
      for (OpResult result : cast->getResults())
        add(all, op, result, op->getLoc(), 0);
    if (!every)
      return;
    if (!isa<UnrealizedConversionCastOp>(op))
      for (OpResult result : op->getResults())
        add(all, op, result, op->getLoc(), result.getResultNumber());
    for (auto [i, value] : llvm::enumerate(writtenBy(op)))
      add(all, op, value, op->getLoc(), i);
  });
  return all;
}

//===----------------------------------------------------------------------===//
// Types
//===----------------------------------------------------------------------===//

static LLVM::DITypeAttr elementType(MLIRContext *ctx, Type type) {
  auto basic = [&](StringRef name, unsigned bits, unsigned encoding) -> LLVM::DITypeAttr {
    return LLVM::DIBasicTypeAttr::get(ctx, dw::DW_TAG_base_type, StringAttr::get(ctx, name), bits, encoding);
  };
  if (type.isBF16())
    return basic("__bf16", 16, dw::DW_ATE_float);
  if (type.isF16())
    return basic("_Float16", 16, dw::DW_ATE_float);
  if (type.isF32())
    return basic("float", 32, dw::DW_ATE_float);
  if (type.isF64())
    return basic("double", 64, dw::DW_ATE_float);
  if (type.isInteger(1))
    return basic("bool", 8, dw::DW_ATE_boolean);
  if (type.isIndex())
    return basic("int64_t", 64, dw::DW_ATE_signed);
  if (auto integer = dyn_cast<IntegerType>(type))
    return basic(("int" + Twine(integer.getWidth()) + "_t").str(), integer.getWidth(), dw::DW_ATE_signed);
  return {};
}

LLVM::DIExpressionAttr Variables::expression(ArrayRef<std::pair<unsigned, uint64_t>> operations) {
  SmallVector<LLVM::DIExpressionElemAttr> elements;
  for (auto [code, operand] : operations)
    elements.push_back(LLVM::DIExpressionElemAttr::get(
        ctx, code, code == dw::DW_OP_plus_uconst ? ArrayRef(operand) : ArrayRef<uint64_t>()));
  return LLVM::DIExpressionAttr::get(ctx, elements);
}

std::optional<Variables::Described> Variables::describeType(Type type) {
  Described described;
  if (type.isIndex()) {
    described.type = elementType(ctx, type);
    return described;
  }
  auto buffer = cast<MemRefType>(type);
  LLVM::DITypeAttr element = elementType(ctx, buffer.getElementType());
  SmallVector<int64_t> strides;
  int64_t offset;
  if (!element || failed(buffer.getStridesAndOffset(strides, offset)))
    return std::nullopt;
  auto addressOf = [&](unsigned tag, LLVM::DITypeAttr type) -> LLVM::DITypeAttr {
    return LLVM::DIDerivedTypeAttr::get(ctx, tag, nullptr, type, 0, 0, 0, std::nullopt, nullptr);
  };
  if (buffer.getRank() == 0) {
    described.type = onStack ? element : addressOf(dw::DW_TAG_reference_type, element);
    return described;
  }

  // From the innermost axis outwards: an array of the axes so far, whose size is `dense` elements.
  LLVM::DITypeAttr inner = element;
  SmallVector<LLVM::DINodeAttr> axes; // of the array around `inner`
  int64_t bytes = (buffer.getElementTypeBitWidth() + 7) / 8, dense = 1;
  auto array = [&](LLVM::DIExpressionAttr address) -> LLVM::DITypeAttr {
    if (axes.empty())
      return inner;
    return LLVM::DICompositeTypeAttr::get(ctx, dw::DW_TAG_array_type, nullptr, nullptr, 0, nullptr, inner,
                                          LLVM::DIFlags::Zero, 0, 0, address, nullptr, nullptr, address,
                                          axes);
  };
  for (int64_t axis = buffer.getRank() - 1; axis >= 0; --axis) {
    bool isKnown = !ShapedType::isDynamic(dense), isDense = !isKnown || strides[axis] == dense;
    if (ShapedType::isDynamic(strides[axis]) && isKnown && buffer.getDimSize(axis) != 1)
      return std::nullopt;
    if (!isDense && buffer.getDimSize(axis) != 1) {
      // Rows with gaps. Debuggers are not at home in arrays with strides, but in structs of any size.
      if (strides[axis] < dense)
        return std::nullopt;
      auto row = LLVM::DIDerivedTypeAttr::get(ctx, dw::DW_TAG_member, StringAttr::get(ctx, "row"),
                                              array(nullptr), dense * bytes * 8, 0, 0, std::nullopt, nullptr);
      inner = LLVM::DICompositeTypeAttr::get(ctx, dw::DW_TAG_structure_type, nullptr, nullptr, 0, nullptr,
                                             nullptr, LLVM::DIFlags::Zero, strides[axis] * bytes * 8, 0,
                                             nullptr, nullptr, nullptr, nullptr, {row});
      axes.clear();
      dense = strides[axis];
    }
    Attribute count;
    if (!buffer.isDynamicDim(axis)) {
      count = IntegerAttr::get(IntegerType::get(ctx, 64), buffer.getDimSize(axis));
      dense = ShapedType::isDynamic(dense) ? dense : dense * buffer.getDimSize(axis);
    } else if (onStack) {
      uint64_t at = 8 * (1 + described.sizes.size()); // the next number behind the address
      count =
          expression({{dw::DW_OP_push_object_address, 0}, {dw::DW_OP_plus_uconst, at}, {dw::DW_OP_deref, 0}});
      described.sizes.push_back(axis);
      dense = ShapedType::kDynamic;
    } else {
      // Rows without a number are behind a pointer.
      described.type = addressOf(dw::DW_TAG_pointer_type, array(nullptr));
      return described;
    }
    axes.insert(axes.begin(), LLVM::DISubrangeAttr::get(ctx, count, nullptr, nullptr, nullptr));
  }
  // What is told of values is the address: a register may hold it or a sum, but never the elements.
  described.type = onStack ? array(expression({{dw::DW_OP_push_object_address, 0}, {dw::DW_OP_deref, 0}}))
                           : addressOf(dw::DW_TAG_reference_type, array(nullptr));
  return described;
}

//===----------------------------------------------------------------------===//
// Slots
//===----------------------------------------------------------------------===//

Variables::Variables(FunctionOpInterface function, LLVM::DISubprogramAttr subprogram, Scopes &scopes,
                     bool onStack)
    : function(function), subprogram(subprogram), scopes(scopes), onStack(onStack),
      ctx(function.getContext()), own(function.getLoc()), types(ctx),
      head(OpBuilder::atBlockBegin(&function.getFunctionBody().front())) {}

Value Variables::constant(OpBuilder &b, Location loc, int64_t value) {
  return LLVM::ConstantOp::create(b, loc, b.getI64Type(), b.getI64IntegerAttr(value));
}

Variables::Slot &Variables::slotOf(const Definition &definition, const Described &described) {
  ScopedPlace at = scopes.find(definition.name.frames, subprogram);
  // A name that is given to something else is another variable, h$2.
  std::string name = definition.name.name.str();
  auto &known = shadowed[{const_cast<void *>(at.scope.getAsOpaquePointer()), name}];
  auto *same = llvm::find(known, described.type);
  if (same != known.begin() && !known.empty())
    name += "$" + std::to_string(same - known.begin() + 1);
  if (same == known.end())
    known.push_back(described.type);

  // One line for all places in which it is assigned.
  unsigned line = 0;
  LLVM::DIFileAttr file = scopes.file(at.place.getFilename());
  auto variable = LLVM::DILocalVariableAttr::get(at.scope, name, file, line, definition.argument,
                                                 /*alignInBits=*/0, described.type, LLVM::DIFlags::Zero);
  void *callers = at.callers ? const_cast<void *>(at.callers.getAsOpaquePointer()) : nullptr;
  auto [place, isNew] = slots.try_emplace({const_cast<void *>(variable.getAsOpaquePointer()), callers},
                                          Slot{variable, at.location, Value(), described});
  Slot &slot = place->second;
  if (!isNew || !onStack)
    return slot;
  int64_t numbers = 1 + described.sizes.size();
  Value one = constant(head, own, 1);
  auto type = LLVM::LLVMArrayType::get(head.getI64Type(), numbers);
  slot.memory = LLVM::AllocaOp::create(head, own, LLVM::LLVMPointerType::get(ctx), type, one,
                                       /*alignment=*/8);
  // An object with an address of its elements says so in its type; a scalar has no such type.
  bool isScalar =
      !definition.home.getType().isIndex() && cast<MemRefType>(definition.home.getType()).getRank() == 0;
  LLVM::DbgDeclareOp::create(head, slot.declared, slot.memory, variable,
                             isScalar ? expression({{dw::DW_OP_deref, 0}}) : expression({}));
  if (!definition.argument)
    forget(head, own, slot);
  return slot;
}

void Variables::forget(OpBuilder &b, Location loc, Slot &slot) {
  LLVM::StoreOp::create(b, loc, constant(b, loc, 0), slot.memory);
}

void Variables::define(OpBuilder &b, Location loc, const Definition &definition, Slot &slot) {
  Value value;
  std::optional<MemRefDescriptor> buffer;
  if (definition.home.getType().isIndex()) {
    value = arith::IndexCastOp::create(b, loc, b.getI64Type(), definition.home);
  } else {
    auto type = cast<MemRefType>(definition.home.getType());
    Value whole =
        UnrealizedConversionCastOp::create(b, loc, types.convertType(type), definition.home).getResult(0);
    buffer.emplace(whole);
    // Of what is carried the address is taken where the code takes it: see Emit/CarriedVariables.h.
    value = !onStack && !definition.after ? whole : buffer->bufferPtr(b, loc, types, type);
  }
  if (!onStack) {
    LLVM::DbgValueOp::create(b, slot.declared, value, slot.variable, expression({}));
    return;
  }
  LLVM::StoreOp::create(b, loc, value, slot.memory);
  unsigned next = 1;
  auto store = [&](Value number) {
    Value at = LLVM::GEPOp::create(b, loc, LLVM::LLVMPointerType::get(ctx), b.getI64Type(), slot.memory,
                                   ArrayRef<LLVM::GEPArg>{int32_t(next++)});
    LLVM::StoreOp::create(b, loc, number, at);
  };
  // In the order in which describeType counts them.
  auto type = dyn_cast<MemRefType>(definition.home.getType());
  for (int64_t axis = type ? type.getRank() - 1 : -1; axis >= 0; --axis)
    if (llvm::is_contained(slot.described.sizes, axis))
      store(buffer->size(b, loc, axis));
}

//===----------------------------------------------------------------------===//
// Life
//===----------------------------------------------------------------------===//

static Value originOf(Value buffer) {
  while (Operation *op = buffer.getDefiningOp()) {
    if (isa<memref::ViewOp>(op)) // a place in the arena
      break;
    if (auto view = dyn_cast<ViewLikeOpInterface>(op))
      buffer = view.getViewSource();
    else if (auto cast = dyn_cast<memref::CastOp>(op))
      buffer = cast.getSource();
    else
      break;
  }
  return buffer;
}

// Do two places in memory overlap? The arena's dynamic slots lie behind what is static.
static bool overlap(Value a, Value b) {
  if (a == b)
    return true;
  auto first = a.getDefiningOp<memref::ViewOp>(), second = b.getDefiningOp<memref::ViewOp>();
  if (!first || !second || first.getSource() != second.getSource())
    return false;
  if (first.getByteShift() == second.getByteShift())
    return true;
  std::optional<int64_t> from = getConstantIntValue(first.getByteShift()),
                         other = getConstantIntValue(second.getByteShift());
  if (!from || !other || !first.getType().hasStaticShape() || !second.getType().hasStaticShape())
    return from.has_value() == other.has_value() && from.has_value();
  auto bytes = [](MemRefType type) {
    return type.getNumElements() * ((type.getElementTypeBitWidth() + 7) / 8);
  };
  return *from < *other + bytes(second.getType()) && *other < *from + bytes(first.getType());
}

void Variables::forgetOverwritten(const std::vector<std::pair<Definition, Slot *>> &defined) {
  function->walk([&](Operation *op) {
    SmallVector<Value> written = writtenBy(op);
    if (written.empty())
      return;
    llvm::SmallPtrSet<Slot *, 4> forgotten;
    for (auto &[definition, slot] : defined) {
      if (definition.argument || definition.home.getType().isIndex())
        continue;
      Value home = originOf(definition.home);
      bool isHit = llvm::any_of(written, [&](Value value) { return overlap(originOf(value), home); });
      if (!isHit || !forgotten.insert(slot).second)
        continue;
      OpBuilder b(op);
      forget(b, op->getLoc(), *slot);
    }
  });
  // What a step names ends with it.
  for (auto &[definition, slot] : defined) {
    Value home = definition.home;
    Operation *user = definition.after ? definition.after : home.getParentBlock()->getParentOp();
    auto loop =
        definition.after ? user->getParentOfType<LoopLikeOpInterface>() : dyn_cast<LoopLikeOpInterface>(user);
    if (!loop)
      continue;
    OpBuilder b(loop);
    b.setInsertionPointAfter(loop);
    forget(b, loop->getLoc(), *slot);
    if (definition.after) {
      Block *body = definition.after->getBlock();
      b.setInsertionPointToStart(body);
      forget(b, loop->getLoc(), *slot); // before the first line of the step
    }
  }
}

// A view that was moved out of a loop is there before its elements are.
static bool isTooEarly(const Definition &definition, FunctionOpInterface function) {
  Operation *op = definition.after;
  if (!op || !isa<ViewLikeOpInterface>(op))
    return false;
  Value home = originOf(definition.home);
  WalkResult walk = function->walk([&](Operation *other) {
    auto loop = other->getParentOfType<LoopLikeOpInterface>();
    if (!loop || loop->isAncestor(op))
      return WalkResult::advance();
    bool isHit = llvm::any_of(writtenBy(other), [&](Value value) { return overlap(originOf(value), home); });
    return isHit ? WalkResult::interrupt() : WalkResult::advance();
  });
  return walk.wasInterrupted();
}

void Variables::describe(const std::vector<Definition> &definitions) {
  std::vector<std::pair<Definition, Slot *>> defined;
  for (const Definition &definition : definitions) {
    std::optional<Described> described = describeType(definition.home.getType());
    if (described && !(onStack && isTooEarly(definition, function)))
      defined.emplace_back(definition, &slotOf(definition, *described));
  }
  // What is forgotten at the beginning of a step stands before what is defined there.
  if (onStack)
    forgetOverwritten(defined);
  for (auto &[definition, slot] : defined) {
    OpBuilder b(ctx);
    if (definition.after) {
      b.setInsertionPointAfter(definition.after);
      define(b, definition.after->getLoc(), definition, *slot);
      continue;
    }
    Value home = definition.home;
    Block *block = home.getParentBlock();
    if (block->getParentOp() == function) {
      define(head, own, definition, *slot);
      continue;
    }
    Operation *at = &block->front();
    while (isa<LLVM::StoreOp, LLVM::ConstantOp>(at))
      at = at->getNextNode();
    b.setInsertionPoint(at);
    define(b, block->getParentOp()->getLoc(), definition, *slot);
  }
}
