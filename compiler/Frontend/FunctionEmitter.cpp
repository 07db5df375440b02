// Sizes, weights and preconditions of a function.
#include "compiler/Frontend/FunctionEmitter.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace rondo::sema {

FunctionEmitter::FunctionEmitter(func::FuncOp function, bool isEntry, SizeContext &sizes)
    : function(function), builder(OpBuilder::atBlockEnd(&function.getBody().front())), loc(function.getLoc()),
      isEntry(isEntry), sizes(sizes), facts(sizes), stateScopes{{&function.getBody().front(), {}}} {}

template <typename F> mlir::Value FunctionEmitter::atHead(F emit) {
  OpBuilder::InsertionGuard guard(builder);
  LocationScope at(*this, function.getLoc());
  if (headEnd)
    builder.setInsertionPointAfter(headEnd);
  else
    builder.setInsertionPointToStart(&function.getBody().front());
  mlir::Value value = emit();
  if (Operation *op = value.getDefiningOp())
    if (!headEnd || headEnd->isBeforeInBlock(op))
      headEnd = op;
  return value;
}

mlir::Value FunctionEmitter::atomValue(const SizeAtom *atom) {
  auto known = atoms.find(atom);
  if (known != atoms.end())
    return known->second;

  mlir::Value value;
  if (atom->kind == SizeAtom::Hyper) { // nothing that stays is emitted
    value = atHead([&]() -> mlir::Value { return create<arith::ConstantIndexOp>(0); });
  } else if (atom->isBase()) {
    assert(!isEntry && "an entry point binds its dimension variables itself");
    unsigned place = sizeArguments.size();
    value = function.getBody().front().insertArgument(place, builder.getIndexType(), function.getLoc());
    sizeArguments.push_back(atom);
  } else {
    mlir::Value a = size(atom->lhs), b = size(atom->rhs);
    auto compute = [&]() -> mlir::Value {
      auto constant = [&](int64_t v) { return create<arith::ConstantIndexOp>(v); };
      if (atom->kind == SizeAtom::Min)
        return create<arith::MinSIOp>(a, b);
      if (atom->kind == SizeAtom::Max)
        return create<arith::MaxSIOp>(a, b);
      // As of tensors, a divisor of zero gives 0, and the least integer divided by -1 wraps.
      mlir::Value isZero, isMinusOne, divisor = b;
      if (!atom->rhs.isConstant() || atom->rhs.constant() == -1) {
        auto is = [&](int64_t v) { return create<arith::CmpIOp>(arith::CmpIPredicate::eq, b, constant(v)); };
        isZero = is(0);
        isMinusOne = is(-1);
        divisor = create<arith::SelectOp>(create<arith::OrIOp>(isZero, isMinusOne), constant(1), b);
      }
      mlir::Value result = create<arith::FloorDivSIOp>(a, divisor);
      if (atom->kind == SizeAtom::Mod)
        result = create<arith::SubIOp>(a, create<arith::MulIOp>(result, divisor));
      else if (isMinusOne)
        result = create<arith::SelectOp>(isMinusOne, create<arith::SubIOp>(constant(0), a), result);
      return isZero ? create<arith::SelectOp>(isZero, constant(0), result) : result;
    };
    if (Size(atom).hasLate())
      return compute();
    value = atHead(compute);
  }
  atoms[atom] = value;
  return value;
}

mlir::Value FunctionEmitter::extractSlice(DType dtype, ArrayRef<Size> shape, mlir::Value source,
                                          ArrayRef<OpFoldResult> offsets, ArrayRef<OpFoldResult> sizes,
                                          ArrayRef<OpFoldResult> steps) {
  RankedTensorType result = type(dtype, shape);
  if (llvm::is_contained(result.getShape(), 0))
    return create<tensor::EmptyOp>(result, dynamicSizes(shape));
  return create<tensor::ExtractSliceOp>(result, source, offsets, sizes, steps);
}

