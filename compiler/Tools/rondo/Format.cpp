// `rondo fmt`: files in the one style, in place.
#include "compiler/Emit/Files.h"
#include "compiler/Frontend/AstPrinter.h"
#include "compiler/Frontend/Formatter.h"
#include "compiler/Frontend/Parser.h"
#include "compiler/Tools/rondo/Commands.h"
#include "compiler/Tools/rondo/Fault.h"
#include "llvm/Support/FileSystem.h"

using namespace rondo;
using namespace rondo::tool;
using llvm::StringRef;

/// What a file says, whatever its layout: the syntax tree without the places.
static std::string meaning(const ast::File &tree, const FileTable &table) {
  std::string text;
  llvm::raw_string_ostream os(text);
  printAst(tree, table, os, /*places=*/false);
  return text;
}

/// Formats one file of `table`; a message says why not.
static Exit format(const FileTable &table, FileId id, std::string &formatted) {
  Diagnostics diagnostics(table);
  std::unique_ptr<ast::File> tree = parseFile(id, table, diagnostics);
  diagnostics.print(llvm::errs());
  if (diagnostics.hasErrors())
    return UserError;
  formatted = formatFile(*tree, table);

  // What is written over the user's file means what that file meant.
  FileTable again;
  Diagnostics none(again);
  std::unique_ptr<ast::File> written = parseFile(again.add(table[id].name(), formatted), again, none);
  if (none.hasErrors() || meaning(*tree, table) != meaning(*written, again))
    ourFault("formatting would change what " + table[id].name() + " means; it is left as it is",
             {table[id].text().str(), "rondo", "rondo fmt --check"});
  return Done;
}

/// Reads no more than a file may have: stdin may have no end.
static Exit readStdin(std::string &text) {
  text.resize(FileTable::maxFileSize + 1);
  size_t length = 0;
  while (length < text.size()) {
    auto got = llvm::sys::fs::readNativeFile(llvm::sys::fs::getStdinHandle(),
                                             {text.data() + length, text.size() - length});
    if (!got)
      return fail(UserError, "cannot read stdin: " + toString(got.takeError()));
    if (*got == 0)
      break;
    length += *got;
  }
  text.resize(length);
  if (length > FileTable::maxFileSize)
    return fail(UserError,
                "stdin is too long: a file has at most " + llvm::Twine(FileTable::maxFileSize) + " bytes");
  return Done;
}

static Exit formatStdin(const CommandLine &line) {
  FileTable table;
  std::string text, formatted;
  if (Exit exit = readStdin(text))
    return exit;
  FileId id = table.add("<stdin>", text);
  if (Exit exit = format(table, id, formatted))
    return exit;
  if (line.checkOnly) {
    bool changes = formatted != table[id].text();
    if (changes)
      llvm::outs() << "<stdin>\n";
    return changes ? UserError : Done;
  }
  if (llvm::Error error = writeFile("-", formatted))
    return fail(UserError, toString(std::move(error)));
  return Done;
}

/// Writes what `path` leads to, with the permissions that it has.
static Exit replace(const std::string &path, StringRef text) {
  llvm::SmallString<256> real;
  llvm::ErrorOr<llvm::sys::fs::perms> mode = llvm::sys::fs::getPermissions(path);
  std::error_code error = llvm::sys::fs::real_path(path, real);
  if (!error)
    error = llvm::sys::fs::access(path, llvm::sys::fs::AccessMode::Write);
  if (error || !mode)
    return fail(UserError, "cannot write " + path + ": " + (error ? error : mode.getError()).message());
  if (llvm::Error failure = writeFile(real, text))
    return fail(UserError, toString(std::move(failure)));
  llvm::sys::fs::setPermissions(real, *mode);
  return Done;
}

static Exit formatOne(const CommandLine &line, const std::string &path) {
  FileTable table;
  auto id = table.open(path);
  if (!id)
    return fail(UserError, "cannot read " + path + ": " + toString(id.takeError()));
  std::string formatted;
  if (Exit exit = format(table, *id, formatted))
    return exit;
  if (formatted == table[*id].text())
    return Done;
  if (!line.checkOnly)
    return replace(path, formatted);
  llvm::outs() << path << "\n";
  return UserError;
}

Exit rondo::tool::format(const CommandLine &line) {
  Exit worst = Done;
  for (const std::string &path : line.files)
    worst = std::max(worst, path == "-" ? formatStdin(line) : formatOne(line, path));
  return worst;
}
