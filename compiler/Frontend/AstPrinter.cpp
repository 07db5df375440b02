#include "compiler/Frontend/AstPrinter.h"
#include "compiler/Frontend/Diagnostics.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/TypeSwitch.h"
#include <charconv>

using namespace rondo;
using namespace rondo::ast;
using llvm::StringRef;

namespace {

/// A string literal again, on one line.
void printString(StringRef text, llvm::raw_ostream &os) {
  std::string escaped;
  for (char c : text) {
    if (c == '"' || c == '\\')
      escaped += '\\';
    if (c == '\n')
      escaped += "\\n";
    else
      escaped += c;
  }
  os << '"' << printable(escaped) << '"';
}

/// The shortest digits that read back as the same number; never those of an integer.
void printFloat(double value, llvm::raw_ostream &os) {
  char buffer[32];
  StringRef digits(buffer, std::to_chars(buffer, std::end(buffer), value).ptr - buffer);
  os << digits << (digits.find_first_of(".e") == StringRef::npos ? ".0" : "");
}

void printNames(llvm::ArrayRef<Identifier> names, llvm::raw_ostream &os) {
  llvm::interleaveComma(names, os, [&](const Identifier &name) { os << name.text; });
}

void printList(llvm::ArrayRef<ExprPtr> values, llvm::raw_ostream &os) {
  llvm::interleaveComma(values, os, [&](const ExprPtr &value) { printAst(*value, os); });
}

/// Declarations and statements, with indentation.
class Printer {
public:
  Printer(const SourceFile &source, llvm::raw_ostream &os, bool places)
      : source(source), os(os), places(places) {}

  void print(const Decl &decl);

private:
  /// The start of a line; `endLine` finishes it with the place of what it tells.
  llvm::raw_ostream &line() { return os.indent(2 * level); }
  void endLine(SourceRange range) {
    if (!places) {
      os << '\n';
      return;
    }
    LineColumn place = source.lineColumn(range.begin);
    os << "  # " << place.line << ':' << place.column << '\n';
  }

  void print(const Stmt &stmt);
  void print(const Block &block) {
    ++level;
    for (const StmtPtr &stmt : block.statements)
      print(*stmt);
    --level;
  }
  void print(llvm::ArrayRef<DeclPtr> members) {
    ++level;
    for (const DeclPtr &decl : members)
      print(*decl);
    --level;
  }
  /// What an assignment or a statement computes; ends the line.
  void printValue(const Expr &value, SourceRange statement);
  void printScan(const ScanExpr &scan, SourceRange statement);
  void printParameters(llvm::ArrayRef<Parameter> parameters);
  void printSpelling(const std::optional<KeySpelling> &spelling);
  void printRequire(const Expr &condition, const Expr *message, SourceRange range);
  template <typename Arms, typename Body> void printArms(const Arms &arms, SourceRange range, Body body);

  const SourceFile &source;
  llvm::raw_ostream &os;
  bool places;
  unsigned level = 0;
};

} // namespace

//===----------------------------------------------------------------------===//
// Expressions and types
//===----------------------------------------------------------------------===//

static void printSubscript(const Subscript &part, llvm::raw_ostream &os) {
  if (part.kind == Subscript::Kind::Ellipsis) {
    os << "...";
  } else if (part.kind == Subscript::Kind::Element) {
    printAst(*part.index, os);
  } else {
    if (part.begin)
      printAst(*part.begin, os);
    os << ':';
    if (part.end)
      printAst(*part.end, os);
    if (part.step)
      printAst(*part.step, os << ':');
  }
}

