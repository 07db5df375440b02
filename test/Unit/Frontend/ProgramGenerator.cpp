#include "ProgramGenerator.h"
#include "compiler/Frontend/Diagnostics.h"
#include "compiler/Frontend/Lexer.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/Twine.h"
#include <random>

using namespace rondo;
using namespace rondo::test;
using llvm::StringRef;
using llvm::Twine;

namespace {

/// Choices that are the same on every machine.
class Random {
public:
  explicit Random(uint64_t seed) : engine(seed * 0x9E3779B97F4A7C15u + 1) {}
  /// One of 0 ... count - 1.
  unsigned below(unsigned count) { return engine() % count; }
  bool chance(unsigned percent) { return below(100) < percent; }
  std::string oneOf(std::initializer_list<StringRef> texts) {
    return (texts.begin() + below(texts.size()))->str();
  }

private:
  std::mt19937_64 engine;
};

/// The grammar, as strings: a line end stands only where a statement may end.
class Grammar {
public:
  explicit Grammar(uint64_t seed) : random(seed) {}

  std::string file() {
    std::string text;
    for (unsigned i = random.below(3); i-- > 0;)
      text += item() + "\n";
    return text;
  }

private:
  static constexpr unsigned deepest = 5;

  std::string name() {
    return random.oneOf({"x", "y", "h", "hidden", "hidden_size", "weight_ih", "B", "T", "reverse", "lengths",
                         "param", "state", "const", "until", "as", "use", "e5",
                         "embedding_of_the_first_layer", "xs"});
  }
  std::string list(unsigned least, unsigned most, llvm::function_ref<std::string()> element,
                   bool trailing = true) {
    std::string text;
    unsigned count = least + random.below(most - least + 1);
    for (unsigned i = 0; i < count; ++i)
      text += (i ? ", " : "") + element();
    return text + (count && trailing && random.chance(10) ? "," : "");
  }
  std::string number() {
    return random.oneOf(
        {"0", "12", "1_000", "1.5e-3", "2.50", "1E5", "0.1", "9223372036854775807", "1_0.0_1e1_0"});
  }
  std::string string() {
    return random.oneOf(
        {R"("")", R"("text")", R"("a # b")", R"("\" \\ \n \t \u{1F600}")", "\"\xC3\xA9\xE2\x82\xAC\"",
         R"("a quite long text that fills a line, or most of it, together with another one")"});
  }

