// The lexer. It needs nothing and declines nothing: any bytes give tokens.
//
// Where another language's notation is met, the error says what rondo writes
// instead and the meant token is delivered, so that nothing follows from it.
#include "compiler/Frontend/LexerImpl.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/ConvertUTF.h"

using namespace rondo;
using llvm::StringRef;

StringRef rondo::spelling(TokenKind kind) {
  switch (kind) {
#define X(name, text)                                                                                        \
  case TokenKind::name:                                                                                      \
    return text;
    RONDO_KEYWORDS(X)
    RONDO_PUNCTUATION(X)
#undef X
  default:
    return "";
  }
}

bool rondo::isKeyword(TokenKind kind) {
  switch (kind) {
#define X(name, text) case TokenKind::name:
    RONDO_KEYWORDS(X)
#undef X
    return true;
  default:
    return false;
  }
}

/// Those with an advice are reported here, the others by the parser.
static const Foreign foreignNotations[] = {
    {"+=", "", TokenKind::CompoundAssign},
    {"-=", "", TokenKind::CompoundAssign},
    {"*=", "", TokenKind::CompoundAssign},
    {"/=", "", TokenKind::CompoundAssign},
    {"//=", "", TokenKind::CompoundAssign},
    {"**=", "", TokenKind::CompoundAssign},
    {"%=", "", TokenKind::CompoundAssign},
    {"@=", "", TokenKind::CompoundAssign},
    {"&&", "the conjunction is `and`", TokenKind::And},
    {"&", "the conjunction is `and`", TokenKind::And},
    {"||", "the disjunction is `or`", TokenKind::Or},
    {"!", "the negation is `not`", TokenKind::Not},
    {"~", "the negation is `not`", TokenKind::Not},
    {"^", "the power is `**`", TokenKind::StarStar},
    {"=>", "results are written `-> type`", TokenKind::Arrow},
    {":=", "an assignment is `=`", TokenKind::Equal},
    {"\xC2\xA0", "this is a no-break space; use a blank", TokenKind::Invalid},
    {"\xE2\x88\x92", "minus is `-`", TokenKind::Minus},
    {"\xE2\x80\x93", "minus is `-`", TokenKind::Minus},
    {"\xC3\x97", "times is `*`", TokenKind::Star},
    {"\xC2\xB7", "times is `*`", TokenKind::Star},
    {"\xE2\x89\xA4", "less or equal is `<=`", TokenKind::LessEqual},
    {"\xE2\x89\xA5", "greater or equal is `>=`", TokenKind::GreaterEqual},
    {"\xE2\x89\xA0", "not equal is `!=`", TokenKind::NotEqual},
    {"\xE2\x86\x92", "results are written `-> type`", TokenKind::Arrow},
};

void Lexer::error(uint32_t begin, uint32_t end, const llvm::Twine &message) {
  diagnostics.error({id, begin, end}, message);
  stream.errors.push_back(begin);
}

void Lexer::token(TokenKind kind, uint32_t begin) {
  if (!doc.empty())
    stream.docs[stream.tokens.size()] = std::move(doc);
  doc.clear();
  stream.tokens.push_back({kind, lineStart, begin, at});
  lineStart = false;
}

TokenStream Lexer::run() {
  if (isUtf16())
    at = text.size();
  while (at < text.size()) {
    char c = peek();
    if (c == '\n' || (c == '\r' && peek(1) == '\n'))
      startLine();
    else if (c == ' ' || c == '\t')
      ++at;
    else if (c == '#')
      comment();
    else if (c == '/' && peek(1) == '*')
      blockComment();
    else if (isNameStart(c))
      name();
    else if (llvm::isDigit(c) || (c == '.' && llvm::isDigit(peek(1)) && !followsOperand()))
      number();
    else if (c == '"')
      string();
    else if (c == '\'')
      otherQuotes("'");
    else if (rest().starts_with("\xE2\x80\x9C"))
      otherQuotes("\xE2\x80\x9D");
    else if (!foreign() && !punctuation())
      strangeCharacter();
  }
  lineStart = true;
  doc.clear();
  token(TokenKind::End, at);
  llvm::sort(stream.errors);
  return std::move(stream);
}

//===----------------------------------------------------------------------===//
// Characters and comments
//===----------------------------------------------------------------------===//

bool Lexer::isUtf16() {
  if (at != 0 || (!text.starts_with("\xFF\xFE") && !text.starts_with("\xFE\xFF")))
    return false;
  error(0, 0, "invalid UTF-8: the file is encoded as UTF-16; a source file must be UTF-8");
  return true;
}

void Lexer::plainCharacter(StringRef place) {
  uint32_t begin = at;
  uint32_t length = characterLength(rest());
  unsigned char first = peek();
  at += std::max<uint32_t>(1, length);

  bool isC1 = length == 2 && first == 0xC2 && static_cast<unsigned char>(text[begin + 1]) < 0xA0;
  bool isC0 = length == 1 && ((first < 0x20 && first != '\t') || first == 0x7F);
  if ((length != 0 && !isC0 && !isC1) || badCharacterLine == line)
    return;

  badCharacterLine = line;
  unsigned character = isC1 ? static_cast<unsigned char>(text[begin + 1]) : first;
  if (length == 0)
    error(
        begin, at,
        llvm::formatv("invalid UTF-8 (byte {0:X}){1}: a source file must be UTF-8", unsigned(first), place));
  else if (character == 0)
    error(begin, at, "unexpected NUL character (U+0000)" + place);
  else if (character == '\r')
    error(begin, at, "unexpected carriage return (U+000D) without a newline" + place);
  else
    error(begin, at, llvm::formatv("unexpected control character U+{0:X-4}{1}", character, place));
}

