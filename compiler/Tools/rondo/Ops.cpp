// `rondo ops`: what there is to call. Functions are the rows of the front end's tables, modules what the
// library's sources say, the dialect's operations what their definitions say.
#include "compiler/Frontend/Builtins.h"
#include "compiler/Frontend/Parser.h"
#include "compiler/Library/Library.h"
#include "compiler/Tools/rondo/Commands.h"
#include "llvm/ADT/StringExtras.h"

using namespace rondo;
using namespace rondo::tool;
using llvm::StringRef;

namespace {

/// One thing that can be called.
struct Row {
  std::string name, signature, summary;
};

struct Family {
  StringRef title;
  std::vector<Row> rows;
};

/// The library, parsed.
class LibraryText {
public:
  LibraryText() {
    Diagnostics none(table);
    for (const LibraryFile &file : libraryFiles())
      files.push_back(parseFile(table.add(file.name, file.text), table, none));
  }

  /// All models and functions without a leading `_`.
  void forEach(
      llvm::function_ref<void(StringRef, llvm::ArrayRef<ast::Parameter>, const ast::Decl &)> visit) const {
    for (const auto &file : files)
      for (const ast::DeclPtr &item : file->items) {
        if (auto *model = llvm::dyn_cast<ast::ModelDecl>(item.get()))
          offer(model->name.text, model->parameters, *model, visit);
        else if (auto *def = llvm::dyn_cast<ast::DefDecl>(item.get()))
          offer(def->name.text, def->parameters, *def, visit);
      }
  }

  /// As it is written, on one line.
  std::string text(SourceRange range) const {
    llvm::SmallVector<StringRef> words;
    llvm::SplitString(table.text(range), words);
    return llvm::join(words, " ");
  }
  /// Those without a leading `_`.
  std::string text(llvm::ArrayRef<ast::Parameter> parameters) const {
    llvm::SmallVector<std::string> texts;
    for (const ast::Parameter &parameter : parameters)
      if (!StringRef(parameter.name.text).starts_with("_"))
        texts.push_back(text(parameter.range));
    return llvm::join(texts, ", ");
  }

private:
  static void
  offer(StringRef name, llvm::ArrayRef<ast::Parameter> parameters, const ast::Decl &decl,
        llvm::function_ref<void(StringRef, llvm::ArrayRef<ast::Parameter>, const ast::Decl &)> visit) {
    if (!name.starts_with("_"))
      visit(name, parameters, decl);
  }

  FileTable table;
  std::vector<std::unique_ptr<ast::File>> files;
};

} // namespace

static std::string firstLine(StringRef text) { return text.split('\n').first.str(); }

static std::vector<Family> families(const LibraryText &library) {
  std::vector<Family> all;
  auto add = [&](StringRef title, auto... tables) {
    Family family{title, {}};
    for (llvm::ArrayRef<sema::Builtin> table : {tables...})
      for (const sema::Builtin &builtin : table)
        family.rows.push_back({builtin.name.str(), builtin.signature.str(), builtin.summary.str()});
    all.push_back(std::move(family));
  };
  add("element by element", sema::elementwiseBuiltins());
  add("reductions", sema::reductionBuiltins());
  add("shapes", sema::joinBuiltins(), sema::shapeBuiltins());
  add("new tensors", sema::creationBuiltins());
  add("indices", sema::indexBuiltins());
  add("selection", sema::selectionBuiltins());
  add("products and layers", sema::neuralBuiltins(), sema::attentionBuiltins());
  add("lists", sema::constantBuiltins());
  Family functions{"functions of the library", {}}, modules{"modules", {}};
  library.forEach([&](StringRef name, llvm::ArrayRef<ast::Parameter> parameters, const ast::Decl &decl) {
    bool isModule = llvm::isa<ast::ModelDecl>(decl);
    (isModule ? modules : functions)
        .rows.push_back({name.str(), library.text(parameters), firstLine(decl.doc)});
  });
  all.push_back(std::move(functions));
  all.push_back(std::move(modules));
  return all;
}

