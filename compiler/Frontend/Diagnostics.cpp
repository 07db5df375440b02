#include "compiler/Frontend/Diagnostics.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/Unicode.h"
#include <tuple>

using namespace rondo;

/// Errors beyond these are counted, not kept: a file of garbage must not exhaust memory.
static constexpr size_t maxKept = 2000;

/// A longer line is not echoed.
static constexpr size_t maxEcho = 1 << 18;

//===----------------------------------------------------------------------===//
// Collecting
//===----------------------------------------------------------------------===//

Diagnostic &Diagnostic::note(SourceRange range, const llvm::Twine &text) {
  Note added{range, text.str()};
  if (llvm::none_of(notes, [&](const Note &n) { return n.range == range && n.message == added.message; }))
    notes.push_back(std::move(added)); // two operands may be one name
  return *this;
}

Diagnostic &Diagnostic::suggest(std::optional<llvm::StringRef> name) {
  if (name)
    message += ("; did you mean `" + *name + "`?").str();
  return *this;
}

Diagnostic &Diagnostics::error(SourceRange range, const llvm::Twine &message) {
  ++total;
  Diagnostic error{range, message.str(), {}};
  bool isFirst = !range.isValid() || errors.size() >= maxKept ||
                 places.insert({uint32_t(range.file), range.begin}).second;
  distinct += isFirst;
  if (!isFirst || distinct > maxKept)
    return dropped = std::move(error);
  return errors.emplace_back(std::move(error));
}

void Diagnostics::warning(SourceRange range, const llvm::Twine &message) {
  if (warnings.size() < maxPrinted)
    warnings.push_back({range, message.str(), {}});
}

static std::vector<const Diagnostic *> sortedByPlace(const std::deque<Diagnostic> &list) {
  auto place = [](const Diagnostic *d) {
    return std::make_tuple(d->range.isValid(), d->range.file, d->range.begin);
  };
  std::vector<const Diagnostic *> result;
  for (const Diagnostic &diagnostic : list)
    result.push_back(&diagnostic);
  llvm::sort(result, [&](auto *a, auto *b) {
    return std::tuple_cat(place(a), std::tie(a->message)) < std::tuple_cat(place(b), std::tie(b->message));
  });
  auto same = [&](auto *a, auto *b) { return place(a) == place(b) && a->message == b->message; };
  result.erase(std::unique(result.begin(), result.end(), same), result.end());
  return result;
}

std::vector<const Diagnostic *> Diagnostics::sorted() const { return sortedByPlace(errors); }

//===----------------------------------------------------------------------===//
// Printing
//===----------------------------------------------------------------------===//

/// The character at the start of `text`, made fit for one place in an echoed line, and its bytes.
static std::pair<std::string, uint32_t> echoed(llvm::StringRef text) {
  uint32_t length = characterLength(text);
  unsigned char first = text.front();
  if (first == '\t')
    return {" ", 1};
  if (first < 0x20) // a control character has a picture: U+2400 and on
    return {{'\xE2', '\x90', static_cast<char>(0x80 + first)}, 1};
  bool isC1 = length == 2 && first == 0xC2 && static_cast<unsigned char>(text[1]) < 0xA0;
  if (length == 0 || first == 0x7F || isC1)
    return {"\xEF\xBF\xBD", std::max<uint32_t>(1, length)};
  return {text.take_front(length).str(), length};
}

/// Prints the first line of the range and marks what it covers.
static void printExcerpt(llvm::raw_ostream &os, const SourceFile &file, SourceRange range) {
  unsigned number = file.lineColumn(range.begin).line;
  llvm::StringRef line = file.line(number);
  if (line.size() > maxEcho)
    return;

  uint32_t lineBegin = file.lineBegin(number);
  size_t begin = std::min<size_t>(std::max(range.begin, lineBegin) - lineBegin, line.size());
  size_t end = std::min<size_t>(std::max(range.end, lineBegin) - lineBegin, line.size());
  std::string echo, marks;
  bool marked = false;
  for (size_t at = 0; at < line.size();) {
    auto [text, length] = echoed(line.drop_front(at));
    if (at < begin || at < end) {
      int width = std::max(0, llvm::sys::unicode::columnWidthUTF8(text));
      for (int column = 0; column < width; ++column) {
        bool inside = at + length > begin;
        marks += !inside ? ' ' : marked ? '~' : '^';
        marked |= inside;
      }
    }
    echo += text;
    at += length;
  }
  if (!marked)
    marks += '^';
  os << llvm::StringRef(echo).rtrim() << '\n' << marks << '\n';
}

