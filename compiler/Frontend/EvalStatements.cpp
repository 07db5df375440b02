// Statements other than `scan`.
#include "compiler/Frontend/EvaluatorImpl.h"
#include "compiler/Frontend/ScanBody.h"
#include "llvm/ADT/ScopeExit.h"

using namespace mlir;

namespace rondo::sema {

Evaluator::Flow Evaluator::exec(const ast::Block &block) {
  for (const ast::StmtPtr &stmt : block.statements)
    if (exec(*stmt) == Flow::Return)
      return Flow::Return;
  return Flow::Next;
}

Evaluator::Flow Evaluator::exec(const ast::Stmt &stmt) {
  if (!step(stmt.range))
    return Flow::Return;
  llvm::SaveAndRestore<unsigned> nesting(depth, depth + 1);
  auto reported = llvm::scope_exit([&] { reportDeclined(stmt.range); });
  switch (stmt.kind) {
  case ast::Stmt::Kind::Assign:
    execAssign(cast<ast::AssignStmt>(stmt));
    return Flow::Next;
  case ast::Stmt::Kind::Return:
    execReturn(cast<ast::ReturnStmt>(stmt));
    return Flow::Return;
  case ast::Stmt::Kind::Yield:
    execYield(cast<ast::YieldStmt>(stmt));
    return Flow::Next;
  case ast::Stmt::Kind::Require: {
    auto &requireStmt = cast<ast::RequireStmt>(stmt);
    size_t errors = diagnostics.errorCount();
    require(*requireStmt.condition, requireStmt.message.get(), stmt.range);
    if (!frame->file->isLibrary || diagnostics.errorCount() == errors)
      return Flow::Next;
    frame->result = Poison{}; // the rest counts on it
    return Flow::Return;
  }
  case ast::Stmt::Kind::If:
    return execIf(cast<ast::IfStmt>(stmt));
  case ast::Stmt::Kind::For:
    return execFor(cast<ast::ForStmt>(stmt));
  case ast::Stmt::Kind::Expr:
    eval(*cast<ast::ExprStmt>(stmt).value);
    return Flow::Next;
  }
  llvm_unreachable("all statements are handled");
}

// Conditions on sizes that are known too late to be checked.
void Evaluator::reportDeclined(SourceRange range) {
  if (!fn)
    return;
  for (const std::string &message : std::exchange(fn->declined, {}))
    error(range, message);
}

//===----------------------------------------------------------------------===//
// Assignment
//===----------------------------------------------------------------------===//

void Evaluator::assign(const ast::Identifier &target, Value value) {
  if (target.isDiscard())
    return;
  StringRef name = target.text;
  value.origin = target.range;
  nameValue(target, value);
  Scope &scope = frame->scopes.back();
  auto own = scope.names.find(name);
  if (own != scope.names.end()) {
    own->second = std::move(value);
    return;
  }
  // In a scan's body only its own names change.
  for (const Scope &outer : llvm::reverse(llvm::ArrayRef(frame->scopes).drop_back())) {
    auto found = outer.names.find(name);
    if (found == outer.names.end())
      continue;
    Diagnostic &diagnostic =
        error(target.range, "`" + name +
                                "` is a name outside of the scan: its body can change only what it carries "
                                "(`with " +
                                name + " = ...`) and names of its own");
    if (found->second.origin.isValid())
      diagnostic.note(found->second.origin, "`" + name + "` is defined here");
    scope.names[name] = Poison{};
    return;
  }
  if (frame->self) {
    const State *state = findState(*frame->self, name);
    if (state && fn) {
      assignState(*state, target.range, value);
      return;
    }
    // A member of an arm that was not taken is none.
    auto member = frame->self->declared.find(name);
    if (member != frame->self->declared.end() &&
        !(frame->self->failed && frame->self->names[name].isPoison())) {
      error(target.range, "`" + name + "` is a member of `" + frame->self->modelName() +
                              "`; only a `state` can be assigned")
          .note(member->second, "`" + name + "` is defined here");
      scope.names[name] = Poison{};
      return;
    }
  }
  scope.names[name] = std::move(value);
}

static bool isCallOf(const ast::Expr *expr, StringRef function) {
  auto *call = dyn_cast_or_null<ast::CallExpr>(expr);
  auto *name = call ? dyn_cast<ast::NameExpr>(call->callee.get()) : nullptr;
  return name && name->name == function;
}

// One value for several names has several results, or is a list.
void Evaluator::bindTargets(ArrayRef<ast::Identifier> targets, const Value &value, SourceRange range,
                            llvm::function_ref<void(const ast::Identifier &, Value)> bind,
                            const ast::Expr *source) {
  ArrayRef<Value> parts = flat(value);
  if (targets.size() > 1 && parts.size() == 1)
    if (const List *list = value.get<List>())
      parts = *list->elements;
  if (targets.size() == parts.size() && !(targets.size() > 1 && parts.size() == 1)) {
    for (auto [target, part] : llvm::zip(targets, parts))
      bind(target, part);
    return;
  }
  if (!value.isPoison()) {
    std::string found = value.is<List>()      ? value.describe()
                        : value.is<Results>() ? value.describe()
                                              : "one value (" + value.describe() + ")";
    Diagnostic &diagnostic =
        error(targets.front().range.to(range), count(targets.size(), "name") + " for " + found);
    if (targets.size() < parts.size())
      diagnostic.note("`_` takes a result that is not needed");
    else if (isCallOf(source, "attention"))
      diagnostic.note("`attention` gives its weights as a second result with `return_weights=true`");
    else if (value.is<Tensor>())
      diagnostic.note("a tensor is not unpacked; `chunk` and `split` make lists of its parts");
  }
  for (const ast::Identifier &target : targets)
    bind(target, Poison{});
}

void Evaluator::execAssign(const ast::AssignStmt &stmt) {
  auto bind = [&](const ast::Identifier &target, Value value) { assign(target, std::move(value)); };
  if (stmt.values.size() == 1) {
    Value value = eval(*stmt.values[0]);
    bindTargets(stmt.targets, value, stmt.range, bind, stmt.values[0].get());
    return;
  }
  Values values;
  for (const ast::ExprPtr &expr : stmt.values)
    values.push_back(evalSingle(*expr));
  if (values.size() != stmt.targets.size()) {
    error(stmt.range, count(stmt.targets.size(), "name") + " for " + count(values.size(), "value"));
    values.assign(stmt.targets.size(), Value(Poison{}));
  }
  for (auto [target, value] : llvm::zip(stmt.targets, values))
    bind(target, value);
}

void Evaluator::execReturn(const ast::ReturnStmt &stmt) {
  Values values;
  for (const ast::ExprPtr &expr : stmt.values)
    llvm::append_range(values, flat(eval(*expr)));
  frame->result = Value::results(std::move(values));
  frame->result.origin = stmt.range;
}

void Evaluator::execYield(const ast::YieldStmt &stmt) {
  for (const ast::ExprPtr &expr : stmt.values) {
    Value value = evalSingle(*expr);
    if (value.isArray()) {
      value = toTensor(value);
    } else if (!value.isPoison()) {
      error(expr->range, "`yield` takes tensors, found " + value.describe());
      value = Poison{};
    }
    scanBody->yields.push_back(std::move(value));
  }
}

//===----------------------------------------------------------------------===//
// if, for
//===----------------------------------------------------------------------===//

Evaluator::Flow Evaluator::execIf(const ast::IfStmt &stmt) {
  for (const ast::IfStmt::Arm &arm : stmt.arms) {
    if (!arm.condition)
      return exec(arm.body);
    std::optional<bool> condition = evalCondition(*arm.condition, "the condition of `if`");
    if (!condition) {
      poisonAssigned(stmt);
      return Flow::Next;
    }
    if (*condition)
      return exec(arm.body);
  }
  return Flow::Next;
}

Evaluator::Flow Evaluator::execFor(const ast::ForStmt &stmt) {
  Flow flow = Flow::Next;
  bool ok = forEach(
      stmt.targets, *stmt.iterable, stmt.range.atBegin().to(stmt.iterable->range),
      [&](StringRef name, Value value) {
        auto target = llvm::find_if(stmt.targets, [&](auto &t) { return t.text == name; });
        assign(*target, std::move(value));
      },
      [&] {
        flow = exec(stmt.body);
        return flow == Flow::Next;
      });
  if (!ok)
    poisonAssigned(stmt);
  return flow;
}

// Names that a statement would have assigned, had its head been right.
void Evaluator::poisonAssigned(const ast::Stmt &stmt) {
  auto poison = [&](const ast::Identifier &target) {
    Scope &scope = frame->scopes.back();
    if (!target.isDiscard())
      scope.names[target.text] = Poison{};
  };
  auto walk = [&](const ast::Block &block) {
    for (const ast::StmtPtr &inner : block.statements)
      poisonAssigned(*inner);
  };
  if (auto *assignment = dyn_cast<ast::AssignStmt>(&stmt)) {
    llvm::for_each(assignment->targets, poison);
  } else if (auto *branch = dyn_cast<ast::IfStmt>(&stmt)) {
    for (const ast::IfStmt::Arm &arm : branch->arms)
      walk(arm.body);
  } else if (auto *loop = dyn_cast<ast::ForStmt>(&stmt)) {
    llvm::for_each(loop->targets, poison);
    walk(loop->body);
  } else if (isa<ast::ReturnStmt>(stmt)) {
    frame->result = Poison{};
  }
}

//===----------------------------------------------------------------------===//
// require
//===----------------------------------------------------------------------===//

// A condition on sizes becomes a precondition and, for equality and divisibility, a fact.
// Returns false if it is none.
namespace {

/// A condition that is joined by `or` and `not`, as one size: not negative where the condition holds.
class SizeCondition {
public:
  explicit SizeCondition(Evaluator &eval) : eval(eval) {}