/// Members of a model that a user may name: weights and methods, those under an `if` too.
static void printMembers(const LibraryText &library, llvm::ArrayRef<ast::DeclPtr> members) {
  for (const ast::DeclPtr &member : members) {
    if (auto *arms = llvm::dyn_cast<ast::IfDecl>(member.get())) {
      for (const ast::IfDecl::Arm &arm : arms->arms)
        printMembers(library, arm.members);
    } else if (auto *variable = llvm::dyn_cast<ast::VariableDecl>(member.get())) {
      llvm::outs() << "  " << variable->name.text << ": " << library.text(variable->type->range) << " = "
                   << library.text(variable->init->range) << "\n";
    } else if (auto *def = llvm::dyn_cast<ast::DefDecl>(member.get())) {
      if (!def->name.text.starts_with("_"))
        llvm::outs() << "  " << def->name.text << "(" << library.text(def->parameters) << ")\n";
    }
  }
}

static Exit unknown(StringRef name, llvm::ArrayRef<StringRef> names) {
  std::optional<StringRef> near = nearestName(name, names);
  return fail(UserError,
              "no function or module `" + name + "`; " +
                  (near ? "did you mean `" + *near + "`?" : llvm::Twine("`rondo ops` lists them")));
}

/// Everything about one function or module.
static Exit describe(const LibraryText &library, StringRef name) {
  std::vector<Family> all = families(library);
  llvm::SmallVector<StringRef> names;
  for (const Family &family : all)
    for (const Row &row : family.rows) {
      names.push_back(row.name);
      if (row.name != name)
        continue;
      llvm::outs() << row.name << "(" << row.signature << ")\n";
      const ast::Decl *found = nullptr;
      library.forEach([&](StringRef other, llvm::ArrayRef<ast::Parameter>, const ast::Decl &decl) {
        if (other == name)
          found = &decl;
      });
      StringRef text = found ? StringRef(found->doc) : StringRef(row.summary);
      if (!text.empty())
        llvm::outs() << "\n" << text << "\n";
      if (auto *model = llvm::dyn_cast_or_null<ast::ModelDecl>(found)) {
        llvm::outs() << "\n";
        printMembers(library, model->members);
      }
      return Done;
    }
  return unknown(name, names);
}

//===----------------------------------------------------------------------===//
// The dialect
//===----------------------------------------------------------------------===//

/// Its operations; or one of them, with its description.
static Exit listDialect(StringRef wanted) {
  llvm::SmallVector<StringRef> sections, names;
  dialectText().split(sections, "\n### `");
  for (StringRef section : llvm::drop_begin(sections)) {
    auto [name, rest] = section.split('`');
    auto [title, body] = rest.split('\n');
    (void)title;
    StringRef summary = body.trim().split('\n').first;
    summary.consume_front("_");
    summary.consume_back("_");
    names.push_back(name);
    if (wanted.empty()) {
      llvm::outs() << llvm::left_justify(name, 18) << " " << summary.ltrim() << "\n";
    } else if (name == wanted || name.drop_front(StringRef("rondo.").size()) == wanted) {
      llvm::outs() << name << "\n\n"
                   << summary.ltrim() << "\n\n"
                   << body.trim().split('\n').second.trim() << "\n";
      return Done;
    }
  }
  return wanted.empty() ? Done : unknown(wanted, names);
}

Exit rondo::tool::listOperations(const CommandLine &line) {
  if (line.dialect)
    return listDialect(line.input);
  LibraryText library;
  if (!line.input.empty())
    return describe(library, line.input);
  for (const Family &family : families(library)) {
    llvm::outs() << family.title << "\n";
    for (const Row &row : family.rows)
      llvm::outs() << "  " << llvm::left_justify(row.name + "(" + row.signature + ")", 50) << "  "
                   << row.summary << "\n";
  }
  llvm::outs() << "\n`rondo ops NAME` tells more of one. f32(x), i64(x), ... cast; x.relu() is relu(x).\n";
  return Done;
}
