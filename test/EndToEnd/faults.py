"""Compilations that crash or are stopped: what they say, and what they leave behind.

A crash is a SIGSEGV that the thread at work is sent at some moment. It may come inside of malloc, whose lock is never
given back then: there is little that can be said, but it is said, and nothing hangs.
"""

import ctypes
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time

import numpy

from examples import ROOT
from harness import Failure, Skipped

SECONDS = 120
MODEL = ROOT / "examples" / "char_rnn" / "model.rondo"
NOBODY = 65534
tgkill = ctypes.CDLL(None, use_errno=True).syscall


def add_tests(suite, examples, tools, scratch):
    folder = scratch / "faults"
    folder.mkdir()
    folder.chmod(0o755)

    def add(name, test, *args):
        def run():
            with tempfile.TemporaryDirectory(dir=folder) as place:
                test(Case(tools, pathlib.Path(place)), *args)
        suite.add(f"faults {name}", run)

    for number in range(8):
        add(f"crashed {number}", crashed, number)
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGKILL"):
        for number in range(3):
            add(f"stopped by {name} {number}", stopped, getattr(signal, name), number)
    for command in (("compile", "model.rondo", "-o", "out"), ("compile", "model.rondo", "-o", "out.o"),
                    ("compile", "model.rondo", "-o", "out.mlir", "--depfile", "out.d"),
                    ("compile", "model.rondo", "-o", "/dev/null", "--emit=obj", "--dump-phases=dump"),
                    ("fmt", "model.rondo"), ("new", "other"),
                    ("run", "model.rondo", "--seed=1", "--input=x=x.npy", "--output", "results")):
        add(f"{' '.join(command)} in a folder that cannot be written", unwritable, command)


class Case:
    """A folder with a model, an older output, and an empty folder for temporary files."""

    def __init__(self, tools, folder):
        self.tools, self.dir, self.temporary = tools, folder, folder / "temporary"
        self.temporary.mkdir()
        shutil.copy(MODEL, folder / "model.rondo")
        numpy.save(folder / "x.npy", numpy.zeros((1, 3), "int64"))
        (folder / "out").write_bytes(b"old")

    def start(self, *command, **options):
        environment = {**os.environ, "TMPDIR": str(self.temporary)}
        return subprocess.Popen([self.tools / "rondo", *command], cwd=self.dir, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, **options)

    def end(self, process):
        try:
            return process.communicate(timeout=SECONDS)[1]
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise Failure(f"still running after {SECONDS} s")

    def compiled(self):
        """The whole output, and how long it took."""
        begin = time.monotonic()
        process = self.start("compile", "model.rondo", "-o", "whole")
        said = self.end(process)
        if process.returncode:
            raise Failure(said)
        self.whole = (self.dir / "whole").read_bytes()
        return time.monotonic() - begin

    def check_output(self):
        if (self.dir / "out").read_bytes() not in (b"old", self.whole):
            raise Failure("the output is half-written")

    def left(self, folder):
        return sorted(str(path.relative_to(self.dir)) for path in folder.iterdir()
                      if path.name not in ("model.rondo", "x.npy", "out", "whole", "temporary"))

    def left_temporary(self):
        """A linker that still runs brings its result to the place that it was given."""
        return [name for name in self.left(self.temporary) if not name.endswith("linked")]


def workers(process):
    """The threads of a process but the first, which waits for the one at work."""
    try:
        return [int(name) for name in os.listdir(f"/proc/{process.pid}/task") if int(name) != process.pid]
    except FileNotFoundError:
        return []


def crashed(case, number):
    lasts = case.compiled()
    process = case.start("compile", "model.rondo", "-o", "out")
    begin = time.monotonic()
    while process.poll() is None:
        threads = workers(process)
        if threads and time.monotonic() - begin >= lasts * (number + 1) / 10:
            tgkill(234 if os.uname().machine == "x86_64" else 131, process.pid, threads[0], signal.SIGSEGV)
            break
        time.sleep(0.001)
    said = case.end(process)
    case.check_output()
    if process.returncode == 0:  # it was faster this time
        return
    if process.returncode != 3 or "internal error: " not in said or "this is a bug in rondo" not in said:
        raise Failure(f"exit code {process.returncode}\n{said}")
    command = re.search(r"^rondo: note: (rondo\S*) (.*\.mlir)$", said, re.M)
    if command:
        check_reproducer(case, said, command[1], command[2].split())
    elif list(case.temporary.glob("rondo-reproducer*")):
        raise Failure(f"the reproducer is not told:\n{said}")
    left = case.left(case.dir) + [name for name in case.left_temporary() if "rondo-reproducer" not in name]
    if left:
        raise Failure(f"there is left {left}")


def check_reproducer(case, said, tool, words):
    """The compiler has no such bug: what is told to show it runs, and shows nothing."""
    done = subprocess.run([case.tools / tool, *words], cwd=case.dir, capture_output=True, text=True, timeout=SECONDS)
    if done.returncode:
        raise Failure(f"{said}\n{done.stderr[-2000:]}")


def stopped(case, by, number):
    """What is interrupted removes what it has begun; what is killed may leave it, under a name of its own."""
    lasts = case.compiled()
    process = case.start("compile", "model.rondo", "-o", "out")
    time.sleep(lasts * (0.5 + 0.15 * number))
    process.send_signal(by)
    said = case.end(process)
    case.check_output()
    if process.returncode not in (0, -by):
        raise Failure(f"exit code {process.returncode}\n{said}")
    left = case.left(case.dir)
    if by == signal.SIGKILL:
        left = [name for name in left if not re.fullmatch(r"out\.\w{6}\.tmp", name)]
    else:
        left += case.left_temporary()
    if left:
        raise Failure(f"there is left {left}")


def unwritable(case, command):
    """One message; for root, who may write everywhere, as somebody else."""
    if os.getuid() == 0 and not os.access(case.tools / "rondo", os.X_OK):
        raise Skipped("the tools cannot be run by others")
    before = sorted(path.name for path in case.dir.iterdir())
    (case.dir / "model.rondo").write_text(MODEL.read_text().replace(" = ", "="))
    case.temporary.chmod(0o777)
    case.dir.chmod(0o555)
    options = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.getuid() == 0 else {}
    try:
        process = case.start(*command, **options)
    except PermissionError:
        raise Skipped("the tools cannot be run by others")
    said = case.end(process)
    case.dir.chmod(0o755)
    if process.returncode != 1 or said.count("error: ") != 1 or "ermission denied" not in said:
        raise Failure(f"exit code {process.returncode}\n{said}")
    if sorted(path.name for path in case.dir.iterdir()) != before or list(case.temporary.iterdir()):
        raise Failure("something was written")
