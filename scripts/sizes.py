#!/usr/bin/env python3
"""How large what is shipped is: bytes of machine code and constants, of the runtime and of models, as a table.

    sizes.py --bin build/bin [--target x86-64-v3,aarch64]

Of the runtime, what a program links that calls one of these functions; `rondo_main` is all of it. Of a model, its whole
object, with the code that prepares weights: with all sizes fixed (B=1, T=16), as a microcontroller would have it, and
open. Weights are not counted.
"""

import argparse
import pathlib
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
RUNTIME = ["rondo_call", "rondo_open_weights", "rondo_main"]
LSTM, CELL = ROOT / "benchmarks" / "lstm.rondo", ROOT / "docs" / "cell.rondo"
MODELS = {"LSTM-16": (LSTM, {"input": 16, "hidden": 16}), "LSTM-512": (LSTM, {"input": 512, "hidden": 512}),
          "the cell of README.md": (CELL, {})}
FIXED = {"T": 16, "B": 1}


def run(*command):
    return subprocess.run([str(word) for word in command], check=True, capture_output=True, text=True).stdout


def code_and_data(path):
    """Bytes of machine code, and of constants and tables."""
    code = data = 0
    for line in run("llvm-size-22", "-A", path).splitlines():
        section, *numbers = line.split() or [""]
        if section.startswith(".text"):
            code += int(numbers[0])
        elif section.startswith((".rodata", ".data", ".srodata", ".sdata")):
            data += int(numbers[0])
    if not code:
        raise ValueError(f"no code in {path}")
    return code, data


def measure(path):
    return "{:,} + {:,}".format(*code_and_data(path))


def runtime(tools, target, function, folder):
    lib = tools.parent / "lib"
    architecture = "x86_64" if target.startswith("x86-64") else target
    foreign = lib / "rondo" / architecture
    archive = (foreign if foreign.exists() else lib) / "librondo_runtime.a"
    linked = folder / "runtime.o"
    run("ld.lld-22", "-r", "--gc-sections", "-u", function, "-e", function, archive, "-o", linked)
    return measure(linked)


def model(tools, target, program, sizes, dims, folder):
    flags = [f"--set={name}={value}" for name, value in sizes.items()]
    flags += [f"--dim={name}={value}" for name, value in dims.items()]
    run(tools / "rondo", "compile", program, f"--target={target}", *flags, "-o", folder / "model.o")
    return measure(folder / "model.o")


def table(tools, targets, folder):
    rows = [["code + constants, bytes", *targets], ["---", *("---:" for _ in targets)]]
    for function in RUNTIME:
        rows.append([f"runtime: `{function}`", *(runtime(tools, target, function, folder) for target in targets)])
    for name, (program, sizes) in MODELS.items():
        for kind, dims in {"sizes fixed": FIXED, "sizes open": {}}.items():
            rows.append([f"{name}, {kind}",
                         *(model(tools, target, program, sizes, dims, folder) for target in targets)])
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=pathlib.Path, required=True, help="the folder of rondo")
    parser.add_argument("--target", default="x86-64-v3,aarch64", help="names of --target, with commas")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="rondo-") as folder:
        print(table(options.bin.resolve(), options.target.split(","), pathlib.Path(folder)))


if __name__ == "__main__":
    main()
