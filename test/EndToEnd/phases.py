"""Every phase's text is read again and compilation goes on from it; no time loop allocates or copies."""

import pathlib
import tempfile

from examples import bindings, label
from harness import Failure, Once, run

PHASES = ["rondo", "graph", "linalg", "kernels", "buffers", "llvm"]
CASE = {"B": 5, "T": 7}

# What would allocate or move a whole buffer.
FORBIDDEN = ["memref.alloc", "memref.realloc", "memref.dealloc", "memref.copy", "memref.memory_space_cast",
             "linalg.copy", "memrefCopy", "malloc", "memcpy", "bufferization."]


def add_tests(suite, examples, tools, scratch):
    for example in examples:
        directory = scratch / "phases" / example.name
        drawn = Once(example.draw, directory, CASE, {})
        direct = Once(results_from, tools, example.model, drawn)
        for phase in PHASES:
            suite.add(f"{example.name} goes on from {phase}", goes_on, tools, example, phase, directory, drawn, direct)
        for dims in ({}, CASE):
            suite.add(f"{example.name} time loops {label(dims)}", loops_are_clean, tools, example, directory, dims)


def results_from(tools, source, drawn):
    """Compiles `source` and runs it; returns its results' bytes."""
    flags = drawn.get()
    with tempfile.TemporaryDirectory() as folder:
        run(tools / "rondo", "compile", source, "-o", f"{folder}/binary")
        run(f"{folder}/binary", *flags, "--output", folder)
        return [path.read_bytes() for path in sorted(pathlib.Path(folder).glob("*.npy"))]


def goes_on(tools, example, phase, directory, drawn, direct):
    expected = direct.get()
    text, again = directory / f"{phase}.mlir", directory / f"{phase}.again.mlir"
    run(tools / "rondo", "compile", example.model, f"--emit={phase}", "-o", text)
    run(tools / "rondo-opt", text, "-o", again)
    if results_from(tools, again, drawn) != expected:
        raise Failure(f"compiled from the {phase} phase's text, the results differ")


def loops_are_clean(tools, example, directory, dims):
    directory.mkdir(parents=True, exist_ok=True)
    text = directory / f"buffers-{label(dims)}.mlir"
    run(tools / "rondo", "compile", example.model, "--emit=buffers", "-o", text, *bindings("--dim", dims))
    bodies = time_loops(text.read_text())
    if not bodies:
        raise Failure("no loop is marked rondo.time")
    for body in bodies:
        for line in body.splitlines():
            if any(word in line for word in FORBIDDEN):
                raise Failure(f"in a time loop: {line.strip()}")


def time_loops(text):
    """The bodies of the `scf.for` marked `rondo.time`: MLIR prints the mark behind the loop's closing brace."""
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
            if "scf.for" in text[line:start] and "rondo.time" in text[place + 1 : end if end >= 0 else len(text)]:
                bodies.append(text[start + 1 : place])
        place += 1
    return bodies
