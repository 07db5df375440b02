#include "compiler/Frontend/Layout.h"
#include "compiler/Support/SourceFile.h"
#include "llvm/ADT/STLExtras.h"
#include <cassert>

using namespace rondo;
using namespace rondo::layout;
using llvm::StringRef;

//===----------------------------------------------------------------------===//
// Making a Doc
//===----------------------------------------------------------------------===//

Doc &Doc::add(Doc child) {
  assert((kind == Kind::Concat || kind == Kind::Group) && "its parts are fixed");
  if (!canBreak) {
    lead = width + child.lead;
    canBreak = child.canBreak;
  }
  width += child.width;
  mustBreak |= child.mustBreak;
  if (!child.empty())
    children.push_back(std::move(child));
  return *this;
}

static Doc leaf(Doc::Kind kind, unsigned width) {
  Doc doc;
  doc.kind = kind;
  doc.width = doc.lead = width;
  return doc;
}

Doc layout::text(StringRef text) {
  Doc doc = leaf(Doc::Kind::Text, countCharacters(text));
  doc.text = text;
  return doc;
}

Doc layout::space(unsigned width) { return leaf(Doc::Kind::Space, width); }

Doc layout::lineBreak(unsigned width) {
  Doc doc = leaf(Doc::Kind::Break, width);
  doc.lead = 0;
  doc.canBreak = true;
  return doc;
}

Doc layout::comment(StringRef text, bool trailing) {
  Doc doc = leaf(Doc::Kind::Comment, 0);
  doc.text = text;
  doc.trailing = trailing;
  doc.mustBreak = doc.canBreak = true;
  return doc;
}

Doc layout::group(Doc::Indent indent, bool each, Doc::Legal legal) {
  Doc doc = leaf(Doc::Kind::Group, 0);
  doc.indent = indent;
  doc.each = each;
  doc.legal = legal;
  return doc;
}

Doc layout::brackets(Doc open, Doc body, Doc comments, Doc close) {
  Doc doc = leaf(Doc::Kind::Brackets, 0);
  bool isEmpty = body.children.empty() && comments.empty();
  unsigned lead = open.width;
  for (Doc *part : {&open, &body, &comments, &close}) {
    doc.width += part->width;
    doc.mustBreak |= part->mustBreak;
    doc.children.push_back(std::move(*part));
  }
  doc.canBreak = !isEmpty;
  doc.lead = isEmpty ? doc.width : lead;
  return doc;
}

Doc layout::optionalParentheses(Doc body) {
  unsigned width = body.width;
  Doc doc = brackets(text("("), std::move(body), Doc(), text(")"));
  doc.optional = true;
  doc.width = width;
  return doc;
}

Doc layout::block(Doc open, Doc lines, Doc close, bool oneLine) {
  Doc doc = leaf(Doc::Kind::Block, 0);
  bool isEmpty = lines.children.empty();
  unsigned lead = open.width;
  doc.width = open.width + lines.width + (isEmpty ? 0 : 1) + close.width;
  doc.mustBreak = open.mustBreak || lines.mustBreak || close.mustBreak || !(oneLine || isEmpty);
  doc.canBreak = !isEmpty;
  doc.lead = isEmpty ? doc.width : lead;
  for (Doc *part : {&open, &lines, &close})
    doc.children.push_back(std::move(*part));
  return doc;
}

//===----------------------------------------------------------------------===//
// Rendering
//===----------------------------------------------------------------------===//

namespace {
class Renderer {
public:
  explicit Renderer(unsigned limit) : limit(limit) {}

  /// `rest`: columns that follow on the line in any case.
  void render(const Doc &doc, unsigned rest);
  std::string finish();

private:
  struct Line {
    std::string code;
    StringRef comment; // after it
  };

  bool fits(unsigned width, unsigned rest) const { return column + width + rest <= limit; }
  void put(const Doc &doc, StringRef text);
  void newline(bool blank = false);
  void flat(const Doc &doc);
  void comment(const Doc &doc);
  void sequence(llvm::ArrayRef<Doc> parts, unsigned rest);
  void brokenGroup(const Doc &group, bool each, unsigned rest);
  void brackets(const Doc &doc, unsigned rest);
  void block(const Doc &doc, unsigned rest);