mlir::Value FunctionEmitter::size(const Size &size) {
  if (size.isTooLarge()) // a shape has it too, and is refused
    return this->size(Size(0));
  auto known = emitted.find(size);
  if (known != emitted.end())
    return known->second;

  // One that is known late is computed where it is used.
  bool isLate = size.hasLate();
  auto place = [&](auto emit) { return isLate ? emit() : atHead(emit); };
  mlir::Value sum;
  if (size.isConstant()) {
    sum = atHead([&]() -> mlir::Value { return create<arith::ConstantIndexOp>(size.constant()); });
  } else {
    for (const Size::Term &term : size.getTerms()) {
      mlir::Value product;
      for (const SizeAtom *atom : term.atoms) {
        mlir::Value factor = atomValue(atom);
        product =
            product ? place([&]() -> mlir::Value { return create<arith::MulIOp>(product, factor); }) : factor;
      }
      if (term.coefficient != 1 || !product) {
        mlir::Value factor = this->size(Size(term.coefficient));
        product =
            product ? place([&]() -> mlir::Value { return create<arith::MulIOp>(product, factor); }) : factor;
      }
      sum = sum ? place([&]() -> mlir::Value { return create<arith::AddIOp>(sum, product); }) : product;
    }
  }
  if (!isLate)
    emitted[size] = sum;
  return sum;
}

std::optional<Size> FunctionEmitter::sizeOf(mlir::Value index) const {
  for (auto &[size, value] : emitted)
    if (value == index)
      return size;
  for (auto &[atom, value] : atoms)
    if (value == index && !Size(atom).hasLate())
      return Size(atom);
  return std::nullopt;
}

OpFoldResult FunctionEmitter::sizeOrConstant(const Size &size) {
  if (size.isConstant())
    return builder.getIndexAttr(size.constant());
  return this->size(size);
}

SmallVector<mlir::Value> FunctionEmitter::dynamicSizes(ArrayRef<Size> shape) {
  SmallVector<mlir::Value> values;
  for (const Size &size : shape)
    if (!size.isConstant())
      values.push_back(this->size(size));
  return values;
}

SmallVector<OpFoldResult> FunctionEmitter::mixedSizes(ArrayRef<Size> shape) {
  return llvm::map_to_vector(shape, [&](const Size &size) { return sizeOrConstant(size); });
}

RankedTensorType FunctionEmitter::type(DType dtype, ArrayRef<Size> shape) {
  SmallVector<int64_t> sizes = llvm::map_to_vector(
      shape, [](const Size &size) { return size.isConstant() ? size.constant() : ShapedType::kDynamic; });
  return RankedTensorType::get(sizes, elementType(context(), dtype));
}

Tensor FunctionEmitter::weight(const Weight *weight) {
  const Shape &shape = weight->shape;
  mlir::Value &value = weights[weight];
  if (!value) {
    RankedTensorType type = this->type(weight->dtype, shape);
    if (isEntry) {
      Location place = NameLoc::get(builder.getStringAttr(weight->key), loc);
      value = atHead([&]() -> mlir::Value {
        auto param = ParamOp::create(builder, place, type, weight->key, weight->init);
        if (weight->decl->role == ast::VariableDecl::Role::Buffer)
          param->setAttr("rondo.buffer", builder.getUnitAttr());
        if (weight->dtype == DType::U8)
          param->setAttr("rondo.unsigned", builder.getUnitAttr());
        return param;
      });
    } else {
      value = function.getBody().front().insertArgument(sizeArguments.size() + weightArguments.size(), type,
                                                        function.getLoc());
      weightArguments.push_back(weight);
    }
  }
  return {value, weight->dtype, shape};
}

StateValue &FunctionEmitter::state(const State *state, ArrayRef<Size> shape) {
  RankedTensorType type = this->type(state->dtype, shape);
  auto name = VariableAttr::get(context(), builder.getStringAttr(state->decl->name.text), 0, type, loc);
  Location place =
      FusedLoc::get(context(), {NameLoc::get(builder.getStringAttr(state->key), function.getLoc())}, name);
  auto isBehind = [&](const auto &other) { return other.first->key > state->key; };
  for (StateScope &scope : stateScopes) {
    auto [found, isNew] = scope.states.try_emplace(state);
    if (!isNew)
      continue;
    unsigned position = scope.block->getNumArguments();
    if (&scope == &stateScopes.front())
      position = isEntry ? position - llvm::count_if(scope.states, isBehind)
                         : sizeArguments.size() + weightArguments.size() + scope.states.size() - 1;
    mlir::Value argument = scope.block->insertArgument(position, type, place);
    found->second.old = found->second.now = Tensor{argument, state->dtype, Shape(shape)};
  }
  return stateScopes.back().states[state];
}

