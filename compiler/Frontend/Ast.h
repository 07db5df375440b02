// The syntax tree of a rondo file.
//
// Plain structs in three families - expressions, statements, declarations -
// each told apart by its `kind` (llvm::isa, cast, dyn_cast work). A node owns
// its children. Names and the texts they refer to live in the FileTable.
//
// The parser guarantees, even for a file with errors:
// - child pointers are set unless the comment says "or null"; what could not be
//   parsed is an ErrorExpr, and the declaration around it has hasErrors set;
// - no path from a File to a leaf is longer than a few hundred nodes
//   (maxNesting in Parser.h), so walking it by recursion is safe;
// - the syntactic rules written at the nodes below hold in declarations without errors.
// Grammar is given as in the language page: 'x' a word, [x] optional, {x} repeated,
// x,* a list separated by commas with an optional trailing comma.
#pragma once

#include "compiler/Support/SourceFile.h"
#include "llvm/Support/Casting.h"
#include <optional>

namespace rondo::ast {

struct Expr;
struct Stmt;
struct Decl;
struct TypeExpr;
using ExprPtr = std::unique_ptr<Expr>;
using StmtPtr = std::unique_ptr<Stmt>;
using DeclPtr = std::unique_ptr<Decl>;
using TypePtr = std::unique_ptr<TypeExpr>;

/// A name where it stands. Empty text: absent (a named argument's, see Argument).
struct Identifier {
  llvm::StringRef text;
  SourceRange range;

  explicit operator bool() const { return !text.empty(); }
  /// `_`, which takes a value and forgets it.
  bool isDiscard() const { return text == "_"; }
};

//===----------------------------------------------------------------------===//
// Expressions
//===----------------------------------------------------------------------===//

enum class UnaryOp : uint8_t { Neg, Not };
enum class BinaryOp : uint8_t { Or, And, Add, Sub, Mul, Div, FloorDiv, Mod, MatMul, Pow };
enum class CompareOp : uint8_t { Eq, Ne, Lt, Le, Gt, Ge };

/// As written: `-`, `//`, `and`, `<=`.
llvm::StringRef spelling(UnaryOp op);
llvm::StringRef spelling(BinaryOp op);
llvm::StringRef spelling(CompareOp op);

struct Expr {
  enum class Kind : uint8_t {
    Int,
    Float,
    Bool,
    String,
    None,
    Name,
    Unary,
    Binary,
    Comparison,
    Conditional,
    Range,
    Call,
    Index,
    Member,
    Lambda,
    List,
    Comprehension,
    Scan,
    Error,
  };

  const Kind kind;
  /// Nodes on the longest path down from here, this one included.
  uint16_t depth = 1;
  SourceRange range;

