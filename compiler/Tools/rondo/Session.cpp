#include "compiler/Tools/rondo/Session.h"
#include "compiler/Emit/Files.h"
#include "compiler/Emit/Versions.h"
#include "compiler/Frontend/AstPrinter.h"
#include "compiler/Frontend/Parser.h"
#include "compiler/Pipeline/Register.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/Parser/Parser.h"
#include "llvm/Support/ConvertUTF.h"
#include "llvm/Support/FileSystem.h"

using namespace mlir;
using namespace rondo;
using namespace rondo::tool;

Exit rondo::tool::ourFault(const llvm::Twine &what, StringRef reproducer) {
  llvm::SmallString<128> path;
  std::string where;
  if (!llvm::sys::fs::createTemporaryFile("rondo-reproducer", "mlir", path)) {
    if (llvm::Error error = writeFile(path, reproducer))
      llvm::consumeError(std::move(error));
    else
      where = (", with " + path).str();
  }
  return fail(OurFault, "internal error: " + what + "; please report it" + where);
}

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
  return right ? Done : ourFault("the front end failed without a message", table[file].text());
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

Exit Session::load(TimingScope &timing) {
  DialectRegistry registry;
  registerAllDialects(registry);
  context.appendDialectRegistry(registry);
  TimingScope scope = timing.nest("front end");
  if (isMlir()) {
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
    sources.AddNewSourceBuffer(std::move(*buffer), SMLoc());
    owned = parseSourceFile<ModuleOp>(sources, &context);
    return owned ? Done : UserError;
  }
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
  return owned ? Done : ourFault("the front end failed without a message", table[file].text());
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
    return ourFault("the pass " + result.pass + " failed", result.reproducer);
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
  auto made = others.empty() ? makeCode(module(), line.emit, model, timing) : joinedCode(model, timing);
  if (!made)
    return ourFault(toString(made.takeError()), text);
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
