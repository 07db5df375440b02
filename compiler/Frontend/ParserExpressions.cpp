// Expressions, by precedence from low to high:
//
//   lambda · `..` · `a if c else b` · or · and · not · comparisons ·
//   + - · * / // % @ · unary - · ** · call, index, member
#include "compiler/Frontend/ParserImpl.h"

using namespace rondo;
using namespace rondo::ast;
using llvm::StringRef;

namespace {
enum Level { OrLevel, AndLevel, NotLevel, CompareLevel, AddLevel, MulLevel, UnaryLevel };
}

static std::optional<BinaryOp> binaryOp(TokenKind kind, int level) {
  switch (kind) {
  case TokenKind::Or:
    return level == OrLevel ? std::optional(BinaryOp::Or) : std::nullopt;
  case TokenKind::And:
    return level == AndLevel ? std::optional(BinaryOp::And) : std::nullopt;
  case TokenKind::Plus:
    return level == AddLevel ? std::optional(BinaryOp::Add) : std::nullopt;
  case TokenKind::Minus:
    return level == AddLevel ? std::optional(BinaryOp::Sub) : std::nullopt;
  case TokenKind::Star:
    return level == MulLevel ? std::optional(BinaryOp::Mul) : std::nullopt;
  case TokenKind::Slash:
    return level == MulLevel ? std::optional(BinaryOp::Div) : std::nullopt;
  case TokenKind::SlashSlash:
    return level == MulLevel ? std::optional(BinaryOp::FloorDiv) : std::nullopt;
  case TokenKind::Percent:
    return level == MulLevel ? std::optional(BinaryOp::Mod) : std::nullopt;
  case TokenKind::At:
    return level == MulLevel ? std::optional(BinaryOp::MatMul) : std::nullopt;
  default:
    return std::nullopt;
  }
}

static std::optional<CompareOp> compareOp(TokenKind kind) {
  switch (kind) {
  case TokenKind::EqualEqual:
    return CompareOp::Eq;
  case TokenKind::NotEqual:
    return CompareOp::Ne;
  case TokenKind::Less:
    return CompareOp::Lt;
  case TokenKind::LessEqual:
    return CompareOp::Le;
  case TokenKind::Greater:
    return CompareOp::Gt;
  case TokenKind::GreaterEqual:
    return CompareOp::Ge;
  default:
    return std::nullopt;
  }
}

ExprPtr Parser::wholeExpression() {
  ExprPtr value = expression();
  if (!panicking && token().kind != TokenKind::End) {
    fail(here(), "expected " + endWords + ", found " + quoted(text(token())));
    return errorExpr();
  }
  return panicking || !stream.errors.empty() ? errorExpr() : std::move(value);
}

//===----------------------------------------------------------------------===//
// Operators
//===----------------------------------------------------------------------===//

ExprPtr Parser::expression() {
  Nesting level(*this);
  if (at(TokenKind::Pipe))
    return lambda();
  ExprPtr begin = conditional();
  if (!accept(TokenKind::DotDot))
    return begin;
  ExprPtr end = conditional();
  auto node = make<RangeExpr>(since(begin->range), std::move(begin), std::move(end));
  adopt(*node, node->begin);
  adopt(*node, node->end);
  return node;
}

ExprPtr Parser::lambda() {
  auto node = make<LambdaExpr>(here());
  advance();
  {
    Brackets brackets(*this);
    if (at(TokenKind::Pipe))
      complain(here(), "expected an argument between `|` and `|`");
    else
      node->parameters = targets("an argument of the lambda");
    expect(TokenKind::Pipe, " after the arguments of the lambda");
  }
  node->body = expression();
  node->range = since(node->range);
  adopt(*node, node->body);
  return node;
}

