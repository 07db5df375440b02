"""Every function of the language against PyTorch: ranks, sizes, element types, at -O0 and -O3, sizes fixed and open.

function_cases.py has the cases. Many cases are compiled together, each an entry point of its own; a run of the binary
is one case. `make check` takes a sample that holds every function with every element type, rank and size that it has
in the table; `run.py --only "function " --all` takes everything, which needs half an hour.
"""

import collections
import itertools
import re
import tempfile
import zlib

import numpy
import torch

from function_cases import all_cases
from function_table import DTYPES
from harness import TOLERANCE, Failure, Once, run

VARIANTS = [(level, sizes) for level in ("-O0", "-O3") for sizes in ("fixed", "open")]
TOGETHER = 40  # cases in a binary

# By the element type as the language names it: npy has no bf16, whose results travel as float32.
ALLOWED = {"f64": TOLERANCE["float64"], "f32": TOLERANCE["float32"], "f16": TOLERANCE["float16"],
           "bf16": TOLERANCE["bfloat16"]}

every = False  # every case of the table in every variant, not a sample


def add_tests(suite, examples, tools, scratch):
    cases = all_cases()
    chosen = collections.defaultdict(list)  # variant -> cases
    for function, own in by_function(cases).items():
        for number, case in enumerate(own if every else sample(own)):
            for variant in possible(case) if every else [pick(case, number)]:
                chosen[variant].append(case)
    runs = collections.defaultdict(list)  # function -> (binary, case)
    for variant, own in chosen.items():
        for first in range(0, len(own), TOGETHER):
            part = own[first : first + TOGETHER]
            folder = scratch / f"functions{variant[0]}-{variant[1]}-{first}"
            binary = Once(compile_together, tools, variant, part, folder)
            for number, case in enumerate(part):
                runs[case.function].append((binary, variant, number, case))
    for function, own in sorted(runs.items()):
        suite.add(f"function {function}", agree, own)


def by_function(cases):
    groups = collections.defaultdict(list)
    for case in cases:
        groups[case.function].append(case)
    return groups


def possible(case):
    return [variant for variant in VARIANTS if variant[1] == "fixed" or case.opens]


def pick(case, number):
    """One of the variants, in turn, begun by the function's name."""
    variants = possible(case)
    return variants[(number + zlib.crc32(case.function.encode())) % len(variants)]


def sample(cases):
    """As few cases as a greedy choice finds that have, together, all traits that the cases have."""
    left = set().union(*(case.traits() for case in cases))
    chosen = []
    while left:
        best = max(cases, key=lambda case: len(case.traits() & left))
        chosen.append(best)
        left -= best.traits()
    return chosen


def compile_together(tools, variant, cases, folder):
    """Compiles the cases as the entry points case0, case1, ..."""
    folder.mkdir(parents=True)
    source = folder / "functions.rondo"
    source.write_text("".join(definition(f"case{i}", case, variant[1] == "open") for i, case in enumerate(cases)))
    binary = folder / "functions"
    run(tools / "rondo", "compile", source, "-o", binary, variant[0])
    return binary


def definition(name, case, is_open):
    """The case as an entry point. Open sizes are dimension variables, one for each size."""
    variables = {n for _, value in case.inputs.values() for n in value.shape if n not in case.constants}
    sized = lambda n: f"N{n}" if is_open and n in variables else str(n)
    number = itertools.count()
    arguments = ", ".join(
        f"{key}: {annotated(kind, map(sized, value.shape))}" for key, (kind, value) in case.inputs.items()
    )
    results = ", ".join(
        annotated(kind, [f"R{next(number)}" if is_open else str(n) for n in value.shape])
        for kind, value in case.results
    )
    text = re.sub(r"\{(\d+)\}", lambda match: sized(int(match[1])), case.text)
    lines = text.strip().split("\n")
    lines[-1] = "return " + lines[-1].strip()
    return f"# {case}\ndef {name}({arguments}) -> {results} {{\n" + "".join(f"  {line}\n" for line in lines) + "}\n"


def annotated(kind, sizes):
    return f"{kind}[{', '.join(sizes)}]"


def agree(runs):
    faults = []
    for binary, variant, number, case in runs:
        try:
            agrees(binary.get(), number, case)
        except Failure as fault:
            faults.append(f"{case}, {' '.join(variant)}: {fault}")
    if faults:
        raise Failure("\n".join(faults[:20]) + (f"\n... {len(faults)} in all" if len(faults) > 20 else ""))


def agrees(binary, number, case):
    with tempfile.TemporaryDirectory() as folder:
        flags = []
        for key, (kind, value) in case.inputs.items():
            numpy.save(f"{folder}/{key}.npy", stored(value))
            flags += ["--input", f"{key}={folder}/{key}.npy"]
        run(binary, "--entry", f"case{number}", *flags, "--output", f"{folder}/got")
        for i, (kind, want) in enumerate(case.results):
            compare(numpy.load(f"{folder}/got/{i}.npy"), kind, want, i)


def stored(value):
    """As npy has it: without bf16."""
    return (value.float() if value.dtype == torch.bfloat16 else value).numpy()


def compare(got, kind, want, i):
    if got.dtype != stored(torch.empty(0, dtype=DTYPES[kind])).dtype:
        raise Failure(f"result {i} has elements of type {got.dtype}, expected {kind}")
    want = want.numpy()
    if got.shape != want.shape:
        raise Failure(f"result {i} has shape {got.shape}, expected {want.shape}")
    if kind not in ALLOWED:
        if not numpy.array_equal(got, want):
            raise Failure(f"result {i} is {shown(got)}, expected {shown(want)}")
        return
    got = got.astype(numpy.float64)
    finite = numpy.isfinite(want)
    if not numpy.array_equal(got[~finite], want[~finite], equal_nan=True) or not numpy.isfinite(got[finite]).all():
        raise Failure(f"result {i} is {shown(got)}, expected {shown(want)}")
    if finite.any():
        error = numpy.abs(got[finite] - want[finite]).max() / (numpy.abs(want[finite]).max() or 1.0)
        if not error <= ALLOWED[kind]:
            raise Failure(f"result {i}: relative error {error:.3g}: is {shown(got)}, expected {shown(want)}")


def shown(array):
    return numpy.array2string(array.ravel()[:8], precision=7, max_line_width=400)