  /// Nothing if it is about other values than constants and sizes, or wrong, which is reported.
  std::optional<Size> of(const ast::Expr &condition) {
    if (auto *comparison = dyn_cast<ast::ComparisonExpr>(&condition))
      if (std::optional<Size> result = compared(*comparison))
        return result;
    if (auto *unary = dyn_cast<ast::UnaryExpr>(&condition); unary && unary->op == ast::UnaryOp::Not) {
      std::optional<Size> operand = of(*unary->operand);
      return operand ? Size(-1) - *operand : operand;
    }
    if (auto *binary = dyn_cast<ast::BinaryExpr>(&condition);
        binary && (binary->op == ast::BinaryOp::And || binary->op == ast::BinaryOp::Or)) {
      bool isOr = binary->op == ast::BinaryOp::Or;
      std::optional<Size> lhs = of(*binary->lhs);
      if (!lhs || (lhs->isConstant() && (lhs->constant() >= 0) == isOr))
        return lhs;
      std::optional<Size> rhs = of(*binary->rhs);
      if (!rhs)
        return rhs;
      return isOr ? eval.sizes.max(*lhs, *rhs) : eval.sizes.min(*lhs, *rhs);
    }
    Value value = eval.evalSingle(condition);
    if (const bool *holds = value.get<bool>())
      return Size(*holds ? 0 : -1);
    return std::nullopt;
  }

private:
  std::optional<Size> compared(const ast::ComparisonExpr &comparison) {
    SmallVector<Size> operands;
    for (const ast::ExprPtr &expr : comparison.operands) {
      std::optional<Size> size = eval.evalSingle(*expr).asSize();
      if (!size)
        return std::nullopt;
      operands.push_back(*size);
    }
    std::optional<Size> result;
    for (auto [i, op] : llvm::enumerate(comparison.ops)) {
      Size more = operands[i + 1] - operands[i], less = operands[i] - operands[i + 1];
      Size holds[] = {eval.sizes.min(more, less),
                      eval.sizes.max(more, less) - Size(1),
                      more - Size(1),
                      more,
                      less - Size(1),
                      less};
      const Size &next = holds[size_t(op.op)];
      result = result ? eval.sizes.min(*result, next) : next;
    }
    return result;
  }