void rondo::printAst(const Expr &expr, llvm::raw_ostream &os) {
  auto sub = [&](const ExprPtr &child) { printAst(*child, os); };
  llvm::TypeSwitch<const Expr *>(&expr)
      .Case([&](const IntExpr *e) { os << e->value; })
      .Case([&](const FloatExpr *e) { printFloat(e->value, os); })
      .Case([&](const BoolExpr *e) { os << (e->value ? "true" : "false"); })
      .Case([&](const StringExpr *e) { printString(e->value, os); })
      .Case([&](const NoneExpr *) { os << "none"; })
      .Case([&](const NameExpr *e) { os << e->name; })
      .Case([&](const UnaryExpr *e) {
        os << '(' << spelling(e->op) << (e->op == UnaryOp::Not ? " " : "");
        sub(e->operand);
        os << ')';
      })
      .Case([&](const BinaryExpr *e) {
        os << '(';
        sub(e->lhs);
        os << ' ' << spelling(e->op) << ' ';
        sub(e->rhs);
        os << ')';
      })
      .Case([&](const ComparisonExpr *e) {
        os << '(';
        for (auto [i, operand] : llvm::enumerate(e->operands)) {
          if (i)
            os << ' ' << spelling(e->ops[i - 1].op) << ' ';
          sub(operand);
        }
        os << ')';
      })
      .Case([&](const ConditionalExpr *e) {
        os << '(';
        sub(e->thenValue);
        os << " if ";
        sub(e->condition);
        os << " else ";
        sub(e->elseValue);
        os << ')';
      })
      .Case([&](const RangeExpr *e) {
        os << '(';
        sub(e->begin);
        os << "..";
        sub(e->end);
        os << ')';
      })
      .Case([&](const CallExpr *e) {
        sub(e->callee);
        os << '(';
        llvm::interleaveComma(e->arguments, os, [&](const Argument &argument) {
          if (argument.name)
            os << argument.name.text << '=';
          sub(argument.value);
        });
        os << ')';
      })
      .Case([&](const IndexExpr *e) {
        sub(e->base);
        os << '[';
        llvm::interleaveComma(e->subscripts, os, [&](const Subscript &part) { printSubscript(part, os); });
        os << ']';
      })
      .Case([&](const MemberExpr *e) {
        sub(e->base);
        os << '.' << e->member.text;
      })
      .Case([&](const LambdaExpr *e) {
        os << "(|";
        printNames(e->parameters, os);
        os << "| ";
        sub(e->body);
        os << ')';
      })
      .Case([&](const ListExpr *e) {
        os << '[';
        printList(e->elements, os);
        os << ']';
      })
      .Case([&](const ComprehensionExpr *e) {
        os << '[';
        sub(e->element);
        os << " for ";
        printNames(e->targets, os);
        os << " in ";
        sub(e->iterable);
        os << ']';
      })
      .Case([&](const ScanExpr *) { os << "scan"; })
      .Default([&](const Expr *) { os << "<error>"; });
}

void rondo::printAst(const TypeExpr &type, llvm::raw_ostream &os) {
  if (type.kind == TypeExpr::Kind::List) {
    os << '[';
    printAst(*type.element, os);
    os << ']';
    return;
  }
  os << type.name.text;
  if (type.kind == TypeExpr::Kind::Name)
    return;
  os << '[';
  llvm::interleaveComma(type.dims, os, [&](const Dim &dim) {
    if (dim.isEllipsis())
      os << "...";
    else
      printAst(*dim.size, os);
  });
  os << ']';
}

//===----------------------------------------------------------------------===//
// Statements
//===----------------------------------------------------------------------===//

void Printer::printValue(const Expr &value, SourceRange statement) {
  if (auto *scan = llvm::dyn_cast<ScanExpr>(&value)) {
    printScan(*scan, statement);
    return;
  }
  printAst(value, os);
  endLine(statement);
}

void Printer::printScan(const ScanExpr &scan, SourceRange statement) {
  os << "scan ";
  llvm::interleaveComma(scan.sources, os, [&](const ScanExpr::Source &source) {
    os << source.name.text << " in ";
    printAst(*source.sequence, os);
  });
  if (!scan.carries.empty())
    os << " with ";
  llvm::interleaveComma(scan.carries, os, [&](const ScanExpr::Carry &carry) {
    os << carry.name.text << " = ";
    printAst(*carry.init, os);
  });
  if (scan.isReverse())
    os << " reverse";
  if (scan.reverseCondition)
    printAst(*scan.reverseCondition, os << " if ");
  if (scan.lengths)
    printAst(*scan.lengths, os << " lengths ");
  if (scan.until)
    printAst(*scan.until, os << " until ");
  endLine(statement);
  print(scan.body);
}

template <typename Arms, typename Body>
void Printer::printArms(const Arms &arms, SourceRange range, Body body) {
  for (auto [i, arm] : llvm::enumerate(arms)) {
    line() << (i ? "else" : "");
    if (arm.condition) {
      printAst(*arm.condition, os << (i ? " if " : "if "));
      endLine(i ? arm.condition->range : range);
    } else {
      os << '\n';
    }
    print(body(arm));
  }
}

void Printer::printRequire(const Expr &condition, const Expr *message, SourceRange range) {
  printAst(condition, line() << "require ");
  if (message)
    printAst(*message, os << ", ");
  endLine(range);
}