  unsigned limit;
  std::vector<Line> lines = std::vector<Line>(1);
  unsigned column = 0, indent = 0;
  bool atStart = true;       // nothing stands on the line
  bool afterComment = false; // what comes next stands on a new line
  bool freeNewlines = false; // inside brackets
};
} // namespace

void Renderer::newline(bool blank) {
  if (!atStart) {
    lines.emplace_back();
    if (blank)
      lines.emplace_back();
  }
  atStart = true;
  afterComment = false;
  column = indent;
}

void Renderer::put(const Doc &doc, StringRef text) {
  if (afterComment)
    newline();
  if (atStart)
    lines.back().code.append(column, ' ');
  atStart = false;
  lines.back().code += text;
  column += doc.width;
}

void Renderer::comment(const Doc &doc) {
  if (doc.trailing && !atStart && !afterComment) {
    lines.back().comment = doc.text;
  } else {
    if (!atStart)
      newline();
    lines.back().code.append(column, ' ');
    lines.back().code += doc.text;
    atStart = false;
  }
  afterComment = true;
}

void Renderer::flat(const Doc &doc) {
  switch (doc.kind) {
  case Doc::Kind::Text:
    return put(doc, doc.text);
  case Doc::Kind::Space:
  case Doc::Kind::Break:
    if (atStart || afterComment)
      return;
    lines.back().code.append(doc.width, ' ');
    column += doc.width;
    return;
  case Doc::Kind::Comment:
    return comment(doc);
  case Doc::Kind::Brackets:
    if (doc.optional)
      return flat(doc.children[1]);
    [[fallthrough]];
  case Doc::Kind::Concat:
  case Doc::Kind::Group:
    for (const Doc &child : doc.children)
      flat(child);
    return;
  case Doc::Kind::Block:
    flat(doc.children[0]);
    flat(doc.children[1]);
    if (!doc.children[1].children.empty())
      flat(space());
    flat(doc.children[2]);
    return;
  }
}

/// The columns of `part` that stay on the line, and `rest` after it if it cannot break.
static unsigned leadOf(const Doc &part, unsigned rest) {
  return part.canBreak ? part.lead : part.width + rest;
}

void Renderer::sequence(llvm::ArrayRef<Doc> parts, unsigned rest) {
  std::vector<unsigned> rests(parts.size());
  for (size_t i = parts.size(); i-- > 0;) {
    rests[i] = rest;
    rest = leadOf(parts[i], rest);
  }
  for (auto [part, after] : llvm::zip_equal(parts, rests))
    render(part, after);
}

void Renderer::brokenGroup(const Doc &group, bool each, unsigned rest) {
  llvm::ArrayRef<Doc> parts = group.children;
  auto isBreak = [](const Doc &part) { return part.kind == Doc::Kind::Break; };
  size_t lineBefore = lines.size();
  while (!parts.empty()) {
    if (isBreak(parts.front())) {
      const Doc &separator = parts.front();
      parts = parts.drop_front();
      llvm::ArrayRef<Doc> segment = parts.take_until(isBreak);
      unsigned width = separator.width;
      bool breaks = each || afterComment || lines.size() != lineBefore;
      for (const Doc &part : segment) {
        width += part.width;
        breaks |= part.mustBreak && part.kind != Doc::Kind::Comment;
      }
      bool isLast = segment.size() == parts.size();
      if (breaks || !fits(width, isLast ? rest : 0))
        newline(separator.blank);
      else
        flat(separator);
      lineBefore = lines.size();
    } else {
      llvm::ArrayRef<Doc> segment = parts.take_until(isBreak);
      parts = parts.drop_front(segment.size());
      sequence(segment, parts.empty() ? rest : 0);
    }
  }
}

/// The widest part between the breaks of a Group.
static unsigned widestSegment(const Doc &group, unsigned rest) {
  unsigned widest = 0, width = 0;
  for (const Doc &part : group.children) {
    if (part.kind == Doc::Kind::Break)
      width = 0;
    else
      width += part.width;
    widest = std::max(widest, &part == &group.children.back() ? width + rest : width);
  }
  return widest;
}

