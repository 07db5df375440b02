"""What C sees of a model: its header, and the example of --emit=c-example, which its own commands make and run; its
numbers are those of the executable. Weights in the object, and prepared ones in a file."""

import math
import pathlib
import re
import shutil

import numpy

import artefact
from artefact import abi, c
from abi import DTYPES
from examples import ROOT, bindings
from harness import Failure, run

PROGRAMS = pathlib.Path(__file__).parent / "c"
STATES = pathlib.Path(__file__).parent / "states"
WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Wundef", "-Werror"]
WITH, WITHOUT = ["-I", ROOT / "runtime/include"], ["-DRONDO_NO_RUNTIME"]
COMPILERS = (("cc", "-std=c11", "c", WITH), ("clang-22", "-std=c11", "c", WITHOUT), ("c++", "-std=c++17", "cpp", WITHOUT),
             ("clang++-22", "-std=c++17", "cpp", WITH))


def add_tests(suite, examples, tools, scratch):
    named = {example.name: example for example in examples}
    char_rnn, lstm = named["char_rnn"], named["lstm"]
    stored = char_rnn.model.with_name("weights.safetensors")
    odd, cells = PROGRAMS / "odd.rondo", STATES / "cells.rondo"
    fixed, embed = {"B": 2, "T": 3}, ["--weights", stored, "--embed-weights"]
    for name, model, dims, flags in (
            ("lstm, sizes open", lstm.model, {}, []),
            ("lstm, sizes fixed", lstm.model, fixed, []),
            ("weights of a file", char_rnn.model, {}, ["--weights", stored]),
            ("weights embedded, sizes open", char_rnn.model, {}, embed),
            ("weights embedded, sizes fixed", char_rnn.model, fixed, embed),
            ("one entry point", char_rnn.model, {}, ["--entry", "predict"]),
            ("states, sizes open", cells, {}, []),
            ("states, sizes fixed", cells, fixed, []),
            ("odd names, sizes open", odd, {}, []),
            ("odd names, sizes fixed", odd, {"B": 5, "T": 6, "k": 2}, []),
            ("odd names, some sizes fixed", odd, {"T": 0}, ["-O0"])):
        suite.add(f"c-example: {name}", example_agrees, tools, model, [*flags, *bindings("--dim", dims)],
                  scratch / f"c-{name.replace(' ', '-').replace(',', '')}")
    suite.add("embedded weights: without a file, overridden, aligned", embedded, tools, char_rnn, stored,
              scratch / "embedded")
    suite.add("embedded weights: the same bytes every time, for every target", embedded_bytes, tools, char_rnn,
              stored, scratch / "embedded-bytes")
    suite.add("prepared weights: mapped, and for one layout", prepared, tools, char_rnn, stored,
              scratch / "prepared")
    suite.add("instances share weights in threads", threads, tools, cells, scratch / "threads")


# Headers and examples

def pattern(shape, dtype):
    """The inputs of an example: its `fill_` functions."""
    i = numpy.arange(math.prod(shape)).reshape(shape)
    if numpy.dtype(dtype).kind == "f":
        return (0.25 * (i % 5) - 0.5).astype(dtype)
    return (i % 2).astype(dtype)


def check_header(directory, header):
    """It compiles alone, twice over, in C and C++, with the runtime and without; and leaves no macro but its guard."""
    for compiler, standard, suffix, runtime in COMPILERS:
        source = directory / f"header.{suffix}"
        source.write_text(f'#include "{header.name}"\n#include "{header.name}"\n')
        run(compiler, standard, *WARNINGS, *runtime, "-c", source, "-o", directory / "header.o")
    (directory / "standard.c").write_text("#include <stddef.h>\n#include <stdint.h>\n")
    macros = [set(re.findall(r"#define (\w+)", run("cc", "-DRONDO_NO_RUNTIME", "-dM", "-E", directory / name)))
              for name in ("header.c", "standard.c")]
    left = macros[0] - macros[1]
    if len(left) != 1 or not left.pop().endswith("_H"):
        raise Failure(f"the header leaves the macros {sorted(macros[0] - macros[1])}")


