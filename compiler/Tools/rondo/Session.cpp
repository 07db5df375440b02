#include "compiler/Tools/rondo/Session.h"
#include "compiler/Emit/Files.h"
#include "compiler/Emit/Versions.h"
#include "compiler/Frontend/AstPrinter.h"
#include "compiler/Frontend/Parser.h"
#include "compiler/Pipeline/Register.h"
#include "compiler/Tools/rondo/Fault.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/Parser/Parser.h"
#include "llvm/Support/ConvertUTF.h"
#include "llvm/Support/FileSystem.h"

using namespace mlir;
using namespace rondo;
using namespace rondo::tool;

namespace {
/// Prints MLIR's diagnostics as the front end prints its own; remarks only if asked for.
class Printer : public SourceMgrDiagnosticHandler {
public:
  Printer(llvm::SourceMgr &sources, MLIRContext *context, bool remarks)
      : SourceMgrDiagnosticHandler(sources, context) {
    setHandler([this, remarks](mlir::Diagnostic &diagnostic) {
      if (diagnostic.getSeverity() == DiagnosticSeverity::Remark && !remarks)
        return;
      if (diagnostic.getLocation()->findInstanceOf<FileLineColLoc>())
        return emitDiagnostic(diagnostic);
      constexpr StringLiteral kinds[] = {"note", "warning", "error", "remark"};
      llvm::errs() << "rondo: " << kinds[int(diagnostic.getSeverity())] << ": " << diagnostic << "\n";
      for (mlir::Diagnostic &note : diagnostic.getNotes())
        llvm::errs() << "rondo: note: " << note << "\n";
    });
  }
};
} // namespace

Session::Session(const CommandLine &line)
    : line(line), context(MLIRContext::Threading::DISABLED),
      printer(std::make_unique<Printer>(sources, &context, line.inspect.explain)) {
  context.printOpOnDiagnostic(false);
}

Exit Session::open(FileId &file) {
  auto opened = table.open(line.input);
  if (!opened)
    return fail(UserError, "cannot read " + line.input + ": " + toString(opened.takeError()));
  file = *opened;
  return Done;
}

Exit Session::finish(const rondo::Diagnostics &diagnostics) {
  diagnostics.print(llvm::errs());
  return diagnostics.hasErrors() ? UserError : Done;
}

Exit Session::check() {
  if (isMlir()) {
    DefaultTimingManager off;
    TimingScope none = off.getRootScope();
    return load(none);
  }
  FileId file;
  if (Exit exit = open(file))
    return exit;
  rondo::Diagnostics diagnostics(table);
  loadFrontendDialects(context);
  bool right = checkSource(table, file, line.frontend, context, diagnostics);
  if (Exit exit = finish(diagnostics))
    return exit;
  if (!right)
    frontEndFailed(file);
  return Done;
}

void Session::frontEndFailed(FileId file) {
  ourFault("the front end failed without a message", {table[file].text().str(), "rondo", "rondo check"});
}

Exit Session::syntaxTree(std::string &text) {
  if (isMlir())
    return fail(UserError, "a .mlir file has no syntax tree");
  FileId file;
  if (Exit exit = open(file))
    return exit;
  rondo::Diagnostics diagnostics(table);
  std::unique_ptr<ast::File> tree = parseFile(file, table, diagnostics);
  llvm::raw_string_ostream os(text);
  printAst(*tree, table, os);
  return finish(diagnostics);
}

/// Upstream's parser recurses as deeply as a text is nested; rondo's own modules need some ten levels.
constexpr unsigned maxDepth = 1000;

/// Where brackets of a text of IR are nested too deeply; nowhere: npos.
static size_t tooDeep(StringRef text) {
  unsigned depth = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '"') {
      while (++i < text.size() && text[i] != '"' && text[i] != '\n')
        i += text[i] == '\\';
    } else if (text.substr(i).starts_with("//")) {
      i = std::min(text.find('\n', i), text.size());
    } else if (StringRef("([{<").contains(c)) {
      if (++depth > maxDepth)
        return i;
    } else if (depth && (StringRef(")]}").contains(c) || (c == '>' && text[i - 1] != '-'))) {
      --depth;
    }
  }
  return StringRef::npos;
}

