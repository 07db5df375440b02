"""Whole programs (test/Programs) against references in float64: open and fixed sizes, -O0 and -O3, both ways to run.

A folder has model.rondo (and the files that it uses) and reference.py:
    CASES                        sizes to try; names that begin with a capital are dimension variables
    inputs(random, **sizes)      name -> array, or int or float for a number; `random` is a numpy Generator
    expected(**inputs)           the results: floats in float64, others in their own type
    weights(random)              key -> float32 array, if there are any; then it is expected(weights, **inputs)
    ENTRY, SET, GIVEN, TOLERANCE if not "forward", {}, all and the types' own
"""

import importlib.util
import pathlib
import sys
import tempfile

import numpy
import safetensors.numpy

from examples import ROOT, arguments, bindings, label
from harness import TOLERANCE, Failure, Once, difference, run

PROGRAMS = ROOT / "test" / "Programs"
sys.path.insert(0, str(PROGRAMS))


class Program:
    def __init__(self, folder):
        self.name, self.model = folder.name, folder / "model.rondo"
        spec = importlib.util.spec_from_file_location(f"program_{self.name}", folder / "reference.py")
        self.reference = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(self.reference)
        self.entry = getattr(self.reference, "ENTRY", "forward")
        self.sets = bindings("--set", getattr(self.reference, "SET", {}))
        self.given = getattr(self.reference, "GIVEN", None)

    def compile(self, tools, binary, *flags):
        given = [] if self.given is None else ["--given", ",".join(self.given)]
        binary.parent.mkdir(parents=True, exist_ok=True)
        run(tools / "rondo", "compile", self.model, "-o", binary, *self.sets, *given, *flags)
        return binary

    def draw(self, directory, sizes):
        """Makes a case; returns the flags that name its data, and the expected results."""
        directory.mkdir(parents=True, exist_ok=True)
        random = numpy.random.default_rng(0)
        flags, before = [], []
        if hasattr(self.reference, "weights"):
            weights = self.reference.weights(random)
            safetensors.numpy.save_file(weights, directory / "weights.safetensors")
            flags += ["--weights", directory / "weights.safetensors"]
            before.append({key: double(value) for key, value in weights.items()})
        inputs = self.reference.inputs(random, **sizes)
        for name, value in inputs.items():
            if isinstance(value, numpy.ndarray):
                numpy.save(directory / f"{name}.npy", value)
                value = directory / f"{name}.npy"
            flags += ["--input", f"{name}={value}"]
        with numpy.errstate(all="ignore"):
            results = self.reference.expected(*before, **{name: double(value) for name, value in inputs.items()})
        return flags, [numpy.asarray(value) for value in results]

    def compare(self, directory, expected):
        for i, want in enumerate(expected):
            if not (directory / f"{i}.npy").exists():
                raise Failure(f"there is no result {i}")
            got = numpy.load(directory / f"{i}.npy")
            tolerance = getattr(self.reference, "TOLERANCE", TOLERANCE)
            fault = difference(got, want, tolerance.get(str(got.dtype), 0.0))
            if fault:
                raise Failure(f"result {i}: {fault}")
        if (directory / f"{len(expected)}.npy").exists():
            raise Failure(f"there are more than {len(expected)} results")


def double(value):
    return value.astype(numpy.float64) if isinstance(value, numpy.ndarray) and value.dtype.kind == "f" else value


def all_programs():
    return [Program(path.parent) for path in sorted(PROGRAMS.glob("*/model.rondo"))]


def add_tests(suite, examples, tools, scratch):
    for program in all_programs():
        folder = scratch / "programs" / program.name
        cases = program.reference.CASES
        drawn = [Once(program.draw, folder / str(number), sizes) for number, sizes in enumerate(cases)]
        for level in ("-O0", "-O3"):
            compiled = Once(program.compile, tools, folder / f"open{level}", level)
            for sizes, case in zip(cases, drawn):
                suite.add(f"program {program.name} {level} {label(sizes)}", agrees, program, compiled, case)
        fixed = bindings("--dim", {name: size for name, size in cases[0].items() if name[0].isupper()})
        if fixed:
            compiled = Once(program.compile, tools, folder / "fixed", "-O3", *fixed)
            suite.add(f"program {program.name} -O3 fixed {label(cases[0])}", agrees, program, compiled, drawn[0])
        suite.add(f"program {program.name} rondo run {label(cases[-1])}", runs, program, tools, drawn[-1])


def agrees(program, compiled, case):
    binary, (flags, expected) = compiled.get(), case.get()
    with tempfile.TemporaryDirectory() as results:
        run(binary, "--entry", program.entry, *flags, "--output", results)
        program.compare(pathlib.Path(results), expected)


def runs(program, tools, case):
    flags, expected = case.get()
    with tempfile.TemporaryDirectory() as results:
        run(tools / "rondo", "run", program.model, "-O0", *program.sets, "--entry", program.entry, *flags,
            "--output", results)
        program.compare(pathlib.Path(results), expected)
