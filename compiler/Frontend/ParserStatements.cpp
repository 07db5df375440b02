// Bodies and their statements.
#include "compiler/Frontend/ParserImpl.h"
#include "llvm/ADT/StringSwitch.h"

using namespace rondo;
using namespace rondo::ast;
using llvm::StringRef;
using llvm::Twine;

//===----------------------------------------------------------------------===//
// Bodies
//===----------------------------------------------------------------------===//

/// '{' {statement} '}' of what is named `what` and begins at `head`.
Block Parser::block(const Twine &what, SourceRange head) {
  Nesting level(*this);
  Block result;
  result.range = here();
  Opening opening = openBlock(head);
  if (opening == Opening::None)
    return result;
  llvm::SaveAndRestore brackets(openBrackets, 0u), heads(openHeads, 0u);
  while (true) {
    skipNewline();
    if (blockEnds(opening, head) || closesByIndentation())
      break;
    size_t begin = index;
    StmtPtr next = statement();
    expectLineEnd();
    recover(begin);
    if (next)
      result.statements.push_back(std::move(next));
  }
  closeBlock(opening, what, head);
  result.range = since(result.range);
  return result;
}

Parser::Opening Parser::openBlock(SourceRange head) {
  recoverToBrace();
  if (expectBrace())
    return Opening::Brace;
  recoverToBrace();
  if (accept(TokenKind::LeftBrace))
    return Opening::Brace;
  size_t line = index;
  while (!stream.tokens[line].afterNewline)
    ++line;
  const Token &first = stream.tokens[line];
  if (stopped || first.kind == TokenKind::End || first.kind == TokenKind::RightBrace ||
      indentation(first.begin) <= indentation(head.begin))
    return Opening::None;
  index = line;
  panicking = false;
  return Opening::Indentation;
}

bool Parser::blockEnds(Opening opening, SourceRange head) const {
  if (at(TokenKind::RightBrace) || at(TokenKind::End))
    return true;
  return opening == Opening::Indentation && token().afterNewline &&
         indentation(token().begin) <= indentation(head.begin);
}

void Parser::closeBlock(Opening opening, const Twine &what, SourceRange head) {
  if (accept(TokenKind::RightBrace))
    return;
  // Reported once for all blocks that end here; then they count as closed.
  if (opening == Opening::Brace)
    fail("expected `}` to close " + what + ", found " + found()).note(head, "opened here");
  panicking = false;
  passedNewline = noToken;
}

/// A declaration that is indented no deeper than the one around begins after a forgotten `}`.
bool Parser::closesByIndentation() const {
  bool isDeclaration = at(TokenKind::Def) || at(TokenKind::Model);
  return isDeclaration && token().afterNewline && indentation(token().begin) <= body.indentation;
}

Block Parser::nestedBlock(StringRef what, SourceRange head) {
  llvm::SaveAndRestore nested(body.nestedIn, what);
  return block(quoted(what), head);
}

Block Parser::declarationBody(const Twine &what, SourceRange head) {
  Body inside;
  inside.indentation = indentation(head.begin);
  llvm::SaveAndRestore restore(body, inside);
  return block(what, head);
}

//===----------------------------------------------------------------------===//
// Statements
//===----------------------------------------------------------------------===//

StmtPtr Parser::statement() {
  if (failAtReservedName())
    return nullptr;
  switch (kind()) {
  case TokenKind::Return:
    return returnStatement();
  case TokenKind::Yield:
    return yieldStatement();
  case TokenKind::If:
    return ifStatement();
  case TokenKind::For:
    return forStatement();
  case TokenKind::Scan: {
    auto node = scan();
    SourceRange whole = node->range;
    return make<ExprStmt>(whole, std::move(node));
  }
  case TokenKind::Name:
    return nameStatement();
  case TokenKind::Def:
  case TokenKind::Model:
    return misplaced("`" + text(token()) + "` cannot stand in a body: it is an item of the file" +
                     (at(TokenKind::Def) ? ", or a member of a model" : ""));
  case TokenKind::Else:
    return misplaced("`else` without an `if` before it");
  default:
    break;
  }
  if (!startsExpression(kind())) {
    bool isOperator = !spelling(kind()).empty() && !isKeyword(kind());
    bool isComment = at(TokenKind::SlashSlash);
    bool isBracket = at(TokenKind::RightParen) || at(TokenKind::RightBracket) || at(TokenKind::LeftBrace);
    fail("expected a statement, found " + found() +
         (isComment                  ? ": a comment is written `# ...`"
          : isOperator && !isBracket ? ": a statement goes on over several lines inside ( )"
                                     : ""));
    return nullptr;
  }
  return expressionStatement();
}

