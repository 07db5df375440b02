// Tokens and the comments between them.
#include "compiler/Frontend/Diagnostics.h"
#include "compiler/Frontend/FormatterImpl.h"

using namespace rondo;
using namespace rondo::ast;
using namespace rondo::layout;
using llvm::StringRef;

std::string rondo::formatFile(const File &file, const FileTable &files) {
  SourceRange whole{file.id, 0, static_cast<uint32_t>(files[file.id].text().size())};
  return render(Formatter(whole, files).file(file), formatWidth);
}

std::string rondo::formatExpression(const Expr &expr, const FileTable &files) {
  constexpr unsigned unlimited = 1u << 24; // columns
  std::string line = render(Formatter(expr.range, files).onlyExpression(expr), unlimited);
  return StringRef(line).trim().str();
}

Formatter::Formatter(SourceRange range, const FileTable &files) : source(files[range.file].text()) {
  Diagnostics none(files);
  tokens = lex(range, files, none).tokens;
  gaps.resize(tokens.size() + 1);
  closes.resize(tokens.size());
  std::vector<size_t> open;
  uint32_t end = std::max(range.begin, files[range.file].byteOrderMark());
  for (auto [i, t] : llvm::enumerate(tokens)) {
    readGap(end, t.begin, gaps[i]);
    end = t.end;
    if (t.kind == TokenKind::LeftParen || t.kind == TokenKind::LeftBracket) {
      open.push_back(i);
    } else if (t.kind == TokenKind::RightParen || t.kind == TokenKind::RightBracket) {
      closes[open.back()] = i;
      open.pop_back();
    }
  }
}

Doc Formatter::onlyExpression(const Expr &expr) {
  for (Gap &gap : gaps)
    gap.comments.clear();
  return expression(expr);
}

void Formatter::readGap(uint32_t begin, uint32_t end, Gap &gap) {
  StringRef rest = source.slice(begin, end);
  bool trailing = &gap != &gaps.front();
  for (bool isLast = false; !isLast; trailing = false) {
    isLast = !rest.contains('\n');
    auto [line, after] = rest.split('\n');
    rest = after;
    line = line.trim(" \t\r");
    if (!line.empty()) {
      gap.comments.push_back({line, trailing, gap.blankAfter});
      gap.blankAfter = false;
    } else if (!trailing && !isLast) {
      gap.blankAfter = true;
    }
  }
}

size_t Formatter::tokenAt(uint32_t offset) const {
  return llvm::partition_point(tokens, [&](const Token &t) { return t.begin < offset; }) - tokens.begin();
}

bool Formatter::isParenthesised(const Expr &expr) const {
  size_t first = tokenAt(expr.range.begin);
  return tokens[first].kind == TokenKind::LeftParen && tokens[closes[first]].end == expr.range.end;
}

Doc Formatter::take() {
  Doc doc;
  takeComments(doc);
  doc.add(text(textOf(token())));
  ++at;
  return doc;
}

void Formatter::takeComments(Doc &doc) {
  for (const Comment &comment : gaps[at].comments)
    doc.add(layout::comment(comment.text, comment.trailing));
  gaps[at].comments.clear();
}

void Formatter::separate(Doc &doc) {
  takeComments(doc);
  doc.add(lineBreak());
}

void Formatter::deferComments() {
  std::vector<Comment> &here = gaps[at].comments, &next = gaps[at + 1].comments;
  next.insert(next.begin(), here.begin(), here.end());
  here.clear();
}

void Formatter::takeComma(Doc &doc, bool isLast) {
  if (!atToken(TokenKind::Comma))
    return;
  bool hasComment = !gaps[at].comments.empty() || !gaps[at + 1].comments.empty();
  deferComments();
  // Before these two the line may end only after a comma.
  bool needed = hasComment && (token(1).kind == TokenKind::Equal || token(1).kind == TokenKind::In);
  if (isLast && !needed)
    ++at;
  else
    doc.add(take());
}
