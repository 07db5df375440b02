#!/usr/bin/env python3
"""Compiles every example and program and compares it with a reference in float64; checks what every phase promises.

    run.py --bin build/bin [--only TEXT] [--jobs N] [--all] [--target NAME] [--sanitize]
"""

import argparse
import os
import pathlib
import sys
import tempfile

# Tests run side by side: a product in NumPy needs no threads of its own, which would wait for each other.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import accesses
import accuracy
import artefacts
import attention
import c_programs
import caches
import debugging
import documents
import faults
import functions
import guards
import hostile
import interpreted
import layers
import library
import masks
import numbers_agree
import package
import phases
import positions
import programs
import quiet
import random_attention
import random_scans
import sanitized
import states
import stacks
import symbols
import systems
import targets
import transformers
import verify
from examples import all_examples
from harness import Suite


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=pathlib.Path, required=True, help="the folder of rondo and rondo-opt")
    parser.add_argument("--only", default="", help="run the tests whose name holds this text")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--all", action="store_true",
                        help="every combination of options of LSTM, GRU and RNN, every case of functions, "
                             "more of attention and Transformers, more random programs, every target at every level")
    parser.add_argument("--target", choices=targets.MACHINES,
                        help="the tests that compare results of executables, with executables for this processor")
    parser.add_argument("--sanitize", action="store_true",
                        help="the same tests, with code that checks every access to memory")
    options = parser.parse_args()
    stacks.every = functions.every = random_scans.every = targets.every = guards.every = sanitized.every = options.all
    symbols.every = debugging.every = masks.every = attention.every = numbers_agree.every = phases.every = options.all
    random_attention.every = transformers.every = interpreted.every = accesses.every = options.all

    examples = all_examples()
    with tempfile.TemporaryDirectory(prefix="rondo-") as scratch:
        tools = options.bin.resolve()
        if options.target:
            tools = targets.elsewhere(tools, options.target, pathlib.Path(scratch) / "elsewhere")
        if options.sanitize:
            tools = accesses.checking(tools, pathlib.Path(scratch) / "checking")
        suite = Suite()
        executables = (numbers_agree, library, stacks, attention, random_attention, transformers, functions, accuracy,
                       programs, random_scans, positions)
        others = (states, layers, caches, phases, masks, guards, sanitized, accesses, hostile, faults,
                  artefacts, c_programs, quiet, package, interpreted, targets, symbols, verify, debugging,
                  documents, systems)
        for module in executables + (() if options.target or options.sanitize else others):
            module.add_tests(suite, examples, tools, pathlib.Path(scratch))
        return 1 if suite.run(options.jobs, options.only) else 0


if __name__ == "__main__":
    sys.exit(main())
