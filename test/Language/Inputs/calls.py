#!/usr/bin/env python3
"""Compiles a file and checks the calls of its entry points that stand in its comments.

    calls.py FILE.rondo [--rondo PATH] [--only ENTRY] [FLAG...]

The other flags go to the compiler. In the file, Python and NumPy between the lines:

    # CALL: f(x=f32([1, 2]), n=5) == f32([2, 4]), i64(5)
    # FAILS: f(x=f32([]), n=5) == "a regular expression for the message"
    # FIXED: N=2, T=3
    # WEIGHTS: {"fc.bias": f32([1, 2])}
    # WITH: import math
    # RUNS: --seed 3

A line that begins with `#` and eight blanks goes on. `i64(...)`, `f32(...)`, ... are arrays of that type (bf16
travels as f32), `np` and `torch` are there, and from WITH on what that defines. Results are flat; types, shapes and integers must be equal, floats
within the type's tolerance. Each call is made at -O0 and -O3, once with open sizes and, where they are those of
FIXED, once with fixed ones.
"""

import argparse
import ast
import pathlib
import re
import subprocess
import sys
import tempfile

import numpy as np

# The greatest error of a whole result, max|got - want| / max|want|.
TOLERANCE = {"float64": 1e-12, "float32": 1e-6, "float16": 1e-3}
BF16_TOLERANCE = 8e-3


class Torch:
    """PyTorch, imported where a file asks for it."""

    def __getattr__(self, name):
        import torch
        return getattr(torch, name)


def bf16(values):
    """What is left of f32 values in bf16, rounded to the nearest, ties to even."""
    bits = np.array(values, "f4").view("u4").astype("u8")
    rounded = ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16 << 16).astype("u4").view("f4")
    rounded = np.where(np.isnan(np.array(values, "f4")), np.float32("nan"), rounded)
    return Rounded(rounded.astype("f4"))


class Rounded(np.ndarray):
    """f32 that holds bf16."""

    def __new__(cls, array):
        return np.asarray(array).view(cls)


def maker(dtype):
    return lambda values: np.array(values).astype(dtype)


NAMES = {
    "np": np, "torch": Torch(), "nan": np.nan, "inf": np.inf, "pi": np.pi, "bf16": bf16,
    "f16": maker("f2"), "f32": maker("f4"), "f64": maker("f8"),
    "i64": maker("i8"), "i32": maker("i4"), "i8": maker("i1"), "u8": maker("u1"), "bool": maker("?"),
}


class Call:
    """One call of an entry point: its arguments, and the results or the message that it must give."""

    def __init__(self, line, kind, text):
        self.line, self.fails = line, kind == "FAILS"
        tree = ast.parse(f"({text})", mode="eval").body
        values = tree.elts if isinstance(tree, ast.Tuple) else [tree]
        head = values[0]
        if not isinstance(head, ast.Compare) or not isinstance(head.left, ast.Call):
            raise ValueError(f"line {line}: expected CALL == RESULTS, found {text}")
        self.entry = head.left.func.id
        self.arguments = {word.arg: evaluate(word.value) for word in head.left.keywords}
        self.expected = [evaluate(value) for value in [head.comparators[0], *values[1:]]]


def evaluate(tree):
    return eval(compile(ast.Expression(tree), "<directive>", "eval"), dict(NAMES))


def directives(path):
    """Line, kind and text of each directive."""
    found = []
    for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
        if match := re.match(r"\s*# ([A-Z]+): (.*)", line):
            found.append([number, *match.groups()])
        elif found and (match := re.match(r"\s*#        (.*)", line)):
            found[-1][2] += "\n" + match[1]
    return found


def run(*command):
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=120,
                          stdin=subprocess.DEVNULL)


def signatures(program):
    """For each entry point the bare dimension variables: name -> [(argument, axis)]."""
    result = {}
    for entry, arguments in re.findall(r"^  (\w+)\((.*)\) -> ", run(program, "--help").stdout, re.M):
        dims = result.setdefault(entry, {})
        for argument, shape in re.findall(r"(\w+): \w+\[([^\]]*)\]", arguments):
            for axis, size in enumerate(shape.split(", ")):
                dims.setdefault(size, []).append((argument, axis))
    return result


def fits(call, dims, fixed):
    """Whether the call's sizes are those of FIXED, at least one of them."""
    sizes = [(name, call.arguments[argument].shape[axis])
             for name, places in dims.items() if name in fixed for argument, axis in places
             if argument in call.arguments]
    return bool(sizes) and all(fixed[name] == size for name, size in sizes)


