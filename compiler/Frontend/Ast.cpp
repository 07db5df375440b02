#include "compiler/Frontend/Ast.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/Casting.h"
#include "llvm/Support/ErrorHandling.h"

using namespace rondo;
using namespace rondo::ast;
using llvm::cast;

llvm::StringRef ast::spelling(UnaryOp op) { return op == UnaryOp::Neg ? "-" : "not"; }

llvm::StringRef ast::spelling(BinaryOp op) {
  switch (op) {
  case BinaryOp::Or:
    return "or";
  case BinaryOp::And:
    return "and";
  case BinaryOp::Add:
    return "+";
  case BinaryOp::Sub:
    return "-";
  case BinaryOp::Mul:
    return "*";
  case BinaryOp::Div:
    return "/";
  case BinaryOp::FloorDiv:
    return "//";
  case BinaryOp::Mod:
    return "%";
  case BinaryOp::MatMul:
    return "@";
  case BinaryOp::Pow:
    return "**";
  }
  llvm_unreachable("not an operator");
}

llvm::StringRef ast::spelling(CompareOp op) {
  switch (op) {
  case CompareOp::Eq:
    return "==";
  case CompareOp::Ne:
    return "!=";
  case CompareOp::Lt:
    return "<";
  case CompareOp::Le:
    return "<=";
  case CompareOp::Gt:
    return ">";
  case CompareOp::Ge:
    return ">=";
  }
  llvm_unreachable("not an operator");
}

void ast::forEachName(const Expr &expr, llvm::function_ref<void(const NameExpr &)> visit) {
  auto walk = [&](const ExprPtr &part) {
    if (part)
      forEachName(*part, visit);
  };
  switch (expr.kind) {
  case Expr::Kind::Name:
    return visit(cast<NameExpr>(expr));
  case Expr::Kind::Unary:
    return walk(cast<UnaryExpr>(expr).operand);
  case Expr::Kind::Binary:
    walk(cast<BinaryExpr>(expr).lhs);
    return walk(cast<BinaryExpr>(expr).rhs);
  case Expr::Kind::Comparison:
    llvm::for_each(cast<ComparisonExpr>(expr).operands, walk);
    return;
  case Expr::Kind::Conditional:
    walk(cast<ConditionalExpr>(expr).thenValue);
    walk(cast<ConditionalExpr>(expr).condition);
    return walk(cast<ConditionalExpr>(expr).elseValue);
  case Expr::Kind::Range:
    walk(cast<RangeExpr>(expr).begin);
    return walk(cast<RangeExpr>(expr).end);
  case Expr::Kind::Call:
    walk(cast<CallExpr>(expr).callee);
    for (const Argument &argument : cast<CallExpr>(expr).arguments)
      walk(argument.value);
    return;
  case Expr::Kind::Index:
    walk(cast<IndexExpr>(expr).base);
    for (const Subscript &subscript : cast<IndexExpr>(expr).subscripts)
      for (const ExprPtr *part : {&subscript.index, &subscript.begin, &subscript.end, &subscript.step})
        walk(*part);
    return;
  case Expr::Kind::Member:
    return walk(cast<MemberExpr>(expr).base);
  case Expr::Kind::Lambda:
    return walk(cast<LambdaExpr>(expr).body);
  case Expr::Kind::List:
    llvm::for_each(cast<ListExpr>(expr).elements, walk);
    return;
  case Expr::Kind::Comprehension:
    walk(cast<ComprehensionExpr>(expr).element);
    return walk(cast<ComprehensionExpr>(expr).iterable);
  case Expr::Kind::Int:
  case Expr::Kind::Float:
  case Expr::Kind::Bool:
  case Expr::Kind::String:
  case Expr::Kind::None:
  case Expr::Kind::Scan:
  case Expr::Kind::Error:
    return;
  }
}
