#!/usr/bin/env python3
"""Compiles every example and compares it with PyTorch in float64; checks what every phase promises.

    run.py --bin build/bin [--only TEXT] [--jobs N]
"""

import argparse
import os
import pathlib
import sys
import tempfile

import artefacts
import documents
import library
import numbers_agree
import phases
from examples import all_examples
from harness import Suite


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=pathlib.Path, required=True, help="the folder of rondo and rondo-opt")
    parser.add_argument("--only", default="", help="run the tests whose name holds this text")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    options = parser.parse_args()

    examples = all_examples()
    with tempfile.TemporaryDirectory(prefix="rondo-") as scratch:
        suite = Suite()
        for module in (numbers_agree, library, phases, artefacts, documents):
            module.add_tests(suite, examples, options.bin.resolve(), pathlib.Path(scratch))
        return 1 if suite.run(options.jobs, options.only) else 0


if __name__ == "__main__":
    sys.exit(main())
