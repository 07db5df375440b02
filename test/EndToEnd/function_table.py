"""The table of functions.py: a case is a call, its inputs, and what PyTorch or NumPy gives for them."""

import re
import zlib

import torch

DTYPES = {
    "f32": torch.float32,
    "f64": torch.float64,
    "f16": torch.float16,
    "bf16": torch.bfloat16,
    "i64": torch.int64,
    "i32": torch.int32,
    "i8": torch.int8,
    "u8": torch.uint8,
    "bool": torch.bool,
}
KINDS = {dtype: kind for kind, dtype in DTYPES.items()}
FLOATS = ["f32", "f64", "f16", "bf16"]
INTEGERS = ["i64", "i32", "i8", "u8"]
NUMBERS = FLOATS + INTEGERS
ALL = NUMBERS + ["bool"]
SHAPES = [(), (0,), (1,), (3,), (17,), (3, 17), (17, 1), (3, 0), (3, 1, 17), (0, 3, 1), (3, 17, 1, 3), (1, 0, 3, 17)]
SPECIAL = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    0.5,
    -0.5,
    1.5,
    -1.5,
    2.5,
    float("inf"),
    -float("inf"),
    float("nan"),
    30.0,
    -30.0,
    1e-7,
    0.25,
    8.0,
]
AXES = [
    ((0,), 0),
    ((1,), -1),
    ((17,), 0),
    ((3, 17), 0),
    ((3, 17), -1),
    ((3, 0), -1),
    ((3, 0), 0),
    ((0, 3, 1), 1),
    ((3, 1, 17), -2),
    ((3, 17, 1, 3), 1),
    ((1, 0, 3, 17), 2),
]


class Case:
    """A call. `{3}` in its text is the size 3, which is open where sizes are; all lines but the last are statements."""

    def __init__(self, function, text, inputs, results, opens, constants):
        self.function, self.text, self.inputs, self.results = function, text, inputs, results
        self.opens, self.constants = opens, constants

    def __str__(self):
        inputs = ", ".join(f"{name}: {kind}{list(value.shape)}" for name, (kind, value) in self.inputs.items())
        return " ; ".join(line.strip() for line in self.text.strip().split("\n")) + f" of {inputs}"

    def traits(self):
        """What a sample must hold of a function: its forms, and its inputs' element types, ranks and sizes."""
        traits = {re.sub(r"-?\d+", "n", self.text) if self.function != "index" else self.text}
        for kind, value in self.inputs.values():
            traits |= {kind, value.dim(), *(size for size in value.shape if size < 2)}
        return traits


class Table:
    def __init__(self):
        self.cases = []

    def add(self, function, text, inputs, want, opens=True, constants=(1,)):
        """`want` of the inputs, in float64 where they are floats, is the result or a tuple of them."""
        inputs = {name: (KINDS[value.dtype], value) for name, value in inputs.items()}
        own = [value for _, value in inputs.values()]
        kinds = [KINDS[value.dtype] for value in tupled(want(*own))]
        values = tupled(want(*(value.double() if value.is_floating_point() else value for value in own)))
        results = [
            (kind, value.to(DTYPES[kind]).to(torch.float64 if kind in FLOATS else DTYPES[kind]))
            for kind, value in zip(kinds, values)
        ]
        self.cases.append(Case(function, text, inputs, results, opens, constants))


def listed(text, n):
    """A call that gives a list of n, as the body of a def: its elements are the results."""
    names = ", ".join(f"r{i}" for i in range(n))
    return f"{names} = {text}\n{names}" if n > 1 else f"r = {text}\nr[0]"


def tupled(value):
    return tuple(value) if isinstance(value, (tuple, list)) else (value,)


def draw(kind, shape, low=-4, high=5, salt=""):
    """Numbers that depend on the arguments alone: normal, or integers in [low, high)."""
    generator = torch.Generator().manual_seed(zlib.crc32(f"{kind}{shape}{salt}".encode()))
    if kind in FLOATS:
        return torch.randn(shape, generator=generator).to(DTYPES[kind])
    if kind == "bool":
        return torch.randint(0, 2, shape, generator=generator).bool()
    return torch.randint(max(low, 0) if kind == "u8" else low, high, shape, generator=generator).to(DTYPES[kind])


def array(kind, values):
    return torch.tensor(values, dtype=DTYPES[kind])


def comparable(x):
    return (x.float() if x.dtype == torch.bfloat16 else x).numpy()


def first(pair, k, axis):
    return tuple(part.narrow(axis, 0, k) for part in pair)