  std::string expression(unsigned depth = 0) {
    if (random.chance(4))
      return "|" + list(1, 3, [&] { return random.chance(20) ? "_" : name(); }) + "| " +
             expression(depth + 1);
    std::string value = conditional(depth);
    return random.chance(4) ? value + ".." + conditional(depth) : value;
  }
  std::string conditional(unsigned depth) {
    if (depth < deepest && random.chance(10))
      return disjunction(depth + 1) + " if " + disjunction(depth + 1) + " else " + conditional(depth + 1);
    return disjunction(depth);
  }
  std::string chain(unsigned depth, unsigned percent, std::initializer_list<StringRef> ops,
                    llvm::function_ref<std::string()> operand) {
    std::string text = operand();
    while (depth < deepest && random.chance(percent))
      text += " " + random.oneOf(ops) + " " + operand();
    return text;
  }
  std::string disjunction(unsigned depth) {
    return chain(depth, 7, {"or"}, [&] {
      return chain(depth, 7, {"and"},
                   [&] { return (random.chance(5) ? "not " : "") + comparison(depth + 1); });
    });
  }
  std::string comparison(unsigned depth) {
    return chain(depth, 8, {"==", "!=", "<", "<=", ">", ">="}, [&] { return sum(depth + 1); });
  }
  std::string sum(unsigned depth) {
    return chain(depth, 25, {"+", "-"}, [&] {
      return chain(depth + 1, 25, {"*", "/", "//", "%", "@"}, [&] { return unary(depth + 1); });
    });
  }
  std::string unary(unsigned depth) {
    if (random.chance(1))
      return "-9223372036854775808";
    if (random.chance(8))
      return "-" + unary(depth + 1);
    std::string base = postfix(depth);
    return depth < deepest && random.chance(6) ? base + " ** " + unary(depth + 1) : base;
  }
  std::string argument(unsigned depth) { return expression(depth + 1); }
  std::string call(unsigned depth) {
    std::string text = "(";
    unsigned positional = random.below(4), named = random.below(3);
    for (unsigned i = 0; i < positional + named; ++i)
      text += (i ? ", " : "") + (i < positional ? "" : name() + "=") + argument(depth);
    return text + (positional + named && random.chance(10) ? ",)" : ")");
  }
  std::string subscript(unsigned depth) {
    auto bound = [&] { return random.chance(50) ? "" : expression(depth + 1); };
    switch (random.below(4)) {
    case 0:
      return bound() + ":" + bound();
    case 1:
      return bound() + ":" + bound() + ":" + bound();
    default:
      return random.chance(10) ? "none" : expression(depth + 1);
    }
  }
  std::string postfix(unsigned depth) {
    std::string text = primary(depth);
    while (depth < deepest && random.chance(30)) {
      switch (random.below(4)) {
      case 0:
        text += call(depth + 1);
        break;
      case 1:
        text += "[" + list(1, 3, [&] { return subscript(depth + 1); }) + "]";
        break;
      case 2:
        text += " ." + name();
        break;
      default:
        text += " ." + name() + call(depth + 1);
        break;
      }
    }
    return text;
  }
  std::string primary(unsigned depth) {
    switch (depth < deepest ? random.below(12) : random.below(7)) {
    case 0:
    case 1:
    case 2:
      return name();
    case 3:
    case 4:
      return number();
    case 5:
      return string();
    case 6:
      return random.oneOf({"true", "false", "none", "inf", "pi"});
    case 7:
    case 8:
      return "(" + expression(depth + 1) + ")";
    case 9:
      return "[" + expression(depth + 1) + " for " + list(1, 2, [&] { return name(); }) + " in " +
             expression(depth + 1) + (random.chance(5) ? ",]" : "]");
    case 10:
      return "[" + list(0, 5, [&] { return expression(depth + 1); }) + "]";
    default:
      return name() + call(depth + 1);
    }
  }

  std::string type() {
    if (random.chance(10))
      return "[" + type() + "]";
    std::string text = random.oneOf({"f32", "i64", "int", "bool", "module", "bf16"});
    if (random.chance(60))
      text += "[" + std::string(random.chance(5) ? "..., " : "") +
              list(0, 3, [&] { return sum(deepest - 1); }) + "]";
    return text;
  }
  std::string parameters() {
    return "(" +
           list(0, 5,
                [&] {
                  return name() + (random.chance(60) ? ": " + type() : "") +
                         (random.chance(30) ? " = " + expression(deepest - 2) : "");
                }) +
           ")";
  }
  std::string values() {
    return list(1, 3, [&] { return expression(1); }, false);
  }
  std::string targets() {
    return list(1, 3, [&] { return random.chance(10) ? "_" : name() + "_"; });
  }

