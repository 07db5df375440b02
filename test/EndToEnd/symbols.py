"""No function of the language, of any element type, needs a library: only what moves memory, on every target.

`make check` leaves out what differs little from the others; `run.py --only "need no symbols" --all` takes all.
"""

import collections

from artefacts import SYMBOLS, undefined_symbols
from function_cases import all_cases
from function_table import ALL, FLOATS
from functions import definition
from harness import Failure, Once, run
from targets import LINKERS

# A level for each target but this machine's, which has two.
TARGETS = {"-O1": ["host", "riscv64"], "-O2": ["wasm32"], "-O3": ["host", "x86-64"]}
KINDS = {"host": FLOATS, "riscv64": ["f64", "f16", "i64"], "wasm32": ["f64", "f16", "i64"], "x86-64": ["f64", "f16"]}

every = False


def add_tests(suite, examples, tools, scratch):
    cases = Once(all_functions)
    for level, targets in TARGETS.items():
        for target in targets:
            for kind in ALL if every else KINDS[target]:
                folder = scratch / "symbols" / f"{kind}{level}-{target}"
                suite.add(f"functions of {kind} need no symbols on {target} {level}", needs, tools, cases, kind, level,
                          target, folder)


def all_functions():
    """For each element type the first case of each function in which a tensor of several elements has it."""
    found = collections.defaultdict(dict)
    for case in all_cases():
        for kind, value in case.inputs.values():
            if value.numel() > 1:
                found[kind].setdefault(case.function, case)
    return found


def needs(tools, cases, kind, level, target, folder):
    folder.mkdir(parents=True)
    source, output = folder / "functions.rondo", folder / "functions.o"
    found = cases.get()[kind].values()
    source.write_text("".join(definition(f"case{i}", case, False) for i, case in enumerate(found)))
    run(tools / "rondo", "compile", source, "--emit=obj", level, "--target", target, "-o", output)
    needed = undefined_symbols(output) - SYMBOLS - LINKERS
    if needed:
        raise Failure(f"the object needs {', '.join(sorted(needed))}")
