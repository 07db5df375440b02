// The commands are those of a shell, for the folder in which rondo runs: they repeat the flags that say what
// the model is, and make the header and the object beside the example.
#include "compiler/Tools/rondo/Example.h"
#include "compiler/Emit/CExample.h"
#include "compiler/Emit/Files.h"
#include "compiler/Emit/Link.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/Path.h"

using namespace rondo;
using namespace rondo::tool;
using llvm::StringRef;
namespace path = llvm::sys::path;

/// A word as a shell reads it.
static std::string quoted(StringRef word) {
  auto isPlain = [](char c) { return llvm::isAlnum(c) || StringRef("_-+./=:,@%").contains(c); };
  if (!word.empty() && llvm::all_of(word, isPlain))
    return word.str();
  std::string text = "'";
  for (char c : word)
    text += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return text + "'";
}

static std::string joined(llvm::ArrayRef<std::string> words) {
  std::string text;
  for (const std::string &word : words)
    text += (text.empty() ? "" : " ") + quoted(word);
  return text;
}

/// The command line as it was given, without what says where and how to write.
static std::vector<std::string> ownFlags(const CommandLine &line) {
  static const llvm::StringSet<> values = {
      "-o", "--emit", "--depfile", "--dump-phases", "--print-before", "--print-after"};
  static const llvm::StringSet<> switches = {"--print-after-change", "--timing", "--explain"};
  std::vector<std::string> kept;
  for (size_t i = 0; i < line.arguments.size(); ++i) {
    StringRef word = line.arguments[i], name = word.split('=').first;
    bool dropped = values.contains(name) || (name == "--weights" && !line.embedWeights);
    if (dropped && !word.contains('='))
      ++i; // its value
    else if (!dropped && !switches.contains(word) && !(word.starts_with("-o") && i > 1))
      kept.push_back(word.str());
  }
  return kept;
}

Exit rondo::tool::writeExample(const CommandLine &line, mlir::DictionaryAttr interface, StringRef output) {
  std::string name = output == "-" ? "example.c" : output.str();
  std::string model = interface.getAs<mlir::StringAttr>("name").str();
  auto beside = [&](const llvm::Twine &file) {
    llvm::SmallString<128> full(path::parent_path(name));
    path::append(full, file);
    return full.str().str();
  };
  bool runtime = exampleNeedsRuntime(interface, line.embedWeights);
  std::string header = beside(model + ".h"), object = beside(model + ".o"),
              program = beside(path::stem(name));
  std::vector<std::string> make = ownFlags(line),
                           compile = compileCommand({line.tool, false, line.emit.target}, runtime);
  auto making = [&](const std::string &file) {
    std::vector<std::string> words = make;
    words.insert(words.end(), {"-o", file});
    return joined(words);
  };
  compile.insert(compile.begin() + 1, {"-std=c11", "-O2", name, object});
  compile.insert(compile.end(), {"-o", program});
  std::vector<std::string> run = {program.find('/') == std::string::npos ? "./" + program : program};
  if (!line.weights.empty() && !line.embedWeights)
    run.push_back(line.weights);

  ExampleOptions options;
  options.header = model + ".h";
  options.commands = {making(header), making(object), joined(compile), joined(run)};
  options.embedded = line.embedWeights;
  if (llvm::Error error = writeFile(output, makeCExample(interface, options)))
    return fail(UserError, toString(std::move(error)));
  for (const std::string &command : options.commands)
    llvm::errs() << command << "\n";
  return Done;
}