void Printer::print(const Stmt &stmt) {
  llvm::TypeSwitch<const Stmt *>(&stmt)
      .Case([&](const AssignStmt *s) {
        printNames(s->targets, line());
        os << " = ";
        if (s->values.size() == 1)
          return printValue(*s->values.front(), s->range);
        printList(s->values, os);
        endLine(s->range);
      })
      .Case([&](const ReturnStmt *s) {
        printList(s->values, line() << "return ");
        endLine(s->range);
      })
      .Case([&](const YieldStmt *s) {
        printList(s->values, line() << "yield ");
        endLine(s->range);
      })
      .Case([&](const RequireStmt *s) { printRequire(*s->condition, s->message.get(), s->range); })
      .Case([&](const IfStmt *s) {
        printArms(s->arms, s->range, [](auto &arm) -> auto & { return arm.body; });
      })
      .Case([&](const ForStmt *s) {
        printNames(s->targets, line() << "for ");
        printAst(*s->iterable, os << " in ");
        endLine(s->range);
        print(s->body);
      })
      .Case([&](const ExprStmt *s) {
        line();
        printValue(*s->value, s->range);
      });
}

//===----------------------------------------------------------------------===//
// Declarations
//===----------------------------------------------------------------------===//

void Printer::printParameters(llvm::ArrayRef<Parameter> parameters) {
  os << '(';
  llvm::interleaveComma(parameters, os, [&](const Parameter &parameter) {
    os << parameter.name.text;
    if (parameter.type)
      printAst(*parameter.type, os << ": ");
    if (parameter.defaultValue)
      printAst(*parameter.defaultValue, os << " = ");
  });
  os << ')';
}

void Printer::printSpelling(const std::optional<KeySpelling> &spelling) {
  if (!spelling)
    return;
  os << " as";
  for (const KeySpelling::Piece &piece : spelling->pieces) {
    os << ' ';
    if (piece.hole)
      printAst(*piece.hole, os);
    else
      printString(piece.text, os);
  }
  if (spelling->pieces.empty())
    os << " \"\"";
}

void Printer::print(const Decl &decl) {
  llvm::SmallVector<StringRef> lines;
  StringRef(decl.doc).split(lines, '\n');
  for (StringRef text : lines)
    if (!decl.doc.empty())
      line() << "## " << printable(text) << '\n';

  llvm::TypeSwitch<const Decl *>(&decl)
      .Case([&](const UseDecl *d) {
        printString(d->path, line() << "use ");
        endLine(d->range);
      })
      .Case([&](const ConstDecl *d) {
        printAst(*d->value, line() << "const " << d->name.text << " = ");
        endLine(d->range);
      })
      .Case([&](const DefDecl *d) {
        line() << "def " << d->name.text;
        printParameters(d->parameters);
        if (!d->results.empty())
          os << " -> ";
        llvm::interleaveComma(d->results, os, [&](const TypePtr &type) { printAst(*type, os); });
        endLine(d->range);
        print(d->body);
      })
      .Case([&](const ModelDecl *d) {
        line() << "model " << d->name.text;
        printParameters(d->parameters);
        endLine(d->range);
        print(d->members);
      })
      .Case([&](const BindingDecl *d) {
        line() << d->name.text;
        printSpelling(d->spelling);
        os << " = ";
        printValue(*d->value, d->range);
      })
      .Case([&](const VariableDecl *d) {
        static constexpr StringRef words[] = {"param ", "buffer ", "state "};
        line() << words[static_cast<unsigned>(d->role)] << d->name.text;
        printSpelling(d->spelling);
        printAst(*d->type, os << ": ");
        printAst(*d->init, os << " = ");
        endLine(d->range);
      })
      .Case([&](const TrainDecl *d) {
        line() << "train " << d->function.name.text;
        printParameters(d->function.parameters);
        printAst(*d->optimizer, os << " with ");
        endLine(d->range);
        print(d->function.body);
      })
      .Case([&](const RequireDecl *d) { printRequire(*d->condition, d->message.get(), d->range); })
      .Case([&](const IfDecl *d) {
        printArms(d->arms, d->range, [](auto &arm) { return llvm::ArrayRef<DeclPtr>(arm.members); });
      });
}

void rondo::printAst(const File &file, const FileTable &files, llvm::raw_ostream &os, bool places) {
  Printer printer(files[file.id], os, places);
  for (const DeclPtr &item : file.items)
    printer.print(*item);
}
