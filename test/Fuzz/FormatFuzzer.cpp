// `rondo fmt`: what it makes of a program that parses is the same tree, and itself again when formatted.
#include "Fuzzer.h"
#include "compiler/Frontend/AstPrinter.h"
#include "compiler/Frontend/Formatter.h"
#include "compiler/Frontend/Parser.h"

using namespace rondo;
using namespace rondo::test;

namespace {
struct Formatted {
  std::string tree, text;
};
} // namespace

/// Nothing, if the program does not parse.
static std::optional<Formatted> format(llvm::StringRef program) {
  FileTable files;
  FileId id = files.add("fuzz.rondo", program);
  Diagnostics diagnostics(files);
  std::unique_ptr<ast::File> file = parseFile(id, files, diagnostics);
  if (diagnostics.hasErrors())
    return std::nullopt;
  Formatted result;
  llvm::raw_string_ostream os(result.tree);
  printAst(*file, files, os, /*places=*/false);
  result.text = formatFile(*file, files);
  return result;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size > FileTable::maxFileSize / 4) // room for blanks
    return 0;
  std::optional<Formatted> first = format(textOf(data, size));
  if (!first)
    return 0;
  std::optional<Formatted> second = format(first->text);
  if (!second)
    wrong("the formatted program does not parse:\n" + first->text);
  if (second->tree != first->tree)
    wrong("the formatted program is another one:\n" + first->text);
  if (second->text != first->text)
    wrong("formatted again it is\n" + second->text + "\nand not\n" + first->text);
  return 0;
}
