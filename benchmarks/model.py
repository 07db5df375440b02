"""Compiled models with their weights, bound to inputs for `time_calls` of measure.c."""

import ctypes
import pathlib
import sys

import safetensors.numpy

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "scripts"))
import abi
from abi import DTYPES, aligned, pointers


def aligned_copy(array):
    copy = aligned(array.shape, array.dtype)
    copy[...] = array
    return copy


class Model(abi.Model):
    """A shared library with one model, its weights from a safetensors file."""

    def __init__(self, library, name, weights):
        tensors = safetensors.numpy.load_file(weights)
        super().__init__(library, name, lambda key, shape: tensors[key])

    def bind(self, inputs, entry="forward"):
        """A call of an entry point with these inputs (name -> array)."""
        return BoundCall(self, self.entry(entry), inputs)


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
        self.scratch = aligned([entry.scratch(self.dims)], "uint8")
        self.arguments = (ctypes.byref(entry), self.dims, self.sizes, pointers(self.inputs), pointers(self.results),
                          ctypes.c_void_p(model.prepared.ctypes.data), ctypes.c_void_p(self.scratch.ctypes.data))
