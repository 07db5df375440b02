// Tokens as the rules see them, mistakes, and how parsing goes on after one.
#include "compiler/Frontend/ParserImpl.h"

using namespace rondo;
using llvm::StringRef;
using llvm::Twine;

/// After so many errors a file is not worth reading on.
static constexpr size_t maxErrors = 200;

/// How far to look for the end of a bracket.
static constexpr size_t maxLookahead = 2000;

std::unique_ptr<ast::File> rondo::parseFile(FileId id, const FileTable &files, Diagnostics &diagnostics) {
  SourceRange whole{id, 0, static_cast<uint32_t>(files[id].text().size())};
  return Parser(whole, files, diagnostics, "the end of the file").file();
}

ast::ExprPtr rondo::parseExpression(FileId id, const FileTable &files, Diagnostics &diagnostics) {
  SourceRange whole{id, 0, static_cast<uint32_t>(files[id].text().size())};
  return Parser(whole, files, diagnostics, "the end of the text").wholeExpression();
}

std::string rondo::quoted(StringRef text) {
  return ("`" + text.take_front(60) + (text.size() > 60 ? "...`" : "`")).str();
}

//===----------------------------------------------------------------------===//
// Tokens
//===----------------------------------------------------------------------===//

TokenKind Parser::kind(size_t ahead) const {
  if (panicking)
    return TokenKind::End;
  for (size_t i = index; i <= index + ahead && i < stream.tokens.size(); ++i) {
    const Token &t = stream.tokens[i];
    if (!t.afterNewline || i == 0 || i == passedNewline || openBrackets || openHeads ||
        t.kind == TokenKind::End)
      continue;
    TokenKind before = i ? stream.tokens[i - 1].kind : TokenKind::Invalid;
    if (before != TokenKind::Comma && before != TokenKind::Arrow)
      return TokenKind::Newline;
  }
  return token(ahead).kind;
}

bool Parser::accept(TokenKind k) {
  if (!at(k))
    return false;
  advance();
  return true;
}

unsigned Parser::indentation(uint32_t offset) const {
  unsigned line = source.lineColumn(offset).line;
  return source.line(line).find_first_not_of(" \t") + 1;
}

std::string Parser::found() const {
  const Token &t = token();
  switch (kind()) {
  case TokenKind::Newline:
    return "the end of the line";
  case TokenKind::End:
    return endWords.str();
  case TokenKind::String:
    return "a string";
  default:
    return quoted(text(t));
  }
}

/// What the author of an unexpected token may have wanted.
StringRef Parser::advice() const {
  if (atWord("is"))
    return "; equality is written `==`";
  if (index && text(previous()) == "lambda")
    return "; a lambda is written `|x| ...`";
  switch (kind()) {
  case TokenKind::Pipe:
    return "; the disjunction is written `or`";
  case TokenKind::Equal:
    return "; a statement assigns once, equality is written `==`";
  case TokenKind::Not:
    return "; put ( ) around a `not` that is an operand";
  default:
    return "";
  }
}

bool Parser::expect(TokenKind k, const Twine &where) {
  if (accept(k))
    return true;
  fail("expected `" + spelling(k) + "`" + where + ", found " + found() +
       (k == TokenKind::LeftBrace ? advice() : StringRef()));
  return false;
}

ast::Identifier Parser::expectName(const Twine &what) {
  if (at(TokenKind::Name)) {
    advance();
    return {text(previous()), range(previous())};
  }
  if (isKeyword(kind()))
    misusedWords.push_back(kind());
  fail("expected " + what + ", found " + found() + (isKeyword(kind()) ? ", which is a reserved word" : ""));
  return {};
}

bool Parser::expectClose(TokenKind close, SourceRange open, bool isList) {
  if (accept(close))
    return true;
  if (panicking)
    return false;
  bool commaToo = isList && previous().kind != TokenKind::Comma && range(previous()) != open;
  std::string wanted = (commaToo ? "`,` or `" : "`") + spelling(close).str() + "`";
  std::string opener = quoted(files.text(open));
  // A bracket that was forgotten is missing where its line ends.
  bool isLater = kind() != TokenKind::End && token().afterNewline;
  std::string line = isLater ? " on line " + std::to_string(source.lineColumn(token().begin).line) : "";
  SourceRange where = isLater ? range(previous()).atEnd() : place();
  Diagnostic &error = fail(where, "expected " + wanted + " to close " + opener + ", found " + found() + line);
  if (source.lineColumn(open.begin).line != source.lineColumn(where.begin).line)
    error.note(open, "opened here");
  return false;
}

bool Parser::expectBrace() {
  if (at(TokenKind::Newline) && token().kind == TokenKind::LeftBrace) {
    complain(place(), "expected `{`, found the end of the line: the brace must stand on this line");
    skipNewline();
  }
  return expect(TokenKind::LeftBrace);
}

