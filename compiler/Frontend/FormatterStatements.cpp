// Statements, declarations, and the lines that they stand on.
#include "compiler/Frontend/FormatterImpl.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/SaveAndRestore.h"

using namespace rondo;
using namespace rondo::ast;
using namespace rondo::layout;
using llvm::StringRef;
using Indent = Doc::Indent;
using Legal = Doc::Legal;

//===----------------------------------------------------------------------===//
// Lines
//===----------------------------------------------------------------------===//

template <typename Nodes> Doc Formatter::lines(const Nodes &nodes) {
  Doc doc = group(Indent::Same, /*each=*/true, Legal::Anywhere);
  bool apartBefore = false;
  for (size_t i = 0; i <= nodes.size(); ++i) {
    Gap gap = std::move(gaps[at]);
    gaps[at] = {};
    Doc line;
    bool apart = false;
    if (i < nodes.size()) {
      line = this->line(*nodes[i]);
      apart = standsApart(*nodes[i], line);
    }
    bool wantsBlank = i && i < nodes.size() && (apart || apartBefore) && !gap.blankAfter &&
                      llvm::none_of(gap.comments, [](const Comment &comment) { return comment.blankBefore; });
    bool isFirst = i == 0;
    auto newLine = [&](bool blank) {
      Doc end = lineBreak();
      end.blank = !isFirst && (blank || wantsBlank);
      isFirst = wantsBlank = false;
      doc.add(std::move(end));
    };
    for (auto [n, comment] : llvm::enumerate(gap.comments)) {
      bool trailing = comment.trailing && n == 0;
      if (!trailing)
        newLine(comment.blankBefore);
      doc.add(layout::comment(comment.text, trailing));
    }
    if (i == nodes.size())
      break;
    newLine(gap.blankAfter);
    doc.add(std::move(line));
    apartBefore = apart;
  }
  return doc;
}

Doc Formatter::file(const File &file) {
  Doc doc = lines(file.items);
  doc.mustBreak = true;
  return doc;
}

Doc Formatter::braces(bool oneLine, llvm::function_ref<Doc()> lines) {
  deferComments();
  llvm::SaveAndRestore deeper(level, level + 1);
  Doc open = take(), inside = lines();
  return layout::block(std::move(open), std::move(inside), take(), oneLine);
}

Doc Formatter::block(const Block &block, bool oneLine) {
  return braces(oneLine, [&] { return lines(block.statements); });
}

Doc Formatter::members(llvm::ArrayRef<DeclPtr> members, bool oneLine) {
  alignBindings(members);
  return braces(oneLine, [&] { return lines(members); });
}

/// Functions and models do, unless they stand on one line.
bool Formatter::standsApart(const Decl &decl, const Doc &doc) const {
  return llvm::isa<DefDecl, ModelDecl, TrainDecl>(decl) &&
         (doc.mustBreak || 2 * level + doc.width > formatWidth);
}

template <typename Arm>
Doc Formatter::arms(const std::vector<Arm> &arms, llvm::function_ref<Doc(const Arm &)> body) {
  Doc doc;
  for (auto [i, arm] : llvm::enumerate(arms)) {
    if (i)
      doc.add(space()).add(take()).add(space()); // else
    if (arm.condition)
      doc.add(take()).add(space()).add(value(*arm.condition)).add(space());
    doc.add(body(arm));
  }
  return doc;
}

//===----------------------------------------------------------------------===//
// Statements
//===----------------------------------------------------------------------===//

