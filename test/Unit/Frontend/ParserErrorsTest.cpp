// Each mistake is reported once, at its place, and what stands around it is still read.
#include "Parsed.h"

using namespace rondo;
using namespace rondo::test;

namespace {

std::string errorsInDef(llvm::StringRef statements) { return Parsed(inDef(statements)).errors(); }
std::string errorsInModel(llvm::StringRef members) { return Parsed(inModel(members)).errors(); }

//===----------------------------------------------------------------------===//
// Brackets, braces, lines
//===----------------------------------------------------------------------===//

TEST(ParserRecovery, ForgottenBracketsEndWithTheirLine) {
  EXPECT_EQ(errorsInDef("y = g(x\nreturn y"),
            "2:8: expected `,` or `)` to close `(`, found `return` on line 3\n");
  EXPECT_EQ(errorsInDef("y = g(x\nz = g(y)\nw = = 3"),
            "2:8: expected `,` or `)` to close `(`, found `z` on line 3\n"
            "4:5: expected an expression after `=`, found `=`; a statement assigns once, equality is written "
            "`==`\n");
  EXPECT_EQ(errorsInModel("fc = L(n,\n\ndef f(x) {\n return x x\n}"),
            "2:10: expected `)` to close `(`, found `def` on line 4\n5:11: expected the end of the line, "
            "found `x`\n");
}

TEST(ParserRecovery, ForgottenCommas) {
  EXPECT_EQ(errorsInDef("y = g(x y)"), "2:9: expected `,` or `)` to close `(`, found `y`\n");
  EXPECT_EQ(errorsInDef("y = g(x\n  y,\n  z)"),
            "2:8: expected `,` or `)` to close `(`, found `y` on line 3\n");
  EXPECT_EQ(errorsInDef("y = g(x,, y)"), "2:9: expected an argument after `,`, found `,`\n");
}

TEST(ParserRecovery, TooManyBrackets) {
  EXPECT_EQ(errorsInDef("y = g(x))"), "2:9: unexpected `)`: nothing is open here\n");
  EXPECT_EQ(Parsed("def f(x) { return x }\n}\n").errors(), "2:1: unexpected `}`: nothing is open here\n");
}

TEST(ParserRecovery, ForgottenClosingBraces) {
  EXPECT_EQ(Parsed("model M() {\n  def f(x) {\n    return x\n  }\n").errors(),
            "4:4: expected `}` to close `model M`, found the end of the file\n  1:1: opened here\n");
  EXPECT_EQ(Parsed("model M() {\n  def f(x) {\n    return x\n  def g(x) {\n    return x\n  }\n}\n").errors(),
            "4:3: expected `}` to close `def f`, found `def`\n  2:3: opened here\n");
  EXPECT_EQ(Parsed("model M() {\n  a = L()\nmodel N() {\n  a = L()\n}\n").errors(),
            "3:1: expected `}` to close `model M`, found `model`\n  1:1: opened here\n");
}

TEST(ParserRecovery, ForgottenOpeningBraces) {
  EXPECT_EQ(Parsed("model M()\n  a = L(\n  def f(x):\n    return x x\n}\ndef g(x) { }\n").errors(),
            "1:10: expected `{`, found the end of the line\n"
            "2:9: expected `)` to close `(`, found `def` on line 3\n"
            "3:11: expected `{`, found `:`\n"
            "4:14: expected the end of the line, found `x`\n");
  EXPECT_EQ(Parsed("def f(x)\n{\n  return x\n}\n").errors(),
            "1:9: expected `{`, found the end of the line: the brace must stand on this line\n");
}

TEST(ParserRecovery, Lines) {
  EXPECT_EQ(errorsInDef("y = x +\n1.0\nreturn y"),
            "2:8: expected an expression after `+`, found the end of the line; "
            "a statement goes on over several lines inside ( )\n");
  EXPECT_EQ(errorsInDef("y = x\n  + 1"),
            "3:3: expected a statement, found `+`: a statement goes on over several "
            "lines inside ( )\n");
  EXPECT_EQ(errorsInDef("if a {\n}\nelse {\n}"), "4:1: `else` must stand on the line of the `}` before it\n");
  EXPECT_EQ(
      errorsInDef("x = y,\nz = 3"),
      "3:3: expected the end of the line, found `=`; a statement assigns once, equality is written `==`\n"
      "  2:6: the line goes on after this comma\n");
}

TEST(ParserRecovery, NothingFollowsFromALexicalMistake) {
  EXPECT_EQ(errorsInDef("y = g('a)\nz = 1 + 0x10 2"),
            "2:7: unexpected `'`: a string is written `\"...\"`\n"
            "3:9: `0x10` is not a number: integers are written in decimal\n");
}

TEST(ParserRecovery, DeclarationsKnowTheirErrors) {
  Parsed parsed("def f(x) { return x x }\ndef g(x) { return x }\nconst c = 0x1\nconst d = 1\n");
  ASSERT_EQ(parsed.file->items.size(), 4u);
  EXPECT_TRUE(parsed.file->hasErrors);
  EXPECT_TRUE(parsed.file->items[0]->hasErrors);
  EXPECT_FALSE(parsed.file->items[1]->hasErrors);
  EXPECT_TRUE(parsed.file->items[2]->hasErrors);
  EXPECT_FALSE(parsed.file->items[3]->hasErrors);
}

//===----------------------------------------------------------------------===//
// Rules
//===----------------------------------------------------------------------===//

TEST(ParserErrors, Calls) {
  EXPECT_EQ(errorsInDef("y = g(a=1, 2, 3)"),
            "2:12: an argument given by position cannot stand after one given by name\n");
  EXPECT_EQ(errorsInDef("y = x[]"), "2:6: expected an index between `[` and `]`\n");
  EXPECT_EQ(errorsInDef("y = x[..., ...]"), "2:12: a second `...` in one index\n");
  EXPECT_EQ(errorsInDef("y = x if c"),
            "2:11: expected `else`, found the end of the line: `a if c else b` needs both values\n");
}

TEST(ParserErrors, Lists) {
  for (llvm::StringRef list : {"[a, b for a in x]", "[a for a in x, b]", "[a for a in x for b in y]"}) {
    std::string errors = errorsInDef(("y = " + list).str());
    EXPECT_NE(errors.find("a comprehension has one element and one `for`"), std::string::npos) << errors;
    EXPECT_EQ(llvm::StringRef(errors).count('\n'), 1u) << errors;
  }
  EXPECT_EQ(errorsInDef("y = (a, b)"),
            "2:7: expected `)`, found `,`: there are no tuples; a list is written `[a, b]`\n");
}

TEST(ParserErrors, Numbers) {
  EXPECT_EQ(errorsInDef("y = 9223372036854775808"),
            "2:5: the integer 9223372036854775808 is out of range: an i64 is at most 9223372036854775807\n");
  EXPECT_EQ(errorsInDef("y = -9223372036854775808 ** 2"),
            "2:6: the integer 9223372036854775808 is out of range: an i64 is at most 9223372036854775807\n");
  EXPECT_EQ(errorsInDef("y = 1e999"), "2:5: the number is out of range: the greatest f64 is about 1.8e308\n");
}

TEST(ParserErrors, Statements) {
  EXPECT_EQ(errorsInDef("x[0] = 1"),
            "2:1: tensors are values, their elements cannot be assigned: write `x = update(x, "
            "v, at)`\n");
  EXPECT_EQ(errorsInDef("x += 1"), "2:3: unexpected `+=`: write `x = x + ...`\n");
  EXPECT_EQ(errorsInDef("x.y = 1"),
            "2:1: a member cannot be assigned: only names can, and a `state` in its own model\n");
  EXPECT_EQ(errorsInDef("x == y"),
            "2:1: the value is not used: a statement is an assignment, a call or a scan\n");
  EXPECT_EQ(errorsInDef("y = _"), "2:5: `_` has no value: it takes one and forgets it\n");
  EXPECT_EQ(errorsInDef("while x { y = 1 }"),
            "2:1: unexpected `while`: a loop is a `scan ... until`, or a `for` over constants\n");
}

TEST(ParserErrors, Scans) {
  EXPECT_EQ(errorsInDef("y = scan with h = x v in x {\n yield h\n}"),
            "2:10: expected `NAME in SEQUENCE` after `scan`, found `with`\n");
  EXPECT_EQ(errorsInDef("y = scan v in x reverse reverse { yield v }"),
            "2:25: `reverse` is given twice in one scan\n  2:17: first given here\n");
  EXPECT_EQ(
      errorsInDef("return scan v in x { yield v }"),
      "2:8: a scan is the whole right side of an assignment, or a statement; give its results names first\n");
  EXPECT_EQ(errorsInDef("yield x"), "2:1: `yield` may stand only in the body of a scan\n");
  EXPECT_EQ(errorsInDef("y = scan v in x {\n if c { yield v }\n}"),
            "3:9: `yield` stands at the top level of a scan's body, not inside `if`\n");
  EXPECT_EQ(errorsInDef("y = scan v in x {\n yield v\n yield v\n}"),
            "4:2: a second `yield` in the body of one scan\n  3:2: the first is here\n");
  EXPECT_EQ(errorsInDef("y = scan v in x { return v }"),
            "2:19: `return` cannot stand in the body of a scan: every step runs to its end, `until` stops a "
            "scan\n");
}

TEST(ParserErrors, ReservedWords) {
  EXPECT_EQ(errorsInDef("with = x"), "2:1: `with` is a reserved word and cannot be a name\n");
  EXPECT_EQ(errorsInDef("a, in = x"), "2:4: expected a name, found `in`, which is a reserved word\n");
  EXPECT_EQ(errorsInModel("in = L()"), "2:1: `in` is a reserved word and cannot be a name\n");
  EXPECT_EQ(errorsInDef("y = x.model"),
            "2:7: expected the name of a member after `.`, found `model`, which is a "
            "reserved word\n");
}

TEST(ParserErrors, Members) {
  EXPECT_EQ(errorsInModel("return a\nb = L("), "2:1: `return` may stand only in the body of a `def`\n"
                                               "3:7: expected `)` to close `(`, found `}` on line 4\n");
  EXPECT_EQ(errorsInModel("w: f32[3] = zeros"),
            "2:2: expected `=`, found `:`: a weight is declared with `param w: type = init`\n");
  EXPECT_EQ(errorsInModel("a as \"{\" = L()\nb as \"{}\" = L()\nc as \"}\" = L()"),
            "2:7: `{` without a `}` in the spelling of a key\n"
            "3:7: expected a constant between `{` and `}`\n"
            "4:7: `}` without a `{` in the spelling of a key\n");
}

TEST(ParserErrors, Items) {
  EXPECT_EQ(
      Parsed("x = 1\ndef in(x) { }\nuse other\n").errors(),
      "1:1: expected `model`, `def`, `const` or `use`, found `x`: a constant is written `const x = ...`\n"
      "2:5: expected the name of a function after `def`, found `in`, which is a reserved word\n"
      "3:5: expected a file's name in quotes after `use`, found `other`\n");
}

//===----------------------------------------------------------------------===//
// Limits
//===----------------------------------------------------------------------===//

std::string repeated(llvm::StringRef text, unsigned count) {
  std::string result;
  for (unsigned i = 0; i < count; ++i)
    result += text;
  return result;
}

TEST(ParserLimits, NestingIsBounded) {
  for (llvm::StringRef opening : {"(", "[", "f(", "x[", "-", "not ", "x ** ", "|x| ", "x if x else "}) {
    std::string errors = errorsInDef("y = " + repeated(opening, 20000));
    EXPECT_NE(errors.find("nested too deeply: the limit is 256 levels"), std::string::npos) << opening.str();
    EXPECT_EQ(llvm::StringRef(errors).count('\n'), 1u) << opening.str();
  }
  for (llvm::StringRef block : {"if x {\n", "for i in x {\n", "y = scan v in x {\n"}) {
    std::string errors = errorsInDef(repeated(block, 10000));
    EXPECT_NE(errors.find("nested too deeply"), std::string::npos) << block.str();
  }
}

TEST(ParserLimits, ChainsAreBounded) {
  for (llvm::StringRef link : {" + x", ".x", "()", "[0]", " and x"})
    EXPECT_NE(errorsInDef("y = x" + repeated(link, 20000)).find("the expression is too long"),
              std::string::npos)
        << link.str();
  EXPECT_EQ(errorsInDef("y = x" + repeated(" + x", 200)), "");
}

TEST(ParserLimits, ReadingStopsAfterManyErrors) {
  Parsed parsed(inDef(repeated("x y\n", 10000)));
  EXPECT_LT(parsed.diagnostics.errorCount(), 300u);
}

} // namespace
