// `rondo verify`: a model's results beside those of a reference, and the times of both.
//
// A case is a folder with NAME.npy for each input, weights.safetensors unless the model has no weights, and
// expected_I.npy (or I.npy, as `rondo run --output` writes it) for result I. A program in Python makes one
// when it is run as `python3 reference.py FOLDER`, with the --seed, --dim, --set and --time that were given
// here; what it says of times is `time: median M min L p95 P ...` in microseconds, on stdout.
#include "compiler/Emit/Files.h"
#include "compiler/Tools/rondo/Arrays.h"
#include "compiler/Tools/rondo/Commands.h"
#include "compiler/Tools/rondo/LoadedModel.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"
#include <cmath>

using namespace rondo;
using namespace rondo::tool;
using llvm::SmallString;
using llvm::StringRef;
namespace fs = llvm::sys::fs;

//===----------------------------------------------------------------------===//
// The case
//===----------------------------------------------------------------------===//

/// The words after `time:`, as the runtime's driver and examples/case.py print them.
static std::optional<rondo_times> timesIn(StringRef text) {
  std::optional<rondo_times> found;
  for (StringRef line : llvm::split(text, '\n')) {
    llvm::SmallVector<StringRef> words;
    line.split(words, ' ', -1, /*KeepEmpty=*/false);
    rondo_times times;
    if (words.size() >= 7 && words[0] == "time:" && words[1] == "median" && words[3] == "min" &&
        words[5] == "p95" && !words[2].getAsDouble(times.median) && !words[4].getAsDouble(times.least) &&
        !words[6].getAsDouble(times.p95))
      found = times;
  }
  return found;
}

/// Runs the reference, which fills `folder`. What else it says goes to stderr.
static Exit runReference(const CommandLine &line, StringRef folder, std::optional<rondo_times> &times) {
  auto python = llvm::sys::findProgramByName("python3");
  if (!python)
    return fail(UserError, "cannot run " + line.against + ": found no python3 in PATH");
  std::vector<std::string> words = {*python, line.against, folder.str()};
  if (line.seed)
    words.insert(words.end(), {"--seed", std::to_string(*line.seed)});
  for (const std::string &dim : line.dims)
    words.insert(words.end(), {"--dim", dim});
  for (const auto &[name, value] : line.frontend.set)
    words.insert(words.end(), {"--set", name + "=" + value});
  if (line.timeRuns)
    words.insert(words.end(), {"--time", std::to_string(line.timeRuns)});

  auto said = TemporaryFile::create("txt");
  if (!said)
    return fail(UserError, toString(said.takeError()));
  std::vector<StringRef> args(words.begin(), words.end());
  std::optional<StringRef> redirects[] = {StringRef(""), said->getPath(), std::nullopt};
  std::string problem;
  int code = llvm::sys::ExecuteAndWait(*python, args, std::nullopt, redirects, 0, 0, &problem);
  if (auto text = llvm::MemoryBuffer::getFile(said->getPath())) {
    times = timesIn((*text)->getBuffer());
    for (StringRef part : llvm::split((*text)->getBuffer(), '\n'))
      if (!part.starts_with("time:") && !part.empty())
        llvm::errs() << part << "\n";
  }
  if (code == 0)
    return Done;
  return fail(UserError, line.against + " failed" +
                             (code > 0 ? " with exit code " + std::to_string(code) : ": " + problem));
}

static bool isNumber(StringRef text) {
  return !text.empty() && llvm::all_of(text, [](char c) { return llvm::isDigit(c); });
}

/// `--input` for a file of the case: a number is told as one, so that it may be a size.
static Exit inputOf(StringRef name, const std::string &path, std::string &flag) {
  flag = (name + "=" + path).str();
  Array array;
  if (Exit exit = array.read(path))
    return exit;
  if (array.rank == 0 && !array.isFloat() && array.dtype != RONDO_BOOL)
    flag = (name + "=" + std::to_string(array.integer(0))).str();
  return Done;
}

/// Adds what the folder holds to what the line says, which comes first.
static Exit readCase(StringRef folder, CommandLine &line, std::vector<std::string> &expected) {
  std::error_code error;
  std::vector<std::string> inputs;
  for (fs::directory_iterator it(folder, error), end; it != end && !error; it.increment(error)) {
    StringRef path = it->path(), name = llvm::sys::path::filename(path);
    if (name == "weights.safetensors" && line.weights.empty())
      line.weights = path.str();
    if (!name.consume_back(".npy") || isNumber(name) ||
        (name.starts_with("expected_") && isNumber(name.substr(9))))
      continue;
    bool given = llvm::any_of(
        line.inputs, [&](const std::string &input) { return StringRef(input).split('=').first == name; });
    std::string flag;
    if (given)
      continue;
    if (Exit exit = inputOf(name, path.str(), flag))
      return exit;
    inputs.push_back(flag);
  }
  if (error)
    return fail(UserError, "cannot read the folder " + folder + ": " + error.message());
  llvm::sort(inputs);
  line.inputs.insert(line.inputs.end(), inputs.begin(), inputs.end());
  for (bool more = true; more;) {
    more = false;
    for (StringRef prefix : {"expected_", ""}) {
      std::string path = llvm::formatv("{0}/{1}{2}.npy", folder, prefix, expected.size());
      if (more || !fs::exists(path))
        continue;
      expected.push_back(path);
      more = true;
    }
  }
  if (expected.empty())
    return fail(UserError, folder + " holds no result: neither expected_0.npy nor 0.npy");
  return Done;
}

