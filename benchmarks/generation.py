#!/usr/bin/env python3
"""The time of one more token against the tokens generated before it, by the greedy entry point of examples/llama.

    generation.py --rondo build/bin/rondo [--most 1024] [--runs 5]

Keys and values of all layers are carried by a scan and written in place, so a token costs what its products cost, and
what attention reads: that grows with the tokens before it. If a cache were copied, every token would cost more where
there is room for more; so the last column writes the same few tokens in each row, with the room of that row. (The
room is filled with zeros once in a call, which is in its times.)
"""

import argparse
import os
import pathlib
import re
import subprocess
import tempfile

import numpy

FEW = 64
ROOT = pathlib.Path(__file__).resolve().parents[1]
SIZES = {"vocab_size": 1000, "hidden_size": 256, "intermediate_size": 688, "num_hidden_layers": 4,
         "num_attention_heads": 8, "num_key_value_heads": 8}


def run(*command):
    return subprocess.run([str(word) for word in command], check=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          stdin=subprocess.DEVNULL, text=True).stdout


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rondo", type=pathlib.Path, required=True)
    parser.add_argument("--most", type=int, default=1024, help="tokens of the last row")
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})

    with tempfile.TemporaryDirectory(prefix="rondo-") as folder:
        folder = pathlib.Path(folder)
        numpy.save(folder / "prompt.npy", numpy.array([[7]]))

        def compiled(end):
            run(options.rondo.resolve(), "compile", ROOT / "examples" / "llama" / "model.rondo", "-o", folder / f"{end}",
                *(f"--set={name}={value}" for name, value in SIZES.items()), f"--set=eos_token_id={end}")
            return folder / f"{end}"

        def microseconds(binary, tokens):
            said = run(binary, "--entry", "greedy", "--seed", 1, "--input", f"prompt={folder / 'prompt.npy'}",
                       "--input", f"n={tokens}", "--time", options.runs, "--output", folder)
            return float(re.search(r"time: median (\S+)", said)[1])

        endless = compiled(-1)  # no token has this number
        microseconds(endless, FEW)
        text = numpy.load(folder / "0.npy")[:, 0].tolist()
        few, end = max((text.index(token) + 1, token) for token in text)
        short = compiled(end)

        print(f"| tokens | ms | us a token | us a token since the row before | us a token of {few}, same room |")
        print("|---|---|---|---|---|")
        tokens, before, taken = FEW, 0, 0.0
        while tokens <= options.most:
            now = microseconds(endless, tokens)
            print(f"| {tokens} | {now / 1e3:.1f} | {now / tokens:.1f} | {(now - taken) / (tokens - before):.1f} "
                  f"| {microseconds(short, tokens) / few:.1f} |", flush=True)
            tokens, before, taken = 2 * tokens, tokens, now


if __name__ == "__main__":
    main()
