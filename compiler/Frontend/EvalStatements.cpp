// Statements other than `scan`.
#include "compiler/Frontend/EvaluatorImpl.h"
#include "compiler/Frontend/ScanBody.h"

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
    require(*requireStmt.condition, requireStmt.message.get(), stmt.range);
    return Flow::Next;
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

//===----------------------------------------------------------------------===//
// Assignment
//===----------------------------------------------------------------------===//

void Evaluator::assign(const ast::Identifier &target, Value value) {
  if (target.isDiscard())
    return;
  StringRef name = target.text;
  value.origin = target.range;
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
    const ast::Decl *member = findMember(frame->self->model.decl->members, name);
    bool isState = member && isa<ast::VariableDecl>(member) &&
                   cast<ast::VariableDecl>(member)->role == ast::VariableDecl::Role::State;
    if (member && !isState) {
      error(target.range, "`" + name + "` is a member of `" + frame->self->modelName() +
                              "`; only a `state` can be assigned")
          .note(memberName(*member)->range, "`" + name + "` is defined here");
      scope.names[name] = Poison{};
      return;
    }
    if (isState) {
      error(target.range, "`state` is not supported yet");
      scope.names[name] = Poison{};
      return;
    }
  }
  scope.names[name] = std::move(value);
}

// One value for several names has several results, or is a list.
void Evaluator::bindTargets(ArrayRef<ast::Identifier> targets, const Value &value, SourceRange range,
                            llvm::function_ref<void(const ast::Identifier &, Value)> bind) {
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
    bindTargets(stmt.targets, value, stmt.range, bind);
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
  for (auto [i, op] : llvm::enumerate(comparison->ops)) {
    const Size &a = operands[i], &b = operands[i + 1];
    SizeFacts &facts = fn ? fn->facts : hyperFacts;
    Size difference = facts.normalize(a - b);
    auto add = [&](Precondition::Kind kind, const Size &size, const Size &divisor = Size()) {
      if (fn)
        fn->require({kind, size, divisor, fn->loops, message.str(), location(range)});
    };
    if (difference.isConstant()) {
      int64_t d = difference.constant();
      bool holds[] = {d == 0, d != 0, d < 0, d <= 0, d > 0, d >= 0};
      if (!holds[size_t(op.op)])
        error(range, message);
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

void Evaluator::require(const ast::Expr &condition, const ast::Expr *message, SourceRange range) {
  std::string text = "the requirement " + quote(condition.range, "here") + " is not met";
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
  if (requireSizes(condition, text, range))
    return;
  Value value = evalSingle(condition);
  if (value.isPoison())
    return;
  if (const bool *holds = value.get<bool>()) {
    if (!*holds)
      error(range, text);
  } else if (value.is<Tensor>()) {
    error(range, "`require` takes a condition on constants or sizes; " + quote(condition.range, "it") +
                     " is a tensor (" + value.describe() + ")");
  } else {
    error(range, "the condition of `require` must be a bool, found " + value.describe());
  }
}

} // namespace rondo::sema