  Evaluator &eval;
};

} // namespace

bool Evaluator::requireSizes(const ast::Expr &condition, StringRef message, SourceRange range) {
  auto *comparison = dyn_cast<ast::ComparisonExpr>(&condition);
  if (!comparison)
    return false;
  SmallVector<Size> operands;
  for (const ast::ExprPtr &expr : comparison->operands) {
    Value value = evalSingle(*expr);
    if (value.isPoison())
      return true;
    std::optional<Size> size = value.asSize();
    if (!size)
      return false;
    operands.push_back(*size);
  }
  SizeFacts &facts = fn ? fn->facts : hyperFacts;
  if (facts.list().size() > maxSizeFacts) {
    error(range, "more than " + Twine(maxSizeFacts) + " requirements on sizes");
    exhausted = true;
    return true;
  }
  for (auto [i, op] : llvm::enumerate(comparison->ops)) {
    const Size &a = operands[i], &b = operands[i + 1];
    Size difference = facts.normalize(a - b);
    auto add = [&](Precondition::Kind kind, const Size &size, const Size &divisor = Size()) {
      if (fn)
        fn->require({kind, size, divisor, fn->loops, message.str(), location(range)});
    };
    if (difference.isConstant()) {
      int64_t d = difference.constant();
      bool holds[] = {d == 0, d != 0, d < 0, d <= 0, d > 0, d >= 0};
      if (!holds[size_t(op.op)])
        noteConstants(error(range, message), condition);
      continue;
    }
    switch (op.op) {
    case ast::CompareOp::Eq: {
      const SizeAtom *atom = a.bareAtom();
      if (atom && atom->kind == SizeAtom::Mod && b.isConstant(0)) {
        add(Precondition::Divisible, atom->lhs, atom->rhs);
        facts.addDivisible(atom->lhs, atom->rhs);
      } else {
        add(Precondition::Zero, a - b);
        facts.addEqual(a, b);
      }
      break;
    }
    case ast::CompareOp::Ne:
      add(Precondition::NonZero, a - b);
      break;
    case ast::CompareOp::Lt:
      add(Precondition::NonNegative, b - a - Size(1));
      break;
    case ast::CompareOp::Le:
      add(Precondition::NonNegative, b - a);
      break;
    case ast::CompareOp::Gt:
      add(Precondition::NonNegative, a - b - Size(1));
      break;
    case ast::CompareOp::Ge:
      add(Precondition::NonNegative, a - b);
      break;
    }
  }
  return true;
}

// What the names of a condition that does not hold are.
void Evaluator::noteConstants(Diagnostic &diagnostic, const ast::Expr &condition) {
  SmallVector<StringRef> names;
  std::string text;
  ast::forEachName(condition, [&](const ast::NameExpr &name) {
    if (llvm::is_contained(names, name.name))
      return;
    names.push_back(name.name);
    std::optional<Value> value = lookup(name.name);
    if (value &&
        (value->is<Tensor>() ||
         ((value->isNumber() || value->is<std::string>() || value->is<List>()) && value->isConstant())))
      text += (text.empty() ? "`" : ", `") + name.name.str() + "` is " + value->text();
  });
  if (!text.empty())
    diagnostic.note(condition.range, "here " + text);
}

void Evaluator::require(const ast::Expr &condition, const ast::Expr *message, SourceRange range) {
  std::string text = "the requirement " + quote(condition, "here") + " is not met";
  if (message) {
    Value value = evalSingle(*message);
    if (const std::string *given = value.get<std::string>())
      text = printable(*given);
    else if (!value.isPoison())
      error(message->range, "the message of `require` must be a string, found " + value.describe());
  }
  requireAll(condition, text, range);
}

void Evaluator::requireAll(const ast::Expr &condition, StringRef text, SourceRange range) {
  if (auto *both = dyn_cast<ast::BinaryExpr>(&condition); both && both->op == ast::BinaryOp::And) {
    size_t before = diagnostics.errorCount();
    requireAll(*both->lhs, text, range);
    if (diagnostics.errorCount() == before)
      requireAll(*both->rhs, text, range);
    return;
  }
  auto *either = dyn_cast<ast::BinaryExpr>(&condition);
  if ((either && either->op == ast::BinaryOp::Or) || isa<ast::UnaryExpr>(condition)) {
    size_t before = diagnostics.errorCount();
    std::optional<Size> first = either ? SizeCondition(*this).of(*either->lhs) : std::nullopt;
    if (first && first->isConstant() && first->constant() < 0)
      return requireAll(*either->rhs, text, range); // what follows from it is known
    std::optional<Size> holds = SizeCondition(*this).of(condition);
    if (holds && holds->isConstant() && holds->constant() < 0)
      noteConstants(error(range, text), condition);
    else if (holds && !holds->isConstant() && fn)
      fn->require({Precondition::NonNegative, *holds, Size(), fn->loops, text.str(), location(range)});
    if (holds || diagnostics.errorCount() != before)
      return;
  }
  if (requireSizes(condition, text, range))
    return;
  Value value = evalSingle(condition);
  if (value.isPoison())
    return;
  if (const bool *holds = value.get<bool>()) {
    if (!*holds)
      noteConstants(error(range, text), condition);
  } else if (value.is<Tensor>()) {
    error(range, "`require` takes a condition on constants or sizes; " + quote(condition.range, "it") +
                     " is a tensor (" + value.describe() + ")");
  } else {
    error(range, "the condition of `require` must be a bool, found " + value.describe());
  }
}

} // namespace rondo::sema
