"""What the end-to-end tests stand on: running the tools, comparing results, reporting."""

import concurrent.futures
import subprocess
import threading
import traceback

import numpy

# The greatest error of a whole result, max|got - want| / max|want|, against float64, by the result's type;
# integers and booleans are equal. `rondo verify` has the same (compiler/Tools/rondo/Verify.cpp).
TOLERANCE = {
    "float64": 1e-12,
    "float32": 1e-5,
    "float16": 4e-3,
    "bfloat16": 1.6e-2,
}


class Failure(Exception):
    """A property that does not hold; its text is the report."""


class Skipped(Exception):
    """What cannot be tested on this machine; its text says why."""


def run(*command, timeout=300):
    """Runs a command that must succeed; returns its standard output."""
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=timeout,
                          stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        shown = " ".join(str(word) for word in command)
        raise Failure(f"exit code {done.returncode}: {shown}\n{done.stdout[-2000:]}{done.stderr[-4000:]}")
    return done.stdout


def error(got, want):
    """The relative error of a whole result."""
    if want.size == 0:
        return 0.0
    scale = float(numpy.max(numpy.abs(want)))
    return float(numpy.max(numpy.abs(got.astype(numpy.float64) - want))) / (scale or 1.0)


def difference(got, want, allowed):
    """Why `got` is not `want` up to a relative error of `allowed`; None if it is. NaN and infinities agree by place."""
    if got.shape != want.shape:
        return f"shape {got.shape}, expected {want.shape}"
    if (got.dtype.kind, want.dtype.kind) != ("f", "f"):
        if got.dtype != want.dtype:
            return f"type {got.dtype}, expected {want.dtype}"
        return None if numpy.array_equal(got, want) else f"{numpy.sum(got != want)} of {want.size} values differ"
    finite = numpy.isfinite(want)
    if not numpy.array_equal(got[~finite].astype(numpy.float64), want[~finite], equal_nan=True):
        return "NaN or infinity in other places"
    measured = error(got[finite], want[finite])
    return None if measured <= allowed else f"relative error {measured:.3g} exceeds {allowed:g}"


def compare(directory, case):
    """Checks the results 0.npy, 1.npy, ... in `directory` against expected_0.npy, ... in `case`."""
    count = len(list(case.glob("expected_*.npy")))
    for i in range(count):
        got, want = numpy.load(directory / f"{i}.npy"), numpy.load(case / f"expected_{i}.npy")
        fault = difference(got, want, TOLERANCE.get(str(got.dtype), 0.0))
        if fault:
            raise Failure(f"result {i}: {fault}")
    if (directory / f"{count}.npy").exists():
        raise Failure(f"there are more than {count} results")


class Suite:
    """Tests, each a name and a function that raises if it fails; run by `jobs` threads, reported in order."""

    def __init__(self):
        self.tests = []

    def add(self, name, function, *arguments):
        self.tests.append((name, function, arguments))

    def run(self, jobs, only=""):
        """Prints PASS, FAIL or SKIP for each test and the sum; returns the number that failed."""
        chosen = [test for test in self.tests if only in test[0]]
        failed = skipped = 0
        with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
            # What several tests share is made first, so that no thread waits for another's compilation.
            shared = {id(a): a for _, _, arguments in chosen for a in arguments if isinstance(a, Once)}
            concurrent.futures.wait([pool.submit(once.get) for once in shared.values()])
            futures = [pool.submit(function, *arguments) for _, function, arguments in chosen]
            for (name, _, _), future in zip(chosen, futures):
                try:
                    future.result()
                    print(f"PASS: {name}", flush=True)
                except Skipped as reason:
                    skipped += 1
                    print(f"SKIP: {name}: {reason}", flush=True)
                except Exception as fault:
                    failed += 1
                    report = str(fault) if isinstance(fault, Failure) else traceback.format_exc()
                    print(f"FAIL: {name}\n  " + report.strip().replace("\n", "\n  "), flush=True)
        if skipped:
            print(f"end to end: {skipped} skipped")
        print(f"end to end: {len(chosen) - failed - skipped} passed, {failed} failed")
        return failed


class Once:
    """A value made by the first who asks for it, while others wait; a failure is every asker's failure."""

    def __init__(self, make, *arguments):
        self.make, self.arguments = make, arguments
        self.lock, self.done, self.value, self.fault = threading.Lock(), False, None, None

    def get(self):
        with self.lock:
            if not self.done:
                self.done = True
                try:
                    self.value = self.make(*self.arguments)
                except Exception as fault:
                    self.fault = fault
        if self.fault:
            raise self.fault
        return self.value
