#include "compiler/Tools/rondo/CommandLine.h"
#include "compiler/Emit/Target.h"
#include "compiler/Frontend/Diagnostics.h"
#include "compiler/Interpreter/Values.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Option/ArgList.h"
#include "llvm/Option/OptTable.h"
#include "llvm/Option/Option.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/WithColor.h"

using namespace llvm;
using namespace rondo;
using namespace rondo::tool;
using namespace llvm::opt;

namespace {
enum Flag {
  OPT_INVALID = 0,
#define OPTION(...) LLVM_MAKE_OPT_ID(__VA_ARGS__),
#include "compiler/Tools/rondo/Options.inc"
#undef OPTION
};

#define OPTTABLE_STR_TABLE_CODE
#include "compiler/Tools/rondo/Options.inc"
#undef OPTTABLE_STR_TABLE_CODE
#define OPTTABLE_PREFIXES_TABLE_CODE
#include "compiler/Tools/rondo/Options.inc"
#undef OPTTABLE_PREFIXES_TABLE_CODE
#define OPTTABLE_SUBCOMMAND_IDS_TABLE_CODE
#include "compiler/Tools/rondo/Options.inc"
#undef OPTTABLE_SUBCOMMAND_IDS_TABLE_CODE
#define OPTTABLE_SUBCOMMANDS_CODE
#include "compiler/Tools/rondo/Options.inc"
#undef OPTTABLE_SUBCOMMANDS_CODE

constexpr OptTable::Info infos[] = {
#define OPTION(...) LLVM_CONSTRUCT_OPT_INFO(__VA_ARGS__),
#include "compiler/Tools/rondo/Options.inc"
#undef OPTION
};

class Table : public GenericOptTable {
public:
  Table()
      : GenericOptTable(OptionStrTable, OptionPrefixesTable, infos, /*IgnoreCase=*/false, OptionSubCommands,
                        OptionSubCommandIDsTable) {}

  bool takes(StringRef command, const Arg &arg) const {
    Option option = arg.getOption();
    if (option.getKind() == Option::InputClass)
      return true;
    return isValidForSubCommand(&infos[option.getID() - 1], command);
  }
};

/// Reads the flags of one command. The first mistake counts.
class Reader {
public:
  Reader(const Table &table, StringRef command, ArrayRef<const char *> argv)
      : table(table), command(command) {
    unsigned missing = 0, missingCount = 0;
    args.emplace(table.ParseArgs(argv, missing, missingCount));
    if (missingCount)
      wrong("flag `" + StringRef(argv[missing]) + "` needs a value");
    for (const Arg *arg : *args) {
      unsigned kind = arg->getOption().getKind();
      if (kind == Option::UnknownClass)
        unknown(arg->getAsString(*args));
      else if (!table.takes(command, *arg))
        wrong("`rondo " + command + "` takes no `" + arg->getSpelling() + "`");
      else if (kind != Option::InputClass && arg->getNumValues() && StringRef(arg->getValue()).empty() &&
               !arg->getOption().matches(OPT_given)) // none of them
        wrong("flag `" + arg->getSpelling() + "` needs a value");
    }
  }

  bool has(Flag flag) const { return args->hasArg(flag); }
  std::string text(Flag flag) const { return args->getLastArgValue(flag).str(); }
  std::vector<std::string> all(Flag flag) const { return args->getAllArgValues(flag); }
  std::vector<std::string> inputs() const { return args->getAllArgValues(OPT_INPUT); }

  template <typename T> std::optional<T> number(Flag flag) {
    if (!has(flag))
      return std::nullopt;
    T value;
    if (StringRef(text(flag)).getAsInteger(10, value)) {
      wrong("flag `" + args->getLastArg(flag)->getSpelling() + "` needs a number, not `" + text(flag) + "`");
      return std::nullopt;
    }
    return value;
  }

  /// NAME=VALUE, each.
  std::vector<std::pair<std::string, std::string>> pairs(Flag flag) {
    std::vector<std::pair<std::string, std::string>> found;
    for (const std::string &text : all(flag)) {
      auto [name, value] = StringRef(text).split('=');
      if (name.empty() || value.empty())
        wrong("expected NAME=VALUE, not `" + text + "`");
      else
        found.push_back({name.str(), value.str()});
    }
    return found;
  }