  std::string scan(unsigned depth) {
    auto clauseName = [](const std::string &word) {
      return word == "reverse" || word == "lengths" || word == "until" ? word + "_" : word;
    };
    std::string text = "scan " + list(1, 3, [&] { return clauseName(name()) + " in " + expression(3); });
    std::vector<std::string> clauses;
    if (random.chance(60))
      clauses.push_back("with " + list(1, 3, [&] { return clauseName(name()) + " = " + expression(3); }));
    if (random.chance(30))
      clauses.push_back(random.chance(50) ? "reverse" : "reverse if " + expression(3));
    if (random.chance(30))
      clauses.push_back("lengths " + expression(3));
    if (random.chance(30))
      clauses.push_back("until " + expression(3));
    while (!clauses.empty()) {
      size_t i = random.below(clauses.size());
      text += " " + clauses[i];
      clauses.erase(clauses.begin() + i);
    }
    return text + " " + body(depth + 1, random.chance(70) ? "yield " + values() + "\n" : "");
  }
  std::string body(unsigned depth, const std::string &last = "") {
    if (last.empty() && random.chance(10))
      return "{}";
    if (random.chance(15))
      return last.empty() ? "{ " + simpleStatement() + " }" : "{ " + StringRef(last).rtrim().str() + " }";
    std::string text = "{\n";
    for (unsigned i = random.below(4); i-- > 0;)
      text += statement(depth) + "\n";
    return text + last + "}";
  }
  std::string simpleStatement() {
    switch (random.below(5)) {
    case 0:
      return "require " + expression(2) + (random.chance(50) ? ", " + string() : "");
    case 1:
      return name() + "_(" + list(0, 3, [&] { return expression(2); }) + ")";
    default:
      return targets() + " = " + values();
    }
  }
  std::string statement(unsigned depth) {
    if (depth > 3)
      return simpleStatement();
    switch (random.below(9)) {
    case 0: {
      std::string text = "if " + expression(3) + " " + body(depth + 1);
      while (random.chance(30))
        text += " else if " + expression(3) + " " + body(depth + 1);
      return text + (random.chance(40) ? " else " + body(depth + 1) : "");
    }
    case 1:
      return "for " + targets() + " in " + expression(3) + " " + body(depth + 1);
    case 2:
      return targets() + " = " + scan(depth);
    case 3:
      return scan(depth);
    default:
      return simpleStatement();
    }
  }

  std::string definition(unsigned depth) {
    return "def " + name() + "_" + parameters() +
           (random.chance(60) ? " -> " + list(1, 3, [&] { return type(); }) : "") + " " +
           body(depth, random.chance(70) ? "return " + values() + "\n" : "");
  }
  std::string spelling() { return random.oneOf({"", "", R"( as "w_{x}.{i + 1}")", R"( as "")"}); }
  std::string member(unsigned depth) {
    switch (depth > 2 ? random.below(9) : random.below(12)) {
    case 0:
    case 1:
    case 2:
      return name() + "_" + spelling() + " = " + expression(2);
    case 3:
      return "param " + name() + spelling() + ": " + type() + " = " + expression(3);
    case 4:
      return "buffer " + name() + spelling() + ": " + type() + " = " + expression(3);
    case 5:
      return "state " + name() + ": " + type() + " = " + expression(3);
    case 6:
      return "const " + name() + "_ = " + expression(2);
    case 7:
      return "require " + expression(2) + (random.chance(50) ? ", " + string() : "");
    case 8:
      return "train " + name() + parameters() + " with " + name() + "_" + call(3) + " " +
             body(2, "return " + values() + "\n");
    case 9: {
      std::string text = "if " + expression(3) + " " + members(depth + 1);
      while (random.chance(30))
        text += " else if " + expression(3) + " " + members(depth + 1);
      return text + (random.chance(40) ? " else " + members(depth + 1) : "");
    }
    default:
      return definition(2);
    }
  }
  std::string members(unsigned depth) {
    if (random.chance(10))
      return "{}";
    if (random.chance(10))
      return "{ " + member(3) + " }";
    std::string text = "{\n";
    for (unsigned i = random.below(5); i-- > 0;)
      text += (random.chance(10) ? "## Documents it.\n" : "") + member(depth) + "\n";
    return text + "}";
  }
  std::string item() {
    switch (random.below(6)) {
    case 0:
      return "const " + name() + "_ = " + expression();
    case 1:
      return "use " + string();
    case 2:
    case 3:
      return (random.chance(30) ? "## Says what it does.\n" : "") + definition(0);
    default:
      return "model " + name() + "_" + (random.chance(80) ? parameters() : "") + " " + members(0);
    }
  }

  Random random;
};

/// Programs that check: every value has the shape [T, B, 4] or, in loops, [B, 4].
class Typed {
public:
  explicit Typed(uint64_t seed) : random(seed) {}

