"""The layout of runtime/include/rondo/abi.h in ctypes, and a compiled model that is opened through it."""

import ctypes as c
import math

import numpy

ABI_VERSION = 4
ALIGNMENT = 64
DTYPES = ["float32", "float64", "float16", None, "int64", "int32", "int8", "uint8", "bool"]


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
    ("prepare", c.CFUNCTYPE(c.c_int32, POINTERS, c.c_void_p, c.c_void_p)), ("embedded", c.c_void_p))


def aligned(shape, dtype):
    """A dense array at a multiple of the alignment. It holds no zeros that compiled code might count on."""
    count = math.prod(shape) * numpy.dtype(dtype).itemsize
    memory = numpy.full(max(count, 1) + ALIGNMENT, 0xA5, numpy.uint8)
    start = -memory.ctypes.data % ALIGNMENT
    return memory[start:start + count].view(dtype).reshape(shape)


def pointers(arrays):
    return (c.c_void_p * max(len(arrays), 1))(*[array.ctypes.data for array in arrays])


class Model:
    """A shared library that rondo made, prepared; `weights` gives the weight of a key and a shape."""

    def __init__(self, library, name, weights):
        self.library = c.CDLL(str(library))
        self.info = ModelInfo.in_dll(self.library, f"{name}_model")
        if self.info.abi_version != ABI_VERSION:
            raise RuntimeError(f"{library} has ABI version {self.info.abi_version}, not {ABI_VERSION}")
        self.weights = {}
        for param in self.info.params[:self.info.num_params]:
            weight = aligned(param.shape[:param.rank], DTYPES[param.dtype])
            weight[...] = weights(param.key.decode(), weight.shape)
            self.weights[param.key.decode()] = weight
        self.prepared = aligned([self.info.prepared_bytes], "uint8")
        scratch = aligned([self.info.prepare_scratch_bytes], "uint8")
        status = self.info.prepare(pointers(list(self.weights.values())), self.prepared.ctypes.data,
                                   scratch.ctypes.data)
        if status:
            raise RuntimeError(f"prepare gives status {status}")

    def entry(self, name):
        for entry in self.info.entries[:self.info.num_entries]:
            if entry.name.decode() == name:
                return entry
        raise KeyError(name)