  virtual ~Expr() = default;

protected:
  Expr(Kind kind, SourceRange range) : kind(kind), range(range) {}
};

/// Gives a node struct its `classof`.
template <typename Base, typename Base::Kind K> struct NodeOf : Base {
  static constexpr typename Base::Kind nodeKind = K;
  static bool classof(const Base *node) { return node->kind == K; }

protected:
  explicit NodeOf(SourceRange range) : Base(K, range) {}
};

/// `12`, `1_000`: an i64. The least i64 is one literal, sign included.
struct IntExpr : NodeOf<Expr, Expr::Kind::Int> {
  IntExpr(SourceRange range, int64_t value) : NodeOf(range), value(value) {}
  int64_t value;
};

/// `1.5e-3`: finite.
struct FloatExpr : NodeOf<Expr, Expr::Kind::Float> {
  FloatExpr(SourceRange range, double value) : NodeOf(range), value(value) {}
  double value;
};

/// `true`, `false`
struct BoolExpr : NodeOf<Expr, Expr::Kind::Bool> {
  BoolExpr(SourceRange range, bool value) : NodeOf(range), value(value) {}
  bool value;
};

/// `"text"`: valid UTF-8, escapes replaced; it may hold any character, NUL too.
struct StringExpr : NodeOf<Expr, Expr::Kind::String> {
  StringExpr(SourceRange range, std::string value) : NodeOf(range), value(std::move(value)) {}
  std::string value;
};

/// `none`
struct NoneExpr : NodeOf<Expr, Expr::Kind::None> {
  explicit NoneExpr(SourceRange range) : NodeOf(range) {}
};

/// A name that is read; never `_`. `inf`, `pi`, element types (`f32(x)`) and functions are names too.
struct NameExpr : NodeOf<Expr, Expr::Kind::Name> {
  NameExpr(SourceRange range, llvm::StringRef name) : NodeOf(range), name(name) {}
  llvm::StringRef name;
};

/// '-' e | 'not' e
struct UnaryExpr : NodeOf<Expr, Expr::Kind::Unary> {
  UnaryExpr(SourceRange range, UnaryOp op, SourceRange opRange, ExprPtr operand)
      : NodeOf(range), op(op), opRange(opRange), operand(std::move(operand)) {}
  UnaryOp op;
  SourceRange opRange;
  ExprPtr operand;
};

/// e op e; all left associative but `**`.
struct BinaryExpr : NodeOf<Expr, Expr::Kind::Binary> {
  BinaryExpr(SourceRange range, BinaryOp op, SourceRange opRange, ExprPtr lhs, ExprPtr rhs)
      : NodeOf(range), op(op), opRange(opRange), lhs(std::move(lhs)), rhs(std::move(rhs)) {}
  BinaryOp op;
  SourceRange opRange;
  ExprPtr lhs, rhs;
};

/// e op e {op e}: `0 < T < 100` is one node with three operands, each evaluated once.
struct ComparisonExpr : NodeOf<Expr, Expr::Kind::Comparison> {
  struct Op {
    CompareOp op;
    SourceRange range;
  };
  explicit ComparisonExpr(SourceRange range) : NodeOf(range) {}
  std::vector<ExprPtr> operands; // at least two
  std::vector<Op> ops;           // operands.size() - 1
};

/// e 'if' e 'else' e
struct ConditionalExpr : NodeOf<Expr, Expr::Kind::Conditional> {
  ConditionalExpr(SourceRange range, ExprPtr condition, ExprPtr thenValue, ExprPtr elseValue)
      : NodeOf(range), condition(std::move(condition)), thenValue(std::move(thenValue)),
        elseValue(std::move(elseValue)) {}
  ExprPtr condition, thenValue, elseValue;
};

/// e '..' e, half-open.
struct RangeExpr : NodeOf<Expr, Expr::Kind::Range> {
  RangeExpr(SourceRange range, ExprPtr begin, ExprPtr end)
      : NodeOf(range), begin(std::move(begin)), end(std::move(end)) {}
  ExprPtr begin, end;
};

/// e | NAME '=' e. All positional arguments come before the named ones.
struct Argument {
  SourceRange range;
  Identifier name; // empty: by position
  ExprPtr value;
};

/// e '(' argument,* ')'
struct CallExpr : NodeOf<Expr, Expr::Kind::Call> {
  CallExpr(SourceRange range, ExprPtr callee) : NodeOf(range), callee(std::move(callee)) {}
  ExprPtr callee;
  std::vector<Argument> arguments;
};

/// e | [e] ':' [e] [':' [e]] | '...'. A new axis is an Element that is a NoneExpr.
struct Subscript {
  enum class Kind : uint8_t { Element, Slice, Ellipsis };
  Kind kind = Kind::Element;
  SourceRange range;
  ExprPtr index;            // of an Element, else null
  ExprPtr begin, end, step; // of a Slice, each may be null
};

/// e '[' subscript,* ']', at least one, at most one `...`.
struct IndexExpr : NodeOf<Expr, Expr::Kind::Index> {
  IndexExpr(SourceRange range, ExprPtr base) : NodeOf(range), base(std::move(base)) {}
  ExprPtr base;
  std::vector<Subscript> subscripts;
};

/// e '.' NAME
struct MemberExpr : NodeOf<Expr, Expr::Kind::Member> {
  MemberExpr(SourceRange range, ExprPtr base, Identifier member)
      : NodeOf(range), base(std::move(base)), member(member) {}
  ExprPtr base;
  Identifier member;
};

/// '|' NAME,* '|' e; at least one name, `_` among them.
struct LambdaExpr : NodeOf<Expr, Expr::Kind::Lambda> {
  explicit LambdaExpr(SourceRange range) : NodeOf(range) {}
  std::vector<Identifier> parameters;
  ExprPtr body;
};

/// '[' e,* ']'
struct ListExpr : NodeOf<Expr, Expr::Kind::List> {
  explicit ListExpr(SourceRange range) : NodeOf(range) {}
  std::vector<ExprPtr> elements;
};

/// '[' e 'for' NAME,* 'in' e ']'; at least one name, `_` among them.
struct ComprehensionExpr : NodeOf<Expr, Expr::Kind::Comprehension> {
  explicit ComprehensionExpr(SourceRange range) : NodeOf(range) {}
  ExprPtr element;
  std::vector<Identifier> targets;
  ExprPtr iterable;
};

/// What could not be parsed; it has been reported.
struct ErrorExpr : NodeOf<Expr, Expr::Kind::Error> {
  explicit ErrorExpr(SourceRange range) : NodeOf(range) {}
};

/// Calls `visit` for each name that is read in an expression, but for scans, in the order of the source;
/// what an expression binds itself is not told apart.
void forEachName(const Expr &expr, llvm::function_ref<void(const NameExpr &)> visit);

//===----------------------------------------------------------------------===//
// Types
//===----------------------------------------------------------------------===//

/// e | '...'. An axis of a shape.
struct Dim {
  SourceRange range;
  ExprPtr size; // null: `...`
  bool isEllipsis() const { return !size; }
};

/// NAME | NAME '[' dim,* ']' | '[' type ']'. Whether a name is a type, and may have a shape, is
/// not a matter of syntax. At most one dim is `...`.
struct TypeExpr {
  enum class Kind : uint8_t {
    Name,   // `int`, `f32`, `module`
    Shaped, // `f32[B, T]`, `f32[]`
    List,   // `[int]`
  };
  Kind kind = Kind::Name;
  SourceRange range;
  Identifier name;       // unless List
  std::vector<Dim> dims; // of Shaped
  TypePtr element;       // of List, else null
};

//===----------------------------------------------------------------------===//
// Statements
//===----------------------------------------------------------------------===//

struct Stmt {
  enum class Kind : uint8_t { Assign, Return, Yield, Require, If, For, Expr };