def differs(got, want):
    """Why a result is not the expected one, or None."""
    if got.dtype != want.dtype or got.shape != want.shape:
        return f"it is {got.dtype}{list(got.shape)}, expected {want.dtype}{list(want.shape)}"
    if want.dtype.kind != "f":
        return None if np.array_equal(got, want) else f"it is {got.tolist()}, expected {want.tolist()}"
    tolerance = BF16_TOLERANCE if isinstance(want, Rounded) else TOLERANCE[str(want.dtype)]
    exact, wanted = got.astype("f8"), np.asarray(want, "f8")
    finite = np.isfinite(wanted)
    if not np.array_equal(exact[~finite], wanted[~finite], equal_nan=True):
        return f"it is {got.tolist()}, expected {want.tolist()}"
    error = np.abs(exact[finite] - wanted[finite]).max(initial=0)
    if not error <= tolerance * np.abs(wanted[finite]).max(initial=0):  # a NaN is not
        return f"it is {got.tolist()}, expected {want.tolist()}"
    return None


def check(program, call, flags, scratch):
    """Makes a call; says what is wrong, or None."""
    words = []
    for name, value in call.arguments.items():
        if isinstance(value, (int, float)):
            words += ["--input", f"{name}={value}"]
        else:
            np.save(scratch / f"{name}.npy", np.asarray(value))
            words += ["--input", f"{name}={scratch / name}.npy"]
    results = scratch / "results"
    for old in results.glob("*.npy"):
        old.unlink()
    done = run(program, "--entry", call.entry, *flags, *words, "--output", results)
    if call.fails:
        if done.returncode != 1:
            return f"exit code {done.returncode}, it must be refused"
        wrong = not re.search(call.expected[0], done.stderr)
        return f"the message lacks {call.expected[0]!r}: {done.stderr}" if wrong else None
    if done.returncode != 0:
        return f"exit code {done.returncode}: {done.stderr}"
    count = len(list(results.glob("*.npy")))
    if count != len(call.expected):
        return f"{count} results, expected {len(call.expected)}"
    for i, want in enumerate(call.expected):
        if why := differs(np.load(results / f"{i}.npy"), want):
            return f"result {i}: {why}"
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=pathlib.Path)
    parser.add_argument("--rondo", default="rondo")
    parser.add_argument("--only", default="")
    options, compiler_flags = parser.parse_known_args()

    calls, fixed, weights, flags = [], {}, {}, []
    for line, kind, text in directives(options.file):
        if kind in ("CALL", "FAILS"):
            calls.append(Call(line, kind, text))
        elif kind == "FIXED":
            fixed = {name: int(size) for name, size in re.findall(r"(\w+)=(\d+)", text)}
        elif kind == "WEIGHTS":
            weights = eval(f"({text})", dict(NAMES))
        elif kind == "RUNS":
            flags = text.split()
        elif kind == "WITH":
            exec(text, NAMES)
    calls = [call for call in calls if not options.only or call.entry == options.only]
    failed = 0

    def fail(line, why):
        nonlocal failed
        failed += 1
        print(f"{options.file}:{line}: {why.strip()}", flush=True)

    with tempfile.TemporaryDirectory(prefix="rondo-") as folder:
        scratch = pathlib.Path(folder)
        if weights:
            import safetensors.numpy
            safetensors.numpy.save_file(weights, scratch / "weights.safetensors")
            flags += ["--weights", str(scratch / "weights.safetensors")]
        made = 0
        for level in ("-O0", "-O3"):
            programs = {}
            for name, sizes in [("open", {})] + ([("fixed", fixed)] if fixed else []):
                programs[name] = scratch / (name + level)
                dims = [word for pair in sizes.items() for word in ("--dim", "%s=%s" % pair)]
                done = run(options.rondo, "compile", options.file, "-o", programs[name], level, *compiler_flags, *dims)
                if done.returncode != 0:
                    fail(1, f"{level} {name}: {done.stderr}")
                    return 1
            dims = signatures(programs["open"])
            for call in calls:
                if call.entry not in dims:
                    fail(call.line, f"no entry point {call.entry}")
                    continue
                for name, program in programs.items():
                    if name == "fixed" and not fits(call, dims[call.entry], fixed):
                        continue
                    made += 1
                    if why := check(program, call, flags, scratch):
                        fail(call.line, f"{call.entry} {level} {name}: {why}")
    print(f"{options.file.name}: {made} calls, {failed} failed")
    return 1 if failed or not made else 0


if __name__ == "__main__":
    sys.exit(main())
