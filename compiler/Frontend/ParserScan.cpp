// The scan: its sources, its clauses in any order, its body.
#include "compiler/Frontend/ParserImpl.h"

using namespace rondo;
using namespace rondo::ast;
using llvm::StringRef;

std::unique_ptr<ScanExpr> Parser::scan() {
  Nesting level(*this);
  auto node = make<ScanExpr>(here());
  {
    // Newlines are free from `scan` to its `{`.
    llvm::SaveAndRestore head(openHeads, openHeads + 1);
    advance();
    scanSources(*node);
    scanClauses(*node);
    node->headRange = since(node->range);
    bool isLater = token().afterNewline && !panicking;
    if (!at(TokenKind::LeftBrace))
      fail(isLater ? range(previous()).atEnd() : place(),
           "expected a clause of the scan (`with`, `reverse`, `lengths`, `until`) or `{`, found " + found());
    recoverToBrace();
    skipNewline(); // before the `{`
  }
  Body inside;
  inside.scan = node.get();
  inside.indentation = body.indentation;
  llvm::SaveAndRestore restore(body, inside);
  node->body = block("`scan`", node->headRange);
  node->range = since(node->range);
  return node;
}

void Parser::scanSources(ScanExpr &scan) {
  do {
    ScanExpr::Source source;
    source.range = here();
    if (!at(TokenKind::Name))
      fail("expected `NAME in SEQUENCE` after `" + text(previous()) + "`, found " + found());
    source.name = expectName("a name");
    if (!accept(TokenKind::In))
      fail("expected `in` after `" + source.name.text + "`, found " + found() +
           ": a scan runs over `NAME in SEQUENCE`");
    source.sequence = expression();
    source.range = since(source.range);
    adopt(scan, source.sequence);
    scan.sources.push_back(std::move(source));
  } while (accept(TokenKind::Comma) && !at(TokenKind::With) && !at(TokenKind::LeftBrace) &&
           !(atClause() && kind(1) != TokenKind::In));
}

bool Parser::atClause() const { return atWord("reverse") || atWord("lengths") || atWord("until"); }

void Parser::scanClauses(ScanExpr &scan) {
  SourceRange with;
  while (true) {
    SourceRange begin = here();
    if (at(TokenKind::With)) {
      beginClause(with, "with");
      scanCarries(scan);
    } else if (atWord("reverse")) {
      beginClause(scan.reverseRange, "reverse");
      if (accept(TokenKind::If))
        scan.reverseCondition = expression();
      scan.reverseRange = since(begin);
    } else if (atWord("lengths")) {
      beginClause(scan.lengthsRange, "lengths");
      scan.lengths = expression();
      scan.lengthsRange = since(begin);
    } else if (atWord("until")) {
      beginClause(scan.untilRange, "until");
      scan.until = expression();
      scan.untilRange = since(begin);
    } else {
      break;
    }
  }
  for (const ExprPtr *value : {&scan.reverseCondition, &scan.lengths, &scan.until})
    if (*value)
      adopt(scan, *value);
}

/// Passes the word of a clause; reports if `seen` says that it stood before.
void Parser::beginClause(SourceRange &seen, StringRef name) {
  if (seen.isValid()) {
    StringRef advice = name == "with" ? "; its carries are separated by commas" : "";
    complain(here(), "`" + name + "` is given twice in one scan" + advice).note(seen, "first given here");
  }
  seen = here();
  advance();
}

void Parser::scanCarries(ScanExpr &scan) {
  do {
    ScanExpr::Carry carry;
    carry.range = here();
    carry.name = expectName("the name of a carry");
    expect(TokenKind::Equal, " and the first value of the carry");
    carry.init = expression();
    carry.range = since(carry.range);
    adopt(scan, carry.init);
    scan.carries.push_back(std::move(carry));
  } while (accept(TokenKind::Comma) && at(TokenKind::Name) && (!atClause() || kind(1) == TokenKind::Equal));
}

ExprPtr Parser::misplacedScan() {
  SourceRange begin = here();
  auto node = scan();
  complain(begin,
           "a scan is the whole right side of an assignment, or a statement; give its results names first");
  return node;
}