  const Kind kind;
  SourceRange range;

  virtual ~Stmt() = default;

protected:
  Stmt(Kind kind, SourceRange range) : kind(kind), range(range) {}
};

/// '{' {statement} '}'; the range covers the braces.
struct Block {
  SourceRange range;
  std::vector<StmtPtr> statements;
};

/// NAME,* '=' e,* | NAME,* '=' scan. All values are evaluated before a name is bound. One value
/// for several names has several results or is a list.
struct AssignStmt : NodeOf<Stmt, Stmt::Kind::Assign> {
  explicit AssignStmt(SourceRange range) : NodeOf(range) {}
  std::vector<Identifier> targets; // at least one, `_` among them
  std::vector<ExprPtr> values;     // at least one; a ScanExpr stands alone
};

/// 'return' e,*; never in the body of a scan.
struct ReturnStmt : NodeOf<Stmt, Stmt::Kind::Return> {
  explicit ReturnStmt(SourceRange range) : NodeOf(range) {}
  std::vector<ExprPtr> values; // at least one
};

/// 'yield' e,*; once, directly in the body of a scan.
struct YieldStmt : NodeOf<Stmt, Stmt::Kind::Yield> {
  explicit YieldStmt(SourceRange range) : NodeOf(range) {}
  std::vector<ExprPtr> values; // at least one
};

/// 'require' e [',' e]
struct RequireStmt : NodeOf<Stmt, Stmt::Kind::Require> {
  RequireStmt(SourceRange range, ExprPtr condition, ExprPtr message)
      : NodeOf(range), condition(std::move(condition)), message(std::move(message)) {}
  ExprPtr condition;
  ExprPtr message; // or null
};

/// 'if' e block {'else' 'if' e block} ['else' block]. The else arm is the last, its condition null.
struct IfStmt : NodeOf<Stmt, Stmt::Kind::If> {
  struct Arm {
    ExprPtr condition; // null: `else`
    Block body;
  };
  explicit IfStmt(SourceRange range) : NodeOf(range) {}
  std::vector<Arm> arms; // at least one
};

/// 'for' NAME,* 'in' e block
struct ForStmt : NodeOf<Stmt, Stmt::Kind::For> {
  explicit ForStmt(SourceRange range) : NodeOf(range) {}
  std::vector<Identifier> targets; // at least one, `_` among them
  ExprPtr iterable;
  Block body;
};

/// A call or a scan whose results are not used.
struct ExprStmt : NodeOf<Stmt, Stmt::Kind::Expr> {
  ExprStmt(SourceRange range, ExprPtr value) : NodeOf(range), value(std::move(value)) {}
  ExprPtr value; // CallExpr or ScanExpr
};

/// 'scan' (NAME 'in' e),* {clause} block, where a clause, each at most once, is
/// 'with' (NAME '=' e),* | 'reverse' ['if' e] | 'lengths' e | 'until' e. It is the value of an AssignStmt or
/// of an ExprStmt and stands nowhere else.
struct ScanExpr : NodeOf<Expr, Expr::Kind::Scan> {
  struct Source {
    SourceRange range;
    Identifier name;
    ExprPtr sequence; // a tensor or a RangeExpr
  };
  struct Carry {
    SourceRange range;
    Identifier name;
    ExprPtr init;
  };
  explicit ScanExpr(SourceRange range) : NodeOf(range) {}
  std::vector<Source> sources; // at least one
  std::vector<Carry> carries;
  SourceRange headRange;                              // from `scan` to before its `{`
  SourceRange reverseRange, lengthsRange, untilRange; // of the whole clause; invalid: not given
  ExprPtr reverseCondition;                           // of `reverse if`, or null
  ExprPtr lengths;                                    // or null
  ExprPtr until;                                      // or null
  Block body;
  const YieldStmt *yield = nullptr; // the one in body.statements, or null

