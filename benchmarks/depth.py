#!/usr/bin/env python3
"""How long a Transformer takes to compile, and how large its object is, by the number of its layers.

    depth.py --rondo build/bin/rondo [--layers 2,6,12,24] [--level -O3]

Seconds are those of the processor, on one thread. Code is the object's machine code; the rest of an object are tables:
the key, shape and first value of each weight.
"""

import argparse
import os
import pathlib
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "scripts"))
from sizes import code_and_data


def compiled(rondo, flags, output):
    """Seconds of the processor."""
    child = os.posix_spawn(rondo, [rondo, "compile", HERE / "depth.rondo", *flags, "-o", output], os.environ)
    _, status, usage = os.wait4(child, 0)
    if status:
        raise SystemExit(f"{rondo} failed")
    return usage.ru_utime + usage.ru_stime


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rondo", type=pathlib.Path, required=True)
    parser.add_argument("--layers", default="2,6,12,24", help="numbers of layers, with commas")
    parser.add_argument("--level", default="-O3")
    options = parser.parse_args()
    print("| | layers | compiles in, s | code, KB | object, KB |\n|---|---:|---:|---:|---:|")
    for model in ("Encoder", "Whole"):
        for layers in options.layers.split(","):
            with tempfile.TemporaryDirectory(prefix="rondo-") as folder:
                output = pathlib.Path(folder) / "model.o"
                flags = ["--model", model, "--set", f"layers={layers}", options.level]
                seconds = compiled(options.rondo.resolve(), flags, output)
                print(f"| {model} | {layers} | {seconds:.1f} | {code_and_data(output)[0] / 1000:.1f} | "
                      f"{output.stat().st_size / 1000:.1f} |", flush=True)


if __name__ == "__main__":
    main()
