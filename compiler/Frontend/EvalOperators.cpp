// Operators: constants fold, sizes become polynomials, tensors become
// operations, after promotion and broadcasting (EvalPromotion.cpp).
#include "compiler/Frontend/EvaluatorImpl.h"
#include "llvm/Support/MathExtras.h"
#include <cmath>

using namespace mlir;

namespace rondo::sema {

//===----------------------------------------------------------------------===//
// Arithmetic
//===----------------------------------------------------------------------===//

static int64_t floorDivide(int64_t a, int64_t b) {
  int64_t q = a / b;
  return (a % b != 0 && (a < 0) != (b < 0)) ? q - 1 : q;
}

static std::optional<int64_t> integerPower(int64_t base, int64_t exponent) {
  int64_t result = 1;
  while (exponent > 0) {
    if ((exponent & 1) && llvm::MulOverflow(result, base, result))
      return std::nullopt;
    exponent >>= 1;
    if (exponent > 0 && llvm::MulOverflow(base, base, base))
      return std::nullopt;
  }
  return result;
}

// Of two constants, two sizes, strings or lists. Leaves `handled` false for tensors.
Value Evaluator::constantArithmetic(Arithmetic op, const Value &a, const Value &b, SourceRange range,
                                    bool &handled) {
  handled = true;
  auto overflow = [&]() -> Value {
    error(range, "integer overflow: " + quote(range, "the result") + " does not fit in 64 bits");
    return Poison{};
  };
  auto byZero = [&]() -> Value {
    error(range, "division by zero in a constant: " + quote(range, "the divisor") + " divides by 0");
    return Poison{};
  };

  bool integers = (a.is<int64_t>() || a.is<bool>()) && (b.is<int64_t>() || b.is<bool>());
  if (integers && op != Arithmetic::Div) {
    int64_t x = a.is<bool>() ? *a.get<bool>() : *a.get<int64_t>();
    int64_t y = b.is<bool>() ? *b.get<bool>() : *b.get<int64_t>();
    int64_t result = 0;
    switch (op) {
    case Arithmetic::Add:
      return llvm::AddOverflow(x, y, result) ? overflow() : Value(result);
    case Arithmetic::Sub:
      return llvm::SubOverflow(x, y, result) ? overflow() : Value(result);
    case Arithmetic::Mul:
      return llvm::MulOverflow(x, y, result) ? overflow() : Value(result);
    case Arithmetic::FloorDiv:
      return y == 0 ? byZero() : x == INT64_MIN && y == -1 ? overflow() : Value(floorDivide(x, y));
    case Arithmetic::Mod:
      return y == 0 ? byZero() : y == -1 ? Value(0) : Value(x - y * floorDivide(x, y));
    case Arithmetic::Min:
      return std::min(x, y);
    case Arithmetic::Max:
      return std::max(x, y);
    default:
      if (y < 0)
        return x == 0 ? byZero() : Value(std::pow(double(x), double(y)));
      std::optional<int64_t> power = integerPower(x, y);
      return power ? Value(*power) : overflow();
    }
  }
  if (a.isNumber() && b.isNumber()) {
    double x = a.asDouble(), y = b.asDouble();
    switch (op) {
    case Arithmetic::Add:
      return x + y;
    case Arithmetic::Sub:
      return x - y;
    case Arithmetic::Mul:
      return x * y;
    case Arithmetic::Div:
      return y == 0 ? byZero() : Value(x / y);
    case Arithmetic::FloorDiv:
      return y == 0 ? byZero() : Value(std::floor(x / y));
    case Arithmetic::Mod: {
      if (y == 0)
        return byZero();
      double r = std::fmod(x, y);
      return r != 0 && (r < 0) != (y < 0) ? r + y : r;
    }
    case Arithmetic::Min:
      return std::isnan(x) || x < y ? x : y;
    case Arithmetic::Max:
      return std::isnan(x) || x > y ? x : y;
    case Arithmetic::Pow:
      return std::pow(x, y);
    }
  }

  std::optional<Size> x = a.asSize(), y = b.asSize();
  if (x && y && op != Arithmetic::Div && op != Arithmetic::Pow) {
    steps += x->getTerms().size() * y->getTerms().size();
    Size result;
    switch (op) {
    case Arithmetic::Add:
      result = *x + *y;
      break;
    case Arithmetic::Sub:
      result = *x - *y;
      break;
    case Arithmetic::Mul:
      result = *x * *y;
      break;
    case Arithmetic::FloorDiv:
    case Arithmetic::Mod:
      if (y->isConstant(0))
        return byZero();
      result = op == Arithmetic::Mod ? sizes.mod(*x, *y) : sizes.floorDiv(*x, *y);
      break;
    case Arithmetic::Min:
      result = sizes.min(*x, *y);
      break;
    default:
      result = sizes.max(*x, *y);
      break;
    }
    if (result.isTooLarge()) {
      error(range, "the size " + quote(range, "here") + " is too large");
      return Poison{};
    }
    return result;
  }
  if (x && y && op == Arithmetic::Pow && y->isConstant() && y->constant() >= 0 && y->constant() <= 32) {
    Size result(1);
    for (int64_t i = 0; i < y->constant(); ++i)
      result = result * *x;
    if (result.isTooLarge()) {
      error(range, "the size " + quote(range, "here") + " is too large");
      return Poison{};
    }
    return result;
  }

  if (op == Arithmetic::Add && a.is<std::string>() && b.is<std::string>()) {
    if (a.get<std::string>()->size() + b.get<std::string>()->size() > size_t(maxListLength)) {
      error(range, "the string is longer than " + Twine(maxListLength) + " bytes");
      return Poison{};
    }
    steps += (a.get<std::string>()->size() + b.get<std::string>()->size()) / 64; // copying is work as well
    return *a.get<std::string>() + *b.get<std::string>();
  }
  if (op == Arithmetic::Add && a.is<List>() && b.is<List>()) {
    Values joined = *a.get<List>()->elements;
    if (joined.size() + b.get<List>()->elements->size() > size_t(maxListLength)) {
      error(range, "the list has more than " + Twine(maxListLength) + " elements");
      return Poison{};
    }
    llvm::append_range(joined, *b.get<List>()->elements);
    steps += joined.size() / 8; // copying is work as well
    return Value::list(std::move(joined));
  }
  handled = false;
  return Poison{};
}

Value Evaluator::arithmeticOf(Arithmetic op, const Value &a, const Value &b, SourceRange range,
                              SourceRange aRange, SourceRange bRange, StringRef what) {
  if (a.isPoison() || b.isPoison())
    return Poison{};
  bool handled;
  Value constant = constantArithmetic(op, a, b, range, handled);
  if (handled)
    return constant;
  if ((a.isOpen() && !b.is<Tensor>()) || (b.isOpen() && !a.is<Tensor>()))
    return Poison{}; // a constant, with a value that is not known yet
  if (!a.isArray() || !b.isArray()) {
    error(range, what + " takes tensors, sizes and numbers" +
                     (op == Arithmetic::Add ? ", two strings or two lists" : "") + "; found " + a.describe() +
                     " and " + b.describe());
    return Poison{};
  }
  Operand operands[] = {{&a, aRange}, {&b, bRange}};
  std::optional<DType> dtype = promote(operands, what, range);
  if (!dtype)
    return Poison{};
  bool isDivision = op == Arithmetic::FloorDiv || op == Arithmetic::Mod;
  if (*dtype == DType::Bool && (op == Arithmetic::Sub || isDivision)) {
    error(range, what + " is not defined for bool" +
                     (op == Arithmetic::Sub ? "; `a != b` says where two differ" : "; cast to i64"));
    return Poison{};
  }
  if (op == Arithmetic::Div && !isFloat(*dtype))
    dtype = DType::F32;
  if (op == Arithmetic::Pow && *dtype == DType::Bool)
    dtype = DType::I64;
  auto tensors = unify(operands, what, range, dtype);
  if (!tensors)
    return Poison{};
  return arithmetic(*fn, op, (*tensors)[0], (*tensors)[1]);
}

Value Evaluator::binary(ast::BinaryOp op, const Value &a, const Value &b, SourceRange range,
                        SourceRange aRange, SourceRange bRange) {
  if (a.isPoison() || b.isPoison())
    return Poison{};
  std::string what = ("`" + spelling(op) + "`").str();
  auto arithmeticCall = [&](Arithmetic kind) {
    return arithmeticOf(kind, a, b, range, aRange, bRange, what);
  };
  switch (op) {
  case ast::BinaryOp::Add:
    return arithmeticCall(Arithmetic::Add);
  case ast::BinaryOp::Sub:
    return arithmeticCall(Arithmetic::Sub);
  case ast::BinaryOp::Mul:
    return arithmeticCall(Arithmetic::Mul);
  case ast::BinaryOp::Div:
    return arithmeticCall(Arithmetic::Div);
  case ast::BinaryOp::FloorDiv:
    return arithmeticCall(Arithmetic::FloorDiv);
  case ast::BinaryOp::Mod:
    return arithmeticCall(Arithmetic::Mod);
  case ast::BinaryOp::Pow:
    return arithmeticCall(Arithmetic::Pow);
  case ast::BinaryOp::MatMul:
    return matmul(a, b, range, aRange, bRange, what);
  case ast::BinaryOp::And:
  case ast::BinaryOp::Or:
    break;
  }
  llvm_unreachable("`and` and `or` do not evaluate both sides");
}

Value Evaluator::evalUnary(const ast::UnaryExpr &expr) {
  Value value = evalSingle(*expr.operand);
  if (value.isPoison())
    return Poison{};
  if (expr.op == ast::UnaryOp::Not) {
    if (const bool *flag = value.get<bool>())
      return !*flag;
    const Tensor *tensor = value.get<Tensor>();
    if (tensor && tensor->dtype == DType::Bool)
      return logicalNot(*fn, *tensor);
    error(expr.range, "`not` takes a bool, found " + value.describe());
    return Poison{};
  }
  if (const double *number = value.get<double>())
    return -*number;
  if (const Tensor *tensor = value.get<Tensor>()) {
    if (tensor->dtype != DType::Bool)
      return negate(*fn, *tensor);
    error(expr.range, "`-` is not defined for bool; `not` inverts it");
    return Poison{};
  }
  if (value.asSize())
    return arithmeticOf(Arithmetic::Sub, 0, value, expr.range, expr.opRange, expr.operand->range, "`-`");
  error(expr.range, "`-` takes a tensor, a size or a number, found " + value.describe());
  return Poison{};
}

Value Evaluator::evalLogical(const ast::BinaryExpr &expr) {
  bool isAnd = expr.op == ast::BinaryOp::And;
  Value a = evalSingle(*expr.lhs);
  if (const bool *flag = a.get<bool>(); flag && *flag != isAnd)
    return a; // the other side is not looked at
  Value b = evalSingle(*expr.rhs);
  if (a.isPoison() || b.isPoison())
    return Poison{};
  StringRef what = isAnd ? "`and`" : "`or`";
  auto check = [&](const Value &value, SourceRange range) {
    const Tensor *tensor = value.get<Tensor>();
    if (value.is<bool>() || (tensor && tensor->dtype == DType::Bool))
      return true;
    error(range, what + " takes bools, found " + value.describe());
    return false;
  };
  bool ok = check(a, expr.lhs->range);
  if (!check(b, expr.rhs->range) || !ok)
    return Poison{};
  if (a.is<bool>())
    return b;
  if (const bool *flag = b.get<bool>(); flag && *flag == isAnd)
    return a;
  auto tensors = unify({{&a, expr.lhs->range}, {&b, expr.rhs->range}}, what, expr.range);
  if (!tensors)
    return Poison{};
  return isAnd ? logicalAnd(*fn, (*tensors)[0], (*tensors)[1]) : logicalOr(*fn, (*tensors)[0], (*tensors)[1]);
}

//===----------------------------------------------------------------------===//
// Comparisons
//===----------------------------------------------------------------------===//

template <typename T> static bool holds(ast::CompareOp op, const T &a, const T &b) {
  switch (op) {
  case ast::CompareOp::Eq:
    return a == b;
  case ast::CompareOp::Ne:
    return a != b;
  case ast::CompareOp::Lt:
    return a < b;
  case ast::CompareOp::Le:
    return a <= b;
  case ast::CompareOp::Gt:
    return a > b;
  case ast::CompareOp::Ge:
    return a >= b;
  }
  llvm_unreachable("all comparisons are handled");
}

// Whether two values that are not arrays are equal; nothing if they cannot be compared.
static std::optional<bool> equalConstants(const Value &a, const Value &b) {
  if (a.isNone() || b.isNone())
    return a.isNone() && b.isNone();
  if (a.isNumber() && b.isNumber())
    return a.is<int64_t>() && b.is<int64_t>() ? *a.get<int64_t>() == *b.get<int64_t>()
                                              : a.asDouble() == b.asDouble();
  if (a.is<std::string>() && b.is<std::string>())
    return *a.get<std::string>() == *b.get<std::string>();
  if (a.is<DType>() && b.is<DType>())
    return *a.get<DType>() == *b.get<DType>();
  if (a.is<Instance *>() && b.is<Instance *>())
    return *a.get<Instance *>() == *b.get<Instance *>();
  if (a.is<List>() && b.is<List>()) {
    const Values &x = *a.get<List>()->elements, &y = *b.get<List>()->elements;
    if (x.size() != y.size())
      return false;
    for (auto [p, q] : llvm::zip(x, y)) {
      std::optional<Size> s = p.asSize(), t = q.asSize();
      std::optional<bool> equal =
          s && t && (*s - *t).isConstant() ? (*s - *t).isConstant(0) : equalConstants(p, q);
      if (!equal || !*equal)
        return equal;
    }
    return true;
  }
  return std::nullopt;
}

Value Evaluator::compareValues(ast::CompareOp op, const Value &a, const Value &b, SourceRange range,
                               SourceRange aRange, SourceRange bRange) {
  if (a.isPoison() || b.isPoison())
    return Poison{};
  std::string what = ("`" + spelling(op) + "`").str();
  bool isEquality = op == ast::CompareOp::Eq || op == ast::CompareOp::Ne;
  if (a.isNumber() && b.isNumber())
    return a.is<int64_t>() && b.is<int64_t>() ? holds(op, *a.get<int64_t>(), *b.get<int64_t>())
                                              : holds(op, a.asDouble(), b.asDouble());
  if (a.is<std::string>() && b.is<std::string>())
    return holds(op, *a.get<std::string>(), *b.get<std::string>());
  if (isEquality)
    if (std::optional<bool> equal = equalConstants(a, b))
      return *equal == (op == ast::CompareOp::Eq);
  std::optional<Size> x = a.asSize(), y = b.asSize();
  if (x && y) { // two sizes whose order is known for all dimensions
    Size difference = fn ? fn->facts.normalize(*x - *y) : *x - *y;
    if (difference.isConstant())
      return holds(op, difference.constant(), int64_t(0));
  }
  if ((a.isOpen() && !b.is<Tensor>()) || (b.isOpen() && !a.is<Tensor>()))
    return Poison{};
  if (!a.isArray() || !b.isArray()) {
    error(range, what + " cannot compare " + a.describe() + " with " + b.describe());
    return Poison{};
  }
  auto tensors = unify({{&a, aRange}, {&b, bRange}}, what, range);
  if (!tensors)
    return Poison{};
  return compare(*fn, op, (*tensors)[0], (*tensors)[1]);
}

Value Evaluator::evalComparison(const ast::ComparisonExpr &expr) {
  std::optional<Value> all;
  Value left = evalSingle(*expr.operands[0]);
  for (auto [i, op] : llvm::enumerate(expr.ops)) {
    if (const bool *flag = all ? all->get<bool>() : nullptr; flag && !*flag)
      return *all;
    const ast::Expr &lhs = *expr.operands[i], &rhs = *expr.operands[i + 1];
    Value right = evalSingle(rhs);
    SourceRange range = expr.ops.size() == 1 ? expr.range : lhs.range.to(rhs.range);
    Value one = compareValues(op.op, left, right, range, lhs.range, rhs.range);
    if (one.isPoison())
      return one;
    if (!all || all->is<bool>()) {
      all = one;
    } else if (!one.is<bool>()) {
      auto tensors = unify({{&*all, expr.range}, {&one, range}}, "the comparison", expr.range);
      if (!tensors)
        return Poison{};
      all = logicalAnd(*fn, (*tensors)[0], (*tensors)[1]);
    } else if (!*one.get<bool>()) {
      return one;
    }
    left = right;
  }
  return *all;
}

//===----------------------------------------------------------------------===//
// Products and casts
//===----------------------------------------------------------------------===//

// NumPy's matmul: [..., m, k] @ [..., k, n]; one axis stands for a row on the left, a column on the right.
Value Evaluator::matmul(const Value &a, const Value &b, SourceRange range, SourceRange aRange,
                        SourceRange bRange, StringRef what) {
  if (a.isPoison() || b.isPoison())
    return Poison{};
  const Tensor *x = a.get<Tensor>(), *y = b.get<Tensor>();
  auto fail = [&](const Twine &why) -> Value {
    Diagnostic &diagnostic =
        error(range, what + ": " + why + ": " + quote(aRange, "the left operand") + " is " + a.describe() +
                         ", " + quote(bRange, "the right operand") + " is " + b.describe());
    noteOrigin(diagnostic, a, quote(aRange, "the left operand"), aRange);
    noteOrigin(diagnostic, b, quote(bRange, "the right operand"), bRange);
    return Poison{};
  };
  if (!x || !y || x->rank() == 0 || y->rank() == 0)
    return fail("both operands must be tensors with at least one axis");
  if (x->dtype != y->dtype)
    return fail("the element types differ (a product does not promote; cast one of them)");
  if (x->dtype == DType::Bool)
    return fail("a product of bools is not defined");
  bool row = x->rank() == 1, column = y->rank() == 1;
  const Size &k = x->shape.back(), &otherK = column ? y->shape[0] : y->shape[y->rank() - 2];
  if (!sameSize(k, otherK))
    return fail("the inner sizes " + k.str() + " and " + otherK.str() + " differ");

  // Batch axes by letters; an operand that lacks one, or has 1 there, goes without.
  ArrayRef<Size> xBatch = ArrayRef(x->shape).drop_back(row ? 1 : 2),
                 yBatch = ArrayRef(y->shape).drop_back(column ? 1 : 2);
  Operand operands[] = {{&a, aRange}, {&b, bRange}};
  std::optional<Shape> batch = broadcastShapes(operands, {Shape(xBatch), Shape(yBatch)}, what, range);
  if (!batch)
    return Poison{};
  if (batch->size() > 20)
    return fail("there are too many axes");
  std::string xLetters, yLetters, letters;
  Shape xShape, yShape;
  for (size_t axis = 0; axis < batch->size(); ++axis) {
    char letter = batchLetters[axis];
    letters += letter;
    auto take = [&](ArrayRef<Size> own, std::string &ownLetters, Shape &shape) {
      int64_t from = int64_t(axis) - int64_t(batch->size() - own.size());
      if (from < 0 || (own[from].isConstant(1) && !(*batch)[axis].isConstant(1)))
        return;
      ownLetters += letter;
      shape.push_back(own[from]);
    };
    take(xBatch, xLetters, xShape);
    take(yBatch, yLetters, yShape);
  }
  Shape shape = *batch;
  if (!row) {
    xLetters += 'm', letters += 'm';
    xShape.push_back(x->shape[x->rank() - 2]);
    shape.push_back(xShape.back());
  }
  xLetters += 'k';
  xShape.push_back(k);
  yLetters += 'k';
  yShape.push_back(otherK);
  if (!column) {
    yLetters += 'n', letters += 'n';
    yShape.push_back(y->shape.back());
    shape.push_back(yShape.back());
  }
  return contract(*fn, xLetters + "," + yLetters + "->" + letters, reshape(*fn, *x, xShape),
                  reshape(*fn, *y, yShape), shape);
}

Value Evaluator::castTo(const Value &value, DType dtype, SourceRange range) {
  if (value.isPoison())
    return Poison{};
  if (!value.isArray()) {
    error(range, "`" + spelling(dtype) + "` casts a tensor, a size or a number, found " + value.describe());
    return Poison{};
  }
  if (fn)
    return value.isNumber() ? filled(*fn, value, dtype, {}) : convert(*fn, toTensor(value), dtype);
  error(range, "a cast makes a tensor; here a constant is needed");
  return Poison{};
}

std::optional<Tensor> Evaluator::reversed(const Tensor &x, int64_t axis) {
  const Size &n = x.shape[axis];
  Tensor indices = iota(*fn, n, n - Size(1), Size(-1));
  Shape shape = x.shape;
  mlir::Value value = fn->create<GatherOp>(fn->type(x.dtype, shape), x.value, indices.value, axis);
  return Tensor{value, x.dtype, shape};
}

} // namespace rondo::sema