  bool isReverse() const { return reverseRange.isValid(); }
};

//===----------------------------------------------------------------------===//
// Declarations: items of a file, members of a model
//===----------------------------------------------------------------------===//

struct Decl {
  enum class Kind : uint8_t {
    Use,      // item
    Const,    // item, member
    Def,      // item, member
    Model,    // item
    Binding,  // member
    Variable, // member
    Train,    // member
    Require,  // member
    If,       // member
  };

  const Kind kind;
  /// Something in it did not parse; what it means is not worth telling.
  bool hasErrors = false;
  SourceRange range;
  /// The text of the `##` lines before it, joined by newlines, without the marks.
  std::string doc;

  virtual ~Decl() = default;

protected:
  Decl(Kind kind, SourceRange range) : kind(kind), range(range) {}
};

/// 'use' STRING
struct UseDecl : NodeOf<Decl, Decl::Kind::Use> {
  explicit UseDecl(SourceRange range) : NodeOf(range) {}
  std::string path;
  SourceRange pathRange;
};

/// 'const' NAME '=' e
struct ConstDecl : NodeOf<Decl, Decl::Kind::Const> {
  explicit ConstDecl(SourceRange range) : NodeOf(range) {}
  Identifier name;
  ExprPtr value;
};

/// NAME [':' type] ['=' e]: an argument of a def or of a train, a hyper-parameter of a model.
struct Parameter {
  SourceRange range;
  Identifier name;
  TypePtr type;         // or null
  ExprPtr defaultValue; // or null
};

/// 'def' NAME '(' parameter,* ')' ['->' type,*] block
struct DefDecl : NodeOf<Decl, Decl::Kind::Def> {
  explicit DefDecl(SourceRange range) : NodeOf(range) {}
  Identifier name;
  std::vector<Parameter> parameters;
  std::vector<TypePtr> results; // empty: not annotated
  SourceRange headRange;        // from `def` to before its `{`
  Block body;
};

/// 'model' NAME ['(' parameter,* ')'] '{' {member} '}'
struct ModelDecl : NodeOf<Decl, Decl::Kind::Model> {
  explicit ModelDecl(SourceRange range) : NodeOf(range) {}
  Identifier name;
  std::vector<Parameter> parameters;
  SourceRange headRange; // from `model` to before its `{`
  std::vector<DeclPtr> members;
};

/// 'as' STRING, cut at its braces: "layer.{i}.w" is text "layer.", a hole, text ".w".
struct KeySpelling {
  struct Piece {
    std::string text; // of a piece of text
    ExprPtr hole;     // or null
  };
  SourceRange range;         // of the string
  std::vector<Piece> pieces; // empty for ""
};

/// NAME ['as' STRING] '=' e: a module, or a list of modules.
struct BindingDecl : NodeOf<Decl, Decl::Kind::Binding> {
  explicit BindingDecl(SourceRange range) : NodeOf(range) {}
  Identifier name;
  std::optional<KeySpelling> spelling;
  ExprPtr value;
};

/// ('param' | 'buffer' | 'state') NAME ['as' STRING] ':' type '=' e
struct VariableDecl : NodeOf<Decl, Decl::Kind::Variable> {
  enum class Role : uint8_t { Param, Buffer, State };
  VariableDecl(SourceRange range, Role role) : NodeOf(range), role(role) {}
  Role role;
  Identifier name;
  std::optional<KeySpelling> spelling;
  TypePtr type;
  ExprPtr init; // of a param a name or a call: `zeros`, `normal(0.0, 0.02)`
};

/// 'train' NAME '(' parameter,* ')' 'with' e block
struct TrainDecl : NodeOf<Decl, Decl::Kind::Train> {
  explicit TrainDecl(SourceRange range) : NodeOf(range), function(range) {}
  DefDecl function;  // its name, arguments and body; no results are declared
  ExprPtr optimizer; // `Adam(lr=0.05)`
};

/// 'require' e [',' e]
struct RequireDecl : NodeOf<Decl, Decl::Kind::Require> {
  explicit RequireDecl(SourceRange range) : NodeOf(range) {}
  ExprPtr condition;
  ExprPtr message; // or null
};

/// 'if' e '{' {member} '}' {'else' 'if' ...} ['else' '{' {member} '}'], as IfStmt.
struct IfDecl : NodeOf<Decl, Decl::Kind::If> {
  struct Arm {
    ExprPtr condition; // null: `else`
    std::vector<DeclPtr> members;
  };
  explicit IfDecl(SourceRange range) : NodeOf(range) {}
  std::vector<Arm> arms; // at least one
};

/// {item}, in the order of the file.
struct File {
  FileId id = FileId::None;
  bool hasErrors = false;
  std::vector<DeclPtr> items;
};

} // namespace rondo::ast
