// What a model holds: submodules, weights, state, methods, conditions.
#include "compiler/Frontend/ParserImpl.h"

using namespace rondo;
using namespace rondo::ast;
using llvm::StringRef;
using llvm::Twine;

/// '{' {member} '}' of what is named `what` and begins at `head`.
std::vector<DeclPtr> Parser::members(const Twine &what, SourceRange head) {
  Nesting level(*this);
  std::vector<DeclPtr> result;
  Opening opening = openBlock(head);
  if (opening == Opening::None)
    return result;
  while (true) {
    skipNewline();
    if (blockEnds(opening, head) || (at(TokenKind::Model) && closesByIndentation()))
      break;
    size_t begin = index;
    DeclPtr next = declaration([&] { return member(); });
    expectLineEnd();
    recover(begin);
    if (next)
      result.push_back(std::move(next));
  }
  closeBlock(opening, what, head);
  return result;
}

bool Parser::atSpecial(StringRef word) const {
  if (!atWord(word))
    return false;
  TokenKind next = kind(1);
  if (next == TokenKind::Equal || next == TokenKind::Dot || next == TokenKind::Comma ||
      next == TokenKind::Colon)
    return false;
  // A member of this name, with a spelling: `param as "p" = ...`.
  bool isAs = next == TokenKind::Name && text(token(1)) == "as" && kind(2) == TokenKind::String;
  if (word == "require" || word == "use")
    return !isAs;
  return !isAs && (next == TokenKind::Name || isKeyword(next));
}

DeclPtr Parser::member() {
  using Role = VariableDecl::Role;
  if (failAtReservedName())
    return nullptr;
  switch (kind()) {
  case TokenKind::Def:
    return definition();
  case TokenKind::If:
    return ifMember();
  case TokenKind::Name:
    break;
  case TokenKind::Return:
  case TokenKind::Yield:
  case TokenKind::For:
  case TokenKind::Scan:
    fail("`" + text(token()) + "` may stand only in the body of a `def`");
    return nullptr;
  case TokenKind::Model:
    fail("a model cannot stand inside a model: it is an item of the file");
    return nullptr;
  case TokenKind::Else:
    fail("`else` without an `if` before it");
    return nullptr;
  default:
    fail("expected a member of the model, found " + found());
    return nullptr;
  }
  if (atSpecial("param"))
    return variable(Role::Param);
  if (atSpecial("buffer"))
    return variable(Role::Buffer);
  if (atSpecial("state"))
    return variable(Role::State);
  if (atSpecial("train"))
    return train();
  if (atSpecial("const"))
    return constant();
  if (atSpecial("require"))
    return requireMember();
  if (atWord("use") && kind(1) == TokenKind::String) {
    fail("`use` may stand only at the top level of a file");
    return nullptr;
  }
  return binding();
}

/// NAME ['as' STRING] '=' e
DeclPtr Parser::binding() {
  auto node = make<BindingDecl>(here());
  node->name = expectName("the name of a member");
  node->spelling = spellingClause();
  if (at(TokenKind::Colon))
    fail("expected `=`, found `:`: a weight is declared with `param " + node->name.text + ": type = init`");
  else if (at(TokenKind::Name) && !panicking)
    fail("expected `=` after `" + text(previous()) + "`, found " + found() +
         ": a member is a `def`, a `param`, `buffer` or `state`, or `name = Module(...)`");
  else
    expect(TokenKind::Equal, " after the name of a member");
  node->value = expression();
  return node;
}

/// ('param' | 'buffer' | 'state') NAME ['as' STRING] ':' type '=' e
DeclPtr Parser::variable(VariableDecl::Role role) {
  auto node = make<VariableDecl>(here(), role);
  StringRef word = text(token());
  advance();
  node->name = expectName("the name of a " + word);
  node->spelling = spellingClause();
  expect(TokenKind::Colon, " and the type of the " + word);
  node->type = type();
  if (at(TokenKind::Newline) || at(TokenKind::RightBrace))
    fail("expected `=` and the first value of the " + word + ", such as `zeros`, found " + found());
  expect(TokenKind::Equal, " and the first value of the " + word);
  node->init = expression();
  return node;
}

/// 'train' NAME '(' ... ')' 'with' e block
DeclPtr Parser::train() {
  auto node = make<TrainDecl>(here());
  advance();
  DefDecl &function = node->function;
  function.name = expectName("the name of a train member");
  if (at(TokenKind::LeftParen))
    function.parameters = parameters();
  else
    fail("expected `(` and the arguments of the train member, found " + found());
  expect(TokenKind::With, " and an optimiser, such as `Adam(lr=0.05)`");
  node->optimizer = expression();
  function.headRange = since(node->range);
  function.body = declarationBody("`train " + function.name.text + "`", function.headRange);
  return node;
}

DeclPtr Parser::requireMember() {
  auto node = make<RequireDecl>(here());
  requirement(node->condition, node->message);
  return node;
}

/// 'if' e '{' {member} '}' ...
DeclPtr Parser::ifMember() {
  auto node = make<IfDecl>(here());
  do {
    SourceRange head = here();
    IfDecl::Arm arm;
    bool isElse = !accept(TokenKind::If);
    if (!isElse)
      arm.condition = expression();
    arm.members = members(isElse ? "`else`" : "`if`", since(head));
    node->arms.push_back(std::move(arm));
    if (isElse)
      break;
  } while (acceptElse());
  return node;
}

//===----------------------------------------------------------------------===//
// The spelling of a key
//===----------------------------------------------------------------------===//

/// ['as' STRING], the string cut at the braces that hold constants.
std::optional<KeySpelling> Parser::spellingClause() {
  if (!atWord("as"))
    return std::nullopt;
  advance();
  if (!at(TokenKind::String)) {
    fail("expected a string after `as`, found " + found());
    return std::nullopt;
  }
  advance();
  KeySpelling result;
  result.range = range(previous());
  StringRef rest = text(previous()).drop_front().drop_back();
  uint32_t offset = result.range.begin + 1;
  auto skip = [&](size_t count) {
    rest = rest.drop_front(count);
    offset += count;
  };
  std::string literal;
  auto flush = [&] {
    if (!literal.empty())
      result.pieces.push_back({std::exchange(literal, {}), nullptr});
  };
  while (!rest.empty()) {
    if (rest.front() == '{') {
      flush();
      size_t close = rest.find('}');
      if (close == StringRef::npos) {
        complain({id, offset, offset + 1}, "`{` without a `}` in the spelling of a key");
        break;
      }
      result.pieces.push_back({"", hole({id, offset + 1, offset + static_cast<uint32_t>(close)})});
      skip(close + 1);
    } else if (rest.front() == '}') {
      complain({id, offset, offset + 1}, "`}` without a `{` in the spelling of a key");
      skip(1);
    } else {
      size_t length = rest.front() == '\\' ? escapeLength(rest) : std::max<size_t>(1, characterLength(rest));
      literal += unescape(rest.take_front(length));
      skip(length);
    }
  }
  flush();
  return result;
}

/// The constant between two braces of a string.
ExprPtr Parser::hole(SourceRange range) {
  if (source.text(range).trim().empty()) {
    complain({id, range.begin - 1, range.end + 1}, "expected a constant between `{` and `}`");
    return make<ErrorExpr>(range);
  }
  return Parser(range, files, diagnostics, "`}`").wholeExpression();
}