  std::string file() {
    std::string text =
        "const SCALE = " + random.oneOf({"0.5", "1 / 3", "2.0 ** -1", "sqrt(2.0) if true else 1.0"}) +
        "\n\ndef half(x: f32[...]) -> f32[...] { return SCALE * x }\n";
    text += "## A model with layers, weights, loops.\nmodel Net(width: int = 4, deep: bool = " +
            random.oneOf({"true", "false"}) + ") {\n";
    text += "fc = Linear(4, width" + random.oneOf({"", ", bias=false"}) + ")\n";
    text += "norm = LayerNorm(4,)\nblocks = [Linear(4, 4) for i in 0.." + number(1, 3) + "]\n";
    text += "param w: f32[4] = uniform(-1.0, 1.0)\nbuffer table as \"a.table\": f32[4] = ones\n";
    text += "if deep {\n more = GRUCell(4, 4)\n}\nrequire width == 4, \"it is \\\"4\\\"\"\n";
    text += "def _step(x, h) {\n" + statements("bs", {"x", "h"}, 2) + "return " + expression({"x", "h"}) +
            "\n}\n";
    text += "def forward(xs: f32[T, B, 4], ms: f32[T, B, 4], n: i64[B]) -> f32[T, B, 4], f32[B, 4] {\n";
    text += statements("t", {"xs", "ms"}, 3) + "for block in blocks { xs = block(xs) }\n";
    for (unsigned i = 1 + random.below(3); i-- > 0;)
      text += loop();
    text += "return " + expression({"xs", "ms"}) + ", last\n}\n}\n";
    return text;
  }

private:
  std::string number(unsigned least, unsigned most) {
    return std::to_string(least + random.below(most - least + 1));
  }

  /// A value of one shape, made of values of that shape.
  std::string expression(std::vector<std::string> names, unsigned depth = 0) {
    auto sub = [&] { return expression(names, depth + 1); };
    switch (depth > 4 ? random.below(2) : random.below(15)) {
    case 0:
    case 1:
      return names[random.below(names.size())];
    case 2:
      return random.oneOf({"tanh", "sigmoid", "relu", "half", "abs", "sin"}) + "(" + sub() + ")";
    case 3:
      return "(" + sub() + ")." + random.oneOf({"tanh()", "relu()", "sigmoid().sin().cos()"});
    case 4:
    case 5:
    case 6:
      return "(" + sub() + " " + random.oneOf({"+", "-", "*", "/"}) + " " + sub() + ")";
    case 7:
      return sub() + " * w + table - " + random.oneOf({"1", "0.5", "SCALE", "1_0.0"});
    case 8:
      return "where(" + sub() + " " + random.oneOf({"<", ">=", "=="}) + " 0.0, " + sub() + ", " + sub() + ")";
    case 9:
      return "-" + names[random.below(names.size())] + " ** 2";
    case 10:
      return "(" + sub() + " if deep else " + sub() + ")";
    case 11:
      return "norm(" + sub() + ")";
    case 12:
      return "concat([(" + sub() + ")[..., 2*1:], (" + sub() + ")[..., :2]], dim=-1)";
    case 13:
      return "clamp(" + sub() + ", min=-1.0, max=" + number(1, 9) + ".5)";
    default:
      return "fc(" + sub() + ")";
    }
  }
  std::string statements(const std::string &prefix, std::vector<std::string> names, unsigned count) {
    std::string text;
    for (unsigned i = random.below(count + 1); i-- > 0;) {
      std::string target = random.chance(40) ? names[random.below(names.size())] : prefix + std::to_string(i);
      if (random.chance(15))
        text += "if deep { " + target + " = " + expression(names) + " } else {\n" + target + " = " +
                expression(names) + "\n}\n";
      else
        text += target + " = " + expression(names) + "\n";
      if (!llvm::is_contained(names, target))
        names.push_back(target);
    }
    return text;
  }
  std::string loop() {
    std::string clauses =
        random.oneOf({"", " reverse", " reverse if deep", " lengths n", " reverse lengths n"});
    std::string with = " with h = zeros(B, 4), c = ones(B, 4)";
    return "xs, last, _ = scan x in xs, m in ms, t in 0..T" +
           (random.chance(50) ? with + clauses : clauses + with) + " {\nh = _step(x, h) + f32(t)\n" +
           statements("l", {"x", "m", "h", "c"}, 3) + "yield h - m\n}\n";
  }

