// Text with choices where its lines may end, and the choice of them.
//
// A Doc says what stands on one line if it fits and where it breaks if not
// (after D. Oppen, Prettyprinting, TOPLAS 1980). Which breaks are taken depends
// on the Doc and the limit alone, never on how the text was written before: that
// is what makes formatting idempotent.
#pragma once

#include "llvm/ADT/StringRef.h"
#include <string>
#include <vector>

namespace rondo::layout {

struct Doc {
  enum class Kind : uint8_t {
    Text,
    Space,    // `width` blanks; none at the start of a line
    Break,    // `width` blanks, or a new line
    Comment,  // to the end of its line, outside of the limit
    Concat,   // one after the other
    Group,    // the same, whose breaks are taken together or as needed
    Brackets, // an opening text, a Group, comments, a closing text
    Block,    // `{`, lines, `}`: on one line, or each line on its own, indented
  };
  /// Where the lines of a Group after its first one begin.
  enum class Indent : uint8_t {
    Same,  // where the surrounding ones do
    Hang,  // four columns further
    Align, // where the group begins, and `extra` columns
  };
  /// Whether a Group's breaks may be taken.
  enum class Legal : uint8_t {
    Inside,   // inside brackets only
    Anywhere, // they follow a comma or an arrow
    Free,     // with everything in it, as if it stood in brackets
  };

  Kind kind = Kind::Concat;
  bool each = false;     // Group: all breaks are taken, or none
  bool blank = false;    // Break: an empty line comes before the new one
  bool trailing = false; // Comment: stays on the line that it follows
  bool optional = false; // Brackets: written only if their Group is broken
  Indent indent = Indent::Same;
  Legal legal = Legal::Inside;
  unsigned extra = 0;

  llvm::StringRef text; // of a Text or Comment; must outlive the Doc
  std::vector<Doc> children;

  /// Columns on one line.
  unsigned width = 0;
  /// Columns before the first place where it can break; `width` if there is none.
  unsigned lead = 0;
  bool canBreak = false;
  /// It does not stand on one line: it has a comment, or a block that was written on several.
  bool mustBreak = false;

  Doc &add(Doc child);
  bool empty() const { return kind == Kind::Concat && children.empty(); }
};

Doc text(llvm::StringRef text);
Doc space(unsigned width = 1);
Doc lineBreak(unsigned width = 1);
Doc comment(llvm::StringRef text, bool trailing);
Doc group(Doc::Indent indent, bool each = false, Doc::Legal legal = Doc::Legal::Inside);
/// `body` is a Group.
Doc brackets(Doc open, Doc body, Doc comments, Doc close);
/// `body` in parentheses if it has to be broken and breaks are not legal where it stands.
Doc optionalParentheses(Doc body);
/// `lines` holds Breaks and Comments between what stands on lines of its own, and a Break before the first;
/// `oneLine` allows to write the block on one line, if it fits.
Doc block(Doc open, Doc lines, Doc close, bool oneLine);

/// The text of a Doc, with a newline at its end unless it is empty. Comments at the end of adjacent lines
/// begin in one column.
std::string render(const Doc &doc, unsigned limit);

} // namespace rondo::layout
