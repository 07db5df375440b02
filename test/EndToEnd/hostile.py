"""Hostile files and calls for `rondo`: one clear message, exit code 1, nothing half-written.

What files of arrays and weights may hold is test/Unit/Runtime/hostile_test.py's: here is what the tool adds.
"""

import itertools
import os
import pathlib
import re
import resource
import shutil
import signal
import subprocess
import tempfile
import time

import numpy

from examples import ROOT
from harness import Failure, Skipped

SECONDS = 60  # the most that any case may take
CELL = ROOT / "examples" / "char_rnn"
SIZES = """model Sizes() {
  def square(n: int) -> f32 {
    a = cumsum(ones(n, n), dim=0)
    return sum(a * a)
  }
  def apart(n: int) -> f32 {
    a = cumsum(ones(n - 5), dim=0)
    b = cumsum(ones(n + 70), dim=0)
    return sum(a) + b[3]
  }
  def flat(n: int, m: int) -> f32[n * n - m] {
    return reshape(ones(n, n), [n * n])[m:]
  }
  def kept(x: f32[T, B]) -> f32[T * B] {
    y = tanh(x)
    return reshape(y, [T * B])
  }
}
"""


class Case:
    """A folder with model.rondo, weights.safetensors, chars.txt and x.npy of char_rnn, and the calls in it."""

    def __init__(self, tools, folder):
        self.rondo, self.dir = tools / "rondo", folder
        for name in ("model.rondo", "weights.safetensors", "chars.txt"):
            shutil.copy(CELL / name, folder / name)
        numpy.save(folder / "x.npy", numpy.zeros((1, 3), "int64"))

    def call(self, *args, **options):
        options.setdefault("stdin", subprocess.DEVNULL)
        options.setdefault("stdout", subprocess.PIPE)
        process = subprocess.Popen([self.rondo, *map(str, args)], cwd=self.dir, stderr=subprocess.PIPE, **options)
        try:
            out, said = process.communicate(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise Failure(f"still running after {SECONDS} s")
        return process.returncode, out, said.decode()

    def refused(self, *args, text="", code=1, **options):
        before = self.files()
        got, out, said = self.call(*args, **options)
        if got != code:
            raise Failure(f"exit code {got}, not {code}\n{said[-2000:]}")
        if text not in said or "error: " not in said:
            raise Failure(f"not the message that is expected ({text!r}):\n{said[-2000:]}")
        self.clean(said)
        if out:
            raise Failure(f"something is on stdout: {out[:200]!r}")
        if self.files() != before:
            raise Failure(f"files have changed: {sorted(set(self.files()) ^ set(before))}")

    def clean(self, said):
        wrong = re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f]|Stack dump|PLEASE submit|LLVM ERROR|Assertion|internal error",
                          said)
        if wrong:
            raise Failure(f"{wrong[0]!r} is in the message:\n{said[-2000:]}")

    def files(self):
        """Names and contents."""
        return [(str(path.relative_to(self.dir)), path.read_bytes() if path.is_file() else None)
                for path in sorted(self.dir.rglob("*")) if not path.is_symlink() and not path.is_fifo()]


def add_tests(suite, examples, tools, scratch):
    folder = scratch / "hostile"
    folder.mkdir()

    def add(name, test, *args):
        def run():
            with tempfile.TemporaryDirectory(dir=folder) as place:
                test(Case(tools, pathlib.Path(place)), *args)
        suite.add(f"hostile {name}", run)

    for make in (sources, commands, weights, outputs, verified, numbers, indices):
        make(add)


# What is read


