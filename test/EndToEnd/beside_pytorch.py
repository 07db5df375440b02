"""Tables that put PyTorch and rondo side by side (pages.py): every row is evaluated by both.

INPUTS are `name = f32[3, 4]` (drawn: normal floats, integers of 0 to 2) or `name = f32 [1.5, nan]` with semicolons
between. What something gives is values, `error` if it raises (PyTorch), `refused` if it does not compile, or `stops` if
the call fails.
"""

import json
import re
import subprocess

import numpy
import torch

from harness import TOLERANCE, Failure, difference, run

TORCH = {"f32": torch.float32, "f64": torch.float64, "f16": torch.float16, "bf16": torch.bfloat16,
         "i64": torch.int64, "i32": torch.int32, "i8": torch.int8, "u8": torch.uint8, "bool": torch.bool}
NAMES = {str(dtype): name for name, dtype in TORCH.items()}


def inputs(text):
    """name -> tensor"""
    made = {}
    generator = torch.Generator().manual_seed(0)
    for part in filter(None, (part.strip() for part in text.split(";"))):
        name, dtype, rest = re.fullmatch(r"(\w+) = (\w+) ?(.*)", part).groups()
        if f"{dtype}[" in part:
            shape = json.loads(rest)
            drawn = (torch.randn(shape, generator=generator) if TORCH[dtype].is_floating_point
                     else torch.randint(0, 2 if dtype == "bool" else 3, shape, generator=generator))
            made[name] = drawn.to(TORCH[dtype])
        else:
            made[name] = torch.tensor(values(rest)).to(TORCH[dtype])
    return made


def values(text):
    return json.loads(re.sub(r"\bnan\b", "NaN", re.sub(r"\binf\b", "Infinity", text)))


def spelled(tensor):
    return f"{NAMES[str(tensor.dtype)]}{list(tensor.shape)}"


def code(cell):
    return re.fullmatch(r"`(.*)`", cell)[1]


def in_pytorch(expression, given):
    names = {"torch": torch, "F": torch.nn.functional, "nn": torch.nn, **given}
    results = eval(expression, names)  # our own page
    if isinstance(results, (bool, int, float)):
        results = torch.tensor(results)
    return list(results) if isinstance(results, (tuple, list)) else [results]


class Rows:
    """The expressions of a table as entry points of one program."""

    def __init__(self, tools, folder, given):
        self.tools, self.folder, self.given = tools, folder, given
        folder.mkdir(parents=True)
        self.flags = []
        for name, tensor in given.items():
            numpy.save(folder / f"{name}.npy", tensor.numpy())
            self.flags += ["--input", f"{name}={folder / f'{name}.npy'}"]
        self.arguments = ", ".join(f"{name}: {spelled(tensor)}" for name, tensor in given.items())
        self.text = ""

    def define(self, number, expression, results):
        types = ", ".join(map(spelled, results))
        return f"def row{number}({self.arguments}) -> {types} {{\n  return {expression}\n}}\n"

    def add(self, number, expression, results):
        self.text += self.define(number, expression, results)

    def compile(self):
        (self.folder / "rows.rondo").write_text(self.text)
        if self.text:
            run(self.tools / "rondo", "compile", "-O0", self.folder / "rows.rondo", "-o", self.folder / "rows")

    def call(self, number, count):
        """The results, or None if the call fails."""
        output = self.folder / str(number)
        done = subprocess.run([self.folder / "rows", "--entry", f"row{number}", "--output", output, *self.flags],
                              capture_output=True, text=True)
        if done.returncode == 1:
            return None
        if done.returncode:
            raise Failure(done.stderr)
        return [numpy.load(output / f"{i}.npy") for i in range(count)]


def compare(what, got, want):
    for one, other in zip(got, want, strict=True):
        fault = difference(one, other, TOLERANCE.get(str(one.dtype), 0.0))
        if fault:
            raise Failure(f"{what}: {fault}\n{one}\n{other}")


def check(tools, folder, table):
    kind = "same" if "same" in table.comments else "differ"
    given = inputs(table.comments[kind])
    rows = Rows(tools, folder, given)
    (same if kind == "same" else differ)(rows, given, table.rows())


def same(rows, given, table):
    wanted = [in_pytorch(code(row[0]), given) for row in table]
    for number, (row, want) in enumerate(zip(table, wanted)):
        rows.add(number, code(row[1]), want)
    rows.compile()
    for number, (row, want) in enumerate(zip(table, wanted)):
        got = rows.call(number, len(want))
        if got is None:
            raise Failure(f"{row[1]}: the call fails")
        compare(row[1], got, [tensor.detach().numpy() for tensor in want])


def differ(rows, given, table):
    calls = {}  # number of a row -> what the call gives
    for number, (pytorch, gives, rondo, here) in enumerate(row[:4] for row in table):
        try:
            results = in_pytorch(code(pytorch), given)
        except Exception:
            results = "error"
        if gives == "error" or results == "error":
            if gives != results:
                raise Failure(f"{pytorch} gives {results}")
        else:
            want = [tensor.to(result.dtype) for tensor, result in zip(shown(gives), results, strict=True)]
            compare(pytorch, [tensor.numpy() for tensor in results], [tensor.numpy() for tensor in want])
        if here == "refused":
            path = rows.folder / f"{number}.rondo"
            path.write_text(f"def row({rows.arguments}) -> i64 {{\n  y = {code(rondo)}\n  return 0\n}}\n")
            done = subprocess.run([rows.tools / "rondo", "check", path], capture_output=True, text=True)
            if done.returncode != 1:
                raise Failure(f"{rondo} is not refused")
            continue
        calls[number] = here
        stops = here == "stops"
        rows.add(number, f"i64(sum({code(rondo)}))" if stops else code(rondo), shown(here))
    rows.compile()
    for number, here in calls.items():
        got = rows.call(number, len(shown(here)))
        if (got is None) != (here == "stops"):
            raise Failure(f"{table[number][2]}: {here} is expected, got {got}")
        if got is not None:
            compare(table[number][2], got, [tensor.numpy() for tensor in shown(here)])


def shown(gives):
    """The values that a cell shows, as tensors; a call that stops is declared to give one i64."""
    if gives == "stops":
        return [torch.tensor(0)]
    return [torch.tensor(values(part)) for part in re.findall(r"`([^`]*)`", gives)]