void Parser::expectLineEnd() {
  if (panicking || at(TokenKind::Newline) || at(TokenKind::End) || at(TokenKind::RightBrace))
    return;
  bool closes = at(TokenKind::RightParen) || at(TokenKind::RightBracket);
  Diagnostic &error = closes ? fail("unexpected " + found() + ": nothing is open here")
                             : fail("expected the end of the line, found " + found() + advice());
  // What follows `//` may have been meant as a comment; a comma may have been left over on the line above.
  size_t i = index;
  for (; i > 0 && !stream.tokens[i].afterNewline; --i)
    if (stream.tokens[i - 1].kind == TokenKind::SlashSlash)
      error.note(range(stream.tokens[i - 1]), "`//` divides; a comment is written `# ...`");
  if (i > 0 && stream.tokens[i - 1].kind == TokenKind::Comma)
    error.note(range(stream.tokens[i - 1]), "the line goes on after this comma");
}

//===----------------------------------------------------------------------===//
// Mistakes and limits
//===----------------------------------------------------------------------===//

SourceRange Parser::place() const {
  bool isEnd = at(TokenKind::Newline) || token().kind == TokenKind::End;
  return isEnd && index ? range(previous()).atEnd() : here();
}

/// Whether the lexer reported something on the line of `offset`: what the rules find there follows from it.
bool Parser::isKnownLine(uint32_t offset) const {
  StringRef before = source.text().take_front(offset), after = source.text().drop_front(offset);
  size_t begin = before.rfind('\n') + 1, end = offset + std::min(after.find('\n'), after.size());
  auto lexed = llvm::lower_bound(stream.errors, begin);
  return lexed != stream.errors.end() && *lexed <= end;
}

Diagnostic &Parser::complain(SourceRange where, const Twine &message) {
  if (panicking || stopped || isKnownLine(where.begin))
    return ignored = Diagnostic();
  if (diagnostics.errorCount() > maxErrors)
    stop();
  return diagnostics.error(where, message);
}

Diagnostic &Parser::fail(SourceRange where, const Twine &message) {
  // What is Invalid has been reported.
  bool isKnown = failedAt == index || token().kind == TokenKind::Invalid;
  Diagnostic &error = isKnown ? ignored = Diagnostic() : complain(where, message);
  panic();
  failedAt = index;
  return error;
}

void Parser::panic() {
  if (!panicking)
    panicBrackets = openBrackets;
  panicking = true;
}

void Parser::stop() {
  stopped = true;
  index = stream.tokens.size() - 1;
}

bool Parser::startsStatement(const Token &t) {
  return t.afterNewline && (t.kind == TokenKind::Def || t.kind == TokenKind::Model ||
                            t.kind == TokenKind::Return || t.kind == TokenKind::Yield);
}

/// Whether `depth` brackets are closed by what follows, before something that cannot stand in them.
bool Parser::bracketsClose(unsigned depth) const {
  for (size_t i = index; depth && i < std::min(stream.tokens.size(), index + maxLookahead); ++i) {
    switch (const Token &t = stream.tokens[i]; t.kind) {
    case TokenKind::LeftParen:
    case TokenKind::LeftBracket:
      ++depth;
      break;
    case TokenKind::RightParen:
    case TokenKind::RightBracket:
      --depth;
      break;
    case TokenKind::LeftBrace:
    case TokenKind::RightBrace:
    case TokenKind::End:
      return false;
    default:
      if (startsStatement(t))
        return false;
    }
  }
  return depth == 0;
}

void Parser::recover(size_t begin) {
  if (!panicking)
    return;
  panicking = false;
  unsigned depth = bracketsClose(panicBrackets) ? panicBrackets : 0;
  unsigned braces = 0;
  for (;; advance()) {
    const Token &t = token();
    bool isLine = t.afterNewline && previous().kind != TokenKind::Comma;
    if (t.kind == TokenKind::End || (index != begin && !depth && !braces && (isLine || startsStatement(t))))
      break;
    if (t.kind == TokenKind::LeftParen || t.kind == TokenKind::LeftBracket) {
      ++depth;
    } else if (t.kind == TokenKind::RightParen || t.kind == TokenKind::RightBracket) {
      depth -= depth > 0;
    } else if (t.kind == TokenKind::LeftBrace) {
      ++braces;
      depth = 0;
    } else if (t.kind == TokenKind::RightBrace) {
      if (!braces)
        break;
      --braces;
      depth = 0;
    }
  }
}

void Parser::recoverToBrace() {
  if (!panicking)
    return;
  for (size_t i = index; i < stream.tokens.size(); ++i) {
    const Token &t = stream.tokens[i];
    if (t.kind == TokenKind::LeftBrace) {
      index = passedNewline = i;
      panicking = false;
      return;
    }
    bool endsHead = t.afterNewline && i != index && (!openHeads || startsStatement(t));
    if (t.kind == TokenKind::RightBrace || t.kind == TokenKind::End || endsHead)
      return;
  }
}

Parser::Nesting::Nesting(Parser &parser) : parser(parser) {
  if (++parser.nesting <= maxNesting)
    return;
  parser.fail(parser.here(), "nested too deeply: the limit is " + Twine(maxNesting) + " levels");
  parser.stop();
}

void Parser::adopt(ast::Expr &parent, const ast::ExprPtr &child) {
  parent.depth = std::max<uint16_t>(parent.depth, child->depth + 1);
  if (parent.depth <= maxNesting || stopped)
    return;
  fail(range(previous()), "the expression is too long: the limit is " + Twine(maxNesting) +
                              " operators, calls or members in a row; give its parts names");
  stop();
}