/// What is in brackets is aligned after the opening one, or, where it would not fit there but does four
/// columns in, begins on the next line.
void Renderer::brackets(const Doc &doc, unsigned rest) {
  const Doc &body = doc.children[1], &comments = doc.children[2], &close = doc.children[3];
  bool wasFree = freeNewlines;
  if (doc.optional && (wasFree || fits(body.width, rest)))
    return render(body, rest);

  freeNewlines = true;
  render(doc.children[0], 0);
  unsigned outer = indent;
  unsigned aligned = column, hanging = indent + 4;
  bool beginsWithComment = !body.children.empty() && body.children.front().kind == Doc::Kind::Comment;
  unsigned widest = widestSegment(body, close.width + rest);
  bool hangs = beginsWithComment || (aligned + widest > limit && hanging < aligned &&
                                     (hanging + widest <= limit || aligned > limit / 2));
  indent = hangs ? hanging : aligned;
  if (hangs && !beginsWithComment && !body.children.empty())
    newline();
  bool hasComment = !comments.empty() || llvm::any_of(body.children, [](const Doc &part) {
    return part.kind == Doc::Kind::Comment;
  });
  unsigned inside = close.width + rest;
  if (!hasComment && !body.mustBreak && fits(body.width, inside))
    flat(body);
  else
    brokenGroup(body, body.each || hasComment, inside);
  sequence(comments.children, 0);
  indent = outer;
  if (afterComment)
    newline();
  render(close, rest);
  freeNewlines = wasFree;
}

void Renderer::block(const Doc &doc, unsigned rest) {
  bool wasFree = freeNewlines;
  freeNewlines = false;
  render(doc.children[0], 0);
  indent += 2;
  for (const Doc &part : doc.children[1].children) {
    if (part.kind == Doc::Kind::Break)
      newline(part.blank);
    else
      render(part, 0);
  }
  indent -= 2;
  if (!doc.children[1].children.empty())
    newline();
  render(doc.children[2], rest);
  freeNewlines = wasFree;
}

void Renderer::render(const Doc &doc, unsigned rest) {
  bool isLeaf = doc.kind < Doc::Kind::Concat;
  // A block stands on one line only with the whole statement that it is of.
  bool isBlock = doc.kind == Doc::Kind::Block && doc.canBreak;
  if (isLeaf || (!isBlock && !doc.mustBreak && fits(doc.width, rest)))
    return flat(doc);
  switch (doc.kind) {
  case Doc::Kind::Concat:
    return sequence(doc.children, rest);
  case Doc::Kind::Brackets:
    return brackets(doc, rest);
  case Doc::Kind::Block:
    return block(doc, rest);
  default:
    break;
  }

  bool wasFree = freeNewlines;
  freeNewlines |= doc.legal == Doc::Legal::Free;
  if (!freeNewlines && doc.legal == Doc::Legal::Inside) {
    sequence(doc.children, rest);
  } else {
    unsigned outer = indent;
    if (doc.indent == Doc::Indent::Hang)
      indent += 4;
    else if (doc.indent == Doc::Indent::Align)
      indent = column + doc.extra;
    brokenGroup(doc, doc.each, rest);
    indent = outer;
  }
  freeNewlines = wasFree;
}

std::string Renderer::finish() {
  for (Line &line : lines)
    line.code.resize(StringRef(line.code).rtrim(' ').size());
  std::string result;
  for (size_t i = 0; i < lines.size();) {
    // Lines of about one width have their comments in one column.
    size_t end = i;
    unsigned least = ~0u, most = 0;
    for (; end < lines.size() && !lines[end].comment.empty(); ++end) {
      unsigned width = countCharacters(lines[end].code);
      if (std::max(most, width) - std::min(least, width) > 30)
        break;
      least = std::min(least, width);
      most = std::max(most, width);
    }
    for (; i < end; ++i) {
      result += lines[i].code;
      result.append(most + 2 - countCharacters(lines[i].code), ' ');
      (result += lines[i].comment) += '\n';
    }
    if (i < lines.size() && lines[i].comment.empty())
      (result += lines[i++].code) += '\n';
  }
  return result == "\n" ? "" : result;
}

std::string layout::render(const Doc &doc, unsigned limit) {
  Renderer renderer(limit);
  renderer.render(doc, 0);
  return renderer.finish();
}
