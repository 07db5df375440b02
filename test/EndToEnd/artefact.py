"""A compiled model through its C interface alone: entry points, their memory, and states that they share."""

import ctypes as c
import pathlib
import sys

from harness import Failure

sys.path.append(str(pathlib.Path(__file__).parents[2] / "scripts"))
import abi
from abi import DTYPES, aligned, pointers


class Model(abi.Model):
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
