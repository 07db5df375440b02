// Types, and the arguments that they annotate.
#include "compiler/Frontend/ParserImpl.h"

using namespace rondo;
using namespace rondo::ast;

TypePtr Parser::type() {
  Nesting level(*this);
  auto node = make<TypeExpr>();
  node->range = here();
  SourceRange open = here();
  if (accept(TokenKind::LeftBracket)) {
    Brackets brackets(*this);
    node->kind = TypeExpr::Kind::List;
    node->element = type();
    expectClose(TokenKind::RightBracket, open, /*isList=*/false);
    node->range = since(node->range);
    return node;
  }
  if (at(TokenKind::LeftParen)) {
    fail("expected a type, found `(`: several results stand without parentheses, `-> f32[B], f32[B]`");
    return node;
  }

  node->name = expectName("a type");
  open = here();
  if (!accept(TokenKind::LeftBracket)) {
    node->range = since(node->range);
    return node;
  }
  Brackets brackets(*this);
  node->kind = TypeExpr::Kind::Shaped;
  bool ellipsis = false;
  bracketed(TokenKind::RightBracket, open, "a size", [&] {
    Dim dim;
    dim.range = here();
    if (!accept(TokenKind::Ellipsis))
      dim.size = expression();
    else if (std::exchange(ellipsis, true))
      complain(dim.range, "a second `...` in one shape");
    dim.range = since(dim.range);
    node->dims.push_back(std::move(dim));
  });
  node->range = since(node->range);
  return node;
}

std::vector<TypePtr> Parser::typeList() {
  std::vector<TypePtr> types;
  do
    types.push_back(type());
  while (accept(TokenKind::Comma) && !at(TokenKind::LeftBrace));
  return types;
}

/// '(' (NAME [':' type] ['=' e]),* ')'
std::vector<Parameter> Parser::parameters() {
  std::vector<Parameter> result;
  SourceRange open = here();
  Brackets brackets(*this);
  advance();
  bracketed(TokenKind::RightParen, open, "an argument", [&] {
    Parameter parameter;
    parameter.range = here();
    parameter.name = expectName("the name of an argument");
    if (at(TokenKind::Name) || at(TokenKind::LeftBracket))
      fail("expected `:` and the type of the argument, found " + found());
    if (accept(TokenKind::Colon))
      parameter.type = type();
    if (accept(TokenKind::Equal))
      parameter.defaultValue = expression();
    parameter.range = since(parameter.range);
    result.push_back(std::move(parameter));
  });
  return result;
}
