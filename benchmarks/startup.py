#!/usr/bin/env python3
"""How long a program takes from its start until its weights are mapped, and until the first result.

    startup.py --rondo build/bin/rondo [--sizes 512,4096] [--runs N]

An LSTM over one sequence (B=1, T=16), its prepared weights in a file that is in the page cache. Medians and 95th
percentiles of new processes, from just before they are spawned.
"""

import argparse
import os
import pathlib
import subprocess
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent


def build(rondo, size, folder):
    flags = [HERE / "lstm.rondo", f"--set=input={size}", f"--set=hidden={size}", "--dim=T=16", "--dim=B=1"]
    for name in ("model.o", "model.h"):
        subprocess.run([rondo, "compile", *flags, "-o", folder / name], check=True)
    program, root = folder / "startup", rondo.parents[1]
    subprocess.run(["clang-22", "-O2", f"-I{folder}", f"-I{HERE.parent / 'runtime' / 'include'}", HERE / "startup.c",
                    folder / "model.o", root / "lib" / "librondo_runtime.a", "-lm", "-o", program], check=True)
    return program


def measure(program, weights):
    """Milliseconds until it was ready, and until it had the result."""
    reader, writer = os.pipe()
    begin = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
    child = os.posix_spawn(program, [program, "run", weights], os.environ,
                           file_actions=[(os.POSIX_SPAWN_DUP2, writer, 1)])
    os.close(writer)
    with os.fdopen(reader) as said:
        ready, done = (int(word) for word in said.read().split())
    os.waitpid(child, 0)
    return (ready - begin) / 1e6, (done - begin) / 1e6


def row(rondo, size, runs, folder):
    program = build(rondo, size, folder)
    weights = folder / "weights.prepared"
    subprocess.run([program, "save", weights], check=True)
    samples = [measure(program, weights) for _ in range(runs + 2)][2:]
    cells = []
    for times in zip(*samples):
        ordered = sorted(times)
        cells.append(f"{ordered[len(ordered) // 2]:.2f} (p95 {ordered[int(0.95 * (len(ordered) - 1))]:.2f})")
    return f"| LSTM-{size} | {weights.stat().st_size / 1e6:.0f} | {cells[0]} | {cells[1]} |"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rondo", type=pathlib.Path, required=True)
    parser.add_argument("--sizes", default="512,4096", help="hidden sizes, with commas")
    parser.add_argument("--runs", type=int, default=30)
    options = parser.parse_args()
    print("| | weights, MB | ready, ms | first result, ms |\n|---|---:|---:|---:|")
    for size in map(int, options.sizes.split(",")):
        with tempfile.TemporaryDirectory(prefix="rondo-") as folder:
            print(row(options.rondo.resolve(), size, options.runs, pathlib.Path(folder)), flush=True)


if __name__ == "__main__":
    main()
