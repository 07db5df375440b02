// Expressions and types.
#include "compiler/Frontend/FormatterImpl.h"
#include "llvm/ADT/Sequence.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace rondo;
using namespace rondo::ast;
using namespace rondo::layout;
using llvm::StringRef;
using Indent = Doc::Indent;
using Legal = Doc::Legal;

/// Operators of one level form one chain.
static int levelOf(BinaryOp op) {
  switch (op) {
  case BinaryOp::Or:
    return 0;
  case BinaryOp::And:
    return 1;
  case BinaryOp::Add:
  case BinaryOp::Sub:
    return 2;
  case BinaryOp::Pow:
    return 4;
  default:
    return 3;
  }
}

/// Deeper ones are left without further parentheses, of which the parser takes only so many.
static constexpr unsigned maxDepth = 100;

Doc Formatter::expression(const Expr &expr) { return enclosed(expr, expr.range.end); }

Doc Formatter::value(const Expr &expr) {
  Doc doc = expression(expr);
  if (doc.kind != Doc::Kind::Group || !doc.canBreak || expr.depth + level > maxDepth)
    return doc;
  return optionalParentheses(std::move(doc));
}

Doc Formatter::enclosed(const Expr &expr, uint32_t end) {
  if (!atToken(TokenKind::LeftParen) || tokens[closes[at]].end != end)
    return bare(expr);
  uint32_t innerEnd = tokens[closes[at] - 1].end;
  Doc open = take(), body = group(Indent::Same), comments;
  takeComments(body);
  Doc inner = enclosed(expr, innerEnd);
  if (body.children.empty() && inner.kind == Doc::Kind::Group)
    body = std::move(inner);
  else
    body.add(std::move(inner));
  takeComments(comments);
  return brackets(std::move(open), std::move(body), std::move(comments), take());
}

Doc Formatter::bare(const Expr &expr) {
  return llvm::TypeSwitch<const Expr *, Doc>(&expr)
      .Case([&](const UnaryExpr *e) {
        Doc doc = take();
        if (e->op == UnaryOp::Not)
          doc.add(space());
        return std::move(doc.add(expression(*e->operand)));
      })
      .Case([&](const BinaryExpr *e) { return binary(*e); })
      .Case([&](const ComparisonExpr *e) { return comparison(*e); })
      .Case([&](const ConditionalExpr *e) { return conditional(*e); })
      .Case([&](const RangeExpr *e) {
        Doc doc = expression(*e->begin);
        Doc range;
        range.add(std::move(doc)).add(take()).add(expression(*e->end));
        return range;
      })
      .Case<CallExpr, IndexExpr, MemberExpr>([&](const Expr *e) { return postfix(*e); })
      .Case([&](const LambdaExpr *e) { return lambda(*e); })
      .Case([&](const ListExpr *e) {
        return bracketed(e->elements.size(), [&](size_t i) { return expression(*e->elements[i]); });
      })
      .Case([&](const ComprehensionExpr *e) { return comprehension(*e); })
      .Default([&](const Expr *) { // a literal or a name; the least i64 is two tokens
        bool isNegative = atToken(TokenKind::Minus);
        Doc doc = take();
        return isNegative ? std::move(doc.add(take())) : doc;
      });
}

//===----------------------------------------------------------------------===//
// Operators
//===----------------------------------------------------------------------===//

Doc Formatter::binary(const BinaryExpr &expr) {
  llvm::SmallVector<const BinaryExpr *> chain = {&expr};
  int level = levelOf(expr.op);
  while (auto *lhs = llvm::dyn_cast<BinaryExpr>(chain.back()->lhs.get())) {
    if (levelOf(lhs->op) != level || level == levelOf(BinaryOp::Pow) || isParenthesised(*lhs))
      break;
    chain.push_back(lhs);
  }
  Doc doc = tight || level == levelOf(BinaryOp::Pow) ? Doc() : group(Indent::Align);
  doc.add(expression(*chain.back()->lhs));
  for (const BinaryExpr *e : llvm::reverse(chain)) {
    if (tight) {
      doc.add(take());
    } else if (doc.kind == Doc::Kind::Group) {
      separate(doc);
      doc.add(take()).add(space());
    } else {
      doc.add(space()).add(take()).add(space());
    }
    doc.add(expression(*e->rhs));
  }
  return doc;
}

