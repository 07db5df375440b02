#!/usr/bin/env python3
"""How long a Transformer takes to compile, and how large its object is, by the number of its layers: an encoder, an
encoder with a decoder, and the examples that generate text with caches, all their entry points.

    depth.py --rondo build/bin/rondo [--layers 2,6,12,24] [--level -O3] [--only llama]

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

EXAMPLES = HERE.parent / "examples"
MODELS = {  # what is compiled, and what sets the number of layers
    "Encoder": ((HERE / "depth.rondo", "--model", "Encoder"), "layers"),
    "Encoder and decoder": ((HERE / "depth.rondo", "--model", "Whole"), "layers"),
    "examples/transformer": ((EXAMPLES / "transformer" / "model.rondo",), "layers"),
    "examples/gpt2": ((EXAMPLES / "gpt2" / "model.rondo",), "n_layer"),
    "examples/llama": ((EXAMPLES / "llama" / "model.rondo",), "num_hidden_layers"),
}


def compiled(rondo, flags, output):
    """Seconds of the processor."""
    child = os.posix_spawn(rondo, [rondo, "compile", *flags, "-o", output], os.environ)
    _, status, usage = os.wait4(child, 0)
    if status:
        raise SystemExit(f"{rondo} failed")
    return usage.ru_utime + usage.ru_stime


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rondo", type=pathlib.Path, required=True)
    parser.add_argument("--layers", default="2,6,12,24", help="numbers of layers, with commas")
    parser.add_argument("--level", default="-O3")
    parser.add_argument("--only", default="", help="models whose names hold this")
    options = parser.parse_args()
    print("| | layers | compiles in, s | code, KB | object, KB |\n|---|---:|---:|---:|---:|")
    for model, (source, setting) in MODELS.items():
        if options.only not in model:
            continue
        for layers in options.layers.split(","):
            with tempfile.TemporaryDirectory(prefix="rondo-") as folder:
                output = pathlib.Path(folder) / "model.o"
                flags = [*source, "--set", f"{setting}={layers}", options.level]
                seconds = compiled(options.rondo.resolve(), flags, output)
                print(f"| {model} | {layers} | {seconds:.1f} | {code_and_data(output)[0] / 1000:.1f} | "
                      f"{output.stat().st_size / 1000:.1f} |", flush=True)


if __name__ == "__main__":
    main()