  void wrong(const Twine &message) {
    if (error.empty())
      error = message.str();
  }
  std::string error;

private:
  void unknown(const std::string &flag) {
    std::string nearest;
    unsigned distance = table.findNearest(flag, nearest);
    wrong("unknown flag `" + flag + "`" + (distance <= 2 ? "; did you mean `" + nearest + "`?" : ""));
  }

  const Table &table;
  StringRef command;
  std::optional<InputArgList> args;
};
} // namespace

std::string rondo::tool::forTerminal(StringRef text) {
  std::string clean = text.str();
  for (size_t i = 0; i < clean.size(); ++i) {
    uint8_t c = clean[i];
    bool isC1 = c >= 0x80 && c < 0xa0 && i > 0 && uint8_t(clean[i - 1]) == 0xc2;
    if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7f || isC1)
      clean[i] = '?';
    if (isC1)
      clean[i - 1] = '?';
  }
  return clean;
}

Exit rondo::tool::fail(Exit exit, const Twine &message) {
  errs() << "rondo: error: " << forTerminal(message.str()) << "\n";
  return exit;
}

static void printOverview() {
  outs() << "rondo compiles sequence models ahead of time.\n\nUSAGE: rondo COMMAND [FILE] "
            "[flags]\n\nCOMMANDS:\n";
  for (const OptTable::SubCommand &command : OptionSubCommands)
    outs() << left_justify(Twine("  ").concat(command.Name).str(), 12) << command.HelpText << "\n";
  outs() << "\n`rondo COMMAND --help` lists the flags of a command; `rondo --version` says the version.\n";
}

static void readFrontend(Reader &reader, CommandLine &line) {
  line.frontend.model = reader.text(OPT_model);
  line.frontend.entry = reader.text(OPT_entry);
  line.frontend.set = reader.pairs(OPT_set);
  line.dims = reader.all(OPT_dim);
  for (auto &[name, value] : reader.pairs(OPT_dim)) {
    int64_t size;
    if (StringRef(value).getAsInteger(10, size) || size < 0)
      reader.wrong("`--dim " + name + "=" + value + "`: a size is an integer, at least 0");
    else
      line.frontend.dim.push_back({name, size});
  }
  if (reader.has(OPT_given)) {
    line.frontend.given.emplace();
    for (const std::string &names : reader.all(OPT_given))
      for (StringRef name : split(names, ','))
        if (!name.trim().empty())
          line.frontend.given->push_back(name.trim().str());
  }
}

static void readTarget(Reader &reader, CommandLine &line) {
  unsigned level = 3;
  if (reader.has(OPT_O) && (StringRef(reader.text(OPT_O)).getAsInteger(10, level) || level > 3))
    reader.wrong("`-O" + reader.text(OPT_O) + "`: the levels are 0, 1, 2 and 3");
  line.pipeline.optLevel = line.emit.optLevel = level;
  line.emit.debugInfo = line.pipeline.debugInfo = reader.has(OPT_g);
  line.pipeline.sanitize = reader.has(OPT_sanitize);
  if (SmallString<128> folder; line.pipeline.debugInfo && !sys::fs::current_path(folder))
    line.pipeline.directory = folder.str().str();
  auto targets = resolveTargets(reader.has(OPT_target) ? reader.text(OPT_target) : "host");
  if (!targets)
    return reader.wrong(toString(targets.takeError()));
  line.targets = std::move(*targets);
  line.pipeline.target = line.emit.target = line.targets.front();
}

static void readInspect(Reader &reader, CommandLine &line) {
  line.inspect.dumpPhases = reader.text(OPT_dump_phases);
  line.inspect.printBefore = reader.all(OPT_print_before);
  line.inspect.printAfter = reader.all(OPT_print_after);
  line.inspect.printAfterChange = reader.has(OPT_print_after_change);
  line.inspect.timing = reader.has(OPT_timing);
  line.inspect.explain = line.pipeline.explain = reader.has(OPT_explain);
  std::vector<std::string> passes;
  if (!line.inspect.printBefore.empty() || !line.inspect.printAfter.empty())
    forEachPass(line.pipeline, [&](Phase, StringRef flag) { passes.push_back(flag.str()); });
  for (auto *list : {&line.inspect.printBefore, &line.inspect.printAfter})
    for (const std::string &name : *list)
      if (!is_contained(passes, name))
        reader.wrong("no pass `" + name + "` runs; `rondo passes` lists those that do");
}

