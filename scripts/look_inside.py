#!/usr/bin/env python3
"""Writes the parts of README.md that are made: what the demonstration prints, and one cell in each phase.

    look_inside.py --bin build/bin [--check]

The text between `<!-- KIND -->` and `<!-- end -->` is made anew: `demo` from examples/char_rnn, `source` and `inside`
from docs/cell.rondo. --check writes nothing and fails if the file would change.
"""

import argparse
import difflib
import pathlib
import re
import subprocess
import sys
import tempfile
import textwrap

ROOT = pathlib.Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
CELL = ROOT / "docs" / "cell.rondo"
DEMO = ROOT / "examples" / "char_rnn"
# One target's code, so that every machine prints the same; one row, so that the kernels fit on a page.
FLAGS = ["--target=x86-64-v3", "--dim", "B=1"]
COLUMNS = 116

# What is shown of each phase: its introduction, and runs of lines, each from the first match of one pattern to that of
# another behind it.
PHASES = [
    ("rondo", "What was written, instantiated. Recurrence is one operation, a layer is a call.",
     [(r"rondo\.scan", r"^    \}")]),
    ("graph", "What will be computed. The product with the input stands before the loop, one for the whole sequence; "
              "only what depends on the step before is left inside.",
     [(r"rondo\.contract", r"^    \}")]),
    ("linalg", "Everything has a destination: each state the buffer of its next value, each result its place in the "
               "stack.",
     [(r"rondo\.scan_into", r"linalg\.generic"), (r"math\.tanh", r"rondo\.yield")]),
    ("kernels", "Tiles and vectors for the target. The weights were packed once, when they were loaded.",
     [(r"rondo\.scan_into", r"scf\.yield"), (r"math\.tanh", r"rondo\.yield")]),
    ("buffers", "Memory. The state is the slot of the result that the step before wrote: the loop copies nothing and "
                "allocates nothing.",
     [(r"iter_args\(%\w+ = %(cast|view|subview)", r"memref\.load"), (r"math\.tanh", r"\{rondo\.time\}")]),
    ("asm", "A piece of the product, its sums in registers.", None),
]


def run(*command):
    return subprocess.run([str(word) for word in command], check=True, stdout=subprocess.PIPE, text=True,
                          stdin=subprocess.DEVNULL).stdout


def excerpt(text, runs):
    """The runs of lines, their common indentation removed, dots between them."""
    lines, shown, at = text.splitlines(), [], 0
    for first, last in runs:
        start = next(i for i in range(at, len(lines)) if re.search(first, lines[i]))
        end = next(i for i in range(start + 1, len(lines)) if re.search(last, lines[i]))
        shown += ["      ..."] * bool(shown) + lines[start : end + 1]
        at = end + 1
    return textwrap.dedent("\n".join(shown)).splitlines()


def multiply_adds(assembly, count=6):
    """The last lines that are all broadcasts of the state and multiply-adds."""
    lines = [line.split("#")[0].rstrip().expandtabs(4) for line in assembly.splitlines()]
    windows = (lines[i : i + count] for i in range(len(lines) - count, -1, -1))
    return next(window for window in windows
                if sum("vbroadcastss" in line and "rip" not in line for line in window) == 2 and
                sum("vfmadd" in line for line in window) == count - 2)


def shortened(line):
    """Without what says little: attributes of vectors, strides; cut where the page ends."""
    line = re.sub(r" \{in_bounds = \[true\]\}|, strided<\[[^]]*\], offset: \?>", "", line)
    line = line.rstrip()
    return line if len(line) <= COLUMNS else line[: COLUMNS - 4] + " ..."


def inside(tools):
    parts = []
    with tempfile.TemporaryDirectory() as folder:
        for phase, introduction, runs in PHASES:
            output = pathlib.Path(folder) / phase
            run(tools / "rondo", "compile", CELL, f"--emit={phase}", "-o", output, *FLAGS)
            text = output.read_text()
            lines = excerpt(text, runs) if runs else multiply_adds(text)
            language = "asm" if phase == "asm" else "mlir"
            introduction = textwrap.fill(f"**{phase}**: {introduction}", COLUMNS)
            parts.append(f"{introduction}\n```{language}\n" + "\n".join(map(shortened, lines)) + "\n```\n")
    return "\n".join(parts)


def demo(tools):
    with tempfile.TemporaryDirectory() as folder:
        run(tools / "rondo", "compile", DEMO / "model.rondo", "-o", f"{folder}/char_rnn")
        said = run(f"{folder}/char_rnn", "--entry", "predict", "--weights", DEMO / "weights.safetensors",
                   "--input", f"x={DEMO / 'hello.npy'}", "--decode", DEMO / "chars.txt")
    return f"""```
$ cd examples/char_rnn
$ ../../build/bin/rondo compile model.rondo -o char_rnn
$ ./char_rnn --entry predict --weights weights.safetensors --input x=hello.npy --decode chars.txt
{said.strip()}
```
"""


def source(tools):
    return f"```rondo\n{CELL.read_text()}```\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=pathlib.Path, required=True, help="the folder of rondo")
    parser.add_argument("--check", action="store_true", help="write nothing, fail if the file would change")
    options = parser.parse_args()

    old = new = README.read_text()
    for kind, make in (("demo", demo), ("source", source), ("inside", inside)):
        made = make(options.bin.resolve())
        new = re.sub(rf"(<!-- {kind} -->\n).*?(<!-- end -->)", lambda m: m[1] + made + m[2], new, flags=re.S)
    if options.check:
        sys.stdout.writelines(difflib.unified_diff(old.splitlines(True), new.splitlines(True), "README.md", "made anew"))
        return 1 if old != new else 0
    README.write_text(new)
    return 0


if __name__ == "__main__":
    sys.exit(main())
