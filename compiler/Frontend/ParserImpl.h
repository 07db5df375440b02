// The parser's inside, shared by the Parser*.cpp files.
//
// Recursive descent over the tokens of a file. A mistake is reported and then
// - if it is clear what was meant, parsing goes on (`complain`);
// - else the parser panics (`fail`): it sees nothing but End, so that every
//   rule returns by itself without a further word, until a loop over
//   statements, members or items calls `recover`, which skips to where the
//   next one begins.
#pragma once

#include "compiler/Frontend/Lexer.h"
#include "compiler/Frontend/Parser.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/Support/SaveAndRestore.h"

namespace rondo {

class Parser {
public:
  /// `end` is how messages call what comes after the range.
  Parser(SourceRange range, const FileTable &files, Diagnostics &diagnostics, llvm::StringRef end)
      : id(range.file), files(files), source(files[range.file]), diagnostics(diagnostics), endWords(end),
        stream(lex(range, files, diagnostics)) {}

  std::unique_ptr<ast::File> file();
  /// The whole range as one expression.
  ast::ExprPtr wholeExpression();

private:
  //===--------------------------------------------------------------------===//
  // Tokens (Parser.cpp)
  //===--------------------------------------------------------------------===//

  const Token &token(size_t ahead = 0) const {
    return stream.tokens[std::min(index + ahead, stream.tokens.size() - 1)];
  }
  const Token &previous() const { return stream.tokens[index ? index - 1 : 0]; }
  SourceRange range(const Token &t) const { return {id, t.begin, t.end}; }
  SourceRange here() const { return range(token()); }
  /// From `begin` to the last token passed.
  SourceRange since(SourceRange begin) const { return begin.to(range(previous())); }
  llvm::StringRef text(const Token &t) const { return source.text().slice(t.begin, t.end); }
  /// The column, from 1, of the first token on the line of `offset`.
  unsigned indentation(uint32_t offset) const;

  /// What comes next, as the rules see it: Newline at the end of a line that ends a statement, End in panic.
  TokenKind kind(size_t ahead = 0) const;
  bool at(TokenKind k) const { return kind() == k; }
  /// At the name `word`, which is reserved in some places only.
  bool atWord(llvm::StringRef word) const { return at(TokenKind::Name) && text(token()) == word; }
  bool accept(TokenKind k);
  void advance() { index += index + 1 < stream.tokens.size(); }
  /// From here on the current token is not the first of a line.
  void skipNewline() { passedNewline = index; }

  /// The next token must be `k`; else "expected `k`<where>, found ...".
  bool expect(TokenKind k, const llvm::Twine &where = "");
  ast::Identifier expectName(const llvm::Twine &what);
  /// The end of a list or group that `open` began.
  bool expectClose(TokenKind close, SourceRange open, bool isList);
  /// A `{` on this line.
  bool expectBrace();
  void expectLineEnd();
  /// What comes next, in words: "`x`", "the end of the line".
  std::string found() const;
  llvm::StringRef advice() const;

  //===--------------------------------------------------------------------===//
  // Mistakes and limits (Parser.cpp)
  //===--------------------------------------------------------------------===//

  /// Where an error about what comes next stands: that token, or the end of the line.
  SourceRange place() const;
  /// Reports a mistake and goes on. What follows from another one is not said.
  Diagnostic &complain(SourceRange range, const llvm::Twine &message);
  /// Reports a mistake and panics.
  Diagnostic &fail(SourceRange range, const llvm::Twine &message);
  Diagnostic &fail(const llvm::Twine &message) { return fail(place(), message); }
  /// Panics without a word: what stands here has been reported.
  void panic();
  /// Leaves panic and skips the rest of what began at token `begin`.
  void recover(size_t begin);
  /// Leaves panic if the `{` of a broken head can be found; stands before it then.
  void recoverToBrace();
  /// Nothing more is read.
  void stop();
  bool bracketsClose(unsigned depth) const;
  bool isKnownLine(uint32_t offset) const;
  /// A word that begins a line and cannot stand inside brackets.
  static bool startsStatement(const Token &t);

  /// One level of nesting while it lives; reports and stops where there are too many.
  class Nesting {
  public:
    explicit Nesting(Parser &parser);
    ~Nesting() { --parser.nesting; }

  private:
    Parser &parser;
  };

  /// Makes `child`, which has been put below `parent`, count for its depth.
  void adopt(ast::Expr &parent, const ast::ExprPtr &child);
  ast::ExprPtr errorExpr() { return std::make_unique<ast::ErrorExpr>(here()); }
  template <typename T, typename... Args> std::unique_ptr<T> make(Args &&...args) {
    return std::make_unique<T>(std::forward<Args>(args)...);
  }

  /// Inside ( ) and [ ] newlines are free.
  class Brackets {
  public:
    explicit Brackets(Parser &parser) : parser(parser) { ++parser.openBrackets; }
    ~Brackets() { --parser.openBrackets; }

  private:
    Parser &parser;
  };

  //===--------------------------------------------------------------------===//
  // Expressions and types
  //===--------------------------------------------------------------------===//

  /// After `open`: elements and commas up to and with `close`. `what` names an element: "an argument".
  void bracketed(TokenKind close, SourceRange open, llvm::StringRef what, llvm::function_ref<void()> element);
  static bool startsExpression(TokenKind kind);

