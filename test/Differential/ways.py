"""Ways to compute what a program says, of several programs at once: one compilation serves a whole batch."""

import ctypes
import json
import os
import pathlib
import pickle
import re
import signal
import struct
import subprocess
import sys
import traceback

import numpy

import inputs
from program import batch_source

sys.path.append(str(pathlib.Path(__file__).resolve().parents[2] / "scripts"))
import abi

COMPILE_SECONDS, CALL_SECONDS = 120, 60
MARGIN = 256  # bytes around results that nothing may write


class Refused(Exception):
    """The compiler did not compile a program by a way; `code` is its exit code."""

    def __init__(self, way, code, text):
        super().__init__(text)
        self.way, self.code = way, code


class Died(Exception):
    """Compiled code crashed, did not end, or wrote where it must not."""


def compile_batch(tools, programs, folder, way, flags, dims=None):
    """The shared library of a batch; `dims` fixes sizes, a dict for each program."""
    source, library = folder / "batch.rondo", folder / f"{way.replace(' ', '')}.so"
    text = batch_source(programs)
    source.write_text(text)
    fixed = [f"--dim={dim}_{number}={size}" for number, sizes in enumerate(dims or []) for dim, size in sizes.items()
             if re.search(rf"\b{dim}_{number}\b", text)]
    command = [str(tools / "rondo"), "compile", str(source), *flags, *fixed, "--emit=shared", "-o", str(library)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=COMPILE_SECONDS,
                              stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired:
        raise Refused(way, 124, f"does not end: {' '.join(command)}") from None
    if done.returncode:
        raise Refused(way, done.returncode, f"exit code {done.returncode}: {' '.join(command)}\n{done.stderr[-3000:]}")
    return library


def call_batch(library, programs, runs):
    """What the entry points of a library give: `runs` are a program's number, its sizes, and which data. Each
    outcome is a list of arrays, an int that is the status of a call, or a `Died`. The calls are made in processes of
    their own."""
    outcomes = []
    while len(outcomes) < len(runs):
        outcomes += in_child(library, programs, runs[len(outcomes):])
    return outcomes


def in_child(library, programs, runs):
    """The outcomes up to the first death."""
    read, write = os.pipe()
    child = os.fork()
    if not child:
        os.close(read)
        try:
            with os.fdopen(write, "wb") as out:
                call_all(library, programs, runs, out)
            os._exit(0)
        except BaseException:
            traceback.print_exc()
            os._exit(99)
    os.close(write)
    outcomes = []
    with os.fdopen(read, "rb") as stream:
        while head := stream.read(8):
            outcomes.append(pickle.loads(stream.read(struct.unpack("q", head)[0])))
    _, status = os.waitpid(child, 0)
    if status and len(outcomes) < len(runs):
        outcomes.append(Died(f"the process ended with {os.waitstatus_to_exitcode(status)}"))
    return outcomes


def plain_key(key):
    """A weight's key in its own program: without its number in the batch."""
    return re.sub(r"\b([pms]\d+)_\d+", r"\1", key)


def weight(programs, key, shape):
    """The weight of a key of a batch."""
    number = int(re.match(r"[pm]\d+_(\d+)", key).group(1))
    return inputs.weight(programs[number].seed, plain_key(key), shape)


def call_all(library, programs, runs, out):
    def tell(outcome):
        data = pickle.dumps(outcome)
        out.write(struct.pack("q", len(data)) + data)
        out.flush()

    signal.alarm(CALL_SECONDS)
    model = abi.Model(library, "Root", lambda key, shape: weight(programs, key, shape))
    for number, dims, again in runs:
        signal.alarm(CALL_SECONDS)
        tell(call(model, programs[number], number, dims, again))


def states_of(model, entry, sizes):
    """Memory for the states of an entry point; their sizes stand behind those of arguments and results."""
    first = sum(info.rank for info in list(entry.args[:entry.num_args]) + list(entry.results[:entry.num_results]))
    states = []
    for i in range(entry.num_states):
        info = model.info.states[entry.states[i]]
        states.append(abi.aligned(sizes[first:first + info.rank], abi.DTYPES[info.dtype]))
        first += info.rank
    return states


def call(model, program, number, dims, again):
    entry = model.entry(f"forward{number}")
    names = [entry.dims[i].name.decode() for i in range(entry.num_dims)]
    given = (ctypes.c_int64 * max(len(names), 1))(*[dims[name.partition("_")[0]] for name in names])
    sizes = (ctypes.c_int64 * max(entry.num_sizes, 1))()
    if status := entry.shapes(given, sizes):
        return status
    values = inputs.arguments(program, dims, again)
    args = []
    for info in entry.args[:entry.num_args]:
        value = values[info.name.decode()]
        args.append(abi.aligned(value.shape, value.dtype))
        args[-1][...] = value
    shape = lambda info: tuple(sizes[info.first_size:info.first_size + info.rank])
    results, whole = [], []
    for info in entry.results[:entry.num_results]:
        count = int(numpy.prod(shape(info), dtype=numpy.int64)) * numpy.dtype(abi.DTYPES[info.dtype]).itemsize
        whole.append(abi.aligned([count + 2 * MARGIN], numpy.uint8))
        whole[-1][:] = 0xA5
        results.append(whole[-1][MARGIN:MARGIN + count].view(abi.DTYPES[info.dtype]))
    scratch = abi.aligned([entry.scratch(given)], "uint8")
    states = states_of(model, entry, sizes)
    further = abi.pointers(states), model.prepared.ctypes.data, scratch.ctypes.data
    status = (entry.reset(given, *further) if states else 0) or entry.call(
        given, sizes, abi.pointers(args), abi.pointers(results), *further)
    if status:
        return status
    for memory in whole:
        if (memory[:MARGIN] != 0xA5).any() or (memory[len(memory) - MARGIN:] != 0xA5).any():
            return Died("writes beside a result")
    for array, name in zip(args, values):
        if not numpy.array_equal(array, values[name], equal_nan=array.dtype.kind == "f"):
            return Died(f"writes to the argument {name}")
    final = [shape(info) for info in entry.results[:entry.num_results]]  # late sizes are known now
    return [array[:int(numpy.prod(axes, dtype=numpy.int64))].reshape(axes).copy()
            for array, axes in zip(results, final)]
