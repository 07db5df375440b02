// What the formatter writes, and on random programs: that it is the same program, with the same comments, and
// that formatting it again changes nothing.
#include "compiler/Frontend/Formatter.h"
#include "Parsed.h"
#include "ProgramGenerator.h"
#include "compiler/Frontend/Frontend.h"
#include "mlir/IR/MLIRContext.h"

using namespace rondo;
using namespace rondo::test;

namespace {

std::string formatted(llvm::StringRef text) {
  Parsed parsed(text);
  EXPECT_EQ(parsed.errors(), "") << text.str();
  return parsed.diagnostics.hasErrors() ? "" : formatFile(*parsed.file, parsed.files);
}

/// All comments, sorted.
std::vector<std::string> comments(llvm::StringRef text) {
  Lexed lexed(text);
  std::vector<std::string> all;
  uint32_t end = 0;
  for (const Token &t : lexed.tokens) {
    llvm::SmallVector<llvm::StringRef> lines;
    text.slice(end, t.begin).split(lines, '\n');
    end = t.end;
    for (llvm::StringRef line : lines)
      if (line.contains('#'))
        all.push_back(line.trim().str());
  }
  llvm::sort(all);
  return all;
}

/// What must hold of every program that parses; the formatted text.
std::string formatChecked(const std::string &text) {
  Parsed before(text);
  EXPECT_EQ(before.errors(), "") << text;
  if (before.diagnostics.hasErrors())
    return "";
  std::string once = formatFile(*before.file, before.files);
  Parsed after(once);
  EXPECT_EQ(after.errors(), "") << text << "\n---- formatted:\n" << once;
  if (after.diagnostics.hasErrors())
    return "";
  EXPECT_EQ(before.tree(/*places=*/false), after.tree(/*places=*/false)) << text << "\n---- formatted:\n"
                                                                         << once;
  EXPECT_EQ(comments(text), comments(once)) << text << "\n---- formatted:\n" << once;
  EXPECT_EQ(once, formatFile(*after.file, after.files)) << text;
  EXPECT_EQ(once.find(" \n"), std::string::npos) << once;
  EXPECT_EQ(once.find("\n\n\n"), std::string::npos) << once;
  EXPECT_EQ(once.find('\r'), std::string::npos) << once;
  return once;
}

std::string statement(llvm::StringRef text) {
  std::string lines = formatted(("def f() {\n" + text + "\n}\n").str());
  llvm::StringRef whole = lines;
  whole.consume_front("def f() {\n");
  whole.consume_back("}\n");
  return whole.str();
}

//===----------------------------------------------------------------------===//
// Blanks
//===----------------------------------------------------------------------===//

TEST(Formatter, Blanks) {
  EXPECT_EQ(statement("a=x+y*-z**2 // 3"), "  a = x + y * -z ** 2 // 3\n");
  EXPECT_EQ(statement("a , b=f( x , dim = - 1 ) [ 0 ]"), "  a, b = f(x, dim=-1)[0]\n");
  EXPECT_EQ(statement("a = x[ : ,-1,none , ... , h : 2 * h, : : 2, len(x) : ]"),
            "  a = x[:, -1, none, ..., h:2*h, ::2, len(x):]\n");
  EXPECT_EQ(statement("a=[x for i,x in enumerate( xs ) ]"), "  a = [x for i, x in enumerate(xs)]\n");
  EXPECT_EQ(statement("g( | i,j | j<=i and  not a )"), "  g(|i, j| j <= i and not a)\n");
  EXPECT_EQ(statement("a = b if  c else(d)"), "  a = b if c else (d)\n");
  EXPECT_EQ(formatted("def f( x:f32 [B,T*2],k:int=3,y=none )->f32[ ... ] , f32{return x,y}"),
            "def f(x: f32[B, T * 2], k: int = 3, y=none) -> f32[...], f32 { return x, y }\n");
}

TEST(Formatter, LiteralsAndParenthesesStay) {
  EXPECT_EQ(statement("a = ((x)) + 1_000 + 1.50e-3 + (-9223372036854775808)"),
            "  a = ((x)) + 1_000 + 1.50e-3 + (-9223372036854775808)\n");
  EXPECT_EQ(statement("a = \"\\u{1F600} # no comment\""), "  a = \"\\u{1F600} # no comment\"\n");
  EXPECT_EQ(statement("a = 1 .e5 + 1 .x"), "  a = 1 .e5 + 1 .x\n");
}

TEST(Formatter, LastCommasGo) {
  EXPECT_EQ(statement("a, = f(x, y,)[0,]"), "  a = f(x, y)[0]\n");
  EXPECT_EQ(statement("r = scan x in xs, with h = h0, reverse { yield x, }"),
            "  r = scan x in xs with h = h0 reverse { yield x }\n");
  EXPECT_EQ(statement("r = scan x in xs, lengths in n with h = h0, reverse = 1 { }"),
            "  r = scan x in xs, lengths in n with h = h0, reverse = 1 {}\n");
}

//===----------------------------------------------------------------------===//
// Lines
//===----------------------------------------------------------------------===//

TEST(Formatter, EqualSignsOfSubmodules) {
  EXPECT_EQ(
      formatted("model M {\n emb = E(1)\n fc = L(2)  # last\n\n a = B()\n long_name as \"x\" = C()\n}\n"),
      "model M {\n  emb = E(1)\n  fc  = L(2)  # last\n\n  a = B()\n  long_name as \"x\" = C()\n}\n");
}

TEST(Formatter, EmptyLines) {
  EXPECT_EQ(formatted("\n\n\nconst a = 1\n\n\n\nconst b = 2\ndef f() {\n\n\n  x = 1\n\n\n  y = 2\n\n}\n\n\n"),
            "const a = 1\n\nconst b = 2\n\ndef f() {\n  x = 1\n\n  y = 2\n}\n");
  EXPECT_EQ(
      formatted("def f() { return 1 }\ndef g() { return 2 }\n# of h\ndef h() {\n  return 1\n}\n# end\n"),
      "def f() { return 1 }\ndef g() { return 2 }\n\n# of h\ndef h() {\n  return 1\n}\n# end\n");
  EXPECT_EQ(formatted(""), "");
  EXPECT_EQ(formatted("\xEF\xBB\xBF\r\n# only this\r\n\r\n"), "# only this\n");
}

TEST(Formatter, BlocksOnOneLine) {
  EXPECT_EQ(statement("if c { a=1 } else if d {} else { b=2 }"),
            "  if c { a = 1 } else if d {} else { b = 2 }\n");
  EXPECT_EQ(statement("if c { a=1\n} else { b=2 }"), "  if c {\n    a = 1\n  } else {\n    b = 2\n  }\n");
  EXPECT_EQ(statement("if c {\n}"), "  if c {}\n");
}

TEST(Formatter, LongLists) {
  EXPECT_EQ(
      statement(
          "result = function_with_a_longer_name(first_argument, second_argument, argument_number_three, "
          "fourth=value_of_four)"),
      "  result = function_with_a_longer_name(first_argument, second_argument, argument_number_three,\n"
      "                                       fourth=value_of_four)\n");
  EXPECT_EQ(
      formatted("def forward(xs: f32[T, B, input], r0: f32[B, proj], c0: f32[B, hidden]) -> f32[T, B, proj], "
                "f32[B, proj], f32[B, hidden] {\n  return g(xs)\n}\n"),
      "def forward(xs: f32[T, B, input], r0: f32[B, proj], c0: f32[B, hidden]) ->\n"
      "    f32[T, B, proj], f32[B, proj], f32[B, hidden] {\n  return g(xs)\n}\n");
  EXPECT_EQ(
      statement("return first_value_of_the_function_here(x, y), second_value_of_the_function_here(x, y), "
                "third_value_of_them()"),
      "  return first_value_of_the_function_here(x, y), second_value_of_the_function_here(x, y),\n"
      "      third_value_of_them()\n");
}

TEST(Formatter, LongScans) {
  EXPECT_EQ(
      statement(
          "ys, h_n, c_n = scan x in inputs_of_the_layer, m in mask_of_the_layer with h = initial_hidden, "
          "c = initial_cell lengths n { yield x }"),
      "  ys, h_n, c_n = scan x in inputs_of_the_layer, m in mask_of_the_layer\n"
      "      with h = initial_hidden, c = initial_cell\n"
      "      lengths n {\n    yield x\n  }\n");
  EXPECT_EQ(
      statement(
          "ys = scan x in xs with first_of_the_carries = zeros(batch, hidden_size), second_of_the_carries "
          "= ones(batch, hidden_size) { }"),
      "  ys = scan x in xs\n"
      "      with first_of_the_carries = zeros(batch, hidden_size),\n"
      "           second_of_the_carries = ones(batch, hidden_size) {}\n");
}

TEST(Formatter, LongOperators) {
  EXPECT_EQ(statement("result = sigmoid(first_of_the_gates) * previous_state_of_the_cell + "
                      "sigmoid(second_of_the_gates) * tanh(candidate)"),
            "  result = (sigmoid(first_of_the_gates) * previous_state_of_the_cell\n"
            "            + sigmoid(second_of_the_gates) * tanh(candidate))\n");
  EXPECT_EQ(
      statement("result = first_value_of_three(x, y, z) if first_condition_of_two else second_value(x) if "
                "second_condition_of_two else third_value(x)"),
      "  result = (first_value_of_three(x, y, z) if first_condition_of_two\n"
      "            else second_value(x) if second_condition_of_two\n"
      "            else third_value(x))\n");
}

//===----------------------------------------------------------------------===//
// Comments
//===----------------------------------------------------------------------===//

TEST(Formatter, Comments) {
  EXPECT_EQ(formatted("# head\n\n\n## doc\n## of f\ndef f(){# on the brace\n\n# before\nx=1#after x\n"
                      "long = 22 # after long\n\n# last\n}# after f\n\n# end"),
            "# head\n\n## doc\n## of f\ndef f() {  # on the brace\n  # before\n  x = 1      #after x\n"
            "  long = 22  # after long\n\n  # last\n}  # after f\n\n# end\n");
}

TEST(Formatter, CommentsInside) {
  EXPECT_EQ(statement("y = f(a, # first\n b # second\n)"),
            "  y = f(a,  # first\n        b   # second\n  )\n");
  EXPECT_EQ(statement("y = f( # all\n a, b,\n # own line\n c)"),
            "  y = f(  # all\n      a,\n      b,\n      # own line\n      c)\n");
  EXPECT_EQ(
      statement("y = scan x in xs # the inputs\n with h = h0\n # before the brace\n { yield x }"),
      "  y = scan x in xs  # the inputs\n      with h = h0 {\n    # before the brace\n    yield x\n  }\n");
  EXPECT_EQ(statement("return a, # one\n b"), "  return a,  # one\n      b\n");
}

//===----------------------------------------------------------------------===//
// Random programs
//===----------------------------------------------------------------------===//

TEST(Formatter, AnyProgram) {
  for (uint64_t seed = 0; seed < 10000 && !HasFailure(); ++seed) {
    std::string program = anyProgram(seed);
    formatChecked(seed % 4 ? shuffleLayout(program, seed) : program);
  }
}

std::string moduleText(const std::string &text, bool &isRight) {
  FileTable files;
  Diagnostics diagnostics(files);
  mlir::MLIRContext context(mlir::MLIRContext::Threading::DISABLED);
  loadFrontendDialects(context);
  auto module = compileSource(files, files.add("t.rondo", text), FrontendOptions(), context, diagnostics);
  isRight = bool(module);
  std::string result;
  llvm::raw_string_ostream os(result);
  diagnostics.print(os);
  if (module)
    module->print(os);
  return result;
}

TEST(Formatter, SameModule) {
  for (uint64_t seed = 0; seed < 100 && !HasFailure(); ++seed) {
    std::string program = rightProgram(seed);
    std::string shuffled = shuffleLayout(program, seed);
    bool isRight = false, wasRight = false;
    std::string before = moduleText(shuffled, wasRight);
    ASSERT_TRUE(wasRight) << program << before;
    EXPECT_EQ(before, moduleText(formatChecked(shuffled), isRight)) << shuffled;
  }
}

} // namespace
