#!/usr/bin/env python3
"""Which lines the tests reach: a table by folder (`make coverage`), and with --missing the lines that none reaches.

    coverage.py [--missing FOLDER] [--fail-under PERCENT] [--keep] [TEST ...]

Builds the preset `coverage` and runs the tests in it (lit, unit, end_to_end; TESTs, all if none is given), with the
programs that the compiler makes too: the runtime in them counts. --keep adds to the profile of the run before; with
`--keep none` only the table is made. A line counts as LLVM's source-based coverage has it: it holds code, and some
test ran it. Tests that forbid a program to write files fail here: it cannot write its profile either.
"""

import argparse
import collections
import json
import os
import pathlib
import shutil
import subprocess
import sys

import check

ROOT = check.ROOT
BUILD = ROOT / "build" / "coverage"
PROFILES = BUILD / "profiles"
FOLDERS = ["dialects", "compiler/Analysis", "compiler/Buffers", "compiler/Conversion", "compiler/Emit",
           "compiler/Frontend", "compiler/Interpreter", "compiler/Pipeline", "compiler/Support", "compiler/Target",
           "compiler/Tools", "compiler/Transforms", "runtime"]


def command(*words, **options):
    return subprocess.run([str(word) for word in words], check=True, **options)


def build():
    command("cmake", "--preset", "coverage", f"-DPython3_EXECUTABLE={sys.executable}", cwd=ROOT,
            stdout=subprocess.DEVNULL)
    command("ninja", "-C", BUILD, "rondo", "rondo-opt", "rondo-reduce", "unit-tests", stdout=subprocess.DEVNULL)
    # Programs that rondo links need what writes profiles, and it knows of the runtime's archive alone.
    resources = command("clang-22", "-print-resource-dir", capture_output=True, text=True).stdout.strip()
    profile, = pathlib.Path(resources).glob("lib/*/libclang_rt.profile-x86_64.a")
    runtime = BUILD / "lib" / "librondo_runtime.a"
    members = command("llvm-ar-22", "t", runtime, capture_output=True, text=True).stdout.split()
    if "InstrProfilingFile.c.o" not in members:
        command("llvm-ar-22", "qL", runtime, profile)


def run_tests(tests):
    PROFILES.mkdir(parents=True, exist_ok=True)
    check.LOGS.mkdir(parents=True, exist_ok=True)
    os.environ["LLVM_PROFILE_FILE"] = str(PROFILES / "%4m.profraw")  # runs of a program share four files
    check.BUILD = BUILD
    for test in tests:
        log = check.LOGS / f"{test}.log"
        log.unlink(missing_ok=True)
        passed, failed = getattr(check, test)()
        print(f"{test}: {passed} passed, {failed} failed" + (f", see {log}" if failed else ""), flush=True)


def programs():
    """What holds the coverage map: the tools, the unit tests."""
    unit = [path for path in (BUILD / "test" / "Unit").rglob("*")
            if path.is_file() and not path.suffix and os.access(path, os.X_OK)]
    return [BUILD / "bin" / "rondo", BUILD / "bin" / "rondo-opt", BUILD / "bin" / "rondo-reduce", *sorted(unit)]


def covered_lines():
    """For each file {line: was it run}."""
    merged = BUILD / "coverage.profdata"
    command("llvm-profdata-22", "merge", "-sparse", *PROFILES.glob("*.profraw"), "-o", merged)
    first, *others = programs()
    text = command("llvm-cov-22", "export", "-format=lcov", f"-instr-profile={merged}", first,
                   *(f"-object={other}" for other in others),
                   "-ignore-filename-regex=/usr/|/build/|/test/", capture_output=True, text=True).stdout
    files, lines = collections.defaultdict(dict), None
    for line in text.splitlines():
        kind, _, rest = line.partition(":")
        if kind == "SF":
            lines = files[pathlib.Path(rest).relative_to(ROOT)]
        elif kind == "DA":
            number, count = rest.split(",")[:2]
            lines[int(number)] = lines.get(int(number), False) or int(count) > 0
    return files


def folder_of(path):
    return next((folder for folder in FOLDERS if path.is_relative_to(folder)), str(path.parent))


def ranges(numbers):
    """[1, 2, 3, 7] as 1-3, 7"""
    parts = []
    for number in numbers:
        if parts and parts[-1][1] == number - 1:
            parts[-1][1] = number
        else:
            parts.append([number, number])
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in parts)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--missing", metavar="FOLDER", help="lines of its files that no test runs")
    parser.add_argument("--fail-under", type=float, metavar="PERCENT", help="exit 1 if a folder has less")
    parser.add_argument("--keep", action="store_true", help="add to the profile of the run before")
    parser.add_argument("tests", nargs="*", choices=["lit", "unit", "end_to_end", "none", []], metavar="TEST")
    options = parser.parse_args()
    if options.tests != ["none"]:
        if not options.keep:
            shutil.rmtree(PROFILES, ignore_errors=True)
        build()
        run_tests(options.tests or ["lit", "unit", "end_to_end"])
    files = covered_lines()

    sums = collections.defaultdict(lambda: [0, 0])
    for path, lines in files.items():
        total = sums[folder_of(path)]
        total[0] += sum(lines.values())
        total[1] += len(lines)
    print(f"{'folder':24}{'lines':>8}{'reached':>10}")
    for folder, (reached, total) in sorted(sums.items()):
        print(f"{folder:24}{total:8}{100 * reached / total:9.1f}%")
    if options.missing:
        for path, lines in sorted(files.items()):
            unreached = [number for number, reached in sorted(lines.items()) if not reached]
            if unreached and path.is_relative_to(options.missing):
                print(f"{path}: {ranges(unreached)}")
    least = min(100 * reached / total for reached, total in sums.values())
    return int(options.fail_under is not None and least < options.fail_under)


if __name__ == "__main__":
    sys.exit(main())