std::vector<std::pair<const State *, StateValue>> FunctionEmitter::statesByKey() const {
  const auto &met = stateScopes.front().states;
  std::vector<std::pair<const State *, StateValue>> states(met.begin(), met.end());
  llvm::sort(states, [](const auto &a, const auto &b) { return a.first->key < b.first->key; });
  return states;
}

//===----------------------------------------------------------------------===//
// Preconditions
//===----------------------------------------------------------------------===//

static bool isSame(const Precondition &a, const Precondition &b) {
  return a.kind == b.kind && a.size == b.size && a.divisor == b.divisor && a.loops == b.loops &&
         a.message == b.message;
}

void FunctionEmitter::require(Precondition condition) {
  // A loop that may turn out to have no step counts as one that has.
  for (Size &loop : condition.loops)
    loop = sizes.most(loop).value_or(Size(1));
  if (condition.size.hasLate() || condition.divisor.hasLate()) {
    if (!requireLate(condition))
      declined.push_back("a size that is known only afterwards cannot be checked here: " + condition.message);
    return;
  }
  auto same = [&](const Precondition &other) { return isSame(condition, other); };
  if (llvm::none_of(preconditions, same))
    preconditions.push_back(std::move(condition));
}

//===----------------------------------------------------------------------===//
// Late sizes
//===----------------------------------------------------------------------===//

Size FunctionEmitter::lateSize(StringRef name, mlir::Value count, const Size &most) {
  mlir::Value bound = size(most);
  const SizeAtom *atom = sizes.makeLate(name, most);
  auto clamp = create<arith::MinUIOp>(count, bound);
  atoms[atom] = clamp;
  lateSizes.push_back({atom, count, clamp});
  return Size(atom);
}

bool FunctionEmitter::requireLate(const Precondition &condition) {
  auto same = [&](const Precondition &other) { return isSame(condition, other); };
  if (llvm::any_of(checkedLate, same))
    return true;
  checkedLate.push_back(condition);

  if (condition.kind == Precondition::Divisible && condition.divisor.isConstant() &&
      condition.divisor.constant() > 0) {
    mlir::Value rest = size(sizes.mod(condition.size, condition.divisor));
    mlir::Value ok = create<arith::CmpIOp>(arith::CmpIPredicate::eq, rest, size(Size(0)));
    CheckOp::create(builder, condition.loc, ok, condition.message);
    return true;
  }
  if (condition.kind != Precondition::NonNegative)
    return false;
  if (std::optional<Size> least = sizes.least(condition.size); least && isNonNegative(*least))
    return true;

  // What a caller knows the caller checks.
  auto madeHere = [&](const SizeAtom *atom) {
    return llvm::find_if(lateSizes, [&](const LateSize &late) { return late.atom == atom; });
  };
  bool isCallers = !isEntry;
  condition.size.visitBaseAtoms(
      [&](const SizeAtom *atom) { isCallers &= madeHere(atom) == lateSizes.end(); });
  if (isCallers) {
    preconditions.push_back(condition);
    return true;
  }

  // factor * late + rest >= 0
  Size rest = condition.size;
  const Size::Term *found = nullptr;
  for (const Size::Term &term : condition.size.getTerms())
    if (term.atoms.size() == 1 && term.coefficient > 0 && term.atoms[0]->kind == SizeAtom::Late)
      found = &term;
  if (!found || madeHere(found->atoms[0]) == lateSizes.end())
    return false;
  rest = rest - Size(found->coefficient) * Size(found->atoms[0]);
  if (rest.hasLate())
    return false;
  Size least = sizes.floorDiv(Size(found->coefficient - 1) - rest, Size(found->coefficient));
  raise(*madeHere(found->atoms[0]), least, condition);
  return true;
}

