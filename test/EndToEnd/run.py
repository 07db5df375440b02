#!/usr/bin/env python3
"""Compiles every example and program and compares it with a reference in float64; checks what every phase promises.

    run.py --bin build/bin [--only TEXT] [--jobs N] [--all]
"""

import argparse
import os
import pathlib
import sys
import tempfile

import artefacts
import documents
import functions
import library
import numbers_agree
import phases
import positions
import programs
import random_scans
import states
import stacks
from examples import all_examples
from harness import Suite


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=pathlib.Path, required=True, help="the folder of rondo and rondo-opt")
    parser.add_argument("--only", default="", help="run the tests whose name holds this text")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--all", action="store_true",
                        help="every combination of options of LSTM, GRU and RNN, every case of functions, "
                             "more random scans")
    options = parser.parse_args()
    stacks.every = functions.every = random_scans.every = options.all

    examples = all_examples()
    with tempfile.TemporaryDirectory(prefix="rondo-") as scratch:
        suite = Suite()
        for module in (numbers_agree, library, stacks, functions, programs, random_scans, positions, states,
                       phases, artefacts, documents):
            module.add_tests(suite, examples, options.bin.resolve(), pathlib.Path(scratch))
        return 1 if suite.run(options.jobs, options.only) else 0


if __name__ == "__main__":
    sys.exit(main())
