"""Every phase's text is read again and compilation goes on from it; no time loop allocates or copies."""

import pathlib
import re
import tempfile

from examples import bindings, label
from harness import Failure, Once, run

PHASES = ["rondo", "graph", "linalg", "kernels", "buffers", "llvm"]
CASE = {"B": 5, "T": 7}

every = False  # run.py --all: brief examples like the others

# What would allocate or move a whole buffer.
FORBIDDEN = ["memref.alloc", "memref.realloc", "memref.dealloc", "memref.copy", "memref.memory_space_cast",
             "linalg.copy", "memrefCopy", "malloc", "memcpy", "bufferization."]


def add_tests(suite, examples, tools, scratch):
    for number, example in enumerate(examples):
        brief = example.brief and not every
        directory = scratch / "phases" / example.name
        drawn = Once(example.draw, directory, CASE, {})
        level = "-O0" if brief else "-O3"
        direct = Once(results_from, tools, example.model, level, drawn)
        for phase in PHASES[number % len(PHASES):][:1] if brief else PHASES:
            suite.add(f"{example.name} goes on from {phase}", goes_on, tools, example, phase, level, directory, drawn,
                      direct)
        for dims in ({},) if brief else ({}, CASE):
            suite.add(f"{example.name} time loops {label(dims)}", loops_are_clean, tools, example, directory, dims)


def results_from(tools, source, level, drawn):
    """Compiles `source` and runs it; returns its results' bytes."""
    flags = drawn.get()
    with tempfile.TemporaryDirectory() as folder:
        run(tools / "rondo", "compile", source, level, "-o", f"{folder}/binary")
        run(f"{folder}/binary", *flags, "--output", folder)
        return [path.read_bytes() for path in sorted(pathlib.Path(folder).glob("*.npy"))]


def goes_on(tools, example, phase, level, directory, drawn, direct):
    expected = direct.get()
    text, again = directory / f"{phase}.mlir", directory / f"{phase}.again.mlir"
    run(tools / "rondo", "compile", example.model, level, f"--emit={phase}", "-o", text)
    run(tools / "rondo-opt", text, "-o", again)
    if results_from(tools, again, level, drawn) != expected:
        raise Failure(f"compiled from the {phase} phase's text, the results differ")


def loops_are_clean(tools, example, directory, dims):
    directory.mkdir(parents=True, exist_ok=True)
    text = directory / f"buffers-{label(dims)}.mlir"
    run(tools / "rondo", "compile", example.model, "--emit=buffers", "-o", text, *bindings("--dim", dims))
    bodies = time_loops(text.read_text())
    if not bodies and "rondo.scan" in run(tools / "rondo", "compile", example.model, "--emit=linalg", "-o", "-"):
        raise Failure("no loop is marked rondo.time")
    for body in bodies:
        for line in body.splitlines():
            if any(word in line for word in FORBIDDEN) and not (example.brief and joins(line)):
                raise Failure(f"in a time loop: {line.strip()}")


def joins(line):
    """Whether it copies rows, as `concat` of two matrices does; a cache has more axes."""
    shape = re.search(r"linalg\.copy .* outs\(.* : memref<([0-9?x]*)x\w+", line)
    return bool(shape) and shape[1].count("x") < 2


def time_loops(text):
    """The bodies of the loops marked `rondo.time`: MLIR prints the mark behind the last closing brace of a `scf.for`, or
    of a `scf.while`, which is that of its body."""
    bodies, opened, place = [], [], 0
    while place < len(text):
        letter = text[place]
        if letter == '"':  # a string
            place += 1
            while text[place] != '"':
                place += 2 if text[place] == "\\" else 1
        elif text.startswith("//", place):
            place = text.find("\n", place)
            if place < 0:
                break
        elif letter == "{":
            opened.append(place)
        elif letter == "}":
            start = opened.pop()
            line = text.rfind("\n", 0, start) + 1
            end = text.find("\n", place)
            opener = text[line:start]
            if ("scf.for" in opener or opener.strip() == "} do") and "rondo.time" in text[place + 1 : end]:
                bodies.append(text[start + 1 : place])
        place += 1
    return bodies
