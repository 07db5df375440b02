#!/usr/bin/env python3
"""Hostile files and calls for the driver around the fake model (FakeModel.h): each is a test of its own.

hostile_test.py FAKE_MODEL

What is expected of every one: exit code 1 (2 for flags that are wrong whatever the model), one line that says what is
wrong and steers no terminal, no report of a sanitizer, nothing on stdout and nothing half-written.
"""

import functools
import itertools
import json
import os
import pathlib
import resource
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest

import numpy as np

PROGRAM = None
SECONDS = 20  # the most that any case may take
RESIDENT_BYTES = 1 << 30  # the most memory that any case may use, under a sanitizer too

X = np.array([[0, 1, 2], [3, 0, 1]])
WEIGHTS = {"emb.weight": ("F32", [4, 3], 48), "fc.bias": ("F32", [3], 12), "scale": ("F32", [], 4)}
SEEDED = ("--seed", 1)
LOADED = ("--weights", "w.safetensors")


def npy(header, data=X.tobytes(), version=1, length=None):
    header = header if isinstance(header, bytes) else header.encode()
    version = max(version, 2) if len(header) > 65535 else version
    size = struct.pack("<H" if version == 1 else "<I", len(header) if length is None else length)
    return b"\x93NUMPY" + bytes([version, 0]) + size + header + data


def entry(descr="'<i8'", order="False", shape="(2, 3)"):
    return f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}\n"


def stored(header, data=bytes(64), length=None):
    header = header if isinstance(header, (str, bytes)) else json.dumps(header)
    header = header if isinstance(header, bytes) else header.encode()
    return struct.pack("<Q", len(header) if length is None else length) + header + data


def tensors(**changes):
    """The header of the right weights, with other descriptions for some (`__` stands for a dot)."""
    described, at = {}, 0
    for name, (dtype, shape, size) in WEIGHTS.items():
        described[name] = {"dtype": dtype, "shape": shape, "data_offsets": [at, at + size]}
        at += size
    described.update({name.replace("__", "."): change for name, change in changes.items()})
    return {name: description for name, description in described.items() if description}


def bias(**changes):
    return tensors(fc__bias={"dtype": "F32", "shape": [3], "data_offsets": [48, 60], **changes})


