"""Every example agrees with PyTorch: at -O0 and -O3, sizes open and fixed, as an executable and by `rondo run`."""

import pathlib
import tempfile

from examples import FIXED, OPEN, ROOT, arguments_of_entry, bindings, label
from harness import Failure, Once, compare, run

every = False  # run.py --all: brief examples like the others


def add_tests(suite, examples, tools, scratch):
    for example in examples:
        brief = example.brief and not every
        openly = [dims for dims in OPEN if example.takes(dims)]
        fixedly = [dims for dims in FIXED if example.takes(dims)]
        for number, sizes in enumerate(example.sizes):
            cases = {}
            for dims in openly:
                directory = scratch / "cases" / example.name / str(number) / label(dims)
                cases[label(dims)] = directory, Once(example.draw, directory, dims, sizes)
            for level in ("-O0", "-O3"):
                test = f"{example.name} {label(sizes)} {level}"
                binary = scratch / f"{example.name}-{number}{level}"
                compiled = Once(compile_to, tools, example, binary, [level, *bindings("--set", sizes)])
                for dims in openly:
                    suite.add(f"{test} {label(dims)}", agrees, compiled, *cases[label(dims)])
                    for entry in example.entries:
                        suite.add(f"{test} {entry} {label(dims)}", entry_agrees, compiled, entry, *cases[label(dims)])
                if brief:
                    fixedly = [{"B": 5, "T": 7}] if level == "-O3" else []
                for dims in fixedly:
                    fixed = scratch / f"{example.name}-{number}{level}-{label(dims)}"
                    flags = [level, *bindings("--set", sizes), *bindings("--dim", dims)]
                    compiled_fixed = Once(compile_to, tools, example, fixed, flags)
                    suite.add(f"{test} fixed {label(dims)}", agrees, compiled_fixed, *cases[label(dims)])
            level = "-O0" if brief else "-O3"
            suite.add(f"{example.name} {label(sizes)} rondo run", runs, tools, example, level, sizes, *cases["B=5,T=7"])
    suite.add("char_rnn says ohlol", says, tools, scratch)


def compile_to(tools, example, binary, flags):
    run(tools / "rondo", "compile", example.model, "-o", binary, *flags)
    return binary


def agrees(compiled, directory, drawn):
    binary, flags = compiled.get(), drawn.get()
    with tempfile.TemporaryDirectory() as results:
        run(binary, *flags, "--output", results)
        compare(pathlib.Path(results), directory)


def entry_agrees(compiled, entry, directory, drawn):
    binary, _ = compiled.get(), drawn.get()
    with tempfile.TemporaryDirectory() as results:
        run(binary, *arguments_of_entry(directory, entry), "--output", results)
        compare(pathlib.Path(results), directory / entry)


def runs(tools, example, level, sizes, directory, drawn):
    flags = [level, *bindings("--set", sizes), *drawn.get()]
    with tempfile.TemporaryDirectory() as results:
        run(tools / "rondo", "run", example.model, *flags, "--output", results)
        compare(pathlib.Path(results), directory)


def says(tools, scratch):
    """The demonstration: trained weights, an executable, text."""
    folder = ROOT / "examples" / "char_rnn"
    binary = scratch / "char_rnn-demo"
    run(tools / "rondo", "compile", folder / "model.rondo", "-o", binary)
    said = run(binary, "--entry", "predict", "--weights", folder / "weights.safetensors",
               "--input", f"x={folder / 'hello.npy'}", "--decode", folder / "chars.txt")
    if "ohlol" not in said:
        raise Failure(f"it says {said!r}, not ohlol")
