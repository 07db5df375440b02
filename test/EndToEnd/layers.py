"""A layer that repeats is one function, called with the weights of each: the same numbers, code that does not grow."""

import pathlib
import re
import sys
import tempfile

import numpy
import safetensors.torch
import torch

from harness import Failure, compare, run

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "scripts"))
from sizes import code_and_data

HERE = pathlib.Path(__file__).resolve().parent / "layers"
GROWTH = 1.3  # of the machine code from 6 layers to 24, or from 4 to 12, at most
D, N = 8, 5

ENCODER = """model Net(layers: int = 3, d: int = 32, heads: int = 2, ff: int = 48) {
  encoder as "" = TransformerEncoder(TransformerEncoderLayer(d, heads, ff, batch_first=true), layers)

  def forward(x: f32[B, T, d]) -> f32[B, T, d] {
    return encoder(x)
  }
}
"""


def add_tests(suite, examples, tools, scratch):
    suite.add("layers' code does not grow with their number", flat, tools)
    models = {example.name: example.model for example in examples}
    for name, setting in (("gpt2", "n_layer"), ("llama", "num_hidden_layers"), ("transformer", "layers")):
        suite.add(f"layers' code does not grow with their number where {name} generates", flat_steps, tools,
                  models[name], setting)
    suite.add("layers are one function in every phase", one_function, tools)
    for level in ("-O0", "-O1", "-O3"):
        for flags in ([], ["-g"], ["--dim", "T=3"]):
            suite.add(f"layers of blocks {' '.join([level, *flags])}", blocks, tools, [level, *flags])
    suite.add("layers' checks name their place", checked, tools)
    suite.add("layers' work is counted for each call", counted, tools)


def flat(tools):
    with tempfile.TemporaryDirectory() as folder:
        model = pathlib.Path(folder) / "net.rondo"
        model.write_text(ENCODER)
        sizes = {}
        for layers in (6, 24):
            run(tools / "rondo", "compile", model, "--set", f"layers={layers}", "-o", model.with_suffix(".o"))
            sizes[layers], _ = code_and_data(model.with_suffix(".o"))
    if sizes[24] > GROWTH * sizes[6]:
        raise Failure(f"{sizes[6]} bytes of code for 6 layers, {sizes[24]} for 24")


def flat_steps(tools, model, setting):
    sizes = {}
    for layers in (4, 12):
        with tempfile.TemporaryDirectory() as folder:
            made = pathlib.Path(folder) / "model.o"
            run(tools / "rondo", "compile", model, "--set", f"{setting}={layers}", "-o", made)
            sizes[layers], _ = code_and_data(made)
    if sizes[12] > GROWTH * sizes[4]:
        raise Failure(f"{sizes[4]} bytes of code for 4 layers that generate, {sizes[12]} for 12")


def one_function(tools):
    with tempfile.TemporaryDirectory() as folder:
        source = model = pathlib.Path(folder) / "net.rondo"
        model.write_text(ENCODER)
        for phase in ("graph", "linalg", "kernels", "buffers", "llvm"):
            text = model.with_name(f"{phase}.mlir")
            run(tools / "rondo", "compile", source, f"--emit={phase}", "-o", text)
            source = text  # from phase to phase by their texts
            names = re.findall(r"@(?:Net\.)?(TransformerEncoderLayer\.forward)\(", text.read_text())
            if len(names) != 4:  # its own, and three calls
                raise Failure(f"in the phase {phase} the layer is found {len(names)} times, not 4")


class Block(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b, self.c, self.e = (torch.nn.Linear(D, D) for _ in range(4))
        self.emb = torch.nn.Embedding(N, D)
        self.scale = torch.nn.Parameter(torch.randn(D))

    def forward(self, x, i, shared):
        y = torch.tanh(self.a(x)) + self.emb(i)
        z = self.b(y) * torch.nn.functional.softplus(self.scale) + shared
        v = self.c(z) + self.e(x)
        return v, v.mean(-1)


class Pair(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.second = Block(), Block()
        self.shared = torch.nn.Parameter(torch.randn(D))

    def forward(self, x, i):
        y, s = self.first(x, i, self.shared)
        z, t = self.second(y, i, self.shared)
        return torch.tanh(z + s[:, None] * t[:, None])


class Blocks(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.pairs = torch.nn.ModuleList([Pair() for _ in range(3)])
        self.one = Block()
        self.shared = torch.nn.Parameter(torch.randn(D))

    def forward(self, x, i):
        for pair in self.pairs:
            x = pair(x, i)
        for _ in range(2):
            x, _ = self.one(x, i, self.shared)
        return [x]

    def parts(self, x, i):
        a, _ = self.one(x[:, :D], i, self.shared)
        b, s = self.one(x[:, D:], i, self.shared)
        return [torch.cat([a, b], 1), s]


def blocks(tools, flags):
    torch.manual_seed(0)
    model = Blocks()
    with tempfile.TemporaryDirectory() as folder:
        directory = pathlib.Path(folder)
        program = compiled(tools, directory, model, flags)
        for entry, width in (("forward", D), ("parts", 2 * D)):
            for length in (3,) if "--dim" in flags else (3, 1, 0, 70):
                x, i = torch.randn(length, width), torch.randint(N, (length,))
                case = directory / f"{entry}{length}"
                case.mkdir()
                results = getattr(model.double(), entry)(x.double(), i)
                for number, result in enumerate(results):
                    numpy.save(case / f"expected_{number}.npy", result.detach().numpy())
                call(program, case, entry, x, i)
                compare(case / "out", case)


def compiled(tools, directory, model, flags):
    safetensors.torch.save_file(model.state_dict(), directory / "weights.safetensors")
    run(tools / "rondo", "compile", HERE / "blocks.rondo", *flags, "-o", directory / "blocks")
    return directory / "blocks"


def call(program, case, entry, x, i):
    numpy.save(case / "x.npy", x.numpy())
    numpy.save(case / "i.npy", i.numpy())
    run(program, "--entry", entry, "--weights", program.with_name("weights.safetensors"), "--input",
        f"x={case / 'x.npy'}", "--input", f"i={case / 'i.npy'}", "--output", case / "out")


def checked(tools):
    """An index out of range, in a layer of a layer: the entry point's status says it."""
    torch.manual_seed(0)
    with tempfile.TemporaryDirectory() as folder:
        directory = pathlib.Path(folder)
        program = compiled(tools, directory, Blocks(), [])
        try:
            call(program, directory, "forward", torch.randn(2, D), torch.tensor([1, N]))
        except Failure as failure:
            if not re.search(r"blocks\.rondo:\d+:\d+: .*index", str(failure)):
                raise
        else:
            raise Failure("an index out of range is not found")


def counted(tools):
    """Products: two for each element of the weight, in each row; 4 in a block, 8 blocks."""
    shown = run(tools / "rondo", "inspect", HERE / "blocks.rondo")
    if f"products     {8 * 4 * 2 * D * D}*T operations" not in shown.replace(" * T", "*T"):
        raise Failure(f"the products are counted otherwise:\n{shown}")