void Diagnostics::printOne(llvm::raw_ostream &os, SourceRange range, llvm::StringRef severity,
                           llvm::StringRef message) const {
  if (!range.isValid()) {
    os << "rondo: " << severity << ": " << printable(message) << '\n';
    return;
  }
  const SourceFile &file = files[range.file];
  LineColumn place = file.lineColumn(range.begin);
  os << printable(file.name()) << ':' << place.line << ':' << place.column << ": " << severity << ": "
     << printable(message) << '\n';
  printExcerpt(os, file, range);
}

void Diagnostics::print(llvm::raw_ostream &os, const Diagnostic &diagnostic, llvm::StringRef severity) const {
  printOne(os, diagnostic.range, severity, diagnostic.message);
  for (const Diagnostic::Note &note : diagnostic.notes)
    printOne(os, note.range, "note", note.message);
}

void Diagnostics::print(llvm::raw_ostream &os) const {
  std::vector<const Diagnostic *> all = sorted();
  for (const Diagnostic *error : llvm::ArrayRef(all).take_front(maxPrinted))
    print(os, *error, "error");
  size_t count = all.size() + (distinct - errors.size());
  if (count > maxPrinted)
    os << "rondo: note: " << count - maxPrinted << " more errors are not shown\n";
  for (const Diagnostic *warning : sortedByPlace(warnings))
    print(os, *warning, "warning");
}

//===----------------------------------------------------------------------===//
// Words
//===----------------------------------------------------------------------===//

std::optional<llvm::StringRef> rondo::nearestName(llvm::StringRef name,
                                                  llvm::ArrayRef<llvm::StringRef> candidates) {
  auto letters = [](llvm::StringRef text) {
    std::string sorted = text.lower();
    llvm::sort(sorted);
    return sorted;
  };
  // Two letters swapped are one slip, though an edit distance of two.
  auto distance = [&](llvm::StringRef candidate, unsigned limit) {
    unsigned edits = name.edit_distance_insensitive(candidate, /*AllowReplacements=*/true, limit);
    return edits == 2 && letters(name) == letters(candidate) ? 1u : edits;
  };

  unsigned best = (name.size() + 2) / 3 + 1;
  std::optional<llvm::StringRef> nearest;
  for (llvm::StringRef candidate : candidates) {
    if (candidate == name)
      continue;
    unsigned edits = distance(candidate, best);
    if (edits < best && edits < name.size()) {
      best = edits;
      nearest = candidate;
    }
  }
  if (nearest || name.size() < 3)
    return nearest;
  for (llvm::StringRef candidate : candidates)
    if (candidate != name && candidate.starts_with(name) && (!nearest || candidate.size() < nearest->size()))
      nearest = candidate;
  return nearest;
}

std::string rondo::printable(llvm::StringRef text) {
  std::string result;
  while (!text.empty()) {
    uint32_t length = characterLength(text);
    unsigned char first = text.front(), second = length == 2 ? text[1] : 0;
    if (length == 0)
      result += "\xEF\xBF\xBD";
    else if (first < 0x20 || first == 0x7F)
      result += llvm::formatv("\\u{{{0:x-}}", static_cast<unsigned>(first)).str();
    else if (first == 0xC2 && second < 0xA0)
      result += llvm::formatv("\\u{{{0:x-}}", static_cast<unsigned>(second)).str();
    else
      result += text.take_front(length);
    text = text.drop_front(std::max<uint32_t>(1, length));
  }
  return result;
}
