"""The interpreter (`rondo run --interpret`) against references in float64: examples, programs, and every phase.

In float64 it computes all but constants of the program in more than their types; `rounded` has what compiled code has.
"""

import pathlib
import tempfile

import numpy

import programs
from examples import bindings, label
from harness import TOLERANCE, Failure, Once, difference, run

# Of float64 results: 1e-12 without constants of the program, which are of their type (0.1 is that of f32), and which
# may be most of what a sum cancels.
FLOAT64 = 1e-6

every = False


def add_tests(suite, examples, tools, scratch):
    for example in examples:
        for sizes in example.sizes if every else example.sizes[:1]:
            for dims in ({}, {"T": 0}, {"B": 0}) if every else ({},):
                if not example.takes({**example.reference.dims, **dims}):
                    continue
                name = f"{example.name} {label(sizes)} {label(dims)}"
                case = scratch / "interpreted" / name.replace(" ", "-")
                drawn = Once(example.draw, case, dims, sizes)
                for mode in ("float64", "rounded"):
                    suite.add(f"interpreted {name} {mode}", example_agrees, example, tools, case, drawn, sizes, mode)
    for program in programs.all_programs():
        cases = program.reference.CASES
        for number, sizes in enumerate(cases if every else cases[-1:]):
            drawn = Once(program.draw, scratch / "interpreted" / "programs" / program.name / str(number), sizes)
            suite.add(f"interpreted program {program.name} {label(sizes)}", program_agrees, program, tools, drawn)


def example_agrees(example, tools, case, drawn, sizes, mode):
    flags = drawn.get()
    with tempfile.TemporaryDirectory() as results:
        run(tools / "rondo", "run", example.model, f"--interpret={mode}", *bindings("--set", sizes), *flags,
            "--output", results)
        expected = [numpy.load(case / f"expected_{i}.npy") for i in range(len(list(case.glob("expected_*.npy"))))]
        compare(pathlib.Path(results), expected)


def program_agrees(program, tools, drawn):
    flags, expected = drawn.get()
    tolerance = getattr(program.reference, "TOLERANCE", {})
    for mode in ("float64", "rounded"):
        with tempfile.TemporaryDirectory() as results:
            run(tools / "rondo", "run", program.model, f"--interpret={mode}", *program.sets, "--entry", program.entry,
                *flags, "--output", results)
            compare(pathlib.Path(results), expected, tolerance)


def compare(results, expected, tolerance={}):
    """`tolerance` allows more than the tables."""
    for i, want in enumerate(expected):
        got = numpy.load(results / f"{i}.npy")
        allowed = {**TOLERANCE, "float64": FLOAT64, **tolerance}.get(str(got.dtype), 0.0)
        fault = difference(got, want, allowed)
        if fault:
            raise Failure(f"result {i}: {fault}")
    if (results / f"{len(expected)}.npy").exists():
        raise Failure(f"there are more than {len(expected)} results")
