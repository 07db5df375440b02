"""What is shipped: the same bytes every time, small, needing nothing but what it is allowed to."""

import re

from examples import bindings
from harness import Failure, run

SYMBOLS = {"memcpy", "memmove", "memset"}  # that an object may need
LIBRARIES = {"libc.so.6", "libm.so.6"}  # that an executable may need
EXECUTABLE_BYTES = 100_000  # stripped
KINDS = {"rondo": "mlir", "graph": "mlir", "linalg": "mlir", "kernels": "mlir", "buffers": "mlir", "llvm": "mlir",
         "llvmir": "ll", "asm": "s", "obj": "o", "static": "a", "shared": "so", "exe": "exe", "header": "h"}


def add_tests(suite, examples, tools, scratch):
    for example in examples:
        directory = scratch / "artefacts" / example.name
        suite.add(f"{example.name} compiles to the same bytes", same_bytes, tools, example, directory)
        for dims in ({}, {"B": 5, "T": 7}):
            name = "fixed" if dims else "open"
            suite.add(f"{example.name} needs no symbols, sizes {name}", needs, tools, example, directory, name, dims)
    char_rnn = next(example for example in examples if example.name == "char_rnn")
    suite.add("char_rnn is a small executable", small, tools, char_rnn, scratch / "artefacts" / "char_rnn")
    lstm = next(example for example in examples if example.name == "lstm")
    suite.add("lstm's code does not grow with T", flat, tools, lstm, scratch / "artefacts" / "lstm")


def same_bytes(tools, example, directory):
    directory.mkdir(parents=True, exist_ok=True)
    # One example proves the containers, the others the code.
    kinds = KINDS if example.name == "char_rnn" else {"kernels": "mlir", "obj": "o"}
    for kind, suffix in kinds.items():
        first, second = directory / f"first.{suffix}", directory / f"second.{suffix}"
        for output in (first, second):
            run(tools / "rondo", "compile", example.model, f"--emit={kind}", "-o", output)
        if first.read_bytes() != second.read_bytes():
            raise Failure(f"--emit={kind} twice gives different bytes")


def needs(tools, example, directory, name, dims):
    directory.mkdir(parents=True, exist_ok=True)
    output = directory / f"{name}.o"
    run(tools / "rondo", "compile", example.model, "--emit=obj", "-O3", "-o", output, *bindings("--dim", dims))
    undefined = undefined_symbols(output)
    if undefined - SYMBOLS:
        raise Failure(f"the object needs {', '.join(sorted(undefined - SYMBOLS))}")


def undefined_symbols(output):
    lines = run("/usr/lib/llvm-22/bin/llvm-nm", "-u", output).splitlines()  # of any target
    return {line.split()[-1] for line in lines if line.strip()}


def small(tools, example, directory):
    directory.mkdir(parents=True, exist_ok=True)
    output = directory / "small"
    run(tools / "rondo", "compile", example.model, "-o", output)
    run("strip", output)
    if output.stat().st_size > EXECUTABLE_BYTES:
        raise Failure(f"the stripped executable has {output.stat().st_size} bytes")
    needed = set(re.findall(r"\(NEEDED\).*\[(.*)\]", run("readelf", "-d", output)))
    if needed - LIBRARIES:
        raise Failure(f"the executable needs {', '.join(sorted(needed - LIBRARIES))}")


def flat(tools, example, directory):
    directory.mkdir(parents=True, exist_ok=True)
    lines = []
    for T in (16, 4096):
        output = directory / f"{T}.s"
        run(tools / "rondo", "compile", example.model, "--emit=asm", "-o", output, "--dim", f"T={T}")
        lines.append(len(output.read_text().splitlines()))
    if abs(lines[0] - lines[1]) > 0.1 * min(lines):
        raise Failure(f"T=16 makes {lines[0]} lines of assembly, T=4096 {lines[1]}")