/// Before `with = ...`, which says that a reserved word is taken for a name.
bool Parser::failAtReservedName() {
  if (!isKeyword(kind()) || kind(1) != TokenKind::Equal)
    return false;
  misusedWords.push_back(kind());
  fail(found() + " is a reserved word and cannot be a name");
  return true;
}

/// Reports what stands here; what it begins is skipped.
StmtPtr Parser::misplaced(const Twine &message) {
  fail(here(), message);
  return nullptr;
}

/// Words that other languages begin a statement with.
static StringRef foreignStatement(StringRef word) {
  return llvm::StringSwitch<StringRef>(word)
      .Case("while", "a loop is a `scan ... until`, or a `for` over constants")
      .Case("elif", "it is written `else if`")
      .Cases({"let", "var", "auto"}, "a name is assigned without a word before it")
      .Cases({"print", "assert"}, "a condition is checked with `require condition, \"message\"`")
      .Case("const", "in a body a constant is assigned like any name; `const` stands in a model or a file")
      .Cases({"param", "buffer", "state", "train"}, "it stands in a model")
      .Cases({"import", "use"}, "files are used by `use \"other.rondo\"`, at the top of a file")
      .Cases({"lambda", "fn", "func", "function"}, "a function is a `def`, or a lambda `|x| x + 1`")
      .Case("pass", "a body may be empty")
      .Default("");
}

StmtPtr Parser::nameStatement() {
  if (atSpecial("require"))
    return requireStatement();
  TokenKind next = kind(1);
  StringRef advice = foreignStatement(text(token()));
  bool endsLine = next == TokenKind::Newline || next == TokenKind::RightBrace;
  bool isValue = next != TokenKind::LeftParen && next != TokenKind::LeftBracket && startsExpression(next);
  if (!advice.empty() && (isValue || (endsLine && text(token()) == "pass")))
    return misplaced("unexpected " + found() + ": " + advice);
  if (next != TokenKind::Equal && next != TokenKind::Comma)
    return expressionStatement();

  SourceRange begin = here();
  std::vector<Identifier> names = targets("a name");
  if (at(TokenKind::LeftBracket) || at(TokenKind::Dot)) {
    fail("expected `=`, found " + found() +
         ": only names are assigned; a tensor is changed by `x = update(x, v, at)`");
    return nullptr;
  }
  return assignment(begin, std::move(names));
}

StmtPtr Parser::assignment(SourceRange begin, std::vector<Identifier> targets) {
  auto node = make<AssignStmt>(begin);
  node->targets = std::move(targets);
  if (!expect(TokenKind::Equal, node->targets.size() > 1 ? " after the names" : ""))
    return nullptr;
  if (at(TokenKind::Scan))
    node->values.push_back(scan());
  else
    node->values = expressionList();
  if (llvm::isa<ScanExpr>(*node->values.front()) && at(TokenKind::Comma))
    fail("expected the end of the line, found `,`: a scan is the whole right side of an assignment");
  node->range = since(begin);
  return node;
}

/// A call. Whatever else an expression may be meant for is reported.
StmtPtr Parser::expressionStatement() {
  SourceRange begin = here();
  ExprPtr value = expression();
  if (panicking)
    return nullptr;
  if (at(TokenKind::Equal) || at(TokenKind::CompoundAssign)) {
    reportTarget(*value);
    return nullptr;
  }
  bool isCall = llvm::isa<CallExpr, ErrorExpr, ScanExpr>(*value);
  if (at(TokenKind::Colon) && llvm::isa<NameExpr>(*value)) {
    fail("expected `=`, found `:`: a local has no type annotation");
  } else if (!isCall) {
    expectLineEnd();
    complain(value->range, "the value is not used: a statement is an assignment, a call or a scan");
  }
  return make<ExprStmt>(since(begin), std::move(value));
}

