// The formatter's inside, shared by the Formatter*.cpp files.
//
// It walks the syntax tree, which says what belongs together, and takes the
// tokens of the file one by one, which say how it was written. Comments stand
// between tokens and are put into the layout at the same place, but that they
// leave a `,` or a `{` before them.
#pragma once

#include "compiler/Frontend/Formatter.h"
#include "compiler/Frontend/Layout.h"
#include "compiler/Frontend/Lexer.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/STLFunctionalExtras.h"

namespace rondo {

class Formatter {
public:
  /// Of the tokens in a range, which ends with a token or the file.
  Formatter(SourceRange range, const FileTable &files);
  layout::Doc file(const ast::File &file);
  layout::Doc onlyExpression(const ast::Expr &expr);

private:
  //===--------------------------------------------------------------------===//
  // Tokens and comments (Formatter.cpp)
  //===--------------------------------------------------------------------===//

  struct Comment {
    llvm::StringRef text;
    bool trailing;    // on the line of the token before
    bool blankBefore; // an empty line comes before it
  };
  /// What stands before a token.
  struct Gap {
    std::vector<Comment> comments;
    bool blankAfter = false; // an empty line comes before the token, after the comments
  };

  void readGap(uint32_t begin, uint32_t end, Gap &gap);
  const Token &token(size_t ahead = 0) const { return tokens[std::min(at + ahead, tokens.size() - 1)]; }
  bool atToken(TokenKind kind) const { return token().kind == kind; }
  llvm::StringRef textOf(const Token &t) const { return source.slice(t.begin, t.end); }
  bool atWord(llvm::StringRef word) const { return atToken(TokenKind::Name) && textOf(token()) == word; }
  size_t tokenAt(uint32_t offset) const;
  bool onOneLine(SourceRange range) const { return !source.slice(range.begin, range.end).contains('\n'); }
  /// Whether parentheses stand around the whole of it.
  bool isParenthesised(const ast::Expr &expr) const;

  /// The next token, after the comments before it.
  layout::Doc take();
  /// Puts the comments before the next token.
  void takeComments(layout::Doc &doc);
  /// Puts the comments before the next token, and a Break.
  void separate(layout::Doc &doc);
  /// The comments before the next token come after it.
  void deferComments();
  /// Puts the comma that stands here, if any. One after the last element of a list is dropped.
  void takeComma(layout::Doc &doc, bool isLast);

  //===--------------------------------------------------------------------===//
  // Expressions and types (FormatterExpressions.cpp)
  //===--------------------------------------------------------------------===//

  layout::Doc expression(const ast::Expr &expr);
  /// As it stands in a statement: in parentheses if it is too long.
  layout::Doc value(const ast::Expr &expr);
  /// As far as the token that ends at `end`, parentheses included.
  layout::Doc enclosed(const ast::Expr &expr, uint32_t end);
  layout::Doc bare(const ast::Expr &expr);
  layout::Doc binary(const ast::BinaryExpr &expr);
  layout::Doc comparison(const ast::ComparisonExpr &expr);
  layout::Doc conditional(const ast::ConditionalExpr &expr);
  layout::Doc postfix(const ast::Expr &expr);
  layout::Doc lambda(const ast::LambdaExpr &expr);
  layout::Doc subscript(const ast::Subscript &part);
  layout::Doc bound(const ast::Expr &expr);
  /// ( or [, elements with commas, the closing bracket.
  layout::Doc bracketed(size_t count, llvm::function_ref<layout::Doc(size_t)> element);
  layout::Doc comprehension(const ast::ComprehensionExpr &expr);
  layout::Doc type(const ast::TypeExpr &type);
  layout::Doc parameters(llvm::ArrayRef<ast::Parameter> parameters);
  /// Adds elements with commas, without brackets.
  void list(layout::Doc &doc, size_t count, llvm::function_ref<layout::Doc(size_t)> element);
  layout::Doc names(size_t count);

  //===--------------------------------------------------------------------===//
  // Statements and declarations (FormatterStatements.cpp)
  //===--------------------------------------------------------------------===//

  layout::Doc statement(const ast::Stmt &stmt);
  layout::Doc valueList(llvm::ArrayRef<ast::ExprPtr> values);
  layout::Doc assignment(const ast::AssignStmt &stmt);
  layout::Doc scan(const ast::ScanExpr &scan, bool oneLine);
  layout::Doc scanHead(const ast::ScanExpr &scan);
  layout::Doc requirement(const ast::Expr &condition, const ast::Expr *message);
  layout::Doc block(const ast::Block &block, bool oneLine);
  layout::Doc members(llvm::ArrayRef<ast::DeclPtr> members, bool oneLine);
  /// An `if` with all its arms, whose bodies `body` takes.
  template <typename Arm>
  layout::Doc arms(const std::vector<Arm> &arms, llvm::function_ref<layout::Doc(const Arm &)> body);
  /// `{`, lines, `}`.
  layout::Doc braces(bool oneLine, llvm::function_ref<layout::Doc()> lines);
  /// Lines with the comments before, between and after them.
  template <typename Nodes> layout::Doc lines(const Nodes &nodes);

  layout::Doc declaration(const ast::Decl &decl);
  layout::Doc definition(const ast::DefDecl &decl);
  layout::Doc model(const ast::ModelDecl &decl);
  layout::Doc train(const ast::TrainDecl &decl);
  layout::Doc binding(const ast::BindingDecl &decl);
  layout::Doc variable(const ast::VariableDecl &decl);
  /// `as "key"`, if it stands here, after a blank.
  void takeSpelling(layout::Doc &doc);
  /// Finds how far the names of adjacent submodules are to be filled up.
  void alignBindings(llvm::ArrayRef<ast::DeclPtr> members);
  /// Whether empty lines stand around it.
  bool standsApart(const ast::Decl &decl, const layout::Doc &doc) const;
  bool standsApart(const ast::Stmt &, const layout::Doc &) const { return false; }
  layout::Doc line(const ast::Decl &decl) { return declaration(decl); }
  layout::Doc line(const ast::Stmt &stmt) { return statement(stmt); }

  llvm::StringRef source;
  std::vector<Token> tokens;
  std::vector<Gap> gaps;      // before each token
  std::vector<size_t> closes; // of each bracket: the token that closes it
  size_t at = 0;
  bool tight = false; // in the bound of a slice: no blanks around operators
  unsigned level = 0; // of blocks
  llvm::DenseMap<const ast::Decl *, unsigned> padding;
};

} // namespace rondo