//===----------------------------------------------------------------------===//
// The table
//===----------------------------------------------------------------------===//

namespace {
struct Row {
  std::string result;
  Comparison found;
  double tolerance;
  std::string worst;

  bool agrees() const { return found.different.empty() && worst.empty(); }
};
} // namespace

static void printRows(llvm::ArrayRef<Row> rows, llvm::raw_ostream &os) {
  size_t width = strlen("result");
  for (const Row &row : rows)
    width = std::max(width, row.result.size());
  auto cells = [&](StringRef result, StringRef absolute, StringRef relative, StringRef tolerance) {
    os << llvm::left_justify(result, width) << llvm::right_justify(absolute, 16)
       << llvm::right_justify(relative, 16) << llvm::right_justify(tolerance, 11);
  };
  cells("result", "absolute error", "relative error", "tolerance");
  os << "\n";
  for (const Row &row : rows) {
    bool known = row.found.different.empty();
    cells(row.result, known ? number(row.found.absolute, "%.2e") : "-",
          known ? number(row.found.relative, "%.2e") : "-", number(row.tolerance, "%g"));
    os << (row.agrees() ? "  agrees" : "  differs, ") << (known ? row.worst : row.found.different) << "\n";
  }
}

static void printTimes(uint32_t runs, const rondo_times &ours, const std::optional<rondo_times> &theirs,
                       llvm::raw_ostream &os) {
  auto print = [&](StringRef who, const rondo_times &times) {
    os << llvm::formatv("{0,-12}{1,12:f2}{2,12:f2}{3,12:f2}\n", who, times.median, times.least, times.p95);
  };
  os << "\nmicroseconds, " << runs << " calls\n"
     << llvm::formatv("{0,-12}{1,12}{2,12}{3,12}\n", "", "median", "min", "p95");
  print("rondo", ours);
  if (!theirs)
    return;
  print("reference", *theirs);
  os << llvm::formatv("{0,-12}{1,12:f2}{2,12:f2}{3,12:f2}\n", "ratio", theirs->median / ours.median,
                      theirs->least / ours.least, theirs->p95 / ours.p95);
}

/// Compares all results with those that are expected. `results` is the folder of what the model gave.
static Exit compareAll(const rondo_entry &entry, const std::vector<std::string> &expected, StringRef results,
                       std::vector<Row> &rows) {
  for (uint32_t i = 0; i < entry.num_results; ++i) {
    Array got, want;
    if (Exit exit = got.read(llvm::formatv("{0}/{1}.npy", results, i).str()))
      return exit;
    uint32_t dtype = entry.results[i].dtype; // npy has no bf16
    Row row{std::to_string(i) + ": " + typeOf(dtype, got.sizes()), {}, toleranceOf(dtype), ""};
    if (i >= expected.size()) {
      row.found.different = "there is no expected_" + std::to_string(i) + ".npy";
    } else {
      if (Exit exit = want.read(expected[i]))
        return exit;
      row.found = compare(got, want);
      if (row.found.different.empty() && (row.found.unequal || !(row.found.relative <= row.tolerance)))
        row.worst = worstOf(got, want, row.found);
    }
    rows.push_back(row);
  }
  return Done;
}

Exit rondo::tool::verify(const CommandLine &given) {
  CommandLine line = given;
  SmallString<128> scratch;
  if (std::error_code error = fs::createUniqueDirectory("rondo-verify", scratch))
    return fail(UserError, "cannot make a temporary folder: " + error.message());
  llvm::scope_exit remove([&] { fs::remove_directories(scratch); });

  bool isFolder = fs::is_directory(line.against);
  if (!isFolder && !fs::exists(line.against))
    return fail(UserError, "cannot read " + line.against + ": no such file or folder");
  std::string folder = isFolder ? line.against : (scratch + "/case").str();
  std::optional<rondo_times> theirs;
  if (!isFolder) {
    if (std::error_code error = fs::create_directory(folder))
      return fail(UserError, "cannot make the folder " + folder + ": " + error.message());
    if (Exit exit = runReference(line, folder, theirs))
      return exit;
  }
  std::vector<std::string> expected;
  if (Exit exit = readCase(folder, line, expected))
    return exit;

  line = givenByInputs(line);
  line.outputFolder = (scratch + "/results").str();
  LoadedModel model;
  if (Exit exit = model.load(line))
    return exit;
  rondo_times ours;
  if (Exit exit = model.call(line, &ours))
    return exit;

  StringRef name = line.frontend.entry.empty() ? StringRef("forward") : StringRef(line.frontend.entry);
  const rondo_entry *entry = rondo_find_entry(model.get(), name.str().c_str());
  if (!entry) // the driver took the only one
    entry = &model.get()->entries[0];
  std::vector<Row> rows;
  if (Exit exit = compareAll(*entry, expected, line.outputFolder, rows))
    return exit;
  printRows(rows, llvm::outs());
  if (line.timeRuns)
    printTimes(line.timeRuns, ours, theirs, llvm::outs());
  llvm::outs().flush();
  size_t wrong = llvm::count_if(rows, [](const Row &row) { return !row.agrees(); });
  if (wrong)
    return fail(UserError, llvm::Twine(wrong) + " of " + llvm::Twine(rows.size()) + " results differ");
  if (expected.size() > rows.size())
    return fail(UserError, "there are " + llvm::Twine(expected.size()) +
                               " expected results, the model gives " + llvm::Twine(rows.size()));
  return Done;
}
