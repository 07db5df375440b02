#include "Parsed.h"

using namespace rondo;
using namespace rondo::ast;
using namespace rondo::test;

namespace {

//===----------------------------------------------------------------------===//
// Expressions
//===----------------------------------------------------------------------===//

TEST(ParserExpressions, Precedence) {
  EXPECT_EQ(parsedExpression("a + b * c - d"), "((a + (b * c)) - d)");
  EXPECT_EQ(parsedExpression("a @ b @ c / d // e % f"), "(((((a @ b) @ c) / d) // e) % f)");
  EXPECT_EQ(parsedExpression("-a ** 2"), "(-(a ** 2))");
  EXPECT_EQ(parsedExpression("a ** -b ** c"), "(a ** (-(b ** c)))");
  EXPECT_EQ(parsedExpression("-x.y[0](1) ** 2"), "(-(x.y[0](1) ** 2))");
  EXPECT_EQ(parsedExpression("not a == b and c or d"), "(((not (a == b)) and c) or d)");
  EXPECT_EQ(parsedExpression("0 < T + 1 <= 100"), "(0 < (T + 1) <= 100)");
  EXPECT_EQ(parsedExpression("(a < b) < c"), "((a < b) < c)");
  EXPECT_EQ(parsedExpression("a if b or c else d if e else f"), "(a if (b or c) else (d if e else f))");
  EXPECT_EQ(parsedExpression("0..n if c else m"), "(0..(n if c else m))");
  EXPECT_EQ(parsedExpression("|i, _| i..j + 1"), "(|i, _| (i..(j + 1)))");
}

TEST(ParserExpressions, Postfix) {
  EXPECT_EQ(parsedExpression("f(a, b, c=1, d=|x| x,)"), "f(a, b, c=1, d=(|x| x))");
  EXPECT_EQ(parsedExpression("x[0, :, ..., none, a:b, ::2, -1:, :n,]"),
            "x[0, :, ..., none, a:b, ::2, (-1):, :n]");
  EXPECT_EQ(parsedExpression("2.0.sqrt()"), "2.0.sqrt()");
}

TEST(ParserExpressions, Lists) {
  EXPECT_EQ(parsedExpression("[]"), "[]");
  EXPECT_EQ(parsedExpression("[a, [b], c,]"), "[a, [b], c]");
  EXPECT_EQ(parsedExpression("[a if n == i else c for n, c in enumerate(ks)]"),
            "[(a if (n == i) else c) for n, c in enumerate(ks)]");
}

TEST(ParserExpressions, Literals) {
  EXPECT_EQ(parsedExpression("[1_000, 1.5e-3, true, false, none, \"a\\n\"]"),
            "[1000, 0.0015, true, false, none, \"a\\n\"]");
  EXPECT_EQ(parsedExpression("9223372036854775807"), "9223372036854775807");
  EXPECT_EQ(parsedExpression("-9223372036854775808"), "-9223372036854775808");
  EXPECT_EQ(parsedExpression("-(-9223372036854775808)"), "(--9223372036854775808)");
}

TEST(ParserExpressions, Ranges) {
  Parsed parsed("const c = f(a, (b + 1))");
  const Expr &value = *llvm::cast<ConstDecl>(*parsed.file->items.front()).value;
  EXPECT_EQ(parsed.files.text(value.range), "f(a, (b + 1))");
  EXPECT_EQ(parsed.files.text(llvm::cast<CallExpr>(value).arguments[1].range), "(b + 1)");
}

TEST(ParserExpressions, ATextOfItsOwn) {
  FileTable files;
  Diagnostics diagnostics(files);
  ExprPtr list = parseExpression(files.add("--set", "[3, 4]"), files, diagnostics);
  EXPECT_TRUE(llvm::isa<ListExpr>(*list));
  EXPECT_FALSE(diagnostics.hasErrors());
  parseExpression(files.add("--set", "3 4"), files, diagnostics);
  EXPECT_TRUE(diagnostics.hasErrors());
}

//===----------------------------------------------------------------------===//
// Lines
//===----------------------------------------------------------------------===//

TEST(ParserLines, NewlinesAreFreeInBracketsAfterCommasAndArrows) {
  Parsed parsed("def f(\n  x,\n  y: f32[\n B]\n) ->\n  f32[B],\n  f32[B] {\n  a,\n  b = g(\n x\n +\n y\n "
                "),\n  y\n  return a,\n  b\n}\n");
  EXPECT_EQ(parsed.errors(), "");
  EXPECT_EQ(parsed.tree(), "def f(x, y: f32[B]) -> f32[B], f32[B]  # 1:1\n"
                           "  a, b = g((x + y)), y  # 8:3\n"
                           "  return a, b  # 15:3\n");
}

TEST(ParserLines, NewlinesAreFreeFromScanToItsBrace) {
  Parsed scan(inDef("y = scan v\n in xs\n reverse\n lengths\n n\n with h = h0\n{\n h = v\n}\nz = y"));
  EXPECT_EQ(scan.errors(), "");
  EXPECT_EQ(scan.tree(), "def f(x)  # 1:1\n"
                         "  y = scan v in xs with h = h0 reverse lengths n  # 2:1\n"
                         "    h = v  # 9:2\n"
                         "  z = y  # 11:1\n");
}

TEST(ParserLines, BlocksOnOneLine) {
  Parsed parsed(inDef("if a { p = 1 } else if b { q = 2 } else { p, q = q, p }\nfor m in ms { x = m(x) }"));
  EXPECT_EQ(parsed.errors(), "");
}

TEST(ParserLines, TrailingCommas) {
  Parsed parsed("model M(a: int,) {\n  m = [L() for i, in 0..3,]\n  def f(x,) -> f32[B,], {\n"
                "    y, = scan v in x, with h = 0.0, reverse { yield v, }\n    return g(y, k=1,),\n  }\n}\n");
  EXPECT_EQ(parsed.errors(), "");
}

//===----------------------------------------------------------------------===//
// Declarations
//===----------------------------------------------------------------------===//

TEST(ParserDeclarations, SpecialWordsAreNamesElsewhere) {
  Parsed parsed(
      inModel("param = L()\nstate as \"s\" = L()\nconst = L()\nrequire = L()\ntrain = L()\n"
              "param param: f32 = param\nconst reverse = 1\n"
              "def lengths(until, with_) { reverse = until + lengths\n as, use = reverse, 1\n return as }"));
  EXPECT_EQ(parsed.errors(), "");
}

TEST(ParserDeclarations, DocCommentsBelongToWhatFollows) {
  Parsed parsed("## file\n\n## a\n# not doc\n## b\nmodel M { ## no\n\n  ## member\n  def f(x) { return x "
                "}\n}\ndef g(x) { }\n");
  auto &model = llvm::cast<ModelDecl>(*parsed.file->items[0]);
  EXPECT_EQ(model.doc, "b");
  EXPECT_EQ(model.members[0]->doc, "member");
  EXPECT_EQ(parsed.file->items[1]->doc, "");
}

TEST(ParserDeclarations, SpellingsAreCutAtTheirBraces) {
  Parsed parsed(inModel("a as \"\" = L()\nb as \"{i}.\\u{e9}{n // 2}\" = L()"));
  EXPECT_EQ(parsed.errors(), "");
  auto &members = llvm::cast<ModelDecl>(*parsed.file->items[0]).members;
  EXPECT_TRUE(llvm::cast<BindingDecl>(*members[0]).spelling->pieces.empty());
  auto &pieces = llvm::cast<BindingDecl>(*members[1]).spelling->pieces;
  ASSERT_EQ(pieces.size(), 3u);
  EXPECT_EQ(parsed.files.text(pieces[0].hole->range), "i");
  EXPECT_EQ(pieces[1].text, ".\xC3\xA9");
  EXPECT_EQ(parsed.files.text(pieces[2].hole->range), "n // 2");
}

TEST(ParserDeclarations, TheYieldOfAScan) {
  Parsed parsed(inDef("a = scan v in x { if c { w = v }\n yield v }\nb = scan v in x with h = v { h = v }"));
  EXPECT_EQ(parsed.errors(), "");
  auto &body = llvm::cast<DefDecl>(*parsed.file->items[0]).body;
  auto scanOf = [&](size_t i) -> const ScanExpr & {
    return llvm::cast<ScanExpr>(*llvm::cast<AssignStmt>(*body.statements[i]).values[0]);
  };
  EXPECT_EQ(scanOf(0).yield, scanOf(0).body.statements[1].get());
  EXPECT_EQ(scanOf(1).yield, nullptr);
}

} // namespace
