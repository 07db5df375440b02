// Files, names, errors and limits of the evaluator.
#include "compiler/Frontend/Evaluator.h"
#include "compiler/Frontend/EvaluatorImpl.h"
#include "compiler/Frontend/Formatter.h"
#include "compiler/Frontend/Parser.h"
#include "compiler/Library/Library.h"
#include "llvm/Support/Path.h"
#include <cmath>

using namespace mlir;

namespace rondo::sema {

//===----------------------------------------------------------------------===//
// Errors
//===----------------------------------------------------------------------===//

static bool isLibraryFile(const FileTable &files, FileId id) {
  return id != FileId::None && files[id].name().starts_with("<library>");
}

Diagnostic &Evaluator::error(SourceRange range, const Twine &message) {
  if (exhausted) { // what comes after a limit follows from it
    silenced.notes.clear();
    return silenced;
  }
  if (isLibraryFile(files, range.file)) {
    for (Frame *at = frame; at; at = at->caller) {
      if (!at->callRange.isValid() || isLibraryFile(files, at->callRange.file))
        continue;
      std::string text = message.str();
      Diagnostic &diagnostic =
          diagnostics.error(at->callRange, at->callee.empty() ? text : at->callee + ": " + text);
      diagnostic.note(range, "in the library, here");
      return diagnostic;
    }
  }
  Diagnostic &diagnostic = diagnostics.error(range, message);
  // Where a def or model is used matters unless the error is at that use itself.
  SourceRange use = frame ? frame->callRange : SourceRange();
  bool isOutside = use.file != range.file || range.begin < use.begin || range.end > use.end;
  if (use.isValid() && isOutside)
    diagnostic.note(frame->callRange, "in this " + Twine(frame->instantiating ? "instance" : "call") +
                                          (frame->callee.empty() ? "" : " of " + frame->callee));
  return diagnostic;
}

void Evaluator::noteOrigin(Diagnostic &diagnostic, const Value &value, StringRef name, SourceRange use) {
  if (value.origin.isValid() && value.origin != use &&
      (value.is<Tensor>() || value.is<Size>() || value.is<List>()))
    diagnostic.note(value.origin, name + " is " + value.describe());
}

static std::string quoteShort(StringRef text, StringRef fallback) {
  if (text.empty() || text.size() > 40 || text.contains('\n') || text.contains('`'))
    return fallback.str();
  return "`" + text.str() + "`";
}

std::string Evaluator::quote(SourceRange range, StringRef fallback) const {
  return range.isValid() ? quoteShort(files.text(range), fallback) : fallback.str();
}

std::string Evaluator::quote(const ast::Expr &expr, StringRef fallback) const {
  return quoteShort(formatExpression(expr, files), fallback);
}

bool Evaluator::step(SourceRange range) {
  if (exhausted)
    return false;
  if (depth > maxEvaluationDepth) {
    error(range, "expressions and calls are nested too deeply here");
    exhausted = true;
  } else if (++steps > maxEvaluationSteps) {
    error(
        range,
        "too much work when compiled: a loop over constants or a list is too large; `scan` runs when called");
    exhausted = true;
  }
  return !exhausted;
}

//===----------------------------------------------------------------------===//
// Files
//===----------------------------------------------------------------------===//

static const ast::Identifier *itemName(const ast::Decl &decl) {
  if (auto *item = dyn_cast<ast::ConstDecl>(&decl))
    return &item->name;
  if (auto *item = dyn_cast<ast::DefDecl>(&decl))
    return &item->name;
  if (auto *item = dyn_cast<ast::ModelDecl>(&decl))
    return &item->name;
  return nullptr;
}

FileScope *Evaluator::loadFile(FileId id, bool isLibrary) {
  std::unique_ptr<FileScope> &scope = fileScopes[uint32_t(id)];
  if (scope)
    return scope.get();
  scope = std::make_unique<FileScope>();
  FileScope *result = scope.get(); // `scope` moves when other files are added
  trees.push_back(parseFile(id, files, diagnostics));
  result->file = trees.back().get();
  result->isLibrary = isLibrary;
  for (const ast::DeclPtr &item : result->file->items) {
    const ast::Identifier *name = itemName(*item);
    if (!name || !*name)
      continue;
    auto [place, isNew] = result->items.try_emplace(name->text, item.get());
    if (!isNew)
      diagnostics.error(name->range, "`" + name->text + "` is already an item of this file")
          .note(itemName(*place->second)->range, "first defined here");
  }
  return result;
}

void Evaluator::loadUses(FileScope &scope) {
  // Depth first; a file that is still being loaded is a circle.
  struct Loader {
    Evaluator &eval;
    SmallVector<const FileScope *> open, done;

    void load(FileScope &scope) {
      open.push_back(&scope);
      FileId self = scope.file->id;
      SmallVector<std::pair<FileScope *, SourceRange>> found;
      for (const ast::DeclPtr &item : scope.file->items) {
        auto *use = dyn_cast<ast::UseDecl>(item.get());
        if (!use || use->hasErrors)
          continue;
        if (StringRef(use->path).contains('\0') || use->path.empty()) {
          eval.diagnostics.error(use->pathRange, "`use` needs the path of a file");
          continue;
        }
        SmallString<128> path(llvm::sys::path::parent_path(eval.files[self].name()));
        llvm::sys::path::append(path, use->path);
        llvm::Expected<FileId> id = eval.files.open(path);
        if (!id) {
          eval.diagnostics.error(use->pathRange, "cannot read `" + printable(use->path) +
                                                     "`: " + llvm::toString(id.takeError()));
          continue;
        }
        FileScope *other = eval.loadFile(*id, false);
        if (llvm::is_contained(open, other)) {
          std::string circle;
          for (const FileScope *file : llvm::drop_begin(open, llvm::find(open, other) - open.begin()))
            circle += eval.files[file->file->id].name().str() + " uses ";
          eval.diagnostics.error(use->pathRange,
                                 "files use each other in a circle: " + circle + eval.files[*id].name());
          continue;
        }
        if (llvm::is_contained(scope.uses, other))
          continue;
        scope.uses.push_back(other);
        found.push_back({other, use->pathRange});
        if (!llvm::is_contained(done, other))
          load(*other);
      }
      // A name may come from one place only.
      llvm::StringMap<std::pair<const FileScope *, const ast::Decl *>> seen;
      for (auto &item : scope.items)
        seen[item.first()] = {&scope, item.second};
      for (auto [other, range] : found)
        for (auto &item : other->items) {
          auto [place, isNew] = seen.try_emplace(item.first(), std::pair(other, item.second));
          if (isNew || place->second.second == item.second)
            continue;
          eval.diagnostics
              .error(range,
                     "`" + item.first() + "` of this file is also an item of " +
                         (place->second.first == &scope ? "the file that uses it" : "another used file"))
              .note(itemName(*place->second.second)->range, "defined here")
              .note(itemName(*item.second)->range, "and here");
        }
      open.pop_back();
      done.push_back(&scope);
    }
  };
  Loader{*this, {}, {}}.load(scope);
}

ArrayRef<const FileScope *> Evaluator::library() {
  if (libraryScopes.empty())
    for (const LibraryFile &file : libraryFiles()) {
      FileId id = files.add(("<library>/" + file.name).str(), file.text);
      libraryScopes.push_back(loadFile(id, true));
    }
  return libraryScopes;
}

//===----------------------------------------------------------------------===//
// Names
//===----------------------------------------------------------------------===//

Value Evaluator::itemValue(const FileScope &file, const ast::Decl &item) {
  if (auto *model = dyn_cast<ast::ModelDecl>(&item))
    return ModelRef{model, &file};
  if (auto *def = dyn_cast<ast::DefDecl>(&item))
    return FunctionRef{def, &file, nullptr};
  auto *constant = dyn_cast<ast::ConstDecl>(&item);
  if (!constant || constant->hasErrors)
    return Poison{};

  auto [place, isNew] = constants.try_emplace(constant, std::nullopt);
  if (!isNew) {
    if (place->second)
      return *place->second;
    error(constant->name.range, "the value of the constant `" + constant->name.text + "` depends on itself");
    constants[constant] = Value(Poison{});
    return Poison{};
  }
  Frame inner;
  inner.file = &file;
  FrameScope scope(*this, inner, SourceRange());
  llvm::SaveAndRestore<FunctionEmitter *> outside(fn, nullptr);
  Value value = evalSingle(*constant->value);
  if (constants[constant]) // a circle was reported
    return Poison{};
  value.origin = constant->name.range;
  constants[constant] = value;
  return value;
}

std::optional<Value> Evaluator::lookupItem(const FileScope &file, StringRef name) {
  auto found = file.items.find(name);
  if (found == file.items.end())
    return std::nullopt;
  return itemValue(file, *found->second);
}

std::optional<Value> Evaluator::lookupGlobal(const FileScope &file, StringRef name) {
  if (std::optional<Value> own = lookupItem(file, name))
    return own;
  for (const FileScope *used : file.uses)
    if (std::optional<Value> value = lookupItem(*used, name))
      return value;
  if (const Builtin *builtin = lookupBuiltin(name, file.isLibrary))
    return Value(BuiltinRef{builtin});
  if (std::optional<DType> dtype = parseDType(name))
    return Value(*dtype);
  if (name == "inf")
    return Value(std::numeric_limits<double>::infinity());
  if (name == "pi")
    return Value(M_PI);
  // What the library keeps for itself begins with `_`.
  if (file.isLibrary || !name.starts_with("_"))
    for (const FileScope *scope : library())
      if (std::optional<Value> value = lookupItem(*scope, name))
        return value;
  return std::nullopt;
}

std::optional<Value> Evaluator::lookup(StringRef name, SourceRange use) {
  for (const Scope &scope : llvm::reverse(frame->scopes)) {
    auto local = scope.names.find(name);
    if (local != scope.names.end())
      return local->second;
  }
  auto dim = frame->dims.find(name);
  if (dim != frame->dims.end())
    return dim->second;
  if (frame->self) {
    auto member = frame->self->names.find(name);
    if (member != frame->self->names.end())
      return useMember(member->second, use);
    auto method = frame->self->methods.find(name);
    if (method != frame->self->methods.end())
      return Value(FunctionRef{method->second, frame->self->model.file, frame->self});
  }
  return lookupGlobal(*frame->file, name);
}

Value Evaluator::useMember(Value value, SourceRange use) {
  const State *const *state = value.get<const State *>();
  if (state && fn && use.isValid())
    return readState(**state, use);
  const Weight *const *weight = value.get<const Weight *>();
  if (!weight || !fn)
    return value;
  Value tensor = fn->weight(*weight);
  tensor.origin = (*weight)->decl->name.range;
  return tensor;
}

const ast::Decl *Evaluator::findMember(ArrayRef<ast::DeclPtr> members, StringRef name) {
  for (const ast::DeclPtr &member : members) {
    if (const ast::Identifier *id = memberName(*member); id && id->text == name)
      return member.get();
    if (auto *branch = dyn_cast<ast::IfDecl>(member.get()))
      for (const ast::IfDecl::Arm &arm : branch->arms)
        if (const ast::Decl *found = findMember(arm.members, name))
          return found;
  }
  return nullptr;
}

void Evaluator::visibleNames(std::vector<StringRef> &names, bool functionsOnly) {
  auto add = [&](StringRef name, const Value *value) {
    bool isFunction = !value || !(value->isConstant() || value->is<Tensor>() || value->is<Size>());
    if (!functionsOnly || isFunction)
      names.push_back(name);
  };
  for (const Scope &scope : llvm::reverse(frame->scopes))
    for (auto &entry : scope.names)
      add(entry.first(), &entry.second);
  for (auto &entry : frame->dims)
    add(entry.first(), &entry.second);
  if (frame->self) {
    for (auto &entry : frame->self->names)
      add(entry.first(), &entry.second);
    for (auto &entry : frame->self->methods)
      add(entry.first(), nullptr);
  }
  auto addItems = [&](const FileScope &file) {
    for (auto &item : file.items)
      if (!functionsOnly || !isa<ast::ConstDecl>(item.second))
        names.push_back(item.first());
  };
  addItems(*frame->file);
  for (const FileScope *used : frame->file->uses)
    addItems(*used);
  for (const FileScope *scope : library())
    for (auto &item : scope->items)
      if (!item.first().starts_with("_"))
        names.push_back(item.first());
  llvm::append_range(names, builtinNames());
}

std::optional<StringRef> wordInLowerCase(StringRef name) {
  for (StringRef word : {"true", "false", "none"})
    if (name.equals_insensitive(word))
      return word;
  return std::nullopt;
}

Value Evaluator::unknownName(StringRef name, SourceRange range, bool isCall) {
  if (reportedNames.contains({uint32_t(range.file), range.begin}))
    return Poison{};
  if (frame->instantiating && frame->self)
    if (const ast::Decl *later = findMember(frame->self->model.decl->members, name)) {
      error(range, "`" + name + "` is defined below: a member sees only the members before it")
          .note(memberName(*later)->range, "defined here");
      return Poison{};
    }
  std::vector<StringRef> candidates;
  visibleNames(candidates, isCall);
  llvm::sort(candidates); // maps have no order
  std::optional<StringRef> word = wordInLowerCase(name);
  error(range, "unknown " + Twine(isCall ? "function" : "name") + " `" + name + "`")
      .suggest(word ? word : nearestName(name, candidates));
  return Poison{};
}

} // namespace rondo::sema
