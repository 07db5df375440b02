// Numbers and strings.
#include "compiler/Frontend/LexerImpl.h"
#include "llvm/Support/ConvertUTF.h"

using namespace rondo;
using llvm::StringRef;

//===----------------------------------------------------------------------===//
// Numbers
//===----------------------------------------------------------------------===//

/// Whether what comes next touches a value, whose member it may be.
bool Lexer::followsOperand() const {
  if (at == 0)
    return false;
  char before = text[at - 1];
  return isNamePart(before) || before == ')' || before == ']' || before == '"';
}

/// digits ['.' digits] [('e' | 'E') ['+' | '-'] digits]. Whether the value fits is the parser's to
/// say: the least i64 is legal after a minus only.
void Lexer::number() {
  uint32_t begin = at;
  bool isFloat = false;
  bool startsWithDot = peek() == '.';
  auto skip = [&](auto part) {
    while (at < text.size() && part(peek()))
      ++at;
  };
  skip(isNumberPart);
  if (peek() == '.' && llvm::isDigit(peek(1))) {
    isFloat = true;
    ++at;
    skip(isNumberPart);
  }
  if (peek() == 'e' || peek() == 'E') {
    unsigned sign = peek(1) == '+' || peek(1) == '-';
    if (llvm::isDigit(peek(1 + sign))) {
      isFloat = true;
      at += 1 + sign;
      skip(isNumberPart);
    }
  }

  uint32_t good = at;
  skip(isNamePart);
  bool isMember = llvm::isAlpha(peek(1)) && !(llvm::toLower(peek(1)) == 'e' && llvm::isDigit(peek(2)));
  if (peek() == '.' && peek(1) != '.' && !isMember) {
    ++at; // `1.`, `1.e5`, `1.2.3`
    skip(isNamePart);
    good = 0;
  }
  StringRef number = text.slice(begin, at);
  auto misplaced = [&] {
    for (size_t i = number.find('_'); i != StringRef::npos; i = number.find('_', i + 1))
      if (i + 1 == number.size() || !llvm::isDigit(number[i - 1]) || !llvm::isDigit(number[i + 1]))
        return true;
    return false;
  };
  if (startsWithDot || good != at || misplaced()) {
    numberProblem(begin);
    token(TokenKind::Invalid, begin);
    return;
  }
  token(isFloat ? TokenKind::Float : TokenKind::Int, begin);
}

void Lexer::numberProblem(uint32_t begin) {
  StringRef number = text.slice(begin, at);
  auto digits = [&](StringRef part) { return llvm::all_of(part, isNumberPart); };
  std::string why;
  if (number.size() > 1 && number[0] == '0' && StringRef("xXbBoO").contains(number[1]))
    why = ": integers are written in decimal";
  else if (number.starts_with("."))
    why = llvm::formatv(": write `0{0}`", number);
  else if (digits(number.take_until([](char c) { return c == '.'; })) && number.ends_with("."))
    why = llvm::formatv(": write `{0}0`", number);
  else if (number.contains('_') &&
           llvm::all_of(number, [](char c) { return isNumberPart(c) || c == '.' || c == 'e'; }))
    why = ": `_` may stand only between digits";
  else if (number.ends_with_insensitive("e"))
    why = ": the exponent has no digits";
  error(begin, at, llvm::formatv("`{0}` is not a number{1}", number, why));
}

//===----------------------------------------------------------------------===//
// Strings
//===----------------------------------------------------------------------===//

namespace {

/// What is wrong with the backslash sequence that `text` begins with, if anything; sets its length and
/// the character it stands for.
struct Escape {
  size_t length = 2;
  uint32_t character = 0xFFFD;
  StringRef problem;

  explicit Escape(StringRef text) {
    switch (text.size() > 1 ? text[1] : '\0') {
    case 'n':
      character = '\n';
      return;
    case 't':
      character = '\t';
      return;
    case 'r':
      character = '\r';
      return;
    case '"':
    case '\\':
      character = text[1];
      return;
    case 'u':
      unicode(text);
      return;
    default:
      length = 1 + std::max<uint32_t>(1, text.size() > 1 ? characterLength(text.drop_front()) : 0);
      problem = R"(known are \n \t \r \" \\ \u{1F600})";
    }
  }

private:
  void unicode(StringRef text) {
    StringRef digits = text.drop_front(2);
    bool braced = digits.consume_front("{");
    digits = digits.take_while(llvm::isHexDigit);
    length = 2 + braced + digits.size();
    uint32_t value = 0;
    if (!braced || !text.drop_front(length).starts_with("}")) {
      problem = R"(a character is written \u{1F600}, with its number in hexadecimal between braces)";
      return;
    }
    ++length;
    if (digits.empty() || digits.size() > 6 || digits.getAsInteger(16, value) || value > 0x10FFFF ||
        (value >= 0xD800 && value < 0xE000))
      problem = "there is no such character; numbers go from 0 to 10FFFF, without D800 to DFFF";
    else
      character = value;
  }
};

} // namespace

void Lexer::string() {
  uint32_t begin = at;
  if (rest().starts_with("\"\"\"")) {
    size_t close = text.find("\"\"\"", at + 3);
    error(begin, begin + 3,
          "unexpected `\"\"\"`: a string stands on one line, a doc comment is written `## ...`");
    size_t end = close == StringRef::npos ? text.size() : close + 3;
    for (; at < end; ++at)
      if (peek() == '\n')
        ++line;
    token(TokenKind::Invalid, begin);
    return;
  }
  ++at;
  while (true) {
    char c = peek();
    if (at >= text.size() || c == '\n' || (c == '\r' && peek(1) == '\n')) {
      error(begin, at, "the string has no closing `\"`: it must end on its line");
      token(TokenKind::Invalid, begin);
      return;
    }
    if (c == '"')
      break;
    bool lineEnds = peek(1) == '\n' || peek(1) == '\r' || at + 1 == text.size();
    if (c != '\\' || lineEnds) {
      plainCharacter(" in a string");
      continue;
    }
    Escape escape(rest());
    if (!escape.problem.empty())
      error(at, at + escape.length,
            llvm::formatv("unknown escape sequence `{0}` in a string: {1}", rest().take_front(escape.length),
                          escape.problem));
    at += escape.length;
  }
  ++at;
  token(TokenKind::String, begin);
}

/// 'text' or curly quotes.
void Lexer::otherQuotes(StringRef close) {
  uint32_t begin = at;
  size_t lineEnd = std::min(text.find_first_of("\r\n", at), text.size());
  at += std::max<uint32_t>(1, characterLength(rest()));
  size_t end = text.slice(0, lineEnd).find(close, at);
  uint32_t openEnd = at;
  at = end == StringRef::npos ? lineEnd : end + close.size();
  error(begin, openEnd,
        llvm::formatv("unexpected `{0}`: a string is written `\"...\"`", text.slice(begin, openEnd)));
  token(TokenKind::Invalid, begin);
}

std::string rondo::unescape(StringRef rest) {
  std::string value;
  while (!rest.empty()) {
    if (rest.front() != '\\') {
      uint32_t length = characterLength(rest);
      value += length ? rest.take_front(length) : "\xEF\xBF\xBD";
      rest = rest.drop_front(std::max<uint32_t>(1, length));
      continue;
    }
    Escape escape(rest);
    char buffer[4];
    char *end = buffer;
    llvm::ConvertCodePointToUTF8(escape.character, end);
    value.append(buffer, end);
    rest = rest.drop_front(escape.length);
  }
  return value;
}

size_t rondo::escapeLength(StringRef text) { return Escape(text).length; }
