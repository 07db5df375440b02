#!/usr/bin/env python3
"""Does the differential run see bugs? Makes the compiler with each of the bugs of mutants.py and looks for a program
whose results are wrong, by seeds from 0 on.

    mutations.py --build build/debug [--only TEXT] [--seeds 300] [--bisect]

Nothing of the sources or of the build folder is changed: the file with the bug is compiled apart, and linked before the
libraries. `--bisect` also asks `rondo run --verify-each-phase` which pass is to blame.
"""

import argparse
import json
import pathlib
import shlex
import subprocess
import sys
import tempfile
import time

import check
import reproducer
import run
from mutants import MUTANTS

ROOT = pathlib.Path(__file__).resolve().parents[2]


class Build:
    """How a build folder makes rondo."""

    def __init__(self, folder):
        self.folder = folder
        self.compilations = {entry["file"]: entry["command"] for entry in json.loads(self.ninja("-t", "compdb"))
                             if entry["file"].endswith(".cpp")}
        self.link = self.ninja("-t", "commands", "bin/rondo").strip().split("\n")[-1]

    def ninja(self, *words):
        return subprocess.run(["ninja", *words], capture_output=True, text=True, check=True, cwd=self.folder).stdout

    def make(self, mutant, scratch):
        """The folder of rondo with the bug."""
        path = ROOT / "compiler" / mutant.file
        text = path.read_text()
        if text.count(mutant.old) != 1:
            raise RuntimeError(f"{mutant.file} holds this {text.count(mutant.old)} times: {mutant.old}")
        source, made = scratch / path.name, scratch / "mutant.o"
        source.write_text(text.replace(mutant.old, mutant.new))
        command = shlex.split(self.compilations[str(path)])
        for flag, value in (("-o", made), ("-MF", f"{made}.d"), ("-MT", made), ("-c", source)):
            if flag in command:
                command[command.index(flag) + 1] = str(value)
        subprocess.run(command + ["-w"], check=True, cwd=self.folder)
        (scratch / "bin").mkdir()
        (scratch / "lib").symlink_to(self.folder / "lib")
        link = self.link.replace("-o bin/rondo ", f"-o {scratch}/bin/rondo {made} ", 1)
        subprocess.run(link, shell=True, check=True, cwd=self.folder, stdout=subprocess.DEVNULL)
        return scratch / "bin"


def caught(tools, seeds, jobs):
    """The first fault, and how many seeds it took."""
    done = 0
    for found, _, count in run.results(tools, 0, seeds, jobs, None):
        done += count
        if found:
            return found[0], done
    return None, done


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--only", default="", help="mutants whose name holds this text")
    parser.add_argument("--seeds", type=int, default=300)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--bisect", action="store_true")
    options = parser.parse_args()
    build = Build(options.build.resolve())
    chosen = [mutant for mutant in MUTANTS if options.only in mutant.name]
    missed = 0
    for mutant in chosen:
        start = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="rondo-mutant-") as folder:
            try:
                tools = build.make(mutant, pathlib.Path(folder))
            except subprocess.CalledProcessError:
                missed += 1
                print(f"{mutant.name} ({mutant.file}): is not compiled", flush=True)
                continue
            fault, seeds = caught(tools, options.seeds, options.jobs)
            missed += fault is None
            said = "missed" if fault is None else f"caught by seed {fault[0]}"
            print(f"{mutant.name} ({mutant.file}): {said}, {seeds} seeds, {time.monotonic() - start:.0f} s", flush=True)
            if options.bisect and fault and isinstance(fault[1], check.Fault):
                place = reproducer.leave(tools, fault[1], pathlib.Path(folder))
                print("    " + reproducer.blame(tools, place).replace("\n", "\n    "), flush=True)
    print(f"mutations: {len(chosen) - missed} caught, {missed} missed")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
