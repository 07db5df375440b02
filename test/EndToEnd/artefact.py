"""A compiled model through its C interface alone: what runtime/include/rondo/abi.h lays out, read with ctypes."""

import ctypes as c
import math

import numpy

from harness import Failure

DTYPES = ["float32", "float64", "float16", None, "int64", "int32", "int8", "uint8", "bool"]
ALIGNMENT = 64


def struct(name, *fields):
    return type(name, (c.Structure,), {"_fields_": list(fields)})


I64S, POINTERS = c.POINTER(c.c_int64), c.POINTER(c.c_void_p)
DimInfo = struct("DimInfo", ("name", c.c_char_p), ("arg", c.c_int32), ("axis", c.c_int32),
                 ("has_default", c.c_uint32), ("default_value", c.c_int64))
ValueInfo = struct("ValueInfo", ("name", c.c_char_p), ("dtype", c.c_uint32), ("rank", c.c_uint32),
                   ("first_size", c.c_uint32), ("late_axes", c.c_uint32), ("default_value", c.c_void_p))
StateInfo = struct("StateInfo", ("key", c.c_char_p), ("dtype", c.c_uint32), ("rank", c.c_uint32))
Entry = struct(
    "Entry", ("name", c.c_char_p), ("num_dims", c.c_uint32), ("num_args", c.c_uint32), ("num_results", c.c_uint32),
    ("num_states", c.c_uint32), ("num_sizes", c.c_uint32), ("dims", c.POINTER(DimInfo)),
    ("args", c.POINTER(ValueInfo)), ("results", c.POINTER(ValueInfo)), ("states", c.POINTER(c.c_uint32)),
    ("shapes", c.CFUNCTYPE(c.c_int32, I64S, I64S)), ("scratch", c.CFUNCTYPE(c.c_uint64, I64S)),
    ("call", c.CFUNCTYPE(c.c_int32, I64S, I64S, POINTERS, POINTERS, POINTERS, c.c_void_p, c.c_void_p)),
    ("reset", c.CFUNCTYPE(c.c_int32, I64S, POINTERS, c.c_void_p, c.c_void_p)))
ParamInfo = struct("ParamInfo", ("key", c.c_char_p), ("dtype", c.c_uint32), ("rank", c.c_uint32), ("shape", I64S),
                   ("init", c.c_uint32), ("a", c.c_double), ("b", c.c_double), ("zero_row", c.c_int64))
ModelInfo = struct(
    "ModelInfo", ("abi_version", c.c_uint32), ("num_entries", c.c_uint32), ("num_params", c.c_uint32),
    ("num_states", c.c_uint32), ("num_checks", c.c_uint32), ("name", c.c_char_p), ("entries", c.POINTER(Entry)),
    ("params", c.POINTER(ParamInfo)), ("states", c.POINTER(StateInfo)), ("checks", c.c_void_p),
    ("prepared_bytes", c.c_uint64), ("prepare_scratch_bytes", c.c_uint64), ("layout", c.c_uint64),
    ("prepare", c.CFUNCTYPE(c.c_int32, POINTERS, c.c_void_p, c.c_void_p)))


def aligned(shape, dtype, fill=None):
    """A dense array at a multiple of the alignment; `fill` is the byte that it holds."""
    count = max(math.prod(shape) * numpy.dtype(dtype).itemsize, 1)
    memory = numpy.full(count + ALIGNMENT, 0xA5 if fill is None else fill, numpy.uint8)
    start = -memory.ctypes.data % ALIGNMENT
    array = memory[start:start + math.prod(shape) * numpy.dtype(dtype).itemsize].view(dtype).reshape(shape)
    return array


def pointers(arrays):
    return (c.c_void_p * max(len(arrays), 1))(*[array.ctypes.data for array in arrays])