/// What to make: as --emit says, else by the output's suffix.
static void readKind(Reader &reader, CommandLine &line) {
  line.output = reader.text(OPT_o);
  line.depfile = reader.text(OPT_depfile);
  if (reader.has(OPT_emit)) {
    line.kind = phaseByName(reader.text(OPT_emit));
    if (!line.kind)
      reader.wrong("cannot emit `" + reader.text(OPT_emit) + "`; `rondo compile --help` lists what there is");
    return;
  }
  StringRef suffix = sys::path::extension(line.output);
  line.kind = StringSwitch<std::optional<Phase>>(suffix)
                  .Case("", Phase::Executable)
                  .Case(".o", Phase::Object)
                  .Case(".so", Phase::Shared)
                  .Case(".a", Phase::Static)
                  .Case(".h", Phase::Header)
                  .Case(".c", Phase::CExample)
                  .Case(".prepared", Phase::Prepared)
                  .Case(".mlir", Phase::Rondo)
                  .Case(".ll", Phase::LLVMIR)
                  .Case(".s", Phase::Assembly)
                  .Default(std::nullopt);
  if (!line.kind)
    reader.wrong("the suffix `" + suffix +
                 "` does not say what to make: none, .o, .so, .a, .h, .c, .mlir, .ll, .s or .prepared do");
}

/// What is of one processor cannot be made for several.
static void checkTargets(Reader &reader, CommandLine &line) {
  if (line.targets.size() == 1 || !line.kind)
    return;
  if ((*line.kind > Phase::Linalg && *line.kind <= Phase::LLVM) || *line.kind == Phase::Prepared)
    reader.wrong("`" + phaseName(*line.kind) + "` is of one processor: give one --target");
  else if (reader.has(OPT_embed_weights))
    reader.wrong("`--embed-weights` puts weights in for one processor: give one --target");
}

static void checkEmbedding(Reader &reader, CommandLine &line) {
  line.embedWeights = reader.has(OPT_embed_weights);
  if (!line.kind)
    return;
  if (line.embedWeights && line.weights.empty())
    reader.wrong("`--embed-weights` embeds the weights of a file: give --weights FILE too");
  else if (line.embedWeights && (*line.kind <= Phase::LLVM || *line.kind == Phase::Prepared))
    reader.wrong("`--embed-weights`: there is no place for weights in `" + phaseName(*line.kind) + "`");
  else if (*line.kind == Phase::Prepared && line.weights.empty())
    reader.wrong("prepared weights are made of weights: give --weights FILE");
  else if (*line.kind == Phase::Prepared && line.output == "-")
    reader.wrong("prepared weights are a file to map, they do not go to stdout: give -o FILE");
}

static void readRun(Reader &reader, CommandLine &line) {
  line.seed = reader.number<uint64_t>(OPT_seed);
  line.inputs = reader.all(OPT_input);
  line.outputFolder = reader.text(OPT_output);
  line.decode = reader.text(OPT_decode);
  line.savePrepared = reader.text(OPT_save_prepared);
  std::optional<uint32_t> runs = reader.number<uint32_t>(OPT_time);
  if (runs && (*runs == 0 || *runs > 10000000))
    reader.wrong("`--time " + std::to_string(*runs) + "`: from 1 to 10000000 calls are timed");
  line.timeRuns = runs.value_or(0);
  line.against = reader.text(OPT_against);
  if (line.command == Command::Verify && line.against.empty())
    reader.wrong("`rondo verify` needs --against, a program in Python or a folder");
  (void)reader.pairs(OPT_input);
}