// Checks that a late size is at least `least`, and sees to it that it is, whatever the check says: so no
// slice is outside of its tensor.
void FunctionEmitter::raise(LateSize &late, const Size &least, const Precondition &condition) {
  Size most = late.atom->lhs;
  if (facts.normalize(most - least).isConstant() && facts.normalize(most - least).constant() < 0) {
    declined.push_back(condition.message + ", which is at most " + most.str());
    return;
  }
  mlir::Value wanted = size(sizes.max(least, Size(0))), skipped = anyLoopEmpty(condition.loops);
  {
    OpBuilder::InsertionGuard guard(builder);
    LocationScope at(*this, condition.loc);
    builder.setInsertionPoint(late.clamp);
    if (skipped)
      wanted = create<arith::SelectOp>(skipped, size(Size(0)), wanted);
    mlir::Value ok = create<arith::CmpIOp>(arith::CmpIPredicate::uge, late.count, wanted);
    CheckOp::create(builder, condition.loc, ok, condition.message);
    late.clamp->setOperand(0, create<arith::MaxUIOp>(late.clamp->getOperand(0), wanted));
  }
  if (!isNonNegative(most - least))
    require(
        {Precondition::NonNegative, most - least, Size(), condition.loops, condition.message, condition.loc});
}

// At the head of the function; null without loops.
mlir::Value FunctionEmitter::anyLoopEmpty(ArrayRef<Size> loops) {
  mlir::Value any;
  for (const Size &loop : loops) {
    mlir::Value steps = size(loop), zero = size(Size(0));
    any = atHead([&]() -> mlir::Value {
      mlir::Value empty = create<arith::CmpIOp>(arith::CmpIPredicate::eq, steps, zero);
      return any ? create<arith::OrIOp>(any, empty) : empty;
    });
  }
  return any;
}

void FunctionEmitter::requireNonNegative(const Size &size, const Twine &message) {
  if (!isNonNegative(size) && !isNonNegative(facts.normalize(size)))
    require({Precondition::NonNegative, size, Size(), loops, message.str(), loc});
  if (loops.empty()) // else it holds where they run only
    facts.addNonNegative(size);
}

mlir::Value FunctionEmitter::emit(const Precondition &condition) {
  mlir::Value size = this->size(condition.size), zero = this->size(Size(0)), divisor, remainder;
  if (condition.kind == Precondition::Divisible) {
    divisor = this->size(condition.divisor);
    remainder = this->size(sizes.mod(condition.size, condition.divisor));
  }
  SmallVector<mlir::Value> loops =
      llvm::map_to_vector(condition.loops, [&](const Size &n) { return this->size(n); });
  return atHead([&]() -> mlir::Value {
    LocationScope at(*this, condition.loc);
    auto compare = [&](arith::CmpIPredicate predicate, mlir::Value value) -> mlir::Value {
      return create<arith::CmpIOp>(predicate, value, zero);
    };
    mlir::Value ok;
    if (condition.kind == Precondition::Divisible)
      ok = create<arith::AndIOp>(compare(arith::CmpIPredicate::eq, remainder),
                                 compare(arith::CmpIPredicate::ne, divisor));
    else
      ok = compare(condition.kind == Precondition::Zero      ? arith::CmpIPredicate::eq
                   : condition.kind == Precondition::NonZero ? arith::CmpIPredicate::ne
                                                             : arith::CmpIPredicate::sge,
                   size);
    for (mlir::Value loop : loops)
      ok = create<arith::OrIOp>(ok, compare(arith::CmpIPredicate::eq, loop));
    return ok;
  });
}

void FunctionEmitter::checkPreconditions() {
  for (const Precondition &condition : preconditions) {
    mlir::Value ok = emit(condition);
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointAfter(headEnd);
    headEnd = CheckOp::create(builder, condition.loc, ok, condition.message);
  }
}

void FunctionEmitter::finish(ArrayRef<mlir::Value> results) {
  func::ReturnOp::create(builder, function.getLoc(), results);
  function.setType(
      builder.getFunctionType(function.getBody().front().getArgumentTypes(), ValueRange(results).getTypes()));
}

} // namespace rondo::sema