  Random random;
};

/// Lays the tokens of a program out again.
class Shuffle {
public:
  Shuffle(const std::string &program, uint64_t seed) : random(seed), diagnostics(files) {
    FileId id = files.add("t.rondo", program);
    text = files[id].text();
    tokens = lex({id, 0, static_cast<uint32_t>(text.size())}, files, diagnostics).tokens;
  }

  std::string run() {
    blankLines();
    unsigned brackets = 0, heads = 0;
    bool afterFree = true;
    std::vector<unsigned> outer;
    for (size_t i = 0; i < tokens.size(); ++i) {
      const Token &t = tokens[i];
      const Token *before = i ? &tokens[i - 1] : nullptr;
      StringRef gap = text.slice(before ? before->end : 0, t.begin);
      if (t.kind == TokenKind::RightParen || t.kind == TokenKind::RightBracket)
        --brackets;
      bool isEnd = gap.contains('\n') || t.kind == TokenKind::End;
      bool isScanBrace = t.kind == TokenKind::LeftBrace && heads;
      bool free = afterFree || brackets || heads || isScanBrace;
      space(isEnd, free && i, before && touches(*before, t), gap);
      result += text.slice(t.begin, t.end);
      switch (t.kind) {
      case TokenKind::LeftParen:
      case TokenKind::LeftBracket:
        ++brackets;
        break;
      case TokenKind::Scan:
        ++heads;
        break;
      case TokenKind::LeftBrace:
        outer.push_back(brackets);
        brackets = heads = 0;
        break;
      case TokenKind::RightBrace:
        brackets = outer.back();
        outer.pop_back();
        break;
      default:
        break;
      }
      afterFree = t.kind == TokenKind::Comma || t.kind == TokenKind::Arrow;
    }
    return result;
  }

private:
  /// Tokens that would become another without a blank between them.
  bool touches(const Token &before, const Token &t) {
    auto isWord = [](char c) { return llvm::isAlnum(c) || c == '_'; };
    StringRef a = text.slice(before.begin, before.end), b = text.slice(t.begin, t.end);
    if (a.empty() || b.empty())
      return false;
    return (isWord(a.back()) && (isWord(b.front()) || b.front() == '.')) ||
           (a.back() == '.' && isWord(b.front())) ||
           (llvm::isPunct(a.back()) && llvm::isPunct(b.front()) && b.front() != '(' && b.front() != ')');
  }
  std::string newline() { return random.chance(5) ? "\r\n" : "\n"; }
  void blanks() { result.append(random.below(4), random.chance(10) ? '\t' : ' '); }
  void comment() {
    result += random.oneOf({"#", "# a comment", "#without blank", "# \xE2\x82\xAC, [ ( { \" # ##",
                            "### three", "## as if it documented", "# with blanks after it   ",
                            "# one that is long: it does not count for the width of a line, "
                            "however long it may be, or become"});
    result += newline();
  }
  void blankLines() {
    while (random.chance(15)) {
      blanks();
      if (random.chance(50))
        comment();
      else
        result += newline();
    }
  }
  void space(bool isEnd, bool free, bool touch, StringRef gap) {
    if (StringRef docs = gap.trim(); docs.starts_with("##")) { // stays before what it documents
      result += "\n" + docs.str() + newline();
      return;
    }
    if (touch || random.chance(60))
      result += ' ';
    if (!isEnd && !(free && random.chance(6)))
      return;
    if (random.chance(20)) {
      blanks();
      comment();
    } else {
      result += newline();
    }
    blankLines();
    blanks();
  }

  Random random;
  FileTable files;
  Diagnostics diagnostics;
  StringRef text;
  std::vector<Token> tokens;
  std::string result;
};

} // namespace

std::string test::anyProgram(uint64_t seed) { return Grammar(seed).file(); }
std::string test::rightProgram(uint64_t seed) { return Typed(seed).file(); }
std::string test::shuffleLayout(const std::string &program, uint64_t seed) {
  return Shuffle(program, seed).run();
}