Doc Formatter::comparison(const ComparisonExpr &expr) {
  Doc doc = group(Indent::Align);
  for (size_t i = 0; i < expr.operands.size(); ++i) {
    if (i) {
      separate(doc);
      doc.add(take()).add(space());
    }
    doc.add(expression(*expr.operands[i]));
  }
  return doc;
}

/// One value and its condition a line.
Doc Formatter::conditional(const ConditionalExpr &expr) {
  Doc doc = group(Indent::Align, /*each=*/true);
  for (const ConditionalExpr *e = &expr;;) {
    Doc arm = group(Indent::Align);
    arm.add(expression(*e->thenValue));
    separate(arm);
    arm.add(take()).add(space()).add(expression(*e->condition));
    doc.add(std::move(arm));
    separate(doc);
    doc.add(take()).add(space());
    auto *next = llvm::dyn_cast<ConditionalExpr>(e->elseValue.get());
    if (!next || isParenthesised(*next))
      return std::move(doc.add(expression(*e->elseValue)));
    e = next;
  }
}

Doc Formatter::lambda(const LambdaExpr &expr) {
  Doc doc;
  doc.add(take());
  list(doc, expr.parameters.size(), [&](size_t) { return take(); });
  doc.add(take()).add(space());
  return std::move(doc.add(value(*expr.body)));
}

//===----------------------------------------------------------------------===//
// Calls, indices, members
//===----------------------------------------------------------------------===//

/// A row of calls of members breaks before each of them.
Doc Formatter::postfix(const Expr &expr) {
  auto baseOf = [](const Expr *e) -> const Expr * {
    if (auto *call = llvm::dyn_cast<CallExpr>(e))
      return call->callee.get();
    if (auto *index = llvm::dyn_cast<IndexExpr>(e))
      return index->base.get();
    if (auto *member = llvm::dyn_cast<MemberExpr>(e))
      return member->base.get();
    return nullptr;
  };
  llvm::SmallVector<const Expr *> links;
  const Expr *base = &expr;
  for (; baseOf(base) && (base == &expr || !isParenthesised(*base)); base = baseOf(base))
    links.push_back(base);
  std::reverse(links.begin(), links.end());
  auto isCall = [&](size_t i) {
    return i + 1 < links.size() && llvm::isa<MemberExpr>(links[i]) && llvm::isa<CallExpr>(links[i + 1]);
  };
  size_t calls = llvm::count_if(llvm::seq<size_t>(0, links.size()), isCall);

  Doc doc = calls > 1 ? group(Indent::Align, /*each=*/true) : Doc();
  doc.extra = 2;
  Doc first; // up to the first break
  first.add(expression(*base));
  bool isNumber = llvm::isa<IntExpr, FloatExpr>(base) && !isParenthesised(*base);
  bool isShort = isNumber || (llvm::isa<NameExpr>(base) && !isParenthesised(*base));
  bool breaks = false;
  for (auto [i, link] : llvm::enumerate(links)) {
    if (auto *call = llvm::dyn_cast<CallExpr>(link)) {
      first.add(bracketed(call->arguments.size(), [&, call = call](size_t n) {
        const Argument &argument = call->arguments[n];
        Doc part;
        if (argument.name)
          part.add(take()).add(take());
        return std::move(part.add(expression(*argument.value)));
      }));
    } else if (auto *index = llvm::dyn_cast<IndexExpr>(link)) {
      first.add(bracketed(index->subscripts.size(),
                          [&, index = index](size_t n) { return subscript(index->subscripts[n]); }));
    } else {
      if (calls > 1 && isCall(i) && (i || !isShort)) {
        takeComments(first);
        doc.add(std::exchange(first, Doc())).add(lineBreak(0));
        breaks = true;
      }
      if (isNumber && i == 0) // `1 .e5` is a member of 1, `1.e5` would be a number
        first.add(space());
      first.add(take()).add(take());
    }
  }
  if (!breaks)
    return first;
  return std::move(doc.add(std::move(first)));
}

