// A text that has been parsed, or only cut into tokens, for tests.
#pragma once

#include "compiler/Frontend/AstPrinter.h"
#include "compiler/Frontend/Lexer.h"
#include "compiler/Frontend/Parser.h"
#include "gtest/gtest.h"

namespace rondo::test {

/// The tokens of a text, as the file "t.rondo".
struct Lexed {
  explicit Lexed(llvm::StringRef text)
      : id(files.add("t.rondo", text)), diagnostics(files),
        tokens(lex({id, 0, uint32_t(text.size())}, files, diagnostics).tokens) {}

  FileTable files;
  FileId id;
  Diagnostics diagnostics;
  std::vector<Token> tokens;
};

/// Parses a text as the file "t.rondo".
struct Parsed {
  explicit Parsed(llvm::StringRef text)
      : id(files.add("t.rondo", text)), diagnostics(files), file(parseFile(id, files, diagnostics)) {}

  /// The tree as `--emit=ast` prints it; without places, it is what the text means.
  std::string tree(bool places = true) const {
    std::string text;
    llvm::raw_string_ostream os(text);
    printAst(*file, files, os, places);
    return text;
  }

  /// The errors, one a line: "line:column: message". Notes follow as "  line:column: message".
  std::string errors() const {
    std::string text;
    llvm::raw_string_ostream os(text);
    auto line = [&](SourceRange range, llvm::StringRef message) {
      LineColumn place = files[id].lineColumn(range.begin);
      os << place.line << ':' << place.column << ": " << message << '\n';
    };
    for (const Diagnostic *error : diagnostics.sorted()) {
      line(error->range, error->message);
      for (const Diagnostic::Note &note : error->notes) {
        os << "  ";
        line(note.range, note.message);
      }
    }
    return text;
  }

  FileTable files;
  FileId id;
  Diagnostics diagnostics;
  std::unique_ptr<ast::File> file;
};

/// A statement put into a def, which begins on line 2.
inline std::string inDef(llvm::StringRef statements) { return ("def f(x) {\n" + statements + "\n}\n").str(); }

/// A member put into a model, which begins on line 2.
inline std::string inModel(llvm::StringRef members) { return ("model M() {\n" + members + "\n}\n").str(); }

/// The expression of `const c = text` with all its parentheses, or the errors.
inline std::string parsedExpression(llvm::StringRef text) {
  Parsed parsed(("const c = " + text).str());
  if (parsed.diagnostics.hasErrors())
    return parsed.errors();
  std::string result;
  llvm::raw_string_ostream os(result);
  printAst(*llvm::cast<ast::ConstDecl>(*parsed.file->items.front()).value, os);
  return result;
}

} // namespace rondo::test
