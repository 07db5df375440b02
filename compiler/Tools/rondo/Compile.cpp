// `rondo compile`: from the input to one of the kinds of output.
#include "compiler/Emit/Embed.h"
#include "compiler/Emit/Files.h"
#include "compiler/Emit/Header.h"
#include "compiler/Emit/Link.h"
#include "compiler/Tools/rondo/Commands.h"
#include "compiler/Tools/rondo/Example.h"
#include "compiler/Tools/rondo/LoadedModel.h"
#include "compiler/Tools/rondo/Session.h"
#include "llvm/Support/FileSystem.h"
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
  case Phase::Prepared:
    return (llvm::sys::path::stem(line.input) + phaseSuffix(*line.kind)).str();
  default:
    return "-";
  }
}

/// Refuses to write one of the files that are read.
static Exit protectInputs(const CommandLine &line, ArrayRef<std::string> outputs,
                          std::vector<std::string> inputs) {
  if (!line.weights.empty())
    inputs.push_back(line.weights);
  for (const std::string &output : outputs)
    for (const std::string &input : inputs)
      if (!output.empty() && output != "-" && llvm::sys::fs::equivalent(output, input))
        return fail(UserError, output + ": is read, and would be overwritten");
  return Done;
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
  std::vector<std::string> files = session.files();
  if (!line.weights.empty())
    files.push_back(line.weights);
  for (const std::string &file : files) {
    text += " ";
    add(file);
  }
  return writeFile(line.depfile, text + "\n");
}

/// Makes the output from LLVM IR on; `embedded` are the prepared weights that are put into it.
static Exit emit(const CommandLine &line, Session &session, StringRef path, StringRef embedded,
                 TimingScope &timing) {
  std::optional<Code> code;
  if (Exit exit = session.code(*line.kind == Phase::Executable, timing, code))
    return exit;
  if (!embedded.empty())
    if (llvm::Error error = embedWeights(*code->module, session.model(), embedded))
      return report(std::move(error));
  if (*line.kind == Phase::LLVMIR)
    return report(writeFile(path, code->text()));

  bool assembly = *line.kind == Phase::Assembly;
  TimingScope scope = timing.nest("emit");
  auto bytes = code->emit(assembly ? llvm::CodeGenFileType::AssemblyFile : llvm::CodeGenFileType::ObjectFile);
  if (!bytes)
    return report(bytes.takeError());
  LinkOptions link{line.tool, line.emit.debugInfo, line.emit.target};
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

namespace {
/// The weights of --weights, prepared for the code that is made, and the model that did it.
struct Weights {
  LoadedModel model;
  rondo_weights opened = {};

  ~Weights() { rondo_close_weights(&opened); }

  /// An error says what does not fit.
  Exit open(const CommandLine &line, Session &session, TimingScope &timing) {
    if (Exit exit = *line.kind >= Phase::LLVM ? model.loadPrepare(session, line, timing) : load(line, timing))
      return exit;
    return model.openWeights(line.weights, opened);
  }

  StringRef bytes() const {
    return {static_cast<const char *>(opened.prepared), size_t(model.get()->prepared_bytes)};
  }

private:
  /// The session stops before the weights' code is there: all of it again.
  Exit load(const CommandLine &line, TimingScope &timing) {
    CommandLine quick = line;
    quick.inspect = {};
    Session whole(quick);
    if (Exit exit = whole.load(timing))
      return exit;
    return model.loadPrepare(whole, quick, timing);
  }
};
} // namespace

Exit rondo::tool::compile(const CommandLine &line) {
  DefaultTimingManager manager;
  manager.setEnabled(line.inspect.timing);
  manager.setDisplayMode(DefaultTimingManager::DisplayMode::Tree);
  TimingScope timing = manager.getRootScope();

  std::string path = outputPath(line);
  Session session(line);
  Phase kind = *line.kind;
  if (Exit exit = protectInputs(line, {path, line.depfile}, {line.input}))
    return exit;
  if (kind == Phase::AST) {
    std::string text;
    if (Exit exit = session.syntaxTree(text))
      return exit;
    return report(writeFile(path, text));
  }
  if (Exit exit = session.load(timing))
    return exit;
  if (Exit exit = protectInputs(line, {path, line.depfile}, session.files()))
    return exit;
  if (Exit exit = session.lowerTo(std::min(kind, Phase::LLVM), timing))
    return exit;
  Weights weights;
  if (!line.weights.empty())
    if (Exit exit = weights.open(line, session, timing))
      return exit;

  Exit made = Done;
  if (kind <= Phase::LLVM) {
    std::string text;
    llvm::raw_string_ostream os(text);
    session.module().print(os, OpPrintingFlags().enableDebugInfo(line.emit.debugInfo));
    made = report(writeFile(path, text + "\n"));
  } else if (kind == Phase::Header || kind == Phase::CExample) {
    DictionaryAttr interface = session.interface();
    if (!interface)
      return UserError;
    made = kind == Phase::Header ? report(writeFile(path, makeHeader(interface, line.embedWeights)))
                                 : writeExample(line, interface, path);
  } else if (kind == Phase::Prepared) {
    made = report(replaceFile(path, [&](StringRef beside) -> llvm::Error {
      rondo_error error;
      if (rondo_save_prepared(weights.model.get(), beside.str().c_str(), weights.opened.prepared, &error))
        return llvm::createStringError(error.message);
      return llvm::Error::success();
    }));
  } else {
    made = emit(line, session, path, line.embedWeights ? weights.bytes() : "", timing);
  }
  if (made == Done && !line.depfile.empty())
    return report(writeDepfile(line, session, path));
  return made;
}

Exit rondo::tool::check(const CommandLine &line) { return Session(line).check(); }