Doc Formatter::statement(const Stmt &stmt) {
  bool oneLine = onOneLine(stmt.range);
  auto listed = [&](llvm::ArrayRef<ExprPtr> values) {
    Doc doc = take();
    return std::move(doc.add(space()).add(valueList(values)));
  };
  return llvm::TypeSwitch<const Stmt *, Doc>(&stmt)
      .Case([&](const AssignStmt *s) { return assignment(*s); })
      .Case([&](const ReturnStmt *s) { return listed(s->values); })
      .Case([&](const YieldStmt *s) { return listed(s->values); })
      .Case([&](const RequireStmt *s) { return requirement(*s->condition, s->message.get()); })
      .Case([&](const IfStmt *s) {
        return arms<IfStmt::Arm>(s->arms, [&](const IfStmt::Arm &arm) { return block(arm.body, oneLine); });
      })
      .Case([&](const ForStmt *s) {
        Doc doc = take();
        doc.add(space()).add(names(s->targets.size())).add(space());
        doc.add(take()).add(space()).add(value(*s->iterable)).add(space());
        return std::move(doc.add(block(s->body, oneLine)));
      })
      .Case([&](const ExprStmt *s) {
        auto *loop = llvm::dyn_cast<ScanExpr>(s->value.get());
        return loop ? scan(*loop, oneLine) : value(*s->value);
      });
}

/// `e, e`
Doc Formatter::valueList(llvm::ArrayRef<ExprPtr> values) {
  Doc doc = values.size() == 1 ? Doc() : group(Indent::Hang, /*each=*/false, Legal::Anywhere);
  list(doc, values.size(), [&](size_t i) { return value(*values[i]); });
  return doc;
}

Doc Formatter::assignment(const AssignStmt &stmt) {
  Doc doc = names(stmt.targets.size());
  Doc whole;
  whole.add(std::move(doc)).add(space()).add(take()).add(space());
  if (auto *loop = llvm::dyn_cast<ScanExpr>(stmt.values.front().get()))
    return std::move(whole.add(scan(*loop, onOneLine(stmt.range))));
  return std::move(whole.add(valueList(stmt.values)));
}

/// `require e, message`
Doc Formatter::requirement(const Expr &condition, const Expr *message) {
  Doc doc = take();
  doc.add(space());
  Doc parts = group(Indent::Hang, /*each=*/false, Legal::Anywhere);
  list(parts, message ? 2 : 1, [&](size_t i) { return value(i ? *message : condition); });
  return std::move(doc.add(std::move(parts)));
}

Doc Formatter::scan(const ScanExpr &scan, bool oneLine) {
  Doc doc;
  doc.add(scanHead(scan)).add(space());
  return std::move(doc.add(block(scan.body, oneLine)));
}

/// Its clauses in the order in which they are written, one a line if they do not fit on one.
Doc Formatter::scanHead(const ScanExpr &scan) {
  Doc doc = group(Indent::Hang, /*each=*/true, Legal::Free);
  doc.add(take()).add(space());
  Doc sources = group(Indent::Align);
  auto source = [&](size_t i) {
    Doc part = take();
    return std::move(part.add(space()).add(take()).add(space()).add(expression(*scan.sources[i].sequence)));
  };
  list(sources, scan.sources.size(), source);
  doc.add(std::move(sources));
  while (!atToken(TokenKind::LeftBrace)) {
    separate(doc);
    bool isWith = atToken(TokenKind::With), isReverse = atWord("reverse"), isLengths = atWord("lengths");
    doc.add(take());
    if (isWith) {
      Doc carries = group(Indent::Align, /*each=*/true);
      auto carry = [&](size_t i) {
        Doc part = take();
        return std::move(part.add(space()).add(take()).add(space()).add(expression(*scan.carries[i].init)));
      };
      list(carries, scan.carries.size(), carry);
      doc.add(space()).add(std::move(carries));
    } else if (!isReverse) {
      doc.add(space()).add(expression(isLengths ? *scan.lengths : *scan.until));
    } else if (scan.reverseCondition) {
      doc.add(space()).add(take()).add(space()).add(expression(*scan.reverseCondition));
    }
  }
  return doc;
}

//===----------------------------------------------------------------------===//
// Declarations
//===----------------------------------------------------------------------===//

