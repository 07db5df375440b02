// The lexer's inside, shared by the Lexer*.cpp files.
#pragma once

#include "compiler/Frontend/Lexer.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"

namespace rondo {

/// A notation of other languages, which rondo does not have.
struct Foreign {
  llvm::StringRef text;
  llvm::StringRef advice;
  TokenKind meant; // Invalid: skip it
};

class Lexer {
public:
  Lexer(SourceRange range, const FileTable &files, Diagnostics &diagnostics)
      : id(range.file), text(files[range.file].text().take_front(range.end)), diagnostics(diagnostics),
        at(std::max(range.begin, files[range.file].byteOrderMark())) {}

  TokenStream run();

private:
  llvm::StringRef rest() const { return text.drop_front(at); }
  char peek(size_t ahead = 0) const { return at + ahead < text.size() ? text[at + ahead] : '\0'; }

  void error(uint32_t begin, uint32_t end, const llvm::Twine &message);
  void token(TokenKind kind, uint32_t begin);

  bool isUtf16();
  /// Passes over a character where any but control characters may stand; `place` is said in the error.
  void plainCharacter(llvm::StringRef place);
  void startLine();
  void comment();
  void blockComment();
  void name();
  void strangeCharacter();
  bool followsOperand() const;
  void number();
  void numberProblem(uint32_t begin);
  void string();
  void otherQuotes(llvm::StringRef close);
  const Foreign *foreignNotation() const;
  bool foreign();
  bool punctuation();

  FileId id;
  llvm::StringRef text;
  Diagnostics &diagnostics;
  uint32_t at;
  TokenStream stream;

  bool lineStart = true; // no token on this line so far
  unsigned line = 1;
  unsigned badCharacterLine = 0; // one error of this kind a line
  std::string doc;
  unsigned docLine = 0;
};

inline bool isNameStart(char c) { return llvm::isAlpha(c) || c == '_'; }
inline bool isNamePart(char c) { return llvm::isAlnum(c) || c == '_'; }
/// Those that are an error wherever they stand, a carriage return apart.
inline bool isControl(char c) {
  return (static_cast<unsigned char>(c) < 0x20 && !llvm::isSpace(c)) || c == 0x7F;
}
inline bool isNumberPart(char c) { return llvm::isDigit(c) || c == '_'; }

} // namespace rondo
