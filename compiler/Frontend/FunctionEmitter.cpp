// Sizes, weights and preconditions of a function.
#include "compiler/Frontend/FunctionEmitter.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace rondo::sema {

FunctionEmitter::FunctionEmitter(func::FuncOp function, bool isEntry, SizeContext &sizes)
    : function(function), builder(OpBuilder::atBlockEnd(&function.getBody().front())), loc(function.getLoc()),
      isEntry(isEntry), sizes(sizes), facts(sizes) {}

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
    value = atHead([&]() -> mlir::Value {
      auto constant = [&](int64_t v) { return create<arith::ConstantIndexOp>(v); };
      switch (atom->kind) {
      case SizeAtom::Min:
        return create<arith::MinSIOp>(a, b);
      case SizeAtom::Max:
        return create<arith::MaxSIOp>(a, b);
      case SizeAtom::FloorDiv:
      case SizeAtom::Quotient:
        if (atom->rhs.isConstant())
          return create<arith::FloorDivSIOp>(a, b);
        break;
      default:
        break;
      }
      // A divisor of zero gives 0.
      mlir::Value zero = constant(0);
      mlir::Value divisor = b;
      mlir::Value isZero;
      if (!atom->rhs.isConstant()) {
        isZero = create<arith::CmpIOp>(arith::CmpIPredicate::eq, b, zero);
        divisor = create<arith::SelectOp>(isZero, constant(1), b);
      }
      mlir::Value result = create<arith::FloorDivSIOp>(a, divisor);
      if (atom->kind == SizeAtom::Mod)
        result = create<arith::SubIOp>(a, create<arith::MulIOp>(result, divisor));
      return isZero ? create<arith::SelectOp>(isZero, zero, result) : result;
    });
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
  auto known = emitted.find(size);
  if (known != emitted.end())
    return known->second;

  mlir::Value sum;
  if (size.isConstant()) {
    sum = atHead([&]() -> mlir::Value { return create<arith::ConstantIndexOp>(size.constant()); });
  } else {
    for (const Size::Term &term : size.getTerms()) {
      mlir::Value product;
      for (const SizeAtom *atom : term.atoms) {
        mlir::Value factor = atomValue(atom);
        product = product ? atHead([&]() -> mlir::Value { return create<arith::MulIOp>(product, factor); })
                          : factor;
      }
      if (term.coefficient != 1 || !product) {
        mlir::Value factor = this->size(Size(term.coefficient));
        product = product ? atHead([&]() -> mlir::Value { return create<arith::MulIOp>(product, factor); })
                          : factor;
      }
      sum = sum ? atHead([&]() -> mlir::Value { return create<arith::AddIOp>(sum, product); }) : product;
    }
  }
  emitted[size] = sum;
  return sum;
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
      value = atHead(
          [&]() -> mlir::Value { return ParamOp::create(builder, place, type, weight->key, weight->init); });
    } else {
      value = function.getBody().front().insertArgument(sizeArguments.size() + weightArguments.size(), type,
                                                        function.getLoc());
      weightArguments.push_back(weight);
    }
  }
  return {value, weight->dtype, shape};
}

//===----------------------------------------------------------------------===//
// Preconditions
//===----------------------------------------------------------------------===//

void FunctionEmitter::require(Precondition condition) {
  auto same = [&](const Precondition &other) {
    return other.kind == condition.kind && other.size == condition.size &&
           other.divisor == condition.divisor && other.loops == condition.loops &&
           other.message == condition.message;
  };
  if (llvm::none_of(preconditions, same))
    preconditions.push_back(std::move(condition));
}

void FunctionEmitter::requireNonNegative(const Size &size, const Twine &message) {
  if (!isNonNegative(size) && !isNonNegative(facts.normalize(size)))
    require({Precondition::NonNegative, size, Size(), loops, message.str(), loc});
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
