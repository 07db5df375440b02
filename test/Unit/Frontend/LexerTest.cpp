#include "Parsed.h"

using namespace rondo;
using namespace rondo::test;

namespace {

/// The tokens of a text, each as it is written, `/` before the first of a line; then the errors.
std::string lexed(llvm::StringRef text) {
  Lexed lexed(text);
  std::string result;
  for (const Token &token : lexed.tokens) {
    if (token.kind == TokenKind::End)
      break;
    result += token.afterNewline ? "/" : " ";
    result += token.kind == TokenKind::Invalid ? "?" : text.slice(token.begin, token.end).str();
  }
  for (const Diagnostic *error : lexed.diagnostics.sorted()) {
    LineColumn place = lexed.files[lexed.id].lineColumn(error->range.begin);
    result += "\n" + std::to_string(place.line) + ":" + std::to_string(place.column) + " " + error->message;
  }
  return result;
}

TEST(Lexer, CutsTheLongestMark) {
  EXPECT_EQ(lexed("a**b//c..d...e->f<=g!=h"), "/a ** b // c .. d ... e -> f <= g != h");
}

TEST(Lexer, ARangeIsNoFloat) {
  EXPECT_EQ(lexed("0..10 1.5..2 x[1:] 1_000 1.5e-3 2E5"), "/0 .. 10 1.5 .. 2 x [ 1 : ] 1_000 1.5e-3 2E5");
}

TEST(Lexer, LinesBlanksAndComments) {
  EXPECT_EQ(lexed("\xEF\xBB\xBF"
                  "a # b\r\n\tc\n\n## d\ne"),
            "/a/c/e");
}

TEST(Lexer, ReservedWordsAreNoNames) {
  Lexed lexed("scan scans param");
  EXPECT_EQ(lexed.tokens[0].kind, TokenKind::Scan);
  EXPECT_EQ(lexed.tokens[1].kind, TokenKind::Name);
  EXPECT_EQ(lexed.tokens[2].kind, TokenKind::Name);
}

TEST(Lexer, Strings) {
  EXPECT_EQ(lexed(R"("a\"b" "\u{1F600}\\")"), R"(/"a\"b" "\u{1F600}\\")");
  EXPECT_EQ(unescape(R"(a\n\t\r\"\\\u{e9})"), "a\n\t\r\"\\\xC3\xA9");
}

TEST(LexerErrors, Escapes) {
  EXPECT_EQ(lexed(R"("a\q")"),
            "/\"a\\q\"\n1:3 unknown escape sequence `\\q` in a string: known are \\n \\t \\r "
            "\\\" \\\\ \\u{1F600}");
  for (llvm::StringRef escape :
       {R"("\u")", R"("\u{}")", R"("\u{110000}")", R"("\u{d800}")", R"("\u{1234567}")"})
    EXPECT_NE(lexed(escape).find("\n1:2 unknown escape sequence"), std::string::npos) << escape.str();
}

TEST(LexerErrors, Numbers) {
  EXPECT_EQ(lexed("0x10"), "/?\n1:1 `0x10` is not a number: integers are written in decimal");
  EXPECT_EQ(lexed("1__0"), "/?\n1:1 `1__0` is not a number: `_` may stand only between digits");
  EXPECT_EQ(lexed("1_"), "/?\n1:1 `1_` is not a number: `_` may stand only between digits");
  EXPECT_EQ(lexed("1."), "/?\n1:1 `1.` is not a number: write `1.0`");
  EXPECT_EQ(lexed(".5"), "/?\n1:1 `.5` is not a number: write `0.5`");
  EXPECT_EQ(lexed("1e"), "/?\n1:1 `1e` is not a number: the exponent has no digits");
  EXPECT_EQ(lexed("1.2.3"), "/?\n1:1 `1.2.3` is not a number");
  EXPECT_EQ(lexed("12abc"), "/?\n1:1 `12abc` is not a number");
}

TEST(LexerErrors, OtherNotations) {
  EXPECT_EQ(lexed("a; b"), "/a/b\n1:2 unexpected `;`: a statement ends with its line");
  EXPECT_EQ(lexed("a /* b */ c"),
            "/a c\n1:3 unexpected `/*`: a comment is written `# ...` and ends with its line");
  EXPECT_EQ(lexed("a && b"), "/a &&"
                             " b\n1:3 unexpected `&&`: the conjunction is `and`");
  EXPECT_EQ(lexed("'a'"), "/?\n1:1 unexpected `'`: a string is written `\"...\"`");
  EXPECT_EQ(lexed("\"a\nb"), "/?/b\n1:1 the string has no closing `\"`: it must end on its line");
}

TEST(LexerErrors, Characters) {
  EXPECT_EQ(lexed(llvm::StringRef("a \0b", 4)), "/a b\n1:3 unexpected NUL character (U+0000)");
  EXPECT_EQ(lexed("a,\r b"), "/a , b\n1:3 unexpected carriage return (U+000D) without a newline");
  EXPECT_EQ(lexed("# \x07\xC2\x85"), "\n1:3 unexpected control character U+0007 in a comment");
  EXPECT_EQ(lexed("# \xFF"), "\n1:3 invalid UTF-8 (byte 0xFF) in a comment: a source file must be UTF-8");
  EXPECT_EQ(lexed("\"\x7F\""), "/\"\x7F\"\n1:2 unexpected control character U+007F in a string");
  EXPECT_EQ(lexed("na\xC3\xAFve"),
            "/na\xC3\xAFve\n1:3 unexpected character `\xC3\xAF` (U+00EF): a name is made of "
            "A-Z, a-z, 0-9 and _");
  EXPECT_EQ(lexed("a \xE2\x88\x92 b"), "/a \xE2\x88\x92 b\n1:3 unexpected `\xE2\x88\x92`: minus is `-`");
}

TEST(LexerErrors, OneOfAKindALine) {
  EXPECT_EQ(lexed("\xFF\xFE\xFD\n\xFF"),
            "\n1:1 invalid UTF-8: the file is encoded as UTF-16; a source file must be UTF-8");
  EXPECT_EQ(lexed("\x80\x81 \x82\n\x83"), "\n1:1 invalid UTF-8 (byte 0x80): a source file must be UTF-8"
                                          "\n2:1 invalid UTF-8 (byte 0x83): a source file must be UTF-8");
}

} // namespace