def sources(add):
    text = (CELL / "model.rondo").read_bytes()
    whole = {
        "a null": text[:200] + b"\0" + text[200:], "no UTF-8": text[:200] + b"\xff\xfe" + text[200:],
        "half a character": text + b"\xc3", "UTF-16": text.decode().encode("utf-16"), "nothing": b"",
        "a null alone": b"\0", "a comment alone": b"# x", "braces": b"{" * 100_000,
        "parentheses": b"def f() -> f32 { return " + b"(" * 100_000,
        "brackets": b"def f() -> f32 { return " + b"[" * 100_000,
        "minuses": b"def f() -> f32 { return " + b"-" * 100_000,
        "models": b"model " * 50_000, "a long name": b"model " + b"m" * 1_000_000,
        "a long number": b"def f() -> i64 { return " + b"9" * 100_000 + b" }",
        "a long string": b'use "' + b"x" * 1_000_000 + b'"', "a string without end": b'use "x',
        "too much": b"#" * (4 << 20) + b"\n#", "escapes": b"model \x1b[31m {}",
        "a C1 control": "model \x9b31m {}".encode(),
        "a file that uses itself": b'use "model.rondo"\n', "a file that uses a folder": b'use "."\n',
        "a file that uses nothing": b'use "none.rondo"\n', "a file that uses a device": b'use "/dev/zero"\n',
        "a random file": bytes(numpy.random.default_rng(0).integers(0, 256, 5000, "uint8")),
        "a random text": bytes(numpy.random.default_rng(1).integers(32, 127, 5000, "uint8")),
    }
    for name, content in whole.items():
        add(f"source: {name}", bad_source, content)
    for number, at in enumerate(range(0, len(text), max(len(text) // 25, 1))):
        add(f"source cut {number:02}", cut_source, text[:at])
    for command in ("check", "compile", "run", "inspect", "fmt"):
        for name, make, said in SPECIAL:
            add(f"{command} {name}", special, command, make, said, ".rondo")
    for name, make, said in SPECIAL:
        add(f"compile {name}.mlir", special, "compile", make, said, ".mlir")
    for number, content in enumerate((b"", b"module", b"module {", b"\0", b"{" * 100_000, b"module @" + b"x" * 100_000,
                                      b"module attributes {rondo.phase = \"none\"} {}", b"#map = affine_map<(" * 1000,
                                      bytes(numpy.random.default_rng(2).integers(0, 256, 5000, "uint8")),
                                      b"module { func.func @f() { return } }",
                                      b"module {" * 400_000 + b"}" * 400_000, b"#a = " + b"[" * 400_000,
                                      b"!t = " + b"tuple<" * 400_000,
                                      b"module attributes {rondo.phase = \"llvm\"} {}")):
        add(f"text of a phase {number:02}", bad_text, content)
    add("stdin without end", endless_stdin)


def bad_source(case, content):
    (case.dir / "model.rondo").write_bytes(content)
    case.refused("compile", "model.rondo", "-o", "out")


def cut_source(case, content):
    (case.dir / "model.rondo").write_bytes(content)
    code, _, said = case.call("check", "model.rondo")
    case.clean(said)
    if code not in (0, 1):
        raise Failure(f"exit code {code}\n{said}")


def bad_text(case, content):
    (case.dir / "text.mlir").write_bytes(content)
    case.refused("compile", "text.mlir", "-o", "out")


def endless_stdin(case):
    with open("/dev/zero", "rb") as zeros:
        case.refused("fmt", "-", stdin=zeros, text="stdin is too long")


def missing(case, suffix):
    return "none" + suffix


def folder(case, suffix):
    (case.dir / f"folder{suffix}").mkdir()
    return "folder" + suffix


def link_to(target):
    def make(case, suffix):
        (case.dir / f"link{suffix}").symlink_to(target + (suffix if target == "link" else ""))
        return "link" + suffix
    return make


def pipe(case, suffix):
    os.mkfifo(case.dir / f"pipe{suffix}")
    return "pipe" + suffix


SPECIAL = [("what is not there", missing, "o such file"), ("a folder", folder, "cannot read"),
           ("a device without end", link_to("/dev/zero"), "is not a regular file"),
           ("an empty device", link_to("/dev/null"), "is not a regular file"),
           ("a pipe", pipe, "is not a regular file"),
           ("a link to itself", link_to("link"), "cannot read"),
           ("a link to nothing", link_to("nowhere"), "cannot read"),
           ("below a file", lambda case, suffix: "x.npy/y" + suffix, "cannot read"),
           ("a long name", lambda case, suffix: "n" * 5000 + suffix, "cannot read")]


def special(case, command, make, said, suffix):
    path = make(case, suffix)
    output = ("-o", "out") if command == "compile" else ()
    case.refused(command, path, *output, text=said)


# Flags and weights


def commands(add):
    for number, words in enumerate((
            ("",), ("-",), ("--",), ("x\ny",), ("\x1b[31m",), ("check",), ("compile", "--emit"), ("run", "a", "b"),
            ("new",), ("ops", "a", "b"), ("passes", "x"), ("verify", "model.rondo"), ("compile", "model.rondo", "-o"),
            ("compile", "model.rondo", "-o", "x.\x1b[31m"), ("compile", "model.rondo", "--emit=\x1b"), ("fmt",),
            ("check", "model.rondo", "--set", "hidden"), ("check", "model.rondo", "--dim", "T=1e3"),
            ("check", "model.rondo", "--dim", "T=-1"), ("check", "model.rondo", "--dim", "T=99999999999999999999"),
            ("run", "model.rondo", "--seed=-1"), ("run", "model.rondo", "--time=x"),
            ("run", "model.rondo", "--input", "x"),
            ("compile", "model.rondo", "-O9"), ("compile", "model.rondo", "--target=x"), ("-" * 100_000,),
            ("check", "--" + "x" * 100_000))):
        add(f"flags {number:02}", wrong_flags, words)
    for number, words in enumerate((
            ("--set", "hidden=0x"), ("--set", "hidden=99999999999999999999"), ("--set", "hidden=-1"),
            ("--set", "hidden=9223372036854775807"), ("--set", "none=1"), ("--set", "hidden=\x1b[31m"),
            ("--set", "hidden=" + "(" * 10_000), ("--dim", "none=1"),
            ("--dim", "T=9223372036854775807", "--dim", "B=2"),
            ("--entry", "none"), ("--entry", "\x1b[31m"), ("--entry", "f" * 100_000), ("--model", "None"))):
        add(f"values {number:02}", wrong_values, words)
    for name in (".", "..", "/", "a/b", "2x", "x.y", "\x1b[31m", "n" * 300, "model.rondo", "model.rondo/x", "/proc/x",
                 "x\ny"):
        add(f"new {name[:20]!r}", lambda case, name: case.refused("new", name), name)


def wrong_flags(case, words):
    case.refused(*words, code=2)


def wrong_values(case, words):
    case.refused("compile", "model.rondo", "-o", "out", *words)


def weights(add):
    right = (CELL / "weights.safetensors").read_bytes()
    empty = b"\2\0\0\0\0\0\0\0{}"
    for name, content, said in (
            ("cut", right[:-1], "weights.safetensors"), ("cut in the header", right[:100], "cut short"),
            ("and more", right + b"x", "bytes follow"), ("of no key", empty, ""),
            ("of nothing", b"", "not a safetensors file"),
            ("of zeros", bytes(1000), "weights.safetensors"),
            ("of other types", right.replace(b'"F32"', b'"I32"', 1), ""),
            ("of names that steer the terminal", right.replace(b'"fc.bias"', b'"\\u001bias"', 1), "")):
        for command in (("compile", "-o", "out"), ("run", "--input", "x=x.npy"), ("inspect",)):
            add(f"{command[0]} weights {name}", bad_weights, command, content, said)
    for flags in (("--weights", "/dev/zero"), ("--weights", "."), ("--weights", "none")):
        for command in (("compile", "-o", "out"), ("run", "--input", "x=x.npy"), ("inspect",)):
            add(f"{command[0]} {' '.join(flags)}", lambda case, *words: case.refused(*words), command[0], "model.rondo",
                *command[1:], *flags)


def bad_weights(case, command, content, said):
    (case.dir / "weights.safetensors").write_bytes(content)
    words = [command[0], "model.rondo", *command[1:], "--weights", "weights.safetensors"]
    if command[0] != "inspect":
        return case.refused(*words, text=said)
    code, out, said = case.call(*words)  # what differs is its result, on stdout
    case.clean(said + out.decode())
    if code != 1:
        raise Failure(f"exit code {code}\n{out.decode()}{said}")


# What is written


KINDS = ("out", "out.o", "out.so", "out.a", "out.h", "out.mlir", "out.ll", "out.s")


def outputs(add):
    for name in KINDS:
        add(f"{name} too large", too_large, name)
        add(f"{name} in a folder that is not there", lambda case, name: case.refused(
            "compile", "model.rondo", "-o", f"none/{name}", text="o such file"), name)
        add(f"{name} is a folder", is_folder, name)
    add("fmt too large", formatted_too_large)
    add("a full disk", full_disk)
    add("a depfile that is a folder", lambda case: case.refused(
        "compile", "model.rondo", "-o", "/dev/null", "--emit=obj", "--depfile", ".", text="s a directory"))
    add("phases into a file", lambda case: case.refused(
        "compile", "model.rondo", "-o", "out", "--dump-phases", "x.npy"))
    add("results into a file", lambda case: case.refused("run", "model.rondo", "--seed", "1", "--input", "x=x.npy",
                                                         "--output", "x.npy", text="Not a directory"))
    for kind in ("obj", "asm", "graph"):
        add(f"{kind} to a full device", lambda case, kind: case.refused(
            "compile", "model.rondo", f"--emit={kind}", "-o", "/dev/full", text="No space left"), kind)
    words = {"help": ("--help",), "version": ("--version",), "help of a command": ("run", "--help"), "ops": ("ops",),
             "passes": ("passes",), "text": ("compile", "model.rondo", "--emit=graph", "-o", "-"),
             "inspect": ("inspect", "model.rondo"), "fmt": ("fmt", "-"),
             "results": ("run", "model.rondo", "--seed", "1", "--input", "x=x.npy")}
    for name, command in words.items():
        for lost in (full_stdout, gone_stdout, closed_stdout):
            add(f"{name}: {lost.__name__.replace('_', ' ')}", lost, command)
    for number in range(6):
        add(f"killed {number}", killed, number)


def limited(bytes):
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (bytes, bytes))


def too_large(case, name):
    (case.dir / name).write_bytes(b"old")
    case.refused("compile", "model.rondo", "-o", name, preexec_fn=limited(300))


def is_folder(case, name):
    (case.dir / name).mkdir()
    case.refused("compile", "model.rondo", "-o", name, text="s a directory")


def formatted_too_large(case):
    text = (case.dir / "model.rondo").read_bytes()
    (case.dir / "model.rondo").write_bytes(text.replace(b"\n", b"\n\n\n").replace(b" = ", b"="))
    case.refused("fmt", "model.rondo", preexec_fn=limited(100))


def full_disk(case):
    disk = case.dir / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16k", "none", disk], capture_output=True).returncode:
        raise Skipped("a small disk cannot be mounted here")
    try:
        for name in KINDS:
            if name not in ("out.h", "out.mlir"):  # small enough
                case.refused("compile", "model.rondo", "-o", f"disk/{name}")
    finally:
        subprocess.run(["umount", disk], check=True)


def full_stdout(case, command):
    with open("/dev/full", "wb") as full:
        lost_stdout(case, command, full)


def gone_stdout(case, command):
    read, write = os.pipe()
    os.close(read)
    try:
        lost_stdout(case, command, write)
    finally:
        os.close(write)


def closed_stdout(case, command):
    lost_stdout(case, command, None, preexec_fn=lambda: os.close(1))


def lost_stdout(case, command, stdout, **options):
    with open(CELL / "model.rondo", "rb") as text:
        code, _, said = case.call(*command, stdin=text, stdout=stdout, **options)
    case.clean(said)
    if code != 1 or "stdout" not in said or said.count("\n") != 1:
        raise Failure(f"exit code {code}\n{said}")


def killed(case, number):
    """kill -9 while it compiles: what stands under the output's name is the old or the whole new one."""
    (case.dir / "out").write_bytes(b"old")
    begin = time.monotonic()
    case.call("compile", "model.rondo", "-o", "whole")
    lasts = time.monotonic() - begin
    process = subprocess.Popen([case.rondo, "compile", "model.rondo", "-o", "out"], cwd=case.dir,
                               stderr=subprocess.DEVNULL)
    time.sleep(lasts * (0.5 + 0.1 * number))
    process.send_signal(signal.SIGKILL)
    process.wait()
    if (case.dir / "out").read_bytes() not in (b"old", (case.dir / "whole").read_bytes()):
        raise Failure("the output is half-written")


# verify, and sizes that overflow


def verified(add):
    for name, program, said in (
            ("fails", "import sys; sys.exit(7)", "failed with exit code 7"),
            ("is no Python", "def", "failed with exit code 1"),
            ("is killed", "import os; os.kill(os.getpid(), 9)", "reference.py failed"),
            ("makes nothing", "", "holds no result"),
            ("makes a folder of its result", "import os, sys; os.mkdir(sys.argv[1] + '/expected_0.npy')", ""),
            ("makes no array", "import sys; open(sys.argv[1] + '/expected_0.npy', 'w').write('x')", ""),
            ("makes an endless result", "import os, sys; os.symlink('/dev/zero', sys.argv[1] + '/expected_0.npy')", ""),
            ("removes its folder", "import shutil, sys; shutil.rmtree(sys.argv[1])", "cannot read the folder")):
        add(f"reference {name}", bad_reference, program, said)
    for name, path, said in (("nothing", "none", "no such file or folder"), ("an empty folder", ".", "holds no result"),
                             ("a device", "/dev/null", "holds no result"), ("a long name", "n" * 5000, "no such file")):
        add(f"verify against {name}", lambda case, path, said: case.refused(
            "verify", "model.rondo", "--against", path, text=said), path, said)
    add("verify without python3", lambda case: case.refused(
        "verify", "model.rondo", "--against", "chars.txt", env={"PATH": "/nonexistent"}, text="no python3 in PATH"))


def bad_reference(case, program, said):
    (case.dir / "reference.py").write_text(program)
    case.refused("verify", "model.rondo", "--against", "reference.py", "--weights", "weights.safetensors", "--input",
                 "x=x.npy", text=said)


def numbers(add):
    wide = {"square": [1 << 31, 1 << 32, 3037000500, (1 << 63) - 1], "apart": [2, 4, (1 << 63) - 1, (1 << 62) + 1],
            "flat": [1 << 32, (1 << 32) + 1, (1 << 63) - 1]}
    for (entry, values), level in itertools.product(wide.items(), ("-O0", "-O3")):
        for value in values:
            add(f"size {entry} {value} {level}", bad_size, entry, value, level)
    for shape, level in itertools.product(((1 << 62, 0), (0, 1 << 62), ((1 << 63) - 1, 0)), ("-O0", "-O3")):
        add(f"an empty array of {shape} {level}", wide_and_empty, shape, level)


def bad_size(case, entry, value, level):
    (case.dir / "sizes.rondo").write_text(SIZES)
    flags = ["--input", "m=0"] if entry == "flat" else []
    text = "the size n - 5 is negative" if value < 5 else "memory"
    case.refused("run", "sizes.rondo", level, "--entry", entry, "--input", f"n={value}", *flags, text=text)


def wide_and_empty(case, shape, level):
    """Nothing is stored, but a size is beyond all memory: a result or a status, at once."""
    (case.dir / "sizes.rondo").write_text(SIZES)
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    (case.dir / "x.npy").write_bytes(b"\x93NUMPY\1\0" + len(header).to_bytes(2, "little") + header)
    code, _, said = case.call("run", "sizes.rondo", level, "--entry", "kept", "--input", "x=x.npy")
    case.clean(said)
    if code not in (0, 1):
        raise Failure(f"exit code {code}\n{said}")


# Places that are known only in the call (guards.py shows that nothing outside is touched)


def indices(add):
    least, most = numpy.iinfo("int64").min, numpy.iinfo("int64").max
    x, table = numpy.zeros((4, 2), "float32"), numpy.zeros((3, 3), "float32")
    rows, value = numpy.zeros((4, 3), "float32"), numpy.zeros((2, 3), "float32")
    steps, scores = numpy.zeros((4, 2, 3), "float32"), numpy.zeros((2, 5), "float32")
    some = lambda *values, dtype="int64": numpy.array(values, dtype)
    one = lambda value, dtype="int64": numpy.array(value, dtype)
    wrong = [("rows", {"x": some([0, at])}, "8:12: error: embedding: an index") for at in (5, -1, least, most)]
    wrong += [("small", {"x": some(at, dtype="int8"), "table": table}, "11:12: error: embedding") for at in (3, -128)]
    wrong += [("axis", {"x": x, "i": numpy.full((4, 2), at), "j": some(0, 0, dtype="int32")}, "14:12: error: `gather`")
              for at in (4, -1, least)]
    wrong += [("axis", {"x": x, "i": numpy.zeros((4, 2), "int64"), "j": some(0, at, dtype="int32")},
               "14:29: error: `x[j]`") for at in (4, -1)]
    wrong += [("one", {"x": x, "i": one(at), "k": one(0, "int32")}, "17:12: error: `x[i]`") for at in (4, -1, most)]
    wrong += [("one", {"x": x, "i": one(0), "k": one(at, "int32")}, "17:18: error: `update`") for at in (4, -1)]
    wrong += [("written", {"x": rows, "v": value, "at": one(at)}, "20:12: error: `update`") for at in (3, -1, most)]
    wrong += [("steps", {"x": steps, "n": some(0, at)}, "23:15: error: lengths") for at in (5, -1, least, most)]
    wrong += [("hot", {"i": some(5), "u": some(0, dtype="uint8")}, "27:16: error: `one_hot`"),
              ("hot", {"i": some(0), "u": some(255, dtype="uint8")}, "27:36: error: `one_hot`"),
              ("later", {"x": numpy.zeros((1, 4, 3), "float32"), "n": one(4)}, "30:12: error: `narrow`"),
              ("both", {"x": x, "i": some(0), "j": some(2, dtype="int32")}, "33:12: error: `x[i, j]`"),
              ("loss", {"x": scores, "y": some(0, 5)}, "36:12: error: `gather`"),
              ("best", {"x": x, "k": 5}, "39:22: error: `topk`"),
              ("kept", {"v": value, "at": some(0, 17)}, "45:15: error: `update`"),
              ("slices", {"x": x, "n": 3, "m": 2}, "51:12: error: the slice"),
              ("slices", {"x": x, "n": 1, "m": most}, "51:12: error: the slice")]
    for (number, (entry, inputs, said)), level in itertools.product(enumerate(wrong), ("-O0", "-O3")):
        add(f"index {number:02} of {entry} {level}", bad_index, entry, inputs, said, level)


def bad_index(case, entry, inputs, said, level):
    flags = []
    for name, value in inputs.items():
        if isinstance(value, numpy.ndarray):
            numpy.save(case.dir / f"{name}.npy", value)
            value = f"{name}.npy"
        flags += ["--input", f"{name}={value}"]
    program = ROOT / "test" / "EndToEnd" / "indices.rondo"
    case.refused("run", program, level, "--entry", entry, "--seed", "1", *flags, "--output", "out",
                 text=f"indices.rondo:{said}")
