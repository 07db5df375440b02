"""Computes programs in several ways and says which differ."""

import pathlib
import re
import tempfile
import traceback

import inputs
import judge
import ways
from generator import program_of
from interpreting import Interpreter

SETS = 3  # of sizes for code with open ones
REDRAWN = 3  # a difference of numbers must show with one of so many other draws of the data

# By name, the flags, and whether sizes are fixed.
WAYS = {"-O0": (["-O0"], False), "-O3": (["-O3"], False), "-O3 fixed": (["-O3"], True),
        "-O3 --sanitize": (["-O3", "--sanitize"], False)}
INTERPRETER = "interpreter"
ROUNDINGS = ["rounded", "perturbed:1", "perturbed:2", "perturbed:3"]  # the interpreter's modes beside float64
SANITIZED = 10  # one of so many batches is sanitized instead of compiled by -O0


class Fault:
    """What is wrong with a program: `way` names the way that differs, `dims` and `again` its sizes and data; of two
    faults with the same `kind` and `said` one is likely the other."""

    def __init__(self, program, kind, way, dims, text, again=0):
        self.program, self.kind, self.way, self.text = program, kind, way, text
        self.dims, self.again = dims, again
        self.said = kind
        if kind in ("compile", INTERPRETER):  # the message, without names and numbers
            lines = [line for line in text.split("\n") if "error:" in line]
            inner = [line for line in lines if "internal error" in line] or lines[:1] or [text]
            self.said = re.sub(r"[\w./-]*\d[\w./-]*|`[^`]*`|'[^']*'", "", inner[0].partition("error:")[2])

    def __str__(self):
        at = "".join(f" {name}={size}" for name, size in (self.dims or {}).items())
        return f"seed {self.program.seed}: {self.way}{at}: {self.text}"


def check(tools, programs, sets, again, chosen):
    """Faults of these programs, computed in the chosen ways; a `Refused` says that one of them was not compiled."""
    with tempfile.TemporaryDirectory(prefix="rondo-differential-") as folder:
        folder = pathlib.Path(folder)
        found = {}
        for name in chosen:
            flags, fixed = WAYS[name]
            given = [sizes[0] for sizes in sets] if fixed else None
            library = ways.compile_batch(tools, programs, folder, name, flags, given)
            runs = [(i, k) for i, sizes in enumerate(sets) for k in range(1 if fixed else len(sizes))]
            calls = [(i, sets[i][k], again) for i, k in runs]
            for run, outcome in zip(runs, ways.call_batch(library, programs, calls)):
                found.setdefault(run, {})[name] = outcome
        interpret = Interpreter(tools, folder / "batch.rondo", programs)
        faults = []
        for (i, k), got in found.items():
            faults += compare(programs[i], sets[i][k], again, got,
                              lambda mode: interpret(i, sets[i][k], again, mode))
        return faults


def compare(program, dims, again, got, interpret):
    """Faults of one run: `got` is what each way gives, `interpret(mode)` the reference."""
    faults = []

    def say(kind, way, text):
        faults.append(Fault(program, kind, way, dims, text, again))

    exact, rounded, modes = interpret("float64"), [], iter(ROUNDINGS)
    if isinstance(exact, str):
        say(INTERPRETER, next(iter(got)), exact)
    for way, have in got.items():
        if isinstance(have, ways.Died):
            say("died", way, str(have))
        elif isinstance(have, int):
            say("status", way, f"the call gives status {have}")
        elif isinstance(exact, list):
            wrong, unclear = judge.compare(program, have, exact, rounded)
            while wrong and (mode := next(modes, None)):
                other = interpret(mode)
                if isinstance(other, list):
                    rounded.append(other)
                wrong, unclear = judge.compare(program, have, exact, rounded)
            if wrong:
                say("numbers", way, f"result {wrong[0][0]}: {wrong[0][1]}")
            elif unclear:
                say("unclear", way, "the interpreter's modes differ")
    return faults


def alone(tools, program, sets, again, chosen):
    """The faults of one program."""
    try:
        return check(tools, [program], [sets], again, chosen)
    except ways.Refused as refused:
        return [Fault(program, "compile", refused.way, None, str(refused), again)]


def confirmed(tools, fault, sets):
    """Does a difference show with other data too? Else a value lay where a comparison or a cast jumps."""
    return any(other.kind == "numbers" for again in range(1, REDRAWN + 1)
               for other in alone(tools, fault.program, sets, again, [fault.way]))


def judged(tools, seeds):
    """One fault of each program of a batch of seeds that has any, and of how many nothing can be said."""
    sanitized = seeds[0] // len(seeds) % SANITIZED == SANITIZED - 1
    chosen = ["-O3 --sanitize" if sanitized else "-O0", "-O3", "-O3 fixed"]
    programs, faults = [], []
    for seed in seeds:
        try:
            programs.append(program_of(seed))
        except Exception:
            faults.append((seed, f"generator: {traceback.format_exc(limit=-3)}"))
    sets = {program.seed: inputs.size_sets(program, SETS) for program in programs}
    try:
        found = check(tools, programs, [sets[program.seed] for program in programs], 0, chosen)
    except ways.Refused:
        found = [fault for program in programs for fault in alone(tools, program, sets[program.seed], 0, chosen)]
    wrong, unclear = {}, {fault.program.seed for fault in found if fault.kind == "unclear"}
    for fault in found:
        if fault.kind != "unclear":
            wrong.setdefault(fault.program.seed, fault)
    for seed, fault in wrong.items():
        if fault.kind != "numbers" or confirmed(tools, fault, sets[seed]):
            faults.append((seed, fault))
            unclear.discard(seed)
        else:
            unclear.add(seed)
    return faults, len(unclear)
