// `rondo compile`: from the input to one of the kinds of output.
#include "compiler/Emit/Files.h"
#include "compiler/Emit/Header.h"
#include "compiler/Emit/Link.h"
#include "compiler/Tools/rondo/Commands.h"
#include "compiler/Tools/rondo/LoadedModel.h"
#include "compiler/Tools/rondo/Session.h"
#include "llvm/Support/Path.h"

using namespace mlir;
using namespace rondo;
using namespace rondo::tool;

static Exit report(llvm::Error error) {
  if (!error)
    return Done;
  return fail(UserError, toString(std::move(error)));
}

/// Where the output goes: texts to stdout, files beside the input's name.
static std::string outputPath(const CommandLine &line) {
  if (!line.output.empty())
    return line.output;
  switch (*line.kind) {
  case Phase::Object:
  case Phase::Executable:
  case Phase::Shared:
  case Phase::Static:
    return (llvm::sys::path::stem(line.input) + phaseSuffix(*line.kind)).str();
  default:
    return "-";
  }
}

/// OUT: FILE..., as make reads it.
static llvm::Error writeDepfile(const CommandLine &line, Session &session, StringRef output) {
  std::string text;
  auto add = [&](StringRef name) {
    for (char c : name) {
      if (c == ' ' || c == '#')
        text += '\\';
      text += c;
      if (c == '$')
        text += '$';
    }
  };
  add(output);
  text += ":";
  for (const std::string &file : session.files()) {
    text += " ";
    add(file);
  }
  return writeFile(line.depfile, text + "\n");
}

/// Makes the output from LLVM IR on.
static Exit emit(const CommandLine &line, Session &session, StringRef path, TimingScope &timing) {
  std::optional<Code> code;
  if (Exit exit = session.code(*line.kind == Phase::Executable, timing, code))
    return exit;
  if (*line.kind == Phase::LLVMIR)
    return report(writeFile(path, code->text()));

  bool assembly = *line.kind == Phase::Assembly;
  TimingScope scope = timing.nest("emit");
  auto bytes = code->emit(assembly ? llvm::CodeGenFileType::AssemblyFile : llvm::CodeGenFileType::ObjectFile);
  if (!bytes)
    return report(bytes.takeError());
  LinkOptions link{line.tool, line.emit.debugInfo};
  switch (*line.kind) {
  case Phase::Static: {
    auto archive = makeArchive((llvm::sys::path::stem(line.input) + ".o").str(), *bytes);
    return archive ? report(writeFile(path, *archive)) : report(archive.takeError());
  }
  case Phase::Shared:
    return report(linkShared(path, *bytes, link));
  case Phase::Executable:
    return report(linkExecutable(path, *bytes, link));
  default:
    return report(writeFile(path, *bytes));
  }
}

/// Loads the weights into the compiled model, to see whether they fit.
static Exit checkWeights(const CommandLine &line) {
  CommandLine quick = line;
  quick.pipeline.optLevel = quick.emit.optLevel = 0;
  quick.inspect = {};
  LoadedModel model;
  if (Exit exit = model.load(quick))
    return exit;
  return model.checkWeights(line.weights);
}

Exit rondo::tool::compile(const CommandLine &line) {
  DefaultTimingManager manager;
  manager.setEnabled(line.inspect.timing);
  manager.setDisplayMode(DefaultTimingManager::DisplayMode::Tree);
  TimingScope timing = manager.getRootScope();

  std::string path = outputPath(line);
  Session session(line);
  Phase kind = *line.kind;
  if (kind == Phase::AST) {
    std::string text;
    if (Exit exit = session.syntaxTree(text))
      return exit;
    return report(writeFile(path, text));
  }
  if (Exit exit = session.load(timing))
    return exit;
  if (Exit exit = session.lowerTo(std::min(kind, Phase::LLVM), timing))
    return exit;
  if (!line.weights.empty())
    if (Exit exit = checkWeights(line))
      return exit;

  Exit made = Done;
  if (kind <= Phase::LLVM) {
    std::string text;
    llvm::raw_string_ostream os(text);
    session.module().print(os, OpPrintingFlags().enableDebugInfo(line.emit.debugInfo));
    made = report(writeFile(path, text + "\n"));
  } else if (kind == Phase::Header) {
    DictionaryAttr interface = session.interface();
    made = interface ? report(writeFile(path, makeHeader(interface))) : UserError;
  } else {
    made = emit(line, session, path, timing);
  }
  if (made == Done && !line.depfile.empty())
    return report(writeDepfile(line, session, path));
  return made;
}

Exit rondo::tool::check(const CommandLine &line) { return Session(line).check(); }