/// A flag of the line that asks for what a module has behind it; empty if there is none.
static StringRef flagOfSources(const CommandLine &line) {
  const FrontendOptions &options = line.frontend;
  bool calls =
      line.command == Command::Run || line.command == Command::Verify; // these choose and size an entry
  return !options.model.empty()             ? "--model"
         : !options.set.empty()             ? "--set"
         : options.given                    ? "--given"
         : !calls && !options.dim.empty()   ? "--dim"
         : !calls && !options.entry.empty() ? "--entry"
                                            : "";
}

Exit Session::loadText() {
  if (StringRef flag = flagOfSources(line); !flag.empty())
    return fail(UserError, flag + ": " + line.input + " is a module, of which nothing is left to choose");
  // A device may have no end.
  if (llvm::sys::fs::exists(line.input) && !llvm::sys::fs::is_regular_file(line.input))
    return fail(UserError, "cannot read " + line.input + ": is not a regular file");
  auto buffer = llvm::MemoryBuffer::getFile(line.input, /*IsText=*/true);
  if (!buffer)
    return fail(UserError, "cannot read " + line.input + ": " + buffer.getError().message());
  StringRef bytes = (*buffer)->getBuffer();
  auto *begin = reinterpret_cast<const llvm::UTF8 *>(bytes.data());
  auto controls = [](char c) { return uint8_t(c) < 0x20 && !StringRef("\t\n\v\f\r").contains(c); };
  if (!llvm::isLegalUTF8String(&begin, begin + bytes.size()) || llvm::any_of(bytes, controls))
    return fail(UserError, line.input + ": is no text");
  if (size_t at = tooDeep(bytes); at != StringRef::npos) {
    StringRef before = bytes.take_front(at);
    return fail(UserError, line.input + ":" + llvm::Twine(before.count('\n') + 1) + ":" +
                               llvm::Twine(at - (before.rfind('\n') + 1) + 1) +
                               ": brackets are nested deeper than " + llvm::Twine(maxDepth));
  }
  sources.AddNewSourceBuffer(std::move(*buffer), SMLoc());
  owned = parseSourceFile<ModuleOp>(sources, &context);
  return owned ? Done : UserError;
}

Exit Session::load(TimingScope &timing) {
  DialectRegistry registry;
  registerAllDialects(registry);
  context.appendDialectRegistry(registry);
  TimingScope scope = timing.nest("front end");
  if (isMlir())
    return loadText();
  FileId file;
  if (Exit exit = open(file))
    return exit;
  rondo::Diagnostics diagnostics(table);
  if (!line.inspect.dumpPhases.empty()) {
    std::string tree;
    rondo::Diagnostics silent(table); // they are reported below
    llvm::raw_string_ostream os(tree);
    printAst(*parseFile(file, table, silent), table, os);
    if (failed(dumpPhase(Phase::AST, tree, line.inspect)))
      return UserError;
  }
  loadFrontendDialects(context);
  owned = compileSource(table, file, line.frontend, context, diagnostics);
  if (Exit exit = finish(diagnostics))
    return exit;
  if (!owned)
    frontEndFailed(file);
  return Done;
}

Exit Session::lowerTo(Phase phase, TimingScope &timing) {
  if (line.targets.size() == 1 || phase <= Phase::Linalg)
    return lowerModule(module(), phase, line.pipeline, line.inspect, timing);
  if (others.empty()) {
    if (std::optional<Phase> from = phaseOf(module()); from && *from > Phase::Linalg)
      return fail(UserError, line.input + ": what is in the phase `" + phaseName(*from) +
                                 "` is of one processor: give one --target");
    if (Exit exit = lowerTo(Phase::Linalg, timing))
      return exit;
    for (size_t i = 1; i < line.targets.size(); ++i)
      others.push_back(module().clone());
  }
  for (auto [i, target] : llvm::enumerate(line.targets)) {
    PipelineOptions pipeline = line.pipeline;
    pipeline.target = target;
    InspectOptions inspect = line.inspect;
    if (!inspect.dumpPhases.empty())
      inspect.dumpPhases += "/" + target.name;
    if (Exit exit = lowerModule(i ? *others[i - 1] : module(), phase, pipeline, inspect, timing))
      return exit;
  }
  return Done;
}