ExprPtr Parser::conditional() {
  ExprPtr value = binary(OrLevel);
  if (!accept(TokenKind::If))
    return value;
  Nesting level(*this);
  ExprPtr condition = binary(OrLevel);
  if (!accept(TokenKind::Else)) {
    fail("expected `else`, found " + found() +
         (advice().empty() ? ": `a if c else b` needs both values" : advice()));
    return value;
  }
  ExprPtr otherwise = conditional();
  auto node = make<ConditionalExpr>(since(value->range), std::move(condition), std::move(value),
                                    std::move(otherwise));
  adopt(*node, node->condition);
  adopt(*node, node->thenValue);
  adopt(*node, node->elseValue);
  return node;
}

/// Left associative operators of `level` and above.
ExprPtr Parser::binary(int level) {
  if (level == NotLevel)
    return negation();
  if (level == CompareLevel)
    return comparison();
  if (level == UnaryLevel)
    return unary();
  ExprPtr lhs = binary(level + 1);
  while (auto op = binaryOp(kind(), level)) {
    SourceRange opRange = here();
    advance();
    ExprPtr rhs = binary(level + 1);
    auto node = make<BinaryExpr>(since(lhs->range), *op, opRange, std::move(lhs), std::move(rhs));
    adopt(*node, node->lhs);
    adopt(*node, node->rhs);
    lhs = std::move(node);
  }
  return lhs;
}

ExprPtr Parser::negation() {
  if (!at(TokenKind::Not))
    return binary(CompareLevel);
  Nesting level(*this);
  SourceRange op = here();
  advance();
  ExprPtr operand = negation();
  auto node = make<UnaryExpr>(since(op), UnaryOp::Not, op, std::move(operand));
  adopt(*node, node->operand);
  return node;
}

ExprPtr Parser::comparison() {
  ExprPtr first = binary(AddLevel);
  if (!compareOp(kind()))
    return first;
  auto node = make<ComparisonExpr>(first->range);
  node->operands.push_back(std::move(first));
  adopt(*node, node->operands.back());
  while (auto op = compareOp(kind())) {
    node->ops.push_back({*op, here()});
    advance();
    node->operands.push_back(binary(AddLevel));
    adopt(*node, node->operands.back());
  }
  node->range = since(node->range);
  return node;
}

ExprPtr Parser::unary() {
  if (at(TokenKind::Plus)) {
    complain(here(), "unexpected `+`: there is no unary plus");
    advance();
  }
  if (!at(TokenKind::Minus))
    return power();
  Nesting level(*this);
  SourceRange op = here();
  size_t minus = index;
  advance();
  negatedOperand = index;
  ExprPtr operand = unary();
  // The least i64 is a literal with its sign.
  auto *literal = llvm::dyn_cast<IntExpr>(operand.get());
  if (literal && literal->value == INT64_MIN && index == minus + 2) {
    literal->range = since(op);
    return operand;
  }
  auto node = make<UnaryExpr>(since(op), UnaryOp::Neg, op, std::move(operand));
  adopt(*node, node->operand);
  return node;
}

ExprPtr Parser::power() {
  ExprPtr base = postfix();
  if (!at(TokenKind::StarStar))
    return base;
  Nesting level(*this);
  SourceRange op = here();
  advance();
  ExprPtr exponent = unary();
  auto node = make<BinaryExpr>(since(base->range), BinaryOp::Pow, op, std::move(base), std::move(exponent));
  adopt(*node, node->lhs);
  adopt(*node, node->rhs);
  return node;
}

//===----------------------------------------------------------------------===//
// Calls, indices, members
//===----------------------------------------------------------------------===//

ExprPtr Parser::postfix() {
  ExprPtr value = primary();
  while (true) {
    if (at(TokenKind::LeftParen)) {
      value = call(std::move(value));
    } else if (at(TokenKind::LeftBracket)) {
      value = subscripts(std::move(value));
    } else if (accept(TokenKind::Dot)) {
      Identifier member = expectName("the name of a member after `.`");
      if (!member)
        return value;
      SourceRange whole = since(value->range);
      auto node = make<MemberExpr>(whole, std::move(value), member);
      adopt(*node, node->base);
      value = std::move(node);
    } else {
      return value;
    }
  }
}

