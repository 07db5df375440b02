// What the compiler tells its user: errors and warnings with their notes, each at a place.
//
//   model.rondo:5:12: error: unknown function `sofmax`; did you mean `softmax`?
//       y = sofmax(x)
//           ^~~~~~
//   model.rondo:2:3: note: ...
//
// They are collected and printed at the end, sorted by place, so that the
// order of compilation does not show.
#pragma once

#include "compiler/Support/FileTable.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/raw_ostream.h"
#include <deque>
#include <optional>

namespace rondo {

/// One error, or warning, and its notes.
struct Diagnostic {
  struct Note {
    SourceRange range; // invalid: the note has no place
    std::string message;
  };

  SourceRange range; // invalid: it has no place
  std::string message;
  std::vector<Note> notes;

  /// Adds a note, at another place or at none. Returns *this to chain.
  Diagnostic &note(SourceRange range, const llvm::Twine &text);
  Diagnostic &note(const llvm::Twine &text) { return note(SourceRange(), text); }

  /// Adds "; did you mean `name`?" to the message when `name` is there. Returns *this.
  Diagnostic &suggest(std::optional<llvm::StringRef> name);
};

/// Collects errors and warnings. Messages begin in lower case, have no final period, and quote
/// program text in backquotes.
class Diagnostics {
public:
  /// Of more errors only the number is told. More warnings are not kept.
  static constexpr size_t maxPrinted = 20;

  /// `files` must outlive this object.
  explicit Diagnostics(const FileTable &files) : files(files) {}

  /// Reports an error at a place, or, without one, as `rondo: error: ...`. The reference stays valid. Of
  /// several at one place, as of a loop's rounds, the first is kept: they are one mistake.
  Diagnostic &error(SourceRange range, const llvm::Twine &message);
  Diagnostic &error(const llvm::Twine &message) { return error(SourceRange(), message); }

  /// Tells of what is not compiled though nothing is wrong with it.
  void warning(SourceRange range, const llvm::Twine &message);

  bool hasErrors() const { return total != 0; }
  /// Errors reported so far, repeated ones included: compare before and after to see whether a
  /// step failed.
  size_t errorCount() const { return total; }

  /// The errors as they will be printed: sorted by place, without repetitions.
  std::vector<const Diagnostic *> sorted() const;

  /// Prints all errors, at most maxPrinted, then the warnings.
  void print(llvm::raw_ostream &os) const;

private:
  void print(llvm::raw_ostream &os, const Diagnostic &diagnostic, llvm::StringRef severity) const;
  void printOne(llvm::raw_ostream &os, SourceRange range, llvm::StringRef severity,
                llvm::StringRef message) const;

  const FileTable &files;
  std::deque<Diagnostic> errors, warnings;
  Diagnostic dropped;                                   // takes what is not kept
  llvm::DenseSet<std::pair<uint32_t, uint32_t>> places; // of errors: file and offset
  size_t total = 0, distinct = 0;
};

/// The candidate that `name` was probably meant to be: nearest by edit distance, if near enough, or
/// the one that `name` begins.
std::optional<llvm::StringRef> nearestName(llvm::StringRef name, llvm::ArrayRef<llvm::StringRef> candidates);

/// Text for a message: control characters become `\u{..}`, invalid UTF-8 U+FFFD.
std::string printable(llvm::StringRef text);

} // namespace rondo
