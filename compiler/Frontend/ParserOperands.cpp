// Operands: literals, names, what stands in brackets.
#include "compiler/Frontend/ParserImpl.h"
#include "llvm/ADT/APFloat.h"
#include "llvm/ADT/StringExtras.h"

using namespace rondo;
using namespace rondo::ast;
using llvm::StringRef;

bool Parser::startsExpression(TokenKind kind) {
  switch (kind) {
  case TokenKind::Name:
  case TokenKind::Int:
  case TokenKind::Float:
  case TokenKind::String:
  case TokenKind::Invalid:
  case TokenKind::True:
  case TokenKind::False:
  case TokenKind::None:
  case TokenKind::Not:
  case TokenKind::Minus:
  case TokenKind::LeftParen:
  case TokenKind::LeftBracket:
  case TokenKind::Pipe:
  case TokenKind::Scan:
    return true;
  default:
    return false;
  }
}

ExprPtr Parser::primary() {
  SourceRange where = here();
  switch (kind()) {
  case TokenKind::Int:
    return integer();
  case TokenKind::Float:
    return real();
  case TokenKind::String:
    advance();
    return make<StringExpr>(where, unescape(text(previous()).drop_front().drop_back()));
  case TokenKind::True:
  case TokenKind::False:
    advance();
    return make<BoolExpr>(where, previous().kind == TokenKind::True);
  case TokenKind::None:
    advance();
    return make<NoneExpr>(where);
  case TokenKind::Name:
    advance();
    if (text(previous()) == "_")
      complain(where, "`_` has no value: it takes one and forgets it");
    return make<NameExpr>(where, text(previous()));
  case TokenKind::Invalid:
    advance();
    return make<ErrorExpr>(where);
  case TokenKind::LeftParen: {
    advance();
    Brackets brackets(*this);
    ExprPtr value = expression();
    if (at(TokenKind::Comma)) {
      fail("expected `)`, found `,`: there are no tuples; a list is written `[a, b]`");
      return value;
    }
    expectClose(TokenKind::RightParen, where, /*isList=*/false);
    // The parentheses count as part of the operand: messages point at what was written.
    value->range = since(where);
    return value;
  }
  case TokenKind::LeftBracket:
    return listOrComprehension();
  case TokenKind::Scan:
    return misplacedScan();
  default:
    return missingOperand();
  }
}

ExprPtr Parser::missingOperand() {
  if (llvm::is_contained(misusedWords, kind())) { // the name that it was meant to be
    advance();
    return std::make_unique<ErrorExpr>(range(previous()));
  }
  const Token &before = previous();
  bool isSameLine = at(TokenKind::Newline) || !token().afterNewline || openBrackets;
  std::string after;
  if (index && isSameLine && !spelling(before.kind).empty())
    after = " after " + quoted(text(before));
  std::string message = "expected an expression" + after + ", found " + found();

  if (at(TokenKind::Newline)) {
    message += "; a statement goes on over several lines inside ( )";
    // An operator at the end of a line was meant to go on: the next line is read as if it did.
    size_t passed = std::exchange(passedNewline, index);
    TokenKind next = kind(1);
    if (!after.empty() && startsExpression(kind()) && next != TokenKind::Equal && next != TokenKind::Comma) {
      complain(range(before).atEnd(), message);
      return unary();
    }
    passedNewline = passed;
    fail(message);
  } else if (at(TokenKind::Pipe)) {
    fail(message + ": a lambda that is an operand stands in ( )");
  } else {
    fail(message + advice());
  }
  return errorExpr();
}

ExprPtr Parser::integer() {
  SourceRange where = here();
  bool negated = negatedOperand == index;
  advance();
  std::string digits = text(previous()).str();
  llvm::erase(digits, '_');
  uint64_t value = 0;
  bool fits = !StringRef(digits).getAsInteger(10, value) && value <= uint64_t(INT64_MAX) + 1;
  if (fits && value == uint64_t(INT64_MAX) + 1) {
    // Only as -9223372036854775808, and nothing that binds closer than the minus.
    fits = negated && !at(TokenKind::StarStar) && !at(TokenKind::Dot) && !at(TokenKind::LeftParen) &&
           !at(TokenKind::LeftBracket);
  }
  if (fits)
    return make<IntExpr>(where, static_cast<int64_t>(value));
  StringRef shown = StringRef(digits).take_front(40);
  complain(where, "the integer " + shown + (shown.size() < digits.size() ? "..." : "") +
                      " is out of range: an i64 is at most 9223372036854775807");
  return make<ErrorExpr>(where);
}

ExprPtr Parser::real() {
  SourceRange where = here();
  advance();
  std::string digits = text(previous()).str();
  llvm::erase(digits, '_');
  llvm::APFloat value(llvm::APFloat::IEEEdouble());
  auto status = value.convertFromString(digits, llvm::APFloat::rmNearestTiesToEven);
  bool isZero = StringRef(digits)
                    .take_until([](char c) { return llvm::toLower(c) == 'e'; })
                    .find_first_of("123456789") == StringRef::npos;
  if (!status)
    llvm::consumeError(status.takeError());
  else if (value.isFinite() && (!value.isZero() || isZero))
    return make<FloatExpr>(where, value.convertToDouble());
  complain(where, value.isZero() ? "the number is out of range: the least f64 above 0 is about 5e-324"
                                 : "the number is out of range: the greatest f64 is about 1.8e308");
  return make<ErrorExpr>(where);
}

ExprPtr Parser::listOrComprehension() {
  SourceRange open = here();
  advance();
  Brackets brackets(*this);
  auto list = make<ListExpr>(open);
  std::unique_ptr<ComprehensionExpr> comprehension;
  bracketed(TokenKind::RightBracket, open, "an element", [&] {
    if (comprehension)
      fail("expected `]`, found " + found() + ": a comprehension has one element and one `for`");
    ExprPtr element = expression();
    if (!at(TokenKind::For)) {
      adopt(*list, element);
      list->elements.push_back(std::move(element));
      return;
    }
    if (!list->elements.empty())
      complain(here(), "unexpected `for`: a comprehension has one element and one `for`");
    advance();
    comprehension = make<ComprehensionExpr>(open);
    comprehension->element = std::move(element);
    comprehension->targets = targets("a name after `for`");
    expect(TokenKind::In, " after the names of a `for`");
    comprehension->iterable = expression();
    adopt(*comprehension, comprehension->element);
    adopt(*comprehension, comprehension->iterable);
    if (at(TokenKind::For) || at(TokenKind::If))
      fail("expected `]`, found " + found() + ": a comprehension has one element and one `for`");
  });
  ExprPtr node;
  if (comprehension)
    node = std::move(comprehension);
  else
    node = std::move(list);
  node->range = since(open);
  return node;
}