Exit Session::lowerModule(ModuleOp module, Phase phase, const PipelineOptions &pipeline,
                          const InspectOptions &inspect, TimingScope &timing) {
  LowerResult result = lower(module, phase, pipeline, inspect, timing);
  switch (result.fault) {
  case Fault::None:
    return Done;
  case Fault::User:
    return UserError;
  case Fault::Ours:
    ourFault("the pass " + result.pass + " " + result.how,
             {result.reproducer, "mlir", "rondo-opt --run-reproducer"});
  }
  llvm_unreachable("all faults are handled");
}

Exit Session::code(bool withMain, TimingScope &timing, std::optional<Code> &code) {
  std::string model;
  if (withMain) {
    if (!interface())
      return UserError;
    model = descriptor();
  }
  std::string text;
  llvm::raw_string_ostream os(text);
  module().print(os, OpPrintingFlags().enableDebugInfo());
  Reproducer shows{text, "mlir",
                   "rondo compile --emit=obj -o /dev/null -O" + std::to_string(line.emit.optLevel) +
                       " --target=" + line.emit.target.name};
  suspect(shows);
  auto made = others.empty() ? makeCode(module(), line.emit, model, timing) : joinedCode(model, timing);
  if (!made)
    ourFault(toString(made.takeError()), shows);
  code.emplace(std::move(*made));
  if (line.inspect.dumpPhases.empty())
    return Done;
  auto assembly = code->emit(llvm::CodeGenFileType::AssemblyFile);
  if (!assembly)
    return fail(UserError, toString(assembly.takeError()));
  bool dumped = succeeded(dumpPhase(Phase::LLVMIR, code->text(), line.inspect)) &&
                succeeded(dumpPhase(Phase::Assembly, *assembly, line.inspect));
  return dumped ? Done : UserError;
}

llvm::Expected<Code> Session::joinedCode(StringRef mainFor, TimingScope &timing) {
  std::vector<Code> versions;
  for (auto [i, target] : llvm::enumerate(line.targets)) {
    EmitOptions options = line.emit;
    options.target = target;
    auto made = makeCode(i ? *others[i - 1] : module(), options, "", timing);
    if (!made)
      return made.takeError();
    versions.push_back(std::move(*made));
  }
  auto joined = joinVersions(std::move(versions), line.targets);
  if (joined && !mainFor.empty())
    if (llvm::Error error = addMain(*joined->module, mainFor))
      return error;
  return joined;
}

DictionaryAttr Session::interface() {
  SmallVector<DictionaryAttr> all;
  for (size_t i = 0; i <= others.size(); ++i) {
    ModuleOp version = i ? *others[i - 1] : module();
    all.push_back(version->getAttrOfType<DictionaryAttr>("rondo.interface"));
    if (!all.back()) {
      fail(UserError, "the module has no `rondo.interface`: it was not made by rondo");
      return {};
    }
  }
  return joinInterfaces(all);
}

StringRef Session::model() { return interface().getAs<StringAttr>("name").getValue(); }

std::string Session::descriptor() { return (model() + "_model").str(); }

std::vector<std::string> Session::files() {
  std::vector<std::string> names;
  if (isMlir())
    names.push_back(line.input);
  for (uint32_t i = 0; i < table.size(); ++i)
    if (llvm::sys::fs::exists(table[FileId(i)].name())) // not the library
      names.push_back(table[FileId(i)].name().str());
  return names;
}
