#!/usr/bin/env python3
"""Compares the systems of examples/README.md with PyTorch and writes the errors into its table.

    systems.py --rondo build/bin/rondo [--only FOLDER]

Each row's folder has model.rondo and reference.py, which computes in float64; `rondo verify` compares, at -O3 with open
sizes. The error is the greatest of all results, max|got - want| / max|want|; tokens are equal or the row fails.
"""

import argparse
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
PAGE = ROOT / "examples" / "README.md"
# | number | [what it is](folder/) | command | error |
ROW = re.compile(r"^\| (\d+) \| \[(.+)\]\((\w+)/\) \| `(.+)` \| (.*) \|$", re.M)


def run(*command):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
    return done.stdout


def compared(rondo, folder, case, *flags):
    """The types and relative errors of an entry point's results."""
    lines = run(rondo, "verify", folder / "model.rondo", "-O3", "--against", case, *flags).splitlines()
    rows = [re.fullmatch(r"\d+: (\w+)\[.*\] +\S+ +(\S+) +\S+  agrees", line) for line in lines[1:]]
    return [(row[1], float(row[2])) for row in rows if row]


def error_of(rondo, folder):
    """`1.2e-07`, and what is equal at other entry points."""
    with tempfile.TemporaryDirectory() as case:
        case = pathlib.Path(case)
        run(sys.executable, folder / "reference.py", case)
        results = {"forward": compared(rondo, folder, case)}
        for path in sorted(path for path in case.iterdir() if path.is_dir()):
            results[path.name] = compared(rondo, folder, path, "--entry", path.name, "--weights",
                                          case / "weights.safetensors")
    floats = [error for entry in results.values() for dtype, error in entry if dtype.startswith("f")]
    tokens = [f"`{name}`" for name, entry in results.items() if any(dtype == "i64" for dtype, _ in entry)]
    words = [f"{max(floats):.1e}"] if floats else []
    return "; ".join(words + ([f"tokens of {', '.join(tokens)} equal"] if tokens else []))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rondo", type=pathlib.Path, required=True)
    parser.add_argument("--only", default="", help="one folder")
    options = parser.parse_args()

    def measured(row):
        number, what, folder, command, error = row.groups()
        if options.only in ("", folder):
            error = error_of(options.rondo.resolve(), PAGE.parent / folder)
            print(f"{number} {folder}: {error}", flush=True)
        return f"| {number} | [{what}]({folder}/) | `{command}` | {error} |"

    PAGE.write_text(ROW.sub(measured, PAGE.read_text()))


if __name__ == "__main__":
    main()