class Model:
    """A shared library that rondo made, with its weights; `weights` makes one of a key and a shape."""

    def __init__(self, library, name, weights):
        self.library = c.CDLL(str(library))
        self.info = ModelInfo.in_dll(self.library, f"{name}_model")
        if self.info.abi_version != 3:
            raise Failure(f"the ABI is version {self.info.abi_version}, this test knows version 3")
        self.weights = {}
        for i in range(self.info.num_params):
            param = self.info.params[i]
            weight = aligned([param.shape[axis] for axis in range(param.rank)], DTYPES[param.dtype])
            weight[...] = weights(param.key.decode(), weight.shape)
            self.weights[param.key.decode()] = weight
        self.prepared = aligned([self.info.prepared_bytes], "uint8")
        scratch = aligned([self.info.prepare_scratch_bytes], "uint8")
        if self.info.prepare(pointers(list(self.weights.values())), self.prepared.ctypes.data, scratch.ctypes.data):
            raise Failure("prepare fails")

    def entry(self, name):
        for i in range(self.info.num_entries):
            if self.info.entries[i].name.decode() == name:
                return self.info.entries[i]
        raise Failure(f"there is no entry point {name}")

    def states(self):
        return [self.info.states[i].key.decode() for i in range(self.info.num_states)]

    def open(self, name, states=None, **dims):
        """An entry point at these sizes; it shares `states` with others, by key."""
        return Opened(self, self.entry(name), dims, states)


class Opened:
    """An entry point with its sizes and all memory that it needs."""

    def __init__(self, model, entry, dims, states):
        self.model, self.entry = model, entry
        names = [entry.dims[i].name.decode() for i in range(entry.num_dims)]
        self.dims = (c.c_int64 * max(len(names), 1))(*[dims[name] for name in names])
        self.sizes = (c.c_int64 * max(entry.num_sizes, 1))()
        if entry.shapes(self.dims, self.sizes):
            raise Failure("the sizes do not fit")
        shape = lambda info: self.sizes[info.first_size:info.first_size + info.rank]
        self.results = [aligned(shape(entry.results[i]), DTYPES[entry.results[i].dtype])
                        for i in range(entry.num_results)]
        self.shapes = {entry.args[i].name.decode(): tuple(shape(entry.args[i])) for i in range(entry.num_args)}
        first = sum(v.rank for v in list(entry.args[:entry.num_args]) + list(entry.results[:entry.num_results]))
        self.states = {}
        for i in range(entry.num_states):
            info = model.info.states[entry.states[i]]
            self.states[info.key.decode()] = aligned(self.sizes[first:first + info.rank], DTYPES[info.dtype])
            first += info.rank
        self.own = list(self.states.values())
        self.share(states if states is not None else {})
        self.scratch = aligned([entry.scratch(self.dims)], "uint8")

    def share(self, states):
        """Takes these for its own of the same keys, and adds the others to them: the dict is common from now on."""
        for key, state in self.states.items():
            states.setdefault(key, state)
        self.states = states
        keys = [self.model.info.states[self.entry.states[i]].key.decode() for i in range(self.entry.num_states)]
        self.own = [states[key] for key in keys]

    def reset(self):
        status = self.entry.reset(self.dims, pointers(self.own), self.model.prepared.ctypes.data,
                                  self.scratch.ctypes.data)
        if status:
            raise Failure(f"reset gives {status}")
        return self

    def __call__(self, **inputs):
        """Copies of the results."""
        args = []
        for i in range(self.entry.num_args):
            info = self.entry.args[i]
            args.append(aligned(self.shapes[info.name.decode()], DTYPES[info.dtype]))
            args[-1][...] = inputs[info.name.decode()]
        status = self.entry.call(self.dims, self.sizes, pointers(args), pointers(self.results), pointers(self.own),
                                 self.model.prepared.ctypes.data, self.scratch.ctypes.data)
        if status:
            raise Failure(f"the call gives {status}")
        return [result.copy() for result in self.results]
