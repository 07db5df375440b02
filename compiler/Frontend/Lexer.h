// From a source text to its tokens.
//
// The whole file is cut at once. Newlines are no tokens: a token knows whether
// it is the first of its line, and the parser decides where that matters.
#pragma once

#include "compiler/Frontend/Diagnostics.h"
#include "llvm/ADT/DenseMap.h"

namespace rondo {

#define RONDO_KEYWORDS(X)                                                                                    \
  X(Model, "model")                                                                                          \
  X(Def, "def")                                                                                              \
  X(If, "if")                                                                                                \
  X(Else, "else")                                                                                            \
  X(For, "for")                                                                                              \
  X(In, "in")                                                                                                \
  X(Return, "return")                                                                                        \
  X(Scan, "scan")                                                                                            \
  X(With, "with")                                                                                            \
  X(Yield, "yield")                                                                                          \
  X(And, "and")                                                                                              \
  X(Or, "or")                                                                                                \
  X(Not, "not")                                                                                              \
  X(True, "true")                                                                                            \
  X(False, "false")                                                                                          \
  X(None, "none")

// A longer one stands before its beginnings.
#define RONDO_PUNCTUATION(X)                                                                                 \
  X(Ellipsis, "...")                                                                                         \
  X(DotDot, "..")                                                                                            \
  X(Dot, ".")                                                                                                \
  X(Arrow, "->")                                                                                             \
  X(StarStar, "**")                                                                                          \
  X(Star, "*")                                                                                               \
  X(SlashSlash, "//")                                                                                        \
  X(Slash, "/")                                                                                              \
  X(EqualEqual, "==")                                                                                        \
  X(Equal, "=")                                                                                              \
  X(NotEqual, "!=")                                                                                          \
  X(LessEqual, "<=")                                                                                         \
  X(Less, "<")                                                                                               \
  X(GreaterEqual, ">=")                                                                                      \
  X(Greater, ">")                                                                                            \
  X(Plus, "+")                                                                                               \
  X(Minus, "-")                                                                                              \
  X(Percent, "%")                                                                                            \
  X(At, "@")                                                                                                 \
  X(LeftParen, "(")                                                                                          \
  X(RightParen, ")")                                                                                         \
  X(LeftBracket, "[")                                                                                        \
  X(RightBracket, "]") X(LeftBrace, "{") X(RightBrace, "}") X(Comma, ",") X(Colon, ":") X(Pipe, "|")

enum class TokenKind : uint8_t {
  End,     // of the file
  Newline, // never in a TokenStream: how the parser sees a line's first token where lines matter
  Name,
  Int,
  Float,
  String,         // with its quotes
  CompoundAssign, // `+=` and its like, which the language lacks
  Invalid,        // has been reported
#define X(name, text) name,
  RONDO_KEYWORDS(X) RONDO_PUNCTUATION(X)
#undef X
};

/// How a keyword or a punctuation mark is written; empty for the other kinds.
llvm::StringRef spelling(TokenKind kind);
bool isKeyword(TokenKind kind);

struct Token {
  TokenKind kind = TokenKind::End;
  bool afterNewline = false; // the first of its line
  uint32_t begin = 0, end = 0;
};

struct TokenStream {
  std::vector<Token> tokens; // the last one, and no other, is End
  /// Doc comments, by the index of the token that they stand before.
  llvm::DenseMap<size_t, std::string> docs;
  /// Where mistakes were reported, ascending.
  std::vector<uint32_t> errors;
};

/// Cuts the part `range` of a file into tokens. A mistake is reported and gives the token that was
/// probably meant, or none, or Invalid.
TokenStream lex(SourceRange range, const FileTable &files, Diagnostics &diagnostics);

/// The value of a string, given what stands between its quotes. Wrong escapes, which lex has reported,
/// give U+FFFD.
std::string unescape(llvm::StringRef text);

/// The length of the escape sequence at the start of `text`, which begins with a backslash.
size_t escapeLength(llvm::StringRef text);

} // namespace rondo
