// What a file holds: models, functions, constants, other files.
#include "compiler/Frontend/ParserImpl.h"

using namespace rondo;
using namespace rondo::ast;
using llvm::StringRef;

std::unique_ptr<File> Parser::file() {
  auto result = std::make_unique<File>();
  result->id = id;
  size_t errorsBefore = diagnostics.errorCount() - stream.errors.size();
  while (true) {
    skipNewline();
    if (at(TokenKind::End))
      break;
    size_t begin = index;
    DeclPtr next = declaration([&] { return item(); });
    expectLineEnd();
    recover(begin);
    if (index == begin) // at a `}` that nothing opened
      advance();
    if (next)
      result->items.push_back(std::move(next));
  }
  result->hasErrors = diagnostics.errorCount() != errorsBefore;
  return result;
}

DeclPtr Parser::declaration(llvm::function_ref<DeclPtr()> rule) {
  SourceRange begin = here();
  auto doc = stream.docs.find(index);
  size_t errorsBefore = diagnostics.errorCount();
  DeclPtr node = rule();
  if (!node)
    return nullptr;
  node->range = since(begin);
  if (doc != stream.docs.end())
    node->doc = doc->second;
  auto lexed = llvm::lower_bound(stream.errors, node->range.begin);
  bool hasLexError = lexed != stream.errors.end() && *lexed < node->range.end;
  node->hasErrors = hasLexError || panicking || diagnostics.errorCount() != errorsBefore;
  return node;
}

/// Words that other languages begin an item with.
static StringRef foreignItem(StringRef word) {
  return llvm::StringSwitch<StringRef>(word)
      .Cases({"import", "from", "include"}, "; files are used by `use \"other.rondo\"`, the library always")
      .Cases({"fn", "func", "function"}, "; a function is a `def`")
      .Cases({"class", "struct", "module"}, "; a module is a `model`")
      .Default("");
}

DeclPtr Parser::item() {
  if (at(TokenKind::Model))
    return model();
  if (at(TokenKind::Def))
    return definition();
  if (atWord("const"))
    return constant();
  if (atWord("use"))
    return useItem();
  for (StringRef word : {"param", "buffer", "state", "train", "require"})
    if (atSpecial(word)) {
      fail("`" + word + "` may stand only in a model");
      return nullptr;
    }
  if (at(TokenKind::RightBrace))
    fail("unexpected `}`: nothing is open here");
  else if (at(TokenKind::Name) && kind(1) == TokenKind::Equal)
    fail("expected `model`, `def`, `const` or `use`, found " + found() + ": a constant is written `const " +
         text(token()) + " = ...`");
  else
    fail("expected `model`, `def`, `const` or `use`, found " + found() + foreignItem(text(token())));
  return nullptr;
}

/// 'use' STRING
DeclPtr Parser::useItem() {
  auto node = make<UseDecl>(here());
  advance();
  if (!at(TokenKind::String)) {
    fail("expected a file's name in quotes after `use`, found " + found());
    return node;
  }
  node->pathRange = here();
  node->path = unescape(text(token()).drop_front().drop_back());
  advance();
  return node;
}

/// 'const' NAME '=' e
DeclPtr Parser::constant() {
  auto node = make<ConstDecl>(here());
  advance();
  node->name = expectName("the name of a constant");
  expect(TokenKind::Equal, " and the value of the constant");
  node->value = expression();
  return node;
}

/// 'def' NAME '(' ... ')' ['->' type,*] block
DeclPtr Parser::definition() {
  auto node = make<DefDecl>(here());
  advance();
  node->name = expectName("the name of a function after `def`");
  if (at(TokenKind::LeftParen))
    node->parameters = parameters();
  else
    fail("expected `(` and the arguments of the def, found " + found());
  if (accept(TokenKind::Arrow))
    node->results = typeList();
  node->headRange = since(node->range);
  node->body = declarationBody("`def " + node->name.text + "`", node->headRange);
  return node;
}

/// 'model' NAME ['(' ... ')'] '{' {member} '}'
DeclPtr Parser::model() {
  auto node = make<ModelDecl>(here());
  advance();
  node->name = expectName("the name of a model after `model`");
  if (at(TokenKind::LeftParen))
    node->parameters = parameters();
  node->headRange = since(node->range);
  Body inside;
  inside.indentation = indentation(node->range.begin);
  llvm::SaveAndRestore restore(body, inside);
  node->members = members("`model " + node->name.text + "`", node->headRange);
  return node;
}
