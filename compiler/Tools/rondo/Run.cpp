// `rondo run`: compiles to a shared library, or interprets, and lets the runtime's driver call it.
#include "compiler/Tools/rondo/Commands.h"
#include "compiler/Tools/rondo/InterpretedModel.h"
#include "compiler/Tools/rondo/LoadedModel.h"
#include "compiler/Tools/rondo/VerifyPhases.h"

using namespace rondo;
using namespace rondo::tool;

static bool isSource(const CommandLine &line) { return !llvm::StringRef(line.input).ends_with(".mlir"); }

static const char *orNull(const std::string &text) { return text.empty() ? nullptr : text.c_str(); }

static std::vector<const char *> pointers(const std::vector<std::string> &texts) {
  std::vector<const char *> all;
  for (const std::string &text : texts)
    all.push_back(text.c_str());
  return all;
}

CommandLine rondo::tool::givenByInputs(const CommandLine &given) {
  CommandLine line = given;
  if (isSource(line) && !line.frontend.given) {
    line.frontend.given.emplace();
    for (const std::string &input : line.inputs)
      line.frontend.given->push_back(llvm::StringRef(input).split('=').first.str());
  }
  return line;
}

Exit rondo::tool::callModel(const rondo_model *model, const CommandLine &line, rondo_times *times) {
  std::vector<const char *> inputs = pointers(line.inputs), dims;
  if (!isSource(line)) // a source's dims are fixed when it is compiled
    dims = pointers(line.dims);
  rondo_run_options options = {};
  options.program = "rondo";
  options.entry = orNull(line.frontend.entry);
  options.weights = orNull(line.weights);
  options.save_prepared = orNull(line.savePrepared);
  options.has_seed = line.seed.has_value();
  options.seed = line.seed.value_or(0);
  options.inputs = inputs.data();
  options.num_inputs = inputs.size();
  options.dims = dims.data();
  options.num_dims = dims.size();
  options.output = orNull(line.outputFolder);
  options.decode = orNull(line.decode);
  options.time_runs = line.timeRuns;
  options.times = times;
  return Exit(rondo_run_model(model, &options));
}

Exit LoadedModel::call(const CommandLine &line, rondo_times *times) const {
  return callModel(model, line, times);
}

Exit rondo::tool::run(const CommandLine &given) {
  CommandLine line = givenByInputs(given);
  if (line.verifyPhases)
    return verifyPhases(line);
  if (line.interpret)
    return interpretFile(line);
  LoadedModel model;
  if (Exit exit = model.load(line))
    return exit;
  return model.call(line);
}
