// Promotion and broadcasting: what the operands of one operation become, so that
// it is elementwise on tensors of one type and shape.
#include "compiler/Frontend/EvaluatorImpl.h"

using namespace mlir;

namespace rondo::sema {

static std::optional<DType> promoteTypes(DType a, DType b) {
  if (a == b)
    return a;
  if (isFloat(a) != isFloat(b))
    return isFloat(a) ? a : b;
  if ((a == DType::U8 && b == DType::I8) || (a == DType::I8 && b == DType::U8))
    return std::nullopt;
  if ((a == DType::F16 && b == DType::BF16) || (a == DType::BF16 && b == DType::F16))
    return DType::F32;
  return std::max(a, b);
}

// As torch.result_type: tensors with axes decide before tensors of rank 0, and
// these before numbers, unless a later one is of a higher category.
std::optional<DType> Evaluator::promote(ArrayRef<Operand> operands, StringRef what, SourceRange range) {
  std::optional<DType> dims, zero, weak;
  for (const Operand &operand : operands) {
    std::optional<DType> *place = &weak;
    DType dtype = DType::I64;
    if (const Tensor *tensor = operand.value->get<Tensor>()) {
      place = tensor->rank() ? &dims : &zero;
      dtype = tensor->dtype;
    } else if (operand.value->is<Size>()) {
      place = &zero;
    } else if (operand.value->is<double>()) {
      dtype = DType::F32;
    } else if (operand.value->is<bool>()) {
      dtype = DType::Bool;
    }
    std::optional<DType> joined = *place ? promoteTypes(**place, dtype) : dtype;
    if (!joined) {
      error(range, what + ": u8 and i8 have no common element type; cast one of them");
      return std::nullopt;
    }
    *place = joined;
  }
  auto combine = [](std::optional<DType> higher, std::optional<DType> lower) -> std::optional<DType> {
    if (!higher || !lower)
      return higher ? higher : lower;
    if (isFloat(*higher))
      return higher;
    if (*higher == DType::Bool || isFloat(*lower))
      return promoteTypes(*higher, *lower);
    return higher;
  };
  return combine(dims, combine(zero, weak));
}

Tensor Evaluator::toTensor(const Value &array, std::optional<DType> weak) {
  if (const Tensor *tensor = array.get<Tensor>())
    return *tensor;
  if (const Size *size = array.get<Size>()) {
    Tensor tensor = sizeTensor(*fn, *size);
    return weak ? convert(*fn, tensor, *weak) : tensor;
  }
  DType dtype = weak                  ? *weak
                : array.is<double>()  ? DType::F32
                : array.is<int64_t>() ? DType::I64
                                      : DType::Bool;
  return filled(*fn, array, dtype, {});
}

bool Evaluator::sameShape(ArrayRef<Size> a, ArrayRef<Size> b) {
  return a.size() == b.size() && llvm::all_of(llvm::zip(a, b), [&](auto pair) {
           return sameSize(std::get<0>(pair), std::get<1>(pair));
         });
}

std::optional<Shape> Evaluator::broadcastShapes(ArrayRef<Operand> operands, ArrayRef<Shape> shapes,
                                                StringRef what, SourceRange range) {
  size_t rank = 0;
  for (const Shape &shape : shapes)
    rank = std::max(rank, shape.size());
  Shape result(rank, Size(1));
  SmallVector<size_t> from(rank, 0);
  for (auto [which, shape] : llvm::enumerate(shapes))
    for (auto [i, size] : llvm::enumerate(llvm::reverse(shape))) {
      size_t axis = rank - 1 - i;
      if (size.isConstant(1))
        continue;
      if (result[axis].isConstant(1)) {
        result[axis] = size;
        from[axis] = which;
      } else if (!sameSize(result[axis], size)) {
        const Operand &a = operands[from[axis]], &b = operands[which];
        Diagnostic &diagnostic =
            error(range, what + ": " + quote(a.range, "the left operand") + " is " + a.value->describe() +
                             " and " + quote(b.range, "the right operand") + " is " + b.value->describe() +
                             ", which do not broadcast: " + result[axis].str() + " and " + size.str() +
                             (result[axis].isConstant() && size.isConstant()
                                  ? " differ"
                                  : " are different sizes; use one name, or `require`, if they are equal"));
        noteOrigin(diagnostic, *a.value, quote(a.range, "this"), a.range);
        noteOrigin(diagnostic, *b.value, quote(b.range, "this"), b.range);
        return std::nullopt;
      } else if (size.isConstant()) {
        result[axis] = size;
      }
    }
  return result;
}

std::optional<SmallVector<Tensor>> Evaluator::unify(ArrayRef<Operand> operands, StringRef what,
                                                    SourceRange range, std::optional<DType> dtype) {
  for (const Operand &operand : operands) {
    if (operand.value->isPoison())
      return std::nullopt;
    if (!operand.value->isArray()) {
      error(operand.range.isValid() ? operand.range : range,
            what + ": " + quote(operand.range, "an operand") + " must be a tensor or a number, found " +
                operand.value->describe());
      return std::nullopt;
    }
  }
  if (!fn) {
    error(range, what + ": a tensor is computed in a `def`; here a constant is needed");
    return std::nullopt;
  }
  SmallVector<Shape> shapes;
  for (const Operand &operand : operands) {
    const Tensor *tensor = operand.value->get<Tensor>();
    shapes.push_back(tensor ? tensor->shape : Shape());
  }
  std::optional<Shape> shape = broadcastShapes(operands, shapes, what, range);
  if (!shape)
    return std::nullopt;
  if (!dtype)
    dtype = promote(operands, what, range);
  if (!dtype)
    return std::nullopt;
  SmallVector<Tensor> tensors;
  for (const Operand &operand : operands) {
    if (operand.value->isNumber())
      tensors.push_back(filled(*fn, *operand.value, *dtype, *shape));
    else
      tensors.push_back(broadcast(*fn, convert(*fn, toTensor(*operand.value), *dtype), *shape));
  }
  return tensors;
}

} // namespace rondo::sema
