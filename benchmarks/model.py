"""Compiled models, called over the C ABI of runtime/include/rondo/abi.h."""

import ctypes

import numpy
import safetensors.numpy

ALIGNMENT = 64
ABI_VERSION = 3
DTYPES = [numpy.float32, numpy.float64, numpy.float16, None, numpy.int64, numpy.int32, numpy.int8, numpy.uint8,
          numpy.bool_]

Call = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.POINTER(ctypes.c_int64), ctypes.POINTER(ctypes.c_int64),
                        ctypes.POINTER(ctypes.c_void_p), ctypes.POINTER(ctypes.c_void_p),
                        ctypes.POINTER(ctypes.c_void_p), ctypes.c_void_p, ctypes.c_void_p)


class Dim(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("arg", ctypes.c_int32), ("axis", ctypes.c_int32),
                ("has_default", ctypes.c_uint32), ("default_value", ctypes.c_int64)]


class Value(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("dtype", ctypes.c_uint32), ("rank", ctypes.c_uint32),
                ("first_size", ctypes.c_uint32), ("late_axes", ctypes.c_uint32),
                ("default_value", ctypes.c_void_p)]


class Entry(ctypes.Structure):
    _fields_ = [
        ("name", ctypes.c_char_p),
        ("num_dims", ctypes.c_uint32), ("num_args", ctypes.c_uint32),
        ("num_results", ctypes.c_uint32), ("num_states", ctypes.c_uint32), ("num_sizes", ctypes.c_uint32),
        ("dims", ctypes.POINTER(Dim)), ("args", ctypes.POINTER(Value)), ("results", ctypes.POINTER(Value)),
        ("states", ctypes.POINTER(ctypes.c_uint32)),
        ("shapes", ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.POINTER(ctypes.c_int64), ctypes.POINTER(ctypes.c_int64))),
        ("scratch", ctypes.CFUNCTYPE(ctypes.c_uint64, ctypes.POINTER(ctypes.c_int64))),
        ("call", Call),
        ("reset", ctypes.c_void_p),
    ]


class Param(ctypes.Structure):
    _fields_ = [("key", ctypes.c_char_p), ("dtype", ctypes.c_uint32), ("rank", ctypes.c_uint32),
                ("shape", ctypes.POINTER(ctypes.c_int64)), ("init", ctypes.c_uint32),
                ("a", ctypes.c_double), ("b", ctypes.c_double), ("zero_row", ctypes.c_int64)]


class Descriptor(ctypes.Structure):
    _fields_ = [
        ("abi_version", ctypes.c_uint32), ("num_entries", ctypes.c_uint32),
        ("num_params", ctypes.c_uint32), ("num_states", ctypes.c_uint32), ("num_checks", ctypes.c_uint32),
        ("name", ctypes.c_char_p), ("entries", ctypes.POINTER(Entry)), ("params", ctypes.POINTER(Param)),
        ("states", ctypes.c_void_p), ("checks", ctypes.c_void_p),
        ("prepared_bytes", ctypes.c_uint64), ("prepare_scratch_bytes", ctypes.c_uint64), ("layout", ctypes.c_uint64),
        ("prepare", ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.POINTER(ctypes.c_void_p), ctypes.c_void_p,
                                     ctypes.c_void_p)),
    ]


def aligned(shape, dtype):
    """An array whose first element lies at a multiple of ALIGNMENT."""
    count = int(numpy.prod(shape)) * numpy.dtype(dtype).itemsize
    raw = numpy.zeros(count + ALIGNMENT, numpy.uint8)
    start = -raw.ctypes.data % ALIGNMENT
    return raw[start : start + count].view(dtype).reshape(shape)


def aligned_copy(array):
    copy = aligned(array.shape, array.dtype)
    copy[...] = array
    return copy


def pointers(arrays):
    return (ctypes.c_void_p * max(len(arrays), 1))(*[array.ctypes.data for array in arrays])


class Model:
    """A shared object with one model, its weights prepared from a safetensors file."""

    def __init__(self, library, name, weights):
        self.library = ctypes.CDLL(str(library))
        self.descriptor = Descriptor.in_dll(self.library, f"{name}_model")
        if self.descriptor.abi_version != ABI_VERSION:
            raise RuntimeError(f"{library} has ABI version {self.descriptor.abi_version}, not {ABI_VERSION}")
        tensors = safetensors.numpy.load_file(weights) if weights else {}
        params = self.descriptor.params[: self.descriptor.num_params]
        values = [aligned_copy(tensors[param.key.decode()]) for param in params]
        self.prepared = aligned([self.descriptor.prepared_bytes], numpy.uint8)
        scratch = aligned([max(self.descriptor.prepare_scratch_bytes, ALIGNMENT)], numpy.uint8)
        status = self.descriptor.prepare(pointers(values), self.prepared.ctypes.data, scratch.ctypes.data)
        if status:
            raise RuntimeError(f"prepare gives status {status}")

    def bind(self, inputs, entry="forward"):
        """A call of an entry point with these inputs (name -> array)."""
        for candidate in self.descriptor.entries[: self.descriptor.num_entries]:
            if candidate.name.decode() == entry:
                return BoundCall(self, candidate, inputs)
        raise KeyError(entry)


class BoundCall:
    """An entry point with its memory: `results` holds what the last call wrote."""

    def __init__(self, model, entry, inputs):
        self.model, self.entry = model, entry
        self.inputs = [aligned_copy(inputs[value.name.decode()]) for value in entry.args[: entry.num_args]]
        sizes = [self.inputs[dim.arg].shape[dim.axis] for dim in entry.dims[: entry.num_dims]]
        self.dims = (ctypes.c_int64 * max(entry.num_dims, 1))(*sizes)
        self.sizes = (ctypes.c_int64 * max(entry.num_sizes, 1))()
        status = entry.shapes(self.dims, self.sizes)
        if status:
            raise RuntimeError(f"check {status} of the sizes fails")
        self.results = [
            aligned([self.sizes[value.first_size + axis] for axis in range(value.rank)], DTYPES[value.dtype])
            for value in entry.results[: entry.num_results]
        ]
        self.scratch = aligned([entry.scratch(self.dims)], numpy.uint8)
        self.arguments = (ctypes.byref(entry), self.dims, self.sizes, pointers(self.inputs), pointers(self.results),
                          ctypes.c_void_p(model.prepared.ctypes.data), ctypes.c_void_p(self.scratch.ctypes.data))