Doc Formatter::declaration(const Decl &decl) {
  return llvm::TypeSwitch<const Decl *, Doc>(&decl)
      .Case([&](const UseDecl *) {
        Doc doc = take();
        return std::move(doc.add(space()).add(take()));
      })
      .Case([&](const ConstDecl *d) {
        Doc doc = take();
        doc.add(space()).add(take()).add(space()).add(take()).add(space());
        return std::move(doc.add(value(*d->value)));
      })
      .Case([&](const DefDecl *d) { return definition(*d); })
      .Case([&](const ModelDecl *d) { return model(*d); })
      .Case([&](const BindingDecl *d) { return binding(*d); })
      .Case([&](const VariableDecl *d) { return variable(*d); })
      .Case([&](const TrainDecl *d) { return train(*d); })
      .Case([&](const RequireDecl *d) { return requirement(*d->condition, d->message.get()); })
      .Case([&](const IfDecl *d) {
        bool oneLine = onOneLine(decl.range);
        return arms<IfDecl::Arm>(d->arms,
                                 [&](const IfDecl::Arm &arm) { return members(arm.members, oneLine); });
      });
}

/// Results stand on a line of their own if they do not fit after the arguments.
Doc Formatter::definition(const DefDecl &decl) {
  Doc doc = take();
  doc.add(space()).add(take()).add(parameters(decl.parameters)).add(space());
  if (!decl.results.empty()) {
    doc.add(take());
    Doc after = group(Indent::Hang, /*each=*/false, Legal::Anywhere);
    Doc results = group(Indent::Same, /*each=*/false, Legal::Anywhere);
    separate(after);
    list(results, decl.results.size(), [&](size_t i) { return type(*decl.results[i]); });
    doc.add(std::move(after.add(std::move(results)))).add(space());
  }
  return std::move(doc.add(block(decl.body, onOneLine(decl.range))));
}

Doc Formatter::model(const ModelDecl &decl) {
  Doc doc = take();
  doc.add(space()).add(take());
  if (atToken(TokenKind::LeftParen))
    doc.add(parameters(decl.parameters));
  return std::move(doc.add(space()).add(members(decl.members, onOneLine(decl.range))));
}

Doc Formatter::train(const TrainDecl &decl) {
  Doc doc = take();
  doc.add(space())
      .add(take())
      .add(parameters(decl.function.parameters))
      .add(space())
      .add(take())
      .add(space());
  doc.add(value(*decl.optimizer)).add(space());
  return std::move(doc.add(block(decl.function.body, onOneLine(decl.range))));
}

Doc Formatter::binding(const BindingDecl &decl) {
  Doc doc = take();
  takeSpelling(doc);
  doc.add(space(1 + padding.lookup(&decl))).add(take()).add(space());
  return std::move(doc.add(value(*decl.value)));
}

Doc Formatter::variable(const VariableDecl &decl) {
  Doc doc = take();
  doc.add(space()).add(take());
  takeSpelling(doc);
  doc.add(take()).add(space()).add(type(*decl.type)).add(space()).add(take()).add(space());
  return std::move(doc.add(value(*decl.init)));
}

void Formatter::takeSpelling(Doc &doc) {
  if (atWord("as") && token(1).kind == TokenKind::String)
    doc.add(space()).add(take()).add(space()).add(take());
}

void Formatter::alignBindings(llvm::ArrayRef<DeclPtr> members) {
  auto plain = [](const Decl &decl) {
    auto *binding = llvm::dyn_cast<BindingDecl>(&decl);
    return binding && !binding->spelling ? binding : nullptr;
  };
  auto follows = [&](const Decl &decl) { // the line before
    const Gap &gap = gaps[tokenAt(decl.range.begin)];
    return !gap.blankAfter && llvm::all_of(gap.comments, [](const Comment &c) { return c.trailing; });
  };
  for (size_t begin = 0, end; begin < members.size(); begin = end) {
    size_t widest = 0;
    for (end = begin; end < members.size(); ++end) {
      const BindingDecl *binding = plain(*members[end]);
      if (!binding || (end != begin && !follows(*members[end])))
        break;
      widest = std::max(widest, binding->name.text.size());
    }
    for (size_t i = begin; i < end; ++i)
      padding[members[i].get()] = widest - plain(*members[i])->name.text.size();
    end = std::max(end, begin + 1);
  }
}
