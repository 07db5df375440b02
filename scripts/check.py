#!/usr/bin/env python3
"""Runs all tests and prints `N passed, N failed`, the sum, as its last line (`make check`).

Each step's output goes to build/check/STEP.log; of a step that fails, it is shown.
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
BUILD = ROOT / "build"
LOGS = BUILD / "check"
LIT = "/usr/lib/llvm-22/bin/lit"
SOURCES = ("compiler", "dialects", "runtime", "test", "benchmarks")


def run(log, *command, **options):
    """Runs a command, its output added to the log; returns its exit code."""
    with open(LOGS / f"{log}.log", "a") as out:
        out.write("$ " + " ".join(map(str, command)) + "\n")
        out.flush()
        return subprocess.run(list(map(str, command)), cwd=ROOT, stdin=subprocess.DEVNULL, stdout=out,
                              stderr=subprocess.STDOUT, **options).returncode


def log_of(name):
    return (LOGS / f"{name}.log").read_text(errors="replace")


def build():
    """The tools and unit tests, as shipped."""
    code = run("build", "cmake", "--preset", "release", f"-DPython3_EXECUTABLE={sys.executable}")
    code = code or run("build", "ninja", "-C", BUILD, "rondo", "rondo-opt", "rondo-reduce", "unit-tests")
    return (0, 1) if code else (1, 0)


def formatting():
    files = [path for folder in SOURCES for path in sorted((ROOT / folder).rglob("*"))
             if path.suffix in (".h", ".c", ".cpp")]
    return (0, 1) if run("formatting", "clang-format-22", "--dry-run", "-Werror", *files) else (1, 0)


def lit(log="lit", build=None):
    code = run(log, sys.executable, LIT, "-sv", f"-j{os.cpu_count()}", (build or BUILD) / "test")
    counts = {kind: int(n) for kind, n in re.findall(r"^\s+([A-Z][A-Za-z ]+?)\s*:\s*(\d+) \(", log_of(log), re.M)}
    passed = counts.get("Passed", 0) + counts.get("Expectedly Failed", 0)
    neutral = passed + counts.get("Unsupported", 0) + counts.get("Excluded", 0) + counts.get("Skipped", 0)
    failed = sum(counts.values()) - neutral
    return passed, max(failed, 1) if code else failed


def google_test(log, test):
    report = LOGS / f"{log}-{test['name']}.json"
    code = run(log, *test["command"], "--gtest_brief=1", f"--gtest_output=json:{report}")
    counts = json.loads(report.read_text()) if report.exists() else {"tests": 1, "failures": 1}
    failed = counts["failures"] or int(code != 0)  # a sanitizer's finding fails a program whose tests pass
    return counts["tests"] - failed, failed


def python_test(log, test):
    before = len(log_of(log)) if (LOGS / f"{log}.log").exists() else 0
    code = run(log, *test["command"])
    said = log_of(log)[before:]
    ran = sum(int(n) for n in re.findall(r"^Ran (\d+) tests? in", said, re.M)) or 1
    failed = sum(int(n) for n in re.findall(r"\b(?:failures|errors)=(\d+)", said)) or int(code != 0)
    return ran - failed, failed


def unit_tests_of(build, log, pattern="."):
    """Runs the unit tests that CTest knows in a build folder, counting what is in each program."""
    listed = subprocess.run(["ctest", "--test-dir", str(build), "--show-only=json-v1", "-L", "unit", "-R", pattern],
                            capture_output=True, text=True, check=True)
    passed = failed = 0
    for test in json.loads(listed.stdout)["tests"]:
        in_python = any(word.endswith(".py") for word in test["command"])
        p, f = (python_test if in_python else google_test)(log, test)
        passed, failed = passed + p, failed + f
    return passed, failed if passed else max(failed, 1)  # no tests found is no success


def unit():
    return unit_tests_of(BUILD, "unit")


def sanitizers():
    """Compiler, runtime and their tests under AddressSanitizer, UndefinedBehaviorSanitizer and LeakSanitizer."""
    code = run("sanitizers", "cmake", "--preset", "asan", f"-DPython3_EXECUTABLE={sys.executable}")
    code = code or run("sanitizers", "ninja", "-C", BUILD / "asan", "rondo", "rondo-opt", "rondo-reduce", "unit-tests",
                       "fuzzers")
    if code:
        return 0, 1
    results = [lit("sanitizers", BUILD / "asan"), unit_tests_of(BUILD / "asan", "sanitizers"),
               python_suite("sanitizers", "test/EndToEnd/run.py", "--bin", BUILD / "asan" / "bin", "--only",
                            "hostile ")]
    return tuple(map(sum, zip(*results)))


def fuzz():
    """Each fuzzer for a moment; scripts/fuzz.py runs them for longer."""
    return python_suite("fuzz", "scripts/fuzz.py", "--seconds", 20, "--fresh")


def python_suite(log, program, *flags):
    """Runs a program whose last line is `NAME: N passed, N failed`."""
    code = run(log, sys.executable, program, *flags)
    match = re.findall(r"^[a-z ]+: (\d+) passed, (\d+) failed$", log_of(log), re.M)
    passed, failed = map(int, match[-1]) if match else (0, 1)
    return passed, max(failed, 1) if code else failed


def end_to_end():
    return python_suite("end_to_end", "test/EndToEnd/run.py", "--bin", BUILD / "bin")


def differential():
    """Random programs: the same ones each time, and for a minute others for each state of the project, so that a run
    can be had again. Those that fail are left in build/check."""
    tree = subprocess.run(["git", "rev-parse", "HEAD^{tree}"], cwd=ROOT, capture_output=True, text=True).stdout
    others = ("--seconds", "60", "--first", str(int(tree[:9] or "0", 16)))
    results = [python_suite("differential", "test/Differential/run.py", "--bin", BUILD / "bin", "--reproducers",
                            LOGS / "reproducers", *which) for which in (("--seeds", "0:200"), others)]
    return tuple(map(sum, zip(*results)))


def main():
    LOGS.mkdir(parents=True, exist_ok=True)
    for old in LOGS.iterdir():
        shutil.rmtree(old) if old.is_dir() else old.unlink()
    total_passed = total_failed = 0
    for step in (formatting, build, lit, unit, sanitizers, fuzz, end_to_end, differential):
        name = step.__name__
        print(f"{name.replace('_', ' '):12}", end=" ", flush=True)
        start = time.monotonic()
        passed, failed = step()
        print(f"{passed} passed, {failed} failed ({time.monotonic() - start:.0f} s)", flush=True)
        print(*(line for line in log_of(name).splitlines(True) if line.startswith("SKIP")), sep="", end="", flush=True)
        if failed:
            shown = "".join(line for line in log_of(name).splitlines(True) if not line.startswith("PASS"))
            print(f"{shown[-8000:]}\n... the whole of it is in {LOGS / name}.log", flush=True)
        total_passed, total_failed = total_passed + passed, total_failed + failed
        if step is build and failed:
            break
    summary = f"{total_passed} passed, {total_failed} failed"
    (LOGS / "summary").write_text(summary + "\n")
    print(summary)
    return 1 if total_failed else 0


if __name__ == "__main__":
    sys.exit(main())