def example_agrees(tools, model, flags, directory):
    directory.mkdir(parents=True)
    commands = run_for_stderr(tools / "rondo", "compile", model, *flags, "-o", directory / "example.c").splitlines()
    text = (directory / "example.c").read_text()
    for command in commands:
        if f" *   {command}\n" not in text:
            raise Failure(f"the example does not say: {command}")
    said = ""
    for command in commands:
        words = command.split()
        said = run(*words, *(WARNINGS if words[0] == "cc" else []))
    header, = directory.glob("*.h")
    check_header(directory, header)

    library, executable = directory / "model.so", directory / "model"
    run(tools / "rondo", "compile", model, *flags, "-o", library)
    run(tools / "rondo", "compile", model, *flags, "-o", executable)
    opened = artefact.Model(library, header.stem, lambda key, shape: numpy.zeros(shape))
    weights = commands[-1].split()[1:]
    results = re.split(r"^(\w+): status 0\n", said, flags=re.MULTILINE)[1:]
    if len(results) != 2 * opened.info.num_entries:
        raise Failure(f"not every entry point was called: {said}")
    for name, lines in zip(results[::2], results[1::2]):
        dims = re.findall(r"const int64_t \w+ = (\d+);", text.split(f"static int call_{name}(")[1].split("\n}")[0])
        inputs = draw(opened.entry(name), [int(dim) for dim in dims], directory)
        run(executable, "--entry", name, *(["--weights", *weights] if weights else ["--seed", 0]), *inputs,
            "--output", directory / name)
        compare(lines, directory / name)


def run_for_stderr(*command):
    """What a command says of its work, where others are silent."""
    return run("sh", "-c", '"$@" 2>&1 >/dev/null', "sh", *command)


def draw(entry, dims, directory):
    """Files with the example's inputs; flags that name them."""
    sizes, dims = (c.c_int64 * max(entry.num_sizes, 1))(), (c.c_int64 * max(len(dims), 1))(*dims)
    if entry.shapes(dims, sizes):
        raise Failure("the sizes do not fit")
    flags = []
    for info in entry.args[:entry.num_args]:
        if info.default_value:
            continue
        name = info.name.decode()
        numpy.save(directory / f"{name}.npy", pattern(sizes[info.first_size:info.first_size + info.rank],
                                                      DTYPES[info.dtype] or "float32"))
        flags += ["--input", f"{name}={directory / name}.npy"]
    for i in range(entry.num_dims):
        if entry.dims[i].arg < 0:
            flags += ["--input", f"{entry.dims[i].name.decode()}={dims[i]}"]
    return flags


def compare(lines, folder):
    """Each line `  result 0, 12 elements: 1 2 3 ...` against a file."""
    for i, line in enumerate(lines.splitlines()):
        want = numpy.load(folder / f"{i}.npy").ravel()
        start = f"  result {i}, {want.size} elements:"
        if not line.startswith(start):
            raise Failure(f"expected `{start} ...`, found `{line}`")
        got = [float(word) for word in line[len(start):].replace("...", "").split()]
        exact = want.dtype != numpy.float16 and f"{want.dtype}" != "float32"
        tolerance = 0 if exact else 1e-3 if want.dtype == numpy.float16 else 1e-8
        if len(got) != min(want.size, 8) or not numpy.allclose(got, want[:8].astype("float64"), rtol=tolerance, atol=0):
            raise Failure(f"result {i}: the example has {got}, the executable {want[:8]}")
    if (folder / f"{i + 1}.npy").exists():
        raise Failure("the example shows too few results")


# Weights