Doc Formatter::subscript(const Subscript &part) {
  Doc doc;
  if (part.kind == Subscript::Kind::Ellipsis)
    return take();
  if (part.kind == Subscript::Kind::Element)
    return expression(*part.index);
  for (const ExprPtr *value : {&part.begin, &part.end, &part.step}) {
    if (value != &part.begin) {
      if (!atToken(TokenKind::Colon))
        break;
      doc.add(take());
    }
    if (*value)
      doc.add(bound(**value));
  }
  return doc;
}

/// `2*h`: names and numbers, with operators between them.
static bool isSimple(const Expr &expr) {
  if (auto *binary = llvm::dyn_cast<BinaryExpr>(&expr))
    return binary->op != BinaryOp::And && binary->op != BinaryOp::Or && isSimple(*binary->lhs) &&
           isSimple(*binary->rhs);
  if (auto *literal = llvm::dyn_cast<IntExpr>(&expr))
    return literal->value >= 0;
  return llvm::isa<NameExpr>(expr);
}

Doc Formatter::bound(const Expr &expr) {
  tight = isSimple(expr);
  Doc doc = expression(expr);
  tight = false;
  return doc;
}

//===----------------------------------------------------------------------===//
// Lists
//===----------------------------------------------------------------------===//

void Formatter::list(Doc &doc, size_t count, llvm::function_ref<Doc(size_t)> element) {
  for (size_t i = 0; i < count; ++i) {
    bool isLast = i + 1 == count;
    doc.add(element(i));
    takeComma(doc, isLast);
    if (!isLast)
      separate(doc);
  }
}

Doc Formatter::names(size_t count) {
  Doc doc = group(Indent::Hang, /*each=*/false, Legal::Anywhere);
  list(doc, count, [&](size_t) { return take(); });
  return doc;
}

Doc Formatter::bracketed(size_t count, llvm::function_ref<Doc(size_t)> element) {
  bool wasTight = std::exchange(tight, false);
  Doc open = take(), body = group(Indent::Same), comments;
  takeComments(body);
  list(body, count, element);
  takeComments(comments);
  tight = wasTight;
  return brackets(std::move(open), std::move(body), std::move(comments), take());
}

Doc Formatter::comprehension(const ComprehensionExpr &expr) {
  Doc open = take(), body = group(Indent::Same, /*each=*/true), comments;
  takeComments(body);
  body.add(expression(*expr.element));
  separate(body);
  body.add(take()).add(space()).add(names(expr.targets.size())).add(space());
  body.add(take()).add(space()).add(expression(*expr.iterable));
  takeComma(body, /*isLast=*/true);
  takeComments(comments);
  return brackets(std::move(open), std::move(body), std::move(comments), take());
}

Doc Formatter::type(const TypeExpr &type) {
  if (type.kind == TypeExpr::Kind::List)
    return bracketed(1, [&](size_t) { return this->type(*type.element); });
  Doc doc = take();
  if (type.kind == TypeExpr::Kind::Shaped)
    doc.add(bracketed(type.dims.size(), [&](size_t i) {
      return type.dims[i].isEllipsis() ? take() : expression(*type.dims[i].size);
    }));
  return doc;
}

Doc Formatter::parameters(llvm::ArrayRef<Parameter> parameters) {
  return bracketed(parameters.size(), [&](size_t i) {
    const Parameter &parameter = parameters[i];
    Doc doc = take();
    if (parameter.type)
      doc.add(take()).add(space()).add(type(*parameter.type));
    if (!parameter.defaultValue)
      return doc;
    if (!parameter.type)
      return std::move(doc.add(take()).add(expression(*parameter.defaultValue)));
    return std::move(doc.add(space()).add(take()).add(space()).add(expression(*parameter.defaultValue)));
  });
}
