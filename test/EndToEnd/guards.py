"""No write outside of what a call is given, no read outside of it: pages that fault stand around every buffer.

Each library is called in a process of its own (`guards.py LIBRARY NAME`), for many sizes, as it is told to be called: a
buffer ends where its last page does, as far as the alignment lets it, then begins where its first page does. What is
left of a page holds a pattern that must stay and that no result depends on. Inputs and weights cannot be written.
Integers are 0 or 1, then whatever there is: a check may fail then, which is a status, and nothing else.
"""

import ctypes as c
import itertools
import math
import mmap
import os
import pathlib
import sys

import numpy

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "scripts"))
from abi import ABI_VERSION, ALIGNMENT, DTYPES, ModelInfo

every = False  # run.py --all: all examples and programs, at -O0 and -O3, sizes open and fixed

# Sizes for the dimension variables in turn: 0 and 1, primes, whole vectors and tails.
SIZES = [(1, 1), (2, 3), (7, 5), (5, 17), (0, 3), (3, 0), (16, 8), (1, 31)]
PAGE = mmap.PAGESIZE


# The tests


def add_tests(suite, examples, tools, scratch):
    from programs import all_programs

    def add(name, model, *flags):
        suite.add(f"guard pages {name} {' '.join(flags[:3])}", guarded, tools, scratch / "guards", model, flags)

    for number, example in enumerate(examples):
        add(example.name, example.model, "-O0" if example.brief and not every else "-O3")
        if every or (number % 3 == 0 and not example.brief):
            add(example.name, example.model, "-O0")
            add(example.name, example.model, "-O3", "--dim", "B=5", "--dim", "T=7")
    for number, program in enumerate(all_programs()):
        levels = ("-O0", "-O3")
        for level in levels if every else levels[number // 2 % 2:][:1 - number % 2]:  # every other, in turn
            given = [] if program.given is None else ["--given", ",".join(program.given)]
            add(f"program {program.name}", program.model, level, *program.sets, *given)
    for level in ("-O0", "-O3"):
        add("of indices", ROOT / "test" / "EndToEnd" / "indices.rondo", level)
        add("of pairs", ROOT / "test" / "EndToEnd" / "pairs.rondo", level)


def guarded(tools, folder, model, flags):
    from harness import Failure, run

    folder.mkdir(exist_ok=True)
    library = folder / f"{model.parent.name}-{model.stem}-{'-'.join(map(str, flags)).replace('/', '')}.so"
    run(tools / "rondo", "compile", model, "-o", library, *flags)
    symbols = run("nm", "-D", "--defined-only", library).split()
    names = [symbol.removesuffix("_model") for symbol in symbols if symbol.endswith("_model")]
    said = run(sys.executable, __file__, library, names[0])
    if not said.startswith("calls: ") or said == "calls: 0\n":
        raise Failure(f"nothing was called: {said}")


# In the process of its own

libc = c.CDLL(None, use_errno=True)
libc.mmap.restype = c.c_void_p
libc.mmap.argtypes = [c.c_void_p, c.c_size_t, c.c_int, c.c_int, c.c_int, c.c_long]
libc.mprotect.argtypes = [c.c_void_p, c.c_size_t, c.c_int]
libc.munmap.argtypes = [c.c_void_p, c.c_size_t]
PROT_NONE = 0


class Buffer:
    """Memory between two pages that fault; `at_end` says to which of them it lies close."""

    def __init__(self, bytes, at_end, pattern):
        self.bytes, self.pattern = bytes, pattern
        self.inside = max(-(-bytes // PAGE), 1) * PAGE
        self.base = libc.mmap(None, self.inside + 2 * PAGE, PROT_NONE, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, -1, 0)
        assert self.base and self.base != c.c_void_p(-1).value
        self.protect(mmap.PROT_READ | mmap.PROT_WRITE)
        self.address = self.base + PAGE + ((self.inside - bytes) & -ALIGNMENT if at_end else 0)
        self.whole = numpy.frombuffer((c.c_uint8 * self.inside).from_address(self.base + PAGE), numpy.uint8)
        self.start = self.address - self.base - PAGE
        self.whole[:] = pattern

    def protect(self, how):
        assert libc.mprotect(self.base + PAGE, self.inside, how) == 0

    def data(self):
        return self.whole[self.start:self.start + self.bytes]

    def fill(self, content):
        """Writes it, and lets nobody else write."""
        self.data()[:] = numpy.frombuffer(content, numpy.uint8)
        self.protect(mmap.PROT_READ)

    def check(self, what):
        around = numpy.concatenate([self.whole[:self.start], self.whole[self.start + self.bytes:]])
        assert (around == self.pattern).all(), f"{what}: bytes beside it were written"

    def close(self):
        del self.whole
        libc.munmap(self.base, self.inside + 2 * PAGE)


class Place:
    """All buffers of one way to lie."""

    def __init__(self, at_end, pattern):
        self.at_end, self.pattern, self.buffers = at_end, pattern, {}

    def buffer(self, what, bytes, content=None):
        self.buffers[what] = Buffer(bytes, self.at_end, self.pattern)
        if content is not None:
            self.buffers[what].fill(content)
        return self.buffers[what]

    def check(self):
        for what, buffer in self.buffers.items():
            buffer.check(what)

    def close(self, *but):
        for what in list(self.buffers):
            if what not in but:
                self.buffers.pop(what).close()


def pointers(buffers):
    return (c.c_void_p * max(len(buffers), 1))(*[buffer.address for buffer in buffers])


def width(dtype):
    return numpy.dtype(DTYPES[dtype] or "uint16").itemsize


def drawn(random, dtype, shape, wild):
    """Bytes of a tensor. One number alone may say how often a loop runs: it is not too large."""
    name = DTYPES[dtype]
    if name is None:
        return (random.normal(size=shape).astype("float32").view("uint32") >> 16).astype("uint16").tobytes()
    kind = numpy.dtype(name)
    if kind.kind == "f":
        values = random.normal(size=shape)
        if wild:
            odd = random.random(shape) < 0.2
            values = numpy.where(odd, random.choice([numpy.nan, numpy.inf, -numpy.inf, 1e300, -0.0], shape), values)
        with numpy.errstate(all="ignore"):
            return numpy.asarray(values).astype(kind).tobytes()
    if kind.kind == "b" or not wild:
        return random.integers(0, 2, shape).astype(kind).tobytes()
    info = numpy.iinfo(kind)
    ends = numpy.array([info.min, info.min + 1, 2, 100, info.max, info.max - 1][:6 if shape else 4], kind)
    return numpy.where(random.random(shape) < 0.5, random.choice(ends, shape), random.integers(-9, 9, shape)
                       .astype(kind)).astype(kind).tobytes()


def call(info, entry, dims, place, random, wild):
    """The statuses of resetting and of two calls, and the bytes of the results after each."""
    dims = (c.c_int64 * max(len(dims), 1))(*dims)
    most = (c.c_int64 * max(entry.num_sizes, 1))()
    if entry.shapes(dims, most):
        return None
    scratch_bytes = entry.scratch(dims)
    if scratch_bytes > 1 << 28:
        return None
    sizes = list(most)
    values = [("argument", entry.args[i]) for i in range(entry.num_args)]
    values += [("result", entry.results[i]) for i in range(entry.num_results)]
    shapes = [sizes[value.first_size:value.first_size + value.rank] for _, value in values]
    if any(size < 0 for shape in shapes for size in shape):
        return None
    buffers = {"argument": [], "result": []}
    for (kind, value), shape in zip(values, shapes):
        content = drawn(random, value.dtype, shape, wild) if kind == "argument" else None
        what = f"{kind} {value.name.decode()}"
        buffers[kind].append(place.buffer(what, math.prod(shape) * width(value.dtype), content))
    first = sum(value.rank for _, value in values)
    states = []
    for i in range(entry.num_states):
        state = info.states[entry.states[i]]
        bytes = math.prod(sizes[first:first + state.rank]) * width(state.dtype)
        states.append(place.buffer(f"state {state.key.decode()}", bytes))
        first += state.rank
    scratch = place.buffer("scratch", scratch_bytes)
    prepared = place.buffers["prepared"]
    said = []
    if entry.reset:
        said.append(entry.reset(dims, pointers(states), prepared.address, scratch.address))
        place.check()
    for _ in range(2):
        now = (c.c_int64 * max(entry.num_sizes, 1))(*sizes)
        status = entry.call(dims, now, pointers(buffers["argument"]), pointers(buffers["result"]), pointers(states),
                            prepared.address, scratch.address)
        place.check()
        said.append(status)
        for i in range(entry.num_results):
            value = entry.results[i]
            shape = now[value.first_size:value.first_size + value.rank]
            true = math.prod(shape) * width(value.dtype)
            assert 0 <= true <= buffers["result"][i].bytes, f"result {i} is longer than it can be: {list(shape)}"
            said.append(None if status else buffers["result"][i].data()[:true].tobytes())
    return said


def prepare(info, place):
    random = numpy.random.default_rng(0)
    params = []
    for i in range(info.num_params):
        param = info.params[i]
        shape = param.shape[:param.rank]
        bytes = math.prod(shape) * width(param.dtype)
        params.append(place.buffer(f"weight {param.key.decode()}", bytes, drawn(random, param.dtype, shape, False)))
    prepared = place.buffer("prepared", info.prepared_bytes)
    scratch = place.buffer("scratch of prepare", info.prepare_scratch_bytes)
    if info.prepare:
        assert info.prepare(pointers(params), prepared.address, scratch.address) == 0
    place.check()
    place.close("prepared")
    prepared.protect(mmap.PROT_READ)


def main(library, name):
    info = ModelInfo.in_dll(c.CDLL(library), f"{name}_model")
    assert info.abi_version == ABI_VERSION
    places = [Place(at_end, pattern) for at_end in (True, False) for pattern in (0x00, 0xFF)]
    for place in places:
        prepare(info, place)
    calls = 0
    for number in range(info.num_entries):
        entry = info.entries[number]
        for sizes, wild in itertools.product(SIZES, (False, True)):
            dims = list(itertools.islice(itertools.cycle(sizes), entry.num_dims))
            said = []
            for place in places:
                said.append(call(info, entry, dims, place, numpy.random.default_rng(1), wild))
                place.close("prepared")
            same = all(one == said[0] for one in said)
            assert same, f"{entry.name.decode()} {dims}: results depend on what lies beside"
            calls += said[0] is not None
    print(f"calls: {calls}")


if __name__ == "__main__":
    os.chdir("/")
    main(*sys.argv[1:])