def embedded(tools, example, stored, directory):
    directory.mkdir(parents=True)
    say = ["--entry", "predict", "--input", f"x={example.model.with_name('hello.npy')}",
           "--decode", example.model.with_name("chars.txt")]
    executable, other, library = directory / "model", directory / "other.prepared", directory / "model.so"
    for output in (executable, library):
        run(tools / "rondo", "compile", example.model, "--weights", stored, "--embed-weights", "-o", output)
    for flags in ([], ["--seed", 3], ["--weights", stored]):
        said = run(executable, *say, *flags)
        if "ohlol" not in said:
            raise Failure(f"with {flags} it says {said}")
    run(tools / "rondo", "run", example.model, "--seed", 1, "--save-prepared", other)
    if "ohlol" in run(executable, *say, "--weights", other):
        raise Failure("--weights does not override the embedded weights")
    info = artefact.Model(library, "CharRNN", lambda key, shape: numpy.zeros(shape)).info
    if not info.embedded or info.embedded % abi.ALIGNMENT:
        raise Failure(f"the embedded weights lie at {info.embedded}")
    for line in pathlib.Path("/proc/self/maps").read_text().splitlines():
        first, last = (int(word, 16) for word in line.split()[0].split("-"))
        if first <= info.embedded < last and line.split()[1][:2] != "r-":
            raise Failure(f"the embedded weights can be written: {line}")


def embedded_bytes(tools, example, stored, directory):
    directory.mkdir(parents=True)
    weights = ["--weights", stored]
    for target in ("host", "x86-64-v3", "x86-64-v4", "aarch64"):
        flags = [example.model, f"--target={target}", *weights]
        blob = directory / f"{target}.prepared"
        run(tools / "rondo", "compile", *flags, "-o", blob)
        objects = [directory / f"{target}-{i}.o" for i in range(2)]
        for output in objects:
            run(tools / "rondo", "compile", *flags, "--embed-weights", "-o", output)
        if objects[0].read_bytes() != objects[1].read_bytes():
            raise Failure(f"two objects for {target} differ")
        if blob.read_bytes()[64:] not in objects[0].read_bytes():
            raise Failure(f"the object for {target} has not the weights of the file")


def prepared(tools, example, stored, directory):
    directory.mkdir(parents=True)
    blob, executable = directory / "w.prepared", directory / "model"
    say = ["--entry", "predict", "--input", f"x={example.model.with_name('hello.npy')}",
           "--decode", example.model.with_name("chars.txt")]
    run(tools / "rondo", "compile", example.model, "-o", executable)
    run(tools / "rondo", "compile", example.model, "--weights", stored, "-o", blob)
    for command in ([executable], [tools / "rondo", "run", example.model]):
        saved = directory / "saved.prepared"
        run(*command, "--weights", stored, "--save-prepared", saved)
        if saved.read_bytes() != blob.read_bytes():
            raise Failure(f"{command[0].name} prepares other bytes than the compiler")
        if "ohlol" not in run(*command, *say, "--weights", blob):
            raise Failure(f"{command[0].name} does not take prepared weights")
    # Another level and another size lay the weights out in another way.
    for flags in (["-O0"], ["--set", "hidden=9"]):
        refused = run("sh", "-c", '"$@" 2>&1 && exit 1; exit 0', "sh", tools / "rondo", "run", example.model, *flags,
                      *say, "--weights", blob)
        if "compiled in another way than this CharRNN" not in refused:
            raise Failure(f"{flags}: {refused}")


def threads(tools, cells, directory):
    directory.mkdir(parents=True)
    weights, dims = directory / "w.safetensors", bindings("--dim", {"B": 2, "T": 4})
    library = directory / "Net.so"
    run(tools / "rondo", "compile", cells, *dims, "-o", library)
    generator = numpy.random.default_rng(0)
    model = artefact.Model(library, "Net", lambda key, shape: generator.normal(size=shape))
    import safetensors.numpy
    safetensors.numpy.save_file({key: numpy.ascontiguousarray(value) for key, value in model.weights.items()}, weights)
    for suffix in ("h", "o"):
        run(tools / "rondo", "compile", cells, *dims, "--weights", weights, "--embed-weights", "-o",
            directory / f"Net.{suffix}")
    shutil.copy(PROGRAMS / "threads.c", directory)
    run("cc", "-std=c11", "-O1", "-DRONDO_NO_RUNTIME", *WARNINGS, directory / "threads.c", directory / "Net.o", "-pthread",
        "-o", directory / "threads")
    run(directory / "threads")