class Hostile(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = tempfile.TemporaryDirectory(prefix="rondo-hostile-")
        cls.root = pathlib.Path(cls.scratch.name)
        cls.root.chmod(0o755)
        cls.addClassCleanup(cls.scratch.cleanup)
        cls.number = itertools.count()

    def setUp(self):
        self.dir = self.root / str(next(self.number))
        self.dir.mkdir()
        np.save(self.dir / "x.npy", X)
        (self.dir / "w.safetensors").write_bytes(stored(tensors()))

    def tearDown(self):
        for path in sorted(self.dir.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()
        self.dir.rmdir()

    def start(self, *args, **options):
        options.setdefault("stdin", subprocess.DEVNULL)
        options.setdefault("stdout", subprocess.PIPE)
        options.setdefault("stderr", subprocess.PIPE)
        environment = {**os.environ, "ASAN_OPTIONS": "allocator_may_return_null=1"}
        return subprocess.Popen([PROGRAM, *map(str, args)], cwd=self.dir, env=environment, **options)

    def call(self, *args, **options):
        process = self.start(*args, **options)
        try:
            out, said = process.communicate(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            self.fail(f"still running after {SECONDS} s")
        self.assertLess(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024, RESIDENT_BYTES)
        return process.returncode, out or b"", (said or b"").decode()

    def refused(self, *args, code=1, text="", lines=1, **options):
        before = self.files()
        got, out, said = self.call(*args, **options)
        self.assertEqual(got, code, said[-2000:])
        self.assertEqual(out, b"")
        self.assertEqual(said.count("\n"), lines, said)
        self.assertIn("error: ", said)
        self.assertIn(text, said)
        self.clean(said)
        self.assertEqual(self.files(), before)

    def clean(self, said):
        self.assertNotRegex(said, "Sanitizer|runtime error")
        self.assertNotRegex(said, "[\x00-\x09\x0b-\x1f\x7f-\x9f]")

    def files(self):
        return sorted(str(path.relative_to(self.dir)) for path in self.dir.rglob("*"))


def case(name, method, *args):
    """Adds a test that calls method(self, *args)."""
    name = "test_" + "".join(c if c.isalnum() else "_" for c in name)
    while hasattr(Hostile, name):
        name += "_"
    setattr(Hostile, name, functools.partialmethod(method, *args))


def cases(name, method, contents):
    for number, content in enumerate(contents):
        case(f"{name} {number:03}", method, *(content if isinstance(content, tuple) else (content,)))


# What the cases rest on


def right_files(self):
    code, _, said = self.call(*LOADED, "--input", "x=x.npy", "--output", "out")
    self.assertEqual(code, 0, said)
    for content in (npy(entry()), npy(entry()[:-1]), npy(entry(shape="(2L, 3L)")), npy(entry().replace("'", '"'))):
        (self.dir / "y.npy").write_bytes(content)
        code, _, said = self.call(*LOADED, "--input", "x=y.npy", "--output", "again")
        self.assertEqual(code, 0, said)
        np.testing.assert_array_equal(np.load(self.dir / "again/0.npy"), np.load(self.dir / "out/0.npy"))


def strange_names(self):
    """Names that are not used are told, and steer no terminal."""
    none = {"dtype": "F4", "shape": [0], "data_offsets": [64, 64]}
    (self.dir / "w.safetensors").write_bytes(stored({**tensors(), "a\x1b[31m": none, "b\x9b31m": none, "\xe9": none}))
    code, _, said = self.call(*LOADED, "--input", "x=x.npy", "--output", "out")
    self.assertEqual(code, 0, said)
    self.assertIn("note: w.safetensors has 3 weights that the model does not use: `a?[31m`, `b??31m`, `\xe9`", said)
    self.clean(said)


case("right files are taken", right_files)
case("strange names", strange_names)


# Files


def bad_npy(self, content, text=""):
    (self.dir / "x.npy").write_bytes(content)
    self.refused(*SEEDED, "--input", "x=x.npy", "--output", "out", text=text or "x.npy")


def bad_weights(self, content, text=""):
    (self.dir / "w.safetensors").write_bytes(content)
    self.refused(*LOADED, "--input", "x=x.npy", "--output", "out", text=text or "w.safetensors: ")


def bad_characters(self, content, text):
    (self.dir / "chars.txt").write_bytes(content)
    self.refused(*LOADED, "--input", "x=x.npy", "--decode", "chars.txt", text=text)


def saved(array, version):
    path = pathlib.Path(tempfile.gettempdir()) / f"rondo-hostile-{os.getpid()}.npy"
    with open(path, "wb") as file:
        np.lib.format.write_array(file, array, version=version)
    content = path.read_bytes()
    path.unlink()
    return content


whole = saved(X, (1, 0))
cases("npy cut at", bad_npy, [whole[:n] for n in range(129)])
cases("npy cut in its data at", bad_npy, [(whole[:n], "cut short") for n in (135, 136, len(whole) - 1)])
cases("npy of version 2 cut at", bad_npy, [saved(X, (2, 0))[:n] for n in range(6, 14)])
cases("npy and more", bad_npy, [(whole + more, "follow the last element") for more in (b"\0", b"\n", whole)])
cases("npy with another magic", bad_npy,
      [(start + whole[len(start):], "") for start in
       (b"\x92", b"\x93NUMPX", b"PK\x03\x04", b"\x93NUMPY\0", b"\x93NUMPY\4", b"\x93NUMPY\xff", b"\x93NUMPY\1\1",
        b"\x93NUMPY\1\xff")])
cases("npy whose header lies of its length", bad_npy,
      [npy(entry(), length=n) for n in (0, 1, len(entry()) - 3, len(entry()) + 1, 65535)]
      + [npy(entry(), version=2, length=n) for n in (0, 1 << 20, (1 << 20) + 1, (1 << 31) - 1, (1 << 32) - 1)])
cases("npy header", bad_npy, [npy(text) for text in (
    "", "\n", "{", "}", "{}", "[]", "None", "()", "{,}", "{'descr'}", "{'descr': }", "{'descr': '<i8'}",
    entry()[:-3], entry() + "}", entry() * 2, entry().replace("'descr'", "'Descr'"),
    entry().replace("'descr'", "descr"), entry().replace(",", ""),
    entry().replace("}", ", 'shape': (2, 3)}"), entry().replace("}", "'extra': 1}"),
    "__import__('os').system('touch PWNED')", "{**{'descr': '<i8'}, 'fortran_order': False, 'shape': (2, 3)}",
    entry().replace("{", "{'\\x64escr': 1, "), "{'" + "a" * 100000 + "': 1}", entry() + "\0", "\0" + entry(),
    "\ufeff" + entry(), "{" * 60000, "{'descr': " + "(" * 60000,
)] + [npy(b"\xff\xfe" + entry().encode()), npy(entry().encode("utf-16"))])
cases("npy elements", bad_npy, [npy(entry(descr=text)) for text in (
    "''", "'<'", "'i'", "'i8'", "'<i8", "<i8", "8", "None", "'<i8' 'x'", "'<i8\\n'", "'<i8\x1b[31m'", "'\u0663i8'",
    "'<i2'", "'<u2'", "'<u4'", "'>u8'", "'|i8'", "'|f4'", "'<f16'", "'<c8'", "'<c16'", "'<U4'", "'|S8'", "'|O'",
    "'|V8'", "'<M8[ns]'", "'<m8'", "[('a', '<i8')]", "('<i8', (2,))", "__import__('os').getcwd()",
    "'" + "<" * 1000 + "'",
    "'%s%n%s%n'", "'<i8'.lower()", "b'<i8'")])
cases("npy elements of another type than the argument", bad_npy, [
    (saved(X.astype(dtype), (1, 0)), "the entry point wants i64: save it as x.astype('int64')")
    for dtype in ("f4", ">f8", "f2", "i4", "i1", "u1", "?")])
cases("npy order", bad_npy, [npy(entry(order=text)) for text in
                             ("0", "1", "true", "None", "'False'", "Truefalse", "not True", "False or True", "")])
cases("npy shape", bad_npy, [npy(entry(shape=text)) for text in (
    "2", "(2)", "6", "[2, 3]", "(2 3)", "(2, 3", "2, 3)", "(2,, 3)", "(, 2, 3)", "(2, 3),", "((2, 3))", "((2,), 3)",
    "(-2, -3)", "(+2, 3)", "(2., 3)", "(2e0, 3)", "(0x2, 3)", "(02, 3)", "(2_0, 3)", "(1+1, 3)", "(2, 3)*1",
    "(True, 3)", "('2', 3)", "(None, 3)", "(\u0662, 3)", "(LL, 3)", "(2LL, 3)", "(2, 4)", "(2, 2)", "(6,)", "()",
    "(1, 2, 3)", "(0, 3)", "(9223372036854775807, 3)", "(9223372036854775808, 3)", "(18446744073709551618, 3)",
    "(4611686018427387904, 4)", "(3037000500, 3037000500)", "(1152921504606846976, 2)", "(" + "9" * 10000 + ",)",
    "(" + "1, " * 33 + ")", "(" + "1, " * 60000 + ")", "(2, 3, " + "0, " * 40 + ")", "(" * 60000)])
cases("npy of another rank", bad_npy, [(saved(array, (1, 0)), "rank") for array in (X[0], X[None], np.array(1))])

right = stored(tensors())
cases("weights cut at", bad_weights, [right[:n] for n in range(len(right) - 63)])
cases("weights cut in their data at", bad_weights, [right[:len(right) - n] for n in (1, 4, 63)])
cases("weights and more", bad_weights, [(right + b"\0", "bytes follow"), (right * 2, "bytes follow")])
cases("weights whose header lies of its length", bad_weights, [
    stored(tensors(), length=n) for n in
    (0, 1, 2, len(right) - 74, len(right) - 73, len(right) - 71, len(right) - 8, len(right), 100 << 20, (100 << 20) + 1,
     1 << 31, 1 << 32, (1 << 63) - 1, 1 << 63, (1 << 64) - 8, (1 << 64) - 1)])
cases("weights at", bad_weights, [stored(bias(data_offsets=pair)) for pair in (
    [48, 61], [48, 59], [47, 59], [49, 61], [60, 48], [52, 64], [60, 72], [0, 12], [48, 48], [48], [48, 60, 60], [],
    48, None, "48", [-1, 11], [48.0, 60], ["48", "60"], [[48], [60]], [1 << 63, (1 << 63) + 12],
    [(1 << 64) - 12, 1 << 64],
    [9223372036854775795, 9223372036854775807], [48, 10 ** 40], {"0": 48}, [True, False])])
cases("weights of shape", bad_weights, [stored(bias(shape=shape)) for shape in (
    [4], [2], [3, 1], [1, 3], [], [0], [0, 3], 3, "3", None, [-3], [3.0], ["3"], [[3]], [3, -1], [1 << 62, 4],
    [1 << 63], [(1 << 64) + 3], [4294967296, 4294967296, 3], [1] * 33, [1] * 5000, {"0": 3}, [None], [True])])
cases("weights of type", bad_weights, [stored(bias(dtype=dtype)) for dtype in (
    "F64", "BF16", "I64", "I32", "U32", "I8", "BOOL", "F8_E4M3", "F4", "C64", "f32", "F32 ", "", "F33", 1, None,
    ["F32"], {}, "F" * 100000, "%n%s")])
cases("weights that do not fit", bad_weights, [(stored(header, bytes(size)), text) for header, size, text in (
    (tensors(fc__bias=None, scale={"dtype": "F32", "shape": [], "data_offsets": [48, 52]}), 52, "no weight `fc.bias`"),
    (tensors(fc__bias={"dtype": "I32", "shape": [3], "data_offsets": [48, 60]}), 64, "the model wants f32[3]"),
    (tensors(fc__bias={"dtype": "U32", "shape": [3], "data_offsets": [48, 60]}), 64, "the model wants f32[3]"),
    (tensors(fc__bias={"dtype": "F32", "shape": [3, 1], "data_offsets": [48, 60]}), 64, "the model wants f32[3]"),
    ({}, 0, "no weight `emb.weight`"),
    ({"emb.weights": {"dtype": "F32", "shape": [4, 3], "data_offsets": [0, 48]}}, 48, "did you mean `emb.weights`?"),
    ({"emb.weigh\x1b[31m": {"dtype": "U8", "shape": [0], "data_offsets": [0, 0]}}, 0, "no weight"),
    ({"emb.weigh\x9b31m": {"dtype": "U8", "shape": [0], "data_offsets": [0, 0]}}, 0, "no weight"),
)])
one = '{"dtype":"F32","shape":[1],"data_offsets":[0,4]}'
cases("weights with the header", bad_weights, [stored(text) for text in (
    "", " ", "[]", "null", "0", '"x"', "{", "}", "{}}", "{} {}", '{"x"}', '{"x":}', '{"x":0}', '{"x":null}', '{"x":[]}',
    '{"x":{}}', "{'x':" + one + "}", "{x:" + one + "}", '{"x":' + one + ",}", '{,"x":' + one + "}",
    '{"x":' + one + "/**/}",
    '{"x":' + one + ',"x":' + one + "}", '{"x":' + one + ',"\\u0078":' + one + "}", '{"\\u0000":' + one + "}",
    '{"\\ud800":' + one + "}", '{"\\udc00\\ud800":' + one + "}", '{"\\x41":' + one + "}", '{"\n":' + one + "}",
    '{"x":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}}', '{"x":{"dtype":"F32","shape":[1]}}',
    '{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"strides":[1]}}', '{"__metadata__":1}',
    '{"__metadata__":{"a":1}}',
    '{"__metadata__":{"a":{}}}', '{"__metadata__":{"a":"b","a":"c"}}', '{"__metadata__":{},"__metadata__":{}}',
    "[" * 100000, '{"x":' * 50000, '{"x":{"shape":' + "[" * 100000, '"' + "x" * 1000000,
    '{"x":{"dtype":"F32","shape":[0000000001],"data_offsets":[0,4]}}', '{"x":' + one.replace("4", "NaN") + "}",
)] + [stored(b'{"\xff":' + one.encode() + b"}"), stored(b'{"\xc0\x80":' + one.encode() + b"}"),
      stored(b'{"\xed\xa0\x80":' + one.encode() + b"}"), stored(b"\xef\xbb\xbf{}", b""), stored(b"{}\0", b"")])


HEAD_BYTES = 64  # of a file of prepared weights


def bad_prepared(self, change, said):
    self.call(*LOADED, "--save-prepared", "right")
    content = bytearray((self.dir / "right").read_bytes())
    self.assertGreater(len(content), HEAD_BYTES)
    (self.dir / "w.safetensors").write_bytes(bytes(change(content)))
    self.refused(*LOADED, "--input", "x=x.npy", "--output", "out", text=said)


def flipped(at):
    return lambda content: content[:at] + bytes([content[at] ^ 0x80]) + content[at + 1:]


cases("prepared cut at", bad_prepared, [(lambda content, n=n: content[:n], "") for n in range(HEAD_BYTES + 1)])
cases("prepared damaged at", bad_prepared, [(flipped(at), "") for at in range(HEAD_BYTES)])
cases("prepared and more", bad_prepared, [(lambda content: content + b"\0", ""), (lambda content: content[:-1], "")])


def many_tensors(self):
    """Names without end that are near to a missing one: no search may take long."""
    names = {f"emb.weigh{n:06}": {"dtype": "U8", "shape": [0], "data_offsets": [0, 0]} for n in range(100_000)}
    bad_weights(self, stored(names, b""), "no weight `emb.weight`, which the model needs")


case("weights of a hundred thousand names", many_tensors)
cases("characters", bad_characters, [
    (b"", "has 0 characters"), (b"\n", "has 0 characters"), (b"a", "has 1 characters"),
    (b"ab\xff\xfe", "invalid UTF-8"),
    (b"ab\xed\xa0\x80", "invalid UTF-8"), (b"abc\xc3", "invalid UTF-8"),
    (b"a" * (5 << 20) + b"b", "longer than 5 MiB")])


# What is no ordinary file


def special(self, make, flag, prefix, text):
    path = make(self)
    self.refused(*(LOADED if flag != "--weights" else ()), *(("--input", "x=x.npy") if flag != "--input" else ()),
                 flag, f"{prefix}{path}", text=text)


def folder(self):
    (self.dir / "folder").mkdir()
    return "folder"


def dangling(self):
    (self.dir / "dangling").symlink_to("nowhere")
    return "dangling"


def circle(self):
    (self.dir / "circle").symlink_to("circle")
    return "circle"


def bound_socket(self):
    server = socket.socket(socket.AF_UNIX)
    self.addCleanup(server.close)
    folder = os.open(self.dir, os.O_RDONLY)
    self.addCleanup(os.close, folder)
    server.bind(f"/proc/self/fd/{folder}/socket")
    return "socket"


def fifo(self, start, endless):
    """A pipe into which another process writes, without end if `endless`."""
    os.mkfifo(self.dir / "fifo")

    def write():
        try:
            with open(self.dir / "fifo", "wb") as pipe:
                pipe.write(start)
                while endless:
                    pipe.write(bytes(1 << 16))
        except BrokenPipeError:
            pass

    writer = threading.Thread(target=write)
    writer.start()
    self.addCleanup(writer.join)
    return "fifo"


for flag, prefix in (("--input", "x="), ("--weights", ""), ("--decode", "")):
    for name, make, text in (
            ("nothing", lambda self: "nothing", "nothing: No such file"),
            ("a folder", folder, "folder: Is a directory"),
            ("a link to nothing", dangling, "dangling: No such file"),
            ("a link to itself", circle, "circle: Too many levels"),
            ("a socket", bound_socket, "socket: "),
            ("a file below a file", lambda self: "x.npy/y", "x.npy/y: Not a directory"),
            ("a long name", lambda self: "n" * 5000, "File name too long"),
            ("a name that steers the terminal", lambda self: "\x1b[31m\nx", "?[31m?x: No such file"),
            ("a name of formats", lambda self: "%s%n%x", "%s%n%x: No such file"),
            ("a name that is no UTF-8", lambda self: os.fsdecode(b"\xff\xfe"), "??: No such file"),
            ("memory", lambda self: "/proc/self/mem", "/proc/self/mem: "),
            ("zeros without end", lambda self: "/dev/zero", "not a regular file, and longer than 256 MiB"),
            ("a pipe without end", lambda self: fifo(self, b"", True), "fifo: not a regular file, and longer"),
            ("an array without end", lambda self: fifo(self, whole, True), "fifo: not a regular file, and longer"),
    ):
        case(f"{flag} {name}", special, make, flag, prefix, text)
for flag, prefix, text in (("--input", "x=", "not a .npy file"), ("--weights", "", "not a safetensors file"),
                           ("--decode", "", "has 0 characters")):
    case(f"{flag} an empty device", special, lambda self: "/dev/null", flag, prefix, text)
    case(f"{flag} an empty pipe", special, lambda self: fifo(self, b"", False), flag, prefix, text)


def unreadable(self, flag, prefix):
    """As another user, if this is root, who reads everything."""
    (self.dir / "secret").write_bytes(whole)
    (self.dir / "secret").chmod(0)
    program = self.root / "program"
    if not program.exists():
        program.write_bytes(pathlib.Path(PROGRAM).read_bytes())
        program.chmod(0o755)
    user = {"user": 65534, "group": 65534, "extra_groups": []} if os.getuid() == 0 else {}
    self.refused(*(LOADED if flag != "--weights" else ()), *(("--input", "x=x.npy") if flag != "--input" else ()),
                 flag, prefix + "secret", text="secret: Permission denied", executable=program, **user)


for flag, prefix in (("--input", "x="), ("--weights", ""), ("--decode", "")):
    case(f"{flag} unreadable", unreadable, flag, prefix)


def shrinking(self):
    """A file that claims gigabytes and holds none of them."""
    with open(self.dir / "x.npy", "wb") as file:
        file.write(npy(entry(shape="(1, 100000000000)"), b""))
        file.truncate(file.tell() + 8 * 100_000_000_000 - 8)
    self.refused(*SEEDED, "--input", "x=x.npy", text="cut short")


case("npy of a size that is nearly there", shrinking)


# Output


def no_room(self, results, flags):
    """Results that do not fit: those of an earlier run stay, and no part of a new one."""
    (self.dir / "out").mkdir()
    np.save(self.dir / "out/1.npy", np.arange(3))
    old = (self.dir / "out/1.npy").read_bytes()
    limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (results, results))
    self.refused(*SEEDED, *flags, "--output", "out", text=".npy: File too large", preexec_fn=limit)
    self.assertEqual((self.dir / "out/1.npy").read_bytes(), old)


for limit in (1, 9, 10, 127, 128, 129, 4000, 100_000):
    case(f"results of {limit} bytes at most", no_room, limit, ("--dim", "B=100", "--dim", "T=100"))
# The first fits (2448 bytes of data), the second does not: neither appears.
case("results of which the second is too long", no_room, 320, ("--entry", "mix", "--dim", "T=30", "--input", "n=1"))


def full_disk(self):
    disk = self.dir / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", disk], capture_output=True).returncode:
        self.skipTest("mounting is not permitted")
    try:
        (disk / "out").mkdir()
        self.refused(*SEEDED, "--dim", "B=100", "--dim", "T=100", "--output", "disk/out",
                     text="No space left on device")
    finally:
        subprocess.run(["umount", disk], check=True)


case("results on a full disk", full_disk)


def bad_folder(self, make, text):
    self.refused(*SEEDED, "--input", "x=x.npy", "--output", make(self), text=text)


for name, make, text in (
        ("a file", lambda self: "x.npy", "x.npy: Not a directory"),
        ("below a file", lambda self: "x.npy/out", "x.npy: Not a directory"),
        ("a device", lambda self: "/dev/full", "/dev/full: Not a directory"),
        ("a link to nothing", dangling, "dangling: Not a directory"),
        ("a link to itself", circle, "circle: Not a directory"),
        ("a pseudo file system", lambda self: "/proc/out", "/proc/out: No such file"),
        ("a long name", lambda self: "n" * 5000, "File name too long"),
):
    case(f"--output {name}", bad_folder, make, text)


def folder_in_the_way(self):
    (self.dir / "out/1.npy").mkdir(parents=True)
    got, out, said = self.call(*SEEDED, "--input", "x=x.npy", "--output", "out")
    self.assertEqual((got, out), (1, b""), said)
    self.assertIn("out/1.npy: Is a directory", said)
    self.assertEqual([name for name in self.files() if "tmp" in name], [])


case("--output with a folder in the way", folder_in_the_way)


def lost_stdout(self, target, flags):
    code, _, said = self.call(*flags, stdout=target)
    self.assertEqual(code, 1, said)
    self.assertEqual(said.count("\n"), 1, said)
    self.assertIn("writing to stdout: ", said)


def full_device(self, flags):
    with open("/dev/full", "w") as full:
        lost_stdout(self, full, flags)


def closed_pipe(self, flags):
    read, write = os.pipe()
    os.close(read)
    try:
        lost_stdout(self, write, flags)
    finally:
        os.close(write)


def closed_streams(self, which, flags, codes):
    """Closed streams lend their numbers to no file that is opened."""
    process = self.start(*flags, stdin=None, preexec_fn=lambda: [os.close(i) for i in which])
    out, said = process.communicate(timeout=SECONDS)
    self.assertIn(process.returncode, codes, said)
    self.clean(said.decode())
    self.assertEqual((self.dir / "w.safetensors").read_bytes(), right)
    np.testing.assert_array_equal(np.load(self.dir / "x.npy"), X)


for number, flags in enumerate(((*SEEDED, "--input", "x=x.npy"), ("--help",), ("--version",),
                                (*SEEDED, "--dim", "B=100", "--dim", "T=1000"))):
    case(f"stdout full {number}", full_device, flags)
    case(f"stdout gone {number}", closed_pipe, flags)
    case(f"stdout closed {number}", closed_streams, [1], flags, (1,))
for which in ([0], [2], [0, 2]):
    case(f"streams closed {which}", closed_streams, which, (*LOADED, "--input", "x=x.npy"), (0,))
    case(f"streams closed {which} and wrong", closed_streams, which, (*LOADED, "--input", "x=none"), (1,))
case("all streams closed", closed_streams, [0, 1, 2], (*LOADED, "--input", "x=x.npy"), (1,))


def killed(self, delay):
    """kill -9 while results are written: what stands under their names is whole, the old or the new."""
    (self.dir / "out").mkdir()
    np.save(self.dir / "out/0.npy", np.arange(3))
    old = (self.dir / "out/0.npy").read_bytes()
    process = self.start(*SEEDED, "--dim", "B=2000", "--dim", "T=1000", "--output", "out")
    while process.poll() is None and not list((self.dir / "out").glob("*.tmp")):
        time.sleep(0.001)
    time.sleep(delay)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    if (self.dir / "out/0.npy").read_bytes() != old:
        self.assertEqual(np.load(self.dir / "out/0.npy").shape, (2000, 1000, 3))
    if (self.dir / "out/1.npy").exists():
        self.assertEqual(np.load(self.dir / "out/1.npy").shape, (2000, 1000))


for delay in (0, 0.002, 0.01, 0.05):
    case(f"killed {delay}", killed, delay)


# Calls


def bad_call(self, *args, code=1):
    self.refused(*args, code=code)


def bad_flags(self, *args):
    self.refused(*args, code=2)


MIX = ("--entry", "mix", *SEEDED)
cases("numbers", bad_call, [
    *((*MIX, "--dim", "T=2", "--input", f"temp={text}") for text in
      ("abc", "1e999", "-1e999", "0,5", "1 ", " 1", "\u0661", "--1", "1.0f", "true", "./1")),
    *((*MIX, "--dim", "T=2", "--input", f"n={text}") for text in
      ("-1", "1.5", "1e3", "0x10", "+5", " 5", "5 ", "nan", "9223372036854775808", "99999999999999999999", "\u0665",
       "n=5")),
    *((*SEEDED, "--dim", "B=1", "--dim", f"T={text}") for text in
      ("-1", "1.5", "9223372036854775807", "4611686018427387904", "3000000000000000000", "abc", "0x1")),
    (*MIX, "--dim", "T=2305843009213693952", "--input", "n=1"),
    (*MIX, "--dim", "T=1", "--input", "n=4611686018427387904"),
    (*SEEDED, "--dim", "B=4294967296", "--dim", "T=4294967296"),
    (*SEEDED, "--dim", "B=2147483648", "--dim", "T=2147483648"),
    ("--entry", "window", *SEEDED, "--dim", "T=0"), ("--entry", "window", *SEEDED, "--dim", "T=9223372036854775807"),
    ("--entry", "stop", *SEEDED, "--dim", "T=1", "--input", "n=2"),
])
cases("names", bad_call, [
    (*SEEDED, "--entry", name) for name in ("", "Forward", "forward ", "\x1b[31m", "%s%n", "f" * 100000, "\u202e")[1:]
] + [
    (*SEEDED, "--dim", "B=1", "--dim", "T=1", "--input", f"{name}=1") for name in
    ("y", "B", "\x1b[31m", "%n", "f" * 199, "f" * 200, "f" * 100000, " x", "X")
] + [(*SEEDED, "--dim", f"{name}=1") for name in ("b", "\x9b", "f" * 5000)])
cases("flags", bad_flags, [
    ("--",), ("-",), ("-x",), ("--inputs", "x=x.npy"), ("--input",), ("--input", ""), ("--input=",), ("--input", "x"),
    ("--input", "=x.npy"), ("--input", "x="), ("--dim", "T"), ("--seed", ""), ("--seed", "-1"), ("--seed", "1.5"),
    ("--seed", "18446744073709551616"), ("--time", "0"), ("--time", "-1"), ("--time", "10000001"), ("--time", "x"),
    ("--input", "x=a", "--input", "x=b"), ("--dim", "T=1", "--dim", "T=1"), ("x.npy",), ("--help=1",), ("--\x1b[31m",),
    ("--" + "x" * 100000,), ("--weights",), ("--output",), ("--decode",),
    tuple(itertools.chain.from_iterable(("--input", f"x{n % 500}=1") for n in range(1000))),
])


if __name__ == "__main__":
    PROGRAM = os.path.abspath(sys.argv.pop(1))
    unittest.main()