void Parser::bracketed(TokenKind close, SourceRange open, StringRef what,
                       llvm::function_ref<void()> element) {
  while (!at(close)) {
    if (at(TokenKind::Comma)) {
      StringRef where = previous().kind == TokenKind::Comma ? " after `,`" : "";
      complain(here(), "expected " + what + where + ", found `,`");
      while (accept(TokenKind::Comma))
        ;
      continue;
    }
    if (at(TokenKind::End) || at(TokenKind::RightBrace) || startsStatement(token()))
      break;
    element();
    if (!accept(TokenKind::Comma))
      break;
  }
  expectClose(close, open, /*isList=*/true);
}

ExprPtr Parser::call(ExprPtr callee) {
  auto node = make<CallExpr>(callee->range, std::move(callee));
  adopt(*node, node->callee);
  SourceRange open = here();
  advance();
  {
    Brackets brackets(*this);
    bool named = false, reported = false;
    bracketed(TokenKind::RightParen, open, "an argument", [&] {
      Argument argument;
      argument.range = here();
      if (at(TokenKind::Name) && kind(1) == TokenKind::Equal) {
        argument.name = expectName("a name");
        advance();
      }
      argument.value = expression();
      argument.range = since(argument.range);
      if (named && !argument.name && !panicking && !reported) {
        complain(argument.range, "an argument given by position cannot stand after one given by name");
        reported = true;
      }
      named |= bool(argument.name);
      adopt(*node, argument.value);
      node->arguments.push_back(std::move(argument));
    });
  }
  node->range = since(node->range);
  return node;
}

ExprPtr Parser::subscripts(ExprPtr base) {
  auto node = make<IndexExpr>(base->range, std::move(base));
  adopt(*node, node->base);
  SourceRange open = here();
  advance();
  {
    Brackets brackets(*this);
    if (at(TokenKind::RightBracket))
      complain(open.to(here()), "expected an index between `[` and `]`");
    bool ellipsis = false;
    bracketed(TokenKind::RightBracket, open, "an index", [&] {
      Subscript part = subscript();
      if (part.kind == Subscript::Kind::Ellipsis && std::exchange(ellipsis, true))
        complain(part.range, "a second `...` in one index");
      for (const ExprPtr *value : {&part.index, &part.begin, &part.end, &part.step})
        if (*value)
          adopt(*node, *value);
      node->subscripts.push_back(std::move(part));
    });
  }
  node->range = since(node->range);
  return node;
}

Subscript Parser::subscript() {
  Subscript part;
  part.range = here();
  if (accept(TokenKind::Ellipsis)) {
    part.kind = Subscript::Kind::Ellipsis;
    return part;
  }
  auto bound = [&]() -> ExprPtr {
    bool absent = at(TokenKind::Colon) || at(TokenKind::Comma) || at(TokenKind::RightBracket);
    return absent ? nullptr : expression();
  };
  if (!at(TokenKind::Colon))
    part.index = expression();
  if (accept(TokenKind::Colon)) {
    part.kind = Subscript::Kind::Slice;
    part.begin = std::move(part.index);
    part.end = bound();
    if (accept(TokenKind::Colon))
      part.step = bound();
  }
  part.range = since(part.range);
  return part;
}

//===----------------------------------------------------------------------===//
// Lists without brackets
//===----------------------------------------------------------------------===//

std::vector<ExprPtr> Parser::expressionList() {
  std::vector<ExprPtr> values;
  do
    values.push_back(expression());
  while (accept(TokenKind::Comma) && startsExpression(kind()));
  return values;
}

std::vector<Identifier> Parser::targets(StringRef what) {
  std::vector<Identifier> names;
  auto atReserved = [&] {
    return isKeyword(kind()) && (kind(1) == TokenKind::Equal || kind(1) == TokenKind::Comma);
  };
  do
    names.push_back(expectName(what));
  while (accept(TokenKind::Comma) && (at(TokenKind::Name) || atReserved()));
  return names;
}