void Lexer::startLine() {
  at += peek() == '\r' ? 2 : 1;
  lineStart = true;
  ++line;
}

/// `# ...` to the end of the line. `## ...`, alone on its line, documents what comes next; an empty line
/// between two such comments parts them, and the later one counts.
void Lexer::comment() {
  uint32_t begin = at;
  while (at < text.size() && peek() != '\n' && !(peek() == '\r' && peek(1) == '\n'))
    plainCharacter(" in a comment");
  StringRef comment = text.slice(begin, at);
  if (!lineStart || !comment.consume_front("##") || comment.starts_with("#"))
    return;
  if (!doc.empty() && docLine + 1 == line)
    doc += '\n';
  else
    doc.clear();
  comment.consume_front(" ");
  doc += comment.rtrim();
  docLine = line;
}

void Lexer::blockComment() {
  uint32_t begin = at;
  size_t close = text.find("*/", at + 2);
  size_t end = close == StringRef::npos ? std::min(text.find('\n', at), text.size()) : close + 2;
  error(begin, std::min<uint32_t>(end, begin + 2),
        "unexpected `/*`: a comment is written `# ...` and ends with its line");
  while (at < end) {
    if (peek() == '\n')
      startLine();
    else
      ++at;
  }
}

void Lexer::strangeCharacter() {
  uint32_t begin = at;
  uint32_t length = characterLength(rest());
  if (length < 2) {
    bool isPrintable = llvm::isPrint(peek());
    if (!isPrintable) {
      plainCharacter("");
      return;
    }
    ++at;
    if (text[begin] == ';') {
      error(begin, at, "unexpected `;`: a statement ends with its line");
      lineStart = true;
    } else if (text[begin] == '\\') {
      error(begin, at, "unexpected `\\`: a statement goes on over several lines inside ( ) or [ ]");
    } else {
      error(begin, at, llvm::formatv("unexpected character `{0}`", text[begin]));
    }
    return;
  }
  unsigned char second = text[begin + 1];
  if (length == 2 && text[begin] == '\xC2' && second < 0xA0)
    plainCharacter("");
  else
    name();
}

/// A name or a reserved word. Characters that do not belong there are reported and kept, so that the
/// name stays one token.
void Lexer::name() {
  uint32_t begin = at;
  StringRef strange;
  while (at < text.size()) {
    uint32_t length = characterLength(rest());
    if (length > 1 && foreignNotation())
      break;
    if (length > 1) {
      if (strange.empty())
        strange = rest().take_front(length);
      at += length;
    } else if (isNamePart(peek())) {
      ++at;
    } else if (length == 0 || isControl(peek())) {
      plainCharacter(" in a name");
    } else {
      break;
    }
  }
  StringRef word = text.slice(begin, at);
  if (!strange.empty()) {
    llvm::UTF32 value = 0;
    auto *source = strange.bytes_begin();
    llvm::convertUTF8Sequence(&source, strange.bytes_end(), &value, llvm::lenientConversion);
    uint32_t place = strange.data() - text.data();
    error(place, place + strange.size(),
          llvm::formatv("unexpected character `{0}` (U+{1:X-4}): a name is made of A-Z, a-z, 0-9 and _",
                        strange, value));
  }
  token(llvm::StringSwitch<TokenKind>(word)
#define X(name, text) .Case(text, TokenKind::name)
            RONDO_KEYWORDS(X)
#undef X
                .Default(TokenKind::Name),
        begin);
}

//===----------------------------------------------------------------------===//
// Punctuation
//===----------------------------------------------------------------------===//

/// The longest notation of other languages that comes next, or null.
const Foreign *Lexer::foreignNotation() const {
  if (rest().starts_with("!=")) // not `!`
    return nullptr;
  const Foreign *longest = nullptr;
  for (const Foreign &entry : foreignNotations)
    if (rest().starts_with(entry.text) && (!longest || entry.text.size() > longest->text.size()))
      longest = &entry;
  return longest;
}

bool Lexer::foreign() {
  const Foreign *notation = foreignNotation();
  if (!notation)
    return false;
  uint32_t begin = at;
  at += notation->text.size();
  if (notation->meant != TokenKind::CompoundAssign)
    error(begin, at, llvm::formatv("unexpected `{0}`: {1}", notation->text, notation->advice));
  if (notation->meant != TokenKind::Invalid)
    token(notation->meant, begin);
  return true;
}

bool Lexer::punctuation() {
  static constexpr std::pair<StringRef, TokenKind> marks[] = {
#define X(name, text) {text, TokenKind::name},
      RONDO_PUNCTUATION(X)
#undef X
  };
  for (auto [mark, kind] : marks) {
    if (!rest().starts_with(mark))
      continue;
    uint32_t begin = at;
    at += mark.size();
    token(kind, begin);
    return true;
  }
  return false;
}

TokenStream rondo::lex(SourceRange range, const FileTable &files, Diagnostics &diagnostics) {
  return Lexer(range, files, diagnostics).run();
}
