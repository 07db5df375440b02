// `rondo new`: a folder with a first model.
#include "compiler/Emit/Files.h"
#include "compiler/Tools/rondo/Commands.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/Path.h"

using namespace rondo;
using namespace rondo::tool;
using llvm::StringRef;

// {0}: the name of the model.
static constexpr StringRef program =
    R"(## A cell of your own: a gate decides how much of the state is replaced.
model Cell(features: int, hidden: int) {{
  w = Linear(features, 2 * hidden)
  u = Linear(hidden, 2 * hidden, bias=false)

  def forward(x, h) {{
    gate, value = chunk(w(x) + u(h), 2, dim=-1)
    z = sigmoid(gate)
    return (1 - z) * h + z * tanh(value)
  }
}

## Reads numbers step by step and tells, after each step, what comes next.
model {0}(features: int = 3, hidden: int = 16) {{
  cell = Cell(features, hidden)
  out  = Linear(hidden, features)

  ## B sequences of T steps each; both are known only when it is called.
  def forward(xs: f32[T, B, features]) -> f32[T, B, features] {{
    hs, _ = scan x in xs with h = zeros(B, hidden) {{
      h = cell(x, h)
      yield h
    }
    return out(hs)
  }
}
)";

// {0}: the name of the folder.
static constexpr StringRef readme = R"(# {0}

    rondo check model.rondo                                   # looks for mistakes
    rondo run model.rondo --seed 0 --dim T=4 --dim B=1        # compiles it, calls it
    rondo compile model.rondo -o {0}.so                       # makes a library; with -o {0}.h its interface

`--seed` draws weights and inputs. `reference.py` is the same model in PyTorch; it saves weights, an input and what
has to come out in a folder, and `rondo verify` compares:

    rondo verify model.rondo --against reference.py
    python3 reference.py && rondo run model.rondo --weights weights.safetensors --input xs=xs.npy
)";

// {0}: the name of the model.
static constexpr StringRef reference =
    R"python("""The same model in PyTorch: saves weights, an input and the result that rondo has to give.

rondo verify model.rondo --against reference.py
python3 reference.py && rondo run model.rondo --weights weights.safetensors --input xs=xs.npy
"""
import argparse
import timeit

import numpy as np
import torch
from safetensors.torch import save_file


class Cell(torch.nn.Module):
    def __init__(self, features, hidden):
        super().__init__()
        self.w = torch.nn.Linear(features, 2 * hidden)
        self.u = torch.nn.Linear(hidden, 2 * hidden, bias=False)

    def forward(self, x, h):
        gate, value = (self.w(x) + self.u(h)).chunk(2, dim=-1)
        z = torch.sigmoid(gate)
        return (1 - z) * h + z * torch.tanh(value)


class {0}(torch.nn.Module):
    def __init__(self, features=3, hidden=16):
        super().__init__()
        self.cell = Cell(features, hidden)
        self.out = torch.nn.Linear(hidden, features)
        self.hidden = hidden

    def forward(self, xs):
        h, hs = torch.zeros(xs.shape[1], self.hidden), []
        for x in xs:
            h = self.cell(x, h)
            hs.append(h)
        return self.out(torch.stack(hs))


def binding(text):
    name, _, value = text.partition("=")
    return name, int(value)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", nargs="?", default=".")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--set", type=binding, action="append", default=[])
    parser.add_argument("--dim", type=binding, action="append", default=[("T", 4), ("B", 1)])
    parser.add_argument("--time", type=int, default=0)
    options = parser.parse_args()
    folder, sizes = options.folder, dict(options.dim)
    torch.manual_seed(options.seed)
    model = {0}(**dict(options.set))
    xs = torch.randn(sizes["T"], sizes["B"], model.out.out_features)
    save_file(model.state_dict(), folder + "/weights.safetensors")
    np.save(folder + "/xs.npy", xs.numpy())
    with torch.no_grad():
        np.save(folder + "/expected_0.npy", model(xs).numpy())
        if options.time:
            runs = np.array(timeit.repeat(lambda: model(xs), number=1, repeat=options.time)) * 1e6
            median, p95 = np.percentile(runs, [50, 95])
            print(f"time: median {{median:.2f} min {{runs.min():.2f} p95 {{p95:.2f} ({{len(runs)} runs)")
)python";

/// `my_model` -> `MyModel`
static std::string modelName(StringRef name) {
  std::string result;
  bool starts = true;
  for (char c : name) {
    if (c == '_' || c == '-') {
      starts = true;
      continue;
    }
    result += starts ? llvm::toUpper(c) : c;
    starts = false;
  }
  return result == "Cell" ? "CellModel" : result;
}

Exit rondo::tool::makeProject(const CommandLine &line) {
  StringRef path = line.input;
  path = path.rtrim('/');
  StringRef name = llvm::sys::path::filename(path);
  bool isName = !name.empty() && llvm::isAlpha(name.front()) &&
                llvm::all_of(name, [](char c) { return llvm::isAlnum(c) || c == '_' || c == '-'; });
  if (!isName)
    return fail(UserError,
                "`" + line.input + "` is no name of a project: a letter, then letters, digits, `_`, `-`");
  if (llvm::sys::fs::exists(path))
    return fail(UserError, path + " exists; nothing was changed");
  if (std::error_code error = llvm::sys::fs::create_directory(path, /*IgnoreExisting=*/false))
    return fail(UserError, "cannot make the folder " + path + ": " + error.message());

  std::string model = modelName(name);
  std::pair<StringRef, std::string> files[] = {
      {"model.rondo", llvm::formatv(program.data(), model)},
      {"README.md", llvm::formatv(readme.data(), name)},
      {"reference.py", llvm::formatv(reference.data(), model)},
  };
  for (const auto &[file, text] : files)
    if (llvm::Error error = writeFile((path + "/" + file).str(), text))
      return fail(UserError, toString(std::move(error)));
  llvm::outs() << "made " << path << "/model.rondo, README.md, reference.py; next:\n\n  cd " << path
               << "\n  rondo check model.rondo\n  rondo run model.rondo --seed 0 --dim T=4 --dim B=1\n";
  return Done;
}