  ast::ExprPtr expression();
  ast::ExprPtr lambda();
  ast::ExprPtr conditional();
  ast::ExprPtr binary(int level);
  ast::ExprPtr negation();
  ast::ExprPtr comparison();
  ast::ExprPtr unary();
  ast::ExprPtr power();
  ast::ExprPtr postfix();
  ast::ExprPtr primary();
  ast::ExprPtr integer();
  ast::ExprPtr real();
  ast::ExprPtr listOrComprehension();
  ast::ExprPtr call(ast::ExprPtr callee);
  ast::ExprPtr subscripts(ast::ExprPtr base);
  ast::Subscript subscript();
  ast::ExprPtr missingOperand();
  std::vector<ast::ExprPtr> expressionList();
  /// NAME,* up to a token that is no comma. `what` names one: "a name".
  std::vector<ast::Identifier> targets(llvm::StringRef what);

  ast::TypePtr type();
  std::vector<ast::TypePtr> typeList();
  std::vector<ast::Parameter> parameters();

  //===--------------------------------------------------------------------===//
  // Statements
  //===--------------------------------------------------------------------===//

  /// Where a statement stands.
  struct Body {
    /// The scan whose body this is, or null.
    ast::ScanExpr *scan = nullptr;
    /// The innermost `if`, `else` or `for` in that body, or empty.
    llvm::StringRef nestedIn;
    /// Of the line on which the declaration around begins.
    unsigned indentation = 0;
  };

  /// '{' ... '}'; `what` and `head` name what it belongs to: "`def f`".
  ast::Block block(const llvm::Twine &what, SourceRange head);
  ast::Block nestedBlock(llvm::StringRef what, SourceRange head);
  ast::Block declarationBody(const llvm::Twine &what, SourceRange head);
  /// The braces of a block or of the members of a model. A forgotten `{` is reported and seen in the
  /// indentation: lines deeper than that of `head` belong to the block.
  enum class Opening { None, Brace, Indentation };
  Opening openBlock(SourceRange head);
  /// What comes next is not in the block.
  bool blockEnds(Opening opening, SourceRange head) const;
  void closeBlock(Opening opening, const llvm::Twine &what, SourceRange head);
  bool closesByIndentation() const;

  ast::StmtPtr statement();
  ast::StmtPtr nameStatement();
  ast::StmtPtr assignment(SourceRange begin, std::vector<ast::Identifier> targets);
  ast::StmtPtr expressionStatement();
  void reportTarget(const ast::Expr &target);
  ast::StmtPtr returnStatement();
  ast::StmtPtr yieldStatement();
  ast::StmtPtr requireStatement();
  ast::StmtPtr ifStatement();
  ast::StmtPtr forStatement();
  bool failAtReservedName();
  ast::StmtPtr misplaced(const llvm::Twine &message);
  /// 'require' e [',' e]
  void requirement(ast::ExprPtr &condition, ast::ExprPtr &message);
  /// An `else` after a `}`, also on the next line, which is reported.
  bool acceptElse();

  std::unique_ptr<ast::ScanExpr> scan();
  void scanSources(ast::ScanExpr &scan);
  void scanClauses(ast::ScanExpr &scan);
  void scanCarries(ast::ScanExpr &scan);
  bool atClause() const;
  void beginClause(SourceRange &seen, llvm::StringRef name);
  ast::ExprPtr misplacedScan();

  //===--------------------------------------------------------------------===//
  // Items and members
  //===--------------------------------------------------------------------===//

  /// Runs `rule`; gives what it made its range, doc comment and mark of errors.
  ast::DeclPtr declaration(llvm::function_ref<ast::DeclPtr()> rule);
  ast::DeclPtr item();
  ast::DeclPtr useItem();
  ast::DeclPtr constant();
  ast::DeclPtr definition();
  ast::DeclPtr model();
  std::vector<ast::DeclPtr> members(const llvm::Twine &what, SourceRange head);
  ast::DeclPtr member();
  ast::DeclPtr binding();
  ast::DeclPtr variable(ast::VariableDecl::Role role);
  ast::DeclPtr train();
  ast::DeclPtr requireMember();
  ast::DeclPtr ifMember();
  /// At a special word that is used as such: `param` in `param w: ...`, not in `param = ...`.
  bool atSpecial(llvm::StringRef word) const;
  std::optional<ast::KeySpelling> spellingClause();
  ast::ExprPtr hole(SourceRange range);

  static constexpr size_t noToken = ~size_t(0);

  FileId id;
  const FileTable &files;
  const SourceFile &source;
  Diagnostics &diagnostics;
  llvm::StringRef endWords;
  TokenStream stream;

  size_t index = 0;
  size_t passedNewline = noToken;
  unsigned openBrackets = 0; // ( and [ since the last {
  unsigned openHeads = 0;    // of scans, since the last {
  unsigned nesting = 0;
  bool panicking = false;
  bool stopped = false;
  llvm::SmallVector<TokenKind, 2> misusedWords; // reserved words taken for names, which was reported
  unsigned panicBrackets = 0;                   // openBrackets where panic began
  size_t failedAt = noToken;                    // the token of the last failure: one is reported a token
  size_t negatedOperand = noToken;              // the token that a unary minus stands before
  Body body;
  Diagnostic ignored; // takes what is said in panic
};

/// In backquotes.
std::string quoted(llvm::StringRef text);

} // namespace rondo