/// Before an `=` or `+=` that something else than names stands left of.
void Parser::reportTarget(const Expr &target) {
  auto brief = [&](SourceRange range) {
    StringRef written = source.text(range);
    return written.size() > 40 || written.contains('\n') ? StringRef("a") : written;
  };
  StringRef written = brief(target.range);
  if (llvm::isa<ErrorExpr>(target)) {
    panic();
  } else if (at(TokenKind::CompoundAssign)) {
    StringRef op = text(token()).drop_back();
    fail("unexpected " + found() + ": write `" + written + " = " + written + " " + op + " ...`");
  } else if (auto *index = llvm::dyn_cast<IndexExpr>(&target)) {
    StringRef base = brief(index->base->range);
    fail(target.range, "tensors are values, their elements cannot be assigned: write `" + base +
                           " = update(" + base + ", v, at)`");
  } else if (llvm::isa<MemberExpr>(target)) {
    fail(target.range, "a member cannot be assigned: only names can, and a `state` in its own model");
  } else {
    fail(target.range, "only names can be assigned");
  }
}

StmtPtr Parser::returnStatement() {
  auto node = make<ReturnStmt>(here());
  if (body.scan)
    complain(here(),
             "`return` cannot stand in the body of a scan: every step runs to its end, `until` stops a scan");
  advance();
  node->values = expressionList();
  node->range = since(node->range);
  return node;
}

StmtPtr Parser::yieldStatement() {
  auto node = make<YieldStmt>(here());
  if (!body.scan)
    complain(here(), "`yield` may stand only in the body of a scan");
  else if (!body.nestedIn.empty())
    complain(here(), "`yield` stands at the top level of a scan's body, not inside `" + body.nestedIn + "`");
  else if (body.scan->yield)
    complain(here(), "a second `yield` in the body of one scan")
        .note(body.scan->yield->range, "the first is here");
  else
    body.scan->yield = node.get();
  advance();
  node->values = expressionList();
  node->range = since(node->range);
  return node;
}

StmtPtr Parser::requireStatement() {
  SourceRange begin = here();
  ExprPtr condition, message;
  requirement(condition, message);
  return make<RequireStmt>(since(begin), std::move(condition), std::move(message));
}

void Parser::requirement(ExprPtr &condition, ExprPtr &message) {
  advance();
  condition = expression();
  if (accept(TokenKind::Comma))
    message = expression();
}

//===----------------------------------------------------------------------===//
// if and for
//===----------------------------------------------------------------------===//

bool Parser::acceptElse() {
  if (accept(TokenKind::Else))
    return true;
  if (!at(TokenKind::Newline) || token().kind != TokenKind::Else)
    return false;
  complain(here(), "`else` must stand on the line of the `}` before it");
  skipNewline();
  return accept(TokenKind::Else);
}

StmtPtr Parser::ifStatement() {
  auto node = make<IfStmt>(here());
  do {
    SourceRange head = here();
    IfStmt::Arm arm;
    bool isElse = !accept(TokenKind::If);
    if (!isElse)
      arm.condition = expression();
    arm.body = nestedBlock(isElse ? "else" : "if", since(head));
    node->arms.push_back(std::move(arm));
    if (isElse)
      break;
  } while (acceptElse());
  node->range = since(node->range);
  return node;
}

StmtPtr Parser::forStatement() {
  auto node = make<ForStmt>(here());
  advance();
  node->targets = targets("a name after `for`");
  if (expect(TokenKind::In, " after the names of a `for`"))
    node->iterable = expression();
  else
    node->iterable = errorExpr();
  node->body = nestedBlock("for", since(node->range));
  node->range = since(node->range);
  return node;
}