/// Whether to interpret, and how.
static void readInterpret(Reader &reader, CommandLine &line) {
  line.verifyPhases = reader.has(OPT_verify_each_phase);
  if (!reader.has(OPT_interpret) && !reader.has(OPT_interpret_eq))
    return;
  std::string mode = reader.has(OPT_interpret_eq) ? reader.text(OPT_interpret_eq) : "float64";
  StringRef seed = mode;
  bool perturbs =
      mode == "perturbed" || (seed.consume_front("perturbed:") && !seed.getAsInteger(10, line.perturbSeed));
  if (mode != "float64" && mode != "rounded" && !perturbs)
    reader.wrong("`--interpret=" + mode + "`: the modes are float64, rounded, perturbed and perturbed:SEED");
  else if (!line.savePrepared.empty())
    reader.wrong("`--save-prepared` writes the weights of compiled code: it does not go with `--interpret`");
  line.interpret = perturbs            ? interpreter::Mode::Perturbed
                   : mode == "rounded" ? interpreter::Mode::Rounded
                                       : interpreter::Mode::Float64;
}

/// What stands without a flag: as many as the command takes.
static void readFiles(Reader &reader, StringRef command, CommandLine &line) {
  struct Takes {
    size_t least, most;
    StringRef what;
  };
  auto takes = [&]() -> Takes {
    switch (line.command) {
    case Command::Format:
      return {1, ~size_t(0), "one file or more"};
    case Command::New:
      return {1, 1, "one name"};
    case Command::Ops:
      return {0, 1, "one name at most"};
    case Command::Passes:
      return {0, 0, "no file"};
    default:
      return {1, 1, "one file"};
    }
  }();
  line.files = reader.inputs();
  if (line.files.size() < takes.least || line.files.size() > takes.most)
    reader.wrong("`rondo " + command + "` takes " + takes.what + ", not " + Twine(line.files.size()));
  else if (!line.files.empty())
    line.input = line.files[0];
  line.checkOnly = reader.has(OPT_check);
  line.dialect = reader.has(OPT_dialect);
  line.json = reader.has(OPT_json);
}

std::variant<CommandLine, Exit> rondo::tool::parseCommandLine(int argc, char **argv) {
  if (argc < 2)
    return fail(UsageError, "no command; `rondo --help` lists them");
  StringRef first = argv[1];
  if (first == "--version") {
    outs() << "rondo " RONDO_VERSION "\n";
    return Done;
  }
  if (first == "--help" || first == "-h" || first == "help") {
    printOverview();
    return Done;
  }

  Table table;
  auto *command = llvm::find_if(OptionSubCommands, [&](auto &c) { return first == c.Name; });
  if (command == std::end(OptionSubCommands)) {
    SmallVector<StringRef> names;
    for (const OptTable::SubCommand &known : OptionSubCommands)
      names.push_back(known.Name);
    std::optional<StringRef> near = nearestName(first, names);
    return fail(UsageError,
                "no command `" + first + "`; " +
                    (near ? "did you mean `" + *near + "`?" : Twine("`rondo --help` lists them")));
  }
  Reader reader(table, first, ArrayRef<const char *>(argv + 2, argc - 2));
  if (!reader.error.empty())
    return fail(UsageError, reader.error);
  if (reader.has(OPT_help)) {
    table.printHelp(outs(), command->Usage, ("rondo " + first).str().c_str(), false, false, Visibility(),
                    first);
    return Done;
  }
  if (reader.has(OPT_version)) {
    outs() << "rondo " RONDO_VERSION "\n";
    return Done;
  }

  CommandLine line;
  line.arguments.assign(argv, argv + argc);
  line.command = StringSwitch<Command>(first)
                     .Case("check", Command::Check)
                     .Case("compile", Command::Compile)
                     .Case("run", Command::Run)
                     .Case("verify", Command::Verify)
                     .Case("inspect", Command::Inspect)
                     .Case("fmt", Command::Format)
                     .Case("new", Command::New)
                     .Case("ops", Command::Ops)
                     .Default(Command::Passes);
  readFiles(reader, first, line);
  line.weights = reader.text(OPT_weights);
  readFrontend(reader, line);
  readTarget(reader, line);
  readInspect(reader, line);
  if (line.command == Command::Compile) {
    readKind(reader, line);
    checkEmbedding(reader, line);
    checkTargets(reader, line);
  }
  readRun(reader, line);
  readInterpret(reader, line);
  if (!reader.error.empty())
    return fail(UsageError, reader.error);
  if (reader.has(OPT_stream))
    return fail(UserError, "`--stream` is not supported yet");
  return line;
}
